/* SPDX-License-Identifier: MIT */
/*
 * Bounce frames. The guest kernel is entered with this on its stack, lowest
 * address first: rcx, r11, [error code], rip, cs, rflags, rsp, ss. The CS slot
 * carries RPL 0 for guest-kernel mode and, in byte 4, the event mask as it
 * was; the flags' IF is its inverse.
 *
 * Tests: tests/unit/hypervisor/pv/test_bounce.c.
 */
#include "pv/bounce.h"
#include "lib/string.h"
#include "log/log.h"
#include "mm/guest.h"
#include "x86/machine.h"

#define RFLAGS_IF   (1ull << 9)
#define RFLAGS_DF   (1ull << 10)
#define RFLAGS_IOPL (3ull << 12)
#define RFLAGS_NT   (1ull << 14)
#define RFLAGS_RF   (1ull << 16)
#define RFLAGS_VM   (1ull << 17)
#define RFLAGS_AC   (1ull << 18)

#define DR6_BS (1ull << 14)

/* Ends with rip, cs, rflags, rsp, ss. */
#define FRAME_WORDS_MAX 11

struct bounce {
	uint64_t eip;
	bool mask_events;
	bool has_error;
	uint32_t error_code;
	bool has_selectors; /* the failsafe callback's ds, es, fs, gs */
};

static void bounce(struct vcpu *v, const struct bounce *b)
{
	struct cpu_regs *r = &v->arch.regs;
	uint64_t frame[FRAME_WORDS_MAX], sp;
	bool kernel = v->arch.kernel_mode;
	uint8_t mask = v->info->evtchn_upcall_mask;
	unsigned int n = 0;

	frame[n++] = r->rcx;
	frame[n++] = r->r11;
	if (b->has_error)
		frame[n++] = b->error_code;
	if (b->has_selectors) {
		frame[n++] = r->ds;
		frame[n++] = r->es;
		frame[n++] = r->fs;
		frame[n++] = r->gs;
	}
	frame[n++] = r->rip;
	frame[n++] = (r->cs & (kernel ? 0xfffc : 0xffff)) | (uint64_t)mask
								    << 32;
	frame[n++] = (r->rflags & ~(RFLAGS_IF | RFLAGS_IOPL)) |
		     (mask ? 0 : RFLAGS_IF) | (uint64_t)v->arch.iopl << 12;
	frame[n++] = r->rsp;
	frame[n++] = r->ss & 0xffff;

	sp = kernel ? r->rsp : v->arch.kernel_sp;
	sp = (sp & ~15ull) - n * sizeof(frame[0]);
	if (!kernel)
		vcpu_enter_kernel(v);
	if (!va_is_guest(sp) ||
	    guest_write(gptr(sp), frame, n * sizeof(frame[0]))) {
		domain_crash(v->domain,
			     "its kernel stack at %#llx cannot be written",
			     (unsigned long long)sp);
		return;
	}
	if (b->mask_events)
		v->info->evtchn_upcall_mask = 1;
	r->rip = b->eip;
	r->cs = FLAT_KERNEL_CS;
	r->ss = FLAT_KERNEL_SS;
	r->rsp = sp;
	r->rflags &= ~(RFLAGS_TF | RFLAGS_DF | RFLAGS_NT | RFLAGS_RF |
		       RFLAGS_VM | RFLAGS_AC | RFLAGS_IOPL);
	r->rflags |= RFLAGS_IF | 2;
}

static bool trap_has_error(unsigned int vector)
{
	return vector == X86_TRAP_DF ||
	       (vector >= X86_TRAP_TS && vector <= X86_TRAP_PF) ||
	       vector == X86_TRAP_AC;
}

static void bounce_vector(struct vcpu *v, unsigned int vector, bool has_error,
			  uint32_t error_code)
{
	const struct trap_info *t = &v->arch.traps[vector];
	struct bounce b = {
		.eip = t->address,
		.mask_events = TI_GET_IF(t),
		.has_error = has_error,
		.error_code = error_code,
	};

	if (!t->address) {
		domain_crash(v->domain,
			     "trap %u (error %#x) and no handler for it",
			     vector, error_code);
		return;
	}
	bounce(v, &b);
}

void bounce_trap(struct vcpu *v, unsigned int vector, uint32_t error_code)
{
	bounce_vector(v, vector, trap_has_error(vector), error_code);
}

void bounce_interrupt(struct vcpu *v, unsigned int vector)
{
	bounce_vector(v, vector, false, 0);
}

void bounce_single_step(struct vcpu *v)
{
	v->arch.debugreg[6] |= DR6_BS;
	bounce_trap(v, X86_TRAP_DB, 0);
}

void bounce_page_fault(struct vcpu *v, uint64_t va, uint32_t error_code)
{
	/* To the CPU all is user mode; the guest wants its own view. */
	error_code &= ~4u;
	if (!v->arch.kernel_mode)
		error_code |= 4;
	v->info->arch.cr2 = va;
	bounce_trap(v, X86_TRAP_PF, error_code);
}

void bounce_event(struct vcpu *v)
{
	struct bounce b = {.eip = v->arch.event_eip, .mask_events = true};

	v->meter.upcalls++;
	bounce(v, &b);
}

void bounce_callback(struct vcpu *v, uint64_t eip, bool mask_events)
{
	struct bounce b = {.eip = eip, .mask_events = mask_events};

	bounce(v, &b);
}

void bounce_failsafe(struct vcpu *v)
{
	struct bounce b = {
		.eip = v->arch.failsafe_eip,
		.mask_events = v->arch.failsafe_masks,
		.has_selectors = true,
	};

	if (!b.eip) {
		domain_crash(v->domain,
			     "iret to rip %#llx cs %#llx ss %#llx failed and "
			     "there is no failsafe callback",
			     (unsigned long long)v->arch.regs.rip,
			     (unsigned long long)v->arch.regs.cs,
			     (unsigned long long)v->arch.regs.ss);
		return;
	}
	vcpu_read_selectors(v);
	bounce(v, &b);
}

void bounce_nmi(struct vcpu *v)
{
	bounce_trap(v, X86_TRAP_NMI, 0);
}

void bounce_pending(struct vcpu *v)
{
	if (v->nmi_pending) {
		/* First this: the next one may come at any time. */
		v->nmi_pending = false;
		if (v->arch.traps[X86_TRAP_NMI].address) {
			bounce_nmi(v);
			return;
		}
	}
	if (v->info->evtchn_upcall_pending && !v->info->evtchn_upcall_mask &&
	    v->arch.event_eip)
		bounce_event(v);
}
