/* SPDX-License-Identifier: MIT */
/*
 * References on frames and their owners' page lists. The invariants stand in
 * mm/frame.h; tests in tests/unit/hypervisor/mm/test_frame.c.
 */
#include "mm/frame.h"
#include "domain/domain.h"
#include "lib/string.h"
#include "log/log.h"
#include "mm/alloc.h"
#include "mm/m2p.h"
#include "x86/machine.h"
#include "x86/tlb.h"

uint64_t max_mfn;

bool mfn_is_ram(mfn_t m)
{
	return m.n < max_mfn && frame_of(m)->ram == FRAME_RAM;
}

bool mfn_is_ours(mfn_t m)
{
	return m.n < max_mfn && frame_of(m)->ram == FRAME_OURS;
}

/* The last reference is gone: nobody can name the frame any more. */
static void frame_free(struct frame *f)
{
	struct domain *d = f->owner;

	BUG_ON(frame_progress(f));
	__atomic_store_n(&f->owner, NULL, __ATOMIC_RELAXED);
	__atomic_store_n(&f->word, 0, __ATOMIC_RELEASE);
	m2p_set(frame_mfn(f), M2P_INVALID);
	page_free(frame_mfn(f), 0);
	__atomic_fetch_sub(&d->frame_count, 1, __ATOMIC_RELAXED);
	domain_put(d);
}

/* A free frame gets its owner, and its word's first reference. */
static void frame_own(struct frame *f, struct domain *d, uint64_t kind)
{
	__atomic_store_n(&f->owner, d, __ATOMIC_RELAXED);
	frame_set_progress(f, 0);
	domain_get(d);
	__atomic_fetch_add(&d->frame_count, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&f->word, kind | FRAME_REF_ONE, __ATOMIC_RELEASE);
}

/* A new reference is possible only on a frame that is in somebody's hands. */
static bool word_can_get(uint64_t w)
{
	return frame_word_refs(w) && frame_word_refs(w) < FRAME_REF_MAX &&
	       (w & (FRAME_ALLOCATED | FRAME_SHARED));
}

struct frame *frame_get_any(mfn_t m, struct domain **owner)
{
	struct frame *f;
	uint64_t w;

	if (!mfn_is_ram(m))
		return NULL;
	f = frame_of(m);
	w = frame_load(f);
	do {
		if (!word_can_get(w))
			return NULL;
	} while (!frame_cas(f, &w, w + FRAME_REF_ONE));
	*owner = frame_owner(f);
	return f;
}

struct frame *frame_get(mfn_t m, const struct domain *d)
{
	struct domain *owner;
	struct frame *f;

	/* Looked at first, so that a stranger's frame is not even touched. */
	if (!mfn_is_ram(m) || frame_owner(frame_of(m)) != d)
		return NULL;
	f = frame_get_any(m, &owner);
	if (f && owner != d) {
		frame_put(f);
		return NULL;
	}
	return f;
}

void frame_put(struct frame *f)
{
	uint64_t w = frame_load(f);

	do {
		BUG_ON(!frame_word_refs(w));
	} while (!frame_cas(f, &w, w - FRAME_REF_ONE));
	if (frame_word_refs(w) == 1)
		frame_free(f);
}

#define WORD_WRITABLE ((uint64_t)FRAME_WRITABLE << FRAME_TYPE_SHIFT)
#define WORD_TYPED    (FRAME_TYPE_MASK | FRAME_VALIDATED)

/*
 * The frame has been a table or the like and has no type reference: it becomes
 * writable. It is locked meanwhile, for only then does progress stand still.
 * -EAGAIN: its word has changed.
 */
static int become_writable(struct frame *f, uint64_t w)
{
	uint64_t was = w & WORD_TYPED;
	bool abandoned;

	if (!frame_cas(f, &w,
		       ((w & ~WORD_TYPED) | WORD_WRITABLE | FRAME_LOCKED) +
			       FRAME_REF_ONE))
		return -EAGAIN;
	abandoned = frame_progress(f);
	if (!abandoned)
		tlb_flush_since(frame_stamp(f));
	w = frame_load(f);
	if (!abandoned) {
		while (!frame_cas(f, &w, (w & ~FRAME_LOCKED) + FRAME_TYPE_ONE))
			;
		return 0;
	}
	while (!frame_cas(f, &w, (w & ~(WORD_TYPED | FRAME_LOCKED)) | was))
		;
	frame_put(f);
	return -ERESTART;
}

int frame_get_writable(mfn_t m, const struct domain *d)
{
	struct frame *f;
	uint64_t w;
	int rc;

	if (!mfn_is_ram(m))
		return -EINVAL;
	f = frame_of(m);
	if (frame_owner(f) != d)
		return -EPERM;
	w = frame_load(f);
	for (;;) {
		if (!word_can_get(w))
			return frame_word_refs(w) ? -EBUSY : -EPERM;
		if (likely((w & (FRAME_TYPE_MASK | FRAME_LOCKED)) ==
			   WORD_WRITABLE)) {
			if (frame_cas(f, &w,
				      w + FRAME_REF_ONE + FRAME_TYPE_ONE))
				break;
			continue;
		}
		if (frame_word_type(w) == FRAME_WRITABLE) {
			/* The first reference is coming, or the last goes. */
			cpu_wait();
			w = frame_load(f);
			continue;
		}
		if (frame_word_tcnt(w) || (w & FRAME_LOCKED))
			return -EINVAL;
		if (frame_word_type(w) == FRAME_NONE) {
			/* Never a table, so nothing is left of one. */
			if (frame_cas(f, &w,
				      (w | WORD_WRITABLE) + FRAME_REF_ONE +
					      FRAME_TYPE_ONE))
				break;
			continue;
		}
		rc = become_writable(f, w);
		if (!rc)
			break;
		if (rc != -EAGAIN)
			return rc;
		w = frame_load(f);
	}
	if (unlikely(frame_owner(f) != d)) {
		frame_put_writable(f);
		return -EPERM;
	}
	return 0;
}

/*
 * The stamp is taken and stored with the frame locked. Else somebody could map
 * and unmap it once more between the two, and the older stamp would stand for
 * the younger mapping.
 */
static void put_last_writable(struct frame *f)
{
	uint64_t w;

	frame_set_stamp(f, tlb_stamp());
	w = frame_load(f);
	while (!frame_cas(f, &w,
			  (w & ~FRAME_LOCKED) - FRAME_REF_ONE - FRAME_TYPE_ONE))
		;
	if (frame_word_refs(w) == 1)
		frame_free(f);
}

void frame_put_writable(struct frame *f)
{
	uint64_t w = frame_load(f);

	for (;;) {
		BUG_ON(!frame_word_tcnt(w) ||
		       frame_word_type(w) != FRAME_WRITABLE);
		if (frame_word_tcnt(w) == 1) {
			if (frame_cas(f, &w, w | FRAME_LOCKED)) {
				put_last_writable(f);
				return;
			}
		} else if (frame_cas(f, &w,
				     w - FRAME_REF_ONE - FRAME_TYPE_ONE)) {
			return;
		}
	}
}

static void list_insert(struct domain *d, struct frame *f)
{
	uint32_t n = frame_mfn(f).n;

	lock_assert_held(&d->page_lock);
	frame_set_links(f, d->page_head, 0);
	if (d->page_head) {
		struct frame *first = frame_of(mfn(d->page_head));

		frame_set_links(first, first->next, n);
	}
	d->page_head = n;
	d->page_count++;
}

static void list_remove(struct domain *d, struct frame *f)
{
	lock_assert_held(&d->page_lock);
	if (f->prev) {
		struct frame *before = frame_of(mfn(f->prev));

		frame_set_links(before, f->next, before->prev);
	} else {
		d->page_head = f->next;
	}
	if (f->next) {
		struct frame *after = frame_of(mfn(f->next));

		frame_set_links(after, after->next, f->prev);
	}
	frame_set_links(f, 0, 0);
	d->page_count--;
}

static int assign(struct domain *d, mfn_t m, unsigned int order, bool limited)
{
	uint64_t i, count = 1ull << order;

	lock_acquire(&d->page_lock);
	if (!domain_is_alive(d) ||
	    (limited && d->page_count + count > d->page_max)) {
		lock_release(&d->page_lock);
		return -ENOMEM;
	}
	/* Backwards, so that the list ascends within the extent. */
	for (i = count; i-- > 0;) {
		struct frame *f = frame_of(mfn_add(m, i));

		list_insert(d, f);
		frame_own(f, d, FRAME_ALLOCATED);
	}
	/* What was exchanged is in place of what it had. */
	if (limited)
		claim_use(&d->claim, count);
	lock_release(&d->page_lock);
	return 0;
}

int frame_assign(struct domain *d, mfn_t m, unsigned int order)
{
	return assign(d, m, order, true);
}

int frame_assign_exchanged(struct domain *d, mfn_t m, unsigned int order)
{
	return assign(d, m, order, false);
}

int frame_claim(struct domain *d, uint64_t pages)
{
	int rc = -EINVAL;

	lock_acquire(&d->page_lock);
	if (!pages)
		rc = claim_set(&d->claim, 0);
	else if (domain_is_alive(d) && !d->claim && pages > d->page_count &&
		 pages <= d->page_max)
		rc = claim_set(&d->claim, pages - d->page_count);
	lock_release(&d->page_lock);
	return rc;
}

/*
 * Off the list, nobody would find a pin or a promotion that was given up, to
 * undo it. So the frame leaves only while it has neither and nobody is at it;
 * and who pins or promotes looks at the bit in the step that changes the word.
 * Since the list is locked, no frame on it can become another domain's.
 */
static int leave(struct domain *d, struct frame *f)
{
	uint64_t w;

	lock_assert_held(&d->page_lock);
	w = frame_load(f);
	for (;;) {
		if (!(w & FRAME_ALLOCATED) || frame_owner(f) != d)
			return -EINVAL;
		if (w & FRAME_LOCKED) {
			/* Who has it locked takes no page lock. */
			cpu_wait();
			w = frame_load(f);
			continue;
		}
		if (w & FRAME_PINNED)
			return -EBUSY;
		if (frame_cas(f, &w, w & ~FRAME_ALLOCATED))
			break;
	}
	/* No promotion begins any more, so only now does progress say it. */
	if (!frame_word_tcnt(w) && frame_progress(f)) {
		w = frame_load(f);
		while (!frame_cas(f, &w, w | FRAME_ALLOCATED))
			;
		return -EBUSY;
	}
	list_remove(d, f);
	return 0;
}

static int unassign(struct domain *d, struct frame *f, bool of_dying)
{
	int rc = -EINVAL;

	lock_acquire(&d->page_lock);
	if (of_dying != domain_is_alive(d))
		rc = leave(d, f);
	lock_release(&d->page_lock);
	if (!rc)
		frame_put(f);
	return rc;
}

int frame_unassign(struct domain *d, struct frame *f)
{
	return unassign(d, f, false);
}

int frame_unassign_dying(struct domain *d, struct frame *f)
{
	return unassign(d, f, true);
}

void frame_assign_again(struct domain *d, struct frame *f)
{
	uint64_t w = frame_load(f);
	bool alive;

	lock_acquire(&d->page_lock);
	alive = domain_is_alive(d);
	if (alive) {
		while (!frame_cas(f, &w, w | FRAME_ALLOCATED))
			;
		list_insert(d, f);
	}
	lock_release(&d->page_lock);
	if (!alive)
		frame_put(f);
}

void *frame_alloc_shared(struct domain *d)
{
	mfn_t m = page_alloc(0, ADDR_ANY);

	if (mfn_eq(m, MFN_NONE))
		return NULL;
	frame_own(frame_of(m), d, FRAME_SHARED);
	return mfn_to_virt(m);
}

void frame_free_shared(void *page)
{
	struct frame *f = frame_of(virt_to_mfn(page));
	uint64_t w = frame_load(f);

	while (!frame_cas(f, &w, w & ~FRAME_SHARED))
		;
	frame_put(f);
}
