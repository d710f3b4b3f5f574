/* SPDX-License-Identifier: MIT */
/* What of a guest's output may reach a terminal, and a log. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/termfilter.h"

TestSuite(lib_termfilter);

/* All of `in`, `step` bytes at a time. */
static const char *run(struct termfilter *f, const char *in, size_t step)
{
	static char out[4096];
	size_t len = strlen(in), n = 0;

	while (len) {
		uint8_t piece[TERMFILTER_ROOM(256)];
		size_t bytes = len < step ? len : step, got;

		got = termfilter_run(f, (const uint8_t *)in, bytes, piece);
		cr_assert_leq(got, TERMFILTER_ROOM(bytes));
		memcpy(out + n, piece, got);
		n += got;
		in += bytes;
		len -= bytes;
	}
	out[n] = '\0';
	return out;
}

struct row {
	const char *in, *terminal, *text;
};

static const struct row rows[] = {
	/* Text. */
	{"plain\r\n\ttext", "plain\r\n\ttext", "plain\r\n\ttext"},
	{"gr\303\274n \342\202\254 \360\237\230\200",
	 "gr\303\274n \342\202\254 \360\237\230\200",
	 "gr\303\274n \342\202\254 \360\237\230\200"},
	{"a\bb", "a\bb", "ab"},
	/* Other controls. ENQ makes some terminals answer; SO, SI switch. */
	{"a\001\005\013\014\016\017\021\023\177b", "ab", "ab"},
	{"a\007b", "ab", "ab"},
	/* Not UTF-8: a lone byte, overlong forms, a surrogate, too large. */
	{"a\377b", "a\357\277\275b", "a\357\277\275b"},
	{"\300\200", "\357\277\275\357\277\275", "\357\277\275\357\277\275"},
	{"\340\200\200", "\357\277\275", "\357\277\275"},
	{"\355\240\200", "\357\277\275", "\357\277\275"},
	{"\364\220\200\200", "\357\277\275", "\357\277\275"},
	{"\342\202x", "\357\277\275x", "\357\277\275x"},
	{"\342\202\033[mx", "\357\277\275\033[mx", "\357\277\275x"},
	/* Controls above 0x7f, as a byte (CSI, here DSR) and as UTF-8. */
	{"a\2336nb", "a\357\277\2756nb", "a\357\277\2756nb"},
	{"a\302\2336nb", "a\357\277\2756nb", "a\357\277\2756nb"},
	/* Colours and movement. */
	{"\033[1;31mred\033[0m", "\033[1;31mred\033[0m", "red"},
	{"\033[38:5:1mx", "\033[38:5:1mx", "x"},
	{"\033[2J\033[H\033[10;20fx\033[K", "\033[2J\033[H\033[10;20fx\033[K",
	 "x"},
	{"\0337x\0338", "\0337x\0338", "x"},
	{"\033[?25lx\033[?25h", "\033[?25lx\033[?25h", "x"},
	{"\033[5;20rx\033[r", "\033[5;20rx\033[r", "x"},
	{"\033[sx\033[u", "\033[sx\033[u", "x"},
	/* What answers, or changes more than the screen. */
	{"a\033[6nb\033[cb\033[>cb\033[?6nb", "abbbb", "abbbb"},
	{"a\033[21tb", "ab", "ab"},
	{"a\033[3Jb", "ab", "ab"},
	{"a\033cb", "ab", "ab"},
	{"a\033(0qqq\033(Bb", "aqqqb", "aqqqb"},
	{"a\033#8b", "ab", "ab"},
	{"a\033[!pb", "ab", "ab"},
	{"a\033[?1000hb\033[?1;1000hb\033[?9hb", "abbb", "abbb"},
	{"a\033[>4;2mb\033[=1ub\033[<ub", "abbb", "abbb"},
	{"a\033[5ib\033[0qb\033[12hb", "abbb", "abbb"},
	{"a\033[99999999Cb", "ab", "ab"},
	{"a\033[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16mb", "ab", "ab"},
	{"a\033[31\177\001mb\033[31\200mc", "a\033[31mbmc", "abmc"},
	/* Strings: the title, the clipboard, DCS; both ends; no end. */
	{"a\033]0;title\007b", "ab", "ab"},
	{"a\033]52;c;cm0gLXJm\033\\b", "ab", "ab"},
	{"a\033P+q544e\033\\b", "ab", "ab"},
	{"a\033_x\033\\b\033^y\033\\c\033Xz\033\\d", "abcd", "abcd"},
	{"a\033]0;never ends\nb", "a\nb", "a\nb"},
	{"a\033]0;\033[31mb", "a\033[31mb", "ab"},
	{"a\033]0;x\030b", "ab", "ab"},
	{"a\033[31\nb", "a\nb", "a\nb"},
	{"a\033\033[31mb", "a\033[31mb", "ab"},
	{"a\033", "a", "a"},
};

Test(lib_termfilter, only_what_is_harmless_passes_however_it_is_cut)
{
	static const size_t steps[] = {1, 2, 3, 7, 256};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
			struct termfilter t = {.kind = FILTER_TERMINAL};
			struct termfilter l = {.kind = FILTER_TEXT};

			cr_expect_str_eq(
				run(&t, rows[i].in, steps[s]), rows[i].terminal,
				"terminal, row %zu, step %zu", i, steps[s]);
			cr_expect_str_eq(
				run(&l, rows[i].in, steps[s]), rows[i].text,
				"text, row %zu, step %zu", i, steps[s]);
		}
	}
}

Test(lib_termfilter, a_bell_needs_a_credit)
{
	struct termfilter f = {.kind = FILTER_TERMINAL, .bells = 2};

	cr_assert_str_eq(run(&f, "\a1\a2\a3", 256), "\a1\a23");
	f.bells = 1;
	cr_assert_str_eq(run(&f, "\a\a", 256), "\a");
}

static const char *restore(const char *in)
{
	static char text[TERMFILTER_RESTORE_MAX + 1];
	struct termfilter f = {.kind = FILTER_TERMINAL};
	size_t n;

	run(&f, in, 256);
	n = termfilter_restore(&f, (uint8_t *)text);
	cr_assert_lt(n, TERMFILTER_RESTORE_MAX);
	text[n] = '\0';
	return text;
}

Test(lib_termfilter, what_the_guest_changed_is_put_back)
{
	cr_expect_str_eq(restore("text"), "");
	cr_expect_str_eq(restore("\033[31m"), "\033[0m");
	cr_expect_str_eq(restore("\033[31m\033[0m"), "");
	cr_expect_str_eq(restore("\033[?25l"), "\033[?25h");
	cr_expect_str_eq(restore("\033[?25l\033[?25h"), "");
	cr_expect_str_eq(restore("\033[?7l"), "\033[?7h");
	cr_expect_str_eq(restore("\033[3;9r"), "\0337\033[r\0338");
	cr_expect_str_eq(restore("\033[1m\033[2;3r\033=\033[?1h\033[?7l"
				 "\033[?25l\033[?1049h\033[?2004h\033[4h"),
			 "\033[0m\0337\033[r\0338\033>\033[?1l\033[?7h"
			 "\033[?25h\033[?1049l\033[?2004l\033[4l");
	/* What did not pass has changed nothing. */
	cr_expect_str_eq(restore("\033[?1000h\033[>4m"), "");
}
