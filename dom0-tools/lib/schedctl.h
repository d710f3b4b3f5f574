/* SPDX-License-Identifier: MIT */
/*
 * The toolstack's hypercalls about processors: what virtual CPUs do and where
 * they may, pools of CPUs, the scheduler's parameters. As in domctl.h, `fd`
 * comes from privcmd_open(), and functions give 0 or -errno as the hypervisor
 * gave it.
 */
#ifndef DOM0_TOOLS_LIB_SCHEDCTL_H
#define DOM0_TOOLS_LIB_SCHEDCTL_H

#include <stdint.h>

#include "lib/cpumap.h"
#include "public/domctl.h"

#define POOL_ANY 0xffffffffu

struct sched_pool_info {
	uint32_t id;
	uint32_t policy; /* XEN_SCHEDULER_* */
	uint32_t domain_count;
	struct cpumap cpus;
};

/* -ESRCH: the domain has no such vCPU. */
int domctl_get_vcpu_info(int fd, uint16_t domid, uint32_t vcpu,
			 struct xen_domctl_getvcpuinfo *info);
/* The CPUs that it may run on, and those that it had better run on. */
int domctl_get_affinity(int fd, uint16_t domid, uint32_t vcpu,
			struct cpumap *hard, struct cpumap *soft);

/* The pool `id`, or the next after it; -ENOENT: there is none. */
int sysctl_pool_next(int fd, uint32_t id, struct sched_pool_info *pool);
/* That very pool; -ENOENT. */
int sysctl_pool_get(int fd, uint32_t id, struct sched_pool_info *pool);
/* CPUs that are in no pool. */
int sysctl_pool_free_cpus(int fd, struct cpumap *cpus);
/* A pool without CPUs; *id is its number. */
int sysctl_pool_create(int fd, uint32_t policy, uint32_t *id);
int sysctl_pool_destroy(int fd, uint32_t id);
int sysctl_pool_add_cpu(int fd, uint32_t id, uint32_t cpu);
int sysctl_pool_remove_cpu(int fd, uint32_t id, uint32_t cpu);
int sysctl_pool_move_domain(int fd, uint32_t id, uint16_t domid);

/* Of a pool with shares; -EOPNOTSUPP for one of another policy. */
int sysctl_get_slice(int fd, const struct sched_pool_info *pool,
		     uint32_t *slice_ms, uint32_t *ratelimit_us);
int sysctl_set_slice(int fd, const struct sched_pool_info *pool,
		     uint32_t slice_ms, uint32_t ratelimit_us);

#endif
