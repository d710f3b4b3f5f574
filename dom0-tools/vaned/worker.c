/* SPDX-License-Identifier: MIT */
/* Work in a child process; see worker.h. */
#define _GNU_SOURCE
#include "vaned/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void reap(struct worker *w)
{
	while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
		;
	evloop_fd_del(w->loop, w->fd);
	close(w->fd);
	w->pid = 0;
}

/* A result fits into a pipe's atomic write: it is there whole or not at all. */
static void result_ready(void *arg, int fd, short revents)
{
	struct worker *w = arg;
	struct worker_result result = {0};
	ssize_t n;

	_Static_assert(sizeof(result) <= 4096, "PIPE_BUF");
	(void)revents;
	n = read(fd, &result, sizeof(result));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != sizeof(result)) {
		result = (struct worker_result){0};
		result.rc = err_set(&result.err, ECHILD,
				    "the process that did it was ended");
	}
	reap(w);
	w->done(w->arg, &result);
}

static void run_child(pid_t parent, int fd, worker_job *job, void *arg)
{
	struct worker_result result = {0};
	ssize_t n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	job(arg, &result);
	n = write(fd, &result, sizeof(result));
	_exit(n == sizeof(result) ? 0 : 1);
}

int worker_start(struct worker *w, struct evloop *loop, worker_job *job,
		 worker_done *done, void *arg)
{
	pid_t parent = getpid();
	int ends[2], rc;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	w->loop = loop;
	w->done = done;
	w->arg = arg;
	w->fd = ends[0];
	rc = evloop_fd_add(loop, w->fd, POLLIN, result_ready, w);
	if (rc)
		goto out_close;
	w->pid = fork();
	if (w->pid == 0) {
		close(ends[0]);
		run_child(parent, ends[1], job, arg);
	}
	if (w->pid < 0) {
		rc = -errno;
		w->pid = 0;
		evloop_fd_del(loop, w->fd);
		goto out_close;
	}
	close(ends[1]);
	return 0;
out_close:
	close(ends[0]);
	close(ends[1]);
	return rc;
}

void worker_kill(struct worker *w)
{
	if (!worker_is_busy(w))
		return;
	kill(w->pid, SIGKILL);
	reap(w);
}
