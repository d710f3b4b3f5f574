/* SPDX-License-Identifier: MIT */
/*
 * The whole state of the core as records, and back.
 *
 * The dump is the memory graph: nodes that several trees share (open
 * transactions keep the trees that they saw) are written once and shared again
 * afterwards. So a core that was dumped and restored answers every further
 * request, commits of open transactions included, as the first one would have.
 *
 * Of a client on a socket only the transactions are kept, because it does not
 * outlive the daemon: they are there for journal records that end them.
 * Format: docs/specs/store-state.md. Test: tests/unit/dom0-tools/stored/
 * test_restart.c, and the fuzzer.
 */
#ifndef DOM0_TOOLS_STORED_DUMP_H
#define DOM0_TOOLS_STORED_DUMP_H

#include "stored/core.h"
#include "stored/record.h"

enum dump_kind {
	DUMP_CORE = 1,
	DUMP_QUOTA,
	DUMP_OUTCOME,
	DUMP_SPECIAL,
	DUMP_DOMAIN,
	DUMP_NODE,
	DUMP_ROOT,
	DUMP_CLIENT,
	DUMP_WATCH,
	DUMP_TRANSACTION,
	DUMP_ACCESS,
	DUMP_TALLY,
	DUMP_MESSAGE,
	DUMP_END,
};

/* In a tail: domain id, two bytes, and the bits. */
#define DUMP_PERM_BYTES 3
/* Whose quota: of all domains. */
#define DUMP_QUOTA_COMMON UINT64_MAX

/* Clients without an id are left out. 0, or -errno of the sink, -ENOMEM. */
int dump_write(const struct core *core, const struct record_sink *sink);

/*
 * Fills a core that core_new() has just made, with the seed of the one that
 * was dumped, from the records up to DUMP_END. 0, -EILSEQ for records that
 * make no sense, -ENOMEM; then the core can only be freed.
 */
int dump_read(struct core *core, struct record_reader *reader);

#endif
