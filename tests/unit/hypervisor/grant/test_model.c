/* SPDX-License-Identifier: MIT */
/*
 * Three domains that lend, borrow, copy, meddle with their page tables and
 * their entries, and die, at random; a model that counts along. After every
 * step the frames' references are the model's, and in the end all memory is
 * free.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "grant_fixture.h"

enum { DOMAINS = 3, FRAMES = 4, REFS = 6, WINDOWS = 24, HANDLES = 40 };

/* A lender that has died. */
#define GONE 99u

struct mapping {
	bool host, device, writable, pte_mode;
	unsigned int lender, frame, ref, window;
	mfn_t mfn; /* the frame may be another's, when the lender is GONE */
	grant_handle_t handle;
};

/* What the window's PTE maps, whoever made it. */
struct window {
	bool used, writable;
	unsigned int lender, frame;
	mfn_t mfn;
};

static struct {
	struct domain *d;
	mfn_t page[FRAMES];
	unsigned int granted[REFS]; /* which page the entry names */
	uint16_t give[REFS];
	struct mapping map[HANDLES];
	struct window window[WINDOWS];
} dom[DOMAINS];

static unsigned int seed = 0x6a47;

static unsigned int rnd(unsigned int below)
{
	return (unsigned int)rand_r(&seed) % below;
}

static void domain_new(unsigned int i)
{
	static domid_t id = 0x101;
	unsigned int k;

	memset(&dom[i], 0, sizeof(dom[i]));
	/* The last one may linger, with its number. */
	dom[i].d = world_domain(id++, 1, NULL);
	for (k = 0; k < FRAMES; k++)
		dom[i].page[k] = world_page(dom[i].d);
}

/* Entry pins by kind, as the lender's table should say. */
static void pins_of(unsigned int lender, unsigned int ref,
		    unsigned int *readers, unsigned int *writers)
{
	unsigned int i, h;

	*readers = *writers = 0;
	for (i = 0; i < DOMAINS; i++) {
		for (h = 0; h < HANDLES; h++) {
			struct mapping *m = &dom[i].map[h];
			unsigned int parts = m->host + m->device;

			if (m->lender != lender || m->ref != ref)
				continue;
			if (m->writable)
				*writers += parts;
			else
				*readers += parts;
		}
	}
}

static void frames_check(void)
{
	unsigned int i, k, j, w, refs, types;

	for (i = 0; i < DOMAINS; i++) {
		for (k = 0; k < FRAMES; k++) {
			refs = types = 0;
			for (j = 0; j < DOMAINS; j++) {
				for (w = 0; w < WINDOWS; w++) {
					struct window *x = &dom[j].window[w];

					if (!x->used || x->lender != i ||
					    x->frame != k)
						continue;
					refs++;
					types += x->writable;
				}
				for (w = 0; w < HANDLES; w++) {
					struct mapping *m = &dom[j].map[w];

					if (!m->device || m->lender != i ||
					    m->frame != k)
						continue;
					refs++;
					types += m->writable;
				}
			}
			cr_assert_eq(world_refs(dom[i].page[k]), refs);
			cr_assert_eq(world_types(dom[i].page[k]), types);
		}
	}
}

static void entries_check(void)
{
	unsigned int i, r, readers, writers;

	for (i = 0; i < DOMAINS; i++) {
		for (r = 0; r < REFS; r++) {
			uint16_t flags = gt_entry(dom[i].d, 8 + r)->flags;

			pins_of(i, r, &readers, &writers);
			cr_assert_eq(!!(flags & GTF_reading),
				     readers + writers > 0);
			cr_assert_eq(!!(flags & GTF_writing), writers > 0);
		}
	}
}

static void step_give(void)
{
	unsigned int i = rnd(DOMAINS), r = rnd(REFS), readers, writers;

	pins_of(i, r, &readers, &writers);
	if (readers + writers)
		return;
	dom[i].granted[r] = rnd(FRAMES);
	dom[i].give[r] = rnd(4) ? 0 : GTF_readonly;
	gt_give(dom[i].d, 8 + r, dom[rnd(DOMAINS)].d->id,
		dom[i].page[dom[i].granted[r]], dom[i].give[r]);
}

static void step_map(void)
{
	unsigned int i = rnd(DOMAINS), lender = rnd(DOMAINS), r = rnd(REFS);
	unsigned int w = rnd(WINDOWS), h;
	uint32_t flags = rnd(3) + 1; /* device, host or both */
	struct gnttab_map_grant_ref op;
	struct mapping *m;

	for (h = 0; h < HANDLES; h++)
		if (!dom[i].map[h].host && !dom[i].map[h].device)
			break;
	if (h == HANDLES)
		return;
	flags |= rnd(2) ? GNTMAP_readonly : 0;
	flags |= rnd(2) ? GNTMAP_contains_pte : 0;
	if (gt_map(dom[i].d->vcpu[0], dom[lender].d->id, 8 + r, w, flags,
		   &op) != GNTST_okay)
		return;
	m = &dom[i].map[h];
	*m = (struct mapping){
		.host = flags & GNTMAP_host_map,
		.device = flags & GNTMAP_device_map,
		.writable = !(flags & GNTMAP_readonly),
		.pte_mode = flags & GNTMAP_contains_pte,
		.lender = lender,
		.frame = dom[lender].granted[r],
		.mfn = dom[lender].page[dom[lender].granted[r]],
		.ref = r,
		.window = w,
		.handle = op.handle,
	};
	cr_assert_eq(op.dev_bus_addr,
		     dom[lender].page[m->frame].n << PAGE_SHIFT);
	if (m->host)
		dom[i].window[w] = (struct window){true, m->writable, lender,
						   m->frame, m->mfn};
}

static void step_unmap(void)
{
	unsigned int i = rnd(DOMAINS);
	struct mapping *m = &dom[i].map[rnd(HANDLES)];
	/* Mostly where it was mapped, at times elsewhere. */
	unsigned int at = rnd(8) ? m->window : rnd(WINDOWS);
	struct window *w = &dom[i].window[at];
	struct gnttab_map_grant_ref op = {
		.flags = m->pte_mode ? GNTMAP_contains_pte : 0,
		.handle = m->handle,
	};
	bool there = w->used && mfn_eq(w->mfn, m->mfn);
	int status;

	if (!m->host)
		return;
	status = gt_unmap(dom[i].d->vcpu[0], at, &op);
	cr_assert_eq(status, there ? GNTST_okay : GNTST_general_error);
	if (there) {
		m->host = false;
		w->used = false;
	}
}

static void device_unmap(unsigned int i, struct mapping *m)
{
	struct gnttab_map_grant_ref op = {.handle = m->handle};

	op.dev_bus_addr = dom[m->lender].page[m->frame].n << PAGE_SHIFT;
	cr_assert_eq(gt_unmap_device(dom[i].d->vcpu[0], &op), GNTST_okay);
	m->device = false;
}

static void step_unmap_device(void)
{
	unsigned int i = rnd(DOMAINS);
	struct mapping *m = &dom[i].map[rnd(HANDLES)];

	if (m->device)
		device_unmap(i, m);
}

static void pte_remove(unsigned int i, unsigned int at)
{
	struct {
		uint64_t ptr, val;
	} u = {world_pte_maddr(dom[i].d, at), 0};
	uint64_t args[6] = {(uintptr_t)&u, 1, 0, DOMID_SELF};

	cr_assert_eq(hypercall_mmu_update(dom[i].d->vcpu[0], args), 0);
	dom[i].window[at].used = false;
}

/* The guest clears a PTE by itself, whoever made it. */
static void step_meddle(void)
{
	pte_remove(rnd(DOMAINS), rnd(WINDOWS));
}

static void step_copy(void)
{
	struct gnttab_copy op[4];
	unsigned int i = rnd(DOMAINS), k;

	for (k = 0; k < 4; k++) {
		memset(&op[k], 0, sizeof(op[k]));
		op[k].flags = (uint16_t)rnd(4);
		op[k].len = (uint16_t)rnd(64);
		op[k].source.domid = dom[rnd(DOMAINS)].d->id;
		op[k].dest.domid = dom[rnd(DOMAINS)].d->id;
		op[k].source.u.ref = 8 + rnd(REFS + 1);
		op[k].dest.u.ref = 8 + rnd(REFS + 1);
		if (!(op[k].flags & GNTCOPY_source_gref)) {
			op[k].source.domid = DOMID_SELF;
			op[k].source.u.gmfn = dom[i].page[rnd(FRAMES)].n;
		}
		if (!(op[k].flags & GNTCOPY_dest_gref)) {
			op[k].dest.domid = DOMID_SELF;
			op[k].dest.u.gmfn =
				dom[rnd(DOMAINS)].page[rnd(FRAMES)].n;
		}
	}
	cr_assert_eq(gt_call(dom[i].d->vcpu[0], GNTTABOP_copy, op, 4), 0);
}

static void step_stale(void)
{
	unsigned int i = rnd(DOMAINS), h;
	struct gnttab_map_grant_ref op = {.handle = rnd(2 * HANDLES)};

	for (h = 0; h < HANDLES; h++)
		if ((dom[i].map[h].host || dom[i].map[h].device) &&
		    dom[i].map[h].handle == op.handle)
			return;
	cr_assert_eq(gt_unmap(dom[i].d->vcpu[0], rnd(WINDOWS), &op),
		     GNTST_bad_handle);
}

/* Domain i lets go of what it has of `dead`, but for its pins. */
static void let_go(unsigned int i, unsigned int dead)
{
	unsigned int h, w;

	for (w = 0; w < WINDOWS; w++)
		if (dom[i].window[w].used && dom[i].window[w].lender == dead)
			pte_remove(i, w);
	for (h = 0; h < HANDLES; h++) {
		struct mapping *m = &dom[i].map[h];

		if ((!m->host && !m->device) || m->lender != dead)
			continue;
		if (m->device)
			device_unmap(i, m);
		m->lender = GONE;
	}
}

/* One dies, and another is born in its place. */
static void step_death(void)
{
	unsigned int dead = rnd(DOMAINS), i;

	for (i = 0; i < DOMAINS; i++)
		if (i != dead)
			let_go(i, dead);
	world_end(dom[dead].d);
	domain_new(dead);
}

static void (*const steps[])(void) = {
	step_give,   step_give,		step_map,   step_map,
	step_map,    step_unmap,	step_unmap, step_unmap_device,
	step_meddle, step_unmap_device, step_copy,  step_stale,
};

Test(grant_model, references_and_pins_are_as_counted_and_end_at_zero)
{
	unsigned int i, round;
	uint64_t before;

	world_init();
	world_domain(WORLD_ZERO, 1, NULL);
	/* Slabs and the like that the first domain leaves behind. */
	domain_new(0);
	world_end(dom[0].d);
	before = page_free_count();
	for (i = 0; i < DOMAINS; i++)
		domain_new(i);
	fake_preempt_every = 5;
	for (round = 0; round < 20000; round++) {
		steps[rnd(ARRAY_SIZE(steps))]();
		frames_check();
		entries_check();
		if (rnd(200) == 0)
			step_death();
	}
	/* In any order, with whatever they still hold of each other. */
	for (i = 0; i < DOMAINS; i++)
		world_end(dom[(i + 1) % DOMAINS].d);
	cr_assert_eq(page_free_count(), before);
}
