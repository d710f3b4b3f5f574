/* SPDX-License-Identifier: MIT */
/*
 * What the scheduler promises, under simulated load: shares, caps, bounded
 * waits, affinity, and no CPU idle while somebody waits. The seeds are fixed;
 * a failure says which one.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "fake/clock.h"
#include "sched/policy.h"
#include "sched/pool.h"
#include "sched/sched.h"
#include "simulation.h"

#define MS     1000000ull
#define SECOND (1000 * MS)

static const struct sim_habit hog = {0};

static struct sim s;
static unsigned int changes; /* that were not refused */

static void expect_sound(unsigned long long seed)
{
	cr_assert_null(s.broken, "seed %llu: %s (%s)", seed, s.broken,
		       s.detail);
}

/* a of b is within `percent` of itself, and `slack` ns. */
static void expect_near(uint64_t ns, double ideal, double percent,
			uint64_t slack, const char *what,
			unsigned long long seed)
{
	double off = (double)ns - ideal;

	if (off < 0)
		off = -off;
	cr_assert(off <= ideal * percent / 100 + (double)slack,
		  "%s: %.1f ms instead of %.1f, seed %llu", what,
		  (double)ns / 1e6, ideal / 1e6, seed);
}

Test(simulation, weights_of_1_to_8_on_two_cpus)
{
	struct domain *d[8];
	unsigned int i;

	sim_init(&s, 2, "share", 1);
	for (i = 0; i < 8; i++) {
		d[i] = sim_domain(&s, 1, hog);
		cr_assert_eq(sched_params_set(d[i], i + 1, 0), 0);
	}
	sim_run(&s, 60 * SECOND);
	expect_sound(1);
	for (i = 0; i < 8; i++)
		expect_near(sim_used(d[i]), 120e9 * (i + 1) / 36, 4, 0,
			    "a share", i);
	sim_end(&s);
}

Test(simulation, weights_at_both_ends_of_the_range)
{
	struct domain *d[3];

	sim_init(&s, 1, "share", 1);
	d[0] = sim_domain(&s, 1, hog);
	d[1] = sim_domain(&s, 1, hog);
	d[2] = sim_domain(&s, 1, hog);
	cr_assert_eq(sched_params_set(d[0], 65535, 0), 0);
	cr_assert_eq(sched_params_set(d[1], 65535, 0), 0);
	cr_assert_eq(sched_params_set(d[2], 655, 0), 0);
	sim_run(&s, 600 * SECOND);
	expect_sound(1);
	expect_near(sim_used(d[2]), 600e9 * 655 / (2 * 65535 + 655), 1, 20 * MS,
		    "light", 1);
	expect_near(sim_used(d[0]), (double)sim_used(d[1]), 1, 20 * MS, "heavy",
		    1);
	sim_end(&s);
}

/* Who can use a whole CPU at most gets it, and the rest is for the others. */
static void ideal_shares(const uint32_t *weight, unsigned int n, double cpus,
			 double *out)
{
	double left = cpus, sum;
	unsigned int i;
	bool again;

	for (i = 0; i < n; i++)
		out[i] = -1;
	do {
		again = false;
		sum = 0;
		for (i = 0; i < n; i++)
			if (out[i] < 0)
				sum += weight[i];
		for (i = 0; i < n; i++) {
			if (out[i] < 0 && weight[i] * left >= sum) {
				out[i] = 1;
				left -= 1;
				again = true;
				break;
			}
		}
	} while (again);
	for (i = 0; i < n; i++)
		if (out[i] < 0)
			out[i] = weight[i] * left / sum;
}

Test(simulation, random_weights_get_their_shares, .timeout = 120)
{
	unsigned long long seed;

	for (seed = 1; seed <= 120; seed++) {
		uint32_t weight[SIM_DOMAINS];
		double ideal[SIM_DOMAINS];
		uint64_t before[SIM_DOMAINS];
		unsigned int cpus, n, i;

		sim_init(&s, 1 + seed % 6, "share", seed);
		cpus = s.cpu_count;
		n = cpus + 1 + (unsigned int)sim_random(&s, 2 * cpus);
		for (i = 0; i < n; i++) {
			weight[i] = 64 + (uint32_t)sim_random(&s, 449);
			(void)sim_domain(&s, 1, hog);
			cr_assert_eq(
				sched_params_set(s.domain[i], weight[i], 0), 0);
		}
		ideal_shares(weight, n, cpus, ideal);
		sim_run(&s, SECOND);
		for (i = 0; i < n; i++)
			before[i] = sim_used(s.domain[i]);
		sim_run(&s, 4 * SECOND);
		expect_sound(seed);
		for (i = 0; i < n; i++)
			expect_near(sim_used(s.domain[i]) - before[i],
				    4e9 * ideal[i], 4, 60 * MS, "a share",
				    seed);
		sim_end(&s);
	}
}

Test(simulation, a_domain_gets_one_share_however_many_vcpus_it_has)
{
	struct domain *one, *many;

	sim_init(&s, 1, "share", 1);
	one = sim_domain(&s, 1, hog);
	many = sim_domain(&s, 32, hog);
	sim_run(&s, 20 * SECOND);
	expect_sound(1);
	expect_near(sim_used(one), 10e9, 2, 50 * MS, "one vCPU", 1);
	expect_near(sim_used(many), 10e9, 2, 50 * MS, "32 vCPUs", 1);
	sim_end(&s);
}

/* 32 vCPUs, each of which looks as if it hardly ran at all. */
Test(simulation, taking_turns_to_sleep_earns_nothing)
{
	struct domain *one, *many;
	unsigned int i;

	sim_init(&s, 1, "share", 1);
	one = sim_domain(&s, 1, hog);
	many = sim_domain(&s, 32, hog);
	for (i = 0; i < 32; i++) {
		sim_of(many->vcpu[i])->habit =
			(struct sim_habit){2 * MS, 60 * MS, false};
		sim_of(many->vcpu[i])->left_ns = 2 * MS;
	}
	sim_run(&s, 20 * SECOND);
	expect_sound(1);
	cr_assert_geq(sim_used(one), 9 * SECOND, "%llu ms of 20000",
		      (unsigned long long)(sim_used(one) / MS));
	sim_end(&s);
}

/* An answer from another CPU may come right after the question. */
Test(simulation, who_wakes_up_seldom_preempts_at_once)
{
	struct domain *d;
	unsigned int i, cpus;

	for (cpus = 1; cpus <= 4; cpus++) {
		sim_init(&s, cpus, "share", cpus);
		for (i = 0; i < 3 * cpus; i++)
			(void)sim_domain(&s, 1, hog);
		d = sim_domain(&s, 1, (struct sim_habit){30000, 2 * MS, true});
		sim_run(&s, SECOND);
		sim_of(d->vcpu[0])->wake_max_ns = 0;
		sim_run(&s, 10 * SECOND);
		expect_sound(cpus);
		cr_assert_eq(
			sim_of(d->vcpu[0])->wake_max_ns, 0, "%u CPUs: %llu ns",
			cpus,
			(unsigned long long)sim_of(d->vcpu[0])->wake_max_ns);
		sim_end(&s);
	}
}

Test(simulation, who_computes_little_hardly_waits_beside_hogs)
{
	struct domain *d;
	unsigned int i, cpus;

	for (cpus = 1; cpus <= 4; cpus++) {
		sim_init(&s, cpus, "share", cpus);
		for (i = 0; i < 3 * cpus; i++)
			(void)sim_domain(&s, 1, hog);
		d = sim_domain(&s, 1, (struct sim_habit){300000, 7 * MS, true});
		sim_run(&s, SECOND);
		sim_of(d->vcpu[0])->wake_max_ns = 0;
		sim_run(&s, 10 * SECOND);
		expect_sound(cpus);
		cr_assert_leq(
			sim_of(d->vcpu[0])->wake_max_ns, 500000,
			"%u CPUs: %llu ns", cpus,
			(unsigned long long)sim_of(d->vcpu[0])->wake_max_ns);
		sim_end(&s);
	}
}

Test(simulation, nobody_gains_by_sleeping_before_its_slice_ends)
{
	struct domain *honest, *sly;

	sim_init(&s, 1, "share", 1);
	honest = sim_domain(&s, 1, hog);
	sly = sim_domain(&s, 1, (struct sim_habit){9900000, 1000, false});
	sim_run(&s, 20 * SECOND);
	expect_sound(1);
	expect_near(sim_used(honest), 10e9, 2, 30 * MS, "honest", 1);
	expect_near(sim_used(sly), 10e9, 2, 30 * MS, "sly", 1);
	sim_end(&s);
}

/*
 * A wake-up goes first; so one that blocks for a microsecond as often as it
 * can, after however little, wants to be first always.
 */
Test(simulation, blocking_for_a_moment_again_and_again_earns_nothing)
{
	static const uint64_t run_ns[] = {20000, 100000, 499000, 501000,
					  5 * MS};
	unsigned int i, cpus;

	for (cpus = 1; cpus <= 2; cpus++) {
		for (i = 0; i < ARRAY_SIZE(run_ns); i++) {
			struct domain *honest, *sly;

			sim_init(&s, cpus, "share", i + 1);
			honest = sim_domain(&s, cpus, hog);
			sly = sim_domain(
				&s, cpus,
				(struct sim_habit){run_ns[i], 1000, false});
			sim_run(&s, 4 * SECOND);
			expect_sound(i);
			cr_assert_leq(sim_used(sly),
				      cpus * 2 * SECOND + 60 * MS,
				      "%u CPUs, %llu ns: %llu ms", cpus,
				      (unsigned long long)run_ns[i],
				      (unsigned long long)(sim_used(sly) / MS));
			cr_assert_geq(sim_used(honest),
				      cpus * 2 * SECOND - 60 * MS);
			sim_end(&s);
		}
	}
}

Test(simulation, who_yields_for_ever_gets_no_more_than_its_share)
{
	struct domain *honest, *sly;

	sim_init(&s, 1, "share", 1);
	honest = sim_domain(&s, 1, hog);
	sly = sim_domain(&s, 1, (struct sim_habit){100000, 0, false});
	sim_of(sly->vcpu[0])->yields = true;
	sim_run(&s, 4 * SECOND);
	expect_sound(1);
	cr_assert_leq(sim_used(sly), 2 * SECOND + 20 * MS);
	cr_assert_geq(sim_used(honest), 2 * SECOND - 20 * MS);
	/* It does get to run. */
	cr_assert_gt(sim_used(sly), 0);
	sim_end(&s);
}

/* Caps: whole and parts of CPUs, one vCPU and several, alone and not. */
struct cap_row {
	unsigned int cpus, vcpus, cap, hogs;
};

static const struct cap_row cap_rows[] = {
	{1, 1, 25, 0}, {1, 1, 25, 2},  {1, 1, 1, 1},   {1, 1, 99, 0},
	{2, 1, 50, 3}, {2, 4, 25, 0},  {4, 4, 150, 0}, {4, 4, 150, 2},
	{4, 8, 30, 2}, {4, 4, 350, 0}, {1, 8, 40, 0},  {8, 8, 10, 0},
};

Test(simulation, caps_hold_within_two_points)
{
	unsigned int r, i;

	for (r = 0; r < ARRAY_SIZE(cap_rows); r++) {
		const struct cap_row *row = &cap_rows[r];
		struct domain *d;
		double got;

		sim_init(&s, row->cpus, "share", r + 1);
		d = sim_domain(&s, row->vcpus, hog);
		cr_assert_eq(sched_params_set(d, 256, row->cap), 0);
		for (i = 0; i < row->hogs; i++)
			(void)sim_domain(&s, 1, hog);
		sim_run(&s, 10 * SECOND);
		expect_sound(r);
		got = (double)sim_used(d) / 1e8;
		cr_assert_leq(got, row->cap + 2.0, "row %u: %.1f %%", r, got);
		/* The others leave it as much, in these rows. */
		cr_assert_geq(got, row->cap - 2.0, "row %u: %.1f %%", r, got);
		for (i = 0; i < row->vcpus; i++)
			cr_assert_geq(vcpu_state_time(d->vcpu[i], VCPU_RUNNING),
				      sim_used(d) / row->vcpus / 4,
				      "row %u: vCPU %u starves", r, i);
		sim_end(&s);
	}
}

Test(simulation, a_cap_that_is_taken_away_is_forgotten_at_once)
{
	struct domain *d;

	sim_init(&s, 1, "share", 1);
	d = sim_domain(&s, 1, hog);
	/* Alone for long, it owes nothing when the cap comes. */
	sim_run(&s, 100 * SECOND);
	cr_assert_eq(sched_params_set(d, 256, 1), 0);
	sim_run(&s, 10 * SECOND);
	expect_near(sim_used(d), 100.1e9, 0, 20 * MS, "capped", 1);
	cr_assert_eq(sched_params_set(d, 256, 0), 0);
	sim_run(&s, 10 * SECOND);
	expect_near(sim_used(d), 110.1e9, 0, 20 * MS, "free", 1);
	expect_sound(1);
	sim_end(&s);
}

/* One is owed more than a CPU can give; then it is no more. */
Test(simulation, what_could_not_be_had_is_not_owed_for_ever)
{
	struct domain *heavy, *light[3];
	uint64_t before[3];
	unsigned int i;

	sim_init(&s, 2, "share", 1);
	heavy = sim_domain(&s, 1, hog);
	for (i = 0; i < 3; i++)
		light[i] = sim_domain(&s, 1, hog);
	cr_assert_eq(sched_params_set(heavy, 25600, 0), 0);
	sim_run(&s, 60 * SECOND);
	cr_assert_geq(sim_used(heavy), 59 * SECOND);
	cr_assert_eq(sched_params_set(heavy, 256, 0), 0);
	sim_run(&s, SECOND);
	for (i = 0; i < 3; i++)
		before[i] = sim_used(light[i]);
	sim_run(&s, 4 * SECOND);
	expect_sound(1);
	for (i = 0; i < 3; i++)
		expect_near(sim_used(light[i]) - before[i], 2e9, 4, 60 * MS,
			    "light", i);
	sim_end(&s);
}

static void random_set(struct cpuset *set)
{
	unsigned int cpu;

	*set = (struct cpuset){0};
	for (cpu = 0; cpu < s.cpu_count; cpu++)
		if (sim_random(&s, 2))
			cpuset_add(set, cpu);
}

static struct sim_habit random_habit(void)
{
	static const struct sim_habit habits[] = {
		{0},
		{200000, 3 * MS, true},
		{4 * MS, 4 * MS, true},
		{9900000, 100000, false},
		{50000, 200000, true},
		{30 * MS, 30 * MS, true},
	};

	return habits[sim_random(&s, ARRAY_SIZE(habits))];
}

static void random_pool_change(struct domain *d)
{
	uint32_t pool = (uint32_t)sim_random(&s, 3);
	uint32_t cpu = (uint32_t)sim_random(&s, s.cpu_count);
	uint32_t id = POOL_ANY;

	switch (sim_random(&s, 6)) {
	case 0:
		changes += !pool_create(sim_random(&s, 2) ? XEN_SCHEDULER_CREDIT
							  : XEN_SCHEDULER_NULL,
					&id);
		break;
	case 1:
		changes += !pool_destroy(pool);
		break;
	case 2:
		changes += !pool_remove_cpu(pool, cpu);
		break;
	case 3:
		changes += !pool_add_cpu(pool, cpu);
		break;
	case 4:
		if (sched_cpu_down(cpu) == 0)
			sched_cpu_up(cpu);
		break;
	default:
		changes += !pool_move_domain(pool, d);
		break;
	}
}

/* Something that the toolstack or a guest may do at any time. */
static void random_change(bool pools)
{
	struct domain *d = s.domain[sim_random(&s, s.domain_count)];
	struct vcpu *v = d->vcpu[sim_random(&s, d->max_vcpus)];
	struct cpuset hard, soft;

	switch (sim_random(&s, 9)) {
	case 0:
		changes +=
			!sched_params_set(d, 1 + (uint32_t)sim_random(&s, 1000),
					  (uint32_t)sim_random(&s, 120));
		break;
	case 1:
		changes += !sched_params_set(d, 256, 0);
		break;
	case 2:
		random_set(&hard);
		random_set(&soft);
		changes += !sched_affinity_set(v, &hard, &soft);
		break;
	case 3:
		if (v->pause_count)
			vcpu_unpause(v);
		else
			vcpu_pause(v);
		break;
	case 4:
		v->up = !v->up;
		if (v->up)
			vcpu_wake(v);
		else
			vcpu_sleep(v);
		break;
	case 5:
		if (s.domain_count < SIM_DOMAINS && s.vcpu_count + 4 < 24)
			(void)sim_domain(&s, 1 + (unsigned)sim_random(&s, 4),
					 random_habit());
		break;
	case 6:
		if (s.domain_count > 1)
			sim_domain_end(&s, d);
		break;
	case 7:
		if (v->on_cpu)
			vcpu_yield(v);
		break;
	default:
		if (pools)
			random_pool_change(d);
		break;
	}
	(void)sim_settle(&s);
}

static void random_workload(unsigned long long seed, const char *policy,
			    bool pools)
{
	unsigned int i, n;

	sim_init(&s, 1 + (unsigned int)(seed % 8), policy, seed);
	n = 1 + (unsigned int)sim_random(&s, 8);
	if (pools)
		s.exact_work = false;
	for (i = 0; i < n; i++)
		(void)sim_domain(&s, 1 + (unsigned int)sim_random(&s, 3),
				 random_habit());
	for (i = 0; i < 12 && !s.broken; i++) {
		sim_run(&s, 1 + sim_random(&s, 12 * MS));
		random_change(pools);
	}
	expect_sound(seed);
	sim_end(&s);
}

Test(simulation, random_workloads_and_changes, .timeout = 120)
{
	unsigned long long seed;

	for (seed = 1; seed <= 2500; seed++)
		random_workload(seed, "share", false);
	cr_assert_gt(changes, 3000, "%u", changes);
}

Test(simulation, random_pools_and_cpus_that_come_and_go, .timeout = 120)
{
	unsigned long long seed;

	for (seed = 1; seed <= 1500; seed++)
		random_workload(seed, seed % 3 ? "share" : "null", true);
	cr_assert_gt(changes, 1000, "%u", changes);
}

/* Nobody waits longer than the others' slices of one round take. */
Test(simulation, nobody_starves, .timeout = 120)
{
	unsigned long long seed;

	for (seed = 1; seed <= 120; seed++) {
		unsigned int i, n;

		sim_init(&s, 1 + (unsigned int)(seed % 4), "share", seed);
		n = 2 + (unsigned int)sim_random(&s, 10);
		for (i = 0; i < n; i++)
			(void)sim_domain(&s, 1, random_habit());
		sim_run(&s, 2 * SECOND);
		expect_sound(seed);
		for (i = 0; i < n; i++)
			cr_assert_leq(
				s.vcpu[i]->wait_max_ns, (2 * n + 2) * 10 * MS,
				"seed %llu: %llu us with %u", seed,
				(unsigned long long)s.vcpu[i]->wait_max_ns /
					1000,
				n);
		sim_end(&s);
	}
}
