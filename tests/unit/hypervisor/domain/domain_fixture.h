/* SPDX-License-Identifier: MIT */
/* Domains as the toolstack makes and ends them, and contexts for vCPUs. */
#ifndef DOMAIN_FIXTURE_H
#define DOMAIN_FIXTURE_H

#include <string.h>
#include "domain/domain.h"
#include "domain/lifecycle.h"
#include "fake/guest.h"
#include "fake/heap.h"
#include "fake/machine.h"
#include "fake/world.h"
#include "hypercall/hypercall.h"
#include "mm/alloc.h"
#include "pv/mmu.h"

/* Created, with vCPUs that have no context; the caller has a reference. */
struct domain *dm_create(domid_t id, unsigned int vcpus);

/* Kills d (it is not put); how often that had to be restarted. */
unsigned int dm_kill(struct domain *d);
/* That, and the last reference goes. */
void dm_end(struct domain *d);

/*
 * Page tables of d, not typed yet: `l1s` level-1 tables with two new pages
 * each, the first of them mapped writable. The level-4 table.
 */
mfn_t dm_tables(struct domain *d, unsigned int l1s);

/* A good context with odd values in every field. */
void dm_context(struct vcpu_guest_context *c, mfn_t root);

/* Calls until it is no longer to be restarted. */
int dm_set_context(struct vcpu *v, const struct vcpu_guest_context *c);
long dm_call(hypercall_fn *fn, struct vcpu *v, uint64_t a0, uint64_t a1,
	     uint64_t a2);

/* domctl of `cmd` on `id` by v; *op's union is in and out. */
long dm_domctl(struct vcpu *v, uint32_t cmd, domid_t id, struct xen_domctl *op);

#endif
