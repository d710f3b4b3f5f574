/* SPDX-License-Identifier: MIT */
/*
 * The store's client: its connection, see store_link.h.
 *
 * One request is outstanding at a time. The descriptor is non-blocking and
 * `in` holds the message that is being received, so that a watch event which
 * has come in half never makes store_read_watch() wait.
 *
 * A connection that ends leaves the handle `lost`: its descriptor then is a
 * timer under the same number, so that poll() comes back now and then and
 * store_read_watch() tries to connect. Any other failure of the transport, and
 * every failure of the kernel's device, makes the handle `broken`: every later
 * call gives the same error.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* dup3() */
#endif
#include "lib/store_link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/store.h"
#include "lib/store_errors.h"

#define RETRY_STEP_MS 50
#define HEADER_BYTES  sizeof(struct xsd_sockmsg)

struct store_event {
	struct store_event *next;
	size_t len;
	char data[]; /* path, NUL, token, NUL */
};

struct store_watched {
	struct store_watched *next;
	const char *token; /* behind the path */
	char path[];
};

static int socket_open(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    fcntl(fd, F_SETFL, O_NONBLOCK)) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	return fd;
}

struct store *store_open_path(const char *path)
{
	bool is_device = false;
	struct store *s;
	struct stat st;
	int fd;

	if (!stat(path, &st))
		is_device = S_ISCHR(st.st_mode);
	if (is_device) {
		fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			return NULL;
	} else {
		fd = socket_open(path);
		if (fd < 0) {
			errno = -fd;
			return NULL;
		}
	}
	s = calloc(1, sizeof(*s));
	if (!s) {
		close(fd);
		errno = ENOMEM;
		return NULL;
	}
	s->path = strdup(path);
	if (!s->path) {
		close(fd);
		free(s);
		errno = ENOMEM;
		return NULL;
	}
	s->fd = fd;
	s->is_socket = !is_device;
	s->events_tail = &s->events;
	return s;
}

struct store *store_open(void)
{
	const char *path = getenv("XENSTORED_PATH");
	struct timespec step = {.tv_nsec = RETRY_STEP_MS * 1000000};
	struct store *s;

	s = store_open_path(path ? path : STORE_SOCKET_PATH);
	/* Its socket is there: the daemon is just being started again. */
	for (int ms = 0; !s && errno == ECONNREFUSED && ms < STORE_START_MS;
	     ms += RETRY_STEP_MS) {
		nanosleep(&step, NULL);
		s = store_open_path(path ? path : STORE_SOCKET_PATH);
	}
	return s;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	while (s->events) {
		struct store_event *e = s->events;

		s->events = e->next;
		free(e);
	}
	while (s->watched) {
		struct store_watched *w = s->watched;

		s->watched = w->next;
		free(w);
	}
	close(s->fd);
	free(s->txns);
	free(s->path);
	free(s);
}

int store_fd(const struct store *s)
{
	return s->fd;
}

int store_link_break(struct store *s, int rc)
{
	s->broken = rc;
	return rc;
}

/* The transport failed with `rc`; a socket may come back. Returns `rc`. */
static int lose_with(struct store *s, int rc)
{
	const struct itimerspec often = {
		.it_interval = {.tv_nsec = RETRY_STEP_MS * 1000000},
		.it_value = {.tv_nsec = RETRY_STEP_MS * 1000000},
	};
	int fd;

	if (!s->is_socket)
		return store_link_break(s, rc);
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (fd < 0)
		return store_link_break(s, rc);
	timerfd_settime(fd, 0, &often, NULL);
	if (dup3(fd, s->fd, O_CLOEXEC) < 0) {
		close(fd);
		return store_link_break(s, rc);
	}
	close(fd);
	s->lost = rc;
	s->in_bytes = 0;
	for (size_t i = 0; i < s->txn_count; i++)
		s->txns[i].lost = true;
	return rc;
}

static int wait_for(struct store *s, short events)
{
	struct pollfd p = {.fd = s->fd, .events = events};

	while (poll(&p, 1, -1) < 0) {
		if (errno != EINTR)
			return store_link_break(s, -errno);
	}
	return 0;
}

static int send_all(struct store *s, const char *data, size_t len)
{
	while (len) {
		ssize_t n = s->is_socket ? send(s->fd, data, len, MSG_NOSIGNAL)
					 : write(s->fd, data, len);

		if (n > 0) {
			data += n;
			len -= (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			int rc = wait_for(s, POLLOUT);

			if (rc)
				return rc;
			continue;
		}
		return lose_with(s, n < 0 ? -errno : -EIO);
	}
	return 0;
}

/* 0 once `in` holds a whole message; -EAGAIN when more must come first. */
static int receive_some(struct store *s)
{
	for (;;) {
		size_t want = HEADER_BYTES;
		ssize_t n;

		if (s->in_bytes >= HEADER_BYTES) {
			if (s->in.header.len > XENSTORE_PAYLOAD_MAX)
				return store_link_break(s, -EPROTO);
			want += s->in.header.len;
			if (s->in_bytes == want) {
				s->in.payload[s->in.header.len] = '\0';
				return 0;
			}
		}
		n = read(s->fd, (char *)&s->in + s->in_bytes,
			 want - s->in_bytes);
		if (n > 0) {
			s->in_bytes += (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return -EAGAIN;
		return lose_with(s, n < 0 ? -errno : -ECONNRESET);
	}
}

/* Moves the event in `in` to the queue. */
static int keep_event(struct store *s)
{
	size_t len = s->in.header.len;
	struct store_event *e = malloc(sizeof(*e) + len + 1);

	if (!e)
		return store_link_break(s, -ENOMEM);
	e->next = NULL;
	e->len = len;
	memcpy(e->data, s->in.payload, len + 1);
	*s->events_tail = e;
	s->events_tail = &e->next;
	s->in_bytes = 0;
	return 0;
}

struct request {
	struct xsd_sockmsg header;
	char payload[XENSTORE_PAYLOAD_MAX];
};

int store_link_receive(struct store *s, const struct xsd_sockmsg *asked)
{
	int rc;

	for (;;) {
		rc = receive_some(s);
		if (rc == -EAGAIN)
			rc = wait_for(s, POLLIN);
		else if (!rc && s->in.header.type == XS_WATCH_EVENT)
			rc = keep_event(s);
		else if (!rc)
			break;
		if (rc)
			return rc;
	}
	s->in_bytes = 0;
	if (s->in.header.req_id != asked->req_id)
		return store_link_break(s, -EPROTO);
	if (s->in.header.type == XS_ERROR)
		return -store_error_number(s->in.payload,
					   strlen(s->in.payload));
	return s->in.header.type == asked->type ? 0
						: store_link_break(s, -EPROTO);
}

/* Sends it once. On success s->in holds the reply. */
static int exchange(struct store *s, const struct request *out)
{
	int rc;

	rc = send_all(s, (const char *)out, HEADER_BYTES + out->header.len);
	return rc ? rc : store_link_receive(s, &out->header);
}

/* 0, or -E2BIG when the parts are longer than a message. */
static int compose(struct store *s, struct request *out, uint32_t type,
		   uint32_t txn, const struct store_part *parts, size_t count)
{
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		if (parts[i].len > sizeof(out->payload) - len)
			return -E2BIG;
		if (parts[i].len)
			memcpy(out->payload + len, parts[i].data, parts[i].len);
		len += parts[i].len;
	}
	out->header = (struct xsd_sockmsg){
		.type = type,
		.req_id = ++s->last_req_id,
		.tx_id = txn,
		.len = (uint32_t)len,
	};
	return 0;
}

int store_link_send(struct store *s, uint32_t type, uint32_t txn,
		    const struct store_part *parts, size_t count,
		    struct xsd_sockmsg *asked)
{
	struct request out;
	int rc = compose(s, &out, type, txn, parts, count);

	if (rc)
		return rc;
	*asked = out.header;
	return send_all(s, (const char *)&out, HEADER_BYTES + out.header.len);
}

/* One try to get the connection back, and the watches on it. */
static int reconnect(struct store *s)
{
	struct request out;
	int fd, rc;

	fd = socket_open(s->path);
	if (fd < 0)
		return fd;
	rc = dup3(fd, s->fd, O_CLOEXEC) < 0 ? -errno : 0;
	close(fd);
	if (rc)
		return rc;
	s->lost = 0;
	s->gave_up = false;
	for (struct store_watched *w = s->watched; w; w = w->next) {
		struct store_part parts[] = {STRING_PART(w->path),
					     STRING_PART(w->token)};

		rc = compose(s, &out, XS_WATCH, 0, parts, PART_COUNT(parts));
		if (!rc)
			rc = exchange(s, &out);
		if (s->lost || s->broken)
			return rc;
	}
	return 0;
}

static int reconnect_in_time(struct store *s)
{
	struct timespec step = {.tv_nsec = RETRY_STEP_MS * 1000000};
	int left_ms = s->gave_up ? 0 : STORE_RECONNECT_MS, rc = 0;

	while (s->lost) {
		rc = reconnect(s);
		if (!rc || s->broken)
			break;
		s->gave_up = left_ms <= 0;
		if (s->gave_up)
			break;
		nanosleep(&step, NULL);
		left_ms -= RETRY_STEP_MS;
	}
	return rc;
}

struct store_txn *store_link_txn(struct store *s, uint32_t id)
{
	for (size_t i = 0; i < s->txn_count; i++) {
		if (s->txns[i].id == id)
			return &s->txns[i];
	}
	return NULL;
}

int store_link_request(struct store *s, uint32_t type, uint32_t txn,
		       const struct store_part *parts, size_t count)
{
	const struct store_txn *t = txn ? store_link_txn(s, txn) : NULL;
	bool is_commit = type == XS_TRANSACTION_END;
	bool sent = false;
	struct request out;
	int rc;

	if (s->broken)
		return s->broken;
	if (t && t->lost)
		return -EAGAIN;
	rc = compose(s, &out, type, txn, parts, count);
	if (rc)
		return rc;
	do {
		rc = s->lost ? reconnect_in_time(s) : 0;
		if (rc)
			return rc;
		/* Of a commit the next daemon remembers how it ended. */
		if (t && t->lost && !(sent && is_commit))
			return -EAGAIN;
		rc = exchange(s, &out);
		sent = true;
	} while (s->lost);
	return t && t->lost && rc == -ENOENT ? -EAGAIN : rc;
}

static int request_watch(struct store *s, uint32_t type, const char *path,
			 const char *token)
{
	struct store_part parts[] = {STRING_PART(path), STRING_PART(token)};

	return store_link_request(s, type, 0, parts, PART_COUNT(parts));
}

int store_watch(struct store *s, const char *path, const char *token)
{
	size_t path_len = strlen(path) + 1, token_len = strlen(token) + 1;
	struct store_watched *w;
	int rc;

	w = malloc(sizeof(*w) + path_len + token_len);
	if (!w)
		return -ENOMEM;
	memcpy(w->path, path, path_len);
	memcpy(w->path + path_len, token, token_len);
	w->token = w->path + path_len;
	rc = request_watch(s, XS_WATCH, path, token);
	if (rc) {
		free(w);
		return rc;
	}
	w->next = s->watched;
	s->watched = w;
	return 0;
}

int store_unwatch(struct store *s, const char *path, const char *token)
{
	int rc = request_watch(s, XS_UNWATCH, path, token);

	for (struct store_watched **at = &s->watched; !rc && *at;
	     at = &(*at)->next) {
		struct store_watched *w = *at;

		if (strcmp(w->path, path) || strcmp(w->token, token))
			continue;
		*at = w->next;
		free(w);
		break;
	}
	return rc;
}

/* Until its next tick poll() has nothing to report. */
static void drain_timer(struct store *s)
{
	uint64_t ticks;
	ssize_t n = read(s->fd, &ticks, sizeof(ticks));

	(void)n;
}

int store_read_watch(struct store *s, char **path, char **token)
{
	struct store_event *e;
	const char *second;
	int rc = 0;

	while (!s->events) {
		if (s->broken)
			return s->broken;
		if (s->lost) {
			if (reconnect(s) && !s->broken) {
				drain_timer(s);
				return -EAGAIN;
			}
			continue;
		}
		rc = receive_some(s);
		if (s->lost)
			continue;
		if (rc)
			return rc;
		/* Nobody waits for a reply here, so it can only be an event. */
		if (s->in.header.type != XS_WATCH_EVENT)
			return store_link_break(s, -EPROTO);
		rc = keep_event(s);
		if (rc)
			return rc;
	}
	e = s->events;
	s->events = e->next;
	if (!s->events)
		s->events_tail = &s->events;

	second = memchr(e->data, '\0', e->len);
	if (!second || second + 1 >= e->data + e->len) {
		rc = store_link_break(s, -EPROTO);
		goto out_free_event;
	}
	*path = strdup(e->data);
	*token = strdup(second + 1);
	if (!*path || !*token) {
		free(*path);
		free(*token);
		rc = -ENOMEM;
	}
out_free_event:
	free(e);
	return rc;
}
