/* SPDX-License-Identifier: MIT */
/*
 * The store's client, see the header.
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
#include "lib/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/store_errors.h"
#include "public/io/xs_wire.h"

#define RETRY_STEP_MS  50
#define STORE_START_MS 3000
#define HEADER_BYTES   sizeof(struct xsd_sockmsg)

struct event {
	struct event *next;
	size_t len;
	char data[]; /* path, NUL, token, NUL */
};

struct watched {
	struct watched *next;
	const char *token; /* behind the path */
	char path[];
};

struct open_txn {
	uint32_t id;
	bool lost; /* with the connection on which it was begun */
};

struct store {
	int fd;
	int broken; /* -errno once the transport has failed */
	int lost;   /* -errno while there is no connection; 0: there is one */
	bool is_socket;
	char *path;
	struct watched *watched;
	struct open_txn *txns;
	size_t txn_count;
	uint32_t last_req_id;
	struct event *events, **events_tail;
	size_t in_bytes;
	struct {
		struct xsd_sockmsg header;
		char payload[XENSTORE_PAYLOAD_MAX + 1];
	} in;
};

struct part {
	const void *data;
	size_t len;
};

#define STRING_PART(s) ((struct part){(s), strlen(s) + 1})
#define PART_COUNT(a)  (sizeof(a) / sizeof((a)[0]))

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
		struct event *e = s->events;

		s->events = e->next;
		free(e);
	}
	while (s->watched) {
		struct watched *w = s->watched;

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

static int break_with(struct store *s, int rc)
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
		return break_with(s, rc);
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (fd < 0)
		return break_with(s, rc);
	timerfd_settime(fd, 0, &often, NULL);
	if (dup3(fd, s->fd, O_CLOEXEC) < 0) {
		close(fd);
		return break_with(s, rc);
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
			return break_with(s, -errno);
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
				return break_with(s, -EPROTO);
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
	struct event *e = malloc(sizeof(*e) + len + 1);

	if (!e)
		return break_with(s, -ENOMEM);
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

/* Sends it once. On success s->in holds the reply. */
static int exchange(struct store *s, const struct request *out)
{
	int rc;

	rc = send_all(s, (const char *)out, HEADER_BYTES + out->header.len);
	if (rc)
		return rc;

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
	if (s->in.header.req_id != out->header.req_id)
		return break_with(s, -EPROTO);
	if (s->in.header.type == XS_ERROR)
		return -store_error_number(s->in.payload,
					   strlen(s->in.payload));
	return s->in.header.type == out->header.type ? 0
						     : break_with(s, -EPROTO);
}

/* 0, or -E2BIG when the parts are longer than a message. */
static int compose(struct store *s, struct request *out, uint32_t type,
		   uint32_t txn, const struct part *parts, size_t count)
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
	for (struct watched *w = s->watched; w; w = w->next) {
		struct part parts[] = {STRING_PART(w->path),
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
	int rc = 0;

	for (int ms = 0; s->lost && ms < STORE_RECONNECT_MS;
	     ms += RETRY_STEP_MS) {
		rc = reconnect(s);
		if (!rc || s->broken)
			break;
		nanosleep(&step, NULL);
	}
	return rc;
}

static struct open_txn *find_txn(struct store *s, uint32_t id)
{
	for (size_t i = 0; i < s->txn_count; i++) {
		if (s->txns[i].id == id)
			return &s->txns[i];
	}
	return NULL;
}

/*
 * On success s->in holds the reply, until the next call that receives. A
 * request that was sent when the connection ended is sent again.
 */
static int request_parts(struct store *s, uint32_t type, uint32_t txn,
			 const struct part *parts, size_t count)
{
	const struct open_txn *t = txn ? find_txn(s, txn) : NULL;
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

static int request_path(struct store *s, uint32_t type, uint32_t txn,
			const char *path)
{
	return request_parts(s, type, txn, &STRING_PART(path), 1);
}

static char *copy_reply(struct store *s, size_t *len)
{
	size_t n = s->in.header.len;
	char *copy = malloc(n + 1);

	if (!copy) {
		errno = ENOMEM;
		return NULL;
	}
	memcpy(copy, s->in.payload, n + 1);
	if (len)
		*len = n;
	return copy;
}

char *store_read(struct store *s, uint32_t txn, const char *path, size_t *len)
{
	int rc = request_path(s, XS_READ, txn, path);

	if (rc) {
		errno = -rc;
		return NULL;
	}
	return copy_reply(s, len);
}

int store_read_u64(struct store *s, uint32_t txn, const char *path,
		   uint64_t *value)
{
	int rc = request_path(s, XS_READ, txn, path);
	const char *text = s->in.payload;
	unsigned long long v;
	char *end;

	if (rc)
		return rc;
	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	v = strtoull(text, &end, 10);
	if (errno || end != text + s->in.header.len)
		return -EINVAL;
	*value = v;
	return 0;
}

int store_write(struct store *s, uint32_t txn, const char *path,
		const void *data, size_t len)
{
	struct part parts[] = {STRING_PART(path), {data, len}};

	return request_parts(s, XS_WRITE, txn, parts, PART_COUNT(parts));
}

int store_writef(struct store *s, uint32_t txn, const char *path,
		 const char *fmt, ...)
{
	char value[XENSTORE_PAYLOAD_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	if (n < 0)
		return -EINVAL;
	if ((size_t)n >= sizeof(value))
		return -E2BIG;
	return store_write(s, txn, path, value, (size_t)n);
}

int store_mkdir(struct store *s, uint32_t txn, const char *path)
{
	return request_path(s, XS_MKDIR, txn, path);
}

int store_rm(struct store *s, uint32_t txn, const char *path)
{
	int rc = request_path(s, XS_RM, txn, path);

	return rc == -ENOENT ? 0 : rc;
}

/* Gathers a directory that is too large for one reply, part by part. */
static char *read_directory_parts(struct store *s, uint32_t txn,
				  const char *path, size_t *len)
{
	char generation[24] = "";
	char *names = NULL;
	size_t have = 0;

	for (;;) {
		char offset[24];
		struct part parts[2];
		size_t gen_len, n;
		char *grown;
		int rc;

		snprintf(offset, sizeof(offset), "%zu", have);
		parts[0] = STRING_PART(path);
		parts[1] = STRING_PART(offset);
		rc = request_parts(s, XS_DIRECTORY_PART, txn, parts, 2);
		if (rc) {
			errno = -rc;
			break;
		}
		gen_len = strlen(s->in.payload) + 1;
		if (gen_len > sizeof(generation) ||
		    gen_len >= s->in.header.len) {
			errno = EPROTO;
			break;
		}
		/* The directory changed between two parts: begin again. */
		if (have && strcmp(generation, s->in.payload)) {
			have = 0;
			continue;
		}
		memcpy(generation, s->in.payload, gen_len);
		n = s->in.header.len - gen_len;
		grown = realloc(names, have + n);
		if (!grown) {
			errno = ENOMEM;
			break;
		}
		names = grown;
		memcpy(names + have, s->in.payload + gen_len, n);
		have += n;
		/* An empty name ends the last part. */
		if (n == 1 ||
		    (names[have - 1] == '\0' && names[have - 2] == '\0')) {
			*len = have - 1;
			return names;
		}
	}
	free(names);
	return NULL;
}

/* Makes one allocation of pointers and the names that they point to. */
static char **names_to_list(const char *names, size_t len, size_t *count)
{
	size_t n = 0;
	char **list;
	char *copy;

	for (size_t i = 0; i < len; i++)
		n += names[i] == '\0';
	list = malloc((n + 1) * sizeof(*list) + len + 1);
	if (!list) {
		errno = ENOMEM;
		return NULL;
	}
	copy = (char *)(list + n + 1);
	memcpy(copy, names, len);
	copy[len] = '\0';
	for (size_t i = 0; i < n; i++) {
		list[i] = copy;
		copy += strlen(copy) + 1;
	}
	list[n] = NULL;
	if (count)
		*count = n;
	return list;
}

char **store_ls(struct store *s, uint32_t txn, const char *path, size_t *count)
{
	int rc = request_path(s, XS_DIRECTORY, txn, path);
	char **list;
	char *names;
	size_t len;

	if (!rc)
		return names_to_list(s->in.payload, s->in.header.len, count);
	if (rc != -E2BIG) {
		errno = -rc;
		return NULL;
	}
	names = read_directory_parts(s, txn, path, &len);
	if (!names)
		return NULL;
	list = names_to_list(names, len, count);
	free(names);
	return list;
}

static const char perm_letters[] = {'n', 'r', 'w', 'b'};

int store_set_perms(struct store *s, uint32_t txn, const char *path,
		    const struct store_perm *perms, size_t count)
{
	char text[XENSTORE_PAYLOAD_MAX];
	struct part parts[2];
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		int n = snprintf(text + len, sizeof(text) - len, "%c%u",
				 perm_letters[perms[i].perms & 3],
				 perms[i].domid);

		if (n < 0 || (size_t)n >= sizeof(text) - len)
			return -E2BIG;
		len += (size_t)n + 1;
	}
	parts[0] = STRING_PART(path);
	parts[1] = (struct part){text, len};
	return request_parts(s, XS_SET_PERMS, txn, parts, 2);
}

static bool parse_perm(const char *text, struct store_perm *perm)
{
	unsigned long domid;
	char *end;

	for (unsigned int i = 0; i < sizeof(perm_letters); i++) {
		if (text[0] != perm_letters[i])
			continue;
		domid = strtoul(text + 1, &end, 10);
		if (end == text + 1 || *end || domid > UINT16_MAX)
			return false;
		*perm = (struct store_perm){(uint16_t)domid, (uint8_t)i};
		return true;
	}
	return false;
}

struct store_perm *store_get_perms(struct store *s, uint32_t txn,
				   const char *path, size_t *count)
{
	int rc = request_path(s, XS_GET_PERMS, txn, path);
	const char *text = s->in.payload;
	struct store_perm *perms;
	size_t n = 0;

	if (rc) {
		errno = -rc;
		return NULL;
	}
	for (size_t i = 0; i < s->in.header.len; i++)
		n += text[i] == '\0';
	if (!n) {
		errno = EPROTO;
		return NULL;
	}
	perms = calloc(n, sizeof(*perms));
	if (!perms) {
		errno = ENOMEM;
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		if (!parse_perm(text, &perms[i])) {
			free(perms);
			errno = EPROTO;
			return NULL;
		}
		text += strlen(text) + 1;
	}
	*count = n;
	return perms;
}

static int request_watch(struct store *s, uint32_t type, const char *path,
			 const char *token)
{
	struct part parts[] = {STRING_PART(path), STRING_PART(token)};

	return request_parts(s, type, 0, parts, PART_COUNT(parts));
}

int store_watch(struct store *s, const char *path, const char *token)
{
	size_t path_len = strlen(path) + 1, token_len = strlen(token) + 1;
	struct watched *w;
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

	for (struct watched **at = &s->watched; !rc && *at; at = &(*at)->next) {
		struct watched *w = *at;

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
	struct event *e;
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
			return break_with(s, -EPROTO);
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
		rc = break_with(s, -EPROTO);
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

/* A number that was used before is the new transaction's. */
static int remember_txn(struct store *s, uint32_t id)
{
	struct open_txn *t = find_txn(s, id);
	struct open_txn *grown;

	if (!t) {
		grown = realloc(s->txns, (s->txn_count + 1) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		s->txns = grown;
		t = &s->txns[s->txn_count++];
	}
	*t = (struct open_txn){.id = id};
	return 0;
}

int store_txn_start(struct store *s, uint32_t *txn)
{
	int rc = request_path(s, XS_TRANSACTION_START, 0, "");
	unsigned long id;
	char *end;

	if (rc)
		return rc;
	id = strtoul(s->in.payload, &end, 10);
	if (end == s->in.payload || !id || id > UINT32_MAX)
		return break_with(s, -EPROTO);
	rc = remember_txn(s, (uint32_t)id);
	if (rc) {
		request_path(s, XS_TRANSACTION_END, (uint32_t)id, "F");
		return rc;
	}
	*txn = (uint32_t)id;
	return 0;
}

static void forget_txn(struct store *s, uint32_t id)
{
	struct open_txn *t = find_txn(s, id);

	if (t)
		*t = s->txns[--s->txn_count];
}

int store_txn_commit(struct store *s, uint32_t txn)
{
	int rc = request_path(s, XS_TRANSACTION_END, txn, "T");

	forget_txn(s, txn);
	return rc;
}

int store_txn_abort(struct store *s, uint32_t txn)
{
	int rc = request_path(s, XS_TRANSACTION_END, txn, "F");
	const struct open_txn *t = find_txn(s, txn);

	/* It ended with its connection. */
	if (t && t->lost && rc == -EAGAIN)
		rc = 0;
	forget_txn(s, txn);
	return rc;
}

static int request_numbers(struct store *s, uint32_t type,
			   const uint64_t *numbers, size_t count)
{
	char text[3][24];
	struct part parts[3];

	for (size_t i = 0; i < count; i++) {
		snprintf(text[i], sizeof(text[i]), "%" PRIu64, numbers[i]);
		parts[i] = STRING_PART(text[i]);
	}
	return request_parts(s, type, 0, parts, count);
}

static int request_domid(struct store *s, uint32_t type, uint16_t domid)
{
	return request_numbers(s, type, &(uint64_t){domid}, 1);
}

int store_introduce(struct store *s, uint16_t domid, uint64_t mfn,
		    uint32_t port)
{
	uint64_t numbers[] = {domid, mfn, port};

	return request_numbers(s, XS_INTRODUCE, numbers, 3);
}

int store_release(struct store *s, uint16_t domid)
{
	return request_domid(s, XS_RELEASE, domid);
}

int store_resume(struct store *s, uint16_t domid)
{
	return request_domid(s, XS_RESUME, domid);
}

int store_set_target(struct store *s, uint16_t domid, uint16_t target)
{
	uint64_t numbers[] = {domid, target};

	return request_numbers(s, XS_SET_TARGET, numbers, 2);
}

char *store_domain_path(struct store *s, uint16_t domid)
{
	int rc = request_domid(s, XS_GET_DOMAIN_PATH, domid);

	if (rc) {
		errno = -rc;
		return NULL;
	}
	return copy_reply(s, NULL);
}

int store_is_introduced(struct store *s, uint16_t domid)
{
	int rc = request_domid(s, XS_IS_DOMAIN_INTRODUCED, domid);

	return rc ? rc : s->in.payload[0] == 'T';
}

char *store_control(struct store *s, const char *const *words, size_t count)
{
	struct part parts[8];
	int rc;

	if (count > PART_COUNT(parts)) {
		errno = E2BIG;
		return NULL;
	}
	for (size_t i = 0; i < count; i++)
		parts[i] = STRING_PART(words[i]);
	rc = request_parts(s, XS_CONTROL, 0, parts, count);
	if (rc) {
		errno = -rc;
		return NULL;
	}
	return copy_reply(s, NULL);
}
