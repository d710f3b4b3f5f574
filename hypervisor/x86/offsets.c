/* SPDX-License-Identifier: MIT */
/* Structure offsets for the entry paths: compiled to text, never linked. */
#include <stddef.h>
#include "domain/domain.h"
#include "x86/cpu.h"

#define OFFSET(name, type, member)                                             \
	__asm__ volatile("\n->#define " #name " %c0"                           \
			 :                                                     \
			 : "i"(offsetof(type, member)))

#define CONSTANT(name)                                                         \
	__asm__ volatile("\n->#define " #name " %c0" : : "i"(name))

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
	OFFSET(VCPU_ATTENTION, struct vcpu, attention);
	OFFSET(VCPU_DEMOTE, struct vcpu, demote_pending);
	OFFSET(VCPU_USER_RSP, struct vcpu, arch.user_rsp);
	OFFSET(VCPU_FLUSH_SEEN, struct vcpu, arch.flush_seen);
	OFFSET(VCPU_STACK_TOP, struct vcpu, arch.stack_top);
	CONSTANT(VCPU_NEST_BYTES);
	CONSTANT(VCPU_BLOCK_BYTES);
	OFFSET(CPU_SCRATCH, struct cpu, scratch_rsp);
	OFFSET(CPU_ENTRY_SP, struct cpu, entry_sp);
	OFFSET(CPU_VCPU, struct cpu, vcpu);
}
