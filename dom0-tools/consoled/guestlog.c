/* SPDX-License-Identifier: MIT */
/* Guest logs and their rotation; see the header. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "consoled/guestlog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

size_t guestlog_fit(uint64_t used, uint64_t limit, const uint8_t *bytes,
		    size_t len)
{
	uint64_t room = used < limit ? limit - used : 0;
	size_t fit;

	if (len <= room)
		return len;
	for (fit = (size_t)room; fit > 0; fit--) {
		if (bytes[fit - 1] == '\n')
			return fit;
	}
	return used ? 0 : (size_t)room;
}

static int open_file(struct guestlog *g)
{
	struct stat st;
	int rc;

	g->fd = open(g->path,
		     O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
		     0600);
	if (g->fd < 0)
		return -errno;
	if (fstat(g->fd, &st)) {
		rc = -errno;
		guestlog_close(g);
		return rc;
	}
	g->used = (uint64_t)st.st_size;
	return 0;
}

int guestlog_open(struct guestlog *g, const struct guestlog_policy *policy,
		  const char *name)
{
	int n;

	*g = (struct guestlog){.policy = policy, .fd = -1};
	n = snprintf(g->path, sizeof(g->path), "%s/%s.log", policy->dir, name);
	if (n < 0 || (size_t)n >= sizeof(g->path) - 16)
		return -ENAMETOOLONG;
	return open_file(g);
}

static void path_of(const struct guestlog *g, unsigned int age, char *out,
		    size_t size)
{
	if (age)
		snprintf(out, size, "%s.%u", g->path, age);
	else
		snprintf(out, size, "%s", g->path);
}

/* Each file becomes one older; the oldest is overwritten by that. */
static int rotate(struct guestlog *g)
{
	char from[GUESTLOG_PATH_BYTES + 16], to[GUESTLOG_PATH_BYTES + 16];

	guestlog_close(g);
	if (g->policy->files <= 1) {
		if (unlink(g->path) && errno != ENOENT)
			return -errno;
		return open_file(g);
	}
	for (unsigned int age = g->policy->files - 1; age; age--) {
		path_of(g, age - 1, from, sizeof(from));
		path_of(g, age, to, sizeof(to));
		if (rename(from, to) && errno != ENOENT)
			return -errno;
	}
	return open_file(g);
}

/* Moves both on by what was written. */
static int write_some(struct guestlog *g, const uint8_t **bytes, size_t *len,
		      size_t most)
{
	while (most) {
		ssize_t n = write(g->fd, *bytes, most);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		g->used += (uint64_t)n;
		*bytes += n;
		*len -= (size_t)n;
		most -= (size_t)n;
	}
	return 0;
}

/* The same for all of it, over as many files as it takes. */
static int write_all(struct guestlog *g, const uint8_t **bytes, size_t *len)
{
	/* An earlier failure left it closed; perhaps it works now. */
	int rc = g->fd < 0 ? open_file(g) : 0;

	while (*len && !rc) {
		rc = write_some(g, bytes, len,
				guestlog_fit(g->used, g->policy->limit_bytes,
					     *bytes, *len));
		if (*len && !rc)
			rc = rotate(g);
	}
	return rc;
}

static int write_gap(struct guestlog *g)
{
	char line[160];
	const uint8_t *at = (const uint8_t *)line;
	size_t len;
	int rc;

	len = (size_t)snprintf(line, sizeof(line),
			       "\n[vane-consoled: %" PRIu64
			       " bytes are missing here: %s]\n",
			       g->lost, strerror(-g->lost_why));
	rc = write_all(g, &at, &len);
	if (!rc)
		g->lost = 0;
	return rc;
}

int guestlog_write(struct guestlog *g, const uint8_t *bytes, size_t len)
{
	int rc = g->lost ? write_gap(g) : 0;

	if (!rc)
		rc = write_all(g, &bytes, &len);
	if (rc) {
		g->lost += len;
		g->lost_why = rc;
	}
	return rc;
}

int guestlog_note(struct guestlog *g, const char *fmt, ...)
{
	char line[320];
	va_list ap;
	size_t n;

	n = (size_t)snprintf(line, sizeof(line), "\n[vane-consoled: ");
	va_start(ap, fmt);
	vsnprintf(line + n, sizeof(line) - n - 2, fmt, ap);
	va_end(ap);
	strcat(line, "]\n");
	return guestlog_write(g, (const uint8_t *)line, strlen(line));
}

int guestlog_reopen(struct guestlog *g)
{
	guestlog_close(g);
	return open_file(g);
}

static size_t read_end(const char *path, uint8_t *out, size_t max)
{
	struct stat st;
	ssize_t n = 0;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return 0;
	if (!fstat(fd, &st)) {
		off_t at =
			st.st_size > (off_t)max ? st.st_size - (off_t)max : 0;

		n = pread(fd, out, max, at);
	}
	close(fd);
	return n > 0 ? (size_t)n : 0;
}

size_t guestlog_tail(const struct guestlog *g, uint8_t *out, size_t max)
{
	char older[GUESTLOG_PATH_BYTES + 16];
	size_t now = read_end(g->path, out, max);
	size_t before;

	if (now == max || g->policy->files <= 1)
		return now;
	/* The young file is short: put the end of the older one before it. */
	path_of(g, 1, older, sizeof(older));
	memmove(out + (max - now), out, now);
	before = read_end(older, out, max - now);
	memmove(out + before, out + (max - now), now);
	return before + now;
}

void guestlog_close(struct guestlog *g)
{
	if (g->fd >= 0)
		close(g->fd);
	g->fd = -1;
}
