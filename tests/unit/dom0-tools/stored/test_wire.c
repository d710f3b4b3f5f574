/* SPDX-License-Identifier: MIT */
/* Paths, strings and numbers of the store's messages. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "lib/store_errors.h"
#include "stored/wire.h"

TestSuite(stored_wire);

Test(stored_wire, paths_are_checked_and_made_absolute)
{
	static const struct {
		const char *path;
		int rc;
		const char *canonical;
	} rows[] = {
		{"/", 0, "/"},
		{"/a", 0, "/a"},
		{"/a/b-c_d@e/0", 0, "/a/b-c_d@e/0"},
		{"a", 0, "/local/domain/7/a"},
		{"device/vif/0", 0, "/local/domain/7/device/vif/0"},
		{"", -EINVAL, NULL},
		{"/a/", -EINVAL, NULL},
		{"a/", -EINVAL, NULL},
		{"//", -EINVAL, NULL},
		{"/a//b", -EINVAL, NULL},
		{"/a b", -EINVAL, NULL},
		{"/a.b", -EINVAL, NULL},
		{"/\xc3\xa4", -EINVAL, NULL},
		{"@a", -EINVAL, NULL},
	};
	char out[WIRE_PATH_BYTES];
	bool relative;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int rc = wire_path(rows[i].path, 7, out, &relative);

		cr_expect_eq(rc, rows[i].rc, "'%s': %d", rows[i].path, rc);
		if (!rc) {
			cr_expect_str_eq(out, rows[i].canonical);
			cr_expect_eq(relative, rows[i].path[0] != '/');
		}
	}
}

Test(stored_wire, the_longest_path_fits_and_a_longer_one_is_refused)
{
	char path[XENSTORE_ABS_PATH_MAX + 2], out[WIRE_PATH_BYTES];

	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[XENSTORE_ABS_PATH_MAX] = '\0';
	cr_expect_eq(wire_path(path, 0, out, NULL), 0);
	cr_expect_str_eq(out, path);
	path[XENSTORE_ABS_PATH_MAX] = 'a';
	path[XENSTORE_ABS_PATH_MAX + 1] = '\0';
	cr_expect_eq(wire_path(path, 0, out, NULL), -E2BIG);

	path[0] = 'a';
	path[XENSTORE_REL_PATH_MAX] = '\0';
	cr_expect_eq(wire_path(path, 0, out, NULL), 0);
	path[XENSTORE_REL_PATH_MAX] = 'a';
	cr_expect_eq(wire_path(path, 0, out, NULL), -E2BIG);
}

Test(stored_wire, numbers_are_decimal_and_bounded)
{
	static const struct {
		const char *text;
		size_t len;
		uint64_t max;
		bool good;
		uint64_t value;
	} rows[] = {
		{"0", 2, 0, true, 0},
		{"65535", 6, 65535, true, 65535},
		{"65536", 6, 65535, false, 0},
		{"18446744073709551615", 21, UINT64_MAX, true, UINT64_MAX},
		{"18446744073709551616", 21, UINT64_MAX, false, 0},
		{"99999999999999999999", 21, UINT64_MAX, false, 0},
		{"7", 2, 3, false, 0},
		{"", 1, 9, false, 0},
		{"-1", 3, 9, false, 0},
		{"1x", 3, 99, false, 0},
		{" 1", 3, 99, false, 0},
		{"1", 1, 9, false, 0}, /* without its NUL */
		{"", 0, 9, false, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire_text t = {rows[i].text, rows[i].len};
		uint64_t v = 0;

		cr_expect_eq(wire_number(&t, rows[i].max, &v), rows[i].good,
			     "row %zu", i);
		if (rows[i].good)
			cr_expect_eq(v, rows[i].value, "row %zu", i);
	}
}

Test(stored_wire, the_parent_of_a_top_node_is_the_root)
{
	char out[WIRE_PATH_BYTES];

	wire_parent("/a", out);
	cr_expect_str_eq(out, "/");
	wire_parent("/a/b/c", out);
	cr_expect_str_eq(out, "/a/b");
	cr_expect_str_eq(wire_leaf("/a/b/c"), "c");
}

Test(stored_wire, errors_travel_by_name)
{
	cr_expect_str_eq(store_error_name(EAGAIN), "EAGAIN");
	cr_expect_str_eq(store_error_name(EFAULT), "EIO");
	cr_expect_eq(store_error_number("E2BIG", 5), E2BIG);
	cr_expect_eq(store_error_number("E2BI", 4), EIO);
	cr_expect_eq(store_error_number("ENOENT", 6), ENOENT);
}
