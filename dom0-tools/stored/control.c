/* SPDX-License-Identifier: MIT */
/*
 * CONTROL: commands to the daemon itself, words in and text out.
 * Test: tests/unit/dom0-tools/stored/test_control.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "stored/request.h"

static int control_help(struct request *rq);

static int control_check(struct request *rq)
{
	const char *wrong = core_check(rq->core);

	if (wrong)
		core_log(rq->core, "check: %s", wrong);
	return reply_string(rq, wrong ? wrong : "OK");
}

static int control_log(struct request *rq)
{
	const char *word = wire_string(&rq->text);

	if (!word || (strcmp(word, "on") && strcmp(word, "off")))
		return -EINVAL;
	rq->core->trace = !strcmp(word, "on");
	return reply_ok(rq);
}

static int control_print(struct request *rq)
{
	const char *text = wire_string(&rq->text);

	if (!text)
		return -EINVAL;
	core_log(rq->core, "control: %s", text);
	return reply_ok(rq);
}

struct census {
	uint64_t domains, clients, watches, txns, queue_bytes;
	int64_t nodes, bytes;
};

static int control_memreport(struct request *rq)
{
	const struct core *core = rq->core;
	struct census n = {0};
	int rc;

	for (const struct domain *d = core->domain_list; d; d = d->next) {
		n.domains++;
		n.nodes += d->node_count;
		n.bytes += d->node_bytes;
	}
	for (const struct client *c = core->client_list; c; c = c->next) {
		n.clients++;
		n.watches += c->watch_count;
		n.txns += c->txn_count;
		n.queue_bytes += c->queue_bytes;
	}
	rc = reply_text(rq,
			"domains      %" PRIu64 "\nconnections  %" PRIu64
			"\nnodes        %" PRId64 "\nnode bytes   %" PRId64
			"\nwatches      %" PRIu64 "\ntransactions %" PRIu64
			"\nqueue bytes  %" PRIu64 "\n",
			n.domains, n.clients, n.nodes, n.bytes, n.watches,
			n.txns, n.queue_bytes);
	return rc ? rc : reply_bytes(rq, "", 1);
}

/*
 * The words of Xen's tool: -f names the program, -s starts it; without a word
 * the same program starts anew. How long to wait and whether to force it are
 * no questions here: open transactions and half-sent replies go along.
 */
static int control_live_update(struct request *rq)
{
	struct core *core = rq->core;
	const char *word = wire_string(&rq->text);
	const char *program;
	int rc;

	if (word && !strcmp(word, "-f")) {
		program = wire_string(&rq->text);
		if (!program || program[0] != '/' ||
		    strlen(program) >= sizeof(core->program))
			return -EINVAL;
		memcpy(core->program, program, strlen(program) + 1);
		return reply_ok(rq);
	}
	if (word && !strcmp(word, "-a")) {
		core->program[0] = '\0';
		return reply_ok(rq);
	}
	if (word && strcmp(word, "-s"))
		return -EINVAL;
	if (!core->host.restart)
		return -ENOSYS;
	rc = core->host.restart(core->host.arg,
				core->program[0] ? core->program : NULL);
	core->program[0] = '\0';
	return rc ? rc : reply_ok(rq);
}

static int quota_show_common(struct request *rq)
{
	int rc = 0;

	for (int i = 0; i < QUOTA_COUNT && !rc; i++)
		rc = reply_text(rq, "%-18s %" PRIu64 "\n", quota_names[i],
				rq->core->quota.limit[i]);
	return rc ? rc : reply_bytes(rq, "", 1);
}

/* What is used of those quotas whose use is a number kept. */
static bool quota_used(const struct core *core, const struct domain *d,
		       enum quota_kind kind, uint64_t *used)
{
	*used = 0;
	if (kind == QUOTA_MEMORY) {
		*used = d->node_bytes < 0 ? 0 : (uint64_t)d->node_bytes;
		return true;
	}
	if (kind == QUOTA_NODES) {
		*used = d->node_count < 0 ? 0 : (uint64_t)d->node_count;
		return true;
	}
	if (kind != QUOTA_WATCHES && kind != QUOTA_TRANSACTIONS &&
	    kind != QUOTA_QUEUE_BYTES && kind != QUOTA_OUTSTANDING)
		return false;
	for (const struct client *c = core->client_list; c; c = c->next) {
		if (c->domid != d->domid)
			continue;
		*used += kind == QUOTA_WATCHES	      ? c->watch_count
			 : kind == QUOTA_TRANSACTIONS ? c->txn_count
			 : kind == QUOTA_OUTSTANDING  ? c->reply_count
						      : c->queue_bytes;
	}
	return true;
}

static int quota_show_domain(struct request *rq, const struct domain *d)
{
	const struct core *core = rq->core;
	int rc = 0;

	for (int i = 0; i < QUOTA_COUNT && !rc; i++) {
		enum quota_kind kind = (enum quota_kind)i;
		uint64_t used;

		rc = reply_text(rq, "%-18s %" PRIu64, quota_names[i],
				quota_limit(&d->quota, &core->quota, kind));
		if (!rc && d->quota.limit[i] != QUOTA_INHERITED)
			rc = reply_text(rq, " (its own)");
		if (!rc && quota_used(core, d, kind, &used))
			rc = reply_text(rq, " used %" PRIu64, used);
		if (!rc && d->quota_logged[i])
			rc = reply_text(rq, " refused %" PRIu64,
					d->quota_logged[i]);
		if (!rc)
			rc = reply_bytes(rq, "\n", 1);
	}
	return rc ? rc : reply_bytes(rq, "", 1);
}

static bool is_number(const struct wire_text *t)
{
	return t->len && t->at[0] >= '0' && t->at[0] <= '9';
}

static int quota_set_one(struct request *rq)
{
	struct quota_set *set = &rq->core->quota;
	const char *name;
	enum quota_kind kind;
	struct domain *d;
	uint16_t domid;
	uint64_t value;

	if (is_number(&rq->text)) {
		if (!request_domid(rq, &domid))
			return -EINVAL;
		d = rq->core->domains[domid];
		if (!d)
			return -ENOENT;
		set = &d->quota;
	}
	name = wire_string(&rq->text);
	if (!name || !quota_find(name, &kind))
		return -EINVAL;
	/* "inherit" takes a domain's own limit away again. */
	if (set != &rq->core->quota && rq->text.len == sizeof("inherit") &&
	    !memcmp(rq->text.at, "inherit", sizeof("inherit")))
		value = QUOTA_INHERITED;
	else if (!wire_number(&rq->text, UINT32_MAX, &value))
		return -EINVAL;
	set->limit[kind] = value;
	return reply_ok(rq);
}

static int control_quota(struct request *rq)
{
	uint16_t domid;

	if (!rq->text.len)
		return quota_show_common(rq);
	if (is_number(&rq->text)) {
		if (!request_domid(rq, &domid))
			return -EINVAL;
		if (!rq->core->domains[domid])
			return -ENOENT;
		return quota_show_domain(rq, rq->core->domains[domid]);
	}
	if (strcmp(wire_string(&rq->text) ?: "", "set"))
		return -EINVAL;
	return quota_set_one(rq);
}

static const struct {
	const char *name;
	request_fn *fn;
	const char *arguments;
} commands[] = {
	{"help", control_help, ""},
	{"check", control_check, ""},
	{"log", control_log, "on|off"},
	{"live-update", control_live_update, "[-f PROGRAM | -s | -a]"},
	{"memreport", control_memreport, ""},
	{"print", control_print, "TEXT"},
	{"quota", control_quota, "[DOMID | set [DOMID] NAME VALUE]"},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static int control_help(struct request *rq)
{
	int rc = 0;

	for (size_t i = 0; i < COMMAND_COUNT && !rc; i++)
		rc = reply_text(rq, "%-12s %s\n", commands[i].name,
				commands[i].arguments);
	return rc ? rc : reply_bytes(rq, "", 1);
}

int request_control(struct request *rq)
{
	const char *name = wire_string(&rq->text);

	for (size_t i = 0; name && i < COMMAND_COUNT; i++) {
		if (!strcmp(commands[i].name, name))
			return commands[i].fn(rq);
	}
	return -EINVAL;
}
