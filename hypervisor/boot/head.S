/* SPDX-License-Identifier: MIT */
/*
 * Multiboot 1 entry: 32-bit protected mode, paging off. Builds the first page
 * tables (4 GiB identity, the image, the low 4 GiB of the direct map), goes
 * to long mode and calls boot_main(magic, info).
 */
#include "x86/cpu.h"

#define PHYS(sym) ((sym) - 0xffff820000000000)

#define MB_MAGIC 0x1badb002
#define MB_FLAGS 0x00000003 /* page-aligned modules, memory map */

/*
 * From 32-bit mode without paging to the 32-bit part of long mode, on the boot
 * page tables. Nothing is inherited from the loader: no PGE, no SMAP.
 */
.macro TO_LONG_MODE
	mov	$((1 << 5) | (1 << 9) | (1 << 10)), %eax /* PAE, OSFXSR, OSXMMEXCPT */
	mov	%eax, %cr4
	mov	$PHYS(boot_l4), %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx
	rdmsr
	or	$((1 << 0) | (1 << 8) | (1 << 11)), %eax /* SCE LME NXE */
	wrmsr
	mov	%cr0, %eax
	and	$~((1 << 2) | (1 << 3) | (1 << 29) | (1 << 30)), %eax /* EM TS NW CD */
	or	$((1 << 31) | (1 << 16) | (1 << 5) | (1 << 1)), %eax /* PG WP NE MP */
	mov	%eax, %cr0
	lgdt	PHYS(boot_gdtr)
.endm

	.section .boot, "ax"
	.code32
	.globl boot_start
boot_start:
	jmp 1f
	.balign 4
	.long MB_MAGIC
	.long MB_FLAGS
	.long -(MB_MAGIC + MB_FLAGS)
1:
	cli
	cld
	mov	$PHYS(cpu0_area) + CPU_AREA_BYTES, %esp
	mov	%eax, %ebp		/* magic */
	mov	%ebx, %esi		/* info */

	/* Long mode and NX are there? */
	mov	$0x80000001, %eax
	cpuid
	test	$(1 << 29), %edx
	jz	no_long_mode
	test	$(1 << 20), %edx
	jz	no_long_mode

	/* Four page directories of 2 MiB pages: 0..4 GiB. */
	mov	$PHYS(boot_l2), %edi
	mov	$0x83, %eax
	xor	%ecx, %ecx
2:	mov	%eax, (%edi, %ecx, 8)
	movl	$0, 4(%edi, %ecx, 8)
	add	$0x200000, %eax
	inc	%ecx
	cmp	$2048, %ecx
	jne	2b

	/* One L3 for identity, image (slot 0) and the direct map. */
	mov	$PHYS(boot_l3), %edi
	mov	$PHYS(boot_l2) + 3, %eax
	mov	%eax, 0(%edi)
	add	$0x1000, %eax
	mov	%eax, 8(%edi)
	add	$0x1000, %eax
	mov	%eax, 16(%edi)
	add	$0x1000, %eax
	mov	%eax, 24(%edi)

	mov	$PHYS(boot_l4), %edi
	mov	$PHYS(boot_l3) + 3, %eax
	mov	%eax, 0(%edi)
	mov	%eax, 260 * 8(%edi)
	mov	%eax, 262 * 8(%edi)

	TO_LONG_MODE
	ljmp	$8, $PHYS(3f)
	.code64
3:
	movabs	$4f, %rax
	jmp	*%rax
4:
	xor	%eax, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	mov	$16, %eax
	mov	%eax, %ss
	lea	cpu0_area + CPU_AREA_BYTES(%rip), %rsp
	mov	%ebp, %edi
	mov	%esi, %esi
	xor	%ebp, %ebp
	call	boot_main
	ud2

/*
 * The other CPUs' way in (x86/smp.c). The trampoline is copied to a page below
 * 1 MiB, where a CPU starts in real mode with %cs at it. The first that comes
 * takes the stack that is offered; one that comes too late finds none.
 */
	.code32
ap_start32:
	mov	$16, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	TO_LONG_MODE
	ljmp	$8, $PHYS(8f)
	.code64
8:
	movabs	$9f, %rax
	jmp	*%rax
9:
	xor	%eax, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	mov	hv_cr3(%rip), %rcx
	mov	%rcx, %cr3
	xchg	%rax, ap_stack(%rip)
	test	%rax, %rax
	jz	10f
	mov	%rax, %rsp
	xor	%ebp, %ebp
	call	ap_main
	ud2
10:	hlt
	jmp	10b

	.code32
no_long_mode:
	/* The serial port is all there is to say it with. */
	mov	$PHYS(no_long_mode_text), %esi
5:	mov	$0x3fd, %edx
6:	in	%dx, %al
	test	$0x20, %al
	jz	6b
	mov	$0x3f8, %edx
	lodsb
	test	%al, %al
	jz	7f
	out	%al, %dx
	jmp	5b
7:	hlt
	jmp	7b

	.code64
	.section .rodata
no_long_mode_text:
	.asciz "Paravane needs a 64-bit CPU with NX: none found, halted.\r\n"
	.balign 8
boot_gdt:
	.quad 0
	.quad 0x00af9b000000ffff
	.quad 0x00cf93000000ffff
	.quad 0x00cf9b000000ffff	/* 32-bit code: the trampoline's */
boot_gdtr:
	.word 31
	.quad PHYS(boot_gdt)

	.code16
	.globl ap_trampoline, ap_trampoline_end
ap_trampoline:
	cli
	cld
	mov	%cs, %ax
	mov	%ax, %ds
	lgdtl	ap_gdtr - ap_trampoline
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	.byte	0x66, 0xea		/* ljmpl $24, ap_start32 */
	.long	PHYS(ap_start32)
	.word	24
	.balign 8
ap_gdtr:
	.word	31
	.long	PHYS(boot_gdt)
ap_trampoline_end:
	.code64

	.section .bss.aligned, "aw", @nobits
	.balign CPU_AREA_BYTES
	.globl cpu0_area
cpu0_area:
	.skip CPU_AREA_BYTES
	.balign 4096
	.globl boot_l4
boot_l4: .skip 4096
boot_l3: .skip 4096
boot_l2: .skip 4 * 4096

	.section .note.GNU-stack, "", @progbits
