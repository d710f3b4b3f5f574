/* SPDX-License-Identifier: MIT */
/*
 * The journal: what was done to the core since its dump, in order, so that
 * the next daemon does it again. The core is a function of its inputs: no
 * clock, no randomness but the dump's seed; so the same inputs make the same
 * trees, transactions, replies and events, down to the byte in the middle of
 * which a guest's ring was full.
 *
 * An input is written before it is carried out. Requests that change nothing
 * and whose replies nobody has to find again (reads over a socket, outside of
 * transactions) are left out, see journal_is_needed().
 * Format: docs/specs/store-state.md. Test: tests/unit/dom0-tools/stored/
 * test_restart.c, and the fuzzer.
 */
#ifndef DOM0_TOOLS_STORED_REPLAY_H
#define DOM0_TOOLS_STORED_REPLAY_H

#include "stored/core.h"
#include "stored/record.h"

enum journal_kind {
	JOURNAL_CLIENT = 64, /* id, domid, is a ring, its two indices */
	JOURNAL_FREE,	     /* id */
	JOURNAL_REQUEST,     /* id, type, request id, transaction; payload */
	JOURNAL_INTRODUCED,  /* error, id, the two indices; after the request */
	JOURNAL_INPUT,	     /* id; bytes of a request that came in part */
	JOURNAL_SENT,	     /* id, how many bytes */
	JOURNAL_RESET,	     /* id, is ignored from now on */
	JOURNAL_SHUTDOWN,    /* domid */
	JOURNAL_GONE,	     /* domids as the tail, two bytes each */
	JOURNAL_KIND_END,
};

/* Does it matter to the next daemon that this request was served? */
bool journal_is_needed(const struct client *c,
		       const struct xsd_sockmsg *header);

/*
 * Carries out every record up to the end. 0; -EILSEQ for a record that makes
 * no sense or is damaged, before which everything has been carried out;
 * -ENOMEM. `skip_last`: all but the last request, which may be the one that
 * killed the daemon. The host of the core is replaced.
 */
int replay(struct core *core, struct record_reader *reader, bool skip_last);

#endif
