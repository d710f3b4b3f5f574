/* SPDX-License-Identifier: MIT */
/*
 * What CPUs ask of each other. A request stands in the other CPU's structure
 * and an interrupt tells it to look; one that runs with interrupts off and
 * waits for something looks by itself (cpu_wait), so two CPUs that ask each
 * other do not wait for ever.
 */
#ifndef X86_IPI_H
#define X86_IPI_H

#include <stdbool.h>
#include "x86/cpu.h"

struct ipi_call {
	void (*fn)(void *arg);
	void *arg;
	uint32_t pending; /* CPUs that have not finished */
};

/*
 * Runs fn(arg) on that other CPU and returns when it is done. There, interrupts
 * are off, any lock may be held, and the stack may be deep: fn is short, takes
 * no lock and does not wait.
 */
void ipi_call(unsigned int cpu, void (*fn)(void *arg), void *arg);
/* The same without waiting: the structure is in use until pending is 0. */
void ipi_call_begin(unsigned int cpu, struct ipi_call *call);

/* What others ask of this CPU is done. */
void ipi_serve(void);

/*
 * The other CPUs flush their TLBs whose loaded vCPU `may` says so of; returns
 * when they have, how many they were.
 */
unsigned int ipi_flush(bool (*may)(const struct cpu *c, const void *arg),
		       const void *arg);

#endif
