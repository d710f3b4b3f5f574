/* SPDX-License-Identifier: MIT */
/*
 * Counter ticks to nanoseconds, as the guests' clock page does it:
 *
 *   ns = ((ticks << shift) * mul) >> 32     (a negative shift goes right)
 *
 * mul has its top bit set, so that the error stays below 2^-31 of the time.
 * Rounding is always down, hence stamps may be chained: going on from a later
 * stamp never gives less than going on from an earlier one.
 *
 * Tested by tests/unit/hypervisor/time/test_scale.c.
 */
#ifndef TIME_SCALE_H
#define TIME_SCALE_H

#include <stdint.h>

#define NS_PER_SECOND 1000000000ull
#define NS_PER_MS     1000000ull
#define NS_PER_US     1000ull

struct tsc_scale {
	uint32_t mul;
	int8_t shift;
};

/* hz: 1 kHz or more. */
struct tsc_scale tsc_scale_from_hz(uint64_t hz);

/* The frequency that a reader of the scale will compute. */
uint64_t tsc_scale_to_hz(struct tsc_scale s);

uint64_t tsc_scale_ticks(struct tsc_scale s, uint64_t ticks);

/* a * b / c with a product of up to 128 bits; the quotient must fit. */
uint64_t mul_div_u64(uint64_t a, uint64_t b, uint64_t c);

#endif
