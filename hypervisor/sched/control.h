/* SPDX-License-Identifier: MIT */
/* What domctl and sysctl hand to the scheduler. See sched/control.c. */
#ifndef SCHED_CONTROL_H
#define SCHED_CONTROL_H

#include "domain/domain.h"
#include "public/sysctl.h"

/* setvcpuaffinity, which answers with what it came to, and getvcpuaffinity. */
long sched_affinity_op(struct vcpu *v, bool set,
		       const struct xen_domctl_vcpuaffinity *a);

/* domctl scheduler_op, for the ABI's first credit scheduler. */
long sched_domain_op(struct domain *d, struct xen_domctl_scheduler_op *op);

/* sysctl scheduler_op and cpupool_op. */
long sched_global_op(struct xen_sysctl_scheduler_op *op);
long sched_pool_op(struct vcpu *v, struct xen_sysctl_cpupool_op *op);

#endif
