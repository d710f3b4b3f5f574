/* SPDX-License-Identifier: MIT */
/*
 * A doubly linked ring through nodes inside the objects. The head is a node
 * without an object. A node that is on no list points at itself, so that
 * list_del() twice is harmless and list_empty(node) asks "is it linked".
 * Test: tests/unit/hypervisor/lib/test_list.c.
 */
#ifndef LIB_LIST_H
#define LIB_LIST_H

#include <stdbool.h>
#include "macros.h"

struct list_node {
	struct list_node *next, *prev;
};

#define LIST_INIT(name)                                                        \
	{                                                                      \
		.next = &(name), .prev = &(name)                               \
	}

static inline void list_init(struct list_node *n)
{
	n->next = n;
	n->prev = n;
}

static inline bool list_empty(const struct list_node *head)
{
	return head->next == head;
}

static inline void list_link_between(struct list_node *n,
				     struct list_node *before,
				     struct list_node *after)
{
	n->prev = before;
	n->next = after;
	before->next = n;
	after->prev = n;
}

/* n becomes the first of the list. */
static inline void list_add(struct list_node *head, struct list_node *n)
{
	list_link_between(n, head, head->next);
}

/* n becomes the last of the list. */
static inline void list_add_tail(struct list_node *head, struct list_node *n)
{
	list_link_between(n, head->prev, head);
}

static inline void list_del(struct list_node *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	list_init(n);
}

#define list_entry(node, type, member) container_of(node, type, member)

/* The list must not be empty. */
#define list_first_entry(head, type, member)                                   \
	list_entry((head)->next, type, member)

#define list_for_each_entry(pos, head, member)                                 \
	for (pos = list_entry((head)->next, __typeof__(*pos), member);         \
	     &pos->member != (head);                                           \
	     pos = list_entry(pos->member.next, __typeof__(*pos), member))

/* The body may take pos off the list, or free it. */
#define list_for_each_entry_safe(pos, after, head, member)                     \
	for (pos = list_entry((head)->next, __typeof__(*pos), member),         \
	    after = list_entry(pos->member.next, __typeof__(*pos), member);    \
	     &pos->member != (head); pos = after,                              \
	    after = list_entry(after->member.next, __typeof__(*pos), member))

#endif
