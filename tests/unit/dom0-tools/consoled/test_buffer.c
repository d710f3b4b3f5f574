/* SPDX-License-Identifier: MIT */
/* The bounded buffers between guest and clients. */
#include <criterion/criterion.h>
#include <stdio.h>
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

/* All that a client would receive, `step` bytes at a time, as "TYPE:TEXT ". */
static char *receive(size_t step)
{
	static struct consproto_reader r;
	static char all[2048];
	const uint8_t *bytes;
	struct consproto_frame f;
	size_t used = 0, n, room;

	while ((n = console_queue_peek(&queue, &bytes))) {
		if (n > step)
			n = step;
		memcpy(consproto_room(&r, &room), bytes, n);
		consproto_received(&r, n);
		console_queue_consume(&queue, n);
		while (consproto_next(&r, &f) > 0) {
			used += (size_t)snprintf(all + used, sizeof(all) - used,
						 "%c:%.*s ", f.type, (int)f.len,
						 (const char *)f.payload);
			consproto_consume(&r, &f);
		}
	}
	cr_assert_eq(r.used, 0);
	all[used] = '\0';
	return all;
}

Test(consoled_buffer, bytes_come_out_in_order_also_around_the_end)
{
	push("0123456789");
	cr_assert_str_eq(receive(3), "O:0123456789 ");
	push("abcdefghijklmno");
	cr_assert_str_eq(receive(4), "O:abcdef O:ghijklmno ");
	cr_assert_str_eq(receive(4), "");
}

Test(consoled_buffer, a_slow_reader_loses_the_oldest_and_is_told_how_much)
{
	push("0123456789abcdef");
	push("X");
	cr_assert_str_eq(receive(100), "N:8 bytes were skipped: this reader is "
				       "too slow O:89abcdef O:X ");
	cr_assert_str_eq(receive(100), "");
}

Test(consoled_buffer, what_was_lost_at_several_times_is_told_once)
{
	push("0123456789abcdef");
	push("0123456789abcdef");
	push("z");
	cr_assert_str_eq(receive(5), "N:24 bytes were skipped: this reader is "
				     "too slow O:89abcdef O:z ");
}

Test(consoled_buffer, a_frame_that_is_being_sent_stays_whole)
{
	const uint8_t *bytes;

	push("0123456789");
	cr_assert_eq(console_queue_peek(&queue, &bytes), 13);
	console_queue_consume(&queue, 5);
	/* All of the queue's room is free again, and is not enough. */
	push("0123456789abcdef");
	push("XYZ");
	cr_assert_eq(console_queue_peek(&queue, &bytes), 8);
	cr_assert_arr_eq(bytes, "23456789", 8);
	console_queue_consume(&queue, 8);
	cr_assert_str_eq(receive(100), "N:8 bytes were skipped: this reader is "
				       "too slow O:89abcdefXYZ ");
}

Test(consoled_buffer, one_push_beyond_the_room_keeps_its_end)
{
	push("0123456789abcdefghij");
	cr_assert_str_eq(receive(100), "N:4 bytes were skipped: this reader is "
				       "too slow O:456789abcdefghij ");
}

Test(consoled_buffer, texts_go_before_the_output_and_the_end_behind_it)
{
	push("output");
	console_queue_text(&queue, CONSPROTO_ENDED, "over");
	console_queue_text(&queue, CONSPROTO_REFUSED, "too late");
	console_queue_text(&queue, CONSPROTO_ATTACHED, "7 web");
	console_queue_text(&queue, CONSPROTO_NOTICE, "read-only");
	cr_assert_str_eq(receive(1), "A:7 web N:read-only O:output E:over ");
}

Test(consoled_buffer, texts_are_bounded)
{
	char long_text[600];
	const char *all;

	memset(long_text, 't', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	for (int i = 0; i < 1000; i++)
		console_queue_text(&queue, CONSPROTO_NOTICE, long_text);
	console_queue_text(&queue, CONSPROTO_ENDED, long_text);
	all = receive(4096);
	/* Three of 255 bytes, and the end. */
	cr_assert_eq(strlen(all), 4 * (255 + 3));
	cr_assert_not_null(strstr(all, "E:ttt"));
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
