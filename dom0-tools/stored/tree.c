/* SPDX-License-Identifier: MIT */
/*
 * The persistent tree, see the header.
 *
 * A change has two phases. First every node that it will touch is made ours
 * alone (own()), which may fail for lack of memory and leaves an equal tree.
 * Then the links are changed, which cannot fail.
 *
 * Recursion goes down a treap, whose depth is logarithmic but for bad luck
 * with a secret seed, and down paths, whose length is bounded by
 * XENSTORE_ABS_PATH_MAX.
 */
#include "stored/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed_word = 0x9e3779b97f4a7c15;

void tree_seed(uint64_t seed)
{
	seed_word = seed;
}

struct blob *blob_new(const void *data, size_t len)
{
	struct blob *b = malloc(sizeof(*b) + len);

	if (!b)
		return NULL;
	b->refs = 1;
	b->len = (uint32_t)len;
	if (len)
		memcpy(b->data, data, len);
	return b;
}

struct blob *blob_get(struct blob *b)
{
	b->refs++;
	return b;
}

void blob_put(struct blob *b)
{
	if (b && !--b->refs)
		free(b);
}

struct perms *perms_new(const struct perm *e, size_t count)
{
	struct perms *p = malloc(sizeof(*p) + count * sizeof(*e));

	if (!p)
		return NULL;
	p->refs = 1;
	p->count = (uint32_t)count;
	memcpy(p->e, e, count * sizeof(*e));
	return p;
}

struct perms *perms_get(struct perms *p)
{
	p->refs++;
	return p;
}

void perms_put(struct perms *p)
{
	if (p && !--p->refs)
		free(p);
}

static uint32_t rank_of(const char *name, size_t len)
{
	uint64_t h = seed_word ^ len;

	for (size_t i = 0; i < len; i++) {
		h = (h ^ (unsigned char)name[i]) * 0xff51afd7ed558ccd;
		h ^= h >> 32;
	}
	h *= 0xc4ceb9fe1a85ec53;
	return (uint32_t)(h >> 32);
}

void node_update_span(struct node *n)
{
	n->span_count = 1;
	n->span_bytes = n->name_len + 1;
	if (n->left) {
		n->span_count += n->left->span_count;
		n->span_bytes += n->left->span_bytes;
	}
	if (n->right) {
		n->span_count += n->right->span_count;
		n->span_bytes += n->right->span_bytes;
	}
}

struct node *node_new(const char *name, struct blob *value, struct perms *perms,
		      uint64_t gen)
{
	size_t len = strlen(name);
	struct node *n = NULL;

	if (value && perms)
		n = calloc(1, sizeof(*n) + len + 1);
	if (!n) {
		blob_put(value);
		perms_put(perms);
		return NULL;
	}
	n->refs = 1;
	n->rank = rank_of(name, len);
	n->value = value;
	n->perms = perms;
	n->gen_value = n->gen_perms = n->gen_kids = gen;
	n->name_len = (uint32_t)len;
	memcpy(n->name, name, len + 1);
	node_update_span(n);
	return n;
}

struct node *node_get(struct node *n)
{
	n->refs++;
	return n;
}

/*
 * Chains dead nodes through their `left`, so that a subtree of any shape is
 * freed without recursion.
 */
static void bury(struct node *n, struct node **dead)
{
	if (!n || --n->refs)
		return;
	/* The left link must survive: park it where no reader looks now. */
	n->gen_value = (uint64_t)(uintptr_t)n->left;
	n->left = *dead;
	*dead = n;
}

void node_put(struct node *n)
{
	struct node *dead = NULL;

	bury(n, &dead);
	while (dead) {
		n = dead;
		dead = n->left;
		bury((struct node *)(uintptr_t)n->gen_value, &dead);
		bury(n->right, &dead);
		bury(n->kids, &dead);
		blob_put(n->value);
		perms_put(n->perms);
		free(n);
	}
}

static struct node *node_copy(const struct node *n)
{
	size_t bytes = sizeof(*n) + n->name_len + 1;
	struct node *copy = malloc(bytes);

	if (!copy)
		return NULL;
	memcpy(copy, n, bytes);
	copy->refs = 1;
	if (copy->left)
		node_get(copy->left);
	if (copy->right)
		node_get(copy->right);
	if (copy->kids)
		node_get(copy->kids);
	blob_get(copy->value);
	perms_get(copy->perms);
	return copy;
}

/* Makes *slot ours alone; the place where slot lies must be so already. */
static struct node *own(struct node **slot)
{
	struct node *copy;

	if ((*slot)->refs == 1)
		return *slot;
	copy = node_copy(*slot);
	if (!copy)
		return NULL;
	node_put(*slot);
	*slot = copy;
	return copy;
}

static int name_compare(const char *name, size_t len, const struct node *n)
{
	size_t common = len < n->name_len ? len : n->name_len;
	int c = memcmp(name, n->name, common);

	if (c)
		return c;
	return len < n->name_len ? -1 : len > n->name_len;
}

/*
 * Steps through the components of a canonical path. Start with *at = path;
 * false when there is no further one.
 */
static bool next_component(const char **at, const char **name, size_t *len)
{
	if ((*at)[0] == '\0' || (*at)[1] == '\0')
		return false;
	*name = *at + 1;
	*len = strcspn(*name, "/");
	*at = *name + *len;
	return true;
}

static const struct node *find_kid(const struct node *n, const char *name,
				   size_t len)
{
	for (n = n->kids; n;) {
		int c = name_compare(name, len, n);

		if (!c)
			return n;
		n = c < 0 ? n->left : n->right;
	}
	return NULL;
}

const struct node *tree_nearest(const struct node *root, const char *path,
				size_t *matched_len)
{
	const struct node *n = root;
	const char *at = path;
	const char *name;
	size_t len;

	*matched_len = 1;
	while (next_component(&at, &name, &len)) {
		const struct node *kid = find_kid(n, name, len);

		if (!kid)
			break;
		n = kid;
		*matched_len = (size_t)(at - path);
	}
	return n;
}

const struct node *tree_find(const struct node *root, const char *path)
{
	const struct node *n = root;
	const char *at = path;
	const char *name;
	size_t len;

	while (n && next_component(&at, &name, &len))
		n = find_kid(n, name, len);
	return n;
}

/*
 * Owns every sibling from the top of the treap to `name`, or to where it
 * would hang. *out is the slot that holds it; *out's target is NULL if none.
 */
static int own_search(struct node **slot, const char *name, size_t len,
		      struct node ***out)
{
	while (*slot) {
		struct node *n = own(slot);
		int c;

		if (!n)
			return -ENOMEM;
		c = name_compare(name, len, n);
		if (!c)
			break;
		slot = c < 0 ? &n->left : &n->right;
	}
	*out = slot;
	return 0;
}

/* Like tree_edit(), for the first `path_len` bytes of the path. */
static int edit_prefix(struct node **root, const char *path, size_t path_len,
		       struct node **out)
{
	const char *at = path;
	const char *name;
	struct node *n;
	size_t len;

	n = own(root);
	if (!n)
		return -ENOMEM;
	while ((size_t)(at - path) < path_len &&
	       next_component(&at, &name, &len)) {
		struct node **slot;
		int rc = own_search(&n->kids, name, len, &slot);

		if (rc)
			return rc;
		if (!*slot)
			return -ENOENT;
		n = *slot;
	}
	*out = n;
	return 0;
}

int tree_edit(struct node **root, const char *path, struct node **out)
{
	/* Looked up first, so that a miss copies nothing. */
	if (!tree_find(*root, path))
		return -ENOENT;
	return edit_prefix(root, path, strlen(path), out);
}

/* Splits a treap that is ours along the search path of `name`. */
static void split(struct node *n, const struct node *by, struct node **less,
		  struct node **more)
{
	if (!n) {
		*less = *more = NULL;
		return;
	}
	if (name_compare(by->name, by->name_len, n) < 0) {
		split(n->left, by, less, &n->left);
		*more = n;
	} else {
		split(n->right, by, &n->right, more);
		*less = n;
	}
	node_update_span(n);
}

static void link_kid(struct node **slot, struct node *kid)
{
	struct node *n = *slot;

	if (!n || kid->rank > n->rank) {
		split(n, kid, &kid->left, &kid->right);
		node_update_span(kid);
		*slot = kid;
		return;
	}
	if (name_compare(kid->name, kid->name_len, n) < 0)
		link_kid(&n->left, kid);
	else
		link_kid(&n->right, kid);
	node_update_span(n);
}

static size_t parent_len(const char *path)
{
	return (size_t)(strrchr(path, '/') - path);
}

int tree_insert(struct node **root, const char *path, struct node *n,
		uint64_t gen)
{
	struct node *parent, **slot;
	int rc;

	rc = edit_prefix(root, path, parent_len(path), &parent);
	if (rc)
		return rc;
	rc = own_search(&parent->kids, n->name, n->name_len, &slot);
	if (rc)
		return rc;
	if (*slot)
		return -EEXIST;
	link_kid(&parent->kids, n);
	parent->gen_kids = gen;
	return 0;
}

/* Joins two treaps; what it touches is ours: a's right, b's left spine. */
static struct node *join(struct node *a, struct node *b)
{
	if (!a)
		return b;
	if (!b)
		return a;
	if (a->rank >= b->rank) {
		a->right = join(a->right, b);
		node_update_span(a);
		return a;
	}
	b->left = join(a, b->left);
	node_update_span(b);
	return b;
}

static void unlink_kid(struct node **slot, struct node *kid)
{
	struct node *n = *slot;

	if (n == kid) {
		*slot = join(kid->left, kid->right);
		return;
	}
	if (name_compare(kid->name, kid->name_len, n) < 0)
		unlink_kid(&n->left, kid);
	else
		unlink_kid(&n->right, kid);
	node_update_span(n);
}

int tree_remove(struct node **root, const char *path, uint64_t gen,
		struct node **removed)
{
	struct node *parent, *n, **slot;
	const char *leaf = wire_leaf(path);
	int rc;

	if (!tree_find(*root, path))
		return -ENOENT;
	rc = edit_prefix(root, path, parent_len(path), &parent);
	if (rc)
		return rc;
	rc = own_search(&parent->kids, leaf, strlen(leaf), &slot);
	if (rc)
		return rc;
	n = *slot;
	for (slot = &n->left; *slot; slot = &(*slot)->right) {
		if (!own(slot))
			return -ENOMEM;
	}
	for (slot = &n->right; *slot; slot = &(*slot)->left) {
		if (!own(slot))
			return -ENOMEM;
	}

	unlink_kid(&parent->kids, n);
	parent->gen_kids = gen;
	n->left = n->right = NULL;
	node_update_span(n);
	*removed = n;
	return 0;
}

size_t tree_list_bytes(const struct node *n)
{
	return n->kids ? n->kids->span_bytes : 0;
}

size_t tree_kid_count(const struct node *n)
{
	return n->kids ? n->kids->span_count : 0;
}

struct listing {
	size_t skip;
	char *buf;
	size_t room, len;
	int rc;
};

/* False ends the listing: it is full, or the offset was wrong. */
static bool list_span(const struct node *n, struct listing *l)
{
	size_t bytes;

	if (!n)
		return true;
	if (l->skip >= n->span_bytes) {
		l->skip -= n->span_bytes;
		return true;
	}
	if (!list_span(n->left, l))
		return false;
	bytes = n->name_len + 1;
	if (l->skip >= bytes) {
		l->skip -= bytes;
	} else if (l->skip) {
		l->rc = -EINVAL;
		return false;
	} else if (bytes > l->room - l->len) {
		return false;
	} else {
		memcpy(l->buf + l->len, n->name, bytes);
		l->len += bytes;
	}
	return list_span(n->right, l);
}

int tree_list(const struct node *n, size_t skip, char *buf, size_t room,
	      size_t *len)
{
	struct listing l = {.skip = skip, .buf = buf, .room = room};

	list_span(n->kids, &l);
	*len = l.len;
	return l.rc;
}

static bool walk_kids(const struct node *n, char path[WIRE_PATH_BYTES],
		      size_t len, tree_walk_fn *fn, void *arg);

static bool walk_node(const struct node *n, char path[WIRE_PATH_BYTES],
		      size_t len, tree_walk_fn *fn, void *arg)
{
	if (!fn(arg, path, n))
		return false;
	return walk_kids(n->kids, path, len == 1 ? 0 : len, fn, arg);
}

static bool walk_kids(const struct node *n, char path[WIRE_PATH_BYTES],
		      size_t len, tree_walk_fn *fn, void *arg)
{
	if (!n)
		return true;
	if (!walk_kids(n->left, path, len, fn, arg))
		return false;
	path[len] = '/';
	memcpy(path + len + 1, n->name, n->name_len + 1);
	if (!walk_node(n, path, len + 1 + n->name_len, fn, arg))
		return false;
	return walk_kids(n->right, path, len, fn, arg);
}

bool tree_walk(const struct node *n, char path[WIRE_PATH_BYTES],
	       tree_walk_fn *fn, void *arg)
{
	return walk_node(n, path, strlen(path), fn, arg);
}

static bool span_is_sound(const struct node *n)
{
	struct node copy;

	if (!n)
		return true;
	copy = *n;
	node_update_span(&copy);
	if (!n->refs || copy.span_count != n->span_count ||
	    copy.span_bytes != n->span_bytes || !n->perms->count)
		return false;
	if (n->left && (n->left->rank > n->rank ||
			name_compare(n->left->name, n->left->name_len, n) >= 0))
		return false;
	if (n->right &&
	    (n->right->rank > n->rank ||
	     name_compare(n->right->name, n->right->name_len, n) <= 0))
		return false;
	return span_is_sound(n->left) && span_is_sound(n->right) &&
	       span_is_sound(n->kids);
}

bool tree_is_sound(const struct node *root)
{
	return !root->left && !root->right && span_is_sound(root);
}
