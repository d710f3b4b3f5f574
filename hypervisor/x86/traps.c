/* SPDX-License-Identifier: MIT */
/*
 * Exceptions: whose they are and what becomes of them. From a guest: emulated
 * (privileged instructions, writes to page tables, descriptor windows) or
 * bounced to it. From the hypervisor: fixed up by table, or the end.
 */
#include "x86/traps.h"
#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "log/log.h"
#include "pv/bounce.h"
#include "pv/descriptor.h"
#include "pv/emulate.h"
#include "pv/iret.h"
#include "x86/asm.h"
#include "x86/cpu.h"
#include "x86/machine.h"
#include "x86/nmi.h"
#include "x86/panic.h"

#define PF_PRESENT 1u
#define PF_WRITE   2u
#define PF_USER	   4u
#define PF_RSVD	   8u
#define PF_FETCH   16u

struct fixup {
	uint64_t from, to;
};

extern const struct fixup fixup_start[], fixup_end[];

void trap_from_guest(struct vcpu *v);
void trap_from_hypervisor(struct cpu_regs *r);
void syscall_from_user_slow(struct vcpu *v);
void syscall_stack_fault(struct vcpu *v);
void syscall32_from_user(struct vcpu *v);
void sysenter_from_user(struct vcpu *v);
void iret_failed(struct vcpu *v);
void interrupt_dispatch(uint8_t vector);

/* Is va in v's LDT window? Its offset there. */
static bool in_ldt_window(const struct vcpu *v, uint64_t va, uint64_t *offset)
{
	uint64_t base = v->arch.gdt_va + GDT_FRAMES * PAGE_SIZE;

	*offset = va - base;
	return va >= base && va < base + LDT_FRAMES * PAGE_SIZE;
}

static void page_fault(struct vcpu *v)
{
	uint32_t error = v->arch.regs.error_code;
	uint64_t va = read_cr2(), offset;

	if (unlikely(error & PF_RSVD)) {
		domain_crash(v->domain,
			     "a page table of its own has reserved bits set "
			     "(address %#llx)",
			     (unsigned long long)va);
		return;
	}
	if (unlikely(!va_is_guest(va))) {
		/* A segment load reads descriptors with our rights. */
		if (!(error & PF_USER) && in_ldt_window(v, va, &offset) &&
		    ldt_fault(v, offset)) {
			v->meter.faults[PARAVANE_FAULT_page_ldt]++;
			return;
		}
		/* Not told apart: the guest sees "not present". */
		error &= ~PF_PRESENT;
	} else if ((error & (PF_PRESENT | PF_WRITE)) ==
			   (PF_PRESENT | PF_WRITE) &&
		   v->arch.kernel_mode && emulate_table_write(v, va)) {
		v->meter.faults[PARAVANE_FAULT_page_table]++;
		return;
	}
	v->meter.faults[PARAVANE_FAULT_page]++;
	bounce_page_fault(v, va, error);
}

static void debug_trap(struct vcpu *v)
{
	uint64_t dr6;

	__asm__ volatile("mov %%dr6, %0" : "=r"(dr6));
	__asm__ volatile("mov %0, %%dr6" : : "r"(0xffff0ff0ul));
	v->arch.debugreg[6] |= dr6 & 0xe00f;
	v->meter.faults[PARAVANE_FAULT_debug]++;
	bounce_trap(v, X86_TRAP_DB, 0);
}

static void no_math(struct vcpu *v)
{
	v->meter.faults[PARAVANE_FAULT_no_math]++;
	if (!v->arch.ts)
		return;
	vcpu_set_ts(v, false);
	bounce_trap(v, X86_TRAP_NM, 0);
}

static void protection_fault(struct vcpu *v)
{
	if (emulate_privileged(v)) {
		v->meter.faults[PARAVANE_FAULT_gp_emulated]++;
		return;
	}
	v->meter.faults[PARAVANE_FAULT_gp]++;
	bounce_trap(v, X86_TRAP_GP, v->arch.regs.error_code);
}

static void invalid_opcode(struct vcpu *v)
{
	if (emulate_forced(v)) {
		v->meter.faults[PARAVANE_FAULT_ud_emulated]++;
		return;
	}
	v->meter.faults[PARAVANE_FAULT_ud]++;
	bounce_trap(v, X86_TRAP_UD, 0);
}

void trap_from_guest(struct vcpu *v)
{
	unsigned int vector = v->arch.regs.vector;

	if (vector >= 32) {
		interrupt_dispatch(vector);
		return;
	}
	switch (vector) {
	case X86_TRAP_PF:
		page_fault(v);
		break;
	case X86_TRAP_GP:
		protection_fault(v);
		break;
	case X86_TRAP_UD:
		invalid_opcode(v);
		break;
	case X86_TRAP_NM:
		no_math(v);
		break;
	case X86_TRAP_DB:
		debug_trap(v);
		break;
	case X86_TRAP_NMI:
		nmi_handle(&v->arch.regs);
		/* It may be long until this CPU returns to a guest. */
		nmi_unmask();
		break;
	case X86_TRAP_MC:
		panic_at(&v->arch.regs, "machine check in a guest\n");
	default:
		v->meter.faults[PARAVANE_FAULT_other]++;
		bounce_trap(v, vector, v->arch.regs.error_code);
		break;
	}
}

static const struct fixup *fixup_find(uint64_t rip)
{
	size_t bytes = (uintptr_t)fixup_end - (uintptr_t)fixup_start, i;

	for (i = 0; i < bytes / sizeof(fixup_start[0]); i++)
		if (fixup_start[i].from == rip)
			return &fixup_start[i];
	return NULL;
}

void trap_from_hypervisor(struct cpu_regs *r)
{
	const struct fixup *f;
	struct vcpu *v = this_cpu()->vcpu;
	uint64_t offset;

	if (r->vector >= 32) {
		interrupt_dispatch(r->vector);
		return;
	}
	switch (r->vector) {
	case X86_TRAP_DB:
		/* A guest's breakpoint or single step that reached us. */
		__asm__ volatile("mov %0, %%dr6" : : "r"(0xffff0ff0ul));
		r->rflags &= ~(1ull << 8);
		return;
	case X86_TRAP_NMI:
		nmi_handle(r);
		return;
	case X86_TRAP_PF:
		/* Loading a guest's selector or iret read its LDT. */
		if (v && in_ldt_window(v, read_cr2(), &offset) &&
		    ldt_fault(v, offset))
			return;
		break;
	case X86_TRAP_MC:
		panic_at(r, "machine check in the hypervisor\n");
	case X86_TRAP_DF:
		panic_at(r, "double fault in the hypervisor at %#llx\n",
			 (unsigned long long)r->rip);
	default:
		break;
	}
	f = fixup_find(r->rip);
	if (f) {
		r->rip = f->to;
		return;
	}
	panic_at(r,
		 "trap %u (error %#x) in the hypervisor at %#llx, address "
		 "%#llx\n",
		 r->vector, r->error_code, (unsigned long long)r->rip,
		 (unsigned long long)read_cr2());
}

/* A system call that the fast path left to us. */
void syscall_from_user_slow(struct vcpu *v)
{
	if (!v->arch.syscall_eip) {
		domain_crash(v->domain, "a system call and no callback for it");
		return;
	}
	bounce_callback(v, v->arch.syscall_eip, v->arch.syscall_masks);
}

void syscall_stack_fault(struct vcpu *v)
{
	domain_crash(v->domain, "its kernel stack at %#llx cannot be written",
		     (unsigned long long)v->arch.kernel_sp);
}

void syscall32_from_user(struct vcpu *v)
{
	struct cpu_regs *r = &v->arch.regs;

	r->rip = (uint32_t)r->rip;
	r->rsp = (uint32_t)r->rsp;
	if (!v->arch.kernel_mode && v->arch.syscall32_eip) {
		bounce_callback(v, v->arch.syscall32_eip,
				v->arch.syscall32_masks);
		return;
	}
	r->rip -= 2;
	bounce_trap(v, X86_TRAP_UD, 0);
}

void sysenter_from_user(struct vcpu *v)
{
	v->arch.regs.rflags =
		rflags_for_guest(v->arch.regs.rflags) & ~0x4100ull;
	if (!v->arch.kernel_mode && v->arch.sysenter_eip) {
		bounce_callback(v, v->arch.sysenter_eip,
				v->arch.sysenter_masks);
		return;
	}
	bounce_trap(v, X86_TRAP_GP, 0);
}

/* iretq faulted on the guest's frame; its registers are saved again. */
void iret_failed(struct vcpu *v)
{
	if (v->arch.failsafe_eip) {
		bounce_failsafe(v);
		return;
	}
	domain_crash(v->domain, "cannot return to rip %#llx cs %#llx ss %#llx",
		     (unsigned long long)v->arch.regs.rip,
		     (unsigned long long)v->arch.regs.cs,
		     (unsigned long long)v->arch.regs.ss);
}
