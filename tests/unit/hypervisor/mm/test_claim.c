/* SPDX-License-Identifier: MIT */
/*
 * Claims: frames promised to one domain are out of all others' reach, until
 * it has them, gives the claim up or dies; and nobody's memory comes out of
 * what the hypervisor keeps for itself.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include "domain/info.h"
#include "domain/lifecycle.h"
#include "fake/frames.h"
#include "fake/heap.h"
#include "fake/world.h"
#include "mm/alloc.h"

static struct domain *one, *two;

static void setup(void)
{
	world_init();
	one = world_domain(WORLD_ONE, 1, NULL);
	two = world_domain(WORLD_TWO, 1, NULL);
}

TestSuite(claim, .init = setup);

/* What is anybody's. */
static uint64_t open_pages(void)
{
	return page_free_count() - claim_total() - HEAP_KEEP_PAGES;
}

/* As memory_op does it: a frame for d, or none. */
static bool grow(struct domain *d)
{
	mfn_t m = page_alloc_for(&d->claim, 0, ADDR_ANY);

	if (mfn_eq(m, MFN_NONE))
		return false;
	cr_assert_eq(frame_assign(d, m, 0), 0);
	return true;
}

static uint64_t grow_all(struct domain *d)
{
	uint64_t n = 0;

	while (grow(d))
		n++;
	return n;
}

Test(claim, of_two_that_need_the_last_frames_one_gets_all)
{
	uint64_t all = open_pages();

	cr_assert_eq(frame_claim(one, one->page_count + all), 0);
	cr_assert_eq(claim_total(), all);
	cr_assert_eq(frame_claim(two, two->page_count + 1), -ENOMEM);
	cr_assert_eq(two->claim, 0);
	cr_assert_not(grow(two));
	cr_assert_eq(grow_all(one), all);
	cr_assert_eq(claim_total(), 0);
	cr_assert_eq(page_free_count(), HEAP_KEEP_PAGES);
}

Test(claim, one_frame_more_than_there_is_is_refused)
{
	cr_assert_eq(frame_claim(one, one->page_count + open_pages() + 1),
		     -ENOMEM);
	cr_assert_eq(frame_claim(one, ~0ull), -ENOMEM);
	cr_assert_eq(claim_total(), 0);
	cr_assert_eq(frame_claim(one, one->page_count + open_pages()), 0);
}

Test(claim, what_the_domain_has_already_is_not_claimed_again)
{
	uint64_t had = one->page_count;

	cr_assert_gt(had, 0);
	cr_assert_eq(frame_claim(one, had), -EINVAL);
	cr_assert_eq(frame_claim(one, had - 1), -EINVAL);
	cr_assert_eq(frame_claim(one, had + 7), 0);
	cr_assert_eq(one->claim, 7);
}

Test(claim, a_domain_has_one_and_ends_it_by_zero)
{
	uint64_t had = one->page_count;

	cr_assert_eq(frame_claim(one, had + 7), 0);
	cr_assert_eq(frame_claim(one, had + 8), -EINVAL);
	cr_assert_eq(one->claim, 7);
	cr_assert_eq(frame_claim(one, 0), 0);
	cr_assert_eq(claim_total(), 0);
	cr_assert_eq(frame_claim(one, 0), 0);
	cr_assert_eq(frame_claim(one, had + 8), 0);
}

Test(claim, the_domains_limit_holds)
{
	one->page_max = one->page_count + 5;
	cr_assert_eq(frame_claim(one, one->page_max + 1), -EINVAL);
	cr_assert_eq(frame_claim(one, one->page_max), 0);
}

Test(claim, it_shrinks_as_the_frames_come_and_then_is_no_more)
{
	uint64_t other = open_pages() - 10;
	unsigned int i;

	cr_assert_eq(frame_claim(one, one->page_count + 10), 0);
	cr_assert_eq(frame_claim(two, two->page_count + other), 0);
	for (i = 10; i-- > 0;) {
		cr_assert(grow(one));
		cr_assert_eq(one->claim, i);
		cr_assert_eq(claim_total(), other + i);
	}
	cr_assert_not(grow(one), "from the other's claim");
}

Test(claim, frames_beyond_the_claim_are_anybodys)
{
	uint64_t all = open_pages();

	cr_assert_eq(frame_claim(one, one->page_count + 10), 0);
	cr_assert_eq(grow_all(one), all);
}

Test(claim, a_frame_given_back_is_not_promised_again)
{
	cr_assert(grow(one));
	cr_assert_eq(frame_claim(one, one->page_count + 3), 0);
	cr_assert_eq(frame_unassign(one, frame_of(mfn(one->page_head))), 0);
	cr_assert_eq(one->claim, 3);
}

Test(claim, an_exchange_uses_nothing_of_it)
{
	mfn_t m = page_alloc(0, ADDR_ANY);

	cr_assert_eq(frame_claim(one, one->page_count + 3), 0);
	cr_assert_eq(frame_assign_exchanged(one, m, 0), 0);
	cr_assert_eq(one->claim, 3);
	cr_assert_eq(claim_total(), 3);
}

Test(claim, an_extent_that_does_not_fit_takes_nothing)
{
	uint64_t all = open_pages();

	cr_assert_eq(frame_claim(two, two->page_count + all - 7), 0);
	cr_assert(mfn_eq(page_alloc_for(&one->claim, 3, ADDR_ANY), MFN_NONE));
	cr_assert_eq(open_pages(), 7);
	cr_assert(!mfn_eq(page_alloc_for(&one->claim, 2, ADDR_ANY), MFN_NONE));
}

Test(claim, the_hypervisor_may_use_what_it_keeps_but_no_claim)
{
	uint64_t all = open_pages(), i;

	cr_assert_eq(frame_claim(one, one->page_count + all), 0);
	for (i = 0; i < HEAP_KEEP_PAGES; i++)
		cr_assert_not_null(hv_page_alloc(0), "page %lu", i);
	cr_assert_null(hv_page_alloc(0));
	cr_assert(mfn_eq(page_alloc(0, ADDR_ANY), MFN_NONE));
	cr_assert_eq(grow_all(one), all, "the promise is kept");
	cr_assert_eq(page_free_count(), 0);
}

/* Nothing is anybody's then, and no number may wrap. */
Test(claim, with_the_kept_pages_in_use_nothing_can_be_claimed)
{
	while (page_free_count() > HEAP_KEEP_PAGES - 9)
		cr_assert_not_null(hv_page_alloc(0));
	cr_assert_eq(frame_claim(one, one->page_count + 1), -ENOMEM);
	cr_assert_not(grow(one));
}

Test(claim, a_dying_domain_loses_it_and_gets_no_other)
{
	struct xen_domctl_getdomaininfo info;

	cr_assert_eq(frame_claim(one, one->page_count + 20), 0);
	domain_info_fill(one, &info);
	cr_assert_eq(info.outstanding_pages, 20);
	domain_get(one);
	world_end(one);
	cr_assert_eq(claim_total(), 0);
	cr_assert_eq(one->claim, 0);
	cr_assert_eq(frame_claim(one, one->page_count + 1), -EINVAL);
	cr_assert_eq(frame_claim(one, 0), 0);
	domain_put(one);
}
