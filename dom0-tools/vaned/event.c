/* SPDX-License-Identifier: MIT */
/* What happened, said; see event.h. */
#define _GNU_SOURCE
#include "vaned/event.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/daemon.h"
#include "lib/json.h"

static void member(struct json *j, const char *key, const char *value)
{
	if (value && *value)
		json_string(j, key, value);
}

char *event_format(const struct event *e, const char *time, const char *text)
{
	char *line = NULL;
	struct json j;
	size_t size;
	FILE *f = open_memstream(&line, &size);

	if (!f)
		return NULL;
	json_begin_line(&j, f);
	json_open_object(&j, NULL);
	json_string(&j, "time", time);
	json_string(&j, "event", e->kind);
	json_uint(&j, "domid", e->domid);
	if (e->name && *e->name)
		json_string(&j, "name", e->name);
	else
		json_null(&j, "name");
	member(&j, "reason", e->reason);
	member(&j, "action", e->action);
	member(&j, "device", e->device);
	member(&j, "path", e->path);
	member(&j, "old_name", e->old_name);
	if (e->other)
		json_uint(&j, "other_domid", e->other);
	if (e->short_lives) {
		json_uint(&j, "short_lives", e->short_lives);
		json_uint(&j, "delay_ms", e->delay_ms);
	}
	json_string(&j, "text", text);
	json_close_object(&j);
	json_end(&j);
	if (fclose(f)) {
		free(line);
		return NULL;
	}
	return line;
}

/* Whether the last writer got no further than the middle of a line. */
static bool ends_in_a_line(int fd, off_t size)
{
	char last;

	return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

int event_append(const char *file, uint64_t limit_bytes, const char *line)
{
	char old[256], *whole;
	struct stat st;
	ssize_t n;
	int fd, rc = 0, length;

	if (!stat(file, &st) && (uint64_t)st.st_size >= limit_bytes) {
		snprintf(old, sizeof(old), "%s.1", file);
		if (rename(file, old))
			return -errno;
	}
	fd = open(file, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st)) {
		rc = -errno;
		goto out_close;
	}
	length = asprintf(&whole, "%s%s",
			  ends_in_a_line(fd, st.st_size) ? "\n" : "", line);
	if (length < 0) {
		rc = -ENOMEM;
		goto out_close;
	}
	/* One write, so that a reader sees whole lines. */
	n = write(fd, whole, (size_t)length);
	if (n != length)
		rc = n < 0 ? -errno : -ENOSPC;
	free(whole);
out_close:
	close(fd);
	return rc;
}

void event_say(const struct event *e, const char *fmt, ...)
{
	static bool failed; /* said once, not with each event */
	char text[768], stamp[64];
	struct timespec ts;
	struct tm tm;
	char *line;
	va_list ap;
	int rc;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	daemon_log("%s", text);

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	rc = (int)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(stamp + rc, sizeof(stamp) - (size_t)rc, ".%03ldZ",
		 ts.tv_nsec / 1000000);
	line = event_format(e, stamp, text);
	rc = line ? event_append(EVENT_FILE, EVENT_FILE_BYTES, line) : -ENOMEM;
	free(line);
	if (rc && !failed)
		daemon_log("cannot write the events to %s: %s; they are only "
			   "here",
			   EVENT_FILE, strerror(-rc));
	failed = rc != 0;
}
