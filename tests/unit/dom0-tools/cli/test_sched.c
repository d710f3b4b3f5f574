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
};

static const struct row rows[] = {
	{"weight=1", 0, 1, 77},
	{"weight=65535", 0, 65535, 77},
	{"cap=0", 0, 7, 0},
	{"cap=250", 0, 7, 250},
	{"weight=0", -EINVAL, 7, 77},
	{"weight=65536", -EINVAL, 7, 77},
	{"weight=-1", -EINVAL, 7, 77},
	{"weight=", -EINVAL, 7, 77},
	{"weight=1x", -EINVAL, 7, 77},
	{"cap=65535", -EINVAL, 7, 77},
	{"cap= 5", -EINVAL, 7, 77},
	{"caps=5", -EINVAL, 7, 77},
	{"web", -EINVAL, 7, 77},
	{"", -EINVAL, 7, 77},
	{"weight=18446744073709551617", -EINVAL, 7, 77},
};

Test(sched, weights_and_caps_are_read_or_refused_whole)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sched_wish w = {7, 77};
		struct err e = {0};

		cr_assert_eq(sched_parse(rows[i].word, &w, &e), rows[i].rc,
			     "%s", rows[i].word);
		cr_assert_eq(w.weight, rows[i].weight, "%s", rows[i].word);
		cr_assert_eq(w.cap, rows[i].cap, "%s", rows[i].word);
	}
}
