/* SPDX-License-Identifier: MIT */
/*
 * The virtual address space. L4 slots 256..271 belong to the hypervisor in
 * every page table (the public ABI's reserved range); everything else is the
 * guest's. tests/unit/fake/x86/layout.h stands in for this file in host
 * tests.
 */
#ifndef X86_LAYOUT_H
#define X86_LAYOUT_H

/* [HV_VIRT_START, HV_VIRT_END): L4 slots 256..271. */
#define HV_VIRT_START 0xffff800000000000ull
#define HV_VIRT_END   0xffff880000000000ull
#define HV_L4_FIRST   256
#define HV_L4_LAST    271

/* Slot 256: the machine-to-physical table, read-only to guests. */
#define M2P_RO_BASE 0xffff800000000000ull
/* Slot 257: per-domain area: each vCPU's descriptor tables. */
#define PERDOMAIN_BASE 0xffff808000000000ull
/* Slot 258: the same M2P, writable, for us. */
#define M2P_BASE 0xffff810000000000ull
/* Slot 259: the frame table. */
#define FRAME_TABLE_BASE 0xffff818000000000ull
/*
 * Slot 260: image (virtual = IMAGE_BASE + physical); the areas of all CPUs but
 * the first (x86/cpu.h); device windows.
 */
#define IMAGE_L4_SLOT 260
#define IMAGE_BASE    0xffff820000000000ull
#define CPU_AREAS     0xffff820020000000ull
#define IOREMAP_BASE  0xffff820040000000ull
#define IOREMAP_BYTES 0x40000000ull
/* Slots 262..269: all RAM, 4 TiB at most. */
#define DIRECTMAP_BASE	0xffff830000000000ull
#define DIRECTMAP_BYTES 0x40000000000ull

#endif
