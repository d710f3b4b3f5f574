/* SPDX-License-Identifier: MIT */
/*
 * grant_table_op: the table of operations, the way in and the way to go on
 * after a stop, and the operations that only ask or arrange. A batch that
 * stops has its arguments moved past what is done.
 *
 * Tests: tests/unit/hypervisor/grant/test_table.c.
 */
#include "grant/grant.h"
#include "grant/table.h"
#include "hypercall/hypercall.h"
#include "mm/guest.h"

static int16_t status_of_errno(int rc)
{
	switch (rc) {
	case 0:
		return GNTST_okay;
	case -ESRCH:
		return GNTST_bad_domain;
	case -EPERM:
		return GNTST_permission_denied;
	default:
		return GNTST_general_error;
	}
}

/* Frame numbers of a table that has at least `count` frames. */
static int frames_list(struct domain *d, gptr_t list, uint32_t count)
{
	uint32_t i;
	int rc = 0;

	for (i = 0; i < count && !rc; i++) {
		xen_pfn_t n = grant_table_frame(d, i).n;

		rc = guest_write_elem(list, i, &n);
	}
	return rc;
}

static long setup_table(struct vcpu *v, gptr_t arg, uint32_t count,
			uint32_t *done)
{
	struct gnttab_setup_table op;
	struct domain *d;
	long rc = 0;
	int err = 0;

	(void)done;
	if (count != 1)
		return -EINVAL;
	if (guest_read_obj(&op, arg))
		return -EFAULT;
	d = domain_find_for(v, op.dom, &err);
	if (d) {
		err = grant_table_grow(d, op.nr_frames);
		if (!err)
			rc = frames_list(d, gptr(op.frame_list), op.nr_frames);
		domain_put(d);
	}
	op.status = status_of_errno(err);
	if (!rc && guest_write_obj(arg, &op))
		rc = -EFAULT;
	return rc;
}

static long query_size(struct vcpu *v, gptr_t arg, uint32_t count,
		       uint32_t *done)
{
	struct gnttab_query_size op;
	struct domain *d;
	int err = 0;

	(void)done;
	if (count != 1)
		return -EINVAL;
	if (guest_read_obj(&op, arg))
		return -EFAULT;
	d = domain_find_for(v, op.dom, &err);
	if (d) {
		err = 0;
		lock_acquire(&d->grants->lock);
		op.nr_frames = d->grants->frames;
		op.max_nr_frames = d->grants->max_frames;
		lock_release(&d->grants->lock);
		domain_put(d);
	}
	op.status = status_of_errno(err);
	return guest_write_obj(arg, &op);
}

/* Version 1 is what there is. Asked for 2: as if the call did not exist. */
static long set_version(struct vcpu *v, gptr_t arg, uint32_t count,
			uint32_t *done)
{
	struct gnttab_set_version op;
	uint32_t asked;
	int rc;

	(void)v;
	(void)done;
	if (count != 1)
		return -EINVAL;
	if (guest_read_obj(&op, arg))
		return -EFAULT;
	asked = op.version;
	op.version = 1;
	rc = guest_write_obj(arg, &op);
	if (rc || asked == 1)
		return rc;
	return asked == 2 ? -ENOSYS : -EINVAL;
}

static long get_version(struct vcpu *v, gptr_t arg, uint32_t count,
			uint32_t *done)
{
	struct gnttab_get_version op;
	struct domain *d;
	int rc = 0;

	(void)done;
	if (count != 1)
		return -EINVAL;
	if (guest_read_obj(&op, arg))
		return -EFAULT;
	d = domain_find_for(v, op.dom, &rc);
	if (!d)
		return rc;
	domain_put(d);
	op.version = 1;
	return guest_write_obj(arg, &op);
}

long grant_batch_run(struct vcpu *v, const struct grant_batch *b, void *context,
		     gptr_t ops, uint32_t count, uint32_t *done)
{
	for (*done = 0; *done < count; ++*done) {
		gptr_t at = gptr_add(ops, (uint64_t)*done * b->bytes);
		union grant_op op;
		int rc;

		if (*done && *done % GRANT_BATCH == 0 &&
		    hypercall_preempt_check())
			return -ERESTART;
		if (guest_read(&op, at, b->bytes))
			return -EFAULT;
		rc = b->one(v, &op, context);
		if (rc)
			return rc;
		if (guest_write(at, &op, b->bytes)) {
			if (b->untold)
				b->untold(v, &op);
			return -EFAULT;
		}
	}
	return 0;
}

static int swap_one(struct vcpu *v, union grant_op *op, void *context)
{
	(void)context;
	op->swap.status = grant_swap(v->domain, op->swap.ref_a, op->swap.ref_b);
	return 0;
}

static long swap_refs(struct vcpu *v, gptr_t ops, uint32_t count,
		      uint32_t *done)
{
	static const struct grant_batch swaps = {
		.bytes = sizeof(struct gnttab_swap_grant_ref),
		.one = swap_one,
	};

	return grant_batch_run(v, &swaps, NULL, ops, count, done);
}

static const struct {
	long (*fn)(struct vcpu *v, gptr_t ops, uint32_t count, uint32_t *done);
	uint32_t bytes;
} grant_ops[] = {
	[GNTTABOP_map_grant_ref] = {grant_map_batch,
				    sizeof(struct gnttab_map_grant_ref)},
	[GNTTABOP_unmap_grant_ref] = {grant_unmap_batch,
				      sizeof(struct gnttab_unmap_grant_ref)},
	[GNTTABOP_setup_table] = {setup_table,
				  sizeof(struct gnttab_setup_table)},
	[GNTTABOP_copy] = {grant_copy_batch, sizeof(struct gnttab_copy)},
	[GNTTABOP_query_size] = {query_size, sizeof(struct gnttab_query_size)},
	[GNTTABOP_set_version] = {set_version,
				  sizeof(struct gnttab_set_version)},
	[GNTTABOP_get_version] = {get_version,
				  sizeof(struct gnttab_get_version)},
	[GNTTABOP_swap_grant_ref] = {swap_refs,
				     sizeof(struct gnttab_swap_grant_ref)},
};

/* args: operation, array, count */
long hypercall_grant_table_op(struct vcpu *v, uint64_t args[6])
{
	uint32_t cmd = (uint32_t)args[0], count = (uint32_t)args[2], done = 0;
	long rc;

	if (count > INT32_MAX)
		return -EINVAL;
	if (cmd >= ARRAY_SIZE(grant_ops) || !grant_ops[cmd].fn)
		return hypercall_lacking(v, "grant_table_op", cmd);
	rc = grant_ops[cmd].fn(v, gptr(args[1]), count, &done);
	if (rc == -ERESTART) {
		args[1] += (uint64_t)done * grant_ops[cmd].bytes;
		args[2] = count - done;
	}
	return rc;
}
