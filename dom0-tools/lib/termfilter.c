/* SPDX-License-Identifier: MIT */
/*
 * The filter's state machine; see the header. The forms of the sequences are
 * those of ECMA-48, the private modes those of DEC's VT series and xterm.
 */
#include "lib/termfilter.h"

#include <string.h>

#define ESC	   0x1b
#define BELL	   0x07
#define CANCEL	   0x18
#define SUBSTITUTE 0x1a

#define PARAMETER_MAX 9999 /* more rows than any terminal has */

enum change {
	CHANGED_COLOUR,
	CHANGED_REGION,
	CHANGED_KEYPAD,
	CHANGED_MODES, /* from here on: CHANGED_MODES + row of modes[] */
};

/* The modes that may be set and reset; `at_start` is how terminals begin. */
static const struct mode {
	bool is_private;
	unsigned int number;
	bool at_start;
	const char *restore;
} modes[] = {
	{true, 1, false, "\033[?1l"},	    /* cursor keys */
	{true, 7, true, "\033[?7h"},	    /* wrapping */
	{true, 25, true, "\033[?25h"},	    /* the cursor is shown */
	{true, 1049, false, "\033[?1049l"}, /* the other screen */
	{true, 2004, false, "\033[?2004l"}, /* pasted text is marked */
	{false, 4, false, "\033[4l"},	    /* inserting */
};

#define MODES (sizeof(modes) / sizeof(modes[0]))

static void note_change(struct termfilter *f, unsigned int what, bool changed)
{
	if (changed)
		f->changed |= 1u << what;
	else
		f->changed &= ~(1u << what);
}

/* The parameters of the sequence in `held`: what lies between "[" and final. */
struct csi {
	bool is_private; /* they begin with '?' */
	unsigned int first, count;
	uint8_t final;
};

/* False when there is anything in it that no good sequence has. */
static bool csi_parse(const struct termfilter *f, struct csi *c)
{
	unsigned int value = 0;
	size_t at = 2;

	*c = (struct csi){.final = f->held[f->held_used - 1], .count = 1};
	if (f->held[at] == '?') {
		c->is_private = true;
		at++;
	}
	for (; at < f->held_used - 1; at++) {
		uint8_t b = f->held[at];

		if (b >= '0' && b <= '9') {
			value = value * 10 + (b - '0');
			if (value > PARAMETER_MAX)
				return false;
		} else if (b == ';' || (b == ':' && c->final == 'm')) {
			if (c->count == 1)
				c->first = value;
			c->count++;
			value = 0;
		} else {
			return false;
		}
	}
	if (c->count == 1)
		c->first = value;
	return true;
}

/* One mode a sequence: `ESC [ ? 1 ; 1000 h` would hide the second. */
static bool mode_passes(struct termfilter *f, const struct csi *c)
{
	if (c->count != 1)
		return false;
	for (unsigned int i = 0; i < MODES; i++) {
		if (modes[i].number != c->first ||
		    modes[i].is_private != c->is_private)
			continue;
		note_change(f, CHANGED_MODES + i,
			    (c->final == 'h') != modes[i].at_start);
		return true;
	}
	return false;
}

static bool csi_passes(struct termfilter *f)
{
	struct csi c;

	if (!csi_parse(f, &c))
		return false;
	if (c.final == 'h' || c.final == 'l')
		return mode_passes(f, &c);
	if (c.is_private)
		return false;
	switch (c.final) {
	case 'm':
		note_change(f, CHANGED_COLOUR, c.first || c.count > 1);
		return true;
	case 'r':
		note_change(f, CHANGED_REGION, c.first || c.count > 1);
		return c.count <= 2;
	case 'J': /* 3 would wipe the scrollback */
	case 'K':
		return c.count == 1 && c.first <= 2;
	case 'H':
	case 'f':
		return c.count <= 2;
	case 's':
	case 'u':
		return f->held_used == 3; /* no parameter at all */
	default:
		return c.count == 1 && strchr("ABCDEFGILMPSTXZ@`ade", c.final);
	}
}

static size_t emit_held(struct termfilter *f, uint8_t *out)
{
	size_t n = f->held_used;

	memcpy(out, f->held, n);
	f->held_used = 0;
	return n;
}

static void hold(struct termfilter *f, uint8_t b)
{
	if (f->held_used < sizeof(f->held))
		f->held[f->held_used++] = b;
	else
		f->is_overlong = true;
}

static void begin(struct termfilter *f, int state)
{
	f->state = state;
	f->held_used = 0;
	f->is_overlong = false;
}

/* The byte after ESC. */
static size_t take_escape(struct termfilter *f, uint8_t b, uint8_t *out)
{
	if (b == '[') {
		f->state = TERM_CSI;
		hold(f, b);
		return 0;
	}
	if (strchr("]PX^_", b) && b) {
		begin(f, TERM_STRING);
		return 0;
	}
	if (b < '0') {
		begin(f, TERM_SKIP);
		return 0;
	}
	f->state = TERM_GROUND;
	if (f->kind == FILTER_TEXT || b > '~' || !strchr("78DEM=>", b)) {
		f->held_used = 0;
		return 0;
	}
	if (b == '=' || b == '>')
		note_change(f, CHANGED_KEYPAD, b == '=');
	hold(f, b);
	return emit_held(f, out);
}

static size_t take_csi(struct termfilter *f, uint8_t b, uint8_t *out)
{
	hold(f, b);
	if (b < '@')
		return 0;
	f->state = TERM_GROUND;
	if (f->kind == FILTER_TEXT || f->is_overlong || b > '~' ||
	    !csi_passes(f)) {
		f->held_used = 0;
		return 0;
	}
	return emit_held(f, out);
}

/* U+FFFD */
static size_t emit_replacement(uint8_t *out)
{
	memcpy(out, "\357\277\275", 3);
	return 3;
}

/* A character that is complete: shortest form, a scalar value, no control. */
static bool utf8_is_good(const uint8_t *s, size_t n)
{
	if (n == 2)
		return s[0] > 0xc2 || s[1] >= 0xa0;
	if (n == 3)
		return (s[0] != 0xe0 || s[1] >= 0xa0) &&
		       (s[0] != 0xed || s[1] < 0xa0);
	return (s[0] != 0xf0 || s[1] >= 0x90) && (s[0] != 0xf4 || s[1] < 0x90);
}

static size_t take_high(struct termfilter *f, uint8_t b, uint8_t *out)
{
	if (f->utf8_left) {
		hold(f, b);
		if (--f->utf8_left)
			return 0;
		if (utf8_is_good(f->held, f->held_used))
			return emit_held(f, out);
		f->held_used = 0;
		return emit_replacement(out);
	}
	if (b < 0xc2 || b > 0xf4)
		return emit_replacement(out);
	f->utf8_left = b < 0xe0 ? 1 : b < 0xf0 ? 2 : 3;
	f->held_used = 0;
	hold(f, b);
	return 0;
}

static size_t take_control(struct termfilter *f, uint8_t b, uint8_t *out)
{
	bool passes = b == '\n' || b == '\r' || b == '\t';

	if (f->kind == FILTER_TERMINAL) {
		passes = passes || b == '\b';
		if (b == BELL && f->bells) {
			f->bells--;
			passes = true;
		}
	}
	if (passes)
		*out = b;
	return passes;
}

static size_t take_ground(struct termfilter *f, uint8_t b, uint8_t *out)
{
	size_t n = 0;

	if (f->utf8_left && (b & 0xc0) != 0x80) {
		/* The character was cut short. */
		f->utf8_left = 0;
		f->held_used = 0;
		n = emit_replacement(out);
	}
	if (b >= 0x80)
		return n + take_high(f, b, out + n);
	if (b < ' ')
		return n + take_control(f, b, out + n);
	if (b == 0x7f)
		return n;
	out[n] = b;
	return n + 1;
}

static size_t take(struct termfilter *f, uint8_t b, uint8_t *out)
{
	size_t n = 0;

	if (b == ESC) {
		if (f->utf8_left)
			n = emit_replacement(out);
		f->utf8_left = 0;
		begin(f, TERM_ESCAPE);
		hold(f, b);
		return n;
	}
	if (f->state == TERM_GROUND)
		return take_ground(f, b, out);
	/* In the midst of a sequence or string: what ends it early. */
	if (b == '\n' || b == CANCEL || b == SUBSTITUTE) {
		begin(f, TERM_GROUND);
		return take_ground(f, b, out);
	}
	if (f->state == TERM_STRING) {
		if (b == BELL)
			f->state = TERM_GROUND;
		return 0;
	}
	if (b < ' ' || b == 0x7f)
		return 0;
	if (f->state == TERM_ESCAPE)
		return take_escape(f, b, out);
	if (f->state == TERM_CSI)
		return take_csi(f, b, out);
	if (b >= '0')
		f->state = TERM_GROUND;
	return 0;
}

size_t termfilter_run(struct termfilter *f, const uint8_t *in, size_t len,
		      uint8_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += take(f, in[i], out + n);
	return n;
}

size_t termfilter_restore(const struct termfilter *f,
			  uint8_t out[TERMFILTER_RESTORE_MAX])
{
	char *text = (char *)out;

	*text = '\0';
	if (f->changed & 1u << CHANGED_COLOUR)
		strcat(text, "\033[0m");
	/* Setting a region moves the cursor, so it is kept around that. */
	if (f->changed & 1u << CHANGED_REGION)
		strcat(text, "\0337\033[r\0338");
	if (f->changed & 1u << CHANGED_KEYPAD)
		strcat(text, "\033>");
	for (unsigned int i = 0; i < MODES; i++) {
		if (f->changed & 1u << (CHANGED_MODES + i))
			strcat(text, modes[i].restore);
	}
	return strlen(text);
}
