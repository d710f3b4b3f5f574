/* SPDX-License-Identifier: MIT */
/*
 * The ELF notes of an ordinary micro-guest. GUEST_BASE comes from the linker
 * command. A guest that wants to be found in another way has a notes.S of its
 * own in its folder, which is linked instead of this one.
 */
#include "notes.inc"

	xen_note_str XEN_ELFNOTE_GUEST_OS, "paravane-micro-guest"
	xen_note_str XEN_ELFNOTE_GUEST_VERSION, "1"
	xen_note_str XEN_ELFNOTE_XEN_VERSION, "xen-3.0"
	xen_note_quad XEN_ELFNOTE_VIRT_BASE, GUEST_BASE
	xen_note_quad XEN_ELFNOTE_PADDR_OFFSET, 0
	xen_note_quad XEN_ELFNOTE_ENTRY, _start
	xen_note_str XEN_ELFNOTE_FEATURES, "!writable_page_tables"
	xen_note_str XEN_ELFNOTE_PAE_MODE, "yes"
	xen_note_str XEN_ELFNOTE_LOADER, "generic"

	.section .note.GNU-stack, "", @progbits
