/* SPDX-License-Identifier: MIT */
/* The guest's GDT and LDT pages. See pv/descriptor.c. */
#ifndef PV_DESCRIPTOR_H
#define PV_DESCRIPTOR_H

#include "domain/domain.h"

/* frames: count of them; entries: how many of the GDT are the guest's. */
MUST_CHECK int gdt_set(struct vcpu *v, const uint64_t *frames,
		       unsigned int entries);
/* Lets the GDT's frames go (v is not running). */
void gdt_clear(struct vcpu *v);

MUST_CHECK int ldt_set(struct vcpu *v, uint64_t base, uint32_t entries);
/* Takes all LDT pages out of v's window. */
void ldt_clear(struct vcpu *v);
/*
 * A fault at `offset` bytes into the LDT's window: maps the guest's page
 * there. false: the guest has no valid page for it.
 */
bool ldt_fault(struct vcpu *v, uint64_t offset);

#endif
