/* SPDX-License-Identifier: MIT */
/*
 * One daemon after the other on one state file: what guests and clients notice
 * of it, which is little. The first daemon ends between two turns of its loop
 * without a last word to anybody, as if it had been killed there; the fuzzer
 * kills it inside of requests, and the system tests with a signal.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dom0-tools/stored/fake_xen.h"
#include "dom0-tools/stored/guest.h"
#include "dom0-tools/stored/thread.h"
#include "lib/store.h"
#include "stored/journal.h"

static struct store *store;
static char said[4096];

static void note_line(const char *line)
{
	strncat(said, line, sizeof(said) - strlen(said) - 1);
}

static void start(void)
{
	struct server_options o = {
		.state_path = stored_state,
		.log = note_line,
	};

	said[0] = '\0';
	stored_start(&o);
}

static void restart(void)
{
	stored_end();
	start();
}

static void begin(void)
{
	stored_make_dir();
	start();
	store = store_open_path(stored_socket);
	cr_assert_not_null(store);
}

static void end(void)
{
	store_close(store);
	stored_end();
	cr_expect_eq(stored_remove_dir(), 0, "nothing else is left there");
}

TestSuite(stored_restart, .init = begin, .fini = end, .timeout = 60);

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

static void expect_event(const char *path, const char *token)
{
	char *p, *t;
	int rc;

	while ((rc = store_read_watch(store, &p, &t)) == -EAGAIN) {
		struct pollfd wait = {.fd = store_fd(store), .events = POLLIN};

		poll(&wait, 1, -1);
	}
	cr_assert_eq(rc, 0);
	cr_expect_str_eq(p, path);
	cr_expect_str_eq(t, token);
	free(p);
	free(t);
}

static void expect_value(const char *path, const char *value)
{
	char *v = store_read(store, 0, path, NULL);

	cr_assert_not_null(v, "%s is gone", path);
	cr_expect_str_eq(v, value);
	free(v);
}

Test(stored_restart, nodes_and_quotas_are_there_again)
{
	struct store_perm perms[] = {{5, STORE_PERM_READ},
				     {6, STORE_PERM_WRITE}};
	struct store_perm *got;
	size_t count = 0;
	char *text;

	fake_set_domain(5, true, false);
	fake_set_domain(6, true, false);
	cr_assert_eq(store_write(store, 0, "/a/b", "one", 3), 0);
	cr_assert_eq(store_set_perms(store, 0, "/a/b", perms, 2), 0);
	store_write(store, 0, "/a/c", "gone", 4);
	store_rm(store, 0, "/a/c");
	text = store_control(
		store, (const char *[]){"quota", "set", "5", "nodes", "77"}, 5);
	cr_assert_not_null(text);
	free(text);
	for (int i = 0; i < 3; i++) {
		restart();
		expect_value("/a/b", "one");
		got = store_get_perms(store, 0, "/a/b", &count);
		cr_assert_not_null(got);
		cr_expect_eq(count, 2);
		cr_expect_eq(got[1].domid, 6);
		free(got);
		cr_expect_null(store_read(store, 0, "/a/c", NULL));
	}
	text = store_control(store, (const char *[]){"quota", "5"}, 2);
	cr_expect_not_null(strstr(text, " 77 (its own)"), "%s", text);
	free(text);
	text = store_control(store, (const char *[]){"check"}, 1);
	cr_expect_str_eq(text, "OK");
	free(text);
}

/* The child that shortens the file shares every socket with the daemon. */
Test(stored_restart, connections_end_while_the_file_is_shortened)
{
	static char value[2048];
	char path[32];
	struct stat st;
	off_t size = 0;
	int shortened = 0;

	memset(value, 'x', sizeof(value));
	for (int i = 0; shortened < 3; i++) {
		struct store *other = store_open_path(stored_socket);

		cr_assert_not_null(other);
		snprintf(path, sizeof(path), "/big/%d", i % 2000);
		cr_assert_eq(store_write(other, 0, path, value, sizeof(value)),
			     0);
		store_close(other);
		cr_assert_eq(stat(stored_state, &st), 0);
		shortened += st.st_size < size;
		size = st.st_size;
	}
	expect_value("/local/domain/0/name", "Domain-0");
}

Test(stored_restart, a_handles_watches_fire_once_and_go_on)
{
	int fd = store_fd(store);
	char *p, *t;

	cr_assert_eq(store_watch(store, "/w", "tok"), 0);
	expect_event("/w", "tok");
	restart();
	expect_event("/w", "tok");
	cr_expect_eq(store_fd(store), fd);
	cr_assert_eq(store_write(store, 0, "/w/x", "", 0), 0);
	expect_event("/w/x", "tok");
	cr_expect_eq(store_read_watch(store, &p, &t), -EAGAIN);
}

Test(stored_restart, a_transaction_over_a_socket_is_to_be_tried_again)
{
	static const struct store_node nodes[] = {
		{.path = "/t/a", .value = "x", .len = 1},
		{.path = "/t/b", .value = "x", .len = 1},
	};
	uint32_t txn;

	cr_assert_eq(store_txn_start(store, &txn), 0);
	cr_assert_eq(store_write(store, txn, "/t", "x", 1), 0);
	restart();
	cr_expect_eq(store_write(store, txn, "/t", "y", 1), -EAGAIN);
	cr_expect_eq(store_write_nodes(store, txn, nodes, 2), -EAGAIN);
	cr_expect_eq(store_txn_commit(store, txn), -EAGAIN);
	cr_expect_null(store_read(store, 0, "/t", NULL));
	cr_assert_eq(store_txn_start(store, &txn), 0);
	restart();
	store_mkdir(store, 0, "/other");
	cr_expect_eq(store_txn_abort(store, txn), 0);
	/* The loss is noticed while they are written. */
	cr_assert_eq(store_txn_start(store, &txn), 0);
	restart();
	cr_expect_eq(store_write_nodes(store, txn, nodes, 2), -EAGAIN);
	cr_expect_eq(store_txn_commit(store, txn), -EAGAIN);
}

/* On a busy machine it takes a dead process a while to let go of them. */
Test(stored_restart, ports_that_the_dead_daemon_still_has_are_waited_for)
{
	struct guest g = {.domid = 3};

	introduce(3);
	guest_ask(&g, XS_WRITE, "x\0old", 5);
	stored_end();
	fake_hold_ports(12);
	start();
	cr_expect_str_eq(guest_ask(&g, XS_READ, "x", 2), "old");
}

Test(stored_restart, a_guest_goes_on_in_its_transaction)
{
	struct guest g = {.domid = 3};
	uint32_t txn;

	introduce(3);
	guest_ask(&g, XS_WRITE, "x\0old", 5);
	txn = (uint32_t)strtoul(guest_ask(&g, XS_TRANSACTION_START, "", 1),
				NULL, 10);
	guest_request(&g, XS_WRITE, txn, "x\0new", 5);
	guest_receive(&g);
	restart();
	cr_expect_str_eq(guest_ask(&g, XS_READ, "x", 2), "old");
	guest_request(&g, XS_READ, txn, "x", 2);
	guest_receive(&g);
	cr_expect_str_eq(g.reply, "new");
	guest_request(&g, XS_TRANSACTION_END, txn, "T", 2);
	guest_receive(&g);
	cr_expect_str_eq(g.reply, "OK");
	cr_expect_str_eq(guest_ask(&g, XS_READ, "x", 2), "new");
}

Test(stored_restart, a_guests_watches_stay_and_do_not_fire)
{
	struct guest g = {.domid = 3};

	introduce(3);
	cr_expect_str_eq(guest_ask(&g, XS_WATCH, "w\0t", 4), "OK");
	guest_receive(&g);
	cr_expect_eq(g.header.type, XS_WATCH_EVENT);
	restart();
	/* The next message is this reply, and only then comes an event. */
	cr_expect_str_eq(guest_ask(&g, XS_READ, "domid", 6), "ENOENT");
	store_write(store, 0, "/local/domain/3/w/x", "", 0);
	guest_receive(&g);
	cr_expect_eq(g.header.type, XS_WATCH_EVENT);
	cr_expect_str_eq(g.reply, "w/x");
}

Test(stored_restart, half_a_request_is_completed)
{
	struct xsd_sockmsg header = {.type = XS_WRITE};
	struct guest g = {.domid = 3};
	char payload[3002];

	introduce(3);
	memset(payload, 'v', sizeof(payload));
	memcpy(payload, "x", 2);
	/* Beyond the guest's quota of a value's size otherwise. */
	free(store_control(
		store, (const char *[]){"quota", "set", "node-size", "4000"},
		4));
	header.len = sizeof(payload);
	guest_put(&g, &header, 7);
	restart();
	guest_put(&g, (char *)&header + 7, sizeof(header) - 7);
	/* More than a ring holds, so some of it is the journal's. */
	guest_put(&g, payload, 2500);
	restart();
	guest_put(&g, payload + 2500, sizeof(payload) - 2500);
	guest_receive(&g);
	cr_expect_str_eq(g.reply, "OK");
	guest_ask(&g, XS_READ, "x", 2);
	cr_expect_eq(g.header.len, 3000);
	cr_expect_arr_eq(g.reply, payload + 2, 3000);
}

Test(stored_restart, half_a_reply_is_completed)
{
	struct guest kernel = {.domid = 0};
	char value[3000];

	memset(value, 'q', sizeof(value));
	cr_assert_eq(store_write(store, 0, "/big", value, sizeof(value)), 0);
	guest_request(&kernel, XS_READ, 0, "/big", 5);
	/* The first part fills the ring. */
	while (__atomic_load_n(&fake_page(0)->rsp_prod, __ATOMIC_ACQUIRE) <
	       XENSTORE_RING_SIZE)
		fake_wait(0, &kernel.seen);
	restart();
	guest_receive(&kernel);
	cr_expect_eq(kernel.header.len, sizeof(value));
	cr_expect_arr_eq(kernel.reply, value, sizeof(value));
	cr_expect_str_eq(guest_ask(&kernel, XS_READ, "name", 5), "Domain-0");
}

Test(stored_restart, what_a_guest_did_to_the_page_does_not_matter)
{
	struct xenstore_domain_interface *p = fake_page(3);
	struct guest g = {.domid = 3};
	uint32_t cons, prod;

	introduce(3);
	guest_ask(&g, XS_WRITE, "x\0y", 3);
	cons = p->req_cons;
	prod = p->rsp_prod;
	stored_end();
	p->req_cons = 0xdeadbeef;
	p->rsp_prod = 0xdeadbeef;
	start();
	cr_expect_eq(p->req_cons, cons);
	cr_expect_eq(p->rsp_prod, prod);
	cr_expect_str_eq(guest_ask(&g, XS_READ, "x", 2), "y");
}

Test(stored_restart, a_domain_that_died_meanwhile_is_cleaned_up)
{
	struct guest g = {.domid = 4};

	introduce(3);
	introduce(4);
	cr_assert_eq(store_watch(store, "@releaseDomain", "rel"), 0);
	expect_event("@releaseDomain", "rel");
	stored_end();
	fake_set_domain(3, false, false);
	start();
	expect_event("@releaseDomain", "rel");
	cr_expect_eq(store_is_introduced(store, 3), 0);
	cr_expect_eq(store_is_introduced(store, 4), 1);
	cr_expect_str_eq(guest_ask(&g, XS_WRITE, "x\0y", 3), "OK");
}

static void tear_last_byte(void)
{
	struct journal_image image;
	struct record r;
	size_t last = 0, at;
	char byte;
	int fd;

	cr_assert_eq(journal_load(stored_state, &image), 0);
	for (;;) {
		at = (size_t)(image.reader.at - image.map);
		if (record_next(&image.reader, &r) <= 0)
			break;
		last = at;
	}
	journal_unload(&image);
	fd = open(stored_state, O_RDWR);
	cr_assert_eq(pread(fd, &byte, 1, (off_t)last + 20), 1);
	byte ^= 1;
	cr_assert_eq(pwrite(fd, &byte, 1, (off_t)last + 20), 1);
	close(fd);
}

Test(stored_restart, a_damaged_end_is_cut_off_and_said)
{
	store_write(store, 0, "/first", "1", 1);
	store_write(store, 0, "/last", "2", 1);
	stored_end();
	tear_last_byte();
	start();
	cr_expect_not_null(strstr(said, "is damaged at byte"), "%s", said);
	expect_value("/first", "1");
	cr_expect_null(store_read(store, 0, "/last", NULL));
}

Test(stored_restart, a_file_of_something_else_gives_an_empty_store)
{
	int fd;

	store_write(store, 0, "/first", "1", 1);
	stored_end();
	fd = open(stored_state, O_WRONLY | O_TRUNC);
	cr_assert_eq(write(fd, "this is no state file, but long enough", 38),
		     38);
	close(fd);
	start();
	cr_expect_not_null(strstr(said, "begins empty"), "%s", said);
	cr_expect_null(store_read(store, 0, "/first", NULL));
	expect_value("/local/domain/0/name", "Domain-0");
}

Test(stored_restart, a_long_journal_is_replaced_while_requests_go_on)
{
	struct stat st;
	char value[2000];

	memset(value, 'v', sizeof(value));
	for (int i = 0; i < 4000; i++) {
		cr_assert_eq(store_write(store, 0, "/n", value, sizeof(value)),
			     0);
		cr_assert_eq(store_writef(store, 0, "/i", "%d", i), 0);
	}
	cr_assert_eq(stat(stored_state, &st), 0);
	cr_expect_lt(st.st_size, 7 << 20, "8 MB went through it: %ld",
		     (long)st.st_size);
	restart();
	expect_value("/i", "3999");
}

static void *write_for_ever(void *arg)
{
	struct store *mine = store_open_path(stored_socket);
	volatile bool *stop = arg;

	for (unsigned int i = 0; !*stop; i++)
		cr_assert_eq(store_writef(mine, 0, "/busy", "%u", i), 0);
	store_close(mine);
	return NULL;
}

/* The other one never stops writing what this one reads. */
Test(stored_restart, a_transaction_that_loses_wins_in_the_end)
{
	volatile bool stop = false;
	pthread_t writer;
	int tries = 0, rc;
	uint64_t n;

	store_write(store, 0, "/busy", "0", 1);
	pthread_create(&writer, NULL, write_for_ever, (void *)&stop);
	do {
		uint32_t txn;

		cr_assert_eq(store_txn_start(store, &txn), 0);
		for (int i = 0; i < 200; i++)
			cr_assert_eq(store_read_u64(store, txn, "/busy", &n),
				     0);
		store_write(store, txn, "/won", "", 0);
		rc = store_txn_commit(store, txn);
		cr_assert_lt(++tries, 100);
	} while (rc == -EAGAIN);
	cr_expect_eq(rc, 0);
	stop = true;
	pthread_join(writer, NULL);
}
