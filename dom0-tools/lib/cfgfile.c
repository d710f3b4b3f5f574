/* SPDX-License-Identifier: MIT */
/*
 * The syntax of configuration files; see cfgfile.h.
 *
 * A parser by recursive descent over bytes. It holds one position, and every
 * function leaves it behind what it took. Lists nest no deeper than
 * CFG_DEPTH, so that no file can exhaust the stack.
 * Tests: tests/unit/dom0-tools/lib/test_cfgfile.c, tests/fuzz/fuzz_config.c.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cfgfile.h"

#define CFG_DEPTH     8
#define CFG_ITEMS_MAX 4096

struct cfg_parser {
	struct arena *arena;
	struct err *err;
	const char *file;
	const char *p;
	const char *end;
	const char *line_start;
	unsigned int line;
	unsigned int depth;
};

static unsigned int cfg_column(const struct cfg_parser *c)
{
	return (unsigned int)(c->p - c->line_start) + 1;
}

static int cfg_peek(const struct cfg_parser *c)
{
	return c->p < c->end ? (unsigned char)*c->p : -1;
}

static int cfg_fail(struct cfg_parser *c, const char *what)
{
	int here = cfg_peek(c);
	char found[32] = "the end of the file";

	if (here == '\n') {
		strcpy(found, "the end of the line");
	} else if (here > ' ' && here < 0x7f) {
		strcpy(found, "'?'");
		found[1] = (char)here;
	} else if (here >= 0) {
		strcpy(found, "an unprintable byte");
	}
	return err_set(c->err, EINVAL, "%s:%u:%u: %s, found %s", c->file,
		       c->line, cfg_column(c), what, found);
}

static int cfg_no_memory(struct cfg_parser *c)
{
	return err_set(c->err, ENOMEM, "%s: out of memory while reading it",
		       c->file);
}

static void cfg_newline(struct cfg_parser *c)
{
	c->p++;
	c->line++;
	c->line_start = c->p;
}

static bool cfg_is_letter(int b)
{
	return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || b == '_';
}

static bool cfg_is_digit(int b)
{
	return b >= '0' && b <= '9';
}

/* Blanks and comments; newlines too where they separate nothing. */
static void cfg_skip(struct cfg_parser *c, bool newlines)
{
	for (;;) {
		int b = cfg_peek(c);

		if (b == ' ' || b == '\t' || b == '\r') {
			c->p++;
		} else if (b == '\\' && c->end - c->p > 1 && c->p[1] == '\n') {
			c->p++;
			cfg_newline(c);
		} else if (b == '#') {
			while (c->p < c->end && *c->p != '\n')
				c->p++;
		} else if (b == '\n' && newlines) {
			cfg_newline(c);
		} else {
			return;
		}
	}
}

static int cfg_take_number(struct cfg_parser *c, struct cfg_value *v)
{
	const char *start = c->p;
	unsigned int base = 10;
	uint64_t n = 0;

	if (c->end - c->p > 2 && c->p[0] == '0' &&
	    (c->p[1] == 'x' || c->p[1] == 'X')) {
		base = 16;
		c->p += 2;
	}
	do {
		int b = cfg_peek(c);
		unsigned int digit;

		if (cfg_is_digit(b))
			digit = b - '0';
		else if (base == 16 && (b | 32) >= 'a' && (b | 32) <= 'f')
			digit = (b | 32) - 'a' + 10;
		else
			return cfg_fail(c, "expected a digit");
		if (__builtin_mul_overflow(n, base, &n) ||
		    __builtin_add_overflow(n, digit, &n))
			return cfg_fail(c, "a number beyond 64 bits");
		c->p++;
	} while (cfg_is_digit(cfg_peek(c)) || cfg_is_letter(cfg_peek(c)));
	v->kind = CFG_NUMBER;
	v->number = n;
	v->string = arena_strndup(c->arena, start, c->p - start);
	return v->string ? 0 : cfg_no_memory(c);
}

static int cfg_take_string(struct cfg_parser *c, struct cfg_value *v)
{
	char quote = *c->p++;
	const char *start = c->p;

	while (c->p < c->end && *c->p != quote) {
		if (*c->p == '\n' || *c->p == '\0')
			return cfg_fail(c, quote == '"'
						   ? "expected a closing \""
						   : "expected a closing '");
		c->p++;
	}
	if (c->p == c->end)
		return cfg_fail(c, quote == '"' ? "expected a closing \""
						: "expected a closing '");
	v->kind = CFG_STRING;
	v->string = arena_strndup(c->arena, start, c->p - start);
	c->p++;
	return v->string ? 0 : cfg_no_memory(c);
}

static int cfg_take_value(struct cfg_parser *c, struct cfg_value *v);

/* Makes room for one more item; the array's capacity is a power of two. */
static int cfg_grow(struct cfg_parser *c, struct cfg_value *list)
{
	struct cfg_value *items;

	if (list->count & (list->count - 1))
		return 0;
	items = arena_alloc(c->arena, (list->count ? 2 * list->count : 1) *
					      sizeof(*items));
	if (items == NULL)
		return cfg_no_memory(c);
	if (list->count)
		memcpy(items, list->items, list->count * sizeof(*items));
	list->items = items;
	return 0;
}

static int cfg_take_list(struct cfg_parser *c, struct cfg_value *v)
{
	int rc;

	if (c->depth == CFG_DEPTH)
		return cfg_fail(c, "lists nest too deeply");
	c->depth++;
	c->p++;
	v->kind = CFG_LIST;
	cfg_skip(c, true);
	while (cfg_peek(c) != ']') {
		if (v->count == CFG_ITEMS_MAX)
			return cfg_fail(c, "a list of more than 4096 items");
		rc = cfg_grow(c, v);
		if (rc)
			return rc;
		rc = cfg_take_value(c, &v->items[v->count]);
		if (rc)
			return rc;
		v->count++;
		cfg_skip(c, true);
		if (cfg_peek(c) != ',') {
			if (cfg_peek(c) != ']')
				return cfg_fail(c, "expected ',' or ']'");
			break;
		}
		c->p++;
		cfg_skip(c, true);
	}
	c->p++;
	c->depth--;
	return 0;
}

static int cfg_take_value(struct cfg_parser *c, struct cfg_value *v)
{
	int b = cfg_peek(c);

	memset(v, 0, sizeof(*v));
	v->line = c->line;
	v->column = cfg_column(c);
	if (cfg_is_digit(b))
		return cfg_take_number(c, v);
	if (b == '"' || b == '\'')
		return cfg_take_string(c, v);
	if (b == '[')
		return cfg_take_list(c, v);
	return cfg_fail(c, "expected a number, a quoted string or a [list]");
}

/* old += more; both sides live in the arena. */
static int cfg_append(struct cfg_parser *c, struct cfg_value *old,
		      struct cfg_value *more)
{
	if (old->kind == CFG_LIST && more->kind == CFG_LIST) {
		for (size_t i = 0; i < more->count; i++) {
			int rc;

			if (old->count == CFG_ITEMS_MAX)
				return cfg_fail(c, "a list of more than "
						   "4096 items");
			rc = cfg_grow(c, old);
			if (rc)
				return rc;
			old->items[old->count++] = more->items[i];
		}
		return 0;
	}
	if (old->kind == CFG_STRING && more->kind == CFG_STRING) {
		old->string = arena_printf(c->arena, "%s%s", old->string,
					   more->string);
		return old->string ? 0 : cfg_no_memory(c);
	}
	return err_set(c->err, EINVAL,
		       "%s:%u:%u: '+=' joins two strings or two lists only",
		       c->file, more->line, more->column);
}

static int cfg_store(struct cfg_parser *c, struct cfg_file *f,
		     struct cfg_setting *s, bool append)
{
	struct cfg_setting *old;

	for (old = f->first; old; old = old->next) {
		if (strcmp(old->name, s->name) == 0)
			break;
	}
	if (old && append)
		return cfg_append(c, &old->value, &s->value);
	if (old) {
		s->next = old->next;
		*old = *s;
		return 0;
	}
	if (f->last == NULL)
		f->last = &f->first;
	*f->last = s;
	f->last = &s->next;
	return 0;
}

static int cfg_take_setting(struct cfg_parser *c, struct cfg_file *f)
{
	const char *start = c->p;
	struct cfg_setting *s;
	bool append = false;
	int rc;

	if (!cfg_is_letter(cfg_peek(c)))
		return cfg_fail(c, "expected the name of a setting");
	s = arena_alloc(c->arena, sizeof(*s));
	if (s == NULL)
		return cfg_no_memory(c);
	s->file = c->file;
	s->line = c->line;
	s->column = cfg_column(c);
	while (cfg_is_letter(cfg_peek(c)) || cfg_is_digit(cfg_peek(c)) ||
	       cfg_peek(c) == '-')
		c->p++;
	s->name = arena_strndup(c->arena, start, c->p - start);
	if (s->name == NULL)
		return cfg_no_memory(c);
	cfg_skip(c, false);
	if (cfg_peek(c) == '+') {
		c->p++;
		append = true;
	}
	if (cfg_peek(c) != '=')
		return cfg_fail(c, "expected '='");
	c->p++;
	cfg_skip(c, false);
	rc = cfg_take_value(c, &s->value);
	if (rc)
		return rc;
	cfg_skip(c, false);
	if (cfg_peek(c) != '\n' && cfg_peek(c) != ';' && cfg_peek(c) != -1)
		return cfg_fail(c, "expected the end of the line");
	return cfg_store(c, f, s, append);
}

int cfg_parse(struct arena *a, struct cfg_file *f, const char *file,
	      const char *text, size_t length, struct err *e)
{
	struct cfg_parser c = {
		.arena = a,
		.err = e,
		.file = file,
		.p = text,
		.end = text + length,
		.line_start = text,
		.line = 1,
	};

	if (length > CFG_BYTES_MAX)
		return err_set(e, EFBIG,
			       "%s: %zu bytes, a configuration has at most %d",
			       file, length, CFG_BYTES_MAX);
	for (;;) {
		int rc;

		cfg_skip(&c, true);
		if (cfg_peek(&c) == ';') {
			c.p++;
			continue;
		}
		if (c.p == c.end)
			return 0;
		rc = cfg_take_setting(&c, f);
		if (rc)
			return rc;
	}
}

/* Whether the whole of `value` is one value of the language. */
static bool cfg_is_value(const char *value)
{
	struct arena a = {NULL};
	struct err e = ERR_NONE;
	struct cfg_parser c = {
		.arena = &a,
		.err = &e,
		.file = "",
		.p = value,
		.end = value + strlen(value),
		.line_start = value,
		.line = 1,
	};
	struct cfg_value v;
	bool is = cfg_take_value(&c, &v) == 0;

	cfg_skip(&c, true);
	is = is && c.p == c.end;
	arena_free(&a);
	return is;
}

int cfg_parse_argument(struct arena *a, struct cfg_file *f,
		       const char *argument, struct err *e)
{
	const char *equals = strchr(argument, '=');
	const char *text = argument;

	if (equals == NULL)
		return err_set(e, EINVAL,
			       "'%s' is no setting: write name=value",
			       argument);
	if (!cfg_is_value(equals + 1)) {
		char quote = strchr(equals + 1, '"') ? '\'' : '"';

		text = arena_printf(a, "%.*s=%c%s%c", (int)(equals - argument),
				    argument, quote, equals + 1, quote);
		if (text == NULL)
			return err_set(e, ENOMEM, "out of memory");
	}
	return cfg_parse(a, f, "command line", text, strlen(text), e);
}

const struct cfg_setting *cfg_find(const struct cfg_file *f, const char *name)
{
	for (const struct cfg_setting *s = f->first; s; s = s->next) {
		if (strcmp(s->name, name) == 0)
			return s;
	}
	return NULL;
}

unsigned int cfg_distance(const char *a, const char *b)
{
	unsigned int row[33];
	size_t la = strlen(a), lb = strlen(b);

	if (la > 32 || lb > 32)
		return 32;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		unsigned int diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned int best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb];
}
