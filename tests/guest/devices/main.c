/* SPDX-License-Identifier: MIT */
/*
 * devices: an ordinary guest that uses all that domain zero offers, each by a
 * frontend of a screenful: the store (read, write, a directory, an error), its
 * console, a block device and a network card, and it also tries what a backend
 * must survive: a block request with an unknown operation and one that reaches
 * past the disk's end get an answer with an error, one for each.
 *
 * What is there to be tested is what the configuration gave us; words on the
 * command line demand more:
 *   need-vbd, need-vif   the device must exist
 *   arp=A.B.C.D from=E.F.G.H   somebody on the network must answer for A.B.C.D
 *   echo                 read one line from the console and print it back
 * A writable disk is written in its last sector, and put back as it was.
 */
#include "guest.h"

#include "public/io/blkif.h"
#include "public/io/console.h"
#include "public/io/netif.h"
#include "public/io/xenbus.h"

#define SECOND	   1000000000UL
#define SECTOR	   512
#define PATIENCE   (60 * SECOND)
#define RX_BUFFERS 16

static bool option(const char *word)
{
	return str_has((const char *)start_info->cmd_line, word);
}

static uint64_t node_number(const char *dir, const char *name, uint64_t missing)
{
	char path[128], value[128];

	format(path, sizeof(path), "%s/%s", dir, name);
	if (store_read(path, value, sizeof(value)))
		return missing;
	return str_to_u64(value);
}

static void node_set(const char *dir, const char *name, uint64_t value)
{
	char path[128];

	format(path, sizeof(path), "%s/%s", dir, name);
	expect_rc(store_printf(path, "%lu", value), 0);
}

static void await_state(const char *backend, uint64_t wanted)
{
	uint64_t end = time_ns() + PATIENCE, state;

	for (;;) {
		state = node_number(backend, "state", 0);
		if (state == wanted)
			return;
		expect(state < XenbusStateClosing && time_ns() < end,
		       "%s is in state %lu, not %lu", backend, state, wanted);
		store_wait();
	}
}

/* The first device of a class: its directories, or false. */
static bool find(const char *class, char *front, size_t front_bytes,
		 char *backend, size_t backend_bytes)
{
	char path[64], names[512];

	format(path, sizeof(path), "device/%s", class);
	if (store_list(path, names, sizeof(names)) <= 0) {
		format(path, sizeof(path), "need-%s", class);
		expect(!option(path), "there is no device/%s in the store",
		       class);
		print("no %s\n", class);
		return false;
	}
	format(front, front_bytes, "device/%s/%s", class, names);
	format(path, sizeof(path), "%s/backend", front);
	expect_rc(store_read(path, backend, backend_bytes), 0);
	return true;
}

/* ---- the store ---- */

static void test_store(void)
{
	char value[256];

	store_init();
	expect_rc(store_read("name", value, sizeof(value)), 0);
	print("store: we are '%s'\n", value);
	expect_rc(store_read("no/such/node", value, sizeof(value)),
		  -XEN_ENOENT);
	expect_rc(store_write("data/micro", "a value"), 0);
	expect_rc(store_read("data/micro", value, sizeof(value)), 0);
	expect(!strcmp(value, "a value"), "the store gave back '%s'", value);
	expect(store_list("data", value, sizeof(value)) > 0,
	       "the directory 'data' is empty");
	expect(store_write("/local/domain/0/name", "x") == -XEN_EACCES,
	       "domain zero's name could be written");
}

/* ---- the console ---- */

static void test_console(void)
{
	struct xencons_interface *ring =
		va_of_mfn(start_info->console.domU.mfn);
	evtchn_port_t port = start_info->console.domU.evtchn;
	char line[80];
	size_t n = 0;

	if (!option("echo"))
		return;
	require(ring, "the console's frame is not mapped");
	event_mask(port);
	print("console: say something\n");
	while (n + 1 < sizeof(line)) {
		uint32_t cons = ring->in_cons;
		char c;

		if (cons == __atomic_load_n(&ring->in_prod, __ATOMIC_ACQUIRE)) {
			event_poll(port, SECOND);
			continue;
		}
		c = ring->in[MASK_XENCONS_IDX(cons, ring->in)];
		__atomic_store_n(&ring->in_cons, cons + 1, __ATOMIC_RELEASE);
		event_send(port);
		if (c == '\n' || c == '\r')
			break;
		line[n++] = c;
	}
	line[n] = 0;
	print("console: you said '%s'\n", line);
}

/* ---- the block device ---- */

static struct blkif_front_ring blk;
static evtchn_port_t blk_port;
static char *blk_page;
static grant_ref_t blk_ref;

static int16_t blk_do(struct blkif_request *req)
{
	static uint64_t id = 0xb10c000;
	struct blkif_response rsp;
	uint64_t end = time_ns() + PATIENCE;
	int rc;

	req->id = ++id;
	require_rc(blkif_front_put(&blk, req), 0);
	if (blkif_front_push(&blk))
		event_send(blk_port);
	while ((rc = blkif_front_get(&blk, &rsp)) == 0) {
		if (blkif_front_rearm(&blk))
			continue;
		event_poll(blk_port, SECOND);
		expect(time_ns() < end, "no answer to block operation %u",
		       req->operation);
	}
	expect(rc == 1, "the backend's response index is impossible");
	expect(rsp.id == req->id, "the answer is for %lx instead of %lx",
	       rsp.id, req->id);
	return rsp.status;
}

static int16_t blk_sector(uint8_t operation, uint64_t sector)
{
	struct blkif_request req = {.operation = operation,
				    .nr_segments = 1,
				    .sector_number = sector};

	req.seg[0].gref = blk_ref;
	return blk_do(&req);
}

static void test_block(void)
{
	char front[64], backend[128], path[128], saved[SECTOR];
	struct blkif_sring *sring = page_alloc();
	uint64_t sectors, info;
	domid_t backend_id;
	int16_t status;

	if (!find("vbd", front, sizeof(front), backend, sizeof(backend)))
		return;
	backend_id = (domid_t)node_number(front, "backend-id", 0);
	await_state(backend, XenbusStateInitWait);
	blkif_sring_init(sring);
	blkif_front_init(&blk, sring, PAGE_SIZE);
	blk_port = event_alloc_unbound(backend_id);
	event_mask(blk_port);
	node_set(front, "ring-ref", grant_give(backend_id, sring, false));
	node_set(front, "event-channel", blk_port);
	format(path, sizeof(path), "%s/protocol", front);
	expect_rc(store_write(path, "x86_64-abi"), 0);
	node_set(front, "state", XenbusStateInitialised);
	await_state(backend, XenbusStateConnected);
	sectors = node_number(backend, "sectors", 0);
	info = node_number(backend, "info", 0);
	expect(sectors, "a disk without sectors");
	node_set(front, "state", XenbusStateConnected);
	print("block: %s, %lu sectors, info %lx\n", front, sectors, info);

	blk_page = page_alloc();
	blk_ref = grant_give(backend_id, blk_page, false);
	memset(blk_page, 0xee, SECTOR);
	status = blk_sector(BLKIF_OP_READ, 0);
	expect(status == BLKIF_RSP_OKAY, "reading sector 0: %d", status);
	status = blk_sector(BLKIF_OP_READ, sectors - 1);
	expect(status == BLKIF_RSP_OKAY, "reading the last sector: %d", status);

	if (!(info & VDISK_READONLY)) {
		memcpy(saved, blk_page, SECTOR);
		for (int i = 0; i < SECTOR; i++)
			blk_page[i] = (char)(i * 7);
		status = blk_sector(BLKIF_OP_WRITE, sectors - 1);
		expect(status == BLKIF_RSP_OKAY, "writing: %d", status);
		memset(blk_page, 0, SECTOR);
		status = blk_sector(BLKIF_OP_READ, sectors - 1);
		expect(status == BLKIF_RSP_OKAY, "reading back: %d", status);
		for (int i = 0; i < SECTOR; i++)
			expect(blk_page[i] == (char)(i * 7),
			       "byte %d came back as %x", i,
			       (unsigned char)blk_page[i]);
		memcpy(blk_page, saved, SECTOR);
		status = blk_sector(BLKIF_OP_WRITE, sectors - 1);
		expect(status == BLKIF_RSP_OKAY, "putting back: %d", status);
		if (node_number(backend, "feature-flush-cache", 0)) {
			struct blkif_request flush = {
				.operation = BLKIF_OP_FLUSH_DISKCACHE};

			status = blk_do(&flush);
			expect(status == BLKIF_RSP_OKAY, "flushing: %d",
			       status);
		}
	}
	/* What must fail, with an answer. */
	status = blk_sector(BLKIF_OP_READ, sectors);
	expect(status == BLKIF_RSP_ERROR, "reading past the end: %d", status);
	status = blk_sector(0x77, 0);
	expect(status < 0, "operation 0x77: %d", status);
	status = blk_sector(BLKIF_OP_READ, 0);
	expect(status == BLKIF_RSP_OKAY, "reading after the errors: %d",
	       status);
}

/* ---- the network card ---- */

static struct netif_tx_front_ring tx;
static struct netif_rx_front_ring rx;
static evtchn_port_t net_port;
static uint8_t mac[6];
static char *rx_page[RX_BUFFERS];
static grant_ref_t rx_ref[RX_BUFFERS];

static void net_send(char *page, grant_ref_t ref, uint16_t bytes)
{
	struct netif_tx_request req = {.gref = ref, .id = 1, .size = bytes};
	struct netif_tx_response rsp;
	uint64_t end = time_ns() + PATIENCE;
	int rc;

	(void)page;
	require_rc(netif_tx_front_put(&tx, &req), 0);
	if (netif_tx_front_push(&tx))
		event_send(net_port);
	while ((rc = netif_tx_front_get(&tx, &rsp)) == 0) {
		if (netif_tx_front_rearm(&tx))
			continue;
		event_poll(net_port, SECOND);
		expect(time_ns() < end, "no answer to a packet");
	}
	expect(rc == 1, "the backend's transmit index is impossible");
	expect(rsp.id == 1, "the answer is for packet %u", rsp.id);
	expect(rsp.status == NETIF_RSP_OKAY, "sending gave %d", rsp.status);
}

static void rx_offer(uint16_t id)
{
	struct netif_rx_request req = {.id = id, .gref = rx_ref[id]};

	require_rc(netif_rx_front_put(&rx, &req), 0);
	if (netif_rx_front_push(&rx))
		event_send(net_port);
}

/* Is this an ARP answer from that address? */
static bool is_answer(const uint8_t *p, int bytes, const uint8_t ip[4])
{
	return bytes >= 42 && p[12] == 8 && p[13] == 6 && p[20] == 0 &&
	       p[21] == 2 && !memcmp(p + 28, ip, 4);
}

static bool rx_answer(const uint8_t ip[4])
{
	struct netif_rx_response rsp;
	bool found = false;
	int rc;

	while ((rc = netif_rx_front_get(&rx, &rsp)) == 1) {
		expect(rsp.id < RX_BUFFERS, "a packet for buffer %u", rsp.id);
		expect(rsp.status <= (int)PAGE_SIZE - rsp.offset,
		       "a packet of %d bytes at %u", rsp.status, rsp.offset);
		if (rsp.status > 0)
			found |= is_answer((uint8_t *)rx_page[rsp.id] +
						   rsp.offset,
					   rsp.status, ip);
		rx_offer(rsp.id);
	}
	expect(rc == 0, "the backend's receive index is impossible");
	return found;
}

/* Reads four numbers after KEY on the command line. */
static bool option_ip(const char *key, uint8_t ip[4])
{
	const char *p = (const char *)start_info->cmd_line;
	size_t n = strlen(key);

	for (; *p; p++)
		if (!memcmp(p, key, n))
			break;
	if (!*p)
		return false;
	p += n;
	for (int i = 0; i < 4; i++) {
		ip[i] = (uint8_t)str_to_u64(p);
		while (*p >= '0' && *p <= '9')
			p++;
		if (*p == '.')
			p++;
	}
	return true;
}

static int hex(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static uint16_t make_arp(uint8_t *p, const uint8_t from[4], const uint8_t to[4])
{
	static const uint8_t head[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1};

	memset(p, 0xff, 6);
	memcpy(p + 6, mac, 6);
	memcpy(p + 12, head, sizeof(head));
	memcpy(p + 22, mac, 6);
	memcpy(p + 28, from, 4);
	memset(p + 32, 0, 6);
	memcpy(p + 38, to, 4);
	memset(p + 42, 0, 18);
	return 60;
}

static void test_network(void)
{
	char front[64], backend[128], path[128], text[64];
	struct netif_tx_sring *tx_page = page_alloc();
	struct netif_rx_sring *rx_ring = page_alloc();
	char *packet = page_alloc();
	uint8_t to[4] = {10, 255, 255, 254}, from[4] = {10, 255, 255, 253};
	domid_t backend_id;
	grant_ref_t ref;
	bool want = option_ip("arp=", to), answered = false;
	uint64_t end;

	option_ip("from=", from);
	if (!find("vif", front, sizeof(front), backend, sizeof(backend)))
		return;
	backend_id = (domid_t)node_number(front, "backend-id", 0);
	format(path, sizeof(path), "%s/mac", front);
	expect_rc(store_read(path, text, sizeof(text)), 0);
	for (int i = 0; i < 6; i++)
		mac[i] =
			(uint8_t)(hex(text[3 * i]) << 4 | hex(text[3 * i + 1]));
	await_state(backend, XenbusStateInitWait);
	expect(node_number(backend, "feature-rx-copy", 0) == 1,
	       "the backend cannot copy");

	netif_tx_sring_init(tx_page);
	netif_rx_sring_init(rx_ring);
	netif_tx_front_init(&tx, tx_page, PAGE_SIZE);
	netif_rx_front_init(&rx, rx_ring, PAGE_SIZE);
	net_port = event_alloc_unbound(backend_id);
	event_mask(net_port);
	node_set(front, "tx-ring-ref", grant_give(backend_id, tx_page, false));
	node_set(front, "rx-ring-ref", grant_give(backend_id, rx_ring, false));
	node_set(front, "event-channel", net_port);
	node_set(front, "request-rx-copy", 1);
	node_set(front, "feature-rx-notify", 1);
	node_set(front, "state", XenbusStateConnected);
	for (uint16_t i = 0; i < RX_BUFFERS; i++) {
		rx_page[i] = page_alloc();
		rx_ref[i] = grant_give(backend_id, rx_page[i], false);
		rx_offer(i);
	}
	await_state(backend, XenbusStateConnected);
	print("network: %s, %s\n", front, text);

	ref = grant_give(backend_id, packet, true);
	end = time_ns() + PATIENCE;
	do {
		net_send(packet, ref, make_arp((uint8_t *)packet, from, to));
		for (int i = 0; want && !answered && i < 10; i++) {
			if (!netif_rx_front_rearm(&rx))
				event_poll(net_port, SECOND / 10);
			answered = rx_answer(to);
		}
	} while (want && !answered && time_ns() < end);
	expect(!want || answered, "nobody answers for %u.%u.%u.%u", to[0],
	       to[1], to[2], to[3]);
	print("network: sent%s\n", answered ? " and answered" : "");
}

void guest_main(void)
{
	if (is_dom0())
		skip("domain zero has no backends");
	grants_init();
	test_store();
	test_console();
	test_block();
	test_network();
	success("store, console, block and network");
}
