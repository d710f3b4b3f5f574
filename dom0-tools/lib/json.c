/* SPDX-License-Identifier: MIT */
/*
 * A writer of JSON; see json.h.
 * Test: tests/unit/dom0-tools/lib/test_json.c.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/utf8.h"

static void json_quote(struct json *j, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	putc('"', j->out);
	while (*s) {
		size_t length = utf8_length(s);

		if (length == 0) {
			fputs("\\ufffd", j->out);
			length = 1;
		} else if (*s == '"' || *s == '\\') {
			fprintf(j->out, "\\%c", *s);
		} else if (*s < ' ' || *s == 0x7f) {
			fprintf(j->out, "\\u%04x", *s);
		} else {
			fwrite(s, 1, length, j->out);
		}
		s += length;
	}
	putc('"', j->out);
}

static void json_indent(struct json *j)
{
	fprintf(j->out, "\n%*s", (int)(2 * j->depth), "");
}

static void json_item(struct json *j, const char *key)
{
	if (j->filled[j->depth])
		putc(',', j->out);
	if (j->depth && !j->is_line)
		json_indent(j);
	else if (j->filled[j->depth])
		putc(' ', j->out);
	j->filled[j->depth] = true;
	if (key) {
		json_quote(j, key);
		fputs(": ", j->out);
	}
}

static void json_open(struct json *j, const char *key, char bracket)
{
	if (j->depth == JSON_DEPTH)
		abort();
	json_item(j, key);
	putc(bracket, j->out);
	j->filled[++j->depth] = false;
}

static void json_close(struct json *j, char bracket)
{
	bool filled = j->filled[j->depth];

	if (j->depth == 0)
		abort();
	j->depth--;
	if (filled && !j->is_line)
		json_indent(j);
	putc(bracket, j->out);
}

void json_begin(struct json *j, FILE *out)
{
	memset(j, 0, sizeof(*j));
	j->out = out;
}

void json_begin_line(struct json *j, FILE *out)
{
	json_begin(j, out);
	j->is_line = true;
}

void json_end(struct json *j)
{
	if (j->depth)
		abort();
	putc('\n', j->out);
}

void json_open_object(struct json *j, const char *key)
{
	json_open(j, key, '{');
}

void json_close_object(struct json *j)
{
	json_close(j, '}');
}

void json_open_array(struct json *j, const char *key)
{
	json_open(j, key, '[');
}

void json_close_array(struct json *j)
{
	json_close(j, ']');
}

void json_string(struct json *j, const char *key, const char *value)
{
	json_item(j, key);
	json_quote(j, value);
}

void json_uint(struct json *j, const char *key, uint64_t value)
{
	json_item(j, key);
	fprintf(j->out, "%" PRIu64, value);
}

void json_double(struct json *j, const char *key, double value)
{
	json_item(j, key);
	fprintf(j->out, "%.3f", value);
}

void json_bool(struct json *j, const char *key, bool value)
{
	json_item(j, key);
	fputs(value ? "true" : "false", j->out);
}

void json_null(struct json *j, const char *key)
{
	json_item(j, key);
	fputs("null", j->out);
}
