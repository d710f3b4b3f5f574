/* SPDX-License-Identifier: MIT */
/*
 * va-mapping: update_va_mapping changes one L1 entry, and the change holds at
 * once when a flush was asked for. A page becomes read-only, writable again,
 * absent, and another page; an address without an L1 table is refused; so are
 * addresses of the hypervisor and frames that do not exist.
 */
#include "guest.h"

void guest_main(void)
{
	struct trap_catch c;
	volatile uint64_t *a = page_alloc(), *b = page_alloc();
	volatile uint64_t *window = window_alloc();
	uint64_t mfn_a = mfn_of((void *)a), mfn_b = mfn_of((void *)b);

	*a = 0xaaaa;
	*b = 0xbbbb;
	expect_rc(do_update_va((void *)window, pte_make(mfn_a, PTE_RW),
			       UVMF_INVLPG),
		  0);
	expect(*window == 0xaaaa, "the window shows %lx", *window);
	*window = 0xa1;
	expect(*a == 0xa1, "a write through the window is lost");

	expect_rc(do_update_va((void *)window, pte_make(mfn_b, PTE_RO),
			       UVMF_TLB_FLUSH),
		  0);
	expect(*window == 0xbbbb, "after the change the window shows %lx",
	       *window);
	expect(store_traps(window, 1, &c), "a read-only mapping was written");
	expect(*b == 0xbbbb, "the trapped write reached memory");

	expect_rc(do_update_va((void *)window, pte_make(mfn_b, PTE_RW),
			       UVMF_INVLPG | UVMF_ALL),
		  0);
	expect(!store_traps(window, 0xb2, &c), "a writable mapping trapped");
	expect(*b == 0xb2, "the write is lost");

	expect_rc(do_update_va((void *)window, 0, UVMF_INVLPG), 0);
	expect(load_traps(window, &c), "an absent mapping was read");

	/* A value that is not present may be anything. */
	expect_rc(do_update_va((void *)window, 0xdeadbeef00ff00feUL & ~PTE_P,
			       UVMF_INVLPG),
		  0);
	expect(*pte_of((void *)window, 1) == (0xdeadbeef00ff00feUL & ~PTE_P),
	       "an absent entry reads back %lx", *pte_of((void *)window, 1));

	expect_refused(do_update_va((void *)(va_base() + 0x30000000),
				    pte_make(mfn_a, PTE_RW), 0));
	expect_refused(do_update_va((void *)HYPERVISOR_VIRT_START,
				    pte_make(mfn_a, PTE_RW), 0));
	expect_refused(do_update_va((void *)window,
				    pte_make(0xffffffffffUL, PTE_RW), 0));
	success("mappings follow update_va_mapping");
}
