/* SPDX-License-Identifier: MIT */
/* The intrusive ring: order, removal inside a walk, harmless repetition. */
#include <criterion/criterion.h>
#include <string.h>
#include "lib/list.h"

struct item {
	int odd_one_out; /* so that the node is not at offset 0 */
	int value;
	struct list_node node;
};

TestSuite(lib_list);

static int as_number(struct list_node *head)
{
	struct item *i;
	int n = 0;

	list_for_each_entry (i, head, node)
		n = n * 10 + i->value;
	return n;
}

Test(lib_list, items_stand_in_the_order_they_were_added)
{
	struct list_node head = LIST_INIT(head);
	struct item a = {.value = 1}, b = {.value = 2}, c = {.value = 3};

	cr_assert(list_empty(&head));
	list_add_tail(&head, &a.node);
	list_add_tail(&head, &b.node);
	list_add(&head, &c.node);
	cr_assert_eq(as_number(&head), 312);
	cr_assert_eq(list_first_entry(&head, struct item, node), &c);
	cr_assert(!list_empty(&head));
}

Test(lib_list, a_removed_item_is_on_no_list_and_may_be_removed_again)
{
	struct list_node head = LIST_INIT(head);
	struct item a = {.value = 1}, b = {.value = 2}, c = {.value = 3};

	list_add_tail(&head, &a.node);
	list_add_tail(&head, &b.node);
	list_add_tail(&head, &c.node);
	list_del(&b.node);
	list_del(&b.node);
	cr_assert(list_empty(&b.node));
	cr_assert_eq(as_number(&head), 13);
	list_del(&a.node);
	list_del(&c.node);
	cr_assert(list_empty(&head));
	list_add(&head, &b.node);
	cr_assert_eq(as_number(&head), 2);
}

Test(lib_list, a_safe_walk_survives_the_removal_of_each_item)
{
	struct list_node head = LIST_INIT(head);
	struct item items[5], *i, *next;
	int seen = 0;

	for (int n = 0; n < 5; n++) {
		items[n].value = n;
		list_add_tail(&head, &items[n].node);
	}
	list_for_each_entry_safe (i, next, &head, node) {
		seen = seen * 10 + i->value;
		list_del(&i->node);
		memset(i, 0xa5, sizeof(*i));
	}
	cr_assert_eq(seen, 1234);
	cr_assert(list_empty(&head));
}
