/* SPDX-License-Identifier: MIT */
/* Start, lock and log of a daemon. Each test is a process of its own. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/daemon.h"

static char dir[64], lock[128], pid_file[128], log_file[128];

static void fresh(void)
{
	strcpy(dir, "/tmp/vane-daemon-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	snprintf(lock, sizeof(lock), "%s/run/d.lock", dir);
	snprintf(pid_file, sizeof(pid_file), "%s/run/d.pid", dir);
	snprintf(log_file, sizeof(log_file), "%s/log/d.log", dir);
}

static void done(void)
{
	char path[128];

	unlink(lock);
	unlink(pid_file);
	unlink(log_file);
	snprintf(path, sizeof(path), "%s/run", dir);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/log", dir);
	rmdir(path);
	rmdir(dir);
}

TestSuite(dom0_daemon, .init = fresh, .fini = done);

static struct daemon_options all(bool foreground)
{
	return (struct daemon_options){
		.name = "test",
		.foreground = foreground,
		.lock_file = lock,
		.pid_file = pid_file,
		.log_file = log_file,
	};
}

static char *content(const char *path)
{
	static char text[4096];
	FILE *f = fopen(path, "r");
	size_t n;

	cr_assert_not_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

Test(dom0_daemon, in_the_foreground_it_writes_pid_and_log)
{
	struct daemon_options o = all(true);

	cr_assert_eq(daemon_begin(&o), 0);
	cr_assert_eq(atoi(content(pid_file)), (int)getpid());
	daemon_log("hello %d", 5);
	cr_assert_not_null(strstr(content(log_file), "Z hello 5\n"));
	daemon_end();
	cr_assert_neq(access(pid_file, F_OK), 0);
}

Test(dom0_daemon, a_message_is_one_line_whatever_it_carries)
{
	struct daemon_options o = all(true);
	char *text;

	cr_assert_eq(daemon_begin(&o), 0);
	daemon_log("guest '%s'", "a\nforged line\x1b[2J");
	text = content(log_file);
	cr_assert_not_null(strstr(text, "guest 'a?forged line?[2J'\n"));
	cr_assert_eq(strchr(text, '\n'), text + strlen(text) - 1);
}

Test(dom0_daemon, an_overlong_message_is_cut)
{
	struct daemon_options o = all(true);
	static char big[5000];
	char *text;

	memset(big, 'b', sizeof(big) - 1);
	cr_assert_eq(daemon_begin(&o), 0);
	daemon_log("%s", big);
	text = content(log_file);
	cr_assert_lt(strlen(text), 1200);
	cr_assert_eq(text[strlen(text) - 1], '\n');
}

/* A daemon that writes a byte to `fd` when it has begun, and stays. */
static pid_t begin_in_child(const struct daemon_options *o, int fd)
{
	pid_t child = fork();

	if (child)
		return child;
	if (daemon_begin(o))
		_exit(2);
	if (write(fd, "r", 1) != 1)
		_exit(3);
	pause();
	_exit(0);
}

Test(dom0_daemon, a_second_instance_is_refused_and_leaves_the_first_alone)
{
	struct daemon_options o = all(true);
	int ends[2], status;
	pid_t child;
	char c;

	cr_assert_eq(pipe(ends), 0);
	child = begin_in_child(&o, ends[1]);
	cr_assert_eq(read(ends[0], &c, 1), 1);
	cr_assert_eq(daemon_begin(&o), -EWOULDBLOCK);
	cr_assert_eq(atoi(content(pid_file)), (int)child);
	/* The kernel frees the lock of one that is killed. */
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	cr_assert_eq(daemon_begin(&o), 0);
	daemon_end();
}

Test(dom0_daemon, one_that_waits_takes_over_when_the_first_one_dies)
{
	struct daemon_options o = all(true);
	char said[1024] = "", wanted[64];
	int ends[2], errors[2];
	pid_t first, second;
	ssize_t n;
	char c;

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(pipe(errors), 0);
	first = begin_in_child(&o, ends[1]);
	cr_assert_eq(read(ends[0], &c, 1), 1);

	o.waits = true;
	dup2(errors[1], STDERR_FILENO);
	second = begin_in_child(&o, ends[1]);
	for (size_t at = 0; !strchr(said, '\n'); at += (size_t)n) {
		n = read(errors[0], said + at, sizeof(said) - 1 - at);
		cr_assert_gt(n, 0);
	}
	snprintf(wanted, sizeof(wanted), "as process %d (lock", (int)first);
	cr_assert_not_null(strstr(said, wanted), "%s", said);
	cr_assert_not_null(strstr(said, "waiting for its end"), "%s", said);
	cr_assert_eq(atoi(content(pid_file)), (int)first);

	kill(first, SIGKILL);
	waitpid(first, NULL, 0);
	cr_assert_eq(read(ends[0], &c, 1), 1);
	cr_assert_eq(atoi(content(pid_file)), (int)second);
	cr_assert_eq(atoi(content(lock)), (int)second);
	kill(second, SIGKILL);
	waitpid(second, NULL, 0);
}

Test(dom0_daemon, the_caller_gets_the_prompt_back_only_when_it_is_ready)
{
	struct daemon_options o = all(false);
	int ends[2], status;
	pid_t child, daemon_pid;

	cr_assert_eq(pipe(ends), 0);
	child = fork();
	if (!child) {
		/* The daemon is a grandchild from here on. */
		daemon_begin(&o);
		daemon_pid = getpid();
		if (write(ends[1], &daemon_pid, sizeof(daemon_pid)) !=
		    (ssize_t)sizeof(daemon_pid))
			_exit(3);
		daemon_ready();
		pause();
		_exit(0);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	cr_assert_eq(read(ends[0], &daemon_pid, sizeof(daemon_pid)),
		     (ssize_t)sizeof(daemon_pid));
	cr_assert_eq(atoi(content(pid_file)), (int)daemon_pid);
	cr_assert_eq(kill(daemon_pid, SIGKILL), 0);
}

Test(dom0_daemon, the_caller_learns_of_a_failure_before_it_was_ready)
{
	struct daemon_options o = all(false);
	int status;
	pid_t child = fork();

	if (!child) {
		daemon_begin(&o);
		daemon_end();
		_exit(1);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

Test(dom0_daemon, a_log_that_was_moved_away_is_opened_anew)
{
	struct daemon_options o = all(true);
	char old[160];

	snprintf(old, sizeof(old), "%s.old", log_file);
	cr_assert_eq(daemon_begin(&o), 0);
	daemon_log("before");
	cr_assert_eq(rename(log_file, old), 0);
	daemon_log_reopen();
	daemon_log("after");
	cr_assert_not_null(strstr(content(log_file), "after"));
	cr_assert_null(strstr(content(log_file), "before"));
	unlink(old);
}

Test(dom0_daemon, signals_come_through_a_descriptor)
{
	int fd = daemon_signal_fd();

	cr_assert_geq(fd, 0);
	cr_assert_eq(daemon_signal_read(fd), -EAGAIN);
	raise(SIGHUP);
	cr_assert_eq(daemon_signal_read(fd), SIGHUP);
	raise(SIGTERM);
	cr_assert_eq(daemon_signal_read(fd), SIGTERM);
}

Test(dom0_daemon, directories_are_made_with_their_parents)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/run", dir);
	cr_assert_eq(daemon_mkdirs(path, 0755), 0);
	cr_assert_eq(daemon_mkdirs(path, 0755), 0);
	cr_assert_eq(daemon_mkdirs_for(log_file, 0755), 0);
	snprintf(path, sizeof(path), "%s/log", dir);
	cr_assert_eq(access(path, X_OK), 0);
}
