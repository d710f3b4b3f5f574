/* SPDX-License-Identifier: MIT */
/*
 * multicall-iret: an iret inside of a multicall changes the address space and
 * the mode of the vCPU while the hypervisor still walks the batch in the old
 * one (XSA-213). The batch must not go on in user mode: whatever the entry
 * gives, we must not arrive where its frame points, and later entries must not
 * run with another view of memory. Nested multicalls are refused, too.
 */
#include "guest.h"

static bool arrived;

static void landing(void)
{
	arrived = true;
	failure("an iret inside of a multicall was performed");
}

void guest_main(void)
{
	static struct multicall_entry calls[3], inner[1];
	/* The frame that an iret entry would find at our stack pointer. */
	struct iret_context frame = { 0 };
	long rc;

	frame.rip = PTR(landing);
	frame.cs = FLAT_KERNEL_CS;
	frame.ss = FLAT_KERNEL_SS;
	frame.rflags = 0x202;
	frame.rsp = PTR(boot_stack_top) - 8192;

	calls[0].op = __HYPERVISOR_xen_version;
	calls[1].op = __HYPERVISOR_iret;
	calls[2].op = __HYPERVISOR_xen_version;
	calls[2].result = 0x1111;
	__asm__ volatile("movq %%rsp, %%rbx; movq %[frame], %%rsp;"
			 "syscall; movq %%rbx, %%rsp"
			 : "=a"(rc)
			 : [frame] "r"(&frame), "a"(__HYPERVISOR_multicall),
			   "D"(calls), "S"(3)
			 : "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11",
			   "memory", "cc");
	expect(!arrived, "the iret was performed");
	if (rc == 0)
		expect((long)calls[1].result < 0,
		       "the iret entry's result is %ld",
		       (long)calls[1].result);

	inner[0].op = __HYPERVISOR_xen_version;
	memset(calls, 0, sizeof(calls));
	calls[0].op = __HYPERVISOR_multicall;
	calls[0].args[0] = PTR(inner);
	calls[0].args[1] = 1;
	rc = hypercall2(__HYPERVISOR_multicall, PTR(calls), 1);
	expect(rc < 0 || (long)calls[0].result < 0,
	       "a multicall inside of a multicall gave %ld",
	       (long)calls[0].result);
	expect(do_xen_version(XENVER_version, NULL) > 0,
	       "hypercalls stopped working");
	success("no iret from within a batch");
}
