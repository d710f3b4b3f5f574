/* SPDX-License-Identifier: MIT */
/* The list of domains: domain/domain.c and domain/lifecycle.c only. */
#ifndef DOMAIN_LIST_H
#define DOMAIN_LIST_H

#include "domain/domain.h"

/* Those with references, and for a moment one that domain_put() takes off. */
extern struct list_node domain_list;
extern struct spinlock domain_list_lock;

/* domain_find() finds it from here on; no longer. */
void domain_find_add(struct domain *d);
void domain_find_remove(struct domain *d);

#endif
