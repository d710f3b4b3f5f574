/* SPDX-License-Identifier: MIT */
/* Arithmetic of two clocks; what it is for stands in the header. */
#include "time/calibrate.h"
#include "time/scale.h"

#define PPB 1000000000ull

uint64_t reference_ticks(const struct reference *r,
			 const struct clock_sample *first,
			 const struct clock_sample *last, uint64_t tsc_hz)
{
	uint64_t expected = mul_div_u64(last->tsc - first->tsc, r->hz, tsc_hz);
	uint64_t half = r->mask / 2 + 1;
	uint32_t digits = (last->ref - first->ref) & r->mask;
	/* What the digits are above the expected ones', modulo a wrap. */
	uint32_t above = (digits - (uint32_t)expected) & r->mask;
	uint64_t below = (uint64_t)r->mask + 1 - above;

	if (above < half)
		return expected + above;
	/* Nothing lies below zero: it has not wrapped yet. */
	return below <= expected ? expected - below : digits;
}

uint64_t reference_tsc_hz(const struct reference *r,
			  const struct clock_sample *first,
			  const struct clock_sample *last, uint64_t tsc_hz)
{
	uint64_t ticks = reference_ticks(r, first, last, tsc_hz);

	return ticks ? mul_div_u64(last->tsc - first->tsc, r->hz, ticks) : 0;
}

uint64_t reference_error_ppb(const struct reference *r,
			     const struct clock_sample *first,
			     const struct clock_sample *last, uint64_t tsc_hz)
{
	uint64_t apart = last->tsc - first->tsc;
	uint64_t error = (first->width + last->width) / 2 + tsc_hz / r->hz + 1;

	/* It grows without bound as they come together. */
	return error < apart ? mul_div_u64(error, PPB, apart) : PPB;
}

bool reference_agrees(uint64_t hz, uint64_t measured_hz, uint64_t error_ppb)
{
	uint64_t apart = hz > measured_hz ? hz - measured_hz : measured_hz - hz;

	return apart <= mul_div_u64(measured_hz, error_ppb, PPB);
}
