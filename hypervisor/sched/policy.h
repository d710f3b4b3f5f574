/* SPDX-License-Identifier: MIT */
/*
 * Inside sched/: the queue of each CPU, the pools that CPUs belong to, and what
 * a policy decides for sched/sched.c.
 *
 *                 arrive                    pick
 *   not runnable --------> waits in a queue -----> runs (vcpu.on_cpu)
 *        ^                   |      ^                 |
 *        |       leave       |      |  pick           |  pick
 *        +-------------------+      +-----------------+------> not runnable
 *
 * Locks: each queue has one (LOCK_SCHED); two are taken in the order of the
 * CPUs' numbers, none is held when timers are armed or another CPU is asked
 * to choose. vcpu.cpu, the CPU on which a vCPU runs, waits or was last, changes
 * only under the locks of both queues.
 */
#ifndef SCHED_POLICY_H
#define SCHED_POLICY_H

#include "domain/domain.h"
#include "sched/unit.h"

struct sched_pool {
	/* LOCK_POOL, but for what is noted. */
	bool in_use;
	uint32_t id;
	const struct sched_policy *policy;
	struct cpuset cpus;
	unsigned int cpu_count; /* read without the lock */
	struct list_node domains;
	unsigned int domain_count;
	uint64_t slice_ns, ratelimit_ns; /* read without the lock */
};

struct run_queue {
	struct spinlock lock;
	unsigned int cpu;
	struct sched_pool *pool;	 /* NULL: the CPU takes no part */
	struct vcpu *current;		 /* NULL: idle */
	struct timer slice;		 /* the CPU's own, without the lock */
	uint64_t idle_ns, idle_since_ns; /* before it; this time */
	uint64_t switches;

	/*
	 * The policy says: when to choose again, at the latest; ~0: whenever.
	 * It follows each choice and arrival.
	 */
	uint64_t due_ns;

	/* The policy's. */
	struct tree tree;	 /* who waits, in order */
	struct list_node parked; /* who waits for its domain's cap */
	uint64_t unpark_ns;	 /* the first of them may run; ~0: none */
	uint64_t clock;		 /* virtual time; never goes back */
	uint64_t shift;		 /* frame: + shift is comparable elsewhere */
	unsigned int peek;	 /* the CPU that was compared with last */
	bool preempt;		 /* who waits first shall not wait */
	uint64_t calm_ns;   /* the rate limit has forgotten it all by then */
	struct vcpu *owner; /* policy `null` */

	/* What others may read without the lock. */
	uint64_t shown_clock;	/* clock + shift */
	uint64_t shown_overdue; /* when to take the first away, + shift */
} __attribute__((aligned(64)));

enum sched_why {
	SCHED_WOKEN, /* an event ended its wait */
	SCHED_NEW,   /* it came up, or was unpaused */
	SCHED_MOVED, /* it waited elsewhere */
};

struct sched_policy {
	const char *name;
	uint32_t id; /* XEN_SCHEDULER_* */

	/*
	 * Where v, about to become runnable, had best go; one of v's `may`. A
	 * guess, made without locks.
	 */
	unsigned int (*place)(const struct vcpu *v);

	/* v is runnable and waits for q's CPU from now on. */
	void (*arrive)(struct run_queue *q, struct vcpu *v, enum sched_why why,
		       uint64_t now_ns);

	/*
	 * v, which does not run, waits no more; or (for_good) never comes back
	 * here by itself.
	 */
	void (*leave)(struct run_queue *q, struct vcpu *v, bool for_good);

	/*
	 * Who runs next; NULL: nobody. cur (or NULL) has run until now and
	 * waits again if it can and is not chosen.
	 */
	struct vcpu *(*pick)(struct run_queue *q, struct vcpu *cur,
			     uint64_t now_ns);

	/* Has q's CPU nobody, so that it may take from another's queue? */
	bool (*hungry)(const struct run_queue *q);

	/*
	 * q's CPU is about to choose and there are others: from which one
	 * (>= MAX_CPUS: none) to take who has waited for too long?
	 */
	unsigned int (*compare)(struct run_queue *q, uint64_t now_ns);
	/* Both locked: has v, waiting in `from`, waited for too long? */
	bool (*overdue)(const struct run_queue *q, const struct run_queue *from,
			const struct vcpu *v);
};

extern const struct sched_policy sched_share, sched_null;
extern struct run_queue run_queues[MAX_CPUS];
/* CPUs that would take whom they get; that have somebody waiting. */
extern struct cpuset sched_idle_cpus, sched_waiting_cpus;

static inline struct vcpu *node_vcpu(const struct tree_node *n)
{
	return container_of(n, struct vcpu, unit.node);
}

static inline bool vcpu_may(const struct vcpu *v, unsigned int cpu)
{
	return cpuset_has(&v->unit.may, cpu);
}

static inline bool vcpu_queued(const struct vcpu *v)
{
	return v->unit.node.linked || !list_empty(&v->unit.parked);
}

/* sched.c: into and out of q's tree. */
void queue_link(struct run_queue *q, struct vcpu *v);
void queue_unlink(struct run_queue *q, struct vcpu *v);
/* v was found not to be runnable any more; it is nowhere. */
void vcpu_state_lapse(struct vcpu *v, uint64_t now_ns);
/* v's `may`, up or pause count has changed: it goes where it belongs. */
void vcpu_reassess(struct vcpu *v);
/* The queue of v->cpu, locked. */
struct run_queue *vcpu_queue_lock(const struct vcpu *v);
void queue_init(struct run_queue *q, unsigned int cpu);

/* share.c. weight: 1 to 65535; cap: per cent of one CPU, 0: none. */
void share_adjust(struct domain *d, uint32_t weight, uint32_t cap);

/* pool.c: v's first CPU. */
void pool_place_first(struct vcpu *v);

#endif
