/* SPDX-License-Identifier: MIT */
/* The bounded buffers between guest and clients. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "consoled/buffer.h"

static struct console_queue queue;

static void fresh(void)
{
	cr_assert_eq(console_queue_init(&queue, 16), 0);
}

static void done(void)
{
	console_queue_free(&queue);
}

TestSuite(consoled_buffer, .init = fresh, .fini = done);

static void push(const char *text)
{
	console_queue_push(&queue, (const uint8_t *)text, strlen(text));
}

/* All that a client would receive, at most `step` bytes at a time. */
static char *receive(size_t step)
{
	static char all[512];
	const uint8_t *bytes;
	size_t used = 0, n;

	while ((n = console_queue_peek(&queue, &bytes))) {
		if (n > step)
			n = step;
		memcpy(all + used, bytes, n);
		used += n;
		console_queue_consume(&queue, n);
	}
	all[used] = '\0';
	return all;
}

Test(consoled_buffer, bytes_come_out_in_order_also_around_the_end)
{
	push("0123456789");
	cr_assert_str_eq(receive(3), "0123456789");
	push("abcdefghijklmno");
	cr_assert_str_eq(receive(4), "abcdefghijklmno");
}

Test(consoled_buffer, a_slow_reader_loses_the_oldest_and_is_told_how_much)
{
	push("0123456789abcdef");
	push("X");
	cr_assert_str_eq(receive(100), "\r\n[vane-consoled: 8 bytes skipped, "
				       "this reader is too slow]\r\n"
				       "89abcdefX");
	cr_assert_str_eq(receive(100), "");
}

Test(consoled_buffer, what_was_lost_at_several_times_is_told_once)
{
	push("0123456789abcdef");
	push("0123456789abcdef");
	push("z");
	cr_assert_str_eq(receive(5), "\r\n[vane-consoled: 24 bytes skipped, "
				     "this reader is too slow]\r\n"
				     "89abcdefz");
}

Test(consoled_buffer, a_loss_while_the_note_is_being_sent_makes_a_second_note)
{
	const uint8_t *bytes;

	push("0123456789abcdef");
	push("X");
	cr_assert_gt(console_queue_peek(&queue, &bytes), 10);
	console_queue_consume(&queue, 10);
	push("0123456789abcdef");
	cr_assert_str_eq(receive(100),
			 "nsoled: 8 bytes skipped, this reader is too slow]\r\n"
			 "\r\n[vane-consoled: 9 bytes skipped, this reader is "
			 "too slow]\r\n"
			 "0123456789abcdef");
}

Test(consoled_buffer, one_push_beyond_the_room_keeps_its_end)
{
	push("0123456789abcdefghij");
	cr_assert_str_eq(receive(100), "\r\n[vane-consoled: 4 bytes skipped, "
				       "this reader is too slow]\r\n"
				       "456789abcdefghij");
}

Test(consoled_buffer, a_tail_holds_all_until_it_is_full)
{
	uint8_t out[CONSOLE_TAIL_BYTES];
	struct console_tail *t = calloc(1, sizeof(*t));

	cr_assert_eq(console_tail_copy(t, out), 0);
	console_tail_push(t, (const uint8_t *)"abc", 3);
	console_tail_push(t, (const uint8_t *)"def", 3);
	cr_assert_eq(console_tail_copy(t, out), 6);
	cr_assert_arr_eq(out, "abcdef", 6);
	free(t);
}

Test(consoled_buffer, a_tail_holds_exactly_the_last_bytes)
{
	uint8_t out[CONSOLE_TAIL_BYTES];
	struct console_tail *t = calloc(1, sizeof(*t));

	for (uint32_t i = 0; i < 3000; i++) {
		uint8_t bytes[7];

		for (uint32_t j = 0; j < sizeof(bytes); j++)
			bytes[j] = (uint8_t)((i * 7 + j) % 251);
		console_tail_push(t, bytes, sizeof(bytes));
	}
	cr_assert_eq(console_tail_copy(t, out), CONSOLE_TAIL_BYTES);
	for (uint32_t i = 0; i < CONSOLE_TAIL_BYTES; i++)
		cr_assert_eq(out[i], (21000 - CONSOLE_TAIL_BYTES + i) % 251);
	free(t);
}

Test(consoled_buffer, one_push_beyond_a_tail_keeps_its_end)
{
	uint8_t out[CONSOLE_TAIL_BYTES], *big = malloc(10000);
	struct console_tail *t = calloc(1, sizeof(*t));

	for (uint32_t i = 0; i < 10000; i++)
		big[i] = (uint8_t)(i % 253);
	console_tail_push(t, (const uint8_t *)"x", 1);
	console_tail_push(t, big, 10000);
	cr_assert_eq(console_tail_copy(t, out), CONSOLE_TAIL_BYTES);
	cr_assert_arr_eq(out, big + 10000 - CONSOLE_TAIL_BYTES,
			 CONSOLE_TAIL_BYTES);
	free(big);
	free(t);
}
