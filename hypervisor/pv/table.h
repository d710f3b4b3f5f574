/* SPDX-License-Identifier: MIT */
/*
 * Page-table entries: what each refers to, and how one is changed. See
 * pv/table.c.
 */
#ifndef PV_TABLE_H
#define PV_TABLE_H

#include "pv/mmu.h"

/* Entry bits that a guest may not set at a level (1..4). */
uint64_t pte_forbidden(const struct domain *d, unsigned int level);

/*
 * Does `new` map what `old` maps, with the same rights? Then no reference
 * moves, and who owns the frame does not matter: flags of a granted mapping
 * may change, too.
 */
static inline bool pte_same_mapping(uint64_t old, uint64_t new)
{
	return (old & PTE_P) && !((old ^ new) & (PTE_ADDR | PTE_RW | PTE_P));
}

/*
 * Takes what a present entry needs: a reference on the frame (owned by
 * `owner`), with a type as the entry asks. The entry may be changed: U is
 * added, RW taken from read-only device pages. -EINVAL, -EPERM, -EBUSY,
 * -ERESTART.
 */
MUST_CHECK int pte_get(uint64_t *pte, unsigned int level, struct domain *d,
		       struct domain *owner);
/* Drops it again. -ERESTART (levels 2..4): not finished, still held. */
MUST_CHECK int pte_put(uint64_t pte, unsigned int level);

/*
 * Holds a page-table frame of d's as it is: a reference and a type count, only
 * if it is validated. Its level (1..4), or 0.
 */
unsigned int table_hold(struct frame *f, const struct domain *d);
void table_unhold(struct vcpu *v, struct frame *f);

/*
 * Changes the entry `slot` of a held table of d. What the old entry held is
 * let go (levels 2..4: maybe later, v->demote_pending). keep_ad: accessed and
 * dirty bits of the old entry stay.
 */
MUST_CHECK int table_write(struct vcpu *v, struct domain *d,
			   struct domain *owner, uint64_t *slot,
			   unsigned int level, uint64_t new, bool keep_ad);

/*
 * The level-1 entry that maps va under a loaded root, v's kernel's; NULL:
 * there is none. find: its table is held; peek: it is not, the entry is only
 * to be looked at.
 */
uint64_t *table_find_l1e(const struct vcpu *v, uint64_t va, struct frame **l1);
uint64_t *table_peek_l1e(const struct vcpu *v, uint64_t va);

/* Undoes a promotion that was given up; resumable. For domain_kill. */
MUST_CHECK int frame_forget_type(struct frame *f);

/*
 * Pins and unpins; both are resumable. v makes the call: what is let go may be
 * left in its demote_pending.
 */
MUST_CHECK int table_pin(struct vcpu *v, struct domain *d, mfn_t m,
			 enum frame_type type);
MUST_CHECK int table_unpin(struct frame *f);

/* A descriptor as it may stand in a guest's table; false: refused. */
bool descriptor_fix(uint64_t *desc);

#endif
