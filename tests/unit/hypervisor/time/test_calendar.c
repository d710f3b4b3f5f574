/* SPDX-License-Identifier: MIT */
/* The CMOS clock's date: hypervisor/time/calendar.c. */
#include <criterion/criterion.h>
#include <errno.h>
#include <time.h>
#include "time/calendar.h"

static struct rtc_registers date(uint8_t year, uint8_t month, uint8_t day)
{
	return (struct rtc_registers){
		.second = 7,
		.minute = 8,
		.hour = 9,
		.day = day,
		.month = month,
		.year = year,
		.status_b = RTC_B_24_HOURS | RTC_B_BINARY,
	};
}

Test(time_calendar, agrees_with_libc_on_every_day_until_2069)
{
	uint64_t expected = 9 * 3600 + 8 * 60 + 7;
	struct tm tm;

	for (; expected < 3124224000ull; expected += 86400) {
		time_t t = (time_t)expected;
		struct rtc_registers r;
		uint64_t s = 0;

		gmtime_r(&t, &tm);
		r = date((uint8_t)(tm.tm_year % 100), (uint8_t)(tm.tm_mon + 1),
			 (uint8_t)tm.tm_mday);
		cr_assert_eq(calendar_from_rtc(&r, &s), 0);
		cr_assert_eq(s, expected, "%d-%d-%d", tm.tm_year, tm.tm_mon,
			     tm.tm_mday);
	}
}

Test(time_calendar, bcd_and_binary_say_the_same)
{
	struct rtc_registers bin = date(24, 12, 31), bcd;
	uint64_t a, b;

	bcd = (struct rtc_registers){.second = 0x59,
				     .minute = 0x58,
				     .hour = 0x23,
				     .day = 0x31,
				     .month = 0x12,
				     .year = 0x24,
				     .status_b = RTC_B_24_HOURS};
	bin.second = 59;
	bin.minute = 58;
	bin.hour = 23;
	cr_assert_eq(calendar_from_rtc(&bin, &a), 0);
	cr_assert_eq(calendar_from_rtc(&bcd, &b), 0);
	cr_assert_eq(a, b);
}

Test(time_calendar, twelve_hour_clocks_know_noon_and_midnight)
{
	static const struct {
		uint8_t hour;
		unsigned int means;
	} rows[] = {{12, 0},	{1, 1},	    {11, 11},
		    {0x8c, 12}, {0x81, 13}, {0x8b, 23}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rtc_registers r = date(24, 1, 1);
		uint64_t s;

		r.status_b = RTC_B_BINARY;
		r.hour = rows[i].hour;
		cr_assert_eq(calendar_from_rtc(&r, &s), 0);
		cr_assert_eq(s % 86400 / 3600, rows[i].means, "row %zu", i);
	}
}

Test(time_calendar, the_century_register_counts_only_if_likely)
{
	struct rtc_registers r = date(24, 1, 1);
	uint64_t plain, with;

	cr_assert_eq(calendar_from_rtc(&r, &plain), 0);
	r.century = 20;
	cr_assert_eq(calendar_from_rtc(&r, &with), 0);
	cr_assert_eq(with, plain);
	r.century = 77;
	cr_assert_eq(calendar_from_rtc(&r, &with), 0);
	cr_assert_eq(with, plain);
	r.century = 21;
	cr_assert_eq(calendar_from_rtc(&r, &with), 0);
	cr_assert_gt(with, plain);
}

Test(time_calendar, refuses_what_is_no_date)
{
	static const struct rtc_registers rows[] = {
		{60, 0, 0, 1, 1, 24, 0, 6},
		{0, 60, 0, 1, 1, 24, 0, 6},
		{0, 0, 24, 1, 1, 24, 0, 6},
		{0, 0, 0, 0, 1, 24, 0, 6},
		{0, 0, 0, 30, 2, 24, 0, 6},
		{0, 0, 0, 29, 2, 23, 0, 6},
		{0, 0, 0, 31, 4, 24, 0, 6},
		{0, 0, 0, 1, 0, 24, 0, 6},
		{0, 0, 0, 1, 13, 24, 0, 6},
		{0, 0, 0, 1, 1, 100, 0, 6},
		{0x1a, 0, 0, 1, 1, 24, 0, 2},
		{0, 0, 0, 1, 1, 0xff, 0, 2},
		{0, 0, 13, 1, 1, 24, 0, 4},
		{0, 0, 0, 1, 1, 24, 0, 4},
		{255, 255, 255, 255, 255, 255, 255, 255},
		{0, 0, 0, 1, 1, 60, 19, 6},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t s;

		cr_assert_eq(calendar_from_rtc(&rows[i], &s), -EINVAL,
			     "row %zu", i);
	}
}
