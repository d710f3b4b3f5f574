/* SPDX-License-Identifier: MIT */
/* Requests about domains, and what a dead domain leaves behind. */
#include <criterion/criterion.h>
#include <string.h>

#include "dom0-tools/stored/harness.h"

TestSuite(stored_domains);

Test(stored_domains, the_toolstack_introduces_and_releases)
{
	static const struct ask_row rows[] = {
		{0, XS_IS_DOMAIN_INTRODUCED, "12|", "F|"},
		{0, XS_INTRODUCE, "12|4096|7|", "OK|"},
		{0, XS_IS_DOMAIN_INTRODUCED, "12|", "T|"},
		{0, XS_INTRODUCE, "12|4096|8|", "OK|"},
		{0, XS_RELEASE, "12|", "OK|"},
		{0, XS_IS_DOMAIN_INTRODUCED, "12|", "F|"},
		{0, XS_RELEASE, "12|", "!ENOENT"},
		{0, XS_IS_DOMAIN_INTRODUCED, "0|", "T|"},
		{0, XS_IS_DOMAIN_INTRODUCED, "32752|", "T|"}, /* oneself */
		{0, XS_GET_DOMAIN_PATH, "12|", "/local/domain/12|"},
		{1, XS_GET_DOMAIN_PATH, "0|", "/local/domain/0|"},
		{0, XS_RESUME, "12|", "!ENOENT"},
		{0, XS_SET_TARGET, "12|1|", "!ENOENT"},
	};
	struct store_bench b;

	bench_open(&b);
	ASK_ROWS(&b, rows);
	cr_expect_str_eq(b.calls,
			 "introduce 12 4096 7;introduce 12 4096 8;release 12;");
	bench_close(&b);
}

Test(stored_domains, malformed_and_forbidden_requests_are_refused)
{
	static const struct ask_row rows[] = {
		{0, XS_INTRODUCE, "", "!EINVAL"},
		{0, XS_INTRODUCE, "12|", "!EINVAL"},
		{0, XS_INTRODUCE, "12|1|", "!EINVAL"},
		{0, XS_INTRODUCE, "12|1|0|", "!EINVAL"},
		{0, XS_INTRODUCE, "0|1|1|", "!EINVAL"},
		{0, XS_INTRODUCE, "32752|1|1|", "!EINVAL"},
		{0, XS_INTRODUCE, "12|13|1|", "!EIO"}, /* the host cannot */
		{0, XS_IS_DOMAIN_INTRODUCED, "12|", "F|"},
		{0, XS_IS_DOMAIN_INTRODUCED, "32753|", "!EINVAL"},
		{0, XS_RELEASE, "0|", "!EINVAL"},
		{0, XS_RELEASE, "x|", "!EINVAL"},
		{1, XS_INTRODUCE, "12|1|1|", "!EACCES"},
		{1, XS_RELEASE, "2|", "!EACCES"},
		{1, XS_RESUME, "2|", "!EACCES"},
		{1, XS_SET_TARGET, "1|2|", "!EACCES"},
		{1, XS_CONTROL, "check|", "!EACCES"},
	};
	struct store_bench b;

	bench_open(&b);
	ASK_ROWS(&b, rows);
	bench_close(&b);
}

Test(stored_domains, a_new_domain_inherits_nothing_from_a_dead_namesake)
{
	static const struct ask_row before[] = {
		{0, XS_INTRODUCE, "5|1|1|", "OK|"},
		{0, XS_WRITE, "/own|v", "OK|"},
		{0, XS_SET_PERMS, "/own|n5|", "OK|"},
		{0, XS_WRITE, "/read|v", "OK|"},
		{0, XS_SET_PERMS, "/read|n0|r5|w6|", "OK|"},
		{5, XS_READ, "/own|", "v"},
		{5, XS_WRITE, "/own/kid|1", "OK|"},
		{5, XS_READ, "/read|", "v"},
	};
	static const struct ask_row after[] = {
		{0, XS_INTRODUCE, "5|1|1|", "OK|"},
		{5, XS_READ, "/own|", "!EACCES"},
		{5, XS_WRITE, "/own|1", "!EACCES"},
		{5, XS_READ, "/own/kid|", "!EACCES"},
		{5, XS_READ, "/read|", "!EACCES"},
		{0, XS_GET_PERMS, "/own|", "n0|"},
		{0, XS_GET_PERMS, "/read|", "n0|w6|"},
		/* Nor do new nodes revive it. */
		{0, XS_WRITE, "/own/new|x", "OK|"},
		{0, XS_GET_PERMS, "/own/new|", "n0|"},
		{0, XS_WRITE, "/read/new|x", "OK|"},
		{0, XS_GET_PERMS, "/read/new|", "n0|w6|"},
		{0, XS_WRITE, "/own|y", "OK|"},
		{5, XS_READ, "/own|", "!EACCES"},
		/* Said again, it holds again. */
		{0, XS_SET_PERMS, "/own|n5|", "OK|"},
		{5, XS_READ, "/own|", "y"},
		{5, XS_READ, "/own/kid|", "!EACCES"},
	};
	struct store_bench b;

	bench_open(&b);
	ASK_ROWS(&b, before);
	cr_expect_eq(b.core->domains[5]->node_count, 2);
	core_domains_gone(b.core, &(uint16_t){5}, 1);
	cr_expect_null(core_check(b.core));
	b.clients[5] = client_new(b.core, 5);
	ASK_ROWS(&b, after);
	cr_expect_eq(b.core->domains[5]->node_count, 1);
	bench_close(&b);
}

Test(stored_domains, a_transaction_that_outlives_a_domain_does_not_revive_it)
{
	struct store_bench b;
	uint32_t t;

	bench_open(&b);
	ask(&b, 0, XS_INTRODUCE, "5|1|1|");
	ask(&b, 0, XS_WRITE, "/p|v");
	t = begin(&b, 0);
	ask_in(&b, 0, t, XS_SET_PERMS, "/p|n5|");
	ask_in(&b, 0, t, XS_WRITE, "/p/kid|x");
	core_domains_gone(b.core, &(uint16_t){5}, 1);
	b.clients[5] = client_new(b.core, 5);
	cr_expect_str_eq(commit(&b, 0, t), "OK|");
	cr_expect_str_eq(ask(&b, 5, XS_READ, "/p|"), "!EACCES");
	cr_expect_str_eq(ask(&b, 5, XS_READ, "/p/kid|"), "!EACCES");
	cr_expect_str_eq(ask(&b, 0, XS_GET_PERMS, "/p|"), "n0|");
	bench_close(&b);
}

Test(stored_domains, rights_given_before_the_introduction_hold)
{
	static const struct ask_row rows[] = {
		{0, XS_MKDIR, "/local/domain/9|", "OK|"},
		{0, XS_SET_PERMS, "/local/domain/9|n0|r9|", "OK|"},
		{0, XS_MKDIR, "/local/domain/9/data|", "OK|"},
		{0, XS_SET_PERMS, "/local/domain/9/data|n9|", "OK|"},
		{0, XS_INTRODUCE, "9|1|1|", "OK|"},
		{9, XS_DIRECTORY, "/local/domain/9|", "data|"},
		{9, XS_WRITE, "data/x|1", "OK|"},
		{9, XS_WRITE, "x|1", "!EACCES"},
	};
	struct store_bench b;

	bench_open(&b);
	ASK_ROWS(&b, rows);
	bench_close(&b);
}
