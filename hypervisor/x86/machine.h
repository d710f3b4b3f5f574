/* SPDX-License-Identifier: MIT */
/*
 * What the portable subsystems ask of the machine, beside the TLB (x86/tlb.h)
 * and the devices.
 */
#ifndef X86_MACHINE_H
#define X86_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

struct cpu_locks;
struct domain;
struct vcpu;

/* Physical CPUs have numbers from 0, the boot CPU's, to cpu_count() - 1. */
#define MAX_CPUS 256
unsigned int this_cpu_id(void);
/* Those that take part. */
unsigned int cpu_count(void);

/* Where a CPU sits, as CPUID tells. */
struct cpu_place {
	uint32_t socket, core, thread;
};
struct cpu_place cpu_place(unsigned int cpu);

/*
 * One round of waiting for another CPU. It may be waiting for us to serve a
 * request of its own, which an interrupt cannot bring as long as interrupts
 * are off: so that is done here. Every loop that waits calls it.
 */
void cpu_wait(void);

/* That CPU, another one, looks at its vCPU's events before it goes on. */
void cpu_look(unsigned int cpu);

/*
 * That CPU, this one or another, calls sched_pick() before it returns to a
 * guest or goes on idling.
 */
void sched_request_on(unsigned int cpu);

/* What that CPU, below cpu_count() or this one, knows of its locks. */
struct cpu_locks *cpu_locks(unsigned int cpu);

/* What that CPU counted of itself. */
struct cpu_counts;
void cpu_counts_read(unsigned int cpu, struct cpu_counts *counts);

/* The loaded vCPU changes between its two modes: page tables and GS base. */
void vcpu_enter_kernel(struct vcpu *v);
void vcpu_enter_user(struct vcpu *v);
/* The loaded vCPU's page-table root of this mode has changed. */
void vcpu_load_cr3(struct vcpu *v);

/* The loaded vCPU's descriptor-table registers. */
void vcpu_load_gdt(struct vcpu *v);
void vcpu_load_ldt(struct vcpu *v);

/* Segment bases and selectors of the loaded vCPU; canonical addresses. */
void vcpu_set_fs_base(struct vcpu *v, uint64_t base);
void vcpu_set_gs_base_kernel(struct vcpu *v, uint64_t base);
void vcpu_set_gs_base_user(struct vcpu *v, uint64_t base);
uint64_t vcpu_get_fs_base(struct vcpu *v);
uint64_t vcpu_get_gs_base_kernel(struct vcpu *v);
uint64_t vcpu_get_gs_base_user(struct vcpu *v);
/* 0, or -1 when it does not load (then it is the null selector). */
int vcpu_load_gs_selector(struct vcpu *v, uint16_t sel);
/* ds, es, fs, gs as they are now, into v->arch.regs. */
void vcpu_read_selectors(struct vcpu *v);

void vcpu_set_ts(struct vcpu *v, bool on);
void vcpu_load_debugreg(struct vcpu *v, unsigned int reg);
void vcpu_load_cr4(struct vcpu *v);

/*
 * The state of a vCPU that does not run, but may be loaded on this CPU or
 * another: into the structure.
 */
void vcpu_unload(struct vcpu *v);
/* Is v's state on this CPU now? */
bool vcpu_is_loaded(const struct vcpu *v);

/* The page-table root that holds only the hypervisor. */
extern uint64_t hv_cr3;
/* Its L4 entries 256..271: copied into every guest's. */
extern uint64_t hv_l4_entries[16];

/* A page of zeroes, for the holes of a descriptor table. */
extern uint64_t empty_page_maddr;

/* Physical address width in bits. */
extern unsigned int phys_bits;

/* Emulated reads and writes for guests: 0, or -1: raise #GP. */
int guest_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *value);
int guest_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value);
void guest_cpuid(struct vcpu *v, uint32_t leaf, uint32_t subleaf,
		 uint32_t out[4]);

/* The CPU's capability words, as sysctl physinfo tells them. */
void machine_cpu_caps(uint32_t caps[8]);

#endif
