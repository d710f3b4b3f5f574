/* SPDX-License-Identifier: MIT */
/* See harness.h. */
#include "dom0-tools/stored/harness.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char reply_text[2 * XENSTORE_PAYLOAD_MAX];
static char event_text[STORE_CLIENTS][64 * 1024];
static char event_copy[64 * 1024];

static void note(char *to, size_t room, const char *text)
{
	size_t at = strlen(to);

	snprintf(to + at, room - at, "%s;", text);
}

static int bench_introduce(void *arg, uint16_t domid, uint64_t mfn,
			   uint32_t port)
{
	struct store_bench *b = arg;
	char text[64];

	snprintf(text, sizeof(text), "introduce %u %llu %u", domid,
		 (unsigned long long)mfn, port);
	note(b->calls, sizeof(b->calls), text);
	return mfn == 13 ? -EFAULT : 0;
}

static void bench_release(void *arg, uint16_t domid)
{
	struct store_bench *b = arg;
	char text[32];

	snprintf(text, sizeof(text), "release %u", domid);
	note(b->calls, sizeof(b->calls), text);
	if (domid < STORE_CLIENTS)
		b->clients[domid] = NULL;
}

static void bench_log(void *arg, const char *line)
{
	struct store_bench *b = arg;

	note(b->log, sizeof(b->log), line);
}

void bench_open(struct store_bench *b)
{
	struct core_host host = {
		.arg = b,
		.introduce = bench_introduce,
		.release = bench_release,
		.log = bench_log,
	};

	memset(b, 0, sizeof(*b));
	memset(event_text, 0, sizeof(event_text));
	b->core = core_new(&host, 12345);
	cr_assert_not_null(b->core);
	for (uint16_t i = 0; i < 10; i++) {
		b->clients[i] = client_new(b->core, i);
		cr_assert_not_null(b->clients[i]);
	}
}

void bench_close(struct store_bench *b)
{
	const char *wrong = core_check(b->core);

	cr_assert_null(wrong, "%s", wrong);
	core_free(b->core);
}

static void dots(char *to, const char *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = from[i] ? from[i] : '|';
	to[len] = '\0';
}

/* Empties a client's queue: the reply, and the events around it. */
static bool drain(struct client *c, struct xsd_sockmsg *reply)
{
	bool replied = false;
	const char *data;
	size_t len;

	while ((data = client_peek(c, &len))) {
		struct xsd_sockmsg header;
		const char *payload = data + sizeof(header);

		memcpy(&header, data, sizeof(header));
		cr_assert_eq(len, sizeof(header) + header.len);
		if (header.type == XS_WATCH_EVENT) {
			char *to = event_text[c->domid];
			size_t at = strlen(to);

			cr_assert_lt(at + header.len + 2,
				     sizeof(event_text[0]));
			snprintf(to + at, sizeof(event_text[0]) - at, "%s %s;",
				 payload, payload + strlen(payload) + 1);
		} else {
			cr_assert_not(replied, "two replies to one request");
			replied = true;
			*reply = header;
			if (header.type == XS_ERROR) {
				reply_text[0] = '!';
				strcpy(reply_text + 1, payload);
			} else {
				dots(reply_text, payload, header.len);
			}
		}
		client_consume(c, len);
	}
	return replied;
}

const char *ask_bytes(struct store_bench *b, uint16_t domid, uint32_t txn,
		      uint32_t type, const char *payload, size_t len)
{
	struct xsd_sockmsg header = {type, 77, txn, (uint32_t)len}, reply;
	struct client *c = b->clients[domid];
	/* Its own allocation, so that a read beyond its end is seen. */
	char *copy = malloc(len ? len : 1);

	cr_assert_not_null(c);
	drain(c, &reply);
	memcpy(copy, payload, len);
	core_request(b->core, c, &header, copy, len);
	free(copy);
	cr_assert(drain(c, &reply), "no reply");
	cr_assert_eq(reply.req_id, 77);
	cr_assert_eq(reply.tx_id, txn);
	cr_assert(reply.type == type || reply.type == XS_ERROR);
	return reply_text;
}

const char *ask_in(struct store_bench *b, uint16_t domid, uint32_t txn,
		   uint32_t type, const char *payload)
{
	char text[XENSTORE_PAYLOAD_MAX + 1];
	size_t len = strlen(payload);

	cr_assert_lt(len, sizeof(text));
	for (size_t i = 0; i < len; i++)
		text[i] = payload[i] == '|' ? '\0' : payload[i];
	return ask_bytes(b, domid, txn, type, text, len);
}

const char *ask(struct store_bench *b, uint16_t domid, uint32_t type,
		const char *payload)
{
	return ask_in(b, domid, 0, type, payload);
}

uint32_t begin(struct store_bench *b, uint16_t domid)
{
	const char *reply = ask(b, domid, XS_TRANSACTION_START, "|");

	cr_assert_neq(reply[0], '!', "%s", reply);
	return (uint32_t)strtoul(reply, NULL, 10);
}

const char *commit(struct store_bench *b, uint16_t domid, uint32_t txn)
{
	return ask_in(b, domid, txn, XS_TRANSACTION_END, "T|");
}

const char *events(struct store_bench *b, uint16_t domid)
{
	struct xsd_sockmsg reply;

	drain(b->clients[domid], &reply);
	strcpy(event_copy, event_text[domid]);
	event_text[domid][0] = '\0';
	return event_copy;
}

void ask_rows(struct store_bench *b, const struct ask_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *reply =
			ask(b, rows[i].domid, rows[i].type, rows[i].payload);

		cr_expect_str_eq(reply, rows[i].reply,
				 "row %zu: domain %u, %s %s: %s, wanted %s", i,
				 rows[i].domid, wire_type_name(rows[i].type),
				 rows[i].payload, reply, rows[i].reply);
	}
}
