/* SPDX-License-Identifier: MIT */
/*
 * Traps of a micro-guest: a table that sends every vector to a stub of
 * start.S, and a catcher with which a guest says "the next instructions may
 * trap, come back here". A trap that nobody expects ends the guest with
 * FAILURE and the registers, because a correct hypervisor delivers none.
 */
#include "guest.h"

trap_handler_t trap_handler;
/* Volatile: a trap may look at it between any two instructions. */
static struct trap_catch *volatile catcher;

void trap_arm(struct trap_catch *c)
{
	catcher = c;
}

void trap_disarm(void)
{
	catcher = NULL;
}

uint64_t cr2_get(void)
{
	uint64_t cr2;

	/* Where the hypervisor leaves it; the instruction is emulated, too. */
	if (shared_info)
		return shared_info->vcpu_info[0].arch.cr2;
	__asm__ volatile("movq %%cr2, %0" : "=r"(cr2));
	return cr2;
}

long traps_init(void)
{
	static struct trap_info table[34];

	for (unsigned int i = 0; i < 33; i++) {
		table[i].vector = i < 32 ? (uint8_t)i : 0x80;
		table[i].cs = FLAT_KERNEL_CS;
		table[i].address = PTR(trap_stubs) + 32 * i;
		/* int3, into and int 0x80 may be used by user mode. */
		table[i].flags =
			(i == TRAP_BP || i == TRAP_OF || i == 32) ? 3 : 0;
		table[i].flags |= 4;
	}
	return hypercall1(__HYPERVISOR_set_trap_table, PTR(table));
}

static void callback_set(uint16_t type, uint16_t flags, const char *address)
{
	struct callback_register reg = {
		.type = type,
		.flags = flags,
		.address = PTR(address),
	};

	require_rc(hypercall2(__HYPERVISOR_callback_op, CALLBACKOP_register,
			      PTR(&reg)),
		   0);
}

void callbacks_init(void)
{
	callback_set(CALLBACKTYPE_event, CALLBACKF_mask_events, event_callback);
	callback_set(CALLBACKTYPE_failsafe, CALLBACKF_mask_events,
		     failsafe_callback);
	callback_set(CALLBACKTYPE_syscall, CALLBACKF_mask_events,
		     syscall_callback);
}

/* Called by start.S for everything; may change where the frame returns to. */
void trap_dispatch(struct trap_frame *frame)
{
	uint64_t cr2 = frame->vector == TRAP_PF ? cr2_get() : 0;
	struct trap_catch *c = catcher;

	if (trap_handler && trap_handler(frame, cr2))
		return;
	if (frame->vector == TRAP_EVENT)
		failure("an event upcall without events_init()");
	if (!c)
		failure("unexpected trap %lu error %lx rip %lx cs %lx cr2 %lx "
			"rsp %lx",
			frame->vector, frame->error, frame->rip, frame->cs, cr2,
			frame->rsp);
	catcher = NULL;
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
	frame->rflags &= ~0x40100UL; /* no AC, no single step */
}

bool load_traps(const volatile void *va, struct trap_catch *c)
{
	if (trap_try(c))
		return true;
	(void)*(const volatile uint8_t *)va;
	trap_disarm();
	return false;
}

bool store_traps(volatile void *va, uint64_t value, struct trap_catch *c)
{
	if (trap_try(c))
		return true;
	*(volatile uint64_t *)va = value;
	trap_disarm();
	return false;
}
