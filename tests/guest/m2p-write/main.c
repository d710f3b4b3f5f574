/* SPDX-License-Identifier: MIT */
/*
 * m2p-write: the machine-to-physical table is shared with every guest, read
 * only. Write it through its address, map its frames, change the L4 slots that
 * show it, ask for an update of it through MMU_MACHPHYS for a frame of others.
 */
#include "guest.h"

void guest_main(void)
{
	struct xen_machphys_mapping map = {0};
	struct trap_catch c;
	volatile uint64_t *m2p;
	uint64_t *l4 = (uint64_t *)start_info->pt_base;
	uint64_t mine = mfn_of(page_alloc());
	uint64_t before;
	void *window = window_alloc();

	require_rc(do_memory_op(XENMEM_machphys_mapping, &map), 0);
	m2p = (volatile uint64_t *)map.v_start;
	expect(!load_traps(&m2p[mine], &c), "the M2P cannot be read");
	before = m2p[mine];
	expect(p2m()[before] == mine, "M2P of %lx is %lx", mine, before);

	expect(store_traps(&m2p[mine], 0x1234, &c), "the M2P was written");
	expect(m2p[mine] == before, "the M2P changed");
	expect(do_update_va((void *)PTR(&m2p[mine]), pte_make(mine, PTE_RW),
			    0) < 0,
	       "the M2P's place was mapped to a page of ours");
	expect_refused(hypercall3(__HYPERVISOR_xen_version, XENVER_get_features,
				  PTR(&m2p[mine]), 0));

	for (int slot = 256; slot < 272; slot++) {
		uint64_t maddr = maddr_of(&l4[slot]);

		expect(do_mmu_update(maddr, 0) < 0, "L4 slot %d was cleared",
		       slot);
		expect(do_mmu_update(maddr, pte_make(mine, PTE_RW)) < 0,
		       "L4 slot %d was written", slot);
		if (l4[slot] & PTE_P)
			expect(do_update_va(window,
					    (l4[slot] & PTE_ADDR) | PTE_RW,
					    0) < 0,
			       "a table of the hypervisor was mapped");
	}
	expect(!load_traps(&m2p[mine], &c), "the M2P is gone");

	/* Our own entry may be changed, nobody else's. */
	expect_rc(do_mmu_update((mine << 12) | MMU_MACHPHYS_UPDATE, 0x77), 0);
	expect(m2p[mine] == 0x77, "an M2P update of ours is lost");
	expect_rc(do_mmu_update((mine << 12) | MMU_MACHPHYS_UPDATE, before), 0);
	expect_refused(
		do_mmu_update(0xfffffff000UL | MMU_MACHPHYS_UPDATE, 0x77));
	success("the M2P is read only");
}
