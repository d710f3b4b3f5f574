/* SPDX-License-Identifier: MIT */
/* Reading the state from records, see dump.h. One function a kind. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stored/client.h"
#include "stored/dump.h"
#include "stored/txn.h"
#include "stored/watch.h"

struct restore {
	struct core *core;
	struct node **nodes; /* by number, from 0; each a reference */
	size_t node_count, node_room;
	struct txn *txn; /* the one that the next records are about */
	bool has_root;
	uint64_t gen; /* set last: making domains counts on */
};

static int restore_core(struct restore *s, const struct record *r)
{
	s->gen = r->numbers[0];
	s->core->last_txn_id = (uint32_t)r->numbers[1];
	s->core->outcome_count = (uint32_t)r->numbers[2];
	s->core->trace = r->numbers[3] != 0;
	return 0;
}

static bool is_string(const char *s, size_t len)
{
	return len && memchr(s, '\0', len) == s + len - 1;
}

static struct domain *existing(struct restore *s, uint64_t domid)
{
	return domid < DOMID_FIRST_RESERVED ? s->core->domains[domid] : NULL;
}

/* A quota that this version does not know any more is forgotten. */
static int restore_quota(struct restore *s, const struct record *r)
{
	struct domain *d = existing(s, r->numbers[0]);
	enum quota_kind kind;

	if (!is_string(r->tail, r->tail_len))
		return -EILSEQ;
	if (!quota_find(r->tail, &kind))
		return 0;
	if (r->numbers[0] == DUMP_QUOTA_COMMON) {
		s->core->quota.limit[kind] = r->numbers[1];
		return 0;
	}
	if (!d)
		return -EILSEQ;
	d->quota.limit[kind] = r->numbers[1];
	d->quota_logged[kind] = r->numbers[2];
	return 0;
}

static int restore_outcome(struct restore *s, const struct record *r)
{
	if (r->numbers[0] >= OUTCOMES)
		return -EILSEQ;
	s->core->outcomes[r->numbers[0]] = (struct outcome){
		.txn = (uint32_t)r->numbers[1],
		.rc = -(int)r->numbers[2],
	};
	return 0;
}

static struct perms *take_perms(const char *from, size_t count)
{
	struct perms *p;
	struct perm *e;

	e = calloc(count, sizeof(*e));
	if (!e)
		return NULL;
	for (size_t i = 0; i < count; i++, from += DUMP_PERM_BYTES) {
		memcpy(&e[i].domid, from, 2);
		e[i].bits = from[2] & (PERM_READ | PERM_WRITE);
	}
	p = perms_new(e, count);
	free(e);
	return p;
}

/* Every domain that permissions may name can exist. */
static bool perms_are_good(const char *from, size_t count, size_t room)
{
	uint16_t domid;

	if (!count || count > room / DUMP_PERM_BYTES)
		return false;
	for (size_t i = 0; i < count; i++) {
		memcpy(&domid, from + i * DUMP_PERM_BYTES, 2);
		if (domid >= DOMID_FIRST_RESERVED)
			return false;
	}
	return true;
}

static int restore_special(struct restore *s, const struct record *r)
{
	struct perms *perms;
	struct special *special;

	if (r->numbers[0] >= SPECIAL_COUNT ||
	    !perms_are_good(r->tail, r->numbers[1], r->tail_len))
		return -EILSEQ;
	perms = take_perms(r->tail, r->numbers[1]);
	if (!perms)
		return -ENOMEM;
	special = &s->core->specials[r->numbers[0]];
	perms_put(special->perms);
	special->perms = perms;
	special->gen_perms = r->numbers[2];
	return 0;
}

static int restore_domain(struct restore *s, const struct record *r)
{
	struct domain *d;

	if (r->numbers[0] >= DOMID_FIRST_RESERVED ||
	    r->numbers[1] >= DOMID_FIRST_RESERVED)
		return -EILSEQ;
	d = core_domain(s->core, (uint16_t)r->numbers[0]);
	if (!d)
		return -ENOMEM;
	d->target = (uint16_t)r->numbers[1];
	d->introduced = r->numbers[2] != 0;
	d->shutdown = r->numbers[3] != 0;
	d->born = r->numbers[4];
	d->node_count = (int64_t)r->numbers[5];
	d->node_bytes = (int64_t)r->numbers[6];
	d->ring_mfn = r->numbers[7];
	d->ring_port = (uint32_t)r->numbers[8];
	return 0;
}

/* A new reference; NULL for 0. *rc is set for a number not given yet. */
static struct node *node_numbered(struct restore *s, uint64_t number, int *rc)
{
	if (number > s->node_count)
		*rc = -EILSEQ;
	if (!number || number > s->node_count)
		return NULL;
	return node_get(s->nodes[number - 1]);
}

static int node_room(struct restore *s)
{
	size_t room = s->node_room ? s->node_room * 2 : 1024;
	struct node **grown;

	if (s->node_count < s->node_room)
		return 0;
	grown = realloc(s->nodes, room * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->nodes = grown;
	s->node_room = room;
	return 0;
}

static int restore_node(struct restore *s, const struct record *r)
{
	uint64_t name_bytes = r->numbers[0], perm_count = r->numbers[1];
	size_t perm_bytes;
	const char *at;
	struct node *n;
	int rc = 0;

	if (name_bytes > r->tail_len || !is_string(r->tail, name_bytes))
		return -EILSEQ;
	at = r->tail + name_bytes;
	if (!perms_are_good(at, perm_count, r->tail_len - name_bytes))
		return -EILSEQ;
	perm_bytes = perm_count * DUMP_PERM_BYTES;
	if (node_room(s))
		return -ENOMEM;
	n = node_new(r->tail,
		     blob_new(at + perm_bytes,
			      r->tail_len - name_bytes - perm_bytes),
		     take_perms(at, perm_count), r->numbers[2]);
	if (!n)
		return -ENOMEM;
	n->gen_perms = r->numbers[3];
	n->gen_kids = r->numbers[4];
	n->left = node_numbered(s, r->numbers[5], &rc);
	n->right = node_numbered(s, r->numbers[6], &rc);
	n->kids = node_numbered(s, r->numbers[7], &rc);
	node_update_span(n);
	s->nodes[s->node_count++] = n;
	return rc;
}

static int restore_root(struct restore *s, const struct record *r)
{
	int rc = 0;
	struct node *root = node_numbered(s, r->numbers[0], &rc);

	if (!root)
		return -EILSEQ;
	node_put(s->core->root);
	s->core->root = root;
	s->has_root = true;
	return 0;
}

static int restore_client(struct restore *s, const struct record *r)
{
	struct client *c;
	int rc;

	if (r->numbers[1] >= DOMID_FIRST_RESERVED ||
	    r->tail_len > sizeof(c->in.buf))
		return -EILSEQ;
	c = client_new(s->core, (uint16_t)r->numbers[1]);
	if (!c)
		return -ENOMEM;
	rc = client_set_id(c, (uint32_t)r->numbers[0]);
	if (rc)
		return rc == -EEXIST ? -EILSEQ : rc;
	c->is_ring = r->numbers[2] != 0;
	c->ignored = r->numbers[3] != 0;
	c->in_pos = (uint32_t)r->numbers[4];
	c->out_pos = (uint32_t)r->numbers[5];
	c->losses = (uint32_t)r->numbers[6];
	memcpy(c->in.buf, r->tail, r->tail_len);
	c->in.end = r->tail_len;
	c->taken = c->in_pos + (uint32_t)r->tail_len;
	return 0;
}

static struct client *client_numbered(struct restore *s, uint64_t id)
{
	return id <= UINT32_MAX ? client_by_id(s->core, (uint32_t)id) : NULL;
}

static int restore_watch(struct restore *s, const struct record *r)
{
	struct client *c = client_numbered(s, r->numbers[0]);
	size_t path_bytes = strnlen(r->tail, r->tail_len) + 1;
	struct watch *w;
	int rc;

	if (!c || path_bytes >= r->tail_len || path_bytes > WIRE_PATH_BYTES ||
	    !is_string(r->tail + path_bytes, r->tail_len - path_bytes) ||
	    r->numbers[2] >= path_bytes)
		return -EILSEQ;
	rc = watch_add(c, r->tail, r->numbers[2], r->tail + path_bytes,
		       (uint32_t)r->numbers[1], &w);
	if (rc)
		return rc == -EEXIST ? -EILSEQ : rc;
	w->marked = r->numbers[3] != 0;
	c->marked_count += w->marked;
	return 0;
}

static int restore_transaction(struct restore *s, const struct record *r)
{
	struct client *c = client_numbered(s, r->numbers[0]);
	struct node *base, *root;
	int rc = 0;

	if (!c || txn_find(c, (uint32_t)r->numbers[1]))
		return -EILSEQ;
	base = node_numbered(s, r->numbers[2], &rc);
	root = node_numbered(s, r->numbers[3], &rc);
	if (!base || !root)
		rc = -EILSEQ;
	else
		rc = txn_restore(c, (uint32_t)r->numbers[1], base, root,
				 &s->txn);
	if (rc) {
		node_put(base);
		node_put(root);
	}
	return rc;
}

static int restore_access(struct restore *s, const struct record *r)
{
	if (!s->txn || !is_string(r->tail, r->tail_len) ||
	    r->tail_len > WIRE_PATH_BYTES || r->tail[0] != '/')
		return -EILSEQ;
	return txn_note(s->txn, r->tail, (unsigned int)r->numbers[0]);
}

static int restore_tally(struct restore *s, const struct record *r)
{
	uint16_t domid = (uint16_t)r->numbers[0];

	if (!s->txn || r->numbers[0] >= DOMID_FIRST_RESERVED)
		return -EILSEQ;
	if (tally_prepare(&s->txn->tally, domid))
		return -ENOMEM;
	tally_add(&s->txn->tally, domid, (int64_t)r->numbers[1],
		  (int64_t)r->numbers[2]);
	return 0;
}

/* The watch with so many older ones, itself counted; NULL for 0. */
static struct watch *watch_numbered(const struct client *c, uint64_t number)
{
	struct watch *w = c->watches;

	if (!number || number > c->watch_count)
		return NULL;
	for (uint64_t i = c->watch_count; i > number; i--)
		w = w->next;
	return w;
}

static int restore_message(struct restore *s, const struct record *r)
{
	struct client *c = client_numbered(s, r->numbers[0]);
	int rc;

	if (!c || r->numbers[1] > c->watch_count ||
	    (r->numbers[2] && c->queue) || r->numbers[2] >= r->tail_len)
		return -EILSEQ;
	rc = client_requeue(c, r->tail, r->tail_len,
			    watch_numbered(c, r->numbers[1]));
	if (rc)
		return rc == -EINVAL ? -EILSEQ : rc;
	c->sent += r->numbers[2];
	c->out_pos += (uint32_t)r->numbers[2];
	return 0;
}

typedef int restore_fn(struct restore *s, const struct record *r);

static restore_fn *const kinds[DUMP_END] = {
	[DUMP_CORE] = restore_core,
	[DUMP_QUOTA] = restore_quota,
	[DUMP_OUTCOME] = restore_outcome,
	[DUMP_SPECIAL] = restore_special,
	[DUMP_DOMAIN] = restore_domain,
	[DUMP_NODE] = restore_node,
	[DUMP_ROOT] = restore_root,
	[DUMP_CLIENT] = restore_client,
	[DUMP_WATCH] = restore_watch,
	[DUMP_TRANSACTION] = restore_transaction,
	[DUMP_ACCESS] = restore_access,
	[DUMP_TALLY] = restore_tally,
	[DUMP_MESSAGE] = restore_message,
};

int dump_read(struct core *core, struct record_reader *reader)
{
	struct restore s = {.core = core};
	struct record r;
	int rc;

	do {
		rc = record_next(reader, &r);
		if (rc <= 0)
			rc = -EILSEQ; /* no DUMP_END */
		else if (r.kind == DUMP_END)
			break;
		else if (r.kind > DUMP_END || !kinds[r.kind])
			rc = -EILSEQ;
		else
			rc = kinds[r.kind](&s, &r);
	} while (!rc);
	for (size_t i = 0; i < s.node_count; i++)
		node_put(s.nodes[i]);
	free(s.nodes);
	if (rc > 0) {
		core->gen = s.gen;
		rc = s.has_root && !core_check(core) ? 0 : -EILSEQ;
	}
	return rc;
}
