/* SPDX-License-Identifier: MIT */
/*
 * The daemon's side of a guest's console ring (public/io/console.h).
 *
 * The page belongs to a guest that may write anything into it at any time.
 * The daemon's own two indices are kept outside the page and are only
 * published into it; of the guest's two each is read once per call and must
 * lie within one ring of ours, or the call gives -EPROTO and changes nothing.
 * Test: tests/unit/dom0-tools/consoled/test_ring.c.
 */
#ifndef DOM0_TOOLS_CONSOLED_RING_H
#define DOM0_TOOLS_CONSOLED_RING_H

#include <stddef.h>
#include <stdint.h>

#include "public/io/console.h"

struct console_ring {
	struct xencons_interface *page;
	uint32_t out_cons; /* how far we have read the guest's output */
	uint32_t in_prod;  /* how far we have written its input */
};

/* Goes on where a former daemon stopped: the indices come from the page. */
void console_ring_attach(struct console_ring *r,
			 struct xencons_interface *page);

/*
 * Takes up to `max` bytes of the guest's output; 0 when there are none.
 * The guest has to be notified after a count above 0: it may wait for room.
 */
int console_ring_read(struct console_ring *r, uint8_t *buf, size_t max);

/* Bytes that wait in the ring, or -EPROTO. */
int console_ring_pending(const struct console_ring *r);

/* Hands the guest up to `len` bytes of input; 0 when its ring is full. */
int console_ring_write(struct console_ring *r, const uint8_t *buf, size_t len);

/*
 * After -EPROTO: forgets what the ring claims to hold and believes the
 * guest's present indices, so that a guest which repaired itself (a crash
 * kernel that began its ring anew) is heard again.
 */
void console_ring_resync(struct console_ring *r);

#endif
