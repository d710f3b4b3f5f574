/* SPDX-License-Identifier: MIT */
/*
 * The scheduler on a simulated clock: up to SIM_CPUS CPUs, domains whose vCPUs
 * compute or wait, and after each event a check of what must always hold. The
 * scheduler's code is the hypervisor's own; what is simulated is the machine
 * (fake/machine.h) and what guests do.
 */
#ifndef TEST_SCHED_SIMULATION_H
#define TEST_SCHED_SIMULATION_H

#include "domain/domain.h"

#define SIM_CPUS    16
#define SIM_DOMAINS 24
#define SIM_VCPUS   96 /* of all domains */

/* How a vCPU behaves; all in ns. run_ns 0: it computes for ever. */
struct sim_habit {
	uint64_t run_ns, wait_ns;
	bool random; /* those are averages */
};

struct sim_vcpu {
	struct vcpu v;
	struct vcpu_info info;
	struct sim_habit habit;
	uint64_t left_ns;	/* until it blocks; ~0: never */
	uint64_t wake_ns;	/* while it is blocked */
	uint64_t waiting_since; /* 0: it does not wait for a CPU */
	uint64_t wait_max_ns, wake_max_ns;
	bool yields; /* where its habit says to wait */
	bool woken;  /* it waits because it woke up */
};

struct sim {
	unsigned int cpu_count; /* online */
	struct vcpu *cur[SIM_CPUS];
	struct domain *domain[SIM_DOMAINS];
	unsigned int domain_count, vcpu_count;
	struct sim_vcpu *vcpu[SIM_VCPUS];
	bool exact_work; /* idle CPUs must find who waits (policy share) */
	uint64_t random;
	uint64_t picks, moves;
	const char *broken; /* the first thing that did not hold, or NULL */
	char detail[160];
};

/* Time starts again. policy: "share" or "null". */
void sim_init(struct sim *s, unsigned int cpus, const char *policy,
	      uint64_t seed);
void sim_end(struct sim *s);

uint64_t sim_random(struct sim *s, uint64_t below);

/* A domain whose vCPUs all have the habit; they run at once. */
struct domain *sim_domain(struct sim *s, unsigned int vcpus,
			  struct sim_habit habit);
void sim_domain_end(struct sim *s, struct domain *d);

/* Time passes; false: something is broken. */
bool sim_run(struct sim *s, uint64_t ns);
/* Who was asked to choose does, and everything is checked. */
bool sim_settle(struct sim *s);

/* CPU time of all vCPUs of d. */
uint64_t sim_used(const struct domain *d);
struct sim_vcpu *sim_of(const struct vcpu *v);

#endif
