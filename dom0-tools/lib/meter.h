/* SPDX-License-Identifier: MIT */
/*
 * Who used what: the hypervisor's meters (public/paravane.h) and those of
 * domain zero's back ends, as one snapshot, and what lies between two of them
 * as rates.
 *
 * All counts are totals that only grow, as the records say; a snapshot stops
 * nothing, and its records are of slightly different moments, each of which
 * says its own (`at_ns`). A domain that ends while a snapshot is taken is in
 * it, or in the machine's `ended_ns`, and never in both or neither: else the
 * snapshot is taken again.
 *
 * Names come from the store and are hostile; so is whatever a device says. What
 * cannot be read of a device counts as 0.
 * Test: tests/unit/dom0-tools/lib/test_meter.c.
 */
#ifndef DOM0_TOOLS_LIB_METER_H
#define DOM0_TOOLS_LIB_METER_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/store.h"
#include "public/paravane.h"

/* By the kernel's block back end; sectors are of 512 bytes. */
struct meter_disk {
	uint16_t domid;
	uint32_t devid; /* 51712: xvda */
	uint64_t read_requests, write_requests, flush_requests,
		discard_requests;
	uint64_t read_sectors, write_sectors;
	uint64_t no_memory; /* requests that had to wait for memory */
};

/* By the kernel's network back end, as the guest sees it. */
struct meter_card {
	uint16_t domid;
	uint32_t devid;
	char interface[IFNAMSIZ]; /* in domain zero; empty: none */
	uint64_t received_bytes, received_packets, received_errors,
		received_drops;
	uint64_t sent_bytes, sent_packets, sent_errors, sent_drops;
};

/* The arrays belong to the snapshot, in the order of their numbers. */
struct meter_domain {
	struct paravane_meter_domain info;
	char *name; /* NULL: it has none, or the store was not asked */
	const struct paravane_meter_vcpu *vcpus;
	size_t vcpu_count;
	const struct meter_disk *disks;
	size_t disk_count;
	const struct meter_card *cards;
	size_t card_count;
};

struct meter_snapshot {
	uint64_t at_ns;	  /* the hypervisor's system time */
	uint64_t wall_ns; /* since 1970 */
	struct paravane_meter_machine machine;
	struct paravane_meter_cpu *cpus;
	size_t cpu_count;
	struct meter_domain *domains;
	size_t domain_count;

	/* Of all domains; the domains point into these. */
	struct paravane_meter_vcpu *vcpus;
	size_t vcpu_count;
	struct meter_disk *disks;
	size_t disk_count;
	struct meter_card *cards;
	size_t card_count;
};

/* What to take besides vCPUs, domains and CPUs. */
enum meter_flags {
	METER_DEVICES = 1, /* disks and cards */
	METER_FRAMES = 2,  /* goes on with the census of frames, see below */
};

/* Where the kernel tells of its back ends. */
#define METER_SYSFS "/sys/bus/xen-backend/devices"

/*
 * store: for names; NULL: none. 0, or -errno with *s empty: -ENOSYS and
 * -EOPNOTSUPP: the hypervisor has no meters; -EPERM: this is not domain zero.
 *
 * METER_FRAMES: each such snapshot takes the census (PARAVANE_OP_meter_census)
 * further, to its end but for no longer than some 20 ms. So on a large machine
 * a domain's `info.frames` are of a while ago; `info.census_ns` says of when.
 */
int meter_take(int privcmd, struct store *store, unsigned int flags,
	       struct meter_snapshot *s);
/* Also of a snapshot that is all zero; it is so again afterwards. */
void meter_free(struct meter_snapshot *s);

/*
 * The disks and cards that `dir` (METER_SYSFS) tells of, sorted by domain and
 * device. 0 or -ENOMEM; a directory that is not there has none.
 */
int meter_read_devices(const char *dir, struct meter_snapshot *s);
/* Pure: gives each domain its vCPUs, disks and cards. */
void meter_assign(struct meter_snapshot *s);

/* Sums over a domain's vCPUs. */
struct meter_sums {
	uint64_t state_ns[PARAVANE_METER_STATES]; /* by RUNSTATE_* */
	uint64_t switches, migrations, hypercalls, faults;
	uint64_t events_sent, upcalls, grant_maps, grant_copies;
};
void meter_sum_vcpu(const struct paravane_meter_vcpu *v, struct meter_sums *m);
void meter_sum_domain(const struct meter_domain *d, struct meter_sums *m);

/*
 * Per second, between two snapshots. CPU time is in CPUs: 1.0 is one CPU for
 * all of the time.
 */
struct meter_vcpu_rate {
	double states[PARAVANE_METER_STATES]; /* by RUNSTATE_*; sum: 1.0 */
	double switches, migrations, hypercalls, faults;
	double events_sent, upcalls;
};

struct meter_disk_rate {
	double read_requests, write_requests, read_bytes, write_bytes;
};

struct meter_card_rate {
	double received_bytes, sent_bytes, received_packets, sent_packets;
};

struct meter_domain_rate {
	struct meter_vcpu_rate vcpus; /* sums over its vCPUs */
	struct meter_disk_rate disks; /* over its disks */
	struct meter_card_rate cards; /* over its cards */
};

struct meter_cpu_rate {
	double idle, switches, interrupts, ipis, tlb_flushes;
};

/* Each array runs parallel to that of the later snapshot. */
struct meter_rates {
	double seconds;
	struct meter_cpu_rate *cpus;
	struct meter_domain_rate *domains;
	struct meter_vcpu_rate *vcpus;
	struct meter_disk_rate *disks;
	struct meter_card_rate *cards;
};

/*
 * Pure. What the earlier one does not have, and a count that went back (a
 * number that was given again, a device that was attached anew), counts from 0
 * on. `before` may be NULL: all rates are since the beginning of each. 0 or
 * -ENOMEM with *r empty.
 */
int meter_rates(const struct meter_snapshot *before,
		const struct meter_snapshot *after, struct meter_rates *r);
void meter_rates_free(struct meter_rates *r);

/* "page_table", "gp"; NULL: no such kind of fault. */
const char *meter_fault_name(unsigned int fault);
/* "l1", "writable"; NULL: no such type. */
const char *meter_frames_name(unsigned int type);
/* "mmu_update"; NULL: no such hypercall. */
const char *meter_hypercall_name(unsigned int number);
/* "running", "runnable", "blocked", "offline". */
const char *meter_state_name(unsigned int state);

#endif
