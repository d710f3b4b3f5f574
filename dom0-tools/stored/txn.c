/* SPDX-License-Identifier: MIT */
/*
 * Transactions, see the header.
 *
 * The commit works on a second reference to the store's tree, which the first
 * change makes a copy; so it can be given up at any point, and the only step
 * that others see is the exchange of the root. Paths are carried over in
 * sorted order, which puts parents before their children.
 */
#include "stored/txn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stored/client.h"
#include "stored/core.h"
#include "stored/watch.h"

#define FIRST_BUCKETS 16

int tally_prepare(struct tally *y, uint16_t domid)
{
	void *grown;

	for (size_t i = 0; i < y->count; i++) {
		if (y->e[i].domid == domid)
			return 0;
	}
	grown = realloc(y->e, (y->count + 1) * sizeof(y->e[0]));
	if (!grown)
		return -ENOMEM;
	y->e = grown;
	y->e[y->count++] = (struct tally_entry){.domid = domid};
	return 0;
}

void tally_add(struct tally *y, uint16_t domid, int64_t nodes, int64_t bytes)
{
	for (size_t i = 0; i < y->count; i++) {
		if (y->e[i].domid == domid) {
			y->e[i].nodes += nodes;
			y->e[i].bytes += bytes;
		}
	}
}

const struct tally_entry *tally_of(const struct tally *y, uint16_t domid)
{
	for (size_t i = 0; i < y->count; i++) {
		if (y->e[i].domid == domid)
			return &y->e[i];
	}
	return NULL;
}

void tally_free(struct tally *y)
{
	free(y->e);
	*y = (struct tally){0};
}

/*
 * A number that no open transaction of this client has, and not 0. They are
 * counted for all clients together, so that one says for long which
 * transaction was meant (core_old_outcome).
 */
static uint32_t new_id(struct client *c)
{
	struct core *core = c->core;

	do {
		core->last_txn_id++;
	} while (!core->last_txn_id || txn_find(c, core->last_txn_id));
	return core->last_txn_id;
}

int txn_restore(struct client *c, uint32_t id, struct node *base,
		struct node *root, struct txn **out)
{
	struct txn *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->bucket_count = FIRST_BUCKETS;
	t->buckets = calloc(t->bucket_count, sizeof(struct txn_access *));
	if (!t->buckets) {
		free(t);
		return -ENOMEM;
	}
	t->client = c;
	t->id = id;
	t->base = base;
	t->root = root;
	t->next = c->txns;
	c->txns = t;
	c->txn_count++;
	*out = t;
	return 0;
}

int txn_start(struct client *c, struct txn **out)
{
	struct core *core = c->core;
	int rc;

	if (!core_quota_room(core, c, QUOTA_TRANSACTIONS, c->txn_count))
		return -ENOSPC;
	rc = txn_restore(c, new_id(c), core->root, core->root, out);
	if (rc)
		return rc;
	node_get(core->root);
	node_get(core->root);
	if (c->losses >= TXN_PATIENCE &&
	    (!core->favoured || core->favoured->client->losses < c->losses))
		core->favoured = *out;
	return 0;
}

struct txn *txn_find(const struct client *c, uint32_t id)
{
	struct txn *t = c->txns;

	while (t && t->id != id)
		t = t->next;
	return t;
}

static void take_out(struct txn *t)
{
	struct txn **at = &t->client->txns;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	t->client->txn_count--;
	if (t->client->core->favoured == t)
		t->client->core->favoured = NULL;
}

static void free_txn(struct txn *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->list[i]);
	free(t->list);
	free(t->buckets);
	tally_free(&t->tally);
	node_put(t->base);
	node_put(t->root);
	free(t);
}

void txn_abort(struct txn *t)
{
	take_out(t);
	free_txn(t);
}

void txn_forget_lost(struct client *c)
{
	if (c->lost)
		free_txn(c->lost);
	c->lost = NULL;
	c->losses = 0;
}

/* Its nodes are let go, the list of them is kept. */
static void lose(struct txn *t)
{
	struct client *c = t->client;
	uint32_t losses = c->losses + 1;

	take_out(t);
	txn_forget_lost(c);
	node_put(t->base);
	node_put(t->root);
	t->base = t->root = NULL;
	c->lost = t;
	c->losses = losses;
}

void txn_abort_all(struct client *c)
{
	while (c->txns)
		txn_abort(c->txns);
}

static uint32_t hash_of(const char *path)
{
	uint32_t h = 2166136261u;

	for (; *path; path++)
		h = (h ^ (unsigned char)*path) * 16777619u;
	return h ^ (h >> 15);
}

static int grow(struct txn *t)
{
	size_t room = t->room ? t->room * 2 : FIRST_BUCKETS;
	struct txn_access **buckets, **list;

	list = realloc(t->list, room * sizeof(*list));
	if (!list)
		return -ENOMEM;
	t->list = list;
	buckets = calloc(room, sizeof(*buckets));
	if (!buckets)
		return -ENOMEM;
	for (size_t i = 0; i < t->count; i++) {
		struct txn_access *a = list[i];

		a->next = buckets[a->hash & (room - 1)];
		buckets[a->hash & (room - 1)] = a;
	}
	free(t->buckets);
	t->buckets = buckets;
	t->bucket_count = t->room = room;
	return 0;
}

static struct txn_access *find_access(const struct txn *t, const char *path,
				      uint32_t hash)
{
	struct txn_access *a = t->buckets[hash & (t->bucket_count - 1)];

	while (a && strcmp(a->path, path))
		a = a->next;
	return a;
}

int txn_access(struct txn *t, const char *path, unsigned int bits)
{
	struct txn_access *a = find_access(t, path, hash_of(path));

	if (a) {
		a->bits |= bits;
		return 0;
	}
	if (!core_quota_room(t->client->core, t->client,
			     QUOTA_TRANSACTION_NODES, t->count))
		return -ENOSPC;
	return txn_note(t, path, bits);
}

int txn_note(struct txn *t, const char *path, unsigned int bits)
{
	uint32_t hash = hash_of(path);
	size_t len = strlen(path);
	struct txn_access *a;

	if (t->count == t->room && grow(t))
		return -ENOMEM;
	a = malloc(sizeof(*a) + len + 1);
	if (!a)
		return -ENOMEM;
	a->bits = bits;
	a->hash = hash;
	memcpy(a->path, path, len + 1);
	a->next = t->buckets[hash & (t->bucket_count - 1)];
	t->buckets[hash & (t->bucket_count - 1)] = a;
	t->list[t->count++] = a;
	return 0;
}

static bool access_conflicts(const struct txn *t, const struct txn_access *a)
{
	const struct node *then = tree_find(t->base, a->path);
	const struct node *now = tree_find(t->client->core->root, a->path);

	if (!then || !now)
		return then != now;
	return ((a->bits & TXN_PERMS) && then->gen_perms != now->gen_perms) ||
	       ((a->bits & TXN_VALUE) && then->gen_value != now->gen_value) ||
	       ((a->bits & TXN_KIDS) && then->gen_kids != now->gen_kids);
}

static bool conflicts(const struct txn *t)
{
	/* Nobody has changed anything since, or the root would be another. */
	if (t->client->core->root == t->base)
		return false;
	for (size_t i = 0; i < t->count; i++) {
		if (access_conflicts(t, t->list[i]))
			return true;
	}
	return false;
}

static bool is_below(const char *path, const char *top)
{
	size_t len = top[1] ? strlen(top) : 0;

	return !strncmp(path, top, len) && (!path[len] || path[len] == '/');
}

/*
 * Whether a change of `path` may concern the transaction: one that is above
 * or below of a node it looked at, which is more than the conflicts but found
 * in one glance.
 */
static bool is_concerned(const struct txn *t, const char *path)
{
	for (size_t i = 0; t && i < t->count; i++) {
		if (is_below(path, t->list[i]->path) ||
		    is_below(t->list[i]->path, path))
			return true;
	}
	return false;
}

static bool is_spoilt(const struct txn *t, const char *path)
{
	return is_concerned(t, path) || is_concerned(t->client->lost, path);
}

static bool commit_concerns(const struct txn *t, const struct txn *other)
{
	for (size_t i = 0; i < other->count; i++) {
		if ((other->list[i]->bits & TXN_WRITTEN) &&
		    is_spoilt(t, other->list[i]->path))
			return true;
	}
	return false;
}

bool txn_must_wait(const struct client *c, const struct xsd_sockmsg *header,
		   const char *payload, size_t len)
{
	const struct txn *t = c->core->favoured;
	struct wire_text text = {payload, len};
	char path[WIRE_PATH_BYTES];
	const struct txn *other;
	const char *s;

	if (!t || t->client == c ||
	    (client_is_privileged(c) && !client_is_privileged(t->client)))
		return false;
	switch (header->type) {
	case XS_TRANSACTION_END:
		other = txn_find(c, header->tx_id);
		return other && len && payload[0] == 'T' &&
		       commit_concerns(t, other);
	case XS_WRITE:
	case XS_MKDIR:
	case XS_RM:
	case XS_SET_PERMS:
		s = header->tx_id ? NULL : wire_string(&text);
		return s && !wire_path(s, c->domid, path, NULL) &&
		       is_spoilt(t, path);
	default:
		return false;
	}
}

static int by_path(const void *a, const void *b)
{
	const struct txn_access *const *x = a, *const *y = b;

	return strcmp((*x)->path, (*y)->path);
}

/* What a commit is preparing. */
struct change {
	struct core *core;
	struct txn *txn;
	struct node *root;
	struct tally tally;
	int rc;
};

static int tally_node(struct change *ch, const struct node *n, int sign)
{
	uint16_t owner = core_owner(ch->core, n->perms, n->gen_perms);
	int rc = tally_prepare(&ch->tally, owner);

	if (!rc)
		tally_add(&ch->tally, owner, sign, sign * node_bytes(n));
	return rc;
}

static bool tally_removed(void *arg, const char *path, const struct node *n)
{
	struct change *ch = arg;

	(void)path;
	ch->rc = tally_node(ch, n, -1);
	return !ch->rc;
}

static int carry_removal(struct change *ch, const char *path)
{
	char scratch[WIRE_PATH_BYTES];
	struct node *removed;
	int rc;

	rc = tree_remove(&ch->root, path, ++ch->core->gen, &removed);
	if (rc)
		return rc == -ENOENT ? 0 : rc;
	memcpy(scratch, path, strlen(path) + 1);
	tree_walk(removed, scratch, tally_removed, ch);
	node_put(removed);
	return ch->rc;
}

static int carry_new(struct change *ch, const char *path, const struct node *n)
{
	uint64_t gen = ++ch->core->gen;
	struct node *copy;
	int rc;

	copy = node_new(wire_leaf(path), blob_get(n->value),
			perms_get(n->perms), gen);
	if (!copy)
		return -ENOMEM;
	copy->gen_value = n->gen_value;
	copy->gen_perms = n->gen_perms;
	rc = tally_node(ch, copy, 1);
	if (!rc)
		rc = tree_insert(&ch->root, path, copy, gen);
	if (rc)
		node_put(copy);
	return rc;
}

static int carry_edit(struct change *ch, const char *path, const struct node *n)
{
	const struct node *then = tree_find(ch->txn->base, path);
	struct node *now;
	int rc;

	rc = tree_edit(&ch->root, path, &now);
	if (!rc)
		rc = tally_node(ch, now, -1);
	if (rc)
		return rc;
	if (!then || n->gen_value != then->gen_value) {
		blob_put(now->value);
		now->value = blob_get(n->value);
		now->gen_value = n->gen_value;
	}
	if (!then || n->gen_perms != then->gen_perms) {
		perms_put(now->perms);
		now->perms = perms_get(n->perms);
		now->gen_perms = n->gen_perms;
	}
	return tally_node(ch, now, 1);
}

static int carry(struct change *ch, const struct txn_access *a)
{
	const struct node *n = tree_find(ch->txn->root, a->path);
	int rc = 0;

	if (a->bits & TXN_REMOVED)
		rc = carry_removal(ch, a->path);
	if (rc || !n)
		return rc;
	if (tree_find(ch->root, a->path))
		return carry_edit(ch, a->path, n);
	rc = carry_new(ch, a->path, n);
	return rc == -ENOENT ? -EAGAIN : rc;
}

static int carry_all(struct change *ch)
{
	struct txn *t = ch->txn;
	struct txn_access **sorted;
	int rc = 0;

	if (!t->count)
		return 0;
	sorted = malloc(t->count * sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, t->list, t->count * sizeof(*sorted));
	qsort(sorted, t->count, sizeof(*sorted), by_path);
	for (size_t i = 0; i < t->count && !rc; i++) {
		if (sorted[i]->bits & TXN_WRITTEN)
			rc = carry(ch, sorted[i]);
	}
	free(sorted);
	return rc;
}

/* Transactions that ran side by side each stayed below; do they together? */
static int check_quota(const struct change *ch)
{
	struct client *c = ch->txn->client;

	const struct tally_entry *e = tally_of(&ch->tally, c->domid);

	return e ? core_quota_nodes(ch->core, c, e->nodes, e->bytes) : 0;
}

static void tell(struct core *core, struct node *old, struct node *new,
		 const struct txn_access *a)
{
	struct watch_change change = {
		.before = tree_find(old, a->path),
		.after = tree_find(new, a->path),
	};
	char parent[WIRE_PATH_BYTES];

	if (!change.before && !change.after)
		return;
	/* An implied parent is told of by its child, if that is still there. */
	if (!(a->bits & TXN_EVENT) && (!change.after || change.after->kids))
		return;
	if (a->path[1]) {
		wire_parent(a->path, parent);
		change.parent = tree_find(new, parent);
		if (!change.parent)
			change.parent = tree_find(old, parent);
	}
	watch_fire(core, a->path, &change);
	if ((a->bits & TXN_REMOVED) && change.before)
		watch_fire_below(core, a->path, change.before);
}

int txn_commit(struct txn *t)
{
	struct change ch = {.core = t->client->core, .txn = t};
	struct core *core = ch.core;
	struct node *old;
	int rc;

	if (conflicts(t)) {
		lose(t);
		return -EAGAIN;
	}
	txn_forget_lost(t->client);
	ch.root = node_get(core->root);
	rc = carry_all(&ch);
	if (!rc && !client_is_privileged(t->client))
		rc = check_quota(&ch);
	if (rc) {
		node_put(ch.root);
		goto out;
	}

	old = core->root;
	core->root = ch.root;
	for (size_t i = 0; i < ch.tally.count; i++) {
		const struct tally_entry *e = &ch.tally.e[i];
		struct domain *d = core->domains[e->domid];

		if (d) {
			d->node_count += e->nodes;
			d->node_bytes += e->bytes;
		}
	}
	for (size_t i = 0; i < t->count; i++) {
		if (t->list[i]->bits & TXN_WRITTEN)
			tell(core, old, core->root, t->list[i]);
	}
	node_put(old);
out:
	tally_free(&ch.tally);
	txn_abort(t);
	return rc;
}
