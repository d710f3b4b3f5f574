/* SPDX-License-Identifier: MIT */
/* Which CPUs share a core and a socket. See x86/topology.c. */
#ifndef X86_TOPOLOGY_H
#define X86_TOPOLOGY_H

#include <stdint.h>
#include "x86/asm.h"

/* Bits of an APIC ID: the lowest name the thread, the next the core. */
struct topology_bits {
	uint8_t thread, core;
};

typedef struct cpuid_regs (*topology_ask)(uint32_t leaf, uint32_t subleaf);

/* What CPUID says of the CPU on which `ask` runs; all alike. */
struct topology_bits topology_read(topology_ask ask);

#endif
