/* SPDX-License-Identifier: MIT */
/*
 * How long a client waits for the store's daemon: for one that may come back
 * a while, for one that is not going to come once at most. Time is counted in
 * naps, and none of them is slept.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/store.h"
#include "stored/server.h"

static char dir[] = "/tmp/reconnect-XXXXXX";
static char socket_path[64];
static struct server *server;
static pthread_t thread;
static int stop_fd;

static bool naps_are_counted;
static unsigned int naps, start_at; /* the daemon, at that nap; 0: never */
static uint64_t napped_ms;

static bool stop_now(int fd)
{
	(void)fd;
	return true;
}

static void *serve(void *arg)
{
	(void)arg;
	cr_assert_eq(server_run(server, stop_fd, stop_now), 0);
	return NULL;
}

static void daemon_start(void)
{
	struct server_options o = {.socket_path = socket_path};
	char why[256] = "";

	server = server_start(&o, why, sizeof(why));
	cr_assert_not_null(server, "%s", why);
	stop_fd = eventfd(0, EFD_CLOEXEC);
	cr_assert_eq(pthread_create(&thread, NULL, serve, NULL), 0);
}

static void daemon_stop(void)
{
	eventfd_write(stop_fd, 1);
	pthread_join(thread, NULL);
	server_stop(server);
	close(stop_fd);
	server = NULL;
}

/* In the place of libc's, for the whole program. */
int nanosleep(const struct timespec *time, struct timespec *left)
{
	if (!naps_are_counted)
		return clock_nanosleep(CLOCK_REALTIME, 0, time, left);
	naps++;
	napped_ms += (uint64_t)time->tv_sec * 1000 +
		     (uint64_t)time->tv_nsec / 1000000;
	if (naps == start_at)
		daemon_start();
	return 0;
}

static void begin(void)
{
	cr_assert_not_null(mkdtemp(dir));
	snprintf(socket_path, sizeof(socket_path), "%s/socket", dir);
	setenv("XENSTORED_PATH", socket_path, 1);
	naps_are_counted = true;
}

static void end(void)
{
	naps_are_counted = false;
	if (server)
		daemon_stop();
	unlink(socket_path);
	rmdir(dir);
}

TestSuite(stored_reconnect, .init = begin, .fini = end, .timeout = 60);

/* What a killed daemon leaves: a socket on which nobody listens. */
static void leave_a_socket(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, socket_path);
	cr_assert_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
}

Test(stored_reconnect, one_that_never_was_is_not_waited_for)
{
	cr_assert_null(store_open());
	cr_expect_eq(errno, ENOENT);
	cr_expect_eq(naps, 0);
}

Test(stored_reconnect, one_that_was_killed_is_waited_for_when_opening)
{
	struct store *store;

	leave_a_socket();
	start_at = 7;
	store = store_open();
	cr_assert_not_null(store);
	cr_expect_eq(naps, 7);
	cr_expect_eq(store_mkdir(store, 0, "/a"), 0);
	store_close(store);
}

Test(stored_reconnect, one_that_stays_dead_is_given_up_when_opening)
{
	leave_a_socket();
	cr_assert_null(store_open());
	cr_expect_eq(errno, ECONNREFUSED);
	cr_expect_eq(napped_ms, STORE_START_MS);
}

Test(stored_reconnect, one_that_goes_and_comes_is_waited_for)
{
	struct store *store;

	daemon_start();
	store = store_open();
	cr_assert_not_null(store);
	daemon_stop();
	start_at = 9;
	cr_expect_eq(store_mkdir(store, 0, "/a"), 0);
	cr_expect_eq(naps, 9);
	store_close(store);
}

Test(stored_reconnect, one_that_goes_for_good_is_waited_for_once)
{
	struct store *store;

	daemon_start();
	store = store_open();
	cr_assert_not_null(store);
	daemon_stop();
	cr_expect_eq(store_mkdir(store, 0, "/a"), -ENOENT);
	cr_expect_eq(napped_ms, STORE_RECONNECT_MS);
	for (int i = 0; i < 5; i++)
		cr_expect_eq(store_mkdir(store, 0, "/b"), -ENOENT);
	cr_expect_eq(napped_ms, STORE_RECONNECT_MS);
	/* Found again without a nap, it is worth waiting for again. */
	daemon_start();
	cr_expect_eq(store_mkdir(store, 0, "/c"), 0);
	cr_expect_eq(napped_ms, STORE_RECONNECT_MS);
	daemon_stop();
	cr_expect_eq(store_mkdir(store, 0, "/d"), -ENOENT);
	cr_expect_eq(napped_ms, 2 * STORE_RECONNECT_MS);
	store_close(store);
}
