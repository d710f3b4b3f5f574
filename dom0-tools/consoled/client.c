/* SPDX-License-Identifier: MIT */
/*
 * Those who look at a console, through a Unix socket.
 *
 * The protocol: the client sends "attach DOMID\n"; the answer is "ok\n" and
 * from then on raw bytes in both directions, or "error TEXT\n" and the end.
 * After "ok\n" come up to 4 KiB of earlier output. Whoever attached first
 * writes; the others' input is ignored, and they are told so once. The guest
 * is never held up by a client: see buffer.h. When the domain ends, all that
 * is queued is delivered and the connection closed.
 *
 * Only root may connect (the socket has mode 0600).
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
	free(cl);
	/* Whoever writes next may have waited with its input. */
	if (c)
		client_input_resume(c);
}

static bool is_writer(const struct client *cl)
{
	for (const struct client *o = cl->d->clients; o; o = o->next) {
		if (o->console == cl->console && o->order < cl->order)
			return false;
	}
	return true;
}

/* What to wait for follows from the state alone. */
static void set_events(struct client *cl)
{
	const uint8_t *bytes;
	short events = 0;

	if (!cl->is_closing && !cl->in_blocked)
		events |= POLLIN;
	if (console_queue_peek(&cl->queue, &bytes))
		events |= POLLOUT;
	evloop_fd_set(&cl->d->loop, cl->fd, events);
}

/* False when the client is gone. */
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
	if (!len && cl->is_closing) {
		client_free(cl);
		return false;
	}
	set_events(cl);
	return true;
}

static void queue_text(struct client *cl, const char *text)
{
	console_queue_push(&cl->queue, (const uint8_t *)text, strlen(text));
}

void client_broadcast(struct console *c, const uint8_t *bytes, size_t len)
{
	for (struct client *cl = c->d->clients, *next; cl; cl = next) {
		next = cl->next;
		if (cl->console != c)
			continue;
		console_queue_push(&cl->queue, bytes, len);
		flush(cl);
	}
}

void client_console_ended(struct console *c)
{
	for (struct client *cl = c->d->clients, *next; cl; cl = next) {
		next = cl->next;
		if (cl->console != c)
			continue;
		cl->console = NULL;
		cl->is_closing = true;
		flush(cl);
	}
}

void client_input_resume(struct console *c)
{
	for (struct client *cl = c->d->clients; cl; cl = cl->next) {
		if (cl->console == c && cl->in_blocked) {
			cl->in_blocked = false;
			set_events(cl);
		}
	}
}

static bool __attribute__((format(printf, 2, 3)))
refuse(struct client *cl, const char *fmt, ...)
{
	char text[GUESTLOG_PATH_BYTES + 128] = "error ";
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + 6, sizeof(text) - 8, fmt, ap);
	va_end(ap);
	strcat(text, "\n");
	queue_text(cl, text);
	cl->is_closing = true;
	return flush(cl);
}

/* False when the client is gone. */
static bool attach(struct client *cl, unsigned long domid)
{
	uint8_t tail[CONSOLE_TAIL_BYTES];
	struct consoled *d = cl->d;
	struct console *c;
	const char *log;

	c = console_find(d, (uint16_t)domid);
	if (!c && d->store) {
		console_scan(d);
		c = console_find(d, (uint16_t)domid);
	}
	log = console_ended_log(d, (uint16_t)domid);
	if (!c && log)
		return refuse(cl, "domain %lu has ended; its output is in %s",
			      domid, log);
	if (!c && !d->store)
		return refuse(cl,
			      "the store cannot be reached, so domain %lu is "
			      "unknown; is vane-stored running?",
			      domid);
	if (!c)
		return refuse(cl,
			      "there is no domain %lu, or it has no console; "
			      "see: vane list",
			      domid);
	cl->console = c;
	cl->order = d->attach_count++;
	queue_text(cl, "ok\n");
	console_queue_push(&cl->queue, tail, console_tail_copy(&c->tail, tail));
	return flush(cl);
}

/* False when the client is gone. */
static bool request(struct client *cl)
{
	unsigned long domid;
	char *end;

	if (strncmp(cl->line, "attach ", 7) || cl->line[7] < '0' ||
	    cl->line[7] > '9')
		return refuse(
			cl, "the request is not understood; say: attach DOMID");
	errno = 0;
	domid = strtoul(cl->line + 7, &end, 10);
	if (*end || errno || domid >= 0x7ff0)
		return refuse(cl, "'%s' is no domain number; say: attach DOMID",
			      cl->line + 7);
	if (!domid)
		return refuse(cl, "domain 0 has no console here; its console "
				  "is the hypervisor's");
	return attach(cl, domid);
}

static void take_input(struct client *cl)
{
	struct console *c = cl->console;
	size_t room = console_input_room(c);
	uint8_t bytes[CONSOLE_INPUT_BYTES];
	bool writer = is_writer(cl);
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
		return;
	}
	if (writer) {
		memcpy(c->input + c->input_used, bytes, (size_t)n);
		c->input_used += (size_t)n;
		console_push_input(c);
	} else if (!cl->told_reader) {
		cl->told_reader = true;
		queue_text(cl, "\r\n[vane-consoled: another client writes to "
			       "this console; you can only read]\r\n");
		flush(cl);
	}
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
		if (c == '\n') {
			cl->line[cl->line_used] = '\0';
			request(cl);
			return;
		}
		if (cl->line_used == sizeof(cl->line) - 1 || c < ' ' ||
		    c > '~') {
			refuse(cl, "the request is not understood; say: attach "
				   "DOMID");
			return;
		}
		cl->line[cl->line_used++] = c;
	}
}

static void client_ready(void *arg, int fd, short revents)
{
	struct client *cl = arg;

	(void)fd;
	if (revents & POLLOUT) {
		if (!flush(cl))
			return;
	}
	if (revents & POLLIN) {
		if (cl->is_closing)
			return;
		if (cl->console)
			take_input(cl);
		else
			take_request(cl);
		return;
	}
	if (revents & (POLLERR | POLLHUP))
		client_free(cl);
}

static void listener_ready(void *arg, int fd, short revents)
{
	struct consoled *d = arg;
	struct client *cl;
	int client;

	(void)revents;
	client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (client < 0)
		return;
	if (d->client_count >= CONSOLE_CLIENTS_MAX) {
		dprintf(client,
			"error %u consoles are attached already, the most "
			"there can be; close one first\n",
			d->client_count);
		close(client);
		return;
	}
	cl = calloc(1, sizeof(*cl));
	if (!cl || console_queue_init(&cl->queue, CONSOLE_QUEUE_BYTES)) {
		free(cl);
		close(client);
		return;
	}
	cl->d = d;
	cl->fd = client;
	if (evloop_fd_add(&d->loop, client, POLLIN, client_ready, cl)) {
		console_queue_free(&cl->queue);
		free(cl);
		close(client);
		return;
	}
	cl->next = d->clients;
	d->clients = cl;
	d->client_count++;
}

int client_listen(struct consoled *d)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
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
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    chmod(d->socket_path, 0600) || listen(fd, 16)) {
		rc = -errno;
		goto fail;
	}
	rc = evloop_fd_add(&d->loop, fd, POLLIN, listener_ready, d);
	if (rc)
		goto fail;
	return fd;
fail:
	close(fd);
	return rc;
}

void client_free_all(struct consoled *d)
{
	while (d->clients) {
		d->clients->console = NULL;
		client_free(d->clients);
	}
}
