/* SPDX-License-Identifier: MIT */
/* The arithmetic of a creation: does it fit, and what is said when not. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>

#include "builder/room.h"

TestSuite(room);

#define MIB 256ULL

struct room_row {
	uint64_t need, overhead, free, zero_spare; /* pages */
	enum room_zero zero;
	uint64_t missing; /* pages */
	bool suffices;
};

ParameterizedTestParameters(room, fits_or_not)
{
	static struct room_row rows[] = {
		{100, 10, 110, 0, ROOM_ZERO_GIVES, 0, true},
		{100, 10, 109, 0, ROOM_ZERO_GIVES, 1, false},
		{100, 10, 109, 1, ROOM_ZERO_GIVES, 1, true},
		{100, 10, 109, 1, ROOM_ZERO_OFF, 1, false},
		{100, 10, 109, 1, ROOM_ZERO_DOM0_MEM, 1, false},
		{100, 10, 0, 109, ROOM_ZERO_GIVES, 110, false},
		{100, 10, 0, 110, ROOM_ZERO_GIVES, 110, true},
		{100, 10, 500, 0, ROOM_ZERO_OFF, 0, true},
		{0, 0, 0, 0, ROOM_ZERO_OFF, 0, true},
		{1ULL << 40, 10, 110, 50, ROOM_ZERO_GIVES, (1ULL << 40) - 100,
		 false},
	};

	return cr_make_param_array(struct room_row, rows,
				   sizeof(rows) / sizeof(rows[0]), NULL);
}

ParameterizedTest(struct room_row *row, room, fits_or_not)
{
	struct room r = {
		.need = row->need,
		.overhead = row->overhead,
		.free = row->free,
		.zero = row->zero,
		.zero_spare = row->zero_spare,
	};

	cr_assert_eq(room_missing(&r), row->missing);
	cr_assert_eq(room_suffices(&r), row->suffices);
}

struct room_line {
	struct room r;
	char text[400];
};

ParameterizedTestParameters(room, the_line_has_numbers_that_add_up)
{
	static struct room_line rows[] = {
		{{.need = 4000 * MIB - 300,
		  .overhead = 300,
		  .free = 812 * MIB + 5,
		  .zero = ROOM_ZERO_GIVES,
		  .zero_spare = 1200 * MIB + 255,
		  .holder = "db1",
		  .held = 3100 * MIB,
		  .held_min = 1024 * MIB},
		 "needs 4000 MiB (2 of it for the hypervisor): 812 free, "
		 "domain 0 can give 1200, missing 1988; 3100 held by 'db1', "
		 "which can balloon to 1024; lower memory= or end a guest"},
		/* One page too few is a MiB that is missing. */
		{{.need = 16 * MIB, .free = 16 * MIB - 1},
		 "needs 16 MiB (0 of it for the hypervisor): 15 free, domain 0 "
		 "can give 0, missing 1; lower memory= or end a guest"},
		{{.need = 300 * MIB,
		  .overhead = 292,
		  .free = 12 * MIB,
		  .claimed = 290 * MIB,
		  .zero = ROOM_ZERO_DOM0_MEM,
		  .zero_pages = 768 * MIB,
		  .zero_spare = 400 * MIB,
		  .holder = "a",
		  .held = 64 * MIB},
		 "needs 302 MiB (2 of it for the hypervisor): 12 free (and 290 "
		 "promised to domains that are being created), domain 0 keeps "
		 "its 768 (dom0_mem= was given), missing 290; 64 held by 'a'; "
		 "lower memory= or end a guest, or allow domain 0 to give up "
		 "to 400 (autoballoon=\"on\" in /etc/vane/vane.conf)"},
		{{.need = 300 * MIB,
		  .free = 12 * MIB,
		  .zero = ROOM_ZERO_OFF,
		  .zero_pages = 300 * MIB},
		 "needs 300 MiB (0 of it for the hypervisor): 12 free, domain "
		 "0 keeps its 300 (autoballoon=\"off\"), missing 288; lower "
		 "memory= or end a guest"},
		/* What it could balloon to is more than it holds: no help. */
		{{.need = 300 * MIB,
		  .holder = "a",
		  .held = 64 * MIB,
		  .held_min = 64 * MIB},
		 "needs 300 MiB (0 of it for the hypervisor): 0 free, domain 0 "
		 "can give 0, missing 300; 64 held by 'a'; lower memory= or "
		 "end a guest"},
	};

	return cr_make_param_array(struct room_line, rows,
				   sizeof(rows) / sizeof(rows[0]), NULL);
}

ParameterizedTest(struct room_line *row, room, the_line_has_numbers_that_add_up)
{
	char text[768], name[8], cut[20];

	/* Parameters are in another address space: strings are not. */
	if (row->r.holder) {
		snprintf(name, sizeof(name), "%s",
			 strstr(row->text, "'db1'") ? "db1" : "a");
		row->r.holder = name;
	}
	room_text(&row->r, text, sizeof(text));
	cr_assert_str_eq(text, row->text);
	room_text(&row->r, cut, sizeof(cut));
	cr_assert_eq(strlen(cut), sizeof(cut) - 1);
}

Test(room, domain_zero_keeps_its_floor_and_what_its_programs_use)
{
	const uint64_t mib = 1024;

	cr_assert_eq(room_zero_spare_kib(768 * mib, 256 * mib, 700 * mib),
		     512 * mib);
	cr_assert_eq(room_zero_spare_kib(768 * mib, 256 * mib, 300 * mib),
		     236 * mib);
	cr_assert_eq(room_zero_spare_kib(256 * mib, 256 * mib, 200 * mib), 0);
	cr_assert_eq(room_zero_spare_kib(100 * mib, 256 * mib, 200 * mib), 0);
	cr_assert_eq(room_zero_spare_kib(768 * mib, 256 * mib, 64 * mib), 0);
	cr_assert_eq(room_zero_spare_kib(768 * mib, 256 * mib, 0), 0);
}
