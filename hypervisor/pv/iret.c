/* SPDX-License-Identifier: MIT */
/*
 * iret: the guest kernel returns from a trap, a system call or an event. The
 * entry path does the common case (to user mode, nothing pending) itself; this
 * is all the rest: to kernel mode, with events masked, with something to be
 * delivered at once.
 *
 * Tests: tests/unit/hypervisor/pv/test_iret.c.
 */
#include "pv/iret.h"
#include "hypercall/hypercall.h"
#include "log/log.h"
#include "mm/guest.h"
#include "pv/bounce.h"
#include "x86/machine.h"

/* CF PF AF ZF SF TF DF OF NT RF AC ID. */
#define RFLAGS_GUEST 0x254dd5ull
#define RFLAGS_IF    (1ull << 9)

uint64_t rflags_for_guest(uint64_t rflags)
{
	return (rflags & RFLAGS_GUEST) | RFLAGS_IF | 2;
}

void iret_hypercall(struct vcpu *v)
{
	struct cpu_regs *r = &v->arch.regs;
	struct iret_context c;

	if (guest_read_obj(&c, gptr(r->rsp))) {
		domain_crash(v->domain,
			     "iret: its frame at %#llx cannot be read",
			     (unsigned long long)r->rsp);
		return;
	}
	r->rip = c.rip;
	r->cs = (c.cs & 0xffff) | 3;
	r->rflags = rflags_for_guest(c.rflags);
	r->rsp = c.rsp;
	r->ss = (c.ss & 0xffff) | 3;
	r->rax = c.rax;
	r->rcx = c.rcx;
	r->r11 = c.r11;
	v->info->evtchn_upcall_mask = !(c.rflags & RFLAGS_IF);
	if ((c.cs & 3) == 3) {
		if (!v->arch.user_cr3) {
			domain_crash(
				v->domain,
				"iret to user mode without user page tables");
			return;
		}
		vcpu_enter_user(v);
	}
}
