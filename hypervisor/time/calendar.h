/* SPDX-License-Identifier: MIT */
/*
 * The CMOS clock's date to seconds since 1970. Pure; tested by
 * tests/unit/hypervisor/time/test_calendar.c.
 */
#ifndef TIME_CALENDAR_H
#define TIME_CALENDAR_H

#include <stdint.h>
#include "lib/macros.h"

/* The clock's registers as they were read. */
struct rtc_registers {
	uint8_t second, minute, hour, day, month, year;
	uint8_t century; /* 0: the machine has no such register */
	uint8_t status_b;
};

#define RTC_B_24_HOURS 0x02
#define RTC_B_BINARY   0x04
#define RTC_HOUR_PM    0x80

/* Seconds since 1970-01-01 00:00, UTC. -EINVAL: no such date. */
MUST_CHECK int calendar_from_rtc(const struct rtc_registers *r,
				 uint64_t *seconds);

/* Days since 1970-01-01 of a date of the Gregorian calendar, 1970 or later. */
uint64_t calendar_days(unsigned int year, unsigned int month, unsigned int day);

#endif
