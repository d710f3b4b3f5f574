/* SPDX-License-Identifier: MIT */
/* Options: where they may stand, how they are joined, what is refused. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cli/args.h"
#include "cli/cli.h"

TestSuite(args);

#define WORDS_MAX 8

static int parse(const char *const *words, struct cli_args *a, struct err *e)
{
	static char *argv[WORDS_MAX + 1];
	int argc = 0;

	while (argc < WORDS_MAX && words[argc]) {
		argv[argc] = (char *)words[argc];
		argc++;
	}
	argv[argc] = NULL;
	err_clear(e);
	return cli_args_parse(argc, argv, a, e);
}

Test(args, options_stand_anywhere_and_words_stay_in_order)
{
	static const char *const rows[][WORDS_MAX] = {
		{"shutdown", "-w", "-F", "one", "two"},
		{"shutdown", "-wF", "one", "two"},
		{"shutdown", "one", "two", "-Fw"},
		{"shutdown", "one", "--wait", "two", "--force"},
		{"shutdown", "one", "-w", "two", "-F", "--"},
		{"shutdown", "-wwF", "--", "one", "two"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cli_args a;
		struct err e;

		cr_assert_eq(parse(rows[i], &a, &e), 0, "row %zu: %s", i,
			     e.text);
		cr_assert(cli_has(&a, 'w') && cli_has(&a, 'F'));
		cr_assert_not(cli_has(&a, 'a'));
		cr_assert_eq(a.count, 2, "row %zu", i);
		cr_assert_str_eq(a.words[0], "one");
		cr_assert_str_eq(a.words[1], "two");
	}
}

Test(args, a_value_follows_in_the_same_word_or_the_next)
{
	static const char *const rows[][WORDS_MAX] = {
		{"create", "-f", "a.cfg", "memory=1"},
		{"create", "-fa.cfg", "memory=1"},
		{"create", "-pfa.cfg", "memory=1"},
		{"create", "memory=1", "--defconfig", "a.cfg"},
		{"create", "--defconfig=a.cfg", "memory=1"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cli_args a;
		struct err e;

		cr_assert_eq(parse(rows[i], &a, &e), 0, "row %zu: %s", i,
			     e.text);
		cr_assert_str_eq(cli_value(&a, 'f'), "a.cfg");
		cr_assert_eq(a.count, 1);
		cr_assert_str_eq(a.words[0], "memory=1");
	}
}

Test(args, what_is_no_option_is_a_word)
{
	static const char *const words[] = {"store", "-",   "--",
					    "-x",    "--y", NULL};
	struct cli_args a;
	struct err e;

	cr_assert_eq(parse(words, &a, &e), 0);
	cr_assert_eq(a.count, 3);
	cr_assert_str_eq(a.words[0], "-");
	cr_assert_str_eq(a.words[1], "-x");
	cr_assert_str_eq(a.words[2], "--y");
}

Test(args, mistakes_are_named)
{
	static const struct {
		const char *words[WORDS_MAX];
		const char *text;
	} rows[] = {
		{{"list", "-z"}, "there is no option '-z'"},
		{{"list", "-lz"}, "there is no option '-z'"},
		{{"list", "--jsun"}, "there is no option '--jsun'"},
		{{"list", "--jso"}, "there is no option '--jso'"},
		{{"pause", "-l"}, "'vane help pause'"},
		{{"list", "--json=yes"}, "option '--json' has no value"},
		{{"create", "-f"}, "option '--defconfig' needs a value, FILE"},
		{{"create", "--defconfig"}, "needs a value"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cli_args a;
		struct err e;

		cr_assert_lt(parse(rows[i].words, &a, &e), 0, "row %zu", i);
		cr_assert_not_null(strstr(e.text, rows[i].text), "row %zu: %s",
				   i, e.text);
	}
}

Test(args, the_table_belongs_to_verbs_and_repeats_nothing)
{
	for (size_t i = 0; i < cli_option_count; i++) {
		const struct cli_option *o = &cli_options[i];
		size_t matches;
		const struct cli_verb *v = cli_find_verb(o->verb, &matches);

		cr_assert(v && strcmp(v->name, o->verb) == 0, "%s", o->verb);
		cr_assert(o->letter > ' ' && o->letter < 0x7f);
		cr_assert_gt(strlen(o->help), 5);
		for (size_t j = 0; j < i; j++) {
			const struct cli_option *p = &cli_options[j];

			if (strcmp(p->verb, o->verb) != 0)
				continue;
			cr_assert_neq(p->letter, o->letter, "%s -%c", o->verb,
				      o->letter);
			cr_assert_str_neq(p->name, o->name);
		}
	}
}
