/* SPDX-License-Identifier: MIT */
/* The store's state, and the way of a request through it; see the header. */
#include "stored/core.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/store_errors.h"
#include "stored/request.h"

/* A token is repeated in each event, beside a path of any length. */
#define TOKEN_MAX (XENSTORE_PAYLOAD_MAX - XENSTORE_ABS_PATH_MAX - 2)

void core_log(struct core *core, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	if (!core->host.log)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	core->host.log(core->host.arg, line);
}

struct core *core_new(const struct core_host *host, uint64_t seed)
{
	static const struct perm only_domain_0 = {0, 0};
	static const char *const special_names[SPECIAL_COUNT] = {
		[SPECIAL_INTRODUCE] = "@introduceDomain",
		[SPECIAL_RELEASE] = "@releaseDomain",
	};
	struct core *core = calloc(1, sizeof(*core));

	if (!core)
		return NULL;
	if (host)
		core->host = *host;
	tree_seed(seed);
	quota_set_defaults(&core->quota);
	core->gen = 1;
	core->domains = calloc(DOMID_FIRST_RESERVED, sizeof(struct domain *));
	core->watches = watch_index_new(seed * 0x2545f4914f6cdd1d + 1);
	core->root = node_new("", blob_new("", 0), perms_new(&only_domain_0, 1),
			      core->gen);
	for (int i = 0; i < SPECIAL_COUNT; i++) {
		core->specials[i].name = special_names[i];
		core->specials[i].perms = perms_new(&only_domain_0, 1);
		core->specials[i].gen_perms = core->gen;
		if (!core->specials[i].perms)
			goto fail;
	}
	if (!core->domains || !core->watches || !core->root ||
	    !core_domain(core, 0))
		goto fail;
	core->domains[0]->born = 0;
	core->domains[0]->introduced = true;
	core->domains[0]->node_count = 1; /* the root */
	core->domains[0]->node_bytes = node_bytes(core->root);
	return core;
fail:
	core_free(core);
	return NULL;
}

static void free_domain(struct core *core, struct domain *d)
{
	*d->link = d->next;
	if (d->next)
		d->next->link = d->link;
	core->domains[d->domid] = NULL;
	free(d);
}

void core_free(struct core *core)
{
	while (core->client_list)
		client_free(core->client_list);
	while (core->domain_list)
		free_domain(core, core->domain_list);
	free(core->domains);
	free(core->by_id);
	for (int i = 0; i < SPECIAL_COUNT; i++)
		perms_put(core->specials[i].perms);
	if (core->watches)
		watch_index_free(core->watches);
	node_put(core->root);
	free(core);
}

struct domain *core_domain(struct core *core, uint16_t domid)
{
	struct domain *d = core->domains[domid];

	if (d)
		return d;
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->domid = domid;
	d->born = ++core->gen;
	quota_set_inherited(&d->quota);
	d->next = core->domain_list;
	d->link = &core->domain_list;
	if (d->next)
		d->next->link = &d->next;
	core->domain_list = d;
	core->domains[domid] = d;
	return d;
}

bool core_domain_lives(const struct core *core, uint16_t domid, uint64_t gen)
{
	const struct domain *d = core->domains[domid];

	return d && d->born <= gen;
}

uint16_t core_owner(const struct core *core, const struct perms *perms,
		    uint64_t gen_perms)
{
	return core_domain_lives(core, perms->e[0].domid, gen_perms)
		       ? perms->e[0].domid
		       : 0;
}

unsigned int core_access(const struct core *core, const struct client *c,
			 const struct perms *perms, uint64_t gen_perms)
{
	const struct domain *d = core->domains[c->domid];
	uint16_t target = d ? d->target : 0;
	uint16_t owner;

	if (client_is_privileged(c))
		return PERM_READ | PERM_WRITE;
	owner = core_owner(core, perms, gen_perms);
	if (owner && (owner == c->domid || owner == target))
		return PERM_READ | PERM_WRITE;
	for (uint32_t i = 1; i < perms->count; i++) {
		uint16_t domid = perms->e[i].domid;

		if ((domid == c->domid || (target && domid == target)) &&
		    core_domain_lives(core, domid, gen_perms))
			return perms->e[i].bits;
	}
	return perms->e[0].bits;
}

struct special *core_special(struct core *core, const char *name)
{
	for (int i = 0; i < SPECIAL_COUNT; i++) {
		if (!strcmp(core->specials[i].name, name))
			return &core->specials[i];
	}
	return NULL;
}

/*
 * A guest that runs into a quota does so again and again: the 1st, 2nd, 4th,
 * 8th... refusal is logged, so that it cannot fill the disk.
 */
static void log_refusal(struct core *core, struct domain *d,
			enum quota_kind kind, uint64_t limit)
{
	uint64_t n = ++d->quota_logged[kind];

	if (n & (n - 1))
		return;
	core_log(core,
		 "domain %u: refused by its quota '%s' of %llu, %llu times so "
		 "far; 'quota set %u %s N' raises it",
		 d->domid, quota_names[kind], (unsigned long long)limit,
		 (unsigned long long)n, d->domid, quota_names[kind]);
}

bool core_quota_room(struct core *core, struct client *c, enum quota_kind kind,
		     uint64_t used)
{
	struct domain *d = core->domains[c->domid];
	uint64_t limit;

	if (client_is_privileged(c))
		return true;
	limit = quota_limit(&d->quota, &core->quota, kind);
	if (used < limit)
		return true;
	log_refusal(core, d, kind, limit);
	return false;
}

int core_quota_nodes(struct core *core, struct client *c, int64_t nodes,
		     int64_t bytes)
{
	const struct domain *d = core->domains[c->domid];
	int64_t n = d->node_count + nodes - 1, b = d->node_bytes + bytes - 1;

	if (nodes > 0 &&
	    !core_quota_room(core, c, QUOTA_NODES, n < 0 ? 0 : (uint64_t)n))
		return -ENOSPC;
	if (bytes > 0 &&
	    !core_quota_room(core, c, QUOTA_MEMORY, b < 0 ? 0 : (uint64_t)b))
		return -ENOSPC;
	return 0;
}

void core_note_outcome(struct core *core, uint32_t txn, int rc)
{
	core->outcomes[core->outcome_count++ % OUTCOMES] =
		(struct outcome){txn, rc, false};
}

void core_age_outcomes(struct core *core)
{
	for (size_t i = 0; i < OUTCOMES; i++)
		core->outcomes[i].is_old = true;
}

const struct outcome *core_old_outcome(const struct core *core, uint32_t txn)
{
	for (size_t i = 0; i < OUTCOMES; i++) {
		if (core->outcomes[i].is_old && core->outcomes[i].txn == txn)
			return &core->outcomes[i];
	}
	return NULL;
}

void core_unfavour(struct core *core)
{
	if (!core->favoured)
		return;
	txn_forget_lost(core->favoured->client);
	core->favoured = NULL;
}

void core_domain_shutdown(struct core *core, uint16_t domid)
{
	struct domain *d = core->domains[domid];

	if (!d || !d->introduced || d->shutdown)
		return;
	d->shutdown = true;
	watch_fire_special(core, core->specials[SPECIAL_RELEASE].name);
}

static void free_clients(struct core *core, uint16_t domid)
{
	struct client *c, *next;

	for (c = core->client_list; c; c = next) {
		next = c->next;
		if (c->domid == domid)
			client_free(c);
	}
}

void core_domains_gone(struct core *core, const uint16_t *domids, size_t count)
{
	bool tell = false;

	for (size_t i = 0; i < count; i++) {
		uint16_t domid = domids[i];
		struct domain *d = core->domains[domid];

		if (!d || !domid)
			continue;
		if (d->introduced && core->host.release)
			core->host.release(core->host.arg, domid);
		free_clients(core, domid);
		tell |= d->introduced;
		/* What it owned is now domain 0's, see core_owner(). */
		core->domains[0]->node_count += d->node_count;
		core->domains[0]->node_bytes += d->node_bytes;
		free_domain(core, d);
		for (d = core->domain_list; d; d = d->next) {
			if (d->target == domid)
				d->target = 0;
		}
	}
	if (tell)
		watch_fire_special(core, core->specials[SPECIAL_RELEASE].name);
}

/* Replies. */

int reply_bytes(struct request *rq, const void *data, size_t len)
{
	if (len > sizeof(rq->core->reply) - rq->reply_len)
		return -E2BIG;
	if (len)
		memcpy(rq->core->reply + rq->reply_len, data, len);
	rq->reply_len += len;
	return 0;
}

int reply_string(struct request *rq, const char *s)
{
	return reply_bytes(rq, s, strlen(s) + 1);
}

int reply_text(struct request *rq, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		return -E2BIG;
	return reply_bytes(rq, text, (size_t)n);
}

int reply_ok(struct request *rq)
{
	rq->reply_len = 0;
	return reply_string(rq, "OK");
}

/* Parts of requests. */

int request_path(struct request *rq, char path[WIRE_PATH_BYTES], bool *relative)
{
	const char *s = wire_string(&rq->text);
	int rc;

	if (!s)
		return -EINVAL;
	rc = wire_path(s, rq->client->domid, path, relative);
	if (!rc && !core_quota_room(rq->core, rq->client, QUOTA_PATH_LENGTH,
				    strlen(path) - 1))
		rc = -ENOSPC;
	return rc;
}

struct special *request_special(struct request *rq)
{
	struct wire_text ahead = rq->text;
	const char *name = wire_string(&ahead);

	return name ? core_special(rq->core, name) : NULL;
}

bool request_domid(struct request *rq, uint16_t *domid)
{
	uint64_t v;

	if (!wire_number(&rq->text, DOMID_FIRST_RESERVED - 1, &v))
		return false;
	*domid = (uint16_t)v;
	return true;
}

/* The requests that are about connections. */

/* The path, absolute or special, and the token; then what is left. */
static int watch_arguments(struct request *rq, char path[WIRE_PATH_BYTES],
			   size_t *strip, const char **token)
{
	struct special *s;
	bool relative = false;
	int rc;

	s = request_special(rq);
	if (s) {
		memcpy(path, s->name, strlen(s->name) + 1);
		wire_string(&rq->text);
	} else {
		rc = request_path(rq, path, &relative);
		if (rc)
			return rc;
	}
	*strip = 0;
	if (relative) {
		char prefix[WIRE_PATH_BYTES];

		*strip = wire_domain_path(rq->client->domid, prefix) + 1;
	}
	*token = wire_string(&rq->text);
	if (!*token)
		return -EINVAL;
	return strlen(*token) > TOKEN_MAX ? -E2BIG : 0;
}

static int request_watch(struct request *rq)
{
	char path[WIRE_PATH_BYTES];
	uint64_t depth = WATCH_ANY_DEPTH;
	const char *token;
	size_t strip;
	int rc;

	rc = watch_arguments(rq, path, &strip, &token);
	if (rc)
		return rc;
	if (rq->text.len && !wire_number(&rq->text, WATCH_ANY_DEPTH, &depth))
		return -EINVAL;
	if (!core_quota_room(rq->core, rq->client, QUOTA_WATCHES,
			     rq->client->watch_count))
		return -ENOSPC;
	rc = watch_add(rq->client, path, strip, token, (uint32_t)depth,
		       &rq->new_watch);
	return rc ? rc : reply_ok(rq);
}

static int request_unwatch(struct request *rq)
{
	char path[WIRE_PATH_BYTES];
	const char *token;
	size_t strip;
	int rc;

	rc = watch_arguments(rq, path, &strip, &token);
	if (!rc)
		rc = watch_remove(rq->client, path, token);
	return rc ? rc : reply_ok(rq);
}

static int request_reset_watches(struct request *rq)
{
	watch_remove_all(rq->client);
	txn_abort_all(rq->client);
	return reply_ok(rq);
}

static int request_transaction_start(struct request *rq)
{
	struct txn *t;
	int rc;

	if (rq->txn)
		return -EBUSY;
	rc = txn_start(rq->client, &t);
	if (rc)
		return rc;
	rc = reply_text(rq, "%u", t->id);
	return rc ? rc : reply_bytes(rq, "", 1);
}

static int request_transaction_end(struct request *rq)
{
	const char *how = wire_string(&rq->text);
	uint32_t id = rq->txn ? rq->txn->id : 0;
	int rc = 0;

	if (!rq->txn)
		return -ENOENT;
	if (!how || (strcmp(how, "T") && strcmp(how, "F")))
		return -EINVAL;
	if (how[0] == 'T')
		rc = txn_commit(rq->txn);
	else
		txn_abort(rq->txn);
	rq->txn = NULL;
	if (how[0] == 'T' && client_is_privileged(rq->client))
		core_note_outcome(rq->core, id, rc);
	return rc ? rc : reply_ok(rq);
}

/* The table of requests. */

enum {
	FOR_DOMAIN_0 = 1 << 0,
	NO_TXN = 1 << 1, /* has nothing to do with a transaction */
};

static const struct {
	request_fn *fn;
	unsigned int flags;
} requests[XS_TYPE_COUNT] = {
	[XS_CONTROL] = {request_control, FOR_DOMAIN_0 | NO_TXN},
	[XS_DIRECTORY] = {request_directory, 0},
	[XS_READ] = {request_read, 0},
	[XS_GET_PERMS] = {request_get_perms, 0},
	[XS_WATCH] = {request_watch, NO_TXN},
	[XS_UNWATCH] = {request_unwatch, NO_TXN},
	[XS_TRANSACTION_START] = {request_transaction_start, 0},
	[XS_TRANSACTION_END] = {request_transaction_end, 0},
	[XS_INTRODUCE] = {request_introduce, FOR_DOMAIN_0 | NO_TXN},
	[XS_RELEASE] = {request_release, FOR_DOMAIN_0 | NO_TXN},
	[XS_GET_DOMAIN_PATH] = {request_get_domain_path, NO_TXN},
	[XS_WRITE] = {request_write, 0},
	[XS_MKDIR] = {request_mkdir, 0},
	[XS_RM] = {request_rm, 0},
	[XS_SET_PERMS] = {request_set_perms, 0},
	[XS_IS_DOMAIN_INTRODUCED] = {request_is_domain_introduced, NO_TXN},
	[XS_RESUME] = {request_resume, FOR_DOMAIN_0 | NO_TXN},
	[XS_SET_TARGET] = {request_set_target, FOR_DOMAIN_0 | NO_TXN},
	[XS_RESET_WATCHES] = {request_reset_watches, NO_TXN},
	[XS_DIRECTORY_PART] = {request_directory_part, 0},
};

/* The answer that a lost connection did not deliver, or -ENOENT. */
static int repeat_outcome(struct request *rq, uint32_t tx_id)
{
	const struct outcome *o = core_old_outcome(rq->core, tx_id);

	if (rq->type != XS_TRANSACTION_END || !o ||
	    !client_is_privileged(rq->client))
		return -ENOENT;
	return o->rc ? o->rc : reply_ok(rq);
}

static int dispatch(struct request *rq, uint32_t tx_id)
{
	if (rq->type >= XS_TYPE_COUNT || !requests[rq->type].fn)
		return -ENOSYS;
	if ((requests[rq->type].flags & FOR_DOMAIN_0) &&
	    !client_is_privileged(rq->client))
		return -EACCES;
	if (tx_id && !(requests[rq->type].flags & NO_TXN)) {
		rq->txn = txn_find(rq->client, tx_id);
		if (!rq->txn)
			return repeat_outcome(rq, tx_id);
	}
	return requests[rq->type].fn(rq);
}

void core_request(struct core *core, struct client *c,
		  const struct xsd_sockmsg *header, const char *payload,
		  size_t len)
{
	struct request rq = {
		.core = core,
		.client = c,
		.type = header->type,
		.text = {payload, len},
	};
	int rc = dispatch(&rq, header->tx_id);

	if (core->trace)
		core_log(core, "domain %u: %s %.*s (transaction %u): %s",
			 c->domid, wire_type_name(header->type),
			 (int)strnlen(payload, len), payload, header->tx_id,
			 rc ? store_error_name(-rc) : "ok");
	if (rc) {
		const char *name = store_error_name(-rc);

		client_reply(c, XS_ERROR, header->req_id, header->tx_id, name,
			     strlen(name) + 1);
	} else {
		client_reply(c, header->type, header->req_id, header->tx_id,
			     core->reply, rq.reply_len);
	}
	/* The first event says that the watch is there. */
	if (rq.new_watch)
		client_event(c, rq.new_watch,
			     rq.new_watch->path + rq.new_watch->strip);
}

/* Self-check. */

struct audit {
	const struct core *core;
	struct {
		int64_t nodes, bytes;
	} * owned;
};

static bool count_owner(void *arg, const char *path, const struct node *n)
{
	struct audit *a = arg;

	uint16_t owner = core_owner(a->core, n->perms, n->gen_perms);

	(void)path;
	a->owned[owner].nodes++;
	a->owned[owner].bytes += node_bytes(n);
	return true;
}

const char *core_check(const struct core *core)
{
	char path[WIRE_PATH_BYTES] = "/";
	const char *wrong = NULL;
	struct audit a = {.core = core};

	if (!tree_is_sound(core->root))
		return "the tree's order is broken";
	a.owned = calloc(DOMID_FIRST_RESERVED, sizeof(*a.owned));
	if (!a.owned)
		return "no memory for the check";
	tree_walk(core->root, path, count_owner, &a);
	for (const struct domain *d = core->domain_list; d; d = d->next) {
		if (a.owned[d->domid].nodes != d->node_count)
			wrong = "a domain's node count is wrong";
		if (a.owned[d->domid].bytes != d->node_bytes)
			wrong = "a domain's memory count is wrong";
	}
	free(a.owned);
	return wrong;
}
