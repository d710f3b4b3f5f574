/* SPDX-License-Identifier: MIT */
/*
 * What waits on a CPU, in the order of a key; equals in the order of their
 * coming. A treap: a binary search tree whose shape is that of random
 * insertions, so that it needs no balancing rules. Adding and removing cost
 * O(log n) expected; the first is at hand. Keys wrap, so all keys in one tree
 * lie within 2^63 of each other.
 *
 * Test: tests/unit/hypervisor/sched/test_tree.c.
 */
#ifndef SCHED_TREE_H
#define SCHED_TREE_H

#include <stdbool.h>
#include <stdint.h>

struct tree_node {
	struct tree_node *left, *right;
	uint64_t key;
	uint64_t serial; /* order of coming */
	uint32_t rank;	 /* no child has a higher one */
	bool ahead;	 /* goes before all that are not, whatever the keys */
	bool linked;
};

struct tree {
	struct tree_node *root, *first;
	uint64_t serial;
	uint32_t random;
	uint32_t count;
};

void tree_init(struct tree *t);
/* n, which is in no tree, with n->key and n->ahead. */
void tree_add(struct tree *t, struct tree_node *n);
/* n is in t. */
void tree_remove(struct tree *t, struct tree_node *n);
/* The first in order for which `fits` says yes; NULL: none does. */
struct tree_node *tree_find(const struct tree *t,
			    bool (*fits)(const struct tree_node *n,
					 const void *arg),
			    const void *arg);

/* Is key a before key b? */
static inline bool key_before(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) < 0;
}

#endif
