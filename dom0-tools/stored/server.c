/* SPDX-License-Identifier: MIT */
/*
 * The loop of the store daemon, see the header.
 *
 * A connection is freed in one place only, reap(), at the head of the queue;
 * whoever wants to be rid of it marks it `gone` and queues it. So a pointer to
 * a connection is good for the whole of a turn.
 */
#define _GNU_SOURCE /* accept4() */

#include "stored/server.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "stored/client.h"
#include "stored/core.h"
#include "stored/ring.h"
#include "stored/xen.h"

#define REQUESTS_PER_TURN 16
#define EVENTS_PER_WAIT	  64
#define PORTS_PER_TURN	  64

struct conn {
	struct conn *next, **link; /* all of them */
	struct conn *ready_next;   /* in the queue */
	bool is_ready, gone;
	bool ignored; /* a ring that broke the protocol */
	uint64_t break_count;
	bool is_ring;
	struct client *client; /* NULL once gone */
	struct input in;

	/* A socket. */
	int fd;
	bool readable, writable;
	uint32_t polled; /* what epoll was asked for */

	/* A ring. */
	uint16_t domid;
	struct ring ring;
	struct xen_mapping mapping; /* page NULL: the kernel's own */
	uint32_t port;
};

struct server {
	struct core *core;
	int epoll_fd, listen_fd;
	char socket_path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	server_log_fn *log;
	bool stopped;
	struct conn *conns;
	struct conn *ready, **ready_tail;

	bool has_domains;
	struct xen xen;
	struct conn **by_port;
	size_t port_room;
	struct conn **by_domid; /* DOMID_FIRST_RESERVED of them */
};

static void say(struct server *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct server *s, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (s->log)
		s->log(line);
}

static void queue_conn(struct server *s, struct conn *c)
{
	if (c->is_ready)
		return;
	c->is_ready = true;
	c->ready_next = NULL;
	*s->ready_tail = c;
	s->ready_tail = &c->ready_next;
}

static struct conn *conn_new(struct server *s, uint16_t domid)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->client = client_new(s->core, domid);
	if (!c->client) {
		free(c);
		return NULL;
	}
	c->client->io = c;
	c->domid = domid;
	c->fd = -1;
	c->next = s->conns;
	c->link = &s->conns;
	if (c->next)
		c->next->link = &c->next;
	s->conns = c;
	return c;
}

/* The last rites, when nobody can refer to it any more. */
static void reap(struct server *s, struct conn *c)
{
	if (c->client)
		client_free(c->client);
	if (c->fd >= 0)
		close(c->fd);
	if (c->is_ring && c->mapping.page)
		xen_unmap_ring(&s->xen, &c->mapping);
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	free(c);
}

static void drop(struct server *s, struct conn *c)
{
	c->gone = true;
	queue_conn(s, c);
}

/* Sockets. */

static void poll_for(struct server *s, struct conn *c, uint32_t events)
{
	struct epoll_event e = {.events = events, .data.ptr = c};

	if (events == c->polled)
		return;
	c->polled = events;
	epoll_ctl(s->epoll_fd, EPOLL_CTL_MOD, c->fd, &e);
}

static void socket_accept(struct server *s)
{
	struct epoll_event e = {.events = EPOLLIN};
	struct conn *c;
	int fd;

	fd = accept4(s->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	c = conn_new(s, 0);
	if (!c) {
		close(fd);
		return;
	}
	c->fd = fd;
	c->polled = EPOLLIN;
	c->writable = true;
	e.data.ptr = c;
	if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &e))
		drop(s, c);
}

/* How much was taken off; 0 when nothing can be now; -errno. */
static int socket_write(struct conn *c, const void *data, size_t len)
{
	ssize_t n;

	if (!c->writable)
		return 0;
	n = send(c->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		c->writable = errno == EINTR;
		return 0;
	}
	return n < 0 ? -errno : (int)n;
}

static int socket_read(struct conn *c, void *buf, size_t room)
{
	ssize_t n;

	if (!c->readable)
		return 0;
	c->readable = false;
	n = recv(c->fd, buf, room, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	return n ? (int)n : -ECONNRESET;
}

/* One turn of any connection. */

static int conn_flush(struct conn *c, bool *moved)
{
	const char *data;
	size_t len;
	int n;

	while ((data = client_peek(c->client, &len))) {
		n = c->is_ring ? ring_write(&c->ring, data, len)
			       : socket_write(c, data, len);
		if (n <= 0)
			return n;
		*moved = true;
		client_consume(c->client, (size_t)n);
	}
	return 0;
}

static int conn_fill(struct conn *c, bool *moved)
{
	size_t room;
	char *space = input_space(&c->in, &room);
	int n;

	if (!room)
		return 0;
	n = c->is_ring ? ring_read(&c->ring, space, room)
		       : socket_read(c, space, room);
	if (n > 0) {
		c->in.end += (size_t)n;
		*moved = true;
	}
	return n < 0 ? n : 0;
}

/*
 * 0 or what is wrong with the connection. *more: the turn ended before its
 * work did, so no event can be waited for.
 */
static int conn_serve(struct server *s, struct conn *c, bool *moved, bool *more)
{
	struct xsd_sockmsg header;
	const char *payload;
	int rc;

	*more = true;
	rc = conn_flush(c, moved);
	for (int i = 0; i < REQUESTS_PER_TURN && !rc; i++) {
		if (client_is_behind(c->client))
			break;
		if (!input_has_message(&c->in)) {
			rc = conn_fill(c, moved);
			if (rc)
				return rc;
		}
		rc = input_next(&c->in, &header, &payload);
		if (rc <= 0) {
			*more = false;
			break;
		}
		core_request(s->core, c->client, &header, payload, header.len);
		rc = c->client->dropped ? -ENOMEM : 0;
	}
	if (!rc)
		rc = conn_flush(c, moved);
	/* Then the other end must read first, which brings an event. */
	if (client_is_behind(c->client))
		*more = false;
	return rc;
}

/* A broken guest keeps its ring, so that a reset can heal it. */
static void ignore_ring(struct server *s, struct conn *c, int rc)
{
	/* It may do so for ever: log the 1st, 2nd, 4th, 8th... time. */
	c->break_count++;
	if (!(c->break_count & (c->break_count - 1)))
		say(s, "domain %u: its store ring is ignored from now on: %s",
		    c->domid,
		    rc == -EPROTO ? "a message longer than 4096 bytes"
		    : rc == -EIO  ? "impossible indices"
				  : strerror(-rc));
	ring_set_error(&c->ring, rc == -EPROTO ? XENSTORE_ERROR_PROTO
				 : rc == -EIO  ? XENSTORE_ERROR_RINGIDX
					       : XENSTORE_ERROR_COMM);
	c->ignored = true;
	client_reset(c->client);
}

static void forget(struct conn *c)
{
	client_reset(c->client);
	c->client->dropped = false;
	c->in.begin = c->in.end = 0;
	c->ignored = false;
}

static void ring_turn(struct server *s, struct conn *c)
{
	bool moved = false, more = false;
	int rc;

	if (ring_wants_reset(&c->ring)) {
		forget(c);
		ring_reset(&c->ring);
		xen_notify(&s->xen, c->port);
	}
	if (c->ignored)
		return;
	rc = conn_serve(s, c, &moved, &more);
	if (rc)
		ignore_ring(s, c, rc);
	if (moved || rc)
		xen_notify(&s->xen, c->port);
	if (!rc && more)
		queue_conn(s, c);
}

static void socket_turn(struct server *s, struct conn *c)
{
	bool moved = false, more = false;
	uint32_t events = 0;
	size_t len;

	if (conn_serve(s, c, &moved, &more)) {
		drop(s, c);
		return;
	}
	if (!client_is_behind(c->client))
		events |= EPOLLIN;
	if (client_peek(c->client, &len))
		events |= EPOLLOUT;
	poll_for(s, c, events);
	if (more)
		queue_conn(s, c);
}

/* Serves those that are in the queue now; who comes back is for the next. */
static void run_queue(struct server *s)
{
	struct conn *c = s->ready;

	s->ready = NULL;
	s->ready_tail = &s->ready;
	while (c) {
		struct conn *next = c->ready_next;

		c->is_ready = false;
		if (c->gone)
			reap(s, c);
		else if (c->is_ring)
			ring_turn(s, c);
		else
			socket_turn(s, c);
		c = next;
	}
}

/* Rings. */

static int map_port(struct server *s, struct conn *c, uint32_t port)
{
	if (port >= s->port_room) {
		size_t room = s->port_room ? s->port_room : 64;
		struct conn **grown;

		while (room <= port)
			room *= 2;
		grown = realloc(s->by_port, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		memset(grown + s->port_room, 0,
		       (room - s->port_room) * sizeof(*grown));
		s->by_port = grown;
		s->port_room = room;
	}
	s->by_port[port] = c;
	c->port = port;
	return 0;
}

static int bind_ring(struct server *s, struct conn *c, uint32_t remote_port)
{
	int port, rc;

	port = xen_bind(&s->xen, c->domid, remote_port);
	if (port < 0)
		return port;
	rc = map_port(s, c, (uint32_t)port);
	if (rc)
		xen_unbind(&s->xen, (uint32_t)port);
	return rc;
}

static void unbind_ring(struct server *s, struct conn *c)
{
	if (!c->port)
		return;
	xen_unbind(&s->xen, c->port);
	s->by_port[c->port] = NULL;
	c->port = 0;
}

static int connect_ring(struct server *s, uint16_t domid, uint64_t mfn,
			uint32_t remote_port)
{
	struct conn *c = conn_new(s, domid);
	int rc;

	if (!c)
		return -ENOMEM;
	c->is_ring = true;
	rc = xen_map_ring(&s->xen, domid, mfn, &c->mapping);
	if (rc) {
		say(s, "domain %u: cannot map its store ring, frame %#llx: %s",
		    domid, (unsigned long long)mfn, strerror(-rc));
		goto fail;
	}
	rc = bind_ring(s, c, remote_port);
	if (rc) {
		say(s, "domain %u: cannot bind to its store port %u: %s", domid,
		    remote_port, strerror(-rc));
		goto fail;
	}
	ring_attach(&c->ring, c->mapping.page);
	s->by_domid[domid] = c;
	/* What it asked before we were there. */
	queue_conn(s, c);
	return 0;
fail:
	reap(s, c);
	return rc;
}

static int host_introduce(void *arg, uint16_t domid, uint64_t mfn,
			  uint32_t port)
{
	struct server *s = arg;
	struct conn *c;
	int rc;

	if (!s->has_domains)
		return -ENOSYS;
	c = s->by_domid[domid];
	if (!c)
		return connect_ring(s, domid, mfn, port);

	unbind_ring(s, c);
	rc = bind_ring(s, c, port);
	if (rc)
		return rc;
	forget(c);
	ring_reset(&c->ring);
	queue_conn(s, c);
	return 0;
}

static void host_release(void *arg, uint16_t domid)
{
	struct server *s = arg;
	struct conn *c = s->has_domains ? s->by_domid[domid] : NULL;

	if (!c)
		return;
	s->by_domid[domid] = NULL;
	unbind_ring(s, c);
	/* The core frees it as soon as we return. */
	c->client = NULL;
	drop(s, c);
}

static void host_wake(void *arg, struct client *client)
{
	if (client->io)
		queue_conn(arg, client->io);
}

static void host_log(void *arg, const char *line)
{
	say(arg, "%s", line);
}

/* Which of the domains that the store knows are there no more? */

struct census {
	struct server *s;
	uint8_t alive[DOMID_FIRST_RESERVED];
	uint16_t gone[DOMID_FIRST_RESERVED];
	size_t gone_count;
};

static void census_note(void *arg, uint16_t domid, bool dying, bool shutdown)
{
	struct census *n = arg;

	if (domid >= DOMID_FIRST_RESERVED || dying)
		return;
	n->alive[domid] = 1;
	if (shutdown)
		core_domain_shutdown(n->s->core, domid);
}

static void check_domains(struct server *s)
{
	struct census *n = calloc(1, sizeof(*n));
	int rc;

	if (!n)
		return;
	n->s = s;
	rc = xen_list_domains(&s->xen, census_note, n);
	if (rc) {
		say(s, "cannot list the domains: %s; none is taken for dead",
		    strerror(-rc));
		goto out;
	}
	for (struct domain *d = s->core->domain_list; d; d = d->next) {
		if (d->domid && !n->alive[d->domid])
			n->gone[n->gone_count++] = d->domid;
	}
	core_domains_gone(s->core, n->gone, n->gone_count);
out:
	free(n);
}

static void take_ports(struct server *s)
{
	for (int i = 0; i < PORTS_PER_TURN; i++) {
		int port = xen_next_event(&s->xen);

		if (port < 0)
			return;
		if (port == s->xen.virq_port)
			check_domains(s);
		else if ((size_t)port < s->port_room && s->by_port[port])
			queue_conn(s, s->by_port[port]);
	}
}

/* The loop. */

static void socket_event(struct server *s, struct conn *c, uint32_t events)
{
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		c->readable = true;
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		c->writable = true;
	queue_conn(s, c);
}

static int watch_fd(struct server *s, int fd, void *mark)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = mark};

	return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &e) ? -errno : 0;
}

int server_run(struct server *s, int wake_fd, server_wake_fn *fn)
{
	struct epoll_event events[EVENTS_PER_WAIT];
	int n, rc;

	rc = watch_fd(s, wake_fd, &wake_fd);
	if (rc)
		return rc;
	while (!s->stopped) {
		n = epoll_wait(s->epoll_fd, events, EVENTS_PER_WAIT,
			       s->ready ? 0 : -1);
		if (n < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < n; i++) {
			void *mark = events[i].data.ptr;

			if (mark == &wake_fd)
				s->stopped = fn(wake_fd);
			else if (mark == &s->listen_fd)
				socket_accept(s);
			else if (mark == &s->xen)
				take_ports(s);
			else
				socket_event(s, mark, events[i].events);
		}
		run_queue(s);
	}
	return 0;
}

/* Start and end. */

static int listen_on(struct server *s, const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	mode_t mask;
	int rc;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path) + 1);
	s->listen_fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->listen_fd < 0)
		return -errno;
	/* A leftover: the caller's lock says that nobody listens there. */
	unlink(path);
	mask = umask(0177);
	rc = bind(s->listen_fd, (struct sockaddr *)&addr, sizeof(addr));
	umask(mask);
	if (rc)
		return -errno;
	memcpy(s->socket_path, addr.sun_path, sizeof(s->socket_path));
	if (listen(s->listen_fd, SOMAXCONN))
		return -errno;
	return watch_fd(s, s->listen_fd, &s->listen_fd);
}

static int serve_kernel(struct server *s)
{
	struct conn *c = conn_new(s, 0);
	int rc;

	if (!c)
		return -ENOMEM;
	c->is_ring = true;
	rc = map_port(s, c, (uint32_t)s->xen.kernel_port);
	if (rc)
		return rc;
	ring_attach(&c->ring, s->xen.kernel_page);
	queue_conn(s, c);
	/* The kernel waits for this before it believes that we are here. */
	xen_notify(&s->xen, c->port);
	return watch_fd(s, s->xen.event_fd, &s->xen);
}

/* Through the front door, as a client of domain 0 would. */
static int seed(struct core *core)
{
	static const struct {
		uint32_t type;
		const char *payload;
		size_t len;
	} first[] = {
		{XS_MKDIR, "/tool/xenstored", sizeof("/tool/xenstored")},
		{XS_WRITE, "/local/domain/0/name\0Domain-0",
		 sizeof("/local/domain/0/name\0Domain-0") - 1},
		{XS_WRITE, "/local/domain/0/domid\0000",
		 sizeof("/local/domain/0/domid\0000") - 1},
		/* Other toolstacks want to see the pool of all CPUs. */
		{XS_WRITE, "/local/pool/0/name\0Pool-0",
		 sizeof("/local/pool/0/name\0Pool-0") - 1},
	};
	struct client *c = client_new(core, 0);

	if (!c)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		struct xsd_sockmsg header = {.type = first[i].type};

		core_request(core, c, &header, first[i].payload, first[i].len);
	}
	client_free(c);
	return tree_find(core->root, "/local/domain/0/domid") ? 0 : -ENOMEM;
}

static struct core *new_core(struct server *s)
{
	struct core_host host = {
		.arg = s,
		.introduce = host_introduce,
		.release = host_release,
		.wake = host_wake,
		.log = host_log,
	};
	uint64_t random;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return NULL;
	return core_new(&host, random);
}

struct server *server_start(const struct server_options *o, char *why,
			    size_t why_size)
{
	struct server *s = calloc(1, sizeof(*s));
	int rc = -ENOMEM;

	if (!s)
		goto fail;
	s->ready_tail = &s->ready;
	s->log = o->log;
	s->listen_fd = -1;
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	s->by_domid = calloc(DOMID_FIRST_RESERVED, sizeof(struct conn *));
	s->core = new_core(s);
	if (!s->core || !s->by_domid || s->epoll_fd < 0)
		goto fail;
	rc = seed(s->core);
	if (rc)
		goto fail;
	if (!o->no_domains) {
		rc = xen_open(&s->xen, why, why_size);
		if (rc)
			goto fail_explained;
		s->has_domains = true;
	}
	rc = listen_on(s, o->socket_path);
	if (rc) {
		snprintf(why, why_size,
			 "cannot listen on the socket %s: %s; is the directory "
			 "writable for this user?",
			 o->socket_path, strerror(-rc));
		goto fail_explained;
	}
	if (s->has_domains) {
		rc = serve_kernel(s);
		if (rc)
			goto fail;
	}
	return s;
fail:
	snprintf(why, why_size, "cannot start: %s", strerror(-rc));
fail_explained:
	if (s)
		server_stop(s);
	return NULL;
}

void server_stop(struct server *s)
{
	while (s->conns)
		reap(s, s->conns);
	if (s->core)
		core_free(s->core);
	if (s->socket_path[0])
		unlink(s->socket_path);
	if (s->listen_fd >= 0)
		close(s->listen_fd);
	if (s->has_domains)
		xen_close(&s->xen);
	if (s->epoll_fd >= 0)
		close(s->epoll_fd);
	free(s->by_port);
	free(s->by_domid);
	free(s);
}
