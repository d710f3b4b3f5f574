/* SPDX-License-Identifier: MIT */
/* Running a script of the user; see script.h. */
#define _GNU_SOURCE
#include "lib/script.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES 256

struct script {
	pid_t pid;
	int fd;		       /* what it prints */
	char line[LINE_BYTES]; /* the last one, or the begin of one */
	size_t length;
	bool is_whole;
};

static uint64_t script_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void script_child(pid_t parent, int out, char *const argv[],
			 char *const env[])
{
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || null < 0)
		_exit(127);
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execve(argv[0], argv, env);
	dprintf(STDERR_FILENO, "%s\n", strerror(errno));
	_exit(127);
}

/* Keeps the last line that is not empty. False at the end of the output. */
static bool script_read(struct script *s)
{
	char bytes[512];
	ssize_t n = read(s->fd, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < n; i++) {
		if (bytes[i] == '\n') {
			s->is_whole = true;
			continue;
		}
		if (s->is_whole)
			s->length = 0;
		s->is_whole = false;
		if (s->length + 1 < sizeof(s->line))
			s->line[s->length++] = bytes[i];
	}
	s->line[s->length] = '\0';
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

/*
 * Until it has ended or the time is over; false then. The pipe says nothing
 * about the end: a child that the script leaves behind may hold it open.
 */
static bool script_wait(struct script *s, int pidfd, uint64_t end_ms)
{
	struct pollfd p[] = {{pidfd, POLLIN, 0}, {s->fd, POLLIN, 0}};

	for (;;) {
		uint64_t now = script_now_ms();

		if (now >= end_ms)
			return false;
		if (poll(p, 2, (int)(end_ms - now)) < 0 && errno != EINTR)
			return false;
		if (p[1].fd >= 0 && p[1].revents) {
			if (!script_read(s))
				p[1].fd = -1;
		} else if (p[0].revents) {
			return true;
		}
	}
}

static int script_result(const struct script *s, const char *path, int status,
			 struct err *e)
{
	const char *colon = s->length ? ": " : "";

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status))
		return err_set(e, EIO, "the script %s ended with status %d%s%s",
			       path, WEXITSTATUS(status), colon, s->line);
	return err_set(e, EIO, "the script %s was ended by signal %d%s%s", path,
		       WTERMSIG(status), colon, s->line);
}

int script_run(char *const argv[], char *const env[], unsigned int timeout_ms,
	       struct err *e)
{
	uint64_t end = script_now_ms() + timeout_ms;
	struct script s = {0};
	int ends[2], status, pidfd, rc;
	pid_t parent = getpid();

	if (pipe2(ends, O_CLOEXEC))
		return err_set(e, errno, "no pipe for the script: %s",
			       strerror(errno));
	s.fd = ends[0];
	fcntl(s.fd, F_SETFL, O_NONBLOCK);
	s.pid = fork();
	if (s.pid == 0)
		script_child(parent, ends[1], argv, env);
	close(ends[1]);
	if (s.pid < 0) {
		rc = err_set(e, errno, "no process for the script: %s",
			     strerror(errno));
		close(s.fd);
		return rc;
	}
	setpgid(s.pid, s.pid);
	pidfd = (int)syscall(SYS_pidfd_open, s.pid, 0);
	if (pidfd >= 0 && script_wait(&s, pidfd, end)) {
		waitpid(s.pid, &status, 0);
		rc = script_result(&s, argv[0], status, e);
	} else {
		rc = err_set(e, ETIMEDOUT,
			     "the script %s did not end within %u s and was "
			     "killed%s%s",
			     argv[0], (timeout_ms + 999) / 1000,
			     s.length ? "; its last line: " : "", s.line);
		kill(-s.pid, SIGKILL);
		waitpid(s.pid, &status, 0);
	}
	if (pidfd >= 0)
		close(pidfd);
	close(s.fd);
	return rc;
}
