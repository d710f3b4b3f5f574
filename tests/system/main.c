/* SPDX-License-Identifier: MIT */
/*
 * The runner: Criterion's, as many tests at a time as there are processors and
 * machines for them; no machine survives it.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <criterion/options.h>

#include "tests/system/harness.h"

/* Two runs in one tree would end each other's machines. */
static void wait_for_turn(void)
{
	int fd;

	mkdir("build", 0777);
	mkdir("build/tests", 0777);
	fd = open("build/tests/run.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0 || !flock(fd, LOCK_EX | LOCK_NB))
		return;
	fprintf(stderr, "system tests: waiting for another run to end\n");
	flock(fd, LOCK_EX);
}

static unsigned int processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	long most = machine_default.copies;

	return n < 1 ? 1 : n < most ? n : most;
}

static void on_signal(int number)
{
	machine_kill_all();
	_exit(128 + number);
}

#define SLOWEST 8

/* The reason's first line, and how to run the test alone, which is its last. */
static void tell_failure(const struct criterion_test_stats *t)
{
	const struct criterion_assert_stats *a = t->asserts;
	const char *reason, *alone;

	while (a && a->passed)
		a = a->next;
	reason = a && a->message ? a->message : "it ended without a verdict";
	alone = strstr(reason, "\n  alone:");
	printf("failed: %s/%s after %.0f s: %.*s%s\n", t->test->category,
	       t->test->name, t->elapsed_time, (int)strcspn(reason, "\n"),
	       reason, alone ? alone : "");
}

/* Of those that took less than `below` seconds, the one that took longest. */
static const struct criterion_test_stats *
slowest(const struct criterion_global_stats *stats, double below)
{
	const struct criterion_test_stats *found = NULL, *t;

	for (struct criterion_suite_stats *s = stats->suites; s; s = s->next)
		for (t = s->tests; t; t = t->next)
			if (t->elapsed_time < below &&
			    (!found || t->elapsed_time > found->elapsed_time))
				found = t;
	return found;
}

/*
 * What took longest, and the failures once more, together, where whoever reads
 * the end finds them.
 */
ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
	const struct criterion_test_stats *slow = slowest(stats, 1e9);

	for (int i = 0; i < SLOWEST && slow; i++) {
		printf("%4.0f s %s/%s\n", slow->elapsed_time,
		       slow->test->category, slow->test->name);
		slow = slowest(stats, slow->elapsed_time);
	}
	for (struct criterion_suite_stats *s = stats->suites; s; s = s->next)
		for (struct criterion_test_stats *t = s->tests; t; t = t->next)
			if (t->test_status == CR_STATUS_FAILED)
				tell_failure(t);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct criterion_test_set *tests = criterion_initialize();
	int result = 0;

	criterion_options.jobs = processors();
	if (criterion_handle_args(argc, argv, true)) {
		wait_for_turn();
		machine_kill_all();
		signal(SIGINT, on_signal);
		signal(SIGTERM, on_signal);
		result = !criterion_run_all_tests(tests);
		machine_kill_all();
	}
	criterion_finalize(tests);
	return result;
}
