/* SPDX-License-Identifier: MIT */
/* The order in which vCPUs wait. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "lib/macros.h"
#include "sched/tree.h"

static struct tree t;

static bool any(const struct tree_node *n, const void *arg)
{
	(void)n;
	(void)arg;
	return true;
}

static bool has_key(const struct tree_node *n, const void *key)
{
	return n->key == *(const uint64_t *)key;
}

Test(tree, equals_leave_in_the_order_of_their_coming)
{
	struct tree_node n[9] = {0};
	unsigned int i;

	tree_init(&t);
	for (i = 0; i < 9; i++) {
		n[i].key = i % 3;
		tree_add(&t, &n[i]);
	}
	for (i = 0; i < 9; i++) {
		struct tree_node *first = t.first;

		cr_assert_eq(first, &n[i / 3 + i % 3 * 3], "%u", i);
		tree_remove(&t, first);
	}
	cr_assert_null(t.first);
	cr_assert_null(t.root);
	cr_assert_null(tree_find(&t, any, NULL));
}

Test(tree, keys_wrap_and_ahead_goes_before_all)
{
	struct tree_node late = {.key = 5}, early = {.key = ~0ull - 5};
	struct tree_node ahead = {.key = 100, .ahead = true};

	tree_init(&t);
	tree_add(&t, &late);
	tree_add(&t, &early);
	cr_assert_eq(t.first, &early);
	tree_add(&t, &ahead);
	cr_assert_eq(t.first, &ahead);
	tree_remove(&t, &ahead);
	cr_assert_eq(t.first, &early);
}

Test(tree, against_a_list_with_random_work)
{
	enum { N = 64 };
	struct tree_node n[N] = {0}, *first;
	unsigned int seed = 0x7ee, round, i;
	uint64_t least;

	tree_init(&t);
	for (round = 0; round < 20000; round++) {
		struct tree_node *x = &n[rand_r(&seed) % N];

		if (x->linked) {
			tree_remove(&t, x);
		} else {
			x->key = (uint64_t)rand_r(&seed) % 50;
			tree_add(&t, x);
		}
		least = ~0ull;
		first = NULL;
		for (i = 0; i < N; i++) {
			if (!n[i].linked)
				continue;
			if (n[i].key < least || (n[i].key == least &&
						 n[i].serial < first->serial)) {
				least = n[i].key;
				first = &n[i];
			}
		}
		cr_assert_eq(t.first, first);
		cr_assert_eq(tree_find(&t, any, NULL), first);
		if (first)
			cr_assert_eq(tree_find(&t, has_key, &least), first);
		least = 77;
		cr_assert_null(tree_find(&t, has_key, &least));
	}
}
