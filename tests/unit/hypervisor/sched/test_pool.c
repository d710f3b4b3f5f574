/* SPDX-License-Identifier: MIT */
/* What the toolstack sets, and what it is refused: nothing changes then. */
#include <criterion/criterion.h>
#include "sched/policy.h"
#include "sched/pool.h"
#include "sched/sched.h"
#include "simulation.h"

#define MS 1000000ull

static struct sim s;
static const struct sim_habit hog = {0};

static struct cpuset set_of(unsigned int a, unsigned int b)
{
	struct cpuset c = {0};

	cpuset_add(&c, a);
	cpuset_add(&c, b);
	return c;
}

static void expect_cpus(uint32_t pool, uint64_t cpus, uint32_t domains)
{
	struct pool_info info;

	cr_assert_eq(pool_info(pool, &info), 0);
	cr_assert_eq(info.id, pool);
	cr_assert_eq(info.cpus.word[0], cpus, "pool %u has %#llx", pool,
		     (unsigned long long)info.cpus.word[0]);
	cr_assert_eq(info.domain_count, domains);
}

Test(pool, is_made_filled_used_emptied_and_destroyed)
{
	struct pool_info info;
	struct domain *d;
	struct cpuset free;
	uint32_t id = POOL_ANY;

	sim_init(&s, 4, "share", 1);
	d = sim_domain(&s, 2, hog);
	expect_cpus(0, 0xf, 1);
	cr_assert_eq(pool_create(XEN_SCHEDULER_CREDIT2, &id), 0);
	cr_assert_eq(id, 1);
	expect_cpus(1, 0, 0);
	cr_assert_eq(pool_remove_cpu(0, 3), 0);
	cr_assert_eq(pool_remove_cpu(0, POOL_ANY), 0);
	pool_unused(&free);
	cr_assert_eq(free.word[0], 9);
	cr_assert_eq(pool_add_cpu(1, 3), 0);
	cr_assert_eq(pool_move_domain(1, d), 0);
	cr_assert(sim_run(&s, 50 * MS), "%s", s.broken);
	expect_cpus(0, 6, 0);
	expect_cpus(1, 8, 1);
	cr_assert_eq(sched_domain_pool(d), 1);
	cr_assert_eq(s.cur[3]->domain, d);
	cr_assert_null(s.cur[1]);
	cr_assert_eq(pool_destroy(1), -EBUSY);
	cr_assert_eq(pool_remove_cpu(1, 3), -EBUSY);
	cr_assert_eq(sched_cpu_down(3), -EBUSY);
	expect_cpus(1, 8, 1);
	cr_assert_eq(pool_move_domain(0, d), 0);
	cr_assert_eq(pool_remove_cpu(1, POOL_ANY), 0);
	cr_assert_eq(pool_destroy(1), 0);
	cr_assert_eq(pool_info(1, &info), -ENOENT);
	cr_assert_eq(pool_add_cpu(0, POOL_ANY), 0);
	cr_assert_eq(pool_add_cpu(0, POOL_ANY), 0);
	cr_assert(sim_run(&s, 50 * MS), "%s", s.broken);
	expect_cpus(0, 0xf, 1);
	sim_end(&s);
}

Test(pool, bad_requests_change_nothing)
{
	struct domain *d;
	uint32_t id;
	unsigned int i;

	sim_init(&s, 2, "share", 1);
	d = sim_domain(&s, 1, hog);
	id = POOL_ANY;
	cr_assert_eq(pool_create(XEN_SCHEDULER_RTDS, &id), -EINVAL);
	cr_assert_eq(pool_create(77, &id), -EINVAL);
	id = 0;
	cr_assert_eq(pool_create(XEN_SCHEDULER_NULL, &id), -EEXIST);
	id = 1000000;
	cr_assert_eq(pool_create(XEN_SCHEDULER_NULL, &id), -ENOSPC);
	id = 7;
	cr_assert_eq(pool_create(XEN_SCHEDULER_NULL, &id), 0);
	cr_assert_eq(pool_destroy(0), -EBUSY);
	cr_assert_eq(pool_destroy(8), -ENOENT);
	cr_assert_eq(pool_add_cpu(8, 0), -ENOENT);
	cr_assert_eq(pool_add_cpu(7, 2), -ENODEV);
	cr_assert_eq(pool_add_cpu(7, 256), -ENODEV);
	cr_assert_eq(pool_add_cpu(7, POOL_ANY), -ENODEV);
	cr_assert_eq(pool_add_cpu(7, 1), -EBUSY);
	cr_assert_eq(pool_remove_cpu(8, 0), -ENOENT);
	cr_assert_eq(pool_remove_cpu(7, 0), -ENODEV);
	cr_assert_eq(pool_remove_cpu(7, POOL_ANY), -ENODEV);
	cr_assert_eq(pool_move_domain(8, d), -ENOENT);
	cr_assert_eq(pool_move_domain(7, d), -ENODEV);
	cr_assert_eq(pool_tune(8, 10 * MS, 0), -ENOENT);
	cr_assert_eq(pool_remove_cpu(0, 0), 0);
	cr_assert_eq(pool_remove_cpu(0, 1), -EBUSY);
	expect_cpus(0, 2, 1);
	expect_cpus(7, 0, 0);
	for (i = 0;
	     pool_create(XEN_SCHEDULER_CREDIT, &(uint32_t){POOL_ANY}) == 0; i++)
		cr_assert_lt(i, 1000);
	cr_assert_eq(i, 30);
	cr_assert(sim_run(&s, 50 * MS), "%s", s.broken);
	sim_end(&s);
}

Test(pool, weights_and_caps_have_their_ranges)
{
	struct domain *d;

	sim_init(&s, 1, "share", 1);
	d = sim_domain(&s, 2, hog);
	cr_assert_eq(d->sched.weight, 256);
	cr_assert_eq(sched_params_set(d, 0, 0), -EINVAL);
	cr_assert_eq(sched_params_set(d, 65536, 0), -EINVAL);
	cr_assert_eq(sched_params_set(d, 1, 201), -EINVAL);
	cr_assert_eq(d->sched.weight, 256);
	cr_assert_eq(sched_params_set(d, 65535, 200), 0);
	cr_assert_eq(d->sched.weight, 65535);
	cr_assert_eq(d->sched.cap, 200);
	sim_end(&s);
}

Test(pool, affinity_is_what_the_pool_has_of_it)
{
	struct cpuset hard = set_of(2, 3), soft = set_of(3, 3), none = {0};
	struct cpuset far = set_of(200, 201);
	struct domain *d;
	struct vcpu *v;

	sim_init(&s, 4, "share", 1);
	d = sim_domain(&s, 1, hog);
	v = d->vcpu[0];
	cr_assert_eq(sched_affinity_set(v, &none, NULL), -EINVAL);
	cr_assert_eq(sched_affinity_set(v, &hard, &far), -EINVAL);
	cr_assert_eq(sched_affinity_set(v, &far, &soft), -EINVAL);
	cr_assert_eq(v->unit.may.word[0], 0xf);
	cr_assert_eq(v->unit.likes.word[0], 0xf);
	cr_assert_eq(sched_affinity_set(v, &hard, &soft), 0);
	cr_assert_eq(v->unit.may.word[0], 0xc);
	cr_assert_eq(v->unit.likes.word[0], 0x8);
	cr_assert(sim_run(&s, 20 * MS), "%s", s.broken);
	cr_assert_eq(s.cur[3], v);
	/* CPU 3 goes: what it likes is gone, what it may is not. */
	cr_assert_eq(sched_cpu_down(3), 0);
	cr_assert(sim_run(&s, 20 * MS), "%s", s.broken);
	cr_assert_eq(s.cur[2], v);
	cr_assert_eq(sched_cpu_down(2), 0);
	cr_assert(sim_run(&s, 20 * MS), "%s", s.broken);
	cr_assert_eq(v->unit.may.word[0], 3, "none is left of it: all");
	cr_assert(s.cur[0] == v || s.cur[1] == v);
	sched_cpu_up(2);
	cr_assert(sim_run(&s, 20 * MS), "%s", s.broken);
	cr_assert_eq(s.cur[2], v, "it comes back");
	sched_affinity_get(v, &hard, &soft);
	cr_assert_eq(hard.word[0], 4, "of those that are online");
	cr_assert_eq(soft.word[0], 0);
	sim_end(&s);
}

Test(pool, null_gives_each_vcpu_a_cpu_of_its_own)
{
	struct domain *a, *b;
	uint64_t picks;

	sim_init(&s, 3, "null", 1);
	a = sim_domain(&s, 2, hog);
	b = sim_domain(&s, 2, (struct sim_habit){MS, MS, false});
	cr_assert(sim_run(&s, 100 * MS), "%s", s.broken);
	cr_assert_eq(sim_used(a), 200 * MS);
	/* One of b's has the third CPU, also while it waits; one has none. */
	cr_assert_eq(vcpu_state_time(b->vcpu[1], VCPU_RUNNING), 0);
	cr_assert_geq(sim_used(b), 49 * MS);
	sim_domain_end(&s, a);
	picks = s.picks;
	cr_assert(sim_run(&s, 100 * MS), "%s", s.broken);
	cr_assert_geq(vcpu_state_time(b->vcpu[1], VCPU_RUNNING), 49 * MS);
	cr_assert_leq(s.picks - picks, 210, "none but for waiting and waking");
	sim_end(&s);
}
