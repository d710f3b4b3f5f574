/* SPDX-License-Identifier: MIT */
/* Descriptor tables and registers of a CPU. See x86/setup.c. */
#ifndef X86_SETUP_H
#define X86_SETUP_H

#include "x86/cpu.h"

#define HV_LDT 0xe050

/* The one interrupt table, before any CPU is set up. */
void idt_init(void);

/*
 * Fills the area of the CPU that will be c, at physical address paddr, through
 * a mapping of it at `area` (c itself, or another).
 */
void cpu_prepare(struct cpu *c, void *area, uint64_t paddr);

/* The running CPU is c: tables, system-call registers, memory types. */
void cpu_setup(struct cpu *c);
/* Our descriptors without any guest's. */
void cpu_load_own_gdt(struct cpu *c);
void cpu_set_ldt(struct cpu *c, uint64_t base, uint32_t limit);

#endif
