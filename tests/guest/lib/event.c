/* SPDX-License-Identifier: MIT */
/*
 * Two-level event channels and the clock. events_init() maps shared_info,
 * masks every port and registers the upcall; the upcall takes each unmasked
 * pending port, counts it, and is done. Waiting is always for a condition,
 * with the vCPU blocked in the hypervisor.
 */
#include "guest.h"

volatile uint32_t event_count[4096];
volatile uint32_t event_upcalls;

static trap_handler_t next_handler;

static struct vcpu_info *vcpu(void)
{
	return &shared_info->vcpu_info[0];
}

static bool take_events(struct trap_frame *frame, uint64_t cr2)
{
	uint64_t words;

	if (frame->vector != TRAP_EVENT)
		return next_handler && next_handler(frame, cr2);
	event_upcalls++;
	__atomic_store_n(&vcpu()->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	words = __atomic_exchange_n(&vcpu()->evtchn_pending_sel, 0,
				    __ATOMIC_SEQ_CST);
	while (words) {
		unsigned int w = (unsigned int)__builtin_ctzl(words);
		uint64_t bits = shared_info->evtchn_pending[w] &
				~shared_info->evtchn_mask[w];

		words &= words - 1;
		while (bits) {
			unsigned int b = (unsigned int)__builtin_ctzl(bits);

			bits &= bits - 1;
			__atomic_and_fetch(&shared_info->evtchn_pending[w],
					   ~(1UL << b), __ATOMIC_SEQ_CST);
			event_count[w * 64 + b]++;
		}
	}
	return true;
}

void events_init(void)
{
	shared_info_map();
	for (unsigned int i = 0; i < 64; i++)
		shared_info->evtchn_mask[i] = ~0UL;
	callbacks_init();
	if (trap_handler != take_events) {
		next_handler = trap_handler;
		trap_handler = take_events;
	}
}

void events_on(void)
{
	vcpu()->evtchn_upcall_mask = 0;
	__asm__ volatile("" ::: "memory");
	/* An empty hypercall lets in what came while we were masked. */
	if (vcpu()->evtchn_upcall_pending)
		do_xen_version(XENVER_version, NULL);
}

void events_off(void)
{
	vcpu()->evtchn_upcall_mask = 1;
	__asm__ volatile("" ::: "memory");
}

void event_mask(evtchn_port_t port)
{
	__atomic_or_fetch(&shared_info->evtchn_mask[port / 64],
			  1UL << (port % 64), __ATOMIC_SEQ_CST);
}

void event_unmask(evtchn_port_t port)
{
	struct evtchn_unmask op = {.port = port};

	require_rc(do_event_op(EVTCHNOP_unmask, &op), 0);
}

bool event_pending(evtchn_port_t port)
{
	return (shared_info->evtchn_pending[port / 64] >> (port % 64)) & 1;
}

evtchn_port_t event_bind_virq(uint32_t virq)
{
	struct evtchn_bind_virq op = {.virq = virq};

	require_rc(do_event_op(EVTCHNOP_bind_virq, &op), 0);
	return op.port;
}

evtchn_port_t event_alloc_unbound(domid_t remote)
{
	struct evtchn_alloc_unbound op = {.dom = DOMID_SELF,
					  .remote_dom = remote};

	require_rc(do_event_op(EVTCHNOP_alloc_unbound, &op), 0);
	return op.port;
}

void event_send(evtchn_port_t port)
{
	struct evtchn_send op = {.port = port};

	expect_rc(do_event_op(EVTCHNOP_send, &op), 0);
}

void event_poll(evtchn_port_t port, uint64_t ns)
{
	struct sched_poll poll = {.ports = PTR(&port), .nr_ports = 1};

	poll.timeout = time_ns() + ns;
	do_sched_op(SCHEDOP_poll, &poll);
	__atomic_and_fetch(&shared_info->evtchn_pending[port / 64],
			   ~(1UL << (port % 64)), __ATOMIC_SEQ_CST);
}

void event_wait(evtchn_port_t port)
{
	uint32_t before = event_count[port];

	/* block unmasks as it sleeps, so nothing is lost in between. */
	events_off();
	while (event_count[port] == before) {
		do_sched_op(SCHEDOP_block, NULL);
		events_off();
	}
}

uint64_t time_ns_of(const volatile struct vcpu_time_info *t)
{
	uint32_t version, low, high;
	uint64_t delta, ns;

	do {
		version = __atomic_load_n(&t->version, __ATOMIC_ACQUIRE);
		__asm__ volatile("lfence; rdtsc"
				 : "=a"(low), "=d"(high)::"memory");
		delta = (((uint64_t)high << 32) | low) - t->tsc_timestamp;
		if (t->tsc_shift >= 0)
			delta <<= t->tsc_shift;
		else
			delta >>= -t->tsc_shift;
		ns = t->system_time + (uint64_t)(((unsigned __int128)delta *
						  t->tsc_to_system_mul) >>
						 32);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((version & 1) ||
		 version != __atomic_load_n(&t->version, __ATOMIC_RELAXED));
	return ns;
}

uint64_t time_ns(void)
{
	shared_info_map();
	return time_ns_of(&vcpu()->time);
}

void time_spin(uint64_t ns)
{
	uint64_t end = time_ns() + ns;

	while (time_ns() < end)
		;
}
