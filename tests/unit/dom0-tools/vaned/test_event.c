/* SPDX-License-Identifier: MIT */
/* Events as lines of JSON, and the file that holds them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/eventlog.h"
#include "vaned/event.h"

static char dir[] = "/tmp/test-event-XXXXXX";
static char file[64];

static void begin(void)
{
	cr_assert(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/events.log", dir);
}

static void end(void)
{
	char old[80];

	snprintf(old, sizeof(old), "%s.1", file);
	unlink(file);
	unlink(old);
	rmdir(dir);
}

TestSuite(vaned_event, .init = begin, .fini = end);

static void read_file(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "r");

	cr_assert(f, "%s", path);
	text[fread(text, 1, size - 1, f)] = '\0';
	fclose(f);
}

Test(vaned_event, an_event_is_one_line_with_the_members_that_it_has)
{
	struct event e = {
		.kind = "restart-delayed",
		.domid = 7,
		.name = "web",
		.action = "restart",
		.short_lives = 2,
		.delay_ms = 1000,
	};
	char *line = event_format(&e, "2026-01-02T03:04:05.678Z", "it \"is\"");

	cr_assert_str_eq(line, "{\"time\": \"2026-01-02T03:04:05.678Z\", "
			       "\"event\": \"restart-delayed\", \"domid\": 7, "
			       "\"name\": \"web\", \"action\": \"restart\", "
			       "\"short_lives\": 2, \"delay_ms\": 1000, "
			       "\"text\": \"it \\\"is\\\"\"}\n");
	free(line);
}

Test(vaned_event, a_domain_without_a_name_has_null)
{
	struct event e = {.kind = "created", .domid = 1, .name = ""};
	char *line = event_format(&e, "t", "x");

	cr_assert(strstr(line, "\"name\": null"));
	free(line);
}

Test(vaned_event, what_was_formatted_is_read_back)
{
	struct event e = {.kind = "crashed", .domid = 1, .name = "a\"b\\c\n"};
	char *line = event_format(&e, "now", "text: \"name\": \"no\"");
	char value[64];

	cr_assert(eventlog_string(line, "name", value, sizeof(value)));
	cr_assert_str_eq(value, "a\"b\\c?");
	cr_assert(eventlog_string(line, "text", value, sizeof(value)));
	cr_assert_str_eq(value, "text: \"name\": \"no\"");
	cr_assert_not(eventlog_string(line, "domid", value, sizeof(value)));
	cr_assert_not(eventlog_string(line, "missing", value, sizeof(value)));
	free(line);
}

Test(vaned_event, broken_lines_are_no_harm)
{
	static const char *const lines[] = {
		"",
		"{",
		"\"",
		"\"text",
		"\"text\"",
		"\"text\":",
		"\"text\": \"",
		"\"text\": \"\\",
		"\"text\": \"\\u",
		"\"text\": \"\\u12",
		"\"text\": \"a\\u00\"",
		"\"text\": 5",
		"\\\"text\": \"x\"",
	};
	char value[4];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (eventlog_string(lines[i], "text", value, sizeof(value)))
			cr_assert_lt(strlen(value), sizeof(value));
	}
	cr_assert(eventlog_string("{\"text\": \"abcdef\"}", "text", value,
				  sizeof(value)));
	cr_assert_str_eq(value, "abc");
}

Test(vaned_event, the_file_is_bounded_and_one_before_it_is_kept)
{
	char old[80], text[512];
	struct stat st;

	snprintf(old, sizeof(old), "%s.1", file);
	for (int i = 0; i < 10; i++)
		cr_assert_eq(event_append(file, 100, "0123456789012345678\n"),
			     0);
	cr_assert_eq(stat(file, &st), 0);
	cr_assert_eq(st.st_size, 100);
	cr_assert_eq(stat(old, &st), 0);
	cr_assert_eq(event_append(file, 100, "last\n"), 0);
	read_file(file, text, sizeof(text));
	cr_assert_str_eq(text, "last\n");
}

Test(vaned_event, after_half_a_line_a_new_one_begins)
{
	char text[64];
	FILE *f = fopen(file, "w");

	fputs("{\"half", f);
	fclose(f);
	cr_assert_eq(event_append(file, 1000, "whole\n"), 0);
	read_file(file, text, sizeof(text));
	cr_assert_str_eq(text, "{\"half\nwhole\n");
}

Test(vaned_event, a_full_disk_is_an_error)
{
	cr_assert_eq(event_append("/dev/full", 1000, "x\n"), -ENOSPC);
}
