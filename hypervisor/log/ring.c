/* SPDX-License-Identifier: MIT */
/*
 * The ring of text behind the hypervisor's console.
 *
 * Invariant: end - start <= bytes, in 32-bit arithmetic that wraps; so a
 * position p is in the ring exactly if end - p <= end - start.
 */
#include "log/ring.h"

void text_ring_put(struct text_ring *r, const char *s, size_t n)
{
	while (n--)
		r->text[r->end++ & (r->bytes - 1)] = *s++;
	if (r->end - r->start > r->bytes)
		r->start = r->end - r->bytes;
}

size_t text_ring_copy(const struct text_ring *r, uint32_t *at, char *to,
		      size_t room)
{
	size_t n = 0;

	if (r->end - *at > r->end - r->start)
		*at = r->start;
	while (n < room && *at != r->end)
		to[n++] = r->text[(*at)++ & (r->bytes - 1)];
	return n;
}

void text_ring_forget(struct text_ring *r, uint32_t at)
{
	if (r->end - at <= r->end - r->start)
		r->start = at;
}
