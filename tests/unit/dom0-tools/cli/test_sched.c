/* SPDX-License-Identifier: MIT */
/* The words of `vane sched`. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "cli/sched.h"

struct row {
	const char *word;
	int rc;
	uint16_t weight, cap;
	uint32_t slice_ms, ratelimit_us; /* 0: as they were, 9 and 8 */
};

static const struct row rows[] = {
	{"weight=1", 0, 1, 77, 0, 0},
	{"weight=65535", 0, 65535, 77, 0, 0},
	{"cap=0", 0, 7, 0, 0, 0},
	{"cap=250", 0, 7, 250, 0, 0},
	{"weight=0", -EINVAL, 7, 77, 0, 0},
	{"weight=65536", -EINVAL, 7, 77, 0, 0},
	{"weight=-1", -EINVAL, 7, 77, 0, 0},
	{"weight=", -EINVAL, 7, 77, 0, 0},
	{"weight=1x", -EINVAL, 7, 77, 0, 0},
	{"cap=65535", -EINVAL, 7, 77, 0, 0},
	{"cap= 5", -EINVAL, 7, 77, 0, 0},
	{"caps=5", -EINVAL, 7, 77, 0, 0},
	{"web", -EINVAL, 7, 77, 0, 0},
	{"", -EINVAL, 7, 77, 0, 0},
	{"weight=18446744073709551617", -EINVAL, 7, 77, 0, 0},
	{"slice=5", 0, 7, 77, 5, 0},
	{"slice=0", -EINVAL, 7, 77, 0, 0},
	{"slice=1001", -EINVAL, 7, 77, 0, 0},
	{"ratelimit=500000", 0, 7, 77, 0, 500000},
	{"ratelimit=500001", -EINVAL, 7, 77, 0, 0},
	{"ratelimit", -EINVAL, 7, 77, 0, 0},
};

Test(sched, weights_and_caps_are_read_or_refused_whole)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sched_wish w = {7, 77, 9, 8};
		struct err e = {0};

		cr_assert_eq(sched_parse(rows[i].word, &w, &e), rows[i].rc,
			     "%s", rows[i].word);
		cr_assert_eq(w.weight, rows[i].weight, "%s", rows[i].word);
		cr_assert_eq(w.cap, rows[i].cap, "%s", rows[i].word);
		cr_assert_eq(w.slice_ms,
			     rows[i].slice_ms ? rows[i].slice_ms : 9, "%s",
			     rows[i].word);
		cr_assert_eq(w.ratelimit_us,
			     rows[i].ratelimit_us ? rows[i].ratelimit_us : 8,
			     "%s", rows[i].word);
	}
}

Test(sched, a_rate_limit_is_none_or_shorter_than_the_slice)
{
	struct err e = {0};

	cr_expect_eq(sched_check_slice(10, 0, &e), 0);
	cr_expect_eq(sched_check_slice(10, 100, &e), 0);
	cr_expect_eq(sched_check_slice(1, 1000, &e), 0);
	cr_expect_eq(sched_check_slice(1, 1001, &e), -EINVAL);
	cr_expect(strstr(e.text, "100 to the 1000 us"), "%s", e.text);
	cr_expect_eq(sched_check_slice(10, 99, NULL), -EINVAL);
}
