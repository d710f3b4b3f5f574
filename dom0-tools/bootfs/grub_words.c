/* SPDX-License-Identifier: MIT */
/* The words of GRUB's language; see grub_words.h. */
#include <ctype.h>
#include <string.h>

#include "bootfs/grub_words.h"

/* A word while it is put together. */
struct word {
	char text[GRUB_WORD_MAX + 1];
	size_t length;
	bool quoted; /* in parts at least: may be empty, is no keyword */
	bool too_long;
	grub_lookup_fn *lookup;
	void *context;
};

static int text_peek(const struct grub_text *t)
{
	return t->p < t->end ? (unsigned char)*t->p : -1;
}

static int text_take(struct grub_text *t)
{
	int b = text_peek(t);

	if (b >= 0)
		t->p++;
	if (b == '\n')
		t->line++;
	return b;
}

static void word_add(struct word *w, const char *p, size_t length)
{
	if (length > GRUB_WORD_MAX - w->length) {
		w->too_long = true;
		return;
	}
	memcpy(w->text + w->length, p, length);
	w->length += length;
}

static bool word_is_name(int b)
{
	return b == '_' || (b < 0x80 && isalnum(b));
}

/* "$name", "${name}", "$1", "$?"; a '$' before anything else is itself. */
static void word_add_variable(struct word *w, struct grub_text *t)
{
	char name[64] = "";
	size_t length = 0;
	bool braces = text_peek(t) == '{';
	const char *value;

	if (!braces && !word_is_name(text_peek(t)) && text_peek(t) != '?') {
		word_add(w, "$", 1);
		return;
	}
	if (braces)
		text_take(t);
	else if (text_peek(t) == '?')
		name[length++] = (char)text_take(t);
	while (word_is_name(text_peek(t)) && name[0] != '?') {
		char b = (char)text_take(t);

		if (length < sizeof(name) - 1)
			name[length++] = b;
	}
	name[length] = '\0';
	if (braces) {
		while (text_peek(t) != '}' && text_peek(t) >= 0 &&
		       text_peek(t) != '\n')
			text_take(t);
		if (text_peek(t) == '}')
			text_take(t);
	}
	value = w->lookup(w->context, name);
	if (value)
		word_add(w, value, strlen(value));
}

/* False when the closing quote is missing. */
static bool word_add_quoted(struct word *w, struct grub_text *t, int quote)
{
	w->quoted = true;
	for (;;) {
		int b = text_take(t);
		char byte = (char)b;

		if (b < 0)
			return false;
		if (b == quote)
			return true;
		if (quote == '"' && b == '$') {
			word_add_variable(w, t);
			continue;
		}
		if (quote == '"' && b == '\\' && text_peek(t) >= 0 &&
		    strchr("$\"\\\n", text_peek(t))) {
			byte = (char)text_take(t);
			if (byte == '\n')
				continue;
		}
		word_add(w, &byte, 1);
	}
}

/* False when a quote is not closed. */
static bool word_take(struct word *w, struct grub_text *t)
{
	w->length = 0;
	w->quoted = false;
	for (;;) {
		int b = text_peek(t);
		char byte = (char)b;

		if (b < 0 || isspace(b) || b == ';' || b == '|' || b == '&')
			break;
		text_take(t);
		if (b == '\'' || b == '"') {
			if (!word_add_quoted(w, t, b))
				return false;
		} else if (b == '$') {
			word_add_variable(w, t);
		} else if (b == '\\' && text_peek(t) >= 0) {
			w->quoted = true;
			byte = (char)text_take(t);
			if (byte != '\n')
				word_add(w, &byte, 1);
		} else {
			word_add(w, &byte, 1);
		}
	}
	w->text[w->length] = '\0';
	return true;
}

/* Blanks and comments before a word, not the end of a command. */
static void text_skip(struct grub_text *t)
{
	for (;;) {
		int b = text_peek(t);

		if (b == ' ' || b == '\t' || b == '\r' || b == '\f' ||
		    b == '\v') {
			text_take(t);
		} else if (b == '\\' && t->end - t->p > 1 && t->p[1] == '\n') {
			text_take(t);
			text_take(t);
		} else if (b == '#') {
			while (text_peek(t) >= 0 && text_peek(t) != '\n')
				text_take(t);
		} else {
			return;
		}
	}
}

/* Another command may follow at once. */
static bool word_is_opener(const char *word)
{
	static const char *const openers[] = {"if",    "then",	"elif", "else",
					      "while", "until", "do",	"}"};

	for (size_t i = 0; i < sizeof(openers) / sizeof(openers[0]); i++) {
		if (strcmp(word, openers[i]) == 0)
			return true;
	}
	return false;
}

static enum grub_took command_fill(struct arena *a, struct grub_text *t,
				   struct word *w, struct grub_command *c)
{
	for (;;) {
		struct grub_text before;
		int b;

		text_skip(t);
		b = text_peek(t);
		if (b < 0)
			return c->count ? GRUB_COMMAND : GRUB_END;
		if (b == '\n' || b == ';' || b == '|' || b == '&') {
			text_take(t);
			return GRUB_COMMAND;
		}
		before = *t;
		if (!word_take(w, t))
			return GRUB_UNCLOSED;
		if (w->too_long || c->count == GRUB_WORDS_MAX)
			return GRUB_TOO_LONG;
		if (!w->quoted && w->length == 0)
			continue;
		if (!w->quoted && c->count && strcmp(w->text, "{") == 0) {
			c->block = true;
			return GRUB_COMMAND;
		}
		if (!w->quoted && c->count && strcmp(w->text, "}") == 0) {
			*t = before;
			return GRUB_COMMAND;
		}
		c->words[c->count] = arena_strndup(a, w->text, w->length);
		if (c->words[c->count++] == NULL)
			return GRUB_NO_MEMORY;
		if (c->count == 1 && !w->quoted && word_is_opener(w->text))
			return GRUB_COMMAND;
	}
}

enum grub_took grub_take_command(struct arena *a, struct grub_text *t,
				 grub_lookup_fn *lookup, void *context,
				 struct grub_command *c)
{
	struct word w = {.lookup = lookup, .context = context};

	memset(c, 0, sizeof(*c));
	text_skip(t);
	c->line = t->line;
	return command_fill(a, t, &w, c);
}

char *grub_expand(struct arena *a, const char *text, grub_lookup_fn *lookup,
		  void *context)
{
	struct word w = {.lookup = lookup, .context = context};
	struct grub_text t = {text, text + strlen(text), 1};

	while (t.p < t.end && !w.too_long) {
		char byte = (char)text_take(&t);

		if (byte == '$')
			word_add_variable(&w, &t);
		else
			word_add(&w, &byte, 1);
	}
	return w.too_long ? NULL : arena_strndup(a, w.text, w.length);
}
