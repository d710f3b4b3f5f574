/* SPDX-License-Identifier: MIT */
/*
 * The store's tree, persistent: a node that two trees share is never changed,
 * it is copied on the way from the root down to the change. So a transaction's
 * snapshot is one reference to a root, and costs nothing until it differs.
 *
 * Each node's children form a treap ordered by name, linked through the
 * children themselves, so any operation costs O(depth * log(siblings)),
 * whatever the size of the store. A treap's shape follows from a keyed hash
 * of the names (tree_seed), which a guest cannot aim at.
 *
 * A node may be changed in place exactly when it and everything above it have
 * one reference; tree_edit() makes it so. Every function that may run out of
 * memory does so before it changes what a reader could see.
 *
 * The generations name versions: two nodes with equal generations, at the same
 * path, were not changed between. Test: tests/unit/dom0-tools/stored/
 * test_tree.c.
 */
#ifndef DOM0_TOOLS_STORED_TREE_H
#define DOM0_TOOLS_STORED_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stored/wire.h"

/* A value; shared between versions of its node. */
struct blob {
	uint32_t refs;
	uint32_t len;
	char data[];
};

struct perm {
	uint16_t domid;
	uint8_t bits; /* PERM_READ | PERM_WRITE */
};

/* Never empty: the first entry is the owner's. Shared likewise. */
struct perms {
	uint32_t refs;
	uint32_t count;
	struct perm e[];
};

struct node {
	uint32_t refs;
	uint32_t rank; /* of the treap; a parent's is not below its child's */
	struct node *left, *right; /* siblings */
	struct node *kids;	   /* root of the children's treap */
	struct blob *value;
	struct perms *perms;
	uint64_t gen_value;
	uint64_t gen_perms;
	uint64_t gen_kids; /* the set of names, not what is in them */
	/* Of this node and the siblings below it. */
	uint32_t span_count;
	uint32_t span_bytes; /* of the names with their NULs */
	uint32_t name_len;
	char name[];
};

/*
 * To be set once, before the first node, to something unpredictable; the same
 * one for nodes that come from a dump, which has it.
 */
void tree_seed(uint64_t seed);

struct blob *blob_new(const void *data, size_t len);
struct blob *blob_get(struct blob *b);
void blob_put(struct blob *b);

struct perms *perms_new(const struct perm *e, size_t count);
struct perms *perms_get(struct perms *p);
void perms_put(struct perms *p);

/* Takes over the caller's references to both, also when it fails (NULL). */
struct node *node_new(const char *name, struct blob *value, struct perms *perms,
		      uint64_t gen);
/* Its spans, after its siblings have been hung in by hand (dump.c). */
void node_update_span(struct node *n);
struct node *node_get(struct node *n);
void node_put(struct node *n);

/* What the node alone costs, for quotas. */
static inline int64_t node_bytes(const struct node *n)
{
	return (int64_t)(sizeof(*n) + n->name_len + 1 + n->value->len +
			 n->perms->count * sizeof(struct perm));
}

/* Paths are canonical. NULL when there is no such node. */
const struct node *tree_find(const struct node *root, const char *path);
/* The node itself, or the lowest of its ancestors that exists. */
const struct node *tree_nearest(const struct node *root, const char *path,
				size_t *matched_len);
/* 0, -ENOENT, -ENOMEM. *out may be changed in place but for its name. */
int tree_edit(struct node **root, const char *path, struct node **out);
/*
 * Puts `n` (its name is the path's leaf) under its parent, which gets the
 * generation `gen` for its set of children. Takes over `n` on success only.
 * -ENOENT without a parent, -EEXIST.
 */
int tree_insert(struct node **root, const char *path, struct node *n,
		uint64_t gen);
/*
 * Takes the subtree out; *removed is the caller's, without siblings. The path
 * is not "/".
 */
int tree_remove(struct node **root, const char *path, uint64_t gen,
		struct node **removed);

/*
 * Copies the names of n's children, each with its NUL and whole, beginning
 * `skip` bytes into the list; *len is what was copied. -EINVAL when `skip` is
 * not the beginning of a name. The whole list has tree_list_bytes().
 */
int tree_list(const struct node *n, size_t skip, char *buf, size_t room,
	      size_t *len);
size_t tree_list_bytes(const struct node *n);
size_t tree_kid_count(const struct node *n);

/*
 * Calls fn for `n` and everything below it, parents first. `path` is n's own
 * and is used as scratch; fn returning false ends the walk.
 */
typedef bool tree_walk_fn(void *arg, const char *path, const struct node *n);
bool tree_walk(const struct node *n, char path[WIRE_PATH_BYTES],
	       tree_walk_fn *fn, void *arg);

/* Order, ranks and spans hold everywhere below `root`. */
bool tree_is_sound(const struct node *root);

#endif
