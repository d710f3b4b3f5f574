/* SPDX-License-Identifier: MIT */
/* The fake clock of fake/clock.h. */
#include "fake/rename.h"
#include "fake/clock.h"
#include "time/time.h"
#include "x86/clock.h"

uint64_t fake_time_ns = FAKE_TIME_BASE;
uint64_t fake_event_ns = ~0ull;
unsigned int fake_event_count;

void fake_clock_reset(void)
{
	fake_time_ns = FAKE_TIME_BASE;
	fake_event_ns = ~0ull;
	fake_event_count = 0;
}

uint64_t time_now_ns(void)
{
	return fake_time_ns;
}

void clock_origin(uint64_t *tsc, uint64_t *system_ns)
{
	*system_ns = fake_time_ns;
	*tsc = FAKE_TSC_BASE +
	       mul_div_u64(fake_time_ns, FAKE_TSC_HZ, NS_PER_SECOND);
}

struct tsc_scale clock_scale(void)
{
	return tsc_scale_from_hz(FAKE_TSC_HZ);
}

void clock_event_program(uint64_t deadline_ns)
{
	fake_event_ns = deadline_ns;
	fake_event_count++;
}
