/* SPDX-License-Identifier: MIT */
/*
 * `vane console -l`: what vane-consoled has kept of a console, oldest file
 * first, also when the domain or the daemon is long gone; with --follow also
 * what comes.
 */
#include "cli/console.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "lib/domname.h"
#include "lib/logname.h"

#define CONSOLE_OLD_MAX	   1000 /* files that the daemon keeps at most */
#define CONSOLE_PATH_BYTES 256

static bool console_is_number(const char *word)
{
	size_t n = strlen(word);

	return n && strspn(word, "0123456789") == n;
}

/* A running domain's number is as good as its name. */
static int console_log_path(const char *word, char *path)
{
	char file[160];
	struct cli c;
	char *name = NULL;
	int status;

	if (strcmp(word, LOGNAME_DOM0) == 0 || strcmp(word, "0") == 0) {
		snprintf(file, sizeof(file), LOGNAME_DOM0);
	} else if (strcmp(word, LOGNAME_HYPERVISOR) == 0) {
		snprintf(file, sizeof(file), LOGNAME_HYPERVISOR);
	} else if (console_is_number(word)) {
		status = cli_open(&c);
		if (status)
			return status;
		name = domname_of(c.store, (uint16_t)strtoul(word, NULL, 10));
		logname_of_guest(file, sizeof(file), name ? name : "",
				 (unsigned int)strtoul(word, NULL, 10));
		cli_close(&c);
		free(name);
	} else {
		logname_of_guest(file, sizeof(file), word, 0);
	}
	snprintf(path, CONSOLE_PATH_BYTES, "%s/%s.log", LOGNAME_DIR, file);
	return CLI_OK;
}

bool console_has_log(const char *name)
{
	char path[CONSOLE_PATH_BYTES];

	return !console_is_number(name) && !cli_is_xl() &&
	       console_log_path(name, path) == CLI_OK &&
	       access(path, F_OK) == 0;
}

/* From where the descriptor stands to the end of the file; -1: no reader. */
static int console_show_rest(int fd, struct console_output *o)
{
	uint8_t bytes[4096];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || console_show(o, bytes, (size_t)n))
			return -1;
	}
	return 0;
}

static int console_show_old(const char *path, struct console_output *o)
{
	char old[CONSOLE_PATH_BYTES + 16];
	unsigned int count = 0;
	int rc = 0;

	do {
		snprintf(old, sizeof(old), "%s.%u", path, ++count);
	} while (count < CONSOLE_OLD_MAX && access(old, F_OK) == 0);
	while (--count > 0 && rc == 0) {
		int fd;

		snprintf(old, sizeof(old), "%s.%u", path, count);
		fd = open(old, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		rc = console_show_rest(fd, o);
		close(fd);
	}
	return rc;
}

/* The file of that name is another one: the daemon began a new one. */
static bool console_was_rotated(int fd, const char *path)
{
	struct stat mine, named;

	return fstat(fd, &mine) == 0 && stat(path, &named) == 0 &&
	       (mine.st_ino != named.st_ino || mine.st_dev != named.st_dev);
}

static void console_follow(int fd, const char *path, struct console_output *o)
{
	struct pollfd p = {.events = POLLIN};
	char events[4096];

	p.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (p.fd < 0 ||
	    inotify_add_watch(p.fd, LOGNAME_DIR,
			      IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0) {
		close(fd);
		return;
	}
	while (console_show_rest(fd, o) == 0) {
		/* Looked at in this order, no byte falls between two files. */
		if (console_was_rotated(fd, path)) {
			if (console_show_rest(fd, o))
				break;
			close(fd);
			fd = open(path, O_RDONLY | O_CLOEXEC);
			continue;
		}
		if (poll(&p, 1, -1) > 0 &&
		    read(p.fd, events, sizeof(events)) < 0 && errno != EAGAIN)
			break;
	}
	close(p.fd);
	close(fd);
}

int console_print_log(const struct console_options *o)
{
	static struct console_output out;
	char path[CONSOLE_PATH_BYTES];
	struct err e = ERR_NONE;
	int status = console_log_path(o->name, path);
	int fd;

	if (status)
		return status;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		status = errno == ENOENT ? CLI_NO_DOMAIN : CLI_FAILURE;
		err_set(&e, errno,
			errno == EACCES ? "no output of '%s' can be read: %s: "
					  "%s; this needs root: try again with "
					  "sudo"
					: "no output of '%s' is kept: %s: %s; "
					  "what there is: ls " LOGNAME_DIR,
			o->name, path, strerror(errno));
		cli_print_error(&e);
		return status;
	}
	console_output_init(&out, o->is_raw);
	if (console_show_old(path, &out) || console_show_rest(fd, &out))
		close(fd);
	else if (o->follow)
		console_follow(fd, path, &out);
	else
		close(fd);
	return CLI_OK;
}
