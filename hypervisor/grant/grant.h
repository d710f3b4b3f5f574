/* SPDX-License-Identifier: MIT */
/* Grant tables, version 1: map, unmap, copy, query, swap. */
#ifndef GRANT_GRANT_H
#define GRANT_GRANT_H

#include "domain/domain.h"

int grant_domain_init(struct domain *d);
/* Drops every mapping that d holds of others' grants; resumable. */
int grant_kill(struct domain *d);
void grant_free(struct domain *d);

long hypercall_grant_table_op(struct vcpu *v, uint64_t args[6]);

/* How many frames d's grant table may have. */
unsigned int grant_table_max_frames(const struct domain *d);

/*
 * Frame `index` of d's grant table (grows it up to its limit): for
 * acquire_resource and setup_table. MFN_NONE: beyond the limit.
 */
mfn_t grant_table_frame(struct domain *d, unsigned int index);

/* Who uses what a domain lends. */
struct grant_holder {
	domid_t domid;
	uint32_t entries; /* of the lender's table that it uses */
	uint32_t pins;	  /* uses of them: mappings, and copies under way */
};

/*
 * The borrower of d's with the lowest number from `from` on; false: none. At
 * most GRANT_FRAMES_MAX frames of entries are looked at.
 */
bool grant_holder_next(struct domain *d, domid_t from, struct grant_holder *h);

/* Mappings that d has of others' grants; its own that somebody uses. */
void grant_counts(struct domain *d, uint32_t *mapped, uint32_t *lent);

#endif
