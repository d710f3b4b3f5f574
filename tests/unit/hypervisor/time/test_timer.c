/* SPDX-License-Identifier: MIT */
/* Timers: hypervisor/time/timer.c. */
#include "fake/rename.h"
#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include "fake/clock.h"
#include "fake/machine.h"
#include "time/time.h"

#define COUNT 5

static struct timer timers[COUNT];
static unsigned int fired[64];
static unsigned int fired_count;

static unsigned int index_of(const struct timer *t)
{
	return (unsigned int)(t - timers);
}

static void note(struct timer *t)
{
	fired[fired_count++] = index_of(t);
}

static void setup(void)
{
	fake_clock_reset();
	fired_count = 0;
	for (unsigned int i = 0; i < COUNT; i++)
		timer_init(&timers[i], note);
}

TestSuite(time_timer, .init = setup);

Test(time_timer, none_armed_means_no_deadline)
{
	cr_assert_eq(timers_next(), ~0ull);
	timers_run(12345);
	cr_assert_eq(fired_count, 0);
	cr_assert_eq(fake_event_ns, ~0ull);
}

Test(time_timer, fires_in_the_order_of_the_deadlines)
{
	static const uint64_t at[COUNT] = {50, 10, 40, 20, 30};

	for (unsigned int i = 0; i < COUNT; i++)
		timer_set(&timers[i], at[i]);
	timers_run(45);
	cr_assert_eq(fired_count, 4);
	cr_assert_eq(fired[0], 1);
	cr_assert_eq(fired[1], 3);
	cr_assert_eq(fired[2], 4);
	cr_assert_eq(fired[3], 2);
	cr_assert_eq(timers_next(), 50);
	cr_assert_eq(timers[1].expires_ns, 0);
}

Test(time_timer, equal_deadlines_fire_in_the_order_of_arming)
{
	for (unsigned int i = 0; i < COUNT; i++)
		timer_set(&timers[COUNT - 1 - i], 99);
	timers_run(99);
	for (unsigned int i = 0; i < COUNT; i++)
		cr_assert_eq(fired[i], COUNT - 1 - i);
}

Test(time_timer, the_machine_is_programmed_for_the_first_deadline_only)
{
	timer_set(&timers[0], 500);
	cr_assert_eq(fake_event_ns, 500);
	timer_set(&timers[1], 700);
	cr_assert_eq(fake_event_ns, 500);
	cr_assert_eq(fake_event_count, 1);
	timer_set(&timers[2], 300);
	cr_assert_eq(fake_event_ns, 300);
	timers_run(300);
	cr_assert_eq(fake_event_ns, 500);
	timers_run(800);
	cr_assert_eq(fake_event_ns, ~0ull);
}

Test(time_timer, arming_again_moves_it)
{
	timer_set(&timers[0], 100);
	timer_set(&timers[0], 200);
	timers_run(150);
	cr_assert_eq(fired_count, 0);
	cr_assert_eq(fake_event_ns, 200);
	timers_run(200);
	cr_assert_eq(fired_count, 1);
}

Test(time_timer, a_stopped_one_does_not_fire_and_stopping_twice_is_harmless)
{
	timer_set(&timers[0], 100);
	timer_stop(&timers[0]);
	timer_stop(&timers[0]);
	timers_run(1000);
	cr_assert_eq(fired_count, 0);
}

Test(time_timer, an_early_interrupt_fires_nothing_and_programs_again)
{
	timer_set(&timers[0], 1000);
	timers_run(999);
	cr_assert_eq(fired_count, 0);
	cr_assert_eq(fake_event_ns, 1000);
	cr_assert_eq(fake_event_count, 2);
}

Test(time_timer, a_deadline_of_zero_has_passed)
{
	timer_set(&timers[0], 0);
	cr_assert_neq(timers[0].expires_ns, 0);
	timers_run(FAKE_TIME_BASE);
	cr_assert_eq(fired_count, 1);
}

static void again_in_the_past(struct timer *t)
{
	note(t);
	timer_set(t, 5);
}

Test(time_timer, one_that_rearms_for_the_past_fires_once_a_run)
{
	timer_init(&timers[0], again_in_the_past);
	timer_set(&timers[0], 10);
	timers_run(100);
	cr_assert_eq(fired_count, 1);
	cr_assert_eq(fake_event_ns, 5);
	timers_run(100);
	cr_assert_eq(fired_count, 2);
}

static void stop_the_next(struct timer *t)
{
	note(t);
	timer_stop(&timers[1]);
}

Test(time_timer, a_fire_function_may_stop_another_that_is_due)
{
	timer_init(&timers[0], stop_the_next);
	timer_set(&timers[0], 10);
	timer_set(&timers[1], 11);
	timer_set(&timers[2], 12);
	timers_run(100);
	cr_assert_eq(fired_count, 2);
	cr_assert_eq(fired[0], 0);
	cr_assert_eq(fired[1], 2);
}

static void delay_the_next(struct timer *t)
{
	note(t);
	timer_set(&timers[1], 400);
}

Test(time_timer, a_fire_function_may_move_another_that_is_due)
{
	timer_init(&timers[0], delay_the_next);
	timer_set(&timers[0], 10);
	timer_set(&timers[1], 11);
	timers_run(100);
	cr_assert_eq(fired_count, 1);
	cr_assert_eq(timers_next(), 400);
	cr_assert_eq(fake_event_ns, 400);
}

Test(time_timer, many_random_ones_come_out_sorted)
{
	static struct timer many[500];
	uint64_t last = 0;
	uint32_t x = 12345;

	for (unsigned int i = 0; i < 500; i++) {
		x = x * 1664525 + 1013904223;
		timer_init(&many[i], note);
		timer_set(&many[i], 1 + x % 100000);
	}
	while (timers_next() != ~0ull) {
		cr_assert_geq(timers_next(), last);
		last = timers_next();
		fired_count = 0;
		timers_run(last);
		cr_assert_geq(fired_count, 1);
	}
}

Test(time_timer, a_timer_fires_where_it_was_armed_last)
{
	fake_cpus = 2;
	timer_set(&timers[0], 50);
	timer_set(&timers[1], 60);
	fake_cpu = 1;
	cr_assert_eq(timers_next(), ~0ull);
	timer_set(&timers[0], 70);
	cr_assert_eq(timers_next(), 70);
	timers_run(100);
	cr_assert_eq(fired_count, 1);
	cr_assert_eq(fired[0], 0);
	fake_cpu = 0;
	timers_run(100);
	cr_assert_eq(fired_count, 2);
	cr_assert_eq(fired[1], 1);
}

Test(time_timer, another_cpu_stops_it)
{
	fake_cpus = 2;
	timer_set(&timers[0], 50);
	fake_cpu = 1;
	timer_stop(&timers[0]);
	fake_cpu = 0;
	cr_assert_eq(timers_next(), ~0ull);
	timers_run(100);
	cr_assert_eq(fired_count, 0);
}

static bool still_fires;
static unsigned int rounds_waited;

static void *fires_elsewhere(void *arg)
{
	(void)arg;
	fake_cpu = 1;
	timers_run(100);
	return NULL;
}

static void fire_slowly(struct timer *t)
{
	(void)t;
	__atomic_store_n(&still_fires, true, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&rounds_waited, __ATOMIC_SEQ_CST))
		sched_yield();
	__atomic_store_n(&still_fires, false, __ATOMIC_SEQ_CST);
}

static void waited(void)
{
	__atomic_fetch_add(&rounds_waited, 1, __ATOMIC_SEQ_CST);
}

/* It lets the timer's function finish only when it is seen to wait for it. */
Test(time_timer, its_end_waits_for_a_cpu_where_it_fires, .timeout = 60)
{
	pthread_t other;

	fake_cpus = 2;
	timer_init(&timers[0], fire_slowly);
	fake_cpu = 1;
	timer_set(&timers[0], 50);
	fake_cpu = 0;
	cr_assert_eq(pthread_create(&other, NULL, fires_elsewhere, NULL), 0);
	while (!__atomic_load_n(&still_fires, __ATOMIC_SEQ_CST))
		sched_yield();
	fake_wait_hook = waited;
	timer_end(&timers[0]);
	cr_assert_not(__atomic_load_n(&still_fires, __ATOMIC_SEQ_CST));
	cr_assert_gt(rounds_waited, 0);
	pthread_join(other, NULL);
}
