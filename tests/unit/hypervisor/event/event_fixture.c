/* SPDX-License-Identifier: MIT */
/* The guest of event_fixture.h. */
#include "event_fixture.h"
#include <stdio.h>
#include <stdlib.h>

long ev_call(struct vcpu *v, uint32_t cmd, void *op)
{
	uint64_t args[6] = {cmd, (uintptr_t)op};

	return hypercall_event_channel_op(v, args);
}

long ev_alloc_unbound(struct vcpu *v, domid_t dom, domid_t remote)
{
	struct evtchn_alloc_unbound op = {.dom = dom, .remote_dom = remote};
	long rc = ev_call(v, EVTCHNOP_alloc_unbound, &op);

	return rc ? rc : (long)op.port;
}

long ev_bind_interdomain(struct vcpu *v, domid_t remote, uint32_t port)
{
	struct evtchn_bind_interdomain op = {.remote_dom = remote,
					     .remote_port = port};
	long rc = ev_call(v, EVTCHNOP_bind_interdomain, &op);

	return rc ? rc : (long)op.local_port;
}

long ev_bind_virq(struct vcpu *v, uint32_t virq, uint32_t vcpu)
{
	struct evtchn_bind_virq op = {.virq = virq, .vcpu = vcpu};
	long rc = ev_call(v, EVTCHNOP_bind_virq, &op);

	return rc ? rc : (long)op.port;
}

long ev_bind_pirq(struct vcpu *v, uint32_t pirq)
{
	struct evtchn_bind_pirq op = {.pirq = pirq};
	long rc = ev_call(v, EVTCHNOP_bind_pirq, &op);

	return rc ? rc : (long)op.port;
}

long ev_bind_ipi(struct vcpu *v, uint32_t vcpu)
{
	struct evtchn_bind_ipi op = {.vcpu = vcpu};
	long rc = ev_call(v, EVTCHNOP_bind_ipi, &op);

	return rc ? rc : (long)op.port;
}

long ev_close(struct vcpu *v, uint32_t port)
{
	struct evtchn_close op = {.port = port};

	return ev_call(v, EVTCHNOP_close, &op);
}

long ev_send(struct vcpu *v, uint32_t port)
{
	struct evtchn_send op = {.port = port};

	return ev_call(v, EVTCHNOP_send, &op);
}

long ev_bind_vcpu(struct vcpu *v, uint32_t port, uint32_t vcpu)
{
	struct evtchn_bind_vcpu op = {.port = port, .vcpu = vcpu};

	return ev_call(v, EVTCHNOP_bind_vcpu, &op);
}

long ev_unmask(struct vcpu *v, uint32_t port)
{
	struct evtchn_unmask op = {.port = port};

	return ev_call(v, EVTCHNOP_unmask, &op);
}

long ev_reset(struct vcpu *v, domid_t dom)
{
	struct evtchn_reset op = {.dom = dom};

	return ev_call(v, EVTCHNOP_reset, &op);
}

long ev_init_control(struct vcpu *v, uint32_t vcpu, mfn_t m, uint32_t offset)
{
	struct evtchn_init_control op = {
		.control_gfn = m.n, .offset = offset, .vcpu = vcpu};
	long rc = ev_call(v, EVTCHNOP_init_control, &op);

	return rc ? rc : (long)op.link_bits;
}

long ev_expand_array(struct vcpu *v, mfn_t m)
{
	struct evtchn_expand_array op = {.array_gfn = m.n};

	return ev_call(v, EVTCHNOP_expand_array, &op);
}

long ev_set_priority(struct vcpu *v, uint32_t port, uint32_t priority)
{
	struct evtchn_set_priority op = {.port = port, .priority = priority};

	return ev_call(v, EVTCHNOP_set_priority, &op);
}

long ev_status(struct vcpu *v, domid_t dom, uint32_t port,
	       struct evtchn_status *out)
{
	struct evtchn_status op = {.dom = dom, .port = port};
	long rc = ev_call(v, EVTCHNOP_status, &op);

	if (out)
		*out = op;
	return rc ? rc : (long)op.status;
}

uint32_t ev_connect(struct domain *a, struct domain *b, uint32_t *b_port)
{
	long far = ev_alloc_unbound(b->vcpu[0], DOMID_SELF, a->id);
	long near = ev_bind_interdomain(a->vcpu[0], b->id, (uint32_t)far);

	if (far <= 0 || near <= 0) {
		fprintf(stderr, "ev_connect: %ld, %ld\n", far, near);
		abort();
	}
	*b_port = (uint32_t)far;
	return (uint32_t)near;
}

bool ev_pending(const struct domain *d, uint32_t port)
{
	return d->shared->evtchn_pending[port / 64] >> port % 64 & 1;
}

void ev_mask_2l(struct domain *d, uint32_t port, bool masked)
{
	uint64_t bit = 1ull << port % 64;

	if (masked)
		d->shared->evtchn_mask[port / 64] |= bit;
	else
		d->shared->evtchn_mask[port / 64] &= ~bit;
}

unsigned int ev_take_2l(struct vcpu *v, uint64_t taken[64])
{
	struct shared_info *s = v->domain->shared;
	unsigned int count = 0, w;

	if (!v->info->evtchn_upcall_pending)
		return 0;
	v->info->evtchn_upcall_pending = 0;
	for (w = 0; w < 64; w++) {
		uint64_t now;

		if (!(v->info->evtchn_pending_sel >> w & 1))
			continue;
		now = s->evtchn_pending[w] & ~s->evtchn_mask[w];
		s->evtchn_pending[w] &= ~now;
		if (taken)
			taken[w] |= now;
		count += (unsigned int)__builtin_popcountll(now);
	}
	v->info->evtchn_pending_sel = 0;
	return count;
}
