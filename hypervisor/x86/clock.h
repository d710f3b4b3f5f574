/* SPDX-License-Identifier: MIT */
/*
 * The time stamp counter as the one clock: system time in nanoseconds since
 * clock_init(), by one multiplication (time/scale.h). Its frequency is told by
 * the CPU or measured against a timer of known rate.
 *
 * time_now_ns() and clock_event_program() are declared where they are used,
 * in time/time.h and here.
 */
#ifndef X86_CLOCK_H
#define X86_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include "time/scale.h"

struct acpi_info;

/* Learns the frequency; system time starts at 0. Takes about 20 ms. */
void clock_init(const struct acpi_info *acpi);

/*
 * The end of the boot: the frequency as exactly as it can be told by now, from
 * here on for ever. Rarely waits; a second at most.
 */
void clock_settle(void);

/* System time beside the platform's timer, since clock_init(). */
struct clock_drift {
	const char *by;	     /* the timer */
	uint64_t elapsed_ns; /* by it */
	int64_t ahead_ns;    /* of system time before it */
	uint64_t error_ns;   /* of that, at most */
};

/*
 * false: there is no such timer. A drift of half a wrap of the timer (2 s of a
 * PM timer of 24 bits) looks like none: at 10 ppm that takes two days.
 */
bool clock_drift(struct clock_drift *d);

/*
 * One moment in both units, for clock pages: the same moment for all of them,
 * or two CPUs would round one TSC value to different nanoseconds.
 */
void clock_origin(uint64_t *tsc, uint64_t *system_ns);

/* The counter's value at a system time, or a little after. */
uint64_t clock_tsc_at(uint64_t system_ns);

struct tsc_scale clock_scale(void);
uint64_t clock_tsc_hz(void);

/* The counter runs at one rate in every sleep state (invariant TSC). */
bool clock_tsc_is_invariant(void);

/* Busy wait, for devices that ask for it. */
void clock_delay_ns(uint64_t ns);

/* The next timer interrupt of this CPU; ~0: none needed. */
void clock_event_program(uint64_t deadline_ns);

#endif
