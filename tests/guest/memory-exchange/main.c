/* SPDX-License-Identifier: MIT */
/*
 * memory-exchange: sixteen single pages become one contiguous extent of order
 * 4 and sixteen pages again. The new frames are contiguous and aligned, the
 * machine-to-physical table names the PFNs that we asked for, the pages can be
 * mapped and written, and the old frames are no longer ours. A request that
 * the hypervisor cannot fulfil changes nothing.
 */
#include "guest.h"

#define PAGES 16

static uint64_t *m2p(void)
{
	struct xen_machphys_mapping map = {0};

	if (do_memory_op(XENMEM_machphys_mapping, &map))
		return (uint64_t *)MACH2PHYS_VIRT_START;
	return (uint64_t *)map.v_start;
}

void guest_main(void)
{
	static xen_pfn_t in[PAGES], out[PAGES];
	struct xen_memory_exchange x = {0};
	struct trap_catch c;
	uint64_t first_pfn, old, *page;
	char *base;

	/* An aligned run of pool pages. */
	for (base = page_alloc(); pfn_of(base) % PAGES; base = page_alloc())
		;
	for (int i = 1; i < PAGES; i++)
		page_alloc();
	first_pfn = pfn_of(base);
	old = mfn_of(base);

	for (int i = 0; i < PAGES; i++) {
		in[i] = mfn_of(base + i * PAGE_SIZE);
		expect_rc(do_update_va(base + i * PAGE_SIZE, 0, UVMF_INVLPG),
			  0);
	}
	out[0] = first_pfn;
	x.in.extent_start = PTR(in);
	x.in.nr_extents = PAGES;
	x.in.domid = DOMID_SELF;
	x.out.extent_start = PTR(out);
	x.out.nr_extents = 1;
	x.out.extent_order = 4;
	x.out.mem_flags = XENMEMF_address_bits(32);
	x.out.domid = DOMID_SELF;

	expect_rc(do_memory_op(XENMEM_exchange, &x), 0);
	expect(x.nr_exchanged == PAGES, "%lu pages exchanged", x.nr_exchanged);
	expect(out[0] % PAGES == 0, "extent at frame %lx is not aligned",
	       out[0]);
	for (uint64_t i = 0; i < PAGES; i++) {
		expect(m2p()[out[0] + i] == first_pfn + i,
		       "M2P of frame %lx is %lx instead of %lx", out[0] + i,
		       m2p()[out[0] + i], first_pfn + i);
		p2m()[first_pfn + i] = out[0] + i;
		expect_rc(do_update_va(base + i * PAGE_SIZE,
				       pte_make(out[0] + i, PTE_RW),
				       UVMF_INVLPG),
			  0);
		page = (uint64_t *)(base + i * PAGE_SIZE);
		expect(!store_traps(page, i, &c), "page %lu is not writable",
		       i);
	}
	if (old < out[0] || old >= out[0] + PAGES)
		expect_refused(do_update_va(base, pte_make(old, PTE_RW), 0));

	/* And back: one extent in, sixteen pages out. */
	for (uint64_t i = 0; i < PAGES; i++) {
		expect_rc(do_update_va(base + i * PAGE_SIZE, 0, UVMF_INVLPG),
			  0);
		in[i] = first_pfn + i;
	}
	memset(&x, 0, sizeof(x));
	x.in.extent_start = PTR(out);
	x.in.nr_extents = 1;
	x.in.extent_order = 4;
	x.in.domid = DOMID_SELF;
	x.out.extent_start = PTR(in);
	x.out.nr_extents = PAGES;
	x.out.domid = DOMID_SELF;
	expect_rc(do_memory_op(XENMEM_exchange, &x), 0);
	expect(x.nr_exchanged == 1, "%lu extents exchanged", x.nr_exchanged);
	for (uint64_t i = 0; i < PAGES; i++) {
		p2m()[first_pfn + i] = in[i];
		expect_rc(do_update_va(base + i * PAGE_SIZE,
				       pte_make(in[i], PTE_RW), UVMF_INVLPG),
			  0);
	}

	/* No memory below 4 KiB: refused, and nothing happened. */
	for (int i = 0; i < PAGES; i++) {
		in[i] = mfn_of(base + i * PAGE_SIZE);
		expect_rc(do_update_va(base + i * PAGE_SIZE, 0, UVMF_INVLPG),
			  0);
	}
	out[0] = first_pfn;
	memset(&x, 0, sizeof(x));
	x.in.extent_start = PTR(in);
	x.in.nr_extents = PAGES;
	x.in.domid = DOMID_SELF;
	x.out.extent_start = PTR(out);
	x.out.nr_extents = 1;
	x.out.extent_order = 4;
	x.out.mem_flags = XENMEMF_address_bits(13);
	x.out.domid = DOMID_SELF;
	expect_refused(do_memory_op(XENMEM_exchange, &x));
	expect(x.nr_exchanged == 0, "a failed exchange moved %lu pages",
	       x.nr_exchanged);
	for (int i = 0; i < PAGES; i++)
		expect_rc(do_update_va(base + i * PAGE_SIZE,
				       pte_make(in[i], PTE_RW), UVMF_INVLPG),
			  0);
	success("single pages to a contiguous extent and back");
}
