/* SPDX-License-Identifier: MIT */
/* The toolstack's structures: what is read, refused and answered. */
#include <criterion/criterion.h>
#include "fake/guest.h"
#include "lib/macros.h"
#include "sched/control.h"
#include "sched/pool.h"
#include "simulation.h"

#define HARD XEN_VCPUAFFINITY_HARD
#define SOFT XEN_VCPUAFFINITY_SOFT

static struct sim s;
static const struct sim_habit hog = {0};
static struct domain *d;
static struct vcpu *v;
static uint8_t hard[40], soft[40];
static struct xen_domctl_vcpuaffinity a;

static void setup(void)
{
	sim_init(&s, 12, "share", 1);
	d = sim_domain(&s, 2, hog);
	v = d->vcpu[0];
	memset(hard, 0, sizeof(hard));
	memset(soft, 0, sizeof(soft));
	a = (struct xen_domctl_vcpuaffinity){
		.flags = HARD | SOFT,
		.cpumap_hard = {.bitmap = (uintptr_t)hard, .nr_bits = 12},
		.cpumap_soft = {.bitmap = (uintptr_t)soft, .nr_bits = 12},
	};
}

static void teardown(void)
{
	sim_end(&s);
}

TestSuite(sched_control, .init = setup, .fini = teardown);

Test(sched_control, affinity_goes_in_and_what_it_comes_to_comes_out)
{
	hard[0] = 0x12;
	hard[1] = 0xf8; /* CPU 11 is; 12 to 15 are beyond the map */
	soft[0] = 0x03;
	cr_assert_eq(sched_affinity_op(v, true, &a), 0);
	cr_assert_eq(hard[0], 0x12);
	cr_assert_eq(hard[1], 0x08);
	cr_assert_eq(soft[0], 0x02, "of the hard ones");
	cr_assert_eq(soft[1], 0);
	a.cpumap_hard.nr_bits = 300;
	memset(hard, 0xee, sizeof(hard));
	memset(soft, 0xee, sizeof(soft));
	cr_assert_eq(sched_affinity_op(v, false, &a), 0);
	cr_assert_eq(hard[0], 0x12);
	cr_assert_eq(hard[1], 0x08);
	cr_assert_eq(hard[31], 0);
	cr_assert_eq(hard[32], 0xee, "there are 256 CPUs at most");
	cr_assert_eq(soft[0], 0x03, "as it was set");
	cr_assert_eq(soft[2], 0xee);
}

Test(sched_control, affinity_that_is_refused_changes_nothing)
{
	struct cpuset before = v->unit.may;

	cr_assert_eq(sched_affinity_op(v, true, &a), -EINVAL, "no CPU");
	hard[1] = 0x10;
	a.cpumap_hard.nr_bits = 16;
	cr_assert_eq(sched_affinity_op(v, true, &a), -EINVAL, "none there");
	hard[0] = 1;
	soft[0] = 1;
	a.flags = 0;
	cr_assert_eq(sched_affinity_op(v, true, &a), -EINVAL);
	a.flags = HARD | XEN_VCPUAFFINITY_FORCE;
	cr_assert_eq(sched_affinity_op(v, true, &a), -EOPNOTSUPP);
	a.flags = HARD | SOFT;
	a.cpumap_soft.bitmap = FAKE_GUEST_BAD;
	cr_assert_eq(sched_affinity_op(v, true, &a), -EFAULT);
	a.cpumap_hard.bitmap = FAKE_GUEST_BAD;
	cr_assert_eq(sched_affinity_op(v, true, &a), -EFAULT);
	cr_assert_eq(sched_affinity_op(v, false, &a), -EFAULT);
	cr_assert_arr_eq(&v->unit.may, &before, sizeof(before));
}

struct weight_row {
	uint32_t sched_id, cmd;
	uint16_t weight, cap;
	long rc;
	uint32_t weight_after, cap_after;
};

static const struct weight_row weight_rows[] = {
	{5, XEN_DOMCTL_SCHEDOP_putinfo, 512, 50, 0, 512, 50},
	{5, XEN_DOMCTL_SCHEDOP_putinfo, 0, 0, 0, 512, 0},
	{5, XEN_DOMCTL_SCHEDOP_putinfo, 1, 0xffff, 0, 1, 0},
	{5, XEN_DOMCTL_SCHEDOP_putinfo, 65535, 200, 0, 65535, 200},
	{5, XEN_DOMCTL_SCHEDOP_putinfo, 7, 201, -EINVAL, 65535, 200},
	{6, XEN_DOMCTL_SCHEDOP_putinfo, 7, 0, -EINVAL, 65535, 200},
	{77, XEN_DOMCTL_SCHEDOP_getinfo, 7, 0, -EINVAL, 65535, 200},
	{5, XEN_DOMCTL_SCHEDOP_putvcpuinfo, 7, 0, -EOPNOTSUPP, 65535, 200},
	{5, 4, 7, 0, -EOPNOTSUPP, 65535, 200},
};

Test(sched_control, weights_and_caps)
{
	struct xen_domctl_scheduler_op op;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(weight_rows); i++) {
		const struct weight_row *r = &weight_rows[i];

		memset(&op, 0, sizeof(op));
		op.sched_id = r->sched_id;
		op.cmd = r->cmd;
		op.u.credit.weight = r->weight;
		op.u.credit.cap = r->cap;
		cr_assert_eq(sched_domain_op(d, &op), r->rc, "row %u", i);
		op.sched_id = XEN_SCHEDULER_CREDIT;
		op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
		cr_assert_eq(sched_domain_op(d, &op), 0);
		cr_assert_eq(op.u.credit.weight, r->weight_after, "row %u", i);
		cr_assert_eq(op.u.credit.cap, r->cap_after, "row %u", i);
	}
}

struct tune_row {
	uint32_t pool, sched_id, slice_ms, ratelimit_us, delay_us;
	long rc;
	uint32_t slice_after, ratelimit_after;
};

static const struct tune_row tune_rows[] = {
	{0, 5, 30, 1000, 0, 0, 30, 1000},  {0, 5, 1, 0, 0, 0, 1, 0},
	{0, 5, 0, 0, 0, -EINVAL, 1, 0},	   {0, 5, 1001, 0, 0, -EINVAL, 1, 0},
	{0, 5, 10, 99, 0, -EINVAL, 1, 0},  {0, 5, 1, 1001, 0, -EINVAL, 1, 0},
	{0, 5, 10, 500, 1, -EINVAL, 1, 0}, {0, 6, 10, 500, 0, -EINVAL, 1, 0},
	{1, 5, 10, 500, 0, -ENOENT, 1, 0}, {0, 5, 10, 500, 0, 0, 10, 500},
};

Test(sched_control, slice_and_ratelimit)
{
	struct xen_sysctl_scheduler_op op;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tune_rows); i++) {
		const struct tune_row *r = &tune_rows[i];

		memset(&op, 0, sizeof(op));
		op.cpupool_id = r->pool;
		op.sched_id = r->sched_id;
		op.cmd = XEN_SYSCTL_SCHEDOP_putinfo;
		op.u.sched_credit.tslice_ms = r->slice_ms;
		op.u.sched_credit.ratelimit_us = r->ratelimit_us;
		op.u.sched_credit.vcpu_migr_delay_us = r->delay_us;
		cr_assert_eq(sched_global_op(&op), r->rc, "row %u", i);
		op.cpupool_id = 0;
		op.sched_id = XEN_SCHEDULER_CREDIT;
		op.cmd = XEN_SYSCTL_SCHEDOP_getinfo;
		cr_assert_eq(sched_global_op(&op), 0);
		cr_assert_eq(op.u.sched_credit.tslice_ms, r->slice_after);
		cr_assert_eq(op.u.sched_credit.ratelimit_us,
			     r->ratelimit_after);
	}
}

Test(sched_control, pools_are_told_one_after_the_other)
{
	struct xen_sysctl_cpupool_op op = {
		.op = XEN_SYSCTL_CPUPOOL_OP_CREATE,
		.cpupool_id = 3,
		.sched_id = XEN_SCHEDULER_NULL,
		.cpumap = {.bitmap = (uintptr_t)hard, .nr_bits = 16},
	};

	cr_assert_eq(sched_pool_op(v, &op), 0);
	op.op = XEN_SYSCTL_CPUPOOL_OP_RMCPU;
	op.cpupool_id = 0;
	op.cpu = 9;
	cr_assert_eq(sched_pool_op(v, &op), 0);
	op.op = XEN_SYSCTL_CPUPOOL_OP_FREEINFO;
	cr_assert_eq(sched_pool_op(v, &op), 0);
	cr_assert_eq(hard[0], 0);
	cr_assert_eq(hard[1], 2);
	op.op = XEN_SYSCTL_CPUPOOL_OP_ADDCPU;
	op.cpupool_id = 3;
	cr_assert_eq(sched_pool_op(v, &op), 0);
	op.op = XEN_SYSCTL_CPUPOOL_OP_INFO;
	op.cpupool_id = 1;
	cr_assert_eq(sched_pool_op(v, &op), 0);
	cr_assert_eq(op.cpupool_id, 3);
	cr_assert_eq(op.sched_id, XEN_SCHEDULER_NULL);
	cr_assert_eq(op.n_dom, 0);
	cr_assert_eq(hard[1], 2);
	op.cpumap.bitmap = FAKE_GUEST_BAD;
	cr_assert_eq(sched_pool_op(v, &op), -EFAULT);
	op.cpupool_id = 4;
	cr_assert_eq(sched_pool_op(v, &op), -ENOENT);
	op.op = XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN;
	op.cpupool_id = 3;
	op.domid = d->id;
	cr_assert_eq(sched_pool_op(v, &op), -EPERM, "its own caller");
	op.op = XEN_SYSCTL_CPUPOOL_OP_DESTROY;
	cr_assert_eq(sched_pool_op(v, &op), -EBUSY);
	op.op = 8;
	cr_assert_eq(sched_pool_op(v, &op), -ENOSYS);
}
