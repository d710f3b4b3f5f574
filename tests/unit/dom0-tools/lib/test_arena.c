/* SPDX-License-Identifier: MIT */
/* Memory that is freed all at once. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "lib/arena.h"

TestSuite(arena);

Test(arena, pieces_are_zeroed_aligned_and_apart)
{
	struct arena a = {NULL};
	unsigned char *p[200];

	for (size_t i = 0; i < 200; i++) {
		p[i] = arena_alloc(&a, i + 1);
		cr_assert_not_null(p[i]);
		cr_assert_eq((uintptr_t)p[i] % 16, 0);
		for (size_t j = 0; j <= i; j++)
			cr_assert_eq(p[i][j], 0);
		memset(p[i], (int)i + 1, i + 1);
	}
	for (size_t i = 0; i < 200; i++) {
		for (size_t j = 0; j <= i; j++)
			cr_assert_eq(p[i][j], (unsigned char)(i + 1));
	}
	arena_free(&a);
	cr_assert_null(a.chunks);
}

Test(arena, a_piece_may_be_larger_than_a_chunk)
{
	struct arena a = {NULL};
	char *p = arena_alloc(&a, 1000000);

	cr_assert_not_null(p);
	p[999999] = 1;
	cr_assert_str_eq(arena_strdup(&a, "after"), "after");
	arena_free(&a);
}

Test(arena, an_absurd_size_is_refused)
{
	struct arena a = {NULL};

	cr_assert_null(arena_alloc(&a, SIZE_MAX - 3));
	arena_free(&a);
}

Test(arena, texts_are_copied_and_ended)
{
	struct arena a = {NULL};

	cr_assert_str_eq(arena_strndup(&a, "abcdef", 3), "abc");
	cr_assert_str_eq(arena_printf(&a, "%s-%d", "x", 12), "x-12");
	cr_assert_str_eq(arena_printf(&a, "%s", ""), "");
	arena_free(&a);
}
