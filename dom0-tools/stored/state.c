/* SPDX-License-Identifier: MIT */
/*
 * The daemon's memory of itself: each input of the core goes into the journal
 * before the core gets it, and at the start the core is made of the file that
 * the last daemon left (journal.h, replay.h).
 *
 * When the file cannot be written, because /run is full, the daemon says so
 * and serves on without; a state file that lacks something is worse than
 * none, so there is none until the next compaction is due.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>

#include "stored/dump.h"
#include "stored/replay.h"
#include "stored/server_impl.h"

static void append(struct server *s, const struct record *r)
{
	int rc;

	if (!journal_is_open(&s->journal))
		return;
	rc = journal_append(&s->journal, r);
	if (rc)
		server_say(s,
			   "cannot write the state file %s: %s; from now on a "
			   "restart loses the store: make room, then "
			   "'xenstore-control live-update'",
			   s->journal.path, strerror(-rc));
}

void state_client(struct server *s, struct client *c)
{
	if (!journal_is_open(&s->journal) || c->id || !client_give_id(c))
		return;
	append(s, RECORD(JOURNAL_CLIENT, NULL, 0, c->id, c->domid, c->is_ring,
			 c->in_pos, c->out_pos));
}

void state_request(struct server *s, struct client *c,
		   const struct xsd_sockmsg *header, const char *payload)
{
	if (!journal_is_open(&s->journal) || !journal_is_needed(c, header))
		return;
	state_client(s, c);
	append(s, RECORD(JOURNAL_REQUEST, payload, header->len, c->id,
			 header->type, header->req_id, header->tx_id));
}

void state_free(struct server *s, struct client *c)
{
	if (c->id)
		append(s, RECORD(JOURNAL_FREE, NULL, 0, c->id));
}

void state_introduced(struct server *s, int rc, const struct client *c)
{
	append(s, RECORD(JOURNAL_INTRODUCED, NULL, 0, (uint64_t)-rc,
			 c ? c->id : 0, c ? c->in_pos : 0, c ? c->out_pos : 0));
}

void state_input(struct server *s, const struct client *c, const char *data,
		 size_t len)
{
	append(s, RECORD(JOURNAL_INPUT, data, len, c->id));
}

void state_sent(struct server *s, const struct client *c, size_t len)
{
	append(s, RECORD(JOURNAL_SENT, NULL, 0, c->id, len));
}

void state_reset(struct server *s, const struct client *c, bool ignored)
{
	append(s, RECORD(JOURNAL_RESET, NULL, 0, c->id, ignored));
}

void state_shutdown(struct server *s, uint16_t domid)
{
	append(s, RECORD(JOURNAL_SHUTDOWN, NULL, 0, domid));
}

void state_gone(struct server *s, const uint16_t *domids, size_t count)
{
	append(s, RECORD(JOURNAL_GONE, (const char *)domids,
			 count * sizeof(domids[0]), count));
}

void state_compact(struct server *s)
{
	int rc;

	if (!journal_is_long(&s->journal))
		return;
	rc = journal_compact(&s->journal, s->seed, s->core);
	if (!rc)
		rc = server_watch_fd(s, s->journal.child_fd, &s->journal);
	if (rc) {
		server_say(s, "cannot shorten the state file %s: %s",
			   s->journal.path, strerror(-rc));
		s->journal.compact_at *= 2;
	}
}

void state_compacted(struct server *s)
{
	int rc;

	epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, s->journal.child_fd, NULL);
	rc = journal_compacted(&s->journal);
	if (rc)
		server_say(s,
			   "cannot shorten the state file %s: %s; the old "
			   "one serves on",
			   s->journal.path, strerror(-rc));
}

/* Sockets ended with the last daemon. */
static void free_sockets(struct core *core)
{
	struct client *c, *next;

	for (c = core->client_list; c; c = next) {
		next = c->next;
		if (!c->is_ring)
			client_free(c);
	}
}

/* s->core of what the file says; 0, or -errno and there is none. */
static int restore(struct server *s, struct journal_image *image)
{
	int rc;

	s->seed = image->seed;
	s->core = core_new(NULL, s->seed);
	if (!s->core)
		return -ENOMEM;
	rc = dump_read(s->core, &image->reader);
	if (rc) {
		server_say(s,
			   "the state file is damaged: %s; the store "
			   "begins empty",
			   strerror(-rc));
		goto fail;
	}
	if (image->killed_twice)
		server_say(s, "two restarts from the state file failed: its "
			      "last request is left out");
	rc = replay(s->core, &image->reader, image->killed_twice);
	if (rc == -ENOMEM)
		goto fail;
	if (rc)
		server_say(s,
			   "the state file is damaged at byte %zu: what was "
			   "done before is kept",
			   (size_t)(image->reader.at - image->map));
	free_sockets(s->core);
	core_age_outcomes(s->core);
	return 0;
fail:
	core_free(s->core);
	s->core = NULL;
	return rc;
}

static int make_new(struct server *s)
{
	if (getrandom(&s->seed, sizeof(s->seed), 0) != sizeof(s->seed))
		return -EIO;
	s->core = core_new(NULL, s->seed);
	return s->core ? 0 : -ENOMEM;
}

int state_open(struct server *s, const char *path, const struct core_host *host,
	       bool *is_new)
{
	struct journal_image image = {0};
	int rc = -ENOENT;

	if (path) {
		rc = journal_load(path, &image);
		if (!rc)
			rc = restore(s, &image);
		else if (rc != -ENOENT)
			server_say(s,
				   "cannot use the state file %s: %s; the "
				   "store begins empty",
				   path, strerror(-rc));
		journal_unload(&image);
		if (rc == -ENOMEM)
			return rc;
	}
	*is_new = rc != 0;
	if (*is_new) {
		rc = make_new(s);
		if (rc)
			return rc;
	}
	s->core->host = *host;
	return 0;
}
