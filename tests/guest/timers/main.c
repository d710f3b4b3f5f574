/* SPDX-License-Identifier: MIT */
/*
 * timers: set_timer_op and the single-shot timer raise VIRQ_TIMER not before
 * their deadline; a deadline in the past fires at once, or may give -ETIME when
 * the caller says so; a stopped timer stays silent; the periodic timer comes
 * again and again; and system time never goes back. Nothing is asserted about
 * how late an event may be.
 */
#include "guest.h"

#define MS 1000000UL

static struct vcpu_set_singleshot_timer shot;

void guest_main(void)
{
	struct vcpu_set_periodic_timer periodic = {.period_ns = 10 * MS};
	evtchn_port_t port;
	uint64_t last, deadline;
	uint32_t before;
	long rc;

	events_init();
	last = time_ns();
	for (int i = 0; i < 20000; i++) {
		uint64_t now = time_ns();

		expect(now >= last, "time went back from %lu to %lu", last,
		       now);
		last = now;
	}

	do_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	port = event_bind_virq(VIRQ_TIMER);
	event_unmask(port);
	events_on();
	events_off();

	deadline = time_ns() + 20 * MS;
	expect_rc(hypercall1(__HYPERVISOR_set_timer_op, deadline), 0);
	event_wait(port);
	expect(time_ns() >= deadline, "set_timer_op fired %lu ns early",
	       deadline - time_ns());

	shot.timeout_abs_ns = time_ns() + 20 * MS;
	expect_rc(do_vcpu_op(VCPUOP_set_singleshot_timer, 0, &shot), 0);
	event_wait(port);
	expect(time_ns() >= shot.timeout_abs_ns, "the single shot came early");

	shot.timeout_abs_ns = time_ns() - MS;
	expect_rc(do_vcpu_op(VCPUOP_set_singleshot_timer, 0, &shot), 0);
	event_wait(port);

	shot.timeout_abs_ns = time_ns() - MS;
	shot.flags = VCPU_SSHOTTMR_future;
	rc = do_vcpu_op(VCPUOP_set_singleshot_timer, 0, &shot);
	if (rc != -XEN_ETIME) {
		expect(rc == 0, "a past deadline with the flag gave %ld", rc);
		event_wait(port);
	}
	shot.flags = 0;

	shot.timeout_abs_ns = time_ns() + 50 * MS;
	expect_rc(do_vcpu_op(VCPUOP_set_singleshot_timer, 0, &shot), 0);
	expect_rc(do_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0);
	events_on();
	before = event_count[port];
	time_spin(100 * MS);
	expect(event_count[port] == before, "a stopped timer fired");
	events_off();

	expect_rc(do_vcpu_op(VCPUOP_set_periodic_timer, 0, &periodic), 0);
	/* Awake: a periodic timer may rest while its vCPU is blocked. */
	events_on();
	before = event_count[port];
	while (event_count[port] < before + 5)
		;
	events_off();
	expect_rc(do_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);

	/* Nonsense periods must be refused, not loop in the hypervisor. */
	periodic.period_ns = 1;
	expect_rc(do_vcpu_op(VCPUOP_set_periodic_timer, 0, &periodic),
		  -XEN_EINVAL);
	periodic.period_ns = ~0UL;
	expect_rc(do_vcpu_op(VCPUOP_set_periodic_timer, 0, &periodic),
		  -XEN_EINVAL);
	success("timers fire when they should");
}
