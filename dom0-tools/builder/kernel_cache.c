/* SPDX-License-Identifier: MIT */
/*
 * Unpacked kernels, kept; see kernel_cache.h. A file is the ELF and a trailer
 * that says its length, so that one which somebody cut off is not used.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sha2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "builder/kernel_cache.h"

#define CACHE_BYTES_MAX	   (256UL << 20)
#define CACHE_MEMORY_SHARE 4
#define CACHE_MAGIC	   0x31656c6e72656b76ULL

struct cache_trailer {
	uint64_t magic;
	uint64_t size; /* of what stands before it */
};

struct kernel_cache kernel_cache_default(void)
{
	uint64_t bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) *
			 (uint64_t)sysconf(_SC_PAGESIZE) / CACHE_MEMORY_SHARE;

	return (struct kernel_cache){
		.dir = KERNEL_CACHE_DIR,
		.bytes_max = bytes < CACHE_BYTES_MAX ? bytes : CACHE_BYTES_MAX,
	};
}

void kernel_cache_file_key(const struct stat *st,
			   char key[KERNEL_CACHE_KEY_BYTES])
{
	snprintf(key, KERNEL_CACHE_KEY_BYTES,
		 "file-%jx-%jx-%jx-%jx.%lx-%jx.%lx", (uintmax_t)st->st_dev,
		 (uintmax_t)st->st_ino, (uintmax_t)st->st_size,
		 (uintmax_t)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
		 (uintmax_t)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
}

void kernel_cache_content_key(const void *data, size_t size,
			      char key[KERNEL_CACHE_KEY_BYTES])
{
	char digest[SHA256_DIGEST_STRING_LENGTH];

	SHA256Data(data, size, digest);
	snprintf(key, KERNEL_CACHE_KEY_BYTES, "sha256-%s", digest);
}

/* The directory, if it is ours alone; -errno. */
static int cache_open(const struct kernel_cache *c, bool make)
{
	struct stat st;
	int fd;

	if (make && mkdir(c->dir, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open(c->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || st.st_uid != geteuid() ||
	    (st.st_mode & 022)) {
		close(fd);
		return -EACCES;
	}
	return fd;
}

int kernel_cache_find(const struct kernel_cache *c, const char *key, void **map,
		      size_t *map_bytes, size_t *size)
{
	int dir = cache_open(c, false), fd = -1, rc = -ENOENT;
	struct cache_trailer t;
	struct stat st;
	void *p;

	if (dir >= 0)
		fd = openat(dir, key, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > (off_t)sizeof(t) &&
	    pread(fd, &t, sizeof(t), st.st_size - (off_t)sizeof(t)) ==
		    sizeof(t) &&
	    t.magic == CACHE_MAGIC &&
	    t.size == (uint64_t)st.st_size - sizeof(t)) {
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd,
			 0);
		if (p != MAP_FAILED) {
			*map = p;
			*map_bytes = (size_t)st.st_size;
			*size = (size_t)t.size;
			futimens(fd, NULL); /* used now: goes last */
			rc = 0;
		}
	}
	if (fd >= 0)
		close(fd);
	if (dir >= 0)
		close(dir);
	return rc;
}

/* What is there in all, and the name that was not used for longest. */
static uint64_t cache_look(int dir, char *oldest, size_t size)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct timespec first = {0};
	const struct dirent *entry;
	uint64_t bytes = 0;

	*oldest = '\0';
	while (d && (entry = readdir(d))) {
		struct stat st;

		if (fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		bytes += (uint64_t)st.st_size;
		if (*oldest && (st.st_mtim.tv_sec > first.tv_sec ||
				(st.st_mtim.tv_sec == first.tv_sec &&
				 st.st_mtim.tv_nsec >= first.tv_nsec)))
			continue;
		first = st.st_mtim;
		snprintf(oldest, size, "%s", entry->d_name);
	}
	if (d)
		closedir(d);
	else if (fd >= 0)
		close(fd);
	return bytes;
}

/* False when no file can go and there is still no room. */
static bool cache_make_room(const struct kernel_cache *c, int dir,
			    uint64_t bytes)
{
	char oldest[256];

	if (bytes > c->bytes_max)
		return false;
	while (cache_look(dir, oldest, sizeof(oldest)) > c->bytes_max - bytes) {
		if (*oldest == '\0' || unlinkat(dir, oldest, 0) < 0)
			return false;
	}
	return true;
}

static bool cache_write(int fd, const void *data, size_t size)
{
	const char *p = data;

	while (size) {
		ssize_t n = write(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		size -= (size_t)n;
	}
	return true;
}

void kernel_cache_keep(const struct kernel_cache *c, const char *key,
		       const void *data, size_t size)
{
	struct cache_trailer t = {CACHE_MAGIC, size};
	int dir = cache_open(c, true), fd = -1;
	char self[64];

	if (dir >= 0 && cache_make_room(c, dir, size + sizeof(t)))
		fd = openat(dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	/* Without a name until it is whole. Another's of that name will do. */
	if (fd >= 0 && cache_write(fd, data, size) &&
	    cache_write(fd, &t, sizeof(t))) {
		snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
		(void)!linkat(AT_FDCWD, self, dir, key, AT_SYMLINK_FOLLOW);
	}
	if (fd >= 0)
		close(fd);
	if (dir >= 0)
		close(dir);
}
