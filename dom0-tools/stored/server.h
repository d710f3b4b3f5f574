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
 *
 * Whatever is done stands in the state file first (journal.h). So a daemon
 * that was killed at any point is followed by one that goes on where it was:
 * guests' rings are mapped and bound again, requests and replies that were
 * half in them are finished, and each is carried out once. Clients on sockets
 * have to connect anew (lib/store.h does).
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
	int listen_fd;		 /* of the daemon before; 0: open one */
	const char *state_path;	 /* the state file; NULL: none is kept */
	bool no_state;		 /* the command line says so */
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
/*
 * It returned because of a request to start anew (CONTROL live-update): the
 * program, as long as the server is there, or NULL for the same.
 */
bool server_wants_restart(const struct server *s, const char **program);
/*
 * The listening socket, for the next daemon, so that clients which connect
 * meanwhile wait instead of being refused. server_stop() then leaves it.
 */
int server_give_listener(struct server *s);
/* Also removes the socket. The state file stays. */
void server_stop(struct server *s);

#endif
