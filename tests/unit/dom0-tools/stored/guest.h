/* SPDX-License-Identifier: MIT */
/* A guest's kernel, as far as the store goes: its end of the ring page. */
#ifndef TESTS_STORED_GUEST_H
#define TESTS_STORED_GUEST_H

#include <stddef.h>
#include <stdint.h>

#include "public/io/xs_wire.h"

struct guest {
	uint16_t domid;
	unsigned int seen;
	char reply[XENSTORE_PAYLOAD_MAX + 1];
	struct xsd_sockmsg header;
};

/* Bytes into the ring, as there is room; each with an event. */
void guest_put(struct guest *g, const void *data, size_t len);
/* The next message: g->header and, with a NUL behind, g->reply. */
void guest_receive(struct guest *g);
/* A request and its reply; valid until the next message. */
const char *guest_ask(struct guest *g, uint32_t type, const void *data,
		      size_t len);
void guest_request(struct guest *g, uint32_t type, uint32_t txn,
		   const void *data, size_t len);

#endif
