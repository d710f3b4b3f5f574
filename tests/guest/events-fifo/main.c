/* SPDX-License-Identifier: MIT */
/*
 * events-fifo: the queue form of event channels. One control block, one array
 * page; events of one priority come out in the order in which they were sent,
 * those of a higher priority before the rest; a masked event is pending but
 * not linked; the hypervisor's tail and our head agree over many rounds.
 */
#include "guest.h"

static struct evtchn_fifo_control_block *control;
static volatile event_word_t *words;
static evtchn_port_t order[64];
static unsigned int taken;

static event_word_t word(evtchn_port_t p)
{
	return __atomic_load_n(&words[p], __ATOMIC_SEQ_CST);
}

/* Take all events of one queue, as a guest kernel does. */
static void take_queue(unsigned int q)
{
	evtchn_port_t port = control->head[q];

	while (port) {
		event_word_t w = word(port), next;

		do {
			expect(w & (1u << EVTCHN_FIFO_LINKED),
			       "port %u is queued but not linked: %x", port, w);
			next = w & ~((1u << EVTCHN_FIFO_LINKED) |
				     EVTCHN_FIFO_LINK_MASK);
		} while (!__atomic_compare_exchange_n(&words[port], &w, next,
						      false, __ATOMIC_SEQ_CST,
						      __ATOMIC_SEQ_CST));
		if ((next & (1u << EVTCHN_FIFO_PENDING)) &&
		    !(next & (1u << EVTCHN_FIFO_MASKED))) {
			__atomic_and_fetch(&words[port],
					   ~(1u << EVTCHN_FIFO_PENDING),
					   __ATOMIC_SEQ_CST);
			expect(taken < ARRAY_SIZE(order), "too many events");
			order[taken++] = port;
		}
		port = w & EVTCHN_FIFO_LINK_MASK;
		control->head[q] = port;
	}
}

static bool upcall(struct trap_frame *frame, uint64_t cr2)
{
	uint32_t ready;

	(void)cr2;
	if (frame->vector != TRAP_EVENT)
		return false;
	shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
	ready = __atomic_exchange_n(&control->ready, 0, __ATOMIC_SEQ_CST);
	while (ready) {
		unsigned int q = (unsigned int)__builtin_ctz(ready);

		take_queue(q);
		ready &= ~(1u << q);
		ready |= __atomic_exchange_n(&control->ready, 0,
					     __ATOMIC_SEQ_CST);
	}
	return true;
}

static evtchn_port_t new_ipi(uint32_t priority)
{
	struct evtchn_bind_ipi ipi = {.vcpu = 0};
	struct evtchn_set_priority set = {.priority = priority};

	expect_rc(do_event_op(EVTCHNOP_bind_ipi, &ipi), 0);
	set.port = ipi.port;
	expect_rc(do_event_op(EVTCHNOP_set_priority, &set), 0);
	return ipi.port;
}

static void send(evtchn_port_t port)
{
	struct evtchn_send op = {.port = port};

	expect_rc(do_event_op(EVTCHNOP_send, &op), 0);
}

static void unmask(evtchn_port_t port)
{
	struct evtchn_unmask op = {.port = port};

	/* The hypervisor leaves the masking to us, so clear it first. */
	__atomic_and_fetch(&words[port], ~(1u << EVTCHN_FIFO_MASKED),
			   __ATOMIC_SEQ_CST);
	expect_rc(do_event_op(EVTCHNOP_unmask, &op), 0);
}

void guest_main(void)
{
	struct evtchn_init_control init = {.vcpu = 0};
	struct evtchn_expand_array expand = {0};
	evtchn_port_t low[3], high;
	void *array = page_alloc();
	long rc;

	shared_info_map();
	callbacks_init();
	control = page_alloc();
	init.control_gfn = mfn_of(control);
	rc = do_event_op(EVTCHNOP_init_control, &init);
	if (rc == -XEN_ENOSYS)
		skip("no FIFO event channels here");
	expect(rc == 0, "init_control gave %ld", rc);
	expect(init.link_bits == EVTCHN_FIFO_LINK_BITS, "%u link bits",
	       init.link_bits);
	expand.array_gfn = mfn_of(array);
	expect_rc(do_event_op(EVTCHNOP_expand_array, &expand), 0);
	words = array;
	trap_handler = upcall;

	for (int i = 0; i < 3; i++)
		low[i] = new_ipi(EVTCHN_FIFO_PRIORITY_MIN);
	high = new_ipi(EVTCHN_FIFO_PRIORITY_MAX);

	for (int i = 0; i < 3; i++)
		unmask(low[i]);
	unmask(high);
	events_on();
	events_off();
	taken = 0;

	for (unsigned int round = 0; round < 10; round++) {
		taken = 0;
		send(low[2]);
		send(low[0]);
		send(low[0]);
		send(high);
		send(low[1]);
		expect(taken == 0, "delivered while masked");
		events_on();
		events_off();
		expect(taken == 4, "round %u: %u events instead of 4", round,
		       taken);
		expect(order[0] == high && order[1] == low[2] &&
			       order[2] == low[0] && order[3] == low[1],
		       "round %u: order %u %u %u %u", round, order[0], order[1],
		       order[2], order[3]);
	}

	taken = 0;
	__atomic_or_fetch(&words[high], 1u << EVTCHN_FIFO_MASKED,
			  __ATOMIC_SEQ_CST);
	send(high);
	expect(word(high) & (1u << EVTCHN_FIFO_PENDING),
	       "a masked event is not pending: %x", word(high));
	expect(!(word(high) & (1u << EVTCHN_FIFO_LINKED)),
	       "a masked event was linked: %x", word(high));
	unmask(high);
	events_on();
	events_off();
	expect(taken == 1 && order[0] == high,
	       "after unmasking: %u events, first %u", taken, order[0]);
	success("queues keep order and priority");
}
