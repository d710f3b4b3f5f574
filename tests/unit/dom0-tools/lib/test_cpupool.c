/* SPDX-License-Identifier: MIT */
/* Names of pools, and of the policies that schedule them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "lib/cpupool.h"

TestSuite(cpupool);

Test(cpupool, a_name_is_one_that_a_command_line_can_hold)
{
	static const struct {
		const char *name;
		const char *why; /* NULL: it is a good one */
	} rows[] = {
		{"fast", NULL},
		{"Pool-0", NULL},
		{"a.b_c+d:e@f", NULL},
		{"0x", NULL},
		{"", "has 1 to 63 characters, '' has 0"},
		{"7", "taken for a pool's number"},
		{"my pool", "only letters, digits"},
		{"a/b", "only letters, digits"},
		{"-c", "taken for an option"},
		{"0123456789012345678901234567890123456789012345678901234567890"
		 "123",
		 "has 64"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = ERR_NONE;
		int rc = cpupool_check_name(rows[i].name, &e);

		cr_expect_eq(rc, rows[i].why ? -EINVAL : 0, "%s", rows[i].name);
		if (rows[i].why)
			cr_expect(strstr(e.text, rows[i].why), "%s: %s",
				  rows[i].name, e.text);
	}
}

Test(cpupool, policies_have_xls_names_and_the_hypervisors)
{
	static const char *const words[] = {"credit", "null", "credit2",
					    "share"};
	static const char *const names[] = {"credit", "null", "credit",
					    "credit"};
	uint32_t policy;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		cr_assert_eq(cpupool_policy_parse(words[i], &policy), 0);
		cr_expect_str_eq(cpupool_policy_name(policy), names[i]);
	}
	cr_expect_eq(cpupool_policy_parse("rtds", &policy), -EINVAL);
	cr_expect_eq(cpupool_policy_parse("", &policy), -EINVAL);
	cr_expect_str_eq(cpupool_policy_name(99), "unknown");
}
