/* SPDX-License-Identifier: MIT */
/*
 * What Paravane offers beyond the Xen ABI, all of it through one hypercall in
 * the architecture's range and announced by a CPUID leaf above the Xen ones.
 * A kernel that does not know it never notices.
 *
 * How a guest finds it: the forced-emulation CPUID of PARAVANE_CPUID_BASE
 * gives the highest leaf in EAX and the signature "ParavaneHV.." in EBX, ECX,
 * EDX. Then paravane_op(PARAVANE_OP_version, 0) returns PARAVANE_VERSION of
 * the running hypervisor; on another hypervisor it returns -XEN_ENOSYS. Ops
 * are only ever added, and an unknown one returns -XEN_EOPNOTSUPP.
 *
 * Tested by tests/guest/paravane-op and tests/unit/hypervisor/hypercall/
 * test_version.c.
 */
#ifndef PUBLIC_PARAVANE_H
#define PUBLIC_PARAVANE_H

#include "xen.h"

#define __HYPERVISOR_paravane_op __HYPERVISOR_arch_6

#define PARAVANE_CPUID_BASE 0x40000100
/* "Para" "vane" "HV.." */
#define PARAVANE_CPUID_EBX 0x61726150
#define PARAVANE_CPUID_ECX 0x656e6176
#define PARAVANE_CPUID_EDX 0x2e2e5648

#define PARAVANE_OP_version 0
/*
 * Who keeps a domain, for domain zero; argument: struct paravane_holder. A
 * domain that was destroyed lingers, flagged as dying, as long as somebody
 * uses its grants or maps its pages. In: `domain`, and in `holder` the lowest
 * number that is of interest. Out: the first domain from there on that uses
 * grants of `domain`. To have all, ask again with holder + 1. Pages that no
 * grant explains are mapped by domain zero, who needs none.
 * -XEN_ENOENT: no (more) holders, but `pages` is set. -XEN_ESRCH: no such
 * domain. -XEN_EPERM: not domain zero.
 */
#define PARAVANE_OP_holder_next 1

#ifndef __ASSEMBLY__
struct paravane_holder {
	domid_t domain;	 /* in */
	domid_t holder;	 /* in, out */
	uint32_t grants; /* out: entries of domain's table that it uses */
	uint32_t uses;	 /* out: how often; an entry can be mapped twice */
	uint32_t pad;
	uint64_t pages; /* out: all that `domain` has, or that is kept of it */
};
_Static_assert(sizeof(struct paravane_holder) == 24, "ABI");
#endif

/* major << 16 | minor */
#define PARAVANE_VERSION_MAJOR 0
#define PARAVANE_VERSION_MINOR 1
#define PARAVANE_VERSION                                                       \
	((PARAVANE_VERSION_MAJOR << 16) | PARAVANE_VERSION_MINOR)

#endif /* PUBLIC_PARAVANE_H */
