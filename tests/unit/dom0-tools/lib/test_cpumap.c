/* SPDX-License-Identifier: MIT */
/* Sets of CPUs: counted, combined, and written as people write them. */
#include <criterion/criterion.h>
#include <string.h>

#include "lib/config.h"
#include "lib/cpumap.h"

TestSuite(cpumap);

static struct cpumap map_of(const char *text)
{
	struct cpumap m = {{0}};

	if (*text)
		cr_assert_eq(config_cpus(text, m.bits, CPUMAP_CPUS), 0, "%s",
			     text);
	return m;
}

Test(cpumap, a_set_is_written_as_it_is_read)
{
	static const char *const rows[][2] = {
		{"0", "0"},	    {"0-3", "0-3"},	   {"0,1,2,5", "0-2,5"},
		{"5,3,1", "1,3,5"}, {"0-9,^4", "0-3,5-9"}, {"7-8", "7-8"},
		{"4095", "4095"},   {"all", "0-4095"},	   {"all,^0", "1-4095"},
		{"", "none"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cpumap m = map_of(rows[i][0]);
		char text[CPUMAP_TEXT_BYTES];

		cpumap_format(&m, text);
		cr_expect_str_eq(text, rows[i][1], "%s: %s", rows[i][0], text);
	}
}

Test(cpumap, all_are_called_all)
{
	struct cpumap four = map_of("0-3"), some = map_of("0-2"), none = {{0}};
	struct cpumap more = map_of("all");
	char text[CPUMAP_TEXT_BYTES];

	cpumap_format_of(&four, &four, text);
	cr_expect_str_eq(text, "all");
	cpumap_format_of(&more, &four, text);
	cr_expect_str_eq(text, "all");
	cpumap_format_of(&some, &four, text);
	cr_expect_str_eq(text, "0-2");
	cpumap_format_of(&none, &four, text);
	cr_expect_str_eq(text, "none");
	cpumap_format_of(&none, &none, text);
	cr_expect_str_eq(text, "none");
}

Test(cpumap, a_set_that_is_too_long_ends_in_dots)
{
	struct cpumap odd = {{0}};
	char text[CPUMAP_TEXT_BYTES];

	for (uint32_t cpu = 1; cpu < CPUMAP_CPUS; cpu += 2)
		cpumap_add(&odd, cpu);
	cpumap_format(&odd, text);
	cr_expect_lt(strlen(text), sizeof(text));
	cr_expect_str_eq(text + strlen(text) - 4, ",...");
}

Test(cpumap, sets_are_counted_and_combined)
{
	struct cpumap a = map_of("0-3"), b = map_of("2-5"), m;

	cr_expect_eq(cpumap_count(&a), 4);
	cpumap_and(&m, &a, &b);
	cr_expect_eq(cpumap_count(&m), 2);
	cr_expect(cpumap_has(&m, 2) && cpumap_has(&m, 3));
	cpumap_without(&m, &a, &b);
	cr_expect_eq(cpumap_next(&m, 0), 0);
	cr_expect_eq(cpumap_next(&m, 2), CPUMAP_CPUS);
	cpumap_remove(&m, 0);
	cpumap_remove(&m, 1);
	cr_expect(cpumap_is_empty(&m));
	/* Beyond the last there is nothing, and nothing is written. */
	cpumap_add(&m, CPUMAP_CPUS);
	cpumap_remove(&m, CPUMAP_CPUS);
	cr_expect_not(cpumap_has(&m, CPUMAP_CPUS));
	cr_expect(cpumap_is_empty(&m));
}
