/* SPDX-License-Identifier: MIT */
/* Where escape sequences may be written: cli/terminal.c. */
#include <criterion/criterion.h>
#include <pty.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"

TestSuite(terminal);

static void set_or_unset(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

Test(terminal, colours_are_for_terminals_that_have_and_want_them)
{
	static const struct {
		const char *term, *no_color;
		bool expected;
	} rows[] = {
		{"xterm", NULL, true}, {"linux", "", true},
		{"xterm", "1", false}, {"xterm", "0", false},
		{"dumb", NULL, false}, {"", NULL, false},
		{NULL, NULL, false},
	};
	int ends[2], master, slave;
	FILE *pipe_end, *terminal;

	cr_assert_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
	cr_assert_eq(pipe(ends), 0);
	terminal = fdopen(slave, "w");
	pipe_end = fdopen(ends[1], "w");
	cr_assert(terminal && pipe_end);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		set_or_unset("TERM", rows[i].term);
		set_or_unset("NO_COLOR", rows[i].no_color);
		cr_expect_eq(cli_is_terminal(terminal), rows[i].expected,
			     "row %zu", i);
		cr_expect_not(cli_is_terminal(pipe_end), "row %zu", i);
	}
	fclose(terminal);
	fclose(pipe_end);
	close(ends[0]);
	close(master);
}
