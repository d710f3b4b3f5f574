/* SPDX-License-Identifier: MIT */
/*
 * What the toolstack sets: pools, affinity, weights and caps. All of it is
 * refused whole or done whole. See sched/pool.c.
 */
#ifndef SCHED_POOL_H
#define SCHED_POOL_H

#include "domain/domain.h"
#include "lib/cpuset.h"

#define SCHED_WEIGHT_DEFAULT 256
#define SCHED_WEIGHT_MAX     65535

#define POOL_ANY 0xffffffffu /* as the ABI has it */

struct pool_info {
	uint32_t id;
	uint32_t policy_id; /* XEN_SCHEDULER_* */
	uint32_t domain_count;
	struct cpuset cpus;
	uint64_t slice_ns, ratelimit_ns;
};

/* weight: 1 to 65535; cap: per cent of one CPU, 0: none. -EINVAL. */
MUST_CHECK int sched_params_set(struct domain *d, uint32_t weight,
				uint32_t cap);

/*
 * Either may be NULL: as before. -EINVAL: no CPU of v's pool is in `hard`, or
 * none that is online in `soft`.
 */
MUST_CHECK int sched_affinity_set(struct vcpu *v, const struct cpuset *hard,
				  const struct cpuset *soft);
/* Of the CPUs that are online. */
void sched_affinity_get(struct vcpu *v, struct cpuset *hard,
			struct cpuset *soft);

/* What they come to in its pool. */
void sched_affinity_resolved(struct vcpu *v, struct cpuset *hard,
			     struct cpuset *soft);

/* d's pool, and the pool's policy (XEN_SCHEDULER_*). */
uint32_t sched_domain_pool(const struct domain *d);
uint32_t sched_domain_policy(const struct domain *d);

/*
 * *id: in: the wanted one, or POOL_ANY; out: what it is. -EINVAL: no such
 * policy; -EEXIST; -ENOSPC.
 */
MUST_CHECK int pool_create(uint32_t policy_id, uint32_t *id);
/* -ENOENT; -EBUSY: it is pool 0, or has CPUs or domains. */
MUST_CHECK int pool_destroy(uint32_t id);

/*
 * cpu: or POOL_ANY. -ENOENT: no such pool; -ENODEV: no such CPU, or not in
 * it; -EBUSY: it is another pool's, or the last one of a pool with domains.
 */
MUST_CHECK int pool_add_cpu(uint32_t id, uint32_t cpu);
MUST_CHECK int pool_remove_cpu(uint32_t id, uint32_t cpu);

/* -ENOENT; -ENODEV: it has no CPU; -ESRCH: d is being destroyed. */
MUST_CHECK int pool_move_domain(uint32_t id, struct domain *d);

/* Pool `id`, or the next after it. -ENOENT: there is none. */
MUST_CHECK int pool_info(uint32_t id, struct pool_info *out);
/* The CPUs that are in no pool. */
void pool_unused(struct cpuset *out);
/* -ENOENT */
MUST_CHECK int pool_tune(uint32_t id, uint64_t slice_ns, uint64_t ratelimit_ns);

#endif
