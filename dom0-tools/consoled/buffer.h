/* SPDX-License-Identifier: MIT */
/*
 * Two byte buffers of the console daemon, both bounded.
 *
 * A queue stands between a guest and one client, and turns what is in it into
 * frames (lib/consproto.h). A client that does not read must hold up neither
 * the guest nor the other clients, so a full queue loses its oldest half, and
 * the client is told how much it missed. A tail remembers the last bytes of a
 * console for those who come later.
 * Test: tests/unit/dom0-tools/consoled/test_buffer.c.
 */
#ifndef DOM0_TOOLS_CONSOLED_BUFFER_H
#define DOM0_TOOLS_CONSOLED_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/consproto.h"

#define CONSOLE_TAIL_BYTES 4096

struct console_queue {
	uint8_t *bytes;
	size_t room, head, used;
	uint64_t skipped; /* lost since the client was last told */
	char texts[1024]; /* frames that go before the output */
	size_t texts_used;
	char last[512]; /* the frame that goes behind all of it */
	size_t last_used;
	uint8_t frame[CONSPROTO_FRAME_MAX]; /* the one being sent */
	size_t frame_used, frame_sent;
};

/* -ENOMEM. `room` is in bytes, at least 2. */
int console_queue_init(struct console_queue *q, size_t room);
void console_queue_free(struct console_queue *q);
/* Output of the guest. */
void console_queue_push(struct console_queue *q, const uint8_t *bytes,
			size_t len);
/*
 * A frame of text (at most 255 bytes of it), ahead of output that still waits;
 * one for which there is no room is dropped. ENDED and REFUSED go behind
 * everything, and the first of them counts.
 */
void console_queue_text(struct console_queue *q, enum consproto_type type,
			const char *text);
/* The next bytes to send, in one piece; 0 when there are none. */
size_t console_queue_peek(struct console_queue *q, const uint8_t **bytes);
/* `len` of the bytes that the last peek gave were sent. */
void console_queue_consume(struct console_queue *q, size_t len);

struct console_tail {
	uint8_t bytes[CONSOLE_TAIL_BYTES];
	uint64_t total; /* bytes that ever came */
};

void console_tail_push(struct console_tail *t, const uint8_t *bytes,
		       size_t len);
/* Copies the tail, oldest byte first; its length. */
size_t console_tail_copy(const struct console_tail *t,
			 uint8_t out[CONSOLE_TAIL_BYTES]);

#endif
