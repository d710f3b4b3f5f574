/* SPDX-License-Identifier: MIT */
/*
 * What the store says about a domain: nodes, values and who may touch them,
 * in the layout that libxl uses. Making the list is pure; nodes_write() writes
 * it.
 *
 * Invariant: everything that domain zero believes later (the console's ring
 * and port, every backend directory, names and limits) is written by domain
 * zero alone; a guest owns only what it must write itself: its frontends,
 * its answers under control/, data, drivers, feature, attr and error.
 * Test: tests/unit/dom0-tools/builder/test_nodes.c.
 */
#ifndef DOM0_TOOLS_BUILDER_NODES_H
#define DOM0_TOOLS_BUILDER_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/config.h"
#include "lib/store.h"

#define NODES_SCRIPT_BYTES 192

enum node_access {
	NODE_INHERITED, /* as its parent */
	NODE_PRIVATE,	/* domain zero's, nobody else reads it */
	NODE_READABLE,	/* domain zero's, the guest reads it */
	NODE_GUEST,	/* the guest's own */
	NODE_FRONTEND,	/* the guest's own, the backend's domain reads it */
};

struct node {
	const char *path;
	const char *value;
	enum node_access access;
};

struct nodes {
	struct node *list;
	size_t count;
	size_t capacity;
	struct arena arena;
};

/* What is known only once the domain exists. */
struct nodes_domain {
	uint16_t domid;
	uint64_t store_mfn;
	uint32_t store_port;
	uint64_t console_mfn;
	uint32_t console_port;
	uint64_t start_time_cs; /* hundredths of seconds since 1970 */
	/* Per disk: whether its target is a block device. */
	const bool *disk_is_device;
};

/* Parents come before their children. 0 or -ENOMEM; end with nodes_free(). */
int nodes_make(const struct config *c, const struct nodes_domain *d,
	       struct nodes *n);
/* The nodes of one more device of a domain that is there already. */
int nodes_make_disk(const struct config_disk *disk, bool is_device,
		    uint16_t domid, struct nodes *n);
int nodes_make_vif(const struct config_vif *vif, uint32_t handle,
		   uint16_t domid, struct nodes *n);
void nodes_free(struct nodes *n);

/*
 * Pure: the program that script= of a card or disk means, an absolute path,
 * cut off when it is longer. A plain name is one of Xen's directory, as it is
 * for xl. "" when none is meant: NULL, and the names of the scripts whose work
 * vaned does itself.
 */
void nodes_script(const char *script, char path[NODES_SCRIPT_BYTES]);

/* Writes all of them, with their permissions. 0 or -errno. */
int nodes_write(struct store *store, uint32_t txn, uint16_t domid,
		const struct nodes *n);

/* The permissions that an access stands for: a list of *count entries. */
void nodes_perms(enum node_access access, uint16_t domid,
		 struct store_perm perms[2], size_t *count);

#endif
