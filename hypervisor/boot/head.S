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

	/* Nothing is inherited from the loader: no PGE, no SMAP. */
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
boot_gdtr:
	.word 23
	.quad PHYS(boot_gdt)

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
