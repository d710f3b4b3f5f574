/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the daemon share: server.c (sockets, turns, the loop),
 * guests.c (rings, ports, which domains there are) and state.c (the state
 * file). Nobody else includes it.
 */
#ifndef DOM0_TOOLS_STORED_SERVER_IMPL_H
#define DOM0_TOOLS_STORED_SERVER_IMPL_H

#include <stdint.h>
#include <sys/un.h>

#include "stored/client.h"
#include "stored/core.h"
#include "stored/journal.h"
#include "stored/ring.h"
#include "stored/server.h"
#include "stored/xen.h"

struct conn {
	struct conn *next, **link; /* all of them */
	struct conn *ready_next;   /* in the queue */
	bool is_ready, gone;
	bool waits;	       /* for the favoured transaction */
	struct client *client; /* NULL once gone */

	/* A socket. */
	int fd;
	bool readable, writable;
	uint32_t polled; /* what epoll was asked for */

	/* A ring. */
	uint16_t domid;
	uint64_t break_count;
	struct ring ring;
	struct xen_mapping mapping; /* page NULL: the kernel's own */
	uint32_t port;
};

struct server {
	struct core *core;
	int epoll_fd, listen_fd;
	char socket_path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	server_log_fn *log;
	bool stopped, restart;
	char program[256]; /* to start then; empty: the same */
	struct conn *conns;
	struct conn *ready, **ready_tail;
	size_t wait_count;	/* connections that wait */
	uint64_t wait_until_ns; /* 0: nobody waits */

	uint64_t seed;
	struct journal journal;

	bool has_domains;
	struct xen xen;
	struct conn **by_port;
	size_t port_room;
	struct conn **by_domid; /* DOMID_FIRST_RESERVED of them */
};

/* server.c */
void server_say(struct server *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* `client` NULL: a new one. */
struct conn *conn_new(struct server *s, uint16_t domid, struct client *client);
/* Frees it at its next turn. */
void conn_drop(struct server *s, struct conn *c);
void conn_queue(struct server *s, struct conn *c);
int server_watch_fd(struct server *s, int fd, void *mark);

/* guests.c */
int guests_open(struct server *s, char *why, size_t why_size);
void guests_close(struct server *s);
int guests_introduce(void *arg, uint16_t domid, uint64_t mfn, uint32_t port);
void guests_release(void *arg, uint16_t domid);
/* One more look at the ports, and at the domains if they changed. */
void guests_take_ports(struct server *s);
/* The other side of a ring begins anew. */
void guests_restart(struct server *s, struct conn *c);
/* The ring's mapping, on the way out. */
void guests_unmap(struct server *s, struct conn *c);

/* state.c: before the thing is done, but for introduced and sent. */
void state_request(struct server *s, struct client *c,
		   const struct xsd_sockmsg *header, const char *payload);
void state_client(struct server *s, struct client *c);
void state_free(struct server *s, struct client *c);
void state_introduced(struct server *s, int rc, const struct client *c);
void state_input(struct server *s, const struct client *c, const char *data,
		 size_t len);
void state_sent(struct server *s, const struct client *c, size_t len);
void state_reset(struct server *s, const struct client *c, bool ignored);
void state_shutdown(struct server *s, uint16_t domid);
void state_gone(struct server *s, const uint16_t *domids, size_t count);
/* Replaces the file when it is long; and after a child has ended. */
void state_compact(struct server *s);
void state_compacted(struct server *s);
/*
 * Makes s->core, from the file if there is one; *is_new tells that there was
 * none. 0 or -errno.
 */
int state_open(struct server *s, const char *path, const struct core_host *host,
	       bool *is_new);

#endif
