/* SPDX-License-Identifier: MIT */
/*
 * A buddy allocator over frame numbers. It touches no memory but its own
 * struct and one 8-byte link per frame, which may be embedded in a larger
 * per-frame struct: the links are found `stride` bytes apart.
 *
 * A free block is 2^order frames, aligned to its size; its first frame's link
 * holds its neighbours in a free list and the marks "free" and order. There
 * is one list for each order and each address width (the bits of the block's
 * last frame number), so that a request for frames below a power of two finds
 * its lists without a search, and one without a limit takes the highest
 * addresses first and leaves the low ones to devices that need them.
 *
 * Invariants (buddy_check() proves them):
 *  - two free buddies of one order below BUDDY_ORDER_MAX do not exist;
 *  - free_pages is the sum of all free blocks;
 *  - only the first frame of a free block bears the mark.
 *
 * While a frame is allocated, its link is the user's, on one condition: bits
 * 29..31 of prev are zero or all ones (a frame number, or ~0). Otherwise it
 * would look free. buddy_alloc() hands out zeroed links for the first frame.
 *
 * The lock is the caller's. Test: tests/unit/hypervisor/mm/test_extent.c.
 */
#ifndef MM_EXTENT_H
#define MM_EXTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/macros.h"

#define BUDDY_ORDER_MAX	 18u
#define BUDDY_MFN_BITS	 29u /* 2 TiB of frames */
#define BUDDY_NONE	 (~UINT64_C(0))
#define BUDDY_ANY	 (~UINT64_C(0))
#define BUDDY_ZONE_COUNT (BUDDY_MFN_BITS + 1)

struct buddy_link {
	uint32_t next;
	uint32_t prev;
};

struct buddy {
	unsigned char *links; /* frame n's link at links + n * stride */
	size_t stride;
	uint64_t max_mfn; /* one past the last frame */
	uint64_t free_pages;
	uint64_t free_blocks[BUDDY_ORDER_MAX + 1];
	uint32_t orders[BUDDY_ZONE_COUNT]; /* bit n: list [zone][n] has any */
	uint32_t head[BUDDY_ZONE_COUNT][BUDDY_ORDER_MAX + 1];
};

/*
 * All frames start allocated; buddy_free() or buddy_free_range() brings them
 * in. The links of frames [0, max_mfn) must be zero. -EINVAL: max_mfn is
 * beyond BUDDY_MFN_BITS, or stride below the link's size.
 */
MUST_CHECK int buddy_init(struct buddy *b, void *links, size_t stride,
			  uint64_t max_mfn);

/*
 * Frees 2^order frames from mfn. -EINVAL: beyond max_mfn, order too large, or
 * not aligned to the order. -EEXIST: (part of) it is free already; nothing
 * was changed. Part: any block that contains it, and any that starts at its
 * first frame or at one of its halves, quarters, ... behind it.
 */
MUST_CHECK int buddy_free(struct buddy *b, uint64_t mfn, unsigned int order);

/* Frees [start, end) in the largest blocks that fit; errors as above. */
MUST_CHECK int buddy_free_range(struct buddy *b, uint64_t start, uint64_t end);

/*
 * 2^order frames, aligned, all below `limit` (BUDDY_ANY: anywhere). Returns
 * the first, or BUDDY_NONE. A limit that is no power of two (or beyond
 * max_mfn) may search the lists of the one width that it cuts.
 */
uint64_t buddy_alloc(struct buddy *b, unsigned int order, uint64_t limit);

/*
 * Takes exactly this block out of the free ones. -EBUSY: (part of) it is
 * allocated. -EINVAL as for buddy_free().
 */
MUST_CHECK int buddy_take(struct buddy *b, uint64_t mfn, unsigned int order);

/* Is this frame in a free block? */
bool buddy_is_free(const struct buddy *b, uint64_t mfn);

/* All invariants, in O(max_mfn): for tests and debug keys. */
bool buddy_check(const struct buddy *b);

#endif
