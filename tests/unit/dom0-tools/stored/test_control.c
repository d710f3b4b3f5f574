/* SPDX-License-Identifier: MIT */
/* Commands to the daemon. */
#include <criterion/criterion.h>
#include <string.h>

#include "dom0-tools/stored/harness.h"

TestSuite(stored_control);

Test(stored_control, commands_are_found_and_others_refused)
{
	static const struct ask_row rows[] = {
		{0, XS_CONTROL, "check|", "OK|"},
		{0, XS_CONTROL, "log|on|", "OK|"},
		{0, XS_CONTROL, "log|off|", "OK|"},
		{0, XS_CONTROL, "log|maybe|", "!EINVAL"},
		{0, XS_CONTROL, "print|hello|", "OK|"},
		{0, XS_CONTROL, "print|", "!EINVAL"},
		{0, XS_CONTROL, "", "!EINVAL"},
		{0, XS_CONTROL, "|", "!EINVAL"},
		{0, XS_CONTROL, "help", "!EINVAL"},
		{0, XS_CONTROL, "explode|", "!EINVAL"},
		{0, XS_CONTROL, "quota|99|", "!ENOENT"},
		{0, XS_CONTROL, "quota|99999|", "!EINVAL"},
		{0, XS_CONTROL, "quota|set|nonsense|1|", "!EINVAL"},
		{0, XS_CONTROL, "quota|set|nodes|", "!EINVAL"},
		{0, XS_CONTROL, "quota|set|nodes|-1|", "!EINVAL"},
		{0, XS_CONTROL, "quota|set|99|nodes|1|", "!ENOENT"},
		{0, XS_CONTROL, "quota|unset|nodes|", "!EINVAL"},
		{0, XS_CONTROL, "quota|set", "!EINVAL"},
	};
	struct store_bench b;

	bench_open(&b);
	ASK_ROWS(&b, rows);
	cr_expect(strstr(b.log, "control: hello"));
	bench_close(&b);
}

Test(stored_control, quotas_and_their_use_are_shown)
{
	struct store_bench b;

	bench_open(&b);
	cr_expect(strstr(ask(&b, 0, XS_CONTROL, "quota|"),
			 "nodes              1000\n"));
	ask(&b, 0, XS_CONTROL, "quota|set|3|watches|1|");
	ask(&b, 3, XS_WATCH, "a|t|");
	ask(&b, 3, XS_WATCH, "b|t|");
	cr_expect(strstr(ask(&b, 0, XS_CONTROL, "quota|3|"),
			 "watches            1 (its own) used 1 refused 1\n"),
		  "%s", ask(&b, 0, XS_CONTROL, "quota|3|"));
	bench_close(&b);
}

Test(stored_control, requests_are_logged_on_demand_only)
{
	struct store_bench b;

	bench_open(&b);
	ask(&b, 0, XS_READ, "/quiet|");
	ask(&b, 0, XS_CONTROL, "log|on|");
	ask(&b, 3, XS_READ, "/loud|");
	cr_expect_null(strstr(b.log, "/quiet"));
	cr_expect(strstr(b.log, "domain 3: READ /loud"), "%s", b.log);
	cr_expect(strstr(b.log, "EACCES"), "%s", b.log);
	bench_close(&b);
}
