/* SPDX-License-Identifier: MIT */
/*
 * set-callbacks: the oldest way to register the three callbacks, hypercall 4,
 * which current kernels no longer use. An event must arrive at the address
 * that it named, with events masked on entry, and a later callback_op replaces
 * it.
 */
#include "guest.h"

void guest_main(void)
{
	struct evtchn_bind_ipi ipi = {.vcpu = 0};
	struct evtchn_send send;
	struct callback_unregister gone = {.type = CALLBACKTYPE_event};

	events_init(); /* registers by callback_op; now take that over */
	hypercall2(__HYPERVISOR_callback_op, CALLBACKOP_unregister, PTR(&gone));
	expect_rc(hypercall3(__HYPERVISOR_set_callbacks, PTR(event_callback),
			     PTR(failsafe_callback), PTR(syscall_callback)),
		  0);
	expect_rc(do_event_op(EVTCHNOP_bind_ipi, &ipi), 0);
	event_unmask(ipi.port);
	send.port = ipi.port;
	events_on();
	expect_rc(do_event_op(EVTCHNOP_send, &send), 0);
	expect(event_count[ipi.port] == 1, "%u deliveries by set_callbacks",
	       event_count[ipi.port]);
	expect(shared_info->vcpu_info[0].evtchn_upcall_mask == 0,
	       "the return from the callback left events masked");
	callbacks_init();
	expect_rc(do_event_op(EVTCHNOP_send, &send), 0);
	expect(event_count[ipi.port] == 2, "%u deliveries after callback_op",
	       event_count[ipi.port]);
	/* The call may fail or not; a bad address must not be taken over. */
	hypercall3(__HYPERVISOR_set_callbacks, 0x800000000000UL,
		   PTR(failsafe_callback), PTR(syscall_callback));
	expect_rc(do_event_op(EVTCHNOP_send, &send), 0);
	expect(event_count[ipi.port] == 3, "a bad address was taken over");
	success("events arrive through set_callbacks");
}
