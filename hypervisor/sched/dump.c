/* SPDX-License-Identifier: MIT */
/*
 * The debug key r: what each CPU's queue holds. The vCPUs themselves are listed
 * by the key q. Each line is true for itself; between two of them the machine
 * goes on.
 *
 * Test: tests/unit/hypervisor/domain/test_debug.c.
 */
#include "log/log.h"
#include "sched/policy.h"
#include "sched/sched.h"
#include "x86/machine.h"

static const char *yes_no(const struct cpuset *s, unsigned int cpu)
{
	return cpuset_has(s, cpu) ? "yes" : "no";
}

static void queue_dump(struct run_queue *q)
{
	struct vcpu *current;
	int domain = -1, vcpu = -1;
	uint32_t waiting;
	bool parked, pool;

	lock_acquire(&q->lock);
	current = q->current;
	if (current) {
		domain = current->domain->id;
		vcpu = (int)current->id;
	}
	waiting = q->tree.count;
	parked = !list_empty(&q->parked);
	pool = q->pool;
	lock_release(&q->lock);
	log_info("CPU %u: runs domain %d vCPU %d (-1: idle), %u wait, parked "
		 "by caps: %s, in a pool: %s, known as idle: %s, as having "
		 "some that wait: %s\n",
		 q->cpu, domain, vcpu, waiting, parked ? "some" : "none",
		 pool ? "yes" : "no", yes_no(&sched_idle_cpus, q->cpu),
		 yes_no(&sched_waiting_cpus, q->cpu));
}

void sched_dump(void)
{
	unsigned int cpu;

	for (cpu = 0; cpu < cpu_count(); cpu++)
		queue_dump(&run_queues[cpu]);
}
