/* SPDX-License-Identifier: MIT */
/*
 * The daemon's end of a domain's ring page, and the buffer in which the bytes
 * of a stream become messages again. Memory only.
 *
 * The page belongs to the other side and is believed in nothing: our two
 * indices are kept here and only written there, the other two are read once
 * per use and refused if they cannot be. Bytes are copied out before anybody
 * looks at them.
 *
 * Copying and publishing are two steps, because between them the daemon notes
 * in its journal what it has done: what the other side can see of our indices
 * is never ahead of what the next daemon will know.
 * Test: tests/unit/dom0-tools/stored/test_ring.c.
 */
#ifndef DOM0_TOOLS_STORED_RING_H
#define DOM0_TOOLS_STORED_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "public/io/xs_wire.h"

struct ring {
	volatile struct xenstore_domain_interface *page;
	uint32_t req_cons;
	uint32_t rsp_prod;
};

/* A page that nobody served before: begins at the indices that it has. */
void ring_attach(struct ring *r, void *page);
/* A page of which the journal knows the indices. */
void ring_resume(struct ring *r, void *page, uint32_t req_cons,
		 uint32_t rsp_prod);
/*
 * Has the other side begun to use it? A guest that is still booting has not,
 * and is not to be sent events before it is ready for them.
 */
bool ring_is_used(const struct ring *r);
/* Empty in both directions, as for a new connection. */
void ring_reset(struct ring *r);
/* The other side asks for ring_reset(), after which it may go on. */
bool ring_wants_reset(const struct ring *r);
/* Tells the other side why it is not served any more (XENSTORE_ERROR_*). */
void ring_set_error(struct ring *r, uint32_t error);

/* Each copies what it can and returns how much; -EIO for a wrong index. */
int ring_read(struct ring *r, void *buf, size_t room);
int ring_write(struct ring *r, const void *data, size_t len);
/*
 * Shows the other side what was written, and that what it wrote is read up to
 * `req_cons` (not beyond r->req_cons). True when it has written more than was
 * read; it may have sent no event for that.
 */
bool ring_publish(struct ring *r, uint32_t req_cons);

#define INPUT_BYTES (2 * (sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX))

struct input {
	size_t begin, end;
	char buf[INPUT_BYTES];
};

/* Where the next bytes go, and how many there is room for: never none, unless
 * a whole message waits. Tell how many came by adding to in->end. */
char *input_space(struct input *in, size_t *room);
/*
 * 1: a message, valid until the next call of input_space(); 0: more bytes are
 * needed; -EPROTO: a payload longer than there may be.
 */
int input_next(struct input *in, struct xsd_sockmsg *header,
	       const char **payload);
bool input_has_message(const struct input *in);

#endif
