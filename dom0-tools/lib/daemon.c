/* SPDX-License-Identifier: MIT */
/*
 * Start and end of a daemon, and its log. The state is global because a
 * process is one daemon. The lock is an flock(): the kernel drops it when the
 * daemon dies in whatever manner, so a stale file never hinders a start; the
 * file itself stays, because removing it would let two daemons hold locks on
 * two different files of the same name.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "lib/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct {
	struct daemon_options o;
	int lock_fd;
	int log_fd;
	int ready_fd; /* the parent waits at its other end */
	bool pid_written;
	bool tell_terminal;
} me = {.lock_fd = -1, .log_fd = -1, .ready_fd = -1, .tell_terminal = true};

int daemon_mkdirs(const char *path, unsigned int mode)
{
	char part[4096];
	size_t len = strlen(path);

	if (!len || len >= sizeof(part))
		return -ENAMETOOLONG;
	memcpy(part, path, len + 1);
	for (size_t i = 1; i <= len; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, mode) && errno != EEXIST)
			return -errno;
		part[i] = path[i];
	}
	return 0;
}

int daemon_mkdirs_for(const char *file, unsigned int mode)
{
	char dir[4096];
	const char *slash = strrchr(file, '/');

	if (!slash || slash == file)
		return 0;
	if ((size_t)(slash - file) >= sizeof(dir))
		return -ENAMETOOLONG;
	memcpy(dir, file, (size_t)(slash - file));
	dir[slash - file] = '\0';
	return daemon_mkdirs(dir, mode);
}

/* A short write loses the rest of a log line, which nobody can help. */
static void write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

void daemon_log(const char *fmt, ...)
{
	char line[1024 + 64];
	struct timespec ts;
	size_t at, begin;
	struct tm tm;
	va_list ap;
	int n;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	at = strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%S", &tm);
	at += (size_t)snprintf(line + at, sizeof(line) - at, ".%03ldZ ",
			       ts.tv_nsec / 1000000);
	begin = at;
	va_start(ap, fmt);
	n = vsnprintf(line + at, sizeof(line) - at - 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	at += (size_t)n;
	if (at > sizeof(line) - 2)
		at = sizeof(line) - 2;
	for (size_t i = begin; i < at; i++) {
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	}
	line[at++] = '\n';

	if (me.log_fd >= 0)
		write_all(me.log_fd, line, at);
	if (me.tell_terminal) {
		if (me.o.name)
			dprintf(STDERR_FILENO, "%s: ", me.o.name);
		write_all(STDERR_FILENO, line + begin, at - begin);
	}
}

static int open_log(void)
{
	int fd = open(me.o.log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
		      0640);

	return fd < 0 ? -errno : fd;
}

void daemon_log_reopen(void)
{
	int fd;

	if (!me.o.log_file)
		return;
	fd = open_log();
	if (fd < 0) {
		daemon_log(
			"cannot open the log %s anew (%s); the old one goes on",
			me.o.log_file, strerror(-fd));
		return;
	}
	close(me.log_fd);
	me.log_fd = fd;
}

/*
 * Whoever asks whether the daemon runs tries the lock for a moment himself;
 * so one refusal proves nothing, but fifty in half a second do.
 */
static int try_lock(int fd)
{
	struct timespec pause = {0, 10000000};

	for (int i = 0; i < 50; i++) {
		if (!flock(fd, LOCK_EX | LOCK_NB))
			return 0;
		if (errno != EWOULDBLOCK)
			return -errno;
		nanosleep(&pause, NULL);
	}
	return -EWOULDBLOCK;
}

/* Another instance has it: that is an error, or waited out. */
static int await_lock(int fd)
{
	char holder[32] = "";
	ssize_t n = pread(fd, holder, sizeof(holder) - 1, 0);

	holder[n > 0 ? n : 0] = '\0';
	holder[strcspn(holder, "\n")] = '\0';
	daemon_log("already running as process %s (lock %s is held); %s",
		   holder[0] ? holder : "?", me.o.lock_file,
		   me.o.waits ? "waiting for its end" : "stop that one first");
	if (!me.o.waits)
		return -EWOULDBLOCK;
	while (flock(fd, LOCK_EX)) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static int take_lock(void)
{
	char pid[32];
	int fd, rc;

	rc = daemon_mkdirs_for(me.o.lock_file, 0755);
	if (rc)
		goto fail;
	fd = open(me.o.lock_file, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0) {
		rc = -errno;
		goto fail;
	}
	rc = try_lock(fd);
	if (rc == -EWOULDBLOCK) {
		rc = await_lock(fd);
		if (rc == -EWOULDBLOCK) {
			close(fd);
			return rc;
		}
	}
	if (rc) {
		close(fd);
		goto fail;
	}
	me.lock_fd = fd;
	snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) || pwrite(fd, pid, strlen(pid), 0) < 0) {
		rc = -errno;
		goto fail;
	}
	return 0;
fail:
	daemon_log("cannot take the lock %s: %s; may this user write there?",
		   me.o.lock_file, strerror(-rc));
	return rc;
}

static int write_pid_file(void)
{
	FILE *f;
	int rc;

	rc = daemon_mkdirs_for(me.o.pid_file, 0755);
	if (rc)
		goto fail;
	f = fopen(me.o.pid_file, "we");
	if (!f) {
		rc = -errno;
		goto fail;
	}
	fprintf(f, "%d\n", (int)getpid());
	if (fclose(f)) {
		rc = -errno;
		goto fail;
	}
	me.pid_written = true;
	return 0;
fail:
	daemon_log("cannot write the pid file %s: %s", me.o.pid_file,
		   strerror(-rc));
	return rc;
}

/* In the parent: wait for the child's word, or for its end. */
static void parent_wait(int fd, pid_t child)
{
	int status = 0;
	ssize_t n;
	char c;

	do {
		n = read(fd, &c, 1);
	} while (n < 0 && errno == EINTR);
	if (n == 1)
		_exit(0);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status)
						       : 1);
}

static int go_background(void)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	child = fork();
	if (child < 0) {
		int rc = -errno;

		close(ends[0]);
		close(ends[1]);
		return rc;
	}
	if (child) {
		close(ends[1]);
		parent_wait(ends[0], child);
	}
	close(ends[0]);
	me.ready_fd = ends[1];
	setsid();
	return 0;
}

int daemon_begin(const struct daemon_options *o)
{
	int rc;

	me.o = *o;
	me.tell_terminal = true;
	if (!o->foreground) {
		rc = go_background();
		if (rc) {
			daemon_log("cannot start a process: %s", strerror(-rc));
			return rc;
		}
	}
	umask(022);
	if (o->lock_file) {
		rc = take_lock();
		if (rc)
			goto undo;
	}
	if (o->log_file) {
		rc = daemon_mkdirs_for(o->log_file, 0755);
		if (!rc)
			rc = open_log();
		if (rc < 0) {
			daemon_log("cannot open the log %s: %s", o->log_file,
				   strerror(-rc));
			goto undo;
		}
		me.log_fd = rc;
	}
	if (o->pid_file) {
		rc = write_pid_file();
		if (rc)
			goto undo;
	}
	if (chdir("/"))
		daemon_log("cannot go to the root directory: %s",
			   strerror(errno));
	return 0;
undo:
	daemon_end();
	return rc;
}

/*
 * Tells a service manager that waits for it, by the protocol of sd_notify(3):
 * a datagram to the socket that $NOTIFY_SOCKET names, '@' for an abstract one.
 */
static void notify_ready(void)
{
	static const char word[] = "READY=1";
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (len < 2 || len >= sizeof(to.sun_path) ||
	    (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(to.sun_path, path, len);
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, word, sizeof(word) - 1, MSG_NOSIGNAL,
		   (struct sockaddr *)&to,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) <
	    0)
		daemon_log("cannot tell %s that this is ready: %s", path,
			   strerror(errno));
	close(fd);
}

void daemon_ready(void)
{
	int null;

	notify_ready();
	if (me.ready_fd < 0)
		return;
	me.tell_terminal = false;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO)
			close(null);
	}
	write_all(me.ready_fd, "r", 1);
	close(me.ready_fd);
	me.ready_fd = -1;
}

void daemon_end(void)
{
	if (me.pid_written)
		unlink(me.o.pid_file);
	me.pid_written = false;
	if (me.log_fd >= 0)
		close(me.log_fd);
	if (me.lock_fd >= 0)
		close(me.lock_fd);
	if (me.ready_fd >= 0)
		close(me.ready_fd);
	me.log_fd = me.lock_fd = me.ready_fd = -1;
}

int daemon_signal_fd(void)
{
	sigset_t set;
	int fd;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int daemon_signal_read(int fd)
{
	struct signalfd_siginfo info;
	ssize_t n = read(fd, &info, sizeof(info));

	if (n < 0)
		return -errno;
	if (n != sizeof(info))
		return -EIO;
	return (int)info.ssi_signo;
}
