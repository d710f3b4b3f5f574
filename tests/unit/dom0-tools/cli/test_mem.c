/* SPDX-License-Identifier: MIT */
/* What mem-set and mem-max refuse, with which numbers. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <string.h>

#include "cli/mem.h"

TestSuite(mem);

#define MIB(n) ((uint64_t)(n)*1024)

static const struct mem_facts guest = {
	.name = "db1",
	.has_kib = MIB(256),
	.target_kib = MIB(256),
	.static_max_kib = MIB(1024),
	.min_kib = MIB(80) - 1,
	.free_kib = MIB(200),
};

struct mem_row {
	uint64_t kib;
	int rc;
	char line[160];
};

ParameterizedTestParameters(mem, a_guest_is_set)
{
	static struct mem_row rows[] = {
		{MIB(256), 0, ""},
		{MIB(80), 0, ""},
		{MIB(80) - 2, -ERANGE,
		 "db1: 79 MiB are too few to run in: it keeps at least 80"},
		{0, -ERANGE, "db1: 0 MiB are too few"},
		{MIB(456), 0, ""},
		{MIB(456) + 4, -ENOMEM,
		 "db1: needs 201 MiB more than its 256: 200 free, missing 1; "},
		{MIB(1024), -ENOMEM,
		 "db1: needs 768 MiB more than its 256: 200 free, missing 568"},
		{MIB(1025), -ERANGE,
		 "db1: 1025 MiB are more than its maximum of 1024; 'vane "
		 "mem-max' raises that"},
		{UINT64_MAX, -ERANGE, "more than its maximum of 1024"},
	};

	return cr_make_param_array(struct mem_row, rows,
				   sizeof(rows) / sizeof(rows[0]), NULL);
}

ParameterizedTest(struct mem_row *row, mem, a_guest_is_set)
{
	struct err e = ERR_NONE;

	cr_assert_eq(mem_check_set(&guest, row->kib, &e), row->rc, "%lu: %s",
		     row->kib, e.text);
	cr_assert(strstr(e.text, row->line), "%s", e.text);
}

Test(mem, one_that_is_below_the_least_may_stay_and_grow)
{
	struct mem_facts f = guest;
	struct err e = ERR_NONE;

	f.has_kib = MIB(16);
	cr_assert_eq(mem_check_set(&f, MIB(16), &e), 0, "%s", e.text);
	cr_assert_eq(mem_check_set(&f, MIB(20), &e), 0, "%s", e.text);
	cr_assert_eq(mem_check_set(&f, MIB(12), &e), -ERANGE);
}

Test(mem, one_that_has_none_to_give_is_told_so)
{
	struct mem_facts f = guest;
	struct err e = ERR_NONE;

	f.has_kib = f.target_kib = f.static_max_kib = f.min_kib = MIB(16);
	cr_assert_eq(mem_check_set(&f, MIB(8), &e), -ERANGE);
	cr_assert(strstr(e.text, "8 MiB are too few to run in: it keeps at "
				 "least 16, all it may have"),
		  "%s", e.text);
}

Test(mem, domain_zero_is_told_where_its_limits_stand)
{
	struct mem_facts f = guest;
	struct err e = ERR_NONE;

	f.is_zero = true;
	cr_assert_eq(mem_check_set(&f, MIB(1025), &e), -ERANGE);
	cr_assert(strstr(e.text, "1024 (dom0_mem= of the hypervisor)"), "%s",
		  e.text);
	err_clear(&e);
	cr_assert_eq(mem_check_set(&f, MIB(10), &e), -ERANGE);
	cr_assert(strstr(e.text, "80 (dom0_floor= in /etc/vane/vane.conf)"),
		  "%s", e.text);
}

Test(mem, the_maximum_is_not_below_what_it_has_or_is_told_to_have)
{
	struct mem_facts f = guest;
	struct err e = ERR_NONE;

	cr_assert_eq(mem_check_max(&f, MIB(256), &e), 0);
	cr_assert_eq(mem_check_max(&f, MIB(1 << 20), &e), 0);
	cr_assert_eq(mem_check_max(&f, MIB(255), &e), -ERANGE);
	cr_assert(
		strstr(e.text, "cannot be 255 MiB, below the 256 that it has"),
		"%s", e.text);
	f.target_kib = MIB(300);
	cr_assert_eq(mem_check_max(&f, MIB(256), &e), -ERANGE);
	f.has_kib = f.target_kib = 0;
	cr_assert_eq(mem_check_max(&f, 0, &e), -ERANGE);
}
