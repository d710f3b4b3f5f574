/* SPDX-License-Identifier: MIT */
/*
 * Devices of domain 0's kernel, see the header. The ioctl of the kernel's own
 * ring is that of Linux's drivers/xen/xenbus/xenbus_dev_backend.c.
 */
#include "stored/xen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/domctl.h"
#include "lib/evtchn.h"
#include "lib/gntdev.h"
#include "lib/privcmd.h"
#include "public/grant_table.h"
#include "public/xen.h"

#define PAGE_BYTES     4096u
#define BACKEND_DEVICE "/dev/xen/xenbus_backend"

#define BACKEND_EVTCHN _IOC(_IOC_NONE, 'B', 0, 0)

/* The kernel's ring page, and the kernel's port. */
static int open_kernel_ring(struct xen *x)
{
	int fd, port, rc = 0;
	void *page;

	fd = open(BACKEND_DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	port = ioctl(fd, BACKEND_EVTCHN);
	if (port < 0) {
		rc = -errno;
		goto out;
	}
	page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    0);
	if (page == MAP_FAILED) {
		rc = -errno;
		goto out;
	}
	x->kernel_page = page;
	x->kernel_port = port;
out:
	close(fd);
	return rc;
}

/* What a step was about, and what may help, are set before it is taken. */
static int open_all(struct xen *x, const char **what, const char **hint)
{
	int rc;

	*what = BACKEND_DEVICE;
	*hint = "this is not domain zero of a hypervisor (--no-domains serves "
		"the socket alone)";
	rc = open_kernel_ring(x);
	if (rc)
		return rc;
	*what = "/dev/xen/evtchn";
	*hint = "load the module xen-evtchn";
	x->event_fd = evtchn_open();
	if (x->event_fd < 0)
		return x->event_fd;
	*what = "/dev/xen/privcmd";
	*hint = "load the module xen-privcmd";
	x->privcmd_fd = privcmd_open();
	if (x->privcmd_fd < 0)
		return x->privcmd_fd;
	x->gntdev_fd = gntdev_open();

	*what = "binding to the kernel's store port";
	*hint = "stop the other store daemon first, if one is running";
	rc = evtchn_bind_interdomain(x->event_fd, 0, (uint32_t)x->kernel_port);
	if (rc < 0)
		return rc;
	x->kernel_port = rc;
	*what = "binding to the event of dying domains";
	rc = evtchn_bind_virq(x->event_fd, VIRQ_DOM_EXC);
	if (rc < 0)
		return rc;
	x->virq_port = rc;
	return 0;
}

int xen_open(struct xen *x, char *why, size_t why_size)
{
	const char *what, *hint;
	int rc;

	*x = (struct xen){.event_fd = -1, .gntdev_fd = -1, .privcmd_fd = -1};
	rc = open_all(x, &what, &hint);
	if (!rc)
		return 0;
	snprintf(why, why_size, "%s: %s; %s", what, strerror(-rc), hint);
	xen_close(x);
	return rc;
}

void xen_close(struct xen *x)
{
	if (x->kernel_page)
		munmap(x->kernel_page, PAGE_BYTES);
	if (x->event_fd >= 0)
		close(x->event_fd);
	if (x->gntdev_fd >= 0)
		close(x->gntdev_fd);
	if (x->privcmd_fd >= 0)
		close(x->privcmd_fd);
	*x = (struct xen){.event_fd = -1, .gntdev_fd = -1, .privcmd_fd = -1};
}

int xen_map_ring(struct xen *x, uint16_t domid, uint64_t mfn,
		 struct xen_mapping *m)
{
	const uint32_t ref = GNTTAB_RESERVED_XENSTORE;

	if (x->gntdev_fd >= 0 &&
	    !gntdev_map(x->gntdev_fd, domid, &ref, 1, PROT_READ | PROT_WRITE,
			&m->page)) {
		m->is_grant = true;
		return 0;
	}
	m->is_grant = false;
	return privcmd_map(x->privcmd_fd, domid, PROT_READ | PROT_WRITE, &mfn,
			   1, &m->page);
}

void xen_unmap_ring(struct xen *x, struct xen_mapping *m)
{
	if (m->is_grant)
		gntdev_unmap(x->gntdev_fd, m->page, 1);
	else
		privcmd_unmap(m->page, 1);
	m->page = NULL;
}

int xen_bind(struct xen *x, uint16_t domid, uint32_t remote_port)
{
	return evtchn_bind_interdomain(x->event_fd, domid, remote_port);
}

void xen_unbind(struct xen *x, uint32_t port)
{
	evtchn_unbind(x->event_fd, port);
}

void xen_notify(struct xen *x, uint32_t port)
{
	evtchn_notify(x->event_fd, port);
}

int xen_next_event(struct xen *x)
{
	int port = evtchn_pending(x->event_fd);

	if (port >= 0)
		evtchn_unmask(x->event_fd, (uint32_t)port);
	return port;
}

int xen_list_domains(struct xen *x, xen_domain_fn *fn, void *arg)
{
	struct xen_domctl_getdomaininfo infos[64];
	uint32_t first = 0;
	int n;

	while (first < DOMID_FIRST_RESERVED) {
		n = sysctl_list(x->privcmd_fd, (uint16_t)first, infos,
				sizeof(infos) / sizeof(infos[0]));
		if (n <= 0)
			return n;
		for (int i = 0; i < n; i++)
			fn(arg, infos[i].domain,
			   infos[i].flags & XEN_DOMINF_dying,
			   infos[i].flags & XEN_DOMINF_shutdown);
		first = infos[n - 1].domain + 1u;
	}
	return 0;
}
