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

/*
 * Sets up v, which does not run, from a context (vcpu_op initialise, domctl
 * setvcpucontext). If it is refused for what it refers to, or on -ERESTART
 * (call again), v has no context any more. What v registered (information page,
 * runstate and time areas) stays.
 */
MUST_CHECK int vcpu_set_context(struct vcpu *v,
				const struct vcpu_guest_context *c);
/* The same for one that has no context, as its guest asks; else -EEXIST. */
MUST_CHECK int vcpu_initialise(struct vcpu *v,
			       const struct vcpu_guest_context *c);
void vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c);
/*
 * Makes v as it was made: without a context, down, nothing registered. v does
 * not run. -ERESTART: call again.
 */
MUST_CHECK int vcpu_reset(struct vcpu *v);

/*
 * The guest's pin on f, and what a promotion that was given up left. The
 * caller has a reference. -ERESTART: call again.
 */
MUST_CHECK int page_release_types(struct frame *f);

/* The timers that vcpu_op sets. */
void vcpu_timers_init(struct vcpu *v);

/* A free number for a new domain; 0: none. */
domid_t domain_free_id(void);

#endif
