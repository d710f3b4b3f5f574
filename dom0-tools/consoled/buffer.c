/* SPDX-License-Identifier: MIT */
/* Bounded buffers of the console daemon; see the header. */
#include "consoled/buffer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int console_queue_init(struct console_queue *q, size_t room)
{
	*q = (struct console_queue){.room = room};
	q->bytes = malloc(room);
	return q->bytes ? 0 : -ENOMEM;
}

void console_queue_free(struct console_queue *q)
{
	free(q->bytes);
	*q = (struct console_queue){0};
}

static void drop_oldest(struct console_queue *q, size_t len)
{
	q->head = (q->head + len) % q->room;
	q->used -= len;
	q->skipped += len;
}

void console_queue_push(struct console_queue *q, const uint8_t *bytes,
			size_t len)
{
	size_t at, first;

	if (len > q->room) {
		q->skipped += len - q->room;
		bytes += len - q->room;
		len = q->room;
	}
	if (len > q->room - q->used) {
		size_t need = len - (q->room - q->used);
		size_t half = q->used / 2;

		/* Half at once: else each further byte would make a gap. */
		drop_oldest(q, need > half ? need : half);
	}
	at = (q->head + q->used) % q->room;
	first = q->room - at;
	if (first > len)
		first = len;
	memcpy(q->bytes + at, bytes, first);
	memcpy(q->bytes, bytes + first, len - first);
	q->used += len;
}

size_t console_queue_peek(struct console_queue *q, const uint8_t **bytes)
{
	size_t len;

	if (q->mark_sent == q->mark_used && q->skipped) {
		q->mark_used = (size_t)snprintf(
			q->mark, sizeof(q->mark),
			"\r\n[vane-consoled: %" PRIu64
			" bytes skipped, this reader is too slow]\r\n",
			q->skipped);
		q->mark_sent = 0;
		q->skipped = 0;
	}
	if (q->mark_sent < q->mark_used) {
		*bytes = (const uint8_t *)q->mark + q->mark_sent;
		return q->mark_used - q->mark_sent;
	}
	len = q->room - q->head;
	*bytes = q->bytes + q->head;
	return len < q->used ? len : q->used;
}

void console_queue_consume(struct console_queue *q, size_t len)
{
	if (q->mark_sent < q->mark_used) {
		q->mark_sent += len;
		return;
	}
	q->head = (q->head + len) % q->room;
	q->used -= len;
}

void console_tail_push(struct console_tail *t, const uint8_t *bytes, size_t len)
{
	size_t at, first;

	if (len > CONSOLE_TAIL_BYTES) {
		t->total += len - CONSOLE_TAIL_BYTES;
		bytes += len - CONSOLE_TAIL_BYTES;
		len = CONSOLE_TAIL_BYTES;
	}
	at = t->total % CONSOLE_TAIL_BYTES;
	first = CONSOLE_TAIL_BYTES - at;
	if (first > len)
		first = len;
	memcpy(t->bytes + at, bytes, first);
	memcpy(t->bytes, bytes + first, len - first);
	t->total += len;
}

size_t console_tail_copy(const struct console_tail *t,
			 uint8_t out[CONSOLE_TAIL_BYTES])
{
	size_t at = t->total % CONSOLE_TAIL_BYTES;

	if (t->total < CONSOLE_TAIL_BYTES) {
		memcpy(out, t->bytes, t->total);
		return t->total;
	}
	memcpy(out, t->bytes + at, CONSOLE_TAIL_BYTES - at);
	memcpy(out + CONSOLE_TAIL_BYTES - at, t->bytes, at);
	return CONSOLE_TAIL_BYTES;
}
