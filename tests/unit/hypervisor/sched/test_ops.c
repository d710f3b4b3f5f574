/* SPDX-License-Identifier: MIT */
/* sched_op: yield, block, poll, shutdown, watchdogs; what it refuses. */
#include <criterion/criterion.h>
#include "domain/lifecycle.h"
#include "event/event.h"
#include "fake/clock.h"
#include "fake/guest.h"
#include "fake/machine.h"
#include "fake/world.h"
#include "mm/alloc.h"
#include "public/event_channel.h"
#include "public/sched.h"
#include "sched/sched.h"
#include "time/time.h"

#define SECOND 1000000000ull

static struct domain *one, *two;
static struct vcpu *v;

static void setup(void)
{
	fake_clock_reset();
	world_init();
	world_domain(WORLD_ZERO, 1, NULL);
	one = world_domain(WORLD_ONE, 2, NULL);
	two = world_domain(WORLD_TWO, 1, NULL);
	v = one->vcpu[0];
	vcpu_wake(v);
	cr_assert_eq(sched_pick(0, NULL, fake_time_ns), v);
	fake_sched_requests = 0;
}

TestSuite(sched_ops, .init = setup);

static long call(struct vcpu *caller, uint32_t cmd, void *op)
{
	uint64_t args[6] = {cmd, (uintptr_t)op};

	return hypercall_sched_op(caller, args);
}

static long event(uint32_t cmd, void *op)
{
	uint64_t args[6] = {cmd, (uintptr_t)op};

	return hypercall_event_channel_op(v, args);
}

static uint32_t port_make(void)
{
	struct evtchn_bind_ipi op = {.vcpu = 1};

	cr_assert_eq(event(EVTCHNOP_bind_ipi, &op), 0);
	/* Masked, as those that are polled usually are. */
	one->shared->evtchn_mask[0] |= 1ull << op.port;
	return op.port;
}

static void port_send(uint32_t port)
{
	struct evtchn_send op = {.port = port};

	cr_assert_eq(event(EVTCHNOP_send, &op), 0);
}

static long poll(const uint32_t *ports, uint32_t count, uint64_t timeout)
{
	struct sched_poll op = {.ports = (uintptr_t)ports,
				.nr_ports = count,
				.timeout = timeout};

	return call(v, SCHEDOP_poll, &op);
}

Test(sched_ops, block_unmasks_and_blocks)
{
	v->info->evtchn_upcall_mask = 1;
	cr_assert_eq(call(v, SCHEDOP_block, NULL), 0);
	cr_assert_eq(v->info->evtchn_upcall_mask, 0);
	cr_assert(v->blocked);
	cr_assert_geq(fake_sched_requests, 1);
}

Test(sched_ops, block_with_a_masked_event_unmasks_and_returns)
{
	v->info->evtchn_upcall_mask = 1;
	v->info->evtchn_upcall_pending = 1;
	cr_assert_eq(call(v, SCHEDOP_block, NULL), 0);
	cr_assert_eq(v->info->evtchn_upcall_mask, 0);
	cr_assert(!v->blocked);
}

Test(sched_ops, poll_waits_for_its_port_even_if_it_is_masked)
{
	uint32_t mine = port_make(), other = port_make();

	cr_assert_eq(poll(&mine, 1, 0), 0);
	cr_assert(v->blocked && v->polling);
	cr_assert_null(sched_pick(0, v, fake_time_ns));
	port_send(other);
	cr_assert(v->blocked);
	port_send(mine);
	cr_assert(!v->blocked && !v->polling);
	cr_assert_eq(sched_pick(0, NULL, fake_time_ns), v);
	port_send(mine);
	cr_assert_eq(timers_next(), ~0ull);
}

Test(sched_ops, poll_of_a_pending_port_returns_at_once)
{
	uint32_t p[3] = {port_make(), port_make(), port_make()};

	port_send(p[2]);
	cr_assert_eq(poll(p, 3, 0), 0);
	cr_assert(!v->blocked && !v->polling);
	cr_assert_eq(poll(p, 2, 0), 0);
	cr_assert(v->blocked);
	/* Of several, any port of the domain ends it. */
	port_send(p[0]);
	cr_assert(!v->blocked);
}

Test(sched_ops, poll_ends_at_its_time)
{
	uint32_t p = port_make();

	cr_assert_eq(poll(&p, 1, fake_time_ns + 5000), 0);
	cr_assert_eq(timers_next(), fake_time_ns + 5000);
	cr_assert_null(sched_pick(0, v, fake_time_ns));
	fake_time_ns += 5000;
	timers_run(fake_time_ns);
	cr_assert(!v->blocked && !v->polling);
	cr_assert_eq(sched_pick(0, NULL, fake_time_ns), v);
}

Test(sched_ops, poll_until_the_past_returns_at_once)
{
	uint32_t p = port_make();

	cr_assert_eq(poll(&p, 1, fake_time_ns), 0);
	cr_assert(!v->blocked);
	cr_assert_eq(timers_next(), ~0ull);
}

Test(sched_ops, an_event_that_ends_a_poll_stops_its_timer)
{
	uint32_t p = port_make();

	cr_assert_eq(poll(&p, 1, fake_time_ns + SECOND), 0);
	port_send(p);
	cr_assert_eq(timers_next(), ~0ull);
}

Test(sched_ops, poll_ends_for_an_upcall)
{
	struct evtchn_bind_ipi op = {.vcpu = 0};
	uint32_t p = port_make();

	cr_assert_eq(event(EVTCHNOP_bind_ipi, &op), 0);
	v->info->evtchn_upcall_mask = 0;
	cr_assert_eq(poll(&p, 1, 0), 0);
	cr_assert(v->blocked);
	port_send(op.port);
	cr_assert(!v->blocked);
	cr_assert_eq(poll(&p, 1, 0), 0);
	cr_assert(!v->blocked, "the upcall is still to be taken");
}

Test(sched_ops, poll_refuses_what_makes_no_sense_and_does_not_sleep)
{
	static uint32_t p[129];
	uint32_t i, port = port_make();

	for (i = 0; i < 129; i++)
		p[i] = port;
	cr_assert_eq(poll(p, 129, 0), -EINVAL);
	cr_assert_eq(poll(p, 0xffffffff, 0), -EINVAL);
	cr_assert_eq(poll((void *)FAKE_GUEST_BAD, 1, 0), -EFAULT);
	cr_assert_eq(poll((void *)FAKE_GUEST_BAD, 2, SECOND), -EFAULT);
	cr_assert(!v->blocked && !v->polling);
	cr_assert_eq(timers_next(), ~0ull);
	p[0] = 0;
	cr_assert_eq(poll(p, 1, 0), -EINVAL);
	p[0] = 4096;
	cr_assert_eq(poll(p, 2, fake_time_ns + SECOND), -EINVAL);
	cr_assert(!v->blocked && !v->polling);
	cr_assert_eq(timers_next(), ~0ull);
	p[0] = port;
	cr_assert_eq(poll(p, 128, 0), 0);
	cr_assert(v->blocked);
}

Test(sched_ops, poll_for_no_port_sleeps_until_its_time)
{
	cr_assert_eq(poll(NULL, 0, fake_time_ns + 7), 0);
	cr_assert(v->blocked);
	fake_time_ns += 7;
	timers_run(fake_time_ns);
	cr_assert(!v->blocked);
}

Test(sched_ops, shutdown_stops_all_vcpus_with_the_reason)
{
	struct sched_shutdown op = {.reason = SHUTDOWN_reboot};

	cr_assert_eq(call(v, SCHEDOP_shutdown, &op), 0);
	cr_assert(one->shut_down);
	cr_assert_eq(one->shutdown_reason, SHUTDOWN_reboot);
	cr_assert(!vcpu_runnable(v));
	cr_assert_eq(call(v, SCHEDOP_shutdown, (void *)FAKE_GUEST_BAD),
		     -EFAULT);
}

Test(sched_ops, a_fixed_shutdown_code_wins)
{
	struct sched_shutdown op = {.reason = SHUTDOWN_crash};

	cr_assert_eq(call(v, SCHEDOP_shutdown_code, &op), 0);
	op.reason = SHUTDOWN_reboot;
	cr_assert_eq(call(v, SCHEDOP_shutdown_code, &op), 0);
	op.reason = SHUTDOWN_poweroff;
	cr_assert_eq(call(v, SCHEDOP_shutdown, &op), 0);
	cr_assert_eq(one->shutdown_reason, SHUTDOWN_crash);
}

Test(sched_ops, only_the_privileged_shut_others_down)
{
	struct sched_remote_shutdown op = {.domain_id = WORLD_TWO,
					   .reason = SHUTDOWN_crash};
	struct vcpu *zero = domain_zero->vcpu[0];

	cr_assert_eq(call(v, SCHEDOP_remote_shutdown, &op), -EPERM);
	op.domain_id = 0x123;
	cr_assert_eq(call(zero, SCHEDOP_remote_shutdown, &op), -ESRCH);
	op.domain_id = DOMID_SELF;
	cr_assert_eq(call(zero, SCHEDOP_remote_shutdown, &op), -EPERM);
	cr_assert(!two->shut_down);
	op.domain_id = WORLD_TWO;
	cr_assert_eq(call(zero, SCHEDOP_remote_shutdown, &op), 0);
	cr_assert(two->shut_down);
	cr_assert_eq(two->shutdown_reason, SHUTDOWN_crash);
}

static long watchdog(uint32_t id, uint32_t timeout)
{
	struct sched_watchdog op = {.id = id, .timeout = timeout};

	return call(v, SCHEDOP_watchdog, &op);
}

Test(sched_ops, a_watchdog_that_is_not_poked_ends_the_domain)
{
	cr_assert_eq(watchdog(0, 3), 1);
	fake_time_ns += 2 * SECOND;
	timers_run(fake_time_ns);
	cr_assert_eq(watchdog(1, 3), 0);
	fake_time_ns += 2 * SECOND;
	timers_run(fake_time_ns);
	cr_assert(!one->shut_down);
	fake_time_ns += SECOND;
	timers_run(fake_time_ns);
	cr_assert(one->shut_down);
	cr_assert_eq(one->shutdown_reason, SHUTDOWN_watchdog);
}

Test(sched_ops, watchdogs_are_two_and_checked)
{
	cr_assert_eq(watchdog(1, 1), -EINVAL);
	cr_assert_eq(watchdog(0, 0), -EINVAL);
	cr_assert_eq(watchdog(0, 5), 1);
	cr_assert_eq(watchdog(2, 5), -EINVAL);
	cr_assert_eq(watchdog(0, 0xffffffff), 2);
	cr_assert_eq(watchdog(0, 5), -ENOSPC);
	cr_assert_eq(watchdog(3, 5), -EINVAL);
	cr_assert_eq(watchdog(0xffffffff, 5), -EINVAL);
	cr_assert_eq(watchdog(1, 0), 0);
	cr_assert_eq(watchdog(1, 5), -EINVAL);
	cr_assert_eq(timers_next(), fake_time_ns + 0xffffffff * SECOND);
	cr_assert_eq(watchdog(0, 5), 1);
}

Test(sched_ops, watchdogs_end_with_their_domain)
{
	uint32_t refs = one->refs;

	cr_assert_eq(watchdog(0, 5), 1);
	cr_assert_eq(watchdog(0, 6), 2);
	cr_assert_eq(one->refs, refs + 1);
	cr_assert_eq(sched_kill(one), 0);
	cr_assert_eq(timers_next(), ~0ull);
	cr_assert_eq(one->refs, refs);
	cr_assert_eq(sched_kill(one), 0);
}

Test(sched_ops, unknown_operations_do_not_exist)
{
	uint32_t op[8] = {0};

	cr_assert_eq(call(v, SCHEDOP_pin_override, op), -ENOSYS);
	cr_assert_eq(call(v, 8, op), -ENOSYS);
	cr_assert_eq(call(v, 0xffffffff, op), -ENOSYS);
}

Test(sched_ops, the_old_form_yields_blocks_and_shuts_down)
{
	uint64_t args[6] = {SCHEDOP_yield, 0};

	cr_assert_eq(hypercall_sched_op_compat(v, args), 0);
	args[0] = SCHEDOP_block;
	cr_assert_eq(hypercall_sched_op_compat(v, args), 0);
	cr_assert(v->blocked);
	args[0] = SCHEDOP_poll;
	cr_assert_eq(hypercall_sched_op_compat(v, args), -ENOSYS);
	args[0] = SCHEDOP_shutdown;
	args[1] = SHUTDOWN_poweroff;
	cr_assert_eq(hypercall_sched_op_compat(v, args), 0);
	cr_assert(one->shut_down);
}
