/* SPDX-License-Identifier: MIT */
/*
 * A domain that rename-restart keeps while its successor takes its place: it
 * gives its name, its UUID and its configuration away, as its devices are
 * closed by backends.c, and keeps its memory and registers for whoever looks,
 * as NAME-TIME. Test: tests/system/test_vaned.c.
 */
#ifndef DOM0_TOOLS_VANED_ASIDE_H
#define DOM0_TOOLS_VANED_ASIDE_H

#include <stdint.h>

#include "lib/store.h"

struct domain;

/* Other name and UUID in the store, as part of a transaction. 0 or -errno. */
int aside_write(const struct domain *o, struct store *store, uint32_t txn);
/* What follows from that outside of the store. Safe to repeat. */
void aside_finish(const struct domain *o);

#endif
