/* SPDX-License-Identifier: MIT */
/* Messages to a client that reads slowly, or not at all. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "dom0-tools/stored/harness.h"
#include "public/io/xs_wire.h"

TestSuite(stored_client_queue);

static void write_node(struct store_bench *b, const char *name)
{
	char text[128];

	snprintf(text, sizeof(text), "/d/%s|x", name);
	cr_assert_str_eq(ask(b, 0, XS_WRITE, text), "OK|");
}

/* Domain 1 watches /d, which it may read. */
static void open_watched(struct store_bench *b)
{
	bench_open(b);
	ask(b, 0, XS_MKDIR, "/d|");
	ask(b, 0, XS_SET_PERMS, "/d|r0|");
	ask(b, 1, XS_WATCH, "/d|t|");
	events(b, 1);
}

Test(stored_client_queue, an_event_that_waits_already_is_not_repeated)
{
	struct store_bench b;

	open_watched(&b);
	for (int i = 0; i < 100; i++)
		write_node(&b, "a");
	write_node(&b, "b");
	write_node(&b, "a");
	cr_expect_str_eq(events(&b, 1), "/d/a t;/d/b t;/d/a t;");
	bench_close(&b);
}

Test(stored_client_queue, memory_is_bounded_and_the_watcher_told_to_look_again)
{
	struct store_bench b;
	const char *got;
	char name[32];

	open_watched(&b);
	ask(&b, 0, XS_CONTROL, "quota|set|1|queue-bytes|1000|");
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "%d", i);
		write_node(&b, name);
	}
	cr_expect_lt(b.clients[1]->queue_bytes, 1100);
	got = events(&b, 1);
	cr_expect_eq(strncmp(got, "/d/0 t;/d/1 t;", 14), 0, "%s", got);
	/* What was left out is made good by one event about the whole. */
	cr_expect_str_eq(got + strlen(got) - 6, ";/d t;", "%s", got);
	write_node(&b, "more");
	cr_expect_str_eq(events(&b, 1), "/d/more t;");
	bench_close(&b);
}

Test(stored_client_queue, no_event_follows_the_reply_to_unwatch)
{
	struct xsd_sockmsg header = {.type = XS_UNWATCH, .req_id = 1};
	struct store_bench b;
	const char *data;
	size_t len;

	open_watched(&b);
	write_node(&b, "a");
	write_node(&b, "b");
	/* Half of the first event is sent: that one must be finished. */
	data = client_peek(b.clients[1], &len);
	cr_assert_not_null(data);
	client_consume(b.clients[1], 3);
	core_request(b.core, b.clients[1], &header, "/d\0t", 5);
	data = client_peek(b.clients[1], &len);
	client_consume(b.clients[1], len);
	data = client_peek(b.clients[1], &len);
	memcpy(&header, data, sizeof(header));
	cr_expect_eq(header.type, XS_UNWATCH);
	client_consume(b.clients[1], len);
	cr_expect_null(client_peek(b.clients[1], &len));
	cr_expect_eq(b.clients[1]->queue_bytes, 0);
	bench_close(&b);
}

Test(stored_client_queue, unread_replies_stop_further_requests)
{
	struct xsd_sockmsg header = {.type = XS_READ};
	struct store_bench b;
	char value[4096];
	size_t len, count = 0;

	bench_open(&b);
	memset(value, 'v', sizeof(value));
	memcpy(value, "/big", 5);
	ask_bytes(&b, 0, 0, XS_WRITE, value, 4000);
	while (!client_is_behind(b.clients[0])) {
		core_request(b.core, b.clients[0], &header, "/big", 5);
		cr_assert_lt(++count, 100);
	}
	while (client_peek(b.clients[0], &len))
		client_consume(b.clients[0], len);
	cr_expect_not(client_is_behind(b.clients[0]));
	bench_close(&b);
}
