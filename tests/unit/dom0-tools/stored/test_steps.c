/* SPDX-License-Identifier: MIT */
/*
 * What a request costs, in steps: it must not depend on how many nodes the
 * store has, nor on how many other domains watch how much of it.
 *
 * A step is one basic block of the store's code, one turn of a loop at least:
 * the compiler calls __sanitizer_cov_trace_pc() in each (tests/unit/build.mk),
 * so no loop can be forgotten, and no clock is asked. What libc does inside
 * memcpy() or malloc() is no step; so the bytes that are allocated count too.
 *
 * The same requests are made in stores of different sizes, beside a crowd:
 * other domains with a connection, ten watches and an open transaction (a
 * snapshot) each, and a directory with all the other nodes. Elsewhere than in
 * the crowd a request must cost the same. In its directory the way to a child
 * grows with the logarithm of the number of children, because they are a
 * treap, and by no more than that.
 *
 * What a request does to others is its own cost: listing so many children,
 * removing so many nodes, asking for each watch on an ancestor of a changed
 * node whether its owner may hear of it.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/stored/harness.h"

TestSuite(stored_steps);

enum { FEW_NODES = 100, MANY_NODES = 100000, MANY_DOMAINS = 500 };
enum { WATCHES_EACH = 10, FIRST_OTHER = 10, FIRST_WATCHED = 90000 };

struct cost {
	uint64_t steps;
	uint64_t bytes; /* allocated */
};

static struct cost total;

void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
	total.steps++;
}

/* Of every sanitizer's runtime; gcc has no header that says so. */
int __sanitizer_install_malloc_and_free_hooks(
	void (*allocated)(const volatile void *, size_t),
	void (*freed)(const volatile void *));

static void count_bytes(const volatile void *block, size_t bytes)
{
	(void)block;
	total.bytes += bytes;
}

static void count_nothing(const volatile void *block)
{
	(void)block;
}

static void count_from_here(void)
{
	int rc = __sanitizer_install_malloc_and_free_hooks(count_bytes,
							   count_nothing);

	cr_assert(rc, "the sanitizer takes no hooks");
}

/* A request of a client that is none of the harness's; '|' stands for NUL. */
static void ask_other(struct client *c, uint32_t type, const char *text)
{
	struct xsd_sockmsg header = {.type = type, .len = strlen(text)};
	char payload[64];
	const char *data;
	size_t len;

	cr_assert_lt(header.len, sizeof(payload));
	for (size_t i = 0; i < header.len; i++)
		payload[i] = text[i] == '|' ? '\0' : text[i];
	core_request(c->core, c, &header, payload, header.len);
	while ((data = client_peek(c, &len))) {
		memcpy(&header, data, sizeof(header));
		cr_assert_neq(header.type, XS_ERROR, "%s", text);
		client_consume(c, len);
	}
}

/* The crowd: its nodes are the children of /crowd, named by number. */
static void open_crowded(struct store_bench *b, int nodes, int domains)
{
	char text[64];

	bench_open(b);
	for (int i = 0; i < 20; i++) {
		snprintf(text, sizeof(text), "/here/list/%02d|v", i);
		ask(b, 0, XS_WRITE, text);
	}
	ask(b, 0, XS_WRITE, "/here/value|v");
	ask(b, 0, XS_WRITE, "/here/guest|v");
	ask(b, 0, XS_SET_PERMS, "/here/guest|n1|r2|b3|");
	for (int i = 0; i < nodes; i++) {
		snprintf(text, sizeof(text), "/crowd/%05d|v", i);
		ask_other(b->clients[0], XS_WRITE, text);
	}
	for (int i = 0; i < domains; i++) {
		int domid = FIRST_OTHER + i;
		struct client *c = client_new(b->core, (uint16_t)domid);

		cr_assert_not_null(c);
		for (int w = 0; w < WATCHES_EACH; w++) {
			snprintf(text, sizeof(text), "/crowd/%05d|%d|",
				 FIRST_WATCHED + i * WATCHES_EACH + w, w);
			ask_other(c, XS_WATCH, text);
		}
		ask_other(c, XS_TRANSACTION_START, "|");
	}
}

struct row {
	uint16_t domid;
	bool in_txn; /* the one that a row before has started */
	uint32_t type;
	const char *payload;
};

#define ROWS_MAX 40

/* Makes the requests one after the other. */
static void measure(int nodes, int domains, const struct row *rows,
		    size_t count, struct cost costs[ROWS_MAX])
{
	struct store_bench b;
	uint32_t txn = 0;

	cr_assert_leq(count, ROWS_MAX);
	open_crowded(&b, nodes, domains);
	for (size_t i = 0; i < count; i++) {
		const struct row *r = &rows[i];
		const char *reply;

		total = (struct cost){0};
		reply = ask_in(&b, r->domid, r->in_txn ? txn : 0, r->type,
			       r->payload);
		costs[i] = total;
		cr_assert_neq(reply[0], '!', "row %zu: %s %s: %s", i,
			      wire_type_name(r->type), r->payload, reply);
		if (r->type == XS_TRANSACTION_START)
			txn = (uint32_t)strtoul(reply, NULL, 10);
	}
	bench_close(&b);
}

static const struct row elsewhere[] = {
	{0, false, XS_READ, "/here/value|"},
	{0, false, XS_WRITE, "/here/value|other"},
	{0, false, XS_WRITE, "/here/value|again"},
	{0, false, XS_WRITE, "/here/new|v"},
	{0, false, XS_MKDIR, "/here/a/b/c|"},
	{0, false, XS_RM, "/here/a|"},
	{0, false, XS_DIRECTORY, "/here/list|"},
	{0, false, XS_DIRECTORY_PART, "/here/list|0|"},
	{0, false, XS_GET_PERMS, "/here/value|"},
	{0, false, XS_SET_PERMS, "/here/value|n1|r2|"},
	/* With rights to be checked: an owner, a reader, one who may both. */
	{1, false, XS_READ, "/here/guest|"},
	{1, false, XS_WRITE, "/here/guest|1"},
	{2, false, XS_READ, "/here/guest|"},
	{3, false, XS_WRITE, "/here/guest|3"},
	{1, false, XS_SET_PERMS, "/here/guest|n1|r2|"},
	{1, false, XS_WRITE, "/here/guest/mine|v"},
	{1, false, XS_RM, "/here/guest/mine|"},
	/* Watches of its own, which fire. */
	{0, false, XS_WATCH, "/here/list|token|"},
	{0, false, XS_WRITE, "/here/list/00|fires"},
	{0, false, XS_UNWATCH, "/here/list|token|"},
	/* A transaction; the store changes meanwhile, so all is compared. */
	{0, false, XS_TRANSACTION_START, "|"},
	{0, true, XS_READ, "/here/value|"},
	{0, true, XS_WRITE, "/here/value|in"},
	{0, true, XS_WRITE, "/here/list/new|in"},
	{0, true, XS_DIRECTORY, "/here/list|"},
	{0, true, XS_RM, "/here/new|"},
	{0, false, XS_WRITE, "/here/guest|meanwhile"},
	{0, true, XS_TRANSACTION_END, "T|"},
	{1, false, XS_TRANSACTION_START, "|"},
	{1, true, XS_READ, "/here/guest|"},
	{1, true, XS_WRITE, "/here/guest|in"},
	{0, false, XS_WRITE, "/here/value|meanwhile"},
	{1, true, XS_TRANSACTION_END, "T|"},
	{0, false, XS_TRANSACTION_START, "|"},
	{0, true, XS_TRANSACTION_END, "F|"},
	{0, false, XS_RM, "/here/list|"},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/*
 * What may differ: a hash table's chains are longer by chance, here or there;
 * and a transaction's number has a digit more in the reply.
 */
enum { CHAIN_STEPS = 24, DIGIT_BYTES = 8 };

Test(stored_steps, nodes_and_watches_elsewhere_cost_nothing)
{
	static const struct {
		int nodes, domains;
	} crowds[] = {
		{MANY_NODES, 1},
		{FEW_NODES, MANY_DOMAINS},
		{MANY_NODES, MANY_DOMAINS},
	};
	struct cost few[ROWS_MAX], many[ROWS_MAX];

	count_from_here();
	measure(FEW_NODES, 1, elsewhere, COUNT(elsewhere), few);
	for (size_t k = 0; k < COUNT(crowds); k++) {
		measure(crowds[k].nodes, crowds[k].domains, elsewhere,
			COUNT(elsewhere), many);
		for (size_t i = 0; i < COUNT(elsewhere); i++) {
			const struct row *r = &elsewhere[i];

			cr_expect_leq(many[i].steps, few[i].steps + CHAIN_STEPS,
				      "%d nodes, %d domains: row %zu, %s %s: "
				      "%lu steps, beside few %lu",
				      crowds[k].nodes, crowds[k].domains, i,
				      wire_type_name(r->type), r->payload,
				      many[i].steps, few[i].steps);
			cr_expect_leq(many[i].bytes, few[i].bytes + DIGIT_BYTES,
				      "%d nodes, %d domains: row %zu, %s %s: "
				      "%lu bytes allocated, beside few %lu",
				      crowds[k].nodes, crowds[k].domains, i,
				      wire_type_name(r->type), r->payload,
				      many[i].bytes, few[i].bytes);
		}
	}
}

/* In the crowd's directory, of which /crowd/00050 is always one. */
static const struct row inside[] = {
	{0, false, XS_READ, "/crowd/00050|"},
	{0, false, XS_WRITE, "/crowd/00050|other"},
	{0, false, XS_WRITE, "/crowd/00050x|new"},
	{0, false, XS_RM, "/crowd/00050x|"},
	{0, false, XS_SET_PERMS, "/crowd/00050|n1|"},
	{1, false, XS_WRITE, "/crowd/00050|mine"},
	{0, false, XS_WATCH, "/crowd/00050|mine|"},
	{0, false, XS_UNWATCH, "/crowd/00050|mine|"},
	{0, false, XS_TRANSACTION_START, "|"},
	{0, true, XS_WRITE, "/crowd/00050|in"},
	{0, true, XS_WRITE, "/crowd/00051y|new"},
	{0, true, XS_RM, "/crowd/00052|"},
	{0, false, XS_WRITE, "/crowd/00060|meanwhile"},
	{0, true, XS_TRANSACTION_END, "T|"},
};

Test(stored_steps, among_siblings_the_cost_is_a_logarithm)
{
	struct cost few[ROWS_MAX], many[ROWS_MAX];

	count_from_here();
	measure(FEW_NODES, 1, inside, COUNT(inside), few);
	measure(MANY_NODES, MANY_DOMAINS, inside, COUNT(inside), many);
	/*
	 * A thousand times as many: a logarithm 2.5 times as large, of which
	 * the other costs of a request are no part.
	 */
	for (size_t i = 0; i < COUNT(inside); i++) {
		const struct row *r = &inside[i];

		cr_expect_leq(many[i].steps, 2 * few[i].steps,
			      "row %zu, %s %s: %lu steps, beside few %lu", i,
			      wire_type_name(r->type), r->payload,
			      many[i].steps, few[i].steps);
		cr_expect_leq(many[i].bytes, 2 * few[i].bytes,
			      "row %zu, %s %s: %lu bytes, beside few %lu", i,
			      wire_type_name(r->type), r->payload,
			      many[i].bytes, few[i].bytes);
	}
}

Test(stored_steps, what_costs_more_counts_more)
{
	static const struct row rows[] = {
		{0, false, XS_DIRECTORY, "/here/list|"},
		{0, false, XS_WRITE, "/here/list/20|v"},
		{0, false, XS_DIRECTORY, "/here/list|"},
		{0, false, XS_WRITE, "/here/one|v"},
		{0, false, XS_WRITE, "/here/a/b/c/d|v"},
		{0, false, XS_RM, "/here/one|"},
		{0, false, XS_RM, "/here/list|"},
	};
	struct cost c[ROWS_MAX];

	count_from_here();
	measure(FEW_NODES, 1, rows, COUNT(rows), c);
	cr_expect_gt(c[0].steps, 20, "a step for each child at least");
	cr_expect_gt(c[2].steps, c[0].steps, "one child more");
	cr_expect_gt(c[4].steps, c[3].steps);
	cr_expect_gt(c[4].bytes, 2 * c[3].bytes);
	cr_expect_gt(c[6].steps, c[5].steps + 20, "so many nodes removed");
}
