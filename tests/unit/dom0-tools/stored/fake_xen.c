/* SPDX-License-Identifier: MIT */
/* See fake_xen.h. A domain's local port is its id and FIRST_PORT. */
#include "dom0-tools/stored/fake_xen.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "stored/xen.h"

enum { VIRQ_PORT = 5, FIRST_PORT = 10, PORTS = FIRST_PORT + FAKE_DOMAINS };

static unsigned int held_binds;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool pending[PORTS];
static bool bound[PORTS];
static unsigned int notified[PORTS];
static struct {
	bool exists, shutdown, mapped;
} domains[FAKE_DOMAINS] = {{.exists = true}};
static struct xenstore_domain_interface pages[FAKE_DOMAINS];
static int event_fd = -1;

static void raise_port(int port)
{
	pthread_mutex_lock(&lock);
	if (bound[port] && !pending[port]) {
		pending[port] = true;
		eventfd_write(event_fd, 1);
	}
	pthread_mutex_unlock(&lock);
}

struct xenstore_domain_interface *fake_page(uint16_t domid)
{
	return &pages[domid];
}

void fake_kick(uint16_t domid)
{
	raise_port(FIRST_PORT + domid);
}

void fake_wait(uint16_t domid, unsigned int *seen)
{
	pthread_mutex_lock(&lock);
	while (notified[FIRST_PORT + domid] == *seen)
		pthread_cond_wait(&changed, &lock);
	*seen = notified[FIRST_PORT + domid];
	pthread_mutex_unlock(&lock);
}

void fake_set_domain(uint16_t domid, bool exists, bool shutdown)
{
	pthread_mutex_lock(&lock);
	domains[domid].exists = exists;
	domains[domid].shutdown = shutdown;
	pthread_mutex_unlock(&lock);
	raise_port(VIRQ_PORT);
}

void fake_hold_ports(unsigned int binds)
{
	pthread_mutex_lock(&lock);
	held_binds = binds;
	pthread_mutex_unlock(&lock);
}

bool fake_is_mapped(uint16_t domid)
{
	bool mapped;

	pthread_mutex_lock(&lock);
	mapped = domains[domid].mapped;
	pthread_mutex_unlock(&lock);
	return mapped;
}

int xen_open(struct xen *x, char *why, size_t why_size)
{
	(void)why;
	(void)why_size;
	event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	*x = (struct xen){
		.event_fd = event_fd,
		.gntdev_fd = -1,
		.privcmd_fd = -1,
		.virq_port = VIRQ_PORT,
		.kernel_port = FIRST_PORT,
		.kernel_page = &pages[0],
	};
	bound[VIRQ_PORT] = bound[FIRST_PORT] = true;
	return event_fd < 0 ? -errno : 0;
}

void xen_close(struct xen *x)
{
	close(x->event_fd);
}

int xen_map_ring(struct xen *x, uint16_t domid, uint64_t mfn,
		 struct xen_mapping *m)
{
	(void)x;
	if (domid >= FAKE_DOMAINS || mfn != 0x1000u + domid)
		return -EINVAL;
	pthread_mutex_lock(&lock);
	domains[domid].mapped = true;
	pthread_mutex_unlock(&lock);
	*m = (struct xen_mapping){.page = &pages[domid]};
	return 0;
}

void xen_unmap_ring(struct xen *x, struct xen_mapping *m)
{
	long domid = (struct xenstore_domain_interface *)m->page - pages;

	(void)x;
	pthread_mutex_lock(&lock);
	domains[domid].mapped = false;
	pthread_mutex_unlock(&lock);
}

/* The guest's port must be 100 more than its id. */
int xen_bind(struct xen *x, uint16_t domid, uint32_t remote_port)
{
	(void)x;
	if (remote_port != 100u + domid)
		return -EINVAL;
	pthread_mutex_lock(&lock);
	if (held_binds) {
		held_binds--;
		pthread_mutex_unlock(&lock);
		return -EINVAL;
	}
	bound[FIRST_PORT + domid] = true;
	pthread_mutex_unlock(&lock);
	return FIRST_PORT + domid;
}

void xen_unbind(struct xen *x, uint32_t port)
{
	(void)x;
	pthread_mutex_lock(&lock);
	bound[port] = pending[port] = false;
	pthread_mutex_unlock(&lock);
}

void xen_notify(struct xen *x, uint32_t port)
{
	(void)x;
	pthread_mutex_lock(&lock);
	notified[port]++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

int xen_next_event(struct xen *x)
{
	eventfd_t n;
	int found = -EAGAIN;

	pthread_mutex_lock(&lock);
	eventfd_read(x->event_fd, &n);
	for (int port = 0; port < PORTS; port++) {
		if (!pending[port])
			continue;
		if (found >= 0) {
			/* There are more: stay readable. */
			eventfd_write(x->event_fd, 1);
			break;
		}
		pending[port] = false;
		found = port;
	}
	pthread_mutex_unlock(&lock);
	return found;
}

int xen_list_domains(struct xen *x, xen_domain_fn *fn, void *arg)
{
	(void)x;
	for (uint16_t i = 0; i < FAKE_DOMAINS; i++) {
		bool exists, shutdown;

		pthread_mutex_lock(&lock);
		exists = domains[i].exists;
		shutdown = domains[i].shutdown;
		pthread_mutex_unlock(&lock);
		if (exists)
			fn(arg, i, false, shutdown);
	}
	return 0;
}
