/* SPDX-License-Identifier: MIT */
/*
 * How many operations a store daemon does in a second, over its socket, one
 * after the other, as a toolstack asks for them. Any daemon that speaks the
 * protocol will do. The store holds besides what is asked for:
 *
 * NODES	so many nodes, in directories of twenty
 * CONNECTIONS	so many connections (with the one that asks), each of the others
 *		with a watch on a directory of its own
 *
 * Each operation is repeated for a while, some times; each time is two lines,
 * as stopwatch.c writes them, with the number of operations:
 *
 *	bench: begin NAME-OPERATION
 *	bench: end NAME-OPERATION NANOSECONDS COUNT
 *
 * usage: store SOCKET NAME CONNECTIONS NODES
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/store.h"

enum { ROUND_NS = 100000000, ROUNDS = 3, CONNECTIONS_MAX = 1000 };

static struct store *store;
static struct store *watcher;
static struct store *others[CONNECTIONS_MAX];

static void check(int rc, const char *what)
{
	if (!rc)
		return;
	printf("bench: fail store: %s: %s\n", what, strerror(-rc));
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

static void await_event(struct store *s)
{
	char *path, *token;
	int rc;

	while ((rc = store_read_watch(s, &path, &token)) == -EAGAIN) {
		struct pollfd p = {.fd = store_fd(s), .events = POLLIN};

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
	await_event(watcher);
}

static const struct {
	const char *name;
	void (*run)(void);
} ops[] = {
	{"read", op_read},	     {"write", op_write},
	{"directory", op_directory}, {"transaction", op_transaction},
	{"watch", op_watch},
};

#define OP_COUNT (sizeof(ops) / sizeof(ops[0]))

static void measure(const char *name, size_t op)
{
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t begin, end, count = 0;

		printf("bench: begin %s-%s\n", name, ops[op].name);
		begin = now_ns();
		do {
			ops[op].run();
			count++;
			end = now_ns();
		} while (end - begin < ROUND_NS);
		printf("bench: end %s-%s %llu %llu\n", name, ops[op].name,
		       (unsigned long long)(end - begin),
		       (unsigned long long)count);
	}
}

static struct store *connect_to(const char *path)
{
	struct store *s = store_open_path(path);

	check(s ? 0 : -errno, path);
	return s;
}

static void prepare(const char *path, int connections, int nodes)
{
	char name[64];

	store = connect_to(path);
	check(store_rm(store, 0, "/bench"), "rm");
	check(store_write(store, 0, "/bench/value", "v", 1), "write");
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "/bench/dir/child-%d", i);
		check(store_write(store, 0, name, "v", 1), "write");
	}
	for (int i = 0; i < nodes; i++) {
		snprintf(name, sizeof(name), "/bench/crowd/%d/%d/%d", i / 400,
			 i / 20 % 20, i % 20);
		check(store_write(store, 0, name, "some value", 10), "fill");
	}
	watcher = connect_to(path);
	check(store_watch(watcher, "/bench/watched", "t"), "watch");
	await_event(watcher);
	for (int i = 0; i < connections; i++) {
		others[i] = connect_to(path);
		snprintf(name, sizeof(name), "/bench/crowd/%d", i);
		check(store_watch(others[i], name, "t"), "watch");
		await_event(others[i]);
	}
}

int main(int argc, char **argv)
{
	int connections, nodes;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 5) {
		fprintf(stderr, "usage: %s SOCKET NAME CONNECTIONS NODES\n",
			argv[0]);
		return 2;
	}
	connections = atoi(argv[3]) - 1; /* without the one that asks */
	nodes = atoi(argv[4]);
	if (connections < 0 || connections > CONNECTIONS_MAX || nodes < 0) {
		fprintf(stderr, "%s: 1 to %d connections\n", argv[0],
			CONNECTIONS_MAX);
		return 2;
	}
	prepare(argv[1], connections, nodes);
	for (size_t i = 0; i < OP_COUNT; i++)
		measure(argv[2], i);
	for (int i = 0; i < connections; i++)
		store_close(others[i]);
	store_close(watcher);
	check(store_rm(store, 0, "/bench"), "rm");
	store_close(store);
	return 0;
}
