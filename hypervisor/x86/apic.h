/* SPDX-License-Identifier: MIT */
/*
 * The local APIC of each CPU: end of interrupt, the one-shot timer, and the
 * dispatch of every vector from 0x20 upward.
 *
 * Reference: Intel SDM volume 3, chapter "APIC". Registers are reached through
 * the page that MSR_APIC_BASE names, or by MSRs if the firmware handed over
 * in x2APIC mode.
 */
#ifndef X86_APIC_H
#define X86_APIC_H

#include <stdbool.h>
#include <stdint.h>

struct acpi_info;

/*
 * Boot CPU: finds the APIC, switches it on with everything masked, and learns
 * the timer's rate (needs clock_init() done). The CPU is number 0.
 */
void apic_init_bsp(const struct acpi_info *acpi);

/* Another CPU, on itself: as the boot CPU's. */
void apic_init_ap(void);

uint32_t apic_own_id(void);
/* Does the mode that the APICs are in have a destination for it? */
bool apic_can_reach(uint32_t apic_id);
/* It gets the next number. */
void apic_cpu_add(uint32_t apic_id, uint32_t acpi_id);

/* Interrupts another CPU: a vector of ours, or an NMI. */
void apic_send(unsigned int cpu, uint8_t vector);
void apic_send_nmi(unsigned int cpu);
/*
 * This CPU interrupts itself: from an NMI, too, as it does not touch the
 * destination that apic_send() may be about to use.
 */
void apic_send_self(uint8_t vector);
/* Starts one that has no number yet, in real mode at `page` (below 1 MiB). */
void apic_send_init(uint32_t apic_id);
void apic_send_startup(uint32_t apic_id, uint64_t page);

/* This CPU's interrupt is finished. */
void apic_eoi(void);

/*
 * One-shot timer of this CPU: VECTOR_TIMER at absolute system time, at once if
 * that has passed; 0: off. A deadline beyond the counter's reach comes early,
 * which timers_run() takes in its stride.
 */
void apic_timer_set(uint64_t deadline_ns);

/* CPUs in use, and what the firmware calls them. */
unsigned int apic_cpu_count(void);
/* false: no such CPU in use. */
bool apic_cpu_ids(unsigned int cpu, uint32_t *apic_id, uint32_t *acpi_id);

/* The destination that devices shall use to interrupt `cpu`. */
uint32_t apic_destination(unsigned int cpu);

/* Every vector of 0x20..0xff, with interrupts off (x86/traps calls it). */
void interrupt_dispatch(uint8_t vector);

#endif
