/* SPDX-License-Identifier: MIT */
/*
 * The toolstack's orders to the scheduler, as domctl and sysctl bring them:
 * bitmaps and numbers from domain zero, checked here or in sched/pool.c.
 *
 * Tests: tests/unit/hypervisor/sched/test_control.c.
 */
#include "sched/control.h"
#include "mm/guest.h"
#include "sched/pool.h"
#include "sched/sched.h"

#define MS_NS 1000000ull
#define US_NS 1000ull

/* --- bitmaps --- */

static int set_read(struct cpuset *to, const struct xenctl_bitmap *map)
{
	uint32_t bits = MIN(map->nr_bits, (uint32_t)MAX_CPUS), cpu;
	uint8_t byte = 0;

	*to = (struct cpuset){0};
	for (cpu = 0; cpu < bits; cpu++) {
		if (cpu % 8 == 0 &&
		    guest_read_elem(&byte, gptr(map->bitmap), cpu / 8))
			return -EFAULT;
		if (byte >> cpu % 8 & 1)
			cpuset_add(to, cpu);
	}
	return 0;
}

/* Beyond MAX_CPUS there are no CPUs to tell of, and nothing is written. */
static int set_write(const struct xenctl_bitmap *map, const struct cpuset *s)
{
	uint32_t bits = MIN(map->nr_bits, (uint32_t)MAX_CPUS), i, k;

	for (i = 0; i < DIV_ROUND_UP(bits, 8u); i++) {
		uint8_t byte = 0;

		for (k = 0; k < 8 && i * 8 + k < bits; k++)
			byte |= cpuset_has(s, i * 8 + k) << k;
		if (guest_write_elem(gptr(map->bitmap), i, &byte))
			return -EFAULT;
	}
	return 0;
}

/* --- domctl --- */

long sched_affinity_op(struct vcpu *v, bool set,
		       const struct xen_domctl_vcpuaffinity *a)
{
	bool want_hard = a->flags & XEN_VCPUAFFINITY_HARD;
	bool want_soft = a->flags & XEN_VCPUAFFINITY_SOFT;
	struct cpuset hard, soft;
	int rc = 0;

	if (a->flags & ~(XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT))
		return -EOPNOTSUPP;
	if (!want_hard && !want_soft)
		return -EINVAL;
	if (set) {
		if (want_hard)
			rc = set_read(&hard, &a->cpumap_hard);
		if (!rc && want_soft)
			rc = set_read(&soft, &a->cpumap_soft);
		if (!rc)
			rc = sched_affinity_set(v, want_hard ? &hard : NULL,
						want_soft ? &soft : NULL);
		if (rc)
			return rc;
		/* The caller learns what came of it. */
		sched_affinity_resolved(v, &hard, &soft);
	} else {
		sched_affinity_get(v, &hard, &soft);
	}
	if (want_hard)
		rc = set_write(&a->cpumap_hard, &hard);
	if (!rc && want_soft)
		rc = set_write(&a->cpumap_soft, &soft);
	return rc;
}

/* As the ABI has it: weight 0 and cap 0xffff leave what there is. */
long sched_domain_op(struct domain *d, struct xen_domctl_scheduler_op *op)
{
	struct xen_domctl_sched_credit *c = &op->u.credit;

	if (op->sched_id != sched_domain_policy(d))
		return -EINVAL;
	if (op->sched_id != XEN_SCHEDULER_CREDIT)
		return -EOPNOTSUPP;
	switch (op->cmd) {
	case XEN_DOMCTL_SCHEDOP_getinfo:
		c->weight = (uint16_t)d->sched.weight;
		c->cap = (uint16_t)d->sched.cap;
		return 0;
	case XEN_DOMCTL_SCHEDOP_putinfo:
		return sched_params_set(
			d, c->weight ? c->weight : d->sched.weight,
			c->cap != 0xffff ? c->cap : d->sched.cap);
	default:
		/* Weights and caps are a domain's, not a vCPU's. */
		return -EOPNOTSUPP;
	}
}

/* --- sysctl --- */

static int pool_of(uint32_t id, struct pool_info *out)
{
	int rc = pool_info(id, out);

	return !rc && out->id != id ? -ENOENT : rc;
}

long sched_global_op(struct xen_sysctl_scheduler_op *op)
{
	struct xen_sysctl_credit_schedule *c = &op->u.sched_credit;
	struct pool_info pool;
	int rc = pool_of(op->cpupool_id, &pool);

	if (rc)
		return rc;
	if (op->sched_id != pool.policy_id)
		return -EINVAL;
	if (op->sched_id != XEN_SCHEDULER_CREDIT)
		return -EOPNOTSUPP;
	switch (op->cmd) {
	case XEN_SYSCTL_SCHEDOP_putinfo:
		if (c->tslice_ms < XEN_SYSCTL_CSCHED_TSLICE_MIN ||
		    c->tslice_ms > XEN_SYSCTL_CSCHED_TSLICE_MAX)
			return -EINVAL;
		if (c->ratelimit_us &&
		    (c->ratelimit_us < XEN_SYSCTL_SCHED_RATELIMIT_MIN ||
		     c->ratelimit_us > XEN_SYSCTL_SCHED_RATELIMIT_MAX ||
		     c->ratelimit_us > 1000 * c->tslice_ms))
			return -EINVAL;
		/* A vCPU that has just run moves like any other. */
		if (c->vcpu_migr_delay_us)
			return -EINVAL;
		return pool_tune(op->cpupool_id, c->tslice_ms * MS_NS,
				 c->ratelimit_us * US_NS);
	case XEN_SYSCTL_SCHEDOP_getinfo:
		c->tslice_ms = (uint32_t)(pool.slice_ns / MS_NS);
		c->ratelimit_us = (uint32_t)(pool.ratelimit_ns / US_NS);
		c->vcpu_migr_delay_us = 0;
		return 0;
	default:
		return -EINVAL;
	}
}

static long pool_tell(struct xen_sysctl_cpupool_op *op)
{
	struct pool_info info;
	int rc = pool_info(op->cpupool_id, &info);

	if (rc)
		return rc;
	op->cpupool_id = info.id;
	op->sched_id = info.policy_id;
	op->n_dom = info.domain_count;
	return set_write(&op->cpumap, &info.cpus);
}

static long pool_move(struct vcpu *v, const struct xen_sysctl_cpupool_op *op)
{
	struct domain *d;
	int rc = -ESRCH;

	d = domain_find_for(v, (domid_t)op->domid, &rc);
	if (!d)
		return rc;
	rc = d == v->domain ? -EPERM : pool_move_domain(op->cpupool_id, d);
	domain_put(d);
	return rc;
}

long sched_pool_op(struct vcpu *v, struct xen_sysctl_cpupool_op *op)
{
	struct cpuset unused;

	switch (op->op) {
	case XEN_SYSCTL_CPUPOOL_OP_CREATE:
		return pool_create(op->sched_id, &op->cpupool_id);
	case XEN_SYSCTL_CPUPOOL_OP_DESTROY:
		return pool_destroy(op->cpupool_id);
	case XEN_SYSCTL_CPUPOOL_OP_INFO:
		return pool_tell(op);
	case XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
		return pool_add_cpu(op->cpupool_id, op->cpu);
	case XEN_SYSCTL_CPUPOOL_OP_RMCPU:
		return pool_remove_cpu(op->cpupool_id, op->cpu);
	case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
		return pool_move(v, op);
	case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
		pool_unused(&unused);
		return set_write(&op->cpumap, &unused);
	default:
		return -ENOSYS;
	}
}
