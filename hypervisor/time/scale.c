/* SPDX-License-Identifier: MIT */
/*
 * Fixed-point arithmetic of the clock. Pure; the invariants are in the header.
 *
 * 128-bit division would need a library routine, so mul_div_u64() divides bit
 * by bit; it runs at boot and when a timer is programmed far ahead, not on a
 * hot path.
 */
#include "time/scale.h"

struct tsc_scale tsc_scale_from_hz(uint64_t hz)
{
	struct tsc_scale s = {.shift = 0};

	/*
	 * Find the power of two that brings the frequency into (1, 2] GHz:
	 * then 2^32 * 10^9 / f lies in [2^31, 2^32).
	 */
	while (hz > 2 * NS_PER_SECOND << -s.shift)
		s.shift--;
	while (s.shift >= 0 && hz << s.shift <= NS_PER_SECOND)
		s.shift++;
	if (s.shift < 0)
		s.mul = mul_div_u64(NS_PER_SECOND << -s.shift, 1ull << 32, hz);
	else
		s.mul = (NS_PER_SECOND << 32) / (hz << s.shift);
	return s;
}

uint64_t tsc_scale_to_hz(struct tsc_scale s)
{
	uint64_t hz = (NS_PER_SECOND << 32) / s.mul;

	return s.shift < 0 ? hz << -s.shift : hz >> s.shift;
}

uint64_t tsc_scale_ticks(struct tsc_scale s, uint64_t ticks)
{
	uint64_t high, low;

	if (s.shift < 0)
		ticks >>= -s.shift;
	else
		ticks <<= s.shift;
	high = ticks >> 32;
	low = ticks & 0xffffffff;
	return high * s.mul + (low * s.mul >> 32);
}

uint64_t mul_div_u64(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t ah = a >> 32, al = a & 0xffffffff;
	uint64_t bh = b >> 32, bl = b & 0xffffffff;
	uint64_t mid1 = ah * bl, mid2 = al * bh, low = al * bl;
	uint64_t carry, high, rest, quotient = 0;
	int bit;

	carry = (low >> 32) + (mid1 & 0xffffffff) + (mid2 & 0xffffffff);
	high = ah * bh + (mid1 >> 32) + (mid2 >> 32) + (carry >> 32);
	low = carry << 32 | (low & 0xffffffff);

	if (high == 0)
		return low / c;

	rest = high % c;
	for (bit = 63; bit >= 0; bit--) {
		uint64_t top = rest >> 63;

		rest = rest << 1 | (low >> bit & 1);
		quotient <<= 1;
		/* A bit that left the register counts: rest >= 2^64 > c. */
		if (top || rest >= c) {
			rest -= c;
			quotient |= 1;
		}
	}
	return quotient;
}
