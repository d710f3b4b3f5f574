/* SPDX-License-Identifier: MIT */
/*
 * The toolstack's hypercalls about processors; see schedctl.h. Tested on a
 * machine only (tests/system/test_vcpu.c).
 */
#include <errno.h>
#include <string.h>

#include "lib/domctl_call.h"
#include "lib/privcmd.h"
#include "lib/schedctl.h"

_Static_assert(DOMCTL_DATA_OFFSET + 2 * sizeof(struct cpumap) <=
		       PRIVCMD_PAGE_BYTES,
	       "two sets of CPUs in what is left of the page");

/* Two of them, cleared, behind the operation; NULL: out of memory. */
static struct cpumap *schedctl_maps(void)
{
	char *page = domctl_get_page();

	if (page == NULL)
		return NULL;
	return memset(page + DOMCTL_DATA_OFFSET, 0, 2 * sizeof(struct cpumap));
}

static struct xenctl_bitmap schedctl_bitmap(const struct cpumap *m)
{
	return (struct xenctl_bitmap){
		.bitmap = (uintptr_t)m,
		.nr_bits = CPUMAP_CPUS,
	};
}

int domctl_get_vcpu_info(int fd, uint16_t domid, uint32_t vcpu,
			 struct xen_domctl_getvcpuinfo *info)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_getvcpuinfo,
		.domain = domid,
	};
	long rc;

	op.u.getvcpuinfo.vcpu = vcpu;
	rc = domctl_do(fd, &op);
	if (rc == 0)
		*info = op.u.getvcpuinfo;
	return (int)rc;
}

int domctl_get_affinity(int fd, uint16_t domid, uint32_t vcpu,
			struct cpumap *hard, struct cpumap *soft)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_getvcpuaffinity,
		.domain = domid,
	};
	struct xen_domctl_vcpuaffinity *a = &op.u.vcpuaffinity;
	struct cpumap *maps = schedctl_maps();
	long rc;

	if (maps == NULL)
		return -ENOMEM;
	a->vcpu = vcpu;
	a->flags = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT;
	a->cpumap_hard = schedctl_bitmap(&maps[0]);
	a->cpumap_soft = schedctl_bitmap(&maps[1]);
	rc = domctl_do(fd, &op);
	*hard = maps[0];
	*soft = maps[1];
	return (int)rc;
}

/* Pools */

static long pool_do(int fd, struct xen_sysctl_cpupool_op *p)
{
	struct xen_sysctl op = {.cmd = XEN_SYSCTL_cpupool_op};
	long rc;

	op.u.cpupool_op = *p;
	rc = sysctl_do(fd, &op);
	*p = op.u.cpupool_op;
	return rc;
}

int sysctl_pool_next(int fd, uint32_t id, struct sched_pool_info *pool)
{
	struct cpumap *maps = schedctl_maps();
	struct xen_sysctl_cpupool_op p = {
		.op = XEN_SYSCTL_CPUPOOL_OP_INFO,
		.cpupool_id = id,
	};
	long rc;

	if (maps == NULL)
		return -ENOMEM;
	p.cpumap = schedctl_bitmap(maps);
	rc = pool_do(fd, &p);
	if (rc)
		return (int)rc;
	pool->id = p.cpupool_id;
	pool->policy = p.sched_id;
	pool->domain_count = p.n_dom;
	pool->cpus = maps[0];
	return 0;
}

int sysctl_pool_get(int fd, uint32_t id, struct sched_pool_info *pool)
{
	int rc = sysctl_pool_next(fd, id, pool);

	return rc == 0 && pool->id != id ? -ENOENT : rc;
}

int sysctl_pool_free_cpus(int fd, struct cpumap *cpus)
{
	struct cpumap *maps = schedctl_maps();
	struct xen_sysctl_cpupool_op p = {
		.op = XEN_SYSCTL_CPUPOOL_OP_FREEINFO,
	};
	long rc;

	if (maps == NULL)
		return -ENOMEM;
	p.cpumap = schedctl_bitmap(maps);
	rc = pool_do(fd, &p);
	*cpus = maps[0];
	return (int)rc;
}

int sysctl_pool_create(int fd, uint32_t policy, uint32_t *id)
{
	struct xen_sysctl_cpupool_op p = {
		.op = XEN_SYSCTL_CPUPOOL_OP_CREATE,
		.cpupool_id = POOL_ANY,
		.sched_id = policy,
	};
	long rc = pool_do(fd, &p);

	*id = p.cpupool_id;
	return (int)rc;
}

static int pool_change(int fd, uint32_t op, uint32_t id, uint32_t cpu,
		       uint16_t domid)
{
	struct xen_sysctl_cpupool_op p = {
		.op = op,
		.cpupool_id = id,
		.cpu = cpu,
		.domid = domid,
	};

	return (int)pool_do(fd, &p);
}

int sysctl_pool_destroy(int fd, uint32_t id)
{
	return pool_change(fd, XEN_SYSCTL_CPUPOOL_OP_DESTROY, id, 0, 0);
}

int sysctl_pool_add_cpu(int fd, uint32_t id, uint32_t cpu)
{
	return pool_change(fd, XEN_SYSCTL_CPUPOOL_OP_ADDCPU, id, cpu, 0);
}

int sysctl_pool_remove_cpu(int fd, uint32_t id, uint32_t cpu)
{
	return pool_change(fd, XEN_SYSCTL_CPUPOOL_OP_RMCPU, id, cpu, 0);
}

int sysctl_pool_move_domain(int fd, uint32_t id, uint16_t domid)
{
	return pool_change(fd, XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, id, 0, domid);
}

/* The scheduler's parameters */

static int slice_do(int fd, const struct sched_pool_info *pool, uint32_t cmd,
		    struct xen_sysctl_credit_schedule *s)
{
	struct xen_sysctl op = {.cmd = XEN_SYSCTL_scheduler_op};
	long rc;

	if (pool->policy != XEN_SCHEDULER_CREDIT)
		return -EOPNOTSUPP;
	op.u.scheduler_op.cpupool_id = pool->id;
	op.u.scheduler_op.sched_id = pool->policy;
	op.u.scheduler_op.cmd = cmd;
	op.u.scheduler_op.u.sched_credit = *s;
	rc = sysctl_do(fd, &op);
	*s = op.u.scheduler_op.u.sched_credit;
	return (int)rc;
}

int sysctl_get_slice(int fd, const struct sched_pool_info *pool,
		     uint32_t *slice_ms, uint32_t *ratelimit_us)
{
	struct xen_sysctl_credit_schedule s = {0};
	int rc = slice_do(fd, pool, XEN_SYSCTL_SCHEDOP_getinfo, &s);

	*slice_ms = s.tslice_ms;
	*ratelimit_us = s.ratelimit_us;
	return rc;
}

int sysctl_set_slice(int fd, const struct sched_pool_info *pool,
		     uint32_t slice_ms, uint32_t ratelimit_us)
{
	struct xen_sysctl_credit_schedule s = {
		.tslice_ms = slice_ms,
		.ratelimit_us = ratelimit_us,
	};

	return slice_do(fd, pool, XEN_SYSCTL_SCHEDOP_putinfo, &s);
}
