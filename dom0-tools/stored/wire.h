/* SPDX-License-Identifier: MIT */
/*
 * The text inside the store's messages: strings that end in NUL, numbers,
 * paths. Bytes in, values out; nothing here knows of connections or nodes.
 * The format is include/public/io/xs_wire.h's.
 * Test: tests/unit/dom0-tools/stored/test_wire.c.
 */
#ifndef DOM0_TOOLS_STORED_WIRE_H
#define DOM0_TOOLS_STORED_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "public/io/xs_wire.h"

/* Room for any canonical path and its NUL. */
#define WIRE_PATH_BYTES (XENSTORE_ABS_PATH_MAX + 1)

/* What is left to be read of a payload. */
struct wire_text {
	const char *at;
	size_t len;
};

/* Takes the next string that ends in NUL, or gives NULL. */
const char *wire_string(struct wire_text *t);
/* The same, as a decimal number of at most `max`. */
bool wire_number(struct wire_text *t, uint64_t max, uint64_t *value);

/* "READ", ..., or "?". */
const char *wire_type_name(uint32_t type);

/*
 * Checks `path` and makes it absolute: a relative one lies below
 * /local/domain/`domid`. *relative tells which it was (may be NULL). 0,
 * -EINVAL for a malformed path, -E2BIG for one that is too long.
 */
int wire_path(const char *path, uint16_t domid, char out[WIRE_PATH_BYTES],
	      bool *relative);
/* "/local/domain/N"; returns its length. */
size_t wire_domain_path(uint16_t domid, char out[WIRE_PATH_BYTES]);
/* The parent's path: "/" for "/a". `path` is canonical and not "/". */
void wire_parent(const char *path, char out[WIRE_PATH_BYTES]);
/* The last component of a canonical path. */
const char *wire_leaf(const char *path);

#endif
