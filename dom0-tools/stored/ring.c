/* SPDX-License-Identifier: MIT */
/* Ring pages and stream buffers, see the header. */
#include "stored/ring.h"

#include <errno.h>
#include <string.h>

void ring_attach(struct ring *r, void *page)
{
	const volatile struct xenstore_domain_interface *p = page;

	ring_resume(r, page, p->req_cons, p->rsp_prod);
}

void ring_resume(struct ring *r, void *page, uint32_t req_cons,
		 uint32_t rsp_prod)
{
	r->page = page;
	r->req_cons = req_cons;
	r->rsp_prod = rsp_prod;
	r->page->server_features = XENSTORE_SERVER_FEATURE_RECONNECTION |
				   XENSTORE_SERVER_FEATURE_ERROR;
	r->page->error = XENSTORE_ERROR_NONE;
}

bool ring_is_used(const struct ring *r)
{
	return r->page->req_prod || r->rsp_prod;
}

void ring_reset(struct ring *r)
{
	r->req_cons = r->rsp_prod = 0;
	r->page->req_cons = r->page->req_prod = 0;
	r->page->rsp_cons = r->page->rsp_prod = 0;
	r->page->error = XENSTORE_ERROR_NONE;
	__atomic_store_n(&r->page->connection, XENSTORE_CONNECTED,
			 __ATOMIC_RELEASE);
}

bool ring_wants_reset(const struct ring *r)
{
	return __atomic_load_n(&r->page->connection, __ATOMIC_ACQUIRE) ==
	       XENSTORE_RECONNECT;
}

void ring_set_error(struct ring *r, uint32_t error)
{
	r->page->error = error;
}

/* The page is volatile to the compiler, so memcpy() is not for it. */
static void copy_out(char *to, const volatile char *from, size_t len)
{
	while (len--)
		*to++ = *from++;
}

static void copy_in(volatile char *to, const char *from, size_t len)
{
	while (len--)
		*to++ = *from++;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

int ring_read(struct ring *r, void *buf, size_t room)
{
	uint32_t prod = __atomic_load_n(&r->page->req_prod, __ATOMIC_ACQUIRE);
	uint32_t have = prod - r->req_cons;
	size_t len, start, first;

	if (have > XENSTORE_RING_SIZE)
		return -EIO;
	len = smaller(have, room);
	start = MASK_XENSTORE_IDX(r->req_cons);
	first = smaller(len, XENSTORE_RING_SIZE - start);
	copy_out(buf, r->page->req + start, first);
	copy_out((char *)buf + first, r->page->req, len - first);
	r->req_cons += (uint32_t)len;
	return (int)len;
}

int ring_write(struct ring *r, const void *data, size_t len)
{
	uint32_t cons = __atomic_load_n(&r->page->rsp_cons, __ATOMIC_ACQUIRE);
	uint32_t used = r->rsp_prod - cons;
	size_t start, first;

	if (used > XENSTORE_RING_SIZE)
		return -EIO;
	len = smaller(len, XENSTORE_RING_SIZE - used);
	start = MASK_XENSTORE_IDX(r->rsp_prod);
	first = smaller(len, XENSTORE_RING_SIZE - start);
	copy_in(r->page->rsp + start, data, first);
	copy_in(r->page->rsp, (const char *)data + first, len - first);
	r->rsp_prod += (uint32_t)len;
	return (int)len;
}

bool ring_publish(struct ring *r, uint32_t req_cons)
{
	/* From now on the other side may overwrite what was copied. */
	__atomic_store_n(&r->page->req_cons, req_cons, __ATOMIC_RELEASE);
	__atomic_store_n(&r->page->rsp_prod, r->rsp_prod, __ATOMIC_RELEASE);
	/* It looks at ours after it has written its own, and so do we. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(&r->page->req_prod, __ATOMIC_ACQUIRE) !=
	       r->req_cons;
}

char *input_space(struct input *in, size_t *room)
{
	if (in->begin) {
		memmove(in->buf, in->buf + in->begin, in->end - in->begin);
		in->end -= in->begin;
		in->begin = 0;
	}
	*room = sizeof(in->buf) - in->end;
	return in->buf + in->end;
}

static bool peek_header(const struct input *in, struct xsd_sockmsg *header)
{
	if (in->end - in->begin < sizeof(*header))
		return false;
	memcpy(header, in->buf + in->begin, sizeof(*header));
	return true;
}

bool input_has_message(const struct input *in)
{
	struct xsd_sockmsg header;

	return peek_header(in, &header) &&
	       (header.len > XENSTORE_PAYLOAD_MAX ||
		in->end - in->begin >= sizeof(header) + header.len);
}

int input_next(struct input *in, struct xsd_sockmsg *header,
	       const char **payload)
{
	if (!peek_header(in, header))
		return 0;
	if (header->len > XENSTORE_PAYLOAD_MAX)
		return -EPROTO;
	if (in->end - in->begin < sizeof(*header) + header->len)
		return 0;
	*payload = in->buf + in->begin + sizeof(*header);
	in->begin += sizeof(*header) + header->len;
	return 1;
}
