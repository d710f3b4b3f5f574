/* SPDX-License-Identifier: MIT */
/* Doing it all again, see the header. One function a kind. */
#include "stored/replay.h"

#include <errno.h>
#include <string.h>

#include "stored/client.h"
#include "stored/watch.h"

struct replay {
	struct core *core;
	struct record_reader *reader;
	bool skip_last;
};

bool journal_is_needed(const struct client *c, const struct xsd_sockmsg *header)
{
	static const bool is_free[XS_TYPE_COUNT] = {
		[XS_DIRECTORY] = true,
		[XS_READ] = true,
		[XS_GET_PERMS] = true,
		/* Watches over a socket end with it. */
		[XS_WATCH] = true,
		[XS_UNWATCH] = true,
		[XS_GET_DOMAIN_PATH] = true,
		[XS_IS_DOMAIN_INTRODUCED] = true,
		[XS_DIRECTORY_PART] = true,
	};

	return c->is_ring || header->tx_id || header->type >= XS_TYPE_COUNT ||
	       !is_free[header->type];
}

static struct client *client_of(struct replay *p, uint64_t id)
{
	return id <= UINT32_MAX ? client_by_id(p->core, (uint32_t)id) : NULL;
}

static int add_client(struct replay *p, uint64_t id, uint64_t domid,
		      bool is_ring, uint64_t in_pos, uint64_t out_pos)
{
	struct client *c;
	int rc;

	if (domid >= DOMID_FIRST_RESERVED || id > UINT32_MAX)
		return -EILSEQ;
	c = client_new(p->core, (uint16_t)domid);
	if (!c)
		return -ENOMEM;
	rc = client_set_id(c, (uint32_t)id);
	if (rc)
		return rc == -EEXIST ? -EILSEQ : rc;
	c->is_ring = is_ring;
	c->in_pos = c->taken = (uint32_t)in_pos;
	c->out_pos = (uint32_t)out_pos;
	return 0;
}

static int replay_client(struct replay *p, const struct record *r)
{
	return add_client(p, r->numbers[0], r->numbers[1], r->numbers[2] != 0,
			  r->numbers[3], r->numbers[4]);
}

static int replay_free(struct replay *p, const struct record *r)
{
	struct client *c = client_of(p, r->numbers[0]);

	if (!c)
		return -EILSEQ;
	client_free(c);
	return 0;
}

/*
 * What the daemon's host found when the request was served for the first time
 * stands in the next record. If that is missing, the daemon died in between:
 * nothing has been bound or mapped that would have outlived it.
 */
static int host_introduce(void *arg, uint16_t domid, uint64_t mfn,
			  uint32_t port)
{
	struct replay *p = arg;
	struct record_reader ahead = *p->reader;
	struct client *c;
	struct record r;

	(void)mfn;
	(void)port;
	if (record_next(&ahead, &r) <= 0 || r.kind != JOURNAL_INTRODUCED)
		return -EIO;
	*p->reader = ahead;
	if (r.numbers[0])
		return -(int)r.numbers[0];
	c = client_of(p, r.numbers[1]);
	if (!c)
		return add_client(p, r.numbers[1], domid, true, r.numbers[2],
				  r.numbers[3]);
	client_restart(c);
	return 0;
}

/* Nobody reads what is sent to a socket that is closed. */
static void drain(struct client *c)
{
	size_t len;

	while (client_peek(c, &len))
		client_consume(c, len);
}

/* What of a request came in part before is not in the ring any more. */
static void forget_input(struct client *c, size_t len)
{
	size_t have = c->in.end - c->in.begin;

	c->in.begin += len < have ? len : have;
	c->in_pos += (uint32_t)len;
	c->taken = c->in_pos + (uint32_t)(c->in.end - c->in.begin);
}

static int replay_request(struct replay *p, const struct record *r)
{
	struct client *c = client_of(p, r->numbers[0]);
	struct xsd_sockmsg header = {
		.type = (uint32_t)r->numbers[1],
		.req_id = (uint32_t)r->numbers[2],
		.tx_id = (uint32_t)r->numbers[3],
		.len = (uint32_t)r->tail_len,
	};
	struct record_reader ahead = *p->reader;
	struct record next;

	if (!c || r->tail_len > XENSTORE_PAYLOAD_MAX)
		return -EILSEQ;
	forget_input(c, sizeof(header) + r->tail_len);
	if (p->skip_last && record_next(&ahead, &next) <= 0)
		return 0;
	core_request(p->core, c, &header, r->tail, r->tail_len);
	if (!c->is_ring)
		drain(c);
	return 0;
}

static int replay_input(struct replay *p, const struct record *r)
{
	struct client *c = client_of(p, r->numbers[0]);
	char *space;
	size_t room;

	if (!c)
		return -EILSEQ;
	space = input_space(&c->in, &room);
	if (r->tail_len > room)
		return -EILSEQ;
	memcpy(space, r->tail, r->tail_len);
	c->in.end += r->tail_len;
	c->taken += (uint32_t)r->tail_len;
	return 0;
}

static int replay_sent(struct replay *p, const struct record *r)
{
	struct client *c = client_of(p, r->numbers[0]);
	uint64_t left = r->numbers[1];
	size_t len;

	if (!c)
		return -EILSEQ;
	while (left) {
		if (!client_peek(c, &len))
			return -EILSEQ;
		len = left < len ? (size_t)left : len;
		client_consume(c, len);
		left -= len;
	}
	return 0;
}

static int replay_reset(struct replay *p, const struct record *r)
{
	struct client *c = client_of(p, r->numbers[0]);

	if (!c)
		return -EILSEQ;
	if (r->numbers[1])
		client_ignore(c);
	else
		client_restart(c);
	return 0;
}

static int replay_shutdown(struct replay *p, const struct record *r)
{
	if (r->numbers[0] >= DOMID_FIRST_RESERVED)
		return -EILSEQ;
	core_domain_shutdown(p->core, (uint16_t)r->numbers[0]);
	return 0;
}

static int replay_gone(struct replay *p, const struct record *r)
{
	uint16_t domids[DOMID_FIRST_RESERVED];
	size_t count = r->tail_len / sizeof(domids[0]);

	if (count > DOMID_FIRST_RESERVED)
		return -EILSEQ;
	memcpy(domids, r->tail, count * sizeof(domids[0]));
	for (size_t i = 0; i < count; i++) {
		if (domids[i] >= DOMID_FIRST_RESERVED)
			return -EILSEQ;
	}
	core_domains_gone(p->core, domids, count);
	return 0;
}

typedef int replay_fn(struct replay *p, const struct record *r);

static replay_fn *const kinds[JOURNAL_KIND_END] = {
	[JOURNAL_CLIENT] = replay_client,     [JOURNAL_FREE] = replay_free,
	[JOURNAL_REQUEST] = replay_request,   [JOURNAL_INPUT] = replay_input,
	[JOURNAL_SENT] = replay_sent,	      [JOURNAL_RESET] = replay_reset,
	[JOURNAL_SHUTDOWN] = replay_shutdown, [JOURNAL_GONE] = replay_gone,
};

int replay(struct core *core, struct record_reader *reader, bool skip_last)
{
	struct replay p = {core, reader, skip_last};
	struct record r;
	int rc;

	core->host = (struct core_host){
		.arg = &p,
		.introduce = host_introduce,
	};
	while ((rc = record_next(reader, &r)) > 0) {
		rc = -EILSEQ;
		if (r.kind < JOURNAL_KIND_END && kinds[r.kind])
			rc = kinds[r.kind](&p, &r);
		if (rc)
			break;
	}
	core->host = (struct core_host){0};
	return rc;
}
