/* SPDX-License-Identifier: MIT */
/*
 * The word of a frame: who may take a reference, what a type excludes, where
 * counts end, and whose list a frame is on.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <signal.h>
#include "fake/frames.h"
#include "fake/machine.h"
#include "fake/world.h"
#include "mm/alloc.h"
#include "mm/m2p.h"

static struct domain *one, *two;
static mfn_t page;
static struct frame *f;

static void setup(void)
{
	world_init();
	one = world_domain(WORLD_ONE, 1, NULL);
	two = world_domain(WORLD_TWO, 1, NULL);
	page = world_page(one);
	f = frame_of(page);
}

TestSuite(frame, .init = setup);

static uint32_t refs(void)
{
	return frame_word_refs(frame_load(f));
}

static uint32_t types(void)
{
	return frame_word_tcnt(frame_load(f));
}

Test(frame, only_the_owner_gets_a_reference)
{
	cr_assert_null(frame_get(page, two));
	cr_assert_eq(refs(), 1);
	cr_assert_eq(frame_get(page, one), f);
	cr_assert_eq(refs(), 2);
	frame_put(f);
	cr_assert_eq(refs(), 1);
}

Test(frame, a_reference_whoever_the_owner_says_who_it_is)
{
	struct domain *owner = NULL;

	cr_assert_eq(frame_get_any(page, &owner), f);
	cr_assert_eq(owner, one);
	frame_put(f);
}

struct no_frame {
	uint64_t n;
};

ParameterizedTestParameters(frame, what_is_not_ours_to_manage_is_refused)
{
	static struct no_frame rows[] = {
		{0},
		{FAKE_RAM_FIRST - 1},
		{FAKE_RAM_END},
		{FAKE_MAX_MFN},
		{1ull << 40},
		{~0ull},
		{~0ull >> 12},
	};

	return cr_make_param_array(struct no_frame, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct no_frame *row, frame,
		  what_is_not_ours_to_manage_is_refused)
{
	struct domain *owner;

	cr_assert_not(mfn_is_ram(mfn(row->n)));
	cr_assert_null(frame_get(mfn(row->n), one));
	cr_assert_null(frame_get_any(mfn(row->n), &owner));
	cr_assert_eq(frame_get_writable(mfn(row->n), one), -EINVAL);
	m2p_set(mfn(row->n), 5);
}

Test(frame, a_free_page_and_one_of_the_hypervisors_cannot_be_had)
{
	mfn_t m = page_alloc(0, ADDR_ANY);
	struct domain *owner;

	cr_assert_null(frame_get_any(m, &owner));
	cr_assert_neq(frame_get_writable(m, one), 0);
	page_free(m, 0);
	cr_assert_null(frame_get_any(m, &owner));
	cr_assert_neq(frame_get_writable(m, one), 0);
}

Test(frame, writable_counts_up_and_down_with_its_reference)
{
	cr_assert_eq(frame_get_writable(page, two), -EPERM);
	cr_assert_eq(frame_get_writable(page, one), 0);
	cr_assert_eq(frame_get_writable(page, one), 0);
	cr_assert_eq(refs(), 3);
	cr_assert_eq(types(), 2);
	cr_assert_eq(frame_word_type(frame_load(f)), FRAME_WRITABLE);
	frame_put_writable(f);
	frame_put_writable(f);
	cr_assert_eq(refs(), 1);
	cr_assert_eq(types(), 0);
}

Test(frame, counts_end_before_they_overflow)
{
	struct domain *owner;
	uint64_t w = frame_load(f);

	/* As if somebody had mapped it 2^26 - 18 times. */
	f->word = (w & ~FRAME_REF_MASK) | (FRAME_REF_MAX - 1);
	cr_assert_eq(frame_get(page, one), f);
	cr_assert_eq(refs(), FRAME_REF_MAX);
	cr_assert_null(frame_get(page, one));
	cr_assert_null(frame_get_any(page, &owner));
	cr_assert_eq(frame_get_writable(page, one), -EBUSY);
	cr_assert_eq(refs(), FRAME_REF_MAX);
	frame_put(f);
	cr_assert_eq(frame_get_writable(page, one), 0);
	cr_assert_eq(types(), 1);
	cr_assert_eq(refs(), FRAME_REF_MAX);
}

struct type_row {
	enum frame_type type;
	uint64_t flags;
	int types;
	int rc;
};

ParameterizedTestParameters(frame, a_type_in_use_excludes_writing)
{
	static struct type_row rows[] = {
		{FRAME_NONE, 0, 0, 0},
		{FRAME_WRITABLE, 0, 0, 0},
		{FRAME_WRITABLE, 0, 3, 0},
		{FRAME_L1, FRAME_VALIDATED, 1, -EINVAL},
		{FRAME_L2, FRAME_VALIDATED, 2, -EINVAL},
		{FRAME_L3, 0, 1, -EINVAL},
		{FRAME_L4, FRAME_VALIDATED, 1, -EINVAL},
		{FRAME_SEGDESC, FRAME_VALIDATED, 1, -EINVAL},
		/* A promotion is under way. */
		{FRAME_L1, FRAME_LOCKED, 0, -EINVAL},
		{FRAME_L4, FRAME_LOCKED, 0, -EINVAL},
		/* What it was last does not matter. */
		{FRAME_L1, 0, 0, 0},
		{FRAME_L4, 0, 0, 0},
		{FRAME_SEGDESC, 0, 0, 0},
	};

	return cr_make_param_array(struct type_row, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct type_row *row, frame, a_type_in_use_excludes_writing)
{
	uint64_t w = FRAME_ALLOCATED | row->flags | (1ull + row->types) |
		     (uint64_t)row->types << 26 |
		     (uint64_t)row->type << FRAME_TYPE_SHIFT;

	f->word = w;
	cr_assert_eq(frame_get_writable(page, one), row->rc);
	if (row->rc) {
		cr_assert_eq(frame_load(f), w, "a refusal changed the word");
		return;
	}
	cr_assert_eq(frame_word_type(frame_load(f)), FRAME_WRITABLE);
	cr_assert_eq(types(), (uint32_t)row->types + 1);
	cr_assert_not(frame_load(f) & FRAME_VALIDATED);
}

Test(frame, writing_waits_for_a_promotion_that_was_given_up)
{
	f->word = FRAME_ALLOCATED | 2 | (uint64_t)FRAME_L2 << FRAME_TYPE_SHIFT;
	f->progress = 7;
	cr_assert_eq(frame_get_writable(page, one), -ERESTART);
	cr_assert_eq(refs(), 2);
	f->progress = 0;
}

Test(frame, what_was_a_table_is_flushed_from_the_tlb_before_it_is_written)
{
	unsigned int flushes;

	f->word = FRAME_ALLOCATED | 1 | (uint64_t)FRAME_L1 << FRAME_TYPE_SHIFT;
	f->stamp = fake_tlb_flushes;
	flushes = fake_tlb_flushes;
	cr_assert_eq(frame_get_writable(page, one), 0);
	cr_assert_eq(fake_tlb_flushes, flushes + 1);
	/* Once is enough, and a page that was data needs none. */
	frame_put_writable(f);
	cr_assert_eq(frame_get_writable(page, one), 0);
	cr_assert_eq(fake_tlb_flushes, flushes + 1);
}

Test(frame, the_end_of_the_last_writable_mapping_is_remembered)
{
	cr_assert_eq(frame_get_writable(page, one), 0);
	cr_assert_eq(frame_get_writable(page, one), 0);
	fake_tlb_flushes = 77;
	frame_put_writable(f);
	cr_assert_neq(f->stamp, 77);
	frame_put_writable(f);
	cr_assert_eq(f->stamp, 77);
}

Test(frame, the_last_reference_frees_it)
{
	uint64_t had = page_free_count(), pages = one->page_count;
	uint32_t domain_refs = one->refs;

	m2p_set(page, 0x77);
	cr_assert_eq(frame_get(page, one), f);
	cr_assert_eq(frame_unassign(one, f), 0);
	cr_assert_eq(one->page_count, pages - 1);
	cr_assert_eq(page_free_count(), had, "a user still has it");
	cr_assert_eq(m2p_get(page), 0x77);
	cr_assert_null(frame_get(page, one), "it is on its way out");
	cr_assert_neq(frame_get_writable(page, one), 0);
	frame_put(f);
	cr_assert_eq(page_free_count(), had + 1);
	cr_assert_eq(m2p_get(page), M2P_INVALID);
	cr_assert_null(f->owner);
	cr_assert_eq(one->refs, domain_refs - 1);
}

Test(frame, a_writable_mapping_keeps_the_frame_of_a_domain_that_gave_it_back)
{
	uint64_t had = page_free_count();

	cr_assert_eq(frame_get_writable(page, one), 0);
	cr_assert_eq(frame_unassign(one, f), 0);
	cr_assert_eq(page_free_count(), had);
	frame_put_writable(f);
	cr_assert_eq(page_free_count(), had + 1);
}

Test(frame, only_an_allocated_frame_of_ones_own_can_be_given_back)
{
	cr_assert_eq(frame_unassign(two, f), -EINVAL);
	cr_assert_eq(frame_unassign(one, f), 0);
	cr_assert_eq(frame_unassign(one, f), -EINVAL);
}

Test(frame, a_pinned_frame_cannot_be_given_back_as_the_pin_would_be_lost)
{
	f->word |= FRAME_PINNED;
	cr_assert_eq(frame_unassign(one, f), -EBUSY);
	f->word &= ~FRAME_PINNED;
	cr_assert_eq(frame_unassign(one, f), 0);
}

Test(frame, a_promotion_that_was_given_up_must_be_undone_before_its_frame_goes)
{
	/* As it stands then: a reference of its own, and no type count. */
	f->word = (f->word | (uint64_t)FRAME_L2 << FRAME_TYPE_SHIFT) +
		  FRAME_REF_ONE;
	f->progress = 3;
	cr_assert_eq(frame_unassign(one, f), -EBUSY);
	cr_assert(f->word & FRAME_ALLOCATED);
	f->progress = 0;
	f->word -= FRAME_REF_ONE;
	cr_assert_eq(frame_unassign(one, f), 0);
}

static void unlock_frame(void)
{
	f->word &= ~FRAME_LOCKED;
	fake_wait_hook = NULL;
}

Test(frame, a_frame_that_is_being_promoted_is_waited_for)
{
	f->word |= FRAME_LOCKED;
	fake_wait_hook = unlock_frame;
	cr_assert_eq(frame_unassign(one, f), 0);
	cr_assert_null(fake_wait_hook);
}

Test(frame, nobody_but_domain_kill_takes_pages_of_a_dying_domain)
{
	cr_assert_eq(frame_unassign_dying(one, f), -EINVAL);
	one->life = DOMAIN_DYING;
	cr_assert_eq(frame_unassign(one, f), -EINVAL);
	cr_assert_eq(frame_unassign_dying(one, f), 0);
	one->life = DOMAIN_ALIVE;
}

Test(frame, one_that_was_given_back_can_be_ones_again)
{
	uint64_t had = page_free_count(), pages = one->page_count;
	uint64_t word = f->word;

	cr_assert_eq(frame_get(page, one), f);
	cr_assert_eq(frame_unassign(one, f), 0);
	frame_assign_again(one, f);
	cr_assert_eq(f->word, word);
	cr_assert_eq(one->page_count, pages);
	/* Of a dying domain it goes. */
	cr_assert_eq(frame_get(page, one), f);
	cr_assert_eq(frame_unassign(one, f), 0);
	one->life = DOMAIN_DYING;
	frame_assign_again(one, f);
	one->life = DOMAIN_ALIVE;
	cr_assert_eq(page_free_count(), had + 1);
}

Test(frame, a_domain_gets_no_more_pages_than_it_may_have)
{
	mfn_t m = page_alloc(2, ADDR_ANY);
	uint64_t i, pages = one->page_count;

	one->page_max = pages + 3;
	cr_assert_eq(frame_assign(one, m, 2), -ENOMEM);
	cr_assert_eq(one->page_count, pages);
	one->page_max = pages + 4;
	cr_assert_eq(frame_assign(one, m, 2), 0);
	cr_assert_eq(one->page_count, pages + 4);
	/* In exchange for others the limit does not count. */
	one->page_max = 0;
	cr_assert_eq(frame_assign_exchanged(one, page_alloc(0, ADDR_ANY), 0),
		     0);
	for (i = 0; i < 4; i++)
		cr_assert_eq(frame_unassign(one, frame_of(mfn_add(m, i))), 0);
	cr_assert_eq(one->page_count, pages + 1);
}

Test(frame, a_dying_domain_gets_no_pages)
{
	mfn_t m = page_alloc(0, ADDR_ANY);

	one->life = DOMAIN_DYING;
	cr_assert_eq(frame_assign(one, m, 0), -ENOMEM);
	cr_assert_eq(frame_assign_exchanged(one, m, 0), -ENOMEM);
	one->life = DOMAIN_ALIVE;
	page_free(m, 0);
}

/* The list of one's pages, forward and backward, has page_count links. */
static void check_list(void)
{
	uint64_t count = 0;
	uint32_t n, prev = 0;

	for (n = one->page_head; n; n = frame_of(mfn(n))->next) {
		cr_assert_eq(frame_of(mfn(n))->prev, prev);
		cr_assert_eq(frame_of(mfn(n))->owner, one);
		prev = n;
		count++;
	}
	cr_assert_eq(count, one->page_count);
}

Test(frame, the_page_list_holds_together_whoever_leaves_it)
{
	mfn_t m = page_alloc(3, ADDR_ANY);
	static const unsigned int order[] = {3, 0, 7, 4, 5, 1, 6, 2};
	unsigned int i;

	cr_assert_eq(frame_assign(one, m, 3), 0);
	check_list();
	for (i = 0; i < 8; i++) {
		mfn_t leaves = mfn_add(m, order[i]);

		cr_assert_eq(frame_unassign(one, frame_of(leaves)), 0);
		check_list();
	}
}

Test(frame, a_shared_page_is_mapped_writable_but_outlives_its_mappings)
{
	uint64_t had = page_free_count();
	char *p = frame_alloc_shared(one);
	mfn_t m = virt_to_mfn(p);
	unsigned int i;

	cr_assert_not_null(p);
	for (i = 0; i < PAGE_SIZE; i++)
		cr_assert_eq(p[i], 0);
	cr_assert_eq(frame_get_writable(m, two), -EPERM);
	cr_assert_eq(frame_get_writable(m, one), 0);
	cr_assert_eq(frame_unassign(one, frame_of(m)), -EINVAL,
		     "it is not the guest's to give");
	frame_free_shared(p);
	cr_assert_eq(page_free_count(), had - 1, "still mapped");
	cr_assert_neq(frame_get_writable(m, one), 0, "mapped anew");
	frame_put_writable(frame_of(m));
	cr_assert_eq(page_free_count(), had);
}

Test(frame, dropping_what_is_not_held_stops_the_machine, .signal = SIGABRT)
{
	frame_put_writable(f);
}

Test(frame, dropping_a_reference_too_many_stops_the_machine, .signal = SIGABRT)
{
	f->word = FRAME_ALLOCATED;
	frame_put(f);
}
