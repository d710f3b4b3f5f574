/* SPDX-License-Identifier: MIT */
/*
 * What a vCPU is to the machine: its registers, page-table roots, descriptor
 * tables, callbacks. The entry paths (x86/entry.S) know these offsets through
 * x86/offsets.c.
 */
#ifndef X86_VCPU_H
#define X86_VCPU_H

#include <stdbool.h>
#include <stdint.h>
#include "public/xen.h"

/*
 * The guest's registers while it is not running, in the order of the public
 * cpu_user_regs: what the entry paths push is at once the ABI's structure.
 */
struct cpu_regs {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
	uint64_t rax, rcx, rdx, rsi, rdi;
	uint32_t error_code, vector;
	uint64_t rip, cs, rflags, rsp, ss;
	uint64_t es, ds, fs, gs; /* not pushed; saved on a switch */
};

_Static_assert(sizeof(struct cpu_regs) == 200, "as the public structure");

#define GDT_FRAMES 16 /* the 14 that a guest can give, and two of ours */
#define LDT_FRAMES 16

/* Spare bytes below a vCPU for exceptions that nest there (x86/entry.S). */
#define VCPU_NEST_BYTES	 2048
#define VCPU_BLOCK_BYTES 8192

struct arch_vcpu {
	/* The guest's stack pointer at SYSCALL. */
	uint64_t user_rsp;
	/*
	 * Exceptions from the guest push straight into this. The address of
	 * .es is TSS.rsp0 and must be a multiple of 16. A fault of the last
	 * iretq overwrites all from user_rsp to regs.vector.
	 */
	struct cpu_regs regs;
	/* 1: in guest-kernel mode; 0: in guest-user mode. */
	uint8_t kernel_mode;
	uint8_t pad[7];

	/* While it is loaded on a CPU. */
	uint64_t stack_top;  /* that CPU's */
	uint64_t flush_seen; /* tlb_clock at the last flush (x86/tlb.c) */
	int32_t loaded_on;   /* the CPU's number; -1: none */

	uint64_t kernel_cr3, user_cr3; /* machine addresses; user 0: none */
	uint64_t kernel_sp;	       /* checked by stack_switch */
	uint64_t kernel_ss;
	uint64_t syscall_eip;
	uint64_t event_eip, failsafe_eip, nmi_eip;
	uint64_t sysenter_eip, syscall32_eip;
	uint8_t syscall_masks, failsafe_masks; /* mask events on entry */
	uint8_t sysenter_masks, syscall32_masks;
	uint8_t iopl;
	uint8_t ts;	    /* the guest's CR0.TS */
	uint8_t fpu_used;   /* (diagnostics) */
	uint8_t in_syscall; /* reserved */

	/* Valid while the vCPU is not loaded on a CPU. */
	uint64_t fs_base, gs_base_kernel, gs_base_user;

	uint64_t cr4; /* the guest's view */
	uint64_t debugreg[8];
	struct trap_info *traps; /* 256 entries */

	/* Descriptor tables. */
	uint64_t gdt_frames[14]; /* MFNs, typed SEGDESC */
	uint32_t gdt_entries;
	uint32_t ldt_entries;
	uint64_t ldt_base;
	uint64_t *tables_l1; /* 32 entries of the per-domain area: GDT, LDT */
	uint64_t gdt_va;

	/* ioperm: guest address and size of the user I/O bitmap. */
	uint64_t iobitmap_va;
	uint32_t iobitmap_ports;
	uint32_t vm86_pad;

	uint8_t fpu[512] __attribute__((aligned(64)));
};

/* The page-table root for the mode that the vCPU is in. */
static inline uint64_t arch_vcpu_cr3(const struct arch_vcpu *a)
{
	return a->kernel_mode ? a->kernel_cr3 : a->user_cr3;
}

#endif
