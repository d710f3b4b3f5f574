/* SPDX-License-Identifier: MIT */
/* The clock's fixed-point arithmetic: hypervisor/time/scale.c. */
#include <criterion/criterion.h>
#include "time/scale.h"

static const uint64_t frequencies[] = {
	1000000,    3579545,	999999999,  1000000000, 1000000001, 1999999999,
	2000000000, 2000000001, 2399987000, 3999999999, 4000000001, 5123456789,
};

#define COUNT (sizeof(frequencies) / sizeof(frequencies[0]))

Test(time_scale, multiplier_has_its_top_bit_set)
{
	for (size_t i = 0; i < COUNT; i++) {
		struct tsc_scale s = tsc_scale_from_hz(frequencies[i]);

		cr_assert(s.mul >> 31, "%lu Hz: %#x",
			  (unsigned long)frequencies[i], s.mul);
	}
}

Test(time_scale, an_hour_is_right_to_a_microsecond)
{
	for (size_t i = 0; i < COUNT; i++) {
		struct tsc_scale s = tsc_scale_from_hz(frequencies[i]);
		uint64_t ns = tsc_scale_ticks(s, frequencies[i] * 3600);
		uint64_t exact = 3600 * NS_PER_SECOND;

		cr_assert(ns <= exact, "%lu Hz runs fast",
			  (unsigned long)frequencies[i]);
		cr_assert(exact - ns < 2000, "%lu Hz: %lu ns short",
			  (unsigned long)frequencies[i],
			  (unsigned long)(exact - ns));
	}
}

Test(time_scale, a_reader_finds_the_frequency_within_one_in_a_billion)
{
	for (size_t i = 0; i < COUNT; i++) {
		uint64_t hz = frequencies[i];
		uint64_t back = tsc_scale_to_hz(tsc_scale_from_hz(hz));
		uint64_t off = back > hz ? back - hz : hz - back;

		cr_assert(off <= hz / 500000000 + 1, "%lu came back as %lu",
			  (unsigned long)hz, (unsigned long)back);
	}
}

Test(time_scale, agrees_with_the_reader_s_formula_in_128_bits)
{
	struct tsc_scale s = tsc_scale_from_hz(2399987000);
	uint64_t ticks = 0x0123456789abcdefull;
	unsigned __int128 wide = (unsigned __int128)(ticks >> -s.shift) * s.mul;

	cr_assert_lt(s.shift, 0);
	cr_assert_eq(tsc_scale_ticks(s, ticks), (uint64_t)(wide >> 32));
}

Test(time_scale, chained_stamps_never_lead_the_whole)
{
	struct tsc_scale s = tsc_scale_from_hz(2399987000);

	for (uint64_t part = 1; part < 5000; part += 7) {
		uint64_t whole = tsc_scale_ticks(s, 12345 + part);

		cr_assert_leq(tsc_scale_ticks(s, 12345) +
				      tsc_scale_ticks(s, part),
			      whole);
	}
}

Test(time_scale, mul_div_agrees_with_128_bit_arithmetic)
{
	static const uint64_t v[] = {1,
				     3,
				     1000000007,
				     0xffffffff,
				     0x100000001,
				     0x7fffffffffffffff,
				     0xfffffffffffffffd};

	for (size_t a = 0; a < 7; a++) {
		for (size_t b = 0; b < 7; b++) {
			for (size_t c = 0; c < 7; c++) {
				unsigned __int128 q =
					(unsigned __int128)v[a] * v[b] / v[c];

				if (q >> 64)
					continue;
				cr_assert_eq(mul_div_u64(v[a], v[b], v[c]),
					     (uint64_t)q, "%zu %zu %zu", a, b,
					     c);
			}
		}
	}
}
