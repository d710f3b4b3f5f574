/* SPDX-License-Identifier: MIT */
/*
 * Typed frames as page tables.
 *
 * A frame becomes a page table of level n by promotion: every present entry
 * takes a reference on what it maps (level 1: a page, writable if RW; above:
 * a table of level n-1, itself promoted). It stays read-only to the guest as
 * long as it has that type, and each change to an entry goes through
 * table_write(). Demotion lets every entry's reference go again.
 *
 * Both walk the 512 entries with f->progress saying how many hold a
 * reference, under FRAME_LOCKED, and may stop (-ERESTART) with the frame in a
 * consistent state:
 *   promotion given up: type count 0, progress k (k > 0 holds a reference on
 *     the frame itself: FRAME_REF of "progress");
 *   demotion given up: type count 1, not validated, progress k; the table
 *     that entry k - 1 refers to may be in the same state.
 * Whoever comes next goes on from there. Recursion goes at most four levels
 * deep, parent before child, so frames are always locked downwards.
 *
 * Tests: tests/unit/hypervisor/pv/test_table.c.
 */
#include "pv/table.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "log/log.h"
#include "pv/mmio.h"
#include "x86/machine.h"
#include "x86/tlb.h"

static bool type_is_table(enum frame_type t)
{
	return t >= FRAME_L1 && t <= FRAME_L4;
}

static uint64_t word_set_type(uint64_t w, enum frame_type t)
{
	return (w & ~FRAME_TYPE_MASK) | (uint64_t)t << FRAME_TYPE_SHIFT;
}

uint64_t pte_forbidden(const struct domain *d, unsigned int level)
{
	uint64_t bad = PTE_ADDR & ~((1ull << phys_bits) - 1);

	if (level > 1)
		return bad | PTE_PSE;
	/* RAM is cached: other cache types only where devices are. */
	if (!d->privileged)
		bad |= PTE_PAT | PTE_PCD | PTE_PWT;
	return bad;
}

static mfn_t pte_mfn(uint64_t pte)
{
	return mfn((pte & PTE_ADDR) >> PAGE_SHIFT);
}

static int l1e_get(uint64_t *pte, struct domain *d, struct domain *owner)
{
	mfn_t m = pte_mfn(*pte);
	struct frame *f;
	int rc;

	if (!mfn_is_ram(m)) {
		if (!d->privileged || mfn_is_ours(m) ||
		    (owner != d && owner != &domain_io))
			return -EPERM;
		return mmio_check(m, pte);
	}
	if (!(*pte & PTE_RW))
		return frame_get(m, owner) ? 0 : -EINVAL;
	rc = frame_get_writable(m, owner);
	if (rc == -ERESTART)
		rc = frame_get_type(m, owner, FRAME_WRITABLE, &f);
	return rc;
}

int pte_get(uint64_t *pte, unsigned int level, struct domain *d,
	    struct domain *owner)
{
	struct frame *f;

	if (!(*pte & PTE_P))
		return 0;
	if (*pte & pte_forbidden(d, level))
		return -EINVAL;
	*pte |= PTE_U;
	if (level == 1)
		return l1e_get(pte, d, owner);
	return frame_get_type(pte_mfn(*pte), d, (enum frame_type)(level - 1),
			      &f);
}

int pte_put(uint64_t pte, unsigned int level)
{
	struct frame *f;

	if (!(pte & PTE_P))
		return 0;
	if (!mfn_is_ram(pte_mfn(pte)))
		return 0;
	f = frame_of(pte_mfn(pte));
	if (level > 1)
		return frame_put_type(f);
	if (pte & PTE_RW)
		frame_put_writable(f);
	else
		frame_put(f);
	return 0;
}

static bool slot_is_ours(unsigned int level, unsigned int i)
{
	return level == 4 && i >= HV_L4_FIRST && i <= HV_L4_LAST;
}

/*
 * The first present entry from i on (PT_ENTRIES: none); the last below i plus
 * one (0: none). Tables are mostly empty, so they look at four at a time.
 */
static unsigned int present_next(const uint64_t *t, unsigned int i)
{
	for (; i & 3; i++)
		if (t[i] & PTE_P)
			return i;
	for (; i < PT_ENTRIES; i += 4)
		if ((t[i] | t[i + 1] | t[i + 2] | t[i + 3]) & PTE_P)
			break;
	while (i < PT_ENTRIES && !(t[i] & PTE_P))
		i++;
	return i;
}

static unsigned int present_before(const uint64_t *t, unsigned int i)
{
	for (; i & 3; i--)
		if (t[i - 1] & PTE_P)
			return i;
	for (; i; i -= 4)
		if ((t[i - 1] | t[i - 2] | t[i - 3] | t[i - 4]) & PTE_P)
			break;
	while (i && !(t[i - 1] & PTE_P))
		i--;
	return i;
}

/*
 * A demotion that was given up may have stopped inside the last entry that
 * still counts: the table there is held, but not valid. A reference taken as
 * for a new entry makes it valid again; one of the two then goes.
 */
static int entry_restore(uint64_t e, unsigned int level, struct domain *d)
{
	int rc = pte_get(&e, level, d, d);

	return rc ? rc : pte_put(e, level);
}

/* Entries [progress, 512) take their references. */
static int table_promote(struct frame *f, struct domain *d, unsigned int level)
{
	uint64_t *t = mfn_to_virt(frame_mfn(f));
	unsigned int i = frame_progress(f);
	int rc;

	if (level > 1 && i && !slot_is_ours(level, i - 1)) {
		rc = entry_restore(t[i - 1], level, d);
		if (rc)
			return rc;
	}
	for (i = frame_progress(f); (i = present_next(t, i)) < PT_ENTRIES;
	     i++) {
		uint64_t e = t[i];

		if (slot_is_ours(level, i))
			continue;
		rc = pte_get(&e, level, d, d);
		if (rc) {
			frame_set_progress(f, i);
			return rc;
		}
		if (e != t[i])
			t[i] = e;
		if (level > 1 && hypercall_preempt_check()) {
			frame_set_progress(f, i + 1);
			return -ERESTART;
		}
	}
	frame_set_progress(f, PT_ENTRIES);
	if (level == 4) {
		memcpy(&t[HV_L4_FIRST], hv_l4_entries, sizeof(hv_l4_entries));
		t[(PERDOMAIN_BASE >> 39) & 511] =
			d->perdomain_l3 | PTE_P | PTE_RW | PTE_A | PTE_D;
	}
	return 0;
}

/* Entries [0, f->progress) let theirs go, from the top. */
static int table_demote(struct frame *f, unsigned int level)
{
	uint64_t *t = mfn_to_virt(frame_mfn(f));
	unsigned int i = frame_progress(f);

	while ((i = present_before(t, i))) {
		uint64_t e = t[--i];
		int rc;

		if (slot_is_ours(level, i))
			continue;
		rc = pte_put(e, level);
		if (rc) {
			frame_set_progress(f, i + 1);
			return rc;
		}
		if (i && level > 1 && hypercall_preempt_check()) {
			frame_set_progress(f, i);
			return -ERESTART;
		}
	}
	frame_set_progress(f, 0);
	return 0;
}

/* Sets and clears bits of the word and adds to its counts. */
static uint64_t word_change(struct frame *f, uint64_t set, uint64_t clear,
			    int64_t add)
{
	uint64_t w = frame_load(f);

	while (!frame_cas(f, &w, ((w & ~clear) | set) + (uint64_t)add))
		;
	return w;
}

/* The frame is locked and referenced by us; progress says where it stands. */
static int locked_promote(struct frame *f, struct domain *d,
			  enum frame_type type)
{
	bool had_progress = frame_progress(f) != 0;
	int rc;

	tlb_flush_since(frame_stamp(f));
	if (type == FRAME_SEGDESC) {
		uint64_t *t = mfn_to_virt(frame_mfn(f));
		unsigned int i;

		rc = 0;
		for (i = 0; i < PT_ENTRIES && !rc; i++)
			if (!descriptor_fix(&t[i]))
				rc = -EINVAL;
	} else {
		rc = table_promote(f, d, type - FRAME_NONE);
	}
	if (!rc) {
		/* Our reference becomes the type's; progress's own goes. */
		word_change(f, FRAME_VALIDATED, FRAME_LOCKED, FRAME_TYPE_ONE);
		if (had_progress)
			frame_put(f);
		return 0;
	}
	word_change(f, 0, FRAME_LOCKED, 0);
	/* Progress keeps one reference as long as there is any. */
	if (had_progress || !frame_progress(f))
		frame_put(f);
	return rc;
}

/* Undoes a promotion that was given up (type count 0, progress > 0). */
int frame_forget_type(struct frame *f)
{
	uint64_t w = frame_load(f);
	int rc;

	do {
		if (frame_word_tcnt(w) || !frame_progress(f))
			return 0;
		/* Somebody is at it: whoever asks comes again. */
		if (w & FRAME_LOCKED)
			return -ERESTART;
	} while (!frame_cas(f, &w, w | FRAME_LOCKED));
	if (!frame_progress(f)) {
		/* Somebody else has just done it. */
		word_change(f, 0, FRAME_LOCKED, 0);
		return 0;
	}
	rc = table_demote(f, frame_word_type(w));
	if (!rc)
		frame_set_stamp(f, tlb_stamp());
	word_change(f, 0, FRAME_LOCKED, 0);
	if (!rc)
		frame_put(f);
	return rc;
}

/*
 * Between our look at the owner and the compare-and-swap another CPU may have
 * freed the frame, and the word may look the same in its new owner's hands.
 * What was taken goes back; if it was the last of a table, all of it.
 */
static int taken_from_stranger(struct frame *f)
{
	while (frame_put_type(f))
		;
	return -EPERM;
}

int frame_get_type(mfn_t m, struct domain *d, enum frame_type type,
		   struct frame **out)
{
	struct frame *f;
	uint64_t w, new;

	if (!mfn_is_ram(m))
		return -EINVAL;
	f = frame_of(m);
	if (frame_owner(f) != d)
		return -EPERM;
	*out = f;
	w = frame_load(f);
	for (;;) {
		enum frame_type now = frame_word_type(w);

		if (!frame_word_refs(w) ||
		    !(w & (FRAME_ALLOCATED | FRAME_SHARED)))
			return -EPERM;
		if (frame_word_refs(w) >= FRAME_REF_MAX)
			return -EBUSY;
		if (now == type && type == FRAME_WRITABLE)
			return frame_get_writable(m, d);
		if (now == type && (w & FRAME_VALIDATED)) {
			new = w + FRAME_REF_ONE + FRAME_TYPE_ONE;
			if (!frame_cas(f, &w, new))
				continue;
			if (unlikely(frame_owner(f) != d))
				return taken_from_stranger(f);
			return 0;
		}
		if (w & FRAME_LOCKED) {
			/* A table that refers to itself ends here, too. */
			if (now != type)
				return -EINVAL;
			cpu_wait();
			w = frame_load(f);
			continue;
		}
		if (now != type) {
			if (frame_word_tcnt(w))
				return -EINVAL;
			/* Pages of ours are data, never tables. */
			if ((w & FRAME_SHARED) && type != FRAME_WRITABLE)
				return -EINVAL;
			if (frame_progress(f)) {
				int rc = frame_forget_type(f);

				if (rc)
					return rc;
				w = frame_load(f);
				continue;
			}
			if (type == FRAME_WRITABLE)
				return frame_get_writable(m, d);
		}
		/* Promote: type set, locked, one reference ours. */
		new = word_set_type(w, type) & ~FRAME_VALIDATED;
		new = (new | FRAME_LOCKED) + FRAME_REF_ONE;
		if (!frame_cas(f, &w, new))
			continue;
		if (now != type && unlikely(frame_progress(f))) {
			/* Given up since we looked: it stands still only now.
			 */
			(void)word_change(f, w & FRAME_TYPE_MASK,
					  FRAME_TYPE_MASK | FRAME_LOCKED, 0);
			frame_put(f);
			w = frame_load(f);
			continue;
		}
		if (unlikely(frame_owner(f) != d)) {
			/* As an abandoned promotion without any progress. */
			word_change(f, 0, FRAME_LOCKED, 0);
			frame_put(f);
			return -EPERM;
		}
		if (frame_word_tcnt(w)) {
			/* A demotion was given up half-way: up again. */
			int rc;

			tlb_flush_since(frame_stamp(f));
			rc = table_promote(f, d, type);
			if (rc) {
				word_change(f, 0, FRAME_LOCKED, 0);
				frame_put(f);
				return rc;
			}
			word_change(f, FRAME_VALIDATED, FRAME_LOCKED,
				    FRAME_TYPE_ONE);
			return 0;
		}
		return locked_promote(f, d, type);
	}
}

int frame_put_type(struct frame *f)
{
	uint64_t w = frame_load(f);
	int rc;

	for (;;) {
		enum frame_type type = frame_word_type(w);

		BUG_ON(!frame_word_tcnt(w));
		if (type == FRAME_WRITABLE) {
			frame_put_writable(f);
			return 0;
		}
		if (frame_word_tcnt(w) > 1) {
			if (frame_cas(f, &w,
				      w - FRAME_REF_ONE - FRAME_TYPE_ONE))
				return 0;
			continue;
		}
		if (w & FRAME_LOCKED) {
			cpu_wait();
			w = frame_load(f);
			continue;
		}
		if (frame_cas(f, &w, (w | FRAME_LOCKED) & ~FRAME_VALIDATED))
			break;
	}
	rc = 0;
	if (type_is_table(frame_word_type(w)))
		rc = table_demote(f, frame_word_type(w));
	if (rc) {
		word_change(f, 0, FRAME_LOCKED, 0);
		return rc;
	}
	frame_set_stamp(f, tlb_stamp());
	word_change(f, 0, FRAME_LOCKED, -(int64_t)FRAME_TYPE_ONE);
	frame_put(f);
	return 0;
}

/*
 * Two can be left at most: of one entry that table_write() changes, and then
 * of the table itself, if another vCPU has let it go meanwhile.
 */
static void demote_later(struct vcpu *v, struct frame *f)
{
	if (!v->demote_pending) {
		v->demote_pending = f;
	} else {
		BUG_ON(v->demote_next);
		v->demote_next = f;
	}
}

void frame_put_type_later(struct vcpu *v, struct frame *f)
{
	if (frame_put_type(f))
		demote_later(v, f);
}

bool demote_pending_finish(struct vcpu *v)
{
	while (v->demote_pending && !frame_put_type(v->demote_pending)) {
		v->demote_pending = v->demote_next;
		v->demote_next = NULL;
	}
	return !v->demote_pending;
}

unsigned int table_hold(struct frame *f, const struct domain *d)
{
	uint64_t w = frame_load(f);

	do {
		if (!type_is_table(frame_word_type(w)) || !frame_word_tcnt(w) ||
		    !(w & FRAME_VALIDATED) || (w & FRAME_LOCKED) ||
		    frame_word_refs(w) >= FRAME_REF_MAX)
			return 0;
	} while (!frame_cas(f, &w, w + FRAME_REF_ONE + FRAME_TYPE_ONE));
	if (unlikely(frame_owner(f) != d)) {
		(void)taken_from_stranger(f);
		return 0;
	}
	return frame_word_type(w);
}

void table_unhold(struct vcpu *v, struct frame *f)
{
	uint64_t w = frame_load(f);

	while (frame_word_tcnt(w) > 1)
		if (frame_cas(f, &w, w - FRAME_REF_ONE - FRAME_TYPE_ONE))
			return;
	frame_put_type_later(v, f);
}

static uint64_t slot_exchange(uint64_t *slot, uint64_t new, bool keep_ad)
{
	uint64_t old;

	if (!keep_ad)
		return __atomic_exchange_n(slot, new, __ATOMIC_ACQ_REL);
	old = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
	while (!__atomic_compare_exchange_n(
		slot, &old, new | (old & (PTE_A | PTE_D)), false,
		__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		;
	return old;
}

int table_write(struct vcpu *v, struct domain *d, struct domain *owner,
		uint64_t *slot, unsigned int level, uint64_t new, bool keep_ad)
{
	uint64_t old = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
	int rc;

	if (level == 4) {
		unsigned int i = ((uintptr_t)slot & 4095) / 8;

		if (slot_is_ours(4, i))
			return -EPERM;
	}
	/* Only what this one leaves can be left for later. */
	if (level > 1 && v->demote_pending)
		return -ERESTART;
	if (pte_same_mapping(old, new) && owner == d) {
		if (new &pte_forbidden(d, level))
			return -EINVAL;
		new |= PTE_U;
		if (__atomic_compare_exchange_n(
			    slot, &old,
			    new | (keep_ad ? old & (PTE_A | PTE_D) : 0), false,
			    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return 0;
		/* The accessed or dirty bit came in between: the long way. */
	}
	rc = pte_get(&new, level, d, owner);
	if (rc)
		return rc;
	old = slot_exchange(slot, new, keep_ad);
	if (!(old & PTE_P))
		return 0;
	rc = pte_put(old, level);
	if (rc)
		demote_later(v, frame_of(pte_mfn(old)));
	return 0;
}

/*
 * All tables under a loaded root are validated: every present entry of levels
 * 4 to 2 is a table. (Our own slots are excluded by the address.) But another
 * vCPU may take a table away while we walk, and what is read then may be
 * anything: it is not followed out of RAM, and who writes holds the last table
 * first.
 */
uint64_t *table_peek_l1e(const struct vcpu *v, uint64_t va)
{
	uint64_t *t = mfn_to_virt(pte_mfn(v->arch.kernel_cr3));
	bool alone = v->domain->max_vcpus == 1;
	int shift;

	if (!va_is_guest(va))
		return NULL;
	for (shift = 39; shift > 12; shift -= 9) {
		uint64_t e = __atomic_load_n(&t[va >> shift & 511],
					     __ATOMIC_ACQUIRE);

		if (!(e & PTE_P))
			return NULL;
		if (unlikely(!alone) && !mfn_is_ram(pte_mfn(e)))
			return NULL;
		t = mfn_to_virt(pte_mfn(e));
	}
	return &t[va >> 12 & 511];
}

uint64_t *table_find_l1e(const struct vcpu *v, uint64_t va, struct frame **l1)
{
	uint64_t *e = table_peek_l1e(v, va);

	if (!e)
		return NULL;
	*l1 = frame_of(virt_to_mfn(e));
	return table_hold(*l1, v->domain) == 1 ? e : NULL;
}

int table_pin(struct vcpu *v, struct domain *d, mfn_t m, enum frame_type type)
{
	struct frame *f;
	uint64_t w;
	int rc;

	if (!domain_is_alive(d))
		return -EINVAL;
	/* What we cannot keep may be left for later. */
	if (v->demote_pending)
		return -ERESTART;
	rc = frame_get_type(m, d, type, &f);
	if (rc)
		return rc;
	w = frame_load(f);
	do {
		/*
		 * It has a pin, which may end this moment; or another vCPU has
		 * given the frame back, and nobody would find the pin.
		 */
		if ((w & FRAME_PINNED) || !(w & FRAME_ALLOCATED)) {
			frame_put_type_later(v, f);
			return -EINVAL;
		}
	} while (!frame_cas(f, &w, w | FRAME_PINNED));
	return 0;
}

/*
 * What a demotion left is the pin's again, for the next try. Not if there is a
 * new pin, nor off the owner's list, where nobody would find the old one.
 */
static bool pin_restore(struct frame *f)
{
	uint64_t w = frame_load(f);

	do {
		if ((w & FRAME_PINNED) || !(w & FRAME_ALLOCATED))
			return false;
	} while (!frame_cas(f, &w, w | FRAME_PINNED));
	return true;
}

int table_unpin(struct frame *f)
{
	uint64_t w = frame_load(f);
	int rc;

	/* Of two who unpin, the one that takes the bit drops the reference. */
	do {
		if (!(w & FRAME_PINNED))
			return -EINVAL;
	} while (!frame_cas(f, &w, w & ~FRAME_PINNED));
	do
		rc = frame_put_type(f);
	while (rc && !pin_restore(f));
	return rc;
}

/*
 * Descriptors: code and data with DPL 3; empty ones; nothing of the system
 * kind, through which a guest could leave ring 3 (Intel SDM volume 3, 3.4.5).
 */
bool descriptor_fix(uint64_t *desc)
{
	uint64_t e = *desc;

	if (!(e & (1ull << 44))) {
		/* System: only "not present, type 0" means nothing. */
		if ((e >> 40 & 0x9f) == 0)
			return true;
		return false;
	}
	if (!(e & (1ull << 47)))
		return true;
	/* DPL 3; accessed already, so that the CPU need not write here. */
	e |= (3ull << 45) | (1ull << 40);
	if (e != *desc)
		*desc = e;
	return true;
}
