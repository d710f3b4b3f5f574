/* SPDX-License-Identifier: MIT */
/* The daemon's end of a ring page, against guests that lie. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stored/ring.h"

TestSuite(stored_ring);

static struct xenstore_domain_interface page;
static struct ring ring;

static void guest_puts(const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		page.req[MASK_XENSTORE_IDX(page.req_prod++)] = data[i];
}

Test(stored_ring, bytes_go_round_the_end_of_the_page)
{
	char in[300], out[300], got[300];

	page.req_cons = page.req_prod = 0xffffff00;
	page.rsp_cons = page.rsp_prod = 0xfffffff0;
	ring_attach(&ring, &page);
	for (int round = 0; round < 50; round++) {
		for (size_t i = 0; i < sizeof(in); i++)
			in[i] = (char)(i * 7 + (size_t)round);
		guest_puts(in, sizeof(in));
		cr_assert_eq(ring_read(&ring, out, sizeof(out)), sizeof(in));
		cr_assert_arr_eq(in, out, sizeof(in));
		cr_assert_eq(ring_read(&ring, out, sizeof(out)), 0);

		cr_assert_eq(ring_write(&ring, in, sizeof(in)), sizeof(in));
		for (size_t i = 0; i < sizeof(in); i++)
			got[i] = page.rsp[MASK_XENSTORE_IDX(page.rsp_cons++)];
		cr_assert_arr_eq(in, got, sizeof(in));
	}
}

Test(stored_ring, a_full_ring_takes_no_more_and_loses_nothing)
{
	char data[XENSTORE_RING_SIZE + 100] = {0};

	ring_attach(&ring, &page);
	cr_expect_eq(ring_write(&ring, data, sizeof(data)), XENSTORE_RING_SIZE);
	cr_expect_eq(ring_write(&ring, data, 1), 0);
	page.rsp_cons += 10;
	cr_expect_eq(ring_write(&ring, data, 100), 10);
}

Test(stored_ring, impossible_indices_are_an_error)
{
	char data[16];

	ring_attach(&ring, &page);
	page.req_prod = XENSTORE_RING_SIZE + 1;
	cr_expect_eq(ring_read(&ring, data, sizeof(data)), -EIO);
	page.req_prod = (uint32_t)-1;
	cr_expect_eq(ring_read(&ring, data, sizeof(data)), -EIO);
	page.rsp_cons = 1;
	cr_expect_eq(ring_write(&ring, data, sizeof(data)), -EIO);
}

Test(stored_ring, nothing_is_seen_before_it_is_published)
{
	char data[16];

	ring_attach(&ring, &page);
	guest_puts("abcd", 4);
	cr_expect_eq(ring_read(&ring, data, 4), 4);
	cr_expect_eq(ring_write(&ring, "xyz", 3), 3);
	cr_expect_eq(page.req_cons, 0);
	cr_expect_eq(page.rsp_prod, 0);
	ring_publish(&ring, 1);
	cr_expect_eq(page.req_cons, 1, "as far as the journal has it");
	cr_expect_eq(page.rsp_prod, 3);
}

Test(stored_ring, our_own_indices_are_not_read_back_from_the_page)
{
	char data[16];

	ring_attach(&ring, &page);
	guest_puts("abcd", 4);
	page.req_cons = 0x12345678;
	page.rsp_prod = 0x87654321;
	cr_expect_eq(ring_read(&ring, data, sizeof(data)), 4);
	cr_expect_arr_eq(data, "abcd", 4);
	ring_publish(&ring, ring.req_cons);
	cr_expect_eq(page.req_cons, 4);
	cr_expect_eq(ring_write(&ring, "xy", 2), 2);
	ring_publish(&ring, ring.req_cons);
	cr_expect_eq(page.rsp_prod, 2);
}

Test(stored_ring, a_reset_begins_from_nothing)
{
	ring_attach(&ring, &page);
	cr_expect_eq(page.server_features,
		     XENSTORE_SERVER_FEATURE_RECONNECTION |
			     XENSTORE_SERVER_FEATURE_ERROR);
	guest_puts("half a mess", 11);
	page.connection = XENSTORE_RECONNECT;
	cr_expect(ring_wants_reset(&ring));
	ring_set_error(&ring, XENSTORE_ERROR_PROTO);
	ring_reset(&ring);
	cr_expect_not(ring_wants_reset(&ring));
	cr_expect_eq(page.req_prod, 0);
	cr_expect_eq(page.error, XENSTORE_ERROR_NONE);
}

Test(stored_ring, messages_are_cut_out_of_a_stream_of_any_portions)
{
	struct input *in = calloc(1, sizeof(*in));
	struct xsd_sockmsg header = {.type = XS_WRITE};
	size_t fed = 0, taken = 0;
	char stream[60000];
	const char *payload;
	size_t total = 0;
	unsigned int seed = 3;

	/* Message n has n % 4097 bytes, all of them n. */
	for (uint32_t n = 0; total + 16 + 700 <= sizeof(stream); n += 37) {
		header.req_id = n;
		header.len = n % 700;
		memcpy(stream + total, &header, sizeof(header));
		memset(stream + total + sizeof(header), (int)n, header.len);
		total += sizeof(header) + header.len;
	}
	for (uint32_t n = 0; taken < total; n += 37) {
		while (input_next(in, &header, &payload) == 0) {
			size_t room, some = 1 + (size_t)rand_r(&seed) % 3000;
			char *space = input_space(in, &room);

			cr_assert_gt(room, 0);
			cr_assert_not(input_has_message(in));
			some = some < room ? some : room;
			some = some < total - fed ? some : total - fed;
			memcpy(space, stream + fed, some);
			in->end += some;
			fed += some;
		}
		cr_assert_eq(header.req_id, n);
		for (size_t i = 0; i < header.len; i++)
			cr_assert_eq(payload[i], (char)n);
		taken += sizeof(header) + header.len;
	}
	free(in);
}

Test(stored_ring, a_payload_that_is_too_long_is_an_error)
{
	struct xsd_sockmsg header = {.len = XENSTORE_PAYLOAD_MAX + 1};
	struct input *in = calloc(1, sizeof(*in));
	const char *payload;

	memcpy(in->buf, &header, sizeof(header));
	in->end = sizeof(header);
	cr_expect_eq(input_next(in, &header, &payload), -EPROTO);
	header.len = 0xfffffff0;
	memcpy(in->buf, &header, sizeof(header));
	cr_expect_eq(input_next(in, &header, &payload), -EPROTO);
	cr_expect(input_has_message(in), "so that somebody looks at it");
	free(in);
}
