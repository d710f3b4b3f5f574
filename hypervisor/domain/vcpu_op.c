/* SPDX-License-Identifier: MIT */
/*
 * vcpu_op and set_timer_op: a domain's vCPUs come up and go down, register
 * their information pages and have timers.
 *
 * Tests: tests/unit/hypervisor/domain/test_vcpu_op.c.
 */
#include "domain/lifecycle.h"
#include "event/event.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "log/log.h"
#include "mm/alloc.h"
#include "mm/guest.h"
#include "public/sched.h"
#include "public/vcpu.h"
#include "sched/sched.h"
#include "time/time.h"
#include "x86/apic.h"
#include "x86/machine.h"
#include "x86/switch.h"

/* Shorter periods would only be a way to keep us busy. */
#define PERIOD_MIN_NS 1000000ull
/* Longer than any machine runs; sums with it do not wrap. */
#define PERIOD_MAX_NS (1ull << 62)

static struct vcpu *vcpu_of(struct domain *d, uint64_t id)
{
	return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

static void singleshot_fires(struct timer *t)
{
	struct vcpu *v = container_of(t, struct vcpu, singleshot);

	event_send_vcpu_virq(v, VIRQ_TIMER);
}

/*
 * A vCPU that does not run has its event, and needs no more of them: its timer
 * rests until it runs, or the interrupts would be at the cost of others. Here
 * `rests` is set before the look at on_cpu; who comes on a CPU does it
 * reversed.
 */
static void periodic_fires(struct timer *t)
{
	struct vcpu *v = container_of(t, struct vcpu, periodic);

	event_send_vcpu_virq(v, VIRQ_TIMER);
	if (!v->periodic_ns)
		return;
	__atomic_store_n(&v->periodic_rests, true, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&v->on_cpu, __ATOMIC_SEQ_CST))
		vcpu_periodic_go_on(v);
}

void vcpu_periodic_go_on(struct vcpu *v)
{
	if (__atomic_exchange_n(&v->periodic_rests, false, __ATOMIC_SEQ_CST) &&
	    v->periodic_ns)
		timer_set(&v->periodic, time_now_ns() + v->periodic_ns);
}

void vcpu_timers_init(struct vcpu *v)
{
	timer_init(&v->singleshot, singleshot_fires);
	timer_init(&v->periodic, periodic_fires);
}

static long initialise(struct vcpu *target, gptr_t arg)
{
	struct vcpu_guest_context *c;
	int rc = -EEXIST;

	if (target->initialised)
		return rc;
	c = hv_page_alloc(1);
	if (!c)
		return -ENOMEM;
	rc = guest_read_obj(c, arg) ? -EFAULT : vcpu_initialise(target, c);
	hv_page_free(c, 1);
	/* The context may say that it is up. */
	if (!rc)
		vcpu_wake(target);
	return rc;
}

static long up(struct vcpu *target)
{
	if (!target->initialised)
		return -EINVAL;
	target->up = true;
	vcpu_wake(target);
	return 0;
}

static long down(struct vcpu *v, struct vcpu *target)
{
	struct domain *d = v->domain;
	bool any = false;
	unsigned int i;

	for (i = 0; i < d->max_vcpus; i++)
		any |= d->vcpu[i] && d->vcpu[i] != target && d->vcpu[i]->up;
	/* Its last vCPU: the domain ends itself. */
	if (!any) {
		domain_shutdown(d, SHUTDOWN_poweroff);
		return 0;
	}
	target->up = false;
	vcpu_sleep(target);
	return 0;
}

/* Its times as they were when it came into its state. */
static void runstate_fill(struct vcpu *v, struct vcpu_runstate_info *r)
{
	struct vcpu_times t;

	vcpu_times(v, &t);
	memset(r, 0, sizeof(*r));
	r->state = t.state;
	r->state_entry_time = t.since_ns;
	memcpy(r->time, t.ns, sizeof(r->time));
}

/* The same, with what has passed since then. */
static void runstate_fill_now(struct vcpu *v, struct vcpu_runstate_info *r)
{
	uint64_t now_ns;

	runstate_fill(v, r);
	now_ns = time_now_ns();
	if (now_ns > r->state_entry_time)
		r->time[r->state] += now_ns - r->state_entry_time;
}

/*
 * With the assist, a reader on another vCPU takes the entry time before and
 * after the rest: so it says first that the rest changes, and last when.
 */
void vcpu_write_runstate(struct vcpu *v)
{
	gptr_t area = gptr(v->runstate_va);
	gptr_t entry = gptr_add(
		area, offsetof(struct vcpu_runstate_info, state_entry_time));
	struct vcpu_runstate_info r;

	runstate_fill(v, &r);
	v->state_written =
		vcpu_state_stamp((enum vcpu_run)r.state, r.state_entry_time);
	if (!v->runstate_va)
		return;
	/* A guest that unmapped its own area misses the update. */
	if (!(v->domain->vm_assist & 1u << VMASST_TYPE_runstate_update_flag)) {
		(void)!guest_write_obj(area, &r);
		return;
	}
	r.state_entry_time |= XEN_RUNSTATE_UPDATE;
	if (guest_write_obj(entry, &r.state_entry_time) ||
	    guest_write_obj(area, &r))
		return;
	r.state_entry_time &= ~XEN_RUNSTATE_UPDATE;
	(void)!guest_write_obj(entry, &r.state_entry_time);
}

static long runstate_register(struct vcpu *target, gptr_t arg)
{
	struct vcpu_register_runstate_memory_area area;
	struct vcpu_runstate_info r;

	if (guest_read_obj(&area, arg))
		return -EFAULT;
	runstate_fill(target, &r);
	/* Before it is known: whoever runs the target writes there, too. */
	if (guest_write_obj(gptr(area.addr.v), &r))
		return -EFAULT;
	target->runstate_va = area.addr.v;
	return 0;
}

static long time_area_register(gptr_t arg)
{
	struct vcpu_register_time_memory_area area;

	if (guest_read_obj(&area, arg))
		return -EFAULT;
	return time_stamp_area(gptr(area.addr.v));
}

static long info_register(struct vcpu *v, struct vcpu *target, gptr_t arg)
{
	struct vcpu_register_vcpu_info reg;
	struct vcpu_info *new, *old = target->info;
	struct frame *none = NULL;
	int rc;

	if (guest_read_obj(&reg, arg))
		return -EFAULT;
	/*
	 * Within the page, and its words aligned, as we change them atomically.
	 * (Kernels place it as any variable of theirs: at multiples of 8.)
	 */
	if (reg.offset > PAGE_SIZE - sizeof(*new) ||
	    reg.offset % _Alignof(struct vcpu_info))
		return -EINVAL;
	/* Once; and not under a vCPU that may be using the old one. */
	if (target->info_frame || (target != v && target->up))
		return -EINVAL;
	rc = frame_get_writable(mfn(reg.mfn), target->domain);
	if (rc)
		return rc == -ERESTART ? -EINVAL : rc;
	/* Another vCPU may be doing the same. */
	if (!__atomic_compare_exchange_n(&target->info_frame, &none,
					 frame_of(mfn(reg.mfn)), false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		frame_put_writable(frame_of(mfn(reg.mfn)));
		return -EINVAL;
	}
	new = (struct vcpu_info *)((char *)mfn_to_virt(mfn(reg.mfn)) +
				   reg.offset);
	memcpy(new, old, sizeof(*new));
	__atomic_store_n(&target->info, new, __ATOMIC_RELEASE);
	event_vcpu_info_moved(target);
	time_stamp_vcpu(target);
	return 0;
}

static long periodic_set(struct vcpu *target, gptr_t arg)
{
	struct vcpu_set_periodic_timer set;

	if (guest_read_obj(&set, arg))
		return -EFAULT;
	if (set.period_ns < PERIOD_MIN_NS || set.period_ns > PERIOD_MAX_NS)
		return -EINVAL;
	target->periodic_ns = set.period_ns;
	timer_set(&target->periodic, time_now_ns() + set.period_ns);
	return 0;
}

static long singleshot_set(struct vcpu *v, struct vcpu *target, gptr_t arg)
{
	struct vcpu_set_singleshot_timer set;

	if (v != target)
		return -EINVAL;
	if (guest_read_obj(&set, arg))
		return -EFAULT;
	if ((set.flags & VCPU_SSHOTTMR_future) &&
	    set.timeout_abs_ns < time_now_ns())
		return -ETIME;
	timer_set(&target->singleshot, set.timeout_abs_ns);
	return 0;
}

static long physid(struct vcpu *v, gptr_t arg)
{
	struct vcpu_get_physid id;
	uint32_t apic, acpi;

	if (!v->domain->privileged)
		return -EINVAL;
	if (!apic_cpu_ids(0, &apic, &acpi))
		return -EINVAL;
	id.phys_id = (uint64_t)acpi << 32 | apic;
	return guest_write_obj(arg, &id);
}

/* args: command, vCPU, structure */
long hypercall_vcpu_op(struct vcpu *v, uint64_t args[6])
{
	struct vcpu *target = vcpu_of(v->domain, args[1]);
	struct vcpu_runstate_info r;
	gptr_t arg = gptr(args[2]);

	if (!target)
		return -ENOENT;
	switch (args[0]) {
	case VCPUOP_initialise:
		return initialise(target, arg);
	case VCPUOP_up:
		return up(target);
	case VCPUOP_down:
		return down(v, target);
	case VCPUOP_is_up:
		return target->up;
	case VCPUOP_get_runstate_info:
		runstate_fill_now(target, &r);
		return guest_write_obj(arg, &r);
	case VCPUOP_register_runstate_memory_area:
		return runstate_register(target, arg);
	case VCPUOP_set_periodic_timer:
		return periodic_set(target, arg);
	case VCPUOP_stop_periodic_timer:
		target->periodic_ns = 0;
		timer_stop(&target->periodic);
		return 0;
	case VCPUOP_set_singleshot_timer:
		return singleshot_set(v, target, arg);
	case VCPUOP_stop_singleshot_timer:
		if (v != target)
			return -EINVAL;
		timer_stop(&target->singleshot);
		return 0;
	case VCPUOP_register_vcpu_info:
		return info_register(v, target, arg);
	case VCPUOP_send_nmi:
		/* Set before the kick looks whether it is blocked. */
		__atomic_store_n(&target->nmi_pending, true, __ATOMIC_SEQ_CST);
		vcpu_kick(target);
		return 0;
	case VCPUOP_get_physid:
		return physid(v, arg);
	case VCPUOP_register_vcpu_time_memory_area:
		return time_area_register(arg);
	default:
		return hypercall_lacking(v, "vcpu_op", args[0]);
	}
}

/* args: absolute system time in ns; 0 stops it */
long hypercall_set_timer_op(struct vcpu *v, uint64_t args[6])
{
	if (!args[0])
		timer_stop(&v->singleshot);
	else
		timer_set(&v->singleshot, args[0]);
	return 0;
}
