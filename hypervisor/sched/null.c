/* SPDX-License-Identifier: MIT */
/*
 * Policy `null`: one vCPU a CPU. A vCPU that becomes runnable for the first
 * time gets a CPU that nobody owns and keeps it until it is brought down,
 * moved or destroyed; nothing is ever preempted, and no timer is asked for.
 * A vCPU that finds no CPU waits, in the order of coming, until one is free.
 *
 * Tests: tests/unit/hypervisor/sched/test_pool.c, test_simulation.c.
 */
#include "public/domctl.h"
#include "sched/policy.h"
#include "sched/sched.h"

static bool is_free(unsigned int cpu)
{
	return !__atomic_load_n(&run_queues[cpu].owner, __ATOMIC_RELAXED);
}

static unsigned int null_place(const struct vcpu *v)
{
	const struct cpuset *want[] = {&v->unit.likes, &v->unit.may};
	unsigned int i, cpu;

	if (run_queues[v->cpu].owner == v && vcpu_may(v, v->cpu))
		return v->cpu;
	for (i = 0; i < ARRAY_SIZE(want); i++)
		cpuset_for_each (cpu, want[i])
			if (is_free(cpu))
				return cpu;
	return vcpu_may(v, v->cpu) ? v->cpu : cpuset_next(&v->unit.may, 0);
}

static void own(struct run_queue *q, struct vcpu *v)
{
	__atomic_store_n(&q->owner, v, __ATOMIC_RELAXED);
}

static void null_arrive(struct run_queue *q, struct vcpu *v, enum sched_why why,
			uint64_t now_ns)
{
	(void)why;
	(void)now_ns;
	if (!q->owner)
		own(q, v);
	if (q->owner == v)
		return;
	v->unit.node.key = 0;
	queue_link(q, v);
}

static bool gone(const struct vcpu *v)
{
	return !v->up || !v->initialised;
}

static void null_leave(struct run_queue *q, struct vcpu *v, bool for_good)
{
	if (v->unit.node.linked)
		queue_unlink(q, v);
	if (q->owner == v && (for_good || gone(v)))
		own(q, NULL);
}

static struct vcpu *null_pick(struct run_queue *q, struct vcpu *cur,
			      uint64_t now_ns)
{
	if (q->owner && (gone(q->owner) || !vcpu_may(q->owner, q->cpu)))
		own(q, NULL);
	/* It came with its CPU from another pool. */
	if (cur && cur != q->owner && vcpu_runnable(cur) &&
	    vcpu_may(cur, q->cpu))
		null_arrive(q, cur, SCHED_MOVED, now_ns);
	while (!q->owner && q->tree.first) {
		struct vcpu *v = node_vcpu(q->tree.first);

		queue_unlink(q, v);
		if (vcpu_runnable(v))
			own(q, v);
		else
			vcpu_state_lapse(v, now_ns);
	}
	return q->owner && vcpu_runnable(q->owner) ? q->owner : NULL;
}

static bool null_hungry(const struct run_queue *q)
{
	return !q->owner && !q->tree.first;
}

const struct sched_policy sched_null = {
	.name = "null",
	.id = XEN_SCHEDULER_NULL,
	.place = null_place,
	.arrive = null_arrive,
	.leave = null_leave,
	.pick = null_pick,
	.hungry = null_hungry,
};
