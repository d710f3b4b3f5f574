/* SPDX-License-Identifier: MIT */
/*
 * A ring of text that forgets its oldest bytes. Positions are running 32-bit
 * byte counts that wrap; a position modulo the size is an index.
 *
 * Pure; tested by tests/unit/hypervisor/log/test_ring.c.
 */
#ifndef LOG_RING_H
#define LOG_RING_H

#include <stddef.h>
#include <stdint.h>

struct text_ring {
	char *text;
	uint32_t bytes; /* size, a power of two */
	uint32_t start; /* oldest byte that is shown */
	uint32_t end;	/* one past the newest */
};

void text_ring_put(struct text_ring *r, const char *s, size_t n);

/*
 * Copies up to `room` bytes from position *at on (what is no longer there is
 * skipped) and moves *at behind the last one.
 */
size_t text_ring_copy(const struct text_ring *r, uint32_t *at, char *to,
		      size_t room);

/* Nothing before position `at` is shown from now on. */
void text_ring_forget(struct text_ring *r, uint32_t at);

#endif
