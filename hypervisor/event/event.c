/* SPDX-License-Identifier: MIT */
/*
 * Event channels: the port table, raising, closing, and a domain's life.
 * The guest's operations are in event/ops.c, the two ABIs in event/event2l.c
 * and event/fifo.c; states and locks are told in event/state.h.
 *
 * Ports live in buckets of 128 that are allocated when a port of theirs is
 * first given out, lowest number first; they stay until the domain goes.
 *
 * Tests: tests/unit/hypervisor/event/test_ports.c and its neighbours.
 */
#include "event/event.h"
#include "event/state.h"
#include "hypercall/hypercall.h"
#include "lib/bitmap.h"
#include "log/log.h"
#include "mm/alloc.h"
#include "sched/sched.h"

/* Ports that a guest left in its queues are skipped; so many at most. */
#define BUSY_SKIP_MAX 1024
/* Ports closed between two looks at whether to stop for a while. */
#define CLOSE_BATCH 64

static struct port_bucket *bucket_find(const struct evtchn_state *s,
				       unsigned int b)
{
	/* Whoever raises our ports looks with its own lock, not ours. */
	struct port_bucket **group =
		__atomic_load_n(&s->group[b / GROUP_SIZE], __ATOMIC_ACQUIRE);

	return group ? __atomic_load_n(&group[b % GROUP_SIZE], __ATOMIC_ACQUIRE)
		     : NULL;
}

static struct port_bucket *bucket_make(struct evtchn_state *s, unsigned int b)
{
	struct port_bucket **group = s->group[b / GROUP_SIZE];
	struct port_bucket *bucket;
	unsigned int i;

	if (!group) {
		group = hv_page_alloc(0);
		if (!group)
			return NULL;
		__atomic_store_n(&s->group[b / GROUP_SIZE], group,
				 __ATOMIC_RELEASE);
	}
	bucket = hv_alloc(sizeof(*bucket));
	if (!bucket)
		return NULL;
	for (i = 0; i < BUCKET_PORTS; i++)
		bucket->port[i].queue = QUEUE_NONE;
	if (b == 0)
		bitmap_set(bucket->used, 0); /* port 0 is never given out */
	__atomic_store_n(&group[b % GROUP_SIZE], bucket, __ATOMIC_RELEASE);
	return bucket;
}

struct port *port_find(const struct evtchn_state *s, uint32_t n)
{
	struct port_bucket *b;

	/* A domain that went back to two levels may have more buckets. */
	if (n >= abi_of(s)->ports)
		return NULL;
	b = bucket_find(s, n / BUCKET_PORTS);
	return b ? &b->port[n % BUCKET_PORTS] : NULL;
}

struct port *port_find_used(const struct evtchn_state *s, uint32_t n)
{
	struct port *p = port_find(s, n);

	return p && p->state != PORT_FREE ? p : NULL;
}

int port_choose(struct domain *d, uint32_t *n, struct port **p)
{
	struct evtchn_state *s = d->events;
	uint32_t limit = MIN(s->limit, s->abi->ports);
	unsigned int b, skipped = 0;
	struct port_bucket *bucket;
	size_t i;

	lock_assert_held(&s->lock);
	if (s->dying)
		return -ESRCH;
	for (b = bitmap_find_first_zero(s->full, BUCKETS); b < BUCKETS;
	     b = bitmap_find_next_zero(s->full, BUCKETS, b + 1)) {
		if (b * BUCKET_PORTS >= limit)
			return -ENOSPC;
		bucket = bucket_find(s, b);
		if (!bucket)
			bucket = bucket_make(s, b);
		if (!bucket)
			return -ENOMEM;
		for (i = bitmap_find_first_zero(bucket->used, BUCKET_PORTS);
		     i < BUCKET_PORTS;
		     i = bitmap_find_next_zero(bucket->used, BUCKET_PORTS,
					       i + 1)) {
			*n = b * BUCKET_PORTS + i;
			if (*n >= limit)
				return -ENOSPC;
			*p = &bucket->port[i];
			if (!s->abi->busy(d, *n))
				return 0;
			if (++skipped == BUSY_SKIP_MAX)
				return -ENOSPC;
		}
	}
	return -ENOSPC;
}

void port_take(struct domain *d, uint32_t n, struct port *p,
	       enum port_state state)
{
	struct evtchn_state *s = d->events;
	struct port_bucket *b = bucket_find(s, n / BUCKET_PORTS);

	lock_assert_held(&s->lock);
	bitmap_set(b->used, n % BUCKET_PORTS);
	if (bitmap_find_first_zero(b->used, BUCKET_PORTS) == BUCKET_PORTS)
		bitmap_set(s->full, n / BUCKET_PORTS);
	s->in_use++;
	p->vcpu = 0;
	p->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
	p->raised = 0;
	p->number = 0;
	p->state = state;
}

void port_free(struct domain *d, uint32_t n, struct port *p)
{
	struct evtchn_state *s = d->events;

	lock_assert_held(&s->lock);
	lock_acquire(&s->raise_lock);
	s->abi->clear(d, n, p);
	lock_release(&s->raise_lock);
	p->peer = NULL;
	p->state = PORT_FREE;
	bitmap_clear(bucket_find(s, n / BUCKET_PORTS)->used, n % BUCKET_PORTS);
	bitmap_clear(s->full, n / BUCKET_PORTS);
	s->in_use--;
}

void state_lock_pair(struct evtchn_state *a, struct evtchn_state *b)
{
	if (a > b) {
		struct evtchn_state *low = b;

		b = a;
		a = low;
	}
	lock_acquire(&a->lock);
	if (b != a)
		lock_acquire(&b->lock);
}

void state_unlock_pair(struct evtchn_state *a, struct evtchn_state *b)
{
	lock_release(&a->lock);
	if (b != a)
		lock_release(&b->lock);
}

/*
 * Closes one that was INTERDOMAIN when the caller looked, with no lock held
 * now and a reference on the peer. -EAGAIN: it has changed meanwhile.
 */
static int interdomain_close(struct domain *d, uint32_t n, struct domain *peer)
{
	struct port *p, *other;
	int rc = -EAGAIN;

	state_lock_pair(d->events, peer->events);
	p = port_find(d->events, n);
	if (p->state == PORT_INTERDOMAIN && p->peer == peer) {
		other = port_find(peer->events, p->number);
		other->state = PORT_UNBOUND;
		other->remote = d->id;
		other->number = 0;
		other->peer = NULL;
		port_free(d, n, p);
		rc = 0;
	}
	state_unlock_pair(d->events, peer->events);
	return rc;
}

static void virq_forget(struct domain *d, uint32_t n, struct port *p)
{
	unsigned int id = virq_is_per_vcpu(p->number) ? p->vcpu : 0;
	struct evtchn_vcpu *ev = d->vcpu[id]->events;

	BUG_ON(ev->virq_port[p->number] != n);
	ev->virq_port[p->number] = 0;
}

static int port_close_once(struct domain *d, uint32_t n)
{
	struct evtchn_state *s = d->events;
	struct domain *peer;
	struct port *p;
	int rc = 0;

	lock_acquire(&s->lock);
	p = port_find_used(s, n);
	switch (p ? (enum port_state)p->state : PORT_FREE) {
	case PORT_FREE:
	case PORT_MOVING:
		rc = -EINVAL;
		break;
	case PORT_INTERDOMAIN:
		peer = p->peer;
		domain_get(peer);
		lock_release(&s->lock);
		rc = interdomain_close(d, n, peer);
		domain_put(peer);
		return rc;
	case PORT_PIRQ:
		/* The interrupt's lock comes before ours. */
		p->state = PORT_MOVING;
		lock_release(&s->lock);
		irq_unbind_guest(d, p->number);
		lock_acquire(&s->lock);
		s->pirq_port[p->number] = 0;
		port_free(d, n, p);
		break;
	case PORT_VIRQ:
		virq_forget(d, n, p);
		port_free(d, n, p);
		break;
	case PORT_UNBOUND:
	case PORT_IPI:
		port_free(d, n, p);
		break;
	}
	lock_release(&s->lock);
	return rc;
}

int port_close(struct domain *d, uint32_t n)
{
	int rc;

	/* It changes meanwhile only when the peer closes or binds again. */
	do {
		rc = port_close_once(d, n);
	} while (rc == -EAGAIN);
	return rc;
}

/* s->lock held. The first used port from n on; else _FIFO_NR_CHANNELS. */
static uint32_t port_next_used(const struct evtchn_state *s, uint32_t n)
{
	while (n < EVTCHN_FIFO_NR_CHANNELS) {
		struct port_bucket *b = bucket_find(s, n / BUCKET_PORTS);
		size_t i = BUCKET_PORTS;

		if (b)
			i = bitmap_find_next_set(b->used, BUCKET_PORTS,
						 n % BUCKET_PORTS);
		n = ALIGN_DOWN(n, BUCKET_PORTS) + i;
		if (i < BUCKET_PORTS)
			break;
	}
	return n;
}

int ports_close_all(struct domain *d)
{
	struct evtchn_state *s = d->events;
	unsigned int closed = 0;
	/* Port 0 counts as used and is not to be closed. */
	uint32_t n = 1;

	for (;;) {
		lock_acquire(&s->lock);
		n = port_next_used(s, n);
		lock_release(&s->lock);
		if (n >= EVTCHN_FIFO_NR_CHANNELS)
			return 0;
		/* -EINVAL: somebody else closed it first, or is about to. */
		(void)!port_close(d, n++);
		if (++closed % CLOSE_BATCH == 0 && hypercall_preempt_check())
			return -ERESTART;
	}
}

void event_upcall(struct vcpu *v)
{
	struct vcpu_info *info = __atomic_load_n(&v->info, __ATOMIC_ACQUIRE);

	if (!__atomic_exchange_n(&info->evtchn_upcall_pending, 1,
				 __ATOMIC_SEQ_CST))
		vcpu_kick(v);
}

static void pollers_wake(struct domain *d, uint32_t n, uint32_t mask)
{
	for (; mask; mask &= mask - 1) {
		struct vcpu *v = d->vcpu[__builtin_ctz(mask)];
		uint32_t port =
			__atomic_load_n(&v->poll_port, __ATOMIC_SEQ_CST);

		if (port == n || port == ~0u)
			vcpu_kick(v);
	}
}

void event_raise(struct domain *d, uint32_t n, struct port *p)
{
	struct evtchn_state *s = d->events;
	enum event_marked marked = abi_of(s)->mark(d, n);
	uint32_t pollers;

	if (marked != MARK_DONE) {
		lock_acquire(&s->raise_lock);
		if (marked == MARK_PENDING)
			s->abi->tell(d, n, p);
		else
			s->abi->raise(d, n, p);
		lock_release(&s->raise_lock);
	}
	/* Pending first, then this: a poller does it the other way round. */
	pollers = __atomic_load_n(&s->poll_mask, __ATOMIC_SEQ_CST);
	if (unlikely(pollers))
		pollers_wake(d, n, pollers);
}

bool virq_is_per_vcpu(uint32_t virq)
{
	return virq == VIRQ_TIMER || virq == VIRQ_DEBUG ||
	       virq == VIRQ_XENOPROF || virq == VIRQ_XENPMU;
}

void event_send_vcpu_virq(struct vcpu *v, uint32_t virq)
{
	struct evtchn_state *s = v->domain->events;
	uint32_t n;

	lock_acquire(&s->lock);
	n = v->events->virq_port[virq];
	if (n)
		event_raise(v->domain, n, port_find(s, n));
	lock_release(&s->lock);
}

void event_send_domain_virq(struct domain *d, uint32_t virq)
{
	if (d->vcpu[0])
		event_send_vcpu_virq(d->vcpu[0], virq);
}

void event_send_global_virq(uint32_t virq)
{
	if (domain_zero)
		event_send_domain_virq(domain_zero, virq);
}

bool event_send_pirq(struct domain *d, uint32_t pirq)
{
	struct evtchn_state *s = d->events;
	uint32_t n = 0;

	if (pirq >= IRQ_NR_PIRQS)
		return false;
	lock_acquire(&s->lock);
	if (s->pirq_port)
		n = s->pirq_port[pirq];
	if (n)
		event_raise(d, n, port_find(s, n));
	lock_release(&s->lock);
	return n != 0;
}

int event_port_pending(struct domain *d, uint32_t port)
{
	struct evtchn_state *s = d->events;
	int rc = -EINVAL;
	struct port *p;

	lock_acquire(&s->lock);
	p = port_find(s, port);
	if (p && port) {
		lock_acquire(&s->raise_lock);
		rc = s->abi->pending(d, port, p);
		lock_release(&s->raise_lock);
	}
	lock_release(&s->lock);
	return rc;
}

uint32_t event_port_count(struct domain *d)
{
	struct evtchn_state *s = d->events;
	uint32_t n;

	lock_acquire(&s->lock);
	n = s->in_use;
	lock_release(&s->lock);
	return n;
}

void event_poll_begin(struct vcpu *v)
{
	__atomic_fetch_or(&v->domain->events->poll_mask, 1u << v->id,
			  __ATOMIC_SEQ_CST);
}

void event_poll_end(struct vcpu *v)
{
	__atomic_fetch_and(&v->domain->events->poll_mask, ~(1u << v->id),
			   __ATOMIC_SEQ_CST);
}

void event_vcpu_info_left(struct vcpu *v)
{
	struct evtchn_state *s = v->domain->events;

	/* With this lock only, it is read and written on others' behalf. */
	lock_acquire(&s->raise_lock);
	lock_release(&s->raise_lock);
}

void event_vcpu_info_moved(struct vcpu *v)
{
	__atomic_store_n(&v->info->evtchn_pending_sel, ~0ull, __ATOMIC_RELEASE);
	__atomic_store_n(&v->info->evtchn_upcall_pending, 1, __ATOMIC_RELEASE);
	vcpu_kick(v);
}

int event_domain_init(struct domain *d)
{
	uint32_t last = d->config.max_evtchn_port;
	struct evtchn_state *s = hv_alloc(sizeof(*s));
	unsigned int b;

	if (!s)
		return -ENOMEM;
	lock_init(&s->lock, LOCK_EVENT);
	lock_init(&s->raise_lock, LOCK_RAISE);
	s->limit = EVTCHN_FIFO_NR_CHANNELS;
	if (last && last < EVTCHN_FIFO_NR_CHANNELS)
		s->limit = last + 1;
	s->abi = &event_abi_2l;
	d->events = s;
	/*
	 * Domain zero has ports for every guest. These are there from the
	 * start, so that guests that come and go leave free memory as it was.
	 */
	for (b = 0; d->privileged && b < ZERO_BUCKETS; b++)
		if (!bucket_make(s, b)) {
			event_free(d);
			return -ENOMEM;
		}
	return 0;
}

int event_vcpu_init(struct vcpu *v)
{
	struct evtchn_state *s = v->domain->events;

	v->events = hv_alloc(sizeof(*v->events));
	if (!v->events)
		return -ENOMEM;
	if (v->id == 0 && s->missed_vcpu0) {
		v->info->evtchn_pending_sel = ~0ull;
		v->info->evtchn_upcall_pending = 1;
	}
	return 0;
}

int event_kill(struct domain *d)
{
	struct evtchn_state *s = d->events;
	int rc;

	if (!s)
		return 0;
	lock_acquire(&s->lock);
	s->dying = true;
	lock_release(&s->lock);
	rc = ports_close_all(d);
	if (rc)
		return rc;
	lock_acquire(&s->lock);
	fifo_destroy(d);
	lock_release(&s->lock);
	return 0;
}

void event_free(struct domain *d)
{
	struct evtchn_state *s = d->events;
	unsigned int i, g;

	for (i = 0; i < MAX_VCPUS; i++) {
		struct vcpu *v = d->vcpu[i];

		if (!v)
			continue;
		hv_free(v->events, sizeof(*v->events));
		v->events = NULL;
	}
	if (!s)
		return;
	for (g = 0; g < GROUPS; g++) {
		if (!s->group[g])
			continue;
		for (i = 0; i < GROUP_SIZE; i++)
			hv_free(s->group[g][i], sizeof(struct port_bucket));
		hv_page_free(s->group[g], 0);
	}
	hv_free(s->pirq_port, IRQ_NR_PIRQS * sizeof(*s->pirq_port));
	hv_free(s, sizeof(*s));
	d->events = NULL;
}

static const char *port_describe(const struct port *p, unsigned int *arg)
{
	*arg = p->number;
	switch ((enum port_state)p->state) {
	case PORT_FREE:
		return "free";
	case PORT_UNBOUND:
		*arg = p->remote;
		return "for domain";
	case PORT_INTERDOMAIN:
		return "peer port";
	case PORT_PIRQ:
		return "pirq";
	case PORT_VIRQ:
		return "virq";
	case PORT_IPI:
		return "ipi";
	case PORT_MOVING:
		return "moving pirq";
	}
	return "?";
}

void event_dump(struct domain *d)
{
	struct evtchn_state *s = d->events;
	uint32_t n;

	lock_acquire(&s->lock);
	log_info("domain %u: %u ports, %s\n", d->id, s->in_use, s->abi->name);
	for (n = port_next_used(s, 1); n < EVTCHN_FIFO_NR_CHANNELS;
	     n = port_next_used(s, n + 1)) {
		struct port *p = port_find(s, n);
		const char *what;
		unsigned int arg;

		what = port_describe(p, &arg);
		log_info("  port %u: %s %u, domain %d, vcpu %u, priority %u"
			 "%s%s\n",
			 n, what, arg, p->peer ? p->peer->id : -1, p->vcpu,
			 p->priority,
			 s->abi->pending(d, n, p) ? ", pending" : "",
			 s->abi->masked(d, n) ? ", masked" : "");
	}
	lock_release(&s->lock);
}
