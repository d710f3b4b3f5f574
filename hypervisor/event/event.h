/* SPDX-License-Identifier: MIT */
/*
 * Event channels: ports of a domain, each free, unbound, bound to another
 * domain's port, to a physical interrupt, a virtual interrupt or as an IPI;
 * delivered through the 2-level or the FIFO ABI.
 */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include "domain/domain.h"

int event_domain_init(struct domain *d);
int event_vcpu_init(struct vcpu *v);
int event_kill(struct domain *d);
void event_free(struct domain *d);

long hypercall_event_channel_op(struct vcpu *v, uint64_t args[6]);
/* The old form (hypercall 16): one struct evtchn_op. */
long hypercall_event_channel_op_compat(struct vcpu *v, uint64_t args[6]);

/* Raises virq for v (a per-vCPU virq) or for whoever bound the global one. */
void event_send_vcpu_virq(struct vcpu *v, uint32_t virq);
void event_send_domain_virq(struct domain *d, uint32_t virq);
/* Global virqs that domain zero gets: VIRQ_CONSOLE, VIRQ_DOM_EXC, ... */
void event_send_global_virq(uint32_t virq);

/* Raises the port that d bound to pirq; false: not bound. */
bool event_send_pirq(struct domain *d, uint32_t pirq);

/* Is any of these ports pending? -EINVAL: no such port. For SCHEDOP_poll. */
int event_port_pending(struct domain *d, uint32_t port);

/*
 * SCHEDOP_poll: from begin to end, a port of v's domain that becomes pending
 * is compared with v->poll_port and vcpu_kick()s v. Begin first, then ask
 * event_port_pending(), so that nothing falls between.
 */
void event_poll_begin(struct vcpu *v);
void event_poll_end(struct vcpu *v);

/*
 * v->info points somewhere else now: everything counts as pending there, so
 * that nothing that the old place said is lost.
 */
void event_vcpu_info_moved(struct vcpu *v);

/*
 * v->info has pointed somewhere else before: when this returns nobody writes
 * there any more.
 */
void event_vcpu_info_left(struct vcpu *v);

/* How many ports d has. */
uint32_t event_port_count(struct domain *d);

/* For the debug key and domain dumps: one line a bound port. */
void event_dump(struct domain *d);

#endif
