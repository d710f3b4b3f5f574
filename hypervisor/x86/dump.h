/* SPDX-License-Identifier: MIT */
/* Registers, stacks and page-table walks on the console. See x86/dump.c. */
#ifndef X86_DUMP_H
#define X86_DUMP_H

#include "domain/domain.h"

/* `noreboot`: halt where we would reboot. */
extern bool option_noreboot;

struct cpu;
/*
 * What a CPU that stands still was doing: whom it ran, these registers of its
 * own, and its stack.
 */
void dump_cpu(const struct cpu *c, const struct cpu_regs *r, uint64_t cr2,
	      uint64_t cr3);
/* A vCPU of a guest: registers, stack, walk of its faulting address. */
void dump_vcpu(struct vcpu *v);

#endif
