/* SPDX-License-Identifier: MIT */
/*
 * A writer of JSON: calls in the order of the document, indented by two
 * spaces, strings escaped so that any bytes of a guest give a valid document
 * (bytes that are no UTF-8 become U+FFFD). Depth is limited to JSON_DEPTH;
 * nesting deeper, or closing what is not open, is a caller's mistake and
 * aborts. Test: tests/unit/dom0-tools/lib/test_json.c.
 */
#ifndef DOM0_TOOLS_LIB_JSON_H
#define DOM0_TOOLS_LIB_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH 16

struct json {
	FILE *out;
	unsigned int depth;
	bool filled[JSON_DEPTH + 1]; /* a value stands there: comma first */
	bool is_line;
};

void json_begin(struct json *j, FILE *out);
/* The whole document on one line, for streams of them. */
void json_begin_line(struct json *j, FILE *out);
/* Ends the line; the document must be complete. */
void json_end(struct json *j);

/* `key` is NULL inside arrays and at the top. */
void json_open_object(struct json *j, const char *key);
void json_close_object(struct json *j);
void json_open_array(struct json *j, const char *key);
void json_close_array(struct json *j);

void json_string(struct json *j, const char *key, const char *value);
void json_uint(struct json *j, const char *key, uint64_t value);
/* With three decimals. */
void json_double(struct json *j, const char *key, double value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);

#endif
