/* SPDX-License-Identifier: MIT */
/*
 * Talking to a machine: lines out of its log as they come, bytes into its
 * FIFO, commands through the program `answer` in domain zero
 * (dom0-tools/image/dom0/bin/answer), which frames each one, so that neither
 * echo nor a kernel message between the lines can be taken for an answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "tests/system/machine.h"

#define PART_BYTES   80 /* of a command, sent at once */
#define LOST_MAX     5
#define END_OF_RELAY 0x1d /* control-] */

/* ---- the line as bytes ---- */

int serial_open(struct machine *m, bool from_start)
{
	m->log_fd = open(m->path[LOG], O_RDONLY | O_CLOEXEC);
	m->input_fd = open(m->path[INPUT], O_RDWR | O_NONBLOCK | O_CLOEXEC);
	m->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	m->pid_fd = syscall(SYS_pidfd_open, m->pid, 0);
	if (m->log_fd < 0 || m->input_fd < 0 || m->inotify_fd < 0 ||
	    m->pid_fd < 0 ||
	    inotify_add_watch(m->inotify_fd, m->path[LOG], IN_MODIFY) < 0)
		return machine_fail(-errno, "%s: its files: %s", m->name,
				    strerror(errno));
	if (!from_start)
		m->log_seen = lseek(m->log_fd, 0, SEEK_END);
	return 0;
}

void serial_close(struct machine *m)
{
	int *const fds[] = {&m->log_fd, &m->input_fd, &m->inotify_fd,
			    &m->pid_fd};

	for (size_t i = 0; i < COUNT(fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

int machine_send(struct machine *m, const char *text)
{
	size_t bytes = strlen(text);

	while (bytes) {
		struct pollfd p[2] = {{.fd = m->input_fd, .events = POLLOUT},
				      {.fd = m->pid_fd, .events = POLLIN}};
		ssize_t n = write(m->input_fd, text, bytes);

		if (n > 0) {
			text += n;
			bytes -= n;
			continue;
		}
		poll(p, 2, -1);
		if (p[1].revents)
			return machine_fail(-EPIPE, "%s: the machine is gone",
					    m->name);
	}
	return 0;
}

/* Waits until the log may have grown or the machine has ended. */
static void wait_for_more(struct machine *m, double seconds)
{
	struct pollfd p[2] = {{.fd = m->inotify_fd, .events = POLLIN},
			      {.fd = m->pid_fd, .events = POLLIN}};
	char events[4096];

	poll(p, 2, seconds < 0 ? -1 : (int)(seconds * 1000) + 1);
	if (p[0].revents && read(m->inotify_fd, events, sizeof(events)) < 0 &&
	    errno != EAGAIN)
		abort();
	if (p[1].revents)
		m->ended = true;
}

/* What the log has more: bytes in m->chunk, -ETIMEDOUT, -EPIPE at its end. */
static int fill_chunk(struct machine *m, double deadline)
{
	for (;;) {
		bool ended = m->ended; /* before looking: nothing comes after */
		double left = deadline - machine_now();
		ssize_t n = read(m->log_fd, m->chunk, sizeof(m->chunk));

		if (n > 0) {
			m->chunk_at = 0;
			m->chunk_bytes = n;
			return 0;
		}
		if (ended)
			return -EPIPE;
		if (left <= 0)
			return -ETIMEDOUT;
		wait_for_more(m, left);
	}
}

/* Receives a whole line into m->last, without its end. 0 or -errno. */
static int receive(struct machine *m, double deadline)
{
	for (;;) {
		char c;
		int r;

		if (m->chunk_at == m->chunk_bytes) {
			r = fill_chunk(m, deadline);
			if (r)
				return r;
		}
		c = m->chunk[m->chunk_at++];
		if (c != '\n') {
			if (c != '\r' && c &&
			    m->line_bytes < sizeof(m->line) - 1)
				m->line[m->line_bytes++] = c;
			continue;
		}
		m->line[m->line_bytes] = '\0';
		m->line_bytes = 0;
		memcpy(m->last, m->line, sizeof(m->last));
		return 0;
	}
}

/* ---- the line as lines ---- */

/* The last words of a machine, for a person who reads why it failed. */
static int waited_in_vain(struct machine *m, int error, const char *what,
			  unsigned int seconds)
{
	char text[512] = "";
	int status;

	if (error == -ETIMEDOUT)
		return machine_fail(
			error,
			"%s: no '%s' within %u s; last line: '%s'; log: %s",
			m->name, what, seconds, m->last, m->path[LOG]);
	if (m->child && waitpid(m->pid, &status, 0) == m->pid) {
		m->child = false;
		qemu_complaint(m, text, sizeof(text));
	}
	return machine_fail(
		error,
		"%s: the machine ended before '%s'; last line: '%s'; %s; "
		"log: %s",
		m->name, what, m->last, text, m->path[LOG]);
}

int machine_expect(struct machine *m, const char *text, unsigned int seconds)
{
	unsigned int limit = machine_scaled(seconds);
	double deadline = machine_now() + limit;
	int r;

	for (;;) {
		r = receive(m, deadline);
		if (r)
			return waited_in_vain(m, r, text, limit);
		if (strstr(m->last, text))
			return 0;
		if (serial_is_end(m, m->last))
			return machine_fail(
				-EPROTO,
				"%s: while waiting for '%s': %s; log: %s",
				m->name, text, m->last, m->path[LOG]);
	}
}

int machine_wait_exit(struct machine *m, unsigned int seconds)
{
	unsigned int limit = machine_scaled(seconds);
	double deadline = machine_now() + limit;
	int status = 0, r;

	do {
		r = receive(m, deadline);
	} while (!r);
	if (r == -ETIMEDOUT)
		return waited_in_vain(m, r, "power off", limit);
	if (m->child) {
		waitpid(m->pid, &status, 0);
		m->child = false;
	}
	unlink(m->path[PID]);
	if (!WIFEXITED(status))
		return machine_fail(-EIO, "%s: QEMU died of signal %d", m->name,
				    WTERMSIG(status));
	return WEXITSTATUS(status);
}

struct output {
	char *text;
	size_t size;
	size_t bytes;
};

static void output_add(struct output *o, const char *line)
{
	size_t n = strlen(line);
	double time;

	if (!o->text || !o->size)
		return;
	/* What kernel and hypervisor said meanwhile is not the command's. */
	if (sscanf(line, "[%lf]", &time) == 1 || !strncmp(line, "(", 1))
		return;
	if (n + 2 > o->size - o->bytes)
		return;
	memcpy(o->text + o->bytes, line, n);
	o->bytes += n;
	o->text[o->bytes++] = '\n';
	o->text[o->bytes] = '\0';
}

/*
 * One part of a command: sent, then lines are collected until its answer. The
 * command's status, ANSWER_MORE, ANSWER_LOST, or -errno.
 */
enum { ANSWER_MORE = 1000, ANSWER_LOST };

static int send_part(struct machine *m, double deadline, struct output *o,
		     const char *text, size_t bytes, char kind)
{
	char frame[PART_BYTES + 64], end[32];
	const char *at;
	int r;

	m->nonce++;
	snprintf(end, sizeof(end), "@@%u ", m->nonce);
	snprintf(frame, sizeof(frame), "%u %zu %c %.*s\n", m->nonce, bytes,
		 kind, (int)bytes, text);
	r = machine_send(m, frame);
	while (!r) {
		r = receive(m, deadline);
		if (r)
			break;
		at = strstr(m->last, end);
		if (!at) {
			output_add(o, m->last);
			continue;
		}
		at += strlen(end);
		if (*at == '+')
			return ANSWER_MORE;
		return *at == 'L' ? ANSWER_LOST : atoi(at);
	}
	return r;
}

static int send_command(struct machine *m, double deadline, struct output *o,
			const char *command)
{
	size_t left = strlen(command);
	int r = ANSWER_MORE, lost = 0;

	while (r == ANSWER_MORE || r == ANSWER_LOST) {
		size_t bytes = left < PART_BYTES ? left : PART_BYTES;

		r = send_part(m, deadline, o, command, bytes,
			      bytes == left ? '.' : '+');
		if (r == ANSWER_MORE) {
			command += bytes;
			left -= bytes;
		} else if (r == ANSWER_LOST && ++lost == LOST_MAX) {
			return machine_fail(-EIO,
					    "%s: the serial line loses bytes",
					    m->name);
		}
	}
	return r;
}

int machine_run(struct machine *m, unsigned int seconds, char *out, size_t size,
		const char *format, ...)
{
	unsigned int limit = machine_scaled(seconds);
	struct output o = {out, size, 0};
	char command[3072];
	va_list list;
	int r;

	va_start(list, format);
	vsnprintf(command, sizeof(command), format, list);
	va_end(list);
	if (out && size)
		out[0] = '\0';
	if (strchr(command, '\n'))
		return machine_fail(-EINVAL, "a command is one line: %s",
				    command);
	if (m->stuck)
		return machine_fail(-EBUSY, "%s: an earlier command hangs",
				    m->name);
	r = send_command(m, machine_now() + limit, &o, command);
	m->stuck = r < 0;
	if (r == -ETIMEDOUT || r == -EPIPE)
		return waited_in_vain(m, r, command, limit);
	return r;
}

int machine_leave_prompt(struct machine *m)
{
	return machine_send(m, "leave\n");
}

/* ---- a person's terminal ---- */

/* Copies what the log has; -EPIPE when the machine has ended. */
static int log_to_terminal(struct machine *m)
{
	bool ended = m->ended;
	char buffer[4096];
	ssize_t n = read(m->log_fd, buffer, sizeof(buffer));

	if (n <= 0)
		return ended ? -EPIPE : 0;
	return write(STDOUT_FILENO, buffer, n) == n ? 1 : -EPIPE;
}

/* -ECANCELED when the person wants to leave, -EPIPE when input has ended. */
static int terminal_to_input(struct machine *m)
{
	char buffer[512];
	ssize_t n = read(STDIN_FILENO, buffer, sizeof(buffer) - 1);

	if (n <= 0)
		return -EPIPE;
	if (memchr(buffer, END_OF_RELAY, n))
		return -ECANCELED;
	buffer[n] = '\0';
	return machine_send(m, buffer);
}

static int relay(struct machine *m)
{
	struct pollfd p[3] = {{.fd = m->inotify_fd, .events = POLLIN},
			      {.fd = m->pid_fd, .events = POLLIN},
			      {.fd = STDIN_FILENO, .events = POLLIN}};
	char events[4096];
	int r;

	for (;;) {
		do {
			r = log_to_terminal(m);
		} while (r > 0);
		if (r < 0)
			return 0;
		if (poll(p, COUNT(p), -1) < 0)
			continue;
		if (p[0].revents &&
		    read(m->inotify_fd, events, sizeof(events)) < 0)
			return -errno;
		m->ended = m->ended || p[1].revents;
		if (!p[2].revents)
			continue;
		r = terminal_to_input(m);
		if (r == -ECANCELED)
			return r;
		/* Input from a file ends; the machine goes on. */
		if (r)
			p[2].fd = -1;
	}
}

int machine_interact(struct machine *m)
{
	struct termios saved, raw;
	bool terminal = !tcgetattr(STDIN_FILENO, &saved);
	int error;

	if (terminal) {
		raw = saved;
		cfmakeraw(&raw);
		raw.c_oflag |= OPOST;
		tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	}
	error = relay(m);
	if (terminal)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	return error;
}
