/* SPDX-License-Identifier: MIT */
/*
 * Machine memory for host tests: a few thousand frames behind fake/x86/
 * layout.h, given to the real allocator. Call it once in a test; Criterion
 * runs each test in a process of its own.
 */
#ifndef FAKE_FRAMES_H
#define FAKE_FRAMES_H

/* RAM is [FAKE_RAM_FIRST, FAKE_RAM_END); below and above are devices. */
#define FAKE_RAM_FIRST 0x1353ull
#define FAKE_RAM_END   0x3ab5ull
/* The frame table ends here. */
#define FAKE_MAX_MFN 0x3c01ull

void fake_frames_init(void);

#endif
