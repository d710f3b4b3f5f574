/* SPDX-License-Identifier: MIT */
/*
 * poll-bad: SCHEDOP_poll takes an array of ports that the guest chose and a
 * count that it chose. A huge count, ports that do not exist, an array that is
 * not there, a deadline in the past and one that overflows: an error or an
 * immediate return, but never a vCPU that sleeps for ever or an index out of
 * bounds. A poll with a pending port does not sleep at all.
 */
#include "guest.h"

#define MS 1000000UL

static long poll(const evtchn_port_t *ports, uint32_t nr, uint64_t timeout)
{
	struct sched_poll p = {
		.ports = PTR(ports), .nr_ports = nr, .timeout = timeout};

	return do_sched_op(SCHEDOP_poll, &p);
}

void guest_main(void)
{
	static evtchn_port_t many[256];
	static const evtchn_port_t bad[] = {4096, 131072, 0x7fffffff, ~0u};
	struct evtchn_bind_ipi ipi = {.vcpu = 0};
	struct evtchn_send send;
	evtchn_port_t port;

	events_init();
	require_rc(do_event_op(EVTCHNOP_bind_ipi, &ipi), 0);
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = ipi.port;

	expect_refused(poll(many, ~0u, time_ns() + MS));
	expect_refused(poll(many, 0x40000000, time_ns() + MS));
	expect_refused(poll(many, 129, time_ns() + MS));
	expect_rc(poll(many, 128, time_ns() + MS), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		expect(poll(&bad[i], 1, time_ns() + MS) < 0,
		       "port %x could be polled", bad[i]);
		many[100] = bad[i];
		expect(poll(many, 128, time_ns() + MS) < 0,
		       "port %x among others could be polled", bad[i]);
	}
	expect_refused(poll((evtchn_port_t *)(va_base() + 0x38000000), 1,
			    time_ns() + MS));
	expect_refused(do_sched_op(SCHEDOP_poll, NULL));

	/* The past, long ago, and nothing to wait for. */
	port = ipi.port;
	expect_rc(poll(&port, 1, time_ns() - MS), 0);
	expect_rc(poll(&port, 1, 1), 0);
	expect_rc(poll(NULL, 0, time_ns() + MS), 0);

	/* Pending already: no sleep, even without a deadline. */
	send.port = port;
	expect_rc(do_event_op(EVTCHNOP_send, &send), 0);
	expect_rc(poll(&port, 1, 0), 0);
	expect_rc(poll(&port, 1, ~0UL), 0);
	success("a poll always comes back");
}
