/* SPDX-License-Identifier: MIT */
/*
 * The formatter against libc's: every combination of flags, widths,
 * precisions and lengths, on values at the edges.
 */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include "log/fmt.h"

/* The formats are built at run time; that is the point here. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat"

TestSuite(log_fmt);

static const char *const widths[] = {"", "1", "7", "30", "*"};
static const char *const precisions[] = {"", ".", ".0", ".3", ".25", ".*"};

/* All subsets of the flags. */
static void build_flags(unsigned int set, char flags[8])
{
	for (unsigned int i = 0; i < 5; i++) {
		if (set >> i & 1)
			*flags++ = "-+ #0"[i];
	}
	*flags = '\0';
}

#define COMPARE(format, ...)                                                   \
	do {                                                                   \
		char own_[160], libc_[160];                                    \
		int own_n_ =                                                   \
			fmt_snprintf(own_, sizeof(own_), format, __VA_ARGS__); \
		int libc_n_ =                                                  \
			snprintf(libc_, sizeof(libc_), format, __VA_ARGS__);   \
		cr_assert_str_eq(own_, libc_, "%s: '%s' libc '%s'", format,    \
				 own_, libc_);                                 \
		cr_assert_eq(own_n_, libc_n_);                                 \
	} while (0)

/* The stars take 9 (or -9) and 4 (or -1: as if not given). */
#define COMPARE_STARS(format, width, precision, value)                         \
	do {                                                                   \
		bool w_ = width[0] == '*',                                     \
		     p_ = precision[0] == '.' && precision[1] == '*';          \
		if (w_ && p_) {                                                \
			COMPARE(format, 9, 4, value);                          \
			COMPARE(format, -9, -1, value);                        \
		} else if (w_) {                                               \
			COMPARE(format, 9, value);                             \
			COMPARE(format, -9, value);                            \
		} else if (p_) {                                               \
			COMPARE(format, 4, value);                             \
			COMPARE(format, -1, value);                            \
		} else {                                                       \
			COMPARE(format, value);                                \
		}                                                              \
	} while (0)

#define FOR_ALL_SPECS(format, length, letters, value)                          \
	for (unsigned int set_ = 0; set_ < 32; set_++)                         \
		for (unsigned int w = 0; w < 5; w++)                           \
			for (unsigned int p = 0; p < 6; p++)                   \
				for (const char *l = letters; *l; l++) {       \
					char flags_[8], format[32];            \
					build_flags(set_, flags_);             \
					snprintf(format, sizeof(format),       \
						 "<%%%s%s%s%s%c>", flags_,     \
						 widths[w], precisions[p],     \
						 length, *l);                  \
					COMPARE_STARS(format, widths[w],       \
						      precisions[p], value);   \
				}

Test(log_fmt, integers_of_all_lengths_agree_with_libc)
{
	static const long long edges[] = {
		0, 1, -1, 42, -12345, INT_MAX, INT_MIN, LLONG_MAX, LLONG_MIN};

	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		long long n = edges[i];

		FOR_ALL_SPECS(f, "", "diuxXo", (int)n);
		FOR_ALL_SPECS(f, "hh", "diuxXo", (int)n);
		FOR_ALL_SPECS(f, "h", "diuxXo", (int)n);
		FOR_ALL_SPECS(f, "l", "diuxXo", (long)n);
		FOR_ALL_SPECS(f, "ll", "diuxXo", n);
		FOR_ALL_SPECS(f, "z", "diuxXo", (size_t)n);
	}
}

Test(log_fmt, strings_and_characters_agree_with_libc)
{
	static const char *const texts[] = {"", "a", "four", "a long text"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (unsigned int w = 0; w < 5; w++) {
			for (unsigned int p = 0; p < 6; p++) {
				char f[32];

				snprintf(f, sizeof(f), "<%%%s%ss>", widths[w],
					 precisions[p]);
				COMPARE_STARS(f, widths[w], precisions[p],
					      texts[i]);
				snprintf(f, sizeof(f), "<%%-%s%ss>", widths[w],
					 precisions[p]);
				COMPARE_STARS(f, widths[w], precisions[p],
					      texts[i]);
			}
		}
	}
	COMPARE("<%c%5c%-5c>", 'a', 'b', 'c');
	COMPARE("%d%%", 99);
	COMPARE("%p", (void *)0xdeadbeefUL);
	COMPARE("%20p|%-20p|", (void *)0x1000UL, (void *)0x2000UL);
}

Test(log_fmt, a_precision_bounds_what_is_read_of_a_string)
{
	char two[2] = {'o', 'k'}; /* no terminator: ASan watches */
	char out[8];

	cr_assert_eq(fmt_snprintf(out, sizeof(out), "%.2s", two), 2);
	cr_assert_str_eq(out, "ok");
}

Test(log_fmt, a_null_string_and_a_null_pointer_print)
{
	/* volatile: the compiler must not see it and warn */
	const char *volatile none = NULL;
	char out[16];

	fmt_snprintf(out, sizeof(out), "[%s]", none);
	cr_assert_str_eq(out, "[(null)]");
	fmt_snprintf(out, sizeof(out), "[%p]", NULL);
	cr_assert_str_eq(out, "[0]");
}

Test(log_fmt, the_buffer_is_cut_and_terminated_and_the_length_is_told)
{
	char out[8] = "#######";

	cr_assert_eq(fmt_snprintf(out, 4, "%s", "abcdef"), 6);
	cr_assert_eq(memcmp(out, "abc\0###", 8), 0);
	cr_assert_eq(fmt_snprintf(out, 1, "%s", "abcdef"), 6);
	cr_assert_eq(out[0], '\0');
	cr_assert_eq(fmt_snprintf(NULL, 0, "%d", 12345), 5);
}

Test(log_fmt, an_unknown_conversion_is_shown_and_takes_no_argument)
{
	char out[32];

	fmt_snprintf(out, sizeof(out), "%y %d", 7);
	cr_assert_str_eq(out, "%y 7");
	fmt_snprintf(out, sizeof(out), "%-5.3q|%d", 7);
	cr_assert_str_eq(out, "%-5.3q|7");
	fmt_snprintf(out, sizeof(out), "ends in %");
	cr_assert_str_eq(out, "ends in %");
	fmt_snprintf(out, sizeof(out), "ends in %ll");
	cr_assert_str_eq(out, "ends in %ll");
}
