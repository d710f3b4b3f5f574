/* SPDX-License-Identifier: MIT */
/*
 * Event channels from user space: the ioctls of /dev/xen/evtchn.
 *
 * One descriptor owns the ports that were bound through it; closing it frees
 * them all. A port that fired stays masked until evtchn_unmask(), so the loop
 * of a user is: poll the descriptor, evtchn_pending(), handle, evtchn_unmask().
 * Every function returns -errno on failure.
 */
#ifndef DOM0_TOOLS_LIB_EVTCHN_H
#define DOM0_TOOLS_LIB_EVTCHN_H

#include <stdint.h>

/* A non-blocking, close-on-exec descriptor of /dev/xen/evtchn. */
int evtchn_open(void);

/* Each returns the new local port. */
int evtchn_bind_interdomain(int fd, uint16_t domid, uint32_t remote_port);
int evtchn_bind_unbound(int fd, uint16_t domid);
int evtchn_bind_virq(int fd, uint32_t virq);

int evtchn_unbind(int fd, uint32_t port);
int evtchn_notify(int fd, uint32_t port);

/* The next port that fired (now masked), or -EAGAIN when there is none. */
int evtchn_pending(int fd);
int evtchn_unmask(int fd, uint32_t port);

#endif
