/* SPDX-License-Identifier: MIT */
/*
 * Unpacked kernels, kept: unpacking takes most of a creation's time, and the
 * next guest, or the same one after a reboot, has the same kernel.
 *
 * One file a kernel in KERNEL_CACHE_DIR (memory, root's alone), named after
 * what it was unpacked from. A file appears whole or not at all, whoever else
 * creates at the same time; the ones not used for longest go when all of them
 * take more than a quarter of domain zero's memory. Every failure here means
 * no more than that the kernel is unpacked again, so none is reported.
 * Test: tests/unit/dom0-tools/builder/test_kernel_cache.c.
 */
#ifndef DOM0_TOOLS_BUILDER_KERNEL_CACHE_H
#define DOM0_TOOLS_BUILDER_KERNEL_CACHE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define KERNEL_CACHE_DIR       "/run/vane/cache"
#define KERNEL_CACHE_KEY_BYTES 128

struct kernel_cache {
	const char *dir;
	uint64_t bytes_max;
};

/* The one that programs use. */
struct kernel_cache kernel_cache_default(void);

/*
 * Two names for what is unpacked: a file that has not changed, known by
 * device, inode, size and both times; or a content, known by its SHA-256, for
 * kernels from a guest's disk, which lie in a new file each time.
 */
void kernel_cache_file_key(const struct stat *st,
			   char key[KERNEL_CACHE_KEY_BYTES]);
void kernel_cache_content_key(const void *data, size_t size,
			      char key[KERNEL_CACHE_KEY_BYTES]);

/* Maps what is there, for munmap(*map, *map_bytes); -ENOENT when nothing is. */
int kernel_cache_find(const struct kernel_cache *c, const char *key, void **map,
		      size_t *map_bytes, size_t *size);
void kernel_cache_keep(const struct kernel_cache *c, const char *key,
		       const void *data, size_t size);

#endif
