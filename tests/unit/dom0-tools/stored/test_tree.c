/* SPDX-License-Identifier: MIT */
/* The persistent tree: sharing, order, listings, and a long random walk. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stored/tree.h"

TestSuite(stored_tree);

static struct perms *owned_by_0(void)
{
	static const struct perm e = {0, 0};

	return perms_new(&e, 1);
}

static struct node *make(const char *name, const char *value)
{
	return node_new(name, blob_new(value, strlen(value)), owned_by_0(), 1);
}

static int add(struct node **root, const char *path, const char *value)
{
	struct node *n = make(wire_leaf(path), value);
	int rc = tree_insert(root, path, n, 2);

	if (rc)
		node_put(n);
	return rc;
}

static void set(struct node **root, const char *path, const char *value)
{
	struct node *n;

	cr_assert_eq(tree_edit(root, path, &n), 0);
	blob_put(n->value);
	n->value = blob_new(value, strlen(value));
}

static bool holds(const struct node *root, const char *path, const char *value)
{
	const struct node *n = tree_find(root, path);

	return n && n->value->len == strlen(value) &&
	       !memcmp(n->value->data, value, n->value->len);
}

Test(stored_tree, a_node_is_found_under_its_path_only)
{
	struct node *root = make("", "");

	cr_expect_eq(add(&root, "/a", "1"), 0);
	cr_expect_eq(add(&root, "/a/b", "2"), 0);
	cr_expect_eq(add(&root, "/a/b", "2"), -EEXIST);
	cr_expect_eq(add(&root, "/x/y", "3"), -ENOENT);
	cr_expect(holds(root, "/a/b", "2"));
	cr_expect_null(tree_find(root, "/b"));
	cr_expect_null(tree_find(root, "/a/b/c"));
	cr_expect_eq(tree_find(root, "/"), root);
	node_put(root);
}

Test(stored_tree, a_snapshot_keeps_what_changes_later)
{
	struct node *root = make("", ""), *snapshot, *removed;

	add(&root, "/a", "old");
	add(&root, "/a/kid", "kid");
	add(&root, "/b", "b");
	snapshot = node_get(root);
	set(&root, "/a", "new");
	add(&root, "/c", "c");
	cr_assert_eq(tree_remove(&root, "/b", 3, &removed), 0);
	node_put(removed);

	cr_expect(holds(snapshot, "/a", "old"));
	cr_expect(holds(snapshot, "/b", "b"));
	cr_expect_null(tree_find(snapshot, "/c"));
	cr_expect(holds(root, "/a", "new"));
	cr_expect_null(tree_find(root, "/b"));
	cr_expect_eq(tree_find(root, "/a/kid"), tree_find(snapshot, "/a/kid"),
		     "an untouched node is shared");
	cr_expect(tree_is_sound(root) && tree_is_sound(snapshot));
	node_put(snapshot);
	node_put(root);
}

Test(stored_tree, without_a_snapshot_nodes_are_changed_in_place)
{
	struct node *root = make("", "");
	const struct node *before;

	add(&root, "/a", "old");
	before = tree_find(root, "/a");
	set(&root, "/a", "new");
	cr_expect_eq(tree_find(root, "/a"), before);
	node_put(root);
}

Test(stored_tree, children_are_listed_in_order_and_in_parts)
{
	struct node *root = make("", "");
	char all[8192], part[64];
	size_t len, at = 0;

	for (int i = 0; i < 300; i++) {
		char path[16];

		snprintf(path, sizeof(path), "/%d", (i * 7919) % 300);
		add(&root, path, "");
	}
	cr_assert_eq(tree_kid_count(root), 300);
	cr_assert_eq(tree_list(root, 0, all, sizeof(all), &len), 0);
	cr_assert_eq(len, tree_list_bytes(root));
	for (const char *p = all; p + strlen(p) + 1 < all + len;
	     p += strlen(p) + 1)
		cr_assert_lt(strcmp(p, p + strlen(p) + 1), 0);

	while (at < len) {
		size_t n;

		cr_assert_eq(tree_list(root, at, part, sizeof(part), &n), 0);
		cr_assert_gt(n, 0);
		cr_assert_arr_eq(part, all + at, n);
		at += n;
	}
	cr_expect_eq(tree_list(root, 1, part, sizeof(part), &len), -EINVAL,
		     "an offset inside a name");
	node_put(root);
}

Test(stored_tree, the_nearest_ancestor_says_how_far_it_goes)
{
	struct node *root = make("", "");
	size_t matched;

	add(&root, "/a", "1");
	add(&root, "/a/b", "2");
	cr_expect_eq(tree_nearest(root, "/a/b/c/d", &matched),
		     tree_find(root, "/a/b"));
	cr_expect_eq(matched, 4);
	cr_expect_eq(tree_nearest(root, "/x", &matched), root);
	cr_expect_eq(matched, 1);
	node_put(root);
}

Test(stored_tree, the_deepest_and_the_widest_tree_are_freed)
{
	struct node *root = make("", "");
	char path[WIRE_PATH_BYTES] = "";

	for (size_t len = 0; len + 2 <= XENSTORE_ABS_PATH_MAX; len += 2) {
		memcpy(path + len, "/d", 3);
		cr_assert_eq(add(&root, path, ""), 0);
	}
	for (int i = 0; i < 20000; i++) {
		snprintf(path, sizeof(path), "/%d", i);
		cr_assert_eq(add(&root, path, ""), 0);
	}
	cr_expect(tree_is_sound(root));
	node_put(root);
}

struct counter {
	size_t nodes;
	size_t letters;
};

static bool count(void *arg, const char *path, const struct node *n)
{
	struct counter *c = arg;

	c->nodes++;
	c->letters += strlen(path);
	cr_assert_str_eq(n->name, path[1] ? wire_leaf(path) : "");
	return true;
}

Test(stored_tree, a_walk_gives_each_node_its_path)
{
	struct node *root = make("", "");
	char scratch[WIRE_PATH_BYTES] = "/";
	struct counter c = {0};

	add(&root, "/a", "");
	add(&root, "/a/bb", "");
	add(&root, "/a/cc", "");
	add(&root, "/z", "");
	tree_walk(root, scratch, count, &c);
	cr_expect_eq(c.nodes, 5);
	cr_expect_eq(c.letters, 1 + 2 + 5 + 5 + 2);
	node_put(root);
}

/*
 * Random changes to several versions at once, each beside a plain array that
 * says what must be there.
 */
enum { NAMES = 40, VERSIONS = 4 };

Test(stored_tree, versions_never_disturb_each_other)
{
	struct node *root[VERSIONS];
	int model[VERSIONS][NAMES] = {0};
	unsigned int seed = 1;

	for (int v = 0; v < VERSIONS; v++)
		root[v] = make("", "");
	for (int step = 0; step < 20000; step++) {
		int v = rand_r(&seed) % VERSIONS, k = rand_r(&seed) % NAMES;
		char path[16], value[16];
		struct node *removed;

		snprintf(path, sizeof(path), "/%d", k);
		snprintf(value, sizeof(value), "%d", step + 1);
		switch (rand_r(&seed) % 4) {
		case 0: /* make it a copy of another one */
			node_put(root[v]);
			memcpy(model[v], model[(v + 1) % VERSIONS],
			       sizeof(model[v]));
			root[v] = node_get(root[(v + 1) % VERSIONS]);
			break;
		case 1:
			if (tree_remove(&root[v], path, 1, &removed)) {
				cr_assert_eq(model[v][k], 0);
				break;
			}
			cr_assert_neq(model[v][k], 0);
			model[v][k] = 0;
			node_put(removed);
			break;
		default:
			if (model[v][k])
				set(&root[v], path, value);
			else
				cr_assert_eq(add(&root[v], path, value), 0);
			model[v][k] = step + 1;
			break;
		}
	}
	for (int v = 0; v < VERSIONS; v++) {
		size_t expected = 0;

		for (int k = 0; k < NAMES; k++) {
			char path[16], value[16];

			snprintf(path, sizeof(path), "/%d", k);
			snprintf(value, sizeof(value), "%d", model[v][k]);
			expected += model[v][k] != 0;
			cr_assert_eq(holds(root[v], path, value),
				     model[v][k] != 0);
		}
		cr_assert_eq(tree_kid_count(root[v]), expected);
		cr_assert(tree_is_sound(root[v]));
	}
	for (int v = 0; v < VERSIONS; v++)
		node_put(root[v]);
}
