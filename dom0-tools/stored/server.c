/* SPDX-License-Identifier: MIT */
/*
 * The loop of the store daemon, see the header.
 *
 * A connection is freed in one place only, reap(), at the head of the queue;
 * whoever wants to be rid of it marks it `gone` and queues it. So a pointer to
 * a connection is good for the whole of a turn.
 */
#define _GNU_SOURCE /* accept4() */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "stored/server_impl.h"
#include "stored/txn.h"

#define REQUESTS_PER_TURN 16
#define EVENTS_PER_WAIT	  64
/* How long a favoured transaction may keep others waiting (txn.h). */
#define FAVOUR_NS 1000000000ull

void server_say(struct server *s, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (s->log)
		s->log(line);
}

void conn_queue(struct server *s, struct conn *c)
{
	if (c->is_ready)
		return;
	c->is_ready = true;
	c->ready_next = NULL;
	*s->ready_tail = c;
	s->ready_tail = &c->ready_next;
}

struct conn *conn_new(struct server *s, uint16_t domid, struct client *client)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->client = client ? client : client_new(s->core, domid);
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

/*
 * A child that shortens the state file has the socket too: so close() alone
 * would neither end the events, for a connection that is gone, nor tell the
 * other side.
 */
static void socket_close(struct server *s, int fd)
{
	epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	shutdown(fd, SHUT_RDWR);
	close(fd);
}

/* The last rites, when nobody can refer to it any more. */
static void reap(struct server *s, struct conn *c)
{
	if (c->waits)
		s->wait_count--;
	if (c->client) {
		state_free(s, c->client);
		client_free(c->client);
	}
	if (c->fd >= 0)
		socket_close(s, c->fd);
	guests_unmap(s, c);
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	free(c);
}

void conn_drop(struct server *s, struct conn *c)
{
	c->gone = true;
	conn_queue(s, c);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
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
	c = conn_new(s, 0, NULL);
	if (!c) {
		close(fd);
		return;
	}
	c->fd = fd;
	c->polled = EPOLLIN;
	c->writable = true;
	e.data.ptr = c;
	if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &e))
		conn_drop(s, c);
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

static int conn_flush(struct server *s, struct conn *c, bool *moved)
{
	struct client *client = c->client;
	const char *data;
	size_t len, sent = 0;
	int n = 0;

	while ((data = client_peek(client, &len))) {
		n = client->is_ring ? ring_write(&c->ring, data, len)
				    : socket_write(c, data, len);
		if (n <= 0)
			break;
		client_consume(client, (size_t)n);
		sent += (size_t)n;
	}
	if (sent && client->is_ring)
		state_sent(s, client, sent);
	*moved |= sent != 0;
	return n < 0 ? n : 0;
}

static int conn_fill(struct conn *c)
{
	struct client *client = c->client;
	size_t room;
	char *space = input_space(&client->in, &room);
	int n;

	if (!room)
		return 0;
	n = client->is_ring ? ring_read(&c->ring, space, room)
			    : socket_read(c, space, room);
	if (n > 0)
		client->in.end += (size_t)n;
	return n < 0 ? n : 0;
}

/* A request stays where it is until the favoured transaction has ended. */
static void conn_wait(struct server *s, struct conn *c)
{
	c->waits = true;
	if (!s->wait_count++)
		s->wait_until_ns = now_ns() + FAVOUR_NS;
}

/*
 * The next request, if there is a whole one: 1 served, 0 there is none that
 * can be served now, or what is wrong with the connection.
 */
static int conn_serve_one(struct server *s, struct conn *c)
{
	struct client *client = c->client;
	size_t begin;
	struct xsd_sockmsg header;
	const char *payload;
	int rc;

	if (!input_has_message(&client->in)) {
		rc = conn_fill(c);
		if (rc)
			return rc;
	}
	begin = client->in.begin;
	rc = input_next(&client->in, &header, &payload);
	if (rc <= 0)
		return rc;
	if (txn_must_wait(client, &header, payload, header.len)) {
		client->in.begin = begin;
		conn_wait(s, c);
		return 0;
	}
	state_request(s, client, &header, payload);
	client->in_pos += (uint32_t)(sizeof(header) + header.len);
	core_request(s->core, client, &header, payload, header.len);
	return client->dropped ? -ENOMEM : 1;
}

/*
 * 0 or what is wrong with the connection. *more: the turn ended before its
 * work did, so no event can be waited for.
 */
static int conn_serve(struct server *s, struct conn *c, bool *moved, bool *more)
{
	int rc;

	*more = true;
	rc = conn_flush(s, c, moved);
	for (int i = 0; i < REQUESTS_PER_TURN && !rc; i++) {
		if (client_is_behind(c->client))
			break;
		rc = conn_serve_one(s, c);
		if (rc < 0)
			return rc;
		if (!rc) {
			*more = false;
			break;
		}
		rc = 0;
	}
	if (!rc)
		rc = conn_flush(s, c, moved);
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
		server_say(s,
			   "domain %u: its store ring is ignored from now on: "
			   "%s",
			   c->domid,
			   rc == -EPROTO ? "a message longer than 4096 bytes"
			   : rc == -EIO	 ? "impossible indices"
					 : strerror(-rc));
	ring_set_error(&c->ring, rc == -EPROTO ? XENSTORE_ERROR_PROTO
				 : rc == -EIO  ? XENSTORE_ERROR_RINGIDX
					       : XENSTORE_ERROR_COMM);
	state_reset(s, c->client, true);
	client_ignore(c->client);
}

/*
 * Lets the other side see how far we are; true if that is news about its
 * requests. *more: it has written meanwhile.
 *
 * A request that came in part moves to the journal, because all that was read
 * has to be shown as read: Linux sends no event for bytes that it adds to
 * others which it believes unread.
 */
static bool publish(struct server *s, struct conn *c, bool *more)
{
	struct client *client = c->client;
	struct input *in = &client->in;
	uint32_t before = client->taken, loose;

	if ((int32_t)(client->in_pos - client->taken) > 0)
		client->taken = client->in_pos;
	loose = c->ring.req_cons - client->taken;
	if (loose && !client->ignored && !input_has_message(in)) {
		state_input(s, client, in->buf + in->end - loose, loose);
		client->taken = c->ring.req_cons;
	}
	*more = ring_publish(&c->ring, client->taken);
	return client->taken != before;
}

static void ring_turn(struct server *s, struct conn *c)
{
	bool moved = false, more = false, unread;
	int rc;

	if (ring_wants_reset(&c->ring)) {
		state_reset(s, c->client, false);
		guests_restart(s, c);
	}
	if (c->client->ignored)
		return;
	rc = conn_serve(s, c, &moved, &more);
	if (rc)
		ignore_ring(s, c, rc);
	moved |= publish(s, c, &unread);
	if (moved || rc)
		xen_notify(&s->xen, c->port);
	if (unread && !c->waits && !client_is_behind(c->client))
		more = true;
	if (!rc && more)
		conn_queue(s, c);
}

static void socket_turn(struct server *s, struct conn *c)
{
	bool moved = false, more = false;
	uint32_t events = 0;
	size_t len;

	if (conn_serve(s, c, &moved, &more)) {
		conn_drop(s, c);
		return;
	}
	if (!client_is_behind(c->client) && !c->waits)
		events |= EPOLLIN;
	if (client_peek(c->client, &len))
		events |= EPOLLOUT;
	poll_for(s, c, events);
	if (more)
		conn_queue(s, c);
}

/* What is sent to it need not wait. */
static void wait_turn(struct server *s, struct conn *c)
{
	bool moved = false, unread;
	size_t len;

	if (conn_flush(s, c, &moved) && !c->client->is_ring) {
		conn_drop(s, c);
	} else if (!c->client->is_ring) {
		poll_for(s, c, client_peek(c->client, &len) ? EPOLLOUT : 0);
	} else if (moved) {
		publish(s, c, &unread);
		xen_notify(&s->xen, c->port);
	}
}

/* Those who wait go on when the transaction has ended, or took too long. */
static void end_waits(struct server *s)
{
	if (!s->wait_count)
		return;
	if (s->core->favoured && now_ns() >= s->wait_until_ns)
		core_unfavour(s->core);
	if (s->core->favoured)
		return;
	for (struct conn *c = s->conns; c; c = c->next) {
		if (!c->waits)
			continue;
		c->waits = false;
		conn_queue(s, c);
	}
	s->wait_count = 0;
}

static int wait_ms(const struct server *s)
{
	uint64_t now = now_ns();

	if (s->ready)
		return 0;
	if (!s->wait_count)
		return -1;
	return now >= s->wait_until_ns
		       ? 0
		       : (int)((s->wait_until_ns - now) / 1000000 + 1);
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
		else if (c->waits)
			wait_turn(s, c);
		else if (c->client->is_ring)
			ring_turn(s, c);
		else
			socket_turn(s, c);
		c = next;
	}
}

static void host_wake(void *arg, struct client *client)
{
	if (client->io)
		conn_queue(arg, client->io);
}

static void host_log(void *arg, const char *line)
{
	server_say(arg, "%s", line);
}

/* The file is written anew, which also heals one that could not be written. */
static int host_restart(void *arg, const char *program)
{
	struct server *s = arg;
	char path[sizeof(s->journal.path)];
	int rc;

	if (!s->journal.path[0])
		return -ENOSYS;
	if (program && access(program, X_OK))
		return -errno;
	snprintf(s->program, sizeof(s->program), "%s", program ? program : "");
	memcpy(path, s->journal.path, sizeof(path));
	journal_close(&s->journal);
	rc = journal_create(&s->journal, path, s->seed, s->core);
	if (rc) {
		server_say(s, "cannot write the state file %s: %s", path,
			   strerror(-rc));
		return rc;
	}
	s->restart = true;
	return 0;
}

/* The loop. */

static void socket_event(struct server *s, struct conn *c, uint32_t events)
{
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		c->readable = true;
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		c->writable = true;
	conn_queue(s, c);
}

int server_watch_fd(struct server *s, int fd, void *mark)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = mark};

	return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &e) ? -errno : 0;
}

int server_run(struct server *s, int wake_fd, server_wake_fn *fn)
{
	struct epoll_event events[EVENTS_PER_WAIT];
	int n, rc;

	rc = server_watch_fd(s, wake_fd, &wake_fd);
	if (rc)
		return rc;
	while (!s->stopped && !s->restart) {
		n = epoll_wait(s->epoll_fd, events, EVENTS_PER_WAIT,
			       wait_ms(s));
		if (n < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < n; i++) {
			void *mark = events[i].data.ptr;

			if (mark == &wake_fd)
				s->stopped = fn(wake_fd);
			else if (mark == &s->listen_fd)
				socket_accept(s);
			else if (mark == &s->xen)
				guests_take_ports(s);
			else if (mark == &s->journal)
				state_compacted(s);
			else
				socket_event(s, mark, events[i].events);
		}
		run_queue(s);
		end_waits(s);
		state_compact(s);
	}
	return 0;
}

bool server_wants_restart(const struct server *s, const char **program)
{
	*program = s->program[0] ? s->program : NULL;
	return s->restart;
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
	return server_watch_fd(s, s->listen_fd, &s->listen_fd);
}

static int adopt_listener(struct server *s, const struct server_options *o)
{
	s->listen_fd = o->listen_fd;
	if (fcntl(s->listen_fd, F_SETFD, FD_CLOEXEC))
		return -errno;
	snprintf(s->socket_path, sizeof(s->socket_path), "%s", o->socket_path);
	return server_watch_fd(s, s->listen_fd, &s->listen_fd);
}

int server_give_listener(struct server *s)
{
	int fd = s->listen_fd;

	fcntl(fd, F_SETFD, 0);
	epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	s->listen_fd = -1;
	s->socket_path[0] = '\0';
	return fd;
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

/* The core and its file, before anybody is served. */
static int start_core(struct server *s, const char *path)
{
	struct core_host host = {
		.arg = s,
		.introduce = guests_introduce,
		.release = guests_release,
		.wake = host_wake,
		.log = host_log,
		.restart = host_restart,
	};
	bool is_new;
	int rc;

	rc = state_open(s, path, &host, &is_new);
	if (!rc && is_new)
		rc = seed(s->core);
	if (rc || !path)
		return rc;
	rc = journal_create(&s->journal, path, s->seed, s->core);
	if (rc)
		server_say(s,
			   "cannot write the state file %s: %s; a restart "
			   "will lose the store",
			   path, strerror(-rc));
	return 0;
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
	journal_init(&s->journal);
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	s->by_domid = calloc(DOMID_FIRST_RESERVED, sizeof(struct conn *));
	if (!s->by_domid || s->epoll_fd < 0)
		goto fail;
	rc = start_core(s, o->state_path);
	if (rc)
		goto fail;
	if (!o->no_domains) {
		rc = guests_open(s, why, why_size);
		if (rc)
			goto fail_explained;
	}
	rc = o->listen_fd ? adopt_listener(s, o) : listen_on(s, o->socket_path);
	if (rc) {
		snprintf(why, why_size,
			 "cannot listen on the socket %s: %s; is the directory "
			 "writable for this user?",
			 o->socket_path, strerror(-rc));
		goto fail_explained;
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
	/* First, so that the file does not hear of what follows. */
	journal_close(&s->journal);
	while (s->conns)
		reap(s, s->conns);
	if (s->core)
		core_free(s->core);
	if (s->socket_path[0])
		unlink(s->socket_path);
	if (s->listen_fd >= 0)
		close(s->listen_fd);
	guests_close(s);
	if (s->epoll_fd >= 0)
		close(s->epoll_fd);
	free(s->by_port);
	free(s->by_domid);
	free(s);
}
