/* SPDX-License-Identifier: MIT */
/* The macros: widths and single evaluation, where such macros go wrong. */
#include <criterion/criterion.h>
#include "lib/macros.h"

TestSuite(lib_macros);

Test(lib_macros, alignment_keeps_the_width_of_its_value)
{
	uint64_t high = UINT64_C(0x123456789abcdef1);

	cr_assert_eq(ALIGN_DOWN(high, 4096), UINT64_C(0x123456789abcd000));
	cr_assert_eq(ALIGN_UP(high, 4096), UINT64_C(0x123456789abce000));
	cr_assert_eq(ALIGN_DOWN(high, 1u), high);
	cr_assert_eq(ALIGN_UP(UINT64_C(0x1000), PAGE_SIZE), 0x1000);
	cr_assert_eq(high & PAGE_MASK, UINT64_C(0x123456789abcd000));
	cr_assert_eq(DIV_ROUND_UP(4097, 4096), 2);
	cr_assert_eq(DIV_ROUND_UP(4096, 4096), 1);
}

Test(lib_macros, min_and_max_evaluate_each_side_once)
{
	int a = 3, b = 5;

	cr_assert_eq(MIN(a++, b++), 3);
	cr_assert(a == 4 && b == 6);
	cr_assert_eq(MAX(a++, b++), 6);
	cr_assert(a == 5 && b == 7);
	cr_assert_eq(MIN(MIN(1, 2), MAX(3, 0)), 1);
}
