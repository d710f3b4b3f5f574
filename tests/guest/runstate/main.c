/* SPDX-License-Identifier: MIT */
/*
 * runstate: the area that the hypervisor keeps up to date in our memory: we
 * are running when we look, time passes in it, and blocking is accounted as
 * blocked. The sum of all states never goes back. The same numbers come from
 * the asking form.
 */
#include "guest.h"

#define MS 1000000UL

static struct vcpu_runstate_info area __attribute__((aligned(64)));

void guest_main(void)
{
	struct vcpu_register_runstate_memory_area reg = {0};
	struct vcpu_runstate_info asked = {.state = -1};
	uint64_t blocked, running, end;
	struct sched_poll poll = {0};

	area.state = -1;
	reg.addr.v = PTR(&area);
	expect_rc(do_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &reg), 0);
	expect(*(volatile int32_t *)&area.state == RUNSTATE_running,
	       "the area says state %d", area.state);
	expect_rc(do_vcpu_op(VCPUOP_get_runstate_info, 0, &asked), 0);
	expect(asked.state == RUNSTATE_running, "asked: state %d", asked.state);
	running = asked.time[RUNSTATE_running];
	blocked = asked.time[RUNSTATE_blocked];

	time_spin(20 * MS);
	expect_rc(do_vcpu_op(VCPUOP_get_runstate_info, 0, &asked), 0);
	expect(asked.time[RUNSTATE_running] > running,
	       "no running time passed: %lu", asked.time[RUNSTATE_running]);

	end = time_ns() + 50 * MS;
	poll.timeout = end;
	while (time_ns() < end)
		expect_rc(do_sched_op(SCHEDOP_poll, &poll), 0);
	expect_rc(do_vcpu_op(VCPUOP_get_runstate_info, 0, &asked), 0);
	expect(asked.time[RUNSTATE_blocked] > blocked,
	       "50 ms of sleep added no blocked time (%lu)",
	       asked.time[RUNSTATE_blocked]);
	__asm__ volatile("" ::: "memory");
	expect(area.time[RUNSTATE_blocked] > blocked,
	       "the registered area did not follow: %lu",
	       area.time[RUNSTATE_blocked]);
	expect(!(area.state_entry_time & XEN_RUNSTATE_UPDATE),
	       "the update mark is set though it was not asked for");
	success("running and blocked time are accounted");
}
