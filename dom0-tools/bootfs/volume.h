/* SPDX-License-Identifier: MIT */
/*
 * The file systems of a disk, read-only: a whole-disk one or one for each
 * partition, found by libblkid (MBR, GPT); ext2 to ext4 through libext2fs,
 * FAT by hand (volume_fat.c). Only positions are read from the disk's file
 * descriptor: nothing here opens, maps or asks the kernel for more, so that
 * it works inside the sandbox. Every byte is the guest's.
 * Tests: tests/unit/dom0-tools/bootfs/test_volume.c, tests/fuzz/fuzz_boot.c.
 */
#ifndef DOM0_TOOLS_BOOTFS_VOLUME_H
#define DOM0_TOOLS_BOOTFS_VOLUME_H

#include <stdbool.h>
#include <sys/types.h>

#include "bootfs/bootfs.h"

#define VOLUMES_MAX	   128
#define VOLUME_WINDOW	   (128 * 1024)
#define VOLUME_PATH_MAX	   1024
#define VOLUME_DIR_ENTRIES 65536 /* of one directory; the rest is not seen */

struct volume;
struct volume_file;

struct volume_ops {
	const char *type; /* "ext" or "vfat", the start of libblkid's name */
	/* Makes v->state; -errno when the superblock cannot be used. */
	int (*mount)(struct volume *v, struct err *e);
	void (*unmount)(struct volume *v);
	/* A regular file: 0 or -errno. A directory is -EISDIR. */
	int (*open)(struct volume *v, const char *path, struct volume_file *f);
	/* The next bytes, never asked beyond the end; or -errno. */
	ssize_t (*read)(struct volume_file *f, void *to, size_t bytes);
	void (*close)(struct volume_file *f);
	int (*list)(struct volume *v, const char *path,
		    void (*each)(void *argument, const char *name),
		    void *argument);
};

struct volume {
	int disk;
	uint64_t start; /* bytes on the disk */
	uint64_t bytes;
	unsigned int number; /* of the partition; 0: the whole disk */
	char type[32];	     /* as libblkid calls it; "" for nothing known */
	const struct volume_ops *ops; /* NULL: not read here */
	void *state;		      /* NULL: not mounted */
	bool is_damaged;	      /* something on it could not be read */
	uint8_t *window; /* VOLUME_WINDOW bytes at window_at, or NULL */
	uint64_t window_at;
	size_t window_bytes;
};

struct volume_file {
	struct volume *volume;
	uint64_t bytes;
	uint64_t read; /* so many of them */
	void *state;
};

extern const struct volume_ops volume_ext_ops, volume_fat_ops;

/* Finds the volumes of a disk; their count, or -errno. */
int volume_probe(int disk, struct volume *volumes, size_t max, struct err *e);
void volume_close(struct volume *v);

/* As the ops do, mounting first; a volume that is not read: -ENOSYS. */
int volume_open(struct volume *v, const char *path, struct volume_file *f);
/* The next bytes; 0 at the end, or -errno. */
ssize_t volume_read(struct volume_file *f, void *to, size_t bytes);
void volume_close_file(struct volume_file *f);
int volume_list(struct volume *v, const char *path,
		void (*each)(void *argument, const char *name), void *argument);

/*
 * All of [at, at + bytes) within the volume, or -EIO. For the ops. Small reads
 * are taken from a window, because libext2fs reads a block at a time.
 */
int volume_pread(struct volume *v, void *to, size_t bytes, uint64_t at);

#endif
