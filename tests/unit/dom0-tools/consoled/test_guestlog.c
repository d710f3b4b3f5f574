/* SPDX-License-Identifier: MIT */
/* Guest logs: rotation, bounds, files that take no more. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "consoled/guestlog.h"

static char dir[64];
static struct guestlog_policy policy = {dir, 4096, 2};
static struct guestlog log_;

static void fresh(void)
{
	strcpy(dir, "/tmp/vane-guestlog-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	policy = (struct guestlog_policy){dir, 4096, 2};
}

static void path_of(const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", dir, name);
}

static void done(void)
{
	static const char *const names[] = {"g.log", "g.log.1", "g.log.2",
					    "other"};
	char path[128];

	guestlog_close(&log_);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path_of(names[i], path, sizeof(path));
		unlink(path);
	}
	rmdir(dir);
}

static size_t content(const char *name, char *out, size_t size)
{
	char path[128];
	FILE *f;
	size_t n;

	path_of(name, path, sizeof(path));
	f = fopen(path, "r");
	if (!f)
		return 0;
	n = fread(out, 1, size - 1, f);
	out[n] = '\0';
	fclose(f);
	return n;
}

TestSuite(consoled_guestlog, .init = fresh, .fini = done);

struct fit_row {
	uint64_t used, limit;
	const char *bytes;
	size_t fit;
};

Test(consoled_guestlog, a_chunk_is_cut_at_the_last_line_end_that_fits)
{
	static const struct fit_row rows[] = {
		{0, 10, "abc", 3},
		{7, 10, "abc", 3}, /* exactly full */
		{8, 10, "abc", 0}, /* no line end: into the next file */
		{5, 10, "a\nbc\ndef", 5},
		{6, 10, "a\nbc\ndef", 2},
		{10, 10, "a", 0},
		{15, 10, "a\n", 0}, /* an old file, larger than the limit */
		{0, 10, "0123456789abc", 10}, /* longer than a whole file */
		{0, 10, "0123\n56789abc", 5},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(guestlog_fit(rows[i].used, rows[i].limit,
					  (const uint8_t *)rows[i].bytes,
					  strlen(rows[i].bytes)),
			     rows[i].fit, "row %zu", i);
}

Test(consoled_guestlog, bytes_are_appended_to_what_was_there)
{
	char text[128];

	cr_assert_eq(guestlog_open(&log_, &policy, "g"), 0);
	cr_assert_eq(guestlog_write(&log_, (const uint8_t *)"one\n", 4), 0);
	guestlog_close(&log_);
	cr_assert_eq(guestlog_open(&log_, &policy, "g"), 0);
	cr_assert_eq(log_.used, 4);
	cr_assert_eq(guestlog_write(&log_, (const uint8_t *)"two\n", 4), 0);
	content("g.log", text, sizeof(text));
	cr_assert_str_eq(text, "one\ntwo\n");
}

Test(consoled_guestlog, the_files_stay_within_their_bound_and_hold_the_end)
{
	static char now[8192], before[8192], line[32];
	size_t a, b;

	cr_assert_eq(guestlog_open(&log_, &policy, "g"), 0);
	for (int i = 0; i < 5000; i++) {
		snprintf(line, sizeof(line), "line %04d\r\n", i);
		cr_assert_eq(guestlog_write(&log_, (const uint8_t *)line,
					    strlen(line)),
			     0);
	}
	a = content("g.log", now, sizeof(now));
	b = content("g.log.1", before, sizeof(before));
	cr_assert_leq(a, 4096);
	cr_assert_leq(b, 4096);
	cr_assert_gt(b, 4000);
	cr_assert_eq(content("g.log.2", line, sizeof(line)), 0);
	cr_assert_str_eq(now + a - 11, "line 4999\r\n");
	/* No line is lost between the two, and none is cut. */
	cr_assert_eq(atoi(now + 5), atoi(before + b - 11 + 5) + 1);
}

Test(consoled_guestlog, one_file_may_be_all_there_is)
{
	char text[8192], big[3000];

	policy.files = 1;
	memset(big, 'q', sizeof(big));
	cr_assert_eq(guestlog_open(&log_, &policy, "g"), 0);
	for (int i = 0; i < 4; i++)
		cr_assert_eq(guestlog_write(&log_, (uint8_t *)big, 3000), 0);
	cr_assert_leq(content("g.log", text, sizeof(text)), 4096);
	cr_assert_eq(content("g.log.1", text, sizeof(text)), 0);
}

Test(consoled_guestlog, the_tail_reaches_back_into_the_older_file)
{
	static uint8_t bytes[6000];
	uint8_t out[4000];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i % 50 == 49 ? '\n' : (uint8_t)('a' + i % 26);
	cr_assert_eq(guestlog_open(&log_, &policy, "g"), 0);
	cr_assert_eq(guestlog_write(&log_, bytes, sizeof(bytes)), 0);
	cr_assert_eq(guestlog_tail(&log_, out, sizeof(out)), sizeof(out));
	cr_assert_arr_eq(out, bytes + sizeof(bytes) - sizeof(out), sizeof(out));
}

Test(consoled_guestlog, a_symbolic_link_is_not_followed)
{
	char link[128], target[128];

	path_of("g.log", link, sizeof(link));
	path_of("other", target, sizeof(target));
	cr_assert_eq(symlink(target, link), 0);
	cr_assert_eq(guestlog_open(&log_, &policy, "g"), -ELOOP);
	cr_assert_neq(access(target, F_OK), 0);
}

/* No file of this process may grow beyond that: a full disk for the poor. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static int put(const char *text)
{
	return guestlog_write(&log_, (const uint8_t *)text, strlen(text));
}

Test(consoled_guestlog, what_a_full_disk_loses_is_counted_and_written_down)
{
	char text[512], line[128];
	int first, second, third, fourth;
	uint64_t lost_first, lost_second;

	cr_assert_eq(guestlog_open(&log_, &policy, "g"), 0);
	limit_files(10);
	first = put("12345678");
	second = put("90abcd");
	lost_first = log_.lost;
	third = put("efg");
	lost_second = log_.lost;
	limit_files(RLIM_INFINITY);
	fourth = put("again\n");
	cr_assert_eq(first, 0);
	cr_assert_eq(second, -EFBIG);
	cr_assert_eq(lost_first, 4);
	cr_assert_eq(third, -EFBIG);
	cr_assert_eq(lost_second, 7);
	cr_assert_eq(fourth, 0);
	cr_assert_eq(log_.lost, 0);
	content("g.log", text, sizeof(text));
	snprintf(line, sizeof(line),
		 "1234567890\n[vane-consoled: 7 bytes are missing here: %s]\n"
		 "again\n",
		 strerror(EFBIG));
	cr_assert_str_eq(text, line);
}

Test(consoled_guestlog, a_log_that_could_not_be_opened_is_tried_again)
{
	char text[256], path[128];

	path_of("g.log", path, sizeof(path));
	cr_assert_eq(mkdir(path, 0700), 0);
	cr_assert_eq(guestlog_open(&log_, &policy, "g"), -EISDIR);
	cr_assert_eq(put("lost"), -EISDIR);
	cr_assert_eq(rmdir(path), 0);
	cr_assert_eq(put("kept\n"), 0);
	content("g.log", text, sizeof(text));
	cr_assert_not_null(strstr(text, "4 bytes are missing here"));
	cr_assert_not_null(strstr(text, "kept\n"));
}

Test(consoled_guestlog, a_note_has_a_line_of_its_own)
{
	char text[256];

	cr_assert_eq(guestlog_open(&log_, &policy, "g"), 0);
	put("half a line");
	cr_assert_eq(guestlog_note(&log_, "renamed, was %s", "x"), 0);
	content("g.log", text, sizeof(text));
	cr_assert_str_eq(text,
			 "half a line\n[vane-consoled: renamed, was x]\n");
}

Test(consoled_guestlog, a_log_that_was_moved_away_is_begun_anew)
{
	char text[64], from[128], to[128];

	cr_assert_eq(guestlog_open(&log_, &policy, "g"), 0);
	put("old\n");
	path_of("g.log", from, sizeof(from));
	path_of("other", to, sizeof(to));
	cr_assert_eq(rename(from, to), 0);
	cr_assert_eq(guestlog_reopen(&log_), 0);
	put("new\n");
	content("g.log", text, sizeof(text));
	cr_assert_str_eq(text, "new\n");
	content("other", text, sizeof(text));
	cr_assert_str_eq(text, "old\n");
}
