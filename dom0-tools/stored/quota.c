/* SPDX-License-Identifier: MIT */
/* Names and defaults of the quotas; see the header. */
#include "stored/quota.h"

#include <stddef.h>
#include <string.h>

#include "stored/wire.h"

const char *const quota_names[QUOTA_COUNT] = {
	[QUOTA_NODES] = "nodes",
	[QUOTA_NODE_SIZE] = "node-size",
	[QUOTA_NODE_PERMISSIONS] = "node-permissions",
	[QUOTA_PATH_LENGTH] = "path-length",
	[QUOTA_WATCHES] = "watches",
	[QUOTA_TRANSACTIONS] = "transactions",
	[QUOTA_TRANSACTION_NODES] = "transaction-nodes",
	[QUOTA_OUTSTANDING] = "outstanding",
	[QUOTA_QUEUE_BYTES] = "queue-bytes",
	[QUOTA_MEMORY] = "memory",
};

/*
 * A stock Linux guest uses about 50 nodes, 15 watches and one transaction at
 * a time; one with many channels and devices several times that.
 */
static const uint64_t defaults[QUOTA_COUNT] = {
	[QUOTA_NODES] = 1000,
	[QUOTA_NODE_SIZE] = 2048,
	[QUOTA_NODE_PERMISSIONS] = 5,
	[QUOTA_PATH_LENGTH] = XENSTORE_ABS_PATH_MAX,
	[QUOTA_WATCHES] = 128,
	[QUOTA_TRANSACTIONS] = 10,
	[QUOTA_TRANSACTION_NODES] = 1024,
	[QUOTA_OUTSTANDING] = 20,
	[QUOTA_QUEUE_BYTES] = 256 * 1024,
	[QUOTA_MEMORY] = 2 * 1024 * 1024,
};

void quota_set_defaults(struct quota_set *q)
{
	memcpy(q->limit, defaults, sizeof(defaults));
}

void quota_set_inherited(struct quota_set *q)
{
	for (int i = 0; i < QUOTA_COUNT; i++)
		q->limit[i] = QUOTA_INHERITED;
}

uint64_t quota_limit(const struct quota_set *own,
		     const struct quota_set *common, enum quota_kind kind)
{
	if (own && own->limit[kind] != QUOTA_INHERITED)
		return own->limit[kind];
	return common->limit[kind];
}

bool quota_find(const char *name, enum quota_kind *kind)
{
	for (int i = 0; i < QUOTA_COUNT; i++) {
		if (!strcmp(quota_names[i], name)) {
			*kind = (enum quota_kind)i;
			return true;
		}
	}
	return false;
}
