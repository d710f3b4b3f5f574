/* SPDX-License-Identifier: MIT */
/*
 * The store's core against a model that is too simple to be wrong: a fixed
 * tree of fifteen possible nodes as an array, transactions as copies of it.
 *
 * Checked for every input: each reply is the model's; a transaction that
 * commits could have run as a whole at the moment of its commit, with the
 * very replies that it got (serializability); one that is refused had company;
 * domain 0's watch on "/" hears of every change, and no guest hears of what it
 * may not read; the invariants of core_check().
 *
 * Between any two requests the daemon may die: the core is freed and made anew,
 * from a dump of that moment or from an older dump and the journal since, and
 * has to go on as if nothing had happened, in the middle of transactions and
 * of unread replies.
 *
 * Inputs that begin with an odd byte are raw requests of any kind instead,
 * for which only the invariants and the sanitizers judge.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/store_errors.h"
#include "stored/client.h"
#include "stored/core.h"
#include "stored/dump.h"
#include "stored/replay.h"

#define REQUIRE(x)                                                             \
	do {                                                                   \
		if (!(x)) {                                                    \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__,     \
				#x);                                           \
			abort();                                               \
		}                                                              \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NODES = 15, DOMAINS = 4, TXNS = 6, TXN_OPS = 24, PERMS = 3 };
enum { MORTAL = 3 }; /* the domain that dies and comes back */
enum { REPLY_BYTES = 512 };

/* Node i has the children 2i + 1 and 2i + 2, named a and b. */
struct model_perm {
	uint8_t domid;
	uint8_t bits;
	unsigned int life; /* of the domain that was meant */
};

struct model_node {
	bool exists;
	int value;
	int perm_count;
	struct model_perm perms[PERMS];
};

struct model {
	struct model_node n[NODES];
};

struct op {
	uint32_t type;
	int node;
	int value;
	int perm_count;
	struct model_perm perms[PERMS];
};

struct model_txn {
	bool open;
	int domid;
	uint32_t id;
	struct model view;
	unsigned int base_version;
	int count;
	struct op ops[TXN_OPS];
	char replies[TXN_OPS][REPLY_BYTES];
};

/* A state file in memory: a dump, and the journal behind it. */
struct file {
	char *bytes;
	size_t len, room;
};

static struct bench {
	struct file file;
	struct core_host host;
	struct core *core;
	struct client *clients[DOMAINS];
	unsigned int life[DOMAINS];
	struct model live;
	unsigned int version;
	struct model_txn txns[TXNS];
	char paths[NODES][32];
	/* The daemon dies in the next request: 1 with, 2 without a journal. */
	int restart_before_reply;
	/* What arrived at each client since the last request. */
	char reply[REPLY_BYTES];
	char heard[DOMAINS][64][32];
	int heard_count[DOMAINS];
} w;

/* The state file. */

static int file_put(void *arg, const struct record *r)
{
	struct file *f = arg;
	size_t bytes = record_bytes(r);

	while (f->len + bytes > f->room) {
		f->room = f->room ? 2 * f->room : 4096;
		f->bytes = realloc(f->bytes, f->room);
	}
	memset(f->bytes + f->len, 0, sizeof(uint64_t));
	record_encode(r, f->bytes + f->len);
	f->len += bytes;
	return 0;
}

static void write_dump(void)
{
	struct record_sink sink = {file_put, &w.file};

	w.file.len = 0;
	REQUIRE(!dump_write(w.core, &sink));
}

static void make_clients(void)
{
	for (uint16_t i = 0; i < DOMAINS; i++) {
		struct client *c = client_new(w.core, i);

		w.clients[i] = c;
		c->is_ring = true;
		REQUIRE(!client_set_id(c, i + 1u));
	}
}

/* What happens to the core goes through these. */

static void note_request(const struct client *c,
			 const struct xsd_sockmsg *header, const char *payload,
			 size_t len)
{
	file_put(&w.file, RECORD(JOURNAL_REQUEST, payload, len, c->id,
				 header->type, header->req_id, header->tx_id));
}

static void consume(struct client *c, size_t len)
{
	client_consume(c, len);
	file_put(&w.file, RECORD(JOURNAL_SENT, NULL, 0, c->id, len));
}

static void kill_domain(uint16_t domid)
{
	file_put(&w.file,
		 RECORD(JOURNAL_GONE, (const char *)&domid, sizeof(domid), 1));
	core_domains_gone(w.core, &domid, 1);
	w.clients[domid] = client_new(w.core, domid);
	w.clients[domid]->is_ring = true;
	REQUIRE(!client_set_id(w.clients[domid], domid + 1u));
	file_put(&w.file,
		 RECORD(JOURNAL_CLIENT, NULL, 0, domid + 1u, domid, 1, 0, 0));
}

static void restart(bool dump_first)
{
	struct record_reader reader;

	if (dump_first)
		write_dump();
	core_free(w.core);
	w.core = core_new(NULL, 42);
	reader =
		(struct record_reader){w.file.bytes, w.file.bytes + w.file.len};
	REQUIRE(!dump_read(w.core, &reader));
	REQUIRE(!replay(w.core, &reader, false));
	REQUIRE(!core_check(w.core));
	w.core->host = w.host;
	for (uint16_t i = 0; i < DOMAINS; i++) {
		w.clients[i] = client_by_id(w.core, i + 1u);
		REQUIRE(w.clients[i] && w.clients[i]->domid == i);
	}
}

/* Input. */

struct input_bytes {
	const uint8_t *at, *end;
};

static unsigned int take(struct input_bytes *in, unsigned int below)
{
	if (in->at == in->end)
		return 0;
	return *in->at++ % below;
}

/* The model. */

static bool is_alive(const struct model_perm *p)
{
	return !p->domid || p->life == w.life[p->domid];
}

static int owner_of(const struct model_node *n)
{
	return is_alive(&n->perms[0]) ? n->perms[0].domid : 0;
}

static unsigned int rights(const struct model_node *n, int domid)
{
	if (!domid || owner_of(n) == domid)
		return 3;
	for (int i = 1; i < n->perm_count; i++) {
		if (n->perms[i].domid == domid && is_alive(&n->perms[i]))
			return n->perms[i].bits;
	}
	return n->perms[0].bits;
}

static int parent_of(int node)
{
	return (node - 1) / 2;
}

static int nearest(const struct model *m, int node)
{
	while (!m->n[node].exists)
		node = parent_of(node);
	return node;
}

static void model_remove(struct model *m, int node)
{
	if (node >= NODES)
		return;
	m->n[node].exists = false;
	model_remove(m, 2 * node + 1);
	model_remove(m, 2 * node + 2);
}

static void model_create(struct model *m, int node, int domid, int value)
{
	const struct model_node *from;
	struct model_node *n = &m->n[node];

	if (!m->n[parent_of(node)].exists)
		model_create(m, parent_of(node), domid, -1);
	from = &m->n[parent_of(node)];
	n->exists = true;
	n->value = value;
	n->perms[0] = from->perms[0];
	n->perms[0].domid = (uint8_t)(domid ? domid : owner_of(from));
	n->perms[0].life = w.life[n->perms[0].domid];
	n->perm_count = 1;
	for (int i = 1; i < from->perm_count; i++) {
		if (is_alive(&from->perms[i]))
			n->perms[n->perm_count++] = from->perms[i];
	}
}

static void value_text(int value, char *text)
{
	text[0] = '\0';
	if (value >= 0)
		sprintf(text, "%d", value);
}

static void perms_text(const struct model_node *n, char *text)
{
	int at = sprintf(text, "%c%d|", "nrwb"[n->perms[0].bits], owner_of(n));

	for (int i = 1; i < n->perm_count; i++) {
		if (is_alive(&n->perms[i]))
			at += sprintf(text + at, "%c%d|",
				      "nrwb"[n->perms[i].bits],
				      n -> perms[i].domid);
	}
}

static void kids_text(const struct model *m, int node, char *text)
{
	int kid = 2 * node + 1;

	text[0] = '\0';
	if (kid < NODES && m->n[kid].exists)
		strcat(text, "a|");
	if (kid + 1 < NODES && m->n[kid + 1].exists)
		strcat(text, "b|");
}

static void model_set_perms(struct model_node *n, int domid,
			    const struct op *op, char *reply)
{
	if (domid && owner_of(n) != domid) {
		strcpy(reply, "!EACCES");
	} else if (domid && op->perms[0].domid != domid) {
		strcpy(reply, "!EPERM");
	} else {
		n->perm_count = op->perm_count;
		memcpy(n->perms, op->perms, sizeof(n->perms));
	}
}

static void model_exec(struct model *m, int domid, const struct op *op,
		       char *reply)
{
	struct model_node *n = &m->n[op->node];
	unsigned int need = op->type == XS_READ || op->type == XS_DIRECTORY ||
					    op->type == XS_GET_PERMS
				    ? 1
				    : 2;
	bool allowed = rights(&m->n[nearest(m, op->node)], domid) & need;

	strcpy(reply, "OK|");
	if (op->type == XS_RM && !op->node) {
		strcpy(reply, "!EINVAL");
		return;
	}
	if (!allowed) {
		strcpy(reply, "!EACCES");
		return;
	}
	switch (op->type) {
	case XS_WRITE:
		if (!n->exists)
			model_create(m, op->node, domid, op->value);
		n->value = op->value;
		return;
	case XS_MKDIR:
		if (!n->exists)
			model_create(m, op->node, domid, -1);
		return;
	case XS_RM:
		if (n->exists)
			model_remove(m, op->node);
		else if (!m->n[parent_of(op->node)].exists)
			strcpy(reply, "!ENOENT");
		return;
	}
	if (!n->exists) {
		strcpy(reply, "!ENOENT");
		return;
	}
	switch (op->type) {
	case XS_READ:
		value_text(n->value, reply);
		return;
	case XS_DIRECTORY:
		kids_text(m, op->node, reply);
		return;
	case XS_GET_PERMS:
		perms_text(n, reply);
		return;
	case XS_SET_PERMS:
		model_set_perms(n, domid, op, reply);
		return;
	}
	abort();
}

/* Talking to the core. */

static void hear(int domid, const char *path)
{
	if (path[0] == '@')
		return;
	REQUIRE(w.heard_count[domid] < 64);
	REQUIRE(strlen(path) < 32);
	strcpy(w.heard[domid][w.heard_count[domid]++], path);
}

static void drain(int domid)
{
	struct client *c = w.clients[domid];
	const char *bytes;
	size_t len;

	while ((bytes = client_peek(c, &len))) {
		struct xsd_sockmsg header;
		const char *payload = bytes + sizeof(header);

		memcpy(&header, bytes, sizeof(header));
		REQUIRE(len == sizeof(header) + header.len);
		if (header.type == XS_WATCH_EVENT) {
			hear(domid, payload);
		} else if (header.type == XS_ERROR) {
			sprintf(w.reply, "!%s", payload);
		} else {
			REQUIRE(header.len < REPLY_BYTES);
			for (uint32_t i = 0; i < header.len; i++)
				w.reply[i] = payload[i] ? payload[i] : '|';
			w.reply[header.len] = '\0';
		}
		consume(c, len);
	}
}

static void send_request(int domid, uint32_t txn, uint32_t type,
			 const char *payload, size_t len)
{
	struct xsd_sockmsg header = {type, 1, txn, (uint32_t)len};
	char *exact = malloc(len ? len : 1);

	memcpy(exact, payload, len);
	strcpy(w.reply, "none");
	note_request(w.clients[domid], &header, exact, len);
	core_request(w.core, w.clients[domid], &header, exact, len);
	free(exact);
	if (w.restart_before_reply)
		restart(w.restart_before_reply == 2);
	w.restart_before_reply = 0;
	for (int i = 0; i < DOMAINS; i++)
		drain(i);
	REQUIRE(strcmp(w.reply, "none"));
}

static void send_op(int domid, uint32_t txn, const struct op *op)
{
	char payload[128];
	size_t len = (size_t)sprintf(payload, "%s", w.paths[op->node]) + 1;

	if (op->type == XS_WRITE) {
		value_text(op->value, payload + len);
		len += strlen(payload + len);
	}
	for (int i = 0; op->type == XS_SET_PERMS && i < op->perm_count; i++)
		len += (size_t)sprintf(payload + len, "%c%u",
				       "nrwb"[op->perms[i].bits],
				       op -> perms[i].domid) +
		       1;
	send_request(domid, txn, op->type, payload, len);
}

/* What watchers must and must not hear. */

static bool lies_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	if (!top[1])
		return true;
	return !strncmp(path, top, len) &&
	       (path[len] == '/' || path[len] == '\0');
}

static int node_of(const char *path)
{
	for (int i = 0; i < NODES; i++) {
		if (!strcmp(w.paths[i], path))
			return i;
	}
	abort();
}

static bool differs(const struct model_node *a, const struct model_node *b)
{
	return a->exists != b->exists ||
	       (a->exists &&
		(a->value != b->value || a->perm_count != b->perm_count ||
		 memcmp(a->perms, b->perms,
			sizeof(a->perms[0]) * (size_t)a->perm_count)));
}

static bool may_hear(const struct model *m, int node, int domid)
{
	if (m->n[node].exists && (rights(&m->n[node], domid) & 1))
		return true;
	return node && m->n[parent_of(node)].exists &&
	       (rights(&m->n[parent_of(node)], domid) & 1);
}

static void check_heard(const struct model *before)
{
	for (int i = 0; i < NODES; i++) {
		bool heard = !differs(&before->n[i], &w.live.n[i]);

		for (int k = 0; k < w.heard_count[0] && !heard; k++)
			heard = lies_below(w.paths[i], w.heard[0][k]) ||
				lies_below(w.heard[0][k], w.paths[i]);
		REQUIRE(heard);
	}
	for (int d = 1; d < DOMAINS; d++) {
		for (int k = 0; k < w.heard_count[d]; k++) {
			int node = node_of(w.heard[d][k]);

			REQUIRE(may_hear(before, node, d) ||
				may_hear(&w.live, node, d));
		}
	}
	memset(w.heard_count, 0, sizeof(w.heard_count));
}

/* Steps of a run. */

static void take_op(struct input_bytes *in, struct op *op)
{
	static const uint32_t types[] = {
		XS_READ, XS_WRITE,     XS_WRITE,     XS_MKDIR,
		XS_RM,	 XS_DIRECTORY, XS_GET_PERMS, XS_SET_PERMS};

	memset(op, 0, sizeof(*op));
	op->type = types[take(in, 8)];
	op->node = (int)take(in, NODES);
	if (op->type == XS_WRITE)
		op->value = (int)take(in, 256);
	if (op->type != XS_SET_PERMS)
		return;
	op->perm_count = 1 + (int)take(in, PERMS);
	for (int i = 0; i < op->perm_count; i++) {
		unsigned int byte = take(in, 16);

		op->perms[i].domid = byte & 3;
		op->perms[i].bits = (uint8_t)(byte >> 2);
		op->perms[i].life = w.life[op->perms[i].domid];
	}
}

static void step_op(struct input_bytes *in, int domid)
{
	struct model before = w.live;
	char expected[REPLY_BYTES];
	struct op op;

	take_op(in, &op);
	model_exec(&w.live, domid, &op, expected);
	send_op(domid, 0, &op);
	REQUIRE(!strcmp(w.reply, expected));
	check_heard(&before);
	w.version++;
}

static void step_begin(int domid)
{
	struct model_txn *t = w.txns;

	while (t < w.txns + TXNS && t->open)
		t++;
	if (t == w.txns + TXNS)
		return;
	send_request(domid, 0, XS_TRANSACTION_START, "", 1);
	REQUIRE(w.reply[0] != '!');
	t->open = true;
	t->domid = domid;
	t->id = (uint32_t)strtoul(w.reply, NULL, 10);
	t->view = w.live;
	t->base_version = w.version;
	t->count = 0;
}

static void step_inside(struct input_bytes *in, struct model_txn *t)
{
	struct model before = w.live;
	char expected[REPLY_BYTES];
	struct op op;

	take_op(in, &op);
	if (!t->open || t->count == TXN_OPS)
		return;
	model_exec(&t->view, t->domid, &op, expected);
	send_op(t->domid, t->id, &op);
	REQUIRE(!strcmp(w.reply, expected));
	t->ops[t->count] = op;
	strcpy(t->replies[t->count++], expected);
	REQUIRE(!w.heard_count[0]);
	check_heard(&before);
}

static void step_commit(struct model_txn *t)
{
	struct model before = w.live;
	char reply[REPLY_BYTES];

	if (!t->open)
		return;
	t->open = false;
	send_request(t->domid, t->id, XS_TRANSACTION_END, "T", 2);
	if (!strcmp(w.reply, "!EAGAIN")) {
		REQUIRE(t->base_version != w.version);
		REQUIRE(!w.heard_count[0]);
		return;
	}
	REQUIRE(!strcmp(w.reply, "OK|"));
	for (int i = 0; i < t->count; i++) {
		model_exec(&w.live, t->domid, &t->ops[i], reply);
		REQUIRE(!strcmp(reply, t->replies[i]));
	}
	check_heard(&before);
	w.version++;
}

static void step_abort(struct model_txn *t)
{
	if (!t->open)
		return;
	t->open = false;
	send_request(t->domid, t->id, XS_TRANSACTION_END, "F", 2);
	REQUIRE(!strcmp(w.reply, "OK|"));
}

static void step_watch(struct input_bytes *in, int domid)
{
	uint32_t type = take(in, 2) ? XS_WATCH : XS_UNWATCH;
	const char *path = w.paths[take(in, NODES)];
	char payload[64];
	size_t len = strlen(path) + 1;

	if (!domid)
		return;
	memcpy(payload, path, len);
	memcpy(payload + len, "t", 2);
	send_request(domid, 0, type, payload, len + 2);
	/* The first event tells nothing but that the watch is there. */
	memset(w.heard_count, 0, sizeof(w.heard_count));
}

static void step_death(void)
{
	for (int i = 0; i < TXNS; i++) {
		if (w.txns[i].domid == MORTAL)
			w.txns[i].open = false;
	}
	kill_domain(MORTAL);
	w.life[MORTAL]++;
	/* Replies that were given before would be other ones now. */
	for (int i = 0; i < TXNS; i++) {
		if (w.txns[i].open)
			step_abort(&w.txns[i]);
	}
	w.version++;
}

static void run_model(struct input_bytes *in)
{
	while (in->at < in->end) {
		int domid = (int)take(in, DOMAINS);
		struct model_txn *t = &w.txns[take(in, TXNS)];

		switch (take(in, 14)) {
		case 0:
		case 1:
			step_begin(domid);
			break;
		case 2:
		case 3:
		case 4:
		case 5:
			step_inside(in, t);
			break;
		case 6:
			step_commit(t);
			break;
		case 7:
			step_abort(t);
			break;
		case 8:
			step_watch(in, domid);
			break;
		case 9:
			step_death();
			break;
		case 10:
			restart(take(in, 2));
			break;
		case 11:
			w.restart_before_reply = 1 + (int)take(in, 2);
			break;
		default:
			step_op(in, domid);
			break;
		}
	}
}

static void drop_output(void)
{
	size_t len;

	for (int i = 0; i < DOMAINS; i++) {
		while (client_peek(w.clients[i], &len))
			consume(w.clients[i], 1 + len / 2);
	}
}

/* The host's answer is in the journal too, behind the request. */
static void run_raw_request(unsigned int domid,
			    const struct xsd_sockmsg *header,
			    const char *payload, size_t len)
{
	note_request(w.clients[domid], header, payload, len);
	core_request(w.core, w.clients[domid], header, payload, len);
	for (uint16_t i = 0; i < DOMAINS; i++) {
		if (!w.core->domains[i]) {
			w.clients[i] = client_new(w.core, i);
			w.clients[i]->is_ring = true;
			REQUIRE(!client_set_id(w.clients[i], i + 1u));
			file_put(&w.file, RECORD(JOURNAL_CLIENT, NULL, 0,
						 i + 1u, i, 1, 0, 0));
		}
	}
}

/* A restart leaves the very same state: its dump is the same, byte by byte. */
static void check_restart(void)
{
	struct file before;

	restart(false);
	write_dump();
	before = w.file;
	before.bytes = malloc(before.len);
	memcpy(before.bytes, w.file.bytes, before.len);
	restart(false);
	write_dump();
	REQUIRE(w.file.len == before.len);
	REQUIRE(!memcmp(w.file.bytes, before.bytes, before.len));
	free(before.bytes);
}

static void run_raw(struct input_bytes *in)
{
	while (in->end - in->at > 4) {
		unsigned int domid = take(in, DOMAINS);
		struct xsd_sockmsg header = {
			.type = take(in, XS_TYPE_COUNT + 1),
			.tx_id = take(in, 4),
		};
		size_t len = take(in, 48), left = (size_t)(in->end - in->at);
		char *exact;

		len = len < left ? len : left;
		exact = malloc(len ? len : 1);
		memcpy(exact, in->at, len);
		in->at += len;
		run_raw_request(domid, &header, exact, len);
		free(exact);
		if (take(in, 4))
			drop_output();
		if (!take(in, 8))
			check_restart();
	}
}

static int raw_introduce(void *arg, uint16_t domid, uint64_t mfn, uint32_t port)
{
	int rc = port & 1 ? 0 : -EINVAL;

	(void)arg;
	(void)mfn;
	/* An odd one is its ring, which begins anew. */
	if (domid >= DOMAINS)
		rc = -EINVAL;
	file_put(&w.file, RECORD(JOURNAL_INTRODUCED, NULL, 0, (uint64_t)-rc,
				 domid + 1u, 0, 0));
	if (!rc)
		client_restart(w.clients[domid]);
	return rc;
}

static void name_nodes(void)
{
	strcpy(w.paths[0], "/");
	for (int i = 1; i < NODES; i++)
		sprintf(w.paths[i], "%.24s/%c",
			parent_of(i) ? w.paths[parent_of(i)] : "",
			i & 1 ? 'a' : 'b');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input_bytes in = {data, data + size};
	bool raw = take(&in, 2);

	memset(&w, 0, sizeof(w));
	name_nodes();
	w.host.introduce = raw_introduce;
	w.core = core_new(&w.host, 42);
	make_clients();
	write_dump();
	w.live.n[0] = (struct model_node){
		.exists = true, .value = -1, .perm_count = 1};
	if (raw) {
		run_raw(&in);
	} else {
		send_request(0, 0, XS_WATCH, "/\0root", 7);
		memset(w.heard_count, 0, sizeof(w.heard_count));
		run_model(&in);
	}
	REQUIRE(!core_check(w.core));
	core_free(w.core);
	free(w.file.bytes);
	return 0;
}
