/* SPDX-License-Identifier: MIT */
/* Registers, stacks and page-table walks on the console. See x86/dump.c. */
#ifndef X86_DUMP_H
#define X86_DUMP_H

#include "domain/domain.h"

/* `noreboot`: halt where we would reboot. */
extern bool option_noreboot;

/* The hypervisor's own registers and a symbolized backtrace. */
void dump_hypervisor(const struct cpu_regs *r);
/* What this CPU was doing when an NMI came, which left these registers. */
void dump_cpu(const struct cpu_regs *r);
/* A vCPU of a guest: registers, stack, walk of its faulting address. */
void dump_vcpu(struct vcpu *v);

#endif
