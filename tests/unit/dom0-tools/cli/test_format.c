/* SPDX-License-Identifier: MIT */
/* Columns that other programs read, to the letter. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cli/format.h"
#include "public/sched.h"

TestSuite(format);

#define SHUTDOWN(reason) (XEN_DOMINF_shutdown | (uint32_t)(reason) << 16)

Test(format, states_are_six_letters_and_a_word)
{
	static const struct {
		uint32_t flags;
		const char *letters;
		const char *word;
	} rows[] = {
		{0, "------", "idle"},
		{XEN_DOMINF_running, "r-----", "running"},
		{XEN_DOMINF_blocked, "-b----", "blocked"},
		{XEN_DOMINF_paused, "--p---", "paused"},
		{XEN_DOMINF_blocked | XEN_DOMINF_paused, "-bp---", "paused"},
		{SHUTDOWN(SHUTDOWN_poweroff), "---s--", "shutdown"},
		{SHUTDOWN(SHUTDOWN_reboot), "---sr-", "shutdown"},
		{SHUTDOWN(SHUTDOWN_suspend), "---ss-", "shutdown"},
		{SHUTDOWN(SHUTDOWN_crash), "---sc-", "crashed"},
		{SHUTDOWN(SHUTDOWN_watchdog), "---sw-", "shutdown"},
		{SHUTDOWN(77), "---s?-", "shutdown"},
		{XEN_DOMINF_dying, "-----d", "dying"},
		{XEN_DOMINF_dying | SHUTDOWN(SHUTDOWN_crash), "---scd",
		 "dying"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct xen_domctl_getdomaininfo info = {
			.flags = rows[i].flags,
		};
		char state[7];

		format_state(&info, state);
		cr_assert_str_eq(state, rows[i].letters);
		cr_assert_str_eq(format_state_word(&info), rows[i].word);
	}
}

Test(format, a_row_of_the_list_is_that_of_xl)
{
	struct xen_domctl_getdomaininfo info = {
		.domain = 5,
		.flags = XEN_DOMINF_blocked,
		.tot_pages = 64 * 256 - 3,
		.outstanding_pages = 3,
		.nr_online_vcpus = 2,
		.cpu_time = 12340000000,
	};
	char row[128];

	format_list_row(&info, "web", row, sizeof(row));
	cr_assert_str_eq(row, "web                                          "
			      "5    64     2     -b----      12.3");
	format_list_row(&info, NULL, row, sizeof(row));
	cr_assert_eq(strncmp(row, "(null) ", 7), 0);
	cr_assert_str_eq(FORMAT_LIST_HEADER,
			 "Name                                        ID   Mem "
			 "VCPUs\tState\tTime(s)");
}

Test(format, a_row_of_uptimes_is_that_of_xl)
{
	static const struct {
		uint64_t seconds;
		const char *text;
	} rows[] = {
		{0, " 0:00:00"},
		{59, " 0:00:59"},
		{3600 + 2 * 60 + 3, " 1:02:03"},
		{86400 - 1, "23:59:59"},
		{86400, "1 day,  0:00:00"},
		{3 * 86400 + 7200, "3 days,  2:00:00"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char row[128], expected[128];

		format_uptime_row("web", 12, rows[i].seconds, row, sizeof(row));
		snprintf(expected, sizeof(expected), "%-33s %4d %s", "web", 12,
			 rows[i].text);
		cr_assert_str_eq(row, expected);
	}
}

Test(format, what_verbose_appends_is_that_of_xl)
{
	struct xen_domctl_getdomaininfo info = {
		.handle = {0x15, 0xf5, 0x10, 0x51, 0xfd, 8, 0x42, 0x99, 0x86,
			   0xf4, 0x48, 9, 0xc0, 0x9d, 0x74, 0xa0},
	};
	char row[128];

	cr_assert_str_eq(
		FORMAT_LIST_MORE,
		"   UUID                            Reason-Code\tSecurity Label");
	format_list_more(&info, row, sizeof(row));
	cr_assert_str_eq(row, " 15f51051-fd08-4299-86f4-4809c09d74a0        -"
			      "                -");
	info.flags = SHUTDOWN(SHUTDOWN_crash);
	format_list_more(&info, row, sizeof(row));
	cr_assert_str_eq(row, " 15f51051-fd08-4299-86f4-4809c09d74a0        3"
			      "                -");
}

Test(format, a_short_uptime_is_that_of_xl)
{
	static const struct tm now = {.tm_hour = 13, .tm_min = 6, .tm_sec = 7};
	char row[128];

	format_uptime_short("web", 12, 59, &now, row, sizeof(row));
	cr_assert_str_eq(row, " 13:06:07 up  0:00, web (12)");
	format_uptime_short(NULL, 3, 86400 + 3 * 3600 + 120, &now, row,
			    sizeof(row));
	cr_assert_str_eq(row, " 13:06:07 up 1 day,  3:02, (null) (3)");
}
