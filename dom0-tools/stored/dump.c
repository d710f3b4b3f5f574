/* SPDX-License-Identifier: MIT */
/*
 * Writing the state as records, see the header; reading is restore.c's.
 *
 * A node's number is the count of nodes written before it and itself, and a
 * node comes after those that it refers to. Only nodes with more than one
 * reference can be met twice, so only these are remembered.
 */
#include "stored/dump.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stored/client.h"
#include "stored/txn.h"
#include "stored/watch.h"

struct seen {
	const struct node *node;
	uint64_t id;
};

struct dump {
	const struct core *core;
	const struct record_sink *sink;
	uint64_t node_count;
	struct seen *seen; /* a hash table, open addressing */
	size_t seen_count, seen_room;
	char *tail; /* scratch */
	size_t tail_room;
	int rc; /* the first failure; nothing is written after it */
};

static void put(struct dump *d, const struct record *r)
{
	if (!d->rc)
		d->rc = d->sink->put(d->sink->arg, r);
}

/* Scratch for a tail of `len` bytes, or NULL. */
static char *scratch(struct dump *d, size_t len)
{
	char *grown;

	if (len > d->tail_room) {
		grown = realloc(d->tail, len);
		if (!grown) {
			d->rc = -ENOMEM;
			return NULL;
		}
		d->tail = grown;
		d->tail_room = len;
	}
	return d->tail;
}

static struct seen *seen_slot(const struct dump *d, const struct node *n)
{
	uint64_t h = (uintptr_t)n * 0x9e3779b97f4a7c15;
	size_t i = (size_t)(h >> 32) & (d->seen_room - 1);

	while (d->seen[i].node && d->seen[i].node != n)
		i = (i + 1) & (d->seen_room - 1);
	return &d->seen[i];
}

static void remember(struct dump *d, const struct node *n, uint64_t id)
{
	struct seen *old = d->seen;
	size_t old_room = d->seen_room;

	if (d->seen_count * 2 >= d->seen_room) {
		d->seen_room = old_room ? old_room * 2 : 64;
		d->seen = calloc(d->seen_room, sizeof(*d->seen));
		if (!d->seen) {
			d->seen = old;
			d->seen_room = old_room;
			d->rc = -ENOMEM;
			return;
		}
		for (size_t i = 0; i < old_room; i++) {
			if (old[i].node)
				*seen_slot(d, old[i].node) = old[i];
		}
		free(old);
	}
	*seen_slot(d, n) = (struct seen){n, id};
	d->seen_count++;
}

static char *put_perms(char *to, const struct perms *perms)
{
	for (uint32_t i = 0; i < perms->count; i++) {
		memcpy(to, &perms->e[i].domid, 2);
		to[2] = (char)perms->e[i].bits;
		to += DUMP_PERM_BYTES;
	}
	return to;
}

/* Its number; 0 for NULL. */
static uint64_t dump_node(struct dump *d, const struct node *n)
{
	uint64_t left, right, kids;
	size_t len;
	char *tail;

	if (!n || d->rc)
		return 0;
	if (n->refs > 1 && d->seen_room && seen_slot(d, n)->node)
		return seen_slot(d, n)->id;
	left = dump_node(d, n->left);
	right = dump_node(d, n->right);
	kids = dump_node(d, n->kids);

	len = n->name_len + 1 + n->perms->count * DUMP_PERM_BYTES +
	      n->value->len;
	tail = scratch(d, len);
	if (!tail)
		return 0;
	memcpy(tail, n->name, n->name_len + 1);
	memcpy(put_perms(tail + n->name_len + 1, n->perms), n->value->data,
	       n->value->len);
	put(d,
	    RECORD(DUMP_NODE, tail, len, n->name_len + 1, n->perms->count,
		   n->gen_value, n->gen_perms, n->gen_kids, left, right, kids));
	d->node_count++;
	if (n->refs > 1)
		remember(d, n, d->node_count);
	return d->node_count;
}

static void dump_quota(struct dump *d, uint64_t whose,
		       const struct quota_set *set, const uint64_t *refused)
{
	struct quota_set usual;

	if (whose == DUMP_QUOTA_COMMON)
		quota_set_defaults(&usual);
	else
		quota_set_inherited(&usual);
	for (int i = 0; i < QUOTA_COUNT; i++) {
		uint64_t n = refused ? refused[i] : 0;

		if (set->limit[i] != usual.limit[i] || n)
			put(d, RECORD(DUMP_QUOTA, quota_names[i],
				      strlen(quota_names[i]) + 1, whose,
				      set->limit[i], n));
	}
}

static void dump_core(struct dump *d)
{
	const struct core *core = d->core;

	put(d, RECORD(DUMP_CORE, NULL, 0, core->gen, core->last_txn_id,
		      core->outcome_count, core->trace));
	dump_quota(d, DUMP_QUOTA_COMMON, &core->quota, NULL);
	for (uint64_t i = 0; i < OUTCOMES; i++) {
		const struct outcome *o = &core->outcomes[i];

		if (o->txn)
			put(d, RECORD(DUMP_OUTCOME, NULL, 0, i, o->txn,
				      (uint64_t)-o->rc));
	}
	for (uint64_t i = 0; i < SPECIAL_COUNT; i++) {
		const struct special *s = &core->specials[i];
		size_t len = s->perms->count * DUMP_PERM_BYTES;
		char *tail = scratch(d, len);

		if (!tail)
			return;
		put_perms(tail, s->perms);
		put(d, RECORD(DUMP_SPECIAL, tail, len, i, s->perms->count,
			      s->gen_perms));
	}
}

/* The last one first, so that putting each in front gives the same order. */
static void dump_domains(struct dump *d, const struct domain *dom)
{
	while (dom && dom->next)
		dom = dom->next;
	while (dom) {
		put(d,
		    RECORD(DUMP_DOMAIN, NULL, 0, dom->domid, dom->target,
			   dom->introduced, dom->shutdown, dom->born,
			   (uint64_t)dom->node_count, (uint64_t)dom->node_bytes,
			   dom->ring_mfn, dom->ring_port));
		dump_quota(d, dom->domid, &dom->quota, dom->quota_logged);
		if (dom->link == &d->core->domain_list)
			return;
		dom = (const struct domain *)((const char *)dom->link -
					      offsetof(struct domain, next));
	}
}

/* How many are as old as it or older: the list begins with the newest. */
static uint64_t watch_ordinal(const struct watch *w)
{
	uint64_t n = 0;

	for (; w; w = w->next)
		n++;
	return n;
}

static void dump_watches(struct dump *d, const struct client *c,
			 const struct watch *w)
{
	size_t path_len, token_len;
	char *tail;

	while (w && w->next)
		w = w->next;
	while (w && !d->rc) {
		path_len = strlen(w->path) + 1;
		token_len = strlen(w->token) + 1;
		tail = scratch(d, path_len + token_len);
		if (!tail)
			return;
		memcpy(tail, w->path, path_len);
		memcpy(tail + path_len, w->token, token_len);
		put(d, RECORD(DUMP_WATCH, tail, path_len + token_len, c->id,
			      w->depth, w->strip, w->marked));
		if (w->link == &c->watches)
			return;
		w = (const struct watch *)((const char *)w->link -
					   offsetof(struct watch, next));
	}
}

static void dump_txn(struct dump *d, const struct txn *t)
{
	uint64_t base = dump_node(d, t->base);
	uint64_t root = dump_node(d, t->root);

	put(d, RECORD(DUMP_TRANSACTION, NULL, 0, t->client->id, t->id, base,
		      root));
	for (size_t i = 0; i < t->count; i++)
		put(d, RECORD(DUMP_ACCESS, t->list[i]->path,
			      strlen(t->list[i]->path) + 1, t->list[i]->bits));
	for (size_t i = 0; i < t->tally.count; i++)
		put(d, RECORD(DUMP_TALLY, NULL, 0, t->tally.e[i].domid,
			      (uint64_t)t->tally.e[i].nodes,
			      (uint64_t)t->tally.e[i].bytes));
}

/* The newest stands in front. */
static void dump_txns(struct dump *d, const struct txn *t)
{
	if (!t)
		return;
	dump_txns(d, t->next);
	dump_txn(d, t);
}

static void dump_client(struct dump *d, const struct client *c)
{
	uint32_t kept = c->is_ring ? c->taken - c->in_pos : 0;
	uint64_t sent = c->sent;

	/* What may still be in the ring page will be read from there. */
	if (kept > c->in.end - c->in.begin)
		kept = 0;
	put(d, RECORD(DUMP_CLIENT, c->in.buf + c->in.begin, kept, c->id,
		      c->domid, c->is_ring, c->ignored, c->in_pos,
		      c->out_pos - (uint32_t)sent, c->losses));
	dump_txns(d, c->txns);
	if (!c->is_ring)
		return;
	dump_watches(d, c, c->watches);
	for (const struct message *m = c->queue; m; m = m->next) {
		put(d, RECORD(DUMP_MESSAGE, m->data, m->len, c->id,
			      watch_ordinal(m->watch), sent));
		sent = 0;
	}
}

static void dump_clients(struct dump *d, const struct client *c)
{
	while (c && c->next)
		c = c->next;
	while (c && !d->rc) {
		if (c->id)
			dump_client(d, c);
		if (c->link == &d->core->client_list)
			return;
		c = (const struct client *)((const char *)c->link -
					    offsetof(struct client, next));
	}
}

int dump_write(const struct core *core, const struct record_sink *sink)
{
	struct dump d = {.core = core, .sink = sink};
	uint64_t root;

	dump_core(&d);
	dump_domains(&d, core->domain_list);
	root = dump_node(&d, core->root);
	put(&d, RECORD(DUMP_ROOT, NULL, 0, root));
	dump_clients(&d, core->client_list);
	put(&d, RECORD(DUMP_END, NULL, 0, d.node_count));
	free(d.seen);
	free(d.tail);
	return d.rc;
}
