/* SPDX-License-Identifier: MIT */
/*
 * event_channel_op, the guest's side of event channels: one handler an
 * operation, in a table by number. The argument is copied in, checked and
 * used from the copy. What an operation gives back is written to the guest's
 * memory before anything is done as well, so that an argument that cannot be
 * written fails with nothing changed.
 *
 * Tests: tests/unit/hypervisor/event/test_ports.c.
 */
#include "event/event.h"
#include "event/state.h"
#include "hypercall/hypercall.h"
#include "mm/alloc.h"
#include "mm/guest.h"
#include "pv/mmu.h"

union event_args {
	struct evtchn_alloc_unbound alloc_unbound;
	struct evtchn_bind_interdomain bind_interdomain;
	struct evtchn_bind_virq bind_virq;
	struct evtchn_bind_pirq bind_pirq;
	struct evtchn_bind_ipi bind_ipi;
	struct evtchn_close close;
	struct evtchn_send send;
	struct evtchn_status status;
	struct evtchn_bind_vcpu bind_vcpu;
	struct evtchn_unmask unmask;
	struct evtchn_reset reset;
	struct evtchn_init_control init_control;
	struct evtchn_expand_array expand_array;
	struct evtchn_set_priority set_priority;
};

static struct vcpu *vcpu_find(struct domain *d, uint32_t id)
{
	return id < MAX_VCPUS ? d->vcpu[id] : NULL;
}

static long op_alloc_unbound(struct vcpu *v, union event_args *a)
{
	struct evtchn_alloc_unbound *op = &a->alloc_unbound;
	domid_t remote = op->remote_dom;
	struct domain *d;
	struct port *p;
	uint32_t n;
	int rc;

	d = domain_find_for(v, op->dom, &rc);
	if (!d)
		return rc;
	if (remote == DOMID_SELF)
		remote = v->domain->id;
	lock_acquire(&d->events->lock);
	rc = port_choose(d, &n, &p);
	if (!rc) {
		port_take(d, n, p, PORT_UNBOUND);
		p->remote = remote;
		op->port = n;
	}
	lock_release(&d->events->lock);
	domain_put(d);
	return rc;
}

/* Both locked. */
static int interdomain_bind(struct domain *d, struct domain *peer,
			    uint32_t peer_port, uint32_t *n)
{
	struct port *far = port_find_used(peer->events, peer_port), *p;
	int rc;

	if (!far || far->state != PORT_UNBOUND || far->remote != d->id)
		return -EINVAL;
	rc = port_choose(d, n, &p);
	if (rc)
		return rc;
	port_take(d, *n, p, PORT_INTERDOMAIN);
	p->peer = peer;
	p->number = peer_port;
	far->peer = d;
	far->number = *n;
	far->state = PORT_INTERDOMAIN;
	/* The peer may have sent something while it was unbound. */
	event_raise(d, *n, p);
	return 0;
}

static long op_bind_interdomain(struct vcpu *v, union event_args *a)
{
	struct evtchn_bind_interdomain *op = &a->bind_interdomain;
	struct domain *d = v->domain, *peer;
	int rc;

	peer = domain_find(op->remote_dom == DOMID_SELF ? d->id
							: op->remote_dom);
	if (!peer)
		return -ESRCH;
	state_lock_pair(d->events, peer->events);
	rc = interdomain_bind(d, peer, op->remote_port, &op->local_port);
	state_unlock_pair(d->events, peer->events);
	domain_put(peer);
	return rc;
}

static long op_bind_virq(struct vcpu *v, union event_args *a)
{
	struct evtchn_bind_virq *op = &a->bind_virq;
	struct domain *d = v->domain;
	struct vcpu *target = vcpu_find(d, op->vcpu);
	struct port *p;
	int rc;

	if (op->virq >= NR_VIRQS)
		return -EINVAL;
	if (!virq_is_per_vcpu(op->virq) && op->vcpu != 0)
		return -EINVAL;
	if (!target)
		return -ENOENT;
	lock_acquire(&d->events->lock);
	rc = -EEXIST;
	if (!target->events->virq_port[op->virq])
		rc = port_choose(d, &op->port, &p);
	if (!rc) {
		port_take(d, op->port, p, PORT_VIRQ);
		p->number = op->virq;
		p->vcpu = op->vcpu;
		target->events->virq_port[op->virq] = op->port;
	}
	lock_release(&d->events->lock);
	return rc;
}

static long op_bind_ipi(struct vcpu *v, union event_args *a)
{
	struct evtchn_bind_ipi *op = &a->bind_ipi;
	struct domain *d = v->domain;
	struct port *p;
	int rc;

	if (!vcpu_find(d, op->vcpu))
		return -ENOENT;
	lock_acquire(&d->events->lock);
	rc = port_choose(d, &op->port, &p);
	if (!rc) {
		port_take(d, op->port, p, PORT_IPI);
		p->vcpu = op->vcpu;
	}
	lock_release(&d->events->lock);
	return rc;
}

/* A port in MOVING that stands for the pirq: it can be raised from now on. */
static int pirq_reserve(struct domain *d, uint32_t pirq, uint32_t *n,
			struct port **p)
{
	struct evtchn_state *s = d->events;
	int rc;

	if (!s->pirq_port)
		s->pirq_port = hv_alloc(IRQ_NR_PIRQS * sizeof(*s->pirq_port));
	if (!s->pirq_port)
		return -ENOMEM;
	if (s->pirq_port[pirq])
		return -EEXIST;
	rc = port_choose(d, n, p);
	if (rc)
		return rc;
	port_take(d, *n, *p, PORT_MOVING);
	(*p)->number = pirq;
	s->pirq_port[pirq] = *n;
	return 0;
}

static long op_bind_pirq(struct vcpu *v, union event_args *a)
{
	struct evtchn_bind_pirq *op = &a->bind_pirq;
	struct domain *d = v->domain;
	struct evtchn_state *s = d->events;
	struct port *p;
	int rc;

	if (!d->privileged)
		return -EPERM;
	if (op->pirq >= IRQ_NR_PIRQS)
		return -EINVAL;
	lock_acquire(&s->lock);
	rc = pirq_reserve(d, op->pirq, &op->port, &p);
	lock_release(&s->lock);
	if (rc)
		return rc;
	/* Its lock comes before ours. Nobody touches a MOVING port but us. */
	rc = irq_bind_guest(d, op->pirq, op->flags & BIND_PIRQ__WILL_SHARE);
	lock_acquire(&s->lock);
	if (rc) {
		s->pirq_port[op->pirq] = 0;
		port_free(d, op->port, p);
	} else {
		p->state = PORT_PIRQ;
	}
	lock_release(&s->lock);
	return rc;
}

static long op_close(struct vcpu *v, union event_args *a)
{
	return port_close(v->domain, a->close.port);
}

static long op_send(struct vcpu *v, union event_args *a)
{
	struct domain *d = v->domain;
	struct evtchn_state *s = d->events;
	uint32_t n = a->send.port;
	long rc = -EINVAL;
	struct port *p;

	v->meter.events_sent++;
	lock_acquire(&s->lock);
	p = port_find_used(s, n);
	switch (p ? (enum port_state)p->state : PORT_FREE) {
	case PORT_INTERDOMAIN:
		/* Our lock keeps the other end as it is. */
		event_raise(p->peer, p->number,
			    port_find(p->peer->events, p->number));
		rc = 0;
		break;
	case PORT_IPI:
		event_raise(d, n, p);
		rc = 0;
		break;
	case PORT_UNBOUND:
		/* Into the void: whoever binds is raised then. */
		rc = 0;
		break;
	case PORT_FREE:
	case PORT_VIRQ:
	case PORT_PIRQ:
	case PORT_MOVING:
		break;
	}
	lock_release(&s->lock);
	return rc;
}

static void status_fill(struct evtchn_status *op, const struct port *p)
{
	op->vcpu = p->vcpu;
	switch ((enum port_state)p->state) {
	case PORT_FREE:
	case PORT_MOVING:
		op->status = EVTCHNSTAT_closed;
		break;
	case PORT_UNBOUND:
		op->status = EVTCHNSTAT_unbound;
		op->u.unbound.dom = p->remote;
		break;
	case PORT_INTERDOMAIN:
		op->status = EVTCHNSTAT_interdomain;
		op->u.interdomain.dom = p->peer->id;
		op->u.interdomain.port = p->number;
		break;
	case PORT_PIRQ:
		op->status = EVTCHNSTAT_pirq;
		op->u.pirq = p->number;
		break;
	case PORT_VIRQ:
		op->status = EVTCHNSTAT_virq;
		op->u.virq = p->number;
		break;
	case PORT_IPI:
		op->status = EVTCHNSTAT_ipi;
		break;
	}
}

static long op_status(struct vcpu *v, union event_args *a)
{
	struct domain *d;
	struct port *p;
	int rc;

	d = domain_find_for(v, a->status.dom, &rc);
	if (!d)
		return rc;
	lock_acquire(&d->events->lock);
	p = port_find(d->events, a->status.port);
	rc = p ? 0 : -EINVAL;
	if (p)
		status_fill(&a->status, p);
	lock_release(&d->events->lock);
	domain_put(d);
	return rc;
}

static long op_bind_vcpu(struct vcpu *v, union event_args *a)
{
	struct domain *d = v->domain;
	long rc = -EINVAL;
	struct port *p;

	if (!vcpu_find(d, a->bind_vcpu.vcpu))
		return -ENOENT;
	lock_acquire(&d->events->lock);
	p = port_find_used(d->events, a->bind_vcpu.port);
	switch (p ? (enum port_state)p->state : PORT_FREE) {
	case PORT_UNBOUND:
	case PORT_INTERDOMAIN:
	case PORT_PIRQ:
		rc = 0;
		break;
	case PORT_VIRQ:
		rc = virq_is_per_vcpu(p->number) ? -EINVAL : 0;
		break;
	case PORT_FREE:
	case PORT_IPI:
	case PORT_MOVING:
		break;
	}
	if (!rc) {
		/* The peer may be raising it. */
		lock_acquire(&d->events->raise_lock);
		p->vcpu = a->bind_vcpu.vcpu;
		lock_release(&d->events->raise_lock);
	}
	lock_release(&d->events->lock);
	return rc;
}

static long op_unmask(struct vcpu *v, union event_args *a)
{
	struct evtchn_state *s = v->domain->events;
	uint32_t n = a->unmask.port;
	long rc = -EINVAL;
	struct port *p;

	lock_acquire(&s->lock);
	p = port_find(s, n);
	if (p && n) {
		lock_acquire(&s->raise_lock);
		s->abi->unmask(v->domain, n, p);
		lock_release(&s->raise_lock);
		rc = 0;
	}
	lock_release(&s->lock);
	return rc;
}

static long op_reset(struct vcpu *v, union event_args *a)
{
	struct domain *d;
	int rc;

	d = domain_find_for(v, a->reset.dom, &rc);
	if (!d)
		return rc;
	rc = ports_close_all(d);
	if (!rc) {
		lock_acquire(&d->events->lock);
		/* Somebody was faster and has bound one again. */
		if (d->events->in_use)
			rc = -EAGAIN;
		else if (d == v->domain)
			fifo_destroy(d);
		lock_release(&d->events->lock);
	}
	domain_put(d);
	return rc;
}

/*
 * A frame of d's that we shall write to. No lock may be held: what it was
 * before may take long to undo. -ERESTART: go on later; -EINVAL.
 */
static int frame_hold(struct domain *d, uint64_t n, struct frame **f)
{
	int rc = frame_get_writable(mfn(n), d);

	if (!rc)
		*f = frame_of(mfn(n));
	else if (rc == -ERESTART)
		rc = frame_get_type(mfn(n), d, FRAME_WRITABLE, f);
	return rc && rc != -ERESTART ? -EINVAL : rc;
}

static long op_init_control(struct vcpu *v, union event_args *a)
{
	struct evtchn_init_control *op = &a->init_control;
	struct domain *d = v->domain;
	struct vcpu *target = vcpu_find(d, op->vcpu);
	struct frame *f;
	long rc;

	if (!target)
		return -ENOENT;
	rc = frame_hold(d, op->control_gfn, &f);
	if (rc)
		return rc;
	lock_acquire(&d->events->lock);
	rc = fifo_init_control(d, target, f, op->offset);
	lock_release(&d->events->lock);
	if (rc)
		frame_put_writable(f);
	op->link_bits = EVTCHN_FIFO_LINK_BITS;
	return rc;
}

static long op_expand_array(struct vcpu *v, union event_args *a)
{
	struct domain *d = v->domain;
	struct frame *f;
	long rc;

	rc = frame_hold(d, a->expand_array.array_gfn, &f);
	if (rc)
		return rc;
	lock_acquire(&d->events->lock);
	rc = fifo_expand_array(d, f);
	lock_release(&d->events->lock);
	if (rc)
		frame_put_writable(f);
	return rc;
}

static long op_set_priority(struct vcpu *v, union event_args *a)
{
	struct domain *d = v->domain;
	long rc;

	lock_acquire(&d->events->lock);
	rc = fifo_set_priority(d, a->set_priority.port,
			       a->set_priority.priority);
	lock_release(&d->events->lock);
	return rc;
}

#define IN(op)                                                                 \
	{                                                                      \
		op_##op, sizeof(struct evtchn_##op), false                     \
	}
#define IN_OUT(op)                                                             \
	{                                                                      \
		op_##op, sizeof(struct evtchn_##op), true                      \
	}

static const struct {
	long (*fn)(struct vcpu *v, union event_args *a);
	uint8_t bytes;
	bool out; /* written back on success */
} event_ops[] = {
	[EVTCHNOP_bind_interdomain] = IN_OUT(bind_interdomain),
	[EVTCHNOP_bind_virq] = IN_OUT(bind_virq),
	[EVTCHNOP_bind_pirq] = IN_OUT(bind_pirq),
	[EVTCHNOP_close] = IN(close),
	[EVTCHNOP_send] = IN(send),
	[EVTCHNOP_status] = IN_OUT(status),
	[EVTCHNOP_alloc_unbound] = IN_OUT(alloc_unbound),
	[EVTCHNOP_bind_ipi] = IN_OUT(bind_ipi),
	[EVTCHNOP_bind_vcpu] = IN(bind_vcpu),
	[EVTCHNOP_unmask] = IN(unmask),
	[EVTCHNOP_reset] = IN(reset),
	[EVTCHNOP_init_control] = IN_OUT(init_control),
	[EVTCHNOP_expand_array] = IN(expand_array),
	[EVTCHNOP_set_priority] = IN(set_priority),
};

static long dispatch(struct vcpu *v, uint32_t cmd, gptr_t arg)
{
	union event_args a;
	long rc;

	if (cmd >= ARRAY_SIZE(event_ops))
		return -ENOSYS;
	rc = guest_read(&a, arg, event_ops[cmd].bytes);
	if (!rc && event_ops[cmd].out)
		rc = guest_write(arg, &a, event_ops[cmd].bytes);
	if (!rc)
		rc = event_ops[cmd].fn(v, &a);
	if (!rc && event_ops[cmd].out)
		rc = guest_write(arg, &a, event_ops[cmd].bytes);
	return rc;
}

long hypercall_event_channel_op(struct vcpu *v, uint64_t args[6])
{
	return dispatch(v, (uint32_t)args[0], gptr(args[1]));
}

long hypercall_event_channel_op_compat(struct vcpu *v, uint64_t args[6])
{
	uint32_t cmd;
	int rc = guest_read_obj(&cmd, gptr(args[0]));

	if (rc)
		return rc;
	/* Later operations were never part of the old structure. */
	if (cmd > EVTCHNOP_unmask)
		return -ENOSYS;
	return dispatch(v, cmd,
			gptr_add(gptr(args[0]), offsetof(struct evtchn_op, u)));
}
