/* SPDX-License-Identifier: MIT */
/*
 * Grants in the hands of four CPUs. Two vCPUs lend pages, end that as Linux
 * does, and make their table longer; two others map what is lent, at addresses
 * and by PTE, end that, and copy. A third domain lends, too, and is destroyed
 * while what it lent is in use.
 *
 * No grant may be ended while it is mapped. After each quiet point, with
 * mappings standing, pins, references and the entries' flags are compared with
 * what the borrower's own list says; when the borrower has been destroyed with
 * its mappings, nothing may be left.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fake/world.h"
#include "grant/table.h"
#include "hypervisor/grant/grant_fixture.h"
#include "threads.h"

enum { REFS = 24, FIRST_REF = 8, SLOTS = 12, LENDERS = 2, BORROWERS = 2 };
enum { ROUNDS = 8, STEPS = 5000, TABLE_MAX = 12 };

/* And the numbers after it: an old one may be held for a moment. */
#define WORLD_THREE 0x123

#define GET(p)	  __atomic_load_n(p, __ATOMIC_SEQ_CST)
#define SET(p, x) __atomic_store_n(p, x, __ATOMIC_SEQ_CST)
#define INC(p)	  __atomic_fetch_add(p, 1, __ATOMIC_SEQ_CST)
#define DEC(p)	  __atomic_fetch_sub(p, 1, __ATOMIC_SEQ_CST)

static struct domain *lender, *borrower;
/* What lender's entry FIRST_REF + i lends, and how often it is mapped. */
static mfn_t page[REFS];
static unsigned int users[REFS];
/* The borrower's own page to copy from and to, one a thread. */
static mfn_t own[BORROWERS];
/* Of the third domain; 0: there is none. */
static unsigned int third;

/* A place of the borrower's where something may be mapped. */
struct slot {
	bool mapped, writable;
	unsigned int ref, at;
	domid_t dom;
	struct gnttab_map_grant_ref map;
};

static struct slot slots[BORROWERS][SLOTS];
static unsigned long mapped, refused, ended, kept, copied, killed;

/* ---- who lends ---- */

static void give(struct domain *d, unsigned int ref, mfn_t m, bool readonly)
{
	struct grant_entry_v1 *e = gt_entry(d, ref);

	__atomic_store_n(&e->domid, borrower->id, __ATOMIC_RELAXED);
	__atomic_store_n(&e->frame, (uint32_t)m.n, __ATOMIC_RELAXED);
	SET(&e->flags,
	    (uint16_t)(GTF_permit_access | (readonly ? GTF_readonly : 0)));
}

/* False: it is in use. */
static bool end(struct domain *d, unsigned int ref)
{
	struct grant_entry_v1 *e = gt_entry(d, ref);
	uint16_t flags = GET(&e->flags);

	do {
		if (flags & (GTF_reading | GTF_writing))
			return false;
	} while (!__atomic_compare_exchange_n(&e->flags, &flags, 0, false,
					      __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
	return true;
}

static void lend_step(unsigned int self)
{
	/* Each entry has one who writes it. */
	unsigned int i = chance(REFS / LENDERS) * LENDERS + self;
	struct gnttab_query_size q = {.dom = DOMID_SELF};

	if (!end(lender, FIRST_REF + i)) {
		INC(&kept);
	} else {
		if (GET(&users[i]))
			wrong("grant %u was ended while it was mapped", i);
		INC(&ended);
		give(lender, FIRST_REF + i, page[i], chance(3) == 0);
	}
	if (chance(400) == 0 && grant_table_grow(lender, 1 + chance(TABLE_MAX)))
		wrong("the table does not grow");
	if (chance(50) == 0 &&
	    (gt_call(lender->vcpu[self], GNTTABOP_query_size, &q, 1) ||
	     q.nr_frames > TABLE_MAX))
		wrong("%u frames", q.nr_frames);
}

/* Lends all of its few pages until it is destroyed. */
static void third_domain(void)
{
	struct domain *d =
		world_domain((domid_t)(WORLD_THREE + killed % 16), 1, NULL);
	unsigned int i;

	for (i = 0; i < 4; i++)
		give(d, FIRST_REF + i, world_page(d), i & 1);
	SET(&third, d->id);
	while (chance(200))
		lend_step(0);
	SET(&third, 0);
	world_end(d);
	INC(&killed);
}

static void lend(unsigned int self)
{
	unsigned int i;

	for (i = 0; i < STEPS; i++) {
		if (self == 0 && chance(STEPS / 12) == 0)
			third_domain();
		lend_step(self);
	}
}

/* ---- who borrows ---- */

static void slot_map(struct vcpu *v, struct slot *s)
{
	uint32_t flags = GNTMAP_host_map;
	domid_t three = (domid_t)GET(&third);

	s->dom = three && chance(4) == 0 ? three : lender->id;
	s->ref = chance(s->dom == three ? 4 : REFS);
	s->writable = chance(2);
	if (!s->writable)
		flags |= GNTMAP_readonly;
	/* Page tables are vCPU 0's. */
	if (v->id || chance(2))
		flags |= GNTMAP_contains_pte;
	switch (gt_map(v, s->dom, FIRST_REF + s->ref, s->at, flags, &s->map)) {
	case GNTST_okay:
		s->mapped = true;
		INC(&mapped);
		if (s->dom == lender->id)
			INC(&users[s->ref]);
		break;
	case GNTST_general_error: /* it is not lent (so) at the moment */
	case GNTST_bad_domain:	  /* it is being destroyed */
		INC(&refused);
		break;
	default:
		wrong("map: status %d", s->map.status);
	}
}

static void slot_check(const struct slot *s)
{
	uint16_t flags, want = GTF_reading | (s->writable ? GTF_writing : 0);

	if (s->dom != lender->id)
		return;
	flags = GET(&gt_entry(lender, FIRST_REF + s->ref)->flags);
	if ((flags & want) != want)
		wrong("grant %u is mapped, flags %#x", s->ref, flags);
}

static void slot_unmap(struct vcpu *v, struct slot *s)
{
	int status;

	if (s->dom == lender->id)
		DEC(&users[s->ref]);
	/* Somebody may be trying his luck with the handle. */
	do {
		status = gt_unmap(v, s->at, &s->map);
	} while (status == GNTST_bad_handle);
	if (status)
		wrong("unmap: status %d", status);
	s->mapped = false;
}

/* A handle of which one knows nothing, where nothing is mapped. */
static void unmap_wildly(struct vcpu *v)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = world_window(500),
		.handle = chance(40),
	};

	if (v->id)
		return;
	if (gt_call(v, GNTTABOP_unmap_grant_ref, &op, 1) || !op.status)
		wrong("what is not mapped was unmapped");
}

static void copy(struct vcpu *v)
{
	domid_t three = (domid_t)GET(&third);
	bool to = chance(2);
	struct gnttab_copy op = {.len = 64};
	struct gnttab_copy_ptr grant = {0}, mine = {0};

	grant.domid = three && chance(4) == 0 ? three : lender->id;
	grant.u.ref = FIRST_REF + chance(grant.domid == three ? 4 : REFS);
	/* Each has a part of its own: the bytes are the guests' concern. */
	grant.offset = mine.offset = (uint16_t)(v->id * 64);
	mine.domid = DOMID_SELF;
	mine.u.gmfn = own[v->id].n;
	op.source = to ? mine : grant;
	op.dest = to ? grant : mine;
	op.flags = to ? GNTCOPY_dest_gref : GNTCOPY_source_gref;
	if (gt_call(v, GNTTABOP_copy, &op, 1))
		wrong("copy is refused");
	if (!op.status)
		INC(&copied);
	else if (op.status != GNTST_general_error &&
		 op.status != GNTST_bad_domain)
		wrong("copy: status %d", op.status);
}

static void borrow(unsigned int self)
{
	struct vcpu *v = borrower->vcpu[self];
	unsigned int i;

	for (i = 0; i < STEPS; i++) {
		struct slot *s = &slots[self][chance(SLOTS)];

		if (chance(4) == 0)
			copy(v);
		if (chance(20) == 0)
			unmap_wildly(v);
		if (!s->mapped) {
			slot_map(v, s);
			continue;
		}
		slot_check(s);
		if (chance(2))
			slot_unmap(v, s);
	}
}

static void hammer(unsigned int self)
{
	if (self < LENDERS)
		lend(self);
	else
		borrow(self - LENDERS);
}

/* ---- the checks ---- */

/* From the borrower's list alone. */
static void check_quiet(bool none)
{
	unsigned int i, b, k, handles = 0;

	for (i = 0; i < REFS; i++) {
		uint16_t flags, want = 0;
		uint32_t readers = 0, writers = 0;

		for (b = 0; b < BORROWERS && !none; b++) {
			for (k = 0; k < SLOTS; k++) {
				const struct slot *s = &slots[b][k];

				if (!s->mapped || s->dom != lender->id ||
				    s->ref != i)
					continue;
				writers += s->writable;
				readers += !s->writable;
			}
		}
		if (readers + writers)
			want |= GTF_reading;
		if (writers)
			want |= GTF_writing;
		flags = gt_entry(lender, FIRST_REF + i)->flags;
		if ((flags & (GTF_reading | GTF_writing)) != want)
			wrong("grant %u: %u readers, %u writers, flags %#x", i,
			      readers, writers, flags);
		if (world_refs(page[i]) != readers + writers ||
		    world_types(page[i]) != writers)
			wrong("grant %u: %u readers, %u writers, %u "
			      "references, %u types",
			      i, readers, writers, world_refs(page[i]),
			      world_types(page[i]));
		if (lender->grants->frame[0].active[FIRST_REF + i].readers !=
			    readers ||
		    lender->grants->frame[0].active[FIRST_REF + i].writers !=
			    writers)
			wrong("grant %u: the pins are not %u and %u", i,
			      readers, writers);
	}
	for (b = 0; b < BORROWERS && !none; b++)
		for (k = 0; k < SLOTS; k++)
			handles += slots[b][k].mapped;
	if (!none && borrower->grants->live_handles != handles)
		wrong("%u handles, not %u", borrower->grants->live_handles,
		      handles);
}

static void world_begin(void)
{
	unsigned int i, k;

	memset(slots, 0, sizeof(slots));
	memset(users, 0, sizeof(users));
	lender = world_domain(WORLD_ONE, LENDERS, NULL);
	borrower = world_domain(WORLD_TWO, BORROWERS, NULL);
	for (i = 0; i < REFS; i++) {
		page[i] = world_page(lender);
		give(lender, FIRST_REF + i, page[i], i & 1);
	}
	for (i = 0; i < BORROWERS; i++) {
		own[i] = world_page(borrower);
		for (k = 0; k < SLOTS; k++)
			slots[i][k].at = i * 32 + k;
	}
}

int main(int argc, char **argv)
{
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 0) : 1, round;
	uint64_t pages = 0;

	threads_init();
	for (round = 0; round < ROUNDS; round++) {
		chance_seed(first + round);
		world_begin();
		threads_run(hammer);
		check_quiet(false);
		/* Once more, upon what stands. */
		threads_run(hammer);
		check_quiet(false);
		world_end(borrower);
		check_quiet(true);
		world_end(lender);
		if (!round)
			pages = page_free_count();
		else if (page_free_count() != pages)
			wrong("%llu pages were free, %llu are",
			      (unsigned long long)pages,
			      (unsigned long long)page_free_count());
	}
	if (!mapped || !refused || !ended || !kept || !copied || !killed)
		wrong("not all kinds of steps were taken");
	printf("grants: %u threads, %u steps each, all counts right (%lu "
	       "mapped, %lu refused, %lu ended, %lu in use, %lu copied, %lu "
	       "lenders ended)\n",
	       THREADS, 2 * ROUNDS * STEPS, mapped, refused, ended, kept,
	       copied, killed);
	return 0;
}
