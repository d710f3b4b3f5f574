/* SPDX-License-Identifier: MIT */
/*
 * The end of a domain, and what it leaves in the store and in files.
 */
#ifndef DOM0_TOOLS_BUILDER_DESTROY_H
#define DOM0_TOOLS_BUILDER_DESTROY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/store.h"

/*
 * Ends a domain at once, lets its back ends go, removes what domain_forget()
 * removes, and waits until the hypervisor has all its memory back. A domain
 * that is already dying is only waited for. -ETIMEDOUT when somebody still
 * holds pages of it: the line says who and how much. Where `store` is NULL
 * nobody hears of the end, and nothing is waited for.
 */
int domain_destroy(int privcmd, struct store *store, uint16_t domid,
		   struct err *e);

/*
 * Removes every trace of a domain that is gone: its directories, front and
 * back ends, its name, its configuration file, and its introduction to the
 * store daemon. Safe to repeat; a name that another domain has taken over
 * meanwhile stays.
 */
void domain_forget(struct store *store, uint16_t domid);

/*
 * Who uses the pages of a domain, for messages: "3 grants by 'web' (4)". A
 * program of domain zero may map them without a grant; that is said when
 * there is none. Cut off at `size`.
 */
void domain_describe_holders(int privcmd, struct store *store, uint16_t domid,
			     char *text, size_t size);

#endif
