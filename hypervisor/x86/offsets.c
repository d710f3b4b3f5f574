/* SPDX-License-Identifier: MIT */
/* Structure offsets for the entry paths: compiled to text, never linked. */
#include <stddef.h>
#include "domain/domain.h"
#include "x86/cpu.h"

#define OFFSET(name, type, member)                                             \
	__asm__ volatile("\n->#define " #name " %c0"                           \
			 :                                                     \
			 : "i"(offsetof(type, member)))

void offsets(void);
void offsets(void)
{
	OFFSET(VCPU_KERNEL_MODE, struct vcpu, arch.kernel_mode);
	OFFSET(VCPU_REGS, struct vcpu, arch.regs);
	OFFSET(VCPU_RIP, struct vcpu, arch.regs.rip);
	OFFSET(VCPU_RFLAGS, struct vcpu, arch.regs.rflags);
	OFFSET(VCPU_RSP, struct vcpu, arch.regs.rsp);
	OFFSET(VCPU_REGS_ES, struct vcpu, arch.regs.es);
	OFFSET(VCPU_KERNEL_CR3, struct vcpu, arch.kernel_cr3);
	OFFSET(VCPU_USER_CR3, struct vcpu, arch.user_cr3);
	OFFSET(VCPU_KERNEL_SP, struct vcpu, arch.kernel_sp);
	OFFSET(VCPU_SYSCALL_EIP, struct vcpu, arch.syscall_eip);
	OFFSET(VCPU_SYSCALL_MASKS, struct vcpu, arch.syscall_masks);
	OFFSET(VCPU_INFO, struct vcpu, info);
	OFFSET(VCPU_NMI_PENDING, struct vcpu, nmi_pending);
	OFFSET(VCPU_DEMOTE, struct vcpu, demote_pending);
	OFFSET(CPU_VCPU, struct cpu, vcpu);
	OFFSET(CPU_SCRATCH, struct cpu, scratch_rsp);
	OFFSET(CPU_EXIT_WORK, struct cpu, exit_work);
	OFFSET(CPU_CR3, struct cpu, cr3);
	OFFSET(CPU_FLUSH_CLOCK, struct cpu, flush_clock);
}
