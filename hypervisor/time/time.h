/* SPDX-License-Identifier: MIT */
/*
 * System time (ns since boot, monotonic), timers, wall clock and the guests'
 * clock pages.
 */
#ifndef TIME_TIME_H
#define TIME_TIME_H

#include "domain/domain.h"

/* Nanoseconds since boot. x86/clock.c reads the TSC. */
uint64_t time_now_ns(void);

void timer_init(struct timer *t, void (*fire)(struct timer *));
/* Arms (or re-arms) for absolute system time; in the past: fires soon. */
void timer_set(struct timer *t, uint64_t expires_ns);
void timer_stop(struct timer *t);
/*
 * The same, and it does not fire on another CPU either when this returns: for
 * who frees it. No lock is held.
 */
void timer_end(struct timer *t);

/* Fires what is due on this CPU. Called by the timer interrupt. */
void timers_run(uint64_t now_ns);
/* This CPU's earliest deadline, ~0: none. */
uint64_t timers_next(void);

/*
 * Fills v's vcpu_time_info: once for each place where it lies, as a stamp stays
 * right for ever. Not before the clock is settled.
 */
void time_stamp_vcpu(struct vcpu *v);
/*
 * The same for an area in the loaded guest's own memory. -EFAULT: it cannot be
 * written there.
 */
MUST_CHECK int time_stamp_area(gptr_t to);
/* Writes d's wall clock fields. */
void time_update_wallclock(struct domain *d);
/* d->shared is NULL from now on, and nobody writes the time there. */
void time_end_wallclock(struct domain *d);
/* Sets the wall clock: secs/ns at system time. */
void time_set_wallclock(uint64_t seconds, uint32_t ns, uint64_t system_ns);
/*
 * May the wall clock be set so? -EINVAL: a second has fewer nanoseconds, or
 * system time 0 would lie before 1970 or after 2554.
 */
MUST_CHECK int time_check_wallclock(uint64_t seconds, uint32_t ns,
				    uint64_t system_ns);
/* Boot: what the machine's own clock says now (x86/cmos.c). */
void time_init_wallclock(uint64_t seconds_now);
/* Wall clock seconds at boot. */
uint64_t time_wallclock_boot_s(void);

#endif
