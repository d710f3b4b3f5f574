/* SPDX-License-Identifier: MIT */
/*
 * pt-foreign: map memory that is not ours: frames of the hypervisor and free
 * ones. Every 16th frame of the machine's RAM above 1 MiB that is not in our
 * p2m is tried, writable and read only; so are the frames that our own L4
 * shows in the hypervisor's slots, and an impossible frame. All must fail,
 * also as a page table, as a descriptor table and as vcpu_info.
 */
#include "guest.h"

static uint8_t *ours; /* one bit for each frame */
static uint64_t tried;

static bool is_ours(uint64_t mfn)
{
	return ours[mfn / 8] & (1 << (mfn % 8));
}

static void attack(void *window, uint64_t mfn)
{
	tried++;
	expect(do_update_va(window, pte_make(mfn, PTE_RW), 0) < 0,
	       "frame %lx, not ours, was mapped writable", mfn);
	expect(do_update_va(window, pte_make(mfn, PTE_RO), 0) < 0,
	       "frame %lx, not ours, was mapped read only", mfn);
}

static void other_doors(uint64_t mfn)
{
	struct vcpu_register_vcpu_info reg = {.mfn = mfn};
	uint64_t frames[1] = {mfn};

	expect(do_mmuext(MMUEXT_PIN_L1_TABLE, mfn, 0) < 0,
	       "frame %lx was pinned", mfn);
	expect(do_mmuext(MMUEXT_NEW_BASEPTR, mfn, 0) < 0,
	       "frame %lx became the page table", mfn);
	expect(do_mmuext(MMUEXT_CLEAR_PAGE, mfn, 0) < 0,
	       "frame %lx was cleared", mfn);
	expect(hypercall2(__HYPERVISOR_set_gdt, PTR(frames), 512) < 0,
	       "frame %lx became a GDT", mfn);
	expect(hypercall2(__HYPERVISOR_update_descriptor, mfn << 12, 0) < 0,
	       "a descriptor was written to frame %lx", mfn);
	expect(do_mmu_update(mfn << 12, 0) < 0,
	       "an entry was written to frame %lx", mfn);
	expect(do_vcpu_op(VCPUOP_register_vcpu_info, 0, &reg) < 0,
	       "frame %lx became vcpu_info", mfn);
}

void guest_main(void)
{
	static struct xen_memory_map_entry map[64];
	struct xen_memory_map mm = {.nr_entries = ARRAY_SIZE(map)};
	struct xen_machphys_mapping m2p = {0};
	void *window = window_alloc();
	uint64_t *l4 = (uint64_t *)start_info->pt_base;
	uint64_t probe = 0;

	if (!is_dom0())
		skip("only domain zero may read the machine's memory map");
	mm.buffer = PTR(map);
	require_rc(do_memory_op(XENMEM_machine_memory_map, &mm), 0);
	require_rc(do_memory_op(XENMEM_machphys_mapping, &m2p), 0);
	/* One bit a frame, in pool pages that follow each other. */
	require(m2p.max_mfn < 128 * PAGE_SIZE * 8, "%lx frames are too many",
		m2p.max_mfn);
	ours = page_alloc();
	for (uint64_t i = 1; i <= m2p.max_mfn / (PAGE_SIZE * 8); i++)
		page_alloc();
	for (uint64_t pfn = 0; pfn < start_info->nr_pages; pfn++)
		if (p2m()[pfn] <= m2p.max_mfn)
			ours[p2m()[pfn] / 8] |=
				(uint8_t)(1 << (p2m()[pfn] % 8));

	for (uint32_t i = 0; i < mm.nr_entries; i++) {
		uint64_t mfn = (map[i].addr + PAGE_SIZE - 1) >> 12;
		uint64_t end = (map[i].addr + map[i].size) >> 12;

		if (map[i].type != XEN_E820_RAM || map[i].addr < 0x100000)
			continue;
		for (; mfn < end; mfn += 16) {
			if (mfn > m2p.max_mfn || is_ours(mfn))
				continue;
			if (mfn == start_info->shared_info >> 12)
				continue;
			attack(window, mfn);
			if (!probe || mfn % 1024 == 0) {
				probe = mfn;
				other_doors(mfn);
			}
		}
	}
	expect(tried > 100, "only %lu frames are not ours", tried);
	/* The hypervisor's own tables, as seen in our L4; one may be itself. */
	for (int slot = 256; slot < 272; slot++) {
		uint64_t mfn = (l4[slot] & PTE_ADDR) >> 12;

		if ((l4[slot] & PTE_P) && mfn <= m2p.max_mfn && !is_ours(mfn)) {
			attack(window, mfn);
			other_doors(mfn);
		}
	}
	attack(window, 0xfffffffffUL);
	success("%lu frames of others stayed theirs", tried);
}
