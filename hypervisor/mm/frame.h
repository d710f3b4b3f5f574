/* SPDX-License-Identifier: MIT */
/*
 * The frame table: one struct frame per machine frame of RAM.
 *
 * A frame's whole reference state is one 64-bit word, changed only by
 * compare-and-swap:
 *
 *   bits  0..25  reference count: allocation + every mapping and user
 *   bits 26..51  type count: those references that rely on the type
 *   bits 52..54  type (enum frame_type)
 *   bit  55      validated: a page-table or descriptor page was checked whole
 *   bit  56      locked: one CPU is promoting or demoting it, or lets its
 *                last writable reference go
 *   bit  57      pinned: one reference and type count belong to the guest's pin
 *   bit  58      allocated: one reference belongs to the owner's page list
 *   bit  59      shared: the hypervisor's own page, mappable by its owner
 *
 * Invariants, which tests/unit/hypervisor/mm/test_frame.c checks:
 *  - the type changes only while the type count is 0 and no progress is held;
 *  - type count <= reference count;
 *  - a page-table type with count > 0 that is not validated is in the middle
 *    of a demotion: entries [0, progress) still hold their references;
 *  - with count 0, progress > 0 is an abandoned promotion: the same;
 *  - a frame that is not allocated has no pin and no abandoned promotion, and
 *    gets none: nobody would find it to undo them (docs/adr/0026).
 *
 * progress is looked at without the lock bit only as a hint: the word can be
 * the same again after it has changed. So it counts once the bit is held, or
 * once nobody can begin a promotion any more.
 *
 * Promotion and demotion of page tables: pv/table.c.
 */
#ifndef MM_FRAME_H
#define MM_FRAME_H

#include "mm/addr.h"

struct domain;

enum frame_type {
	FRAME_NONE,
	FRAME_L1,
	FRAME_L2,
	FRAME_L3,
	FRAME_L4,
	FRAME_WRITABLE,
	FRAME_SEGDESC,
};

#define FRAME_REF_ONE	 1ull
#define FRAME_REF_MASK	 ((1ull << 26) - 1)
#define FRAME_TYPE_ONE	 (1ull << 26)
#define FRAME_TCNT_MASK	 (FRAME_REF_MASK << 26)
#define FRAME_TYPE_SHIFT 52
#define FRAME_TYPE_MASK	 (7ull << FRAME_TYPE_SHIFT)
#define FRAME_VALIDATED	 (1ull << 55)
#define FRAME_LOCKED	 (1ull << 56)
#define FRAME_PINNED	 (1ull << 57)
#define FRAME_ALLOCATED	 (1ull << 58)
#define FRAME_SHARED	 (1ull << 59)

#define FRAME_REF_MAX (FRAME_REF_MASK - 16)

/* What a frame number stands for. */
enum frame_ram {
	FRAME_DEVICE, /* not RAM: devices, firmware */
	FRAME_RAM,    /* the allocator's, or somebody's who had it from there */
	FRAME_OURS,   /* RAM of the hypervisor's for ever */
};

struct frame {
	uint64_t word;	      /* see above; CAS only */
	struct domain *owner; /* stable while references > 0 */
	/*
	 * Owned frame: neighbours in the owner's page list (its page lock).
	 * Free frame: the buddy allocator's links.
	 */
	uint32_t next, prev;
	uint16_t progress; /* entries that hold references; lock bit */
	uint8_t ram;	   /* enum frame_ram */
	uint8_t dirty;	   /* 1: free, but not yet scrubbed */
	uint32_t stamp;	   /* x86/tlb.h */
};

_Static_assert(sizeof(struct frame) == 32, "frame table entries are 32 bytes");

static inline struct frame *frame_of(mfn_t m)
{
	return (struct frame *)FRAME_TABLE_BASE + m.n;
}

static inline mfn_t frame_mfn(const struct frame *f)
{
	return (mfn_t){(uint64_t)(f - (struct frame *)FRAME_TABLE_BASE)};
}

/* Is there a frame table entry for m, and is it RAM of ours to manage? */
bool mfn_is_ram(mfn_t m);

/* Is it memory of the hypervisor's own, that nobody may map? */
bool mfn_is_ours(mfn_t m);

/* One past the highest RAM frame. */
extern uint64_t max_mfn;

static inline enum frame_type frame_word_type(uint64_t w)
{
	return (enum frame_type)((w & FRAME_TYPE_MASK) >> FRAME_TYPE_SHIFT);
}

static inline uint32_t frame_word_refs(uint64_t w)
{
	return w & FRAME_REF_MASK;
}

static inline uint32_t frame_word_tcnt(uint64_t w)
{
	return (w & FRAME_TCNT_MASK) >> 26;
}

static inline uint64_t frame_load(const struct frame *f)
{
	return __atomic_load_n(&f->word, __ATOMIC_ACQUIRE);
}

static inline bool frame_cas(struct frame *f, uint64_t *old, uint64_t new)
{
	return __atomic_compare_exchange_n(&f->word, old, new, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* Read without a lock; each is checked again once a reference is held. */
static inline struct domain *frame_owner(const struct frame *f)
{
	return __atomic_load_n(&f->owner, __ATOMIC_RELAXED);
}

static inline uint32_t frame_stamp(const struct frame *f)
{
	return __atomic_load_n(&f->stamp, __ATOMIC_RELAXED);
}

static inline void frame_set_stamp(struct frame *f, uint32_t stamp)
{
	__atomic_store_n(&f->stamp, stamp, __ATOMIC_RELAXED);
}

/* With FRAME_LOCKED it stays; without, it is only a hint. */
static inline unsigned int frame_progress(const struct frame *f)
{
	return __atomic_load_n(&f->progress, __ATOMIC_RELAXED);
}

static inline void frame_set_progress(struct frame *f, unsigned int entries)
{
	__atomic_store_n(&f->progress, (uint16_t)entries, __ATOMIC_RELAXED);
}

/* The allocator looks at its neighbours' links without their owners' locks. */
static inline void frame_set_links(struct frame *f, uint32_t next,
				   uint32_t prev)
{
	__atomic_store_n(&f->next, next, __ATOMIC_RELAXED);
	__atomic_store_n(&f->prev, prev, __ATOMIC_RELAXED);
}

/*
 * Takes a reference on m for a user acting for d, who must own it. Fails
 * (NULL) for what is not RAM, not allocated, not d's or saturated.
 */
struct frame *frame_get(mfn_t m, const struct domain *d);

/* Takes a reference whoever the owner; NULL as above. *owner is set. */
struct frame *frame_get_any(mfn_t m, struct domain **owner);

/* Drops a reference; the last one frees the frame. */
void frame_put(struct frame *f);

/*
 * Takes a reference and a type reference for the simple types (WRITABLE,
 * SEGDESC is pv/table.c's). -EPERM: not d's; -EINVAL: has another type;
 * -EBUSY: saturated; -ERESTART: an abandoned promotion had to be undone and
 * is not finished (pv/table.c frame_get_type() does that).
 */
MUST_CHECK int frame_get_writable(mfn_t m, const struct domain *d);
void frame_put_writable(struct frame *f);

/* Gives free frames to d (page list, count, allocation reference). */
MUST_CHECK int frame_assign(struct domain *d, mfn_t m, unsigned int order);

/* The same, for frames that others were just given back for. */
MUST_CHECK int frame_assign_exchanged(struct domain *d, mfn_t m,
				      unsigned int order);

/*
 * Promises d free frames up to `pages` in all (mm/alloc.h); 0 ends it.
 * -EINVAL: it has a claim, or that many already, or may not have as many, or
 * is dying. -ENOMEM: there is not enough to promise.
 */
MUST_CHECK int frame_claim(struct domain *d, uint64_t pages);

/*
 * Takes the allocation reference back: the frame leaves d's page list now and
 * is freed with its last user. -EINVAL: not allocated to d, or d is dying;
 * -EBUSY: it is pinned, or a promotion of it was given up.
 */
MUST_CHECK int frame_unassign(struct domain *d, struct frame *f);
/* The same for domain_kill(): nobody else changes the list of the dying. */
MUST_CHECK int frame_unassign_dying(struct domain *d, struct frame *f);
/*
 * Undoes frame_unassign() of a frame that the caller still has a reference on,
 * which becomes the allocation's. If d is dying, it is dropped.
 */
void frame_assign_again(struct domain *d, struct frame *f);

/*
 * A page of the hypervisor's own that guest d may map writable (shared info,
 * grant table). Zeroed. NULL: no memory.
 */
void *frame_alloc_shared(struct domain *d);
/* The hypervisor's reference goes; freed with the guest's last mapping. */
void frame_free_shared(void *page);

#endif
