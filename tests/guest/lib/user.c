/* SPDX-License-Identifier: MIT */
/*
 * User mode for a micro-guest: one page of code at USER_CODE and one of stack
 * below USER_STACK, in L4 slot 0. The kernel's own L4 sees them, and so does a
 * second L4 that holds nothing else: that one is loaded by the hypervisor
 * while user mode runs. Needs a guest that is linked high.
 */
#include "guest.h"

uint64_t user_l4_mfn;
static struct trap_catch *volatile user_back;
static trap_handler_t next_handler;

bool user_entry(struct trap_frame *frame, uint64_t cr2)
{
	struct trap_catch *c = user_back;

	if (!c || (frame->cs & 3) != 3 || frame->vector == TRAP_EVENT)
		return next_handler && next_handler(frame, cr2);
	user_back = NULL;
	c->frame = *frame;
	c->cr2 = cr2;
	frame->rip = c->rip;
	frame->rsp = c->rsp;
	frame->rbx = c->rbx;
	frame->rbp = c->rbp;
	frame->r12 = c->r12;
	frame->r13 = c->r13;
	frame->r14 = c->r14;
	frame->r15 = c->r15;
	frame->rax = 1;
	frame->cs = FLAT_KERNEL_CS & ~3UL;
	frame->ss = FLAT_KERNEL_SS;
	frame->rflags = 0; /* events masked */
	return true;
}

void user_init(const void *code, size_t bytes)
{
	uint64_t *l1 = page_alloc(), *l2 = page_alloc(), *l3 = page_alloc();
	uint64_t *l4 = page_alloc();
	char *text = page_alloc(), *stack = page_alloc();
	char *kernel_stack = page_alloc();

	require(bytes <= PAGE_SIZE, "user code of %lu bytes", bytes);
	memcpy(text, code, bytes);
	l1[(USER_CODE >> 12) & 511] = pte_make(mfn_of(text), PTE_RO);
	l1[((USER_STACK >> 12) & 511) - 1] = pte_make(mfn_of(stack), PTE_RW);
	l2[(USER_CODE >> 21) & 511] = pte_make(mfn_of(l1), PTE_RW);
	l3[0] = pte_make(mfn_of(l2), PTE_RW);
	l4[0] = pte_make(mfn_of(l3), PTE_RW);
	page_set_ro(l1);
	page_set_ro(l2);
	page_set_ro(l3);
	page_set_ro(l4);
	require_rc(
		do_mmu_update(pte_maddr(NULL, 4), pte_make(mfn_of(l3), PTE_RW)),
		0);
	user_l4_mfn = mfn_of(l4);
	require_rc(do_mmuext(MMUEXT_PIN_L4_TABLE, user_l4_mfn, 0), 0);
	require_rc(do_mmuext(MMUEXT_NEW_USER_BASEPTR, user_l4_mfn, 0), 0);
	require_rc(hypercall2(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS,
			      PTR(kernel_stack) + PAGE_SIZE),
		   0);
	callbacks_init();
	if (trap_handler != user_entry) {
		next_handler = trap_handler;
		trap_handler = user_entry;
	}
}

void user_expect(struct trap_catch *back)
{
	user_back = back;
}

void user_run(struct trap_frame *frame, struct trap_catch *back)
{
	user_expect(back);
	frame->cs = FLAT_USER_CS | 3;
	frame->ss = FLAT_USER_SS | 3;
	if (!frame->rsp)
		frame->rsp = USER_STACK;
	user_switch(back, frame);
}
