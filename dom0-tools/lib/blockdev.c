/* SPDX-License-Identifier: MIT */
/* Looking at the path of a disk; the header tells the contract. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "lib/blockdev.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

bool blockdev_same(const struct blockdev_id *x, const struct blockdev_id *y)
{
	return x->kind == y->kind && x->a == y->a && x->b == y->b;
}

int blockdev_probe(const char *path, struct blockdev *out)
{
	struct stat st;
	int fd, rc = 0;

	*out = (struct blockdev){0};
	if (stat(path, &st))
		return -errno;
	if (S_ISREG(st.st_mode)) {
		out->id = (struct blockdev_id){
			.kind = BLOCKDEV_FILE,
			.a = st.st_dev,
			.b = st.st_ino,
		};
		out->size_bytes = (uint64_t)st.st_size;
		return 0;
	}
	if (!S_ISBLK(st.st_mode)) {
		out->id.kind = BLOCKDEV_OTHER;
		return 0;
	}
	out->id = (struct blockdev_id){
		.kind = BLOCKDEV_DEVICE,
		.a = st.st_rdev,
	};
	out->major = major(st.st_rdev);
	out->minor = minor(st.st_rdev);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (ioctl(fd, BLKGETSIZE64, &out->size_bytes))
		rc = -errno;
	close(fd);
	return rc;
}

int blockdev_check_unused(const char *path)
{
	int fd = open(path, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int disk_mode_parse(const char *text, enum disk_mode *mode)
{
	if (!strcmp(text, "r") || !strcmp(text, "ro"))
		*mode = DISK_READ;
	else if (!strcmp(text, "w") || !strcmp(text, "rw"))
		*mode = DISK_WRITE;
	else if (!strcmp(text, "w!") || !strcmp(text, "rw!"))
		*mode = DISK_WRITE_SHARED;
	else
		return -EINVAL;
	return 0;
}

bool disk_mode_conflict(enum disk_mode new_use, enum disk_mode present)
{
	switch (new_use) {
	case DISK_READ:
		return present != DISK_READ;
	case DISK_WRITE:
		return true;
	case DISK_WRITE_SHARED:
		return false;
	}
	return true;
}

const char *disk_mode_name(enum disk_mode mode)
{
	switch (mode) {
	case DISK_READ:
		return "r";
	case DISK_WRITE:
		return "w";
	case DISK_WRITE_SHARED:
		return "w!";
	}
	return "?";
}
