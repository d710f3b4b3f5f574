/* SPDX-License-Identifier: MIT */
/* Scripts of the user: status, last line, time, environment. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/script.h"

static char path[] = "/tmp/test-script-XXXXXX";
static struct err e;

static int run(const char *text, unsigned int timeout_ms)
{
	char *argv[] = {path, "online", NULL};
	char *env[] = {"PATH=/bin:/usr/bin", "vif=vif7.0", NULL};
	FILE *f = fopen(path, "w");

	cr_assert(f);
	fprintf(f, "#!/bin/sh\n%s\n", text);
	fclose(f);
	chmod(path, 0700);
	return script_run(argv, env, timeout_ms, &e);
}

static void begin(void)
{
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	close(fd);
}

static void end(void)
{
	unlink(path);
}

TestSuite(dom0_script, .init = begin, .fini = end);

Test(dom0_script, its_success_is_ours)
{
	cr_assert_eq(run("[ \"$1 $vif\" = 'online vif7.0' ]", 10000), 0);
	cr_assert_eq(run("[ -z \"$HOME\" ]", 10000), 0,
		     "its environment is "
		     "what it is given");
}

Test(dom0_script, its_last_line_is_in_the_message)
{
	cr_assert_eq(run("echo one; echo 'no bridge' >&2; echo; exit 3", 10000),
		     -EIO);
	cr_assert(strstr(e.text, "status 3: no bridge"), "%s", e.text);
}

/* Gone, or only waiting for its new parent to look. */
static bool is_dead(pid_t pid)
{
	char stat[64], state = 0;
	FILE *f;

	snprintf(stat, sizeof(stat), "/proc/%d/stat", (int)pid);
	f = fopen(stat, "r");
	if (!f)
		return true;
	if (fscanf(f, "%*d %*s %c", &state) != 1)
		state = 'Z';
	fclose(f);
	return state == 'Z';
}

Test(dom0_script, one_that_hangs_is_killed_with_its_children)
{
	pid_t child;

	cr_assert_eq(run("echo waiting; sleep 100 & echo $! >&2; wait", 300),
		     -ETIMEDOUT);
	cr_assert(strstr(e.text, "killed"), "%s", e.text);
	/* Its last line is the child's number. */
	child = atoi(strrchr(e.text, ' ') + 1);

	cr_assert_gt(child, 1);
	for (int i = 0; i < 500 && !is_dead(child); i++)
		usleep(10000);
	cr_assert(is_dead(child));
}

Test(dom0_script, one_that_leaves_a_child_behind_is_not_waited_for)
{
	cr_assert_eq(run("sleep 3 & exit 0", 2000), 0);
}

Test(dom0_script, one_that_prints_without_end_is_no_harm)
{
	cr_assert_eq(run("yes | head -c 3000000; yes x | tr -d '\\n' | "
			 "head -c 300000; exit 1",
			 10000),
		     -EIO);
	cr_assert_lt(strlen(e.text), 512);
}

Test(dom0_script, one_that_cannot_be_run_says_why)
{
	char *argv[] = {"/no/such/script", NULL};
	char *env[] = {NULL};

	cr_assert_eq(script_run(argv, env, 1000, &e), -EIO);
	cr_assert(strstr(e.text, "No such file"), "%s", e.text);
}

Test(dom0_script, one_that_is_killed_says_by_what)
{
	cr_assert_eq(run("kill -9 $$", 10000), -EIO);
	cr_assert(strstr(e.text, "signal 9"), "%s", e.text);
}
