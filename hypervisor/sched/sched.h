/* SPDX-License-Identifier: MIT */
/*
 * The scheduler as the rest of the hypervisor sees it: a vCPU is runnable when
 * it is initialised, up, not paused and not blocked. What the toolstack may
 * set is in sched/pool.h.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include "domain/domain.h"

/* The policy of pool 0, before sched_init(). False: there is none so called. */
bool sched_choose(const char *name);
/* CPU 0 takes part. */
void sched_init(void);
/* A CPU takes part from now on, in pool 0. */
void sched_cpu_up(unsigned int cpu);
/*
 * Its vCPUs go elsewhere; the one that runs there when the CPU next chooses.
 * -EBUSY: it is the last one of a pool with domains.
 */
int sched_cpu_down(unsigned int cpu);

/* Rows of the life-cycle array. */
int sched_domain_init(struct domain *d);
int sched_vcpu_init(struct vcpu *v);
int sched_kill(struct domain *d);

/* v may have become runnable (unblocked, unpaused, brought up). */
void vcpu_wake(struct vcpu *v);

/* v may have ceased to be runnable (brought down). */
void vcpu_sleep(struct vcpu *v);

/*
 * Something for v to look at: ends a block, and a poll. Event channels call
 * it for a new upcall, and for a port that v polls (event/event.h).
 */
void vcpu_kick(struct vcpu *v);

/*
 * v leaves the CPU when it next returns to its guest; vcpu_block() does
 * nothing when there is an event that v would take.
 */
void vcpu_block(struct vcpu *v);
void vcpu_yield(struct vcpu *v);

/* Stops v running, from whatever reason; counted. */
void vcpu_pause(struct vcpu *v);
/* The same, and it does not run any more when this returns. No lock is held. */
void vcpu_pause_wait(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);

bool vcpu_runnable(const struct vcpu *v);

/*
 * Who shall run on this CPU now; charges the time. cur: who ran there, or
 * NULL. NULL: idle. v->on_cpu is true from its choice until another's there.
 */
struct vcpu *sched_pick(unsigned int cpu, struct vcpu *cur, uint64_t now_ns);

/*
 * v's state, since when (system time), and for how long it was in each before
 * that; one moment of it, also while it changes on another CPU.
 */
struct vcpu_times {
	enum vcpu_run state;
	uint64_t since_ns;
	uint64_t ns[4]; /* by enum vcpu_run */
};

void vcpu_times(const struct vcpu *v, struct vcpu_times *t);
/* Total time of v in one state until now. */
uint64_t vcpu_state_time(const struct vcpu *v, enum vcpu_run s);

/* Time for which the CPU had nobody to run, since boot. */
uint64_t sched_idle_ns(unsigned int cpu);

/* All of that at one moment, at_ns. */
struct vcpu_usage {
	uint64_t at_ns;
	enum vcpu_run state;
	unsigned int cpu;
	uint64_t state_ns[4]; /* by enum vcpu_run */
	uint64_t switches, migrations;
};
void vcpu_usage(const struct vcpu *v, struct vcpu_usage *u);

struct cpu_usage {
	uint64_t at_ns, idle_ns, switches;
	bool is_idle;
};
void sched_cpu_usage(unsigned int cpu, struct cpu_usage *u);

/* Prints what each CPU's queue holds. */
void sched_dump(void);

/* The machine: this CPU calls sched_pick() before it returns to a guest. */
void sched_request(void);
/* The same of any CPU, which may be in a guest or idle. */
void sched_request_on(unsigned int cpu);

long hypercall_sched_op(struct vcpu *v, uint64_t args[6]);
long hypercall_sched_op_compat(struct vcpu *v, uint64_t args[6]);

#endif
