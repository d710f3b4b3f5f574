/* SPDX-License-Identifier: MIT */
/* See domain/info.h. Test: tests/unit/hypervisor/domain/test_info.c. */
#include "domain/info.h"
#include "lib/string.h"
#include "sched/pool.h"
#include "sched/sched.h"

uint32_t domain_info_flags(const struct domain *d)
{
	bool running = false, blocked = true;
	uint32_t flags = 0;
	unsigned int i;

	for (i = 0; i < d->max_vcpus; i++) {
		const struct vcpu *v = d->vcpu[i];

		if (!v || !v->up)
			continue;
		if (v->state == VCPU_RUNNING)
			running = true;
		if (!v->blocked)
			blocked = false;
	}
	if (running)
		flags |= XEN_DOMINF_running;
	else if (blocked)
		flags |= XEN_DOMINF_blocked;
	if (d->paused_by_tools)
		flags |= XEN_DOMINF_paused;
	if (d->shut_down)
		flags |= XEN_DOMINF_shutdown |
			 (uint32_t)d->shutdown_reason
				 << XEN_DOMINF_shutdownshift;
	if (d->life != DOMAIN_ALIVE)
		flags |= XEN_DOMINF_dying;
	if (d->debugger)
		flags |= XEN_DOMINF_debugged;
	return flags;
}

void domain_info_fill(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	const struct shared_info *shared;
	struct vcpu_usage u;
	unsigned int i;

	memset(info, 0, sizeof(*info));
	info->domain = d->id;
	info->flags = domain_info_flags(d);
	/* Of the dying: what others keep, too. */
	info->tot_pages =
		d->life == DOMAIN_ALIVE
			? d->page_count
			: __atomic_load_n(&d->frame_count, __ATOMIC_RELAXED);
	info->outstanding_pages = d->claim;
	info->max_pages = d->page_max;
	shared = __atomic_load_n(&d->shared, __ATOMIC_RELAXED);
	if (shared)
		info->shared_info_frame = virt_to_mfn(shared).n;
	for (i = 0; i < d->max_vcpus; i++) {
		if (!d->vcpu[i])
			continue;
		info->max_vcpu_id = i;
		info->nr_online_vcpus += d->vcpu[i]->up;
		vcpu_usage(d->vcpu[i], &u);
		info->cpu_time += u.state_ns[VCPU_RUNNING];
	}
	memcpy(info->handle, d->handle, sizeof(info->handle));
	info->cpupool = sched_domain_pool(d);
	info->gpaddr_bits = 0;
}
