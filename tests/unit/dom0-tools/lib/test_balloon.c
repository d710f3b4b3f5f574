/* SPDX-License-Identifier: MIT */
/* Sizes as people write them, and when a guest has answered or stopped. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>

#include "lib/balloon.h"

TestSuite(balloon);

struct size_row {
	char text[32];
	int rc;
	uint64_t kib;
};

ParameterizedTestParameters(balloon, sizes)
{
	static struct size_row rows[] = {
		{"512", 0, 512 * 1024},
		{"512m", 0, 512 * 1024},
		{"512M", 0, 512 * 1024},
		{"1024k", 0, 1024},
		{"2g", 0, 2 << 20},
		{"1t", 0, 1 << 30},
		{"1048576b", 0, 1024},
		{"1023b", 0, 0},
		{"0", 0, 0},
		{"", -EINVAL, 0},
		{"m", -EINVAL, 0},
		{"-1", -EINVAL, 0},
		{" 1", -EINVAL, 0},
		{"+1", -EINVAL, 0},
		{"1 m", -EINVAL, 0},
		{"1mb", -EINVAL, 0},
		{"1x", -EINVAL, 0},
		{"0x10", -EINVAL, 0},
		{"1.5g", -EINVAL, 0},
		{"18446744073709551615k", -ERANGE, 0},
		{"18446744073709551616", -ERANGE, 0},
		{"18446744073709551615b", 0, UINT64_MAX >> 10},
		{"16777215t", 0, 16777215ULL << 30},
		{"16777216t", -ERANGE, 0},
	};

	return cr_make_param_array(struct size_row, rows,
				   sizeof(rows) / sizeof(rows[0]), NULL);
}

ParameterizedTest(struct size_row *row, balloon, sizes)
{
	uint64_t kib = 77;

	cr_assert_eq(balloon_parse_size(row->text, &kib), row->rc, "%s",
		     row->text);
	cr_assert_eq(kib, row->rc ? 77 : row->kib, "%s: %lu", row->text, kib);
}

Test(balloon, the_least_grows_with_the_tables_for_the_most)
{
	cr_assert_eq(balloon_min_kib(0), 64 << 10);
	cr_assert_eq(balloon_min_kib(16 << 10), 16 << 10);
	cr_assert_eq(balloon_min_kib(65 << 10), 65 << 10);
	cr_assert_eq(balloon_min_kib(66 << 10), (65 << 10) + 32);
	cr_assert_eq(balloon_min_kib(64 << 20), (64 << 10) + (1 << 20));
}

Test(balloon, down_is_reached_at_or_below_the_target)
{
	struct balloon_wait w;

	balloon_wait_begin(&w, 1000, 500, 0, 0);
	cr_assert_eq(balloon_wait_look(&w, 1000, 10), BALLOON_MOVING);
	cr_assert_eq(balloon_wait_look(&w, 501, 20), BALLOON_MOVING);
	cr_assert_eq(balloon_wait_look(&w, 500, 30), BALLOON_REACHED);
	cr_assert_eq(balloon_wait_look(&w, 499, 40), BALLOON_REACHED);
}

Test(balloon, up_is_reached_at_or_above_the_target)
{
	struct balloon_wait w;

	balloon_wait_begin(&w, 500, 1000, 0, 0);
	cr_assert_eq(balloon_wait_look(&w, 999, 10), BALLOON_MOVING);
	cr_assert_eq(balloon_wait_look(&w, 1001, 30), BALLOON_REACHED);
}

Test(balloon, what_is_there_already_is_reached)
{
	struct balloon_wait w;

	balloon_wait_begin(&w, 500, 500, 0, 0);
	cr_assert_eq(balloon_wait_look(&w, 500, 0), BALLOON_REACHED);
}

Test(balloon, it_is_stuck_when_not_a_frame_has_moved_for_long)
{
	struct balloon_wait w;

	balloon_wait_begin(&w, 1000, 500, 5, 0);
	cr_assert_eq(balloon_wait_look(&w, 1000, 4 + BALLOON_STUCK_MS),
		     BALLOON_MOVING);
	/* One frame: it lives. */
	cr_assert_eq(balloon_wait_look(&w, 999, 5 + BALLOON_STUCK_MS),
		     BALLOON_MOVING);
	cr_assert_eq(balloon_wait_look(&w, 999, 4 + 2 * BALLOON_STUCK_MS),
		     BALLOON_MOVING);
	cr_assert_eq(balloon_wait_look(&w, 999, 5 + 2 * BALLOON_STUCK_MS),
		     BALLOON_STUCK);
}

Test(balloon, the_limit_ends_the_wait_of_one_that_still_moves)
{
	struct balloon_wait w;

	balloon_wait_begin(&w, 1000, 500, 100, 3000);
	cr_assert_eq(balloon_wait_look(&w, 900, 3099), BALLOON_MOVING);
	cr_assert_eq(balloon_wait_look(&w, 800, 3100), BALLOON_LATE);
	cr_assert_eq(balloon_wait_look(&w, 500, 3200), BALLOON_REACHED);
}
