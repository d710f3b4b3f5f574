/* SPDX-License-Identifier: MIT */
/*
 * How many operations a store daemon does in a second, over its socket, one
 * after the other, as a toolstack asks for them: in a small store, and in one
 * of 100 000 nodes with 500 domains' directories, each watched by a connection
 * of its own. Any daemon that speaks the protocol will do.
 *
 * usage: store SOCKET
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/store.h"

enum { DOMAINS = 500, NODES_EACH = 199, WATCHES_EACH = 10 };
enum { ROUND_NS = 300000000, ROUNDS = 3 };

static struct store *store;
static struct store *watcher;
static struct store *others[DOMAINS];

static void check(int rc, const char *what)
{
	if (!rc)
		return;
	fprintf(stderr, "bench-store: %s: %s\n", what, strerror(-rc));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void op_read(void)
{
	char *v = store_read(store, 0, "/bench/value", NULL);

	check(v ? 0 : -errno, "read");
	free(v);
}

static void op_write(void)
{
	static unsigned int n;

	check(store_writef(store, 0, "/bench/value", "%u", n++), "write");
}

static void op_directory(void)
{
	size_t count;
	char **names = store_ls(store, 0, "/bench/dir", &count);

	check(names && count == 20 ? 0 : -EIO, "directory");
	free(names);
}

static void op_transaction(void)
{
	uint32_t txn;
	char *v;

	check(store_txn_start(store, &txn), "start");
	v = store_read(store, txn, "/bench/value", NULL);
	check(v ? 0 : -errno, "read");
	free(v);
	check(store_write(store, txn, "/bench/value", "t", 1), "write");
	check(store_txn_commit(store, txn), "commit");
}

static void await_event(void)
{
	char *path, *token;
	int rc;

	while ((rc = store_read_watch(watcher, &path, &token)) == -EAGAIN) {
		struct pollfd p = {.fd = store_fd(watcher), .events = POLLIN};

		poll(&p, 1, -1);
	}
	check(rc, "event");
	free(path);
	free(token);
}

/* From the write to its arrival on another connection. */
static void op_watch(void)
{
	check(store_write(store, 0, "/bench/watched/x", "w", 1), "write");
	await_event();
}

static const struct {
	const char *name;
	void (*run)(void);
} ops[] = {
	{"read", op_read},
	{"write", op_write},
	{"directory of 20", op_directory},
	{"transaction", op_transaction},
	{"watch fires", op_watch},
};

#define OP_COUNT (sizeof(ops) / sizeof(ops[0]))

/* The best of some rounds, because others use the machine too. */
static double rate(void (*run)(void))
{
	double best = 0;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t begin = now_ns(), end;
		uint64_t count = 0;
		double r;

		do {
			run();
			count++;
			end = now_ns();
		} while (end - begin < ROUND_NS);
		r = (double)count * 1e9 / (double)(end - begin);
		best = r > best ? r : best;
	}
	return best;
}

static void open_all(const char *path)
{
	store = store_open_path(path);
	watcher = store_open_path(path);
	if (!store || !watcher) {
		fprintf(stderr, "bench-store: cannot reach %s: %s\n", path,
			strerror(errno));
		exit(1);
	}
	check(store_write(store, 0, "/bench/value", "v", 1), "write");
	for (int i = 0; i < 20; i++) {
		char name[64];

		snprintf(name, sizeof(name), "/bench/dir/child-%d", i);
		check(store_write(store, 0, name, "v", 1), "write");
	}
	check(store_watch(watcher, "/bench/watched", "t"), "watch");
	await_event();
}

static void fill_domain(int domid, const char *path)
{
	char name[128];

	for (int i = 0; i < NODES_EACH; i++) {
		snprintf(name, sizeof(name), "/local/domain/%d/d%d/n%d",
			 domid + 1, i / 20, i);
		check(store_write(store, 0, name, "some value", 10), "fill");
	}
	others[domid] = store_open_path(path);
	check(others[domid] ? 0 : -errno, "connect");
	for (int i = 0; i < WATCHES_EACH; i++) {
		snprintf(name, sizeof(name), "/local/domain/%d/d%d", domid + 1,
			 i);
		check(store_watch(others[domid], name, "t"), "watch");
	}
}

int main(int argc, char **argv)
{
	double small[OP_COUNT];

	if (argc != 2) {
		fprintf(stderr, "usage: %s SOCKET\n", argv[0]);
		return 2;
	}
	open_all(argv[1]);
	for (size_t i = 0; i < OP_COUNT; i++)
		small[i] = rate(ops[i].run);
	for (int i = 0; i < DOMAINS; i++)
		fill_domain(i, argv[1]);
	printf("%-18s %12s %12s\n", "per second", "small", "100 000");
	for (size_t i = 0; i < OP_COUNT; i++)
		printf("%-18s %12.0f %12.0f\n", ops[i].name, small[i],
		       rate(ops[i].run));
	return 0;
}
