/* SPDX-License-Identifier: MIT */
/* The boot memory map: sorting, overlaps, what is taken, what is free. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "boot/memory.h"
#include "lib/macros.h"

TestSuite(boot_memory);

struct row {
	struct e820_entry in[6], out[8];
};

static void map_is(const struct e820_entry *want, unsigned int row)
{
	unsigned int i;

	for (i = 0; want[i].size; i++) {
		cr_assert_lt(i, e820_count, "row %u: ends after %u", row, i);
		cr_assert_eq(e820[i].addr, want[i].addr, "row %u, %u: %#lx",
			     row, i, e820[i].addr);
		cr_assert_eq(e820[i].size, want[i].size, "row %u, %u: %#lx",
			     row, i, e820[i].size);
		cr_assert_eq(e820[i].type, want[i].type, "row %u, %u", row, i);
	}
	cr_assert_eq(e820_count, i, "row %u: %u entries", row, e820_count);
}

Test(boot_memory, maps_are_sorted_and_do_not_overlap)
{
	static const struct row rows[] = {
		{{{0x5000, 0x1000, 2}, {0, 0x5000, 1}},
		 {{0, 0x5000, 1}, {0x5000, 0x1000, 2}}},
		/* Empty, and beyond the end of the address space. */
		{{{0x1000, 0, 1}, {~0ull - 0xfff, 0x2000, 1}, {0x3000, 1, 1}},
		 {{0x3000, 1, 1}}},
		/* Something in RAM: RAM on both sides. */
		{{{0, 0x10000, 1}, {0x4000, 0x1000, 3}},
		 {{0, 0x4000, 1}, {0x4000, 0x1000, 3}, {0x5000, 0xb000, 1}}},
		/* At its start, at its end, all of it. */
		{{{0, 0x8000, 1}, {0, 0x1000, 2}},
		 {{0, 0x1000, 2}, {0x1000, 0x7000, 1}}},
		{{{0, 0x8000, 1}, {0x7000, 0x2000, 2}},
		 {{0, 0x7000, 1}, {0x7000, 0x2000, 2}}},
		{{{0x1000, 0x8000, 1}, {0, 0x10000, 2}}, {{0, 0x10000, 2}}},
		{{{0x1000, 0x8000, 1}, {0x1000, 0x8000, 2}},
		 {{0x1000, 0x8000, 2}}},
		{{{0x1000, 0x8000, 2}, {0x1000, 0x8000, 1}},
		 {{0x1000, 0x8000, 2}}},
		/* RAM over RAM. */
		{{{0, 0x8000, 1}, {0x4000, 0x8000, 1}},
		 {{0, 0x4000, 1}, {0x4000, 0x8000, 1}}},
		{{{0, 0x8000, 1}, {0, 0x8000, 1}}, {{0, 0x8000, 1}}},
		/* RAM that begins in something and goes on behind it... */
		{{{0, 0x8000, 2}, {0x4000, 0x8000, 1}},
		 {{0, 0x8000, 2}, {0x8000, 0x4000, 1}}},
		/* ... where others begin before that. */
		{{{0, 0x10000, 2}, {0x1000, 0x11000, 1}, {0x2000, 0x1000, 3}},
		 {{0, 0x10000, 2}, {0x10000, 0x2000, 1}}},
		{{{0, 0x10000, 2}, {0x1000, 0x11000, 1}, {0x2000, 0xf000, 3}},
		 {{0, 0x10000, 2}, {0x10000, 0x1000, 3}, {0x11000, 0x1000, 1}}},
		/* Two in one. */
		{{{0, 0x10000, 1}, {0x2000, 0x1000, 2}, {0x8000, 0x1000, 4}},
		 {{0, 0x2000, 1},
		  {0x2000, 0x1000, 2},
		  {0x3000, 0x5000, 1},
		  {0x8000, 0x1000, 4},
		  {0x9000, 0x7000, 1}}},
	};
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		e820_count = 0;
		for (k = 0; k < 6; k++)
			e820_add(rows[i].in[k].addr, rows[i].in[k].size,
				 rows[i].in[k].type);
		e820_finish();
		map_is(rows[i].out, i);
	}
}

/* RAM in the map is RAM in the input, and nothing else in it. */
Test(boot_memory, any_map_comes_out_right)
{
	enum { UNITS = 64 };
	unsigned int round, i, k;

	srandom(0x13d5);
	for (round = 0; round < 5000; round++) {
		uint8_t want[UNITS] = {0}, got[UNITS] = {0};
		unsigned int n = 1 + (unsigned int)random() % 12;

		e820_count = 0;
		for (i = 0; i < n; i++) {
			unsigned int at = (unsigned int)random() % UNITS;
			unsigned int len =
				(unsigned int)random() % (UNITS - at + 1);
			unsigned int type = 1 + (unsigned int)random() % 3;

			e820_add(at << 12, len << 12, type);
			for (k = at; k < at + len; k++)
				want[k] |= type == E820_RAM ? 1 : 2;
		}
		e820_finish();
		for (i = 0; i < e820_count; i++) {
			cr_assert_gt(e820[i].size, 0);
			cr_assert_leq(e820[i].addr + e820[i].size, UNITS << 12,
				      "round %u", round);
			if (i)
				cr_assert_leq(e820[i - 1].addr +
						      e820[i - 1].size,
					      e820[i].addr, "round %u", round);
			for (k = e820[i].addr >> 12;
			     k < (e820[i].addr + e820[i].size) >> 12; k++)
				got[k] = e820[i].type == E820_RAM ? 1 : 2;
		}
		for (k = 0; k < UNITS; k++)
			cr_assert_eq(got[k], want[k] & 2 ? 2 : want[k],
				     "round %u, unit %u", round, k);
	}
}

Test(boot_memory, a_map_that_is_full_takes_no_more)
{
	unsigned int i;

	e820_count = 0;
	for (i = 0; i < E820_MAX + 5; i++)
		e820_add((uint64_t)i << 20, 0x1000, E820_RAM);
	cr_assert_eq(e820_count, E820_MAX);
	/* No room for the second half of what is split: it is lost. */
	e820[0].size = 1ull << 40;
	e820[1].type = E820_RESERVED;
	e820_finish();
	cr_assert_leq(e820_count, E820_MAX);
	cr_assert_eq(e820[1].type, E820_RESERVED);
	cr_assert_eq(e820[0].size, 1 << 20);
}

static void machine(void)
{
	e820_count = 0;
	e820_add(0, 0x9f000, E820_RAM);
	e820_add(0x100000, 0xf00800, E820_RAM); /* to 0x1000800 */
	e820_add(0x1000800, 0x800, E820_ACPI);
	e820_add(0x2000400, 0x3000, E820_RAM);
	e820_add(0x100000000, 0x10000, E820_RAM);
	e820_finish();
}

Test(boot_memory, ram_is_counted)
{
	machine();
	cr_assert_eq(e820_ram_end(), 0x100010000);
	cr_assert_eq(e820_ram_bytes(), 0x9f000 + 0xf00800 + 0x3000 + 0x10000);
}

static struct {
	uint64_t start, end;
} given[16];
static unsigned int given_count;

static void give(uint64_t start, uint64_t end)
{
	given[given_count].start = start;
	given[given_count++].end = end;
}

static void given_is(unsigned int i, uint64_t start, uint64_t end)
{
	cr_assert_eq(given[i].start, start, "%u: %#lx", i, given[i].start);
	cr_assert_eq(given[i].end, end, "%u: %#lx", i, given[i].end);
}

Test(boot_memory, free_is_whole_pages_of_ram_that_nobody_has)
{
	machine();
	memory_for_each_free(give);
	cr_assert_eq(given_count, 3);
	given_is(0, 0x100, 0x1000);
	given_is(1, 0x2001, 0x2003);
	given_is(2, 0x100000, 0x100010);
	/* Overlapping, at the ends, beyond, in the holes. */
	given_count = 0;
	memory_reserve(0x0, 0x101000);
	memory_reserve(0x300000, 0x500001);
	memory_reserve(0x400000, 0x480000);
	memory_reserve(0x4ff000, 0x502000);
	memory_reserve(0xfff000, 0x1002000);
	memory_reserve(0x2000000, 0x3000000);
	memory_for_each_free(give);
	cr_assert_eq(given_count, 3);
	given_is(0, 0x101, 0x300);
	given_is(1, 0x502, 0xfff);
	given_is(2, 0x100000, 0x100010);
	/* What is let go is free again. */
	given_count = 0;
	memory_unreserve(0x2000000, 0x3000000);
	memory_unreserve(0x123000, 0x124000);
	memory_for_each_free(give);
	cr_assert_eq(given_count, 4);
	given_is(2, 0x2001, 0x2003);
}

Test(boot_memory, early_memory_comes_from_the_top_below_4_gib)
{
	uint64_t at;

	machine();
	at = memory_early_alloc(0x1000, 0x1000);
	cr_assert_eq(at, 0x2002000);
	/* The rest of that piece is too small. */
	at = memory_early_alloc(0x2000, 0x1000);
	cr_assert_eq(at, 0xffe000);
	/* Aligned, and around what is taken. */
	memory_reserve(0xc00000, 0xc01000);
	at = memory_early_alloc(0x200000, 0x200000);
	cr_assert_eq(at, 0xa00000);
	memory_for_each_free(give);
	cr_assert_gt(given_count, 0);
}

Test(boot_memory, early_memory_never_overlaps)
{
	uint64_t at[40], k;
	unsigned int i;

	machine();
	memory_reserve(0x800000, 0x801000);
	for (i = 0; i < 40; i++) {
		at[i] = memory_early_alloc(0x3000, 0x1000);
		cr_assert_eq(at[i] & 0xfff, 0);
		cr_assert_geq(at[i], 0x100000);
		cr_assert_leq(at[i] + 0x3000, 0x1000000);
		for (k = 0; k < i; k++)
			cr_assert(at[k] >= at[i] + 0x3000 ||
				  at[i] >= at[k] + 0x3000);
	}
}

Test(boot_memory, no_early_memory_stops_the_machine, .signal = SIGABRT)
{
	machine();
	memory_early_alloc(0x2000000, 0x1000);
}

Test(boot_memory, memory_above_4_gib_is_not_early, .signal = SIGABRT)
{
	e820_count = 0;
	e820_add(0x100000000, 0x10000000, E820_RAM);
	memory_early_alloc(0x1000, 0x1000);
}
