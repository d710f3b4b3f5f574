/* SPDX-License-Identifier: MIT */
/* No ELF notes: what a builder needs is text in a section. */

	.section __xen_guest, "", @progbits
	.ascii "GUEST_OS=paravane-micro-guest,GUEST_VER=1,XEN_VER=xen-3.0,"
	.ascii "VIRT_BASE=0xffffffff80000000,ELF_PADDR_OFFSET=0x0,"
	.asciz "LOADER=generic"

	.section .note.GNU-stack, "", @progbits
