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

unsigned int fake_tlb_flushes;
unsigned int fake_preempt_every;
unsigned int fake_preempt_checks;
unsigned int fake_sched_requests;
void (*fake_preempt_hook)(void);

WEAK uint64_t hv_cr3;
WEAK uint64_t hv_l4_entries[16];
WEAK uint64_t empty_page_maddr;
WEAK unsigned int phys_bits = 39;
WEAK bool option_noreboot;

WEAK void tlb_flush_local(void)
{
	fake_tlb_flushes++;
}

WEAK void tlb_flush_page(uint64_t va)
{
	(void)va;
}

WEAK void tlb_flush_domain(struct domain *d)
{
	(void)d;
	fake_tlb_flushes++;
}

WEAK uint32_t tlb_stamp(void)
{
	return fake_tlb_flushes;
}

WEAK void tlb_flush_since(uint32_t stamp)
{
	if (stamp == fake_tlb_flushes)
		fake_tlb_flushes++;
}

WEAK bool hypercall_preempt_check(void)
{
	fake_preempt_checks++;
	if (fake_preempt_hook)
		fake_preempt_hook();
	return fake_preempt_every &&
	       fake_preempt_checks % fake_preempt_every == 0;
}

WEAK void sched_request(void)
{
	fake_sched_requests++;
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
	fake_tlb_flushes++;
}

WEAK void vcpu_load_gdt(struct vcpu *v)
{
	(void)v;
}

WEAK void vcpu_load_ldt(struct vcpu *v)
{
	(void)v;
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
	(void)sel;
	return 0;
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
	(void)reg;
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
	return false;
}

WEAK int guest_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *value)
{
	(void)v;
	(void)msr;
	(void)value;
	return -1;
}

WEAK int guest_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value)
{
	(void)v;
	(void)msr;
	(void)value;
	return -1;
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
	(void)port;
	(void)size;
	*value = ~0u;
	return 0;
}

WEAK int port_write(struct domain *d, uint16_t port, unsigned int size,
		    uint32_t value)
{
	(void)d;
	(void)port;
	(void)size;
	(void)value;
	return 0;
}
