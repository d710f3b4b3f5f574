/* SPDX-License-Identifier: MIT */
/*
 * The consoles of the domains: found in the store, mapped, drained, dropped.
 *
 * The truth about which domains exist is the hypervisor's; the store says
 * where the ring is. A page that stays mapped keeps a dying domain from going
 * away, so a scan drops the console of every domain that is dying.
 *
 * An event channel's port stays masked from its event until we unmask it, and
 * that happens only when the ring was seen empty and the guest's budget is
 * not spent. The order "unmask, then look once more" is not needed: an event
 * that the guest sends while the port is masked stays pending in it.
 */
#include "consoled/consoled.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "lib/daemon.h"
#include "lib/domctl.h"
#include "lib/evtchn.h"
#include "lib/gntdev.h"
#include "lib/logname.h"
#include "lib/privcmd.h"
#include "public/grant_table.h"

#define ROUND_BYTES sizeof(((struct xencons_interface *)0)->out)

struct console *console_find(struct consoled *d, uint16_t domid)
{
	for (struct console *c = d->consoles; c; c = c->next) {
		if (c->domid == domid)
			return c;
	}
	return NULL;
}

struct console *console_find_name(struct consoled *d, const char *name)
{
	for (struct console *c = d->consoles; c; c = c->next) {
		if (!strcmp(c->name, name))
			return c;
	}
	return NULL;
}

bool console_is_kept(const struct console *c)
{
	return c->phase == CONSOLE_CONNECTED;
}

/* Gives how many bytes the log was asked to take. */
static size_t write_log(struct console *c, const uint8_t *bytes, size_t len)
{
	static uint8_t text[LOGTEXT_ROOM(ROUND_BYTES)];
	uint64_t lost = c->log.lost;
	struct timespec now;
	int rc;

	clock_gettime(CLOCK_REALTIME, &now);
	len = logtext_run(&c->text, now, bytes, len, text);
	rc = guestlog_write(&c->log, text, len);
	if (rc && !lost)
		daemon_log("domain %u (%s): its log %s takes no more bytes: "
			   "%s; make room; the guest and attached consoles go "
			   "on",
			   c->domid, c->name, c->log.path, strerror(-rc));
	else if (!rc && lost)
		daemon_log("domain %u (%s): its log %s takes bytes again; "
			   "%" PRIu64 " were lost",
			   c->domid, c->name, c->log.path, lost);
	return len;
}

static size_t take_output(struct console *c, const uint8_t *bytes, size_t len)
{
	size_t logged = write_log(c, bytes, len);

	console_tail_push(&c->tail, bytes, len);
	client_broadcast(c, bytes, len);
	return logged > len ? logged : len;
}

/*
 * Takes at most one ring full and gives its price, 0 when the ring is empty. A
 * ring with indices that cannot be counts as empty after it was resynchronised.
 */
static size_t drain_once(struct console *c)
{
	uint8_t bytes[ROUND_BYTES];
	int n = console_ring_read(&c->ring, bytes, sizeof(bytes));

	if (n < 0) {
		if (!c->ring_failed)
			daemon_log(
				"domain %u (%s): its console ring has "
				"impossible indices; what was in it is skipped",
				c->domid, c->name);
		c->ring_failed = true;
		console_ring_resync(&c->ring);
		return 0;
	}
	if (!n)
		return 0;
	evtchn_notify(c->d->evtchn, c->local_port);
	return take_output(c, bytes, (size_t)n);
}

static void *map_page(struct console *c, uint64_t mfn)
{
	uint32_t ref = GNTTAB_RESERVED_CONSOLE;
	struct consoled *d = c->d;
	void *page;
	int rc;

	rc = d->gntdev < 0 ? -ENODEV
			   : gntdev_map(d->gntdev, c->domid, &ref, 1,
					PROT_READ | PROT_WRITE, &page);
	if (!rc) {
		c->page_is_granted = true;
		return page;
	}
	rc = privcmd_map(d->privcmd, c->domid, PROT_READ | PROT_WRITE, &mfn, 1,
			 &page);
	if (!rc) {
		c->page_is_granted = false;
		return page;
	}
	if (!c->map_failed)
		daemon_log("domain %u (%s): cannot map its console ring, frame "
			   "%" PRIu64 ": %s; its output waits until that works",
			   c->domid, c->name, mfn, strerror(-rc));
	c->map_failed = true;
	return NULL;
}

static void unmap_page(struct console *c)
{
	if (c->page_is_granted)
		gntdev_unmap(c->d->gntdev, c->ring.page, 1);
	else
		privcmd_unmap(c->ring.page, 1);
	c->ring.page = NULL;
}

static void connect(struct console *c, uint64_t ring_ref, uint32_t port)
{
	void *page = map_page(c, ring_ref);
	int local;

	if (!page)
		return;
	console_ring_attach(&c->ring, page);
	local = evtchn_bind_interdomain(c->d->evtchn, c->domid, port);
	if (local < 0) {
		if (!c->map_failed)
			daemon_log("domain %u (%s): cannot bind to its "
				   "console's event channel %u: %s; does "
				   "another console daemon hold it?",
				   c->domid, c->name, port, strerror(-local));
		c->map_failed = true;
		unmap_page(c);
		return;
	}
	c->ring_ref = ring_ref;
	c->remote_port = port;
	c->local_port = (uint32_t)local;
	c->map_failed = false;
	c->owes_unmask = false;
	/* Bytes may be there from before we were bound. */
	c->is_pending = true;
	c->phase = CONSOLE_CONNECTED;
}

static void disconnect(struct console *c)
{
	if (c->phase != CONSOLE_CONNECTED)
		return;
	evtchn_unbind(c->d->evtchn, c->local_port);
	unmap_page(c);
	c->phase = CONSOLE_WAITING;
}

static bool read_number(struct consoled *d, uint16_t domid, const char *node,
			uint64_t *value)
{
	char path[96];

	snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, node);
	return store_read_u64(d->store, 0, path, value) == 0;
}

/* Another program serves this console, when the toolstack said so. */
static bool is_for_others(struct consoled *d, uint16_t domid)
{
	char path[96], *type;
	bool others;

	snprintf(path, sizeof(path), "/local/domain/%u/console/type", domid);
	type = store_read(d->store, 0, path, NULL);
	others = type && *type && strcmp(type, "xenconsoled");
	free(type);
	return others;
}

static void open_log(struct console *c)
{
	char file[CONSOLE_NAME_BYTES + 32];
	uint64_t wanted = 0;
	int rc;

	logname_of_guest(file, sizeof(file), c->name, c->domid);
	rc = guestlog_open(&c->log, &c->d->policy, file);
	if (rc)
		daemon_log("domain %u (%s): cannot open its log %s: %s; "
			   "attached consoles work",
			   c->domid, c->name, c->log.path, strerror(-rc));
	/* Of all guests' logs, or of this one's: it cannot write that node. */
	read_number(c->d, c->domid, "console/timestamps", &wanted);
	c->text = logtext_make(c->d->is_raw, c->d->has_stamps || wanted);
}

/* Malloc'd; NULL when it has none (yet). */
static char *read_name(struct consoled *d, uint16_t domid)
{
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	return store_read(d->store, 0, path, NULL);
}

/*
 * What was kept stays under the name that it was printed under, as other
 * domains may bear that name by then; each of the two files names the other.
 */
static void refresh_name(struct console *c)
{
	char old[CONSOLE_NAME_BYTES], *name = read_name(c->d, c->domid);

	if (!name || !*name || !strcmp(name, c->name)) {
		free(name);
		return;
	}
	snprintf(old, sizeof(old), "%s", c->name);
	snprintf(c->name, sizeof(c->name), "%s", name);
	free(name);
	if (*old)
		guestlog_note(&c->log, "renamed, goes on as %s", c->name);
	guestlog_close(&c->log);
	open_log(c);
	if (*old)
		guestlog_note(&c->log, "renamed, was %s", old);
	daemon_log("domain %u: '%s' is called '%s' now; its log is %s",
		   c->domid, old, c->name, c->log.path);
	client_console_named(c);
}

static void refresh_ring(struct console *c)
{
	uint64_t ring_ref, port;

	if (!read_number(c->d, c->domid, "console/ring-ref", &ring_ref) ||
	    !read_number(c->d, c->domid, "console/port", &port) ||
	    port > UINT32_MAX || is_for_others(c->d, c->domid))
		return;
	if (c->phase == CONSOLE_CONNECTED) {
		if (c->ring_ref == ring_ref && c->remote_port == port)
			return;
		/* Not "until it is empty": the guest could go on for ever. */
		drain_once(c);
		drain_once(c);
		disconnect(c);
	}
	connect(c, ring_ref, (uint32_t)port);
}

/* A watch's token is this letter and the domain's number. */
static const struct {
	char letter;
	const char *node;
} watches[] = {
	{CONSOLE_WATCH_RING, "console"},
	{CONSOLE_WATCH_NAME, "name"},
};

#define WATCHES (sizeof(watches) / sizeof(watches[0]))

static void watch_words(const struct console *c, size_t i, char path[64],
			char token[16])
{
	snprintf(path, 64, "/local/domain/%u/%s", c->domid, watches[i].node);
	snprintf(token, 16, "%c%u", watches[i].letter, c->domid);
}

static void watch_nodes(struct console *c)
{
	char path[64], token[16];

	c->watched = true;
	for (size_t i = 0; i < WATCHES; i++) {
		watch_words(c, i, path, token);
		if (store_watch(c->d->store, path, token))
			c->watched = false;
	}
}

static void unwatch_nodes(struct console *c)
{
	char path[64], token[16];

	for (size_t i = 0; i < WATCHES && c->d->store; i++) {
		watch_words(c, i, path, token);
		store_unwatch(c->d->store, path, token);
	}
}

/* What an earlier daemon kept of a domain that has been running. */
static void load_tail(struct console *c)
{
	uint8_t *old = malloc(CONSOLE_TAIL_BYTES);

	if (old)
		console_tail_push(
			&c->tail, old,
			guestlog_tail(&c->log, old, CONSOLE_TAIL_BYTES));
	free(old);
}

static struct console *console_new(struct consoled *d, uint16_t domid)
{
	char *name = read_name(d, domid);
	uint64_t ring_ref;
	struct console *c;

	/*
	 * The toolstack creates the domain first and its nodes after that: no
	 * name and no ring mean too early, and its introduction will tell us.
	 */
	if (!name && !read_number(d, domid, "console/ring-ref", &ring_ref))
		return NULL;
	c = calloc(1, sizeof(*c));
	if (!c) {
		daemon_log("domain %u: no memory for its console", domid);
		free(name);
		return NULL;
	}
	c->d = d;
	c->domid = domid;
	snprintf(c->name, sizeof(c->name), "%s", name ? name : "");
	free(name);
	open_log(c);
	if (!d->was_scanned)
		load_tail(c);
	c->next = d->consoles;
	d->consoles = c;
	client_console_named(c);
	return c;
}

static void remember_ended(struct console *c)
{
	struct ended *e = &c->d->ended[c->d->ended_next++ % CONSOLE_ENDED_MAX];

	e->domid = c->domid;
	snprintf(e->name, sizeof(e->name), "%s", c->name);
}

const char *console_ended_name(const struct consoled *d, uint16_t domid)
{
	for (unsigned int i = 0; i < CONSOLE_ENDED_MAX; i++) {
		const struct ended *e =
			&d->ended[(d->ended_next - 1 - i) % CONSOLE_ENDED_MAX];

		if (e->name[0] && e->domid == domid)
			return e->name;
	}
	return NULL;
}

/* A dead guest adds nothing to its ring, so draining it ends. */
static void console_end(struct console *c)
{
	struct console **at = &c->d->consoles;

	if (c->phase == CONSOLE_CONNECTED) {
		for (int i = 0; i < 2 && drain_once(c); i++)
			;
		disconnect(c);
	}
	unwatch_nodes(c);
	if (c->log.lost)
		daemon_log("domain %u (%s) has ended; %" PRIu64 " bytes of "
			   "its output are not in %s",
			   c->domid, c->name, c->log.lost, c->log.path);
	client_console_ended(c);
	remember_ended(c);
	guestlog_close(&c->log);
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	free(c);
}

void console_changed(struct consoled *d, char letter, uint16_t domid)
{
	struct console *c = console_find(d, domid);

	if (!c)
		return;
	if (letter == CONSOLE_WATCH_NAME)
		refresh_name(c);
	else
		refresh_ring(c);
}

void console_scan(struct consoled *d)
{
	struct xen_domctl_getdomaininfo *infos;
	struct console *c, *next;
	size_t count;
	int rc;

	rc = sysctl_list_all(d->privcmd, &infos, &count);
	if (rc) {
		daemon_log("cannot list the domains: %s", strerror(-rc));
		return;
	}
	for (c = d->consoles; c; c = c->next)
		c->found = false;
	for (size_t i = 0; i < count; i++) {
		uint16_t domid = infos[i].domain;

		if (!domid || (infos[i].flags & XEN_DOMINF_dying))
			continue;
		c = console_find(d, domid);
		if (!c)
			c = console_new(d, domid);
		if (!c)
			continue;
		c->found = true;
		/* What is watched and has its ring tells of changes itself. */
		if (c->watched && c->phase == CONSOLE_CONNECTED)
			continue;
		if (!c->watched)
			watch_nodes(c);
		refresh_ring(c);
	}
	d->was_scanned = true;
	free(infos);
	for (c = d->consoles; c; c = next) {
		next = c->next;
		if (!c->found)
			console_end(c);
	}
}

void console_event(struct consoled *d, uint32_t port)
{
	for (struct console *c = d->consoles; c; c = c->next) {
		if (c->phase != CONSOLE_CONNECTED || c->local_port != port)
			continue;
		c->owes_unmask = true;
		c->is_pending = true;
		console_push_input(c);
		return;
	}
	/* Of a console that has just ended; nothing to unmask. */
}

void console_serve(struct consoled *d)
{
	bool spent = false, again = false;
	uint64_t now = evloop_now_ns();

	for (struct console *c = d->consoles; c; c = c->next) {
		size_t n;

		if (c->phase != CONSOLE_CONNECTED || !c->is_pending)
			continue;
		if (!console_budget_ok(&c->budget, now)) {
			spent = true;
			continue;
		}
		n = drain_once(c);
		console_budget_spend(&c->budget, n);
		if (n) {
			again = true;
			continue;
		}
		c->is_pending = false;
		if (c->owes_unmask) {
			c->owes_unmask = false;
			evtchn_unmask(d->evtchn, c->local_port);
		}
	}
	if (again)
		evloop_timer_start(&d->loop, &d->window_timer, 0);
	else if (spent)
		evloop_timer_start(&d->loop, &d->window_timer,
				   console_budget_wait_ms(now));
}

size_t console_input_room(const struct console *c)
{
	return sizeof(c->input) - c->input_used;
}

void console_push_input(struct console *c)
{
	int n;

	if (!c->input_used || c->phase != CONSOLE_CONNECTED)
		return;
	n = console_ring_write(&c->ring, c->input, c->input_used);
	if (n < 0) {
		/* The same treatment as for output: drop, go on. */
		console_ring_resync(&c->ring);
		c->input_used = 0;
		return;
	}
	if (!n)
		return;
	memmove(c->input, c->input + n, c->input_used - (size_t)n);
	c->input_used -= (size_t)n;
	evtchn_notify(c->d->evtchn, c->local_port);
	client_input_resume(c);
}

void console_reopen_logs(struct consoled *d)
{
	for (struct console *c = d->consoles; c; c = c->next)
		guestlog_reopen(&c->log);
}

/* At the daemon's end: the domains live on, and so does what they printed. */
void console_free_all(struct consoled *d)
{
	while (d->consoles) {
		struct console *c = d->consoles;

		if (c->phase == CONSOLE_CONNECTED)
			drain_once(c);
		disconnect(c);
		guestlog_close(&c->log);
		d->consoles = c->next;
		free(c);
	}
}
