/* SPDX-License-Identifier: MIT */
/* Inside sched/: times, and SCHEDOP_poll's part of the scheduler. */
#ifndef SCHED_SLICE_H
#define SCHED_SLICE_H

#include "domain/domain.h"

/* A pool's first settings (sysctl scheduler_op changes them). */
#define SCHED_SLICE_NS 10000000ull
/* Wake-ups preempt once in so long, on average. */
#define SCHED_RATELIMIT_NS 500000ull

/*
 * v waits for `port` (~0: for any), for system time until_ns (0: for ever), or
 * for an event that it would take; false: there is one. The caller looks at
 * the ports next and cancels, or asks the scheduler to choose.
 */
MUST_CHECK bool vcpu_poll_begin(struct vcpu *v, uint32_t port,
				uint64_t until_ns);
void vcpu_poll_cancel(struct vcpu *v);

/* watchdog.c. Seconds; id 0: a new one. Its id, 0 or -errno. */
long watchdog_set(struct domain *d, uint32_t id, uint32_t timeout_s);
void watchdog_kill(struct domain *d);
/* The reason that the domain has fixed before; else `reason`. */
uint8_t shutdown_code_of(struct domain *d, uint8_t reason);
MUST_CHECK int shutdown_code_fix(struct domain *d, uint8_t reason);

#endif
