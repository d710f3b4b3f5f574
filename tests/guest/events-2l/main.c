/* SPDX-License-Identifier: MIT */
/*
 * events-2l: the life of two-level event channels inside one domain: unbound,
 * bound to itself, sent, masked, pending, unmasked, IPI, status, closed. A
 * masked port becomes pending without an upcall; unmasking it delivers; a
 * pending port is delivered once however often it was sent.
 */
#include "guest.h"

static void expect_status(evtchn_port_t port, uint32_t want)
{
	struct evtchn_status s = {.dom = DOMID_SELF, .port = port};

	expect_rc(do_event_op(EVTCHNOP_status, &s), 0);
	expect(s.status == want, "port %u: status %u instead of %u", port,
	       s.status, want);
}

void guest_main(void)
{
	struct evtchn_alloc_unbound unbound = {.dom = DOMID_SELF,
					       .remote_dom = DOMID_SELF};
	struct evtchn_bind_interdomain bind = {.remote_dom = DOMID_SELF};
	struct evtchn_bind_ipi ipi = {.vcpu = 0};
	struct evtchn_bind_vcpu to_vcpu = {.vcpu = 0};
	struct evtchn_send send;
	struct evtchn_close close;
	evtchn_port_t a, b;

	events_init();
	expect_rc(do_event_op(EVTCHNOP_alloc_unbound, &unbound), 0);
	a = unbound.port;
	expect(a != 0, "port 0 was given out");
	expect_status(a, EVTCHNSTAT_unbound);

	bind.remote_port = a;
	expect_rc(do_event_op(EVTCHNOP_bind_interdomain, &bind), 0);
	b = bind.local_port;
	expect(b != 0 && b != a, "bound to port %u", b);
	expect_status(a, EVTCHNSTAT_interdomain);
	expect_status(b, EVTCHNSTAT_interdomain);

	/* A freshly bound port may be pending; start from a clean slate. */
	events_on();
	events_off();
	shared_info->evtchn_pending[a / 64] &= ~(1UL << (a % 64));
	shared_info->evtchn_pending[b / 64] &= ~(1UL << (b % 64));
	event_count[a] = 0;
	event_count[b] = 0;

	send.port = b;
	expect_rc(do_event_op(EVTCHNOP_send, &send), 0);
	expect(event_pending(a), "a masked port did not become pending");
	expect(!event_pending(b), "the sender's own port became pending");
	events_on();
	expect(event_count[a] == 0, "a masked port was delivered");
	events_off();

	expect_rc(do_event_op(EVTCHNOP_send, &send), 0);
	event_unmask(a);
	expect(event_count[a] == 0, "delivered while the vCPU was masked");
	events_on();
	expect(event_count[a] == 1, "unmasked: %u deliveries instead of 1",
	       event_count[a]);

	expect_rc(do_event_op(EVTCHNOP_send, &send), 0);
	expect(event_count[a] == 2, "unmasked send: %u deliveries",
	       event_count[a]);

	expect_rc(do_event_op(EVTCHNOP_bind_ipi, &ipi), 0);
	expect_status(ipi.port, EVTCHNSTAT_ipi);
	event_unmask(ipi.port);
	send.port = ipi.port;
	expect_rc(do_event_op(EVTCHNOP_send, &send), 0);
	expect(event_count[ipi.port] == 1, "the IPI arrived %u times",
	       event_count[ipi.port]);

	to_vcpu.port = a;
	expect_rc(do_event_op(EVTCHNOP_bind_vcpu, &to_vcpu), 0);

	close.port = a;
	expect_rc(do_event_op(EVTCHNOP_close, &close), 0);
	expect_status(a, EVTCHNSTAT_closed);
	expect_status(b, EVTCHNSTAT_unbound);
	close.port = b;
	expect_rc(do_event_op(EVTCHNOP_close, &close), 0);
	expect_status(b, EVTCHNSTAT_closed);
	expect_rc(do_event_op(EVTCHNOP_close, &close), -XEN_EINVAL);
	send.port = b;
	expect_rc(do_event_op(EVTCHNOP_send, &send), -XEN_EINVAL);
	success("two-level events behave");
}
