/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's own options. The line comes from the boot loader: it is
 * read, never written, and may be of any length.
 * Test: tests/unit/hypervisor/boot/test_cmdline.c.
 */
#include "boot/cmdline.h"
#include "lib/errno.h"
#include "lib/string.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* A piece of the line: no terminator of its own. */
struct span {
	const char *text;
	size_t length;
};

static bool span_is(struct span s, const char *word)
{
	return strlen(word) == s.length && memcmp(s.text, word, s.length) == 0;
}

static struct span span_skip(struct span s, size_t count)
{
	return (struct span){s.text + count, s.length - count};
}

static bool span_starts(struct span s, const char *prefix)
{
	size_t length = strlen(prefix);

	return s.length >= length && memcmp(s.text, prefix, length) == 0;
}

/* Splits at the first `c`. Without one, *rest is unchanged; false. */
static bool span_split(struct span s, char c, struct span *first,
		       struct span *rest)
{
	for (size_t i = 0; i < s.length; i++) {
		if (s.text[i] == c) {
			*first = (struct span){s.text, i};
			*rest = span_skip(s, i + 1);
			return true;
		}
	}
	*first = s;
	return false;
}

static bool parse_bool(struct span s, bool *value)
{
	static const char *const words[][2] = {
		{"no", "yes"},	       {"off", "on"}, {"false", "true"},
		{"disable", "enable"}, {"0", "1"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		for (unsigned int v = 0; v < 2; v++) {
			if (span_is(s, words[i][v])) {
				*value = v != 0;
				return true;
			}
		}
	}
	return false;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 255;
}

/*
 * Reads the digits at the front of *s, by C's rules for the base, and leaves
 * what follows in *s. False: there is no digit, or the number is too large.
 */
static bool parse_digits(struct span *s, uint64_t *value)
{
	int base = 10;
	size_t count = 0;
	uint64_t sum = 0;

	if (s->length > 2 && s->text[0] == '0' &&
	    (s->text[1] == 'x' || s->text[1] == 'X')) {
		base = 16;
		*s = span_skip(*s, 2);
	} else if (s->length > 1 && s->text[0] == '0') {
		base = 8;
	}
	while (count < s->length && digit_value(s->text[count]) < base) {
		uint64_t digit = (uint64_t)digit_value(s->text[count]);

		if (__builtin_mul_overflow(sum, (uint64_t)base, &sum) ||
		    __builtin_add_overflow(sum, digit, &sum))
			return false;
		count++;
	}
	*s = span_skip(*s, count);
	*value = sum;
	return count > 0;
}

static bool parse_u64(struct span s, uint64_t *value)
{
	uint64_t sum;

	if (!parse_digits(&s, &sum) || s.length != 0)
		return false;
	*value = sum;
	return true;
}

static int suffix_shift(char c)
{
	switch (c) {
	case 'b':
	case 'B':
		return 0;
	case 'k':
	case 'K':
		return 10;
	case 'm':
	case 'M':
		return 20;
	case 'g':
	case 'G':
		return 30;
	case 't':
	case 'T':
		return 40;
	default:
		return -1;
	}
}

static bool parse_size(struct span s, uint64_t *bytes)
{
	uint64_t sum;
	int shift = 10;

	if (!parse_digits(&s, &sum) || s.length > 1)
		return false;
	if (s.length == 1) {
		shift = suffix_shift(s.text[0]);
		if (shift < 0)
			return false;
	}
	if (sum << shift >> shift != sum)
		return false;
	*bytes = sum << shift;
	return true;
}

/* The value of "name=value" into the option's destination. */
static bool option_set(const struct cmdline_option *o, struct span value)
{
	switch (o->kind) {
	case CMDLINE_BOOL:
		return parse_bool(value, o->to);
	case CMDLINE_FLAG:
		return false;
	case CMDLINE_U64:
		return parse_u64(value, o->to);
	case CMDLINE_SIZE:
		return parse_size(value, o->to);
	case CMDLINE_STRING:
		if (value.length >= o->size)
			return false;
		memcpy(o->to, value.text, value.length);
		((char *)o->to)[value.length] = '\0';
		return true;
	case CMDLINE_NONE:
		break;
	}
	return false;
}

/* "name" or "no-name". */
static bool option_switch(const struct cmdline_option *o, bool on)
{
	if (o->kind != CMDLINE_BOOL && o->kind != CMDLINE_FLAG)
		return false;
	*(bool *)o->to = on;
	return true;
}

static bool word_apply(struct span word, const struct cmdline_option *table,
		       size_t n)
{
	struct span name, value = {NULL, 0};
	bool has_value = span_split(word, '=', &name, &value);

	for (size_t i = 0; i < n; i++) {
		if (!span_is(name, table[i].name))
			continue;
		return has_value ? option_set(&table[i], value)
				 : option_switch(&table[i], true);
	}
	if (has_value || !span_starts(name, "no-"))
		return false;
	name = span_skip(name, 3);
	for (size_t i = 0; i < n; i++) {
		if (span_is(name, table[i].name))
			return option_switch(&table[i], false);
	}
	return false;
}

static bool word_is_known(struct span word, const struct cmdline_option *table,
			  size_t n)
{
	struct span name, value;

	span_split(word, '=', &name, &value);
	for (size_t i = 0; i < n; i++)
		if (table[i].kind == CMDLINE_NONE &&
		    span_is(name, table[i].name))
			return true;
	return false;
}

static void word_report(struct span word, bool known, cmdline_report *report)
{
	char copy[CMDLINE_WORD_MAX];
	size_t bytes = MIN(word.length, sizeof(copy) - 1);

	memcpy(copy, word.text, bytes);
	copy[bytes] = '\0';
	report(copy, known);
}

/* The next word behind *line, which moves on; length 0 at the end. */
static struct span word_next(const char **line)
{
	struct span word;

	while (is_blank(**line))
		(*line)++;
	word.text = *line;
	while (**line != '\0' && !is_blank(**line))
		(*line)++;
	word.length = (size_t)(*line - word.text);
	return word;
}

int cmdline_parse(const char *line, const struct cmdline_option *table,
		  size_t n, cmdline_report *report)
{
	int bad = 0;

	for (;;) {
		struct span word = word_next(&line);
		bool known;

		if (word.length == 0 || span_is(word, "--"))
			return bad;
		if (word_apply(word, table, n))
			continue;
		known = word_is_known(word, table, n);
		bad += !known;
		if (report)
			word_report(word, known, report);
	}
}

const char *cmdline_skip_image(const char *line)
{
	const char *rest = line;
	struct span word = word_next(&rest), name, value;

	/* A slash behind '=' belongs to an option's value. */
	span_split(word, '=', &name, &value);
	if (span_is(name, "paravane"))
		return rest;
	for (size_t i = 0; i < name.length; i++) {
		if (name.text[i] == '/')
			return rest;
	}
	return line;
}

static bool parse_amount(struct span s, struct dom0_mem_amount *amount)
{
	bool keep_back = s.length > 0 && s.text[0] == '-';
	uint64_t bytes;

	if (!parse_size(keep_back ? span_skip(s, 1) : s, &bytes))
		return false;
	*amount = (struct dom0_mem_amount){bytes, true, keep_back};
	return true;
}

int cmdline_parse_dom0_mem(const char *value, struct dom0_mem *out)
{
	struct dom0_mem m = {0};
	struct span rest = {value, strlen(value)}, item;
	bool more;

	do {
		bool good;

		more = span_split(rest, ',', &item, &rest);
		if (span_starts(item, "min:"))
			good = parse_amount(span_skip(item, 4), &m.min);
		else if (span_starts(item, "max:"))
			good = parse_amount(span_skip(item, 4), &m.max);
		else
			good = parse_amount(item, &m.size);
		if (!good)
			return -EINVAL;
	} while (more);
	*out = m;
	return 0;
}

static uint64_t amount_bytes(const struct dom0_mem_amount *a,
			     uint64_t available)
{
	if (!a->keep_back)
		return a->bytes;
	return available > a->bytes ? available - a->bytes : 0;
}

uint64_t dom0_mem_bytes(const struct dom0_mem *m, uint64_t available,
			uint64_t default_bytes)
{
	uint64_t bytes = default_bytes;

	if (m->size.given)
		bytes = amount_bytes(&m->size, available);
	if (m->max.given)
		bytes = MIN(bytes, amount_bytes(&m->max, available));
	/* The lower bound wins over the upper, what there is over both. */
	if (m->min.given)
		bytes = MAX(bytes, amount_bytes(&m->min, available));
	return MIN(bytes, available);
}
