/* SPDX-License-Identifier: MIT */
/* A log's text; see the header. */
#include "consoled/logtext.h"

#include <stdio.h>
#include <string.h>

struct logtext logtext_make(bool is_raw, bool has_stamps)
{
	return (struct logtext){
		.filter = {.kind = FILTER_TEXT},
		.is_raw = is_raw,
		.has_stamps = has_stamps,
	};
}

/* UTC: a log's lines stay in order when the clock is put back in autumn. */
static void make_stamp(struct timespec now, char stamp[LOGTEXT_STAMP_BYTES + 1])
{
	char seconds[20] = "";
	struct tm tm;

	gmtime_r(&now.tv_sec, &tm);
	strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(stamp, LOGTEXT_STAMP_BYTES + 1, "%s.%03uZ ", seconds,
		 (unsigned int)(now.tv_nsec / 1000000) % 1000);
}

/* `text` lies at the end of `out`'s room; see logtext_run(). */
static size_t add_stamps(struct logtext *t, struct timespec now,
			 const uint8_t *text, size_t len, uint8_t *out)
{
	char stamp[LOGTEXT_STAMP_BYTES + 1];
	size_t n = 0;

	make_stamp(now, stamp);
	for (size_t i = 0; i < len; i++) {
		if (!t->in_line) {
			size_t bytes = strlen(stamp);

			memcpy(out + n, stamp, bytes);
			n += bytes;
		}
		out[n++] = text[i];
		t->in_line = text[i] != '\n';
	}
	return n;
}

size_t logtext_run(struct logtext *t, struct timespec now, const uint8_t *in,
		   size_t len, uint8_t *out)
{
	uint8_t *text = out;

	/*
	 * Filtered into the far end of the room: the stamps grow towards it
	 * from the near end, by at most one for each byte that is left.
	 */
	if (t->has_stamps)
		text = out + LOGTEXT_STAMP_BYTES * (len + 1);
	if (t->is_raw)
		memmove(text, in, len);
	else
		len = termfilter_run(&t->filter, in, len, text);
	return t->has_stamps ? add_stamps(t, now, text, len, out) : len;
}
