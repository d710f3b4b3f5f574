/* SPDX-License-Identifier: MIT */
/*
 * One request while it is served: what its handler gets, and what the
 * handlers share. A handler returns 0 with its reply in core->reply, or
 * -errno having changed nothing.
 */
#ifndef DOM0_TOOLS_STORED_REQUEST_H
#define DOM0_TOOLS_STORED_REQUEST_H

#include "stored/client.h"
#include "stored/core.h"
#include "stored/txn.h"
#include "stored/watch.h"
#include "stored/wire.h"

struct request {
	struct core *core;
	struct client *client;
	uint32_t type;
	struct txn *txn;       /* NULL outside of one */
	struct wire_text text; /* what is left of the payload */
	size_t reply_len;
	struct watch *new_watch; /* gets its first event after the reply */
};

typedef int request_fn(struct request *rq);

/* The tree that this request sees. */
static inline struct node **request_root(struct request *rq)
{
	return rq->txn ? &rq->txn->root : &rq->core->root;
}

/* Appends to the reply; -E2BIG beyond a message's size. */
int reply_bytes(struct request *rq, const void *data, size_t len);
/* With the NUL. */
int reply_string(struct request *rq, const char *s);
/* In printf's manner, without a NUL. */
int reply_text(struct request *rq, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int reply_ok(struct request *rq);

/* Takes a path off the payload, and makes it canonical. */
int request_path(struct request *rq, char path[WIRE_PATH_BYTES],
		 bool *relative);
/* The special name that comes next, not taken; or NULL. */
struct special *request_special(struct request *rq);
/* Takes the id of a domain that can exist. */
bool request_domid(struct request *rq, uint16_t *domid);

/* nodes.c */
request_fn request_read, request_write, request_mkdir, request_rm,
	request_directory, request_directory_part, request_get_perms,
	request_set_perms;
/* domains.c */
request_fn request_introduce, request_release, request_resume,
	request_set_target, request_get_domain_path,
	request_is_domain_introduced;
/* control.c */
request_fn request_control;

#endif
