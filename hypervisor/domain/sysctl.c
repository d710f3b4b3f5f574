/* SPDX-License-Identifier: MIT */
/*
 * sysctl: the toolstack's operations on the machine.
 * Tests: tests/unit/hypervisor/domain/test_sysctl.c.
 */
#include "domain/info.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "log/console.h"
#include "log/log.h"
#include "mm/alloc.h"
#include "mm/guest.h"
#include "public/sysctl.h"
#include "sched/control.h"
#include "sched/pool.h"
#include "sched/sched.h"
#include "time/time.h"
#include "x86/clock.h"
#include "x86/machine.h"

struct sysctl_op {
	long (*fn)(struct vcpu *v, struct xen_sysctl *op);
	const char *name;
};

static long op_readconsole(struct vcpu *v, struct xen_sysctl *op)
{
	struct xen_sysctl_readconsole *r = &op->u.readconsole;
	uint32_t done = 0, index = r->index;
	char buf[512];

	(void)v;
	while (done < r->count) {
		/* The first piece says where; the rest follow it. */
		size_t n = log_ring_read(
			buf, MIN(sizeof(buf), (size_t)(r->count - done)),
			&index, r->incremental || done);

		if (!n)
			break;
		if (guest_write(gptr(r->buffer + done), buf, n))
			return -EFAULT;
		done += n;
	}
	/* Only what the caller has: nothing is lost by an error above. */
	if (r->clear)
		log_ring_forget(index);
	r->count = done;
	r->index = index;
	return 0;
}

/* Of CPU 0's core and socket, which the others are taken to be like. */
static void count_siblings(struct xen_sysctl_physinfo *p)
{
	struct cpu_place first = cpu_place(0);
	uint32_t threads = 1, in_socket = 1, cpu;

	for (cpu = 1; cpu < cpu_count(); cpu++) {
		struct cpu_place at = cpu_place(cpu);

		if (at.socket != first.socket)
			continue;
		in_socket++;
		threads += at.core == first.core;
	}
	p->threads_per_core = threads;
	p->cores_per_socket = in_socket / threads;
}

static long op_physinfo(struct vcpu *v, struct xen_sysctl *op)
{
	struct xen_sysctl_physinfo *p = &op->u.physinfo;
	(void)v;
	memset(p, 0, sizeof(*p));
	count_siblings(p);
	p->nr_cpus = cpu_count();
	p->max_cpu_id = cpu_count() - 1;
	p->nr_nodes = 1;
	p->cpu_khz = clock_tsc_hz() / 1000;
	p->capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1;
	p->total_pages = page_total_count();
	p->free_pages = page_free_count();
	p->outstanding_pages = claim_total();
	p->max_mfn = max_mfn - 1;
	machine_cpu_caps(p->hw_cap);
	return 0;
}

/* Pool 0's; the caller's domain is in it. */
static long op_sched_id(struct vcpu *v, struct xen_sysctl *op)
{
	op->u.sched_id.sched_id = sched_domain_policy(v->domain);
	return 0;
}

static long op_cpupool_op(struct vcpu *v, struct xen_sysctl *op)
{
	return sched_pool_op(v, &op->u.cpupool_op);
}

static long op_scheduler_op(struct vcpu *v, struct xen_sysctl *op)
{
	(void)v;
	return sched_global_op(&op->u.scheduler_op);
}

static long op_getdomaininfolist(struct vcpu *v, struct xen_sysctl *op)
{
	struct xen_sysctl_getdomaininfolist *l = &op->u.getdomaininfolist;
	domid_t from = l->first_domain;
	uint32_t n;

	(void)v;
	for (n = 0; n < l->max_domains; n++) {
		struct domain *d = domain_next(from);
		struct xen_domctl_getdomaininfo info;

		if (!d)
			break;
		domain_info_fill(d, &info);
		from = d->id + 1;
		domain_put(d);
		if (guest_write_elem(gptr(l->buffer), n, &info))
			return -EFAULT;
	}
	l->num_domains = n;
	return 0;
}

static long op_debug_keys(struct vcpu *v, struct xen_sysctl *op)
{
	uint32_t i;
	char key;

	(void)v;
	for (i = 0; i < MIN(op->u.debug_keys.nr_keys, 64u); i++) {
		if (guest_read_elem(&key, gptr(op->u.debug_keys.keys), i))
			return -EFAULT;
		debug_key_press(key);
	}
	return 0;
}

static long op_getcpuinfo(struct vcpu *v, struct xen_sysctl *op)
{
	struct xen_sysctl_getcpuinfo *c = &op->u.getcpuinfo;
	unsigned int cpu;

	(void)v;
	c->nr_cpus = MIN(c->max_cpus, cpu_count());
	for (cpu = 0; cpu < c->nr_cpus; cpu++) {
		struct xen_sysctl_cpuinfo info = {sched_idle_ns(cpu)};

		if (guest_write_elem(gptr(c->info), cpu, &info))
			return -EFAULT;
	}
	return 0;
}

static long op_availheap(struct vcpu *v, struct xen_sysctl *op)
{
	(void)v;
	op->u.availheap.avail_bytes = page_free_count() << PAGE_SHIFT;
	return 0;
}

static long op_cputopoinfo(struct vcpu *v, struct xen_sysctl *op)
{
	struct xen_sysctl_cputopoinfo *t = &op->u.cputopoinfo;
	uint32_t n = cpu_count(), i;

	(void)v;
	if (t->cputopo) {
		n = MIN(t->num_cpus, n);
		for (i = 0; i < n; i++) {
			struct cpu_place at = cpu_place(i);
			struct xen_sysctl_cputopo topo = {.core = at.core,
							  .socket = at.socket};

			if (guest_write_elem(gptr(t->cputopo), i, &topo))
				return -EFAULT;
		}
	}
	t->num_cpus = n;
	return 0;
}

static long op_numainfo(struct vcpu *v, struct xen_sysctl *op)
{
	struct xen_sysctl_numainfo *t = &op->u.numainfo;
	struct xen_sysctl_meminfo m = {page_total_count() << PAGE_SHIFT,
				       page_free_count() << PAGE_SHIFT};
	uint32_t near = 10, n = 1;

	(void)v;
	if (t->meminfo) {
		n = MIN(t->num_nodes, 1u);
		if (n && guest_write_obj(gptr(t->meminfo), &m))
			return -EFAULT;
	}
	if (n && t->distance && guest_write_obj(gptr(t->distance), &near))
		return -EFAULT;
	t->num_nodes = n;
	return 0;
}

#define OP(nr) [XEN_SYSCTL_##nr] = {op_##nr, #nr}

static const struct sysctl_op ops[] = {
	OP(readconsole),       OP(physinfo),	 OP(sched_id),
	OP(getdomaininfolist), OP(debug_keys),	 OP(getcpuinfo),
	OP(availheap),	       OP(cputopoinfo),	 OP(numainfo),
	OP(cpupool_op),	       OP(scheduler_op),
};

/* args: structure */
long hypercall_sysctl(struct vcpu *v, uint64_t args[6])
{
	struct xen_sysctl op;
	long ret;

	if (!v->domain->privileged)
		return -EPERM;
	if (guest_read_obj(&op, gptr(args[0])))
		return -EFAULT;
	if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return -EACCES;
	if (op.cmd >= ARRAY_SIZE(ops) || !ops[op.cmd].fn)
		return hypercall_lacking(v, "sysctl", op.cmd);
	ret = ops[op.cmd].fn(v, &op);
	if (!ret && guest_write_obj(gptr(args[0]), &op))
		return -EFAULT;
	return ret;
}
