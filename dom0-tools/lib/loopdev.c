/* SPDX-License-Identifier: MIT */
/*
 * Loop devices. Between LOOP_CTL_GET_FREE and LOOP_CONFIGURE another process
 * may take the device; the kernel answers EBUSY and we ask for the next one.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "lib/loopdev.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define LOOP_CONTROL "/dev/loop-control"
#define LOOP_MAJOR   7
#define BIND_TRIES   64

_Static_assert(LOOPDEV_TAG_BYTES == LO_NAME_SIZE, "the tag is lo_file_name");

static void path_of(unsigned int index, char *path, size_t size)
{
	snprintf(path, size, "/dev/loop%u", index);
}

static int open_device(unsigned int index, int flags)
{
	char path[32];
	int fd;

	path_of(index, path, sizeof(path));
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int status_of_fd(int fd, unsigned int index, struct loopdev *out)
{
	struct loop_info64 info;
	struct stat st;

	if (ioctl(fd, LOOP_GET_STATUS64, &info))
		return -errno;
	if (fstat(fd, &st))
		return -errno;
	*out = (struct loopdev){
		.index = index,
		.rdev = st.st_rdev,
		/* The same encoding as in stat()'s st_dev. */
		.file_dev = (dev_t)info.lo_device,
		.file_ino = (ino_t)info.lo_inode,
		.read_only = info.lo_flags & LO_FLAGS_READ_ONLY,
		.direct_io = info.lo_flags & LO_FLAGS_DIRECT_IO,
		.autoclear = info.lo_flags & LO_FLAGS_AUTOCLEAR,
	};
	path_of(index, out->path, sizeof(out->path));
	memcpy(out->tag, info.lo_file_name, sizeof(out->tag) - 1);
	return 0;
}

int loopdev_status(unsigned int index, struct loopdev *out)
{
	int fd = open_device(index, O_RDONLY);
	int rc;

	if (fd < 0)
		return fd == -ENOENT ? -ENXIO : fd;
	rc = status_of_fd(fd, index, out);
	close(fd);
	return rc;
}

/* 0, -EBUSY when another process was faster, or another error. */
static int configure(unsigned int index, int file, bool read_only,
		     const char *tag, struct loopdev *out)
{
	struct loop_config config = {.fd = (__u32)file};
	int fd, rc;

	fd = open_device(index, read_only ? O_RDONLY : O_RDWR);
	if (fd < 0)
		return fd;
	config.info.lo_flags = LO_FLAGS_DIRECT_IO;
	if (read_only)
		config.info.lo_flags |= LO_FLAGS_READ_ONLY;
	snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%s", tag);

	rc = ioctl(fd, LOOP_CONFIGURE, &config) ? -errno : 0;
	if (!rc)
		rc = status_of_fd(fd, index, out);
	close(fd);
	return rc;
}

int loopdev_bind(const char *file, bool read_only, const char *tag,
		 struct loopdev *out)
{
	int file_fd, control, rc = -EBUSY;

	file_fd = open(file, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (file_fd < 0)
		return -errno;
	control = open(LOOP_CONTROL, O_RDWR | O_CLOEXEC);
	if (control < 0) {
		rc = errno == ENOENT ? -ENODEV : -errno;
		goto close_file;
	}
	for (int i = 0; i < BIND_TRIES && rc == -EBUSY; i++) {
		int index = ioctl(control, LOOP_CTL_GET_FREE);

		if (index < 0) {
			rc = -errno;
			break;
		}
		rc = configure((unsigned int)index, file_fd, read_only, tag,
			       out);
	}
	close(control);
close_file:
	close(file_fd);
	return rc;
}

int loopdev_unbind(unsigned int index)
{
	int fd = open_device(index, O_RDONLY);
	int rc = 0;

	if (fd < 0)
		return fd == -ENOENT ? -ENXIO : fd;
	if (ioctl(fd, LOOP_CLR_FD))
		rc = -errno;
	close(fd);
	return rc;
}

int loopdev_each(int (*fn)(const struct loopdev *d, void *arg), void *arg)
{
	struct dirent *e;
	DIR *dir;
	int rc = 0;

	dir = opendir("/sys/block");
	if (!dir)
		return -errno;
	while (!rc && (e = readdir(dir))) {
		struct loopdev d;
		unsigned int index;
		char rest;

		if (sscanf(e->d_name, "loop%u%c", &index, &rest) != 1)
			continue;
		if (!loopdev_status(index, &d))
			rc = fn(&d, arg);
	}
	closedir(dir);
	return rc;
}
