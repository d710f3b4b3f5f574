/* SPDX-License-Identifier: MIT */
/* Bitmaps, against a plain array of bools, around the word boundaries. */
#include <criterion/criterion.h>
#include <string.h>
#include <stdlib.h>
#include "lib/bitmap.h"

#define BITS 200

TestSuite(lib_bitmap);

static size_t slow_find(const bool *bits, size_t n, size_t from, bool value)
{
	for (; from < n; from++) {
		if (bits[from] == value)
			return from;
	}
	return n;
}

Test(lib_bitmap, finding_agrees_with_a_slow_search)
{
	uint64_t map[BITMAP_WORDS(BITS)];
	bool bits[BITS];

	srand(1);
	for (int round = 0; round < 2000; round++) {
		/* Sparse, dense and mixed, for every length. */
		int density = round % 3 == 0 ? 64 : round % 3 == 1 ? 2 : 1;
		size_t n = (size_t)(round % (BITS + 1)), count = 0, bit;
		size_t from = n ? (size_t)rand() % n : 0;

		/* What lies behind the end must not be seen. */
		memset(map, round & 1 ? 0xff : 0, sizeof(map));
		for (size_t i = 0; i < n; i++) {
			bits[i] = density == 1 ? rand() % 64 != 0
					       : rand() % density == 0;
			if (bits[i])
				bitmap_set(map, i);
			else
				bitmap_clear(map, i);
			count += bits[i];
		}
		for (size_t i = 0; i < n; i++)
			cr_assert_eq(bitmap_test(map, i), bits[i]);
		cr_assert_eq(bitmap_find_first_set(map, n),
			     slow_find(bits, n, 0, true));
		cr_assert_eq(bitmap_find_first_zero(map, n),
			     slow_find(bits, n, 0, false));
		cr_assert_eq(bitmap_find_next_set(map, n, from),
			     slow_find(bits, n, from, true));
		cr_assert_eq(bitmap_find_next_zero(map, n, from),
			     slow_find(bits, n, from, false));
		bitmap_for_each_set(bit, map, n) count--;
		cr_assert_eq(count, 0);
	}
}

Test(lib_bitmap, the_last_bit_of_a_word_and_the_first_of_the_next_differ)
{
	uint64_t map[2] = {0, 0};

	bitmap_set(map, 63);
	cr_assert_eq(map[0], UINT64_C(1) << 63);
	cr_assert_eq(map[1], 0);
	bitmap_set(map, 64);
	bitmap_clear(map, 63);
	cr_assert_eq(map[0], 0);
	cr_assert_eq(bitmap_find_first_set(map, 128), 64);
	cr_assert_eq(bitmap_find_first_set(map, 64), 64);
	cr_assert_eq(bitmap_find_next_set(map, 128, 128), 128);
}
