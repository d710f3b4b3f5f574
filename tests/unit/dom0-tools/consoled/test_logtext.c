/* SPDX-License-Identifier: MIT */
/* A log's text: filtered, and with times when they are wanted. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "consoled/logtext.h"

/* 2026-11-21 13:20:01 UTC and 42.9 ms */
static const struct timespec now = {1795267201, 42900000};

#define STAMP "2026-11-21T13:20:01.042Z "

TestSuite(consoled_logtext);

static const char *run(struct logtext *t, const char *in)
{
	static char out[LOGTEXT_ROOM(256) + 1];
	size_t n = logtext_run(t, now, (const uint8_t *)in, strlen(in),
			       (uint8_t *)out);

	cr_assert_leq(n, LOGTEXT_ROOM(strlen(in)));
	out[n] = '\0';
	return out;
}

Test(consoled_logtext, escape_sequences_do_not_reach_a_log)
{
	struct logtext t = logtext_make(false, false);

	cr_assert_str_eq(run(&t, "\033]0;x\007\033[31mred\033[0m\r\n"),
			 "red\r\n");
}

Test(consoled_logtext, a_raw_log_holds_the_bytes_themselves)
{
	struct logtext t = logtext_make(true, false);
	struct logtext stamped = logtext_make(true, true);

	cr_assert_str_eq(run(&t, "\033[6n\377"), "\033[6n\377");
	cr_assert_str_eq(run(&stamped, "\033[6n\377"), STAMP "\033[6n\377");
}

Test(consoled_logtext, each_line_begins_with_the_time_of_its_first_byte)
{
	struct logtext t = logtext_make(false, true);

	cr_assert_str_eq(run(&t, "one\r\ntwo"), STAMP "one\r\n" STAMP "two");
	cr_assert_str_eq(run(&t, ", still two\n"), ", still two\n");
	cr_assert_str_eq(run(&t, "\n\nx"), STAMP "\n" STAMP "\n" STAMP "x");
	cr_assert_str_eq(run(&t, ""), "");
}

Test(consoled_logtext, the_worst_input_fits_into_the_room)
{
	enum { BYTES = 2048 };
	uint8_t *in = malloc(BYTES), *out = malloc(LOGTEXT_ROOM(BYTES));
	struct logtext t = logtext_make(false, true);
	size_t stamp = strlen(STAMP);

	memset(in, '\n', BYTES);
	cr_assert_eq(logtext_run(&t, now, in, BYTES, out), BYTES * (stamp + 1));
	for (size_t i = 0; i < BYTES; i++)
		cr_assert_eq(out[i * (stamp + 1) + stamp], '\n');
	memset(in, 0xff, BYTES);
	cr_assert_eq(logtext_run(&t, now, in, BYTES, out), 3 * BYTES + stamp);
	t = logtext_make(false, true);
	for (size_t i = 0; i < BYTES; i++)
		in[i] = i % 2 ? '\n' : 0xff;
	cr_assert_eq(logtext_run(&t, now, in, BYTES, out),
		     BYTES / 2 * (4 + stamp));
	cr_assert_arr_eq(out + stamp, "\357\277\275\n2026", 8);
	free(in);
	free(out);
}
