/* SPDX-License-Identifier: MIT */
/*
 * Hypercall dispatch. A handler gets its caller and six arguments; what it
 * returns goes to the guest, except -ERESTART: then the guest executes the
 * same hypercall again with the arguments as the handler left them. A row
 * that says any_value returns words that may look like -ERESTART, and is
 * never to be continued.
 */
#ifndef HYPERCALL_HYPERCALL_H
#define HYPERCALL_HYPERCALL_H

#include "domain/domain.h"

typedef long hypercall_fn(struct vcpu *v, uint64_t args[6]);

struct hypercall {
	hypercall_fn *fn;
	const char *name;
	unsigned int args; /* count; the rest are not looked at */
	bool any_value;	   /* returns a word of the guest's: no status in it */
};

extern const struct hypercall hypercall_table[64];

/* From the entry path: v->arch.regs holds the call. */
void hypercall_dispatch(struct vcpu *v);

/*
 * Should a long operation stop here and be continued later? Lets pending
 * interrupts in: only to be called with no lock held but domctl_lock
 * (lock_assert_interruptible).
 */
bool hypercall_preempt_check(void);

/*
 * An operation that we lack: -ENOSYS. Logged once for each domain, and no
 * more than LACKING_MAX of one domain.
 */
long hypercall_lacking(struct vcpu *v, const char *what, uint64_t op);

hypercall_fn hypercall_multicall, hypercall_xen_version, hypercall_console_io,
	hypercall_memory_op, hypercall_set_trap_table, hypercall_stack_switch,
	hypercall_set_callbacks, hypercall_fpu_taskswitch,
	hypercall_set_debugreg, hypercall_get_debugreg, hypercall_set_timer_op,
	hypercall_vm_assist, hypercall_iret, hypercall_vcpu_op,
	hypercall_set_segment_base, hypercall_nmi_op, hypercall_callback_op,
	hypercall_sysctl, hypercall_domctl, hypercall_platform_op,
	hypercall_mca, hypercall_paravane_op;

#endif
