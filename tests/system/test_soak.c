/* SPDX-License-Identifier: MIT */
/*
 * The soak (tests/soak) in small: a seed decides what is done, a few steps end
 * without a finding, and what is planted is found. The long run is `make soak`.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/soak/plan.h"
#include "tests/soak/soak.h"

#define STEPS 2000

Test(soak, a_seed_decides_all)
{
	struct plan a, b, c;
	struct plan_op x[PLAN_OPS], y[PLAN_OPS], z[PLAN_OPS];
	unsigned int differ = 0;

	plan_init(&a, 7, 40, PLAN_STOCK);
	plan_init(&b, 7, 40, PLAN_STOCK);
	plan_init(&c, 8, 40, PLAN_STOCK);
	for (unsigned int i = 0; i < STEPS; i++) {
		unsigned int n = plan_step(&a, x);

		cr_assert_eq(n, plan_step(&b, y));
		(void)plan_step(&c, z);
		for (unsigned int k = 0; k < n; k++)
			cr_assert_str_eq(x[k].command, y[k].command);
		differ += strcmp(x[0].command, z[0].command) != 0;
	}
	cr_assert_gt(differ, STEPS / 2);
}

/* Each guest is in one operation of a step at most, and all kinds come. */
Test(soak, a_plan_asks_for_everything_and_for_nothing_impossible)
{
	static const char *const kinds[] = {
		"create",
		"destroy",
		"shutdown",
		"reboot",
		"pause",
		"unpause",
		"flicker",
		"pin",
		"chase",
		"weight",
		"cap",
		"mem-set",
		"block-attach",
		"block-detach",
		"network-attach",
		"kill vaned",
		"kill vane-stored",
		"kill vane-consoled",
		"dom0 online",
		"dom0 offline",
		"dom0 pin",
		"debug-keys",
		"network-detach",
		"quiet",
		"vcpu-set",
	};
	bool seen[sizeof(kinds) / sizeof(kinds[0])] = {false};
	struct plan p;

	plan_init(&p, 1, 40, PLAN_STOCK);
	for (unsigned int i = 0; i < STEPS; i++) {
		struct plan before = p;
		struct plan_op ops[PLAN_OPS];
		unsigned int n = plan_step(&p, ops), guests = 0;

		cr_assert(n >= 1 && n <= PLAN_OPS);
		for (unsigned int k = 0; k < n; k++) {
			const struct plan_guest *g;

			for (size_t j = 0; j < sizeof(seen); j++)
				seen[j] |= !strcmp(ops[k].what, kinds[j]);
			cr_assert_lt(strlen(ops[k].command) + 1,
				     sizeof(ops[k].command));
			if (ops[k].guest == PLAN_NOBODY)
				continue;
			cr_assert_not(guests & 1u << ops[k].guest);
			guests |= 1u << ops[k].guest;
			g = &before.guest[ops[k].guest];
			cr_assert_eq(g->there,
				     strcmp(ops[k].what, "create") != 0);
		}
	}
	for (size_t j = 0; j < sizeof(seen); j++)
		cr_assert(seen[j], "there is no %s", kinds[j]);
}

/* Micro-guests only: a stock guest takes minutes on a busy host. */
Test(soak, a_few_steps_end_without_a_finding)
{
	struct soak s = {
		.seed = 4,
		.steps = 24,
		.silent_seconds = 120,
		.quiet_output = 1,
	};

	cr_assert_eq(soak_run(&s), 0, "seed %u, step %u, operation %u: %s",
		     (unsigned int)s.seed, s.step, s.ops, s.finding);
}

static void expect_found(const char *plant, const char *finding)
{
	struct soak s = {
		.seed = 3,
		.steps = 16,
		.silent_seconds = 10,
		.plant = plant,
		.quiet_output = 1,
	};

	cr_assert_eq(soak_run(&s), 1, "the planted %s was not found", plant);
	cr_assert_not_null(strstr(s.finding, finding), "found was: %s",
			   s.finding);
}

Test(soak, a_guest_that_falls_silent_is_found)
{
	expect_found("silence", "heart1");
}

Test(soak, a_node_that_is_left_is_found)
{
	expect_found("node", "/tool/soak");
}
