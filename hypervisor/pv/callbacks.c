/* SPDX-License-Identifier: MIT */
/*
 * The small hypercalls with which a guest says how its vCPU is to be entered
 * and what its registers are. Every address that it gives is checked here,
 * once: the entry paths rely on that (a non-canonical one would fault in
 * ring 0).
 *
 * Tests: tests/unit/hypervisor/pv/test_callbacks.c.
 */
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "log/log.h"
#include "mm/guest.h"
#include "public/callback.h"
#include "public/nmi.h"
#include "pv/bounce.h"
#include "pv/iret.h"
#include "x86/machine.h"

/* args: table, ended by address 0 */
long hypercall_set_trap_table(struct vcpu *v, uint64_t args[6])
{
	gptr_t table = gptr(args[0]);
	unsigned int i;

	if (gptr_is_null(table)) {
		memset(v->arch.traps, 0, 256 * sizeof(struct trap_info));
		return 0;
	}
	/* A table has at most 256 entries that make sense, and its end. */
	for (i = 0; i < 1024; i++) {
		struct trap_info t;

		if (guest_read_elem(&t, table, i))
			return -EFAULT;
		if (!t.address)
			return 0;
		if (!va_is_guest(t.address))
			return -EINVAL;
		t.cs |= 3;
		v->arch.traps[t.vector] = t;
	}
	return -EINVAL;
}

/* args: ss, sp */
long hypercall_stack_switch(struct vcpu *v, uint64_t args[6])
{
	/*
	 * The system-call path writes the 56 bytes below without a check; it
	 * stays outside our range if both ends do, as the range is larger.
	 */
	uint64_t sp = args[1] & ~15ull;

	if (!va_is_guest(sp - 1) || !va_is_guest(sp - 128))
		return -EINVAL;
	v->arch.kernel_ss = args[0] | 3;
	v->arch.kernel_sp = sp;
	return 0;
}

static int callback_set(struct vcpu *v, unsigned int type, uint64_t eip,
			bool mask)
{
	struct arch_vcpu *a = &v->arch;

	if (!va_is_guest(eip))
		return -EINVAL;
	switch (type) {
	case CALLBACKTYPE_event:
		a->event_eip = eip;
		return 0;
	case CALLBACKTYPE_failsafe:
		a->failsafe_eip = eip;
		a->failsafe_masks = mask;
		return 0;
	case CALLBACKTYPE_syscall:
		a->syscall_eip = eip;
		a->syscall_masks = mask;
		return 0;
	case CALLBACKTYPE_syscall32:
		a->syscall32_eip = eip;
		a->syscall32_masks = mask;
		return 0;
	case CALLBACKTYPE_sysenter:
		a->sysenter_eip = eip;
		a->sysenter_masks = mask;
		return 0;
	case CALLBACKTYPE_nmi:
		a->traps[X86_TRAP_NMI].vector = X86_TRAP_NMI;
		a->traps[X86_TRAP_NMI].flags = 4;
		a->traps[X86_TRAP_NMI].address = eip;
		return 0;
	default:
		return -ENOSYS;
	}
}

/* args: event, failsafe, syscall */
long hypercall_set_callbacks(struct vcpu *v, uint64_t args[6])
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		if (!va_is_guest(args[i]))
			return -EINVAL;
	v->arch.event_eip = args[0];
	v->arch.failsafe_eip = args[1];
	v->arch.syscall_eip = args[2];
	v->arch.failsafe_masks = v->arch.syscall_masks = 0;
	return 0;
}

/* args: command, structure */
long hypercall_callback_op(struct vcpu *v, uint64_t args[6])
{
	struct callback_register reg;
	struct callback_unregister unreg;

	switch (args[0]) {
	case CALLBACKOP_register:
		if (guest_read_obj(&reg, gptr(args[1])))
			return -EFAULT;
		return callback_set(v, reg.type, reg.address,
				    reg.flags & CALLBACKF_mask_events);
	case CALLBACKOP_unregister:
		if (guest_read_obj(&unreg, gptr(args[1])))
			return -EFAULT;
		switch (unreg.type) {
		case CALLBACKTYPE_event:
		case CALLBACKTYPE_failsafe:
		case CALLBACKTYPE_syscall:
			return -EINVAL; /* a guest cannot live without */
		default:
			return callback_set(v, unreg.type, 0, false);
		}
	default:
		return hypercall_lacking(v, "callback_op", args[0]);
	}
}

/* args: set */
long hypercall_fpu_taskswitch(struct vcpu *v, uint64_t args[6])
{
	vcpu_set_ts(v, args[0]);
	return 0;
}

/* Debug-register values that let a guest watch only its own addresses. */
static bool dr7_fix(uint64_t *dr7)
{
	unsigned int i;

	if (*dr7 >> 32)
		return false;
	*dr7 &= ~0xf800ull; /* reserved, and general detect */
	*dr7 |= 0x400;
	for (i = 0; i < 4; i++)
		if ((*dr7 >> (16 + 4 * i) & 3) == 2)
			return false; /* I/O breakpoints */
	return true;
}

/* args: register, value */
long hypercall_set_debugreg(struct vcpu *v, uint64_t args[6])
{
	uint64_t value = args[1];

	switch (args[0]) {
	case 0 ... 3:
		if (value && (!va_is_guest(value) || !va_is_guest(value + 7)))
			return -EPERM;
		break;
	case 6:
		if (value >> 32)
			return -EPERM;
		value = (value & 0xe00full) | 0xffff0ff0ull;
		break;
	case 7:
		if (!dr7_fix(&value))
			return -EPERM;
		break;
	default:
		return -EINVAL;
	}
	v->arch.debugreg[args[0]] = value;
	vcpu_load_debugreg(v, args[0]);
	return 0;
}

/* args: register */
long hypercall_get_debugreg(struct vcpu *v, uint64_t args[6])
{
	if (args[0] > 7 || args[0] == 4 || args[0] == 5)
		return -EINVAL;
	return v->arch.debugreg[args[0]];
}

/* args: which, base or selector */
long hypercall_set_segment_base(struct vcpu *v, uint64_t args[6])
{
	uint64_t base = args[1];

	if (args[0] == SEGBASE_GS_USER_SEL)
		return vcpu_load_gs_selector(v, base) ? -EINVAL : 0;
	if (!va_is_canonical(base))
		return -EINVAL;
	switch (args[0]) {
	case SEGBASE_FS:
		vcpu_set_fs_base(v, base);
		return 0;
	case SEGBASE_GS_USER:
		vcpu_set_gs_base_user(v, base);
		return 0;
	case SEGBASE_GS_KERNEL:
		vcpu_set_gs_base_kernel(v, base);
		return 0;
	default:
		return -EINVAL;
	}
}

/* args: command, type */
long hypercall_vm_assist(struct vcpu *v, uint64_t args[6])
{
	struct domain *d = v->domain;

	switch (args[1]) {
	case VMASST_TYPE_4gb_segments:
	case VMASST_TYPE_4gb_segments_notify:
	case VMASST_TYPE_writable_pagetables:
	case VMASST_TYPE_pae_extended_cr3:
	case VMASST_TYPE_runstate_update_flag:
		break;
	default:
		return -EINVAL;
	}
	switch (args[0]) {
	case VMASST_CMD_enable:
		d->vm_assist |= 1u << args[1];
		return 0;
	case VMASST_CMD_disable:
		d->vm_assist &= ~(1u << args[1]);
		return 0;
	default:
		return -ENOSYS;
	}
}

/* args: command, structure */
long hypercall_nmi_op(struct vcpu *v, uint64_t args[6])
{
	struct xennmi_callback cb;

	switch (args[0]) {
	case XENNMI_register_callback:
		if (guest_read_obj(&cb, gptr(args[1])))
			return -EFAULT;
		return callback_set(v, CALLBACKTYPE_nmi, cb.handler_address,
				    true);
	case XENNMI_unregister_callback:
		v->arch.traps[X86_TRAP_NMI].address = 0;
		return 0;
	default:
		return hypercall_lacking(v, "nmi_op", args[0]);
	}
}
