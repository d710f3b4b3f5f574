/* SPDX-License-Identifier: MIT */
/*
 * port-range: event operations on ports that cannot be: 0, the first beyond
 * either ABI, 2^31, -1; vCPUs and VIRQs that do not exist; domains that do
 * not exist. Array indices that a guest chooses. And ports run out with an
 * error, not with a crash, and come back when they are closed.
 */
#include "guest.h"

void guest_main(void)
{
	static const evtchn_port_t bad[] = {0,		4096,	     4097,
					    131071,	131072,	     131073,
					    0x7fffffff, 0x80000000u, ~0u};
	struct evtchn_bind_virq virq = {0};
	struct evtchn_bind_ipi ipi = {0};
	struct evtchn_bind_pirq pirq = {0};
	struct evtchn_alloc_unbound unbound = {0};
	struct evtchn_close close;
	evtchn_port_t first, last = 0;
	unsigned int got = 0;
	long rc;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct evtchn_send send = {.port = bad[i]};
		struct evtchn_unmask unmask = {.port = bad[i]};
		struct evtchn_status status = {.dom = DOMID_SELF,
					       .port = bad[i]};
		struct evtchn_bind_vcpu to = {.port = bad[i]};
		struct evtchn_set_priority pri = {.port = bad[i]};
		struct evtchn_bind_interdomain bind = {.remote_dom = DOMID_SELF,
						       .remote_port = bad[i]};

		close.port = bad[i];
		expect_refused(do_event_op(EVTCHNOP_send, &send));
		expect_refused(do_event_op(EVTCHNOP_close, &close));
		expect_refused(do_event_op(EVTCHNOP_bind_vcpu, &to));
		expect_refused(do_event_op(EVTCHNOP_bind_interdomain, &bind));
		expect_refused(do_event_op(EVTCHNOP_set_priority, &pri));
		/* These two may answer, but only with "closed" or nothing. */
		do_event_op(EVTCHNOP_unmask, &unmask);
		rc = do_event_op(EVTCHNOP_status, &status);
		expect(rc < 0 || status.status == EVTCHNSTAT_closed,
		       "port %x has status %u", bad[i], status.status);
	}
	for (uint32_t v = NR_VIRQS; v; v *= 2) {
		virq.virq = v;
		expect_refused(do_event_op(EVTCHNOP_bind_virq, &virq));
	}
	virq.virq = VIRQ_TIMER;
	ipi.vcpu = 1;
	for (uint32_t v = 8192; v; v *= 2) {
		virq.vcpu = v;
		ipi.vcpu = v;
		expect_refused(do_event_op(EVTCHNOP_bind_virq, &virq));
		expect_refused(do_event_op(EVTCHNOP_bind_ipi, &ipi));
		pirq.pirq = v * 64;
		expect_refused(do_event_op(EVTCHNOP_bind_pirq, &pirq));
	}
	pirq.pirq = ~0u;
	expect_refused(do_event_op(EVTCHNOP_bind_pirq, &pirq));
	unbound.dom = 0x1234;
	expect_refused(do_event_op(EVTCHNOP_alloc_unbound, &unbound));
	unbound.dom = DOMID_XEN;
	expect_refused(do_event_op(EVTCHNOP_alloc_unbound, &unbound));
	expect_refused(do_event_op(99, &unbound));

	/* Use them up; two-level has 4096 at most. */
	ipi.vcpu = 0;
	require_rc(do_event_op(EVTCHNOP_bind_ipi, &ipi), 0);
	first = ipi.port;
	for (;;) {
		rc = do_event_op(EVTCHNOP_bind_ipi, &ipi);
		if (rc)
			break;
		last = ipi.port;
		expect(last < EVTCHN_2L_NR_CHANNELS, "port %u was given out",
		       last);
		expect(got++ < EVTCHN_2L_NR_CHANNELS, "there is no end");
	}
	expect(rc == -XEN_ENOSPC || rc == -XEN_ENOMEM, "out of ports gives %ld",
	       rc);
	close.port = first;
	expect_rc(do_event_op(EVTCHNOP_close, &close), 0);
	expect_rc(do_event_op(EVTCHNOP_bind_ipi, &ipi), 0);
	success("%u ports, and none outside", got + 1);
}
