/* SPDX-License-Identifier: MIT */
/*
 * Metering: what is counted of vCPUs, domains and CPUs, and how domain zero
 * reads it (public/paravane.h, PARAVANE_OP_meter_*).
 *
 * A count that grows on a hot path is the vCPU's own, and only the CPU that
 * runs it writes it: a plain increment, without a lock and without a cache
 * line that others write. A reader on another CPU sees it a little late.
 *
 * Test: tests/unit/hypervisor/domain/test_meter.c.
 */
#ifndef DOMAIN_METER_H
#define DOMAIN_METER_H

#include "mm/addr.h"
#include "public/paravane.h"

struct domain;
struct vcpu;

struct vcpu_meter {
	/* The vCPU's own. */
	uint64_t events_sent, upcalls;
	uint64_t grant_maps, grant_copies;
	uint64_t faults[PARAVANE_FAULTS];
	uint64_t hypercalls[PARAVANE_METER_HYPERCALLS];

	/* LOCK_SCHED of its queue. */
	uint64_t switches, migrations;
};

/* A domain's frames by type; the lock of the list of domains. */
struct domain_census {
	bool takes_part; /* in the pass that is under way */
	uint64_t done_ns;
	uint64_t frames[PARAVANE_FRAMES];  /* of the last pass */
	uint64_t counted[PARAVANE_FRAMES]; /* of this one */
};

/* What a CPU counts of itself; x86/smp.c. */
struct cpu_counts {
	uint64_t interrupts, ipis, tlb_flushes;
};

/* Handlers of paravane_op, for a caller that is privileged. */
long meter_read(struct vcpu *v, gptr_t arg);
long meter_census(struct vcpu *v, gptr_t arg);

/*
 * d leaves the list, whose lock is held: what its vCPUs used goes to the total
 * of those that are gone.
 */
void meter_domain_end(const struct domain *d);

#endif
