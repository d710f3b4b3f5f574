/* SPDX-License-Identifier: MIT */
/* See httpd.h. */
#define _GNU_SOURCE /* accept4() */
#include "vaned/httpd.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define HTTPD_BACKLOG	16
#define HTTPD_PAUSE_MS	1000u
#define HTTPD_DRAIN_MAX (64u << 10)

struct httpd_page *httpd_page_make(const char *type, char *text, size_t size)
{
	struct httpd_page *page = malloc(sizeof(*page));

	if (page == NULL) {
		free(text);
		return NULL;
	}
	*page = (struct httpd_page){
		.refs = 1, .type = type, .text = text, .size = size};
	return page;
}

void httpd_page_put(struct httpd_page *page)
{
	if (page == NULL || --page->refs)
		return;
	free(page->text);
	free(page);
}

static void client_close(struct httpd_client *c)
{
	evloop_timer_stop(c->h->loop, &c->timer);
	evloop_fd_del(c->h->loop, c->fd);
	close(c->fd);
	httpd_page_put(c->page);
	c->page = NULL;
	c->fd = -1;
	c->state = HTTPD_FREE;
}

static void client_late(void *arg)
{
	client_close(arg);
}

/* Sends what can be sent; -EAGAIN: there is more. */
static int client_send(struct httpd_client *c)
{
	size_t body = c->page ? c->page->size : 0;

	while (c->sent < c->answer_bytes + body) {
		bool is_body = c->sent >= c->answer_bytes;
		const char *from =
			is_body ? c->page->text + c->sent - c->answer_bytes
				: c->answer + c->sent;
		size_t end = is_body ? c->answer_bytes + body : c->answer_bytes;
		ssize_t n =
			send(c->fd, from, end - c->sent,
			     MSG_NOSIGNAL | (is_body || !body ? 0 : MSG_MORE));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EWOULDBLOCK ? -EAGAIN : -errno;
		c->sent += (size_t)n;
	}
	return 0;
}

static void client_write(struct httpd_client *c)
{
	int rc = client_send(c);

	if (rc == -EAGAIN) {
		evloop_fd_set(c->h->loop, c->fd, POLLOUT);
		return;
	}
	if (rc || shutdown(c->fd, SHUT_WR)) {
		client_close(c);
		return;
	}
	c->state = HTTPD_DRAINING;
	evloop_fd_set(c->h->loop, c->fd, POLLIN);
}

static void client_answer(struct httpd_client *c, const struct http_request *r)
{
	static const char plain[] = "text/plain; charset=utf-8";
	struct httpd_page *page = NULL;
	unsigned int status = r->status;
	const char *reason;

	if (status == 200)
		page = c->h->page(c->h->arg, r->wants_openmetrics);
	if (status == 200 && page == NULL)
		status = 503;
	if (page == NULL) {
		/* An error's page is its reason. */
		reason = http_reason(status);
		page = httpd_page_make(plain, strdup(reason), strlen(reason));
	}
	if (page == NULL || page->text == NULL) {
		httpd_page_put(page);
		client_close(c);
		return;
	}
	c->answer_bytes =
		http_answer(c->answer, status, page->type, page->size);
	if (r->is_head)
		httpd_page_put(page);
	else
		c->page = page;
	c->state = HTTPD_WRITING;
	client_write(c);
}

static void client_read(struct httpd_client *c)
{
	struct http_request r;
	ssize_t n = recv(c->fd, c->head + c->head_bytes,
			 sizeof(c->head) - c->head_bytes, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_close(c);
		return;
	}
	c->head_bytes += (size_t)n;
	if (http_parse(c->head, c->head_bytes, c->h->path, &r))
		client_answer(c, &r);
}

static void client_drain(struct httpd_client *c)
{
	char waste[4096];
	ssize_t n = recv(c->fd, waste, sizeof(waste), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		c->drained += (size_t)n;
	if (n <= 0 || c->drained > HTTPD_DRAIN_MAX)
		client_close(c);
}

static void client_ready(void *arg, int fd, short revents)
{
	struct httpd_client *c = arg;

	(void)fd;
	(void)revents;
	switch (c->state) {
	case HTTPD_FREE:
		break;
	case HTTPD_READING:
		client_read(c);
		break;
	case HTTPD_WRITING:
		client_write(c);
		break;
	case HTTPD_DRAINING:
		client_drain(c);
		break;
	}
}

/* A place for another one. */
static struct httpd_client *client_place(struct httpd *h)
{
	struct httpd_client *go = NULL;

	for (size_t i = 0; i < HTTPD_CLIENTS; i++) {
		struct httpd_client *c = &h->clients[i];

		if (c->state == HTTPD_FREE)
			return c;
		if (go == NULL ||
		    (c->state == HTTPD_READING) >
			    (go->state == HTTPD_READING) ||
		    ((c->state == HTTPD_READING) ==
			     (go->state == HTTPD_READING) &&
		     c->number < go->number))
			go = c;
	}
	client_close(go);
	return go;
}

static void client_begin(struct httpd *h, int fd)
{
	struct httpd_client *c = client_place(h);

	*c = (struct httpd_client){
		.h = h,
		.state = HTTPD_READING,
		.fd = fd,
		.number = h->next_number++,
		.timer = {.fn = client_late, .arg = c},
	};
	if (evloop_fd_add(h->loop, fd, POLLIN, client_ready, c)) {
		client_close(c);
		return;
	}
	evloop_timer_start(h->loop, &c->timer, HTTPD_CLIENT_MS);
}

static void listeners_wait_for(struct httpd *h, short events)
{
	for (size_t i = 0; i < h->listener_count; i++)
		evloop_fd_set(h->loop, h->listeners[i], events);
}

static void pause_over(void *arg)
{
	listeners_wait_for(arg, POLLIN);
}

static void listener_ready(void *arg, int fd, short revents)
{
	struct httpd *h = arg;

	(void)revents;
	/* No more than there are places: the loop has others to serve. */
	for (size_t i = 0; i < HTTPD_CLIENTS; i++) {
		int client =
			accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (client >= 0) {
			client_begin(h, client);
		} else if (errno == EMFILE || errno == ENFILE ||
			   errno == ENOBUFS || errno == ENOMEM) {
			/* It would be ready again at once. */
			listeners_wait_for(h, 0);
			evloop_timer_start(h->loop, &h->pause, HTTPD_PAUSE_MS);
			return;
		} else {
			return;
		}
	}
}

void httpd_init(struct httpd *h, struct evloop *loop, const char *path,
		httpd_page_fn *page, void *arg)
{
	*h = (struct httpd){
		.loop = loop,
		.path = path,
		.page = page,
		.arg = arg,
		.pause = {.fn = pause_over, .arg = h},
	};
}

/* Takes the socket over. */
static int listener_add(struct httpd *h, int fd, const struct sockaddr *address,
			socklen_t size)
{
	int rc = 0;

	if (bind(fd, address, size) || listen(fd, HTTPD_BACKLOG))
		rc = -errno;
	if (rc == 0)
		rc = evloop_fd_add(h->loop, fd, POLLIN, listener_ready, h);
	if (rc) {
		close(fd);
		return rc;
	}
	h->listeners[h->listener_count++] = fd;
	return 0;
}

static void listener_drop_last(struct httpd *h)
{
	int fd = h->listeners[--h->listener_count];

	evloop_fd_del(h->loop, fd);
	close(fd);
}

int httpd_listen_unix(struct httpd *h, const char *file)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	mode_t old;
	int fd, rc;

	if (strlen(file) >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	strcpy(a.sun_path, file);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (unlink(file) && errno != ENOENT) {
		rc = -errno;
		close(fd);
		return rc;
	}
	old = umask(0117);
	rc = listener_add(h, fd, (struct sockaddr *)&a, sizeof(a));
	umask(old);
	return rc;
}

static int listen_tcp(struct httpd *h, const struct sockaddr *address,
		      socklen_t size)
{
	int fd = socket(address->sa_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    (address->sa_family == AF_INET6 &&
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)))) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	return listener_add(h, fd, address, size);
}

int httpd_listen_loopback(struct httpd *h, uint16_t port)
{
	struct sockaddr_in four = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct sockaddr_in6 six = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
	int rc = listen_tcp(h, (struct sockaddr *)&four, sizeof(four));

	if (rc)
		return rc;
	rc = listen_tcp(h, (struct sockaddr *)&six, sizeof(six));
	if (rc == -EAFNOSUPPORT || rc == -EADDRNOTAVAIL)
		rc = 0; /* a kernel, or a host, without IPv6 */
	if (rc)
		listener_drop_last(h);
	return rc;
}

void httpd_free(struct httpd *h)
{
	for (size_t i = 0; i < HTTPD_CLIENTS; i++)
		if (h->clients[i].state != HTTPD_FREE)
			client_close(&h->clients[i]);
	while (h->listener_count)
		listener_drop_last(h);
	if (h->loop)
		evloop_timer_stop(h->loop, &h->pause);
}
