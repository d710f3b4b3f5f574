/* SPDX-License-Identifier: MIT */
/*
 * The functions of libxenstore, see the header. Each takes the handle's lock
 * for one request; xs_read_watch() waits without it.
 */
#include "lib/xenstore.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/store.h"

#define CONTROL_WORDS 8

struct xs_handle {
	struct store *store;
	pthread_mutex_t lock;
};

struct xs_handle *xs_open(unsigned long flags)
{
	struct xs_handle *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->store = flags & XS_OPEN_SOCKETONLY
			   ? store_open_path(xs_daemon_socket())
			   : store_open();
	if (!h->store) {
		free(h);
		return NULL;
	}
	pthread_mutex_init(&h->lock, NULL);
	return h;
}

void xs_close(struct xs_handle *h)
{
	if (!h)
		return;
	store_close(h->store);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

struct xs_handle *xs_daemon_open(void)
{
	return xs_open(0);
}

struct xs_handle *xs_daemon_open_readonly(void)
{
	return xs_open(XS_OPEN_READONLY);
}

struct xs_handle *xs_domain_open(void)
{
	return xs_open(0);
}

void xs_daemon_close(struct xs_handle *h)
{
	xs_close(h);
}

void xs_daemon_destroy_postfork(struct xs_handle *h)
{
	xs_close(h);
}

/* The store under the lock, until leave(). */
static struct store *enter(struct xs_handle *h)
{
	pthread_mutex_lock(&h->lock);
	return h->store;
}

static void leave(struct xs_handle *h)
{
	int saved = errno;

	pthread_mutex_unlock(&h->lock);
	errno = saved;
}

static bool leave_with(struct xs_handle *h, int rc)
{
	pthread_mutex_unlock(&h->lock);
	if (rc < 0)
		errno = -rc;
	return rc >= 0;
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path,
		    unsigned int *num)
{
	size_t count = 0;
	char **names = store_ls(enter(h), t, path, &count);

	leave(h);
	*num = (unsigned int)count;
	return names;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
	      unsigned int *len)
{
	size_t bytes = 0;
	char *value = store_read(enter(h), t, path, &bytes);

	leave(h);
	if (len)
		*len = (unsigned int)bytes;
	return value;
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path,
	      const void *data, unsigned int len)
{
	return leave_with(h, store_write(enter(h), t, path, data, len));
}

bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	return leave_with(h, store_mkdir(enter(h), t, path));
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	return leave_with(h, store_rm(enter(h), t, path));
}

struct xs_permissions *xs_get_permissions(struct xs_handle *h,
					  xs_transaction_t t, const char *path,
					  unsigned int *num)
{
	size_t count = 0;
	struct store_perm *from = store_get_perms(enter(h), t, path, &count);
	struct xs_permissions *to = NULL;

	leave(h);
	if (from)
		to = calloc(count, sizeof(*to));
	for (size_t i = 0; to && i < count; i++)
		to[i] = (struct xs_permissions){from[i].domid, from[i].perms};
	free(from);
	*num = to ? (unsigned int)count : 0;
	return to;
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t,
			const char *path, struct xs_permissions *perms,
			unsigned int num)
{
	struct store_perm *to = calloc(num ? num : 1, sizeof(*to));
	bool done;

	if (!to)
		return false;
	for (unsigned int i = 0; i < num; i++) {
		if (perms[i].id > UINT16_MAX || perms[i].perms > 3) {
			free(to);
			errno = EINVAL;
			return false;
		}
		to[i] = (struct store_perm){(uint16_t)perms[i].id,
					    (uint8_t)perms[i].perms};
	}
	done = leave_with(h, store_set_perms(enter(h), t, path, to, num));
	free(to);
	return done;
}

bool xs_restrict(struct xs_handle *h, unsigned int domid)
{
	(void)h;
	(void)domid;
	errno = EOPNOTSUPP;
	return false;
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	return leave_with(h, store_watch(enter(h), path, token));
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
	return leave_with(h, store_unwatch(enter(h), path, token));
}

int xs_fileno(struct xs_handle *h)
{
	return store_fd(h->store);
}

/* Two pointers and what they point to. */
static char **event_strings(const char *path, const char *token)
{
	size_t path_bytes = strlen(path) + 1, token_bytes = strlen(token) + 1;
	char **v = malloc(2 * sizeof(*v) + path_bytes + token_bytes);

	if (!v)
		return NULL;
	v[XS_WATCH_PATH] = memcpy((char *)(v + 2), path, path_bytes);
	v[XS_WATCH_TOKEN] =
		memcpy((char *)(v + 2) + path_bytes, token, token_bytes);
	return v;
}

char **xs_check_watch(struct xs_handle *h)
{
	char *path, *token, **v;

	if (!leave_with(h, store_read_watch(enter(h), &path, &token)))
		return NULL;
	v = event_strings(path, token);
	free(path);
	free(token);
	return v;
}

char **xs_read_watch(struct xs_handle *h, unsigned int *num)
{
	struct pollfd p = {.fd = xs_fileno(h), .events = POLLIN};
	char **v;

	while (!(v = xs_check_watch(h)) && errno == EAGAIN) {
		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			return NULL;
	}
	*num = 2;
	return v;
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
	uint32_t txn = 0;

	return leave_with(h, store_txn_start(enter(h), &txn)) ? txn : XBT_NULL;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort)
{
	struct store *s = enter(h);

	return leave_with(h, abort ? store_txn_abort(s, t)
				   : store_txn_commit(s, t));
}

static bool is_domid(unsigned int domid)
{
	if (domid <= UINT16_MAX)
		return true;
	errno = EINVAL;
	return false;
}

bool xs_introduce_domain(struct xs_handle *h, unsigned int domid,
			 unsigned long mfn, unsigned int eventchn)
{
	return is_domid(domid) &&
	       leave_with(h, store_introduce(enter(h), (uint16_t)domid, mfn,
					     eventchn));
}

bool xs_release_domain(struct xs_handle *h, unsigned int domid)
{
	return is_domid(domid) &&
	       leave_with(h, store_release(enter(h), (uint16_t)domid));
}

bool xs_resume_domain(struct xs_handle *h, unsigned int domid)
{
	return is_domid(domid) &&
	       leave_with(h, store_resume(enter(h), (uint16_t)domid));
}

bool xs_set_target(struct xs_handle *h, unsigned int domid, unsigned int target)
{
	return is_domid(domid) && is_domid(target) &&
	       leave_with(h, store_set_target(enter(h), (uint16_t)domid,
					      (uint16_t)target));
}

char *xs_get_domain_path(struct xs_handle *h, unsigned int domid)
{
	char *path;

	if (!is_domid(domid))
		return NULL;
	path = store_domain_path(enter(h), (uint16_t)domid);
	leave(h);
	return path;
}

bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid)
{
	int rc;

	if (!is_domid(domid))
		return false;
	rc = store_is_introduced(enter(h), (uint16_t)domid);
	leave_with(h, rc);
	return rc > 0;
}

char *xs_control_command(struct xs_handle *h, const char *cmd, void *data,
			 unsigned int len)
{
	const char *words[CONTROL_WORDS] = {cmd};
	const char *at = data, *end = at + len;
	size_t count = 1;
	char *text;

	while (at < end) {
		const char *nul = memchr(at, '\0', (size_t)(end - at));

		if (!nul || count == CONTROL_WORDS) {
			errno = nul ? E2BIG : EINVAL;
			return NULL;
		}
		words[count++] = at;
		at = nul + 1;
	}
	text = store_control(enter(h), words, count);
	leave(h);
	return text;
}

char *xs_debug_command(struct xs_handle *h, const char *cmd, void *data,
		       unsigned int len)
{
	return xs_control_command(h, cmd, data, len);
}

int xs_suspend_evtchn_port(int domid)
{
	struct xs_handle *h = xs_open(0);
	char path[64];
	char *text;
	int port = -1;

	if (!h)
		return -1;
	snprintf(path, sizeof(path),
		 "/local/domain/%d/device/suspend/event-channel", domid);
	text = xs_read(h, XBT_NULL, path, NULL);
	if (text)
		port = atoi(text);
	free(text);
	xs_close(h);
	return port;
}

bool xs_path_is_subpath(const char *parent, const char *child)
{
	size_t len = strcmp(parent, "/") ? strlen(parent) : 0;

	return !strncmp(parent, child, len) &&
	       (child[len] == '/' || child[len] == '\0');
}

bool xs_strings_to_perms(struct xs_permissions *perms, unsigned int num,
			 const char *strings)
{
	static const char letters[] = "nrwb";

	for (unsigned int i = 0; i < num; i++) {
		const char *letter =
			strings[0] ? strchr(letters, strings[0]) : NULL;
		char *end;

		if (!letter || strings[1] < '0' || strings[1] > '9') {
			errno = EINVAL;
			return false;
		}
		perms[i].perms = (unsigned int)(letter - letters);
		perms[i].id = (unsigned int)strtoul(strings + 1, &end, 0);
		if (*end) {
			errno = EINVAL;
			return false;
		}
		strings = end + 1;
	}
	return true;
}

bool xs_write_all(int fd, const void *data, unsigned int len)
{
	const char *at = data;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (unsigned int)n;
	}
	return true;
}

const char *xs_daemon_rundir(void)
{
	const char *dir = getenv("XENSTORED_RUNDIR");

	return dir ? dir : "/run/xenstored";
}

const char *xs_daemon_socket(void)
{
	const char *path = getenv("XENSTORED_PATH");

	return path ? path : STORE_SOCKET_PATH;
}

const char *xs_daemon_socket_ro(void)
{
	return xs_daemon_socket();
}
