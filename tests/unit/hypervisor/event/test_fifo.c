/* SPDX-License-Identifier: MIT */
/*
 * The FIFO ABI: set-up, order, priorities, moving ports, a guest that spoils
 * its words, and a model in which no event may be lost.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <pthread.h>
#include <stdlib.h>
#include "event_fixture.h"
#include "mm/alloc.h"
#include "pv/mmu.h"

#define PENDING (1u << EVTCHN_FIFO_PENDING)
#define MASKED	(1u << EVTCHN_FIFO_MASKED)
#define LINKED	(1u << EVTCHN_FIFO_LINKED)
#define BUSY	(1u << EVTCHN_FIFO_BUSY)
#define WORDS	1024

static struct domain *one, *two;
static struct vcpu *v1, *v2;
static mfn_t control_page, array_page[4];
static struct evtchn_fifo_control_block *control[2];
static unsigned int pages;

static void setup(void)
{
	world_init();
	one = world_domain(WORLD_ONE, 2, NULL);
	two = world_domain(WORLD_TWO, 1, NULL);
	v1 = one->vcpu[0];
	v2 = two->vcpu[0];
	control_page = world_page(one);
	control[0] = mfn_to_virt(control_page);
	control[1] = (void *)((char *)mfn_to_virt(control_page) + 2048);
	pages = 0;
}

TestSuite(event_fifo, .init = setup);

static uint32_t *word(uint32_t port)
{
	uint32_t *page = mfn_to_virt(array_page[port / WORDS]);

	return &page[port % WORDS];
}

static void expand(void)
{
	uint32_t *w, i;

	array_page[pages] = world_page(one);
	w = mfn_to_virt(array_page[pages]);
	for (i = 0; i < WORDS; i++)
		w[i] = MASKED;
	cr_assert_eq(ev_expand_array(v1, array_page[pages]), 0);
	pages++;
}

/* Both control blocks, one page of words. */
static void fifo_on(void)
{
	cr_assert_eq(ev_init_control(v1, 0, control_page, 0), 17);
	cr_assert_eq(ev_init_control(v1, 1, control_page, 2048), 17);
	expand();
}

static long ipi(uint32_t vcpu)
{
	long port = ev_bind_ipi(v1, vcpu);

	cr_assert_gt(port, 0);
	*word(port) &= ~MASKED;
	return port;
}

/* The guest's own heads, as a kernel keeps them. */
static uint32_t head[2][EVTCHN_FIFO_MAX_QUEUES], ready[2];

/* Takes the next port of vCPU v: 0: none. At most one queue step. */
static uint32_t take(unsigned int v)
{
	uint32_t port, w;
	unsigned int q;

	ready[v] |=
		__atomic_exchange_n(&control[v]->ready, 0, __ATOMIC_SEQ_CST);
	if (!ready[v])
		return 0;
	q = __builtin_ctz(ready[v]);
	if (!head[v][q])
		head[v][q] = control[v]->head[q];
	port = head[v][q];
	w = *word(port);
	*word(port) = w & ~(LINKED | EVTCHN_FIFO_LINK_MASK);
	head[v][q] = w & EVTCHN_FIFO_LINK_MASK;
	if (!head[v][q])
		ready[v] &= ~(1u << q);
	if ((w & PENDING) && !(w & MASKED)) {
		*word(port) &= ~PENDING;
		return port;
	}
	/* Nothing to do for it: go on with the next. */
	return take(v);
}

/* The upcall: all there is. Returns how many; they are in order[]. */
static unsigned int drain(unsigned int v, uint32_t *order, unsigned int most)
{
	struct vcpu_info *info = one->vcpu[v]->info;
	unsigned int count = 0;
	uint32_t port;

	if (!info->evtchn_upcall_pending)
		return 0;
	info->evtchn_upcall_pending = 0;
	while ((port = take(v)) != 0) {
		cr_assert_lt(count, most, "the queue does not end");
		if (order)
			order[count] = port;
		count++;
	}
	return count;
}

Test(event_fifo, before_init_control_there_is_no_array)
{
	cr_assert_eq(ev_expand_array(v1, world_page(one)), -ENOSYS);
	cr_assert_eq(world_types(control_page), 0);
}

struct place {
	uint32_t offset;
	long rc;
};

static struct place places[] = {
	{0, 17},
	{8, 17},
	{4096 - 72, 17},
	{4096 - 64, -EINVAL},
	{4, -EINVAL},
	{4096, -EINVAL},
	{0xfffffff8, -EINVAL},
	{0xffffffff, -EINVAL},
};

ParameterizedTestParameters(event_fifo, control_block_placement)
{
	return cr_make_param_array(struct place, places, ARRAY_SIZE(places));
}

ParameterizedTest(struct place *p, event_fifo, control_block_placement)
{
	uint32_t refs = p->rc == 17 ? 1 : 0;

	cr_assert_eq(ev_init_control(v1, 0, control_page, p->offset), p->rc);
	cr_assert_eq(world_refs(control_page), refs);
	cr_assert_eq(world_types(control_page), refs);
}

Test(event_fifo, a_second_control_block_for_a_vcpu_is_refused)
{
	cr_assert_eq(ev_init_control(v1, 0, control_page, 0), 17);
	cr_assert_eq(ev_init_control(v1, 0, control_page, 0), -EINVAL);
	cr_assert_eq(world_refs(control_page), 1);
	cr_assert_eq(ev_init_control(v1, 1, control_page, 0), 17);
}

Test(event_fifo, pages_must_be_the_guests_own_and_writable)
{
	struct frame *f;
	mfn_t table = world_page(one);

	cr_assert_eq(ev_init_control(v1, 0, world_page(two), 0), -EINVAL);
	cr_assert_eq(ev_init_control(v1, 0, mfn(1), 0), -EINVAL);
	cr_assert_eq(ev_init_control(v1, 0, mfn(~0ull), 0), -EINVAL);
	cr_assert_eq(frame_get_type(table, one, FRAME_L1, &f), 0);
	cr_assert_eq(ev_init_control(v1, 0, table, 0), -EINVAL);
	cr_assert_eq(ev_init_control(v1, 0, control_page, 0), 17);
	cr_assert_eq(ev_expand_array(v1, table), -EINVAL);
	cr_assert_eq(ev_expand_array(v1, world_page(two)), -EINVAL);
	cr_assert_eq(frame_put_type(f), 0);
	/* While we write there, it cannot become a page table. */
	cr_assert_eq(frame_get_type(control_page, one, FRAME_L1, &f), -EINVAL);
}

Test(event_fifo, an_event_is_linked_and_told)
{
	long port;

	fifo_on();
	port = ipi(1);
	cr_assert_eq(ev_send(v1, port), 0);
	cr_assert_eq(*word(port), PENDING | LINKED);
	cr_assert_eq(control[1]->head[7], port);
	cr_assert_eq(control[1]->ready, 1u << 7);
	cr_assert_eq(one->vcpu[1]->info->evtchn_upcall_pending, 1);
	cr_assert_eq(v1->info->evtchn_upcall_pending, 0);
}

Test(event_fifo, events_come_in_order_and_the_urgent_first)
{
	long p[6];
	uint32_t order[8];
	unsigned int i;

	fifo_on();
	for (i = 0; i < 6; i++)
		p[i] = ipi(0);
	cr_assert_eq(ev_set_priority(v1, p[4], 0), 0);
	cr_assert_eq(ev_set_priority(v1, p[1], 15), 0);
	cr_assert_eq(ev_set_priority(v1, p[1], 16), -EINVAL);
	cr_assert_eq(ev_set_priority(v1, p[1], 0xffffffff), -EINVAL);
	for (i = 0; i < 6; i++)
		cr_assert_eq(ev_send(v1, p[i]), 0);
	cr_assert_eq(ev_send(v1, p[0]), 0);
	cr_assert_eq(drain(0, order, 8), 6);
	cr_assert_eq(order[0], p[4]);
	cr_assert_eq(order[1], p[0]);
	cr_assert_eq(order[2], p[2]);
	cr_assert_eq(order[3], p[3]);
	cr_assert_eq(order[4], p[5]);
	cr_assert_eq(order[5], p[1]);
	cr_assert_eq(drain(0, order, 8), 0);
}

Test(event_fifo, a_masked_event_is_linked_by_unmask)
{
	long port;

	fifo_on();
	port = ipi(0);
	*word(port) |= MASKED;
	cr_assert_eq(ev_send(v1, port), 0);
	cr_assert_eq(*word(port), PENDING | MASKED);
	cr_assert_eq(v1->info->evtchn_upcall_pending, 0);
	cr_assert_eq(event_port_pending(one, port), 1);
	cr_assert_eq(ev_unmask(v1, port), 0);
	cr_assert_eq(*word(port), PENDING | LINKED);
	cr_assert_eq(drain(0, NULL, 1), 1);
}

Test(event_fifo, the_tail_taken_and_raised_again_starts_a_new_queue)
{
	uint32_t order[4];
	long a, b;

	fifo_on();
	a = ipi(0);
	b = ipi(0);
	ev_send(v1, a);
	cr_assert_eq(drain(0, order, 4), 1);
	ev_send(v1, a);
	cr_assert_eq(*word(a), PENDING | LINKED, "linked to itself?");
	cr_assert_eq(control[0]->head[7], a);
	ev_send(v1, b);
	cr_assert_eq(*word(a), PENDING | LINKED | b);
	cr_assert_eq(drain(0, order, 4), 2);
	cr_assert_eq(order[0], a);
	cr_assert_eq(order[1], b);
}

Test(event_fifo, a_port_that_moved_does_not_chain_two_queues)
{
	long a, b, c;
	uint32_t order[4];

	fifo_on();
	a = ipi(0);
	b = ipi(0);
	c = ipi(0);
	ev_send(v1, a);
	cr_assert_eq(drain(0, order, 4), 1);
	/* a is still vCPU 0's tail at priority 7; now it is linked at 3. */
	cr_assert_eq(ev_set_priority(v1, a, 3), 0);
	ev_send(v1, a);
	ev_send(v1, b);
	cr_assert_eq(*word(a), PENDING | LINKED);
	cr_assert_eq(control[0]->head[7], b);
	ev_send(v1, c);
	cr_assert_eq(drain(0, order, 4), 3);
	cr_assert_eq(order[0], a);
	cr_assert_eq(order[1], b);
	cr_assert_eq(order[2], c);
}

Test(event_fifo, what_was_pending_before_the_switch_comes_with_the_array)
{
	long a = ev_bind_ipi(v1, 0), b = ev_bind_ipi(v1, 1);
	uint32_t *w, i;

	cr_assert_eq(ev_send(v1, b), 0);
	cr_assert_eq(ev_take_2l(one->vcpu[1], NULL), 1);
	cr_assert_eq(ev_send(v1, a), 0);
	v1->info->evtchn_upcall_pending = 0;
	cr_assert_eq(ev_init_control(v1, 0, control_page, 0), 17);
	cr_assert_eq(ev_init_control(v1, 1, control_page, 2048), 17);
	cr_assert_eq(event_port_pending(one, a), 1);
	cr_assert_eq(event_port_pending(one, b), 0);
	cr_assert_eq(one->shared->evtchn_pending[0], 0);
	array_page[0] = world_page(one);
	w = mfn_to_virt(array_page[0]);
	for (i = 0; i < WORDS; i++)
		w[i] = 0;
	cr_assert_eq(ev_expand_array(v1, array_page[0]), 0);
	cr_assert_eq(drain(0, &i, 1), 1);
	cr_assert_eq(i, a);
	cr_assert_eq(drain(1, NULL, 1), 0);
}

Test(event_fifo, an_event_for_a_vcpu_without_a_block_waits_for_it)
{
	uint32_t order[2];
	long a, b;

	cr_assert_eq(ev_init_control(v1, 0, control_page, 0), 17);
	expand();
	a = ipi(1);
	b = ipi(1);
	cr_assert_eq(ev_send(v1, a), 0);
	cr_assert_eq(*word(a), PENDING);
	cr_assert_eq(one->vcpu[1]->info->evtchn_upcall_pending, 0);
	cr_assert_eq(ev_init_control(v1, 1, control_page, 2048), 17);
	cr_assert_eq(ev_send(v1, b), 0);
	cr_assert_eq(drain(1, order, 2), 2);
	cr_assert_eq(order[0], a);
	cr_assert_eq(order[1], b);
}

Test(event_fifo, ports_beyond_the_array_wait_for_its_next_page)
{
	long i, port = 0;
	uint32_t order;

	fifo_on();
	for (i = 1; i < 1500; i++)
		port = ev_bind_ipi(v1, 0);
	cr_assert_eq(port, 1499);
	cr_assert_eq(ev_send(v1, 1499), 0);
	cr_assert_eq(ev_unmask(v1, 1499), 0);
	cr_assert_eq(event_port_pending(one, 1499), 1);
	cr_assert_eq(v1->info->evtchn_upcall_pending, 0);
	expand();
	cr_assert_eq(*word(1499), PENDING | MASKED);
	cr_assert_eq(ev_unmask(v1, 1499), 0);
	cr_assert_eq(drain(0, &order, 1), 1);
	cr_assert_eq(order, 1499);
}

Test(event_fifo, the_array_has_128_pages)
{
	mfn_t m = world_page(one);
	unsigned int i;

	cr_assert_eq(ev_init_control(v1, 0, control_page, 0), 17);
	for (i = 0; i < 128; i++)
		cr_assert_eq(ev_expand_array(v1, m), 0);
	cr_assert_eq(ev_expand_array(v1, m), -ENOSPC);
	cr_assert_eq(world_refs(m), 128);
	cr_assert_eq(ev_reset(v1, DOMID_SELF), 0);
	cr_assert_eq(world_refs(m), 0);
}

Test(event_fifo, reset_goes_back_to_two_levels_and_lets_the_pages_go)
{
	long port;

	fifo_on();
	port = ipi(0);
	cr_assert_eq(ev_send(v1, port), 0);
	cr_assert_eq(ev_reset(v1, DOMID_SELF), 0);
	cr_assert_eq(world_refs(control_page), 0);
	cr_assert_eq(world_refs(array_page[0]), 0);
	cr_assert_eq(*word(port) & PENDING, 0);
	v1->info->evtchn_upcall_pending = 0;
	port = ev_bind_ipi(v1, 0);
	cr_assert_eq(ev_send(v1, port), 0);
	cr_assert(ev_pending(one, port));
	memset(head, 0, sizeof(head));
	memset(ready, 0, sizeof(ready));
	memset(mfn_to_virt(control_page), 0, 4096);
	pages = 0;
	fifo_on();
	cr_assert_eq(ev_unmask(v1, port), 0);
	cr_assert_eq(drain(0, NULL, 1), 1);
}

Test(event_fifo, high_numbers_of_a_former_fifo_are_out_of_range)
{
	long i;

	fifo_on();
	for (i = 1; i < 5000; i++)
		cr_assert_eq(ev_bind_ipi(v1, 0), i);
	cr_assert_eq(ev_status(v1, DOMID_SELF, 4999, NULL), EVTCHNSTAT_ipi);
	cr_assert_eq(ev_reset(v1, DOMID_SELF), 0);
	cr_assert_eq(ev_unmask(v1, 4999), -EINVAL);
	cr_assert_eq(ev_unmask(v1, 4096), -EINVAL);
	cr_assert_eq(event_port_pending(one, 4999), -EINVAL);
	cr_assert_eq(ev_status(v1, DOMID_SELF, 4999, NULL), -EINVAL);
}

Test(event_fifo, a_port_that_is_still_queued_is_not_given_out_again)
{
	long a, b;

	fifo_on();
	a = ipi(0);
	cr_assert_eq(ev_send(v1, a), 0);
	cr_assert_eq(ev_close(v1, a), 0);
	cr_assert_eq(*word(a), LINKED);
	b = ipi(0);
	cr_assert_neq(a, b);
	cr_assert_eq(drain(0, NULL, 1), 0);
	cr_assert_eq(ev_bind_ipi(v1, 0), a);
}

Test(event_fifo, a_guest_that_links_all_words_gets_no_ports)
{
	uint32_t i;

	fifo_on();
	expand();
	for (i = 0; i < 2 * WORDS; i++)
		*word(i) |= LINKED;
	cr_assert_eq(ev_bind_ipi(v1, 0), -ENOSPC);
	*word(9) &= ~LINKED;
	cr_assert_eq(ev_bind_ipi(v1, 0), 9);
}

/* Words that a hostile guest leaves in its tail, and what we do with them. */
struct game {
	uint32_t tail_word;
	bool linked; /* our link is in the word afterwards */
};

static struct game games[] = {
	{LINKED, true},
	{LINKED | 5, true},
	{LINKED | EVTCHN_FIFO_LINK_MASK, true},
	{LINKED | BUSY | PENDING | MASKED | 0x0fffffff, true},
	{BUSY | PENDING | 77, false},
	{0, false},
	{MASKED | EVTCHN_FIFO_LINK_MASK, false},
};

ParameterizedTestParameters(event_fifo, spoiled_tail_words)
{
	return cr_make_param_array(struct game, games, ARRAY_SIZE(games));
}

ParameterizedTest(struct game *g, event_fifo, spoiled_tail_words)
{
	long a, b;

	fifo_on();
	a = ipi(0);
	b = ipi(0);
	cr_assert_eq(ev_send(v1, a), 0);
	*word(a) = g->tail_word;
	cr_assert_eq(ev_send(v1, b), 0);
	cr_assert_eq(*word(b), PENDING | LINKED);
	if (g->linked) {
		cr_assert_eq(*word(a),
			     (g->tail_word & ~(BUSY | EVTCHN_FIFO_LINK_MASK)) |
				     b);
		cr_assert_eq(control[0]->head[7], a);
	} else {
		cr_assert_eq(*word(a), g->tail_word);
		cr_assert_eq(control[0]->head[7], b);
	}
}

Test(event_fifo, a_guest_that_links_its_ports_in_a_circle_hurts_itself_only)
{
	long a, b;

	fifo_on();
	a = ipi(0);
	b = ipi(0);
	cr_assert_eq(ev_send(v1, a), 0);
	cr_assert_eq(ev_send(v1, b), 0);
	*word(b) |= a;
	*word(a) = PENDING | LINKED | a;
	control[0]->head[7] = 0xffffffff;
	control[0]->ready = 0xffffffff;
	cr_assert_eq(ev_send(v1, a), 0);
	cr_assert_eq(ev_send(v1, b), 0);
	*word(a) = 0;
	cr_assert_eq(ev_send(v1, a), 0);
	cr_assert_eq(ev_reset(v1, DOMID_SELF), 0);
}

Test(event_fifo, a_dying_domain_lets_all_its_pages_go)
{
	uint64_t before = page_free_count();
	struct domain *d = world_domain(0x65, 2, NULL);
	struct vcpu *v = d->vcpu[0];
	mfn_t c = world_page(d), a = world_page(d);
	long i, port;

	cr_assert_eq(ev_init_control(v, 1, c, 8), 17);
	cr_assert_eq(ev_init_control(v, 0, c, 256), 17);
	cr_assert_eq(ev_expand_array(v, a), 0);
	for (i = 0; i < 700; i++) {
		port = ev_bind_ipi(v, 1);
		cr_assert_eq(ev_send(v, port), 0);
	}
	world_end(d);
	cr_assert_eq(page_free_count(), before);
}

/* The model: whatever happens, all that is sent and unmasked is taken. */
enum { MODEL_PORTS = 60 };

static uint32_t model_port[MODEL_PORTS];

static void model_step(unsigned int *seed)
{
	uint32_t *slot = &model_port[rand_r(seed) % MODEL_PORTS];
	uint32_t p = *slot;

	switch (rand_r(seed) % 10) {
	case 0:
	case 1:
	case 2:
		cr_assert_eq(ev_send(v1, p), 0);
		break;
	case 3:
		*word(p) |= MASKED;
		break;
	case 4:
		cr_assert_eq(ev_unmask(v1, p), 0);
		break;
	case 5:
		cr_assert_eq(ev_set_priority(v1, p, rand_r(seed) % 16), 0);
		break;
	case 6:
		cr_assert_eq(ev_bind_vcpu(v1, p, rand_r(seed) % 2), 0);
		break;
	case 7:
		/* Its peer's end, rebound to a new one. */
		cr_assert_eq(ev_close(v1, p), 0);
		break;
	default:
		take(rand_r(seed) % 2);
		break;
	}
}

Test(event_fifo, no_event_is_lost_in_random_use)
{
	unsigned int seed = 0xf1f0, round, i;
	uint32_t far[MODEL_PORTS];

	fifo_on();
	for (i = 0; i < MODEL_PORTS; i++) {
		far[i] = ev_alloc_unbound(v1, DOMID_SELF, DOMID_SELF);
		model_port[i] = ev_bind_interdomain(v1, DOMID_SELF, far[i]);
		cr_assert_eq(ev_unmask(v1, far[i]), 0);
		cr_assert_eq(ev_unmask(v1, model_port[i]), 0);
	}
	for (round = 0; round < 40000; round++) {
		model_step(&seed);
		for (i = 0; i < MODEL_PORTS; i++) {
			struct evtchn_status st;

			if (ev_status(v1, DOMID_SELF, model_port[i], &st) !=
			    EVTCHNSTAT_closed)
				continue;
			model_port[i] =
				ev_bind_interdomain(v1, DOMID_SELF, far[i]);
			cr_assert_gt((int32_t)model_port[i], 0);
		}
		if (round % 1000 == 999) {
			uint32_t n;

			drain(0, NULL, 200);
			drain(1, NULL, 200);
			for (n = 1; n < WORDS; n++)
				cr_assert(!(*word(n) & PENDING) ||
						  (*word(n) & MASKED),
					  "port %u is lost: %x in round %u", n,
					  *word(n), round);
		}
	}
}

/*
 * The guest on a CPU of its own: it unlinks, masks and unmasks with atomic
 * instructions while we link. Nothing is lost, and every queue ends.
 */
enum { RACE_PORTS = 24, RACE_SENDS = 60000 };

static bool race_sent;

static uint32_t race_unlink(uint32_t port)
{
	uint32_t *at = word(port), w = __atomic_load_n(at, __ATOMIC_SEQ_CST);

	while (!__atomic_compare_exchange_n(
		at, &w, w & ~(LINKED | EVTCHN_FIFO_LINK_MASK), false,
		__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
	return w & EVTCHN_FIFO_LINK_MASK;
}

/* One round over vCPU 0's queues; returns the ports seen. */
static unsigned int race_drain(uint32_t heads[16])
{
	unsigned int seen = 0;
	uint32_t todo = 0;

	__atomic_store_n(&v1->info->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	for (;;) {
		unsigned int q;
		uint32_t port;

		todo |= __atomic_exchange_n(&control[0]->ready, 0,
					    __ATOMIC_SEQ_CST);
		if (!todo)
			return seen;
		q = (unsigned int)__builtin_ctz(todo);
		port = heads[q] ? heads[q]
				: __atomic_load_n(&control[0]->head[q],
						  __ATOMIC_SEQ_CST);
		heads[q] = race_unlink(port);
		if (!heads[q])
			todo &= ~(1u << q);
		if (!(__atomic_load_n(word(port), __ATOMIC_SEQ_CST) & MASKED))
			__atomic_fetch_and(word(port), ~PENDING,
					   __ATOMIC_SEQ_CST);
		seen++;
	}
}

static void *race_guest(void *arg)
{
	uint32_t heads[16] = {0};
	unsigned long *total = arg;
	bool last;

	do {
		last = __atomic_load_n(&race_sent, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&v1->info->evtchn_upcall_pending,
				    __ATOMIC_SEQ_CST))
			*total += race_drain(heads);
	} while (!last);
	return NULL;
}

Test(event_fifo, no_event_is_lost_while_the_guest_runs_elsewhere)
{
	unsigned int seed = 0xace, i;
	unsigned long total = 0;
	long port[RACE_PORTS];
	pthread_t guest;

	fifo_on();
	for (i = 0; i < RACE_PORTS; i++) {
		port[i] = ipi(0);
		cr_assert_eq(ev_set_priority(v1, port[i], i % 3), 0);
	}
	cr_assert_eq(pthread_create(&guest, NULL, race_guest, &total), 0);
	for (i = 0; i < RACE_SENDS; i++) {
		uint32_t p = port[rand_r(&seed) % RACE_PORTS];

		cr_assert_eq(ev_send(v1, p), 0);
		if (i % 64 == 0)
			ev_set_priority(v1, p, rand_r(&seed) % 3);
	}
	__atomic_store_n(&race_sent, true, __ATOMIC_SEQ_CST);
	pthread_join(guest, NULL);
	cr_assert_gt(total, 0);
	for (i = 0; i < RACE_PORTS; i++)
		cr_assert_eq(*word(port[i]), 0, "port %ld: %x", port[i],
			     *word(port[i]));
}
