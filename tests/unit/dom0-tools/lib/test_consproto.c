/* SPDX-License-Identifier: MIT */
/* The consoles' protocol: requests and frames, good and bad. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "lib/consproto.h"

TestSuite(lib_consproto);

struct good {
	const char *line;
	enum consproto_verb verb;
	enum consproto_mode mode;
	uint16_t domid;
	const char *name;
};

Test(lib_consproto, each_request_is_understood)
{
	static const struct good rows[] = {
		{"attach read 0", CONSPROTO_ATTACH, CONSPROTO_READ, 0, ""},
		{"attach write 7", CONSPROTO_ATTACH, CONSPROTO_WRITE, 7, ""},
		{"attach take 32751", CONSPROTO_ATTACH, CONSPROTO_TAKE, 32751,
		 ""},
		{"await write web 1", CONSPROTO_AWAIT, CONSPROTO_WRITE, 0,
		 "web 1"},
		{"sync 12", CONSPROTO_SYNC, CONSPROTO_READ, 12, ""},
	};
	struct consproto_request r;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect_eq(consproto_parse_request(rows[i].line, &r), 0, "%s",
			     rows[i].line);
		cr_expect_eq(r.verb, rows[i].verb);
		cr_expect_eq(r.mode, rows[i].mode);
		cr_expect_eq(r.domid, rows[i].domid);
		cr_expect_str_eq(r.name, rows[i].name);
	}
}

Test(lib_consproto, anything_else_is_refused)
{
	static const char *const lines[] = {
		"",
		"attach",
		"attach 7",
		"attach write",
		"attach write ",
		"attach write 7 ",
		"attach write -1",
		"attach write +1",
		"attach write 0x7",
		"attach write 32752",
		"attach write 65543",
		"attach write 4294967303",
		"attach own 7",
		"attach write web",
		"await write ",
		"await write a\tb",
		"await write \xc3\xa4",
		"sync",
		"sync read 7",
		"detach 7",
	};
	char longest[] = "await read xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
	struct consproto_request r;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		cr_expect_eq(consproto_parse_request(lines[i], &r), -EINVAL,
			     "'%s'", lines[i]);
	cr_expect_eq(consproto_parse_request(longest, &r), -EINVAL);
	longest[11 + CONSPROTO_NAME_MAX] = '\0';
	cr_expect_eq(consproto_parse_request(longest, &r), 0);
}

static void receive(struct consproto_reader *r, const void *bytes, size_t len)
{
	size_t room;
	uint8_t *at = consproto_room(r, &room);

	cr_assert_leq(len, room);
	memcpy(at, bytes, len);
	consproto_received(r, len);
}

Test(lib_consproto, frames_come_out_whole_and_in_order)
{
	static struct consproto_reader r;
	struct consproto_frame f;
	uint8_t head[CONSPROTO_HEADER];

	consproto_header(head, CONSPROTO_OUTPUT, 5);
	receive(&r, head, 2);
	cr_assert_eq(consproto_next(&r, &f), 0);
	receive(&r, head + 2, 1);
	receive(&r, "hell", 4);
	cr_assert_eq(consproto_next(&r, &f), 0);
	receive(&r, "o", 1);
	consproto_header(head, CONSPROTO_ENDED, 0);
	receive(&r, head, sizeof(head));
	cr_assert_eq(consproto_next(&r, &f), 1);
	cr_assert_eq(f.type, CONSPROTO_OUTPUT);
	cr_assert_eq(f.len, 5);
	cr_assert_arr_eq(f.payload, "hello", 5);
	consproto_consume(&r, &f);
	cr_assert_eq(consproto_next(&r, &f), 1);
	cr_assert_eq(f.type, CONSPROTO_ENDED);
	cr_assert_eq(f.len, 0);
	consproto_consume(&r, &f);
	cr_assert_eq(consproto_next(&r, &f), 0);
}

Test(lib_consproto, the_longest_frame_leaves_room_for_the_next)
{
	static struct consproto_reader r;
	static uint8_t frame[CONSPROTO_FRAME_MAX];
	struct consproto_frame f;
	size_t room;

	consproto_header(frame, CONSPROTO_OUTPUT, CONSPROTO_PAYLOAD_MAX);
	receive(&r, frame, sizeof(frame) - 1);
	cr_assert_eq(consproto_next(&r, &f), 0);
	consproto_room(&r, &room);
	cr_assert_gt(room, CONSPROTO_PAYLOAD_MAX);
	receive(&r, frame + sizeof(frame) - 1, 1);
	cr_assert_eq(consproto_next(&r, &f), 1);
	cr_assert_eq(f.len, CONSPROTO_PAYLOAD_MAX);
}

Test(lib_consproto, what_is_no_frame_is_an_error)
{
	static const uint8_t bad[][CONSPROTO_HEADER] = {
		{'X', 0, 0},
		{0, 0, 0},
		{'O', 0x01, 0x10}, /* 4097 bytes */
		{'O', 0xff, 0xff},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct consproto_reader r = {.used = 0};
		struct consproto_frame f;

		receive(&r, bad[i], CONSPROTO_HEADER);
		cr_expect_eq(consproto_next(&r, &f), -EPROTO, "row %zu", i);
	}
}
