/* SPDX-License-Identifier: MIT */
/*
 * The daemon's side of domains: mapping and binding their rings, and noticing
 * that they are gone. See server_impl.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stored/server_impl.h"

#define PORTS_PER_TURN 64
#define RESUME_STEP_MS 50
/* For all guests together, so that none can keep the others waiting. */
#define RESUME_WAIT_MS 5000

static int map_port(struct server *s, struct conn *c, uint32_t port)
{
	if (port >= s->port_room) {
		size_t room = s->port_room ? s->port_room : 64;
		struct conn **grown;

		while (room <= port)
			room *= 2;
		grown = realloc(s->by_port, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		memset(grown + s->port_room, 0,
		       (room - s->port_room) * sizeof(*grown));
		s->by_port = grown;
		s->port_room = room;
	}
	s->by_port[port] = c;
	c->port = port;
	return 0;
}

static int bind_ring(struct server *s, struct conn *c, uint32_t remote_port)
{
	int port, rc;

	port = xen_bind(&s->xen, c->domid, remote_port);
	if (port < 0)
		return port;
	rc = map_port(s, c, (uint32_t)port);
	if (rc)
		xen_unbind(&s->xen, (uint32_t)port);
	return rc;
}

static void unbind_ring(struct server *s, struct conn *c)
{
	if (!c->port)
		return;
	xen_unbind(&s->xen, c->port);
	s->by_port[c->port] = NULL;
	c->port = 0;
}

void guests_unmap(struct server *s, struct conn *c)
{
	if (c->mapping.page)
		xen_unmap_ring(&s->xen, &c->mapping);
}

/* Its page and its port; on failure neither. */
static int reach_ring(struct server *s, struct conn *c, uint64_t mfn,
		      uint32_t remote_port)
{
	int rc;

	rc = xen_map_ring(&s->xen, c->domid, mfn, &c->mapping);
	if (rc) {
		c->mapping.page = NULL;
		return rc;
	}
	rc = bind_ring(s, c, remote_port);
	if (rc) {
		guests_unmap(s, c);
		return rc;
	}
	s->by_domid[c->domid] = c;
	/* What it asked before we were there. */
	conn_queue(s, c);
	return 0;
}

static void say_unreached(struct server *s, uint16_t domid, uint64_t mfn,
			  uint32_t remote_port, int rc)
{
	server_say(s,
		   "domain %u: cannot reach its store ring (frame %#llx, port "
		   "%u): %s",
		   domid, (unsigned long long)mfn, remote_port, strerror(-rc));
}

static int connect_ring(struct server *s, uint16_t domid, uint64_t mfn,
			uint32_t remote_port)
{
	struct conn *c = conn_new(s, domid, NULL);
	int rc = c ? 0 : -ENOMEM;

	if (!rc && journal_is_open(&s->journal) && !client_give_id(c->client))
		rc = -ENOMEM;
	if (!rc) {
		rc = reach_ring(s, c, mfn, remote_port);
		if (rc)
			say_unreached(s, domid, mfn, remote_port, rc);
	}
	if (rc) {
		state_introduced(s, rc, NULL);
		if (c) {
			client_free(c->client);
			c->client = NULL;
			conn_drop(s, c);
		}
		return rc;
	}
	c->client->is_ring = true;
	ring_attach(&c->ring, c->mapping.page);
	c->client->in_pos = c->client->taken = c->ring.req_cons;
	c->client->out_pos = c->ring.rsp_prod;
	state_introduced(s, 0, c->client);
	return 0;
}

void guests_restart(struct server *s, struct conn *c)
{
	client_restart(c->client);
	ring_reset(&c->ring);
	xen_notify(&s->xen, c->port);
}

int guests_introduce(void *arg, uint16_t domid, uint64_t mfn, uint32_t port)
{
	struct server *s = arg;
	struct conn *c;
	int rc;

	if (!s->has_domains) {
		state_introduced(s, -ENOSYS, NULL);
		return -ENOSYS;
	}
	c = s->by_domid[domid];
	if (!c)
		return connect_ring(s, domid, mfn, port);

	unbind_ring(s, c);
	rc = bind_ring(s, c, port);
	state_introduced(s, rc, c->client);
	if (rc)
		return rc;
	guests_restart(s, c);
	conn_queue(s, c);
	return 0;
}

void guests_release(void *arg, uint16_t domid)
{
	struct server *s = arg;
	struct conn *c = s->has_domains ? s->by_domid[domid] : NULL;

	if (!c)
		return;
	s->by_domid[domid] = NULL;
	unbind_ring(s, c);
	/* The core frees it as soon as we return. */
	c->client = NULL;
	conn_drop(s, c);
}

/* Which of the domains that the store knows are there no more? */

struct census {
	struct server *s;
	uint8_t alive[DOMID_FIRST_RESERVED];
	uint16_t gone[DOMID_FIRST_RESERVED];
	size_t gone_count;
};

static void census_note(void *arg, uint16_t domid, bool dying, bool shutdown)
{
	struct census *n = arg;
	const struct domain *d;

	if (domid >= DOMID_FIRST_RESERVED || dying)
		return;
	n->alive[domid] = 1;
	d = n->s->core->domains[domid];
	if (!shutdown || !d || !d->introduced || d->shutdown)
		return;
	state_shutdown(n->s, domid);
	core_domain_shutdown(n->s->core, domid);
}

static void check_domains(struct server *s)
{
	struct census *n = calloc(1, sizeof(*n));
	int rc;

	if (!n)
		return;
	n->s = s;
	rc = xen_list_domains(&s->xen, census_note, n);
	if (rc) {
		server_say(s,
			   "cannot list the domains: %s; none is taken for "
			   "dead",
			   strerror(-rc));
		goto out;
	}
	for (struct domain *d = s->core->domain_list; d; d = d->next) {
		if (d->domid && !n->alive[d->domid])
			n->gone[n->gone_count++] = d->domid;
	}
	if (n->gone_count) {
		state_gone(s, n->gone, n->gone_count);
		core_domains_gone(s->core, n->gone, n->gone_count);
	}
out:
	free(n);
}

void guests_take_ports(struct server *s)
{
	for (int i = 0; i < PORTS_PER_TURN; i++) {
		int port = xen_next_event(&s->xen);

		if (port < 0)
			return;
		if (port == s->xen.virq_port)
			check_domains(s);
		else if ((size_t)port < s->port_room && s->by_port[port])
			conn_queue(s, s->by_port[port]);
	}
}

static void resume_ring(struct conn *c, void *page)
{
	ring_resume(&c->ring, page, c->client->taken, c->client->out_pos);
	if (c->client->ignored)
		ring_set_error(&c->ring, XENSTORE_ERROR_COMM);
	ring_publish(&c->ring, c->client->taken);
}

/*
 * A ring that the last daemon served; one that cannot be reached is let go.
 * *left_ms: how long there is to wait for that. The dead daemon may be about to
 * let go of its ports only now, and not soon on a busy machine.
 */
static int resume_guest(struct server *s, struct client *client, int *left_ms)
{
	const struct domain *d = s->core->domains[client->domid];
	struct conn *c = conn_new(s, client->domid, client);
	const struct timespec step = {.tv_nsec = RESUME_STEP_MS * 1000000};
	int rc;

	if (!c)
		return -ENOMEM;
	rc = d ? reach_ring(s, c, d->ring_mfn, d->ring_port) : -ENOENT;
	while (d && rc && *left_ms > 0) {
		nanosleep(&step, NULL);
		*left_ms -= RESUME_STEP_MS;
		rc = reach_ring(s, c, d->ring_mfn, d->ring_port);
	}
	if (rc) {
		if (d)
			say_unreached(s, d->domid, d->ring_mfn, d->ring_port,
				      rc);
		state_free(s, client);
		client_free(client);
		c->client = NULL;
		conn_drop(s, c);
		return 0;
	}
	resume_ring(c, c->mapping.page);
	/* The last daemon may have died before it told of its replies. */
	if (ring_is_used(&c->ring))
		xen_notify(&s->xen, c->port);
	return 0;
}

static int serve_kernel(struct server *s, struct client *known)
{
	struct conn *c = conn_new(s, 0, known);
	int rc;

	if (!c)
		return -ENOMEM;
	rc = map_port(s, c, (uint32_t)s->xen.kernel_port);
	if (rc)
		return rc;
	if (known) {
		resume_ring(c, s->xen.kernel_page);
	} else {
		ring_attach(&c->ring, s->xen.kernel_page);
		c->client->is_ring = true;
		c->client->in_pos = c->client->taken = c->ring.req_cons;
		c->client->out_pos = c->ring.rsp_prod;
		state_client(s, c->client);
	}
	conn_queue(s, c);
	/* The kernel waits for this before it believes that we are here. */
	xen_notify(&s->xen, c->port);
	return 0;
}

int guests_open(struct server *s, char *why, size_t why_size)
{
	struct client *kernel = NULL, *client, *next;
	int left_ms = RESUME_WAIT_MS, rc;

	rc = xen_open(&s->xen, why, why_size);
	if (rc)
		return rc;
	s->has_domains = true;
	/* Who died meanwhile has no ring to be mapped. */
	check_domains(s);
	for (client = s->core->client_list; client && !rc; client = next) {
		next = client->next;
		if (client->domid)
			rc = resume_guest(s, client, &left_ms);
		else
			kernel = client;
	}
	if (!rc)
		rc = serve_kernel(s, kernel);
	if (!rc)
		rc = server_watch_fd(s, s->xen.event_fd, &s->xen);
	if (rc)
		snprintf(why, why_size, "cannot start: %s", strerror(-rc));
	return rc;
}

void guests_close(struct server *s)
{
	if (s->has_domains)
		xen_close(&s->xen);
	s->has_domains = false;
}
