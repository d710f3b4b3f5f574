/* SPDX-License-Identifier: MIT */
/*
 * Transactions: a snapshot of the tree, a working copy of it, and the list of
 * nodes that were looked at or changed.
 *
 * It commits only if everything that its replies depended on is, in the store,
 * still as it was in the snapshot; so it could have run as a whole at that
 * moment (the fuzzer checks just that). What counts is noted node by node and
 * aspect by aspect: that the node is there, its permissions, its value, the set
 * of its children. Who only writes a value does not depend on the old one, two
 * who create different children of one directory do not disturb each other,
 * and domain 0, which may do everything, does not depend on permissions, so
 * that a guest cannot keep it from committing by changing them.
 *
 * Nobody loses for ever: a client whose commits were refused TXN_PATIENCE
 * times in a row gets its next transaction favoured. While that is open,
 * txn_must_wait() tells the daemon which requests of others to hold back,
 * because they would change what it depends on, or what the last one that was
 * lost depended on, which it will most likely look at too; so it commits.
 * Domain 0's transactions hold back everybody, a guest's only other guests.
 * There is one favoured transaction at a time, the one of the client that has
 * lost most, and the daemon ends its privilege (core_unfavour) when it takes
 * too long. Test: tests/unit/dom0-tools/stored/test_txn.c.
 */
#ifndef DOM0_TOOLS_STORED_TXN_H
#define DOM0_TOOLS_STORED_TXN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stored/tree.h"

struct client;
struct core;

enum {
	/* What a reply depended on. */
	TXN_EXISTS = 1 << 0,
	TXN_PERMS = 1 << 1,
	TXN_VALUE = 1 << 2,
	TXN_KIDS = 1 << 3,
	/* What was done. */
	TXN_WRITTEN = 1 << 4,
	TXN_REMOVED = 1 << 5, /* with all below, at least once */
	TXN_EVENT = 1 << 6,   /* watchers are told; not of implied parents */
};

struct txn_access {
	struct txn_access *next; /* in the bucket */
	unsigned int bits;
	uint32_t hash;
	char path[];
};

/* How much more each of some domains owns in one tree than in another. */
struct tally_entry {
	uint16_t domid;
	int64_t nodes;
	int64_t bytes;
};

struct tally {
	struct tally_entry *e;
	size_t count;
};

/* Makes room for a domain, so that tally_add() cannot fail; -ENOMEM. */
int tally_prepare(struct tally *y, uint16_t domid);
void tally_add(struct tally *y, uint16_t domid, int64_t nodes, int64_t bytes);
/* NULL: nothing was prepared for it. */
const struct tally_entry *tally_of(const struct tally *y, uint16_t domid);
void tally_free(struct tally *y);

struct txn {
	struct txn *next;
	struct client *client;
	uint32_t id;
	struct node *base;	  /* the snapshot */
	struct node *root;	  /* the working copy */
	struct txn_access **list; /* in the order of first access */
	size_t count, room;
	struct txn_access **buckets;
	size_t bucket_count;
	struct tally tally; /* of root, seen from base */
};

#define TXN_PATIENCE 3

/*
 * Would this request of `c` spoil the favoured transaction? False when there
 * is none. Changes nothing.
 */
bool txn_must_wait(const struct client *c, const struct xsd_sockmsg *header,
		   const char *payload, size_t len);

/* -ENOSPC beyond the quota, -ENOMEM. */
int txn_start(struct client *c, struct txn **out);
struct txn *txn_find(const struct client *c, uint32_t id);
void txn_abort(struct txn *t);
void txn_abort_all(struct client *c);
/* What the client remembers of one that it lost. */
void txn_forget_lost(struct client *c);
/*
 * Ends the transaction in any case. -EAGAIN on a conflict; -ENOSPC when others
 * used up the quota meanwhile; -ENOMEM. Nothing has changed then.
 */
int txn_commit(struct txn *t);

/* A transaction out of a dump; `base` and `root` are taken over. */
int txn_restore(struct client *c, uint32_t id, struct node *base,
		struct node *root, struct txn **out);

/* The same without a look at the quota, for a dump. -ENOMEM. */
int txn_note(struct txn *t, const char *path, unsigned int bits);
/* Must precede what it announces. -ENOSPC beyond the quota, -ENOMEM. */
int txn_access(struct txn *t, const char *path, unsigned int bits);

#endif
