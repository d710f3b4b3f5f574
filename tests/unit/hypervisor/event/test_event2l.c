/* SPDX-License-Identifier: MIT */
/* The two-level ABI: bits, masks, selectors, upcalls; lost events. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "event_fixture.h"

static struct domain *one, *two;
static struct vcpu *v1, *v2;

static void setup(void)
{
	world_init();
	one = world_domain(WORLD_ONE, 2, NULL);
	two = world_domain(WORLD_TWO, 1, NULL);
	v1 = one->vcpu[0];
	v2 = two->vcpu[0];
}

TestSuite(event_2l, .init = setup);

static uint64_t sel(const struct vcpu *v)
{
	return v->info->evtchn_pending_sel;
}

Test(event_2l, an_event_sets_bit_selector_and_upcall)
{
	long i, port = 0;

	for (i = 0; i < 200; i++)
		port = ev_bind_ipi(v1, 1);
	cr_assert_eq(port, 200);
	cr_assert_eq(ev_send(v1, 200), 0);
	cr_assert(ev_pending(one, 200));
	cr_assert_eq(one->shared->evtchn_pending[3], 1ull << 8);
	cr_assert_eq(sel(one->vcpu[1]), 1ull << 3);
	cr_assert_eq(one->vcpu[1]->info->evtchn_upcall_pending, 1);
	cr_assert_eq(sel(v1), 0);
	cr_assert_eq(v1->info->evtchn_upcall_pending, 0);
}

Test(event_2l, a_masked_event_is_pending_and_nothing_more)
{
	long port = ev_bind_ipi(v1, 0);

	ev_mask_2l(one, port, true);
	cr_assert_eq(ev_send(v1, port), 0);
	cr_assert(ev_pending(one, port));
	cr_assert_eq(sel(v1), 0);
	cr_assert_eq(v1->info->evtchn_upcall_pending, 0);
	cr_assert_eq(ev_unmask(v1, port), 0);
	cr_assert_eq(sel(v1), 1);
	cr_assert_eq(v1->info->evtchn_upcall_pending, 1);
	cr_assert_eq(one->shared->evtchn_mask[0], 0);
}

Test(event_2l, unmasking_what_is_not_pending_says_nothing)
{
	long port = ev_bind_ipi(v1, 0);

	ev_mask_2l(one, port, true);
	cr_assert_eq(ev_unmask(v1, port), 0);
	cr_assert_eq(v1->info->evtchn_upcall_pending, 0);
	cr_assert_eq(ev_unmask(v1, port), 0);
}

Test(event_2l, closing_takes_the_pending_bit_back)
{
	uint32_t far, near = ev_connect(one, two, &far);

	cr_assert_eq(ev_send(v2, far), 0);
	cr_assert(ev_pending(one, near));
	cr_assert_eq(ev_close(v1, near), 0);
	cr_assert(!ev_pending(one, near));
}

Test(event_2l, one_upcall_says_several_events)
{
	long a = ev_bind_ipi(v1, 0), b = ev_bind_ipi(v1, 0);
	uint64_t taken[64] = {0};

	cr_assert_eq(ev_send(v1, a), 0);
	cr_assert_eq(ev_send(v1, b), 0);
	cr_assert_eq(ev_send(v1, b), 0);
	cr_assert_eq(ev_take_2l(v1, taken), 2);
	cr_assert_eq(taken[0], 1ull << a | 1ull << b);
	cr_assert_eq(ev_take_2l(v1, taken), 0);
}

Test(event_2l, a_moved_vcpu_info_has_everything_to_look_at)
{
	long port = ev_bind_ipi(v1, 0);
	struct vcpu_info elsewhere = {.evtchn_upcall_mask = 1};

	cr_assert_eq(ev_send(v1, port), 0);
	v1->info = &elsewhere;
	event_vcpu_info_moved(v1);
	cr_assert_eq(elsewhere.evtchn_upcall_pending, 1);
	cr_assert_eq(elsewhere.evtchn_upcall_mask, 1);
	cr_assert_eq(ev_take_2l(v1, NULL), 1);
	cr_assert_eq(ev_send(v1, port), 0);
	cr_assert_eq(elsewhere.evtchn_pending_sel, 1);
}

Test(event_2l, pending_is_told_to_those_who_ask)
{
	long port = ev_bind_ipi(v1, 0);

	cr_assert_eq(event_port_pending(one, port), 0);
	ev_mask_2l(one, port, true);
	cr_assert_eq(ev_send(v1, port), 0);
	cr_assert_eq(event_port_pending(one, port), 1);
}

/*
 * Whatever a guest does in whatever order, once it has taken all that it is
 * told of, nothing unmasked is still pending.
 */
Test(event_2l, no_event_is_lost_in_random_use)
{
	enum { PORTS = 150 };
	unsigned int seed = 0x7e57, i, round;
	long port[PORTS];

	for (i = 0; i < PORTS; i++) {
		port[i] = ev_alloc_unbound(v1, DOMID_SELF, DOMID_SELF);
		port[i] = ev_bind_interdomain(v1, DOMID_SELF, port[i]);
		cr_assert_gt(port[i], 0);
	}
	for (round = 0; round < 20000; round++) {
		uint32_t p = rand_r(&seed) % (2 * PORTS) + 1;

		switch (rand_r(&seed) % 6) {
		case 0:
		case 1:
			cr_assert_eq(ev_send(v1, p), 0);
			break;
		case 2:
			ev_mask_2l(one, p, true);
			break;
		case 3:
			cr_assert_eq(ev_unmask(v1, p), 0);
			break;
		case 4:
			cr_assert_eq(ev_bind_vcpu(v1, p, rand_r(&seed) % 2), 0);
			break;
		default:
			ev_take_2l(one->vcpu[rand_r(&seed) % 2], NULL);
			break;
		}
	}
	ev_take_2l(one->vcpu[0], NULL);
	ev_take_2l(one->vcpu[1], NULL);
	for (i = 0; i < 64; i++)
		cr_assert_eq(one->shared->evtchn_pending[i] &
				     ~one->shared->evtchn_mask[i],
			     0, "word %u", i);
}
