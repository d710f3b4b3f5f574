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

/*
 * Metering, for domain zero: who used what. All counts start at 0 with their
 * vCPU, domain or CPU, and never go down; times are in nanoseconds. Nothing is
 * stopped for a reading, so what is read one after the other is of slightly
 * different moments; each record says its own (`at_ns`, system time).
 *
 * Argument: struct paravane_meter_read. Up to `capacity` records of one kind,
 * of `record_bytes` each, go to `buffer`, from the one that `from` and
 * `from_vcpu` name or the next one that exists; `count` says how many came (no
 * more than PARAVANE_METER_BATCH at once), and `from` and `from_vcpu` become
 * where to go on. That there are no more is said by a count of 0.
 *
 * Records only ever grow at their end. A caller that knows a shorter record
 * gets its beginning; one that knows a longer record gets zeroes for what this
 * hypervisor does not know, and finds in `record_bytes` how long it is here.
 *
 * -XEN_EPERM: not domain zero. -XEN_EINVAL: no such kind, record_bytes is 0 or
 * above PARAVANE_METER_RECORD_MAX, `pad` is not 0.
 */
#define PARAVANE_OP_meter_read 2

#define PARAVANE_METER_machine 0 /* struct paravane_meter_machine; one */
#define PARAVANE_METER_cpu     1 /* _cpu, by `from` */
#define PARAVANE_METER_domain  2 /* _domain, by `from` */
#define PARAVANE_METER_vcpu    3 /* _vcpu, by `from` (domain), `from_vcpu` */

#define PARAVANE_METER_BATCH	  64
#define PARAVANE_METER_RECORD_MAX 4096

/* A vCPU's states: indices of state_ns, as RUNSTATE_* of public/vcpu.h. */
#define PARAVANE_METER_STATES 4

/* Indices of paravane_meter_vcpu.faults. */
#define PARAVANE_FAULT_page_table  0 /* page fault: a write to a table, done */
#define PARAVANE_FAULT_page_ldt	   1 /* page fault: a page of the LDT, mapped */
#define PARAVANE_FAULT_page	   2 /* page fault that the guest got */
#define PARAVANE_FAULT_gp_emulated 3 /* general protection: emulated */
#define PARAVANE_FAULT_gp	   4 /* general protection that it got */
#define PARAVANE_FAULT_ud_emulated 5 /* invalid opcode: emulated */
#define PARAVANE_FAULT_ud	   6 /* invalid opcode that it got */
#define PARAVANE_FAULT_no_math	   7 /* device not available */
#define PARAVANE_FAULT_debug	   8
#define PARAVANE_FAULT_other	   9
#define PARAVANE_FAULTS		   10
#define PARAVANE_METER_FAULTS	   16 /* room */
#define PARAVANE_METER_HYPERCALLS  64

/* Indices of paravane_meter_domain.frames. */
#define PARAVANE_FRAMES_untyped	   0 /* used as nothing in particular */
#define PARAVANE_FRAMES_l1	   1
#define PARAVANE_FRAMES_l2	   2
#define PARAVANE_FRAMES_l3	   3
#define PARAVANE_FRAMES_l4	   4
#define PARAVANE_FRAMES_writable   5 /* somebody may write it */
#define PARAVANE_FRAMES_descriptor 6
/* Up to here each frame counts once; these two count some of them again. */
#define PARAVANE_FRAMES_pinned 7
#define PARAVANE_FRAMES_shared 8 /* with the hypervisor */
#define PARAVANE_FRAMES	       9
#define PARAVANE_METER_FRAMES  16 /* room */

/*
 * The census: frames by type are counted in passes over all memory, which go on
 * only as far as domain zero asks. Argument: struct paravane_meter_census. In:
 * look at so many more `frames` (PARAVANE_CENSUS_MAX at most; it may stop
 * earlier, and does at the end of a pass). Out: so many were looked at; the
 * pass is at frame `next` of `total`; so many `passes` are complete. When a
 * pass is, each domain that was there at its start has its numbers. With
 * `frames` 0 it only tells. -XEN_EPERM: not domain zero.
 */
#define PARAVANE_OP_meter_census 3
#define PARAVANE_CENSUS_MAX	 65536

#ifndef __ASSEMBLY__
struct paravane_meter_read {
	uint32_t what;	       /* in: PARAVANE_METER_* */
	uint32_t record_bytes; /* in: the caller's; out: the hypervisor's */
	uint32_t from;	       /* in, out */
	uint32_t from_vcpu;    /* in, out */
	uint32_t capacity;     /* in */
	uint32_t count;	       /* out */
	uint64_t buffer;       /* in: address */
	uint64_t pad;
};
_Static_assert(sizeof(struct paravane_meter_read) == 40, "ABI");

struct paravane_meter_machine {
	uint64_t at_ns;
	uint32_t cpus; /* that take part */
	uint32_t pad;
	uint64_t total_pages, free_pages;
	/* Of all domains that are gone; their vCPUs' times. */
	uint64_t domains_ended;
	uint64_t ended_ns[PARAVANE_METER_STATES];
	uint64_t census_passes;
};
_Static_assert(sizeof(struct paravane_meter_machine) == 80, "ABI");

struct paravane_meter_cpu {
	uint32_t cpu;
	uint32_t idle; /* 1: nobody runs there now */
	uint64_t at_ns;
	uint64_t idle_ns;     /* since boot; the rest of at_ns is vCPUs' */
	uint64_t switches;    /* from one vCPU, or idling, to another */
	uint64_t interrupts;  /* of all kinds, other CPUs' too */
	uint64_t ipis;	      /* those that other CPUs sent */
	uint64_t tlb_flushes; /* but for those that a guest's entry brings */
};
_Static_assert(sizeof(struct paravane_meter_cpu) == 56, "ABI");

struct paravane_meter_domain {
	domid_t domain;
	uint16_t pad;
	uint32_t flags; /* XEN_DOMINF_* */
	uint8_t handle[16];
	uint64_t at_ns;
	uint32_t pool;
	uint32_t vcpus;		/* that it has */
	uint32_t vcpus_online;	/* that are up */
	uint32_t grants_mapped; /* mappings that it has of others' grants */
	uint32_t grants_lent;	/* its grants that somebody uses */
	uint32_t ports;		/* event channels that it has */
	uint64_t pages;		/* allocated to it */
	uint64_t frames_held;	/* whose owner it is, allocated or not */
	uint64_t pages_max;	/* ~0: no limit */
	uint64_t claimed_pages;
	/* From the last census that it took part in; 0 ns: none yet. */
	uint64_t census_ns;
	uint64_t frames[PARAVANE_METER_FRAMES];
};
_Static_assert(sizeof(struct paravane_meter_domain) == 224, "ABI");

struct paravane_meter_vcpu {
	domid_t domain;
	uint16_t vcpu;
	uint8_t state; /* RUNSTATE_* */
	uint8_t online;
	uint16_t pad;
	uint32_t cpu; /* where it runs, or was last */
	uint32_t pad2;
	uint64_t at_ns;
	uint64_t state_ns[PARAVANE_METER_STATES];
	uint64_t switches;    /* how often it was given a CPU */
	uint64_t migrations;  /* how often it went to another one */
	uint64_t events_sent; /* EVTCHNOP_send */
	uint64_t upcalls;     /* how often it was told of events */
	uint64_t grant_maps;
	uint64_t grant_copies;
	uint64_t faults[PARAVANE_METER_FAULTS];
	/*
	 * By number, in multicalls too; one that goes on later counts again.
	 * iret (23): only those that took the long way.
	 */
	uint64_t hypercalls[PARAVANE_METER_HYPERCALLS];
};
_Static_assert(sizeof(struct paravane_meter_vcpu) == 744, "ABI");

struct paravane_meter_census {
	uint64_t frames; /* in, out */
	uint64_t next, total, passes;
};
_Static_assert(sizeof(struct paravane_meter_census) == 32, "ABI");
#endif

/* major << 16 | minor */
#define PARAVANE_VERSION_MAJOR 0
#define PARAVANE_VERSION_MINOR 2
#define PARAVANE_VERSION                                                       \
	((PARAVANE_VERSION_MAJOR << 16) | PARAVANE_VERSION_MINOR)

#endif /* PUBLIC_PARAVANE_H */
