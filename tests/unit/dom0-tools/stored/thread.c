/* SPDX-License-Identifier: MIT */
/* See thread.h. */
#include "dom0-tools/stored/thread.h"
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

char stored_dir[32], stored_socket[64], stored_state[64];
static struct server *server;
static pthread_t thread;
static int stop_fd;

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

void stored_make_dir(void)
{
	snprintf(stored_dir, sizeof(stored_dir), "/tmp/stored-XXXXXX");
	cr_assert_not_null(mkdtemp(stored_dir));
	snprintf(stored_socket, sizeof(stored_socket), "%s/socket", stored_dir);
	snprintf(stored_state, sizeof(stored_state), "%s/state", stored_dir);
}

void stored_start(const struct server_options *options)
{
	struct server_options o = {0};
	char why[256] = "";

	if (options)
		o = *options;
	o.socket_path = stored_socket;
	server = server_start(&o, why, sizeof(why));
	cr_assert_not_null(server, "%s", why);
	stop_fd = eventfd(0, EFD_CLOEXEC);
	cr_assert_eq(pthread_create(&thread, NULL, serve, NULL), 0);
}

void stored_end(void)
{
	eventfd_write(stop_fd, 1);
	pthread_join(thread, NULL);
	server_stop(server);
	close(stop_fd);
	server = NULL;
}

bool stored_runs(void)
{
	return server;
}

int stored_remove_dir(void)
{
	unlink(stored_socket);
	unlink(stored_state);
	return rmdir(stored_dir);
}
