/* SPDX-License-Identifier: MIT */
/*
 * The consoles' protocol from both ends: any line as a request, any bytes as
 * the daemon's frames.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/consproto.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition))                                              \
			abort();                                               \
	} while (0)

static void check_request(const uint8_t *bytes, size_t size)
{
	char *line = malloc(size + 1);
	struct consproto_request r;

	memcpy(line, bytes, size);
	line[size] = '\0';
	if (consproto_parse_request(line, &r) == 0) {
		CHECK(r.domid < 0x7ff0);
		CHECK(strlen(r.name) <= CONSPROTO_NAME_MAX);
		CHECK((r.verb == CONSPROTO_AWAIT) == (r.name[0] != '\0'));
	}
	free(line);
}

static void check_frames(const uint8_t *bytes, size_t size)
{
	static struct consproto_reader r;
	struct consproto_frame f;
	size_t taken = 0;
	int rc = 0;

	r.used = 0;
	while (size && rc == 0) {
		size_t room, n = 1 + bytes[0] * 16u;
		uint8_t *at = consproto_room(&r, &room);

		CHECK(room > 0);
		if (n > room)
			n = room;
		if (n > size)
			n = size;
		memcpy(at, bytes, n);
		consproto_received(&r, n);
		bytes += n;
		size -= n;
		taken += n;
		while ((rc = consproto_next(&r, &f)) > 0) {
			CHECK(f.payload + f.len <= r.bytes + r.used);
			CHECK(CONSPROTO_HEADER + f.len <= taken);
			taken -= CONSPROTO_HEADER + f.len;
			consproto_consume(&r, &f);
		}
	}
	CHECK(rc == 0 || rc == -EPROTO);
	CHECK(rc || taken == r.used);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	check_request(bytes, size);
	check_frames(bytes, size);
	return 0;
}
