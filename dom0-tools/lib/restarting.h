/* SPDX-License-Identifier: MIT */
/*
 * Names of domains that are between two lives: the old one is gone, and vaned
 * owes a new one, which may take seconds (a kernel is unpacked, a storm of
 * restarts is damped). RESTARTING_DIR has a node for each, whose value is the
 * sentence that a person is told.
 *
 * Invariant: from the decision until the transaction that makes the new
 * domain's nodes, the name has a node here; that transaction removes it. So
 * there is no moment at which somebody else could take the name.
 */
#ifndef DOM0_TOOLS_LIB_RESTARTING_H
#define DOM0_TOOLS_LIB_RESTARTING_H

#include <stdio.h>

#include "lib/domname.h"
#include "lib/err.h"
#include "lib/store.h"

#define RESTARTING_DIR "/tool/vane/restarting"

/* The path of a name's node. */
void restarting_path(const char *name, char path[NAMES_PATH_BYTES]);
/* The sentence, malloc'd; NULL when the name is not between two lives. */
char *restarting_read(struct store *store, uint32_t txn, const char *name);
/* -EEXIST with that sentence and how to end it, or 0. */
int restarting_check(struct store *store, uint32_t txn, const char *name,
		     struct err *e);
/* A line for each of them to `out`, after `prefix`. */
void restarting_print(struct store *store, const char *prefix, FILE *out);

#endif
