/* SPDX-License-Identifier: MIT */
/* The names of guests' logs. */
#include <criterion/criterion.h>
#include <string.h>

#include "lib/logname.h"

TestSuite(lib_logname);

Test(lib_logname, a_guest_name_makes_a_harmless_file_name)
{
	static const struct {
		const char *name, *file;
	} rows[] = {
		{"web1", "web1"},
		{"a.b-c_d+e@f:g", "a.b-c_d+e@f:g"},
		{"../../etc/passwd", "_._.._etc_passwd"},
		{".hidden", "_hidden"},
		{"with space\n", "with_space_"},
		{"", "domain-7"},
		{"vaned", "guest-vaned"},
		{"vane-consoled", "guest-vane-consoled"},
		{"Domain-0", "guest-Domain-0"},
		{"hypervisor", "guest-hypervisor"},
		{"\xc3\xa4", "__"},
	};
	char out[160];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		logname_of_guest(out, sizeof(out), rows[i].name, 7);
		cr_expect_str_eq(out, rows[i].file);
	}
}
