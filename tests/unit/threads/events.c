/* SPDX-License-Identifier: MIT */
/*
 * Events in the hands of four CPUs. Two domains of two vCPUs, each vCPU a
 * thread that is guest and hypervisor in turn: as the guest it takes events,
 * masks and unmasks as Linux does, for both ABIs; as the hypervisor it sends,
 * binds, closes, moves ports to other vCPUs and priorities. In the middle of
 * it the domains change from bitmaps to queues, and a third domain that is
 * connected to them is destroyed and made again.
 *
 * Some ports are never closed. Whoever sends to one counts it first; who takes
 * it notes how many had been counted. When all have stopped and everything is
 * unmasked and taken, the last must have been seen: else it was lost.
 *
 * Then the vCPUs hand turns to each other by SCHEDOP_poll and events that are
 * masked, as paravirtual spin locks do. That nobody wakes up any more is seen
 * by all of them waiting.
 *
 * At last one domain spoils its own queues all the time. That costs the other
 * nothing, and keeps nobody for ever.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "event/state.h"
#include "fake/world.h"
#include "hypervisor/event/event_fixture.h"
#include "mm/alloc.h"
#include "public/sched.h"
#include "sched/sched.h"
#include "threads.h"

enum { SIDES = 2, VCPUS = 2, CHANNELS = 10, CHURN = 12, PORTS = 1024 };
enum { ROUNDS = 10, STEPS = 6000, TURNS = 3000 };

/* And the numbers after it: an old one may be held for a moment. */
#define WORLD_THREE 0x123

#define PENDING	  (1u << EVTCHN_FIFO_PENDING)
#define MASKED	  (1u << EVTCHN_FIFO_MASKED)
#define LINKED	  (1u << EVTCHN_FIFO_LINKED)
#define BUSY	  (1u << EVTCHN_FIFO_BUSY)
#define LINK_MASK ((uint32_t)EVTCHN_FIFO_LINK_MASK)

/* One end of a channel, by port. */
struct end {
	uint64_t sent, seen;
};

struct side {
	struct domain *d;
	bool spoilt; /* it writes nonsense into its queues, and takes nothing */
	struct end end[PORTS];
	uint32_t channel[CHANNELS];	   /* to the other side */
	uint32_t own[VCPUS], debug[VCPUS]; /* IPI and VIRQ */
	uint32_t churn[CHURN];		   /* come and go */
	mfn_t page[1 + VCPUS];		   /* array, control blocks */
	event_word_t *words;		   /* atomic; NULL: two-level */
	struct evtchn_fifo_control_block *control[VCPUS]; /* atomic */
	uint32_t head[VCPUS][EVTCHN_FIFO_MAX_QUEUES];	  /* the vCPU's own */
};

static struct side sides[SIDES];
/* How many of each kind were taken, so that none is idle talk. */
static unsigned long taken_2l, taken_fifo, bound, closed, killed;

#define GET(p)	   __atomic_load_n(p, __ATOMIC_SEQ_CST)
#define SET(p, x)  __atomic_store_n(p, x, __ATOMIC_SEQ_CST)
#define OR(p, x)   __atomic_fetch_or(p, x, __ATOMIC_SEQ_CST)
#define AND(p, x)  __atomic_fetch_and(p, x, __ATOMIC_SEQ_CST)
#define INC(p)	   __atomic_fetch_add(p, 1, __ATOMIC_SEQ_CST)
#define SWAP(p, x) __atomic_exchange_n(p, x, __ATOMIC_SEQ_CST)

/* ---- the guest ---- */

/* The pending bit is off; what is handled now was sent before this. */
static void handle(struct side *s, uint32_t port)
{
	struct end *e = &s->end[port % PORTS];
	uint64_t now = GET(&e->sent), seen = GET(&e->seen);

	while (seen < now &&
	       !__atomic_compare_exchange_n(&e->seen, &seen, now, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

static void take_2l(struct side *s, struct vcpu *v)
{
	struct shared_info *sh = s->d->shared;
	uint64_t sel = SWAP(&v->info->evtchn_pending_sel, 0);

	for (; sel; sel &= sel - 1) {
		unsigned int w = (unsigned int)__builtin_ctzll(sel);
		uint64_t bits =
			GET(&sh->evtchn_pending[w]) & ~GET(&sh->evtchn_mask[w]);

		for (; bits; bits &= bits - 1) {
			AND(&sh->evtchn_pending[w], ~(bits & -bits));
			handle(s, w * 64 + (uint32_t)__builtin_ctzll(bits));
			INC(&taken_2l);
		}
	}
}

/* LINKED goes, and with it the link, which is returned. */
static uint32_t word_unlink(event_word_t *word)
{
	event_word_t w = GET(word);

	while (!__atomic_compare_exchange_n(word, &w, w & ~(LINKED | LINK_MASK),
					    false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST))
		;
	return w & LINK_MASK;
}

static void take_one(struct side *s, unsigned int id, unsigned int q,
		     uint32_t *ready)
{
	uint32_t port = s->head[id][q], link;
	event_word_t *word, w;

	if (!port)
		port = GET(&s->control[id]->head[q]);
	word = &GET(&s->words)[port];
	link = word_unlink(word);
	if (!link)
		*ready &= ~(1u << q);
	w = GET(word);
	if ((w & PENDING) && !(w & MASKED)) {
		AND(word, ~PENDING);
		handle(s, port);
		INC(&taken_fifo);
	}
	s->head[id][q] = link;
}

static void take_fifo(struct side *s, unsigned int id)
{
	uint32_t *at = &s->control[id]->ready;
	uint32_t ready = SWAP(at, 0);

	while (ready) {
		take_one(s, id, (unsigned int)__builtin_ctz(ready), &ready);
		ready |= SWAP(at, 0);
	}
}

/* What the upcall does. False: there is none. */
static bool events_take(struct side *s, unsigned int id)
{
	struct vcpu *v = s->d->vcpu[id];

	if (!SWAP(&v->info->evtchn_upcall_pending, 0))
		return false;
	/* Both: it may be changing from the one to the other. */
	take_2l(s, v);
	if (GET(&s->control[id]))
		take_fifo(s, id);
	return true;
}

static void mask(struct side *s, uint32_t port)
{
	event_word_t *words = GET(&s->words);

	if (words)
		OR(&words[port], MASKED);
	else
		OR(&s->d->shared->evtchn_mask[port / 64], 1ull << port % 64);
}

/* False: pending, so that the hypervisor has to do it. */
static bool unmask_word(event_word_t *word)
{
	event_word_t w = GET(word), old;

	do {
		if (!(w & MASKED))
			return true;
		if (w & PENDING)
			return false;
		old = w = w & ~BUSY;
	} while (!__atomic_compare_exchange_n(word, &w, old & ~MASKED, false,
					      __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
	return true;
}

static void unmask(struct side *s, struct vcpu *v, uint32_t port)
{
	event_word_t *words = GET(&s->words);

	/* BUSY that is nonsense never goes. */
	if (words && !s->spoilt && unmask_word(&words[port]))
		return;
	if (ev_unmask(v, port))
		wrong("port %u cannot be unmasked", port);
}

/* The change to queues, one vCPU's part. */
static void queues_begin(struct side *s, unsigned int id)
{
	struct vcpu *v = s->d->vcpu[id];
	mfn_t m = s->page[1 + id];

	/* What is in there is looked at from now on. */
	SET(&s->words, mfn_to_virt(s->page[0]));
	SET(&s->control[id], mfn_to_virt(m));
	if (ev_init_control(v, id, m, 0) < 0)
		wrong("vCPU %u gets no control block", id);
	if (!id && ev_expand_array(v, s->page[0]))
		wrong("no array");
}

/* ---- what it asks for ---- */

static uint32_t port_must(long rc)
{
	if (rc <= 0 || rc >= PORTS)
		wrong("no port: %ld", rc);
	return (uint32_t)rc;
}

/* One of those that stay. */
static uint32_t port_any(const struct side *s)
{
	unsigned int i = chance(CHANNELS + 2 * VCPUS);

	if (i < CHANNELS)
		return s->channel[i];
	i -= CHANNELS;
	return i < VCPUS ? s->own[i] : s->debug[i - VCPUS];
}

static void send_channel(struct side *s, struct side *other, struct vcpu *v)
{
	unsigned int i = chance(CHANNELS);

	INC(&other->end[other->channel[i]].sent);
	if (ev_send(v, s->channel[i]))
		wrong("channel %u does not take events", i);
}

static void send_own(struct side *s, struct vcpu *v)
{
	unsigned int i = chance(VCPUS);

	if (chance(2)) {
		INC(&s->end[s->own[i]].sent);
		if (ev_send(v, s->own[i]))
			wrong("no IPI to vCPU %u", i);
	} else {
		INC(&s->end[s->debug[i]].sent);
		event_send_vcpu_virq(s->d->vcpu[i], VIRQ_DEBUG);
	}
}

/* Ports that others close, bind and use at the same time: all may fail. */
static void churn(struct side *s, struct side *other, struct vcpu *v)
{
	unsigned int i = chance(CHURN);
	uint32_t port = GET(&s->churn[i]);
	long rc;

	switch (chance(6)) {
	case 0:
		if (port)
			(void)ev_close(v, port);
		rc = ev_alloc_unbound(v, DOMID_SELF, other->d->id);
		if (rc > 0)
			SET(&s->churn[i], (uint32_t)rc);
		break;
	case 1:
	case 2:
		if (port)
			(void)ev_close(v, port);
		rc = ev_bind_interdomain(v, other->d->id,
					 GET(&other->churn[i]));
		if (rc > 0) {
			INC(&bound);
			SET(&s->churn[i], (uint32_t)rc);
		}
		break;
	case 3:
		if (port && !ev_close(v, port))
			INC(&closed);
		break;
	case 4:
		if (port)
			(void)ev_bind_vcpu(v, port, chance(VCPUS));
		break;
	default:
		if (port)
			(void)ev_send(v, port);
		break;
	}
}

/* A third domain, connected to both, is sent to while it ends. */
static void third_domain(struct side *s, struct side *other, struct vcpu *v)
{
	struct domain *d =
		world_domain((domid_t)(WORLD_THREE + killed % 16), 1, NULL);
	long far[2], near[2];
	unsigned int i;

	far[0] = ev_alloc_unbound(d->vcpu[0], DOMID_SELF, s->d->id);
	far[1] = ev_alloc_unbound(d->vcpu[0], DOMID_SELF, other->d->id);
	near[0] = ev_bind_interdomain(v, d->id, port_must(far[0]));
	near[1] = ev_bind_interdomain(other->d->vcpu[0], d->id,
				      port_must(far[1]));
	/* Others send by it, and may close it or take it for theirs. */
	SET(&s->churn[0], port_must(near[0]));
	SET(&other->churn[0], port_must(near[1]));
	for (i = 0; i < 5; i++)
		(void)ev_send(d->vcpu[0], (uint32_t)far[i & 1]);
	world_end(d);
	(void)ev_close(v, (uint32_t)near[0]);
	INC(&killed);
}

static void step(struct side *s, unsigned int id)
{
	struct side *other = s == &sides[0] ? &sides[1] : &sides[0];
	struct vcpu *v = s->d->vcpu[id];

	switch (chance(16)) {
	case 0:
		mask(s, port_any(s));
		break;
	case 1:
	case 2:
		unmask(s, v, port_any(s));
		break;
	case 3:
		if (ev_bind_vcpu(v, s->channel[chance(CHANNELS)],
				 chance(VCPUS)))
			wrong("a port cannot be moved");
		break;
	case 4:
		/* -ENOSYS before there are queues. */
		(void)ev_set_priority(v, port_any(s), chance(16));
		break;
	case 5:
	case 6:
	case 7:
		churn(s, other, v);
		break;
	case 8:
		if (event_port_pending(s->d, port_any(s)) < 0)
			wrong("an open port is not there");
		break;
	case 9:
		send_own(s, v);
		break;
	default:
		send_channel(s, other, v);
		break;
	}
	if (!s->spoilt)
		(void)events_take(s, id);
}

static void hammer(unsigned int self)
{
	struct side *s = &sides[self / VCPUS];
	unsigned int id = self % VCPUS, i;

	for (i = 0; i < STEPS; i++) {
		/* vCPU 1 comes later: what is for it has to wait. */
		if (i == STEPS / 3 + id * STEPS / 8)
			queues_begin(s, id);
		if (self == 0 && chance(STEPS / 12) == 0)
			third_domain(s, &sides[1], s->d->vcpu[0]);
		step(s, id);
	}
}

/* ---- the checks ---- */

static void drain(void)
{
	bool more = true;
	unsigned int i, id;

	while (more) {
		more = false;
		for (i = 0; i < SIDES; i++)
			for (id = 0; id < VCPUS && !sides[i].spoilt; id++)
				more |= events_take(&sides[i], id);
	}
}

static void check_port(const struct side *s, const char *kind, unsigned int i,
		       uint32_t port)
{
	const struct end *e = &s->end[port];

	if (e->sent != e->seen)
		wrong("%s %u of domain %#x: %llu sent, %llu seen, word %#x",
		      kind, i, s->d->id, (unsigned long long)e->sent,
		      (unsigned long long)e->seen, s->words[port]);
	if (s->words[port] & (LINKED | PENDING | BUSY))
		wrong("%s %u: word %#x", kind, i, s->words[port]);
}

/* All have stopped. */
static void check_quiet(void)
{
	unsigned int i, k;

	for (i = 0; i < SIDES; i++) {
		struct side *s = &sides[i];
		struct vcpu *v = s->d->vcpu[0];

		if (s->spoilt)
			continue;
		for (k = 0; k < CHANNELS; k++)
			unmask(s, v, s->channel[k]);
		for (k = 0; k < VCPUS; k++) {
			unmask(s, v, s->own[k]);
			unmask(s, v, s->debug[k]);
		}
	}
	drain();
	for (i = 0; i < SIDES; i++) {
		if (sides[i].spoilt)
			continue;
		for (k = 0; k < CHANNELS; k++)
			check_port(&sides[i], "channel", k,
				   sides[i].channel[k]);
		for (k = 0; k < VCPUS; k++) {
			check_port(&sides[i], "IPI", k, sides[i].own[k]);
			check_port(&sides[i], "VIRQ", k, sides[i].debug[k]);
		}
	}
}

static void world_begin(void)
{
	static const domid_t ids[SIDES] = {WORLD_ONE, WORLD_TWO};
	unsigned int i, k;

	memset(sides, 0, sizeof(sides));
	for (i = 0; i < SIDES; i++) {
		struct side *s = &sides[i];

		s->d = world_domain(ids[i], VCPUS, NULL);
		for (k = 0; k < ARRAY_SIZE(s->page); k++)
			s->page[k] = world_page(s->d);
		for (k = 0; k < VCPUS; k++) {
			struct vcpu *v = s->d->vcpu[k];

			v->info->evtchn_upcall_mask = 0;
			s->own[k] = port_must(ev_bind_ipi(v, k));
			s->debug[k] = port_must(ev_bind_virq(v, VIRQ_DEBUG, k));
			cpu_take(i * VCPUS + k, v);
		}
	}
	for (k = 0; k < CHANNELS; k++)
		sides[0].channel[k] = ev_connect(sides[0].d, sides[1].d,
						 &sides[1].channel[k]);
}

static void world_over(void)
{
	unsigned int i, k;

	for (i = 0; i < SIDES; i++) {
		for (k = 0; k < VCPUS; k++)
			cpu_leave(sides[i].d->vcpu[k]);
		world_end(sides[i].d);
	}
}

/* ---- turns, by poll ---- */

static unsigned int turn[SIDES];

static void port_clear(struct side *s, uint32_t port)
{
	AND(&s->words[port], ~PENDING);
}

/* Sleeps until an event comes to the port, or for no reason. */
static void poll(struct vcpu *v, uint32_t port)
{
	struct sched_poll op = {.ports = (uintptr_t)&port, .nr_ports = 1};
	uint64_t args[6] = {SCHEDOP_poll, (uintptr_t)&op};

	/* Now and then with a time that never comes. */
	if (chance(4) == 0)
		op.timeout = ~0ull >> 1;
	/* The other one's turn may come to an end here. */
	if (chance(8) == 0)
		sched_yield();
	if (hypercall_sched_op(v, args))
		wrong("poll is refused");
	cpu_return(v);
}

static void take_turns(unsigned int self)
{
	unsigned int id = self % VCPUS, i;
	struct side *s = &sides[self / VCPUS];
	unsigned int *now = &turn[self / VCPUS];
	struct vcpu *v = s->d->vcpu[id];

	for (i = 0; i < TURNS; i++) {
		while (GET(now) != id) {
			port_clear(s, s->own[id]);
			if (GET(now) != id)
				poll(v, s->own[id]);
		}
		/* Kicks that nobody needs must not use up one that is. */
		if (chance(3) == 0)
			(void)ev_send(v, s->own[!id]);
		SET(now, !id);
		if (ev_send(v, s->own[!id]))
			wrong("no kick");
	}
}

static void polls_check(void)
{
	unsigned int i, k;

	for (i = 0; i < SIDES; i++) {
		turn[i] = 0;
		for (k = 0; k < VCPUS; k++)
			mask(&sides[i], sides[i].own[k]);
	}
	threads_run(take_turns);
}

/* ---- a guest that spoils its queues ---- */

static uint32_t nonsense(void)
{
	/* Often flags or links that could be right. */
	uint32_t flags = chance(16) << 28;

	return chance(2) ? flags | chance(PORTS) : flags | chance(1u << 28);
}

static void spoil(unsigned int self)
{
	struct side *s = &sides[self / VCPUS];
	unsigned int id = self % VCPUS, i;

	for (i = 0; i < STEPS / 4; i++) {
		struct evtchn_fifo_control_block *c = s->control[chance(VCPUS)];

		if (!s->spoilt || id == 0) {
			step(s, id);
			continue;
		}
		SET(&s->words[chance(64)], nonsense());
		SET(&c->head[chance(EVTCHN_FIFO_MAX_QUEUES)], nonsense());
		SET(&c->ready, nonsense());
	}
}

static void spoil_check(void)
{
	sides[SIDES - 1].spoilt = true;
	threads_run(spoil);
	check_quiet();
}

int main(int argc, char **argv)
{
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 0) : 1, round;
	uint64_t pages = 0;

	threads_init();
	for (round = 0; round < ROUNDS; round++) {
		chance_seed(first + round);
		world_begin();
		threads_run(hammer);
		check_quiet();
		polls_check();
		spoil_check();
		world_over();
		/* The first fills the caches. */
		if (!round)
			pages = page_free_count();
		else if (page_free_count() != pages)
			wrong("%llu pages were free, %llu are",
			      (unsigned long long)pages,
			      (unsigned long long)page_free_count());
	}
	if (!taken_2l || !taken_fifo || !bound || !closed || !killed)
		wrong("not all kinds of steps were taken");
	printf("events: %u threads, %u steps each, none lost (%lu taken from "
	       "bitmaps, %lu from queues, %lu bound, %lu closed, %lu domains "
	       "ended, %u turns by poll)\n",
	       THREADS, ROUNDS * STEPS, taken_2l, taken_fifo, bound, closed,
	       killed, ROUNDS * TURNS * THREADS);
	return 0;
}
