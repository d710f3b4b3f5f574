/* SPDX-License-Identifier: MIT */
/* The page allocator's boot and upkeep. See mm/alloc.c. */
#ifndef MM_HEAP_H
#define MM_HEAP_H

#include "mm/addr.h"

/* The frame table is mapped; nothing is free yet. */
void heap_init(void);
/* Frames [start, end) are RAM, and in use by the hypervisor for now. */
void heap_reserve(uint64_t start, uint64_t end);
/* Frames [start, end) are RAM and free. */
void heap_give(uint64_t start, uint64_t end);
/* Like page_alloc(), contents as they are: domain zero at boot only. */
mfn_t page_alloc_unscrubbed(unsigned int order, unsigned int address_bits);
/* Clears up to `frames` dirty free frames; false: none is left. */
bool heap_scrub_some(unsigned int frames);

#endif
