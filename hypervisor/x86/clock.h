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

/* One moment in both units. */
void clock_read(uint64_t *tsc, uint64_t *system_ns);

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
