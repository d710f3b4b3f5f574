/* SPDX-License-Identifier: MIT */
/*
 * What a path is, as far as a disk needs to know: a block device, a file that
 * can become one, or neither, and which one (two paths may lead to one disk).
 * And how a guest uses it, which says who may have it beside that guest.
 * Tests: tests/unit/dom0-tools/lib/test_blockdev.c, vaned/test_device.c.
 */
#ifndef DOM0_TOOLS_LIB_BLOCKDEV_H
#define DOM0_TOOLS_LIB_BLOCKDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum blockdev_kind { BLOCKDEV_FILE, BLOCKDEV_DEVICE, BLOCKDEV_OTHER };

/*
 * One disk, however it is reached. For a device `b` is 0 and `a` its number;
 * for a file `a` is its file system's device and `b` its inode.
 */
struct blockdev_id {
	enum blockdev_kind kind;
	uint64_t a, b;
};

struct blockdev {
	struct blockdev_id id;
	unsigned int major, minor; /* of a device */
	uint64_t size_bytes;
};

bool blockdev_same(const struct blockdev_id *x, const struct blockdev_id *y);

/* Looks, opens nothing for writing. -errno of stat() or open(). */
int blockdev_probe(const char *path, struct blockdev *out);

/*
 * -EBUSY when a file system, a volume manager or another exclusive user in
 * this domain holds the device; 0 when not.
 */
int blockdev_check_unused(const char *path);

/* How a guest uses a disk. */
enum disk_mode { DISK_READ, DISK_WRITE, DISK_WRITE_SHARED };

/* "r", "w", "w!" (and "ro", "rw"); -EINVAL for others. */
int disk_mode_parse(const char *text, enum disk_mode *mode);
/*
 * Must a new use be refused because of an existing one of the same disk? Only
 * readers may be together, unless the new one says that it knows ("w!").
 */
bool disk_mode_conflict(enum disk_mode new_use, enum disk_mode present);
const char *disk_mode_name(enum disk_mode mode);

#endif
