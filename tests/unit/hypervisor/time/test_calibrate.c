/* SPDX-License-Identifier: MIT */
/* Two clocks beside each other: hypervisor/time/calibrate.c. */
#include <criterion/criterion.h>
#include "time/calibrate.h"
#include "time/scale.h"

static const struct reference timers[] = {
	{"HPET", 100000000, 0xffffffff, NULL},
	{"HPET", 14318180, 0xffffffff, NULL},
	{"ACPI PM timer", 3579545, 0xffffff, NULL},
	{"ACPI PM timer", 3579545, 0xffffffff, NULL},
};

#define TIMERS (sizeof(timers) / sizeof(timers[0]))

/* What both counters say `ns` after they began, the TSC at `hz`. */
static struct clock_sample at(const struct reference *r, uint64_t hz,
			      uint64_t ns)
{
	return (struct clock_sample){
		.tsc = 77777 + mul_div_u64(ns, hz, NS_PER_SECOND),
		.width = 2000,
		.ref = (uint32_t)(0xfffff0 +
				  mul_div_u64(ns, r->hz, NS_PER_SECOND)) &
		       r->mask,
	};
}

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* The rate that is known before is up to 50 in a million off. */
Test(time_calibrate, the_true_rate_is_found_within_the_error_that_is_told)
{
	static const uint64_t rates[] = {1000000000, 2399987000, 4123456789};
	static const uint64_t waits_ms[] = {20, 300, 900, 4700, 43000, 600000};

	for (size_t t = 0; t < TIMERS; t++)
		for (size_t h = 0; h < 3; h++)
			for (size_t w = 0; w < 6; w++) {
				const struct reference *r = &timers[t];
				uint64_t hz = rates[h], about, found, error;
				struct clock_sample a, b;

				a = at(r, hz, 0);
				b = at(r, hz, waits_ms[w] * NS_PER_MS);
				about = hz + hz / 20000;
				found = reference_tsc_hz(r, &a, &b, about);
				error = reference_error_ppb(r, &a, &b, about);
				cr_assert_leq(
					apart(found, hz),
					mul_div_u64(hz, error, 1000000000),
					"%s %lu Hz, %lu ms: %lu", r->name,
					(unsigned long)hz,
					(unsigned long)waits_ms[w],
					(unsigned long)found);
				/* Half a millisecond a minute, by then. */
				if (waits_ms[w] >= 300)
					cr_assert_leq(error, 8000);
			}
}

Test(time_calibrate, ticks_are_counted_through_every_wrap)
{
	for (size_t t = 0; t < TIMERS; t++)
		for (uint64_t s = 0; s < 200; s++) {
			const struct reference *r = &timers[t];
			struct clock_sample a = at(r, 2399987000, 0);
			struct clock_sample b =
				at(r, 2399987000, s * NS_PER_SECOND);

			/* By a rate that is too low, right, too high. */
			for (int off = -1; off <= 1; off++)
				cr_assert_eq(reference_ticks(
						     r, &a, &b,
						     (uint64_t)(2399987000 +
								off * 99999)),
					     s * r->hz, "%s, %lu s", r->name,
					     (unsigned long)s);
		}
}

/* Counters that run apart are seen to: nothing rounds a drift away. */
Test(time_calibrate, a_drift_is_counted_and_not_taken_for_wraps)
{
	const struct reference *r = &timers[2];
	struct clock_sample a = at(r, 2400000000, 0), b;
	uint64_t ticks;

	/* The TSC gained 10 ppm since its rate was taken. */
	b = at(r, 2400024000, 3600 * NS_PER_SECOND);
	ticks = reference_ticks(r, &a, &b, 2400000000);
	cr_assert_eq(ticks, 3600 * r->hz);
	cr_assert_eq((b.tsc - a.tsc) / 2400000 -
			     mul_div_u64(ticks, 1000, r->hz),
		     36, "36 ms in an hour");
}

Test(time_calibrate, samples_too_close_tell_nothing)
{
	const struct reference *r = &timers[0];
	struct clock_sample a = at(r, 2400000000, 0);

	cr_assert_eq(reference_tsc_hz(r, &a, &a, 2400000000), 0);
	cr_assert_eq(reference_error_ppb(r, &a, &a, 2400000000), 1000000000);
}

Test(time_calibrate, a_rate_agrees_within_the_error)
{
	cr_assert(reference_agrees(2400000000, 2400000000, 0));
	cr_assert(reference_agrees(2400019200, 2400000000, 8000));
	cr_assert(reference_agrees(2399980800, 2400000000, 8000));
	cr_assert_not(reference_agrees(2400019201, 2400000000, 8000));
	cr_assert_not(reference_agrees(2399980799, 2400000000, 8000));
}
