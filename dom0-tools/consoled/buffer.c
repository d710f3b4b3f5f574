/* SPDX-License-Identifier: MIT */
/* Bounded buffers of the console daemon; see the header. */
#include "consoled/buffer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 255 /* of one frame of text */

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

static size_t frame_text(char *out, enum consproto_type type, const char *text)
{
	size_t len = strlen(text);

	if (len > TEXT_MAX)
		len = TEXT_MAX;
	consproto_header((uint8_t *)out, type, len);
	memcpy(out + CONSPROTO_HEADER, text, len);
	return CONSPROTO_HEADER + len;
}

void console_queue_text(struct console_queue *q, enum consproto_type type,
			const char *text)
{
	if (type == CONSPROTO_ENDED || type == CONSPROTO_REFUSED) {
		if (!q->last_used)
			q->last_used = frame_text(q->last, type, text);
		return;
	}
	if (q->texts_used + CONSPROTO_HEADER + TEXT_MAX <= sizeof(q->texts))
		q->texts_used +=
			frame_text(q->texts + q->texts_used, type, text);
}

static void take_frame(struct console_queue *q, char *from, size_t *used)
{
	memcpy(q->frame, from, *used);
	q->frame_used = *used;
	*used = 0;
}

static void frame_output(struct console_queue *q)
{
	size_t len = q->room - q->head;

	if (len > q->used)
		len = q->used;
	if (len > CONSPROTO_PAYLOAD_MAX)
		len = CONSPROTO_PAYLOAD_MAX;
	consproto_header(q->frame, CONSPROTO_OUTPUT, len);
	memcpy(q->frame + CONSPROTO_HEADER, q->bytes + q->head, len);
	q->frame_used = CONSPROTO_HEADER + len;
	q->head = (q->head + len) % q->room;
	q->used -= len;
}

size_t console_queue_peek(struct console_queue *q, const uint8_t **bytes)
{
	char text[96];

	if (q->frame_sent == q->frame_used) {
		q->frame_sent = q->frame_used = 0;
		if (q->skipped) {
			snprintf(text, sizeof(text),
				 "%" PRIu64 " bytes were skipped: this reader "
				 "is too slow",
				 q->skipped);
			q->skipped = 0;
			console_queue_text(q, CONSPROTO_NOTICE, text);
		}
		if (q->texts_used)
			take_frame(q, q->texts, &q->texts_used);
		else if (q->used)
			frame_output(q);
		else if (q->last_used)
			take_frame(q, q->last, &q->last_used);
	}
	*bytes = q->frame + q->frame_sent;
	return q->frame_used - q->frame_sent;
}

void console_queue_consume(struct console_queue *q, size_t len)
{
	q->frame_sent += len;
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
