/* SPDX-License-Identifier: MIT */
/*
 * hypervisor/time/tsc_sync.c beside CPUs whose counters differ in offset and
 * rate, with messages that take their time, now and then very long.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "time/scale.h"
#include "time/tsc_sync.h"

#define OUR_HZ 2400000000ull

/* The world's time in picoseconds, and the other CPU. */
static uint64_t now_ps;
static int64_t their_ppm, their_offset;
static bool settable;
static unsigned int adds;
static uint32_t seed;

static void setup(void)
{
	now_ps = 1000000000000000;
	their_ppm = their_offset = 0;
	settable = true;
	adds = 0;
	seed = 77;
}

TestSuite(tsc_sync, .init = setup);

static uint64_t our_tsc(void)
{
	return mul_div_u64(now_ps, OUR_HZ, 1000000000000);
}

static uint64_t their_tsc(void)
{
	uint64_t hz =
		OUR_HZ + (uint64_t)(their_ppm * (int64_t)OUR_HZ / 1000000);

	/* The rates part from where the test begins. */
	return mul_div_u64(1000000000000000, OUR_HZ, 1000000000000) +
	       mul_div_u64(now_ps - 1000000000000000, hz, 1000000000000) +
	       (uint64_t)their_offset;
}

static uint32_t dice(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

/* 60 to 160 ns each way; one in eight is held up for 30 us. */
static void message(void)
{
	now_ps += 60000 + dice() % 100000;
	if (dice() % 8 == 0)
		now_ps += 30000000;
}

static void ask(struct tsc_round *r)
{
	r->before = our_tsc();
	message();
	r->theirs = their_tsc();
	message();
	r->after = our_tsc();
}

static void add(int64_t ticks)
{
	adds++;
	message();
	if (settable)
		their_offset += ticks;
}

static void pass(void)
{
	now_ps += 5000000000;
}

static const struct tsc_other other = {ask, add, pass};

/* The fastest message's way: what nobody can see. */
#define HIDDEN ((int64_t)(OUR_HZ * 160 / 1000000000))

Test(tsc_sync, counters_in_step_are_left_alone)
{
	int64_t off = 5;

	cr_assert_eq(tsc_sync(&other, &off), TSC_IN_STEP);
	cr_assert_eq(off, 0);
	cr_assert_eq(adds, 0);
}

Test(tsc_sync, a_counter_that_is_off_is_set)
{
	static const int64_t offsets[] = {
		1000, -1000, 5000000, -5000000, 1ll << 52, -(1ll << 51),
	};

	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		int64_t off = 0;

		setup();
		their_offset = offsets[i];
		cr_assert_eq(tsc_sync(&other, &off), TSC_IN_STEP, "%ld",
			     (long)offsets[i]);
		cr_assert_geq(adds, 1);
		/* What is certain is not more than what is so. */
		cr_assert(offsets[i] > 0 ? off > 0 && off <= offsets[i]
					 : off < 0 && off >= offsets[i]);
		cr_assert_leq(labs(their_offset), HIDDEN, "%ld is left",
			      (long)their_offset);
	}
}

Test(tsc_sync, a_counter_that_cannot_be_set_is_refused)
{
	int64_t off = 0;

	their_offset = -4000;
	settable = false;
	cr_assert_eq(tsc_sync(&other, &off), TSC_OFF);
	cr_assert_lt(off, 0);
	cr_assert_geq(off, -4000);
}

Test(tsc_sync, a_counter_of_another_rate_is_refused)
{
	static const int64_t ppm[] = {100, -100, 5000, -5000, 250000, -500000};

	for (size_t i = 0; i < sizeof(ppm) / sizeof(ppm[0]); i++)
		for (int offset = -1; offset <= 1; offset++) {
			int64_t off;

			setup();
			their_ppm = ppm[i];
			their_offset = offset * 3000000;
			cr_assert_neq(tsc_sync(&other, &off), TSC_IN_STEP,
				      "%ld ppm", (long)ppm[i]);
		}
}

/*
 * What it is for: after it, a reader on one CPU who takes the time and tells
 * the other never sees the other's clock behind that. Both compute with one
 * scale and one origin.
 */
Test(tsc_sync, time_read_in_turns_never_goes_back)
{
	struct tsc_scale s = tsc_scale_from_hz(OUR_HZ);
	uint64_t latest = 0;
	int64_t off;

	their_offset = 123456;
	cr_assert_eq(tsc_sync(&other, &off), TSC_IN_STEP);
	for (unsigned int i = 0; i < 100000; i++) {
		uint64_t ns =
			tsc_scale_ticks(s, i & 1 ? their_tsc() : our_tsc());

		cr_assert_geq(ns, latest, "read %u", i);
		latest = ns;
		message();
	}
}
