/* SPDX-License-Identifier: MIT */
/*
 * pin-games: the counts behind page tables. Pin twice, unpin twice, unpin what
 * never was, unpin the running table, unpin a table that another one still
 * points at, free its contents meanwhile, pin a data page, pin the shared info
 * and grant frames, pin at a level that does not exist. No sequence may leave
 * a table writable while something uses it, or typed when nothing does.
 */
#include "guest.h"

void guest_main(void)
{
	uint64_t *l1 = page_alloc(), *l2 = page_alloc(), *data = page_alloc();
	uint64_t root = mfn_of((void *)start_info->pt_base);
	struct trap_catch c;

	/* Never pinned. */
	expect_refused(do_mmuext(MMUEXT_UNPIN_TABLE, mfn_of(data), 0));
	expect_refused(do_mmuext(MMUEXT_UNPIN_TABLE, 0xfffffffffUL, 0));
	/* Twice. */
	page_set_ro(l1);
	expect_rc(do_mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(l1), 0), 0);
	expect_refused(do_mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(l1), 0));
	expect_rc(do_mmuext(MMUEXT_UNPIN_TABLE, mfn_of(l1), 0), 0);
	expect_refused(do_mmuext(MMUEXT_UNPIN_TABLE, mfn_of(l1), 0));
	page_set_rw(l1);

	/* An L1 in use by a pinned L2 stays a table after its own unpin. */
	l1[0] = pte_make(mfn_of(data), PTE_RW);
	page_set_ro(l1);
	expect_rc(do_mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(l1), 0), 0);
	l2[0] = pte_make(mfn_of(l1), PTE_RW);
	page_set_ro(l2);
	expect_rc(do_mmuext(MMUEXT_PIN_L2_TABLE, mfn_of(l2), 0), 0);
	expect_rc(do_mmuext(MMUEXT_UNPIN_TABLE, mfn_of(l1), 0), 0);
	expect_refused(
		do_update_va(l1, pte_make(mfn_of(l1), PTE_RW), UVMF_INVLPG));
	/* The same frame, mapped by a table and turned into one: refused. */
	expect_refused(do_mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(data), 0));
	expect_rc(do_mmuext(MMUEXT_UNPIN_TABLE, mfn_of(l2), 0), 0);
	page_set_rw(l2);
	page_set_rw(l1);

	/* A chain through an unpinned L2 must not survive by itself. */
	l1[0] = pte_make(mfn_of(l1), PTE_RW);
	page_set_ro(l1);
	expect_refused(do_mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(l1), 0));
	page_set_rw(l1);

	/* The running root: pin count may go, the use stays. */
	expect_rc(do_mmuext(MMUEXT_UNPIN_TABLE, root, 0), 0);
	expect_refused(do_mmuext(MMUEXT_UNPIN_TABLE, root, 0));
	expect_refused(do_update_va((void *)start_info->pt_base,
				    pte_make(root, PTE_RW), UVMF_INVLPG));
	expect(store_traps((void *)start_info->pt_base, 0, &c),
	       "the running L4 is writable after its unpinning");
	expect_rc(do_mmuext(MMUEXT_PIN_L4_TABLE, root, 0), 0);
	expect_rc(do_mmuext(MMUEXT_NEW_BASEPTR, root, 0), 0);

	/* As a root: data, an L1, an L2. */
	page_set_ro(l1);
	l2[0] = 0;
	page_set_ro(l2);
	expect_refused(do_mmuext(MMUEXT_NEW_BASEPTR, mfn_of(data), 0));
	expect_rc(do_mmuext(MMUEXT_PIN_L2_TABLE, mfn_of(l2), 0), 0);
	expect_refused(do_mmuext(MMUEXT_NEW_BASEPTR, mfn_of(l2), 0));
	expect_refused(do_mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(l2), 0));
	expect_rc(do_mmuext(MMUEXT_UNPIN_TABLE, mfn_of(l2), 0), 0);

	/* Frames that are shared with the hypervisor. */
	for (unsigned int cmd = 0; cmd < 4; cmd++)
		expect(do_mmuext(cmd, start_info->shared_info >> 12, 0) < 0,
		       "shared_info was pinned as level %u", cmd + 1);
	/* Commands that do not exist. */
	expect_refused(do_mmuext(14, mfn_of(l2), 0));
	expect_refused(do_mmuext(99, mfn_of(l2), 0));
	expect_refused(do_mmuext(~0u, mfn_of(l2), 0));
	/* Clearing and copying through the back door. */
	expect_refused(do_mmuext(MMUEXT_CLEAR_PAGE, root, 0));
	expect_refused(do_mmuext(MMUEXT_COPY_PAGE, root, mfn_of(data)));
	expect_refused(do_mmuext(MMUEXT_CLEAR_PAGE, 0xfffffffffUL, 0));
	success("pins and types stay consistent");
}
