/* SPDX-License-Identifier: MIT */
/*
 * The whole daemon but for main(): the client library over a real socket,
 * guests over rings in memory, in one process with a thread for the server.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dom0-tools/stored/fake_xen.h"
#include "dom0-tools/stored/guest.h"
#include "dom0-tools/stored/thread.h"
#include "lib/store.h"

static struct store *store;

static void start(void)
{
	stored_make_dir();
	stored_start(NULL);
	store = store_open_path(stored_socket);
	cr_assert_not_null(store);
}

static void stop(void)
{
	store_close(store);
	stored_end();
	cr_expect_neq(access(stored_socket, F_OK), 0, "the socket is removed");
	cr_expect_eq(stored_remove_dir(), 0);
}

TestSuite(stored_server, .init = start, .fini = stop, .timeout = 60);

/* The client library. */

Test(stored_server, the_library_reads_what_it_wrote)
{
	uint64_t number = 0;
	size_t len;
	char *v;

	cr_assert_eq(store_write(store, 0, "/a/b", "x\0y", 3), 0);
	v = store_read(store, 0, "/a/b", &len);
	cr_assert_not_null(v);
	cr_expect_eq(len, 3);
	cr_expect_arr_eq(v, "x\0y", 4);
	free(v);
	cr_assert_eq(store_writef(store, 0, "n", "%d", 4711), 0);
	cr_expect_eq(store_read_u64(store, 0, "/local/domain/0/n", &number), 0);
	cr_expect_eq(number, 4711);
	cr_expect_eq(store_read_u64(store, 0, "/a/b", &number), -EINVAL);
	cr_expect_eq(store_read_u64(store, 0, "/none", &number), -ENOENT);
	errno = 0;
	cr_expect_null(store_read(store, 0, "/none", &len));
	cr_expect_eq(errno, ENOENT);
	cr_expect_eq(store_rm(store, 0, "/a"), 0);
	cr_expect_eq(store_rm(store, 0, "/a"), 0, "gone is gone");
	cr_expect_eq(store_rm(store, 0, "/a/b"), 0);
	cr_expect_eq(store_mkdir(store, 0, "/bad path"), -EINVAL);
}

Test(stored_server, the_store_begins_with_domain_0)
{
	char *name = store_read(store, 0, "/local/domain/0/name", NULL);
	uint64_t domid = 1;

	cr_assert_not_null(name);
	cr_expect_str_eq(name, "Domain-0");
	cr_expect_eq(store_read_u64(store, 0, "domid", &domid), 0);
	cr_expect_eq(domid, 0);
	free(name);
	name = store_domain_path(store, 17);
	cr_expect_str_eq(name, "/local/domain/17");
	free(name);
}

Test(stored_server, directories_of_any_size_are_listed)
{
	static const size_t sizes[] = {0, 1, 400, 3000};
	char path[64];

	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		size_t count = 99999;
		char **names;

		snprintf(path, sizeof(path), "/d%zu", k);
		cr_assert_eq(store_mkdir(store, 0, path), 0);
		for (size_t i = 0; i < sizes[k]; i++) {
			snprintf(path, sizeof(path), "/d%zu/kid-%zu", k, i);
			cr_assert_eq(store_mkdir(store, 0, path), 0);
		}
		snprintf(path, sizeof(path), "/d%zu", k);
		names = store_ls(store, 0, path, &count);
		cr_assert_not_null(names);
		cr_expect_eq(count, sizes[k], "%zu of %zu", count, sizes[k]);
		for (size_t i = 0; i < count; i++)
			cr_assert_eq(strncmp(names[i], "kid-", 4), 0);
		cr_expect_null(names[count]);
		free(names);
	}
}

Test(stored_server, permissions_survive_the_way_there_and_back)
{
	static const struct store_perm set[] = {
		{5, STORE_PERM_NONE},
		{6, STORE_PERM_READ},
		{7, STORE_PERM_WRITE},
		{8, STORE_PERM_READ | STORE_PERM_WRITE},
	};
	struct store_perm *got;
	size_t count = 0;

	store_mkdir(store, 0, "/p");
	cr_assert_eq(store_set_perms(store, 0, "/p", set, 4), 0);
	got = store_get_perms(store, 0, "/p", &count);
	cr_assert_not_null(got);
	cr_assert_eq(count, 4);
	for (size_t i = 0; i < 4; i++) {
		cr_expect_eq(got[i].domid, set[i].domid);
		cr_expect_eq(got[i].perms, set[i].perms);
	}
	free(got);
}

enum { MANY_NODES = 300 };

static char node_paths[MANY_NODES][32];

/* Every third one has permissions of its own. */
static void list_nodes(struct store_node *nodes)
{
	static const struct store_perm own[] = {
		{5, STORE_PERM_NONE},
		{6, STORE_PERM_READ},
	};

	for (size_t i = 0; i < MANY_NODES; i++) {
		snprintf(node_paths[i], sizeof(node_paths[i]), "/many/%03zu",
			 i);
		nodes[i] = (struct store_node){
			.path = node_paths[i],
			.value = node_paths[i],
			.len = strlen(node_paths[i]),
			.perms = own,
			.perm_count = i % 3 ? 0 : 2,
		};
	}
}

Test(stored_server, many_nodes_are_written_without_waiting_for_each)
{
	struct store_node nodes[MANY_NODES];
	uint32_t txn;

	list_nodes(nodes);
	cr_expect_eq(store_write_nodes(store, 0, nodes, 1), -EINVAL);
	cr_assert_eq(store_txn_start(store, &txn), 0);
	cr_assert_eq(store_write_nodes(store, txn, nodes, 0), 0);
	cr_assert_eq(store_write_nodes(store, txn, nodes, MANY_NODES), 0);
	cr_expect_null(store_read(store, 0, "/many/000", NULL));
	cr_assert_eq(store_txn_commit(store, txn), 0);
	for (size_t i = 0; i < MANY_NODES; i++) {
		char *value = store_read(store, 0, node_paths[i], NULL);
		size_t count = 0;
		struct store_perm *perms =
			store_get_perms(store, 0, node_paths[i], &count);

		cr_assert_not_null(value);
		cr_assert_not_null(perms);
		cr_expect_str_eq(value, node_paths[i]);
		cr_expect_eq(count, i % 3 ? 1 : 2);
		cr_expect_eq(perms[0].domid, i % 3 ? 0 : 5);
		free(value);
		free(perms);
	}
}

Test(stored_server, of_many_nodes_the_first_error_is_told)
{
	static const struct {
		const char *path;
		size_t len;
		int rc;
	} bad[] = {
		{"/many/not//canonical", 1, -EINVAL},
		/* Refused before it is sent: what was sent is answered. */
		{"/many/long", XENSTORE_PAYLOAD_MAX, -E2BIG},
	};
	static const char value[XENSTORE_PAYLOAD_MAX];
	struct store_node nodes[MANY_NODES];
	uint32_t txn;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		list_nodes(nodes);
		nodes[100].path = bad[i].path;
		nodes[100].value = value;
		nodes[100].len = bad[i].len;
		nodes[200].path = "";
		cr_assert_eq(store_txn_start(store, &txn), 0);
		cr_expect_eq(store_write_nodes(store, txn, nodes, MANY_NODES),
			     bad[i].rc);
		/* The connection is in step, and nothing was done. */
		cr_expect_eq(store_txn_abort(store, txn), 0);
		errno = 0;
		cr_expect_null(store_read(store, 0, "/many", NULL));
		cr_expect_eq(errno, ENOENT);
	}
}

Test(stored_server, events_come_between_the_answers_for_many_nodes)
{
	struct store *other = store_open_path(stored_socket);
	struct store_node nodes[MANY_NODES];
	uint32_t txn;
	char *p, *t;
	int events = 0;

	list_nodes(nodes);
	cr_assert_eq(store_watch(store, "/seen", "tok"), 0);
	cr_assert_eq(store_txn_start(store, &txn), 0);
	for (int i = 0; i < 50; i++)
		cr_assert_eq(store_writef(other, 0,
					  i % 2 ? "/seen/a" : "/seen/b", "%d",
					  i),
			     0);
	cr_assert_eq(store_write_nodes(store, txn, nodes, MANY_NODES), 0);
	cr_assert_eq(store_txn_commit(store, txn), 0);
	while (!store_read_watch(store, &p, &t)) {
		events++;
		free(p);
		free(t);
	}
	cr_expect_gt(events, 1, "and none is lost");
	store_close(other);
}

static void expect_event(struct store *s, const char *path, const char *token)
{
	char *p, *t;
	int rc;

	while ((rc = store_read_watch(s, &p, &t)) == -EAGAIN) {
		struct pollfd wait = {.fd = store_fd(s), .events = POLLIN};

		poll(&wait, 1, -1);
	}
	cr_assert_eq(rc, 0);
	cr_expect_str_eq(p, path);
	cr_expect_str_eq(t, token);
	free(p);
	free(t);
}

Test(stored_server, events_wait_while_requests_are_made)
{
	struct store *other = store_open_path(stored_socket);
	char *p, *t;

	cr_expect_eq(store_read_watch(store, &p, &t), -EAGAIN);
	cr_assert_eq(store_watch(store, "/w", "tok"), 0);
	expect_event(store, "/w", "tok");
	for (int i = 0; i < 100; i++)
		cr_assert_eq(store_writef(other, 0, "/w/x", "%d", i), 0);
	cr_assert_eq(store_write(other, 0, "/w/last", "", 0), 0);
	/* They may come in between; the reply is found all the same. */
	cr_assert_eq(store_mkdir(store, 0, "/other"), 0);
	expect_event(store, "/w/x", "tok");
	cr_assert_eq(store_unwatch(store, "/w", "tok"), 0);
	cr_expect_eq(store_unwatch(store, "/w", "tok"), -ENOENT);
	store_close(other);
}

Test(stored_server, a_lost_transaction_is_tried_again)
{
	struct store *other = store_open_path(stored_socket);
	uint64_t n = 0;
	uint32_t txn;
	int rounds = 0, rc;

	store_writef(store, 0, "/n", "%d", 1);
	do {
		cr_assert_eq(store_txn_start(store, &txn), 0);
		cr_assert_eq(store_read_u64(store, txn, "/n", &n), 0);
		if (!rounds++)
			store_writef(other, 0, "/n", "%d", 10);
		store_writef(store, txn, "/n", "%d", (int)n + 1);
		rc = store_txn_commit(store, txn);
	} while (rc == -EAGAIN);
	cr_expect_eq(rc, 0);
	cr_expect_eq(rounds, 2);
	store_read_u64(store, 0, "/n", &n);
	cr_expect_eq(n, 11);
	cr_assert_eq(store_txn_start(store, &txn), 0);
	cr_expect_eq(store_txn_abort(store, txn), 0);
	cr_expect_eq(store_txn_commit(store, txn), -ENOENT);
	store_close(other);
}

Test(stored_server, a_handle_without_a_daemon_says_so)
{
	char nowhere[128];

	snprintf(nowhere, sizeof(nowhere), "%s/nowhere", stored_dir);
	errno = 0;
	cr_expect_null(store_open_path(nowhere));
	cr_expect_eq(errno, ENOENT);
}

/* Sockets that misbehave. */

static int raw_connect(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(addr.sun_path, stored_socket);
	cr_assert_eq(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

Test(stored_server, a_message_that_is_too_long_ends_the_connection)
{
	struct xsd_sockmsg header = {.type = XS_READ, .len = 5000};
	int fd = raw_connect();
	char c;

	cr_assert_eq(write(fd, &header, sizeof(header)), sizeof(header));
	cr_expect_eq(read(fd, &c, 1), 0);
	close(fd);
	cr_expect_eq(store_mkdir(store, 0, "/alive"), 0);
}

Test(stored_server, half_a_message_holds_up_nobody)
{
	struct xsd_sockmsg header = {.type = XS_READ, .len = 2};
	int fd = raw_connect();
	char reply[64];

	cr_assert_eq(write(fd, &header, 7), 7);
	cr_expect_eq(store_mkdir(store, 0, "/alive"), 0);
	cr_assert_eq(write(fd, (char *)&header + 7, 9), 9);
	cr_assert_eq(write(fd, "/", 2), 2);
	cr_expect_eq(read(fd, reply, sizeof(reply)), sizeof(header));
	close(fd);
}

struct writer {
	int fd;
	size_t count;
};

static void *send_reads(void *arg)
{
	struct xsd_sockmsg header = {.type = XS_READ, .len = 5};
	struct writer *w = arg;
	char message[sizeof(header) + 5];

	memcpy(message, &header, sizeof(header));
	memcpy(message + sizeof(header), "/big", 5);
	for (size_t i = 0; i < w->count; i++)
		cr_assert_eq(write(w->fd, message, sizeof(message)),
			     sizeof(message));
	return NULL;
}

Test(stored_server, a_client_that_does_not_read_stops_only_itself)
{
	struct writer w = {.fd = raw_connect(), .count = 50000};
	char value[4000] = {0}, buf[65536];
	size_t want, got = 0;
	pthread_t writer;

	cr_assert_eq(store_write(store, 0, "/big", value, sizeof(value)), 0);
	pthread_create(&writer, NULL, send_reads, &w);
	for (int i = 0; i < 200; i++)
		cr_assert_eq(store_writef(store, 0, "/x", "%d", i), 0);
	/* And when it reads, it gets every reply. */
	want = w.count * (sizeof(struct xsd_sockmsg) + sizeof(value));
	while (got < want) {
		ssize_t n = read(w.fd, buf, sizeof(buf));

		cr_assert_gt(n, 0);
		got += (size_t)n;
	}
	cr_expect_eq(got, want);
	pthread_join(writer, NULL);
	close(w.fd);
}

/* Guests. */

static void introduce(uint16_t domid)
{
	struct store_perm owner = {domid, STORE_PERM_NONE};
	char path[64];

	fake_set_domain(domid, true, false);
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	cr_assert_eq(store_mkdir(store, 0, path), 0);
	cr_assert_eq(store_set_perms(store, 0, path, &owner, 1), 0);
	cr_assert_eq(
		store_introduce(store, domid, 0x1000u + domid, 100u + domid),
		0);
}

Test(stored_server, guests_and_the_kernel_are_served_over_rings)
{
	struct guest kernel = {.domid = 0}, g = {.domid = 3};
	char big[3000];

	cr_expect_str_eq(guest_ask(&kernel, XS_READ, "name", 5), "Domain-0");
	introduce(3);
	cr_expect_str_eq(guest_ask(&g, XS_WRITE, "x\0hello", 7), "OK");
	cr_expect_str_eq(guest_ask(&g, XS_READ, "x", 2), "hello");
	cr_expect_str_eq(guest_ask(&g, XS_READ, "/tool", 6), "EACCES");
	/* Longer than a ring, both ways. */
	memset(big, 'b', sizeof(big));
	memcpy(big, "/k", 3);
	cr_expect_str_eq(guest_ask(&kernel, XS_WRITE, big, sizeof(big)), "OK");
	guest_ask(&kernel, XS_READ, "/k", 3);
	cr_expect_eq(kernel.header.len, sizeof(big) - 3);
	cr_expect_eq(store_is_introduced(store, 3), 1);
	cr_expect_eq(store_is_introduced(store, 4), 0);
}

Test(stored_server, an_introduction_that_fails_leaves_nothing)
{
	fake_set_domain(4, true, false);
	cr_expect_eq(store_introduce(store, 4, 0xbad, 104), -EINVAL);
	cr_expect_eq(store_introduce(store, 4, 0x1004, 999), -EINVAL);
	cr_expect_not(fake_is_mapped(4));
	cr_expect_eq(store_is_introduced(store, 4), 0);
	introduce(4);
	cr_expect(fake_is_mapped(4));
}

Test(stored_server, a_guest_with_impossible_indices_is_ignored_until_reset)
{
	struct guest bad = {.domid = 3}, good = {.domid = 4};
	struct xenstore_domain_interface *p = fake_page(3);

	introduce(3);
	introduce(4);
	cr_expect_str_eq(guest_ask(&bad, XS_WATCH, "x\0t", 4), "OK");
	guest_receive(&bad);
	__atomic_store_n(&p->req_prod, p->req_prod + 5000, __ATOMIC_RELEASE);
	fake_kick(3);
	while (__atomic_load_n(&p->error, __ATOMIC_ACQUIRE) ==
	       XENSTORE_ERROR_NONE)
		fake_wait(3, &bad.seen);
	cr_expect_eq(p->error, XENSTORE_ERROR_RINGIDX);
	cr_expect_str_eq(guest_ask(&good, XS_WRITE, "x\0y", 3), "OK");

	__atomic_store_n(&p->connection, XENSTORE_RECONNECT, __ATOMIC_RELEASE);
	fake_kick(3);
	while (__atomic_load_n(&p->connection, __ATOMIC_ACQUIRE) !=
	       XENSTORE_CONNECTED)
		fake_wait(3, &bad.seen);
	cr_expect_eq(p->error, XENSTORE_ERROR_NONE);
	/* Its watch is forgotten: no event before this reply. */
	cr_expect_str_eq(guest_ask(&bad, XS_WRITE, "x\0y", 3), "OK");
	cr_expect_eq(bad.header.type, XS_WRITE);
}

Test(stored_server, a_guest_with_a_message_too_long_is_told)
{
	struct xsd_sockmsg header = {.type = XS_READ, .len = 0x7fffffff};
	struct guest g = {.domid = 3};

	introduce(3);
	guest_put(&g, &header, sizeof(header));
	while (__atomic_load_n(&fake_page(3)->error, __ATOMIC_ACQUIRE) ==
	       XENSTORE_ERROR_NONE)
		fake_wait(3, &g.seen);
	cr_expect_eq(fake_page(3)->error, XENSTORE_ERROR_PROTO);
	/* Introduced once more it is as new. */
	cr_assert_eq(store_introduce(store, 3, 0x1003, 103), 0);
	cr_expect_str_eq(guest_ask(&g, XS_WRITE, "x\0y", 3), "OK");
}

Test(stored_server, dead_domains_are_noticed_and_their_rings_dropped)
{
	introduce(3);
	introduce(4);
	cr_assert_eq(store_watch(store, "@releaseDomain", "rel"), 0);
	expect_event(store, "@releaseDomain", "rel");
	fake_set_domain(3, true, true);
	expect_event(store, "@releaseDomain", "rel");
	cr_expect_eq(store_is_introduced(store, 3), 1, "only shut down");
	fake_set_domain(3, false, false);
	expect_event(store, "@releaseDomain", "rel");
	cr_expect_eq(store_is_introduced(store, 3), 0);
	cr_expect_not(fake_is_mapped(3));
	cr_expect(fake_is_mapped(4));
	/* The next one of that number starts with nothing. */
	store_write(store, 0, "/local/domain/3/left", "x", 1);
	cr_assert_eq(store_introduce(store, 3, 0x1003, 103), 0);
}

Test(stored_server, a_guest_that_asks_without_end_leaves_time_for_others)
{
	struct guest g = {.domid = 3};
	struct xsd_sockmsg header = {.type = XS_DIRECTORY, .len = 2};
	struct xenstore_domain_interface *p = fake_page(3);

	introduce(3);
	/* The ring full of requests whose replies it never takes. */
	while (p->req_prod + sizeof(header) + 2 <= XENSTORE_RING_SIZE) {
		guest_put(&g, &header, sizeof(header));
		guest_put(&g, "x", 2);
	}
	for (int i = 0; i < 100; i++)
		cr_assert_eq(store_writef(store, 0, "/n", "%d", i), 0);
}

Test(stored_server, control_reaches_the_daemon)
{
	char *text = store_control(store, (const char *[]){"check"}, 1);

	cr_assert_not_null(text);
	cr_expect_str_eq(text, "OK");
	free(text);
	errno = 0;
	cr_expect_null(store_control(store, (const char *[]){"no"}, 1));
	cr_expect_eq(errno, EINVAL);
}
