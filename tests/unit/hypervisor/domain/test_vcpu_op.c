/* SPDX-License-Identifier: MIT */
/* vcpu_op and set_timer_op. */
#include <criterion/criterion.h>
#include "domain_fixture.h"
#include "fake/clock.h"
#include "hypervisor/event/event_fixture.h"
#include "public/sched.h"
#include "sched/sched.h"
#include "time/time.h"
#include "x86/switch.h"

static struct domain *zero, *d;
static struct vcpu *v, *w;

static void setup(void)
{
	fake_clock_reset();
	world_init();
	zero = world_domain(WORLD_ZERO, 1, NULL);
	d = world_domain(WORLD_ONE, 3, NULL);
	v = d->vcpu[0];
	w = d->vcpu[1];
}

TestSuite(vcpu_op, .init = setup);

static long op(struct vcpu *caller, unsigned int cmd, uint64_t id, void *arg)
{
	return dm_call(hypercall_vcpu_op, caller, cmd, id, (uintptr_t)arg);
}

Test(vcpu_op, vcpus_that_are_not_there)
{
	static const uint64_t ids[] = {3, 31, 32, 0x100000001, ~0ull};
	unsigned int i, cmd;
	char arg[8192] = {0};

	for (i = 0; i < ARRAY_SIZE(ids); i++)
		for (cmd = 0; cmd < 16; cmd++)
			cr_assert_eq(op(v, cmd, ids[i], arg), -ENOENT,
				     "command %u on %#lx", cmd, ids[i]);
}

Test(vcpu_op, unknown_commands)
{
	cr_assert_eq(op(v, 14, 0, NULL), -ENOSYS);
	cr_assert_eq(dm_call(hypercall_vcpu_op, v, 1ull << 32, 0, 0), -ENOSYS);
}

Test(vcpu_op, structures_that_cannot_be_read)
{
	static const unsigned int cmds[] = {
		VCPUOP_get_runstate_info,
		VCPUOP_register_runstate_memory_area,
		VCPUOP_set_periodic_timer,
		VCPUOP_set_singleshot_timer,
		VCPUOP_register_vcpu_info,
		VCPUOP_register_vcpu_time_memory_area,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		cr_assert_eq(op(v, cmds[i], 0, (void *)0x10), -EFAULT, "%u",
			     cmds[i]);
		cr_assert_eq(op(v, cmds[i], 0, (void *)HV_VIRT_START), -EFAULT,
			     "%u", cmds[i]);
	}
	cr_assert_eq(v->runstate_va, 0);
	cr_assert_eq(v->periodic_ns, 0);
	cr_assert_null(v->info_frame);
}

Test(vcpu_op, initialise_once_and_with_a_good_context)
{
	uint64_t free_before = page_free_count();
	struct vcpu_guest_context c;
	mfn_t root = dm_tables(d, 1);

	free_before = page_free_count();
	dm_context(&c, root);
	c.flags = VGCF_in_kernel;
	cr_assert_eq(op(v, VCPUOP_initialise, 1, &c), -EEXIST);
	w->initialised = w->up = false;
	cr_assert_eq(op(v, VCPUOP_initialise, 1, (void *)0x10), -EFAULT);
	fake_heap_fail_in = 1;
	cr_assert_eq(op(v, VCPUOP_initialise, 1, &c), -ENOMEM);
	c.event_callback_eip = HV_VIRT_START;
	cr_assert_eq(op(v, VCPUOP_initialise, 1, &c), -EINVAL);
	cr_assert_not(w->initialised);
	c.event_callback_eip = 0x1000;
	cr_assert_eq(op(v, VCPUOP_initialise, 1, &c), 0);
	cr_assert(w->initialised);
	cr_assert_not(w->up);
	cr_assert_not(vcpu_runnable(w));
	cr_assert_eq(page_free_count(), free_before);
	cr_assert_eq(op(v, VCPUOP_initialise, 1, &c), -EEXIST);
}

Test(vcpu_op, a_context_that_is_online_starts_the_vcpu)
{
	struct vcpu_guest_context c;

	dm_context(&c, dm_tables(d, 1));
	w->initialised = w->up = false;
	cr_assert_eq(op(v, VCPUOP_initialise, 1, &c), 0);
	cr_assert(vcpu_runnable(w));
	cr_assert_eq(w->state, VCPU_RUNNABLE);
	cr_assert_eq(sched_pick(0, NULL, fake_time_ns), w);
}

Test(vcpu_op, up_and_down)
{
	cr_assert_eq(op(v, VCPUOP_is_up, 1, NULL), 1);
	vcpu_wake(w);
	cr_assert_eq(op(v, VCPUOP_down, 1, NULL), 0);
	cr_assert_eq(op(v, VCPUOP_is_up, 1, NULL), 0);
	cr_assert_eq(w->state, VCPU_OFFLINE);
	cr_assert_null(sched_pick(0, NULL, fake_time_ns));
	cr_assert_eq(op(v, VCPUOP_down, 1, NULL), 0);
	cr_assert_eq(op(v, VCPUOP_up, 1, NULL), 0);
	cr_assert_eq(op(v, VCPUOP_is_up, 1, NULL), 1);
	cr_assert_eq(sched_pick(0, NULL, fake_time_ns), w);
	w->up = w->initialised = false;
	cr_assert_eq(op(v, VCPUOP_up, 1, NULL), -EINVAL);
	cr_assert_eq(op(v, VCPUOP_is_up, 1, NULL), 0);
}

Test(vcpu_op, the_last_one_that_goes_down_ends_the_domain)
{
	cr_assert_eq(op(v, VCPUOP_down, 2, NULL), 0);
	cr_assert_eq(op(v, VCPUOP_down, 1, NULL), 0);
	cr_assert_not(d->shut_down);
	/* One that is down already is not the last one. */
	cr_assert_eq(op(v, VCPUOP_down, 1, NULL), 0);
	cr_assert_not(d->shut_down);
	cr_assert_eq(op(v, VCPUOP_down, 0, NULL), 0);
	cr_assert(d->shut_down);
	cr_assert_eq(d->shutdown_reason, SHUTDOWN_poweroff);
}

static long info_register(struct vcpu *caller, unsigned int id, uint64_t m,
			  uint32_t offset)
{
	struct vcpu_register_vcpu_info reg = {.mfn = m, .offset = offset};

	return op(caller, VCPUOP_register_vcpu_info, id, &reg);
}

Test(vcpu_op, information_pages_that_are_refused)
{
	static const uint32_t offsets[] = {
		4096 - 63,  4096 - 56, 4096, 4097, 4096 + 64,
		0x7fffffc0, ~0u,       1,    4,	   60,
	};
	mfn_t m = world_page(d), table = dm_tables(d, 1);
	struct frame *f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		cr_assert_eq(info_register(v, 0, m.n, offsets[i]), -EINVAL,
			     "offset %#x", offsets[i]);
	cr_assert_eq(frame_get_type(table, d, FRAME_L4, &f), 0);
	cr_assert_lt(info_register(v, 0, table.n, 0), 0);
	cr_assert_lt(info_register(v, 0, world_page(zero).n, 0), 0);
	cr_assert_lt(info_register(v, 0, 0x100, 0), 0);
	cr_assert_lt(info_register(v, 0, ~0ull, 0), 0);
	/* One that is up may be using the old one. */
	cr_assert_eq(info_register(v, 1, m.n, 0), -EINVAL);
	cr_assert_null(v->info_frame);
	cr_assert_null(w->info_frame);
	cr_assert_eq(world_refs(m), 0);
	cr_assert_eq((void *)v->info, (void *)&d->shared->vcpu_info[0]);
}

Test(vcpu_op, an_information_page_takes_over)
{
	mfn_t m = world_page(d);
	char *page = mfn_to_virt(m);
	struct vcpu_info *info = (void *)(page + 0x48);

	memset(page, 0x5a, 4096);
	v->info->evtchn_upcall_mask = 1;
	v->info->arch.cr2 = 0x1234;
	cr_assert_eq(info_register(v, 0, m.n, 0x48), 0);
	cr_assert_eq((void *)v->info, (void *)info);
	cr_assert_eq(info->evtchn_upcall_mask, 1);
	cr_assert_eq(info->arch.cr2, 0x1234);
	/* Nothing that the old one said is lost. */
	cr_assert_eq(info->evtchn_upcall_pending, 1);
	cr_assert_eq(info->evtchn_pending_sel, ~0ull);
	cr_assert_neq(info->time.tsc_to_system_mul, 0);
	/* Its neighbours are not touched. */
	cr_assert_eq(page[0x47], 0x5a);
	cr_assert_eq(page[0x48 + 64], 0x5a);
	cr_assert_eq(world_types(m), 1);
	/* Once. */
	cr_assert_eq(info_register(v, 0, m.n, 0x48), -EINVAL);
	cr_assert_eq(info_register(v, 0, world_page(d).n, 0), -EINVAL);
	/* The last place in the page; for one that is down. */
	w->up = false;
	cr_assert_eq(info_register(v, 1, m.n, 4096 - 64), 0);
	cr_assert_eq(world_types(m), 2);
}

Test(vcpu_op, runstate_times_and_areas)
{
	struct vcpu_runstate_info r, area;
	struct vcpu_register_runstate_memory_area reg = {
		.addr.v = (uintptr_t)&area};

	vcpu_wake(w);
	fake_time_ns += 500;
	cr_assert_eq(sched_pick(0, NULL, fake_time_ns), w);
	fake_time_ns += 70;
	cr_assert_eq(op(v, VCPUOP_get_runstate_info, 1, &r), 0);
	cr_assert_eq(r.state, RUNSTATE_running);
	cr_assert_eq(r.time[RUNSTATE_running], 70);
	cr_assert_eq(r.time[RUNSTATE_runnable], 500);
	memset(&area, 0xff, sizeof(area));
	cr_assert_eq(op(v, VCPUOP_register_runstate_memory_area, 1, &reg), 0);
	cr_assert_eq(area.state, RUNSTATE_running);
	/* The area's times are those of the entry into the state. */
	cr_assert_eq(area.time[RUNSTATE_running], 0);
	cr_assert_eq(area.time[RUNSTATE_runnable], 500);
	cr_assert_eq(area.state_entry_time, fake_time_ns - 70);
	cr_assert_eq(area._pad0, 0);
	fake_time_ns += 5;
	vcpu_pause(w);
	cr_assert_null(sched_pick(0, w, fake_time_ns));
	vcpu_write_runstate(w);
	cr_assert_eq(area.state, RUNSTATE_offline);
	cr_assert_eq(area.time[RUNSTATE_running], 75);
	cr_assert_eq(area.state_entry_time, fake_time_ns);
	cr_assert_eq(w->state_written,
		     vcpu_state_stamp(VCPU_OFFLINE, fake_time_ns));
	/* With the assist the bit is gone when it is written. */
	d->vm_assist |= 1u << VMASST_TYPE_runstate_update_flag;
	fake_time_ns += 5;
	vcpu_unpause(w);
	vcpu_write_runstate(w);
	cr_assert_eq(area.state, RUNSTATE_runnable);
	cr_assert_eq(area.time[RUNSTATE_offline], 5);
	cr_assert_eq(area.state_entry_time, w->state_since_ns);
}

/* A reader who sees any of the new words sees that they change. */
Test(vcpu_op, a_runstate_area_says_first_that_it_changes)
{
	struct {
		struct vcpu_runstate_info area;
	} page = {0};
	struct vcpu_register_runstate_memory_area reg = {
		.addr.v = (uintptr_t)&page.area};

	d->vm_assist |= 1u << VMASST_TYPE_runstate_update_flag;
	cr_assert_eq(op(v, VCPUOP_register_runstate_memory_area, 1, &reg), 0);
	memset(&page.area, 0, sizeof(page.area));
	/* All but the entry time has gone away: nothing else is written. */
	fake_guest_hole(&page.area, 8, false);
	vcpu_wake(w);
	vcpu_write_runstate(w);
	cr_assert_eq(page.area.state_entry_time,
		     w->state_since_ns | XEN_RUNSTATE_UPDATE);
	cr_assert_eq(page.area.time[RUNSTATE_runnable], 0);
	cr_assert_eq(page.area.state, 0);
}

Test(vcpu_op, a_runstate_area_at_a_bad_address_is_not_kept)
{
	static const uint64_t bad[] = {0, 0x10, HV_VIRT_START,
				       0x0000800000000000};
	struct vcpu_runstate_info area;
	struct vcpu_register_runstate_memory_area reg;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		reg.addr.v = bad[i];
		cr_assert_eq(
			op(v, VCPUOP_register_runstate_memory_area, 0, &reg),
			-EFAULT, "%#lx", bad[i]);
		cr_assert_eq(v->runstate_va, 0);
	}
	/* One that goes away later misses its updates. */
	reg.addr.v = (uintptr_t)&area;
	cr_assert_eq(op(v, VCPUOP_register_runstate_memory_area, 0, &reg), 0);
	area.state = 77;
	fake_guest_hole(&area, sizeof(area), false);
	vcpu_write_runstate(v);
	cr_assert_eq(area.state, 77);
}

Test(vcpu_op, a_time_area_is_filled)
{
	struct vcpu_time_info area = {0};
	struct vcpu_register_time_memory_area reg = {.addr.v =
							     (uintptr_t)&area};

	cr_assert_eq(op(v, VCPUOP_register_vcpu_time_memory_area, 0, &reg), 0);
	cr_assert_eq(area.system_time, fake_time_ns);
	cr_assert_eq(area.version & 1, 0);
	reg.addr.v = HV_VIRT_START;
	cr_assert_eq(op(v, VCPUOP_register_vcpu_time_memory_area, 0, &reg),
		     -EFAULT);
}

Test(vcpu_op, periods_have_bounds)
{
	static const struct {
		uint64_t ns;
		long rc;
	} rows[] = {
		{0, -EINVAL},	       {1, -EINVAL},
		{999999, -EINVAL},     {1000000, 0},
		{1ull << 62, 0},       {(1ull << 62) + 1, -EINVAL},
		{1ull << 63, -EINVAL}, {~0ull, -EINVAL},
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vcpu_set_periodic_timer set = {rows[i].ns};

		v->periodic_ns = 5;
		cr_assert_eq(op(v, VCPUOP_set_periodic_timer, 0, &set),
			     rows[i].rc, "%lu", rows[i].ns);
		cr_assert_eq(v->periodic_ns, rows[i].rc ? 5 : rows[i].ns, "%lu",
			     rows[i].ns);
		op(v, VCPUOP_stop_periodic_timer, 0, NULL);
		cr_assert_eq(v->periodic_ns, 0);
		cr_assert_eq(timers_next(), ~0ull);
	}
}

static long timer_port(struct vcpu *of)
{
	return ev_bind_virq(v, VIRQ_TIMER, of->id);
}

Test(vcpu_op, a_periodic_timer_rests_while_its_vcpu_does_not_run)
{
	struct vcpu_set_periodic_timer set = {2000000};
	long port = timer_port(w);

	cr_assert_eq(op(v, VCPUOP_set_periodic_timer, 1, &set), 0);
	fake_time_ns += 2000000;
	timers_run(fake_time_ns);
	/* It has its one event. */
	cr_assert(ev_pending(d, (uint32_t)port));
	cr_assert_eq(timers_next(), ~0ull);
	fake_time_ns += 50000000;
	w->on_cpu = true;
	vcpu_periodic_go_on(w);
	cr_assert_eq(timers_next(), fake_time_ns + 2000000);
	/* It does not rest now. */
	timer_stop(&w->periodic);
	vcpu_periodic_go_on(w);
	cr_assert_eq(timers_next(), ~0ull);
	/* One that was stopped meanwhile does not go on. */
	cr_assert_eq(op(v, VCPUOP_set_periodic_timer, 1, &set), 0);
	w->on_cpu = false;
	fake_time_ns += 2000000;
	timers_run(fake_time_ns);
	cr_assert_eq(op(v, VCPUOP_stop_periodic_timer, 1, NULL), 0);
	vcpu_periodic_go_on(w);
	cr_assert_eq(timers_next(), ~0ull);
}

Test(vcpu_op, a_periodic_timer_fires_until_it_is_stopped)
{
	struct vcpu_set_periodic_timer set = {2000000};
	long port = timer_port(w);
	unsigned int i;

	cr_assert_gt(port, 0);
	cr_assert_eq(op(v, VCPUOP_set_periodic_timer, 1, &set), 0);
	w->on_cpu = true;
	for (i = 0; i < 3; i++) {
		fake_time_ns += 2000000;
		timers_run(fake_time_ns);
		cr_assert(ev_pending(d, (uint32_t)port));
		d->shared->evtchn_pending[0] = 0;
	}
	cr_assert_eq(op(v, VCPUOP_stop_periodic_timer, 1, NULL), 0);
	fake_time_ns += 20000000;
	timers_run(fake_time_ns);
	cr_assert_not(ev_pending(d, (uint32_t)port));
}

Test(vcpu_op, a_single_shot_is_the_callers_own)
{
	struct vcpu_set_singleshot_timer set = {
		.timeout_abs_ns = fake_time_ns + 100,
	};
	long port = timer_port(v);

	cr_assert_eq(op(v, VCPUOP_set_singleshot_timer, 1, &set), -EINVAL);
	cr_assert_eq(op(v, VCPUOP_stop_singleshot_timer, 1, NULL), -EINVAL);
	cr_assert_eq(op(v, VCPUOP_set_singleshot_timer, 0, &set), 0);
	timers_run(fake_time_ns + 99);
	cr_assert_not(ev_pending(d, (uint32_t)port));
	timers_run(fake_time_ns + 100);
	cr_assert(ev_pending(d, (uint32_t)port));
	d->shared->evtchn_pending[0] = 0;
	/* What has passed fires at once, unless that is not wanted. */
	set.timeout_abs_ns = fake_time_ns - 1;
	set.flags = VCPU_SSHOTTMR_future;
	cr_assert_eq(op(v, VCPUOP_set_singleshot_timer, 0, &set), -ETIME);
	cr_assert_eq(timers_next(), ~0ull);
	set.flags = 0;
	cr_assert_eq(op(v, VCPUOP_set_singleshot_timer, 0, &set), 0);
	cr_assert_leq(timers_next(), fake_time_ns);
	cr_assert_eq(op(v, VCPUOP_stop_singleshot_timer, 0, NULL), 0);
	cr_assert_eq(timers_next(), ~0ull);
	/* The earliest and the latest that there are. */
	set.timeout_abs_ns = 0;
	cr_assert_eq(op(v, VCPUOP_set_singleshot_timer, 0, &set), 0);
	timers_run(fake_time_ns);
	cr_assert(ev_pending(d, (uint32_t)port));
	set.timeout_abs_ns = ~0ull;
	cr_assert_eq(op(v, VCPUOP_set_singleshot_timer, 0, &set), 0);
	cr_assert_eq(op(v, VCPUOP_stop_singleshot_timer, 0, NULL), 0);
}

Test(vcpu_op, set_timer_op_arms_and_stops)
{
	long port = timer_port(v);

	dm_call(hypercall_set_timer_op, v, fake_time_ns + 10, 0, 0);
	cr_assert_eq(timers_next(), fake_time_ns + 10);
	dm_call(hypercall_set_timer_op, v, 0, 0, 0);
	cr_assert_eq(timers_next(), ~0ull);
	dm_call(hypercall_set_timer_op, v, 1, 0, 0);
	timers_run(fake_time_ns);
	cr_assert(ev_pending(d, (uint32_t)port));
}

Test(vcpu_op, an_nmi_waits_and_wakes)
{
	w->blocked = true;
	w->state = VCPU_BLOCKED;
	cr_assert_eq(op(v, VCPUOP_send_nmi, 1, NULL), 0);
	cr_assert(w->nmi_pending);
	cr_assert_not(w->blocked);
}

Test(vcpu_op, the_processor_is_shown_to_domain_zero_only)
{
	struct vcpu_get_physid id = {7};

	cr_assert_eq(op(v, VCPUOP_get_physid, 0, &id), -EINVAL);
	cr_assert_eq(id.phys_id, 7);
	cr_assert_eq(op(zero->vcpu[0], VCPUOP_get_physid, 0, &id), 0);
	cr_assert_eq(id.phys_id, 0);
}
