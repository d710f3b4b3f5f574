/* SPDX-License-Identifier: MIT */
/*
 * memory_op: a domain's memory is claimed, grows, shrinks and is exchanged for
 * contiguous pieces; maps of it; frames of ours that a domain may map.
 *
 * populate and decrease return the number of extents done; they are resumed
 * with the count in the operation's upper bits, as the ABI has it.
 *
 * Tests: tests/unit/hypervisor/hypercall/test_memory.c.
 */
#include "boot/memory.h"
#include "domain/lifecycle.h"
#include "grant/grant.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "log/log.h"
#include "mm/alloc.h"
#include "mm/guest.h"
#include "mm/m2p.h"
#include "public/memory.h"
#include "pv/table.h"

/* One extent is made, scrubbed and released in one go: 2 MiB at most. */
#define ORDER_MAX 9

struct reservation {
	struct xen_memory_reservation r;
	struct domain *d;
	unsigned int op;
	uint64_t done;
};

static uint64_t frames_at(const struct reservation *m, uint64_t i)
{
	return m->r.extent_start + i * sizeof(uint64_t);
}

static int reservation_read(struct vcpu *v, uint64_t args[6],
			    struct reservation *m)
{
	int rc = -ESRCH;

	if (guest_read_obj(&m->r, gptr(args[1])))
		return -EFAULT;
	m->op = args[0] & MEMOP_CMD_MASK;
	m->done = args[0] >> MEMOP_EXTENT_SHIFT;
	if (m->r.nr_extents > ~0ull >> MEMOP_EXTENT_SHIFT ||
	    m->done > m->r.nr_extents)
		return -EINVAL;
	if (m->r.extent_order > ORDER_MAX)
		return -EPERM;
	m->d = domain_find_for(v, m->r.domid, &rc);
	return m->d ? 0 : rc;
}

/* One extent for d; its first frame. */
static mfn_t extent_new(struct domain *d, unsigned int order, unsigned int bits)
{
	mfn_t m = page_alloc_for(&d->claim, order, bits ? bits : ADDR_ANY);

	if (mfn_eq(m, MFN_NONE))
		return m;
	if (frame_assign(d, m, order)) {
		page_free(m, order);
		return MFN_NONE;
	}
	return m;
}

/* false: no memory, or the guest's list cannot be accessed. */
static bool populate_one(struct reservation *m)
{
	bool has_list = m->r.extent_start != 0;
	uint64_t pfn = ~0ull, i;
	mfn_t new;

	if (m->op == XENMEM_populate_physmap &&
	    guest_read_obj(&pfn, gptr(frames_at(m, m->done))))
		return false;
	new = extent_new(m->d, m->r.extent_order,
			 XENMEMF_get_address_bits(m->r.mem_flags));
	if (mfn_eq(new, MFN_NONE))
		return false;
	if (m->op == XENMEM_populate_physmap)
		for (i = 0; i < 1ull << m->r.extent_order; i++)
			m2p_set(mfn_add(new, i), pfn + i);
	if (has_list && guest_write_obj(gptr(frames_at(m, m->done)), &new.n)) {
		/*
		 * Nobody was told of them: back they go. But another vCPU may
		 * have guessed the number, and what it pinned it keeps.
		 */
		for (i = 0; i < 1ull << m->r.extent_order; i++)
			(void)!frame_unassign(m->d, frame_of(mfn_add(new, i)));
		return false;
	}
	return true;
}

/* All frames of an extent are d's. */
static bool extent_is_of(struct domain *d, uint64_t first, unsigned int order)
{
	uint64_t i;

	for (i = 0; i < 1ull << order; i++) {
		struct frame *f = frame_get(mfn(first + i), d);

		if (!f)
			return false;
		frame_put(f);
	}
	return true;
}

/*
 * 0, -ERESTART, or an error; but for 0, no frame was released. A pin ends
 * first: once the frame is on no list of d's, nobody could name it to unpin
 * it.
 */
static int release_one(struct domain *d, uint64_t first, unsigned int order)
{
	uint64_t i;
	int rc;

	if (!extent_is_of(d, first, order))
		return -EINVAL;
	for (i = 0; i < 1ull << order; i++) {
		struct frame *f = frame_get(mfn(first + i), d);

		if (!f)
			return -EINVAL;
		rc = page_release_types(f);
		frame_put(f);
		if (rc)
			return rc;
	}
	for (i = 0; i < 1ull << order; i++) {
		rc = frame_unassign(d, frame_of(mfn(first + i)));
		if (rc)
			return rc;
	}
	return 0;
}

static int decrease_one(struct reservation *m)
{
	uint64_t first;

	if (guest_read_obj(&first, gptr(frames_at(m, m->done))))
		return -EFAULT;
	return release_one(m->d, first, m->r.extent_order);
}

static long reservation_change(struct vcpu *v, uint64_t args[6])
{
	struct reservation m;
	uint64_t start;
	long ret;
	int rc;

	rc = reservation_read(v, args, &m);
	if (rc)
		return rc;
	start = m.done;
	if (!domain_is_alive(m.d)) {
		domain_put(m.d);
		return -EINVAL;
	}
	for (; m.done < m.r.nr_extents; m.done++) {
		/* Every 32 pages, at whatever extent size; one at least. */
		if (m.done != start &&
		    (m.r.extent_order >= 5 || !(m.done & 31)) &&
		    hypercall_preempt_check())
			goto restart;
		if (m.op == XENMEM_decrease_reservation) {
			rc = decrease_one(&m);
			if (rc == -ERESTART)
				goto restart;
			if (rc)
				break;
		} else if (!populate_one(&m)) {
			break;
		}
	}
	ret = m.done;
	domain_put(m.d);
	return ret;
restart:
	domain_put(m.d);
	args[0] = m.op | m.done << MEMOP_EXTENT_SHIFT;
	return -ERESTART;
}

/*
 * Exchange: the input frames go, an output of the same size comes. All or
 * nothing: everything is checked and taken first, then committed.
 */
#define EXCHANGE_ORDER_MAX 10
#define EXCHANGE_PAGES	   (1u << EXCHANGE_ORDER_MAX)

struct exchange {
	struct xen_memory_exchange x;
	unsigned int in_order, out_order;
	uint64_t in_count, out_count, pages;
};

static int exchange_check(struct vcpu *v, struct exchange *e)
{
	const struct xen_memory_exchange *x = &e->x;

	e->in_order = x->in.extent_order;
	e->out_order = x->out.extent_order;
	if (e->in_order > EXCHANGE_ORDER_MAX ||
	    e->out_order > EXCHANGE_ORDER_MAX ||
	    x->in.nr_extents > EXCHANGE_PAGES ||
	    x->out.nr_extents > EXCHANGE_PAGES || x->nr_exchanged)
		return -EINVAL;
	if ((x->in.domid != DOMID_SELF && x->in.domid != v->domain->id) ||
	    (x->out.domid != DOMID_SELF && x->out.domid != v->domain->id))
		return -EPERM;
	e->in_count = x->in.nr_extents;
	e->out_count = x->out.nr_extents;
	e->pages = e->in_count << e->in_order;
	if (e->pages != e->out_count << e->out_order ||
	    e->pages > EXCHANGE_PAGES)
		return -EINVAL;
	return 0;
}

/* Input page i's frame. */
static int exchange_input(const struct exchange *e, uint64_t i, uint64_t *m)
{
	uint64_t first;

	if (guest_read_obj(&first,
			   gptr(e->x.in.extent_start + (i >> e->in_order) * 8)))
		return -EFAULT;
	*m = first + (i & ((1ull << e->in_order) - 1));
	return 0;
}

/*
 * f, referenced, leaves the domain's list. From then on nobody can get another
 * reference, and nobody but us may have one. On an error ours is gone.
 */
static int exchange_take_one(struct domain *d, struct frame *f)
{
	int rc = frame_forget_type(f);

	if (!rc && frame_word_refs(frame_load(f)) != 2)
		rc = -EINVAL;
	if (!rc)
		rc = frame_unassign(d, f);
	if (rc) {
		frame_put(f);
		return rc == -ERESTART ? -EBUSY : rc;
	}
	if (frame_word_refs(frame_load(f)) == 1)
		return 0;
	frame_assign_again(d, f);
	return -EINVAL;
}

/*
 * Input frames leave the domain: each must be its own and otherwise unused.
 * The frames are noted in `list`, each with our reference; on an error those
 * taken are the first *taken.
 */
static int exchange_take(struct vcpu *v, const struct exchange *e,
			 uint32_t *list, uint64_t *taken)
{
	uint64_t i, m;
	int rc;

	for (i = 0; i < e->pages; i++) {
		struct frame *f;

		rc = exchange_input(e, i, &m);
		if (rc)
			return rc;
		f = frame_get(mfn(m), v->domain);
		if (!f)
			return -EINVAL;
		rc = exchange_take_one(v->domain, f);
		if (rc)
			return rc;
		list[i] = m;
		*taken = i + 1;
	}
	return 0;
}

static int exchanged_write(gptr_t arg, uint64_t count)
{
	return guest_write(gptr_add(arg, offsetof(struct xen_memory_exchange,
						  nr_exchanged)),
			   &count, sizeof(count));
}

static long memory_exchange(struct vcpu *v, gptr_t arg)
{
	struct domain *d = v->domain;
	unsigned int bits;
	uint64_t taken = 0, got = 0, i, k;
	uint32_t *list;
	uint64_t *pfns;
	struct exchange e;
	mfn_t *out;
	int rc;

	if (guest_read_obj(&e.x, arg))
		return -EFAULT;
	rc = exchange_check(v, &e);
	if (rc)
		return rc;
	list = hv_page_alloc(0);
	out = hv_page_alloc(1);
	pfns = hv_page_alloc(1);
	rc = -ENOMEM;
	if (!list || !out || !pfns)
		goto free;
	rc = -EFAULT;
	for (i = 0; i < e.out_count; i++)
		if (guest_read_obj(&pfns[i],
				   gptr(e.x.out.extent_start + i * 8)))
			goto free;
	rc = exchange_take(v, &e, list, &taken);
	if (rc)
		goto put;
	rc = exchanged_write(arg, 0);
	if (rc)
		goto put;
	bits = XENMEMF_get_address_bits(e.x.out.mem_flags);
	for (got = 0; got < e.out_count; got++) {
		out[got] = page_alloc(e.out_order, bits ? bits : ADDR_ANY);
		if (mfn_eq(out[got], MFN_NONE)) {
			rc = -ENOMEM;
			goto put_out;
		}
	}
	/* The guest must be able to learn of all before any changes hands. */
	for (i = 0; i < e.out_count; i++) {
		if (guest_write_obj(gptr(e.x.out.extent_start + i * 8),
				    &out[i].n)) {
			while (i--)
				(void)!guest_write_obj(
					gptr(e.x.out.extent_start + i * 8),
					&pfns[i]);
			rc = -EFAULT;
			goto put_out;
		}
	}
	for (i = 0; i < e.pages; i++)
		frame_put(frame_of(mfn(list[i])));
	for (i = 0; i < e.out_count; i++) {
		if (frame_assign_exchanged(d, out[i], e.out_order)) {
			/* It is being destroyed, and will not miss them. */
			page_free(out[i], e.out_order);
			continue;
		}
		for (k = 0; k < 1ull << e.out_order; k++)
			m2p_set(mfn_add(out[i], k), pfns[i] + k);
	}
	rc = exchanged_write(arg, e.in_count);
	goto free;
put_out:
	while (got--)
		page_free(out[got], e.out_order);
put:
	while (taken--)
		frame_assign_again(d, frame_of(mfn(list[taken])));
free:
	hv_page_free(list, 0);
	hv_page_free(out, 1);
	hv_page_free(pfns, 1);
	return rc;
}

/* Copies the machine's map, with what domain zero must not use. */
static long machine_memory_map(struct vcpu *v, gptr_t arg)
{
	struct xen_memory_map map;
	unsigned int i;

	if (!v->domain->privileged)
		return -EPERM;
	if (guest_read_obj(&map, arg))
		return -EFAULT;
	if (map.nr_entries < e820_count + 1)
		return -EINVAL;
	for (i = 0; i < e820_count; i++) {
		struct xen_memory_map_entry e = {e820[i].addr, e820[i].size,
						 e820[i].type};

		if (guest_write_elem(gptr(map.buffer), i, &e))
			return -EFAULT;
	}
	map.nr_entries = e820_count;
	return guest_write_obj(arg, &map);
}

static long memory_map_set(struct vcpu *v, gptr_t arg)
{
	struct xen_foreign_memory_map map;
	struct xen_memory_map_entry *list;
	struct domain *d;
	int rc = -ESRCH;

	if (guest_read_obj(&map, arg))
		return -EFAULT;
	if (!v->domain->privileged)
		return -EPERM;
	if (map.map.nr_entries > DOMAIN_E820_MAX)
		return -E2BIG;
	d = domain_find_for(v, map.domid, &rc);
	if (!d)
		return rc;
	list = d->e820;
	rc = guest_read(list, gptr(map.map.buffer),
			map.map.nr_entries * sizeof(*list));
	d->e820_count = rc ? 0 : map.map.nr_entries;
	domain_put(d);
	return rc;
}

static long memory_map_get(struct vcpu *v, gptr_t arg)
{
	struct domain *d = v->domain;
	struct xen_memory_map map;

	if (!d->e820_count)
		return -ENOSYS;
	if (guest_read_obj(&map, arg))
		return -EFAULT;
	map.nr_entries = MIN(map.nr_entries, d->e820_count);
	if (guest_write(gptr(map.buffer), d->e820,
			map.nr_entries * sizeof(d->e820[0])))
		return -EFAULT;
	return guest_write_obj(arg, &map);
}

/* nr_extents: the frames that the domain shall have in all; 0: no claim. */
static long claim_pages(struct vcpu *v, gptr_t arg)
{
	struct xen_memory_reservation r;
	struct domain *d;
	int rc;

	if (!v->domain->privileged)
		return -EPERM;
	if (guest_read_obj(&r, arg))
		return -EFAULT;
	if (r.extent_start || r.extent_order || r.mem_flags)
		return -EINVAL;
	d = domain_find(r.domid);
	if (!d)
		return -ESRCH;
	rc = frame_claim(d, r.nr_extents);
	domain_put(d);
	return rc;
}

static long reservation_ask(struct vcpu *v, unsigned int op, gptr_t arg)
{
	const struct shared_info *s;
	struct domain *d;
	int rc = -ESRCH;
	domid_t id;
	long n;

	if (guest_read_obj(&id, arg))
		return -EFAULT;
	d = domain_find_for(v, id, &rc);
	if (!d)
		return rc;
	switch (op) {
	case XENMEM_current_reservation:
		n = d->page_count;
		break;
	case XENMEM_maximum_reservation:
		n = MIN(d->page_max, (uint64_t)0x7fffffff);
		break;
	default: /* XENMEM_maximum_gpfn */
		/* Of one that is dying it may be gone. */
		s = __atomic_load_n(&d->shared, __ATOMIC_RELAXED);
		/* The guest wrote it: it must not look like an error. */
		n = s ? MIN(s->arch.max_pfn, 1ull << 52) : 0;
		n -= n > 0;
		break;
	}
	domain_put(d);
	return n;
}

/* The frames of the machine-to-physical table, 2 MiB each. */
static long machphys_mfn_list(struct vcpu *v, gptr_t arg)
{
	struct xen_machphys_mfn_list list;

	if (!v->domain->privileged)
		return -EPERM;
	if (guest_read_obj(&list, arg))
		return -EFAULT;
	return hypercall_lacking(v, "memory_op", XENMEM_machphys_mfn_list);
}

static long machphys_mapping(gptr_t arg)
{
	struct xen_machphys_mapping m = {
		.v_start = M2P_RO_BASE,
		.v_end = M2P_RO_BASE + ALIGN_UP(max_mfn * 8, 0x200000ull),
		.max_mfn = max_mfn - 1,
	};

	return guest_write_obj(arg, &m);
}

/* Frames of a domain's grant table, for the privileged. */
static long acquire_resource(struct vcpu *v, gptr_t arg)
{
	struct xen_mem_acquire_resource r;
	struct domain *d;
	int rc = -ESRCH;
	uint32_t i;

	if (guest_read_obj(&r, arg))
		return -EFAULT;
	if (r.pad)
		return -EINVAL;
	if (r.type != XENMEM_resource_grant_table ||
	    r.id != XENMEM_resource_grant_table_id_shared)
		return -EOPNOTSUPP;
	if (!v->domain->privileged)
		return -EPERM;
	d = domain_find_for(v, r.domid, &rc);
	if (!d)
		return rc;
	rc = 0;
	if (!r.frame_list) {
		r.nr_frames = grant_table_max_frames(d);
		rc = guest_write_obj(arg, &r);
		goto out;
	}
	if (r.nr_frames > 64 || r.frame > 0xffff) {
		rc = -E2BIG;
		goto out;
	}
	for (i = 0; i < r.nr_frames && !rc; i++) {
		mfn_t m = grant_table_frame(d, r.frame + i);

		if (mfn_eq(m, MFN_NONE))
			rc = -EINVAL;
		else
			rc = guest_write_elem(gptr(r.frame_list), i, &m.n);
	}
out:
	domain_put(d);
	return rc;
}

/* args: operation, structure */
long hypercall_memory_op(struct vcpu *v, uint64_t args[6])
{
	unsigned int op = args[0] & MEMOP_CMD_MASK;
	gptr_t arg = gptr(args[1]);

	switch (op) {
	case XENMEM_increase_reservation:
	case XENMEM_decrease_reservation:
	case XENMEM_populate_physmap:
		return reservation_change(v, args);
	case XENMEM_exchange:
		return memory_exchange(v, arg);
	case XENMEM_maximum_ram_page:
		return max_mfn - 1;
	case XENMEM_current_reservation:
	case XENMEM_maximum_reservation:
	case XENMEM_maximum_gpfn:
		return reservation_ask(v, op, arg);
	case XENMEM_machphys_mfn_list:
		return machphys_mfn_list(v, arg);
	case XENMEM_memory_map:
		return memory_map_get(v, arg);
	case XENMEM_set_memory_map:
		return memory_map_set(v, arg);
	case XENMEM_machine_memory_map:
		return machine_memory_map(v, arg);
	case XENMEM_machphys_mapping:
		return machphys_mapping(arg);
	case XENMEM_claim_pages:
		return claim_pages(v, arg);
	case XENMEM_acquire_resource:
		return acquire_resource(v, arg);
	default:
		return hypercall_lacking(v, "memory_op", op);
	}
}
