/* SPDX-License-Identifier: MIT */
/*
 * pt-writable: the oldest attack on direct page tables: get one's hands on a
 * page table with a writable mapping, then write any machine address into it.
 * For tables of all four levels, by update_va_mapping, mmu_update and by
 * pinning a table while a writable mapping of it exists. If one attempt goes
 * through, all memory of the machine is ours.
 */
#include "guest.h"

static void attack(const char *what, void *table_va, uint64_t mfn)
{
	void *window = window_alloc();
	uint64_t evil = pte_make(mfn, PTE_RW);

	expect(do_update_va(window, evil, UVMF_INVLPG) < 0,
	       "%s was mapped writable by update_va_mapping", what);
	expect(do_mmu_update(pte_maddr(window, 1), evil) < 0,
	       "%s was mapped writable by mmu_update", what);
	expect(do_mmu_update(pte_maddr(window, 1) | MMU_PT_UPDATE_PRESERVE_AD,
			     evil) < 0,
	       "%s was mapped writable preserving A and D", what);
	if (table_va)
		expect(do_update_va(table_va, evil, UVMF_INVLPG) < 0,
		       "%s was made writable in place", what);
	/* Read only is everybody's right. */
	expect(do_update_va(window, pte_make(mfn, PTE_RO), UVMF_INVLPG) == 0,
	       "%s cannot be mapped read only", what);
	/* In two steps: read only first, then only the bit. */
	expect(do_mmu_update(pte_maddr(window, 1), evil) < 0,
	       "%s became writable by adding the bit", what);
	expect(!(*pte_of(window, 1) & PTE_W), "%s: the entry is %lx", what,
	       *pte_of(window, 1));
}

void guest_main(void)
{
	static const char *const names[] = {"", "the L1 table", "the L2 table",
					    "the L3 table", "the L4 table"};
	void *any = page_alloc(), *writable = page_alloc();

	for (int level = 1; level <= 4; level++) {
		uint64_t *entry = pte_of(any, level);
		void *table = (void *)(PTR(entry) & PAGE_MASK);

		attack(names[level], table, mfn_of(table));
	}
	/* The other way round: writable first, then declared a table. */
	for (int cmd = MMUEXT_PIN_L1_TABLE; cmd <= MMUEXT_PIN_L4_TABLE; cmd++)
		expect(do_mmuext((unsigned int)cmd, mfn_of(writable), 0) < 0,
		       "a writable page was pinned as level %d", cmd + 1);
	page_set_ro(writable);
	expect_rc(do_mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(writable), 0), 0);
	expect_refused(do_update_va(
		writable, pte_make(mfn_of(writable), PTE_RW), UVMF_INVLPG));
	expect_rc(do_mmuext(MMUEXT_UNPIN_TABLE, mfn_of(writable), 0), 0);
	page_set_rw(writable);
	success("no page table can be written");
}
