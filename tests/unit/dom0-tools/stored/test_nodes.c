/* SPDX-License-Identifier: MIT */
/* Requests about nodes, and the rights to them: tables of request and reply. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "dom0-tools/stored/harness.h"

TestSuite(stored_nodes);

Test(stored_nodes, values_are_written_and_read_as_bytes)
{
	static const struct ask_row rows[] = {
		{0, XS_READ, "/a|", "!ENOENT"},
		{0, XS_WRITE, "/a/b|hello", "OK|"},
		{0, XS_READ, "/a/b|", "hello"},
		{0, XS_READ, "/a|", ""},
		{0, XS_WRITE, "/a|x|y|", "OK|"},
		{0, XS_READ, "/a|", "x|y|"},
		{0, XS_WRITE, "/a|", "OK|"},
		{0, XS_READ, "/a|", ""},
		{0, XS_WRITE, "rel|1", "OK|"},
		{0, XS_READ, "/local/domain/0/rel|", "1"},
		{0, XS_WRITE, "/|top", "OK|"},
		{0, XS_READ, "/|", "top"},
	};
	struct store_bench b;

	bench_open(&b);
	ASK_ROWS(&b, rows);
	bench_close(&b);
}

Test(stored_nodes, malformed_requests_get_an_error_and_change_nothing)
{
	static const struct ask_row rows[] = {
		{0, XS_READ, "", "!EINVAL"},
		{0, XS_READ, "/a", "!EINVAL"}, /* no NUL */
		{0, XS_READ, "|", "!EINVAL"},
		{0, XS_READ, "/a/|", "!EINVAL"},
		{0, XS_READ, "/a//b|", "!EINVAL"},
		{0, XS_READ, "/a:b|", "!EINVAL"},
		{0, XS_WRITE, "", "!EINVAL"},
		{0, XS_WRITE, "/a", "!EINVAL"},
		{0, XS_WRITE, "@introduceDomain|x", "!EINVAL"},
		{0, XS_MKDIR, "/x/|", "!EINVAL"},
		{0, XS_RM, "/|", "!EINVAL"},
		{0, XS_SET_PERMS, "/|", "!EINVAL"},
		{0, XS_SET_PERMS, "/|q0|", "!EINVAL"},
		{0, XS_SET_PERMS, "/|r|", "!EINVAL"},
		{0, XS_SET_PERMS, "/|r0", "!EINVAL"},
		{0, XS_SET_PERMS, "/|r0||", "!EINVAL"},
		{0, XS_SET_PERMS, "/|r99999|", "!EINVAL"},
		{0, XS_SET_PERMS, "/|r-1|", "!EINVAL"},
		{0, XS_SET_PERMS, "@releaseDomain", "!EINVAL"},
		{0, XS_GET_PERMS, "@releaseDomain", "!EINVAL"},
		{0, XS_DIRECTORY_PART, "/|", "!EINVAL"},
		{0, XS_DIRECTORY_PART, "/|x|", "!EINVAL"},
		{0, XS_DIRECTORY_PART, "/|99|", "!EINVAL"},
		{0, XS_ERROR, "|", "!ENOSYS"},
		{0, XS_WATCH_EVENT, "|", "!ENOSYS"},
		{0, 20, "|", "!ENOSYS"},
		{0, XS_TYPE_COUNT, "|", "!ENOSYS"},
		{0, XS_INVALID, "|", "!ENOSYS"},
		{0, 0xffffffff, "", "!ENOSYS"},
		{0, XS_DIRECTORY, "/|", ""},
	};
	struct store_bench b;

	bench_open(&b);
	ASK_ROWS(&b, rows);
	bench_close(&b);
}

Test(stored_nodes, directories_list_their_children)
{
	static const struct ask_row rows[] = {
		{0, XS_DIRECTORY, "/|", ""},
		{0, XS_DIRECTORY, "/a|", "!ENOENT"},
		{0, XS_MKDIR, "/a/c|", "OK|"},
		{0, XS_MKDIR, "/a/b/deep|", "OK|"},
		{0, XS_MKDIR, "/a/b|", "OK|"},
		{0, XS_DIRECTORY, "/a|", "b|c|"},
		{0, XS_DIRECTORY, "/a/c|", ""},
		{0, XS_READ, "/a/c|", ""},
		{0, XS_RM, "/a/b|", "OK|"},
		{0, XS_DIRECTORY, "/a|", "c|"},
		{0, XS_RM, "/a/b|", "OK|"},
		{0, XS_RM, "/x/y|", "!ENOENT"},
		{0, XS_RM, "/a|", "OK|"},
		{0, XS_DIRECTORY, "/|", ""},
	};
	struct store_bench b;

	bench_open(&b);
	ASK_ROWS(&b, rows);
	bench_close(&b);
}

Test(stored_nodes, a_large_directory_comes_in_parts)
{
	struct store_bench b;
	char request[64];
	size_t have = 0, names = 0;
	bool last = false;

	bench_open(&b);
	for (int i = 0; i < 2000; i++) {
		snprintf(request, sizeof(request), "/d/name-%d|", i);
		cr_assert_str_eq(ask(&b, 0, XS_MKDIR, request), "OK|");
	}
	cr_expect_str_eq(ask(&b, 0, XS_DIRECTORY, "/d|"), "!E2BIG");
	while (!last) {
		const char *reply, *p;

		snprintf(request, sizeof(request), "/d|%zu|", have);
		reply = ask(&b, 0, XS_DIRECTORY_PART, request);
		cr_assert_neq(reply[0], '!', "%s", reply);
		p = strchr(reply, '|') + 1;
		have += strlen(p);
		for (const char *q = p; *q; q = strchr(q, '|') + 1) {
			if (*q == '|') {
				last = true;
				break;
			}
			names++;
		}
	}
	cr_expect_eq(names, 2000);
	/* An empty directory is one part: generation, and the end. */
	ask(&b, 0, XS_MKDIR, "/empty|");
	cr_expect_str_eq(
		strchr(ask(&b, 0, XS_DIRECTORY_PART, "/empty|0|"), '|'), "||");
	bench_close(&b);
}

Test(stored_nodes, rights_follow_the_first_entry_that_fits)
{
	static const struct ask_row rows[] = {
		/* Domain 1 owns; 2 reads; 3 writes; 4 both; 5 has none. */
		{0, XS_WRITE, "/p|v", "OK|"},
		{0, XS_SET_PERMS, "/p|n1|r2|w3|b4|", "OK|"},
		{0, XS_GET_PERMS, "/p|", "n1|r2|w3|b4|"},
		{1, XS_READ, "/p|", "v"},
		{1, XS_WRITE, "/p|1", "OK|"},
		{2, XS_READ, "/p|", "1"},
		{2, XS_WRITE, "/p|2", "!EACCES"},
		{3, XS_READ, "/p|", "!EACCES"},
		{3, XS_WRITE, "/p|3", "OK|"},
		{4, XS_READ, "/p|", "3"},
		{4, XS_WRITE, "/p|4", "OK|"},
		{5, XS_READ, "/p|", "!EACCES"},
		{5, XS_WRITE, "/p|5", "!EACCES"},
		{5, XS_DIRECTORY, "/p|", "!EACCES"},
		{5, XS_GET_PERMS, "/p|", "!EACCES"},
		{5, XS_RM, "/p|", "!EACCES"},
		{5, XS_MKDIR, "/p/x|", "!EACCES"},
		/* For others, the owner's entry says what they may. */
		{0, XS_SET_PERMS, "/p|b1|n2|", "OK|"},
		{5, XS_WRITE, "/p|5", "OK|"},
		{2, XS_READ, "/p|", "!EACCES"},
		/* The first entry of a domain counts, not the best. */
		{0, XS_SET_PERMS, "/p|n1|r2|b2|", "OK|"},
		{2, XS_WRITE, "/p|2", "!EACCES"},
	};
	struct store_bench b;

	bench_open(&b);
	ASK_ROWS(&b, rows);
	bench_close(&b);
}

Test(stored_nodes, what_is_not_there_is_hidden_from_those_without_rights)
{
	static const struct ask_row rows[] = {
		{0, XS_MKDIR, "/secret|", "OK|"},
		{0, XS_SET_PERMS, "/secret|n0|r1|", "OK|"},
		{1, XS_READ, "/secret/x/y|", "!ENOENT"},
		{2, XS_READ, "/secret/x/y|", "!EACCES"},
		{1, XS_RM, "/secret/x|", "!EACCES"},
		{1, XS_WRITE, "/secret/x|1", "!EACCES"},
		{1, XS_READ, "/nowhere|", "!EACCES"},
	};
	struct store_bench b;

	bench_open(&b);
	ASK_ROWS(&b, rows);
	bench_close(&b);
}

Test(stored_nodes, new_nodes_inherit_and_belong_to_their_creator)
{
	static const struct ask_row rows[] = {
		{0, XS_MKDIR, "/d|", "OK|"},
		{0, XS_SET_PERMS, "/d|r1|b2|n3|", "OK|"},
		{2, XS_WRITE, "/d/a/b|x", "OK|"},
		{0, XS_GET_PERMS, "/d/a|", "r2|b2|n3|"},
		{0, XS_GET_PERMS, "/d/a/b|", "r2|b2|n3|"},
		/* Domain 0 creates in the name of the parent's owner. */
		{0, XS_WRITE, "/d/z|x", "OK|"},
		{0, XS_GET_PERMS, "/d/z|", "r1|b2|n3|"},
	};
	struct store_bench b;

	bench_open(&b);
	ASK_ROWS(&b, rows);
	cr_expect_eq(b.core->domains[1]->node_count, 2);
	cr_expect_eq(b.core->domains[2]->node_count, 2);
	bench_close(&b);
}

Test(stored_nodes, only_the_owner_changes_permissions_and_never_the_owner)
{
	static const struct ask_row rows[] = {
		{0, XS_WRITE, "/p|v", "OK|"},
		{0, XS_SET_PERMS, "/p|n1|b2|", "OK|"},
		{2, XS_SET_PERMS, "/p|n2|", "!EACCES"},
		{1, XS_SET_PERMS, "/p|n2|", "!EPERM"},
		{1, XS_SET_PERMS, "/p|n0|", "!EPERM"},
		{1, XS_SET_PERMS, "/p|r1|", "OK|"},
		{3, XS_READ, "/p|", "v"},
		{0, XS_SET_PERMS, "/p|n3|", "OK|"},
		{1, XS_READ, "/p|", "!EACCES"},
		{3, XS_READ, "/p|", "v"},
		{0, XS_SET_PERMS, "@releaseDomain|n0|r4|", "OK|"},
		{0, XS_GET_PERMS, "@releaseDomain|", "n0|r4|"},
		{4, XS_SET_PERMS, "@releaseDomain|n4|", "!EACCES"},
		{4, XS_GET_PERMS, "@releaseDomain|", "n0|r4|"},
		{5, XS_GET_PERMS, "@releaseDomain|", "!EACCES"},
	};
	struct store_bench b;

	bench_open(&b);
	ASK_ROWS(&b, rows);
	bench_close(&b);
}

Test(stored_nodes, a_domain_acts_with_its_targets_rights)
{
	static const struct ask_row rows[] = {
		{0, XS_INTRODUCE, "1|100|5|", "OK|"},
		{0, XS_INTRODUCE, "2|101|5|", "OK|"},
		{0, XS_WRITE, "/p|v", "OK|"},
		{0, XS_SET_PERMS, "/p|n1|", "OK|"},
		{2, XS_READ, "/p|", "!EACCES"},
		{0, XS_SET_TARGET, "2|1|", "OK|"},
		{2, XS_READ, "/p|", "v"},
		{2, XS_WRITE, "/p|w", "OK|"},
		/* Gone is the target, and with it the right. */
		{0, XS_RELEASE, "1|", "OK|"},
		{2, XS_READ, "/p|", "!EACCES"},
	};
	struct store_bench b;

	bench_open(&b);
	ASK_ROWS(&b, rows);
	bench_close(&b);
}
