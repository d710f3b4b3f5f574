/* SPDX-License-Identifier: MIT */
/*
 * How long a client waits for the store's daemon: for one that may come back
 * a while, for one that is not going to come once at most. Time is counted in
 * naps, and none of them is slept.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "dom0-tools/stored/thread.h"
#include "lib/store.h"

static bool naps_are_counted;
static unsigned int naps, start_at; /* the daemon, at that nap; 0: never */
static uint64_t napped_ms;

/* In the place of libc's, for the whole program. */
int nanosleep(const struct timespec *time, struct timespec *left)
{
	if (!naps_are_counted)
		return clock_nanosleep(CLOCK_REALTIME, 0, time, left);
	naps++;
	napped_ms += (uint64_t)time->tv_sec * 1000 +
		     (uint64_t)time->tv_nsec / 1000000;
	if (naps == start_at)
		stored_start(NULL);
	return 0;
}

static void begin(void)
{
	stored_make_dir();
	setenv("XENSTORED_PATH", stored_socket, 1);
	naps_are_counted = true;
}

static void end(void)
{
	naps_are_counted = false;
	if (stored_runs())
		stored_end();
	cr_expect_eq(stored_remove_dir(), 0);
}

TestSuite(stored_reconnect, .init = begin, .fini = end, .timeout = 60);

/* What a killed daemon leaves: a socket on which nobody listens. */
static void leave_a_socket(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, stored_socket);
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

	stored_start(NULL);
	store = store_open();
	cr_assert_not_null(store);
	stored_end();
	start_at = 9;
	cr_expect_eq(store_mkdir(store, 0, "/a"), 0);
	cr_expect_eq(naps, 9);
	store_close(store);
}

Test(stored_reconnect, one_that_goes_for_good_is_waited_for_once)
{
	struct store *store;

	stored_start(NULL);
	store = store_open();
	cr_assert_not_null(store);
	stored_end();
	cr_expect_eq(store_mkdir(store, 0, "/a"), -ENOENT);
	cr_expect_eq(napped_ms, STORE_RECONNECT_MS);
	for (int i = 0; i < 5; i++)
		cr_expect_eq(store_mkdir(store, 0, "/b"), -ENOENT);
	cr_expect_eq(napped_ms, STORE_RECONNECT_MS);
	/* Found again without a nap, it is worth waiting for again. */
	stored_start(NULL);
	cr_expect_eq(store_mkdir(store, 0, "/c"), 0);
	cr_expect_eq(napped_ms, STORE_RECONNECT_MS);
	stored_end();
	cr_expect_eq(store_mkdir(store, 0, "/d"), -ENOENT);
	cr_expect_eq(napped_ms, 2 * STORE_RECONNECT_MS);
	store_close(store);
}
