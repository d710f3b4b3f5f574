/* SPDX-License-Identifier: MIT */
/*
 * Any bytes through the terminal filter. What comes out is checked by other
 * means than the filter's own: nothing but text and sequences of known shape;
 * filtering it again changes nothing; and how the input was cut does not
 * matter.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/termfilter.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition))                                              \
			abort();                                               \
	} while (0)

static struct termfilter fresh(enum termfilter_kind kind, size_t size)
{
	return (struct termfilter){.kind = kind, .bells = (unsigned int)size};
}

/* Gives the index of the sequence's last byte. */
static size_t check_sequence(const uint8_t *out, size_t i, size_t n)
{
	CHECK(++i < n);
	if (out[i] != '[') {
		CHECK(out[i] && strchr("78DEM=>", out[i]));
		return i;
	}
	while (++i < n && (strchr("0123456789;:?", out[i]) && out[i]))
		;
	CHECK(i < n);
	/* No report (c, n), no window (t), no printer (i), no key map (p, q).
	 */
	CHECK(strchr("ABCDEFGHIJKLMPSTXZ@`adefhlmrsu", out[i]) && out[i]);
	return i;
}

static void check_output(const uint8_t *out, size_t n,
			 enum termfilter_kind kind)
{
	for (size_t i = 0; i < n; i++) {
		if (out[i] == 0x1b) {
			CHECK(kind == FILTER_TERMINAL);
			i = check_sequence(out, i, n);
		} else if (out[i] < ' ') {
			CHECK(out[i] &&
			      strchr(kind == FILTER_TERMINAL ? "\n\r\t\b\a"
							     : "\n\r\t",
				     out[i]));
		} else {
			CHECK(out[i] != 0x7f);
			CHECK(out[i] != 0xc2 ||
			      (i + 1 < n && out[i + 1] >= 0xa0));
		}
	}
}

static void check_kind(const uint8_t *bytes, size_t size,
		       enum termfilter_kind kind)
{
	size_t room = TERMFILTER_ROOM(size), n, again, cut = 0;
	uint8_t *out = malloc(room), *twice = malloc(TERMFILTER_ROOM(room));
	uint8_t restore[TERMFILTER_RESTORE_MAX];
	struct termfilter f = fresh(kind, size);

	n = termfilter_run(&f, bytes, size, out);
	CHECK(n <= room);
	CHECK(termfilter_restore(&f, restore) < sizeof(restore));
	check_output(out, n, kind);
	check_output(restore, termfilter_restore(&f, restore), FILTER_TERMINAL);
	f = fresh(kind, size);
	again = termfilter_run(&f, out, n, twice);
	CHECK(again == n && memcmp(out, twice, n) == 0);
	/* The input's own bytes say where it is cut. */
	f = fresh(kind, size);
	again = 0;
	while (cut < size) {
		size_t step = 1 + bytes[cut] % 5;

		if (step > size - cut)
			step = size - cut;
		again += termfilter_run(&f, bytes + cut, step, twice + again);
		cut += step;
	}
	CHECK(again == n && memcmp(out, twice, n) == 0);
	free(out);
	free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	check_kind(bytes, size, FILTER_TERMINAL);
	check_kind(bytes, size, FILTER_TEXT);
	return 0;
}
