/* SPDX-License-Identifier: MIT */
/*
 * The machine's end: one CPU stops all others and tells what each was doing.
 * panic() itself is in log/log.h. See x86/panic.c.
 */
#ifndef X86_PANIC_H
#define X86_PANIC_H

#include <stdbool.h>
#include "lib/macros.h"

struct cpu_regs;

/* panic() where a trap brought these registers. */
void panic_at(const struct cpu_regs *r, const char *fmt, ...) PRINTF_FMT(2, 3)
	__attribute__((noreturn));

/*
 * Stops the other CPUs for ever, by NMI, whatever they do. Of several CPUs that
 * call it only the first returns.
 */
void cpus_stop(void);

/* From the NMI handler: does not return if this CPU is to stop. */
void cpus_stop_check(const struct cpu_regs *r);

/* Some CPU is stopping all: nothing else is to be reported. */
bool cpus_are_stopping(void);

#endif
