/* SPDX-License-Identifier: MIT */
/* JSON: commas, indentation, and strings that a guest chose. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <signal.h>
#include <stdlib.h>

#include "lib/json.h"

TestSuite(json);

static char *json_text;
static size_t json_size;

static FILE *json_start(struct json *j)
{
	FILE *f = open_memstream(&json_text, &json_size);

	json_begin(j, f);
	return f;
}

static void json_expect(struct json *j, FILE *f, const char *expected)
{
	json_end(j);
	fclose(f);
	cr_assert_str_eq(json_text, expected);
	free(json_text);
}

Test(json, members_and_items_are_separated_by_commas)
{
	struct json j;
	FILE *f = json_start(&j);

	json_open_object(&j, NULL);
	json_uint(&j, "a", 1);
	json_open_array(&j, "b");
	json_bool(&j, NULL, true);
	json_null(&j, NULL);
	json_close_array(&j);
	json_double(&j, "c", 1.5);
	json_close_object(&j);
	json_expect(&j, f,
		    "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    null\n"
		    "  ],\n  \"c\": 1.500\n}\n");
}

Test(json, what_is_empty_stays_on_its_line)
{
	struct json j;
	FILE *f = json_start(&j);

	json_open_array(&j, NULL);
	json_open_object(&j, NULL);
	json_close_object(&j);
	json_close_array(&j);
	json_expect(&j, f, "[\n  {}\n]\n");
}

Test(json, bytes_that_are_no_text_become_valid_text)
{
	static const char *const rows[][2] = {
		{"plain", "\"plain\"\n"},
		{"q\"b\\", "\"q\\\"b\\\\\"\n"},
		{"\n\x1b\x7f", "\"\\u000a\\u001b\\u007f\"\n"},
		{"\xc3\xa4", "\"\xc3\xa4\"\n"},
		{"\xe2\x82\xac", "\"\xe2\x82\xac\"\n"},
		{"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"\n"},
		/* a lone lead, a lone trail, overlong, surrogate, too high */
		{"\xc3", "\"\\ufffd\"\n"},
		{"\x80z", "\"\\ufffdz\"\n"},
		{"\xc0\x80", "\"\\ufffd\\ufffd\"\n"},
		{"\xe0\x80\x80", "\"\\ufffd\\ufffd\\ufffd\"\n"},
		{"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"\n"},
		{"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"\n"},
		{"\xe2\x82", "\"\\ufffd\\ufffd\"\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json j;
		FILE *f = json_start(&j);

		json_string(&j, NULL, rows[i][0]);
		json_expect(&j, f, rows[i][1]);
	}
}

Test(json, an_unfinished_document_is_the_callers_bug, .signal = SIGABRT)
{
	struct json j;

	json_begin(&j, fopen("/dev/null", "w"));
	json_open_object(&j, NULL);
	json_end(&j);
}

Test(json, closing_what_is_not_open_is_the_callers_bug, .signal = SIGABRT)
{
	struct json j;

	json_begin(&j, fopen("/dev/null", "w"));
	json_close_array(&j);
}

Test(json, nesting_without_end_is_the_callers_bug, .signal = SIGABRT)
{
	struct json j;

	json_begin(&j, fopen("/dev/null", "w"));
	for (int i = 0; i <= JSON_DEPTH; i++)
		json_open_array(&j, NULL);
}

Test(json, a_stream_has_one_document_a_line)
{
	char *text = NULL;
	struct json j;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	json_begin_line(&j, f);
	json_open_object(&j, NULL);
	json_uint(&j, "a", 1);
	json_open_array(&j, "b");
	json_string(&j, NULL, "x");
	json_string(&j, NULL, "y");
	json_close_array(&j);
	json_close_object(&j);
	json_end(&j);
	fclose(f);
	cr_assert_str_eq(text, "{\"a\": 1, \"b\": [\"x\", \"y\"]}\n");
	free(text);
}
