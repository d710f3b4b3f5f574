/* SPDX-License-Identifier: MIT */
/*
 * Which kernel does a disk want to boot? Looks on its file systems, in the
 * order of the partitions, for GRUB's configuration, then for entries of the
 * Boot Loader Specification; the first that has an entry decides. A kernel
 * may lie on another partition than the configuration that names it.
 * Test: tests/unit/dom0-tools/bootfs/test_choose.c.
 */
#ifndef DOM0_TOOLS_BOOTFS_CHOOSE_H
#define DOM0_TOOLS_BOOTFS_CHOOSE_H

#include "bootfs/volume.h"

struct choice {
	struct boot_entry entry;
	const char *source;	/* the configuration's path */
	unsigned int partition; /* where it is; 0: the whole disk */
	struct volume volumes[VOLUMES_MAX];
	int volume_count;
	int volume; /* the index of where the configuration is */
};

/* `wanted` as in grub.h. End with choice_close() even after a failure. */
int choice_make(struct choice *c, struct arena *a, int disk, const char *wanted,
		struct err *e);
void choice_close(struct choice *c);

/* Opens a file of the entry; *from is the volume it was found on. */
int choice_open(struct choice *c, const char *path, struct volume_file *f,
		struct err *e);

#endif
