/* SPDX-License-Identifier: MIT */
/*
 * The reason of a failure; see err.h.
 * Test: tests/unit/dom0-tools/lib/test_err.c.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"

/* A guest's or file's text must not forge a second line on the terminal. */
static void err_one_line(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
	}
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	code = code ? abs(code) : EIO;
	if (e == NULL)
		return -code;
	if (e->code)
		return -e->code;
	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	err_one_line(e->text);
	return -code;
}

int err_prefix(struct err *e, const char *fmt, ...)
{
	char text[ERR_TEXT_BYTES];
	char head[ERR_TEXT_BYTES / 2];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(head, sizeof(head), fmt, ap);
	va_end(ap);
	/* Cut at the end, which is the less telling part. */
	if (snprintf(text, sizeof(text), "%s: ", head) < (int)sizeof(text))
		strncat(text, e->text, sizeof(text) - strlen(text) - 1);
	err_one_line(text);
	memcpy(e->text, text, sizeof(e->text));
	return -e->code;
}

void err_clear(struct err *e)
{
	e->code = 0;
	e->text[0] = '\0';
}

const char *err_name(int code)
{
	switch (abs(code)) {
	case EPERM:
		return "not permitted (are you root in domain zero?)";
	case ENOENT:
		return "not there";
	case ESRCH:
		return "no such domain";
	case ENOSYS:
		return "the hypervisor does not know this operation";
	case EOPNOTSUPP:
		return "the hypervisor does not support this operation";
	default:
		return strerror(abs(code));
	}
}
