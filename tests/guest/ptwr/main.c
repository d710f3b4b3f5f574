/* SPDX-License-Identifier: MIT */
/*
 * ptwr: a kernel may write to its read-only L1 tables as if they were memory;
 * the hypervisor traps the write, checks it and does it. All instruction forms
 * that kernels use: mov, xchg, cmpxchg (both outcomes), lock and, lock btr,
 * lock bts, and a mov of an immediate. A value that would be refused by
 * mmu_update is refused here, too: the write traps into the guest. Higher
 * tables are not emulated.
 */
#include "guest.h"

static struct trap_catch c;

void guest_main(void)
{
	volatile uint64_t *window = window_alloc();
	uint64_t *a = page_alloc(), *b = page_alloc();
	uint64_t *pte = pte_of((void *)window, 1);
	uint64_t pte_a = pte_make(mfn_of(a), PTE_RW);
	uint64_t pte_b = pte_make(mfn_of(b), PTE_RW);
	uint64_t old, got;
	uint8_t bit;

	*a = 0xa;
	*b = 0xb;
	hypercall2(__HYPERVISOR_vm_assist, VMASST_CMD_enable,
		   VMASST_TYPE_writable_pagetables);

	expect(!store_traps(pte, pte_a, &c),
	       "mov: trap %lu error %lx instead of emulation", c.frame.vector,
	       c.frame.error);
	expect(*window == 0xa, "mov: the window shows %lx", *window);

	old = pte_b;
	__asm__ volatile("xchgq %0, %1" : "+r"(old), "+m"(*pte) : : "memory");
	expect((old & PTE_ADDR) == (pte_a & PTE_ADDR),
	       "xchg: the old entry was %lx", old);
	do_mmuext(MMUEXT_INVLPG_LOCAL, PTR(window), 0);
	expect(*window == 0xb, "xchg: the window shows %lx", *window);

	/* A cmpxchg with the wrong old value changes nothing. */
	old = 0x123;
	got = pte_a;
	__asm__ volatile("lock cmpxchgq %2, %1; setz %3"
			 : "+a"(old), "+m"(*pte), "+r"(got), "=q"(bit)
			 :
			 : "memory", "cc");
	expect(!bit, "cmpxchg with a wrong old value set ZF");
	expect((old & PTE_ADDR) == (pte_b & PTE_ADDR),
	       "cmpxchg: rax is %lx after a failure", old);
	expect(((*pte ^ pte_b) & PTE_ADDR) == 0,
	       "cmpxchg: the entry is %lx after a failure", *pte);
	/* And with the right one it does. */
	old = *pte;
	__asm__ volatile("lock cmpxchgq %2, %1; setz %3"
			 : "+a"(old), "+m"(*pte), "+r"(got), "=q"(bit)
			 :
			 : "memory", "cc");
	expect(bit, "cmpxchg with the right old value failed");
	do_mmuext(MMUEXT_INVLPG_LOCAL, PTR(window), 0);
	expect(*window == 0xa, "cmpxchg: the window shows %lx", *window);

	/* lock btr of the writable bit; the carry is its old value. */
	__asm__ volatile("lock btrq $1, %0; setc %1"
			 : "+m"(*pte), "=q"(bit)
			 :
			 : "memory", "cc");
	expect(bit, "btr: carry is clear though the bit was set");
	expect(!(*pte & PTE_W), "btr: the entry is %lx", *pte);
	do_mmuext(MMUEXT_INVLPG_LOCAL, PTR(window), 0);
	expect(store_traps(window, 1, &c), "btr: still writable");

	__asm__ volatile("lock btsq $1, %0; setc %1"
			 : "+m"(*pte), "=q"(bit)
			 :
			 : "memory", "cc");
	expect(!bit && (*pte & PTE_W), "bts: carry %u, entry %lx", bit, *pte);

	__asm__ volatile("lock andb $0xfd, %0" : "+m"(*pte) : : "memory");
	expect(!(*pte & PTE_W), "andb: the entry is %lx", *pte);

	__asm__ volatile("movq $0, %0" : "+m"(*pte) : : "memory");
	expect(*pte == 0, "mov of 0: the entry is %lx", *pte);
	do_mmuext(MMUEXT_INVLPG_LOCAL, PTR(window), 0);
	expect(load_traps(window, &c), "mov of 0: still mapped");

	/* The table itself, writable: refused as by mmu_update. */
	expect(store_traps(pte, pte_make(mfn_of(pte), PTE_RW), &c),
	       "a writable mapping of the table itself was let in");
	expect(*pte == 0, "a refused write reached the table: %lx", *pte);

	/* An L2 entry by mov: not emulated. */
	pte = pte_of((void *)window, 2);
	expect(store_traps(pte, *pte, &c), "a write to an L2 table worked");
	success("L1 writes of all forms are emulated");
}
