/* SPDX-License-Identifier: MIT */
/*
 * `vane events`: what vaned writes to its file of events, as it comes. The
 * file is followed by its name, so that one that became too long and was
 * renamed is read to its end and the new one from its beginning.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "lib/eventlog.h"

struct events {
	FILE *file; /* NULL: there is none yet */
	char *line;
	size_t room;
	size_t have; /* of a line that is not whole yet */
	bool is_json;
};

static void events_print(const struct events *e)
{
	char time[40], text[1024];

	if (e->is_json) {
		fputs(e->line, stdout);
	} else if (eventlog_string(e->line, "time", time, sizeof(time)) &&
		   eventlog_string(e->line, "text", text, sizeof(text))) {
		printf("%s %s\n", time, text);
	}
}

/* Everything that is there by now. */
static void events_drain(struct events *e)
{
	char *more = NULL;
	size_t room = 0;
	ssize_t n;

	if (e->file == NULL)
		return;
	clearerr(e->file);
	while ((n = getline(&more, &room, e->file)) > 0) {
		char *grown = realloc(e->line, e->have + (size_t)n + 1);

		if (grown == NULL)
			break;
		e->line = grown;
		memcpy(e->line + e->have, more, (size_t)n + 1);
		e->have += (size_t)n;
		if (e->line[e->have - 1] != '\n')
			continue;
		events_print(e);
		e->have = 0;
	}
	free(more);
	fflush(stdout);
}

static bool events_is_current(const struct events *e)
{
	struct stat ours, named;

	return e->file && fstat(fileno(e->file), &ours) == 0 &&
	       stat(EVENT_FILE, &named) == 0 && ours.st_ino == named.st_ino;
}

static void events_follow(struct events *e)
{
	events_drain(e);
	if (events_is_current(e))
		return;
	if (e->file)
		fclose(e->file);
	e->have = 0;
	e->file = fopen(EVENT_FILE, "re");
	events_drain(e);
}

static int events_fail(const char *what)
{
	struct err e = ERR_NONE;

	err_set(&e, errno, "%s: %s; vaned writes it", what, strerror(errno));
	return cli_print_error(&e);
}

/* Until nobody reads what is printed, or a signal ends it. */
static int events_wait(struct events *e, int inotify)
{
	char buffer[4096];

	for (;;) {
		struct pollfd fds[] = {
			{inotify, POLLIN, 0},
			{STDOUT_FILENO, 0, 0}, /* POLLERR: the reader left */
		};

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return events_fail("poll");
		if (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL))
			return CLI_OK;
		while (read(inotify, buffer, sizeof(buffer)) > 0)
			;
		events_follow(e);
	}
}

int cli_events(int argc, char **argv)
{
	struct events e = {0};
	struct cli_args a;
	bool follow;
	int inotify, status = cli_parse(argc, argv, 0, 0, &a);

	if (status)
		return status;
	e.is_json = cli_has(&a, 'j');
	follow = !cli_has(&a, 'n');
	inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (inotify < 0 ||
	    inotify_add_watch(inotify, EVENT_DIR,
			      IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
		return events_fail(EVENT_DIR);
	e.file = fopen(EVENT_FILE, "re");
	if (e.file && follow && !cli_has(&a, 'a'))
		fseek(e.file, 0, SEEK_END);
	events_drain(&e);
	if (follow)
		status = events_wait(&e, inotify);
	if (e.file)
		fclose(e.file);
	free(e.line);
	close(inotify);
	return status;
}
