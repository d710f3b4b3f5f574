/* SPDX-License-Identifier: MIT */
/*
 * Booting what a guest's own disk says (kernel="disk:"): the words that all
 * parts share.
 *
 *	vane (root)                          vane-bootfs (nobody, sandboxed)
 *	bootdisk.c: opens the disk, makes    main.c: gives everything up, then
 *	two memfds, starts the helper,  -->  volume*.c: partitions, ext, FAT
 *	believes nothing that it says   <--  choose.c: which entry; grub.c,
 *bls.c
 *
 * The guest wrote every byte that is read here, so the parsers are pure, have
 * their limits, and run where a mistake in them gets nobody anything.
 */
#ifndef DOM0_TOOLS_BOOTFS_BOOTFS_H
#define DOM0_TOOLS_BOOTFS_BOOTFS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/err.h"

/* Where the helper finds its files, and what it is given. */
#define BOOTFS_FD_DISK	 0
#define BOOTFS_FD_RESULT 1
#define BOOTFS_FD_KERNEL 3
#define BOOTFS_FD_INITRD 4

#define BOOTFS_TEXT_MAX	   (256 * 1024) /* of a grub.cfg or an entry's file */
#define BOOTFS_RESULT_MAX  8192
#define BOOTFS_INITRDS_MAX 8
#define BOOTFS_ENTRIES_MAX 512

/* What an entry starts; paths as they are written there. */
struct boot_entry {
	const char *title;
	const char *kernel;
	const char *initrds[BOOTFS_INITRDS_MAX];
	size_t initrd_count;
	const char *options; /* the kernel's command line */
};

/*
 * How a parser looks at files, so that a test can show it any. A path may
 * have GRUB's "(device)" before it, which is passed over.
 */
struct boot_files {
	void *context;
	/* 0 and its size; a directory's is 0; -errno when there is none. */
	int (*size)(void *context, const char *path, uint64_t *bytes);
	/* All of a text of at most BOOTFS_TEXT_MAX bytes; NULL: cannot. */
	const char *(*read)(void *context, struct arena *a, const char *path,
			    size_t *length);
	/* Calls back for each file of a directory, in any order. */
	int (*list)(void *context, const char *path,
		    void (*each)(void *argument, const char *name),
		    void *argument);
};

#endif
