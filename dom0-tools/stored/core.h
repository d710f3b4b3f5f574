/* SPDX-License-Identifier: MIT */
/*
 * The store itself: requests in, replies and watch events out, all in memory.
 * No descriptor, no clock, no hypervisor; the daemon around it (server.c)
 * moves bytes, and tells which domains came and went.
 *
 * Objects: the core owns the tree, the domains, the quotas and the watch
 * index. A client is one connection (a socket, or a domain's ring) and owns
 * its watches, its transactions and its queue of messages to be sent.
 *
 * Who may do what: a client of domain 0 is privileged. A permission entry
 * counts only while the domain that it meant lives: a domain is known from its
 * first mention on, remembers that generation (`born`), and entries in nodes
 * whose permissions are older say nothing about it. So a new domain never
 * inherits from a dead one that had its id, and nothing needs to be searched
 * when a domain dies. A dead owner's node belongs to domain 0.
 *
 * One thread; no locks. Tests: tests/unit/dom0-tools/stored/test_core.c and
 * its neighbours, tests/fuzz/fuzz_store.c.
 */
#ifndef DOM0_TOOLS_STORED_CORE_H
#define DOM0_TOOLS_STORED_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "public/xen.h"
#include "stored/quota.h"
#include "stored/tree.h"
#include "stored/wire.h"

#define PERM_READ  1u
#define PERM_WRITE 2u

struct client;
struct core;
struct txn;
struct watch_index;

/*
 * What the core asks of its surroundings; each may be NULL. The daemon's own
 * implementation maps rings; the tests' records the calls.
 */
struct core_host {
	void *arg;
	/* Connect to a domain's ring, or to its new port if already connected:
	 * the connection's state is to be forgotten. 0 or -errno. */
	int (*introduce)(void *arg, uint16_t domid, uint64_t mfn,
			 uint32_t port);
	/* The domain is gone: drop its ring. Its clients are freed next. */
	void (*release)(void *arg, uint16_t domid);
	/* The client's queue was empty and now is not. */
	void (*wake)(void *arg, struct client *c);
	void (*log)(void *arg, const char *line);
	/* Put a new daemon in the place of this one, as soon as the reply is
	 * sent; NULL: the same program. 0 or -errno. */
	int (*restart)(void *arg, const char *program);
};

struct domain {
	uint16_t domid;
	uint16_t target; /* acts with this one's rights too; 0: none */
	bool introduced;
	bool shutdown; /* @releaseDomain was told of it */
	uint64_t born; /* generation */
	int64_t node_count;
	int64_t node_bytes;
	uint64_t ring_mfn; /* of its introduction */
	uint32_t ring_port;
	uint64_t quota_logged[QUOTA_COUNT]; /* refusals since the last line */
	struct quota_set quota;
	struct domain *next, **link; /* all of them */
};

/* A name that can be watched and has permissions, but is no node. */
struct special {
	const char *name;
	struct perms *perms;
	uint64_t gen_perms;
};

enum { SPECIAL_INTRODUCE, SPECIAL_RELEASE, SPECIAL_COUNT };

/* How a transaction of domain 0 ended, see core_outcome(). */
struct outcome {
	uint32_t txn;
	int rc;
	bool is_old; /* of the last daemon: it may be asked for again */
};

#define OUTCOMES 64

struct core {
	struct node *root;
	uint64_t gen; /* the newest one given out */
	struct core_host host;
	struct quota_set quota;	 /* for domains without their own */
	struct domain **domains; /* by id */
	struct domain *domain_list;
	struct watch_index *watches;
	struct client *client_list;
	struct client **by_id;
	size_t id_room;
	uint32_t last_txn_id;
	struct txn *favoured;
	struct outcome outcomes[OUTCOMES]; /* a ring */
	uint32_t outcome_count;
	struct special specials[SPECIAL_COUNT];
	bool trace;	   /* each request gets a log line */
	char program[256]; /* for a live update; empty: the same */
	char reply[XENSTORE_PAYLOAD_MAX]; /* the one being composed */
};

/* NULL for lack of memory. `seed`: something that guests cannot know. */
struct core *core_new(const struct core_host *host, uint64_t seed);
/* Clients that are left are freed too. */
void core_free(struct core *core);

/*
 * One whole request; the reply and any events land in the clients' queues.
 * `len` is the payload's true length (the header's is not looked at).
 */
void core_request(struct core *core, struct client *c,
		  const struct xsd_sockmsg *header, const char *payload,
		  size_t len);

/* A domain stopped running (poweroff, crash, suspend): tells it once. */
void core_domain_shutdown(struct core *core, uint16_t domid);
/* Domains are gone for ever; all at once, so that watchers hear it once. */
void core_domains_gone(struct core *core, const uint16_t *domids, size_t count);

/* The record of a domain, made at the first mention; NULL: no memory. */
struct domain *core_domain(struct core *core, uint16_t domid);

/* Does a permission entry of that age speak of the domain that lives now? */
bool core_domain_lives(const struct core *core, uint16_t domid, uint64_t gen);
/* What `c` may do with something of these permissions. */
unsigned int core_access(const struct core *core, const struct client *c,
			 const struct perms *perms, uint64_t gen_perms);
/* The owner who counts: 0 when the one who is written down is dead. */
uint16_t core_owner(const struct core *core, const struct perms *perms,
		    uint64_t gen_perms);
struct special *core_special(struct core *core, const char *name);

/* Does the domain of `c` still have room below a quota for `used` + 1? */
bool core_quota_room(struct core *core, struct client *c, enum quota_kind kind,
		     uint64_t used);

/* May the client's domain own so much more? 0 or -ENOSPC. */
int core_quota_nodes(struct core *core, struct client *c, int64_t nodes,
		     int64_t bytes);

/*
 * The ends of domain 0's last transactions are remembered over a restart of
 * the daemon: a client that asked for the commit and got no answer from the
 * last daemon may ask the next one, and gets the answer.
 */
void core_note_outcome(struct core *core, uint32_t txn, int rc);
/* All that are known now are of the last daemon. */
void core_age_outcomes(struct core *core);
/* NULL also for those of this daemon. */
const struct outcome *core_old_outcome(const struct core *core, uint32_t txn);

/* The favoured transaction took too long and is one like others again. */
void core_unfavour(struct core *core);

void core_log(struct core *core, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Every invariant that can be computed: the tree's, the domains' node counts.
 * NULL, or what is wrong.
 */
const char *core_check(const struct core *core);

#endif
