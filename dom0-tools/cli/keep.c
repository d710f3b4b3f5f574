/* SPDX-License-Identifier: MIT */
/* The configuration that is kept for each domain; see keep.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/create.h"
#include "cli/keep.h"
#include "lib/cfgfile.h"

int keep_read_file(const char *path, char **text, size_t *length, struct err *e)
{
	struct stat st;
	ssize_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	*text = NULL;
	if (fd < 0 || fstat(fd, &st) < 0) {
		int rc = errno;

		if (fd >= 0)
			close(fd);
		return err_set(e, rc, "%s: %s", path, strerror(rc));
	}
	if (!S_ISREG(st.st_mode) || st.st_size > CFG_BYTES_MAX) {
		close(fd);
		return err_set(e, EINVAL,
			       "%s: no configuration (a file of at most %d "
			       "KiB)",
			       path, CFG_BYTES_MAX / 1024);
	}
	*text = malloc((size_t)st.st_size + 1);
	*length = 0;
	while (*text && *length < (size_t)st.st_size) {
		n = read(fd, *text + *length, (size_t)st.st_size - *length);
		if (n <= 0)
			break;
		*length += (size_t)n;
	}
	close(fd);
	if (*text && n >= 0)
		return 0;
	free(*text);
	*text = NULL;
	return err_set(e, EIO, "%s: cannot be read", path);
}

int keep_read(uint16_t domid, const char *const *overrides, size_t count,
	      struct config *c, struct err *e)
{
	static const uint8_t seed[16]; /* the kept text leaves nothing out */
	char path[64], *text;
	size_t length;
	int rc;

	snprintf(path, sizeof(path), CREATE_CONFIG_DIR "/%u.cfg", domid);
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return -ENOENT;
	rc = keep_read_file(path, &text, &length, e);
	if (rc)
		return rc;
	rc = config_parse(c, path, text, length, overrides, count, seed, e);
	free(text);
	return rc;
}

int keep_write(uint16_t domid, const struct config *c, struct err *e)
{
	char path[64], temporary[72];
	mode_t mask = umask(077);
	FILE *f;

	snprintf(path, sizeof(path), CREATE_CONFIG_DIR "/%u.cfg", domid);
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	f = fopen(temporary, "we");
	umask(mask);
	if (f)
		config_print(c, f);
	if (f == NULL || fclose(f) || rename(temporary, path) < 0) {
		int rc = errno;

		unlink(temporary);
		return err_set(e, rc, "%s: %s", path, strerror(rc));
	}
	return 0;
}
