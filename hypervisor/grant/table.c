/* SPDX-License-Identifier: MIT */
/*
 * A domain's grant table: shared frames that the guest writes entries into,
 * pins on entries, and a domain's beginning and end. What a pin is stands in
 * grant/table.h.
 *
 * The guest may change an entry at any time, also one in use. So flags and
 * domid are looked at and marked in one 32-bit compare-and-swap, and the frame
 * is read once, after that, into the active entry.
 *
 * Tests: tests/unit/hypervisor/grant/test_table.c.
 */
#include "grant/table.h"
#include "grant/grant.h"
#include "log/log.h"
#include "mm/alloc.h"
#include "pv/mmu.h"

/* An entry that changes under our hands so often is not meant honestly. */
#define MARK_TRIES 8

static struct active *active_of(const struct grant_table *t, grant_ref_t ref)
{
	return &t->frame[ref / ENTRIES_PER_FRAME]
			.active[ref % ENTRIES_PER_FRAME];
}

static struct grant_entry_v1 *entry_of(const struct grant_table *t,
				       grant_ref_t ref)
{
	return &t->frame[ref / ENTRIES_PER_FRAME]
			.shared[ref % ENTRIES_PER_FRAME];
}

/* Flags in the low half, domid in the high one. */
static uint32_t *entry_word(struct grant_entry_v1 *e)
{
	return (uint32_t *)(void *)e;
}

/* Marks the entry as used by `by`, if it is lent so. */
static int16_t entry_mark(struct grant_entry_v1 *e, domid_t by, bool writable)
{
	uint32_t mark = GTF_reading | (writable ? GTF_writing : 0);
	uint32_t *word = entry_word(e);
	uint32_t w = __atomic_load_n(word, __ATOMIC_ACQUIRE);
	unsigned int i;

	for (i = 0; i < MARK_TRIES; i++) {
		if ((w & (GTF_type_mask | GTF_sub_page)) != GTF_permit_access ||
		    w >> 16 != by)
			return GNTST_general_error;
		if (writable && (w & GTF_readonly))
			return GNTST_general_error;
		if (__atomic_compare_exchange_n(word, &w, w | mark, false,
						__ATOMIC_ACQ_REL,
						__ATOMIC_ACQUIRE))
			return GNTST_okay;
	}
	return GNTST_general_error;
}

static bool entry_is_pinned(const struct grant_table *t, grant_ref_t ref)
{
	const struct active *act = active_of(t, ref);

	return act->readers || act->writers;
}

static int16_t pin_locked(struct grant_table *t, domid_t by, grant_ref_t ref,
			  bool writable, mfn_t *frame)
{
	struct grant_entry_v1 *e;
	struct active *act;
	int16_t status;
	bool pinned;

	lock_assert_held(&t->lock);
	if (t->dead)
		return GNTST_bad_domain;
	if (ref >= t->frames * ENTRIES_PER_FRAME)
		return GNTST_bad_gntref;
	act = active_of(t, ref);
	e = entry_of(t, ref);
	pinned = entry_is_pinned(t, ref);
	if (pinned && act->domid != by)
		return GNTST_general_error;
	if (!pinned || (writable && !act->writers)) {
		status = entry_mark(e, by, writable);
		if (status)
			return status;
	}
	if (!pinned) {
		t->lent++;
		act->domid = by;
		act->frame = __atomic_load_n(&e->frame, __ATOMIC_ACQUIRE);
	}
	if (writable)
		act->writers++;
	else
		act->readers++;
	*frame = mfn(act->frame);
	return GNTST_okay;
}

int16_t grant_pin(struct domain *d, domid_t by, grant_ref_t ref, bool writable,
		  mfn_t *frame)
{
	struct grant_table *t = d->grants;
	int16_t status;

	lock_acquire(&t->lock);
	status = pin_locked(t, by, ref, writable, frame);
	lock_release(&t->lock);
	return status;
}

void grant_unpin(struct domain *d, grant_ref_t ref, bool writable)
{
	struct grant_table *t = d->grants;
	struct active *act = active_of(t, ref);
	uint32_t clear = 0;

	lock_acquire(&t->lock);
	if (writable) {
		BUG_ON(!act->writers);
		if (--act->writers == 0)
			clear |= GTF_writing;
	} else {
		BUG_ON(!act->readers);
		act->readers--;
	}
	if (!act->readers && !act->writers) {
		t->lent--;
		clear |= GTF_reading;
	}
	if (clear && !t->dead)
		__atomic_fetch_and(entry_word(entry_of(t, ref)), ~clear,
				   __ATOMIC_RELEASE);
	lock_release(&t->lock);
}

int16_t grant_swap(struct domain *d, grant_ref_t a, grant_ref_t b)
{
	struct grant_table *t = d->grants;
	int16_t status = GNTST_okay;

	lock_acquire(&t->lock);
	if (t->dead || a >= t->frames * ENTRIES_PER_FRAME ||
	    b >= t->frames * ENTRIES_PER_FRAME) {
		status = GNTST_bad_gntref;
	} else if (entry_is_pinned(t, a) || entry_is_pinned(t, b)) {
		status = GNTST_eagain;
	} else {
		uint64_t *ea = (uint64_t *)(void *)entry_of(t, a);
		uint64_t *eb = (uint64_t *)(void *)entry_of(t, b);
		uint64_t was = __atomic_load_n(ea, __ATOMIC_ACQUIRE);

		/* Nobody can pin meanwhile; what the guest writes is its own.
		 */
		__atomic_store_n(ea, __atomic_load_n(eb, __ATOMIC_ACQUIRE),
				 __ATOMIC_RELEASE);
		__atomic_store_n(eb, was, __ATOMIC_RELEASE);
	}
	lock_release(&t->lock);
	return status;
}

int grant_frame_hold(mfn_t m, struct domain *d, bool writable, struct frame **f)
{
	int rc;

	if (!writable) {
		*f = frame_get(m, d);
		return *f ? 0 : -EINVAL;
	}
	rc = frame_get_writable(m, d);
	if (!rc)
		*f = frame_of(m);
	else if (rc == -ERESTART)
		rc = frame_get_type(m, d, FRAME_WRITABLE, f);
	return rc && rc != -ERESTART ? -EINVAL : rc;
}

void grant_frame_drop(struct frame *f, bool writable)
{
	if (writable)
		frame_put_writable(f);
	else
		frame_put(f);
}

static int frame_add(struct domain *d, struct grant_table *t)
{
	struct grant_frame *f = &t->frame[t->frames];

	f->active = hv_page_alloc(ACTIVE_ORDER);
	if (!f->active)
		return -ENOMEM;
	f->shared = frame_alloc_shared(d);
	if (!f->shared) {
		hv_page_free(f->active, ACTIVE_ORDER);
		f->active = NULL;
		return -ENOMEM;
	}
	t->frames++;
	return 0;
}

/* t->lock held. 0: there are as many; 1: one was added. */
static int grow_locked(struct domain *d, unsigned int frames)
{
	struct grant_table *t = d->grants;
	int rc;

	lock_assert_held(&t->lock);
	if (t->dead || frames > t->max_frames)
		return -EINVAL;
	if (t->frames >= frames)
		return 0;
	rc = frame_add(d, t);
	return rc ? rc : 1;
}

/*
 * One at a time, as each is cleared, and others wait for the lock. What was
 * added before memory ran out stays.
 */
int grant_table_grow(struct domain *d, unsigned int frames)
{
	int rc;

	do {
		lock_acquire(&d->grants->lock);
		rc = grow_locked(d, frames);
		lock_release(&d->grants->lock);
	} while (rc > 0);
	return rc;
}

static void holder_count(const struct active *act, domid_t from, bool *found,
			 struct grant_holder *h)
{
	uint32_t pins = act->readers + act->writers;

	if (!pins || act->domid < from || (*found && act->domid > h->domid))
		return;
	if (!*found || act->domid < h->domid)
		*h = (struct grant_holder){.domid = act->domid};
	*found = true;
	h->entries++;
	h->pins += pins;
}

bool grant_holder_next(struct domain *d, domid_t from, struct grant_holder *h)
{
	struct grant_table *t = d->grants;
	bool found = false;
	unsigned int i, k;

	lock_acquire(&t->lock);
	for (i = 0; i < t->frames; i++)
		for (k = 0; k < ENTRIES_PER_FRAME; k++)
			holder_count(&t->frame[i].active[k], from, &found, h);
	lock_release(&t->lock);
	return found;
}

void grant_counts(struct domain *d, uint32_t *mapped, uint32_t *lent)
{
	struct grant_table *t = d->grants;

	lock_acquire(&t->lock);
	*mapped = t->live_handles;
	*lent = t->lent;
	lock_release(&t->lock);
}

unsigned int grant_table_max_frames(const struct domain *d)
{
	return d->grants->max_frames;
}

mfn_t grant_table_frame(struct domain *d, unsigned int index)
{
	struct grant_table *t = d->grants;
	mfn_t m = MFN_NONE;

	if (index >= t->max_frames || grant_table_grow(d, index + 1))
		return m;
	lock_acquire(&t->lock);
	if (!t->dead)
		m = virt_to_mfn(t->frame[index].shared);
	lock_release(&t->lock);
	return m;
}

/* A limit of the configuration: none given is the default. */
static unsigned int limit_of(int32_t asked, unsigned int none,
			     unsigned int most)
{
	if (asked <= 0)
		return none;
	return MIN((unsigned int)asked, most);
}

static size_t frame_array_bytes(unsigned int frames)
{
	return frames * sizeof(struct grant_frame);
}

static struct grant_frame *frame_array_alloc(unsigned int frames)
{
	if (frame_array_bytes(frames) <= PAGE_SIZE)
		return hv_alloc(frame_array_bytes(frames));
	return hv_page_alloc(1);
}

static void frame_array_free(struct grant_frame *array, unsigned int frames)
{
	if (frame_array_bytes(frames) <= PAGE_SIZE)
		hv_free(array, frame_array_bytes(frames));
	else
		hv_page_free(array, 1);
}

_Static_assert(GRANT_FRAMES_MAX * sizeof(struct grant_frame) <= PAGE_SIZE << 1,
	       "the longest array of frames fits two pages");

int grant_domain_init(struct domain *d)
{
	struct grant_table *t = hv_alloc(sizeof(*t));
	int rc;

	if (!t)
		return -ENOMEM;
	lock_init(&t->lock, LOCK_GRANT);
	t->max_frames = limit_of(d->config.max_grant_frames,
				 GRANT_FRAMES_DEFAULT, GRANT_FRAMES_MAX);
	t->max_handles =
		limit_of(d->config.max_maptrack_frames, MAPTRACK_FRAMES_DEFAULT,
			 MAPTRACK_FRAMES_MAX) *
		HANDLES_PER_FRAME;
	t->free_handle = HANDLE_NONE;
	d->grants = t;
	t->frame = frame_array_alloc(t->max_frames);
	rc = t->frame ? grant_table_grow(d, 1) : -ENOMEM;
	if (rc)
		grant_free(d);
	return rc;
}

/*
 * The shared frames go now and not in grant_free(): they count as references
 * on d, which must come to an end before that. Others may still have pins;
 * they are counted down in the active entries.
 */
static void shared_frames_free(struct grant_table *t)
{
	unsigned int i;

	lock_acquire(&t->lock);
	t->dead = true;
	for (i = 0; i < t->frames; i++) {
		if (t->frame[i].shared)
			frame_free_shared(t->frame[i].shared);
		t->frame[i].shared = NULL;
	}
	lock_release(&t->lock);
}

int grant_kill(struct domain *d)
{
	int rc;

	if (!d->grants)
		return 0;
	rc = grant_maptrack_kill(d);
	if (rc)
		return rc;
	shared_frames_free(d->grants);
	return 0;
}

void grant_free(struct domain *d)
{
	struct grant_table *t = d->grants;
	unsigned int i;

	if (!t)
		return;
	if (!t->dead && t->frame)
		shared_frames_free(t);
	grant_maptrack_free(t);
	for (i = 0; i < t->frames; i++)
		hv_page_free(t->frame[i].active, ACTIVE_ORDER);
	frame_array_free(t->frame, t->max_frames);
	hv_free(t, sizeof(*t));
	d->grants = NULL;
}
