/* SPDX-License-Identifier: MIT */
/*
 * multicall-iret: an iret inside of a multicall changes the mode and the
 * address space of the vCPU while the hypervisor still walks the batch in the
 * old ones (XSA-213: the next entry was then read through the user's tables).
 * Two answers are right: the entry is refused and the batch goes on in kernel
 * mode, or the batch ends there and the iret is done. Wrong is everything that
 * runs a later entry after the switch. A multicall in a multicall is refused.
 */
#include "guest.h"

__asm__(".pushsection .rodata\n"
	".globl iret_blob, iret_blob_end\n"
	"iret_blob:\n"
	"	movl $0x5e, %ebx\n"
	"	syscall\n"
	"	ud2\n"
	"iret_blob_end:\n"
	".popsection\n");
extern char iret_blob[], iret_blob_end[];

static struct multicall_entry calls[3], inner[1];
static struct iret_context frame;

static __attribute__((noinline)) long batch_on_frame(void)
{
	long rc;

	__asm__ volatile("movq %%rsp, %%rbx; movq %[frame], %%rsp;"
			 "syscall; movq %%rbx, %%rsp"
			 : "=a"(rc)
			 : [frame] "r"(&frame), "a"(__HYPERVISOR_multicall),
			   "D"(calls), "S"(3)
			 : "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11",
			   "memory", "cc");
	return rc;
}

void guest_main(void)
{
	static struct trap_catch back;
	volatile bool switched = false;
	uint64_t last;
	volatile long rc = 0;

	user_init(iret_blob, (size_t)(iret_blob_end - iret_blob));
	frame.rip = USER_CODE;
	frame.cs = FLAT_USER_CS | 3;
	frame.ss = FLAT_USER_SS | 3;
	frame.rflags = 0x202;
	frame.rsp = USER_STACK;
	calls[0].op = __HYPERVISOR_xen_version;
	calls[1].op = __HYPERVISOR_iret;
	calls[2].op = __HYPERVISOR_xen_version;
	calls[2].result = 0x1111;

	user_expect(&back);
	if (trap_catch_raw(&back))
		switched = true;
	else
		rc = batch_on_frame();
	user_expect(NULL);
	last = *(volatile xen_ulong_t *)&calls[2].result;
	if (switched) {
		expect(back.frame.vector == TRAP_SYSCALL &&
			       back.frame.rbx == 0x5e,
		       "user mode came back by %lu at %lx", back.frame.vector,
		       back.frame.rip);
		expect(last == 0x1111,
		       "the entry behind the iret was run: result %lx", last);
	} else if (rc == 0) {
		expect((long)calls[1].result < 0,
		       "the iret entry's result is %ld", (long)calls[1].result);
	}

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
	success("an iret entry %s", switched ? "ends the batch" : "is refused");
}
