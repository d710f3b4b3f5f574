/* SPDX-License-Identifier: MIT */
/* The fake memory at addresses that ThreadSanitizer leaves to the program. */
#ifndef HAMMER_LAYOUT_H
#define HAMMER_LAYOUT_H

#include_next "x86/layout.h"

#undef M2P_BASE
#undef FRAME_TABLE_BASE
#undef DIRECTMAP_BASE
#define M2P_BASE	 0x1300000000ull
#define FRAME_TABLE_BASE 0x1700000000ull
#define DIRECTMAP_BASE	 0x2100000000ull

#endif
