/* SPDX-License-Identifier: MIT */
/* Finding domains, stopping and crashing them. */
#include <criterion/criterion.h>
#include <signal.h>
#include "domain_fixture.h"
#include "event/event.h"
#include "public/event_channel.h"
#include "public/sched.h"
#include "sched/sched.h"

static struct domain *zero, *one, *two;

static void setup(void)
{
	world_init();
	zero = world_domain(WORLD_ZERO, 1, NULL);
	/* Not in the order of their numbers. */
	one = world_domain(WORLD_ONE, 2, NULL);
	two = world_domain(WORLD_TWO, 1, NULL);
}

TestSuite(domain, .init = setup);

static uint32_t dom_exc_port(void)
{
	struct evtchn_bind_virq bind = {.virq = VIRQ_DOM_EXC};

	cr_assert_eq(dm_call(hypercall_event_channel_op, zero->vcpu[0],
			     EVTCHNOP_bind_virq, (uintptr_t)&bind, 0),
		     0);
	return bind.port;
}

static bool zero_was_told(uint32_t port)
{
	uint64_t bit = 1ull << port;
	uint64_t was = zero->shared->evtchn_pending[0];

	zero->shared->evtchn_pending[0] &= ~bit;
	return was & bit;
}

/* They are looked for in the same place. */
Test(domain, numbers_that_are_64_apart_are_told_apart)
{
	struct domain *other = world_domain(WORLD_ONE + 64, 1, NULL);

	cr_assert_eq(domain_find(WORLD_ONE), one);
	cr_assert_eq(domain_find(WORLD_ONE + 64), other);
	cr_assert_null(domain_find(WORLD_ONE + 128));
	domain_put(one);
	domain_put(other);
	world_end(other);
	cr_assert_null(domain_find(WORLD_ONE + 64));
	cr_assert_eq(domain_find(WORLD_ONE), one);
	domain_put(one);
}

Test(domain, is_found_by_its_number_with_a_reference)
{
	uint32_t refs = one->refs;

	cr_assert_eq(domain_find(WORLD_ONE), one);
	cr_assert_eq(one->refs, refs + 1);
	cr_assert_null(domain_find(WORLD_ONE + 1));
	cr_assert_null(domain_find(DOMID_SELF));
	cr_assert_null(domain_find(DOMID_XEN));
	cr_assert_null(domain_find(DOMID_IO));
}

Test(domain, next_ascends_whatever_the_order_of_making)
{
	cr_assert_eq(domain_next(0), zero);
	cr_assert_eq(domain_next(1), two);
	cr_assert_eq(domain_next(WORLD_TWO), two);
	cr_assert_eq(domain_next(WORLD_TWO + 1), one);
	cr_assert_null(domain_next(WORLD_ONE + 1));
	cr_assert_null(domain_next(0xffff));
}

Test(domain, only_the_privileged_name_others)
{
	static const struct {
		bool privileged;
		domid_t id;
		domid_t found; /* DOMID_INVALID: none */
		int rc;
	} rows[] = {
		{false, DOMID_SELF, WORLD_ONE, 1},
		{false, WORLD_ONE, WORLD_ONE, 1},
		{false, WORLD_TWO, DOMID_INVALID, -EPERM},
		{false, WORLD_ZERO, DOMID_INVALID, -EPERM},
		{false, 0x7000, DOMID_INVALID, -EPERM},
		{false, DOMID_XEN, DOMID_INVALID, -EPERM},
		{true, DOMID_SELF, WORLD_ZERO, 1},
		{true, WORLD_TWO, WORLD_TWO, 1},
		{true, 0x7000, DOMID_INVALID, -ESRCH},
		{true, DOMID_IO, DOMID_INVALID, -ESRCH},
		{true, 0xffff, DOMID_INVALID, -ESRCH},
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vcpu *v =
			rows[i].privileged ? zero->vcpu[0] : one->vcpu[0];
		int rc = 1;
		struct domain *d = domain_find_for(v, rows[i].id, &rc);

		if (rows[i].found == DOMID_INVALID) {
			cr_assert_null(d, "row %u", i);
			cr_assert_eq(rc, rows[i].rc, "row %u: %d", i, rc);
			continue;
		}
		cr_assert_not_null(d, "row %u", i);
		cr_assert_eq(d->id, rows[i].found, "row %u", i);
		domain_put(d);
	}
}

Test(domain, shuts_down_once_and_tells_domain_zero)
{
	uint32_t port = dom_exc_port();

	domain_shutdown(one, SHUTDOWN_reboot);
	cr_assert(one->shut_down);
	cr_assert(zero_was_told(port));
	cr_assert_eq(one->vcpu[0]->pause_count, 1);
	cr_assert_eq(one->vcpu[1]->pause_count, 1);
	/* The first reason counts, nothing is paused twice. */
	domain_shutdown(one, SHUTDOWN_crash);
	cr_assert_eq(one->shutdown_reason, SHUTDOWN_reboot);
	cr_assert_eq(one->vcpu[0]->pause_count, 1);
	cr_assert_not(zero_was_told(port));
}

Test(domain, crashes_once)
{
	uint32_t port = dom_exc_port();
	unsigned int requests = fake_sched_requests;

	domain_crash(one, "row %d %s", 7, "of a test");
	cr_assert_eq(one->shutdown_reason, SHUTDOWN_crash);
	cr_assert(zero_was_told(port));
	cr_assert_gt(fake_sched_requests, requests);
	requests = fake_sched_requests;
	domain_crash(one, "again");
	cr_assert_not(zero_was_told(port));
	cr_assert_eq(fake_sched_requests, requests);
	cr_assert_not(vcpu_runnable(one->vcpu[0]));
}

Test(domain, a_crash_with_a_very_long_reason_is_cut)
{
	char why[4096];

	memset(why, 'x', sizeof(why) - 1);
	why[sizeof(why) - 1] = 0;
	domain_crash(one, "%s", why);
	cr_assert(one->shut_down);
}

Test(domain, pauses_are_counted)
{
	domain_pause(one);
	domain_pause(one);
	domain_unpause(one);
	cr_assert_eq(one->vcpu[1]->pause_count, 1);
	cr_assert_not(vcpu_runnable(one->vcpu[1]));
	domain_unpause(one);
	cr_assert(vcpu_runnable(one->vcpu[1]));
}

Test(domain, one_unpause_too_many_is_our_own_mistake, .signal = SIGABRT)
{
	domain_unpause(one);
}

Test(domain, the_end_of_domain_zero_is_the_machines, .signal = SIGABRT)
{
	domain_shutdown(zero, SHUTDOWN_crash);
}
