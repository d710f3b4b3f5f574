/* SPDX-License-Identifier: MIT */
/* Grant-table calls of a guest, one line each; GNTST_* or values. */
#ifndef GRANT_FIXTURE_H
#define GRANT_FIXTURE_H

#include <string.h>
#include "domain/domain.h"
#include "fake/guest.h"
#include "fake/machine.h"
#include "fake/world.h"
#include "grant/grant.h"
#include "mm/alloc.h"
#include "public/grant_table.h"
#include "pv/mmu.h"

long gt_call(struct vcpu *v, uint32_t cmd, void *ops, uint32_t count);

/* Entry `ref` of d's table, as d sees it; the table grows if need be. */
struct grant_entry_v1 *gt_entry(struct domain *d, grant_ref_t ref);
/* d lends m. flags: GTF_readonly or 0. */
void gt_give(struct domain *d, grant_ref_t ref, domid_t to, mfn_t m,
	     uint16_t flags);

/* Maps at window `at`; status; the handle and so on in *op. */
int gt_map(struct vcpu *v, domid_t dom, grant_ref_t ref, unsigned int at,
	   uint32_t flags, struct gnttab_map_grant_ref *op);
/* Ends the mapping for the CPU at window `at`, or (map->flags) at its PTE. */
int gt_unmap(struct vcpu *v, unsigned int at,
	     const struct gnttab_map_grant_ref *map);
int gt_unmap_device(struct vcpu *v, const struct gnttab_map_grant_ref *map);

#endif
