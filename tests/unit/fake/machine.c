/* SPDX-License-Identifier: MIT */
/*
 * The fake processor of fake/machine.h. The definitions are weak: a suite
 * that needs more defines its own.
 */
#include "fake/machine.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fake/clock.h"
#include "hypercall/hypercall.h"
#include "sched/sched.h"
#include "x86/clock.h"
#include "x86/dump.h"
#include "x86/hypercall_page.h"
#include "x86/machine.h"
#include "x86/ports.h"
#include "x86/reset.h"
#include "x86/tlb.h"

#define WEAK __attribute__((weak))

/* Some tests run threads. */
#define COUNT(n) __atomic_add_fetch(&(n), 1, __ATOMIC_RELAXED)

_Thread_local unsigned int fake_cpu;
unsigned int fake_cpus = 1;
void (*fake_wait_hook)(void);
unsigned int fake_requests_on[MAX_CPUS], fake_looks[MAX_CPUS];
unsigned int fake_tlb_flushes;
unsigned int fake_preempt_every;
unsigned int fake_preempt_checks;
unsigned int fake_sched_requests;
bool fake_sched_asked[MAX_CPUS];
unsigned int fake_preempt_in;
void (*fake_preempt_hook)(void);
unsigned int fake_page_flushes;
uint64_t fake_page_flushed;
unsigned int fake_gdt_loads, fake_ldt_loads;
unsigned int fake_debugreg_loads[8];
bool fake_vcpu_loaded;
int fake_gs_selector_answer;
uint16_t fake_gs_selector;
uint32_t fake_msr;
uint64_t fake_msr_value;
unsigned int fake_port_reads, fake_port_writes;
uint16_t fake_port;
unsigned int fake_port_size;
uint32_t fake_port_out, fake_port_in = ~0u;

WEAK uint64_t hv_cr3;
WEAK uint64_t hv_l4_entries[16];
WEAK uint64_t empty_page_maddr;
WEAK unsigned int phys_bits = 39;
WEAK bool option_noreboot;

WEAK unsigned int this_cpu_id(void)
{
	return fake_cpu;
}

WEAK unsigned int cpu_count(void)
{
	return fake_cpus;
}

/* Three threads a core, two cores a socket. */
WEAK struct cpu_place cpu_place(unsigned int cpu)
{
	return (struct cpu_place){
		.socket = 5 + cpu / 6,
		.core = cpu / 3 % 2,
		.thread = cpu % 3,
	};
}

WEAK void cpu_wait(void)
{
	if (fake_wait_hook)
		fake_wait_hook();
}

/* A thread stands for a CPU. */
WEAK struct cpu_locks *cpu_locks(unsigned int cpu)
{
	static _Thread_local struct cpu_locks own;

	(void)cpu;
	return &own;
}

WEAK void tlb_flush_local(void)
{
	COUNT(fake_tlb_flushes);
}

WEAK void tlb_flush_page(uint64_t va)
{
	fake_page_flushes++;
	fake_page_flushed = va;
}

WEAK void tlb_flush_domain(struct domain *d)
{
	(void)d;
	COUNT(fake_tlb_flushes);
}

WEAK void tlb_flush_vcpus(struct domain *d, uint32_t vcpus)
{
	(void)d;
	(void)vcpus;
	COUNT(fake_tlb_flushes);
}

WEAK uint32_t tlb_stamp(void)
{
	return __atomic_load_n(&fake_tlb_flushes, __ATOMIC_RELAXED);
}

WEAK void tlb_flush_since(uint32_t stamp)
{
	if (stamp == __atomic_load_n(&fake_tlb_flushes, __ATOMIC_RELAXED))
		COUNT(fake_tlb_flushes);
}

WEAK bool hypercall_preempt_check(void)
{
	unsigned int checks = COUNT(fake_preempt_checks);

	if (fake_preempt_hook)
		fake_preempt_hook();
	if (fake_preempt_in && !--fake_preempt_in)
		return true;
	return fake_preempt_every && checks % fake_preempt_every == 0;
}

WEAK void sched_request(void)
{
	sched_request_on(fake_cpu);
}

WEAK void sched_request_on(unsigned int cpu)
{
	fake_sched_asked[cpu] = true;
	if (cpu == fake_cpu)
		fake_sched_requests++;
	else
		fake_requests_on[cpu]++;
}

WEAK void cpu_counts_read(unsigned int cpu, struct cpu_counts *counts)
{
	*counts = (struct cpu_counts){
		.interrupts = 1000 + cpu,
		.ipis = 2000 + cpu,
		.tlb_flushes = 3000 + cpu,
	};
}

WEAK void cpu_look(unsigned int cpu)
{
	fake_looks[cpu]++;
}

WEAK void vcpu_enter_kernel(struct vcpu *v)
{
	v->arch.kernel_mode = 1;
}

WEAK void vcpu_enter_user(struct vcpu *v)
{
	v->arch.kernel_mode = 0;
}

WEAK void vcpu_load_cr3(struct vcpu *v)
{
	(void)v;
	COUNT(fake_tlb_flushes);
}

WEAK void vcpu_load_gdt(struct vcpu *v)
{
	(void)v;
	fake_gdt_loads++;
}

WEAK void vcpu_load_ldt(struct vcpu *v)
{
	(void)v;
	fake_ldt_loads++;
}

WEAK void vcpu_set_fs_base(struct vcpu *v, uint64_t base)
{
	v->arch.fs_base = base;
}

WEAK void vcpu_set_gs_base_kernel(struct vcpu *v, uint64_t base)
{
	v->arch.gs_base_kernel = base;
}

WEAK void vcpu_set_gs_base_user(struct vcpu *v, uint64_t base)
{
	v->arch.gs_base_user = base;
}

WEAK uint64_t vcpu_get_fs_base(struct vcpu *v)
{
	return v->arch.fs_base;
}

WEAK uint64_t vcpu_get_gs_base_kernel(struct vcpu *v)
{
	return v->arch.gs_base_kernel;
}

WEAK uint64_t vcpu_get_gs_base_user(struct vcpu *v)
{
	return v->arch.gs_base_user;
}

WEAK int vcpu_load_gs_selector(struct vcpu *v, uint16_t sel)
{
	(void)v;
	fake_gs_selector = sel;
	return fake_gs_selector_answer;
}

WEAK void vcpu_read_selectors(struct vcpu *v)
{
	(void)v;
}

WEAK void vcpu_set_ts(struct vcpu *v, bool on)
{
	v->arch.ts = on;
}

WEAK void vcpu_load_debugreg(struct vcpu *v, unsigned int reg)
{
	(void)v;
	fake_debugreg_loads[reg]++;
}

WEAK void vcpu_load_cr4(struct vcpu *v)
{
	(void)v;
}

WEAK void vcpu_unload(struct vcpu *v)
{
	(void)v;
}

WEAK bool vcpu_is_loaded(const struct vcpu *v)
{
	(void)v;
	return fake_vcpu_loaded;
}

WEAK int guest_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *value)
{
	(void)v;
	if (!fake_msr || msr != fake_msr)
		return -1;
	*value = fake_msr_value;
	return 0;
}

WEAK int guest_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value)
{
	(void)v;
	if (!fake_msr || msr != fake_msr)
		return -1;
	fake_msr_value = value;
	return 0;
}

WEAK void guest_cpuid(struct vcpu *v, uint32_t leaf, uint32_t subleaf,
		      uint32_t out[4])
{
	(void)v;
	out[0] = leaf;
	out[1] = subleaf;
	out[2] = out[3] = 0;
}

WEAK void dump_vcpu(struct vcpu *v)
{
	(void)v;
}

WEAK void machine_halt(void)
{
	fprintf(stderr, "the fake machine halts\n");
	abort();
}

WEAK void machine_restart(void)
{
	fprintf(stderr, "the fake machine restarts\n");
	abort();
}

WEAK void machine_power_off_unasked(void)
{
}

WEAK void machine_cpu_caps(uint32_t caps[8])
{
	memset(caps, 0x5a, 8 * sizeof(*caps));
}

WEAK uint64_t clock_tsc_hz(void)
{
	return FAKE_TSC_HZ;
}

WEAK void hypercall_page_fill(void *page)
{
	memset(page, 0xcc, 4096);
}

WEAK int port_read(struct domain *d, uint16_t port, unsigned int size,
		   uint32_t *value)
{
	(void)d;
	fake_port_reads++;
	fake_port = port;
	fake_port_size = size;
	*value = fake_port_in;
	return 0;
}

WEAK int port_write(struct domain *d, uint16_t port, unsigned int size,
		    uint32_t value)
{
	(void)d;
	fake_port_writes++;
	fake_port = port;
	fake_port_size = size;
	fake_port_out = value;
	return 0;
}
