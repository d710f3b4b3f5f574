/* SPDX-License-Identifier: MIT */
/*
 * Dates. The CMOS clock counts in BCD or binary, in 12 or 24 hours, as its
 * status register B says, and knows two digits of the year; the century has a
 * register of its own on machines whose firmware tables name one.
 */
#include "time/calendar.h"
#include "lib/errno.h"

static const uint8_t month_days[12] = {31, 28, 31, 30, 31, 30,
				       31, 31, 30, 31, 30, 31};

static unsigned int is_leap(unsigned int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

uint64_t calendar_days(unsigned int year, unsigned int month, unsigned int day)
{
	/* Leap days before this year, less those before 1970 (477). */
	unsigned int y = year - 1, m;
	uint64_t days = (uint64_t)(year - 1970) * 365;

	days += y / 4 - y / 100 + y / 400 - 477;
	for (m = 1; m < month; m++)
		days += month_days[m - 1] + (m == 2 ? is_leap(year) : 0);
	return days + day - 1;
}

/* -1: not a number in this notation. */
static int rtc_number(uint8_t v, uint8_t status_b)
{
	if (status_b & RTC_B_BINARY)
		return v;
	if ((v & 0xf) > 9 || v >> 4 > 9)
		return -1;
	return (v >> 4) * 10 + (v & 0xf);
}

static int rtc_hour(uint8_t v, uint8_t status_b)
{
	int hour;

	if (status_b & RTC_B_24_HOURS)
		return rtc_number(v, status_b);
	hour = rtc_number(v & (uint8_t)~RTC_HOUR_PM, status_b);
	if (hour < 1 || hour > 12)
		return -1;
	/* 12 am is midnight, 12 pm is noon. */
	return hour % 12 + (v & RTC_HOUR_PM ? 12 : 0);
}

int calendar_from_rtc(const struct rtc_registers *r, uint64_t *seconds)
{
	uint8_t b = r->status_b;
	int second = rtc_number(r->second, b);
	int minute = rtc_number(r->minute, b);
	int hour = rtc_hour(r->hour, b);
	int day = rtc_number(r->day, b);
	int month = rtc_number(r->month, b);
	int year = rtc_number(r->year, b);
	int century = r->century ? rtc_number(r->century, b) : 0;
	unsigned int days_in_month;

	if (second < 0 || second > 59 || minute < 0 || minute > 59 ||
	    hour < 0 || hour > 23 || month < 1 || month > 12 || year < 0 ||
	    year > 99)
		return -EINVAL;

	/* A register that holds no likely century is some other byte. */
	if (century >= 19 && century <= 29)
		year += century * 100;
	else
		year += year < 70 ? 2000 : 1900;
	if (year < 1970)
		return -EINVAL;

	days_in_month = month_days[month - 1];
	if (month == 2)
		days_in_month += is_leap((unsigned int)year);
	if (day < 1 || day > (int)days_in_month)
		return -EINVAL;

	*seconds = calendar_days((unsigned int)year, (unsigned int)month,
				 (unsigned int)day) *
			   86400 +
		   (uint64_t)hour * 3600 + (uint64_t)minute * 60 +
		   (uint64_t)second;
	return 0;
}
