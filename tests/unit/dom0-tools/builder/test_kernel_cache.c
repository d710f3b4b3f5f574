/* SPDX-License-Identifier: MIT */
/* Kernels kept: found again, bounded, and never half a one. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "builder/kernel_cache.h"

#define SIZE 100000

static char parent[] = "/tmp/kernel-cache-XXXXXX";
static char dir[64];
static struct kernel_cache cache = {dir, 3 * (SIZE + 16)};
static char data[SIZE];

static void setup(void)
{
	cr_assert_not_null(mkdtemp(parent));
	snprintf(dir, sizeof(dir), "%s/cache", parent);
	for (size_t i = 0; i < SIZE; i++)
		data[i] = (char)(i * 7 + i / 256);
}

static void teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", parent);
	cr_assert_eq(system(command), 0);
}

TestSuite(kernel_cache, .init = setup, .fini = teardown);

static bool has(const char *key)
{
	size_t bytes, size;
	void *map;
	bool same;

	if (kernel_cache_find(&cache, key, &map, &bytes, &size))
		return false;
	same = size == SIZE && memcmp(map, data, SIZE) == 0;
	munmap(map, bytes);
	cr_assert(same, "%s", key);
	return true;
}

static void touch(const char *key, time_t when)
{
	struct timespec times[2] = {{when, 0}, {when, 0}};
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", dir, key);
	cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static unsigned int count_files(void)
{
	DIR *d = opendir(dir);
	unsigned int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

Test(kernel_cache, what_was_kept_is_found)
{
	cr_assert_not(has("a"));
	kernel_cache_keep(&cache, "a", data, SIZE);
	cr_assert(has("a"));
	cr_assert_not(has("b"));
	/* The second one of that name changes nothing. */
	kernel_cache_keep(&cache, "a", data, SIZE);
	cr_assert(has("a"));
	cr_assert_eq(count_files(), 1);
}

Test(kernel_cache, what_was_not_used_for_longest_goes_first)
{
	kernel_cache_keep(&cache, "a", data, SIZE);
	kernel_cache_keep(&cache, "b", data, SIZE);
	kernel_cache_keep(&cache, "c", data, SIZE);
	touch("a", 1000);
	touch("b", 2000);
	touch("c", 3000);
	cr_assert(has("a")); /* used now */
	kernel_cache_keep(&cache, "d", data, SIZE);
	cr_assert(has("a"));
	cr_assert_not(has("b"));
	cr_assert(has("c"));
	cr_assert(has("d"));
	cr_assert_eq(count_files(), 3);
}

Test(kernel_cache, what_is_larger_than_all_is_not_kept)
{
	struct kernel_cache small = {dir, SIZE};

	kernel_cache_keep(&cache, "a", data, SIZE);
	kernel_cache_keep(&small, "b", data, SIZE);
	cr_assert(has("a"));
	cr_assert_not(has("b"));
}

Test(kernel_cache, a_file_that_was_cut_off_is_not_used)
{
	char path[200];

	kernel_cache_keep(&cache, "a", data, SIZE);
	snprintf(path, sizeof(path), "%s/a", dir);
	for (off_t size = SIZE + 15; size >= 0; size -= 4999) {
		cr_assert_eq(truncate(path, size), 0);
		cr_assert_not(has("a"), "%ld bytes", (long)size);
	}
}

Test(kernel_cache, a_directory_that_others_may_write_is_not_used)
{
	kernel_cache_keep(&cache, "a", data, SIZE);
	cr_assert_eq(chmod(dir, 0777), 0);
	cr_assert_not(has("a"));
	cr_assert_eq(chmod(dir, 0700), 0);
	cr_assert(has("a"));
}

Test(kernel_cache, many_at_once_leave_whole_files)
{
	for (int i = 0; i < 8; i++) {
		if (fork() == 0) {
			char key[] = "k0";

			for (int n = 0; n < 40; n++) {
				key[1] = (char)('0' + (n * 3 + i) % 5);
				kernel_cache_keep(&cache, key, data, SIZE);
			}
			_exit(0);
		}
	}
	for (int i = 0; i < 2000; i++) {
		char key[] = "k0";

		key[1] = (char)('0' + i % 5);
		has(key);
	}
	for (int i = 0; i < 8; i++) {
		int status;

		cr_assert_gt(wait(&status), 0);
		cr_assert_eq(status, 0);
	}
	cr_assert_leq(count_files(), 5);
}

Test(kernel_cache, keys_change_with_the_file_and_the_content)
{
	char a[KERNEL_CACHE_KEY_BYTES], b[KERNEL_CACHE_KEY_BYTES];
	struct stat st = {.st_dev = 1, .st_ino = 2, .st_size = 3}, other = st;

	kernel_cache_file_key(&st, a);
	kernel_cache_file_key(&other, b);
	cr_assert_str_eq(a, b);
	other.st_ctim.tv_nsec = 1;
	kernel_cache_file_key(&other, b);
	cr_assert_str_neq(a, b);
	/* The digest of "abc" that FIPS 180-2 gives. */
	kernel_cache_content_key("abc", 3, a);
	cr_assert_str_eq(a, "sha256-ba7816bf8f01cfea414140de5dae2223"
			    "b00361a396177a9cb410ff61f20015ad");
}
