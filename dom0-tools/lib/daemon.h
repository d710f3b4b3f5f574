/* SPDX-License-Identifier: MIT */
/*
 * What every daemon needs at its start and end: going to the background only
 * once it is ready, one instance by a lock, a pid file, a log with times.
 *
 * daemon_begin() forks when a background is wanted, and the parent waits: an
 * error before daemon_ready() reaches the user's terminal as one line and
 * gives exit status 1, so a caller knows that a daemon which "started" runs.
 * Test: tests/unit/dom0-tools/lib/test_daemon.c.
 */
#ifndef DOM0_TOOLS_LIB_DAEMON_H
#define DOM0_TOOLS_LIB_DAEMON_H

#include <stdbool.h>
#include <stddef.h>

struct daemon_options {
	const char *name; /* begins each line on the terminal */
	bool foreground;
	bool waits; /* for another instance's end, where it would fail */
	const char *lock_file; /* NULL: as many instances as one likes */
	const char *pid_file;  /* NULL: none */
	const char *log_file;  /* NULL: the terminal */
};

/*
 * In the background case returns in the child only. After a failure
 * everything is undone; the line for the user has been printed.
 */
int daemon_begin(const struct daemon_options *o);
/* Lets the waiting parent exit with status 0; tells $NOTIFY_SOCKET. */
void daemon_ready(void);
/* Removes the pid file and gives the lock back. */
void daemon_end(void);

/*
 * A line in the log (time, text); before daemon_ready() in the background
 * case, and always in the foreground case, on the terminal too. A message is
 * cut at 1 KiB; control characters that it carries are printed as '?', so
 * that a guest's text cannot forge a line.
 */
void daemon_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Opens the log file anew, after somebody moved it away. */
void daemon_log_reopen(void);

/* Blocks SIGTERM, SIGINT, SIGHUP and gives a signalfd; ignores SIGPIPE. */
int daemon_signal_fd(void);
/* The next signal of that descriptor, or -EAGAIN. */
int daemon_signal_read(int fd);

/* Makes a directory and its parents; one that exists is no error. */
int daemon_mkdirs(const char *path, unsigned int mode);
/* The same for the directory part of a file's path. */
int daemon_mkdirs_for(const char *file, unsigned int mode);

#endif
