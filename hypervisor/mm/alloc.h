/* SPDX-License-Identifier: MIT */
/*
 * The page allocator: the buddy core (mm/extent.c) over the frame table,
 * with scrubbing. What a domain had is cleared before anybody else sees it.
 */
#ifndef MM_ALLOC_H
#define MM_ALLOC_H

#include "mm/addr.h"

#define ADDR_ANY 64u

/*
 * 2^order frames, aligned to their size, below 2^address_bits bytes.
 * Contents are zero. MFN_NONE: none left.
 */
mfn_t page_alloc(unsigned int order, unsigned int address_bits);
void page_free(mfn_t m, unsigned int order);

/* Frames that are free. */
uint64_t page_free_count(void);
uint64_t page_total_count(void);

/* Zeroed hypervisor memory of 2^order pages; NULL: none. */
void *hv_page_alloc(unsigned int order);
void hv_page_free(void *p, unsigned int order);

/* Zeroed small object, at most one page; NULL: none. Free with its size. */
void *hv_alloc(size_t bytes);
void hv_free(void *p, size_t bytes);

#endif
