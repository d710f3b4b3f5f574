/* SPDX-License-Identifier: MIT */
/*
 * stack-hypervisor: the kernel stack of a vCPU, set by stack_switch or simply
 * by RSP, points into the hypervisor; then a trap comes, whose frame would be
 * written there with the hypervisor's rights. The frame must not be written;
 * there is nowhere else to write it, so the domain ends.
 *
 * expect: crash "crashed"
 */
#include "guest.h"

void guest_main(void)
{
	/* As a stack for traps from user mode: refused or remembered. */
	hypercall2(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS,
		   0xffff82d080300000UL);
	expect(do_xen_version(XENVER_version, NULL) > 0,
	       "stack_switch broke hypercalls");
	print("now a trap with the stack pointer in the hypervisor\n");
	__asm__ volatile("movq %0, %%rsp; ud2"
			 :
			 : "r"(0xffff830000100000UL)
			 : "memory");
	failure("came back from a trap that could not be delivered");
}
