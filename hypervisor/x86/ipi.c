/* SPDX-License-Identifier: MIT */
/*
 * Requests from CPU to CPU: see x86/ipi.h.
 *
 * A flush is a count: whoever asks raises the other's flush_asked and waits
 * until flush_done has come that far, so any number of CPUs may ask at once and
 * one flush answers them all. A call is a pointer to the caller's structure,
 * one at a time for each CPU.
 */
#include "x86/ipi.h"
#include "lib/bitmap.h"
#include "x86/apic.h"
#include "x86/asm.h"
#include "x86/machine.h"
#include "x86/tlb.h"
#include "x86/vectors.h"

void ipi_serve(void)
{
	struct cpu *c = this_cpu();
	uint64_t asked = __atomic_load_n(&c->flush_asked, __ATOMIC_SEQ_CST);
	struct ipi_call *call;

	if (asked != c->flush_done) {
		tlb_flush_local();
		__atomic_store_n(&c->flush_done, asked, __ATOMIC_RELEASE);
	}
	call = __atomic_load_n(&c->call, __ATOMIC_ACQUIRE);
	if (call) {
		call->fn(call->arg);
		__atomic_store_n(&c->call, NULL, __ATOMIC_RELEASE);
		__atomic_fetch_sub(&call->pending, 1, __ATOMIC_RELEASE);
	}
}

void cpu_wait(void)
{
	ipi_serve();
	cpu_pause();
}

void ipi_call_begin(unsigned int cpu, struct ipi_call *call)
{
	struct ipi_call *none = NULL;
	struct cpu *c = cpu_by_id(cpu);

	__atomic_store_n(&call->pending, 1, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&c->call, &none, call, false,
					    __ATOMIC_ACQ_REL,
					    __ATOMIC_RELAXED)) {
		none = NULL;
		cpu_wait();
	}
	apic_send(cpu, VECTOR_IPI_SERVE);
}

void ipi_call(unsigned int cpu, void (*fn)(void *arg), void *arg)
{
	struct ipi_call call = {.fn = fn, .arg = arg};

	ipi_call_begin(cpu, &call);
	while (__atomic_load_n(&call.pending, __ATOMIC_ACQUIRE))
		cpu_wait();
}

unsigned int ipi_flush(bool (*may)(const struct cpu *c, const void *arg),
		       const void *arg)
{
	uint64_t asked[BITMAP_WORDS(MAX_CPUS)] = {0};
	unsigned int i, self = this_cpu_id(), count = 0;

	for (i = 0; i < cpu_count(); i++) {
		struct cpu *c = cpu_by_id(i);

		if (i == self || !may(c, arg))
			continue;
		__atomic_fetch_add(&c->flush_asked, 1, __ATOMIC_SEQ_CST);
		bitmap_set(asked, i);
		apic_send(i, VECTOR_IPI_SERVE);
		count++;
	}
	for (i = 0; count && i < cpu_count(); i++) {
		struct cpu *c = cpu_by_id(i);
		uint64_t until;

		if (!bitmap_test(asked, i))
			continue;
		until = __atomic_load_n(&c->flush_asked, __ATOMIC_RELAXED);
		while (__atomic_load_n(&c->flush_done, __ATOMIC_ACQUIRE) <
		       until)
			cpu_wait();
	}
	return count;
}

void cpu_look(unsigned int cpu)
{
	apic_send(cpu, VECTOR_IPI_LOOK);
}
