/* SPDX-License-Identifier: MIT */
/* Reading a line of events; see eventlog.h. */
#include "lib/eventlog.h"

#include <string.h>

/* One character of a string: takes it off the text, gives its byte. */
static char eventlog_take(const char **at)
{
	char c = *(*at)++;

	/* json.h writes only control characters and U+FFFD so. */
	if (c == '\\' && **at == 'u') {
		for (int i = 0; i < 5 && **at && **at != '"'; i++)
			(*at)++;
		return '?';
	}
	if (c == '\\' && **at)
		c = *(*at)++;
	return (unsigned char)c < ' ' || c == 0x7f ? '?' : c;
}

static void eventlog_skip_string(const char **at)
{
	while (**at && **at != '"') {
		if (**at == '\\' && (*at)[1])
			(*at)++;
		(*at)++;
	}
	if (**at)
		(*at)++;
}

static void eventlog_copy(const char *at, char *out, size_t size)
{
	size_t n = 0;

	while (*at && *at != '"') {
		char c = eventlog_take(&at);

		if (n + 1 < size)
			out[n++] = c;
	}
	out[n] = '\0';
}

bool eventlog_string(const char *line, const char *key, char *out, size_t size)
{
	size_t key_length = strlen(key);
	const char *at = line;

	/* Strings are taken whole, so a key inside a value is not found. */
	while ((at = strchr(at, '"'))) {
		const char *name = ++at;
		size_t length;

		eventlog_skip_string(&at);
		length = (size_t)(at - name);
		if (strncmp(at, ": ", 2) != 0)
			continue;
		at += 2;
		if (*at != '"')
			continue;
		if (length == key_length + 1 &&
		    memcmp(name, key, key_length) == 0) {
			eventlog_copy(at + 1, out, size);
			return true;
		}
		at++;
		eventlog_skip_string(&at);
	}
	return false;
}
