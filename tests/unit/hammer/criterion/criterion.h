/* SPDX-License-Identifier: MIT */
/*
 * Stands for Criterion, whose arena cannot be allocated under ThreadSanitizer:
 * the assertions that pv_fixture.c uses, in a plain program. The first that
 * does not hold ends it.
 */
#ifndef HAMMER_CRITERION_H
#define HAMMER_CRITERION_H

#include <stdio.h>
#include <stdlib.h>

#define cr_assert(cond, ...)                                                   \
	do {                                                                   \
		if (!(cond)) {                                                 \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__,     \
				#cond);                                        \
			fprintf(stderr, "" __VA_ARGS__);                       \
			fprintf(stderr, "\n");                                 \
			_exit(1);                                              \
		}                                                              \
	} while (0)
#define cr_assert_eq(a, b, ...) cr_assert((a) == (b), __VA_ARGS__)
#define cr_assert_lt(a, b, ...) cr_assert((a) < (b), __VA_ARGS__)

void _exit(int status) __attribute__((noreturn));

#endif
