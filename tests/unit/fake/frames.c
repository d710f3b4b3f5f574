/* SPDX-License-Identifier: MIT */
/* The fake memory of fake/frames.h. */
#include "fake/frames.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "mm/frame.h"
#include "mm/heap.h"

static void map_at(uint64_t address, size_t bytes)
{
	void *p = mmap((void *)address, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			       MAP_FIXED_NOREPLACE,
		       -1, 0);

	if (p != (void *)address) {
		perror("fake memory: mmap");
		abort();
	}
}

void fake_frames_init(void)
{
	max_mfn = FAKE_MAX_MFN;
	map_at(DIRECTMAP_BASE, FAKE_MAX_MFN << PAGE_SHIFT);
	map_at(FRAME_TABLE_BASE, FAKE_MAX_MFN * sizeof(struct frame));
	map_at(M2P_BASE, FAKE_MAX_MFN * sizeof(uint64_t));
	heap_init();
	heap_give(FAKE_RAM_FIRST, FAKE_RAM_END);
}
