/* SPDX-License-Identifier: MIT */
/*
 * Names of domains and their numbers. The truth is /local/domain/ID/name for
 * each domain that the hypervisor lists. NAMES_DIR is an index over it, one
 * node per name, so that creating the 500th domain costs no more than the
 * first; an entry is believed only after the domain's own node confirmed it,
 * and everything works, slower, without the index.
 *
 * Invariant: an entry is made in the transaction that makes the domain's own
 * nodes, so of two creations with one name the store lets one commit.
 * Test: tests/unit/dom0-tools/lib/test_domname.c.
 */
#ifndef DOM0_TOOLS_LIB_DOMNAME_H
#define DOM0_TOOLS_LIB_DOMNAME_H

#include <stddef.h>
#include <stdint.h>

#include "lib/store.h"

#define NAMES_DIR "/tool/vane/names"
/* A name of CONFIG_NAME_MAX characters, each as "_hh", and the directory. */
#define NAMES_PATH_BYTES 256

/* The path of a name's entry: letters, digits and '-' as they are. */
void domname_path(const char *name, char path[NAMES_PATH_BYTES]);

/* The domain of that name by the index, confirmed; -ENOENT. */
int domname_lookup(struct store *store, uint32_t txn, const char *name,
		   uint16_t *domid);

/* By looking at every domain that the hypervisor lists; -ENOENT. */
int domname_search(int privcmd, struct store *store, const char *name,
		   uint16_t *domid);

/*
 * A user's word for a domain: its number, or its name. -ENOENT when there is
 * none; domain zero is "0", "Domain-0" or whatever its name is.
 */
int domname_resolve(int privcmd, struct store *store, const char *word,
		    uint16_t *domid);

/* Malloc'd; NULL when it has none. */
char *domname_of(struct store *store, uint16_t domid);

#endif
