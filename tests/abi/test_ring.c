/* SPDX-License-Identifier: MIT */
/*
 * What the inline functions of public/io/ring.h promise: the slot counts of
 * the known drivers, full and empty, wrap-around of the 32-bit indices, when
 * the peer is notified, and that an index no honest peer can have is refused
 * instead of followed. Prints "ok" or "FAIL" and a sentence for each check;
 * abi_compare.py counts them.
 */
#include "public/io/blkif.h"
#include "public/io/netif.h"

#include <stdio.h>
#include <string.h>

static int failed;

static void check(int ok, const char *sentence)
{
	printf("%s %s\n", ok ? "ok" : "FAIL", sentence);
	failed |= !ok;
}

static union {
	struct blkif_sring sring;
	char bytes[4096];
} page __attribute__((aligned(4096)));

static struct blkif_front_ring front;
static struct blkif_back_ring back;

static void start(RING_IDX at)
{
	memset(&page, 0xa5, sizeof(page));
	blkif_sring_init(&page.sring);
	page.sring.req_prod = at;
	page.sring.rsp_prod = at;
	page.sring.req_event = at + 1;
	page.sring.rsp_event = at + 1;
	blkif_front_init(&front, &page.sring, sizeof(page));
	front.req_prod_pvt = at;
	front.rsp_cons = at;
	blkif_back_init(&back, &page.sring, sizeof(page));
}

static void test_slots(void)
{
	check(ring_slot_count(4096, sizeof(union blkif_sring_entry)) == 32,
	      "a page holds 32 block requests");
	check(ring_slot_count(4096, sizeof(union netif_tx_sring_entry)) == 256,
	      "a page holds 256 transmit requests");
	check(ring_slot_count(4096, sizeof(union netif_rx_sring_entry)) == 256,
	      "a page holds 256 receive requests");
	check(ring_slot_count(64, 8) == 0, "a header alone holds nothing");
	check(ring_slot_count(4096, 0) == 0, "slots of no size are no slots");
}

static void test_round_trip(RING_IDX at, const char *sentence)
{
	struct blkif_request req = {.operation = BLKIF_OP_READ};
	struct blkif_request got;
	struct blkif_response rsp = {.status = BLKIF_RSP_OKAY};
	struct blkif_response answer;
	int ok = 1;

	start(at);
	for (uint64_t id = 0; id < 32; id++) {
		req.id = 1000 + id;
		ok &= blkif_front_put(&front, &req) == 0;
	}
	ok &= blkif_front_put(&front, &req) == -1;
	ok &= blkif_back_get(&back, &got) == 0; /* not pushed yet */
	ok &= blkif_front_push(&front) == 1;
	for (uint64_t id = 0; id < 32; id++) {
		ok &= blkif_back_get(&back, &got) == 1 && got.id == 1000 + id;
		rsp.id = got.id;
		blkif_back_put(&back, &rsp);
	}
	ok &= blkif_back_get(&back, &got) == 0;
	ok &= blkif_back_push(&back) == 1;
	for (uint64_t id = 0; id < 32; id++)
		ok &= blkif_front_get(&front, &answer) == 1 &&
		      answer.id == 1000 + id;
	ok &= blkif_front_get(&front, &answer) == 0;
	ok &= blkif_front_free(&front) == 32;
	check(ok, sentence);
}

static void test_notify(void)
{
	struct blkif_request req = {.id = 1}, got;

	start(0);
	blkif_front_put(&front, &req);
	check(blkif_front_push(&front) == 1,
	      "the first request wakes the peer");
	blkif_front_put(&front, &req);
	check(blkif_front_push(&front) == 0, "a peer that runs is left alone");
	while (blkif_back_get(&back, &got) == 1)
		;
	check(blkif_back_rearm(&back) == 0, "an empty ring lets one sleep");
	blkif_front_put(&front, &req);
	check(blkif_front_push(&front) == 1, "a sleeping peer is woken");
	check(blkif_back_rearm(&back) == 1, "what came meanwhile is seen");
}

static void test_liars(void)
{
	struct blkif_request req = {.id = 1}, got;
	struct blkif_response rsp;

	start(0);
	page.sring.req_prod = 33;
	check(blkif_back_get(&back, &got) == -1,
	      "more requests than slots are refused");
	page.sring.req_prod = 0xfffffff0u;
	check(blkif_back_get(&back, &got) == -1,
	      "a request index that went back is refused");
	start(0);
	blkif_front_put(&front, &req);
	blkif_front_push(&front);
	page.sring.rsp_prod = 2;
	check(blkif_front_get(&front, &rsp) == -1,
	      "more responses than requests are refused");
	page.sring.rsp_prod = 0xffffffffu;
	check(blkif_front_get(&front, &rsp) == -1,
	      "a response index that went back is refused");
}

int main(void)
{
	test_slots();
	test_round_trip(0, "a full ring goes round");
	test_round_trip(0xffffffe5u, "the indices may wrap");
	test_notify();
	test_liars();
	return failed;
}
