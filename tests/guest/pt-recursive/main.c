/* SPDX-License-Identifier: MIT */
/*
 * pt-recursive: tables that point at themselves or at a table of the wrong
 * level, to have one frame typed twice or to send a validator into a loop. An
 * L1 that maps itself writable, an L2 whose entry is itself, an L3 in an L1's
 * place, an L4 that holds an L4 writable, cycles of two L3 tables. A read-only
 * linear map (an L4 in its own slot) may be allowed, but it must not be
 * writable, and it must go away cleanly.
 */
#include "guest.h"

static long set(uint64_t *table, int slot, uint64_t value)
{
	return do_mmu_update(maddr_of(&table[slot]), value);
}

void guest_main(void)
{
	uint64_t *l1 = page_alloc(), *l2 = page_alloc(), *l3a = page_alloc();
	uint64_t *l3b = page_alloc(), *l4 = page_alloc();
	uint64_t *live = (uint64_t *)start_info->pt_base;
	struct trap_catch c;
	long rc;

	/* Before being pinned: the contents are written freely. */
	l1[5] = pte_make(mfn_of(l1), PTE_RW);
	l2[5] = pte_make(mfn_of(l2), PTE_RW);
	l3a[5] = pte_make(mfn_of(l3b), PTE_RW);
	l3b[5] = pte_make(mfn_of(l3a), PTE_RW);
	l4[5] = pte_make(mfn_of(l4), PTE_RW);
	page_set_ro(l1);
	page_set_ro(l2);
	page_set_ro(l3a);
	page_set_ro(l3b);
	page_set_ro(l4);
	expect_refused(do_mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(l1), 0));
	expect_refused(do_mmuext(MMUEXT_PIN_L2_TABLE, mfn_of(l2), 0));
	expect_refused(do_mmuext(MMUEXT_PIN_L3_TABLE, mfn_of(l3a), 0));
	expect_refused(do_mmuext(MMUEXT_PIN_L4_TABLE, mfn_of(l4), 0));

	/* A failed validation must leave nothing typed: all writable again. */
	page_set_rw(l1);
	page_set_rw(l2);
	page_set_rw(l3a);
	page_set_rw(l3b);
	page_set_rw(l4);

	/* The wrong level. */
	l1[5] = 0;
	l2[5] = 0;
	page_set_ro(l1);
	page_set_ro(l2);
	expect_rc(do_mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(l1), 0), 0);
	expect_rc(do_mmuext(MMUEXT_PIN_L2_TABLE, mfn_of(l2), 0), 0);
	expect_refused(do_mmuext(MMUEXT_PIN_L2_TABLE, mfn_of(l1), 0));
	expect_refused(do_mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(l2), 0));
	expect_refused(set(l2, 7, pte_make(mfn_of(live), PTE_RW)));
	expect_refused(set(live, 100, pte_make(mfn_of(l1), PTE_RW)));
	expect_refused(set(live, 100, pte_make(mfn_of(l2), PTE_RW)));
	expect_rc(set(l2, 7, pte_make(mfn_of(l1), PTE_RW)), 0);
	expect_rc(set(l2, 7, 0), 0);

	/* The running L4 in its own slot. */
	expect_refused(set(live, 100, pte_make(mfn_of(live), PTE_RW)));
	rc = set(live, 100, pte_make(mfn_of(live), PTE_RO));
	if (rc == 0) {
		/* Now the whole tree can be read, from slot 100 downwards. */
		uint64_t va = (100UL << 39) | (100UL << 30) | (100UL << 21) |
			      (100UL << 12);
		volatile uint64_t *self = (volatile uint64_t *)va;

		expect(!load_traps(self, &c),
		       "the linear map is there but cannot be read");
		expect(store_traps(self, self[0], &c),
		       "the linear map is writable");
		expect_rc(set(live, 100, 0), 0);
		do_mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
		expect(load_traps(self, &c), "the linear map stayed");
	}
	success("no table points where it must not (linear maps: %s)",
		rc ? "refused" : "read only");
}
