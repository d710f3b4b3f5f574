/* SPDX-License-Identifier: MIT */
/*
 * extent-order: extents of order 63, 10^18 of them, orders whose bytes
 * overflow, node numbers that do not exist, PFNs beyond all memory, more than
 * the domain may have. Shifts by the guest's number and products of two of
 * them are where allocators break. The answer is an error or "none done", at
 * once, and our memory is as before.
 */
#include "guest.h"

static long op(unsigned int cmd, uint64_t nr, uint32_t order, uint32_t flags,
	       uint64_t first)
{
	static xen_pfn_t list[8];
	struct xen_memory_reservation r = {.extent_start = PTR(list),
					   .nr_extents = nr,
					   .extent_order = order,
					   .mem_flags = flags,
					   .domid = DOMID_SELF};

	for (int i = 0; i < 8; i++)
		list[i] = first;
	return do_memory_op(cmd, &r);
}

void guest_main(void)
{
	static const uint32_t orders[] = {10, 19, 21, 31,  32,		51,
					  52, 63, 64, 255, 0x80000000u, ~0u};
	static const unsigned int cmds[] = {XENMEM_increase_reservation,
					    XENMEM_decrease_reservation,
					    XENMEM_populate_physmap};
	domid_t self = DOMID_SELF;
	long before, now;
	uint64_t nowhere = 0xfffffffffffUL;
	void *page = page_alloc();

	before = do_memory_op(XENMEM_current_reservation, &self);
	require(before > 0, "current_reservation gave %ld", before);
	for (size_t c = 0; c < ARRAY_SIZE(cmds); c++) {
		for (size_t o = 1; o < ARRAY_SIZE(orders); o++) {
			long rc = op(cmds[c], 1, orders[o], 0, nowhere);

			expect(rc <= 0, "op %u order %u gave %ld", cmds[c],
			       orders[o], rc);
			rc = op(cmds[c], 8, orders[o], 0, nowhere);
			expect(rc <= 0, "op %u order %u gave %ld", cmds[c],
			       orders[o], rc);
		}
		expect(op(cmds[c], ~0UL, 0, 0, nowhere) <= 0,
		       "op %u of 2^64 extents did something", cmds[c]);
		expect(op(cmds[c], 1UL << 60, 9, 0, nowhere) <= 0,
		       "op %u of 2^60 extents did something", cmds[c]);
	}
	/* A page that is in use as a table cannot be given back. */
	expect(op(XENMEM_decrease_reservation, 1, 0, 0, 0xfffffffffffffffUL) <=
		       0,
	       "a frame that is not there was given back");
	/* The same frame eight times: once at most. */
	expect_rc(do_update_va(page, 0, UVMF_INVLPG), 0);
	now = op(XENMEM_decrease_reservation, 8, 0, 0, mfn_of(page));
	expect(now <= 1, "one frame was given back %ld times", now);
	now = do_memory_op(XENMEM_current_reservation, &self);
	expect(now == before || now == before - 1,
	       "the reservation went from %ld to %ld", before, now);

	/* Exchanges whose sizes overflow. */
	for (size_t o = 0; o < ARRAY_SIZE(orders); o++) {
		static xen_pfn_t in[1], out[1];
		struct xen_memory_exchange x = {0};

		in[0] = nowhere;
		x.in.extent_start = PTR(in);
		x.in.nr_extents = 1;
		x.in.extent_order = orders[o];
		x.in.domid = DOMID_SELF;
		x.out.extent_start = PTR(out);
		x.out.nr_extents = 1;
		x.out.extent_order = orders[o];
		x.out.domid = DOMID_SELF;
		expect_refused(do_memory_op(XENMEM_exchange, &x));
		x.in.nr_extents = 1UL << 63;
		x.out.nr_extents = 1UL << 63;
		expect_refused(do_memory_op(XENMEM_exchange, &x));
		x.in.nr_extents = 1;
		x.nr_exchanged = ~0UL;
		expect_refused(do_memory_op(XENMEM_exchange, &x));
	}
	success("no order is too high to be refused");
}
