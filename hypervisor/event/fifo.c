/* SPDX-License-Identifier: MIT */
/*
 * The FIFO ABI (public/event_channel.h): an array of 32-bit event words, one
 * a port, in up to 128 pages of the guest's, and a control block per vCPU
 * with the heads of 16 queues, one a priority. An unmasked pending port is
 * linked to its queue's end through the words' link fields.
 *
 * The guest owns the pages and may change each word at any time; it unlinks
 * from the front while we link at the end. So the tails are our own, a guest's
 * link is never followed, each change of a word is one atomic instruction, and
 * a compare-and-swap that the guest keeps disturbing is given up after a fixed
 * number of tries. Whatever a guest writes there spoils its own queues only.
 *
 * One end of the queue is ambiguous: the tail port may have been taken by the
 * guest already. LINKED in its word says so: the guest clears it as it takes
 * the port, and our compare-and-swap of the link fails once it is clear; then
 * the queue is empty, and the port becomes its head.
 *
 * All of this is guarded by evtchn_state.raise_lock, but for PENDING: a port
 * that is masked or in a queue becomes pending without it. The guest takes
 * LINKED away before it looks at PENDING, so it sees one or the other.
 *
 * Tests: tests/unit/hypervisor/event/test_fifo.c.
 */
#include "event/state.h"
#include "mm/alloc.h"

#define PENDING		 (1u << EVTCHN_FIFO_PENDING)
#define MASKED		 (1u << EVTCHN_FIFO_MASKED)
#define LINKED		 (1u << EVTCHN_FIFO_LINKED)
#define BUSY		 (1u << EVTCHN_FIFO_BUSY)
#define BUCKETS_PER_PAGE (FIFO_WORDS_PER_PAGE / BUCKET_PORTS)
#define LINK_MASK	 ((uint32_t)EVTCHN_FIFO_LINK_MASK)

/*
 * An honest guest changes a word a few times at most while we look at it;
 * under BUSY it may not unmask, which is the one change that it repeats.
 */
#define WORD_TRIES 8

static event_word_t *word_of(const struct fifo *f, uint32_t n)
{
	event_word_t *page;

	if (n / FIFO_WORDS_PER_PAGE >=
	    __atomic_load_n(&f->pages, __ATOMIC_ACQUIRE))
		return NULL;
	page = mfn_to_virt(frame_mfn(f->page[n / FIFO_WORDS_PER_PAGE]));
	return &page[n % FIFO_WORDS_PER_PAGE];
}

/* One try: the LINKED word gets the link. -EAGAIN: it changed; -ENOENT. */
static int link_try(event_word_t *word, uint32_t to)
{
	event_word_t w = __atomic_load_n(word, __ATOMIC_SEQ_CST);

	if (!(w & LINKED))
		return -ENOENT;
	if (__atomic_compare_exchange_n(word, &w,
					(w & ~(LINK_MASK | BUSY)) | to, false,
					__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return 0;
	return -EAGAIN;
}

/* The tail's word shall name port `to`. false: it is not in a queue now. */
static bool link_after(event_word_t *word, uint32_t to)
{
	unsigned int i;
	int rc = -EAGAIN;

	for (i = 0; i < 2 * WORD_TRIES && rc == -EAGAIN; i++) {
		if (i == WORD_TRIES)
			__atomic_fetch_or(word, BUSY, __ATOMIC_SEQ_CST);
		rc = link_try(word, to);
	}
	if (rc && i > WORD_TRIES)
		__atomic_fetch_and(word, ~BUSY, __ATOMIC_SEQ_CST);
	return rc == 0;
}

/* LINKED on, with no successor. false: it was on: the port is in a queue. */
static bool word_set_linked(event_word_t *word)
{
	event_word_t w = __atomic_load_n(word, __ATOMIC_SEQ_CST);
	unsigned int i;

	for (i = 0; i < WORD_TRIES; i++) {
		if (w & LINKED)
			return false;
		if (__atomic_compare_exchange_n(
			    word, &w, (w & ~LINK_MASK) | LINKED, false,
			    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return true;
	}
	return !(__atomic_fetch_or(word, LINKED, __ATOMIC_SEQ_CST) & LINKED);
}

/* If n is the tail of the queue that it was in last, that queue is empty. */
static void old_queue_forget(struct domain *d, uint32_t n, struct port *p)
{
	struct vcpu *v;

	if (p->queue == QUEUE_NONE)
		return;
	v = d->vcpu[p->queue >> 4];
	if (v && v->events->tail[p->queue & 15] == n)
		v->events->tail[p->queue & 15] = 0;
}

static void queue_append(struct domain *d, struct vcpu *v, uint32_t n,
			 struct port *p, event_word_t *word)
{
	struct evtchn_vcpu *ev = v->events;
	unsigned int q = p->priority;
	event_word_t *last;

	if (!word_set_linked(word))
		return;
	/*
	 * n was not linked: wherever it is the tail, all before it is gone,
	 * too. Left there, it would get a link into a queue that is not its.
	 */
	old_queue_forget(d, n, p);
	p->queue = (uint16_t)(v->id << 4 | q);
	last = ev->tail[q] ? word_of(d->events->fifo, ev->tail[q]) : NULL;
	if (!last || !link_after(last, n))
		__atomic_store_n(&ev->control->head[q], n, __ATOMIC_RELEASE);
	ev->tail[q] = n;
	if (!(__atomic_fetch_or(&ev->control->ready, 1u << q,
				__ATOMIC_SEQ_CST) &
	      (1u << q)))
		event_upcall(v);
}

/* PENDING on. True: it was neither masked nor in a queue. */
static bool word_set_pending(event_word_t *word)
{
	return !(__atomic_fetch_or(word, PENDING, __ATOMIC_SEQ_CST) &
		 (MASKED | LINKED));
}

static enum event_marked mark_fifo(struct domain *d, uint32_t n)
{
	event_word_t *word = word_of(d->events->fifo, n);

	if (!word)
		return MARK_NOTHING;
	return word_set_pending(word) ? MARK_PENDING : MARK_DONE;
}

static void queue_port(struct domain *d, uint32_t n, struct port *p,
		       event_word_t *word)
{
	struct vcpu *v = d->vcpu[p->vcpu];

	/* Without a control block there is no queue: PENDING waits for it. */
	if (!v)
		return;
	if (!v->events->control) {
		v->events->missed = true;
		return;
	}
	queue_append(d, v, n, p, word);
}

static void tell_fifo(struct domain *d, uint32_t n, struct port *p)
{
	event_word_t *word = word_of(d->events->fifo, n);

	/* It may have been queued, and even taken, since it was marked. */
	if (__atomic_load_n(word, __ATOMIC_SEQ_CST) & PENDING)
		queue_port(d, n, p, word);
}

static void raise_fifo(struct domain *d, uint32_t n, struct port *p)
{
	event_word_t *word = word_of(d->events->fifo, n);

	/* fifo_expand_array() comes back to it. */
	if (!word)
		p->raised = 1;
	else if (word_set_pending(word))
		queue_port(d, n, p, word);
}

static void unmask_fifo(struct domain *d, uint32_t n, struct port *p)
{
	event_word_t *word = word_of(d->events->fifo, n);

	if (!word)
		return;
	if (__atomic_fetch_and(word, ~MASKED, __ATOMIC_SEQ_CST) & PENDING)
		raise_fifo(d, n, p);
}

static void clear_fifo(struct domain *d, uint32_t n, struct port *p)
{
	event_word_t *word = word_of(d->events->fifo, n);

	p->raised = 0;
	if (word)
		__atomic_fetch_and(word, ~PENDING, __ATOMIC_SEQ_CST);
}

static bool pending_fifo(struct domain *d, uint32_t n, const struct port *p)
{
	event_word_t *word = word_of(d->events->fifo, n);

	if (!word)
		return p->raised;
	return __atomic_load_n(word, __ATOMIC_SEQ_CST) & PENDING;
}

static bool masked_fifo(struct domain *d, uint32_t n)
{
	event_word_t *word = word_of(d->events->fifo, n);

	return !word || (__atomic_load_n(word, __ATOMIC_SEQ_CST) & MASKED);
}

static bool busy_fifo(struct domain *d, uint32_t n)
{
	event_word_t *word = word_of(d->events->fifo, n);

	return word && (__atomic_load_n(word, __ATOMIC_SEQ_CST) & LINKED);
}

const struct event_abi event_abi_fifo = {
	.name = "FIFO",
	.ports = EVTCHN_FIFO_NR_CHANNELS,
	.mark = mark_fifo,
	.tell = tell_fifo,
	.raise = raise_fifo,
	.unmask = unmask_fifo,
	.clear = clear_fifo,
	.pending = pending_fifo,
	.masked = masked_fifo,
	.busy = busy_fifo,
};

/*
 * Raises what could not be shown before, in the buckets [from, to): what waits
 * for its word, or (only != NULL) is pending for a vCPU that had no control
 * block. Who sends meanwhile waits for one bucket at most.
 */
static void raise_range(struct domain *d, unsigned int from, unsigned int to,
			const struct vcpu *only)
{
	struct evtchn_state *s = d->events;
	uint32_t n = from * BUCKET_PORTS;

	while (n < to * BUCKET_PORTS) {
		/* No bucket: none of its ports is used. */
		if (!port_find(s, n)) {
			n += BUCKET_PORTS;
			continue;
		}
		lock_acquire(&s->raise_lock);
		do {
			struct port *p = port_find_used(s, n);

			if (p && (only ? d->vcpu[p->vcpu] == only &&
						  pending_fifo(d, n, p)
				       : p->raised)) {
				p->raised = 0;
				raise_fifo(d, n, p);
			}
		} while (++n % BUCKET_PORTS);
		lock_release(&s->raise_lock);
	}
}

/* What is pending in the bitmaps waits for the array; 4096 ports. */
static void migrate_from_2l(struct domain *d)
{
	struct evtchn_state *s = d->events;
	uint32_t n;

	for (n = 1; n < EVTCHN_2L_NR_CHANNELS; n++) {
		struct port *p = port_find_used(s, n);

		if (!p) {
			if (!port_find(s, n))
				n = ALIGN_DOWN(n, BUCKET_PORTS) + BUCKET_PORTS -
				    1;
			continue;
		}
		p->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
		p->raised = event_abi_2l.pending(d, n, p);
		event_abi_2l.clear(d, n, p);
	}
}

int fifo_init_control(struct domain *d, struct vcpu *v, struct frame *f,
		      uint32_t offset)
{
	struct evtchn_state *s = d->events;
	struct evtchn_vcpu *ev = v->events;
	struct fifo *fifo = NULL;
	bool missed;

	if (offset % 8 ||
	    offset > PAGE_SIZE - sizeof(struct evtchn_fifo_control_block))
		return -EINVAL;
	if (ev->control || s->dying)
		return -EINVAL;
	if (!s->fifo) {
		fifo = hv_alloc(sizeof(*fifo));
		if (!fifo)
			return -ENOMEM;
	}
	lock_acquire(&s->raise_lock);
	ev->control_frame = f;
	ev->control = (void *)((char *)mfn_to_virt(frame_mfn(f)) + offset);
	if (fifo) {
		migrate_from_2l(d);
		s->fifo = fifo;
		__atomic_store_n(&s->abi, &event_abi_fifo, __ATOMIC_RELEASE);
	}
	missed = ev->missed;
	ev->missed = false;
	lock_release(&s->raise_lock);
	if (missed)
		raise_range(d, 0, s->fifo->pages * BUCKETS_PER_PAGE, v);
	return 0;
}

int fifo_expand_array(struct domain *d, struct frame *f)
{
	struct evtchn_state *s = d->events;
	unsigned int page;

	if (!s->fifo)
		return -ENOSYS;
	if (s->fifo->pages == FIFO_PAGES)
		return -ENOSPC;
	lock_acquire(&s->raise_lock);
	page = s->fifo->pages;
	s->fifo->page[page] = f;
	__atomic_store_n(&s->fifo->pages, page + 1, __ATOMIC_RELEASE);
	lock_release(&s->raise_lock);
	raise_range(d, page * BUCKETS_PER_PAGE, (page + 1) * BUCKETS_PER_PAGE,
		    NULL);
	return 0;
}

int fifo_set_priority(struct domain *d, uint32_t n, uint32_t priority)
{
	struct evtchn_state *s = d->events;
	struct port *p = port_find_used(s, n);

	if (!s->fifo)
		return -ENOSYS;
	if (!p || priority > EVTCHN_FIFO_PRIORITY_MIN)
		return -EINVAL;
	/* If it is linked now it is taken once more from its old queue. */
	lock_acquire(&s->raise_lock);
	p->priority = priority;
	lock_release(&s->raise_lock);
	return 0;
}

static void queues_forget(struct evtchn_state *s)
{
	unsigned int b, i;

	for (b = 0; b < BUCKETS; b++) {
		uint32_t n = b * BUCKET_PORTS;
		struct port *p = port_find(s, n);

		for (i = 0; p && i < BUCKET_PORTS; i++)
			p[i].queue = QUEUE_NONE;
	}
}

void fifo_destroy(struct domain *d)
{
	struct evtchn_state *s = d->events;
	struct fifo *fifo = s->fifo;
	unsigned int i, q;

	if (!fifo)
		return;
	/* Nobody raises a port of d's now: none is in use. */
	queues_forget(s);
	lock_acquire(&s->raise_lock);
	__atomic_store_n(&s->abi, &event_abi_2l, __ATOMIC_RELEASE);
	s->fifo = NULL;
	lock_release(&s->raise_lock);
	for (i = 0; i < fifo->pages; i++)
		frame_put_writable(fifo->page[i]);
	for (i = 0; i < MAX_VCPUS; i++) {
		struct evtchn_vcpu *ev = d->vcpu[i] ? d->vcpu[i]->events : NULL;

		if (!ev || !ev->control)
			continue;
		frame_put_writable(ev->control_frame);
		ev->control_frame = NULL;
		ev->control = NULL;
		ev->missed = false;
		for (q = 0; q < EVTCHN_FIFO_MAX_QUEUES; q++)
			ev->tail[q] = 0;
	}
	hv_free(fifo, sizeof(*fifo));
}
