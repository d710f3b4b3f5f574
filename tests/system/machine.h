/* SPDX-License-Identifier: MIT */
/* What the harness's own sources share; see harness.h for everybody else. */
#ifndef TESTS_SYSTEM_MACHINE_H
#define TESTS_SYSTEM_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "tests/system/harness.h"

#define MACHINE_DIRECTORY "build/tests"
#define TOLERATE_MAX	  8
#define COUNT(a)	  (sizeof(a) / sizeof((a)[0]))

enum machine_file { LOG, INPUT, PID, LOCK, BUSY, QEMU, FILES };

struct machine {
	char name[64];
	char path[FILES][128];
	pid_t pid;  /* of QEMU */
	bool child; /* this process started it */
	bool ended;
	bool stuck; /* a command never gave its status */
	double started;

	/* The serial line: a file to read, a FIFO to write, how to wait. */
	int log_fd;
	int input_fd;
	int inotify_fd;
	int pid_fd;
	int lock_fd;
	char chunk[4096]; /* read, not yet cut into lines */
	size_t chunk_at;
	size_t chunk_bytes;
	char line[4096]; /* being received */
	size_t line_bytes;
	char last[4096]; /* the last whole line */

	unsigned int nonce; /* of the last command */
	long log_seen;	    /* the log was searched up to here */
	const char *tolerate[TOLERATE_MAX];
	unsigned int tolerate_count;
};

/* Keeps the reason for machine_error() and returns error. */
int machine_fail(int error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

double machine_now(void);

/* serial.c: opens the log at its end or start, the FIFO, and the waiting. */
int serial_open(struct machine *m, bool from_start);
void serial_close(struct machine *m);
/* A line that no machine comes back from, unless the test provokes it. */
bool serial_is_end(const struct machine *m, const char *line);

/* qemu.c: becomes QEMU; returns never. */
void qemu_exec(const struct machine_config *c, const struct machine *m)
	__attribute__((noreturn));
/* The last thing that QEMU itself wrote: why it did not start. */
void qemu_complaint(const struct machine *m, char *text, size_t size);

#endif
