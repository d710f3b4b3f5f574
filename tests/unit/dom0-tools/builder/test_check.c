/* SPDX-License-Identifier: MIT */
/* What can be checked before a domain exists, without a hypervisor. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builder/check.h"

TestSuite(check);

/* A configuration with one disk, which lies at `path`. */
static int check_one(const char *path, enum config_disk_kind kind,
		     bool writable, bool *is_device, struct err *e)
{
	struct config_disk disk = {
		.target = path,
		.vdev = "xvda",
		.kind = kind,
		.writable = writable,
	};
	struct config c = {.disks = &disk, .disk_count = 1};

	err_clear(e);
	return check_disks(&c, is_device, e);
}

Test(check, disks_are_looked_at)
{
	char path[] = "/tmp/vane-check-XXXXXX";
	struct err e = ERR_NONE;
	bool is_device = true;
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	cr_assert_eq(check_one(path, DISK_FILE, true, &is_device, &e), -EINVAL);
	cr_assert(strstr(e.text, "has 0 bytes"), "%s", e.text);
	cr_assert_eq(ftruncate(fd, 1000), 0);
	cr_assert_eq(check_one(path, DISK_FILE, true, &is_device, &e), -EINVAL);
	cr_assert_eq(ftruncate(fd, 1024), 0);
	cr_assert_eq(check_one(path, DISK_FILE, true, &is_device, &e), 0, "%s",
		     e.text);
	cr_assert(!is_device);
	cr_assert_eq(check_one(path, DISK_ANY, false, &is_device, &e), 0);
	cr_assert_eq(check_one(path, DISK_BLOCK_DEVICE, true, &is_device, &e),
		     -ENOTBLK);
	cr_assert(strstr(e.text, "write 'file:' instead of 'phy:'"));
	close(fd);
	unlink(path);
	cr_assert_eq(check_one(path, DISK_FILE, true, &is_device, &e), -ENOENT);
	cr_assert_eq(check_one("/tmp", DISK_ANY, false, &is_device, &e),
		     -EINVAL);
	cr_assert_eq(check_one("/dev/null", DISK_ANY, false, &is_device, &e),
		     -EINVAL);
}

Test(check, a_bridge_that_is_not_there_is_told_with_the_way_to_make_it)
{
	struct config_vif vif = {.bridge = "vane-none0"};
	struct config c = {.vifs = &vif, .vif_count = 1};
	struct err e = ERR_NONE;

	cr_assert_eq(check_vifs(&c, &e), -ENODEV);
	cr_assert(strstr(e.text, "no bridge 'vane-none0'"), "%s", e.text);
	cr_assert(strstr(e.text, "ip link add vane-none0 type bridge"));
	err_clear(&e);
	vif.bridge = "lo";
	cr_assert_eq(check_vifs(&c, &e), -EINVAL);
	cr_assert(strstr(e.text, "'lo' is a network device, but no bridge"));
}

Test(check, sets_of_cpus_are_of_this_machine_and_this_pool)
{
	static const struct {
		const char *set;
		int rc;
		const char *line;
	} rows[] = {
		{"0", 0, ""},
		{"all", 0, ""},
		{"all,^0", 0, ""},
		{"1-3", 0, ""},
		{"4", -ERANGE, "cpus '4': this machine has CPUs 0-3"},
		{"0,9999", -ERANGE, "this machine has CPUs 0-3"},
		{"3", -ERANGE, "cpus '3': pool 'slow' has CPUs 0-1"},
		{"all,^0-1", -ERANGE, "pool 'slow' has CPUs 0-1"},
	};
	struct cpumap online, pool;

	config_cpus("0-3", online.bits, CPUMAP_CPUS);
	config_cpus("0-1", pool.bits, CPUMAP_CPUS);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *sets[] = {"0", rows[i].set};
		struct err e = ERR_NONE;

		cr_expect_eq(check_cpu_sets("cpus", sets, 2, &online, "slow",
					    &pool, &e),
			     rows[i].rc, "%s", rows[i].set);
		cr_expect(strstr(e.text, rows[i].line), "%s", e.text);
	}
}
