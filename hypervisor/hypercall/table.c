/* SPDX-License-Identifier: MIT */
/*
 * The hypercall table, dispatch and multicall. docs/hypercalls.md is made from
 * this table and the operation tables of the subsystems.
 */
#include "event/event.h"
#include "grant/grant.h"
#include "hypercall/hypercall.h"
#include "irq/irq.h"
#include "log/log.h"
#include "lib/bitmap.h"
#include "mm/guest.h"
#include "public/paravane.h"
#include "pv/iret.h"
#include "pv/mmu.h"
#include "sched/sched.h"

#define CALL(nr, function, n, ...)                                             \
	[__HYPERVISOR_##nr] = {                                                \
		.fn = hypercall_##function,                                    \
		.name = #nr,                                                   \
		.args = n,                                                     \
		##__VA_ARGS__,                                                 \
	}

const struct hypercall hypercall_table[64] = {
	CALL(set_trap_table, set_trap_table, 1),
	CALL(mmu_update, mmu_update, 4),
	CALL(set_gdt, set_gdt, 2),
	CALL(stack_switch, stack_switch, 2),
	CALL(set_callbacks, set_callbacks, 3),
	CALL(fpu_taskswitch, fpu_taskswitch, 1),
	CALL(sched_op_compat, sched_op_compat, 2),
	CALL(platform_op, platform_op, 1),
	CALL(set_debugreg, set_debugreg, 2),
	CALL(get_debugreg, get_debugreg, 1, .any_value = true),
	CALL(update_descriptor, update_descriptor, 2),
	CALL(memory_op, memory_op, 2),
	CALL(multicall, multicall, 2),
	CALL(update_va_mapping, update_va_mapping, 3),
	CALL(set_timer_op, set_timer_op, 1),
	CALL(event_channel_op_compat, event_channel_op_compat, 1),
	CALL(xen_version, xen_version, 2),
	CALL(console_io, console_io, 3),
	CALL(grant_table_op, grant_table_op, 3),
	CALL(vm_assist, vm_assist, 2),
	CALL(update_va_mapping_otherdomain, update_va_mapping_otherdomain, 4),
	CALL(iret, iret, 0),
	CALL(vcpu_op, vcpu_op, 3),
	CALL(set_segment_base, set_segment_base, 2),
	CALL(mmuext_op, mmuext_op, 4),
	CALL(nmi_op, nmi_op, 2),
	CALL(sched_op, sched_op, 2),
	CALL(callback_op, callback_op, 2),
	CALL(event_channel_op, event_channel_op, 2),
	CALL(physdev_op, physdev_op, 2),
	CALL(sysctl, sysctl, 1),
	CALL(domctl, domctl, 1),
	CALL(mca, mca, 1),
	CALL(paravane_op, paravane_op, 2),
};

/* Remembered in each domain, so that one cannot silence the others. */
/* The number of what d has asked for in vain; -1: known, or too much. */
static int lacking_note(struct domain *d, const char *what, uint64_t op)
{
	int number = -1;
	unsigned int i;

	lock_acquire(&d->lock);
	for (i = 0; i < d->lacking_count; i++)
		if (d->lacking[i].what == what && d->lacking[i].op == op)
			break;
	if (i == d->lacking_count && i < ARRAY_SIZE(d->lacking)) {
		d->lacking[i].what = what;
		d->lacking[i].op = op;
		d->lacking_count++;
		number = (int)i;
	}
	lock_release(&d->lock);
	return number;
}

long hypercall_lacking(struct vcpu *v, const char *what, uint64_t op)
{
	struct domain *d = v->domain;
	int number = lacking_note(d, what, op);

	if (number < 0)
		return -ENOSYS;
	log_info("domain %u asks for %s %llu, which is not provided\n", d->id,
		 what, (unsigned long long)op);
	if (number == LACKING_MAX - 1)
		log_info("no more of domain %u's will be shown\n", d->id);
	return -ENOSYS;
}

/* True: *result is the guest's; false: it is to call again. */
static bool call(struct vcpu *v, uint64_t nr, uint64_t args[6], long *result)
{
	if (nr >= ARRAY_SIZE(hypercall_table) || !hypercall_table[nr].fn) {
		*result =
			hypercall_lacking(v, "hypercall", nr < 64 ? nr : ~0ull);
		return true;
	}
	v->meter.hypercalls[nr]++;
	*result = hypercall_table[nr].fn(v, args);
	return *result != -ERESTART || hypercall_table[nr].any_value;
}

void hypercall_dispatch(struct vcpu *v)
{
	struct cpu_regs *r = &v->arch.regs;
	uint32_t nr = r->rax;
	uint64_t args[6] = {r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9};
	long rc;

	if (nr == __HYPERVISOR_iret) {
		v->meter.hypercalls[__HYPERVISOR_iret]++;
		iret_hypercall(v);
		return;
	}
	if (unlikely(!call(v, nr, args, &rc))) {
		lock_assert_none_held();
		/* Back onto the two-byte syscall instruction. */
		r->rip -= 2;
		r->rdi = args[0];
		r->rsi = args[1];
		r->rdx = args[2];
		r->r10 = args[3];
		r->r8 = args[4];
		return;
	}
	lock_assert_none_held();
	r->rax = rc;
}

/* By number it is handled in dispatch; inside a multicall it makes no sense. */
long hypercall_iret(struct vcpu *v, uint64_t args[6])
{
	(void)v;
	(void)args;
	return -EINVAL;
}

/* args: entries, count */
long hypercall_multicall(struct vcpu *v, uint64_t args[6])
{
	gptr_t list = gptr(args[0]);
	uint32_t count = args[1], i;

	for (i = 0; i < count; i++) {
		struct multicall_entry e;
		gptr_t at = gptr_add(list, (uint64_t)i * sizeof(e));
		long rc = -EINVAL;
		bool done = true;

		if (i && hypercall_preempt_check())
			goto restart;
		if (guest_read_obj(&e, at))
			return -EFAULT;
		if (e.op != __HYPERVISOR_multicall)
			done = call(v, e.op, e.args, &rc);
		if (v->domain->shut_down)
			return 0;
		if (!done) {
			if (guest_write(
				    gptr_add(at,
					     offsetof(struct multicall_entry,
						      args)),
				    e.args, sizeof(e.args)))
				return -EFAULT;
			goto restart;
		}
		e.result = rc;
		if (guest_write(gptr_add(at, offsetof(struct multicall_entry,
						      result)),
				&e.result, sizeof(e.result)))
			return -EFAULT;
		/* Demotions that wait must be done before the next may. */
		if (v->demote_pending && i + 1 < count) {
			i++;
			goto restart;
		}
	}
	return 0;
restart:
	args[0] += (uint64_t)i * sizeof(struct multicall_entry);
	args[1] = count - i;
	return -ERESTART;
}
