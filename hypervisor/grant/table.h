/* SPDX-License-Identifier: MIT */
/*
 * Inside grant/: what a domain lends (its grant table and the pins on it) and
 * what it borrows (its maptrack).
 *
 * A pin is one use of a grant entry: a mapping for the CPU, one for devices,
 * or a copy in progress. While an entry has pins its frame and borrower are
 * those that it had at the first, and GTF_reading, with a writing pin also
 * GTF_writing, stands in the shared entry. Pins are not references: each PTE
 * that a map operation installs owns the frame reference that it stands for,
 * as every PTE does, and a mapping for devices owns one in the maptrack.
 *
 * Two domains' tables are never locked at once: the lender's and the
 * borrower's turn come one after the other.
 */
#ifndef GRANT_TABLE_H
#define GRANT_TABLE_H

#include "domain/domain.h"
#include "public/grant_table.h"

#define GRANT_FRAMES_DEFAULT	64u
#define GRANT_FRAMES_MAX	512u
#define MAPTRACK_FRAMES_DEFAULT 1024u
#define MAPTRACK_FRAMES_MAX	4096u

#define ENTRIES_PER_FRAME (PAGE_SIZE / sizeof(struct grant_entry_v1))
/* A maptrack frame of the configuration stands for so many handles. */
#define HANDLES_PER_FRAME 512u

struct active {
	uint32_t frame;
	domid_t domid; /* the borrower */
	uint16_t pad;
	uint32_t readers, writers; /* pins */
};

#define ACTIVE_ORDER 1
_Static_assert(ENTRIES_PER_FRAME * sizeof(struct active) ==
		       PAGE_SIZE << ACTIVE_ORDER,
	       "the pins of a grant frame fill two pages");

/* A borrowed frame, by handle. */
struct maptrack {
	struct domain *granter; /* a reference; NULL: free or being made */
	uint32_t frame;		/* free: the next free handle */
	uint32_t ref : 20;
	uint32_t flags : 12;
};

_Static_assert(GRANT_FRAMES_MAX *ENTRIES_PER_FRAME <= 1u << 20,
	       "references fit maptrack.ref");

#define MAP_HOST     1u /* mapped in a page table */
#define MAP_DEVICE   2u
#define MAP_READONLY 4u
#define MAP_PTE	     8u /* the map operation named a PTE, not an address */
/* The same two while they are being undone. */
#define MAP_HOST_ENDS	16u
#define MAP_DEVICE_ENDS 32u
#define MAP_ANY		(MAP_HOST | MAP_DEVICE | MAP_HOST_ENDS | MAP_DEVICE_ENDS)

#define TRACK_PER_PAGE (PAGE_SIZE / sizeof(struct maptrack))
#define HANDLE_NONE    ~0u

struct grant_frame {
	struct grant_entry_v1 *shared;
	struct active *active;
};

struct grant_table {
	struct spinlock lock; /* LOCK_GRANT */

	/* What it lends. */
	bool dead; /* the shared frames are gone; pins only go down */
	unsigned int frames, max_frames;
	uint32_t lent;		   /* entries with pins */
	struct grant_frame *frame; /* [max_frames] */

	/* What it borrows. */
	uint32_t handles, max_handles; /* ever used; limit */
	uint32_t free_handle;	       /* list through maptrack.frame */
	uint32_t live_handles;	       /* given out; 0: no pages are kept */
	uint32_t kill_at;	       /* progress of grant_kill */
	struct maptrack **track;       /* pages; NULL until the first map */
};

/*
 * Pins entry `ref` of d for domain `by`. GNTST_okay: *frame is what it lends;
 * it stays so until the pin goes.
 */
MUST_CHECK int16_t grant_pin(struct domain *d, domid_t by, grant_ref_t ref,
			     bool writable, mfn_t *frame);
void grant_unpin(struct domain *d, grant_ref_t ref, bool writable);

/*
 * A reference on a frame of d's for reading or for writing. No lock may be
 * held. -ERESTART: go on later; -EINVAL: d has no such frame, or it must not
 * be written.
 */
MUST_CHECK int grant_frame_hold(mfn_t m, struct domain *d, bool writable,
				struct frame **f);
void grant_frame_drop(struct frame *f, bool writable);

/* Exchanges two entries that nobody uses. GNTST_*. */
MUST_CHECK int16_t grant_swap(struct domain *d, grant_ref_t a, grant_ref_t b);

/* At least `frames` frames; -ENOMEM, -EINVAL: beyond the limit. */
MUST_CHECK int grant_table_grow(struct domain *d, unsigned int frames);

/*
 * Batches of operations at `ops`: *done says how many were; 0: all. -ERESTART
 * and errors stop in front of ops[*done].
 */
long grant_map_batch(struct vcpu *v, gptr_t ops, uint32_t count,
		     uint32_t *done);
long grant_unmap_batch(struct vcpu *v, gptr_t ops, uint32_t count,
		       uint32_t *done);
long grant_copy_batch(struct vcpu *v, gptr_t ops, uint32_t count,
		      uint32_t *done);

/* Drops what d borrows; -ERESTART: call again. */
MUST_CHECK int grant_maptrack_kill(struct domain *d);
void grant_maptrack_free(struct grant_table *t);

/* Operations between two looks at whether to stop for a while. */
#define GRANT_BATCH 64

/* An operation of a batch that is done one by one. */
union grant_op {
	struct gnttab_map_grant_ref map;
	struct gnttab_copy copy;
	struct gnttab_swap_grant_ref swap;
};

struct grant_batch {
	size_t bytes; /* of the operation */
	/* 0: *op says what became of it; an error stops in front of it. */
	int (*one)(struct vcpu *v, union grant_op *op, void *context);
	/* *op was done, and the guest cannot be told. May be NULL. */
	void (*untold)(struct vcpu *v, const union grant_op *op);
};

/* Each of `count` operations: read, done, written back. As above. */
long grant_batch_run(struct vcpu *v, const struct grant_batch *b, void *context,
		     gptr_t ops, uint32_t count, uint32_t *done);

#endif
