/* SPDX-License-Identifier: MIT */
/*
 * The page allocator: the buddy core (mm/extent.c) over the frame table,
 * with scrubbing. What a domain had is cleared before anybody else sees it.
 *
 * A claim promises free frames to one domain: a number, no frames. What is
 * free is shared out so, from the top:
 *
 *   free pages = claimed | anybody's | HEAP_KEEP_PAGES of the hypervisor's
 *
 * Domains' memory comes from what is anybody's, and first from their own
 * claim. The hypervisor's own structures may use the kept pages too, so that
 * a domain that was given its memory does not fail for want of a few pages
 * more; a claim is out of everybody else's reach.
 */
#ifndef MM_ALLOC_H
#define MM_ALLOC_H

#include "mm/addr.h"

#define ADDR_ANY 64u

/* One MiB. The toolstack counts it (dom0-tools/builder/room.h). */
#define HEAP_KEEP_PAGES 256u

/*
 * 2^order frames, aligned to their size, below 2^address_bits bytes.
 * Contents are zero. MFN_NONE: none left.
 */
mfn_t page_alloc(unsigned int order, unsigned int address_bits);
/* The same for the memory of a domain, which has this claim (or 0). */
mfn_t page_alloc_for(const uint64_t *claim, unsigned int order,
		     unsigned int address_bits);
void page_free(mfn_t m, unsigned int order);

/* Frames that are free. */
uint64_t page_free_count(void);
uint64_t page_total_count(void);

/* Makes it a claim on `pages`. -ENOMEM: so many are not anybody's. */
MUST_CHECK int claim_set(uint64_t *claim, uint64_t pages);
/* So many of the domain's frames are there now: that much less is claimed. */
void claim_use(uint64_t *claim, uint64_t pages);
/* The sum of all claims. */
uint64_t claim_total(void);

/* Zeroed hypervisor memory of 2^order pages; NULL: none. */
void *hv_page_alloc(unsigned int order);
void hv_page_free(void *p, unsigned int order);

/* Zeroed small object, at most one page; NULL: none. Free with its size. */
void *hv_alloc(size_t bytes);
void hv_free(void *p, size_t bytes);

#endif
