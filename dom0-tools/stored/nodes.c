/* SPDX-License-Identifier: MIT */
/*
 * The requests about nodes. Each looks its node up in the tree that it sees
 * (the store's, or its transaction's), with the rights that it needs; a change
 * goes into that tree, and is told to watchers at once or at the commit.
 *
 * A node that is not there is reported only to those who may do the same with
 * its nearest ancestor; to others it is -EACCES, as if it were.
 * Test: tests/unit/dom0-tools/stored/test_nodes.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stored/request.h"

static unsigned int access_to(struct request *rq, const struct node *n)
{
	return core_access(rq->core, rq->client, n->perms, n->gen_perms);
}

/* Steps to the end of the next component of `path` behind `at`. */
static size_t component_end(const char *path, size_t at)
{
	return at + 1 + strcspn(path + at + 1, "/");
}

static int access_prefix(struct request *rq, const char *path, size_t len)
{
	char part[WIRE_PATH_BYTES];

	memcpy(part, path, len);
	part[len] = '\0';
	return txn_access(rq->txn, part, TXN_EXISTS | TXN_PERMS);
}

/*
 * A transaction takes note of what the outcome depends on before it says
 * anything: the node, and for those whose rights count, when it is not there,
 * the ancestor whose permissions decide and the one below it, because that
 * would decide if it were there.
 */
static int note_lookup(struct request *rq, const char *path, size_t matched,
		       unsigned int txn_bits)
{
	bool checked = !client_is_privileged(rq->client);
	int rc = txn_access(rq->txn, path,
			    TXN_EXISTS | txn_bits | (checked ? TXN_PERMS : 0));

	if (rc || !path[matched] || !checked)
		return rc;
	rc = access_prefix(rq, path, matched);
	if (rc)
		return rc;
	return access_prefix(rq, path,
			     component_end(path, matched == 1 ? 0 : matched));
}

static int lookup(struct request *rq, const char *path, unsigned int need,
		  unsigned int txn_bits, const struct node **out)
{
	const struct node *n;
	size_t matched;
	int rc;

	n = tree_nearest(*request_root(rq), path, &matched);
	if (rq->txn) {
		rc = note_lookup(rq, path, matched, txn_bits);
		if (rc)
			return rc;
	}
	if (!(access_to(rq, n) & need))
		return -EACCES;
	if (path[matched])
		return -ENOENT;
	*out = n;
	return 0;
}

static void account_owner(struct request *rq, uint16_t owner, int64_t nodes,
			  int64_t bytes)
{
	struct domain *d = rq->core->domains[owner];

	if (rq->txn) {
		tally_add(&rq->txn->tally, owner, nodes, bytes);
		return;
	}
	d->node_count += nodes;
	d->node_bytes += bytes;
}

static void account(struct request *rq, const struct node *n, int sign)
{
	account_owner(rq, core_owner(rq->core, n->perms, n->gen_perms), sign,
		      sign * node_bytes(n));
}

/* Is there room for the client to own so much more in the tree it sees? */
static int check_quota(struct request *rq, int64_t nodes, int64_t bytes)
{
	const struct tally_entry *e;

	if (rq->txn) {
		e = tally_of(&rq->txn->tally, rq->client->domid);
		nodes += e ? e->nodes : 0;
		bytes += e ? e->bytes : 0;
	}
	return core_quota_nodes(rq->core, rq->client, nodes, bytes);
}

/* For a change outside of transactions. `before` is still alive. */
static void tell(struct request *rq, const char *path,
		 const struct node *before, const struct node *after)
{
	struct watch_change change = {.before = before, .after = after};
	char parent[WIRE_PATH_BYTES];

	if (path[1]) {
		wire_parent(path, parent);
		change.parent = tree_find(rq->core->root, parent);
	}
	watch_fire(rq->core, path, &change);
}

int request_read(struct request *rq)
{
	char path[WIRE_PATH_BYTES];
	const struct node *n;
	int rc;

	rc = request_path(rq, path, NULL);
	if (!rc)
		rc = lookup(rq, path, PERM_READ, TXN_VALUE, &n);
	if (rc)
		return rc;
	return reply_bytes(rq, n->value->data, n->value->len);
}

int request_directory(struct request *rq)
{
	char path[WIRE_PATH_BYTES];
	const struct node *n;
	int rc;

	rc = request_path(rq, path, NULL);
	if (!rc)
		rc = lookup(rq, path, PERM_READ, TXN_KIDS, &n);
	if (rc)
		return rc;
	if (tree_list_bytes(n) > sizeof(rq->core->reply))
		return -E2BIG;
	return tree_list(n, 0, rq->core->reply, sizeof(rq->core->reply),
			 &rq->reply_len);
}

/*
 * The reply: the generation of the set of names, whole names from the offset
 * on, and one NUL more once the last name is among them.
 */
int request_directory_part(struct request *rq)
{
	char path[WIRE_PATH_BYTES];
	const struct node *n;
	uint64_t offset;
	size_t room, len;
	int rc;

	rc = request_path(rq, path, NULL);
	if (rc)
		return rc;
	if (!wire_number(&rq->text, UINT32_MAX, &offset))
		return -EINVAL;
	rc = lookup(rq, path, PERM_READ, TXN_KIDS, &n);
	if (rc)
		return rc;
	if (offset > tree_list_bytes(n))
		return -EINVAL;

	rc = reply_text(rq, "%" PRIu64, n->gen_kids);
	if (!rc)
		rc = reply_bytes(rq, "", 1);
	if (rc)
		return rc;
	room = sizeof(rq->core->reply) - rq->reply_len - 1;
	rc = tree_list(n, offset, rq->core->reply + rq->reply_len, room, &len);
	if (rc)
		return rc;
	rq->reply_len += len;
	if (offset + len == tree_list_bytes(n))
		rc = reply_bytes(rq, "", 1);
	return rc;
}

/*
 * What a new child begins with: its parent's permissions, without those of
 * the dead. An unprivileged creator owns it; domain 0 creates for the owner.
 */
static struct perms *inherit_perms(struct request *rq,
				   const struct node *parent)
{
	const struct perms *from = parent->perms;
	struct perms *p = perms_new(from->e, from->count);

	if (!p)
		return NULL;
	p->e[0].domid = client_is_privileged(rq->client)
				? core_owner(rq->core, from, parent->gen_perms)
				: rq->client->domid;
	p->count = 1;
	for (uint32_t i = 1; i < from->count; i++) {
		if (core_domain_lives(rq->core, from->e[i].domid,
				      parent->gen_perms))
			p->e[p->count++] = from->e[i];
	}
	return p;
}

/*
 * The new nodes of `path` behind its first `at` bytes, hung into each other
 * but not into the tree; the last one has the value.
 */
static struct node *build_chain(const char *path, size_t at,
				struct perms *perms, uint64_t gen,
				const char *value, size_t len)
{
	struct node *top = NULL, **slot = &top;
	char name[WIRE_PATH_BYTES];

	while (path[at]) {
		size_t end = component_end(path, at);
		bool leaf = !path[end];

		memcpy(name, path + at + 1, end - at - 1);
		name[end - at - 1] = '\0';
		*slot = node_new(name,
				 blob_new(leaf ? value : "", leaf ? len : 0),
				 perms_get(perms), gen);
		if (!*slot) {
			node_put(top);
			return NULL;
		}
		slot = &(*slot)->kids;
		at = end;
	}
	return top;
}

/* Announces, or marks, all new nodes of `path` behind `at`. */
static int access_chain(struct request *rq, const char *path, size_t at,
			unsigned int bits)
{
	char part[WIRE_PATH_BYTES];

	while (path[at]) {
		int rc;

		at = component_end(path, at);
		memcpy(part, path, at);
		part[at] = '\0';
		rc = txn_access(rq->txn, part, TXN_EXISTS | bits);
		if (rc)
			return rc;
	}
	return 0;
}

/*
 * The node, and those of its parents that are missing, all with the
 * permissions that the nearest ancestor hands down. They are built apart and
 * hung in as one, so all of them appear or none.
 */
static int create(struct request *rq, const char *path, const char *value,
		  size_t len)
{
	char top_path[WIRE_PATH_BYTES];
	const struct node *nearest;
	struct node *top = NULL;
	struct perms *perms;
	uint16_t owner;
	size_t matched, at, end, missing = 0;
	int64_t bytes;
	uint64_t gen;
	int rc;

	nearest = tree_nearest(*request_root(rq), path, &matched);
	at = matched == 1 ? 0 : matched;
	end = component_end(path, at);
	memcpy(top_path, path, end);
	top_path[end] = '\0';
	for (const char *p = path + at; *p; p++)
		missing += *p == '/';
	perms = inherit_perms(rq, nearest);
	if (!perms)
		return -ENOMEM;
	/* The sum of node_bytes(): a name's NUL stands for its slash. */
	bytes = (int64_t)(missing * (sizeof(struct node) +
				     perms->count * sizeof(struct perm)) +
			  strlen(path + at) + len);
	owner = perms->e[0].domid;
	rc = check_quota(rq, (int64_t)missing, bytes);
	if (rc)
		goto out_put_perms;
	if (rq->txn) {
		rc = tally_prepare(&rq->txn->tally, owner);
		if (!rc)
			rc = access_prefix(rq, path, matched);
		if (!rc)
			rc = access_chain(rq, path, at, 0);
		if (rc)
			goto out_put_perms;
	}
	gen = ++rq->core->gen;
	top = build_chain(path, at, perms, gen, value, len);
	rc = top ? tree_insert(request_root(rq), top_path, top, gen) : -ENOMEM;
	if (rc) {
		node_put(top);
		goto out_put_perms;
	}

	account_owner(rq, owner, (int64_t)missing, bytes);
	if (rq->txn) {
		access_chain(rq, path, at, TXN_WRITTEN);
		txn_access(rq->txn, path, TXN_EVENT);
	} else {
		tell(rq, path, NULL, tree_find(rq->core->root, path));
	}
out_put_perms:
	perms_put(perms);
	return rc;
}

/* A node that lookup() has found; so the list has room for it already. */
static void mark(struct request *rq, const char *path, unsigned int bits)
{
	if (rq->txn)
		txn_access(rq->txn, path, bits | TXN_WRITTEN | TXN_EVENT);
}

static int change_value(struct request *rq, const char *path, const char *value,
			size_t len)
{
	const struct node *old = tree_find(*request_root(rq), path);
	uint16_t owner = core_owner(rq->core, old->perms, old->gen_perms);
	struct blob *b;
	struct node *n;
	int rc = 0;

	if (owner == rq->client->domid && len > old->value->len)
		rc = check_quota(rq, 0, (int64_t)(len - old->value->len));
	if (!rc && rq->txn)
		rc = tally_prepare(&rq->txn->tally, owner);
	if (rc)
		return rc;
	b = blob_new(value, len);
	if (!b)
		return -ENOMEM;
	rc = tree_edit(request_root(rq), path, &n);
	if (rc) {
		blob_put(b);
		return rc;
	}
	account(rq, n, -1);
	blob_put(n->value);
	n->value = b;
	account(rq, n, 1);
	n->gen_value = ++rq->core->gen;
	mark(rq, path, 0);
	if (!rq->txn)
		tell(rq, path, NULL, n);
	return 0;
}

int request_write(struct request *rq)
{
	char path[WIRE_PATH_BYTES];
	const struct node *n;
	int rc;

	rc = request_path(rq, path, NULL);
	if (rc)
		return rc;
	rc = lookup(rq, path, PERM_WRITE, 0, &n);
	if (rc && rc != -ENOENT)
		return rc;
	if (rq->text.len && !core_quota_room(rq->core, rq->client,
					     QUOTA_NODE_SIZE, rq->text.len - 1))
		return -ENOSPC;
	if (rc)
		rc = create(rq, path, rq->text.at, rq->text.len);
	else
		rc = change_value(rq, path, rq->text.at, rq->text.len);
	return rc ? rc : reply_ok(rq);
}

int request_mkdir(struct request *rq)
{
	char path[WIRE_PATH_BYTES];
	const struct node *n;
	int rc;

	rc = request_path(rq, path, NULL);
	if (!rc)
		rc = lookup(rq, path, PERM_WRITE, 0, &n);
	if (rc == -ENOENT)
		rc = create(rq, path, "", 0);
	return rc ? rc : reply_ok(rq);
}

static bool prepare_removed(void *arg, const char *path, const struct node *n)
{
	struct request *rq = arg;

	(void)path;
	return !tally_prepare(&rq->txn->tally,
			      core_owner(rq->core, n->perms, n->gen_perms));
}

static bool account_removed(void *arg, const char *path, const struct node *n)
{
	(void)path;
	account(arg, n, -1);
	return true;
}

static int remove_subtree(struct request *rq, const char *path,
			  const struct node *n)
{
	char scratch[WIRE_PATH_BYTES];
	struct node *removed;
	int rc;

	memcpy(scratch, path, strlen(path) + 1);
	if (rq->txn) {
		char parent[WIRE_PATH_BYTES];

		if (!tree_walk(n, scratch, prepare_removed, rq))
			return -ENOMEM;
		memcpy(scratch, path, strlen(path) + 1);
		wire_parent(path, parent);
		rc = txn_access(rq->txn, parent, TXN_EXISTS);
		if (rc)
			return rc;
	}
	rc = tree_remove(request_root(rq), path, ++rq->core->gen, &removed);
	if (rc)
		return rc;
	mark(rq, path, TXN_REMOVED);
	if (!rq->txn) {
		tell(rq, path, removed, NULL);
		watch_fire_below(rq->core, path, removed);
	}
	tree_walk(removed, scratch, account_removed, rq);
	node_put(removed);
	return 0;
}

int request_rm(struct request *rq)
{
	char path[WIRE_PATH_BYTES], parent[WIRE_PATH_BYTES];
	const struct node *n;
	int rc;

	rc = request_path(rq, path, NULL);
	if (rc)
		return rc;
	if (!path[1])
		return -EINVAL;
	rc = lookup(rq, path, PERM_WRITE, 0, &n);
	if (!rc) {
		rc = remove_subtree(rq, path, n);
	} else if (rc == -ENOENT) {
		/* What is gone already is well removed, if its parent is. */
		wire_parent(path, parent);
		if (tree_find(*request_root(rq), parent))
			rc = 0;
		/* So the outcome depends on one node more. */
		if (rq->txn) {
			int noted = txn_access(rq->txn, parent, TXN_EXISTS);

			if (noted)
				return noted;
		}
	}
	return rc ? rc : reply_ok(rq);
}

static int reply_perms(struct request *rq, const struct perms *perms,
		       uint64_t gen)
{
	static const char letters[] = {'n', 'r', 'w', 'b'};
	char text[16];
	int rc = 0;

	for (uint32_t i = 0; i < perms->count && !rc; i++) {
		uint16_t domid = perms->e[i].domid;

		if (!i)
			domid = core_owner(rq->core, perms, gen);
		else if (!core_domain_lives(rq->core, domid, gen))
			continue;
		snprintf(text, sizeof(text), "%c%u",
			 letters[perms->e[i].bits & 3], domid);
		rc = reply_string(rq, text);
	}
	return rc;
}

int request_get_perms(struct request *rq)
{
	struct special *s;
	char path[WIRE_PATH_BYTES];
	const struct node *n;
	int rc;

	s = request_special(rq);
	if (s) {
		if (!(core_access(rq->core, rq->client, s->perms,
				  s->gen_perms) &
		      PERM_READ))
			return -EACCES;
		return reply_perms(rq, s->perms, s->gen_perms);
	}
	rc = request_path(rq, path, NULL);
	if (!rc)
		rc = lookup(rq, path, PERM_READ, TXN_PERMS, &n);
	return rc ? rc : reply_perms(rq, n->perms, n->gen_perms);
}

/* "b7" and so on to the payload's end; at least one. */
static int parse_perms(struct request *rq, struct perms **out)
{
	static const char letters[] = "nrwb";
	struct perm e[XENSTORE_PAYLOAD_MAX / 3];
	size_t count = 0;

	while (rq->text.len) {
		const char *letter = strchr(letters, rq->text.at[0]);

		if (!rq->text.at[0] || !letter ||
		    count == sizeof(e) / sizeof(e[0]))
			return -EINVAL;
		rq->text.at++;
		rq->text.len--;
		if (!request_domid(rq, &e[count].domid))
			return -EINVAL;
		e[count].bits = (uint8_t)(letter - letters);
		count++;
	}
	if (!count)
		return -EINVAL;
	/* A mention is enough for a domain to be known from now on. */
	for (size_t i = 0; i < count; i++) {
		if (!core_domain(rq->core, e[i].domid))
			return -ENOMEM;
	}
	if (!core_quota_room(rq->core, rq->client, QUOTA_NODE_PERMISSIONS,
			     count - 1))
		return -ENOSPC;
	*out = perms_new(e, count);
	return *out ? 0 : -ENOMEM;
}

static int set_special_perms(struct request *rq, struct special *s)
{
	struct perms *perms;
	int rc;

	if (!client_is_privileged(rq->client))
		return -EACCES;
	rc = parse_perms(rq, &perms);
	if (rc)
		return rc;
	perms_put(s->perms);
	s->perms = perms;
	s->gen_perms = ++rq->core->gen;
	return reply_ok(rq);
}

static bool is_owner(const struct request *rq, const struct node *n)
{
	const struct client *c = rq->client;
	const struct domain *d = rq->core->domains[c->domid];
	uint16_t owner = core_owner(rq->core, n->perms, n->gen_perms);

	return client_is_privileged(c) || owner == c->domid ||
	       (d && d->target && owner == d->target);
}

static int change_perms(struct request *rq, const char *path, uint16_t owner,
			struct perms *perms)
{
	struct node before = {0};
	struct perms *old;
	struct node *n;
	int rc;

	if (rq->txn) {
		rc = tally_prepare(&rq->txn->tally, perms->e[0].domid);
		if (!rc)
			rc = tally_prepare(&rq->txn->tally, owner);
		if (rc)
			return rc;
	}
	rc = tree_edit(request_root(rq), path, &n);
	if (rc)
		return rc;
	old = n->perms;
	before.perms = old;
	before.gen_perms = n->gen_perms;
	account(rq, n, -1);
	n->perms = perms_get(perms);
	n->gen_perms = ++rq->core->gen;
	account(rq, n, 1);
	mark(rq, path, 0);
	if (!rq->txn)
		tell(rq, path, &before, n);
	perms_put(old);
	return 0;
}

int request_set_perms(struct request *rq)
{
	char path[WIRE_PATH_BYTES];
	struct perms *perms;
	const struct node *n;
	struct special *s;
	uint16_t owner;
	int rc;

	s = request_special(rq);
	if (s) {
		wire_string(&rq->text);
		return set_special_perms(rq, s);
	}
	rc = request_path(rq, path, NULL);
	if (!rc)
		rc = lookup(rq, path, PERM_WRITE, 0, &n);
	if (rc)
		return rc;
	if (!is_owner(rq, n))
		return -EACCES;
	/* Otherwise a guest could charge its nodes to another. */
	owner = core_owner(rq->core, n->perms, n->gen_perms);
	rc = parse_perms(rq, &perms);
	if (rc)
		return rc;
	if (!client_is_privileged(rq->client) && perms->e[0].domid != owner)
		rc = -EPERM;
	else
		rc = change_perms(rq, path, owner, perms);
	perms_put(perms);
	return rc ? rc : reply_ok(rq);
}
