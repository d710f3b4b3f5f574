/* SPDX-License-Identifier: MIT */
/*
 * The toolstack's hypercalls, one thin typed function each: domctl, sysctl,
 * and the parts of memory_op, mmuext_op, event_channel_op, sched_op and
 * xen_version that build and watch domains. `fd` comes from privcmd_open().
 * Functions give 0 (or what they say), or -errno as the hypervisor gave it.
 * Structures are those of include/public; none of them need be in hypercall
 * memory, they are copied.
 */
#ifndef DOM0_TOOLS_LIB_DOMCTL_H
#define DOM0_TOOLS_LIB_DOMCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "public/domctl.h"
#include "public/paravane.h"
#include "public/sysctl.h"
#include "public/version.h"
#include "public/xen.h"

/* *domid: the wish on entry (0: any free one), the given one on success. */
int domctl_create(int fd, const struct xen_domctl_createdomain *what,
		  uint16_t *domid);
/* Returns when all memory was given back or is held by others only. */
int domctl_destroy(int fd, uint16_t domid);
int domctl_pause(int fd, uint16_t domid);
int domctl_unpause(int fd, uint16_t domid);
int domctl_set_max_mem(int fd, uint16_t domid, uint64_t kib);
int domctl_set_max_vcpus(int fd, uint16_t domid, uint32_t count);
/* How far its wall clock is ahead of the machine's, in seconds. */
int domctl_set_time_offset(int fd, uint16_t domid, int64_t seconds);
int domctl_set_vcpu(int fd, uint16_t domid, uint32_t vcpu,
		    const struct vcpu_guest_context *context);
int domctl_get_vcpu(int fd, uint16_t domid, uint32_t vcpu,
		    struct vcpu_guest_context *context);
int domctl_hypercall_init(int fd, uint16_t domid, uint64_t mfn);
/* Its UUID. */
int domctl_set_handle(int fd, uint16_t domid, const uint8_t uuid[16]);
/* -ESRCH when that very domain does not exist. */
int domctl_get_info(int fd, uint16_t domid,
		    struct xen_domctl_getdomaininfo *info);
/* -EOPNOTSUPP: the scheduler knows of no shares. */
int domctl_get_share(int fd, uint16_t domid, uint16_t *weight, uint16_t *cap);
/* Proportional share: weight 0 or cap 0xffff leave that one as it is. */
int domctl_set_share(int fd, uint16_t domid, uint16_t weight, uint16_t cap);
/* A bitmap of the CPUs where the vCPU may run, or (soft) had better run. */
int domctl_set_affinity(int fd, uint16_t domid, uint32_t vcpu, bool is_soft,
			const uint8_t *cpus, uint32_t cpu_count);

/* -ESRCH when it has no such vCPU. */
int domctl_send_nmi(int fd, uint16_t domid, uint32_t vcpu);

/* Fills up to `capacity` entries from `first` on; gives how many. */
int sysctl_list(int fd, uint16_t first, struct xen_domctl_getdomaininfo *infos,
		size_t capacity);
/* All domains, malloc'd, in the order of their numbers. */
int sysctl_list_all(int fd, struct xen_domctl_getdomaininfo **infos,
		    size_t *count);
int sysctl_get_physinfo(int fd, struct xen_sysctl_physinfo *info);
/*
 * The console ring's text, at most `size` bytes; gives how many. *index is
 * where to start (0: the oldest) and becomes where to go on.
 */
long sysctl_read_console(int fd, char *text, size_t size, uint32_t *index,
			 bool clear);
int sysctl_debug_keys(int fd, const char *keys);
/* One of XEN_SCHEDULER_*. */
int sysctl_get_scheduler(int fd);

/*
 * Gives `count` extents of 2^order frames to a domain. extents[i]: the PFN
 * where it shall be on entry, its first MFN on success. Gives how many of
 * them, from the first on, were done.
 */
long memory_populate(int fd, uint16_t domid, unsigned int order,
		     uint64_t *extents, size_t count);

/*
 * Promises free frames to a domain, up to `pages` in all, in one step; 0 ends
 * the claim, and so does having them. -ENOMEM: there are not as many.
 */
int memory_claim(int fd, uint16_t domid, uint64_t pages);
/* What the domain's kernel is told of its memory: all of it, [0, bytes). */
int memory_set_map(int fd, uint16_t domid, uint64_t bytes);

/* Makes a frame of the domain its top-level page table, for good. */
int mmuext_pin_l4(int fd, uint16_t domid, uint64_t mfn);

/* A port of `domid`, to which `remote` may bind; gives the port. */
int evtchn_alloc_unbound(int fd, uint16_t domid, uint16_t remote);

/* Reason: SHUTDOWN_*; for the domain that does not listen any more. */
int sched_remote_shutdown(int fd, uint16_t domid, uint32_t reason);

/*
 * The first domain from h->holder on that uses grants of h->domain; Paravane's
 * own call, see public/paravane.h. -ENOENT: no more, and h->pages is set;
 * -ESRCH: no such domain; -ENOSYS: another hypervisor.
 */
int paravane_holder_next(int fd, struct paravane_holder *h);

/*
 * Meters, for lib/meter.h: q->capacity records to `records`; -EOPNOTSUPP: a
 * Paravane before 0.2.
 */
int paravane_meter_read(int fd, struct paravane_meter_read *q, void *records);
int paravane_meter_census(int fd, struct paravane_meter_census *c);

/* Major << 16 | minor. */
int xen_version_number(int fd);
/* One of XENVER_{extraversion,compile_info,capabilities,…}. */
int xen_version_get(int fd, unsigned int what, void *data, size_t size);
/* The build ID's bytes; gives how many, -ENODATA when there is none. */
int xen_build_id(int fd, uint8_t *id, size_t size);

#endif
