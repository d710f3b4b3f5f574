/* SPDX-License-Identifier: MIT */
/* Watches: who hears of what, and under which name. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "dom0-tools/stored/harness.h"

TestSuite(stored_watch);

Test(stored_watch, the_first_event_comes_with_the_watch_itself)
{
	struct store_bench b;

	bench_open(&b);
	cr_expect_str_eq(ask(&b, 0, XS_WATCH, "/not/there|tok|"), "OK|");
	cr_expect_str_eq(events(&b, 0), "/not/there tok;");
	cr_expect_str_eq(ask(&b, 0, XS_WATCH, "/not/there|tok|"), "!EEXIST");
	cr_expect_str_eq(ask(&b, 0, XS_WATCH, "/not/there|other|"), "OK|");
	cr_expect_str_eq(ask(&b, 0, XS_UNWATCH, "/not/there|tok|"), "OK|");
	cr_expect_str_eq(ask(&b, 0, XS_UNWATCH, "/not/there|tok|"), "!ENOENT");
	bench_close(&b);
}

/* One watch on `path` by domain 0, one request, the events. */
static const struct {
	const char *watch;
	uint32_t type;
	const char *request;
	const char *events;
} rows[] = {
	{"/a|t|", XS_WRITE, "/a|1", "/a t;"},
	{"/a|t|", XS_WRITE, "/a/b/c|1", "/a/b/c t;"},
	{"/a|t|", XS_WRITE, "/ab|1", ""},
	{"/a|t|", XS_WRITE, "/x|1", ""},
	{"/|t|", XS_WRITE, "/x/y|1", "/x/y t;"},
	{"/|t|", XS_WRITE, "/|1", "/ t;"},
	{"/a/b|t|", XS_WRITE, "/a|1", ""},
	{"/a|t|", XS_READ, "/d|", ""},
	{"/d|t|", XS_MKDIR, "/d|", ""},
	{"/d|t|", XS_MKDIR, "/d/new|", "/d/new t;"},
	{"/d|t|", XS_RM, "/d|", "/d t;"},
	{"/d|t|", XS_RM, "/d/k|", "/d/k t;"},
	{"/d|t|", XS_RM, "/d/none|", ""},
	{"/d/k|t|", XS_RM, "/d|", "/d/k t;"},
	{"/d/none|t|", XS_RM, "/d|", ""},
	{"/d|t|", XS_SET_PERMS, "/d|r0|", "/d t;"},
	{"/d|t|", XS_SET_PERMS, "/d/k|r0|", "/d/k t;"},
	{"rel|t|", XS_WRITE, "/local/domain/0/rel/x|", "rel/x t;"},
	{"rel|t|", XS_WRITE, "rel|", "rel t;"},
	{"/local/domain/0/rel|t|", XS_WRITE, "rel|", "/local/domain/0/rel t;"},
	/* With a depth. */
	{"/d|t|0|", XS_WRITE, "/d|1", "/d t;"},
	{"/d|t|0|", XS_WRITE, "/d/k|1", ""},
	{"/d|t|1|", XS_WRITE, "/d/k|1", "/d/k t;"},
	{"/d|t|1|", XS_WRITE, "/d/k/z|1", ""},
	{"/|t|0|", XS_WRITE, "/d|1", ""},
	{"/|t|1|", XS_WRITE, "/d|1", "/d t;"},
	{"/|t|1|", XS_WRITE, "/d/k|1", ""},
};

Test(stored_watch, an_event_goes_to_the_node_and_all_above)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_bench b;
		const char *got;

		bench_open(&b);
		ask(&b, 0, XS_MKDIR, "/d/k|");
		got = ask(&b, 0, XS_WATCH, rows[i].watch);
		cr_assert_str_eq(got, "OK|", "row %zu: %s", i, got);
		events(&b, 0);
		ask(&b, 0, rows[i].type, rows[i].request);
		got = events(&b, 0);
		cr_expect_str_eq(got, rows[i].events, "row %zu: %s", i, got);
		bench_close(&b);
	}
}

Test(stored_watch, malformed_watches_are_refused)
{
	static const struct ask_row bad[] = {
		{0, XS_WATCH, "", "!EINVAL"},
		{0, XS_WATCH, "/a", "!EINVAL"},
		{0, XS_WATCH, "/a|", "!EINVAL"},
		{0, XS_WATCH, "/a|t", "!EINVAL"},
		{0, XS_WATCH, "/a/|t|", "!EINVAL"},
		{0, XS_WATCH, "@nothing|t|", "!EINVAL"},
		{0, XS_WATCH, "/a|t|x|", "!EINVAL"},
		{0, XS_WATCH, "/a|t|-1|", "!EINVAL"},
		{0, XS_UNWATCH, "/a|", "!EINVAL"},
	};
	char text[3000];
	struct store_bench b;

	bench_open(&b);
	ASK_ROWS(&b, bad);
	/* An event has to hold the longest path and the token. */
	memset(text, 't', sizeof(text));
	memcpy(text, "/a|", 3);
	text[3 + 1022] = '|';
	text[3 + 1023] = '\0';
	cr_expect_str_eq(ask(&b, 0, XS_WATCH, text), "OK|");
	text[3 + 1022] = 't';
	text[3 + 1023] = '|';
	text[3 + 1024] = '\0';
	cr_expect_str_eq(ask(&b, 0, XS_WATCH, text), "!E2BIG");
	bench_close(&b);
}

Test(stored_watch, only_those_hear_who_may_read)
{
	struct store_bench b;

	bench_open(&b);
	ask(&b, 0, XS_MKDIR, "/d/k|");
	ask(&b, 0, XS_SET_PERMS, "/d/k|n0|r1|");
	for (uint16_t domid = 1; domid <= 2; domid++) {
		ask(&b, domid, XS_WATCH, "/d|t|");
		ask(&b, domid, XS_WATCH, "/d/k|u|");
		events(&b, domid);
	}
	ask(&b, 0, XS_WRITE, "/d/k|1");
	cr_expect_str_eq(events(&b, 1), "/d/k t;/d/k u;");
	cr_expect_str_eq(events(&b, 2), "");
	/* Losing the right is heard, and the last that is. */
	ask(&b, 0, XS_SET_PERMS, "/d/k|n0|r2|");
	cr_expect_str_eq(events(&b, 1), "/d/k t;/d/k u;");
	cr_expect_str_eq(events(&b, 2), "/d/k t;/d/k u;");
	ask(&b, 0, XS_WRITE, "/d/k|2");
	cr_expect_str_eq(events(&b, 1), "");
	cr_expect_str_eq(events(&b, 2), "/d/k t;/d/k u;");
	/* Its removal too. */
	ask(&b, 0, XS_RM, "/d|");
	cr_expect_str_eq(events(&b, 1), "");
	cr_expect_str_eq(events(&b, 2), "/d/k u;");
	bench_close(&b);
}

Test(stored_watch, coming_and_going_domains_are_told_to_domain_0)
{
	struct store_bench b;

	bench_open(&b);
	for (uint16_t domid = 0; domid <= 4; domid += 4) {
		ask(&b, domid, XS_WATCH, "@introduceDomain|in|");
		ask(&b, domid, XS_WATCH, "@releaseDomain|out|");
		cr_expect_str_eq(events(&b, domid),
				 "@introduceDomain in;@releaseDomain out;");
	}
	ask(&b, 0, XS_INTRODUCE, "3|1|1|");
	cr_expect_str_eq(events(&b, 0), "@introduceDomain in;");
	ask(&b, 0, XS_INTRODUCE, "3|1|2|");
	cr_expect_str_eq(events(&b, 0), "", "it is known already");
	core_domain_shutdown(b.core, 3);
	cr_expect_str_eq(events(&b, 0), "@releaseDomain out;");
	core_domain_shutdown(b.core, 3);
	cr_expect_str_eq(events(&b, 0), "", "told once");
	ask(&b, 0, XS_RESUME, "3|");
	core_domain_shutdown(b.core, 3);
	cr_expect_str_eq(events(&b, 0), "@releaseDomain out;");
	core_domains_gone(b.core, &(uint16_t){3}, 1);
	cr_expect_str_eq(events(&b, 0), "@releaseDomain out;");
	cr_expect_str_eq(events(&b, 4), "", "an ordinary domain hears nothing");

	ask(&b, 0, XS_SET_PERMS, "@introduceDomain|n0|r4|");
	ask(&b, 0, XS_INTRODUCE, "5|1|1|");
	cr_expect_str_eq(events(&b, 4), "@introduceDomain in;");
	bench_close(&b);
}

Test(stored_watch, reset_and_the_end_of_a_client_remove_its_watches)
{
	struct store_bench b;

	bench_open(&b);
	ask(&b, 0, XS_WATCH, "/a|t|");
	ask(&b, 0, XS_WATCH, "/b|t|");
	events(&b, 0);
	cr_expect_str_eq(ask(&b, 0, XS_RESET_WATCHES, "|"), "OK|");
	ask(&b, 0, XS_WRITE, "/a|1");
	cr_expect_str_eq(events(&b, 0), "");
	ask(&b, 1, XS_WATCH, "/a|t|");
	client_free(b.clients[1]);
	b.clients[1] = NULL;
	ask(&b, 0, XS_WRITE, "/a|2");
	bench_close(&b);
}

Test(stored_watch, thousands_of_watches_are_found_and_removed)
{
	struct store_bench b;
	char text[64];

	bench_open(&b);
	for (int i = 0; i < 3000; i++) {
		snprintf(text, sizeof(text), "/w/%d|%d|", i, i);
		cr_assert_str_eq(ask(&b, 0, XS_WATCH, text), "OK|");
	}
	events(&b, 0);
	ask(&b, 0, XS_WRITE, "/w/1234/x|");
	cr_expect_str_eq(events(&b, 0), "/w/1234/x 1234;");
	for (int i = 0; i < 3000; i += 2) {
		snprintf(text, sizeof(text), "/w/%d|%d|", i, i);
		cr_assert_str_eq(ask(&b, 0, XS_UNWATCH, text), "OK|");
	}
	ask(&b, 0, XS_WRITE, "/w/1234/x|");
	cr_expect_str_eq(events(&b, 0), "");
	ask(&b, 0, XS_WRITE, "/w/1235|");
	cr_expect_str_eq(events(&b, 0), "/w/1235 1235;");
	bench_close(&b);
}
