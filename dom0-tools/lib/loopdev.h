/* SPDX-License-Identifier: MIT */
/*
 * Loop devices: a file as a block device, by the ioctls of linux/loop.h.
 *
 * Each device that is bound here carries a tag in its lo_file_name field, a
 * name of the user's choosing. The tag lives as long as the binding, so a
 * daemon that lost its memory finds its own devices again.
 * Test: tests/unit/dom0-tools/lib/test_loopdev.c (as root).
 */
#ifndef DOM0_TOOLS_LIB_LOOPDEV_H
#define DOM0_TOOLS_LIB_LOOPDEV_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define LOOPDEV_TAG_BYTES 64 /* with its NUL */

struct loopdev {
	unsigned int index; /* /dev/loopINDEX */
	dev_t rdev;
	char path[32];
	char tag[LOOPDEV_TAG_BYTES];
	dev_t file_dev; /* the file behind it */
	ino_t file_ino;
	bool read_only;
	bool direct_io;
	bool autoclear; /* unbinds itself when the last user closes it */
};

/*
 * Binds the file to a free device. Direct I/O is used where the file's file
 * system offers it. -ENOENT and so on are about the file; -ENODEV: no loop
 * driver; -EBUSY: no device could be had after many tries.
 */
int loopdev_bind(const char *file, bool read_only, const char *tag,
		 struct loopdev *out);

/*
 * Lets the file go. While somebody else has the device open the kernel keeps
 * it until that one closes it, which is a success too. -ENXIO when the device
 * was not bound.
 */
int loopdev_unbind(unsigned int index);

/* -ENXIO when the device is not bound. */
int loopdev_status(unsigned int index, struct loopdev *out);

/* Calls `fn` for each bound device until it gives non-zero, and gives that. */
int loopdev_each(int (*fn)(const struct loopdev *d, void *arg), void *arg);

#endif
