/* SPDX-License-Identifier: MIT */
/* Linked high (virtual = IMAGE_BASE + physical), loaded at 1 MiB. */
#include "x86/layout.h"
#undef __x86_64__
#define BASE 0xffff820000000000

OUTPUT_FORMAT("elf64-x86-64")
ENTRY(boot_start)

SECTIONS
{
	. = BASE + 0x100000;
	image_start = .;
	.text : {
		*(.boot)
		. = ALIGN(64);
		*(.text.entry)
		*(.text .text.*)
	}
	. = ALIGN(4096);
	text_end = .;
	.rodata : {
		*(.rodata .rodata.*)
		. = ALIGN(8);
		fixup_start = .;
		*(.fixup)
		fixup_end = .;
		. = ALIGN(8);
		*(.symtab_names)
	}
	. = ALIGN(4096);
	rodata_end = .;
	.data : {
		*(.data .data.* .got .got.* .data.rel.ro*)
	}
	. = ALIGN(4096);
	data_end = .;
	.bss (NOLOAD) : {
		*(.bss.aligned)
		*(.bss .bss.* COMMON)
	}
	. = ALIGN(4096);
	image_end = .;
	/DISCARD/ : { *(.comment) *(.note*) *(.eh_frame*) *(.interp)
		      *(.dynamic) *(.dynsym) *(.dynstr) *(.hash) *(.gnu.hash) }
}
