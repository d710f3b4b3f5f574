/* SPDX-License-Identifier: MIT */
/* Connections and their queues, see the header. */
#include "stored/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stored/core.h"
#include "stored/txn.h"
#include "stored/watch.h"

/* A program in domain 0 may be slow, but not for ever. */
#define PRIVILEGED_QUEUE_BYTES (8u << 20)
#define BEHIND_BYTES	       (64u << 10)

struct client *client_new(struct core *core, uint16_t domid)
{
	struct client *c;

	if (!core_domain(core, domid))
		return NULL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->core = core;
	c->domid = domid;
	c->queue_tail = &c->queue;
	c->next = core->client_list;
	c->link = &core->client_list;
	if (c->next)
		c->next->link = &c->next;
	core->client_list = c;
	return c;
}

static void empty_queue(struct client *c)
{
	while (c->queue) {
		struct message *m = c->queue;

		c->queue = m->next;
		free(m);
	}
	c->queue_tail = &c->queue;
	c->queue_bytes = 0;
	c->reply_count = 0;
	c->sent = 0;
}

void client_reset(struct client *c)
{
	empty_queue(c);
	watch_remove_all(c);
	txn_abort_all(c);
	txn_forget_lost(c);
}

void client_restart(struct client *c)
{
	client_reset(c);
	c->dropped = false;
	c->ignored = false;
	c->in.begin = c->in.end = 0;
	c->in_pos = c->taken = c->out_pos = 0;
}

void client_ignore(struct client *c)
{
	client_reset(c);
	c->ignored = true;
}

void client_free(struct client *c)
{
	client_reset(c);
	if (c->id)
		c->core->by_id[c->id - 1] = NULL;
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	free(c);
}

/* Ids are small: the first that is free. */
int client_set_id(struct client *c, uint32_t id)
{
	struct core *core = c->core;

	if (id > core->id_room) {
		size_t room = core->id_room ? core->id_room : 64;
		struct client **grown;

		while (room < id)
			room *= 2;
		grown = realloc(core->by_id, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		memset(grown + core->id_room, 0,
		       (room - core->id_room) * sizeof(*grown));
		core->by_id = grown;
		core->id_room = room;
	}
	if (!id || c->id || core->by_id[id - 1])
		return -EEXIST;
	core->by_id[id - 1] = c;
	c->id = id;
	return 0;
}

uint32_t client_give_id(struct client *c)
{
	uint32_t id = 1;

	while (client_by_id(c->core, id))
		id++;
	return client_set_id(c, id) ? 0 : id;
}

struct client *client_by_id(const struct core *core, uint32_t id)
{
	return id && id <= core->id_room ? core->by_id[id - 1] : NULL;
}

static uint64_t queue_limit(const struct client *c)
{
	const struct domain *d = c->core->domains[c->domid];

	if (client_is_privileged(c))
		return PRIVILEGED_QUEUE_BYTES;
	return quota_limit(d ? &d->quota : NULL, &c->core->quota,
			   QUOTA_QUEUE_BYTES);
}

static struct message *message_new(uint32_t type, uint32_t req_id,
				   uint32_t tx_id, size_t payload_len)
{
	size_t len = sizeof(struct xsd_sockmsg) + payload_len;
	struct message *m = malloc(sizeof(*m) + len);
	struct xsd_sockmsg header = {
		.type = type,
		.req_id = req_id,
		.tx_id = tx_id,
		.len = (uint32_t)payload_len,
	};

	if (!m)
		return NULL;
	m->next = NULL;
	m->watch = NULL;
	m->is_reply = type != XS_WATCH_EVENT;
	m->len = len;
	memcpy(m->data, &header, sizeof(header));
	return m;
}

static void enqueue(struct client *c, struct message *m)
{
	bool was_empty = !c->queue;

	*c->queue_tail = m;
	c->queue_tail = &m->next;
	c->queue_bytes += m->len;
	c->reply_count += m->is_reply;
	if (was_empty && c->core->host.wake)
		c->core->host.wake(c->core->host.arg, c);
}

void client_reply(struct client *c, uint32_t type, uint32_t req_id,
		  uint32_t tx_id, const void *data, size_t len)
{
	struct message *m = message_new(type, req_id, tx_id, len);

	/* Without its reply the client would wait for ever: let it go. */
	if (!m) {
		c->dropped = true;
		if (c->core->host.wake)
			c->core->host.wake(c->core->host.arg, c);
		return;
	}
	if (len)
		memcpy(m->data + sizeof(struct xsd_sockmsg), data, len);
	enqueue(c, m);
}

int client_requeue(struct client *c, const char *data, size_t len,
		   struct watch *w)
{
	struct xsd_sockmsg header;
	struct message *m;

	if (len < sizeof(header))
		return -EINVAL;
	memcpy(&header, data, sizeof(header));
	m = message_new(header.type, header.req_id, header.tx_id,
			len - sizeof(header));
	if (!m)
		return -ENOMEM;
	memcpy(m->data, data, len);
	m->watch = w;
	if (w)
		w->newest = m;
	enqueue(c, m);
	return 0;
}

static void mark(struct client *c, struct watch *w)
{
	if (w->marked)
		return;
	w->marked = true;
	c->marked_count++;
}

static bool event_is(const struct message *m, const char *path, size_t path_len)
{
	const char *payload = m->data + sizeof(struct xsd_sockmsg);
	size_t len = m->len - sizeof(struct xsd_sockmsg);

	return path_len <= len && !memcmp(payload, path, path_len);
}

void client_event(struct client *c, struct watch *w, const char *path)
{
	size_t path_len = strlen(path) + 1;
	size_t token_len = strlen(w->token) + 1;
	struct message *m;
	char *payload;

	if (w->newest && event_is(w->newest, path, path_len))
		return;
	if (c->queue_bytes >= queue_limit(c)) {
		mark(c, w);
		return;
	}
	m = message_new(XS_WATCH_EVENT, 0, 0, path_len + token_len);
	if (!m) {
		mark(c, w);
		return;
	}
	payload = m->data + sizeof(struct xsd_sockmsg);
	memcpy(payload, path, path_len);
	memcpy(payload + path_len, w->token, token_len);
	m->watch = w;
	w->newest = m;
	enqueue(c, m);
}

/*
 * The first message may be half sent, which must be finished; the others are
 * taken out.
 */
void client_forget_watch(struct client *c, struct watch *w)
{
	struct message **at = &c->queue;

	if (w->marked)
		c->marked_count--;
	while (*at) {
		struct message *m = *at;

		if (m->watch != w) {
			at = &m->next;
		} else if (m == c->queue && c->sent) {
			m->watch = NULL;
			at = &m->next;
		} else {
			*at = m->next;
			c->queue_bytes -= m->len;
			free(m);
		}
	}
	c->queue_tail = at;
}

const char *client_peek(const struct client *c, size_t *len)
{
	if (!c->queue) {
		*len = 0;
		return NULL;
	}
	*len = c->queue->len - c->sent;
	return c->queue->data + c->sent;
}

/* Gives the marked watches their event, as far as there is room. */
static void settle_marks(struct client *c)
{
	for (struct watch *w = c->watches; w && c->marked_count; w = w->next) {
		if (!w->marked)
			continue;
		w->marked = false;
		c->marked_count--;
		client_event(c, w, w->path + w->strip);
		if (w->marked)
			return;
	}
}

void client_consume(struct client *c, size_t len)
{
	struct message *m = c->queue;

	c->out_pos += (uint32_t)len;
	c->sent += len;
	if (c->sent < m->len)
		return;
	c->sent = 0;
	c->queue_bytes -= m->len;
	c->reply_count -= m->is_reply;
	c->queue = m->next;
	if (!c->queue)
		c->queue_tail = &c->queue;
	if (m->watch && m->watch->newest == m)
		m->watch->newest = NULL;
	free(m);
	if (c->marked_count && c->queue_bytes <= queue_limit(c) / 2)
		settle_marks(c);
}

bool client_is_behind(const struct client *c)
{
	const struct domain *d = c->core->domains[c->domid];

	if (c->queue_bytes >= BEHIND_BYTES)
		return true;
	return !client_is_privileged(c) && d &&
	       c->reply_count >= quota_limit(&d->quota, &c->core->quota,
					     QUOTA_OUTSTANDING);
}
