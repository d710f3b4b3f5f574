/* SPDX-License-Identifier: MIT */
/*
 * Two domains with two vCPUs each do to their page tables whatever comes to
 * their minds: half of it makes sense, the rest is wrong types, others'
 * frames, large pages, loops, restarts that are never gone on with. After
 * every step the frame table must be true (pv_check); in the end everything
 * is undone and all memory is free.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include "mm/alloc.h"
#include "pv/descriptor.h"
#include "pv_fixture.h"

enum { DOMAINS = 2, PAGES = 26, STEPS = 5000, SLOTS = 7 };

static const unsigned int slots[SLOTS] = {0, 1, 2, 255, 258, 300, 511};

static struct guest {
	struct domain *d;
	mfn_t page[PAGES];
} guests[DOMAINS];

static unsigned int seed;
static unsigned int pins, unpins, updates, roots, stops, later, dataw;

static unsigned int rnd(unsigned int below)
{
	return (unsigned int)rand_r(&seed) % below;
}

/* What page i is meant to be: enough of each for trees to come about. */
static unsigned int role(unsigned int i)
{
	static const unsigned int first[] = {2, 6, 11, 19};
	unsigned int k;

	for (k = 0; k < ARRAY_SIZE(first); k++)
		if (i < first[k])
			return 4 - k;
	return 0;
}

static mfn_t page_of_role(const struct guest *g, unsigned int r)
{
	unsigned int i;

	do
		i = rnd(PAGES);
	while (role(i) != r);
	return g->page[i];
}

static uint64_t random_entry(const struct guest *g, unsigned int level)
{
	static const uint64_t odd[] = {PTE_PSE, PTE_PCD,    PTE_NX,
				       PTE_G,	1ull << 51, PTE_A | PTE_D};
	const struct guest *from = rnd(20) ? g : &guests[rnd(DOMAINS)];
	uint64_t e;

	switch (rnd(12)) {
	case 0:
	case 1:
		return 0;
	case 2: /* swapped out */
		return (uint64_t)rnd(1000) << 13;
	case 3: /* any page at all */
		e = pv_entry(from->page[rnd(PAGES)], PV_RO);
		break;
	default:
		e = pv_entry(page_of_role(from, level ? level - 1 : 0), PV_RO);
		break;
	}
	if (rnd(3))
		e |= PTE_RW;
	if (!rnd(12))
		e |= odd[rnd(ARRAY_SIZE(odd))];
	if (!rnd(40))
		e = ((uint64_t)rnd(1u << 30) << 12) | PTE_P | PTE_RW;
	return e;
}

static void step_update(struct guest *g, struct vcpu *v)
{
	unsigned int i = rnd(PAGES), level = role(i);
	const struct guest *at = rnd(30) ? g : &guests[rnd(DOMAINS)];
	uint64_t ptr = pv_slot_maddr(at->page[i], slots[rnd(SLOTS)]);
	uint64_t e = random_entry(g, level);
	long rc;

	if (!rnd(4))
		ptr |= MMU_PT_UPDATE_PRESERVE_AD;
	/* What is let go may be left half done. */
	if (level > 2 && rnd(2)) {
		e = 0;
		fake_preempt_in = 1;
	}
	rc = pv_update_once(v, ptr, e);
	if (at != g)
		cr_assert_eq(rc, -EPERM, "wrote another's frame: %ld", rc);
	updates += rc == 0 && world_types(at->page[i]);
	dataw += rc == 0 && !world_types(at->page[i]);
	stops += rc == -ERESTART;
}

static void step_pin(struct guest *g, struct vcpu *v)
{
	unsigned int i = rnd(PAGES);
	unsigned int level = rnd(8) ? role(i) : rnd(5);
	long rc;

	rc = pv_mmuext_once(v, MMUEXT_PIN_L1_TABLE + (level ? level - 1 : 0),
			    g->page[i], 0);
	pins += rc == 0;
	stops += rc == -ERESTART;
}

static void step_unpin(struct guest *g, struct vcpu *v)
{
	mfn_t m = g->page[rnd(PAGES)];
	bool pinned = frame_load(frame_of(m)) & FRAME_PINNED;
	long rc = pv_mmuext_once(v, MMUEXT_UNPIN_TABLE, m, 0);

	if (!pinned)
		cr_assert_eq(rc, -EINVAL);
	unpins += rc == 0;
	stops += rc == -ERESTART;
}

static void step_root(struct guest *g, struct vcpu *v)
{
	bool user = rnd(2);
	mfn_t m = user && !rnd(4) ? mfn(0) : page_of_role(g, 4);
	long rc = pv_mmuext_once(
		v, user ? MMUEXT_NEW_USER_BASEPTR : MMUEXT_NEW_BASEPTR, m, 0);

	roots += rc == 0;
	stops += rc == -ERESTART;
}

static void step_descriptors(struct guest *g, struct vcpu *v)
{
	uint64_t frames[2] = {g->page[rnd(PAGES)].n, g->page[rnd(PAGES)].n};

	(void)!gdt_set(v, frames, rnd(1025));
}

static void step_other(struct guest *g, struct vcpu *v)
{
	mfn_t a = g->page[rnd(PAGES)], b = g->page[rnd(PAGES)];
	uint64_t va = WORLD_VA + rnd(8) * PAGE_SIZE;

	switch (rnd(4)) {
	case 0:
		(void)!pv_mmuext_once(v, MMUEXT_CLEAR_PAGE, a, 0);
		break;
	case 1:
		(void)!pv_mmuext_once(v, MMUEXT_COPY_PAGE, a, b.n);
		break;
	case 2:
		(void)!frame_forget_type(frame_of(a));
		break;
	default: {
		uint64_t args[6] = {va, random_entry(g, 1), UVMF_INVLPG};

		(void)!hypercall_update_va_mapping(v, args);
		break;
	}
	}
}

static void step(unsigned int n)
{
	struct guest *g = &guests[rnd(DOMAINS)];
	struct vcpu *v = g->d->vcpu[rnd(2)];

	fake_preempt_in = rnd(2) ? 0 : 1 + rnd(3);
	if (v->demote_pending) {
		later++;
		/* It comes to nothing else before this is done. */
		if (!demote_pending_finish(v)) {
			pv_check("step %u: still waiting", n);
			return;
		}
		pv_check("step %u: done with what waited", n);
	}
	switch (rnd(16)) {
	case 0 ... 2:
		step_pin(g, v);
		break;
	case 3 ... 4:
		step_unpin(g, v);
		break;
	case 5 ... 6:
		step_root(g, v);
		break;
	case 7:
		step_descriptors(g, v);
		break;
	case 8:
		step_other(g, v);
		break;
	default:
		step_update(g, v);
		break;
	}
	fake_preempt_in = 0;
	pv_check("seed %#x, step %u", seed, n);
}

/* A table that makes sense now and then, so that deep trees are promoted. */
static void sow(struct guest *g)
{
	unsigned int i, k;

	for (i = 0; i < PAGES; i++) {
		uint64_t w = frame_load(frame_of(g->page[i]));

		if (!role(i) || frame_word_tcnt(w) ||
		    frame_of(g->page[i])->progress)
			continue;
		memset(mfn_to_virt(g->page[i]), 0, PAGE_SIZE);
		for (k = 0; k < SLOTS; k++)
			if (rnd(2))
				*pv_slot(g->page[i], slots[k]) =
					pv_entry(page_of_role(g, role(i) - 1),
						 rnd(2) ? PV_RW : PV_RO);
	}
}

ParameterizedTestParameters(table_model,
			    the_frame_table_is_true_after_each_step)
{
	static unsigned int seeds[] = {0x351, 0x9c71, 0x20021, 0x77, 0x4d5};

	return cr_make_param_array(unsigned int, seeds, ARRAY_SIZE(seeds));
}

ParameterizedTest(unsigned int *from, table_model,
		  the_frame_table_is_true_after_each_step)
{
	uint64_t before;
	unsigned int i, k, n;

	seed = *from;
	world_init();
	before = page_free_count();
	for (i = 0; i < DOMAINS; i++) {
		guests[i].d = world_domain((domid_t)(WORLD_ONE + i), 2, NULL);
		for (k = 0; k < PAGES; k++)
			guests[i].page[k] = world_page(guests[i].d);
	}
	pv_check("at first");
	for (n = 0; n < STEPS; n++) {
		if (n % 50 == 0)
			sow(&guests[n / 50 % DOMAINS]);
		step(n);
	}
	cr_assert_gt(pins, 20);
	cr_assert_gt(unpins, 10);
	cr_assert_gt(updates, 50);
	cr_assert_gt(dataw, 20);
	cr_assert_gt(roots, 5);
	cr_assert_gt(stops, 20);
	cr_assert_gt(later, 0);
	for (i = 0; i < DOMAINS; i++)
		world_end(guests[i].d);
	cr_assert_leq(before - page_free_count(), 1, "%lu pages are lost",
		      before - page_free_count());
}

/* All that a domain did can be undone by itself, down to plain pages. */
Test(table_model, counts_return_to_zero_when_all_is_unpinned)
{
	struct guest *g = &guests[0];
	unsigned int i, n;

	seed = 0x6f31;
	world_init();
	guests[0].d = guests[1].d = world_domain(WORLD_ONE, 2, NULL);
	for (i = 0; i < PAGES; i++)
		guests[0].page[i] = guests[1].page[i] = world_page(g->d);
	for (n = 0; n < 60; n++) {
		sow(g);
		for (i = 0; i < 40; i++) {
			fake_preempt_in = rnd(2) ? 0 : 1 + rnd(6);
			step_pin(g, g->d->vcpu[rnd(2)]);
		}
		fake_preempt_in = 0;
		pv_check("round %u", n);
		for (i = 0; i < PAGES; i++) {
			if (frame_load(frame_of(g->page[i])) & FRAME_PINNED)
				cr_assert_eq(
					pv_unpin(g->d->vcpu[0], g->page[i]), 0);
			while (frame_forget_type(frame_of(g->page[i])))
				;
		}
		/* Those forgotten may have been held by later ones. */
		for (i = 0; i < PAGES; i++)
			while (frame_forget_type(frame_of(g->page[i])))
				;
		for (i = 0; i < PAGES; i++) {
			cr_assert_eq(world_refs(g->page[i]), 0);
			cr_assert_eq(world_types(g->page[i]), 0);
		}
	}
	cr_assert_gt(pins, 200);
}
