/* SPDX-License-Identifier: MIT */
/*
 * pt-superpage: an entry with the PS bit maps 2 MiB or 1 GiB at once, around
 * all per-frame checks. PV guests have no such pages: the bit must be refused
 * in L2 and L3 entries, new and changed, in pinned and in running tables; and
 * the bits that the ABI does not know (global, reserved) must not get through
 * where they do harm.
 */
#include "guest.h"

void guest_main(void)
{
	uint64_t *l1 = page_alloc(), *l2 = page_alloc(), *l3 = page_alloc();
	void *any = page_alloc(), *window = window_alloc();

	l2[3] = pte_make(mfn_of(any) & ~511UL, PTE_RW | PTE_PS);
	l3[3] = pte_make(mfn_of(any) & ~0x3ffffUL, PTE_RW | PTE_PS);
	page_set_ro(l2);
	page_set_ro(l3);
	expect_refused(do_mmuext(MMUEXT_PIN_L2_TABLE, mfn_of(l2), 0));
	expect_refused(do_mmuext(MMUEXT_PIN_L3_TABLE, mfn_of(l3), 0));
	page_set_rw(l2);
	page_set_rw(l3);

	/* Into the running tables. */
	expect_refused(
		do_mmu_update(pte_maddr(window, 2) + 8,
			      pte_make(mfn_of(any) & ~511UL, PTE_RW | PTE_PS)));
	expect_refused(do_mmu_update(pte_maddr(window, 3) & ~0xff8UL,
				     PTE_RW | PTE_PS));
	expect_refused(do_mmu_update(
		(pte_maddr(window, 4) & PAGE_MASK) + 8 * 120, PTE_RW | PTE_PS));
	/* An existing, good entry that only gains the bit. */
	expect_refused(do_mmu_update(pte_maddr(window, 2),
				     *pte_of(window, 2) | PTE_PS));
	page_set_ro(l1);
	expect_refused(do_mmu_update(pte_maddr(window, 2) + 8,
				     pte_make(mfn_of(l1), PTE_RW | PTE_PS)));

	/* Address bits that no machine has. */
	expect_refused(do_update_va(
		window, pte_make(mfn_of(any), PTE_RW) | (1UL << 51), 0));
	expect_refused(
		do_mmu_update(pte_maddr(window, 2) + 8,
			      pte_make(mfn_of(l1), PTE_RW) | (1UL << 51)));
	success("no superpages, no impossible addresses");
}
