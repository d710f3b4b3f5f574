/* SPDX-License-Identifier: MIT */
/* Notices CPUs that are stuck. See x86/watchdog.c. */
#ifndef X86_WATCHDOG_H
#define X86_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

struct cpu_regs;

/* Before the other CPUs start: on, with this patience in seconds; 0: off. */
void watchdog_init(uint64_t timeout_s);
/* This CPU takes part, as soon as its timer can interrupt. */
void watchdog_start(void);

/*
 * From the NMI handler. Do not return if this CPU is stuck; else: was the NMI
 * one of the watchdog's?
 */
bool watchdog_suspected(const struct cpu_regs *r);
bool watchdog_tick(const struct cpu_regs *r);

#endif
