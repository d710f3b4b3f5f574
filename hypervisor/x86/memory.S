/* SPDX-License-Identifier: MIT */
/* memcpy and memset by the CPU's own string instructions. */
	.text
	.globl memcpy
	.hidden memcpy
memcpy:
	mov	%rdi, %rax
	mov	%rdx, %rcx
	shr	$3, %rcx
	and	$7, %edx
	rep movsq
	jz	1f
	mov	%edx, %ecx
	rep movsb
1:	ret

	.globl memset
	.hidden memset
memset:
	mov	%rdi, %r8
	movzbl	%sil, %eax
	movabs	$0x0101010101010101, %rcx
	imul	%rcx, %rax
	mov	%rdx, %rcx
	shr	$3, %rcx
	rep stosq
	and	$7, %edx
	jz	2f
	mov	%edx, %ecx
	rep stosb
2:	mov	%r8, %rax
	ret

	.section .note.GNU-stack, "", @progbits
