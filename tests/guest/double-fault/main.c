/* SPDX-License-Identifier: MIT */
/*
 * double-fault: the kernel's stack is not mapped when a trap comes. Delivering
 * the frame faults, and so would delivering that fault. On hardware this ends
 * in a reset; here the domain ends, and not the machine.
 *
 * expect: crash "crashed"
 */
#include "guest.h"

void guest_main(void)
{
	print("now a trap without a stack\n");
	__asm__ volatile("movq %0, %%rsp; ud2"
			 :
			 : "r"(va_base() + 0x38000000)
			 : "memory");
	failure("came back from a trap that could not be delivered");
}
