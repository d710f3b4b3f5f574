/* SPDX-License-Identifier: MIT */
/*
 * Real domains on the fake machine: made by domain_create(), with memory from
 * the real allocator and page tables that the real checks accept, ended by
 * domain_kill(). For suites that test subsystems together.
 */
#ifndef FAKE_WORLD_H
#define FAKE_WORLD_H

#include "domain/domain.h"

/* Domain numbers are odd on purpose; number 0 is privileged. */
#define WORLD_ZERO 0
#define WORLD_ONE  0x351
#define WORLD_TWO  0x2f7

/* Memory and scheduler; call first. */
void world_init(void);

/*
 * A domain with `vcpus` vCPUs that are initialised, up and unpaused. vCPU 0
 * has page tables: one L1 for the 512 pages from WORLD_VA on.
 */
struct domain *world_domain(domid_t id, unsigned int vcpus,
			    const struct xen_domctl_createdomain *config);
#define WORLD_VA 0x00005a8642600000ull
/* Guest address of window i, and the machine address of its PTE. */
uint64_t world_window(unsigned int i);
uint64_t world_pte_maddr(const struct domain *d, unsigned int i);
uint64_t *world_pte(const struct domain *d, unsigned int i);

/* A zeroed page of d's. */
mfn_t world_page(struct domain *d);

/* Ends d as the toolstack would; it must be its last reference. */
void world_end(struct domain *d);

/* References beyond those of d's own allocation; type count. */
uint32_t world_refs(mfn_t m);
uint32_t world_types(mfn_t m);

#endif
