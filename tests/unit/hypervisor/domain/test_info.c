/* SPDX-License-Identifier: MIT */
/* What is told about a domain. */
#include <criterion/criterion.h>
#include "domain/info.h"
#include "domain_fixture.h"
#include "fake/clock.h"
#include "public/sched.h"
#include "sched/sched.h"

static struct domain *d;

static void setup(void)
{
	world_init();
	world_domain(WORLD_ZERO, 1, NULL);
	d = world_domain(WORLD_ONE, 3, NULL);
}

TestSuite(domain_info, .init = setup);

static struct xen_domctl_getdomaininfo ask(void)
{
	struct xen_domctl_getdomaininfo info;

	memset(&info, 0xa5, sizeof(info));
	domain_info_fill(d, &info);
	return info;
}

Test(domain_info, tells_memory_and_number)
{
	struct xen_domctl_getdomaininfo info;

	d->page_max = 0x12345;
	memset(d->handle, 0x3c, sizeof(d->handle));
	info = ask();
	cr_assert_eq(info.domain, WORLD_ONE);
	cr_assert_eq(info.tot_pages, d->page_count);
	cr_assert_eq(info.max_pages, 0x12345);
	cr_assert_eq(info.shared_info_frame, virt_to_mfn(d->shared).n);
	cr_assert_eq(info.max_vcpu_id, 2);
	cr_assert_eq(info.nr_online_vcpus, 3);
	cr_assert_eq(info.handle[15], 0x3c);
	/* Nothing of what was on the stack. */
	cr_assert_eq(info.outstanding_pages, 0);
	cr_assert_eq(info.cpupool, 0);
}

Test(domain_info, counts_those_that_are_up_and_their_time)
{
	d->vcpu[1]->up = false;
	d->vcpu[0]->state_time_ns[VCPU_RUNNING] = 5000;
	d->vcpu[2]->state_time_ns[VCPU_RUNNING] = 70;
	cr_assert_eq(ask().nr_online_vcpus, 2);
	cr_assert_eq(ask().cpu_time, 5070);
}

Test(domain_info, has_the_states_of_a_domain)
{
	uint32_t flags;
	unsigned int i;

	/* Up, not blocked, not on the CPU. */
	cr_assert_eq(ask().flags, 0);
	vcpu_wake(d->vcpu[1]);
	cr_assert_eq(sched_pick(0, NULL, fake_time_ns), d->vcpu[1]);
	cr_assert_eq(ask().flags, XEN_DOMINF_running);
	for (i = 0; i < 3; i++) {
		d->vcpu[i]->blocked = true;
		d->vcpu[i]->state = VCPU_BLOCKED;
	}
	cr_assert_eq(ask().flags, XEN_DOMINF_blocked);
	d->vcpu[2]->blocked = false;
	cr_assert_eq(ask().flags, 0);
	d->paused_by_tools = d->debugger = true;
	cr_assert_eq(ask().flags, XEN_DOMINF_paused | XEN_DOMINF_debugged);
	domain_shutdown(d, SHUTDOWN_suspend);
	flags = ask().flags;
	cr_assert(flags & XEN_DOMINF_shutdown);
	cr_assert_eq(flags >> XEN_DOMINF_shutdownshift &
			     XEN_DOMINF_shutdownmask,
		     SHUTDOWN_suspend);
	cr_assert_not(flags & XEN_DOMINF_dying);
	cr_assert_eq(ask().tot_pages, d->page_count);
	d->life = DOMAIN_DYING;
	cr_assert(ask().flags & XEN_DOMINF_dying);
	/* And those of its frames that others could keep. */
	cr_assert_gt(d->frame_count, d->page_count);
	cr_assert_eq(ask().tot_pages, d->frame_count);
}

Test(domain_info, of_one_that_has_no_vcpu_yet)
{
	struct xen_domctl_getdomaininfo info;

	d = dm_create(5, 0);
	info = ask();
	cr_assert_eq(info.nr_online_vcpus, 0);
	cr_assert_eq(info.max_vcpu_id, 0);
	cr_assert(info.flags & XEN_DOMINF_paused);
}
