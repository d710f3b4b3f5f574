/* SPDX-License-Identifier: MIT */
/*
 * The store's client for programs that were written for libxenstore: its
 * functions, over lib/store.h. Built as libvanestore.a, and as
 * libxenstore.so.4, which stands in for Xen's library of that name.
 *
 * Where these differ from store.h: a failure is false or NULL, and errno says
 * why. Memory that is returned is one allocation for free(). A handle may be
 * used by several threads. Unlike Xen's, a handle survives the daemon.
 * Test: tests/unit/dom0-tools/lib/test_xenstore.c, and Debian's xenstore-utils
 * with the shared library.
 */
#ifndef DOM0_TOOLS_LIB_XENSTORE_H
#define DOM0_TOOLS_LIB_XENSTORE_H

#include <stdbool.h>
#include <stdint.h>

#define XBT_NULL 0

#define XS_PERM_NONE  0x00u
#define XS_PERM_READ  0x01u
#define XS_PERM_WRITE 0x02u

/* Of xs_open(); all connect over the socket or the kernel's device. */
#define XS_OPEN_READONLY   1ul /* has no effect */
#define XS_OPEN_SOCKETONLY 2ul
#define XS_UNWATCH_FILTER  4ul /* xs_unwatch() also drops its events */

/* What a watch event's strings are. */
#ifndef PUBLIC_IO_XS_WIRE_H
enum xs_watch_type { XS_WATCH_PATH = 0, XS_WATCH_TOKEN = 1 };
#endif

typedef uint32_t xs_transaction_t;

struct xs_permissions {
	unsigned int id;
	unsigned int perms;
};

struct xs_handle;

struct xs_handle *xs_open(unsigned long flags);
void xs_close(struct xs_handle *h);
/* Older names for opening and closing. */
struct xs_handle *xs_daemon_open(void);
struct xs_handle *xs_daemon_open_readonly(void);
struct xs_handle *xs_domain_open(void);
void xs_daemon_close(struct xs_handle *h);
/* In a child after fork(): frees the handle, the parent's goes on. */
void xs_daemon_destroy_postfork(struct xs_handle *h);

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path,
		    unsigned int *num);
void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
	      unsigned int *len);
bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path,
	      const void *data, unsigned int len);
bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path);
bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path);
struct xs_permissions *xs_get_permissions(struct xs_handle *h,
					  xs_transaction_t t, const char *path,
					  unsigned int *num);
bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t,
			const char *path, struct xs_permissions *perms,
			unsigned int num);
/* Not possible here: -EOPNOTSUPP. */
bool xs_restrict(struct xs_handle *h, unsigned int domid);

bool xs_watch(struct xs_handle *h, const char *path, const char *token);
bool xs_unwatch(struct xs_handle *h, const char *path, const char *token);
/* For poll(); see store_fd(). */
int xs_fileno(struct xs_handle *h);
/* An event's strings, by XS_WATCH_*; NULL and EAGAIN when there is none. */
char **xs_check_watch(struct xs_handle *h);
/* Waits for one; *num is 2. */
char **xs_read_watch(struct xs_handle *h, unsigned int *num);

xs_transaction_t xs_transaction_start(struct xs_handle *h);
/* EAGAIN: do it all again. */
bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort);

bool xs_introduce_domain(struct xs_handle *h, unsigned int domid,
			 unsigned long mfn, unsigned int eventchn);
bool xs_release_domain(struct xs_handle *h, unsigned int domid);
bool xs_resume_domain(struct xs_handle *h, unsigned int domid);
bool xs_set_target(struct xs_handle *h, unsigned int domid,
		   unsigned int target);
char *xs_get_domain_path(struct xs_handle *h, unsigned int domid);
bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid);
/* `data`: further words, each with its NUL. */
char *xs_control_command(struct xs_handle *h, const char *cmd, void *data,
			 unsigned int len);
char *xs_debug_command(struct xs_handle *h, const char *cmd, void *data,
		       unsigned int len);
int xs_suspend_evtchn_port(int domid);

/* Is `child` the path `parent`, or below it? */
bool xs_path_is_subpath(const char *parent, const char *child);
/* "r1" and so on, one after the other with their NULs. */
bool xs_strings_to_perms(struct xs_permissions *perms, unsigned int num,
			 const char *strings);
bool xs_write_all(int fd, const void *data, unsigned int len);
const char *xs_daemon_rundir(void);
const char *xs_daemon_socket(void);
const char *xs_daemon_socket_ro(void);

#endif
