/* SPDX-License-Identifier: MIT */
/* The syntax of configuration files: what is read, and where it is wrong. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "lib/cfgfile.h"

static struct arena arena;
static struct cfg_file file;
static struct err err;

static int parse(const char *text)
{
	return cfg_parse(&arena, &file, "f", text, strlen(text), &err);
}

static void setup(void)
{
	memset(&arena, 0, sizeof(arena));
	memset(&file, 0, sizeof(file));
	err_clear(&err);
}

static void teardown(void)
{
	arena_free(&arena);
}

TestSuite(cfgfile, .init = setup, .fini = teardown);

static const struct cfg_value *value(const char *name)
{
	const struct cfg_setting *s = cfg_find(&file, name);

	cr_assert_not_null(s, "%s is not set", name);
	return &s->value;
}

Test(cfgfile, numbers_strings_and_lists_are_read)
{
	cr_assert_eq(parse("a = 12\nb=0x1F; c = \"x y\" # comment\n"
			   "d='it''s'\n"),
		     -EINVAL);
	teardown();
	setup();
	cr_assert_eq(parse("a = 12\nb=0x1F; c = \"x # y\" # comment\n"
			   "\n;;\nd = '\"'\nl = [ 1, 'two', [3,], ]\n"
			   "e=[]\nm = [\n\t\"x\", # first\n\t\"y\"\n]\n"),
		     0, "%s", err.text);
	cr_assert_eq(value("a")->number, 12);
	cr_assert_eq(value("b")->number, 31);
	cr_assert_str_eq(value("c")->string, "x # y");
	cr_assert_str_eq(value("d")->string, "\"");
	cr_assert_eq(value("l")->count, 3);
	cr_assert_eq(value("l")->items[0].number, 1);
	cr_assert_str_eq(value("l")->items[1].string, "two");
	cr_assert_eq(value("l")->items[2].kind, CFG_LIST);
	cr_assert_eq(value("l")->items[2].count, 1);
	cr_assert_eq(value("e")->kind, CFG_LIST);
	cr_assert_eq(value("e")->count, 0);
	cr_assert_eq(value("m")->count, 2);
	cr_assert_str_eq(value("m")->items[1].string, "y");
	cr_assert_null(cfg_find(&file, "x"));
}

Test(cfgfile, a_later_setting_replaces_an_earlier_one)
{
	cr_assert_eq(parse("a=1\nb=2\na=3\nc=4\n"), 0);
	cr_assert_eq(value("a")->number, 3);
	cr_assert_eq(value("c")->number, 4);
	cr_assert_str_eq(file.first->name, "a");
	cr_assert_str_eq(file.first->next->name, "b");
	cr_assert_str_eq(file.first->next->next->name, "c");
	cr_assert_null(file.first->next->next->next);
}

Test(cfgfile, plus_equals_appends)
{
	cr_assert_eq(parse("a='x'\na+=\"y\"\nl=[1,2,3]\nl+=[4,5]\nn+=['z']\n"),
		     0, "%s", err.text);
	cr_assert_str_eq(value("a")->string, "xy");
	cr_assert_eq(value("l")->count, 5);
	for (unsigned int i = 0; i < 5; i++)
		cr_assert_eq(value("l")->items[i].number, i + 1);
	cr_assert_eq(value("n")->count, 1);
}

Test(cfgfile, errors_say_where_and_what)
{
	static const char *const rows[][2] = {
		{"a", "f:1:2: expected '=', found the end of the file"},
		{"a=\n", "f:1:3: expected a number, a quoted string or a "
			 "[list], found the end of the line"},
		{"a=1\nb=foo\n", "f:2:3: expected a number, a quoted string "
				 "or a [list], found 'f'"},
		{"a=\"x\nb=1", "f:1:5: expected a closing \", found the end "
			       "of the line"},
		{"a='x", "f:1:5: expected a closing ', found the end of the "
			 "file"},
		{"a=[1 2]", "f:1:6: expected ',' or ']', found '2'"},
		{"a=[1,", "f:1:6: expected a number, a quoted string or a "
			  "[list], found the end of the file"},
		{"a=1 b=2", "f:1:5: expected the end of the line, found "
			    "'b'"},
		{"=1", "f:1:1: expected the name of a setting, found '='"},
		{"\n\n  \x01", "f:3:3: expected the name of a setting, found "
			       "an unprintable byte"},
		{"a=12x", "f:1:5: expected a digit, found 'x'"},
		{"a=0xg", "f:1:5: expected a digit, found 'g'"},
		{"a=18446744073709551616",
		 "f:1:22: a number beyond 64 bits, found '6'"},
		{"a=1\na+=2", "f:2:4: '+=' joins two strings or two lists "
			      "only"},
		{"a+ =2", "f:1:3: expected '=', found an unprintable byte"},
		{"a=[[[[[[[[[", "f:1:11: lists nest too deeply, found '['"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		setup();
		cr_assert_eq(parse(rows[i][0]), -EINVAL, "row %zu", i);
		cr_assert_str_eq(err.text, rows[i][1]);
		teardown();
	}
	setup();
}

Test(cfgfile, the_largest_number_is_taken)
{
	cr_assert_eq(parse("a=18446744073709551615\nb=0xffffffffffffffff"), 0);
	cr_assert_eq(value("a")->number, UINT64_MAX);
	cr_assert_eq(value("b")->number, UINT64_MAX);
}

Test(cfgfile, a_line_may_go_on_behind_a_backslash)
{
	cr_assert_eq(parse("a = \\\n  5\nb = bad"), -EINVAL);
	cr_assert_eq(value("a")->number, 5);
	cr_assert_str_eq(err.text, "f:3:5: expected a number, a quoted string "
				   "or a [list], found 'b'");
}

Test(cfgfile, a_nul_byte_is_no_part_of_a_string)
{
	static const char text[] = "a=\"x\0y\"";

	cr_assert_eq(
		cfg_parse(&arena, &file, "f", text, sizeof(text) - 1, &err),
		-EINVAL);
}

Test(cfgfile, an_argument_needs_no_quotes_of_its_own)
{
	cr_assert_eq(cfg_parse_argument(&arena, &file, "name=web", &err), 0);
	cr_assert_eq(cfg_parse_argument(&arena, &file, "memory=64", &err), 0);
	cr_assert_eq(cfg_parse_argument(&arena, &file, "x='q'", &err), 0);
	cr_assert_eq(cfg_parse_argument(&arena, &file, "l=['a','b']", &err), 0);
	cr_assert_eq(cfg_parse_argument(&arena, &file,
					"e=root=/dev/xvda a=\"1\"", &err),
		     0, "%s", err.text);
	cr_assert_eq(
		cfg_parse_argument(&arena, &file, "mac=00:16:3e:1:2:3", &err),
		0);
	cr_assert_str_eq(value("name")->string, "web");
	cr_assert_eq(value("memory")->number, 64);
	cr_assert_str_eq(value("x")->string, "q");
	cr_assert_eq(value("l")->count, 2);
	cr_assert_str_eq(value("e")->string, "root=/dev/xvda a=\"1\"");
	cr_assert_str_eq(value("mac")->string, "00:16:3e:1:2:3");
	cr_assert_eq(cfg_parse_argument(&arena, &file, "oops", &err), -EINVAL);
	cr_assert_str_eq(err.text, "'oops' is no setting: write name=value");
}

Test(cfgfile, a_list_may_be_long_but_not_endless)
{
	static char text[3 * 4100];

	strcpy(text, "a=[");
	for (int i = 0; i < 4096; i++)
		strcat(text + 3 + 2 * i, "1,");
	strcpy(text + 3 + 2 * 4096, "]");
	cr_assert_eq(parse(text), 0, "%s", err.text);
	cr_assert_eq(value("a")->count, 4096);
	strcpy(text + 3 + 2 * 4096, "1]");
	cr_assert_eq(parse(text), -EINVAL);
	cr_assert(strstr(err.text, "more than 4096 items"));
}

Test(cfgfile, distance_counts_single_letter_edits)
{
	static const struct {
		const char *a, *b;
		unsigned int distance;
	} rows[] = {
		{"", "", 0},
		{"memory", "memory", 0},
		{"memroy", "memory", 2},
		{"memor", "memory", 1},
		{"xmemory", "memory", 1},
		{"nemory", "memory", 1},
		{"abc", "", 3},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_assert_eq(cfg_distance(rows[i].a, rows[i].b),
			     rows[i].distance, "row %zu", i);
	cr_assert_geq(cfg_distance("a123456789012345678901234567890123", "a"),
		      32);
}
