/* SPDX-License-Identifier: MIT */
/*
 * A physical CPU. Each has an area of 64 KiB, aligned to its size, that holds
 * everything of its own, so that any stack pointer in it finds the CPU:
 *
 *   0x0000  struct cpu
 *   0x1000  the system-call stubs (executable, never writable)
 *   0x2000  its page of descriptors
 *   0x4000  stack of NMI
 *   0x6000  stack of double faults
 *   0x8000  stack of debug exceptions and machine checks
 *   0xb000  the stack, 20 KiB
 *
 * What lies below each stack is not mapped: one that overflows ends in a
 * double fault and not in somebody's data.
 *
 * SYSCALL comes without a stack, hence the stubs: each CPU's LSTAR names its
 * own, which finds the structure by its distance from itself (x86/entry.S,
 * docs/adr/0024).
 */
#ifndef X86_CPU_H
#define X86_CPU_H

#define CPU_AREA_BYTES	0x10000
#define CPU_STUBS	0x1000
#define CPU_GDT		0x2000
#define CPU_IST_NMI	0x5000 /* tops, as offsets into the area */
#define CPU_IST_DF	0x7000
#define CPU_IST_DB	0x9000
#define CPU_STACK_FIRST 0xb000

/* Segment selectors of ours, above the guest's 14 descriptor pages. */
#define HV_CS	     0xe008
#define HV_DS	     0xe010
#define HV_TSS	     0xe040
#define HV_GDT_FIRST 7168 /* index of the first entry that is ours */

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>
#include "domain/meter.h"
#include "lib/lock.h"

struct vcpu;

struct tss {
	uint32_t pad0;
	uint64_t rsp0, rsp1, rsp2;
	uint64_t pad1;
	uint64_t ist[7];
	uint64_t pad2;
	uint16_t pad3, iobitmap;
} __attribute__((packed));

struct cpu_regs;

/* How a CPU stood when it was stopped: x86/panic.c. */
struct cpu_stop {
	const struct cpu_regs *regs; /* NULL: it runs */
	uint64_t cr2, cr3;
	char reason[160]; /* of a panic of its own that came second */
};

/* What flushing costs; shown by the debug key F. */
struct tlb_counts {
	uint64_t reuses;     /* tlb_flush_since() */
	uint64_t reuses_own; /* of these: this CPU flushed */
	uint64_t reuses_any; /* another had to */
	uint64_t reuse_ipis;
	uint64_t guest; /* flushes of a guest's vCPUs */
	uint64_t guest_ipis;
};

struct cpu {
	/* The system-call stubs use these two and `vcpu`. */
	uint64_t scratch_rsp;
	uint64_t entry_sp; /* &vcpu->arch.regs: a push fills .user_rsp */

	struct vcpu *vcpu;    /* whose state is loaded; entries use it */
	struct vcpu *running; /* what sched_pick() chose last */
	uint32_t exit_work;   /* CPU_WORK_*: look before returning to guest */
	uint32_t id;
	uint32_t apic_id;
	bool idle;
	bool away; /* idle, on page tables without any guest's entries */
	struct cpu_locks locks;

	/* Requests of other CPUs: x86/ipi.c. */
	uint64_t flush_asked, flush_done;
	struct ipi_call *call;

	struct cpu_counts counts; /* its own; others read them */
	struct cpu_stop stop;
	struct tlb_counts tlb;

	uint64_t *gdt;	    /* its page of descriptors */
	uint64_t gdt_entry; /* page-table entry for that */
	struct tss tss;
};

#define CPU_WORK_SCHED 1u

_Static_assert(sizeof(struct cpu) <= CPU_STUBS, "the first page of the area");

extern char cpu0_area[];

/* By number, below cpu_count(). */
struct cpu *cpu_by_id(unsigned int id);

static inline struct cpu *cpu_of_stack(uint64_t sp)
{
	return (struct cpu *)(sp & ~(uint64_t)(CPU_AREA_BYTES - 1));
}

static inline struct cpu *this_cpu(void)
{
	uint64_t sp;

	__asm__("mov %%rsp, %0" : "=r"(sp));
	return cpu_of_stack(sp);
}

#endif
#endif
