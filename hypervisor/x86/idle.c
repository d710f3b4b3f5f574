/* SPDX-License-Identifier: MIT */
/* What a CPU does before it halts for want of a runnable vCPU. */
#include "mm/heap.h"
#include "x86/asm.h"
#include "x86/cpu.h"
#include "x86/switch.h"

/*
 * Free memory is scrubbed, a few pages at a time with interrupts let in
 * between, until there is something to run or all is clean.
 */
void idle_work(void)
{
	while (heap_scrub_some(8)) {
		__asm__ volatile("sti; nop; cli" : : : "memory");
		if (this_cpu()->exit_work)
			return;
	}
}
