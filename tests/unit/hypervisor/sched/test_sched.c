/* SPDX-License-Identifier: MIT */
/* Who runs when, for how long, and what is charged. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include "event/event.h"
#include "fake/clock.h"
#include "fake/machine.h"
#include "fake/world.h"
#include "sched/sched.h"
#include "time/time.h"

#define MS    1000000ull
#define SLICE (10 * MS)

static struct domain *d;
static struct vcpu *v[4];
static struct vcpu *cur;

static void setup(void)
{
	unsigned int i;

	fake_clock_reset();
	world_init();
	d = world_domain(WORLD_ONE, 4, NULL);
	for (i = 0; i < 4; i++)
		v[i] = d->vcpu[i];
	cur = NULL;
}

TestSuite(sched, .init = setup);

static struct vcpu *pick(void)
{
	fake_sched_requests = 0;
	cur = sched_pick(0, cur, fake_time_ns);
	return cur;
}

/* Time passes; the timer interrupt comes when it was asked for. */
static void run_for(uint64_t ns)
{
	uint64_t end = fake_time_ns + ns;

	if (fake_sched_requests)
		pick();
	while (timers_next() <= end) {
		fake_time_ns = MAX(fake_time_ns, timers_next());
		timers_run(fake_time_ns);
		if (fake_sched_requests)
			pick();
	}
	fake_time_ns = end;
}

static uint64_t ran(struct vcpu *x)
{
	return vcpu_state_time(x, VCPU_RUNNING);
}

Test(sched, nobody_runnable_is_idle)
{
	cr_assert_null(pick());
	cr_assert_eq(v[0]->state, VCPU_OFFLINE);
	cr_assert_eq(timers_next(), ~0ull);
}

/* Each of the conditions, alone, keeps a vCPU from running. */
struct cond {
	bool initialised, up, paused, blocked, runs;
	enum vcpu_run state;
};

static struct cond conds[] = {
	{true, true, false, false, true, VCPU_RUNNING},
	{false, true, false, false, false, VCPU_OFFLINE},
	{true, false, false, false, false, VCPU_OFFLINE},
	{true, true, true, false, false, VCPU_OFFLINE},
	{true, true, false, true, false, VCPU_BLOCKED},
	{true, true, true, true, false, VCPU_BLOCKED},
};

ParameterizedTestParameters(sched, conditions)
{
	return cr_make_param_array(struct cond, conds, ARRAY_SIZE(conds));
}

ParameterizedTest(struct cond *c, sched, conditions)
{
	v[0]->initialised = c->initialised;
	v[0]->up = c->up;
	v[0]->blocked = c->blocked;
	if (c->paused)
		vcpu_pause(v[0]);
	vcpu_wake(v[0]);
	cr_assert_eq(pick() == v[0], c->runs);
	cr_assert_eq(v[0]->state, c->state);
	cr_assert_eq(v[0]->on_cpu, c->runs);
}

Test(sched, waking_an_idle_cpu_asks_it_to_choose)
{
	pick();
	fake_sched_requests = 0;
	vcpu_wake(v[0]);
	cr_assert_eq(fake_sched_requests, 1);
	cr_assert_eq(v[0]->state, VCPU_RUNNABLE);
	cr_assert_eq(pick(), v[0]);
}

Test(sched, alone_it_runs_on_without_timer_interrupts)
{
	vcpu_wake(v[0]);
	pick();
	cr_assert_eq(timers_next(), ~0ull);
	fake_time_ns += 3 * SLICE;
	cr_assert_eq(pick(), v[0]);
	cr_assert_eq(ran(v[0]), 3 * SLICE);
	cr_assert_eq(vcpu_state_time(v[0], VCPU_RUNNABLE), 0);
}

Test(sched, hogs_take_turns_of_10_ms)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		vcpu_wake(v[i]);
	cr_assert_eq(pick(), v[0]);
	run_for(SLICE - 1);
	cr_assert_eq(cur, v[0]);
	run_for(1);
	cr_assert_eq(cur, v[1]);
	run_for(SLICE);
	cr_assert_eq(cur, v[2]);
	run_for(SLICE);
	cr_assert_eq(cur, v[0]);
	run_for(297 * SLICE);
	for (i = 0; i < 3; i++)
		cr_assert_eq(ran(v[i]), 100 * SLICE, "%u: %llu", i,
			     (unsigned long long)ran(v[i]));
}

Test(sched, yield_goes_to_the_end)
{
	vcpu_wake(v[0]);
	vcpu_wake(v[1]);
	pick();
	fake_time_ns += MS;
	vcpu_yield(v[0]);
	cr_assert_eq(pick(), v[1]);
	fake_time_ns += MS;
	vcpu_yield(v[1]);
	cr_assert_eq(pick(), v[0]);
}

Test(sched, yield_with_nobody_else_goes_on)
{
	vcpu_wake(v[0]);
	pick();
	vcpu_yield(v[0]);
	cr_assert_eq(pick(), v[0]);
	cr_assert_eq(v[0]->state_since_ns, FAKE_TIME_BASE);
}

Test(sched, who_wakes_up_preempts_a_hog_that_keeps_the_rest_of_its_slice)
{
	vcpu_wake(v[0]);
	pick();
	fake_time_ns += 2 * MS;
	vcpu_block(v[0]);
	cr_assert_null(pick());
	cr_assert_eq(v[0]->state, VCPU_BLOCKED);
	vcpu_wake(v[1]);
	vcpu_wake(v[2]);
	cr_assert_eq(pick(), v[1]);
	fake_time_ns += 4 * MS;
	fake_sched_requests = 0;
	vcpu_kick(v[0]);
	cr_assert_geq(fake_sched_requests, 1);
	cr_assert_eq(pick(), v[0]);
	cr_assert_eq(v[1]->state, VCPU_RUNNABLE);
	/* It may use a slice; the hog has 6 ms left, after its equal. */
	run_for(SLICE);
	cr_assert_eq(cur, v[2]);
	run_for(SLICE);
	cr_assert_eq(cur, v[1]);
	cr_assert_eq(v[1]->slice_end_ns, fake_time_ns + 6 * MS);
}

/* v[0] (and v[2]) sleep, v[1] computes, and has for a while. */
static void hog_beside_sleepers(void)
{
	vcpu_wake(v[0]);
	pick();
	vcpu_block(v[0]);
	pick();
	vcpu_wake(v[2]);
	pick();
	vcpu_block(v[2]);
	pick();
	vcpu_wake(v[1]);
	pick();
	fake_time_ns += 3 * SLICE;
	cr_assert_eq(pick(), v[1]);
}

Test(sched, wake_ups_preempt_twenty_times_in_a_row_and_then_seldom)
{
	uint64_t first;
	unsigned int i;

	hog_beside_sleepers();
	first = fake_time_ns;
	for (i = 0; i < 20; i++) {
		fake_sched_requests = 0;
		vcpu_kick(v[0]);
		cr_assert_eq(fake_sched_requests, 1, "%u", i);
		cr_assert_eq(pick(), v[0], "%u", i);
		fake_time_ns += 1000;
		vcpu_block(v[0]);
		cr_assert_eq(pick(), v[1]);
		fake_time_ns += 1000;
	}
	vcpu_kick(v[0]);
	cr_assert_eq(fake_sched_requests, 0);
	run_for(first + 500000 - 1 - fake_time_ns);
	cr_assert_eq(cur, v[1]);
	run_for(1);
	cr_assert_eq(cur, v[0]);
}

Test(sched, who_has_just_woken_up_is_let_alone_for_a_moment)
{
	hog_beside_sleepers();
	vcpu_kick(v[0]);
	cr_assert_eq(pick(), v[0]);
	fake_time_ns += 100000;
	vcpu_kick(v[2]);
	cr_assert_eq(fake_sched_requests, 0);
	run_for(399999);
	cr_assert_eq(cur, v[0]);
	run_for(1);
	cr_assert_eq(cur, v[2]);
}

/* One that spins until the other has run must not cost them their turn. */
Test(sched, those_who_have_woken_up_take_turns_before_a_hog)
{
	hog_beside_sleepers();
	vcpu_kick(v[0]);
	cr_assert_eq(pick(), v[0]);
	vcpu_kick(v[2]);
	run_for(500000);
	cr_assert_eq(cur, v[2]);
	run_for(500000);
	cr_assert_eq(cur, v[0]);
	run_for(500000);
	cr_assert_eq(cur, v[2]);
	vcpu_block(v[2]);
	cr_assert_eq(pick(), v[0]);
	/* For the rest of its slice, and no longer. */
	run_for(8999999);
	cr_assert_eq(cur, v[0]);
	run_for(1);
	cr_assert_eq(cur, v[1]);
}

Test(sched, sleepers_do_not_starve_a_hog)
{
	uint64_t end;

	/* Two that wake each other for ever, just before their slices end. */
	vcpu_wake(v[0]);
	vcpu_wake(v[1]);
	vcpu_wake(v[2]);
	pick();
	end = fake_time_ns + 600 * MS;
	while (fake_time_ns < end) {
		run_for(900000);
		if (cur == v[0] || cur == v[1]) {
			struct vcpu *me = cur;

			vcpu_block(me);
			pick();
			vcpu_kick(me);
			if (fake_sched_requests)
				pick();
		}
	}
	cr_assert_geq(ran(v[2]), 190 * MS, "the hog had %llu ns of 600 ms",
		      (unsigned long long)ran(v[2]));
}

Test(sched, a_block_with_an_event_waiting_does_nothing)
{
	vcpu_wake(v[0]);
	pick();
	v[0]->info->evtchn_upcall_mask = 0;
	v[0]->info->evtchn_upcall_pending = 1;
	vcpu_block(v[0]);
	cr_assert(!v[0]->blocked);
	v[0]->info->evtchn_upcall_mask = 1;
	vcpu_block(v[0]);
	cr_assert(v[0]->blocked);
	vcpu_kick(v[0]);
	v[0]->nmi_pending = true;
	vcpu_block(v[0]);
	cr_assert(!v[0]->blocked);
	cr_assert_eq(pick(), v[0]);
}

Test(sched, an_event_between_block_and_the_switch_keeps_it_running)
{
	vcpu_wake(v[0]);
	pick();
	vcpu_block(v[0]);
	vcpu_kick(v[0]);
	cr_assert_eq(pick(), v[0]);
	cr_assert_eq(v[0]->state_since_ns, FAKE_TIME_BASE);
}

Test(sched, pauses_are_counted)
{
	vcpu_wake(v[0]);
	vcpu_wake(v[1]);
	pick();
	vcpu_pause(v[1]);
	vcpu_pause(v[1]);
	cr_assert_eq(v[1]->state, VCPU_OFFLINE);
	run_for(3 * SLICE);
	cr_assert_eq(cur, v[0]);
	vcpu_unpause(v[1]);
	cr_assert_eq(v[1]->state, VCPU_OFFLINE);
	vcpu_unpause(v[1]);
	cr_assert_eq(v[1]->state, VCPU_RUNNABLE);
	run_for(1);
	cr_assert_eq(cur, v[1], "the other has had more than its slice");
}

Test(sched, pausing_the_current_asks_for_another)
{
	vcpu_wake(v[0]);
	vcpu_wake(v[1]);
	pick();
	fake_sched_requests = 0;
	vcpu_pause(v[0]);
	cr_assert_geq(fake_sched_requests, 1);
	cr_assert_eq(pick(), v[1]);
	cr_assert_eq(v[0]->state, VCPU_OFFLINE);
}

Test(sched, a_kick_of_a_paused_blocked_vcpu_takes_effect_at_unpause)
{
	vcpu_wake(v[0]);
	pick();
	vcpu_block(v[0]);
	pick();
	vcpu_pause(v[0]);
	cr_assert_eq(v[0]->state, VCPU_BLOCKED);
	vcpu_kick(v[0]);
	cr_assert_eq(v[0]->state, VCPU_OFFLINE);
	cr_assert_null(pick());
	vcpu_unpause(v[0]);
	cr_assert_eq(pick(), v[0]);
}

Test(sched, one_brought_down_while_it_waited_is_passed_over)
{
	vcpu_wake(v[0]);
	vcpu_wake(v[1]);
	vcpu_wake(v[2]);
	pick();
	v[1]->up = false; /* nobody told the scheduler */
	run_for(SLICE);
	cr_assert_eq(cur, v[2]);
	cr_assert_eq(v[1]->state, VCPU_OFFLINE);
	v[2]->up = false;
	vcpu_sleep(v[2]);
	cr_assert_eq(pick(), v[0]);
}

Test(sched, every_nanosecond_is_charged_to_one_state)
{
	unsigned int seed = 0x5c4ed, round, i, s;
	uint64_t start = fake_time_ns, total;

	for (i = 0; i < 4; i++)
		vcpu_wake(v[i]);
	for (round = 0; round < 20000; round++) {
		struct vcpu *x = v[rand_r(&seed) % 4];

		run_for(rand_r(&seed) % 2000000);
		switch (rand_r(&seed) % 6) {
		case 0:
			if (cur)
				vcpu_block(cur);
			break;
		case 1:
			if (cur)
				vcpu_yield(cur);
			break;
		case 2:
			if (!x->pause_count)
				vcpu_pause(x);
			break;
		case 3:
			if (x->pause_count)
				vcpu_unpause(x);
			break;
		case 4:
			x->up = !x->up;
			vcpu_wake(x);
			break;
		default:
			vcpu_kick(x);
			break;
		}
		pick();
		cr_assert(!cur || vcpu_runnable(cur));
		for (i = 0; i < 4; i++) {
			cr_assert_eq(v[i]->on_cpu, v[i] == cur);
			/* The CPU idles only if nobody could run. */
			cr_assert(cur || !vcpu_runnable(v[i]));
		}
	}
	for (i = 0; i < 4; i++) {
		for (s = 0, total = 0; s < 4; s++)
			total += vcpu_state_time(v[i], s);
		cr_assert_eq(total, fake_time_ns - start);
	}
}

/* One looked at the clock, and got the lock after a later one. */
Test(sched, no_time_counts_twice_when_clocks_were_read_in_another_order)
{
	uint64_t start = fake_time_ns, total = 0;
	struct vcpu_times t;
	unsigned int s;

	vcpu_wake(v[0]);
	fake_time_ns = start + 100;
	cr_assert_eq(sched_pick(0, NULL, start + 100), v[0]);
	vcpu_pause(v[0]);
	cr_assert_null(sched_pick(0, v[0], start + 90));
	fake_time_ns = start + 150;
	vcpu_times(v[0], &t);
	cr_assert_eq(t.since_ns, start + 100);
	for (s = 0; s < 4; s++)
		total += vcpu_state_time(v[0], s);
	cr_assert_eq(total, 150);
}

/* Two CPUs: the second takes what waits for the first. */
static void two_cpus(void)
{
	fake_cpus = 2;
	sched_cpu_up(1);
}

Test(sched, an_idle_cpu_takes_what_waits_elsewhere)
{
	two_cpus();
	vcpu_wake(v[0]);
	vcpu_wake(v[1]);
	cr_assert_eq(sched_pick(0, NULL, fake_time_ns), v[0]);
	fake_cpu = 1;
	cr_assert_eq(sched_pick(1, NULL, fake_time_ns), v[1]);
	cr_assert_eq(v[1]->cpu, 1);
	cr_assert(v[0]->on_cpu && v[1]->on_cpu);
}

Test(sched, what_wakes_beside_a_busy_cpu_is_shown_to_an_idle_one)
{
	unsigned int i;

	for (i = 1; i < 4; i++)
		vcpu_pause(v[i]);
	two_cpus();
	vcpu_wake(v[0]);
	cr_assert_eq(sched_pick(0, NULL, fake_time_ns), v[0]);
	cr_assert_null(sched_pick(1, NULL, fake_time_ns));
	fake_requests_on[1] = 0;
	vcpu_unpause(v[1]);
	cr_assert_eq(fake_requests_on[1], 1);
}

Test(sched, a_vcpu_that_runs_elsewhere_is_told_of_an_event)
{
	two_cpus();
	vcpu_wake(v[0]);
	cr_assert_eq(sched_pick(0, NULL, fake_time_ns), v[0]);
	vcpu_kick(v[0]);
	cr_assert_eq(fake_looks[0], 0, "its own CPU will look anyway");
	fake_cpu = 1;
	vcpu_kick(v[0]);
	cr_assert_eq(fake_looks[0], 1);
}

static void cpu0_chooses(void)
{
	fake_cpu = 0;
	(void)sched_pick(0, v[0], fake_time_ns);
	fake_cpu = 1;
}

Test(sched, a_pause_waits_until_the_vcpu_is_off_its_cpu)
{
	two_cpus();
	vcpu_wake(v[0]);
	cr_assert_eq(sched_pick(0, NULL, fake_time_ns), v[0]);
	fake_cpu = 1;
	fake_wait_hook = cpu0_chooses;
	vcpu_pause_wait(v[0]);
	cr_assert_not(v[0]->on_cpu);
	cr_assert_eq(fake_requests_on[0], 1);
	vcpu_unpause(v[0]);
}
