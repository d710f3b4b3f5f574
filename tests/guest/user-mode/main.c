/* SPDX-License-Identifier: MIT */
/*
 * user-mode: the kernel drops to user mode by the iret hypercall and comes
 * back by a system call, a page fault, a breakpoint and a privileged
 * instruction. A `syscall` in user mode is never a hypercall: it reaches the
 * kernel with rcx = return address and r11 = flags. Frames from user mode have
 * privilege level 3 in CS, page faults the U bit. Kernel pages that only the
 * kernel's table maps are not visible to user mode.
 */
#include "guest.h"

/* Position independent; runs at USER_CODE. */
__asm__(".pushsection .rodata\n"
	".globl user_blob, user_blob_end\n"
	"user_blob:\n"
	"	movl $17, %eax\n" /* xen_version, would be a hypercall */
	"	movl $0x1234, %edi\n"
	"	pushq %rax\n"
	"	syscall\n"
	"user_after_syscall:\n"
	"	movq %rsi, %rax\n"
	"	movb (%rax), %bl\n" /* 1: faults where rsi points */
	"	ud2\n"
	"user_break:\n"
	"	int3\n"
	"	ud2\n"
	"user_priv:\n"
	"	hlt\n"
	"	ud2\n"
	"user_blob_end:\n"
	".popsection\n");

extern char user_blob[], user_blob_end[], user_after_syscall[], user_break[];
extern char user_priv[];

static uint64_t at(const char *label)
{
	return USER_CODE + (uint64_t)(label - user_blob);
}

void guest_main(void)
{
	static struct trap_catch back;
	struct trap_frame f;
	char *secret = page_alloc();

	user_init(user_blob, (size_t)(user_blob_end - user_blob));

	memset(&f, 0, sizeof(f));
	f.rip = USER_CODE;
	f.rflags = 0x202;
	f.r15 = 0x1515;
	user_run(&f, &back);
	expect(back.frame.vector == TRAP_SYSCALL,
	       "syscall: came back by %lu, error %lx, rip %lx, cr2 %lx",
	       back.frame.vector, back.frame.error, back.frame.rip, back.cr2);
	expect(back.frame.rax == 17, "syscall: rax is %lx", back.frame.rax);
	expect(back.frame.rdi == 0x1234, "syscall: rdi is %lx", back.frame.rdi);
	expect(back.frame.r15 == 0x1515, "syscall: r15 is %lx", back.frame.r15);
	expect(back.frame.rip == at(user_after_syscall),
	       "syscall: rip is %lx instead of %lx", back.frame.rip,
	       at(user_after_syscall));
	expect((back.frame.cs & 3) == 3, "syscall: cs is %lx", back.frame.cs);
	expect(back.frame.rsp == USER_STACK - 8, "syscall: rsp is %lx",
	       back.frame.rsp);

	/* Go on behind the system call, into a fault on a kernel page. */
	f = back.frame;
	f.rsi = PTR(secret);
	f.rflags = 0x202;
	user_run(&f, &back);
	expect(back.frame.vector == TRAP_PF, "read: came back by %lu",
	       back.frame.vector);
	expect(back.frame.error & PF_USER, "read: error %lx lacks the U bit",
	       back.frame.error);
	expect(!(back.frame.error & PF_WRITE), "read: error %lx says write",
	       back.frame.error);
	expect(back.cr2 == PTR(secret), "read: cr2 is %lx", back.cr2);

	memset(&f, 0, sizeof(f));
	f.rip = at(user_break);
	f.rflags = 0x202;
	user_run(&f, &back);
	expect(back.frame.vector == TRAP_BP, "int3: came back by %lu",
	       back.frame.vector);
	expect(back.frame.rip == at(user_break) + 1, "int3: rip is %lx",
	       back.frame.rip);

	memset(&f, 0, sizeof(f));
	f.rip = at(user_priv);
	f.rflags = 0x202;
	user_run(&f, &back);
	expect(back.frame.vector == TRAP_GP, "hlt: came back by %lu",
	       back.frame.vector);
	expect(back.frame.rip == at(user_priv), "hlt: rip is %lx",
	       back.frame.rip);

	/* Kernel work in between is still the kernel's. */
	expect(do_xen_version(XENVER_version, NULL) > 0,
	       "hypercalls stopped working after user mode");
	success("user mode is entered, left and kept apart");
}
