/* SPDX-License-Identifier: MIT */
/*
 * Pages and small objects: clean when they are handed out, out of every TLB
 * by then, and all there again when they came back.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "fake/frames.h"
#include "fake/machine.h"
#include "mm/alloc.h"
#include "mm/frame.h"
#include "mm/heap.h"

TestSuite(alloc, .init = fake_frames_init);

static bool is_zero(const void *p, size_t bytes)
{
	const unsigned char *c = p;

	while (bytes--)
		if (*c++)
			return false;
	return true;
}

Test(alloc, all_ram_is_free_at_first)
{
	cr_assert_eq(page_total_count(), FAKE_RAM_END - FAKE_RAM_FIRST);
	cr_assert_eq(page_free_count(), page_total_count());
}

/* XSA-100: nothing of whoever had it before is to be seen. */
Test(alloc, what_somebody_had_is_cleared_before_another_gets_it)
{
	unsigned int order;

	for (order = 0; order < 6; order++) {
		size_t bytes = PAGE_SIZE << order;
		char *p = hv_page_alloc(order);
		char *q;

		cr_assert(is_zero(p, bytes));
		memset(p, 0x5a, bytes);
		hv_page_free(p, order);
		q = hv_page_alloc(order);
		cr_assert_eq(p, q);
		cr_assert(is_zero(q, bytes), "order %u", order);
		hv_page_free(q, order);
	}
}

Test(alloc, idle_scrubbing_finds_all_that_is_dirty_and_only_free_pages)
{
	mfn_t held = page_alloc(0, ADDR_ANY), freed = page_alloc(0, ADDR_ANY);
	unsigned int i;

	memset(mfn_to_virt(held), 0x11, PAGE_SIZE);
	frame_of(held)->dirty = 1;
	memset(mfn_to_virt(freed), 0x22, PAGE_SIZE);
	page_free(freed, 0);
	for (i = 0; i < 20; i++)
		(void)heap_scrub_some(1000);
	cr_assert_not(frame_of(freed)->dirty);
	cr_assert(is_zero(mfn_to_virt(freed), PAGE_SIZE));
	cr_assert_eq(*(char *)mfn_to_virt(held), 0x11);
	cr_assert_not(heap_scrub_some(1), "there is nothing left to do");
}

Test(alloc, a_page_that_was_freed_since_the_last_flush_is_flushed)
{
	mfn_t m;
	unsigned int flushes;

	fake_tlb_flushes = 100;
	m = page_alloc(0, ADDR_ANY);
	page_free(m, 0);
	flushes = fake_tlb_flushes;
	m = page_alloc(0, ADDR_ANY);
	cr_assert_eq(fake_tlb_flushes, flushes + 1);
	page_free(m, 0);
	fake_tlb_flushes++; /* somebody else's flush */
	flushes = fake_tlb_flushes;
	m = page_alloc(0, ADDR_ANY);
	cr_assert_eq(fake_tlb_flushes, flushes);
}

struct width {
	unsigned int bits;
	bool found;
};

ParameterizedTestParameters(alloc, addresses_are_as_low_as_was_asked)
{
	static struct width rows[] = {
		{0, false}, {12, false}, {13, false}, {24, false}, {25, true},
		{26, true}, {32, true},	 {51, true},  {52, true},  {64, true},
	};

	return cr_make_param_array(struct width, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct width *row, alloc, addresses_are_as_low_as_was_asked)
{
	mfn_t m = page_alloc(1, row->bits);

	cr_assert_eq(!mfn_eq(m, MFN_NONE), row->found);
	if (row->found && row->bits < 52)
		cr_assert_leq(mfn_to_maddr(mfn_add(m, 2)).a, 1ull << row->bits);
}

Test(alloc, orders_beyond_the_largest_are_refused)
{
	cr_assert(mfn_eq(page_alloc(19, ADDR_ANY), MFN_NONE));
	cr_assert(mfn_eq(page_alloc(64, ADDR_ANY), MFN_NONE));
	cr_assert_null(hv_page_alloc(40));
}

Test(alloc, when_all_is_given_out_there_is_none_and_all_comes_back)
{
	uint64_t total = page_total_count(), n;
	mfn_t *m = malloc(total * sizeof(*m));

	for (n = 0; n < total; n++) {
		m[n] = page_alloc(0, ADDR_ANY);
		cr_assert_not(mfn_eq(m[n], MFN_NONE));
	}
	cr_assert(mfn_eq(page_alloc(0, ADDR_ANY), MFN_NONE));
	cr_assert_null(hv_alloc(100));
	cr_assert_null(hv_page_alloc(0));
	while (n--)
		page_free(m[n], 0);
	cr_assert_eq(page_free_count(), total);
	free(m);
}

Test(alloc, frames_of_the_hypervisor_are_neither_ram_nor_devices)
{
	heap_reserve(0x100, 0x110);
	cr_assert(mfn_is_ours(mfn(0x10f)));
	cr_assert_not(mfn_is_ram(mfn(0x10f)));
	cr_assert_not(mfn_is_ours(mfn(0x110)));
	heap_reserve(FAKE_MAX_MFN - 1, FAKE_MAX_MFN + 100);
	cr_assert(mfn_is_ours(mfn(FAKE_MAX_MFN - 1)));
	cr_assert_not(mfn_is_ours(mfn(FAKE_MAX_MFN)));
}

Test(alloc, freeing_twice_stops_the_machine, .signal = SIGABRT)
{
	mfn_t m = page_alloc(0, ADDR_ANY);

	page_free(m, 0);
	page_free(m, 0);
}

Test(alloc, small_objects_are_zero_apart_and_leave_nothing_behind)
{
	static const size_t sizes[] = {1,   31,	  32,	33,   64,   100,  255,
				       513, 1024, 2047, 2048, 2049, 4095, 4096};
	enum { COUNT = 400 };
	static struct {
		unsigned char *p;
		size_t bytes;
	} o[COUNT];
	uint64_t before = page_free_count();
	unsigned int round, i;

	srand(0x351);
	for (round = 0; round < 20000; round++) {
		size_t k;

		i = (unsigned int)rand() % COUNT;
		if (o[i].p) {
			for (k = 0; k < o[i].bytes; k++)
				cr_assert_eq(o[i].p[k], (i & 0x7f) + 1);
			hv_free(o[i].p, o[i].bytes);
			o[i].p = NULL;
			continue;
		}
		o[i].bytes = sizes[(unsigned int)rand() % ARRAY_SIZE(sizes)];
		o[i].p = hv_alloc(o[i].bytes);
		cr_assert_not_null(o[i].p);
		cr_assert(is_zero(o[i].p, o[i].bytes));
		cr_assert_leq(((uintptr_t)o[i].p & 4095) + o[i].bytes, 4096,
			      "across a page");
		memset(o[i].p, (i & 0x7f) + 1, o[i].bytes);
	}
	for (i = 0; i < COUNT; i++)
		if (o[i].p)
			hv_free(o[i].p, o[i].bytes);
	cr_assert_eq(page_free_count(), before);
}

Test(alloc, an_object_of_more_than_a_page_is_refused)
{
	cr_assert_null(hv_alloc(4097));
	cr_assert_null(hv_alloc(~(size_t)0 >> 2));
	hv_free(NULL, 100);
	hv_page_free(NULL, 0);
}
