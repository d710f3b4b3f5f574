/* SPDX-License-Identifier: MIT */
/*
 * GNTTABOP_copy: bytes between two frames, each the caller's own by number or
 * another domain's by grant. A frame is pinned and referenced for as long as
 * consecutive operations name it again, at most for one batch, so that a
 * packet in pieces costs one pin. The destination is held as writable: what
 * is a page table cannot be copied into.
 *
 * Tests: tests/unit/hypervisor/grant/test_copy.c.
 */
#include "grant/table.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "mm/guest.h"

/* One end of a copy, held. */
struct held {
	bool valid, by_grant, writable;
	domid_t domid;
	uint64_t which;	       /* reference or frame number */
	struct domain *domain; /* a reference */
	struct frame *frame;
};

static void held_drop(struct held *h)
{
	if (!h->valid)
		return;
	grant_frame_drop(h->frame, h->writable);
	if (h->by_grant)
		grant_unpin(h->domain, (grant_ref_t)h->which, h->writable);
	domain_put(h->domain);
	h->valid = false;
}

static int16_t domain_of_end(struct vcpu *v, const struct held *h,
			     struct domain **d)
{
	if (h->domid == DOMID_SELF) {
		domain_get(v->domain);
		*d = v->domain;
		return GNTST_okay;
	}
	/* Others' frames are reached by grants only. */
	if (!h->by_grant)
		return GNTST_permission_denied;
	*d = domain_find(h->domid);
	return *d ? GNTST_okay : GNTST_bad_domain;
}

/*
 * Takes hold of what h names. 0: *status; -ERESTART: nothing is held, go on
 * later.
 */
static int held_take(struct vcpu *v, struct held *h, int16_t *status)
{
	mfn_t m = mfn(h->which);
	int rc;

	*status = domain_of_end(v, h, &h->domain);
	if (*status)
		return 0;
	if (h->by_grant) {
		*status = grant_pin(h->domain, v->domain->id,
				    (grant_ref_t)h->which, h->writable, &m);
		if (*status)
			goto put;
	}
	rc = grant_frame_hold(m, h->domain, h->writable, &h->frame);
	if (!rc) {
		h->valid = true;
		return 0;
	}
	*status = h->by_grant ? GNTST_general_error : GNTST_bad_page;
	if (h->by_grant)
		grant_unpin(h->domain, (grant_ref_t)h->which, h->writable);
	if (rc == -ERESTART) {
		domain_put(h->domain);
		return rc;
	}
put:
	domain_put(h->domain);
	return 0;
}

static int held_change(struct vcpu *v, struct held *h,
		       const struct gnttab_copy_ptr *p, bool by_grant,
		       int16_t *status)
{
	uint64_t which = by_grant ? p->u.ref : p->u.gmfn;

	*status = GNTST_okay;
	if (h->valid && h->by_grant == by_grant && h->domid == p->domid &&
	    h->which == which)
		return 0;
	held_drop(h);
	h->by_grant = by_grant;
	h->domid = p->domid;
	h->which = which;
	return held_take(v, h, status);
}

/* The two ends of the last copy. */
struct ends {
	struct held from, to;
};

static int copy_one(struct vcpu *v, union grant_op *any, void *context)
{
	struct gnttab_copy *op = &any->copy;
	struct ends *ends = context;
	struct held *from = &ends->from, *to = &ends->to;
	int rc;

	if ((uint32_t)op->source.offset + op->len > PAGE_SIZE ||
	    (uint32_t)op->dest.offset + op->len > PAGE_SIZE) {
		op->status = GNTST_bad_copy_arg;
		return 0;
	}
	rc = held_change(v, from, &op->source, op->flags & GNTCOPY_source_gref,
			 &op->status);
	if (rc || op->status)
		return rc;
	rc = held_change(v, to, &op->dest, op->flags & GNTCOPY_dest_gref,
			 &op->status);
	if (rc || op->status)
		return rc;
	/* The two may be one frame. */
	memmove((char *)mfn_to_virt(frame_mfn(to->frame)) + op->dest.offset,
		(char *)mfn_to_virt(frame_mfn(from->frame)) + op->source.offset,
		op->len);
	v->meter.grant_copies++;
	return 0;
}

long grant_copy_batch(struct vcpu *v, gptr_t ops, uint32_t count,
		      uint32_t *done)
{
	static const struct grant_batch copies = {
		.bytes = sizeof(struct gnttab_copy),
		.one = copy_one,
	};
	struct ends ends = {{.writable = false}, {.writable = true}};
	long rc = grant_batch_run(v, &copies, &ends, ops, count, done);

	held_drop(&ends.to);
	held_drop(&ends.from);
	return rc;
}
