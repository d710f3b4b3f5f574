/* SPDX-License-Identifier: MIT */
/*
 * A physical CPU. Its 32 KiB area holds this structure (first page), three
 * interrupt stacks (NMI; double fault; debug and machine check) and the stack
 * proper (upper half), so that the stack pointer finds the structure. The
 * system-call entry finds it by a fixed address, as it has no stack yet.
 */
#ifndef X86_CPU_H
#define X86_CPU_H

#define CPU_AREA_BYTES 32768
#define CPU_IST_NMI    0x2000 /* tops, as offsets into the area */
#define CPU_IST_DF     0x3000
#define CPU_IST_DB     0x4000

/* Segment selectors of ours, above the guest's 14 descriptor pages. */
#define HV_CS	     0xe008
#define HV_DS	     0xe010
#define HV_TSS	     0xe040
#define HV_GDT_FIRST 7168 /* index of the first entry that is ours */

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

struct vcpu;

struct tss {
	uint32_t pad0;
	uint64_t rsp0, rsp1, rsp2;
	uint64_t pad1;
	uint64_t ist[7];
	uint64_t pad2;
	uint16_t pad3, iobitmap;
} __attribute__((packed));

struct cpu {
	struct vcpu *vcpu;    /* whose state is loaded; entries use it */
	uint64_t scratch_rsp; /* system-call entry */
	uint32_t exit_work;   /* CPU_WORK_*: look before returning to guest */
	uint32_t id;
	uint64_t flush_clock; /* tlb_clock at this CPU's last whole flush */
	uint64_t cr3;	      /* what is loaded */
	bool idle;
	uint32_t apic_id;
	uint64_t *gdt;	    /* the CPU's own page of descriptors */
	uint64_t gdt_entry; /* page-table entry for it */
	struct tss tss;
};

#define CPU_WORK_SCHED 1u

extern char cpu0_area[];

static inline struct cpu *this_cpu(void)
{
	/* One CPU is used: its area is the image's own. */
	return (struct cpu *)cpu0_area;
}

#endif
#endif
