/* SPDX-License-Identifier: MIT */
/*
 * The first instruction of a micro-guest, and every way in which the
 * hypervisor can enter it later: 33 trap stubs (vectors 0..31 and 0x80), the
 * event, failsafe and system-call callbacks. Each builds one struct trap_frame
 * (guest.h) on the stack, calls C, and goes back by the iret hypercall.
 *
 * What the hypervisor pushes, lowest address first: rcx, r11, then (for some
 * vectors) an error code, then rip, cs, rflags, rsp, ss. The failsafe frame
 * has ds, es, fs, gs between r11 and rip.
 *
 * Exercised by every guest; tests/guest/trap-bounce checks the details.
 */
#include "public/xen.h"

	.text
	.globl _start
_start:
	cld
	leaq boot_stack_top(%rip), %rsp
	movq %rsi, %rdi
	xorl %ebp, %ebp
	call guest_start
	ud2

/* Stack: error, rip, cs, ... with vector, error pushed by the stub. */
	.macro push_rest
	pushq %rax
	pushq %rcx
	pushq %rdx
	pushq %rbx
	pushq %rbp
	pushq %rsi
	pushq %rdi
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	.endm

	.macro pop_rest
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rdi
	popq %rsi
	popq %rbp
	popq %rbx
	popq %rdx
	popq %rcx
	popq %rax
	.endm

/*
 * In: rsp at vector, error, rip, cs, rflags, rsp, ss. The two words in front
 * of rip become flags and rcx of the iret frame, r11 and rax go below them.
 */
trap_common:
	push_rest
	cld			/* a trap leaves the direction flag alone */
	movq %rsp, %rdi
	movq %rsp, %rbx
	andq $-16, %rsp
	call trap_dispatch
	movq %rbx, %rsp
	.globl trap_return
trap_return:
	pop_rest
	movq %rcx, 0(%rsp)
	movq $0, 8(%rsp)	/* a full return: rcx and r11 restored */
	pushq %r11
	pushq %rax
	movl $__HYPERVISOR_iret, %eax
	syscall
	ud2

	.macro trap_stub vector, has_error
	.balign 32
trap_stub_\vector:
	popq %rcx
	popq %r11
	.if !\has_error
	pushq $0
	.endif
	pushq $\vector
	jmp trap_common
	.endm

	.balign 32
	.globl trap_stubs
trap_stubs:
	trap_stub 0, 0
	trap_stub 1, 0
	trap_stub 2, 0
	trap_stub 3, 0
	trap_stub 4, 0
	trap_stub 5, 0
	trap_stub 6, 0
	trap_stub 7, 0
	trap_stub 8, 1
	trap_stub 9, 0
	trap_stub 10, 1
	trap_stub 11, 1
	trap_stub 12, 1
	trap_stub 13, 1
	trap_stub 14, 1
	trap_stub 15, 0
	trap_stub 16, 0
	trap_stub 17, 1
	trap_stub 18, 0
	trap_stub 19, 0
	trap_stub 20, 0
	trap_stub 21, 0
	trap_stub 22, 0
	trap_stub 23, 0
	trap_stub 24, 0
	trap_stub 25, 0
	trap_stub 26, 0
	trap_stub 27, 0
	trap_stub 28, 0
	trap_stub 29, 0
	trap_stub 30, 0
	trap_stub 31, 0
	trap_stub 128, 0
/* Callbacks take numbers above the vectors. */
	trap_stub 256, 0
	.globl event_callback
	.set event_callback, trap_stub_256
	trap_stub 257, 0
	.globl syscall_callback
	.set syscall_callback, trap_stub_257

	.balign 32
	.globl failsafe_callback
failsafe_callback:
	popq %rcx
	popq %r11
	addq $32, %rsp		/* ds, es, fs, gs as they were */
	pushq $0
	pushq $258
	jmp trap_common

/*
 * int trap_catch_raw(struct trap_catch *): like setjmp. Saves what a C caller
 * expects to find again and returns 0; trap_dispatch returns here with 1.
 */
	.globl trap_catch_raw
trap_catch_raw:
	movq (%rsp), %rax
	movq %rax, 0(%rdi)
	leaq 8(%rsp), %rax
	movq %rax, 8(%rdi)
	movq %rbx, 16(%rdi)
	movq %rbp, 24(%rdi)
	movq %r12, 32(%rdi)
	movq %r13, 40(%rdi)
	movq %r14, 48(%rdi)
	movq %r15, 56(%rdi)
	xorl %eax, %eax
	ret

/*
 * int user_switch(struct trap_catch *back, struct trap_frame *frame): leave
 * to what frame says by the iret hypercall; comes back with 1 when something
 * in user mode enters the kernel.
 */
	.globl user_switch
user_switch:
	movq (%rsp), %rax
	movq %rax, 0(%rdi)
	leaq 8(%rsp), %rax
	movq %rax, 8(%rdi)
	movq %rbx, 16(%rdi)
	movq %rbp, 24(%rdi)
	movq %r12, 32(%rdi)
	movq %r13, 40(%rdi)
	movq %r14, 48(%rdi)
	movq %r15, 56(%rdi)
	movq %rsi, %rsp
	jmp trap_return

/* void iret_raw(const struct iret_context *): the hypercall as it is. */
	.globl iret_raw
iret_raw:
	movq %rdi, %rsp
	movl $__HYPERVISOR_iret, %eax
	syscall
	ud2

	.bss
	.balign 4096
	.skip 16384
	.globl boot_stack_top
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
