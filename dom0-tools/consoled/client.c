/* SPDX-License-Identifier: MIT */
/*
 * Those who look at consoles, through a Unix socket; the protocol stands in
 * lib/consproto.h. A client's states:
 *
 *   CLIENT_ASKING --attach--> CLIENT_ATTACHED --domain ends--> CLIENT_CLOSING
 *   CLIENT_ASKING --await--> CLIENT_AWAITING --domain begins--> CLIENT_ATTACHED
 *   CLIENT_ASKING --refused, sync--> CLIENT_CLOSING
 *   any --the client hangs up--> freed; CLIENT_CLOSING also once all is sent
 *
 * Of those attached to a console one is its writer: the first who may, or who
 * took over last; when the writer goes, the one who has waited longest. The
 * guest is never held up by a client: see buffer.h. A client is freed only in
 * its own callback, so lists can be walked while frames are queued.
 *
 * Only root may connect. Test: tests/unit/dom0-tools/consoled/test_client.c.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "consoled/consoled.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/daemon.h"

/* What to wait for follows from the state alone. */
static void set_events(struct client *cl)
{
	const uint8_t *bytes;
	short events = 0;

	if (cl->state == CLIENT_ASKING ||
	    (cl->state == CLIENT_ATTACHED && !cl->in_blocked))
		events |= POLLIN;
	if (console_queue_peek(&cl->queue, &bytes))
		events |= POLLOUT;
	evloop_fd_set(&cl->d->loop, cl->fd, events);
}

static void __attribute__((format(printf, 3, 4)))
say(struct client *cl, enum consproto_type type, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	console_queue_text(&cl->queue, type, text);
	if (type == CONSPROTO_ENDED || type == CONSPROTO_REFUSED)
		cl->state = CLIENT_CLOSING;
	set_events(cl);
}

/* The writer has left: the next one, if there is one. */
static void choose_writer(struct console *c)
{
	struct client *next = NULL;

	for (struct client *cl = c->d->clients; cl; cl = cl->next) {
		if (cl->console == c && cl->mode != CONSPROTO_READ &&
		    (!next || cl->order < next->order))
			next = cl;
	}
	c->writer = next;
	if (next)
		say(next, CONSPROTO_NOTICE,
		    "whoever typed here has left: now you can type");
}

static void client_free(struct client *cl)
{
	struct consoled *d = cl->d;
	struct client **at = &d->clients;
	struct console *c = cl->console;

	evloop_fd_del(&d->loop, cl->fd);
	close(cl->fd);
	console_queue_free(&cl->queue);
	while (*at != cl)
		at = &(*at)->next;
	*at = cl->next;
	d->client_count--;
	if (c && c->writer == cl)
		choose_writer(c);
	free(cl);
}

/* Sends what the socket takes; false when the client is gone. */
static bool flush(struct client *cl)
{
	const uint8_t *bytes;
	size_t len;

	while ((len = console_queue_peek(&cl->queue, &bytes))) {
		ssize_t n =
			send(cl->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n < 0) {
			client_free(cl);
			return false;
		}
		console_queue_consume(&cl->queue, (size_t)n);
	}
	if (!len && cl->state == CLIENT_CLOSING) {
		client_free(cl);
		return false;
	}
	set_events(cl);
	return true;
}

void client_broadcast(struct console *c, const uint8_t *bytes, size_t len)
{
	for (struct client *cl = c->d->clients; cl; cl = cl->next) {
		if (cl->console != c)
			continue;
		console_queue_push(&cl->queue, bytes, len);
		set_events(cl);
	}
}

void client_console_ended(struct console *c)
{
	c->writer = NULL;
	for (struct client *cl = c->d->clients; cl; cl = cl->next) {
		if (cl->console != c)
			continue;
		cl->console = NULL;
		say(cl, CONSPROTO_ENDED,
		    "domain %u (%s) has ended; its output is kept in %s",
		    c->domid, c->name, c->log.path);
	}
}

void client_input_resume(struct console *c)
{
	if (c->writer && c->writer->in_blocked) {
		c->writer->in_blocked = false;
		set_events(c->writer);
	}
}

static void become_writer(struct client *cl)
{
	struct console *c = cl->console;
	struct client *old = c->writer;

	if (old && cl->mode != CONSPROTO_TAKE) {
		say(cl, CONSPROTO_NOTICE,
		    "read-only: process %ld of user %lu types here; to take "
		    "over: vane console -f %s",
		    (long)old->pid, (unsigned long)old->uid, c->name);
		return;
	}
	c->writer = cl;
	if (!old)
		return;
	old->in_blocked = false;
	old->told_reader = true;
	say(old, CONSPROTO_NOTICE,
	    "read-only from now on: process %ld of user %lu took over",
	    (long)cl->pid, (unsigned long)cl->uid);
}

/* What is left of the tail from its first whole line on. */
static void push_tail(struct client *cl, const struct console_tail *tail)
{
	uint8_t bytes[CONSOLE_TAIL_BYTES], *line = bytes;
	size_t len = console_tail_copy(tail, bytes);

	if (len == CONSOLE_TAIL_BYTES) {
		uint8_t *end = memchr(bytes, '\n', len);

		if (end)
			line = end + 1;
	}
	console_queue_push(&cl->queue, line, len - (size_t)(line - bytes));
}

static void attach(struct client *cl, struct console *c)
{
	cl->state = CLIENT_ATTACHED;
	cl->console = c;
	cl->order = cl->d->attach_count++;
	say(cl, CONSPROTO_ATTACHED, "%u %s", c->domid, c->name);
	if (cl->mode != CONSPROTO_READ)
		become_writer(cl);
	push_tail(cl, &c->tail);
	set_events(cl);
}

void client_console_named(struct console *c)
{
	for (struct client *cl = c->d->clients; cl; cl = cl->next) {
		if (cl->state == CLIENT_AWAITING && !strcmp(cl->name, c->name))
			attach(cl, c);
	}
}

static void refuse_unknown(struct client *cl, uint16_t domid)
{
	const char *name = console_ended_name(cl->d, domid);

	if (!domid)
		say(cl, CONSPROTO_REFUSED,
		    "domain 0 has no console here, its console is the "
		    "machine's; its kernel's messages: vane console -l "
		    "Domain-0");
	else if (name)
		say(cl, CONSPROTO_REFUSED,
		    "domain %u has ended; its output is kept: vane console -l "
		    "%s",
		    domid, name);
	else if (!cl->d->store)
		say(cl, CONSPROTO_REFUSED,
		    "the store cannot be reached, so domain %u is unknown; is "
		    "vane-stored running?",
		    domid);
	else
		say(cl, CONSPROTO_REFUSED,
		    "there is no domain %u, or it has no console; see: vane "
		    "list",
		    domid);
}

static struct console *look_for(struct consoled *d, uint16_t domid)
{
	struct console *c = console_find(d, domid);

	if (c || !d->store || !domid)
		return c;
	console_scan(d);
	return console_find(d, domid);
}

static void run_attach(struct client *cl, const struct consproto_request *r)
{
	struct console *c = look_for(cl->d, r->domid);

	cl->mode = r->mode;
	if (c)
		attach(cl, c);
	else
		refuse_unknown(cl, r->domid);
}

static void run_await(struct client *cl, const struct consproto_request *r)
{
	struct console *c = console_find_name(cl->d, r->name);

	cl->mode = r->mode;
	if (!c && cl->d->store) {
		console_scan(cl->d);
		c = console_find_name(cl->d, r->name);
	}
	if (c) {
		attach(cl, c);
		return;
	}
	snprintf(cl->name, sizeof(cl->name), "%s", r->name);
	cl->state = CLIENT_AWAITING;
	say(cl, CONSPROTO_NOTICE, "waiting for a domain '%s'", cl->name);
}

static void run_sync(struct client *cl, const struct consproto_request *r)
{
	struct console *c = look_for(cl->d, r->domid);

	if (!c || !console_is_kept(c)) {
		refuse_unknown(cl, r->domid);
		return;
	}
	say(cl, CONSPROTO_ATTACHED, "%u %s", c->domid, c->name);
	cl->state = CLIENT_CLOSING;
	set_events(cl);
}

static void (*const runs[])(struct client *,
			    const struct consproto_request *) = {
	[CONSPROTO_ATTACH] = run_attach,
	[CONSPROTO_AWAIT] = run_await,
	[CONSPROTO_SYNC] = run_sync,
};

static void take_line(struct client *cl)
{
	struct consproto_request r;

	if (consproto_parse_request(cl->line, &r))
		say(cl, CONSPROTO_REFUSED,
		    "the request is not understood; are `vane` and "
		    "vane-consoled of one version?");
	else
		runs[r.verb](cl, &r);
}

/* Byte by byte up to the line end: what follows belongs to the guest. */
static void take_request(struct client *cl)
{
	for (;;) {
		char c;
		ssize_t n = recv(cl->fd, &c, 1, MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			client_free(cl);
			return;
		}
		if (c != '\n' && cl->line_used < sizeof(cl->line) - 1) {
			cl->line[cl->line_used++] = c;
			continue;
		}
		/* A line that is too long is none that we know. */
		cl->line[cl->line_used] = '\0';
		take_line(cl);
		return;
	}
}

static void take_input(struct client *cl)
{
	struct console *c = cl->console;
	size_t room = console_input_room(c);
	uint8_t bytes[CONSOLE_INPUT_BYTES];
	bool writer = c->writer == cl;
	ssize_t n;

	if (writer && !room) {
		cl->in_blocked = true;
		set_events(cl);
		return;
	}
	n = recv(cl->fd, bytes, writer ? room : sizeof(bytes), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_free(cl);
	} else if (writer) {
		memcpy(c->input + c->input_used, bytes, (size_t)n);
		c->input_used += (size_t)n;
		console_push_input(c);
	} else if (!cl->told_reader && cl->mode != CONSPROTO_READ) {
		cl->told_reader = true;
		say(cl, CONSPROTO_NOTICE, "read-only: what you type is lost");
	}
}

static void client_ready(void *arg, int fd, short revents)
{
	struct client *cl = arg;

	(void)fd;
	if ((revents & POLLOUT) && !flush(cl))
		return;
	if ((revents & POLLIN) && cl->state == CLIENT_ASKING)
		take_request(cl);
	else if ((revents & POLLIN) && cl->state == CLIENT_ATTACHED)
		take_input(cl);
	else if (revents & (POLLERR | POLLHUP))
		client_free(cl);
}

static bool client_new(struct consoled *d, int fd)
{
	struct ucred peer = {.pid = 0, .uid = (uid_t)-1};
	socklen_t size = sizeof(peer);
	struct client *cl = calloc(1, sizeof(*cl));

	if (!cl)
		return false;
	if (console_queue_init(&cl->queue, CONSOLE_QUEUE_BYTES)) {
		free(cl);
		return false;
	}
	cl->d = d;
	cl->fd = fd;
	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	cl->pid = peer.pid;
	cl->uid = peer.uid;
	if (evloop_fd_add(&d->loop, fd, POLLIN, client_ready, cl)) {
		console_queue_free(&cl->queue);
		free(cl);
		return false;
	}
	cl->next = d->clients;
	d->clients = cl;
	d->client_count++;
	if (d->client_count > CONSOLE_CLIENTS_MAX)
		say(cl, CONSPROTO_REFUSED,
		    "%d consoles are attached already, the most there can be; "
		    "leave one first",
		    CONSOLE_CLIENTS_MAX);
	return true;
}

static void listener_ready(void *arg, int fd, short revents)
{
	struct consoled *d = arg;
	int client;

	(void)revents;
	client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (client < 0)
		return;
	/* A few more than may attach, so that they are told why not. */
	if (d->client_count >= CONSOLE_CLIENTS_MAX + 8 ||
	    !client_new(d, client))
		close(client);
}

int client_listen(struct consoled *d)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	mode_t mask;
	int fd, rc;

	if (strlen(d->socket_path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, d->socket_path);
	rc = daemon_mkdirs_for(d->socket_path, 0755);
	if (rc)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* The lock says that no other daemon uses this name. */
	unlink(d->socket_path);
	mask = umask(0177);
	rc = bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ? -errno : 0;
	umask(mask);
	if (!rc && listen(fd, 16))
		rc = -errno;
	if (!rc)
		rc = evloop_fd_add(&d->loop, fd, POLLIN, listener_ready, d);
	if (rc) {
		close(fd);
		return rc;
	}
	return fd;
}

/* What can be sent at once still is. */
void client_free_all(struct consoled *d)
{
	while (d->clients) {
		struct client *cl = d->clients;

		cl->console = NULL;
		if (flush(cl))
			client_free(cl);
	}
}
