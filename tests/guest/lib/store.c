/* SPDX-License-Identifier: MIT */
/*
 * A store client over the ring page of start_info, for guests that run as
 * domU. One request at a time; watch events that arrive in between are thrown
 * away. The guest polls its event port while it waits.
 */
#include "guest.h"

#include "public/io/xs_wire.h"

#include <stdarg.h>

static struct xenstore_domain_interface *ring;
static uint32_t next_id = 1;

static void kick(void)
{
	struct evtchn_send send = {.port = start_info->store_evtchn};

	do_event_op(EVTCHNOP_send, &send);
}

/* An event is only a hint: the caller looks at the ring once more. */
void store_wait(void)
{
	event_poll(start_info->store_evtchn, 100000000UL);
}

void store_init(void)
{
	require(start_info->store_mfn, "no store ring in start_info");
	ring = va_of_mfn(start_info->store_mfn);
	require(ring, "the store's frame %lx is not mapped",
		start_info->store_mfn);
	events_init();
	event_mask(start_info->store_evtchn);
}

static void ring_put(const void *from, size_t n)
{
	const char *bytes = from;

	while (n) {
		uint32_t prod = ring->req_prod;

		if (prod - __atomic_load_n(&ring->req_cons, __ATOMIC_ACQUIRE) ==
		    XENSTORE_RING_SIZE) {
			kick();
			store_wait();
			continue;
		}
		ring->req[MASK_XENSTORE_IDX(prod)] = *bytes++;
		__atomic_store_n(&ring->req_prod, prod + 1, __ATOMIC_RELEASE);
		n--;
	}
	kick();
}

static void ring_get(void *to, size_t n)
{
	char *bytes = to;

	while (n) {
		uint32_t cons = ring->rsp_cons;

		if (cons ==
		    __atomic_load_n(&ring->rsp_prod, __ATOMIC_ACQUIRE)) {
			kick();
			store_wait();
			continue;
		}
		*bytes++ = ring->rsp[MASK_XENSTORE_IDX(cons)];
		__atomic_store_n(&ring->rsp_cons, cons + 1, __ATOMIC_RELEASE);
		n--;
	}
	kick();
}

static int errno_of(const char *name)
{
	static const struct {
		const char *name;
		int value;
	} known[] = {
		{"ENOENT", XEN_ENOENT}, {"EACCES", XEN_EACCES},
		{"EINVAL", XEN_EINVAL}, {"EEXIST", XEN_EEXIST},
		{"ENOSPC", XEN_ENOSPC}, {"ENOSYS", XEN_ENOSYS},
		{"EAGAIN", XEN_EAGAIN}, {"E2BIG", XEN_E2BIG},
		{"EPERM", XEN_EPERM},	{"ENOMEM", XEN_ENOMEM},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(known[i].name, name))
			return -known[i].value;
	return -XEN_EIO;
}

/*
 * Send path, NUL, value (without a NUL); take the reply that is ours. Returns
 * the bytes of the reply, which out holds with a NUL behind, or -errno.
 */
static int request(uint32_t type, const char *path, const char *value,
		   char *out, size_t size)
{
	static char reply[XENSTORE_PAYLOAD_MAX + 1];
	size_t value_bytes = value ? strlen(value) : 0;
	struct xsd_sockmsg head = {.type = type, .req_id = next_id++};

	head.len = (uint32_t)(strlen(path) + 1 + value_bytes);
	ring_put(&head, sizeof(head));
	ring_put(path, strlen(path) + 1);
	if (value_bytes)
		ring_put(value, value_bytes);
	for (;;) {
		struct xsd_sockmsg got;

		ring_get(&got, sizeof(got));
		expect(got.len <= XENSTORE_PAYLOAD_MAX,
		       "the store answered with %u bytes", got.len);
		ring_get(reply, got.len);
		reply[got.len] = 0;
		if (got.type == XS_WATCH_EVENT || got.req_id != head.req_id)
			continue;
		if (got.type == XS_ERROR)
			return errno_of(reply);
		expect(got.type == type, "the store answered %u to %u",
		       got.type, type);
		if (out) {
			require(got.len < size, "a reply of %u bytes for %s",
				got.len, path);
			memcpy(out, reply, got.len + 1);
		}
		return (int)got.len;
	}
}

int store_read(const char *path, char *out, size_t size)
{
	int n = request(XS_READ, path, NULL, out, size);

	return n < 0 ? n : 0;
}

int store_list(const char *path, char *out, size_t size)
{
	return request(XS_DIRECTORY, path, NULL, out, size);
}

int store_write(const char *path, const char *value)
{
	int n = request(XS_WRITE, path, value, NULL, 0);

	return n < 0 ? n : 0;
}

int store_printf(const char *path, const char *fmt, ...)
{
	char value[256];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vformat(value, sizeof(value), fmt, args);
	va_end(args);
	require(n < (int)sizeof(value), "a value of %d bytes for %s", n, path);
	return store_write(path, value);
}
