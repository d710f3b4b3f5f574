/* SPDX-License-Identifier: MIT */
/* Transactions: what each side sees, what conflicts and what does not. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "dom0-tools/stored/harness.h"
#include "stored/txn.h"

TestSuite(stored_txn);

Test(stored_txn, a_transaction_sees_its_start_and_its_own_changes)
{
	struct store_bench b;
	uint32_t t;

	bench_open(&b);
	ask(&b, 0, XS_WRITE, "/a|old");
	t = begin(&b, 0);
	ask(&b, 0, XS_WRITE, "/a|outside");
	cr_expect_str_eq(ask_in(&b, 0, t, XS_READ, "/a|"), "old");
	ask_in(&b, 0, t, XS_WRITE, "/b|inside");
	cr_expect_str_eq(ask_in(&b, 0, t, XS_READ, "/b|"), "inside");
	cr_expect_str_eq(ask(&b, 0, XS_READ, "/b|"), "!ENOENT");
	cr_expect_str_eq(ask_in(&b, 0, t, XS_TRANSACTION_END, "F|"), "OK|");
	cr_expect_str_eq(ask(&b, 0, XS_READ, "/b|"), "!ENOENT");
	cr_expect_str_eq(ask(&b, 0, XS_READ, "/a|"), "outside");
	bench_close(&b);
}

Test(stored_txn, misuse_is_refused)
{
	struct store_bench b;
	uint32_t t;

	bench_open(&b);
	t = begin(&b, 0);
	cr_expect_str_eq(ask_in(&b, 0, t, XS_TRANSACTION_START, "|"), "!EBUSY");
	cr_expect_str_eq(ask_in(&b, 0, t, XS_TRANSACTION_END, "X|"), "!EINVAL");
	cr_expect_str_eq(ask_in(&b, 0, t, XS_TRANSACTION_END, ""), "!EINVAL");
	cr_expect_str_eq(ask_in(&b, 0, t + 1, XS_READ, "/|"), "!ENOENT");
	cr_expect_str_eq(ask_in(&b, 1, t, XS_READ, "/|"), "!ENOENT",
			 "another client's transaction");
	cr_expect_str_eq(ask(&b, 0, XS_TRANSACTION_END, "T|"), "!ENOENT");
	cr_expect_str_eq(commit(&b, 0, t), "OK|");
	cr_expect_str_eq(commit(&b, 0, t), "!ENOENT");
	bench_close(&b);
}

/*
 * One request inside, one outside, then the commit. Before: /d with children
 * a (value 1) and b, both with a child k.
 */
struct race {
	const char *what;
	uint32_t in_type;
	const char *in;
	uint32_t out_type;
	const char *out;
	bool conflict;
	const char *look;  /* afterwards: a path, */
	const char *value; /* and what it holds */
};

static const struct race races[] = {
	{"different nodes", XS_WRITE, "/d/a|2", XS_WRITE, "/d/b|3", false,
	 "/d/a|", "2"},
	{"a read node is written", XS_READ, "/d/a|", XS_WRITE, "/d/a|3", true,
	 "/d/a|", "3"},
	{"a node is written without a look by both", XS_WRITE, "/d/a|2",
	 XS_WRITE, "/d/a|3", false, "/d/a|", "2"},
	{"a written node is removed", XS_WRITE, "/d/a|2", XS_RM, "/d/a|", true,
	 "/d/a|", "!ENOENT"},
	{"two children are made side by side", XS_WRITE, "/d/x|2", XS_WRITE,
	 "/d/y|3", false, "/d/x|", "2"},
	{"the same child is made twice", XS_WRITE, "/d/x|2", XS_WRITE, "/d/x|3",
	 true, "/d/x|", "3"},
	{"a child of a listed directory is made", XS_DIRECTORY, "/d|", XS_WRITE,
	 "/d/x|3", true, "/d/x|", "3"},
	{"a child of a listed directory is written", XS_DIRECTORY, "/d|",
	 XS_WRITE, "/d/a|3", false, "/d/a|", "3"},
	{"a missing node appears", XS_READ, "/d/x|", XS_WRITE, "/d/x|3", true,
	 "/d/x|", "3"},
	{"the parent of a new node goes", XS_WRITE, "/d/a/new|2", XS_RM,
	 "/d/a|", true, "/d/a|", "!ENOENT"},
	{"the parent of a new node is written", XS_WRITE, "/d/a/new|2",
	 XS_WRITE, "/d/a|3", false, "/d/a/new|", "2"},
	{"other permissions change nothing for domain 0", XS_READ, "/d/a|",
	 XS_SET_PERMS, "/d/a|r0|", false, "/d/a|", "1"},
	{"permissions that were read are changed", XS_GET_PERMS, "/d/a|",
	 XS_SET_PERMS, "/d/a|r0|", true, "/d/a|", "1"},
	{"permissions that a new node inherits are changed", XS_WRITE,
	 "/d/a/x|2", XS_SET_PERMS, "/d/a|r0|", true, "/d/a/x|", "!ENOENT"},
	{"a node's permissions are read, its value written", XS_GET_PERMS,
	 "/d/a|", XS_WRITE, "/d/a|3", false, "/d/a|", "3"},
	{"permissions inside, value outside", XS_SET_PERMS, "/d/a|r0|",
	 XS_WRITE, "/d/a|3", false, "/d/a|", "3"},
	{"a removed subtree gets a child", XS_RM, "/d/a|", XS_WRITE, "/d/a/x|3",
	 false, "/d/a|", "!ENOENT"},
	{"a node deep in a removed subtree is written", XS_RM, "/d/a|",
	 XS_WRITE, "/d/a/k|3", false, "/d/a|", "!ENOENT"},
	{"a node is removed and made again", XS_READ, "/d/a|", XS_RM, "/d/a|",
	 true, "/d/a|", "!ENOENT"},
	{"the whole directory goes", XS_READ, "/d/a|", XS_RM, "/d|", true,
	 "/d|", "!ENOENT"},
};

Test(stored_txn, conflicts_are_found_node_by_node)
{
	for (size_t i = 0; i < sizeof(races) / sizeof(races[0]); i++) {
		const struct race *r = &races[i];
		struct store_bench b;
		const char *reply;
		uint32_t t;

		bench_open(&b);
		ask(&b, 0, XS_WRITE, "/d/a|1");
		ask(&b, 0, XS_WRITE, "/d/a/k|");
		ask(&b, 0, XS_WRITE, "/d/b/k|");
		t = begin(&b, 0);
		ask_in(&b, 0, t, r->in_type, r->in);
		reply = ask(&b, 0, r->out_type, r->out);
		cr_assert_str_eq(reply, "OK|", "%s: %s", r->what, reply);
		reply = commit(&b, 0, t);
		cr_expect_str_eq(reply, r->conflict ? "!EAGAIN" : "OK|",
				 "%s: %s", r->what, reply);
		reply = ask(&b, 0, XS_READ, r->look);
		cr_expect_str_eq(reply, r->value, "%s: %s", r->what, reply);
		bench_close(&b);
	}
}

Test(stored_txn, a_guest_whose_rights_change_meanwhile_does_not_commit)
{
	struct store_bench b;
	uint32_t t;

	bench_open(&b);
	ask(&b, 0, XS_WRITE, "/p|v");
	ask(&b, 0, XS_SET_PERMS, "/p|n0|b1|");
	t = begin(&b, 1);
	cr_expect_str_eq(ask_in(&b, 1, t, XS_WRITE, "/p|w"), "OK|");
	ask(&b, 0, XS_SET_PERMS, "/p|n0|");
	cr_expect_str_eq(commit(&b, 1, t), "!EAGAIN");
	cr_expect_str_eq(ask(&b, 0, XS_READ, "/p|"), "v");
	bench_close(&b);
}

Test(stored_txn, a_guest_cannot_keep_domain_0_from_removing_its_directory)
{
	struct store_bench b;
	uint32_t t;

	bench_open(&b);
	ask(&b, 0, XS_MKDIR, "/dev/1|");
	ask(&b, 0, XS_SET_PERMS, "/dev/1|n1|r0|");
	t = begin(&b, 0);
	cr_expect_str_eq(ask_in(&b, 0, t, XS_RM, "/dev/1|"), "OK|");
	ask(&b, 1, XS_WRITE, "/dev/1|x");
	ask(&b, 1, XS_WRITE, "/dev/1/y|x");
	ask(&b, 1, XS_SET_PERMS, "/dev/1|r1|");
	cr_expect_str_eq(commit(&b, 0, t), "OK|");
	cr_expect_str_eq(ask(&b, 0, XS_DIRECTORY, "/dev|"), "");
	cr_expect_eq(b.core->domains[1]->node_count, 0);
	bench_close(&b);
}

Test(stored_txn, a_subtree_removed_and_made_again_is_the_new_one_only)
{
	struct store_bench b;
	uint32_t t;

	bench_open(&b);
	ask(&b, 0, XS_WRITE, "/a/b/old|1");
	t = begin(&b, 0);
	ask_in(&b, 0, t, XS_WRITE, "/a/b|before");
	ask_in(&b, 0, t, XS_RM, "/a|");
	ask_in(&b, 0, t, XS_WRITE, "/a/b/c|new");
	ask_in(&b, 0, t, XS_WRITE, "/a/x|gone");
	ask_in(&b, 0, t, XS_RM, "/a/x|");
	cr_expect_str_eq(commit(&b, 0, t), "OK|");
	cr_expect_str_eq(ask(&b, 0, XS_READ, "/a/b/c|"), "new");
	cr_expect_str_eq(ask(&b, 0, XS_READ, "/a/b|"), "");
	cr_expect_str_eq(ask(&b, 0, XS_DIRECTORY, "/a/b|"), "c|");
	cr_expect_str_eq(ask(&b, 0, XS_DIRECTORY, "/a|"), "b|");
	bench_close(&b);
}

Test(stored_txn, watchers_hear_of_a_transaction_at_its_commit_only)
{
	struct store_bench b;
	uint32_t t;

	bench_open(&b);
	ask(&b, 0, XS_MKDIR, "/a/old/k|");
	ask(&b, 0, XS_WATCH, "/a|t|");
	ask(&b, 0, XS_WATCH, "/a/old/k|deep|");
	events(&b, 0);
	t = begin(&b, 0);
	ask_in(&b, 0, t, XS_WRITE, "/a/b/c|1");
	ask_in(&b, 0, t, XS_WRITE, "/a/b/c|2");
	ask_in(&b, 0, t, XS_RM, "/a/old|");
	cr_expect_str_eq(events(&b, 0), "");
	cr_expect_str_eq(commit(&b, 0, t), "OK|");
	cr_expect_str_eq(events(&b, 0), "/a/b/c t;/a/old t;/a/old/k deep;");

	t = begin(&b, 0);
	ask_in(&b, 0, t, XS_READ, "/a/b/c|");
	ask_in(&b, 0, t, XS_WRITE, "/a/b/c|3");
	ask(&b, 0, XS_WRITE, "/a/b/c|4");
	events(&b, 0);
	cr_expect_str_eq(commit(&b, 0, t), "!EAGAIN");
	cr_expect_str_eq(events(&b, 0), "");
	bench_close(&b);
}

Test(stored_txn, a_refused_request_leaves_no_trace_in_the_commit)
{
	struct store_bench b;
	uint32_t t;

	bench_open(&b);
	ask(&b, 0, XS_WRITE, "/p|v");
	ask(&b, 0, XS_SET_PERMS, "/p|n1|b2|");
	ask(&b, 0, XS_WATCH, "/p|t|");
	events(&b, 0);
	t = begin(&b, 2);
	cr_expect_str_eq(ask_in(&b, 2, t, XS_SET_PERMS, "/p|n2|"), "!EACCES");
	cr_expect_str_eq(commit(&b, 2, t), "OK|");
	cr_expect_str_eq(events(&b, 0), "");
	cr_expect_str_eq(ask(&b, 0, XS_GET_PERMS, "/p|"), "n1|b2|");
	bench_close(&b);
}

Test(stored_txn, node_counts_follow_the_commit_and_not_the_abort)
{
	struct store_bench b;
	uint32_t t;

	bench_open(&b);
	ask(&b, 0, XS_MKDIR, "/d|");
	ask(&b, 0, XS_SET_PERMS, "/d|n1|");
	t = begin(&b, 1);
	ask_in(&b, 1, t, XS_WRITE, "/d/a/b|1");
	cr_expect_eq(b.core->domains[1]->node_count, 1);
	ask_in(&b, 1, t, XS_TRANSACTION_END, "F|");
	cr_expect_eq(b.core->domains[1]->node_count, 1);

	t = begin(&b, 1);
	ask_in(&b, 1, t, XS_WRITE, "/d/a/b|1");
	ask_in(&b, 1, t, XS_WRITE, "/d/x|1");
	ask_in(&b, 1, t, XS_RM, "/d/x|");
	cr_expect_str_eq(commit(&b, 1, t), "OK|");
	cr_expect_eq(b.core->domains[1]->node_count, 3);

	/* A node that another made below what goes with the commit. */
	t = begin(&b, 0);
	ask_in(&b, 0, t, XS_RM, "/d/a|");
	ask(&b, 1, XS_WRITE, "/d/a/b/late|1");
	cr_expect_str_eq(commit(&b, 0, t), "OK|");
	cr_expect_eq(b.core->domains[1]->node_count, 1);
	t = begin(&b, 0);
	ask_in(&b, 0, t, XS_SET_PERMS, "/d|n2|");
	cr_expect_str_eq(commit(&b, 0, t), "OK|");
	cr_expect_eq(b.core->domains[1]->node_count, 0);
	cr_expect_eq(b.core->domains[2]->node_count, 1);
	bench_close(&b);
}

Test(stored_txn, a_large_transaction_commits_whole)
{
	struct store_bench b;
	char text[64];
	uint32_t t;

	bench_open(&b);
	t = begin(&b, 0);
	for (int i = 0; i < 3000; i++) {
		snprintf(text, sizeof(text), "/x/%d/y|%d", i, i);
		cr_assert_str_eq(ask_in(&b, 0, t, XS_WRITE, text), "OK|");
	}
	ask(&b, 0, XS_WRITE, "/elsewhere|1");
	cr_expect_str_eq(commit(&b, 0, t), "OK|");
	cr_expect_eq(tree_kid_count(tree_find(b.core->root, "/x")), 3000);
	cr_expect_str_eq(ask(&b, 0, XS_READ, "/x/2999/y|"), "2999");
	bench_close(&b);
}

Test(stored_txn, open_transactions_end_with_reset_and_with_their_client)
{
	struct store_bench b;
	uint32_t t;

	bench_open(&b);
	ask(&b, 0, XS_WRITE, "/a|1");
	t = begin(&b, 1);
	begin(&b, 1);
	cr_expect_eq(b.clients[1]->txn_count, 2);
	cr_expect_str_eq(ask(&b, 1, XS_RESET_WATCHES, "|"), "OK|");
	cr_expect_eq(b.clients[1]->txn_count, 0);
	cr_expect_str_eq(commit(&b, 1, t), "!ENOENT");
	begin(&b, 1);
	client_free(b.clients[1]);
	b.clients[1] = NULL;
	bench_close(&b);
}

static bool must_wait(struct store_bench *b, uint16_t domid, uint32_t txn,
		      uint32_t type, const char *payload)
{
	struct xsd_sockmsg header = {.type = type, .tx_id = txn};

	return txn_must_wait(b->clients[domid], &header, payload,
			     strlen(payload) + 1);
}

/* Reads /n in a transaction that others spoil, until the client is favoured. */
static uint32_t lose_until_favoured(struct store_bench *b, uint16_t domid)
{
	for (int i = 0; i < TXN_PATIENCE; i++) {
		uint32_t t = begin(b, domid);

		cr_assert_null(b->core->favoured);
		ask_in(b, domid, t, XS_READ, "/n|");
		ask(b, 0, XS_WRITE, "/n|x");
		cr_assert_str_eq(commit(b, domid, t), "!EAGAIN");
	}
	return begin(b, domid);
}

Test(stored_txn, who_loses_again_and_again_is_favoured)
{
	struct store_bench b;
	uint32_t t, other;

	bench_open(&b);
	b.clients[10] = client_new(b.core, 0);
	ask(&b, 0, XS_WRITE, "/n|x");
	t = lose_until_favoured(&b, 0);
	cr_assert_not_null(b.core->favoured);
	/* What it lost by last time must not change, before it looks at it. */
	cr_expect(must_wait(&b, 10, 0, XS_WRITE, "/n"));
	cr_expect(must_wait(&b, 10, 0, XS_RM, "/n"));
	cr_expect(must_wait(&b, 10, 0, XS_WRITE, "/n/below"));
	cr_expect_not(must_wait(&b, 10, 0, XS_WRITE, "/other"));
	cr_expect_not(must_wait(&b, 10, 0, XS_READ, "/n"));
	cr_expect_not(must_wait(&b, 0, 0, XS_WRITE, "/n"), "its own");
	other = begin(&b, 10);
	ask_in(&b, 10, other, XS_WRITE, "/n|y");
	cr_expect(must_wait(&b, 10, other, XS_TRANSACTION_END, "T"));
	cr_expect_not(must_wait(&b, 10, other, XS_TRANSACTION_END, "F"));
	cr_expect_str_eq(commit(&b, 0, t), "OK|");
	cr_expect_not(must_wait(&b, 10, 0, XS_WRITE, "/n"));
	cr_expect_eq(b.clients[0]->losses, 0);
	bench_close(&b);
}

Test(stored_txn, a_guests_favour_holds_up_guests_only_and_not_for_long)
{
	struct store_bench b;

	bench_open(&b);
	ask(&b, 0, XS_WRITE, "/n|x");
	ask(&b, 0, XS_SET_PERMS, "/n|b0|");
	lose_until_favoured(&b, 1);
	cr_expect(must_wait(&b, 2, 0, XS_WRITE, "/n"));
	cr_expect_not(must_wait(&b, 0, 0, XS_WRITE, "/n"));
	core_unfavour(b.core);
	cr_expect_not(must_wait(&b, 2, 0, XS_WRITE, "/n"));
	cr_expect_eq(b.clients[1]->losses, 0);
	bench_close(&b);
}
