/* SPDX-License-Identifier: MIT */
/*
 * Stands for hypervisor/x86/layout.h in host tests: the direct map, the frame
 * table and the machine-to-physical table are memory of the test's, at fixed
 * addresses that neither the loader nor a sanitizer uses; fake_frames_init()
 * maps them. What belongs to guests' address spaces is as it really is.
 */
#ifndef X86_LAYOUT_H
#define X86_LAYOUT_H

#define HV_VIRT_START 0xffff800000000000ull
#define HV_VIRT_END   0xffff880000000000ull
#define HV_L4_FIRST   256
#define HV_L4_LAST    271

#define M2P_RO_BASE    0xffff800000000000ull
#define PERDOMAIN_BASE 0xffff808000000000ull

/* ThreadSanitizer leaves other places to a program than AddressSanitizer. */
#ifdef UNIT_THREADS
#define M2P_BASE	 0x0c3000000ull
#define FRAME_TABLE_BASE 0x0d7000000ull
#define DIRECTMAP_BASE	 0x1f1000000ull
#else
#define M2P_BASE	 0x2c3000000000ull
#define FRAME_TABLE_BASE 0x2d7000000000ull
#define DIRECTMAP_BASE	 0x2f1000000000ull
#endif
#define DIRECTMAP_BYTES 0x1000000000ull

#define IMAGE_BASE    0xffff820000000000ull
#define IOREMAP_BASE  0xffff820040000000ull
#define IOREMAP_BYTES 0x40000000ull

#endif
