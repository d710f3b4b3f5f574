/* SPDX-License-Identifier: MIT */
/*
 * One connection as the core sees it: who it is, its watches and transactions,
 * and the messages that wait to be sent to it.
 *
 * The queue is bounded, because whoever does not read must not cost memory.
 * Replies are bounded by their cause: the daemon takes no request from a
 * client while client_is_behind(). Events are bounded here: one that says the
 * same as its watch's newest unsent one is dropped, and beyond the limit a
 * watch is only marked; once the queue has drained, a marked watch gets one
 * event with its own path, which tells the watcher to look at everything.
 * Test: tests/unit/dom0-tools/stored/test_client_queue.c.
 */
#ifndef DOM0_TOOLS_STORED_CLIENT_H
#define DOM0_TOOLS_STORED_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stored/ring.h"

struct core;
struct message;
struct txn;
struct watch;

struct client {
	struct core *core;
	uint16_t domid;
	bool dropped; /* out of memory for it: the connection is to be closed */
	struct client *next, **link; /* all of them */
	void *io;		     /* the daemon's */

	/* The stream from it, and how far a ring's two streams have come. */
	struct input in;
	bool is_ring;
	bool ignored;	  /* a ring that broke the protocol */
	uint32_t id;	  /* in the journal; 0: not mentioned there */
	uint32_t in_pos;  /* index of the first byte of `in` */
	uint32_t taken;	  /* index up to which the ring may overwrite */
	uint32_t out_pos; /* index of the first byte that is not sent */

	struct watch *watches;
	uint64_t watch_count;
	uint64_t marked_count; /* watches with an event owed to them */

	struct txn *txns;
	uint64_t txn_count;
	uint32_t losses;  /* commits refused in a row, see txn.h */
	struct txn *lost; /* the last of these, what it looked at */

	struct message *queue, **queue_tail;
	uint64_t queue_bytes;
	uint64_t reply_count; /* replies among the queued messages */
	size_t sent;	      /* of the first message */
};

/* Exposed for the dump; others use the functions below. */
struct message {
	struct message *next;
	struct watch *watch; /* for an event: whose, while that lives */
	bool is_reply;
	size_t len;
	char data[]; /* header, payload */
};

struct client *client_new(struct core *core, uint16_t domid);
/* Its watches and transactions go with it. */
void client_free(struct client *c);
/* As new: no watches, no transactions, nothing queued. */
void client_reset(struct client *c);
/* A ring whose other side has begun anew, with empty streams. */
void client_restart(struct client *c);
/* A ring that broke the protocol: as new, and not heard any more. */
void client_ignore(struct client *c);

static inline bool client_is_privileged(const struct client *c)
{
	return c->domid == 0;
}

/* A number by which journal and dump know it; 0: no memory. */
uint32_t client_give_id(struct client *c);
/* The same, with a number that was given before; -EEXIST, -ENOMEM. */
int client_set_id(struct client *c, uint32_t id);
struct client *client_by_id(const struct core *core, uint32_t id);

void client_reply(struct client *c, uint32_t type, uint32_t req_id,
		  uint32_t tx_id, const void *data, size_t len);
/* `path` is as the watcher named it. */
void client_event(struct client *c, struct watch *w, const char *path);
/* Unsent events of a watch that is about to be freed. */
void client_forget_watch(struct client *c, struct watch *w);

/* What to send next: bytes of the first message, or NULL and 0. */
/* Bytes of a whole message that was queued before, for the dump. */
int client_requeue(struct client *c, const char *data, size_t len,
		   struct watch *w);
const char *client_peek(const struct client *c, size_t *len);
void client_consume(struct client *c, size_t len);
/* Too much is waiting for it to take more requests. */
bool client_is_behind(const struct client *c);

#endif
