/* SPDX-License-Identifier: MIT */
/*
 * From what a guest prints to what its log holds: the harmless part of it
 * (lib/termfilter.h, FILTER_TEXT; people read logs with cat), and, when they
 * are wanted, the time at the beginning of each line.
 * Pure. Test: tests/unit/dom0-tools/consoled/test_logtext.c.
 */
#ifndef DOM0_TOOLS_CONSOLED_LOGTEXT_H
#define DOM0_TOOLS_CONSOLED_LOGTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "lib/termfilter.h"

#define LOGTEXT_STAMP_BYTES 25 /* "2026-11-21T13:20:01.123Z " */
/* Room for what n bytes become: each may end a line. */
#define LOGTEXT_ROOM(n) (TERMFILTER_ROOM(n) + LOGTEXT_STAMP_BYTES * ((n) + 1))

struct logtext {
	struct termfilter filter;
	bool is_raw;	 /* the bytes as they are */
	bool has_stamps; /* a time before each line */
	bool in_line;	 /* the last byte was no line end */
};

struct logtext logtext_make(bool is_raw, bool has_stamps);

/* `out` has LOGTEXT_ROOM(len) bytes; how many of them were used. */
size_t logtext_run(struct logtext *t, struct timespec now, const uint8_t *in,
		   size_t len, uint8_t *out);

#endif
