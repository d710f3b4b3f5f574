/* SPDX-License-Identifier: MIT */
/* The ordinary notes and number 2, the address of the hypercall page. */
#include "notes.inc"

	xen_note_str XEN_ELFNOTE_GUEST_OS, "paravane-micro-guest"
	xen_note_str XEN_ELFNOTE_XEN_VERSION, "xen-3.0"
	xen_note_quad XEN_ELFNOTE_VIRT_BASE, GUEST_BASE
	xen_note_quad XEN_ELFNOTE_PADDR_OFFSET, 0
	xen_note_quad XEN_ELFNOTE_ENTRY, _start
	xen_note_quad XEN_ELFNOTE_HYPERCALL_PAGE, hypercall_page
	xen_note_str XEN_ELFNOTE_LOADER, "generic"

	.section .note.GNU-stack, "", @progbits
