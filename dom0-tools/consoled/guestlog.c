/* SPDX-License-Identifier: MIT */
/* Guest logs and their rotation; see the header. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "consoled/guestlog.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_BYTES 128 /* longer names are cut */

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

static bool is_reserved(const char *name)
{
	static const char *const names[] = {
		"vaned",
		"vane-consoled",
		"vane-stored",
		"vane",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	return false;
}

void guestlog_name(char *out, size_t size, const char *name, unsigned int domid)
{
	char clean[NAME_BYTES];
	size_t n = 0;

	for (; name[n] && n < sizeof(clean) - 1; n++) {
		unsigned char c = (unsigned char)name[n];

		if (isalnum(c) || c == '-' || c == '_' || c == '+' ||
		    (c == '.' && n))
			clean[n] = (char)c;
		else
			clean[n] = '_';
	}
	clean[n] = '\0';
	if (!n)
		snprintf(out, size, "domain-%u", domid);
	else
		snprintf(out, size, "%s%s", is_reserved(clean) ? "guest-" : "",
			 clean);
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

static int write_bytes(struct guestlog *g, const uint8_t *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(g->fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		g->used += (uint64_t)n;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

int guestlog_write(struct guestlog *g, const uint8_t *bytes, size_t len)
{
	int rc;

	while (len) {
		size_t fit;

		if (g->fd < 0) {
			/* A rotation failed before; perhaps it works now. */
			rc = open_file(g);
			if (rc)
				return rc;
		}
		fit = guestlog_fit(g->used, g->policy->limit_bytes, bytes, len);
		rc = write_bytes(g, bytes, fit);
		if (rc)
			return rc;
		bytes += fit;
		len -= fit;
		if (len) {
			rc = rotate(g);
			if (rc)
				return rc;
		}
	}
	return 0;
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
