/* SPDX-License-Identifier: MIT */
/*
 * What an unprivileged domain may use of the store. There is one set for all
 * and, for each domain, one that overrides it; both can be changed while the
 * daemon runs (CONTROL quota). Lowering a quota takes nothing away.
 * Test: tests/unit/dom0-tools/stored/test_quota.c.
 */
#ifndef DOM0_TOOLS_STORED_QUOTA_H
#define DOM0_TOOLS_STORED_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

enum quota_kind {
	QUOTA_NODES,		/* nodes that the domain owns */
	QUOTA_NODE_SIZE,	/* bytes of one value */
	QUOTA_NODE_PERMISSIONS, /* entries in a node's permission list */
	QUOTA_PATH_LENGTH,	/* bytes of an absolute path */
	QUOTA_WATCHES,
	QUOTA_TRANSACTIONS,	 /* open at a time */
	QUOTA_TRANSACTION_NODES, /* nodes that one of them may touch */
	QUOTA_OUTSTANDING, /* replies not fetched, before it has to wait */
	QUOTA_QUEUE_BYTES, /* of messages that the domain does not fetch */
	QUOTA_MEMORY,	   /* bytes of the nodes that the domain owns */
	QUOTA_COUNT,
};

#define QUOTA_INHERITED UINT64_MAX

struct quota_set {
	uint64_t limit[QUOTA_COUNT];
};

extern const char *const quota_names[QUOTA_COUNT];

void quota_set_defaults(struct quota_set *q);
void quota_set_inherited(struct quota_set *q);
uint64_t quota_limit(const struct quota_set *own,
		     const struct quota_set *common, enum quota_kind kind);
/* False when there is no quota of that name. */
bool quota_find(const char *name, enum quota_kind *kind);

#endif
