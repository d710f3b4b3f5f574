/* SPDX-License-Identifier: MIT */
/* Making and ending domains. See domain/lifecycle.c. */
#ifndef DOMAIN_LIFECYCLE_H
#define DOMAIN_LIFECYCLE_H

#include "domain/domain.h"

void domain_system_init(void);

/*
 * A new domain, paused, without vCPUs and memory; the caller has a reference.
 * id 0..0x7fef must be free. -ENOMEM, -EEXIST, -EINVAL.
 */
MUST_CHECK int domain_create(domid_t id,
			     const struct xen_domctl_createdomain *config,
			     bool privileged, struct domain **out);
/* Its vCPUs, down, up to d->max_vcpus. */
MUST_CHECK int domain_make_vcpu(struct domain *d, unsigned int id);

/* Destroys; -ERESTART: call again. */
MUST_CHECK int domain_kill(struct domain *d);

/* Sets up v from a context (vcpu_op initialise, domctl setvcpucontext). */
MUST_CHECK int vcpu_set_context(struct vcpu *v,
				const struct vcpu_guest_context *c);
void vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c);
/* Makes v uninitialised again: its page tables and descriptors are let go. */
MUST_CHECK int vcpu_reset(struct vcpu *v);

/* The timers that vcpu_op sets. */
void vcpu_timers_init(struct vcpu *v);

/* A free number for a new domain; 0: none. */
domid_t domain_free_id(void);

#endif
