/* SPDX-License-Identifier: MIT */
/*
 * `vane console`: the terminal here becomes the console of a guest, through
 * vane-consoled's socket. The terminal is raw meanwhile, and is given back as
 * it was however this ends.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "cli/cli.h"

#define CONSOLE_SOCKET "/run/vane/console.sock"
#define CONSOLE_LEAVE  0x1d /* Ctrl-] */

static struct termios console_saved;
static bool console_is_raw;

static void console_restore(void)
{
	if (console_is_raw)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &console_saved);
	console_is_raw = false;
}

static void console_on_signal(int number)
{
	console_restore();
	signal(number, SIG_DFL);
	raise(number);
}

static void console_make_raw(void)
{
	static const int ends[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
	struct termios raw;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &console_saved))
		return;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		signal(ends[i], console_on_signal);
	atexit(console_restore);
	raw = console_saved;
	cfmakeraw(&raw);
	console_is_raw = true;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
}

static int console_write(int fd, const char *p, size_t length)
{
	while (length) {
		ssize_t n = write(fd, p, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		p += n;
		length -= (size_t)n;
	}
	return 0;
}

/* The daemon's first line, byte by byte: what follows is the guest's. */
static int console_read_line(int fd, char *line, size_t size)
{
	size_t at = 0;

	while (at + 1 < size) {
		ssize_t n = read(fd, line + at, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		if (line[at] == '\n')
			break;
		at++;
	}
	line[at] = '\0';
	return 0;
}

static int console_connect(struct cli *c, uint16_t domid)
{
	struct sockaddr_un address = {
		.sun_family = AF_UNIX,
		.sun_path = CONSOLE_SOCKET,
	};
	char line[256];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int rc = -errno;

		if (fd >= 0)
			close(fd);
		return err_set(&c->err, rc, "%s: %s; start vane-consoled",
			       CONSOLE_SOCKET, strerror(-rc));
	}
	snprintf(line, sizeof(line), "attach %u\n", domid);
	if (console_write(fd, line, strlen(line)) ||
	    console_read_line(fd, line, sizeof(line))) {
		close(fd);
		return err_set(&c->err, EIO,
			       "vane-consoled closed the connection");
	}
	if (strcmp(line, "ok") != 0) {
		close(fd);
		return err_set(&c->err, EIO, "%s",
			       strncmp(line, "error ", 6) == 0 ? line + 6
							       : line);
	}
	return fd;
}

/* 1: the person left; 0: go on; -1: the connection ended. */
static int console_forward_input(int fd, bool *open)
{
	char data[1024];
	ssize_t n = read(STDIN_FILENO, data, sizeof(data));
	char *leave;

	if (n < 0 && errno == EINTR)
		return 0;
	if (n <= 0) {
		/* Nothing more will be typed; what the guest says still comes.
		 */
		*open = false;
		return 0;
	}
	leave = console_is_raw ? memchr(data, CONSOLE_LEAVE, (size_t)n) : NULL;
	if (leave)
		n = leave - data;
	if (console_write(fd, data, (size_t)n))
		return -1;
	return leave ? 1 : 0;
}

static void console_loop(int fd)
{
	bool input_open = true;

	for (;;) {
		struct pollfd p[2] = {
			{fd, POLLIN, 0},
			{input_open ? STDIN_FILENO : -1, POLLIN, 0},
		};
		char data[4096];

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return;
		if (p[0].revents) {
			ssize_t n = read(fd, data, sizeof(data));

			if (n == 0 || (n < 0 && errno != EINTR))
				return;
			if (n > 0 &&
			    console_write(STDOUT_FILENO, data, (size_t)n))
				return;
		}
		if (p[1].revents && console_forward_input(fd, &input_open))
			return;
	}
}

int console_run(struct cli *c, uint16_t domid, bool unpause)
{
	int fd = console_connect(c, domid);
	int rc;

	if (fd < 0)
		return cli_fail(c);
	signal(SIGPIPE, SIG_IGN);
	console_make_raw();
	if (unpause) {
		rc = domctl_unpause(c->privcmd, domid);
		if (rc) {
			console_restore();
			close(fd);
			err_set(&c->err, rc, "cannot start domain %u (%s)",
				domid, err_name(rc));
			return cli_fail(c);
		}
	}
	console_loop(fd);
	close(fd);
	if (console_is_raw) {
		console_restore();
		putchar('\n');
	}
	return CLI_OK;
}

int cli_console(int argc, char **argv)
{
	uint16_t domid;
	struct cli c;
	int status;

	if (argc != 2 || argv[1][0] == '-')
		return cli_usage("console");
	status = cli_open_hypervisor(&c);
	if (status)
		return status;
	status = cli_resolve(&c, argv[1], &domid);
	if (status == CLI_OK)
		status = console_run(&c, domid, false);
	cli_close(&c);
	return status;
}
