/* SPDX-License-Identifier: MIT */
/*
 * The buddy allocator's core; the story and the invariants are in extent.h.
 *
 * A link of a free block's first frame, in 64 bits:
 *   next  bits 0..28   following block in the list, LIST_END at its end
 *         bits 29..31  order, low three bits
 *   prev  bits 0..28   block before it, LIST_END for the first
 *         bits 29..30  order, high two bits: 0, 1 or 2
 *         bit  31      free
 * An allocated frame's user may keep ~0 in prev: that has 3 in bits 29..30,
 * which no order has.
 * Test: tests/unit/hypervisor/mm/test_extent.c.
 */
#include "mm/extent.h"
#include "lib/errno.h"
#include "lib/string.h"

#define LIST_END  ((UINT32_C(1) << BUDDY_MFN_BITS) - 1)
#define LIST_MASK LIST_END
#define MARK_FREE (UINT32_C(1) << 31)

static struct buddy_link *link_of(const struct buddy *b, uint64_t mfn)
{
	return (struct buddy_link *)(b->links + mfn * b->stride);
}

/*
 * Does a free block start here? Then *order is its order. If the frame is
 * allocated, its user may be changing the links this moment, but only to what
 * means "not free".
 */
static bool block_free(const struct buddy *b, uint64_t mfn, unsigned int *order)
{
	const struct buddy_link *l = link_of(b, mfn);
	uint32_t prev = __atomic_load_n(&l->prev, __ATOMIC_RELAXED);
	unsigned int high = prev >> 29 & 3;

	if (!(prev & MARK_FREE) || high == 3)
		return false;
	*order = high << 3 | __atomic_load_n(&l->next, __ATOMIC_RELAXED) >> 29;
	return *order <= BUDDY_ORDER_MAX;
}

static void link_set_next(struct buddy_link *l, uint32_t next)
{
	l->next = (l->next & ~LIST_MASK) | next;
}

static void link_set_prev(struct buddy_link *l, uint32_t prev)
{
	l->prev = (l->prev & ~LIST_MASK) | prev;
}

/* The number of bits of the block's last frame number. */
static unsigned int zone_of(uint64_t mfn, unsigned int order)
{
	uint64_t last = mfn + (UINT64_C(1) << order) - 1;

	return last ? 64 - (unsigned int)__builtin_clzll(last) : 0;
}

static void block_insert(struct buddy *b, uint64_t mfn, unsigned int order)
{
	unsigned int zone = zone_of(mfn, order);
	uint32_t first = b->head[zone][order];
	struct buddy_link *l = link_of(b, mfn);

	l->next = first | (order & 7) << 29;
	l->prev = LIST_END | (order >> 3) << 29 | MARK_FREE;
	if (first != LIST_END)
		link_set_prev(link_of(b, first), (uint32_t)mfn);
	b->head[zone][order] = (uint32_t)mfn;
	b->orders[zone] |= UINT32_C(1) << order;
	b->free_blocks[order]++;
	b->free_pages += UINT64_C(1) << order;
}

static void block_remove(struct buddy *b, uint64_t mfn, unsigned int order)
{
	unsigned int zone = zone_of(mfn, order);
	struct buddy_link *l = link_of(b, mfn);
	uint32_t next = l->next & LIST_MASK, prev = l->prev & LIST_MASK;

	if (next != LIST_END)
		link_set_prev(link_of(b, next), prev);
	if (prev != LIST_END) {
		link_set_next(link_of(b, prev), next);
	} else {
		b->head[zone][order] = next;
		if (next == LIST_END)
			b->orders[zone] &= ~(UINT32_C(1) << order);
	}
	*l = (struct buddy_link){0, 0};
	b->free_blocks[order]--;
	b->free_pages -= UINT64_C(1) << order;
}

int buddy_init(struct buddy *b, void *links, size_t stride, uint64_t max_mfn)
{
	/* The last number means "end of list". */
	if (max_mfn > LIST_END || stride < sizeof(struct buddy_link) ||
	    stride % sizeof(uint32_t) != 0)
		return -EINVAL;
	memset(b, 0, sizeof(*b));
	b->links = links;
	b->stride = stride;
	b->max_mfn = max_mfn;
	for (unsigned int zone = 0; zone < BUDDY_ZONE_COUNT; zone++) {
		for (unsigned int o = 0; o <= BUDDY_ORDER_MAX; o++)
			b->head[zone][o] = LIST_END;
	}
	return 0;
}

/* The free block that contains this frame; BUDDY_NONE: allocated. */
static uint64_t find_container(const struct buddy *b, uint64_t mfn,
			       unsigned int *order)
{
	for (unsigned int o = 0; o <= BUDDY_ORDER_MAX; o++) {
		uint64_t start = ALIGN_DOWN(mfn, UINT64_C(1) << o);

		/* A block found at `start` may be too small to reach mfn. */
		if (block_free(b, start, order) &&
		    mfn - start < UINT64_C(1) << *order)
			return start;
	}
	return BUDDY_NONE;
}

bool buddy_is_free(const struct buddy *b, uint64_t mfn)
{
	unsigned int order;

	return mfn < b->max_mfn && find_container(b, mfn, &order) != BUDDY_NONE;
}

static int block_check(const struct buddy *b, uint64_t mfn, unsigned int order)
{
	uint64_t count;

	if (order > BUDDY_ORDER_MAX)
		return -EINVAL;
	count = UINT64_C(1) << order;
	if (mfn >= b->max_mfn || count > b->max_mfn - mfn || mfn & (count - 1))
		return -EINVAL;
	return 0;
}

int buddy_free(struct buddy *b, uint64_t mfn, unsigned int order)
{
	unsigned int other;
	int rc = block_check(b, mfn, order);

	if (rc)
		return rc;
	if (find_container(b, mfn, &other) != BUDDY_NONE)
		return -EEXIST;
	for (unsigned int o = 0; o < order; o++) {
		if (block_free(b, mfn + (UINT64_C(1) << o), &other))
			return -EEXIST;
	}

	while (order < BUDDY_ORDER_MAX) {
		uint64_t buddy = mfn ^ (UINT64_C(1) << order);

		if (buddy >= b->max_mfn || !block_free(b, buddy, &other) ||
		    other != order)
			break;
		block_remove(b, buddy, order);
		mfn = MIN(mfn, buddy);
		order++;
	}
	block_insert(b, mfn, order);
	return 0;
}

int buddy_free_range(struct buddy *b, uint64_t start, uint64_t end)
{
	if (start > end || end > b->max_mfn)
		return -EINVAL;
	while (start < end) {
		unsigned int order = BUDDY_ORDER_MAX;
		int rc;

		if (start != 0)
			order = MIN(order,
				    (unsigned int)__builtin_ctzll(start));
		while (UINT64_C(1) << order > end - start)
			order--;
		rc = buddy_free(b, start, order);
		if (rc)
			return rc;
		start += UINT64_C(1) << order;
	}
	return 0;
}

/*
 * Takes [want, 2^order) out of the free block that contains it and gives the
 * rest back, half by half.
 */
static void block_carve(struct buddy *b, uint64_t block,
			unsigned int block_order, uint64_t want,
			unsigned int order)
{
	block_remove(b, block, block_order);
	while (block_order > order) {
		uint64_t half = UINT64_C(1) << --block_order;

		if (want < block + half) {
			block_insert(b, block + half, block_order);
		} else {
			block_insert(b, block, block_order);
			block += half;
		}
	}
}

/* From a zone that lies wholly below the limit. */
static uint64_t alloc_in_zone(struct buddy *b, unsigned int zone,
			      unsigned int order)
{
	uint32_t fitting = b->orders[zone] >> order << order;
	unsigned int found;
	uint64_t block;

	if (!fitting)
		return BUDDY_NONE;
	found = (unsigned int)__builtin_ctz(fitting);
	block = b->head[zone][found];
	block_carve(b, block, found, block, order);
	return block;
}

/* From the zone that the limit cuts: whichever block starts low enough. */
static uint64_t alloc_by_search(struct buddy *b, unsigned int zone,
				unsigned int order, uint64_t limit)
{
	uint64_t count = UINT64_C(1) << order;

	for (unsigned int o = order; o <= BUDDY_ORDER_MAX; o++) {
		uint32_t block = b->head[zone][o];

		while (block != LIST_END) {
			if (block + count <= limit) {
				block_carve(b, block, o, block, order);
				return block;
			}
			block = link_of(b, block)->next & LIST_MASK;
		}
	}
	return BUDDY_NONE;
}

uint64_t buddy_alloc(struct buddy *b, unsigned int order, uint64_t limit)
{
	unsigned int at_zero;
	uint64_t mfn;

	if (order > BUDDY_ORDER_MAX)
		return BUDDY_NONE;
	limit = MIN(limit, b->max_mfn);
	/* A limit at the end of memory cuts nothing. */
	if (limit == b->max_mfn)
		limit = UINT64_C(1) << BUDDY_MFN_BITS;

	for (unsigned int zone = BUDDY_ZONE_COUNT; zone-- > 0;) {
		uint64_t zone_end = UINT64_C(1) << zone;

		if (zone_end <= limit)
			mfn = alloc_in_zone(b, zone, order);
		else if (zone_end / 2 < limit)
			mfn = alloc_by_search(b, zone, order, limit);
		else
			continue;
		if (mfn != BUDDY_NONE)
			return mfn;
	}
	/*
	 * Only the block at frame 0 spans several widths: it stands in the
	 * widest one's list and still has frames below a smaller limit.
	 */
	if (b->max_mfn > 0 && block_free(b, 0, &at_zero) && at_zero >= order &&
	    UINT64_C(1) << order <= limit) {
		block_carve(b, 0, at_zero, 0, order);
		return 0;
	}
	return BUDDY_NONE;
}

int buddy_take(struct buddy *b, uint64_t mfn, unsigned int order)
{
	unsigned int block_order;
	uint64_t block;
	int rc = block_check(b, mfn, order);

	if (rc)
		return rc;
	/*
	 * A wholly free aligned range lies in one block, for its parts would
	 * have been joined.
	 */
	block = find_container(b, mfn, &block_order);
	if (block == BUDDY_NONE || block_order < order)
		return -EBUSY;
	block_carve(b, block, block_order, mfn, order);
	return 0;
}

/* One list: its neighbours agree, its blocks belong there. */
static bool list_check(const struct buddy *b, unsigned int zone,
		       unsigned int order, uint64_t *blocks)
{
	uint32_t prev = LIST_END, block = b->head[zone][order];

	*blocks = 0;
	while (block != LIST_END) {
		const struct buddy_link *l = link_of(b, block);
		unsigned int marked;

		if (block_check(b, block, order) ||
		    !block_free(b, block, &marked) || marked != order ||
		    zone_of(block, order) != zone ||
		    (l->prev & LIST_MASK) != prev || ++*blocks > b->max_mfn)
			return false;
		prev = block;
		block = l->next & LIST_MASK;
	}
	return !(b->orders[zone] >> order & 1) == (*blocks == 0);
}

static bool lists_check(const struct buddy *b)
{
	for (unsigned int o = 0; o <= BUDDY_ORDER_MAX; o++) {
		uint64_t sum = 0, blocks;

		for (unsigned int zone = 0; zone < BUDDY_ZONE_COUNT; zone++) {
			if (!list_check(b, zone, o, &blocks))
				return false;
			sum += blocks;
		}
		if (sum != b->free_blocks[o])
			return false;
	}
	return true;
}

bool buddy_check(const struct buddy *b)
{
	uint64_t pages = 0, blocks[BUDDY_ORDER_MAX + 1] = {0};

	if (!lists_check(b))
		return false;
	for (uint64_t mfn = 0; mfn < b->max_mfn;) {
		unsigned int order, other;
		uint64_t buddy, end;

		if (!block_free(b, mfn, &order)) {
			mfn++;
			continue;
		}
		if (block_check(b, mfn, order))
			return false;
		buddy = mfn ^ (UINT64_C(1) << order);
		if (order < BUDDY_ORDER_MAX && buddy < b->max_mfn &&
		    block_free(b, buddy, &other) && other == order)
			return false;
		end = mfn + (UINT64_C(1) << order);
		while (++mfn < end) {
			if (block_free(b, mfn, &other))
				return false;
		}
		blocks[order]++;
		pages += UINT64_C(1) << order;
	}
	/* Every marked block is on a list: as many as the lists have. */
	return pages == b->free_pages &&
	       memcmp(blocks, b->free_blocks, sizeof(blocks)) == 0;
}
