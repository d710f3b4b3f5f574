/* SPDX-License-Identifier: MIT */
/*
 * The rate of one counter (the TSC) by another of known rate that wraps (HPET,
 * PM timer). Pure.
 *
 * A sample is a pair of values, taken as closely as possible: the reference is
 * read between two reads of the TSC, and lies somewhere in that bracket. So a
 * rate is known to within half of both brackets and a tick of the reference,
 * over the time between: an hour apart, nothing is left of the error.
 *
 * Tested by tests/unit/hypervisor/time/test_calibrate.c.
 */
#ifndef TIME_CALIBRATE_H
#define TIME_CALIBRATE_H

#include <stdbool.h>
#include <stdint.h>

struct reference {
	const char *name;
	uint64_t hz;
	uint32_t mask; /* it counts up, and wraps at mask + 1 */
	uint32_t (*read)(void);
};

struct clock_sample {
	uint64_t tsc;	/* the middle of the bracket */
	uint64_t width; /* of the bracket, in TSC ticks */
	uint32_t ref;
};

/*
 * The reference's ticks between two samples, wraps and all: of those that end
 * in the same digits, the number that is nearest to what a TSC of about tsc_hz
 * leads to expect. Right as long as that is not off by half a wrap.
 */
uint64_t reference_ticks(const struct reference *r,
			 const struct clock_sample *first,
			 const struct clock_sample *last, uint64_t tsc_hz);

/* The TSC's rate between two samples; 0: too close to tell. */
uint64_t reference_tsc_hz(const struct reference *r,
			  const struct clock_sample *first,
			  const struct clock_sample *last, uint64_t tsc_hz);

/* How far that may be from the truth, in parts per billion. */
uint64_t reference_error_ppb(const struct reference *r,
			     const struct clock_sample *first,
			     const struct clock_sample *last, uint64_t tsc_hz);

/* Is the one rate the other, as far as one that may be off so far can tell? */
bool reference_agrees(uint64_t hz, uint64_t measured_hz, uint64_t error_ppb);

#endif
