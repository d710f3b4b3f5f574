/* SPDX-License-Identifier: MIT */
/*
 * The inside of a store handle, for store.c, which puts the requests together,
 * and store_link.c, which has the connection: it opens it, gets it back when
 * the daemon was started again, and queues watch events that come between.
 * Test: tests/unit/dom0-tools/stored/test_client.c.
 */
#ifndef DOM0_TOOLS_LIB_STORE_LINK_H
#define DOM0_TOOLS_LIB_STORE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "public/io/xs_wire.h"

struct store_event;
struct store_watched;

struct store_txn {
	uint32_t id;
	bool lost; /* with the connection on which it was begun */
};

struct store {
	/* The connection. */
	int fd;
	int broken;   /* -errno once the transport has failed */
	int lost;     /* -errno while there is no connection; 0: there is one */
	bool gave_up; /* nobody came back in time: look, but do not wait */
	bool is_socket;
	char *path;
	uint32_t last_req_id;

	/* What a new connection has to know of the old one. */
	struct store_watched *watched;
	struct store_txn *txns;
	size_t txn_count;

	struct store_event *events, **events_tail;

	/* The message that is being received, `in_bytes` of it so far. */
	size_t in_bytes;
	struct {
		struct xsd_sockmsg header;
		char payload[XENSTORE_PAYLOAD_MAX + 1];
	} in;
};

/* A piece of a request's payload. */
struct store_part {
	const void *data;
	size_t len;
};

#define STRING_PART(s) ((struct store_part){(s), strlen(s) + 1})
#define PART_COUNT(a)  (sizeof(a) / sizeof((a)[0]))

/*
 * Sends a request of these parts and waits for its reply, which s->in holds
 * until the next call that receives. One that was sent when the connection
 * ended is sent again. 0 or -errno; -EAGAIN: the transaction was lost with the
 * connection.
 */
int store_link_request(struct store *s, uint32_t type, uint32_t txn,
		       const struct store_part *parts, size_t count);

/*
 * The two halves of that, once and no more, for who has several requests on
 * their way: -E2BIG has sent nothing; otherwise *asked is what the receiver of
 * the reply, in the order of sending, wants to be given. After a failure of the
 * connection (s->lost, s->broken) no reply is to be waited for.
 */
int store_link_send(struct store *s, uint32_t type, uint32_t txn,
		    const struct store_part *parts, size_t count,
		    struct xsd_sockmsg *asked);
int store_link_receive(struct store *s, const struct xsd_sockmsg *asked);

/* Every later call gives `rc`, a negative errno; returns it. */
int store_link_break(struct store *s, int rc);

/* NULL: not one of this handle's. */
struct store_txn *store_link_txn(struct store *s, uint32_t id);

#endif
