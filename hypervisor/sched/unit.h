/* SPDX-License-Identifier: MIT */
/*
 * What the scheduler keeps of a vCPU and of a domain, inside struct vcpu and
 * struct domain. See sched/policy.h.
 */
#ifndef SCHED_UNIT_H
#define SCHED_UNIT_H

#include "lib/cpuset.h"
#include "lib/list.h"
#include "sched/tree.h"

struct sched_pool;

/* Guarded by the lock of the queue of vcpu.cpu. */
struct sched_unit {
	struct tree_node node;	  /* waits for its queue's CPU */
	struct list_node parked;  /* waits until its domain's cap lets it run */
	uint64_t unpark_ns;	  /* until then */
	uint64_t vtime;		  /* in the frame of its queue */
	uint64_t charged_ns;	  /* until when, on a CPU */
	int64_t portion_ns;	  /* of its domain's cap, not yet used */
	uint32_t fraction;	  /* of vtime */
	bool yielded;		  /* SCHEDOP_yield, until the next choice */
	struct cpuset hard, soft; /* as the toolstack set them */
	/* What they come to in the domain's pool; neither is ever empty. */
	struct cpuset may, likes;
};

struct sched_domain {
	/* LOCK_POOL (sched/pool.c). */
	struct sched_pool *pool;
	struct list_node node; /* in the pool's list */

	/* Set under LOCK_POOL, read by everybody. */
	uint32_t weight;
	uint32_t cap;	  /* per cent of one CPU; 0: none */
	uint64_t inverse; /* of the weight: sched/share.c */

	/* Atomic. */
	uint32_t active;      /* vCPUs that run or could */
	uint64_t vtime;	      /* of all its vCPUs, in no queue's frame */
	int64_t tokens_ns;    /* CPU time that the cap allows now */
	uint64_t refilled_ns; /* until when they were given */
	uint32_t parked;      /* vCPUs that wait for some */
};

#endif
