/* SPDX-License-Identifier: MIT */
/* What a disk's path is. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/blockdev.h"

TestSuite(dom0_blockdev);

Test(dom0_blockdev, a_file_has_its_size_and_is_the_same_by_any_path)
{
	char path[] = "/tmp/vane-blockdev-XXXXXX", link[64];
	struct blockdev a, b;
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	cr_assert_eq(ftruncate(fd, 12345), 0);
	snprintf(link, sizeof(link), "%s.link", path);
	cr_assert_eq(symlink(path, link), 0);
	cr_assert_eq(blockdev_probe(path, &a), 0);
	cr_assert_eq(blockdev_probe(link, &b), 0);
	cr_assert_eq(a.id.kind, BLOCKDEV_FILE);
	cr_assert_eq(a.size_bytes, 12345);
	cr_assert(blockdev_same(&a.id, &b.id));
	unlink(link);
	unlink(path);
	close(fd);
}

Test(dom0_blockdev, two_files_are_two_disks)
{
	char one[] = "/tmp/vane-blockdev-XXXXXX";
	char two[] = "/tmp/vane-blockdev-XXXXXX";
	int fd1 = mkstemp(one), fd2 = mkstemp(two);
	struct blockdev a, b;

	cr_assert_eq(blockdev_probe(one, &a), 0);
	cr_assert_eq(blockdev_probe(two, &b), 0);
	cr_assert_not(blockdev_same(&a.id, &b.id));
	unlink(one);
	unlink(two);
	close(fd1);
	close(fd2);
}

Test(dom0_blockdev, a_character_device_and_a_directory_are_neither)
{
	struct blockdev d;

	cr_assert_eq(blockdev_probe("/dev/null", &d), 0);
	cr_assert_eq(d.id.kind, BLOCKDEV_OTHER);
	cr_assert_eq(blockdev_probe("/tmp", &d), 0);
	cr_assert_eq(d.id.kind, BLOCKDEV_OTHER);
}

Test(dom0_blockdev, what_is_not_there_says_so)
{
	struct blockdev d;

	cr_assert_eq(blockdev_probe("/tmp/vane-no-such-file", &d), -ENOENT);
}
