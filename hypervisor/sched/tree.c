/* SPDX-License-Identifier: MIT */
/* See sched/tree.h. No function but find_in() recurses, and that O(log n). */
#include "sched/tree.h"
#include <stddef.h>

static bool node_before(const struct tree_node *a, const struct tree_node *b)
{
	if (a->ahead != b->ahead)
		return a->ahead;
	if (a->key != b->key)
		return key_before(a->key, b->key);
	return a->serial < b->serial;
}

void tree_init(struct tree *t)
{
	*t = (struct tree){.random = 0x2545f491};
}

/* xorshift; nobody gains by guessing it. */
static uint32_t next_rank(struct tree *t)
{
	t->random ^= t->random << 13;
	t->random ^= t->random >> 17;
	t->random ^= t->random << 5;
	return t->random;
}

/* Subtree `at` is cut in two: what is before n, and what is after it. */
static void split(struct tree_node *at, const struct tree_node *n,
		  struct tree_node **before, struct tree_node **after)
{
	while (at) {
		if (node_before(at, n)) {
			*before = at;
			before = &at->right;
			at = at->right;
		} else {
			*after = at;
			after = &at->left;
			at = at->left;
		}
	}
	*before = *after = NULL;
}

/* All of a is before all of b. */
static struct tree_node *join(struct tree_node *a, struct tree_node *b)
{
	struct tree_node *root = NULL, **link = &root;

	while (a && b) {
		if (a->rank >= b->rank) {
			*link = a;
			link = &a->right;
			a = a->right;
		} else {
			*link = b;
			link = &b->left;
			b = b->left;
		}
	}
	*link = a ? a : b;
	return root;
}

void tree_add(struct tree *t, struct tree_node *n)
{
	struct tree_node **link = &t->root;

	n->serial = t->serial++;
	n->linked = true;
	t->count++;
	if (!t->root) {
		/* The usual case. Above whoever comes while it is there. */
		n->rank = ~0u;
		t->root = t->first = n;
		return;
	}
	n->rank = next_rank(t);
	while (*link && (*link)->rank >= n->rank)
		link = node_before(*link, n) ? &(*link)->right : &(*link)->left;
	split(*link, n, &n->left, &n->right);
	*link = n;
	if (node_before(n, t->first))
		t->first = n;
}

void tree_remove(struct tree *t, struct tree_node *n)
{
	struct tree_node **link = &t->root, *first;

	n->linked = false;
	if (!--t->count) {
		t->root = t->first = NULL;
		return;
	}
	while (*link != n)
		link = node_before(*link, n) ? &(*link)->right : &(*link)->left;
	*link = join(n->left, n->right);
	n->left = n->right = NULL;
	if (t->first == n) {
		for (first = t->root; first && first->left;)
			first = first->left;
		t->first = first;
	}
}

static struct tree_node *find_in(struct tree_node *at,
				 bool (*fits)(const struct tree_node *n,
					      const void *arg),
				 const void *arg)
{
	while (at) {
		struct tree_node *found = find_in(at->left, fits, arg);

		if (found)
			return found;
		if (fits(at, arg))
			return at;
		at = at->right;
	}
	return NULL;
}

struct tree_node *tree_find(const struct tree *t,
			    bool (*fits)(const struct tree_node *n,
					 const void *arg),
			    const void *arg)
{
	return find_in(t->root, fits, arg);
}
