/* SPDX-License-Identifier: MIT */
/* How the machine ends: restart, power off, stand still. */
#ifndef X86_RESET_H
#define X86_RESET_H

#include <stdint.h>
#include "lib/macros.h"

struct acpi_info;

/* Remembers the firmware's registers. */
void reset_init(const struct acpi_info *acpi);

/* By all the ways there are, the best first. */
void machine_restart(void) __attribute__((noreturn));

void machine_halt(void) __attribute__((noreturn));

/*
 * Enters the sleep state S5 with the values that domain zero's ACPI code has
 * found for the two PM1 control registers. Returns only if the machine has
 * none (-ENODEV) or stays on (-EIO).
 */
/* As far as is known without being told; returns if it is not. */
void machine_power_off_unasked(void);

MUST_CHECK int machine_power_off(uint16_t pm1a_value, uint16_t pm1b_value);

#endif
