/* SPDX-License-Identifier: MIT */
/*
 * Mapping others' grants and ending that. A map operation pins the entry,
 * takes the references, writes the PTE and publishes the handle, in that
 * order; a failure on the way undoes what was done, and the handle is given
 * back. An unmap operation claims its part of the handle, takes the PTE away,
 * and after a flush of the TLB, one for a batch, drops reference, pin and
 * handle: the lender does not see its entry unused while a TLB still has it.
 *
 * A PTE owns the reference that its bits say. Which one an unmap has to drop
 * is therefore taken from the PTE that was found (it may have been made
 * read-only meanwhile), never from the handle. A guest that removes a granted
 * PTE by other means drops the reference with it and keeps the pin.
 *
 * Tests: tests/unit/hypervisor/grant/test_map.c, test_model.c.
 */
#include "grant/table.h"
#include "hypercall/hypercall.h"
#include "log/log.h"
#include "mm/alloc.h"
#include "mm/guest.h"
#include "pv/mmu.h"
#include "x86/tlb.h"

/* Undone together with one flush. */
#define UNMAP_BATCH 32

static struct maptrack *track_of(const struct grant_table *t, uint32_t handle)
{
	if (handle >= t->handles)
		return NULL;
	return &t->track[handle / TRACK_PER_PAGE][handle % TRACK_PER_PAGE];
}

/* The array of page pointers is allocated whole, in so many pages. */
static unsigned int track_order(const struct grant_table *t)
{
	size_t bytes = t->max_handles / TRACK_PER_PAGE * sizeof(*t->track);
	unsigned int order = 0;

	while (PAGE_SIZE << order < bytes)
		order++;
	return order;
}

/* One that was never used; t->lock held. */
static uint32_t handle_new(struct grant_table *t)
{
	uint32_t page = t->handles / TRACK_PER_PAGE;

	lock_assert_held(&t->lock);
	if (t->handles == t->max_handles)
		return HANDLE_NONE;
	if (!t->track)
		t->track = hv_page_alloc(track_order(t));
	if (!t->track)
		return HANDLE_NONE;
	if (!t->track[page])
		t->track[page] = hv_page_alloc(0);
	if (!t->track[page])
		return HANDLE_NONE;
	return t->handles++;
}

static uint32_t handle_alloc(struct grant_table *t)
{
	uint32_t handle;

	lock_acquire(&t->lock);
	handle = t->free_handle;
	if (handle != HANDLE_NONE)
		t->free_handle = track_of(t, handle)->frame;
	else
		handle = handle_new(t);
	if (handle != HANDLE_NONE)
		t->live_handles++;
	lock_release(&t->lock);
	return handle;
}

/*
 * t->lock held. The last handle takes the pages with it: who maps nothing
 * keeps nothing.
 */
static void handle_free_locked(struct grant_table *t, uint32_t handle)
{
	struct maptrack *m = track_of(t, handle);

	lock_assert_held(&t->lock);
	m->granter = NULL;
	m->flags = 0;
	m->frame = t->free_handle;
	t->free_handle = handle;
	if (--t->live_handles == 0)
		grant_maptrack_free(t);
}

static void handle_free(struct grant_table *t, uint32_t handle)
{
	lock_acquire(&t->lock);
	handle_free_locked(t, handle);
	lock_release(&t->lock);
}

/* From now on the guest can name it. */
static void handle_publish(struct grant_table *t, uint32_t handle,
			   const struct maptrack *as)
{
	lock_acquire(&t->lock);
	*track_of(t, handle) = *as;
	lock_release(&t->lock);
}

/* The parts `flags` of a mapping are to end; what was there, in *m. */
static bool handle_claim(struct grant_table *t, uint32_t handle, uint32_t parts,
			 struct maptrack *m)
{
	struct maptrack *at;

	lock_acquire(&t->lock);
	at = track_of(t, handle);
	if (!at || !at->granter || !(at->flags & (MAP_HOST | MAP_DEVICE))) {
		lock_release(&t->lock);
		return false;
	}
	*m = *at;
	parts &= at->flags;
	at->flags = (at->flags & ~parts) |
		    (parts & MAP_HOST ? MAP_HOST_ENDS : 0) |
		    (parts & MAP_DEVICE ? MAP_DEVICE_ENDS : 0);
	lock_release(&t->lock);
	return true;
}

/* It did not work: the parts are as they were. */
static void handle_unclaim(struct grant_table *t, uint32_t handle,
			   uint32_t parts)
{
	struct maptrack *m;

	lock_acquire(&t->lock);
	m = track_of(t, handle);
	m->flags |= parts;
	m->flags &= ~((parts & MAP_HOST ? MAP_HOST_ENDS : 0) |
		      (parts & MAP_DEVICE ? MAP_DEVICE_ENDS : 0));
	lock_release(&t->lock);
}

/*
 * The claimed parts have ended. With the last one the handle is free, and the
 * reference on the granter goes.
 */
static void handle_end(struct grant_table *t, uint32_t handle, uint32_t parts)
{
	struct domain *granter = NULL;
	struct maptrack *m;

	lock_acquire(&t->lock);
	m = track_of(t, handle);
	m->flags &= ~((parts & MAP_HOST ? MAP_HOST_ENDS : 0) |
		      (parts & MAP_DEVICE ? MAP_DEVICE_ENDS : 0));
	if (!(m->flags & MAP_ANY)) {
		granter = m->granter;
		handle_free_locked(t, handle);
	}
	lock_release(&t->lock);
	if (granter)
		domain_put(granter);
}

static uint64_t granted_pte(mfn_t m, uint32_t flags)
{
	uint64_t pte = mfn_to_maddr(m).a | PTE_P | PTE_U | PTE_A | PTE_NX;

	if (!(flags & GNTMAP_readonly))
		pte |= PTE_RW | PTE_D;
	/* The three bits that the guest may use as it likes: 9, 10, 11. */
	return pte | (uint64_t)(flags >> _GNTMAP_guest_avail0 & 7) << 9;
}

static int pte_set(struct vcpu *v, const struct gnttab_map_grant_ref *op,
		   mfn_t m)
{
	uint64_t pte = granted_pte(m, op->flags);

	if (op->flags & GNTMAP_contains_pte)
		return grant_pte_set_maddr(v, op->host_addr, pte);
	return grant_pte_set_va(v, op->host_addr, pte);
}

/*
 * The references that the mapping stands for, and the PTE. -ERESTART,
 * -EINVAL: nothing is held.
 */
static int references_take(struct vcpu *v, struct domain *granter,
			   const struct gnttab_map_grant_ref *op, mfn_t m)
{
	bool writable = !(op->flags & GNTMAP_readonly);
	struct frame *f, *device = NULL;
	int rc;

	if (op->flags & GNTMAP_device_map) {
		rc = grant_frame_hold(m, granter, writable, &device);
		if (rc)
			return rc;
	}
	if (op->flags & GNTMAP_host_map) {
		rc = grant_frame_hold(m, granter, writable, &f);
		if (rc)
			goto drop_device;
		rc = pte_set(v, op, m);
		if (rc)
			goto drop_host;
	}
	return 0;
drop_host:
	grant_frame_drop(f, writable);
drop_device:
	if (device)
		grant_frame_drop(device, writable);
	return rc == -ERESTART ? rc : -EINVAL;
}

static uint32_t track_flags(uint32_t flags)
{
	return (flags & GNTMAP_host_map ? MAP_HOST : 0) |
	       (flags & GNTMAP_device_map ? MAP_DEVICE : 0) |
	       (flags & GNTMAP_readonly ? MAP_READONLY : 0) |
	       (flags & GNTMAP_contains_pte ? MAP_PTE : 0);
}

/* One pin for each part. */
static int16_t pins_take(struct domain *granter, domid_t by,
			 const struct gnttab_map_grant_ref *op, mfn_t *m)
{
	bool writable = !(op->flags & GNTMAP_readonly);
	int16_t status = grant_pin(granter, by, op->ref, writable, m);

	if (status || !(op->flags & GNTMAP_host_map) ||
	    !(op->flags & GNTMAP_device_map))
		return status;
	status = grant_pin(granter, by, op->ref, writable, m);
	if (status)
		grant_unpin(granter, op->ref, writable);
	return status;
}

static void pins_drop(struct domain *granter, grant_ref_t ref, uint32_t parts,
		      bool writable)
{
	if (parts & MAP_HOST)
		grant_unpin(granter, ref, writable);
	if (parts & MAP_DEVICE)
		grant_unpin(granter, ref, writable);
}

/* 0: op says what became of it; or -ERESTART. */
static int map_from(struct vcpu *v, struct domain *granter,
		    struct gnttab_map_grant_ref *op)
{
	struct grant_table *t = v->domain->grants;
	uint32_t handle = handle_alloc(t);
	struct maptrack as;
	mfn_t m;
	int rc;

	if (handle == HANDLE_NONE) {
		op->status = GNTST_no_space;
		return 0;
	}
	op->status = pins_take(granter, v->domain->id, op, &m);
	if (op->status)
		goto free_handle;
	rc = references_take(v, granter, op, m);
	if (rc) {
		pins_drop(granter, op->ref, track_flags(op->flags),
			  !(op->flags & GNTMAP_readonly));
		handle_free(t, handle);
		op->status = GNTST_general_error;
		return rc == -ERESTART ? rc : 0;
	}
	domain_get(granter);
	as.granter = granter;
	as.frame = m.n;
	as.ref = op->ref & 0xfffff;
	as.flags = track_flags(op->flags) & 0xfff;
	handle_publish(t, handle, &as);
	v->meter.grant_maps++;
	op->handle = handle;
	op->dev_bus_addr = mfn_to_maddr(m).a;
	return 0;
free_handle:
	handle_free(t, handle);
	return 0;
}

/* The domain that the last operation named: the next one often does, too. */
struct granter_cache {
	struct domain *domain;
};

static struct domain *granter_find(struct granter_cache *c, domid_t id)
{
	if (c->domain && c->domain->id == id)
		return c->domain;
	if (c->domain)
		domain_put(c->domain);
	c->domain = domain_find(id);
	return c->domain;
}

static int map_one(struct vcpu *v, union grant_op *any, void *cache)
{
	struct gnttab_map_grant_ref *op = &any->map;
	struct domain *granter;

	if (!(op->flags & (GNTMAP_host_map | GNTMAP_device_map))) {
		op->status = GNTST_bad_gntref;
		return 0;
	}
	if ((op->flags & GNTMAP_host_map) &&
	    (op->flags & GNTMAP_contains_pte) && op->host_addr % 8) {
		op->status = GNTST_general_error;
		return 0;
	}
	granter = granter_find(cache, op->dom);
	if (!granter) {
		op->status = GNTST_bad_domain;
		return 0;
	}
	return map_from(v, granter, op);
}

/* A mapping, or part of one, whose PTE is gone. */
struct ending {
	struct domain *granter;
	struct frame *host, *device; /* NULL: no reference of this kind */
	uint32_t handle, parts;
	grant_ref_t ref;
	bool host_writable; /* as the PTE was */
	bool writable;	    /* as it was mapped */
};

/* After the flush. */
static void ending_finish(struct domain *d, const struct ending *e)
{
	if (e->host)
		grant_frame_drop(e->host, e->host_writable);
	if (e->device)
		grant_frame_drop(e->device, e->writable);
	pins_drop(e->granter, e->ref, e->parts, e->writable);
	handle_end(d->grants, e->handle, e->parts);
}

static int pte_clear(struct vcpu *v, uint64_t host_addr,
		     const struct maptrack *m, bool *writable)
{
	mfn_t frame = mfn(m->frame);

	if (!(m->flags & MAP_PTE))
		return grant_pte_clear_va(v, host_addr, frame, 0, writable);
	if (host_addr % 8)
		return -EINVAL;
	return grant_pte_clear_maddr(v, host_addr, frame, 0, writable);
}

/* True: *e is to be finished after a flush. op->status is set. */
static bool unmap_one(struct vcpu *v, struct gnttab_unmap_grant_ref *op,
		      struct ending *e)
{
	struct grant_table *t = v->domain->grants;
	uint32_t wanted = (op->host_addr ? MAP_HOST : 0) |
			  (op->dev_bus_addr ? MAP_DEVICE : 0);
	struct maptrack m;

	if (!handle_claim(t, op->handle, wanted, &m)) {
		op->status = GNTST_bad_handle;
		return false;
	}
	wanted &= m.flags;
	/* What the handle has not is left alone, as if it were zero. */
	op->status = GNTST_okay;
	if (op->dev_bus_addr &&
	    op->dev_bus_addr != mfn_to_maddr(mfn(m.frame)).a)
		op->status = GNTST_bad_dev_addr;
	*e = (struct ending){
		.granter = m.granter,
		.handle = op->handle,
		.parts = wanted,
		.ref = m.ref,
		.writable = !(m.flags & MAP_READONLY),
	};
	if (!op->status && (wanted & MAP_HOST)) {
		if (pte_clear(v, op->host_addr, &m, &e->host_writable))
			op->status = GNTST_general_error;
		else
			e->host = frame_of(mfn(m.frame));
	}
	if (op->status) {
		handle_unclaim(t, op->handle, wanted);
		return false;
	}
	if (wanted & MAP_DEVICE)
		e->device = frame_of(mfn(m.frame));
	return wanted != 0;
}

static void endings_finish(struct vcpu *v, const struct ending *e,
			   unsigned int count)
{
	unsigned int i;

	if (!count)
		return;
	tlb_flush_domain(v->domain);
	for (i = 0; i < count; i++)
		ending_finish(v->domain, &e[i]);
}

long grant_unmap_batch(struct vcpu *v, gptr_t ops, uint32_t count,
		       uint32_t *done)
{
	struct ending endings[UNMAP_BATCH];
	unsigned int pending = 0;
	long rc = 0;

	for (*done = 0; *done < count && !rc; ++*done) {
		struct gnttab_unmap_grant_ref op;

		if (guest_read_elem(&op, ops, *done)) {
			rc = -EFAULT;
			break;
		}
		if (unmap_one(v, &op, &endings[pending]))
			pending++;
		if (guest_write_elem(ops, *done, &op))
			rc = -EFAULT;
		if (pending == UNMAP_BATCH) {
			endings_finish(v, endings, pending);
			pending = 0;
			if (*done + 1 < count && hypercall_preempt_check()) {
				++*done;
				return -ERESTART;
			}
		}
	}
	endings_finish(v, endings, pending);
	return rc;
}

/* The guest will never learn of the mapping: it ends. */
static void map_take_back(struct vcpu *v, const union grant_op *any)
{
	const struct gnttab_map_grant_ref *map = &any->map;
	struct gnttab_unmap_grant_ref op = {
		.host_addr = map->flags & GNTMAP_host_map ? map->host_addr : 0,
		.dev_bus_addr =
			map->flags & GNTMAP_device_map ? map->dev_bus_addr : 0,
		.handle = map->handle,
	};
	struct ending e;

	if (map->status == GNTST_okay && unmap_one(v, &op, &e))
		endings_finish(v, &e, 1);
}

long grant_map_batch(struct vcpu *v, gptr_t ops, uint32_t count, uint32_t *done)
{
	static const struct grant_batch maps = {
		.bytes = sizeof(struct gnttab_map_grant_ref),
		.one = map_one,
		.untold = map_take_back,
	};
	struct granter_cache c = {NULL};
	long rc = grant_batch_run(v, &maps, &c, ops, count, done);

	if (c.domain)
		domain_put(c.domain);
	return rc;
}

/* d does not run any more; its PTEs go with its page tables. */
static void mapping_kill(struct domain *d, uint32_t handle)
{
	struct maptrack m;
	struct ending e;

	if (!handle_claim(d->grants, handle, MAP_HOST | MAP_DEVICE, &m))
		return;
	e = (struct ending){
		.granter = m.granter,
		.device = m.flags & MAP_DEVICE ? frame_of(mfn(m.frame)) : NULL,
		.handle = handle,
		.parts = m.flags & (MAP_HOST | MAP_DEVICE),
		.ref = m.ref,
		.writable = !(m.flags & MAP_READONLY),
	};
	ending_finish(d, &e);
}

int grant_maptrack_kill(struct domain *d)
{
	struct grant_table *t = d->grants;

	while (t->kill_at < t->handles) {
		mapping_kill(d, t->kill_at++);
		if (t->kill_at % GRANT_BATCH == 0 && hypercall_preempt_check())
			return -ERESTART;
	}
	return 0;
}

void grant_maptrack_free(struct grant_table *t)
{
	uint32_t page;

	if (!t->track)
		return;
	for (page = 0; page * TRACK_PER_PAGE < t->handles; page++)
		hv_page_free(t->track[page], 0);
	hv_page_free(t->track, track_order(t));
	t->track = NULL;
	t->handles = 0;
	t->free_handle = HANDLE_NONE;
}
