/* SPDX-License-Identifier: MIT */
/*
 * claim-bad: claims on memory by who may not stake them, for domains that are
 * not there, of numbers that wrap, with fields that mean nothing. A claim
 * takes frames out of everybody's reach without a frame to show for it: one
 * that stuck by mistake would starve the machine. An ordinary guest is refused
 * whatever it asks; domain zero is refused nonsense. Afterwards nothing is
 * claimed: as many frames can be had as before.
 */
#include "guest.h"

#define FRAMES 16

static long claim(domid_t domid, uint64_t pages, uint32_t order, uint32_t flags,
		  uint64_t list)
{
	struct xen_memory_reservation r = {.extent_start = list,
					   .nr_extents = pages,
					   .extent_order = order,
					   .mem_flags = flags,
					   .domid = domid};

	return do_memory_op(XENMEM_claim_pages, &r);
}

/* Makes room below our limit: pages of ours go back. */
static void frames_give(void)
{
	static xen_pfn_t list[FRAMES];
	struct xen_memory_reservation r = {.extent_start = PTR(list),
					   .nr_extents = FRAMES,
					   .domid = DOMID_SELF};

	for (int i = 0; i < FRAMES; i++) {
		void *page = page_alloc();

		list[i] = mfn_of(page);
		require_rc(do_update_va(page, 0, UVMF_INVLPG), 0);
	}
	require_rc(do_memory_op(XENMEM_decrease_reservation, &r), FRAMES);
}

/* How many of FRAMES more we are given; they go back. */
static long frames_to_be_had(void)
{
	static xen_pfn_t list[FRAMES];
	struct xen_memory_reservation r = {.extent_start = PTR(list),
					   .nr_extents = FRAMES,
					   .domid = DOMID_SELF};
	long got = do_memory_op(XENMEM_increase_reservation, &r);

	require(got >= 0, "increase_reservation gave %ld", got);
	r.nr_extents = (uint64_t)got;
	if (got)
		require_rc(do_memory_op(XENMEM_decrease_reservation, &r), got);
	return got;
}

static void garbage(domid_t domid)
{
	static const uint64_t numbers[] = {1,	       1UL << 31, 1UL << 52,
					   1UL << 63,  ~0UL,	  ~0UL - 255,
					   ~0UL >> 12, ~0UL >> 1};
	static xen_pfn_t list[1];

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		expect_refused(claim(domid, numbers[i], 0, 0, 0));
		expect_refused(claim(domid, numbers[i], 1, 0, 0));
		expect_refused(claim(domid, numbers[i], ~0u, 0, 0));
		expect_refused(claim(domid, numbers[i], 0, ~0u, 0));
		expect_refused(claim(domid, numbers[i], 0, 0, PTR(list)));
		expect_refused(claim(domid, numbers[i], 0, 0, ~0UL));
	}
}

void guest_main(void)
{
	static const domid_t others[] = {1,	     2,	       0x7fef,
					 DOMID_SELF, DOMID_IO, DOMID_XEN,
					 0x7ffe,     0x8000,   0xffff};
	domid_t self = self_domid();
	long before;

	frames_give();
	before = frames_to_be_had();
	require(before > 0, "no frame can be had");
	expect_refused(do_memory_op(XENMEM_claim_pages, NULL));
	expect_refused(
		do_memory_op(XENMEM_claim_pages, (void *)0xffff830000000000UL));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		garbage(others[i]);
	/* 1 is what we have already; the rest is more than there can be. */
	garbage(self);
	if (!is_dom0()) {
		expect_rc(claim(self, 0, 0, 0, 0), -XEN_EPERM);
		expect_rc(claim(self, 5000, 0, 0, 0), -XEN_EPERM);
		expect_rc(claim(DOMID_SELF, 5000, 0, 0, 0), -XEN_EPERM);
		expect_rc(claim(0, 0, 0, 0, 0), -XEN_EPERM);
		expect_rc(claim(0, 5000, 0, 0, 0), -XEN_EPERM);
	} else {
		expect_rc(claim(self, 0, 0, 0, 0), 0);
	}
	expect_rc(frames_to_be_had(), before);
	success("no claim stuck; %ld frames more as before", before);
}
