/* SPDX-License-Identifier: MIT */
/*
 * Arrays of bits in 64-bit words, bit n in word n / 64. Not atomic: the
 * array's lock is the caller's. The find functions return `bits` when there
 * is none, and never look at bits >= `bits`.
 * Test: tests/unit/hypervisor/lib/test_bitmap.c.
 */
#ifndef LIB_BITMAP_H
#define LIB_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BITMAP_WORDS(bits) (((bits) + 63) / 64)

static inline void bitmap_set(uint64_t *map, size_t bit)
{
	map[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static inline void bitmap_clear(uint64_t *map, size_t bit)
{
	map[bit / 64] &= ~(UINT64_C(1) << (bit % 64));
}

static inline bool bitmap_test(const uint64_t *map, size_t bit)
{
	return map[bit / 64] >> (bit % 64) & 1;
}

/* The first bit >= from that differs from `skip` (all zeroes or all ones). */
static inline size_t bitmap_find_from(const uint64_t *map, size_t bits,
				      size_t from, uint64_t skip)
{
	while (from < bits) {
		uint64_t word = (map[from / 64] ^ skip) >> (from % 64);

		if (word) {
			from += (size_t)__builtin_ctzll(word);
			return from < bits ? from : bits;
		}
		from = (from / 64 + 1) * 64;
	}
	return bits;
}

static inline size_t bitmap_find_next_set(const uint64_t *map, size_t bits,
					  size_t from)
{
	return bitmap_find_from(map, bits, from, 0);
}

static inline size_t bitmap_find_next_zero(const uint64_t *map, size_t bits,
					   size_t from)
{
	return bitmap_find_from(map, bits, from, ~UINT64_C(0));
}

static inline size_t bitmap_find_first_set(const uint64_t *map, size_t bits)
{
	return bitmap_find_next_set(map, bits, 0);
}

static inline size_t bitmap_find_first_zero(const uint64_t *map, size_t bits)
{
	return bitmap_find_next_zero(map, bits, 0);
}

#define bitmap_for_each_set(bit, map, bits)                                    \
	for (bit = bitmap_find_first_set(map, bits); bit < (bits);             \
	     bit = bitmap_find_next_set(map, bits, bit + 1))

#endif
