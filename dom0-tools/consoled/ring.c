/* SPDX-License-Identifier: MIT */
/* Copying between a hostile console page and ours; see the header. */
#include "consoled/ring.h"

#include <errno.h>

#define OUT_BYTES ((uint32_t)sizeof(((struct xencons_interface *)0)->out))
#define IN_BYTES  ((uint32_t)sizeof(((struct xencons_interface *)0)->in))

_Static_assert((OUT_BYTES & (OUT_BYTES - 1)) == 0, "index masks need it");
_Static_assert((IN_BYTES & (IN_BYTES - 1)) == 0, "index masks need it");

static uint32_t load_acquire(const volatile uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static void store_release(volatile uint32_t *p, uint32_t value)
{
	__atomic_store_n(p, value, __ATOMIC_RELEASE);
}

void console_ring_attach(struct console_ring *r, struct xencons_interface *page)
{
	r->page = page;
	r->out_cons = load_acquire(&page->out_cons);
	r->in_prod = load_acquire(&page->in_prod);
}

void console_ring_resync(struct console_ring *r)
{
	r->out_cons = load_acquire(&r->page->out_prod);
	r->in_prod = load_acquire(&r->page->in_cons);
	store_release(&r->page->out_cons, r->out_cons);
	store_release(&r->page->in_prod, r->in_prod);
}

int console_ring_pending(const struct console_ring *r)
{
	uint32_t count = load_acquire(&r->page->out_prod) - r->out_cons;

	return count > OUT_BYTES ? -EPROTO : (int)count;
}

int console_ring_read(struct console_ring *r, uint8_t *buf, size_t max)
{
	int pending = console_ring_pending(r);
	uint32_t count;

	if (pending <= 0)
		return pending;
	count = (uint32_t)pending;
	if (count > max)
		count = (uint32_t)max;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = (r->out_cons + i) & (OUT_BYTES - 1);

		buf[i] = (uint8_t)((volatile char *)r->page->out)[at];
	}
	r->out_cons += count;
	/* The guest may reuse the room only after our reads: release. */
	store_release(&r->page->out_cons, r->out_cons);
	return (int)count;
}

int console_ring_write(struct console_ring *r, const uint8_t *buf, size_t len)
{
	uint32_t used = r->in_prod - load_acquire(&r->page->in_cons);
	uint32_t count;

	if (used > IN_BYTES)
		return -EPROTO;
	count = IN_BYTES - used;
	if (count > len)
		count = (uint32_t)len;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = (r->in_prod + i) & (IN_BYTES - 1);

		((volatile char *)r->page->in)[at] = (char)buf[i];
	}
	r->in_prod += count;
	store_release(&r->page->in_prod, r->in_prod);
	return (int)count;
}
