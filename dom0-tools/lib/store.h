/* SPDX-License-Identifier: MIT */
/*
 * A client of the store, over the daemon's socket or the kernel's xenbus
 * device. One handle serves one thread; it sends a request and waits for its
 * reply, and keeps watch events that arrive meanwhile in a queue.
 *
 * Over the socket the handle survives the daemon: when the connection is lost
 * it connects again, sets its watches anew (so each of them fires once) and
 * repeats the request that was under way. A transaction that was open is lost,
 * and every call in it gives -EAGAIN, also the commit, unless that was carried
 * out just before the end; so a loop that repeats a lost transaction needs
 * nothing more. A request fails with -ECONNREFUSED or the like when no daemon
 * answers for STORE_RECONNECT_MS; the next ones look again, without waiting,
 * until there is one. A write or a removal may be carried out twice, when the
 * daemon dies before it has replied.
 *
 * Functions that return int give 0 (or what they say) or -errno; functions
 * that return a pointer give NULL and set errno. `txn` is 0 outside of
 * transactions. Paths are absolute, or relative to the caller's own domain
 * directory. Tests: test_server.c, test_restart.c and test_reconnect.c in
 * tests/unit/dom0-tools/stored.
 */
#ifndef DOM0_TOOLS_LIB_STORE_H
#define DOM0_TOOLS_LIB_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_SOCKET_PATH "/run/xenstored/socket"

enum store_perm_bits {
	STORE_PERM_NONE = 0,
	STORE_PERM_READ = 1,
	STORE_PERM_WRITE = 2,
};

/* In a list, the first entry names the owner; its bits hold for all others. */
struct store_perm {
	uint16_t domid;
	uint8_t perms;
};

struct store;

#define STORE_RECONNECT_MS 10000
#define STORE_START_MS	   3000

/*
 * $XENSTORED_PATH (a socket, or the kernel's /dev/xen/xenbus in a domain
 * without a daemon of its own), else STORE_SOCKET_PATH. Where nobody listens
 * it fails: the kernel's device would wait for the same missing daemon, and
 * cannot be interrupted.
 * A daemon that has just died, so that its socket is still there, is waited
 * for: STORE_START_MS.
 */
struct store *store_open(void);
/* That socket, or character device, and no other. */
struct store *store_open_path(const char *path);
void store_close(struct store *s);

/*
 * The value, malloc'd, with a NUL after its last byte that *len does not
 * count; len may be NULL.
 */
char *store_read(struct store *s, uint32_t txn, const char *path, size_t *len);
/* The value as a decimal number; -EINVAL when it is none. */
int store_read_u64(struct store *s, uint32_t txn, const char *path,
		   uint64_t *value);
/* Creates the node and its parents where they are missing. */
int store_write(struct store *s, uint32_t txn, const char *path,
		const void *data, size_t len);
/* The same with a value in printf's manner, without its NUL. */
int store_writef(struct store *s, uint32_t txn, const char *path,
		 const char *fmt, ...) __attribute__((format(printf, 4, 5)));
int store_mkdir(struct store *s, uint32_t txn, const char *path);
/* Removes the whole subtree; one that is not there is no error. */
int store_rm(struct store *s, uint32_t txn, const char *path);

/*
 * The children's names, in one allocation to be given to free(), ended by a
 * NULL that *count does not count. Directories of any size are read whole.
 */
char **store_ls(struct store *s, uint32_t txn, const char *path, size_t *count);

int store_set_perms(struct store *s, uint32_t txn, const char *path,
		    const struct store_perm *perms, size_t count);
/*
 * Writes many nodes in one transaction without waiting for each answer. The
 * first error that comes is returned, when all that was sent is answered; what
 * was done by then only the transaction's abort takes back.
 */
struct store_node {
	const char *path;
	const void *value;
	size_t len;
	const struct store_perm *perms;
	size_t perm_count; /* 0: they stay as they are */
};

int store_write_nodes(struct store *s, uint32_t txn,
		      const struct store_node *nodes, size_t count);
/* Malloc'd, at least one entry. */
struct store_perm *store_get_perms(struct store *s, uint32_t txn,
				   const char *path, size_t *count);

/* The first event of a watch comes at once. */
int store_watch(struct store *s, const char *path, const char *token);
int store_unwatch(struct store *s, const char *path, const char *token);
/*
 * For poll(): readable when store_read_watch() may have something to do. The
 * number stays the same when a connection is lost, but epoll has to be told
 * of it anew, because it knows files and not numbers.
 */
int store_fd(const struct store *s);
/*
 * Takes the next watch event without waiting; -EAGAIN when there is none.
 * Both strings are malloc'd. Events may be queued already while the
 * descriptor is silent: call it until -EAGAIN before poll().
 */
int store_read_watch(struct store *s, char **path, char **token);

/*
 * A transaction sees the store as it was at its start. store_txn_commit()
 * gives -EAGAIN when somebody changed what it read or wrote: do it all again.
 */
int store_txn_start(struct store *s, uint32_t *txn);
int store_txn_commit(struct store *s, uint32_t txn);
int store_txn_abort(struct store *s, uint32_t txn);

/* Domains: for the toolstack only. `mfn` is the guest's store ring. */
int store_introduce(struct store *s, uint16_t domid, uint64_t mfn,
		    uint32_t port);
int store_release(struct store *s, uint16_t domid);
int store_resume(struct store *s, uint16_t domid);
int store_set_target(struct store *s, uint16_t domid, uint16_t target);
/* "/local/domain/N", malloc'd; the domain need not exist. */
char *store_domain_path(struct store *s, uint16_t domid);
/* 1, 0, or -errno. */
int store_is_introduced(struct store *s, uint16_t domid);

/*
 * A command for the daemon itself: strings, the answer malloc'd as text.
 * E.g. store_control(s, (const char *[]){"quota", "0"}, 2).
 */
char *store_control(struct store *s, const char *const *words, size_t count);

#endif
