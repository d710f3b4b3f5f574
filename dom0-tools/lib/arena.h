/* SPDX-License-Identifier: MIT */
/*
 * Memory that is freed all at once: for parsers, whose results are many small
 * pieces with one life. A zeroed struct arena is empty and ready.
 * Test: tests/unit/dom0-tools/lib/test_arena.c.
 */
#ifndef DOM0_TOOLS_LIB_ARENA_H
#define DOM0_TOOLS_LIB_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks;
};

/* Zeroed and aligned for anything; NULL when memory is out. */
void *arena_alloc(struct arena *a, size_t bytes);
/* `length` bytes and a NUL. */
char *arena_strndup(struct arena *a, const char *s, size_t length);
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void arena_free(struct arena *a);

#endif
