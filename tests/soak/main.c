/* SPDX-License-Identifier: MIT */
/*
 * make soak: random operations on guests, for SOAK_MINUTES (60), on four CPUs.
 * SOAK_SEED (or one that is made up, and printed) decides what is done;
 * SOAK_STEPS ends it after so many steps; SOAK_BREAK plants a fault that has to
 * be found, and then the status is 0 only if it was. `soak --plan` prints what
 * a seed does and does nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/soak/plan.h"
#include "tests/soak/soak.h"

static unsigned long number(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 0) : otherwise;
}

static int print_plan(const struct soak *s, unsigned int steps)
{
	struct plan_op ops[PLAN_OPS];
	struct plan p;

	plan_init(&p, s->seed, s->quiet_every, s->stock);
	for (unsigned int i = 1; i <= steps; i++) {
		unsigned int count = plan_step(&p, ops);

		for (unsigned int n = 0; n < count; n++)
			printf("%u: %s: %s\n", i, ops[n].what, ops[n].command);
	}
	return 0;
}

static bool plant_known(const char *name)
{
	for (unsigned int i = 0; soak_plants[i]; i++)
		if (!strcmp(soak_plants[i], name))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	const char *plant = getenv("SOAK_BREAK");
	struct soak s = {
		.seed = number("SOAK_SEED", (time(NULL) ^ getpid()) % 1000000),
		.minutes = number("SOAK_MINUTES", 60),
		.steps = number("SOAK_STEPS", 0),
		.quiet_every = 20,
		.stock = PLAN_STOCK,
		.silent_seconds = 120,
		.plant = plant && *plant ? plant : NULL,
	};
	int found;

	if (argc > 1 && !strcmp(argv[1], "--plan"))
		return print_plan(&s, s.steps ? s.steps : 100);
	if (s.plant && !plant_known(s.plant)) {
		fprintf(stderr, "soak: SOAK_BREAK=%s: known are", s.plant);
		for (unsigned int i = 0; soak_plants[i]; i++)
			fprintf(stderr, " %s", soak_plants[i]);
		fprintf(stderr, "\n");
		return 2;
	}
	printf("soak: SOAK_SEED=%llu SOAK_MINUTES=%u\n",
	       (unsigned long long)s.seed, s.minutes);
	fflush(stdout);
	found = soak_run(&s);
	if (found < 0) {
		printf("soak: FAILED: %s\n", s.finding);
		return 1;
	}
	if (s.plant) {
		printf("soak: the planted %s was %sfound after %u operations: "
		       "%.200s\n",
		       s.plant, found ? "" : "NOT ", s.ops, s.finding);
		return !found;
	}
	printf("soak: %s: %u operations in %u steps, seed %llu\n",
	       found ? "FAILED" : "PASSED", s.ops, s.step,
	       (unsigned long long)s.seed);
	return found;
}
