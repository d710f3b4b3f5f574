/* SPDX-License-Identifier: MIT */
/*
 * The buddy allocator: alignment, joining, limits, refused mistakes; and a
 * long random run against a plain map of frames, with all invariants checked.
 * The links stand inside a larger struct, as in the frame table.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "lib/errno.h"
#include "mm/extent.h"

/* An odd stride on purpose: 20 bytes. */
struct fake_frame {
	uint32_t before;
	struct buddy_link link;
	uint32_t after[2];
};

#define FRAMES 6007 /* odd, and no power of two */

static struct fake_frame frames[FRAMES];
static struct buddy b;

static void setup(void)
{
	memset(frames, 0, sizeof(frames));
	cr_assert_eq(buddy_init(&b, &frames[0].link, sizeof(frames[0]), FRAMES),
		     0);
}

TestSuite(mm_extent, .init = setup);

Test(mm_extent, everything_is_allocated_at_first)
{
	cr_assert_eq(b.free_pages, 0);
	cr_assert_eq(buddy_alloc(&b, 0, BUDDY_ANY), BUDDY_NONE);
	cr_assert(!buddy_is_free(&b, 0));
	cr_assert(buddy_check(&b));
}

Test(mm_extent, bad_parameters_are_refused)
{
	struct buddy other;

	cr_assert_eq(buddy_init(&other, frames, 4, 10), -EINVAL);
	cr_assert_eq(buddy_init(&other, frames, 10, 10), -EINVAL);
	cr_assert_eq(
		buddy_init(&other, frames, 8, UINT64_C(1) << BUDDY_MFN_BITS),
		-EINVAL);
	cr_assert_eq(buddy_free(&b, 1, 1), -EINVAL);
	cr_assert_eq(buddy_free(&b, 0, BUDDY_ORDER_MAX + 1), -EINVAL);
	cr_assert_eq(buddy_free(&b, FRAMES, 0), -EINVAL);
	cr_assert_eq(buddy_free(&b, 4096, 11), -EINVAL, "6144 > 6007");
	cr_assert_eq(buddy_free(&b, BUDDY_NONE, 0), -EINVAL);
	cr_assert_eq(buddy_free_range(&b, 5, 4), -EINVAL);
	cr_assert_eq(buddy_free_range(&b, 0, FRAMES + 1), -EINVAL);
	cr_assert_eq(buddy_alloc(&b, BUDDY_ORDER_MAX + 1, BUDDY_ANY),
		     BUDDY_NONE);
	cr_assert_eq(b.free_pages, 0);
	cr_assert(buddy_check(&b));
}

Test(mm_extent, buddies_join_until_nothing_is_left_to_join)
{
	/* In an order in which the joins cascade at the end. */
	static const unsigned int order[] = {0, 2, 4, 6, 1, 5, 3, 7};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		cr_assert_eq(buddy_free(&b, 64 + order[i], 0), 0);
		cr_assert(buddy_check(&b));
	}
	cr_assert_eq(b.free_blocks[3], 1);
	cr_assert_eq(b.free_pages, 8);
	cr_assert_eq(buddy_alloc(&b, 3, BUDDY_ANY), 64);
}

Test(mm_extent, neighbours_that_are_no_buddies_do_not_join)
{
	cr_assert_eq(buddy_free(&b, 1, 0), 0);
	cr_assert_eq(buddy_free(&b, 2, 0), 0);
	cr_assert_eq(b.free_blocks[0], 2);
	cr_assert_eq(buddy_alloc(&b, 1, BUDDY_ANY), BUDDY_NONE);
}

Test(mm_extent, a_range_is_freed_in_the_largest_blocks)
{
	cr_assert_eq(buddy_free_range(&b, 3, 1027), 0);
	cr_assert_eq(b.free_pages, 1024);
	cr_assert_eq(b.free_blocks[9], 1, "512..1023");
	cr_assert_eq(b.free_blocks[0], 2, "3 and 1026");
	cr_assert(buddy_check(&b));
	cr_assert_eq(buddy_free_range(&b, 7, 7), 0);
	cr_assert_eq(b.free_pages, 1024);
}

Test(mm_extent, double_frees_are_refused_and_change_nothing)
{
	struct buddy before;

	cr_assert_eq(buddy_free(&b, 512, 9), 0);
	before = b;
	cr_assert_eq(buddy_free(&b, 512, 9), -EEXIST, "the block itself");
	cr_assert_eq(buddy_free(&b, 512, 0), -EEXIST, "its first frame");
	cr_assert_eq(buddy_free(&b, 700, 0), -EEXIST, "a frame inside");
	cr_assert_eq(buddy_free(&b, 768, 8), -EEXIST, "its upper half");
	cr_assert_eq(buddy_free(&b, 0, 10), -EEXIST, "a block around it");
	cr_assert_eq(memcmp(&before, &b, sizeof(b)), 0);
	cr_assert(buddy_check(&b));
}

Test(mm_extent, requests_without_a_limit_take_high_frames_first)
{
	uint64_t first;

	cr_assert_eq(buddy_free_range(&b, 0, FRAMES), 0);
	first = buddy_alloc(&b, 0, BUDDY_ANY);
	cr_assert_geq(first, 4096);
	/* Low frames go last. */
	for (int i = 0; i < FRAMES - 4096 - 1; i++)
		cr_assert_geq(buddy_alloc(&b, 0, BUDDY_ANY), 4096);
	cr_assert_lt(buddy_alloc(&b, 0, BUDDY_ANY), 4096);
	cr_assert(buddy_check(&b));
}

Test(mm_extent, limits_are_honoured_to_the_frame)
{
	for (uint64_t limit = 1; limit < 70; limit++) {
		for (unsigned int order = 0; order < 7; order++) {
			uint64_t count = UINT64_C(1) << order, taken = 0, mfn;

			setup();
			cr_assert_eq(buddy_free_range(&b, 0, 100), 0);
			while ((mfn = buddy_alloc(&b, order, limit)) !=
			       BUDDY_NONE) {
				cr_assert_leq(mfn + count, limit);
				cr_assert_eq(mfn % count, 0);
				taken++;
			}
			cr_assert_eq(taken, limit / count, "%lu below %lu",
				     (unsigned long)count,
				     (unsigned long)limit);
			cr_assert(buddy_check(&b));
		}
	}
}

Test(mm_extent, a_low_limit_reaches_into_the_block_at_frame_zero)
{
	cr_assert_eq(buddy_free(&b, 0, 12), 0);
	cr_assert_eq(buddy_alloc(&b, 2, 7), 0);
	cr_assert_eq(buddy_alloc(&b, 0, 5), 4);
	cr_assert_eq(buddy_alloc(&b, 0, 5), BUDDY_NONE);
	cr_assert_eq(b.free_pages, 4096 - 5);
	cr_assert(buddy_check(&b));
}

Test(mm_extent, a_chosen_block_can_be_taken_out)
{
	cr_assert_eq(buddy_free(&b, 1024, 10), 0);
	cr_assert_eq(buddy_take(&b, 1536, 3), 0);
	cr_assert(!buddy_is_free(&b, 1536) && !buddy_is_free(&b, 1543));
	cr_assert(buddy_is_free(&b, 1535) && buddy_is_free(&b, 1544));
	cr_assert_eq(b.free_pages, 1024 - 8);
	cr_assert_eq(buddy_take(&b, 1540, 0), -EBUSY);
	cr_assert_eq(buddy_take(&b, 1024, 10), -EBUSY, "a part is taken");
	cr_assert_eq(buddy_take(&b, 1025, 1), -EINVAL);
	cr_assert(buddy_check(&b));
	cr_assert_eq(buddy_free(&b, 1536, 3), 0);
	cr_assert_eq(b.free_blocks[10], 1);
}

Test(mm_extent, links_of_allocated_frames_are_their_users)
{
	uint64_t mfn;

	cr_assert_eq(buddy_free(&b, 16, 4), 0);
	mfn = buddy_alloc(&b, 3, BUDDY_ANY);
	cr_assert_eq(frames[mfn].link.next | frames[mfn].link.prev, 0);
	/* What page lists hold: neighbours, and ~0 at the ends. */
	for (uint64_t i = 0; i < 8; i++)
		frames[mfn + i].link = (struct buddy_link){
			i % 2 ? ~UINT32_C(0) : (uint32_t)mfn,
			i % 3 ? ~UINT32_C(0) : (1u << BUDDY_MFN_BITS) - 1,
		};
	cr_assert(buddy_check(&b));
	for (uint64_t i = 0; i < 8; i++)
		cr_assert(!buddy_is_free(&b, mfn + i));
	for (uint64_t i = 0; i < 8; i++)
		cr_assert_eq(buddy_free(&b, mfn + i, 0), 0);
	cr_assert_eq(b.free_blocks[4], 1);
	/* The neighbours in the struct were never touched. */
	for (int i = 0; i < FRAMES; i++)
		cr_assert(!frames[i].before && !frames[i].after[0] &&
			  !frames[i].after[1]);
}

Test(mm_extent, the_largest_order_joins_no_further)
{
	uint64_t count = UINT64_C(3) << BUDDY_ORDER_MAX;
	struct buddy_link *links = calloc(count, sizeof(*links));

	cr_assert_not_null(links);
	cr_assert_eq(buddy_init(&b, links, sizeof(*links), count), 0);
	cr_assert_eq(buddy_free_range(&b, 0, count), 0);
	cr_assert_eq(b.free_blocks[BUDDY_ORDER_MAX], 3);
	cr_assert(buddy_check(&b));
	cr_assert_eq(buddy_alloc(&b, BUDDY_ORDER_MAX, BUDDY_ANY),
		     UINT64_C(2) << BUDDY_ORDER_MAX);
	cr_assert_eq(buddy_alloc(&b, BUDDY_ORDER_MAX,
				 UINT64_C(1) << BUDDY_ORDER_MAX),
		     0);
	cr_assert_eq(buddy_alloc(&b, 0, UINT64_C(1) << BUDDY_ORDER_MAX),
		     BUDDY_NONE);
	cr_assert_eq(b.free_pages, UINT64_C(1) << BUDDY_ORDER_MAX);
	cr_assert(buddy_check(&b));
	free(links);
}

/* One allocation that the random run holds. */
struct held {
	uint64_t mfn;
	unsigned int order;
};

static void occupy(bool *used, uint64_t mfn, unsigned int order, bool value)
{
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++) {
		cr_assert_neq(used[mfn + i], value, "frame %lu given twice",
			      (unsigned long)(mfn + i));
		used[mfn + i] = value;
	}
}

/* Could a block be had at all? By the plain map. */
static bool possible(const bool *used, unsigned int order, uint64_t limit)
{
	uint64_t count = UINT64_C(1) << order;

	for (uint64_t mfn = 0; mfn + count <= MIN(limit, (uint64_t)FRAMES);
	     mfn += count) {
		uint64_t i = 0;

		while (i < count && !used[mfn + i])
			i++;
		if (i == count)
			return true;
	}
	return false;
}

Test(mm_extent, a_long_random_run_keeps_all_invariants)
{
	static bool used[FRAMES];
	static struct held held[FRAMES];
	size_t count = 0, used_pages = 0;

	cr_assert_eq(buddy_free_range(&b, 0, FRAMES), 0);
	srand(7);
	for (int round = 0; round < 30000; round++) {
		if (rand() % 100 < (round / 3000 % 2 ? 45 : 60)) {
			unsigned int order = (unsigned int)(rand() % 9);
			uint64_t limit = rand() % 3 == 0
						 ? (uint64_t)rand() % 7000
						 : BUDDY_ANY;
			uint64_t mfn = buddy_alloc(&b, order, limit);

			if (mfn == BUDDY_NONE) {
				cr_assert(!possible(used, order, limit));
				continue;
			}
			cr_assert_leq(mfn + (UINT64_C(1) << order),
				      MIN(limit, (uint64_t)FRAMES));
			cr_assert_eq(mfn & ((UINT64_C(1) << order) - 1), 0);
			occupy(used, mfn, order, true);
			used_pages += (size_t)1 << order;
			held[count++] = (struct held){mfn, order};
		} else if (count > 0) {
			size_t i = (size_t)rand() % count;
			struct held h = held[i];

			held[i] = held[--count];
			occupy(used, h.mfn, h.order, false);
			used_pages -= (size_t)1 << h.order;
			cr_assert_eq(buddy_free(&b, h.mfn, h.order), 0);
		}
		cr_assert_eq(b.free_pages, FRAMES - used_pages);
		if (round % 97 == 0)
			cr_assert(buddy_check(&b), "round %d", round);
	}
	while (count > 0) {
		count--;
		cr_assert_eq(buddy_free(&b, held[count].mfn, held[count].order),
			     0);
	}
	cr_assert_eq(b.free_pages, FRAMES);
	cr_assert_eq(b.free_blocks[12], 1, "all joined again");
	cr_assert(buddy_check(&b));
}
