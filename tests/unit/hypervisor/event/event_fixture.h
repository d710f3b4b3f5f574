/* SPDX-License-Identifier: MIT */
/* Event-channel calls of a guest, one line each. ports: > 0, or -errno. */
#ifndef EVENT_FIXTURE_H
#define EVENT_FIXTURE_H

#include <string.h>
#include "domain/domain.h"
#include "event/event.h"
#include "fake/guest.h"
#include "fake/machine.h"
#include "fake/world.h"
#include "public/event_channel.h"

long ev_call(struct vcpu *v, uint32_t cmd, void *op);

long ev_alloc_unbound(struct vcpu *v, domid_t dom, domid_t remote);
long ev_bind_interdomain(struct vcpu *v, domid_t remote, uint32_t port);
long ev_bind_virq(struct vcpu *v, uint32_t virq, uint32_t vcpu);
long ev_bind_pirq(struct vcpu *v, uint32_t pirq);
long ev_bind_ipi(struct vcpu *v, uint32_t vcpu);
long ev_close(struct vcpu *v, uint32_t port);
long ev_send(struct vcpu *v, uint32_t port);
long ev_bind_vcpu(struct vcpu *v, uint32_t port, uint32_t vcpu);
long ev_unmask(struct vcpu *v, uint32_t port);
long ev_reset(struct vcpu *v, domid_t dom);
long ev_init_control(struct vcpu *v, uint32_t vcpu, mfn_t m, uint32_t offset);
long ev_expand_array(struct vcpu *v, mfn_t m);
long ev_set_priority(struct vcpu *v, uint32_t port, uint32_t priority);
/* EVTCHNSTAT_*; the rest in *out if that is not NULL. */
long ev_status(struct vcpu *v, domid_t dom, uint32_t port,
	       struct evtchn_status *out);

/* A port of a's bound to one of b's, in *b_port. */
uint32_t ev_connect(struct domain *a, struct domain *b, uint32_t *b_port);

/* Two-level: what the guest sees. */
bool ev_pending(const struct domain *d, uint32_t port);
void ev_mask_2l(struct domain *d, uint32_t port, bool masked);
/* Takes everything that v is told of; the ports' bits are set in taken[]. */
unsigned int ev_take_2l(struct vcpu *v, uint64_t taken[64]);

#endif
