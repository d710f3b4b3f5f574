/* SPDX-License-Identifier: MIT */
/*
 * The scheduler: a vCPU is runnable when it is initialised, up, not paused
 * and not blocked. Round robin with a slice of 10 ms.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include "domain/domain.h"

void sched_init(void);
int sched_vcpu_init(struct vcpu *v);
/* Ends d's watchdogs; a row of the life-cycle array. */
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
void vcpu_unpause(struct vcpu *v);

bool vcpu_runnable(const struct vcpu *v);

/* Who shall run now; charges the time. cur may be NULL. NULL: idle. */
struct vcpu *sched_pick(struct vcpu *cur, uint64_t now_ns);

/* Total time of v in one state until now. */
uint64_t vcpu_state_time(const struct vcpu *v, enum vcpu_run s);

/* Time for which this CPU had nobody to run. */
uint64_t sched_idle_ns(void);

/* Asks this CPU to call sched_pick before it returns to a guest. */
void sched_request(void);

long hypercall_sched_op(struct vcpu *v, uint64_t args[6]);
long hypercall_sched_op_compat(struct vcpu *v, uint64_t args[6]);

#endif
