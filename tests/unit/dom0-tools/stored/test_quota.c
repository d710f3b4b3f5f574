/* SPDX-License-Identifier: MIT */
/* Quotas bind guests, never domain 0, and each refusal names its quota. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "dom0-tools/stored/harness.h"
#include "stored/quota.h"

TestSuite(stored_quota);

/* Domain 1 owns /d and may do what it likes there. */
static void open_with(struct store_bench *b, const char *name, unsigned value)
{
	char text[64];

	bench_open(b);
	ask(b, 0, XS_MKDIR, "/d|");
	ask(b, 0, XS_SET_PERMS, "/d|n1|");
	snprintf(text, sizeof(text), "quota|set|%s|%u|", name, value);
	cr_assert_str_eq(ask(b, 0, XS_CONTROL, text), "OK|");
}

Test(stored_quota, nodes_are_counted_by_their_owner)
{
	static const struct ask_row rows[] = {
		{1, XS_WRITE, "/d/a|", "OK|"},
		{1, XS_WRITE, "/d/b/c|", "!ENOSPC"}, /* would be two more */
		{1, XS_WRITE, "/d/b|", "OK|"},
		{1, XS_WRITE, "/d/c|", "!ENOSPC"},
		{1, XS_WRITE, "/d/a|again", "OK|"},
		{1, XS_RM, "/d/a|", "OK|"},
		{1, XS_WRITE, "/d/c|", "OK|"},
		{0, XS_WRITE, "/d/by-0|", "OK|"},
		{0, XS_WRITE, "/d/by-0-too|", "OK|"},
	};
	struct store_bench b;

	open_with(&b, "nodes", 3);
	ASK_ROWS(&b, rows);
	cr_expect_eq(b.core->domains[1]->node_count, 5);
	cr_expect(strstr(b.log, "domain 1") && strstr(b.log, "'nodes' of 3"),
		  "%s", b.log);
	bench_close(&b);
}

Test(stored_quota, transactions_side_by_side_do_not_add_up_beyond_it)
{
	struct store_bench b;
	uint32_t t, u;

	open_with(&b, "nodes", 3);
	t = begin(&b, 1);
	u = begin(&b, 1);
	cr_expect_str_eq(ask_in(&b, 1, t, XS_WRITE, "/d/a/b|"), "OK|");
	cr_expect_str_eq(ask_in(&b, 1, t, XS_WRITE, "/d/c|"), "!ENOSPC");
	cr_expect_str_eq(ask_in(&b, 1, u, XS_WRITE, "/d/x/y|"), "OK|");
	cr_expect_str_eq(commit(&b, 1, t), "OK|");
	cr_expect_str_eq(commit(&b, 1, u), "!ENOSPC");
	cr_expect_eq(b.core->domains[1]->node_count, 3);
	bench_close(&b);
}

Test(stored_quota, values_paths_and_permission_lists_have_a_size)
{
	static const struct ask_row rows[] = {
		{1, XS_WRITE, "/d/a|12345", "OK|"},
		{1, XS_WRITE, "/d/a|123456", "!ENOSPC"},
		{1, XS_WRITE, "/d/b|123456", "!ENOSPC"},
		{0, XS_WRITE, "/d/a|123456", "OK|"},
		{0, XS_CONTROL, "quota|set|node-permissions|2|", "OK|"},
		{1, XS_SET_PERMS, "/d/a|n1|r2|", "OK|"},
		{1, XS_SET_PERMS, "/d/a|n1|r2|r3|", "!ENOSPC"},
		{0, XS_CONTROL, "quota|set|path-length|6|", "OK|"},
		{1, XS_WRITE, "/d/abc|", "OK|"},
		{1, XS_WRITE, "/d/abcd|", "!ENOSPC"},
	};
	struct store_bench b;

	open_with(&b, "node-size", 5);
	ASK_ROWS(&b, rows);
	bench_close(&b);
}

Test(stored_quota, watches_and_transactions_are_counted_each)
{
	struct store_bench b;
	uint32_t t;

	open_with(&b, "watches", 2);
	ask(&b, 0, XS_CONTROL, "quota|set|transactions|1|");
	ask(&b, 0, XS_CONTROL, "quota|set|transaction-nodes|3|");
	cr_expect_str_eq(ask(&b, 1, XS_WATCH, "/d|a|"), "OK|");
	cr_expect_str_eq(ask(&b, 1, XS_WATCH, "/d|b|"), "OK|");
	cr_expect_str_eq(ask(&b, 1, XS_WATCH, "/d|c|"), "!ENOSPC");
	ask(&b, 1, XS_UNWATCH, "/d|a|");
	cr_expect_str_eq(ask(&b, 1, XS_WATCH, "/d|c|"), "OK|");

	t = begin(&b, 1);
	cr_expect_str_eq(ask(&b, 1, XS_TRANSACTION_START, "|"), "!ENOSPC");
	ask_in(&b, 1, t, XS_READ, "/d|");
	ask_in(&b, 1, t, XS_READ, "/d/x|");
	ask_in(&b, 1, t, XS_READ, "/d/y|");
	cr_expect_str_eq(ask_in(&b, 1, t, XS_READ, "/d/z|"), "!ENOSPC");
	cr_expect_str_eq(ask_in(&b, 1, t, XS_READ, "/d/x|"), "!ENOENT");
	cr_expect_str_eq(commit(&b, 1, t), "OK|");
	bench_close(&b);
}

Test(stored_quota, a_domain_can_have_its_own)
{
	static const struct ask_row rows[] = {
		{0, XS_CONTROL, "quota|set|1|nodes|2|", "OK|"},
		{1, XS_WRITE, "/d/a|", "OK|"},
		{1, XS_WRITE, "/d/b|", "!ENOSPC"},
		{0, XS_CONTROL, "quota|set|1|nodes|9|", "OK|"},
		{1, XS_WRITE, "/d/b|", "OK|"},
	};
	struct store_bench b;

	open_with(&b, "nodes", 1);
	ASK_ROWS(&b, rows);
	bench_close(&b);
}

Test(stored_quota, a_guest_cannot_flood_the_log_with_refusals)
{
	struct store_bench b;
	size_t lines = 0;

	open_with(&b, "nodes", 1);
	for (int i = 0; i < 1000; i++)
		ask(&b, 1, XS_WRITE, "/d/a|");
	for (const char *p = b.log; (p = strchr(p, ';')); p++)
		lines++;
	/* 1, 2, 4, ... 512: ten lines, each with one ';' inside and one after.
	 */
	cr_expect_eq(lines, 20, "%zu: %s", lines, b.log);
	bench_close(&b);
}
