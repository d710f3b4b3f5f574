/* SPDX-License-Identifier: MIT */
/* From a vmlinuz on disk to a vmlinux on disk; see unpack_file.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/kernel.h"
#include "builder/unpack_file.h"

static int unpack_write(int fd, const uint8_t *p, size_t length)
{
	while (length) {
		ssize_t n = write(fd, p, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		length -= (size_t)n;
	}
	return 0;
}

int unpack_file(const char *in, const char *out, struct err *e)
{
	char temporary[4096];
	struct kernel k;
	int rc, fd;

	rc = kernel_open(&k, in, e);
	if (rc)
		return rc;
	if (snprintf(temporary, sizeof(temporary), "%s.new", out) >=
	    (int)sizeof(temporary)) {
		kernel_close(&k);
		return err_set(e, ENAMETOOLONG, "%s: too long a name", out);
	}
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	rc = fd < 0 ? -errno : unpack_write(fd, k.image.data, k.image.size);
	if (fd >= 0 && close(fd) < 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && rename(temporary, out) < 0)
		rc = -errno;
	if (rc) {
		err_set(e, rc, "%s: %s", out, strerror(-rc));
		if (fd >= 0)
			unlink(temporary);
	}
	kernel_close(&k);
	return rc;
}
