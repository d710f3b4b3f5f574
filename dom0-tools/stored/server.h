/* SPDX-License-Identifier: MIT */
/*
 * The daemon around the core: one thread and one epoll loop that moves bytes
 * between the connections (socket clients, domain 0's kernel, guests) and the
 * core.
 *
 * Connections that have something to do stand in one queue. Each in its turn
 * gets a bounded number of requests served and goes to the end, so that none
 * holds up the others. A guest that breaks the protocol is told so in its ring
 * and ignored until it asks for a reset, or is introduced anew.
 * Test: tests/unit/dom0-tools/stored/test_server.c, with a real socket and
 * guests' rings in memory (fake_xen.c), and on a machine in tests/system.
 */
#ifndef DOM0_TOOLS_STORED_SERVER_H
#define DOM0_TOOLS_STORED_SERVER_H

#include <stdbool.h>
#include <stddef.h>

struct server;

typedef void server_log_fn(const char *line);

struct server_options {
	const char *socket_path; /* its directory must exist */
	bool no_domains;	 /* the socket only, on any Linux */
	server_log_fn *log;
};

/*
 * Everything is ready when it returns: the socket listens, the kernel's ring
 * is served. NULL after a failure, and `why` has one line for the user.
 */
struct server *server_start(const struct server_options *o, char *why,
			    size_t why_size);
/*
 * Serves until `fn`, which is called whenever wake_fd is readable, returns
 * true; 0 or -errno.
 */
typedef bool server_wake_fn(int wake_fd);
int server_run(struct server *s, int wake_fd, server_wake_fn *fn);
/* Also removes the socket. */
void server_stop(struct server *s);

#endif
