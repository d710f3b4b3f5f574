/* SPDX-License-Identifier: MIT */
/*
 * When escape sequences may be written: on a terminal that is not "dumb", and
 * not where NO_COLOR asks for plain text (https://no-color.org). Progress
 * bars follow the same rule, so that a log never gets one.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

bool cli_is_terminal(FILE *f)
{
	const char *term = getenv("TERM");
	const char *no_color = getenv("NO_COLOR");

	return (no_color == NULL || *no_color == '\0') && term && *term &&
	       strcmp(term, "dumb") != 0 && isatty(fileno(f));
}
