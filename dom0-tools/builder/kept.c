/* SPDX-License-Identifier: MIT */
/* The kept configuration of a domain that runs; see kept.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/create.h"
#include "builder/kept.h"
#include "lib/cfgfile.h"

static int kept_fail(struct err *e, const char *path)
{
	return err_set(e, errno, "the change is not kept for a restart: %s: %s",
		       path, strerror(errno));
}

static int kept_read(const char *path, struct config *c, struct err *e)
{
	static const uint8_t seed[16]; /* a canonical text leaves nothing out */
	char *text = malloc(CFG_BYTES_MAX);
	FILE *f = fopen(path, "re");
	size_t length;
	int rc;

	if (f == NULL || text == NULL) {
		rc = kept_fail(e, path);
		if (f)
			fclose(f);
		free(text);
		return rc;
	}
	length = fread(text, 1, CFG_BYTES_MAX, f);
	fclose(f);
	rc = config_parse(c, path, text, length, NULL, 0, seed, e);
	free(text);
	return rc;
}

static int kept_replace(const char *path, const struct config *c, struct err *e)
{
	char temporary[72];
	FILE *f;
	int fd;

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (f == NULL) {
		int rc = kept_fail(e, temporary);

		if (fd >= 0)
			close(fd);
		return rc;
	}
	config_print(c, f);
	if (fclose(f) || rename(temporary, path) < 0) {
		int rc = kept_fail(e, path);

		unlink(temporary);
		return rc;
	}
	return 0;
}

int kept_edit(uint16_t domid, kept_edit_fn *edit, void *arg, struct err *e)
{
	char path[64];
	struct config c;
	int dir, rc;

	snprintf(path, sizeof(path), CREATE_CONFIG_DIR "/%u.cfg", domid);
	dir = open(CREATE_CONFIG_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || flock(dir, LOCK_EX) < 0 || access(path, F_OK) < 0) {
		rc = errno == ENOENT ? 0 : kept_fail(e, path);
		if (dir >= 0)
			close(dir);
		return rc;
	}
	rc = kept_read(path, &c, e);
	if (rc == 0) {
		rc = edit(&c, arg, e);
		if (rc == 0)
			rc = kept_replace(path, &c, e);
		config_free(&c);
	}
	close(dir);
	return rc;
}
