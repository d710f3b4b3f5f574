/* SPDX-License-Identifier: MIT */
/* The ring of text: hypervisor/log/ring.c. */
#include <criterion/criterion.h>
#include <string.h>
#include "log/ring.h"

static char text[16];
static struct text_ring ring;
static char out[64];

static void setup(void)
{
	memset(text, '?', sizeof(text));
	ring = (struct text_ring){.text = text, .bytes = sizeof(text)};
	memset(out, 0, sizeof(out));
}

TestSuite(log_ring, .init = setup);

static size_t copy_from(uint32_t at, size_t room)
{
	memset(out, 0, sizeof(out));
	return text_ring_copy(&ring, &at, out, room);
}

Test(log_ring, gives_back_what_was_put)
{
	text_ring_put(&ring, "hello", 5);
	cr_assert_eq(copy_from(ring.start, sizeof(out)), 5);
	cr_assert_str_eq(out, "hello");
}

Test(log_ring, forgets_the_oldest)
{
	text_ring_put(&ring, "0123456789", 10);
	text_ring_put(&ring, "abcdefghij", 10);
	cr_assert_eq(copy_from(ring.start, sizeof(out)), 16);
	cr_assert_str_eq(out, "456789abcdefghij");
}

Test(log_ring, more_than_it_holds_leaves_the_end)
{
	text_ring_put(&ring, "0123456789abcdefghijklmnopqrstuvwxyz", 36);
	cr_assert_eq(copy_from(ring.start, sizeof(out)), 16);
	cr_assert_str_eq(out, "klmnopqrstuvwxyz");
}

Test(log_ring, a_reader_goes_on_where_it_stopped)
{
	uint32_t at = 0;

	text_ring_put(&ring, "abcdef", 6);
	cr_assert_eq(text_ring_copy(&ring, &at, out, 4), 4);
	cr_assert_eq(at, 4);
	text_ring_put(&ring, "ghi", 3);
	cr_assert_eq(text_ring_copy(&ring, &at, out, 64), 5);
	cr_assert_eq(memcmp(out, "efghi", 5), 0);
	cr_assert_eq(text_ring_copy(&ring, &at, out, 64), 0);
}

Test(log_ring, a_reader_that_was_overrun_gets_the_oldest_there_is)
{
	uint32_t at = 1;

	text_ring_put(&ring, "0123456789abcdefghij", 20);
	cr_assert_eq(text_ring_copy(&ring, &at, out, 2), 2);
	cr_assert_eq(memcmp(out, "45", 2), 0);
}

Test(log_ring, a_position_of_the_future_starts_at_the_oldest)
{
	uint32_t at = 1000;

	text_ring_put(&ring, "abc", 3);
	cr_assert_eq(text_ring_copy(&ring, &at, out, 64), 3);
	cr_assert_eq(at, 3);
}

Test(log_ring, positions_wrap_at_32_bits)
{
	ring.start = ring.end = 0xfffffffa;
	text_ring_put(&ring, "0123456789", 10);
	cr_assert_eq(ring.end, 4);
	cr_assert_eq(copy_from(ring.start, 64), 10);
	cr_assert_str_eq(out, "0123456789");
	cr_assert_eq(copy_from(0xfffffffe, 64), 6);
	cr_assert_str_eq(out, "456789");
}

Test(log_ring, what_is_forgotten_stays_so)
{
	text_ring_put(&ring, "abcdef", 6);
	text_ring_forget(&ring, 4);
	cr_assert_eq(copy_from(0, 64), 2);
	cr_assert_str_eq(out, "ef");
	text_ring_forget(&ring, 1);
	cr_assert_eq(copy_from(ring.start, 64), 2);
}
