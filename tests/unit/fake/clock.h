/* SPDX-License-Identifier: MIT */
/*
 * The machine's clock in host tests: it stands still until a test moves it,
 * and remembers what the one-shot timer was programmed for.
 */
#ifndef FAKE_CLOCK_H
#define FAKE_CLOCK_H

#include <stdint.h>

/* System time starts here; the counter at FAKE_TSC_BASE. */
#define FAKE_TIME_BASE 1000007ull
#define FAKE_TSC_BASE  77777777ull
#define FAKE_TSC_HZ    2399987000ull

extern uint64_t fake_time_ns;
/* ~0: off. */
extern uint64_t fake_event_ns;
extern unsigned int fake_event_count;

void fake_clock_reset(void);

#endif
