/* SPDX-License-Identifier: MIT */
/*
 * Loop devices with the running kernel. Needs root and the loop driver; where
 * these are missing each test says so and is skipped.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/blockdev.h"
#include "lib/loopdev.h"

static char path[64];
static struct loopdev dev;
static bool bound;

static void fresh(void)
{
	int fd;

	strcpy(path, "/var/tmp/vane-loopdev-XXXXXX");
	fd = mkstemp(path);
	cr_assert_geq(fd, 0);
	cr_assert_eq(ftruncate(fd, 1 << 20), 0);
	close(fd);
	bound = false;
}

static void done(void)
{
	if (bound)
		loopdev_unbind(dev.index);
	unlink(path);
}

TestSuite(dom0_loopdev, .init = fresh, .fini = done);

static void bind_it(bool read_only, const char *tag)
{
	int rc;

	if (geteuid() || access("/dev/loop-control", W_OK))
		cr_skip_test("needs root and the loop driver");
	rc = loopdev_bind(path, read_only, tag, &dev);
	cr_assert_eq(rc, 0, "%s", strerror(-rc));
	bound = true;
}

Test(dom0_loopdev, a_bound_file_is_a_block_device_of_its_size)
{
	struct blockdev info, file;

	bind_it(false, "test");
	cr_assert_eq(blockdev_probe(dev.path, &info), 0);
	cr_assert_eq(info.id.kind, BLOCKDEV_DEVICE);
	cr_assert_eq(info.size_bytes, 1 << 20);
	cr_assert_eq(info.id.a, dev.rdev);
	cr_assert_eq(blockdev_probe(path, &file), 0);
	cr_assert_eq(dev.file_dev, file.id.a);
	cr_assert_eq(dev.file_ino, file.id.b);
}

Test(dom0_loopdev, what_is_written_arrives_in_the_file)
{
	char in[512], out[512];
	int fd;

	bind_it(false, "test");
	memset(in, 'w', sizeof(in));
	fd = open(dev.path, O_WRONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0);
	cr_assert_eq(pwrite(fd, in, sizeof(in), 4096), (ssize_t)sizeof(in));
	cr_assert_eq(fsync(fd), 0);
	close(fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert_eq(pread(fd, out, sizeof(out), 4096), (ssize_t)sizeof(out));
	cr_assert_arr_eq(in, out, sizeof(in));
	close(fd);
}

Test(dom0_loopdev, a_read_only_one_cannot_be_written)
{
	char sector[512] = "";
	int fd;

	bind_it(true, "test");
	cr_assert(dev.read_only);
	fd = open(dev.path, O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		cr_assert_lt(write(fd, sector, sizeof(sector)), 0);
		close(fd);
	} else {
		cr_assert(errno == EACCES || errno == EROFS || errno == EPERM);
	}
}

static int find_tag(const struct loopdev *d, void *arg)
{
	return strcmp(d->tag, arg) ? 0 : (int)d->index + 1;
}

Test(dom0_loopdev, the_tag_finds_it_again)
{
	char tag[] = "vane:vbd:7:51712 (test)";

	bind_it(false, tag);
	cr_assert_str_eq(dev.tag, tag);
	cr_assert_eq(loopdev_each(find_tag, tag), (int)dev.index + 1);
	cr_assert_eq(loopdev_unbind(dev.index), 0);
	bound = false;
	cr_assert_eq(loopdev_each(find_tag, tag), 0);
}

Test(dom0_loopdev, an_unbound_one_is_not_bound)
{
	bind_it(false, "test");
	cr_assert_eq(loopdev_unbind(dev.index), 0);
	bound = false;
	cr_assert_eq(loopdev_unbind(dev.index), -ENXIO);
	cr_assert_eq(loopdev_status(dev.index, &dev), -ENXIO);
	cr_assert_eq(loopdev_status(1000000, &dev), -ENXIO);
}

Test(dom0_loopdev, one_that_is_open_goes_when_the_last_user_closes_it)
{
	struct loopdev now;
	int fd;

	bind_it(false, "test");
	fd = open(dev.path, O_RDONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0);
	cr_assert_eq(loopdev_unbind(dev.index), 0);
	bound = false;
	cr_assert_eq(loopdev_status(dev.index, &now), 0);
	cr_assert(now.autoclear);
	close(fd);
	cr_assert_eq(loopdev_status(dev.index, &now), -ENXIO);
}

Test(dom0_loopdev, a_missing_file_is_told)
{
	cr_assert_eq(loopdev_bind("/var/tmp/vane-no-such", false, "t", &dev),
		     -ENOENT);
}
