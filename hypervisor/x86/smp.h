/* SPDX-License-Identifier: MIT */
/* Bringing up the other CPUs. See x86/smp.c. */
#ifndef X86_SMP_H
#define X86_SMP_H

#include <stdint.h>

struct acpi_info;

/*
 * Starts CPUs until `max` (0: all) take part; what does not come up is reported
 * and left out. Each then waits for work. After sched_init().
 */
void smp_init(const struct acpi_info *acpi, uint64_t max);

#endif
