/* SPDX-License-Identifier: MIT */
/*
 * debug-registers: set_debugreg and get_debugreg keep what they are given, a
 * data breakpoint and an instruction breakpoint raise #DB in the kernel with
 * the right bit in DR6, and single-stepping by TF works, also over an
 * instruction that the hypervisor does for us.
 */
#include "guest.h"

static volatile uint64_t watched;
static volatile unsigned int hits;
static volatile uint64_t dr6_seen, rip_seen;

static long set_dr(int reg, uint64_t value)
{
	return hypercall2(__HYPERVISOR_set_debugreg, (uint64_t)reg, value);
}

static uint64_t get_dr(int reg)
{
	return (uint64_t)hypercall1(__HYPERVISOR_get_debugreg, (uint64_t)reg);
}

static bool on_debug(struct trap_frame *frame, uint64_t cr2)
{
	(void)cr2;
	if (frame->vector != TRAP_DB)
		return false;
	hits++;
	dr6_seen = get_dr(6);
	rip_seen = frame->rip;
	frame->rflags &= ~0x100UL;
	return true;
}

void guest_main(void)
{
	uint64_t behind;

	trap_handler = on_debug;
	for (int i = 0; i < 4; i++) {
		expect_rc(set_dr(i, PTR(&watched) + 0x100 * (uint64_t)i), 0);
		expect(get_dr(i) == PTR(&watched) + 0x100 * (uint64_t)i,
		       "dr%d reads back %lx", i, get_dr(i));
	}
	expect_rc(set_dr(0, PTR(&watched)), 0);
	/* Local enable of 0, write, 8 bytes. */
	expect_rc(set_dr(6, 0xffff0ff0), 0);
	expect_rc(set_dr(7, 0x400 | 1 | (1UL << 16) | (2UL << 18)), 0);
	watched = 1;
	expect(hits == 1, "a watched write raised %u #DB", hits);
	expect(dr6_seen & 1, "dr6 is %lx after a hit of dr0", dr6_seen);
	(void)watched;
	expect(hits == 1, "a read raised #DB");

	expect_rc(set_dr(7, 0x400), 0);
	watched = 2;
	expect(hits == 1, "a switched-off breakpoint hit");

	__asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq; nop; nop" ::
				 : "memory", "cc");
	expect(hits == 2, "a single step raised %u #DB", hits - 1);
	expect(dr6_seen & 0x4000, "dr6 is %lx after a single step", dr6_seen);

	expect_rc(set_dr(6, 0xffff0ff0), 0);
	__asm__ volatile("pushfq; orl $0x100, (%%rsp)\n"
			 "leaq 1f(%%rip), %%rcx\n"
			 "popfq; mov %%cr0, %%rax; 1: nop"
			 : "=c"(behind)
			 :
			 : "rax", "memory", "cc");
	expect(hits == 3, "a step over mov from cr0 raised %u #DB", hits - 2);
	expect(rip_seen == behind, "it came at %lx instead of %lx", rip_seen,
	       behind);
	expect(dr6_seen & 0x4000, "dr6 is %lx after it", dr6_seen);
	success("breakpoints and single steps arrive");
}
