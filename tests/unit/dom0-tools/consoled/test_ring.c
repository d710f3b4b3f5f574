/* SPDX-License-Identifier: MIT */
/* The console ring against well-behaved and hostile guests. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "consoled/ring.h"

static struct xencons_interface page;
static struct console_ring ring;

static void fresh(void)
{
	memset(&page, 0, sizeof(page));
	console_ring_attach(&ring, &page);
}

static void guest_prints(const char *text)
{
	for (; *text; text++)
		page.out[page.out_prod++ & (sizeof(page.out) - 1)] = *text;
}

TestSuite(consoled_ring, .init = fresh);

Test(consoled_ring, an_empty_ring_gives_nothing)
{
	uint8_t buf[16];

	cr_assert_eq(console_ring_pending(&ring), 0);
	cr_assert_eq(console_ring_read(&ring, buf, sizeof(buf)), 0);
}

Test(consoled_ring, output_arrives_and_its_room_is_given_back)
{
	uint8_t buf[16];

	guest_prints("hello");
	cr_assert_eq(console_ring_read(&ring, buf, sizeof(buf)), 5);
	cr_assert_arr_eq(buf, "hello", 5);
	cr_assert_eq(page.out_cons, 5);
	cr_assert_eq(console_ring_read(&ring, buf, sizeof(buf)), 0);
}

Test(consoled_ring, a_small_buffer_leaves_the_rest_in_the_ring)
{
	uint8_t buf[3];

	guest_prints("abcdef");
	cr_assert_eq(console_ring_read(&ring, buf, sizeof(buf)), 3);
	cr_assert_arr_eq(buf, "abc", 3);
	cr_assert_eq(console_ring_pending(&ring), 3);
	cr_assert_eq(page.out_cons, 3);
}

Test(consoled_ring, output_is_in_order_across_the_end_of_ring_and_of_index)
{
	uint8_t buf[8];

	page.out_cons = page.out_prod = 0xfffffffdu;
	console_ring_attach(&ring, &page);
	guest_prints("wrapped");
	cr_assert_eq(console_ring_read(&ring, buf, sizeof(buf)), 7);
	cr_assert_arr_eq(buf, "wrapped", 7);
	cr_assert_eq(page.out_cons, 4);
}

Test(consoled_ring, a_full_ring_is_read_whole)
{
	uint8_t buf[sizeof(page.out) + 1];

	memset(page.out, 'x', sizeof(page.out));
	page.out_prod = sizeof(page.out);
	cr_assert_eq(console_ring_read(&ring, buf, sizeof(buf)),
		     (int)sizeof(page.out));
}

Test(consoled_ring, more_than_a_ring_full_is_refused_and_changes_nothing)
{
	uint8_t buf[16];

	page.out_prod = sizeof(page.out) + 1;
	cr_assert_eq(console_ring_pending(&ring), -EPROTO);
	cr_assert_eq(console_ring_read(&ring, buf, sizeof(buf)), -EPROTO);
	cr_assert_eq(page.out_cons, 0);
	page.out_prod = 0xffffffffu;
	cr_assert_eq(console_ring_read(&ring, buf, sizeof(buf)), -EPROTO);
}

Test(consoled_ring, the_guest_cannot_make_us_read_twice_by_moving_our_index)
{
	uint8_t buf[16];

	guest_prints("once");
	cr_assert_eq(console_ring_read(&ring, buf, sizeof(buf)), 4);
	page.out_cons = 0;
	cr_assert_eq(console_ring_read(&ring, buf, sizeof(buf)), 0);
}

Test(consoled_ring, after_resync_new_output_is_heard_again)
{
	uint8_t buf[16];

	page.out_prod = 1u << 20;
	cr_assert_eq(console_ring_read(&ring, buf, sizeof(buf)), -EPROTO);
	console_ring_resync(&ring);
	cr_assert_eq(console_ring_read(&ring, buf, sizeof(buf)), 0);
	guest_prints("back");
	cr_assert_eq(console_ring_read(&ring, buf, sizeof(buf)), 4);
	cr_assert_arr_eq(buf, "back", 4);
}

Test(consoled_ring, a_new_daemon_goes_on_where_the_old_one_stopped)
{
	uint8_t buf[16];

	guest_prints("old");
	console_ring_read(&ring, buf, sizeof(buf));
	guest_prints("new");
	console_ring_attach(&ring, &page);
	cr_assert_eq(console_ring_read(&ring, buf, sizeof(buf)), 3);
	cr_assert_arr_eq(buf, "new", 3);
}

Test(consoled_ring, input_fills_the_ring_and_no_more)
{
	uint8_t big[sizeof(page.in) + 10];

	memset(big, 'i', sizeof(big));
	cr_assert_eq(console_ring_write(&ring, big, sizeof(big)),
		     (int)sizeof(page.in));
	cr_assert_eq(page.in_prod, sizeof(page.in));
	cr_assert_eq(console_ring_write(&ring, big, 1), 0);
	page.in_cons += 2;
	cr_assert_eq(console_ring_write(&ring, (const uint8_t *)"xyz", 3), 2);
	cr_assert_eq(page.in[0], 'x');
	cr_assert_eq(page.in[1], 'y');
}

Test(consoled_ring, an_input_index_ahead_of_ours_is_refused)
{
	page.in_cons = 1;
	cr_assert_eq(console_ring_write(&ring, (const uint8_t *)"a", 1),
		     -EPROTO);
	cr_assert_eq(page.in_prod, 0);
}
