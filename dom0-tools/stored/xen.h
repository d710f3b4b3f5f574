/* SPDX-License-Identifier: MIT */
/*
 * What the store needs of the hypervisor and of domain 0's kernel: rings,
 * event channels, and which domains there are. The unit tests put
 * tests/unit/dom0-tools/stored/fake_xen.c in the place of xen.c.
 */
#ifndef DOM0_TOOLS_STORED_XEN_H
#define DOM0_TOOLS_STORED_XEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct xen {
	int event_fd;  /* readable while there are events */
	int gntdev_fd; /* -1: no such device, rings are mapped by frame */
	int privcmd_fd;
	int virq_port; /* a domain shut down or is gone */
	int kernel_port;
	void *kernel_page;
};

struct xen_mapping {
	void *page;
	bool is_grant;
};

/*
 * Opens the devices, and maps and binds the kernel's own ring. On failure
 * -errno, and `why` has the reason as a line.
 */
int xen_open(struct xen *x, char *why, size_t why_size);
void xen_close(struct xen *x);

/* The page that a domain granted for its store, or else its frame. */
int xen_map_ring(struct xen *x, uint16_t domid, uint64_t mfn,
		 struct xen_mapping *m);
void xen_unmap_ring(struct xen *x, struct xen_mapping *m);

/* Local ports, or -errno. */
int xen_bind(struct xen *x, uint16_t domid, uint32_t remote_port);
void xen_unbind(struct xen *x, uint32_t port);
void xen_notify(struct xen *x, uint32_t port);
/*
 * The next port that has an event, -EAGAIN if there is none. Events that come
 * after this call are reported again, so look at the ring only now.
 */
int xen_next_event(struct xen *x);

/* Calls fn for every domain, in the order of their ids; 0 or -errno. */
typedef void xen_domain_fn(void *arg, uint16_t domid, bool dying,
			   bool shutdown);
int xen_list_domains(struct xen *x, xen_domain_fn *fn, void *arg);

#endif
