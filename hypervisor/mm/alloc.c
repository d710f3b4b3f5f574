/* SPDX-License-Identifier: MIT */
/*
 * Pages: the buddy allocator over the frame table. A frame that somebody had
 * is scrubbed before it is handed out (or earlier, while the CPU idles), and
 * no TLB holds a stale entry for it by then. Small objects: pages cut into
 * equal pieces, given back as soon as the last piece is free.
 *
 * Tests: tests/unit/hypervisor/mm/test_alloc.c.
 */
#include "mm/alloc.h"
#include "lib/errno.h"
#include "lib/list.h"
#include "lib/lock.h"
#include "lib/string.h"
#include "log/log.h"
#include "mm/extent.h"
#include "mm/frame.h"
#include "mm/heap.h"
#include "x86/tlb.h"

static struct buddy buddy;
static struct spinlock heap_lock = SPINLOCK_INIT(LOCK_HEAP);
static uint64_t total;
static uint64_t dirty_free; /* free frames that are to be scrubbed */
static uint64_t claimed;    /* heap_lock; at most buddy.free_pages */

/* An idle CPU looks for one that is to be scrubbed; it is free if it finds it.
 */
static bool frame_is_dirty(const struct frame *f)
{
	return __atomic_load_n(&f->dirty, __ATOMIC_RELAXED);
}

static void frame_set_dirty(struct frame *f, bool dirty)
{
	__atomic_store_n(&f->dirty, dirty, __ATOMIC_RELAXED);
}

void heap_init(void)
{
	int rc = buddy_init(&buddy, &frame_of(mfn(0))->next,
			    sizeof(struct frame), max_mfn);

	BUG_ON(rc);
}

void heap_reserve(uint64_t start, uint64_t end)
{
	uint64_t n;

	for (n = start; n < MIN(end, max_mfn); n++)
		frame_of(mfn(n))->ram = FRAME_OURS;
}

void heap_give(uint64_t start, uint64_t end)
{
	uint64_t n;
	int rc;

	end = MIN(end, max_mfn);
	if (start >= end)
		return;
	for (n = start; n < end; n++) {
		struct frame *f = frame_of(mfn(n));

		f->ram = FRAME_RAM;
		frame_set_dirty(f, true);
	}
	__atomic_fetch_add(&dirty_free, end - start, __ATOMIC_RELAXED);
	lock_acquire(&heap_lock);
	rc = buddy_free_range(&buddy, start, end);
	lock_release(&heap_lock);
	BUG_ON(rc);
	total += end - start;
}

static void frames_clean(mfn_t m, unsigned int order, bool scrub)
{
	uint64_t i, count = 1ull << order;

	for (i = 0; i < count; i++) {
		struct frame *f = frame_of(mfn_add(m, i));

		tlb_flush_since(frame_stamp(f));
		if (frame_is_dirty(f) && scrub)
			memset(mfn_to_virt(mfn_add(m, i)), 0, PAGE_SIZE);
		if (frame_is_dirty(f))
			__atomic_fetch_sub(&dirty_free, 1, __ATOMIC_RELAXED);
		frame_set_dirty(f, false);
		frame_set_links(f, 0, 0);
	}
}

/* What this taker has to leave; heap_lock is held. See alloc.h. */
static uint64_t pages_to_leave(const uint64_t *claim, uint64_t pages)
{
	lock_assert_held(&heap_lock);
	if (!claim)
		return claimed;
	return claimed - *claim + (pages > *claim ? HEAP_KEEP_PAGES : 0);
}

/* claim: NULL for the hypervisor itself. */
static mfn_t take(const uint64_t *claim, unsigned int order,
		  unsigned int address_bits, bool scrub)
{
	uint64_t n = BUDDY_NONE, limit = BUDDY_ANY, pages;

	if (address_bits < 52)
		limit = address_bits <= PAGE_SHIFT
				? 0
				: 1ull << (address_bits - PAGE_SHIFT);
	if (order > BUDDY_ORDER_MAX)
		return MFN_NONE;
	pages = 1ull << order;
	lock_acquire(&heap_lock);
	if (buddy.free_pages >= pages + pages_to_leave(claim, pages))
		n = buddy_alloc(&buddy, order, limit);
	lock_release(&heap_lock);
	if (n == BUDDY_NONE)
		return MFN_NONE;
	frames_clean(mfn(n), order, scrub);
	return mfn(n);
}

mfn_t page_alloc(unsigned int order, unsigned int address_bits)
{
	return take(NULL, order, address_bits, true);
}

mfn_t page_alloc_for(const uint64_t *claim, unsigned int order,
		     unsigned int address_bits)
{
	return take(claim, order, address_bits, true);
}

mfn_t page_alloc_unscrubbed(unsigned int order, unsigned int address_bits)
{
	return take(NULL, order, address_bits, false);
}

void page_free(mfn_t m, unsigned int order)
{
	uint32_t stamp = tlb_stamp();
	uint64_t i;
	int rc;

	for (i = 0; i < 1ull << order; i++) {
		struct frame *f = frame_of(mfn_add(m, i));

		frame_set_dirty(f, true);
		frame_set_stamp(f, stamp);
	}
	__atomic_fetch_add(&dirty_free, 1ull << order, __ATOMIC_RELAXED);
	lock_acquire(&heap_lock);
	rc = buddy_free(&buddy, m.n, order);
	lock_release(&heap_lock);
	BUG_ON(rc);
}

uint64_t page_free_count(void)
{
	return buddy.free_pages;
}

uint64_t page_total_count(void)
{
	return total;
}

int claim_set(uint64_t *claim, uint64_t pages)
{
	uint64_t taken;
	int rc = -ENOMEM;

	lock_acquire(&heap_lock);
	taken = claimed - *claim + HEAP_KEEP_PAGES;
	if (!pages ||
	    (taken <= buddy.free_pages && pages <= buddy.free_pages - taken)) {
		claimed += pages - *claim;
		*claim = pages;
		rc = 0;
	}
	lock_release(&heap_lock);
	return rc;
}

void claim_use(uint64_t *claim, uint64_t pages)
{
	lock_acquire(&heap_lock);
	pages = MIN(pages, *claim);
	*claim -= pages;
	claimed -= pages;
	lock_release(&heap_lock);
}

uint64_t claim_total(void)
{
	return claimed;
}

void *hv_page_alloc(unsigned int order)
{
	mfn_t m = page_alloc(order, ADDR_ANY);

	return mfn_eq(m, MFN_NONE) ? NULL : mfn_to_virt(m);
}

void hv_page_free(void *p, unsigned int order)
{
	if (p)
		page_free(virt_to_mfn(p), order);
}

/* The next dirty frame, or a part of the way to it; true: it was scrubbed. */
static bool scrub_one(unsigned int *to_look_at)
{
	static uint64_t at; /* heap_lock; round and round from where it was */
	unsigned int looked;
	bool found = false;

	lock_acquire(&heap_lock);
	for (looked = 0; *to_look_at && looked < 256 && !found; looked++) {
		struct frame *f;

		--*to_look_at;
		at = at + 1 < max_mfn ? at + 1 : 0;
		f = frame_of(mfn(at));
		if (f->ram != FRAME_RAM || !frame_is_dirty(f) ||
		    !buddy_is_free(&buddy, at))
			continue;
		/* Under the lock, so that nobody gets it meanwhile. */
		memset(mfn_to_virt(mfn(at)), 0, PAGE_SIZE);
		frame_set_dirty(f, false);
		__atomic_fetch_sub(&dirty_free, 1, __ATOMIC_RELAXED);
		found = true;
	}
	lock_release(&heap_lock);
	return found;
}

bool heap_scrub_some(unsigned int frames)
{
	static bool busy; /* one CPU at a time will do */
	unsigned int to_look_at = 4096;

	if (!__atomic_load_n(&dirty_free, __ATOMIC_RELAXED) ||
	    __atomic_exchange_n(&busy, true, __ATOMIC_ACQUIRE))
		return false;
	while (frames && to_look_at &&
	       __atomic_load_n(&dirty_free, __ATOMIC_RELAXED))
		frames -= scrub_one(&to_look_at);
	__atomic_store_n(&busy, false, __ATOMIC_RELEASE);
	return __atomic_load_n(&dirty_free, __ATOMIC_RELAXED) != 0;
}

/* Small objects. */

#define CLASS_MIN_SHIFT 5
#define CLASS_COUNT	7 /* 32 .. 2048 bytes */

struct slab {
	struct list_node node; /* in its class, while it has room */
	uint32_t used, capacity;
	void *free;
};

static struct list_node classes[CLASS_COUNT];
static struct spinlock slab_lock = SPINLOCK_INIT(LOCK_HEAP);

static unsigned int class_of(size_t bytes)
{
	unsigned int c = 0;

	while (((size_t)1 << (c + CLASS_MIN_SHIFT)) < bytes)
		c++;
	return c;
}

static struct slab *slab_new(unsigned int c)
{
	size_t size = (size_t)1 << (c + CLASS_MIN_SHIFT), at;
	struct slab *s = hv_page_alloc(0);

	if (!s)
		return NULL;
	s->free = NULL;
	for (at = ALIGN_UP(sizeof(*s), size); at + size <= PAGE_SIZE;
	     at += size) {
		void **piece = (void **)((char *)s + at);

		*piece = s->free;
		s->free = piece;
		s->capacity++;
	}
	return s;
}

void *hv_alloc(size_t bytes)
{
	unsigned int c = class_of(bytes);
	struct slab *s;
	void *p;

	if (c >= CLASS_COUNT)
		return bytes <= PAGE_SIZE ? hv_page_alloc(0) : NULL;
	lock_acquire(&slab_lock);
	if (!classes[c].next)
		list_init(&classes[c]);
	if (list_empty(&classes[c])) {
		lock_release(&slab_lock);
		s = slab_new(c);
		if (!s)
			return NULL;
		lock_acquire(&slab_lock);
		list_add(&classes[c], &s->node);
	} else {
		s = list_first_entry(&classes[c], struct slab, node);
	}
	p = s->free;
	s->free = *(void **)p;
	if (++s->used == s->capacity)
		list_del(&s->node);
	lock_release(&slab_lock);
	memset(p, 0, (size_t)1 << (c + CLASS_MIN_SHIFT));
	return p;
}

void hv_free(void *p, size_t bytes)
{
	unsigned int c = class_of(bytes);
	struct slab *s = (struct slab *)((uintptr_t)p & PAGE_MASK);
	bool empty;

	if (!p)
		return;
	if (c >= CLASS_COUNT) {
		hv_page_free(p, 0);
		return;
	}
	lock_acquire(&slab_lock);
	*(void **)p = s->free;
	s->free = p;
	if (s->used == s->capacity)
		list_add(&classes[c], &s->node);
	empty = --s->used == 0;
	if (empty)
		list_del(&s->node);
	lock_release(&slab_lock);
	if (empty)
		hv_page_free(s, 0);
}
