/* SPDX-License-Identifier: MIT */
/*
 * Every way in from a guest and every way back.
 *
 * While a guest runs, TSS.rsp0 is the end of its vCPU's saved registers, so
 * an exception pushes its frame where it is to be kept; the stubs then push
 * the general registers below it and change to the CPU's stack. Nothing is
 * copied on a vCPU switch.
 *
 * The first bytes below a struct vcpu are spare (VCPU_NEST_BYTES): a fault in
 * the few instructions that run with the stack pointer inside the vCPU (the
 * fast paths, the last iretq) nests there and is fixed up by table. At the
 * last iretq it overwrites the general registers, which are dead by then.
 *
 * No register names the CPU: with a stack, the stack pointer does; without
 * one, the stub through which SYSCALL comes in (x86/cpu.h). What the fast paths
 * need of it stands in the loaded vCPU.
 *
 * Interrupts are off throughout.
 */
#include "x86/cpu.h"
#include "x86/layout.h"
#include "x86/offsets.h"

#define FLAT_CS64 0xe033
#define FLAT_SS	  0xe02b

/* A field of this CPU, while its stack is empty. */
#define CPU(field) (field - CPU_AREA_BYTES)(%rsp)

/* A fault at `from` continues at `to`. */
.macro FIXUP from, to
	.pushsection .fixup, "a"
	.balign 8
	.quad \from, \to
	.popsection
.endm

.macro PUSH_GPRS
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
.endm

.macro POP_GPRS
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
.endm

	.section .text.entry, "ax"

/*
 * SYSCALL: %rcx = return address, %r11 = flags, stack still the guest's. The
 * CPU runs a copy of this, CPU_STUBS into its area (x86/setup.c); there, the
 * CPU's fields are where the original counts them to be. The three jumps lead
 * out of the copy and are moved with it.
 */
#define OWN(field) (syscall_stub - CPU_STUBS + field)(%rip)

	.balign 64
	.globl syscall_stubs
syscall_stubs:
syscall_stub:
	mov	%rsp, OWN(CPU_SCRATCH)
	mov	OWN(CPU_ENTRY_SP), %rsp
	push	OWN(CPU_SCRATCH)	/* %rsp = vcpu, .user_rsp is set */
	cmpb	$0, VCPU_KERNEL_MODE(%rsp)
	.byte	0x0f, 0x84		/* je */
stub_jump1:
	.long	syscall_from_user - stub_jump1 - 4
	.byte	0xe9			/* jmp */
stub_jump2:
	.long	syscall_from_kernel - stub_jump2 - 4
	.balign 64
syscall32_stub:
	mov	%rsp, OWN(CPU_SCRATCH)
	mov	OWN(CPU_ENTRY_SP), %rsp
	push	OWN(CPU_SCRATCH)
	.byte	0xe9
stub_jump3:
	.long	syscall32_common - stub_jump3 - 4
syscall_stubs_end:

	.pushsection .rodata
	.balign 4
	.globl syscall_stubs_bytes, syscall32_stub_offset, syscall_stub_jumps
syscall_stubs_bytes:
	.long	syscall_stubs_end - syscall_stubs
syscall32_stub_offset:
	.long	syscall32_stub - syscall_stubs
syscall_stub_jumps:
	.long	stub_jump1 - syscall_stubs
	.long	stub_jump2 - syscall_stubs
	.long	stub_jump3 - syscall_stubs
	.popsection

/* From here on: %rsp = vcpu, the guest's %rsp in .user_rsp. */
syscall_from_kernel:
	cmp	$23, %eax
	je	iret_fast
	/* A hypercall. */
hypercall_slow:
	add	$VCPU_REGS_ES, %rsp
	push	$FLAT_SS
	push	(VCPU_USER_RSP - VCPU_REGS_ES + 8)(%rsp)
	push	%r11
	push	$FLAT_CS64
	push	%rcx
	push	$0
	PUSH_GPRS
	lea	-VCPU_REGS(%rsp), %rdi
	mov	VCPU_STACK_TOP(%rdi), %rsp
	call	hypercall_dispatch
	jmp	exit_to_guest

/*
 * A system call of a guest's user: straight onto its kernel's stack. In:
 * %rsp = vcpu. Whatever is unusual goes the long way, through C.
 *
 * The frame (lowest first): rcx, r11, rip, cs + saved mask, rflags, rsp, ss.
 * Only %rcx and %r11 are free; both hold what is to be saved.
 */
syscall_from_user:
	mov	%rcx, VCPU_RIP(%rsp)
	mov	%r11, VCPU_RFLAGS(%rsp)
	cmpq	$0, VCPU_SYSCALL_EIP(%rsp)
	je	syscall_user_slow
	mov	VCPU_INFO(%rsp), %rcx
	cmpb	$0, 1(%rcx)		/* events masked in user mode: odd */
	jne	syscall_user_slow
	mov	VCPU_KERNEL_SP(%rsp), %r11
	swapgs
	movb	$1, VCPU_KERNEL_MODE(%rsp)
	mov	tlb_clock(%rip), %rcx	/* before the flush: x86/tlb.c */
	mov	%rcx, VCPU_FLUSH_SEEN(%rsp)
	mov	VCPU_KERNEL_CR3(%rsp), %rcx
	mov	%rcx, %cr3
10:	movq	$FLAT_SS, -8(%r11)
	mov	VCPU_USER_RSP(%rsp), %rcx
11:	mov	%rcx, -16(%r11)
	mov	VCPU_RFLAGS(%rsp), %rcx
12:	mov	%rcx, -24(%r11)
13:	movq	$FLAT_CS64, -32(%r11)
	mov	VCPU_RIP(%rsp), %rcx
14:	mov	%rcx, -40(%r11)
15:	mov	%rcx, -56(%r11)
	mov	VCPU_RFLAGS(%rsp), %rcx
16:	mov	%rcx, -48(%r11)
	/* Mask events if the guest asked for that with the callback. */
	mov	VCPU_INFO(%rsp), %rcx
	cmpb	$0, VCPU_SYSCALL_MASKS(%rsp)
	je	17f
	movb	$1, 1(%rcx)
17:	mov	VCPU_SYSCALL_EIP(%rsp), %rcx
	lea	-56(%r11), %rsp
	mov	$0x202, %r11d
	sysretq

	FIXUP 10b, syscall_frame_fault
	FIXUP 11b, syscall_frame_fault
	FIXUP 12b, syscall_frame_fault
	FIXUP 13b, syscall_frame_fault
	FIXUP 14b, syscall_frame_fault
	FIXUP 15b, syscall_frame_fault
	FIXUP 16b, syscall_frame_fault

/* The guest's kernel stack cannot be written: back to where we were. */
syscall_frame_fault:
	/* Mode, page tables and GS stay the kernel's: C crashes the domain. */
	mov	%rsp, %rdi
	mov	VCPU_USER_RSP(%rdi), %rcx
	mov	%rcx, VCPU_RSP(%rdi)
	mov	VCPU_STACK_TOP(%rdi), %rsp
	call	syscall_stack_fault
	jmp	exit_to_guest

syscall_user_slow:
	mov	VCPU_RIP(%rsp), %rcx
	mov	VCPU_RFLAGS(%rsp), %r11
	add	$VCPU_REGS_ES, %rsp
	push	$FLAT_SS
	push	(VCPU_USER_RSP - VCPU_REGS_ES + 8)(%rsp)
	push	%r11
	push	$FLAT_CS64
	push	%rcx
	push	$0
	PUSH_GPRS
	lea	-VCPU_REGS(%rsp), %rdi
	mov	VCPU_STACK_TOP(%rdi), %rsp
	call	syscall_from_user_slow
	jmp	exit_to_guest

/*
 * The iret hypercall, to user mode, when nothing is unusual. In: %rsp = vcpu;
 * the guest's stack (.user_rsp) holds rax, r11, rcx, flags, rip, cs, rflags,
 * rsp, ss. %rax, %rcx and %r11 are free.
 */
iret_fast:
	mov	VCPU_USER_RSP(%rsp), %rcx
	movabs	$0x0000800000000000, %rax	/* ours is [-2^47, -2^47+2^43) */
	add	%rcx, %rax
	shr	$43, %rax
	jz	iret_slow
20:	mov	40(%rcx), %rax			/* cs */
	not	%eax
	test	$3, %al
	jnz	iret_slow			/* to the guest's kernel */
	cmpq	$0, VCPU_USER_CR3(%rsp)
	je	iret_slow
	cmpl	$0, VCPU_ATTENTION(%rsp)
	jne	iret_slow			/* an NMI, the scheduler */
21:	mov	48(%rcx), %r11			/* rflags */
	test	$0x200, %r11d
	jz	iret_slow			/* events stay masked: odd */
	test	$0x20000, %r11d
	jnz	iret_slow			/* VM */
	mov	VCPU_INFO(%rsp), %rax
	cmpb	$0, 0(%rax)
	jne	iret_slow			/* an event waits */
	/* Commit: the frame for iretq goes where the registers are kept. */
	and	$0x254dd5, %r11d
	or	$0x202, %r11d
	mov	%r11, VCPU_RFLAGS(%rsp)
22:	mov	32(%rcx), %r11
	mov	%r11, VCPU_RIP(%rsp)
23:	mov	40(%rcx), %r11
	movzwl	%r11w, %r11d
	mov	%r11, VCPU_RIP + 8(%rsp)
24:	mov	56(%rcx), %r11
	mov	%r11, VCPU_RSP(%rsp)
25:	mov	64(%rcx), %r11
	movzwl	%r11w, %r11d
	or	$3, %r11d
	mov	%r11, VCPU_RSP + 8(%rsp)
26:	mov	8(%rcx), %r11
27:	mov	0(%rcx), %rax
28:	mov	16(%rcx), %rcx
	mov	%rcx, VCPU_USER_RSP(%rsp)
	mov	VCPU_INFO(%rsp), %rcx
	movb	$0, 1(%rcx)
	movb	$0, VCPU_KERNEL_MODE(%rsp)
	mov	tlb_clock(%rip), %rcx
	mov	%rcx, VCPU_FLUSH_SEEN(%rsp)
	mov	VCPU_USER_CR3(%rsp), %rcx
	swapgs
	mov	%rcx, %cr3
	mov	VCPU_USER_RSP(%rsp), %rcx
	add	$VCPU_RIP, %rsp
	jmp	guest_iretq

	FIXUP 20b, iret_slow
	FIXUP 21b, iret_slow
	FIXUP 22b, iret_slow
	FIXUP 23b, iret_slow
	FIXUP 24b, iret_slow
	FIXUP 25b, iret_slow
	FIXUP 26b, iret_slow
	FIXUP 27b, iret_slow
	FIXUP 28b, iret_slow

/* Nothing was committed: an ordinary hypercall. rcx, r11 are dead in it. */
iret_slow:
	xor	%ecx, %ecx
	mov	$0x202, %r11d
	mov	$23, %eax
	jmp	hypercall_slow

/*
 * Exceptions and interrupts. The stubs push an error code where the machine
 * does not, and put the vector in its upper half.
 */
.macro STUB vector, has_error
	.balign 16
	.if !\has_error
	push	$0
	.endif
	movl	$\vector, 4(%rsp)
	jmp	exception_entry
.endm

	.balign 16
	.globl idt_stubs
idt_stubs:
	.set v, 0
	.rept 256
	.if v == 8 || (v >= 10 && v <= 14) || v == 17 || v == 21 || v == 29 || v == 30
	STUB v, 1
	.else
	STUB v, 0
	.endif
	.set v, v + 1
	.endr

	.balign 16
exception_entry:
	cld
	PUSH_GPRS
	testb	$3, (VCPU_RIP - VCPU_REGS + 8)(%rsp)
	jz	exception_from_hypervisor
	lea	-VCPU_REGS(%rsp), %rdi
	mov	VCPU_STACK_TOP(%rdi), %rsp
	call	trap_from_guest

/* Back to a guest: C says which vCPU, after all that is due was done. */
	.globl exit_to_guest
exit_to_guest:
	mov	CPU(CPU_VCPU), %rax
	mov	VCPU_INFO(%rax), %rcx
	movzwl	(%rcx), %ecx
	cmp	$1, %ecx			/* pending and not masked */
	je	1f
	mov	VCPU_ATTENTION(%rax), %edx
	or	VCPU_DEMOTE(%rax), %rdx
	jz	2f
1:	call	exit_work
2:	lea	VCPU_REGS(%rax), %rsp
	POP_GPRS
	add	$8, %rsp
	.globl guest_iretq
guest_iretq:
	iretq
	FIXUP guest_iretq, iretq_fault

/*
 * The guest's frame cannot be returned to (bad selector, non-canonical rip):
 * its registers are all live, the frame is in the vCPU, %rsp at its .rip.
 */
iretq_fault:
	push	$0
	PUSH_GPRS
	lea	-VCPU_REGS(%rsp), %rdi
	mov	VCPU_STACK_TOP(%rdi), %rsp
	call	iret_failed
	jmp	exit_to_guest

	.globl resume_first
/* void resume_first(void): a CPU's boot path ends here. */
resume_first:
	or	$(CPU_AREA_BYTES - 1), %rsp
	inc	%rsp
	call	exit_work
	jmp	2b

/*
 * C runs on a CPU's stack only. If the fault nests in a vCPU (which lies in the
 * direct map, not in the image's slot as the areas of CPUs do), the stack is
 * empty.
 */
exception_from_hypervisor:
	mov	%rsp, %rdi
	mov	%rsp, %rbx
	mov	%rsp, %rax
	shr	$39, %rax
	cmp	$(0x1fffe00 + IMAGE_L4_SLOT), %eax
	je	1f
	mov	%rdi, %rax
	and	$-VCPU_BLOCK_BYTES, %rax
	mov	(VCPU_NEST_BYTES + VCPU_STACK_TOP)(%rax), %rsp
1:	and	$-16, %rsp
	call	trap_from_hypervisor
	mov	%rbx, %rsp
	POP_GPRS
	add	$8, %rsp
	iretq

/*
 * NMI, #DB, #MC: on stacks of their own. From a guest the frame moves to the
 * vCPU; from the hypervisor it is handled where it is.
 */
.macro IST_STUB name, vector
	.balign 16
	.globl \name
\name:
	push	$0
	movl	$\vector, 4(%rsp)
	testb	$3, 16(%rsp)
	jz	exception_ist_hypervisor
	push	%rax
	mov	%rsp, %rax
	and	$-CPU_AREA_BYTES, %rax
	mov	CPU_VCPU(%rax), %rax
	lea	VCPU_REGS_ES(%rax), %rax
	xchg	%rax, (%rsp)		/* stack: regs end, err, rip, cs, ... */
	push	%rcx
	push	%rbx
	mov	16(%rsp), %rbx
	mov	64(%rsp), %rcx
	mov	%rcx, -8(%rbx)		/* ss */
	mov	56(%rsp), %rcx
	mov	%rcx, -16(%rbx)
	mov	48(%rsp), %rcx
	mov	%rcx, -24(%rbx)
	mov	40(%rsp), %rcx
	mov	%rcx, -32(%rbx)
	mov	32(%rsp), %rcx
	mov	%rcx, -40(%rbx)
	mov	24(%rsp), %rcx
	mov	%rcx, -48(%rbx)		/* error code and vector */
	mov	%rbx, %rcx
	pop	%rbx
	xchg	%rcx, (%rsp)		/* rcx: guest's; stack top: regs end */
	pop	%rsp
	sub	$48, %rsp
	jmp	exception_entry
.endm

	IST_STUB nmi_entry, 2
	IST_STUB debug_entry, 1
	IST_STUB mce_entry, 18

exception_ist_hypervisor:
	cld
	PUSH_GPRS
	mov	%rsp, %rdi
	mov	%rsp, %rbx
	and	$-16, %rsp
	call	trap_from_hypervisor
	mov	%rbx, %rsp
	POP_GPRS
	add	$8, %rsp
	iretq

	.balign 16
	.globl double_fault_entry
double_fault_entry:
	movl	$8, 4(%rsp)
	PUSH_GPRS
	mov	%rsp, %rdi
	and	$-16, %rsp
	call	trap_from_hypervisor
	ud2

/* 32-bit system calls of AMD: CSTAR. Always the long way. */
syscall32_common:
	add	$VCPU_REGS_ES, %rsp
	push	$FLAT_SS
	push	(VCPU_USER_RSP - VCPU_REGS_ES + 8)(%rsp)
	push	%r11
	push	$0xe023
	push	%rcx
	push	$0
	PUSH_GPRS
	lea	-VCPU_REGS(%rsp), %rdi
	mov	VCPU_STACK_TOP(%rdi), %rsp
	call	syscall32_from_user
	jmp	exit_to_guest

/* SYSENTER (Intel): no return address; the ABI fakes the frame. */
	.globl sysenter_entry
sysenter_entry:
	mov	CPU(CPU_VCPU), %rsp
	add	$VCPU_REGS_ES, %rsp
	push	$FLAT_SS
	push	$0
	pushfq
	push	$3
	push	$0
	push	$0
	PUSH_GPRS
	lea	-VCPU_REGS(%rsp), %rdi
	mov	VCPU_STACK_TOP(%rdi), %rsp
	push	$2			/* NT, TF off */
	popfq
	call	sysenter_from_user
	jmp	exit_to_guest

/*
 * size_t copy_guest_asm(void *dst, const void *src, size_t bytes): bytes that
 * were not copied.
 */
	.globl copy_guest_asm
copy_guest_asm:
	mov	%rdx, %rcx
	cmp	$8, %rcx
	jne	32f
30:	mov	(%rsi), %rax
31:	mov	%rax, (%rdi)
	xor	%eax, %eax
	ret
32:	shr	$3, %rcx
	and	$7, %edx
33:	rep movsq
	mov	%edx, %ecx
34:	rep movsb
	xor	%eax, %eax
	ret
35:	lea	(%rdx, %rcx, 8), %rax
	ret
36:	mov	%rcx, %rax
	ret
37:	mov	$8, %eax
	ret
	FIXUP 30b, 37b
	FIXUP 31b, 37b
	FIXUP 33b, 35b
	FIXUP 34b, 36b

/* int load_selector_*(uint16_t sel): 0, or -1 when it faults. */
.macro LOAD_SEL seg
	.globl load_selector_\seg
load_selector_\seg:
	xor	%eax, %eax
40:	mov	%edi, %\seg
	ret
41:	mov	$-1, %eax
	xor	%edi, %edi
	mov	%edi, %\seg
	ret
	FIXUP 40b, 41b
.endm
	LOAD_SEL ds
	LOAD_SEL es
	LOAD_SEL fs
/* The selector whose base is user's: GS is exchanged around the load. */
	.globl load_selector_gs
load_selector_gs:
	xor	%eax, %eax
	swapgs
42:	mov	%edi, %gs
	swapgs
	ret
43:	xor	%edi, %edi
	mov	%edi, %gs
	swapgs
	mov	$-1, %eax
	ret
	FIXUP 42b, 43b

/* int rdmsr_safe(uint32_t msr, uint64_t *value) */
	.globl rdmsr_safe
rdmsr_safe:
	mov	%rsi, %r8
	mov	%edi, %ecx
50:	rdmsr
	shl	$32, %rdx
	or	%rdx, %rax
	mov	%rax, (%r8)
	xor	%eax, %eax
	ret
51:	mov	$-1, %eax
	ret
	FIXUP 50b, 51b

/* int wrmsr_safe(uint32_t msr, uint64_t value) */
	.globl wrmsr_safe
wrmsr_safe:
	mov	%edi, %ecx
	mov	%esi, %eax
	mov	%rsi, %rdx
	shr	$32, %rdx
52:	wrmsr
	xor	%eax, %eax
	ret
53:	mov	$-1, %eax
	ret
	FIXUP 52b, 53b

	.section .note.GNU-stack, "", @progbits
