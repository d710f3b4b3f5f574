/* SPDX-License-Identifier: MIT */
/*
 * The reason of a failure, on its way from the check that found it to the
 * user's line. The deepest function that knows cause, numbers and next step
 * fills it; whoever is above passes it on, and the command prints it once.
 * Invariant: the first text wins, so a later "could not create" never hides
 * it; and the text is one line. Test: tests/unit/dom0-tools/lib/test_err.c.
 */
#ifndef DOM0_TOOLS_LIB_ERR_H
#define DOM0_TOOLS_LIB_ERR_H

#include <stdbool.h>

#define ERR_TEXT_BYTES 768

struct err {
	int code; /* a positive errno value; 0: nothing happened */
	char text[ERR_TEXT_BYTES];
};

#define ERR_NONE                                                               \
	{                                                                      \
		0, ""                                                          \
	}

/*
 * Stores the line unless one is there already. `code` may have either sign
 * (0 becomes EIO); gives -code, so that "return err_set(e, ENOENT, …)" works.
 * `e` may be NULL.
 */
int err_set(struct err *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "TEXT: " before the line that is there; gives -code. */
int err_prefix(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static inline bool err_is_set(const struct err *e)
{
	return e->code != 0;
}

void err_clear(struct err *e);

/*
 * What an error number means to the person at the prompt, without the libc's
 * tables (static programs must not load locales): "no such domain"-like for
 * those that the hypervisor gives, else strerror().
 */
const char *err_name(int code);

#endif
