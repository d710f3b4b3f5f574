/* SPDX-License-Identifier: MIT */
/* Metering: what is counted, and what domain zero is told of it. */
#include <criterion/criterion.h>
#include "domain_fixture.h"
#include "event/event.h"
#include "fake/clock.h"
#include "hypervisor/grant/grant_fixture.h"
#include "public/event_channel.h"
#include "public/sched.h"
#include "pv/bounce.h"
#include "sched/sched.h"

static struct domain *zero, *d, *two;
static struct paravane_meter_read q;

static void setup(void)
{
	world_init();
	zero = world_domain(WORLD_ZERO, 1, NULL);
	d = world_domain(WORLD_ONE, 3, NULL);
	two = world_domain(WORLD_TWO, 1, NULL);
	memset(&q, 0, sizeof(q));
}

TestSuite(meter, .init = setup);

static long op(struct domain *by, uint64_t nr, void *arg)
{
	return dm_call(hypercall_paravane_op, by->vcpu[0], nr, (uintptr_t)arg,
		       0);
}

/* From q.from on, into `records`; how many. */
static uint32_t get(uint32_t what, void *records, uint32_t bytes, uint32_t room)
{
	q.what = what;
	q.record_bytes = bytes;
	q.capacity = room;
	q.buffer = (uintptr_t)records;
	cr_assert_eq(op(zero, PARAVANE_OP_meter_read, &q), 0);
	return q.count;
}

static struct paravane_meter_vcpu vcpu_of(struct domain *of, uint32_t vcpu)
{
	struct paravane_meter_vcpu m;

	memset(&m, 0xa5, sizeof(m));
	q.from = of->id;
	q.from_vcpu = vcpu;
	cr_assert_eq(get(PARAVANE_METER_vcpu, &m, sizeof(m), 1), 1);
	cr_assert_eq(m.domain, of->id);
	cr_assert_eq(m.vcpu, vcpu);
	return m;
}

static struct paravane_meter_domain domain_of(struct domain *of)
{
	struct paravane_meter_domain m;

	memset(&m, 0xa5, sizeof(m));
	q.from = of->id;
	cr_assert_eq(get(PARAVANE_METER_domain, &m, sizeof(m), 1), 1);
	cr_assert_eq(m.domain, of->id);
	return m;
}

static struct paravane_meter_machine machine(void)
{
	struct paravane_meter_machine m;

	memset(&m, 0xa5, sizeof(m));
	q.from = 0;
	cr_assert_eq(get(PARAVANE_METER_machine, &m, sizeof(m), 4), 1);
	cr_assert_eq(get(PARAVANE_METER_machine, &m, sizeof(m), 4), 0);
	return m;
}

Test(meter, is_domain_zeros)
{
	struct paravane_meter_census c = {.frames = 1};

	cr_assert_eq(op(d, PARAVANE_OP_meter_read, &q), -EPERM);
	cr_assert_eq(op(d, PARAVANE_OP_meter_census, &c), -EPERM);
	cr_assert_eq(c.total, 0);
}

Test(meter, refuses_what_makes_no_sense)
{
	static const struct paravane_meter_read rows[] = {
		{.what = 4, .record_bytes = 8},
		{.what = ~0u, .record_bytes = 8},
		{.what = PARAVANE_METER_cpu},
		{.record_bytes = PARAVANE_METER_RECORD_MAX + 1},
		{.record_bytes = 8, .pad = 1},
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		q = rows[i];
		cr_assert_eq(op(zero, PARAVANE_OP_meter_read, &q), -EINVAL,
			     "row %u", i);
	}
	cr_assert_eq(op(zero, PARAVANE_OP_meter_read, (void *)0x10), -EFAULT);
	cr_assert_eq(op(zero, PARAVANE_OP_meter_census, (void *)0x10), -EFAULT);
	q = (struct paravane_meter_read){.record_bytes = 8, .capacity = 1};
	q.buffer = HV_VIRT_START;
	cr_assert_eq(op(zero, PARAVANE_OP_meter_read, &q), -EFAULT);
}

Test(meter, a_caller_may_know_less_or_more)
{
	uint8_t buf[600];
	size_t i;

	memset(buf, 0x5b, sizeof(buf));
	cr_assert_eq(get(PARAVANE_METER_cpu, buf, 3, 1), 1);
	cr_assert_eq(q.record_bytes, sizeof(struct paravane_meter_cpu));
	cr_assert_eq(buf[3], 0x5b);
	q.from = 0;
	memset(buf, 0x5b, sizeof(buf));
	cr_assert_eq(get(PARAVANE_METER_cpu, buf, 500, 1), 1);
	for (i = sizeof(struct paravane_meter_cpu); i < 500; i++)
		cr_assert_eq(buf[i], 0, "byte %zu", i);
	cr_assert_eq(buf[500], 0x5b);
	/* A record that does not fit is not begun. */
	q.from = 0;
	cr_assert_eq(get(PARAVANE_METER_cpu, buf, 8, 0), 0);
	cr_assert_eq(q.from, 0);
}

Test(meter, domains_come_in_the_order_of_their_numbers)
{
	struct paravane_meter_domain m[4];

	cr_assert_eq(get(PARAVANE_METER_domain, m, sizeof(m[0]), 4), 3);
	cr_assert_eq(m[0].domain, WORLD_ZERO);
	cr_assert_eq(m[1].domain, WORLD_TWO);
	cr_assert_eq(m[2].domain, WORLD_ONE);
	cr_assert_eq(get(PARAVANE_METER_domain, m, sizeof(m[0]), 4), 0);
	/* Numbers that no domain can have. */
	q.from = ~0u;
	cr_assert_eq(get(PARAVANE_METER_domain, m, sizeof(m[0]), 4), 0);
	q.from = 0x10000;
	cr_assert_eq(get(PARAVANE_METER_domain, m, sizeof(m[0]), 4), 0);
	q.from = 0x10000;
	cr_assert_eq(get(PARAVANE_METER_vcpu, m, 8, 4), 0);
}

Test(meter, vcpus_go_on_where_the_last_call_ended)
{
	struct paravane_meter_vcpu m[2];
	static const struct {
		domid_t domain;
		uint16_t vcpu;
	} rows[] = {
		{WORLD_ZERO, 0}, {WORLD_TWO, 0}, {WORLD_ONE, 0},
		{WORLD_ONE, 1},	 {WORLD_ONE, 2},
	};
	unsigned int i, n = 0;

	while (get(PARAVANE_METER_vcpu, m, sizeof(m[0]), 2)) {
		for (i = 0; i < q.count; i++, n++) {
			cr_assert_lt(n, ARRAY_SIZE(rows));
			cr_assert_eq(m[i].domain, rows[n].domain);
			cr_assert_eq(m[i].vcpu, rows[n].vcpu);
		}
	}
	cr_assert_eq(n, ARRAY_SIZE(rows));
	/* The one that was to come has gone. */
	q.from = WORLD_TWO + 1;
	q.from_vcpu = 2;
	cr_assert_eq(get(PARAVANE_METER_vcpu, m, sizeof(m[0]), 1), 1);
	cr_assert_eq(m[0].domain, WORLD_ONE);
	cr_assert_eq(m[0].vcpu, 0);
	q.from = WORLD_ONE;
	q.from_vcpu = ~0u;
	cr_assert_eq(get(PARAVANE_METER_vcpu, m, sizeof(m[0]), 1), 0);
}

Test(meter, no_more_than_a_batch_at_once)
{
	static struct paravane_meter_vcpu m[PARAVANE_METER_BATCH + 1];
	unsigned int i;

	for (i = 1; i <= 3; i++)
		world_domain((domid_t)i, 32, NULL);
	cr_assert_eq(get(PARAVANE_METER_vcpu, m, sizeof(m[0]), ~0u),
		     PARAVANE_METER_BATCH);
	cr_assert_eq(m[PARAVANE_METER_BATCH].at_ns, 0);
}

Test(meter, the_four_times_are_of_one_moment)
{
	struct vcpu *v = d->vcpu[1];
	struct paravane_meter_vcpu m;
	uint64_t start = v->state_since_ns, sum = 0;
	unsigned int s;

	fake_time_ns += 500;
	vcpu_wake(v);
	fake_time_ns += 30;
	cr_assert_eq(sched_pick(0, NULL, fake_time_ns), v);
	fake_time_ns += 7000;
	m = vcpu_of(d, 1);
	cr_assert_eq(m.state, RUNSTATE_running);
	cr_assert_eq(m.state_ns[RUNSTATE_running], 7000);
	cr_assert_eq(m.state_ns[RUNSTATE_runnable], 30);
	cr_assert_eq(m.state_ns[RUNSTATE_offline], 500);
	for (s = 0; s < PARAVANE_METER_STATES; s++)
		sum += m.state_ns[s];
	cr_assert_eq(sum, m.at_ns - start);
	cr_assert_eq(m.switches, 1);
	cr_assert_eq(vcpu_of(d, 0).switches, 0);
}

/* Whoever looks at whatever moment: all of the CPU's time is somebody's. */
Test(meter, run_and_idle_and_ended_add_up_to_uptime)
{
	struct paravane_meter_cpu c;
	uint64_t run = 0, ended;
	struct vcpu *cur;
	unsigned int i;

	vcpu_wake(d->vcpu[0]);
	vcpu_wake(two->vcpu[0]);
	cur = sched_pick(0, NULL, fake_time_ns);
	for (i = 0; i < 50; i++) {
		fake_time_ns += 1000003ull * (i % 7 + 1);
		if (i % 5 == 4)
			vcpu_yield(cur);
		if (i == 20)
			domain_shutdown(two, SHUTDOWN_poweroff);
		cur = sched_pick(0, cur, fake_time_ns);
	}
	domain_pause(d);
	cur = sched_pick(0, cur, fake_time_ns);
	cr_assert_null(cur);
	fake_time_ns += 77;
	world_end(two);
	two = NULL;
	for (i = 0; i < 3; i++)
		run += vcpu_of(d, i).state_ns[RUNSTATE_running];
	run += vcpu_of(zero, 0).state_ns[RUNSTATE_running];
	ended = machine().ended_ns[RUNSTATE_running];
	cr_assert_eq(machine().domains_ended, 1);
	cr_assert_gt(ended, 0);
	cr_assert_gt(run, 0);
	q.from = 0;
	cr_assert_eq(get(PARAVANE_METER_cpu, &c, sizeof(c), 1), 1);
	cr_assert_eq(c.idle, 1);
	cr_assert_eq(c.at_ns, fake_time_ns);
	cr_assert_eq(run + ended + c.idle_ns, fake_time_ns);
	cr_assert_gt(c.switches, 2);
	/* The fake machine's. */
	cr_assert_eq(c.interrupts, 1000);
	cr_assert_eq(c.ipis, 2000);
	cr_assert_eq(c.tlb_flushes, 3000);
}

Test(meter, an_idle_cpu_that_looks_again_switches_nothing)
{
	struct paravane_meter_cpu before, after;

	(void)sched_pick(0, NULL, fake_time_ns);
	get(PARAVANE_METER_cpu, &before, sizeof(before), 1);
	(void)sched_pick(0, NULL, fake_time_ns);
	q.from = 0;
	get(PARAVANE_METER_cpu, &after, sizeof(after), 1);
	cr_assert_eq(before.switches, after.switches);
}

static void call(struct vcpu *v, uint64_t nr, uint64_t a0, uint64_t a1)
{
	v->arch.regs.rax = nr;
	v->arch.regs.rdi = a0;
	v->arch.regs.rsi = a1;
	hypercall_dispatch(v);
}

Test(meter, hypercalls_by_number_in_multicalls_too)
{
	struct multicall_entry e[3] = {
		{.op = __HYPERVISOR_xen_version},
		{.op = __HYPERVISOR_xen_version},
		{.op = 63}, /* there is none */
	};
	struct paravane_meter_vcpu m;

	call(d->vcpu[2], __HYPERVISOR_xen_version, 0, 0);
	call(d->vcpu[2], __HYPERVISOR_multicall, (uintptr_t)e, 3);
	call(d->vcpu[2], 1ull << 20, 0, 0);
	m = vcpu_of(d, 2);
	cr_assert_eq(m.hypercalls[__HYPERVISOR_xen_version], 3);
	cr_assert_eq(m.hypercalls[__HYPERVISOR_multicall], 1);
	cr_assert_eq(m.hypercalls[63], 0);
	cr_assert_eq(vcpu_of(d, 1).hypercalls[__HYPERVISOR_xen_version], 0);
}

Test(meter, events_that_are_sent_and_told)
{
	struct evtchn_bind_ipi b = {.vcpu = 0};
	struct evtchn_send s;
	struct vcpu *v = d->vcpu[0];

	cr_assert_eq(dm_call(hypercall_event_channel_op, v, EVTCHNOP_bind_ipi,
			     (uintptr_t)&b, 0),
		     0);
	s.port = b.port;
	cr_assert_eq(dm_call(hypercall_event_channel_op, v, EVTCHNOP_send,
			     (uintptr_t)&s, 0),
		     0);
	cr_assert_eq(vcpu_of(d, 0).events_sent, 1);
	cr_assert_eq(vcpu_of(d, 0).upcalls, 0);
	cr_assert_eq(domain_of(d).ports, 1);
	v->arch.event_eip = 0;
	bounce_pending(v);
	cr_assert_eq(vcpu_of(d, 0).upcalls, 0, "there is nobody to tell");
}

Test(meter, grants_that_are_mapped_and_lent)
{
	struct gnttab_map_grant_ref map;
	mfn_t m = world_page(d);

	gt_give(d, 8, WORLD_ZERO, m, 0);
	gt_give(d, 9, WORLD_ZERO, m, 0);
	cr_assert_eq(gt_map(zero->vcpu[0], WORLD_ONE, 8, 0,
			    GNTMAP_host_map | GNTMAP_device_map, &map),
		     GNTST_okay);
	cr_assert_eq(vcpu_of(zero, 0).grant_maps, 1);
	cr_assert_eq(domain_of(zero).grants_mapped, 1);
	cr_assert_eq(domain_of(zero).grants_lent, 0);
	cr_assert_eq(domain_of(d).grants_lent, 1, "two pins of one entry");
	cr_assert_eq(gt_unmap(zero->vcpu[0], 0, &map), GNTST_okay);
	cr_assert_eq(domain_of(d).grants_lent, 1);
	cr_assert_eq(gt_unmap_device(zero->vcpu[0], &map), GNTST_okay);
	cr_assert_eq(domain_of(d).grants_lent, 0);
	cr_assert_eq(domain_of(zero).grants_mapped, 0);
}

Test(meter, a_domain_tells_who_it_is_and_what_it_has)
{
	struct paravane_meter_domain m;

	memset(d->handle, 0x3d, sizeof(d->handle));
	d->vcpu[2]->up = false;
	d->page_max = 12345;
	m = domain_of(d);
	cr_assert_eq(m.handle[15], 0x3d);
	cr_assert_eq(m.vcpus, 3);
	cr_assert_eq(m.vcpus_online, 2);
	cr_assert_eq(m.pages, d->page_count);
	cr_assert_eq(m.frames_held, d->frame_count);
	cr_assert_eq(m.pages_max, 12345);
	cr_assert_eq(m.census_ns, 0, "none yet");
	domain_shutdown(d, SHUTDOWN_crash);
	cr_assert(domain_of(d).flags & XEN_DOMINF_shutdown);
}

/* Also of one that is dead and of which somebody keeps a page. */
Test(meter, the_dead_that_linger_are_told_of)
{
	struct gnttab_map_grant_ref map;
	mfn_t m = world_page(d);

	gt_give(d, 8, WORLD_TWO, m, 0);
	cr_assert_eq(
		gt_map(two->vcpu[0], WORLD_ONE, 8, 0, GNTMAP_host_map, &map),
		GNTST_okay);
	world_end(d);
	cr_assert(domain_of(d).flags & XEN_DOMINF_dying);
	cr_assert_eq(domain_of(d).frames_held, 1);
	cr_assert_eq(domain_of(d).grants_lent, 1);
	cr_assert_eq(machine().domains_ended, 0);
	cr_assert_eq(vcpu_of(d, 2).state, RUNSTATE_offline);
}

static void pass(void)
{
	struct paravane_meter_census c = {0};
	uint64_t passes;

	cr_assert_eq(op(zero, PARAVANE_OP_meter_census, &c), 0);
	cr_assert_eq(c.frames, 0);
	cr_assert_eq(c.total, max_mfn);
	for (passes = c.passes; c.passes == passes;) {
		c.frames = 1000;
		cr_assert_eq(op(zero, PARAVANE_OP_meter_census, &c), 0);
		cr_assert_leq(c.frames, 1000);
		cr_assert_gt(c.frames, 0);
	}
	cr_assert_eq(c.next, 0);
}

Test(meter, a_census_counts_frames_by_type)
{
	struct paravane_meter_domain m;
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < 5; i++)
		(void)world_page(d);
	cr_assert_eq(frame_get_writable(world_page(d), d), 0);
	fake_time_ns += 99;
	pass();
	m = domain_of(d);
	cr_assert_eq(m.census_ns, fake_time_ns);
	for (i = PARAVANE_FRAMES_l1; i <= PARAVANE_FRAMES_l4; i++)
		cr_assert_eq(m.frames[i], 1, "a table of level %u", i);
	cr_assert_geq(m.frames[PARAVANE_FRAMES_untyped], 5);
	cr_assert_eq(m.frames[PARAVANE_FRAMES_writable], 1);
	cr_assert_geq(m.frames[PARAVANE_FRAMES_shared], 1);
	for (i = 0; i < PARAVANE_FRAMES_pinned; i++)
		sum += m.frames[i];
	cr_assert_eq(sum, m.frames_held);
	cr_assert_eq(machine().census_passes, 1);
}

Test(meter, a_domain_that_came_in_the_middle_waits_for_the_next_census)
{
	struct paravane_meter_census c = {.frames = 1};
	struct domain *late;

	cr_assert_eq(op(zero, PARAVANE_OP_meter_census, &c), 0);
	cr_assert_eq(c.next, 1);
	late = world_domain(7, 1, NULL);
	world_end(two);
	pass();
	cr_assert_eq(domain_of(late).census_ns, 0);
	cr_assert_neq(domain_of(d).frames[PARAVANE_FRAMES_l4], 0);
	pass();
	cr_assert_eq(domain_of(late).frames[PARAVANE_FRAMES_l4], 1);
}

Test(meter, a_census_stops_when_something_is_due)
{
	struct paravane_meter_census c = {.frames = ~0ull};

	fake_preempt_every = 1;
	cr_assert_eq(op(zero, PARAVANE_OP_meter_census, &c), 0);
	cr_assert_leq(c.frames, 1024);
	fake_preempt_every = 0;
	c.frames = ~0ull;
	cr_assert_eq(op(zero, PARAVANE_OP_meter_census, &c), 0);
	cr_assert_leq(c.frames, PARAVANE_CENSUS_MAX);
}
