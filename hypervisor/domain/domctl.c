/* SPDX-License-Identifier: MIT */
/*
 * domctl: the toolstack's operations on domains. Each row of the table has a
 * handler that gets the domain (referenced) and the structure; if it says so,
 * the structure is copied back.
 *
 * domctl_lock is held from before the domain is looked up until the operation
 * is done or stops for a while.
 *
 * Tests: tests/unit/hypervisor/domain/test_domctl.c.
 */
#include "domain/info.h"
#include "domain/lifecycle.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "log/log.h"
#include "mm/alloc.h"
#include "mm/guest.h"
#include "pv/table.h"
#include "sched/control.h"
#include "sched/sched.h"
#include "time/time.h"
#include "x86/hypercall_page.h"

struct domctl_op {
	long (*fn)(struct vcpu *v, struct domain *d, struct xen_domctl *op);
	const char *name;
	bool self_too; /* may name the caller itself */
	bool copy_back;
	bool dying_too; /* also on a domain that is being destroyed */
};

static long op_createdomain(struct vcpu *v, struct xen_domctl *op)
{
	struct xen_domctl_createdomain *c = &op->u.createdomain;
	domid_t id = op->domain;
	struct domain *d;
	int rc;

	(void)v;
	if (c->flags & ~XEN_DOMCTL_CDF_xs_domain)
		return -EINVAL; /* paravirtual domains only */
	if (!c->max_vcpus || c->max_vcpus > MAX_VCPUS)
		return -EINVAL;
	if (c->max_grant_frames < 0)
		c->max_grant_frames = 64;
	if (c->max_maptrack_frames < 0)
		c->max_maptrack_frames = 1024;
	if (c->max_grant_frames > 256 || c->max_maptrack_frames > 4096)
		return -EINVAL;
	if (id == 0 || id >= DOMID_FIRST_RESERVED)
		id = domain_free_id();
	if (!id)
		return -ENOMEM;
	rc = domain_create(id, c, false, &d);
	if (rc)
		return rc;
	d->max_vcpus = c->max_vcpus;
	op->domain = id;
	domain_put(d);
	return 0;
}

static long op_destroydomain(struct vcpu *v, struct domain *d,
			     struct xen_domctl *op)
{
	(void)v;
	(void)op;
	return domain_kill(d);
}

static long op_pausedomain(struct vcpu *v, struct domain *d,
			   struct xen_domctl *op)
{
	(void)v;
	(void)op;
	if (!d->paused_by_tools) {
		d->paused_by_tools = true;
		domain_pause_wait(d);
	}
	return 0;
}

static long op_unpausedomain(struct vcpu *v, struct domain *d,
			     struct xen_domctl *op)
{
	(void)v;
	(void)op;
	if (!d->vcpu[0])
		return -EINVAL;
	if (d->paused_by_tools) {
		d->paused_by_tools = false;
		domain_unpause(d);
	}
	return 0;
}

static long op_getdomaininfo(struct vcpu *v, struct domain *d,
			     struct xen_domctl *op)
{
	(void)v;
	domain_info_fill(d, &op->u.getdomaininfo);
	op->domain = d->id;
	return 0;
}

static long op_max_mem(struct vcpu *v, struct domain *d, struct xen_domctl *op)
{
	uint64_t pages = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);

	(void)v;
	/* Below what it has is allowed: it just cannot grow. */
	lock_acquire(&d->page_lock);
	d->page_max = pages;
	lock_release(&d->page_lock);
	return 0;
}

static long op_max_vcpus(struct vcpu *v, struct domain *d,
			 struct xen_domctl *op)
{
	uint32_t max = op->u.max_vcpus.max, i;
	int rc;

	(void)v;
	if (!max || max != d->max_vcpus)
		return -EINVAL;
	for (i = 0; i < max; i++) {
		if (d->vcpu[i])
			continue;
		rc = domain_make_vcpu(d, i);
		if (rc)
			return rc;
	}
	return 0;
}

static long op_setvcpucontext(struct vcpu *v, struct domain *d,
			      struct xen_domctl *op)
{
	struct vcpu_guest_context *c;
	uint32_t id = op->u.vcpucontext.vcpu;
	int rc;

	(void)v;
	if (id >= d->max_vcpus || !d->vcpu[id])
		return -EINVAL;
	if (!op->u.vcpucontext.ctxt) {
		vcpu_pause_wait(d->vcpu[id]);
		rc = vcpu_reset(d->vcpu[id]);
		vcpu_unpause(d->vcpu[id]);
		return rc;
	}
	c = hv_page_alloc(1);
	if (!c)
		return -ENOMEM;
	vcpu_pause_wait(d->vcpu[id]);
	rc = guest_read_obj(c, gptr(op->u.vcpucontext.ctxt))
		     ? -EFAULT
		     : vcpu_set_context(d->vcpu[id], c);
	vcpu_unpause(d->vcpu[id]);
	hv_page_free(c, 1);
	return rc;
}

static long op_getvcpucontext(struct vcpu *v, struct domain *d,
			      struct xen_domctl *op)
{
	struct vcpu_guest_context *c;
	uint32_t id = op->u.vcpucontext.vcpu;
	int rc;

	(void)v;
	if (id >= d->max_vcpus || !d->vcpu[id])
		return -EINVAL;
	if (!d->vcpu[id]->initialised)
		return -ENODATA;
	c = hv_page_alloc(1);
	if (!c)
		return -ENOMEM;
	vcpu_pause_wait(d->vcpu[id]);
	vcpu_get_context(d->vcpu[id], c);
	vcpu_unpause(d->vcpu[id]);
	rc = guest_write_obj(gptr(op->u.vcpucontext.ctxt), c);
	hv_page_free(c, 1);
	return rc;
}

static long op_getvcpuinfo(struct vcpu *v, struct domain *d,
			   struct xen_domctl *op)
{
	struct xen_domctl_getvcpuinfo *info = &op->u.getvcpuinfo;
	struct vcpu *t;

	(void)v;
	if (info->vcpu >= d->max_vcpus || !d->vcpu[info->vcpu])
		return -ESRCH;
	t = d->vcpu[info->vcpu];
	info->online = t->up;
	info->blocked = t->blocked;
	info->running = t->state == VCPU_RUNNING;
	info->cpu_time = vcpu_state_time(t, VCPU_RUNNING);
	info->cpu = t->cpu;
	return 0;
}

static long op_setdomainhandle(struct vcpu *v, struct domain *d,
			       struct xen_domctl *op)
{
	(void)v;
	memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
	return 0;
}

static long op_setdebugging(struct vcpu *v, struct domain *d,
			    struct xen_domctl *op)
{
	(void)v;
	d->debugger = op->u.setdebugging.enable;
	return 0;
}

static long op_hypercall_init(struct vcpu *v, struct domain *d,
			      struct xen_domctl *op)
{
	mfn_t m = mfn(op->u.hypercall_init.gmfn);
	int rc = frame_get_writable(m, d);

	(void)v;
	if (rc)
		return rc == -ERESTART ? -EINVAL : rc;
	hypercall_page_fill(mfn_to_virt(m));
	frame_put_writable(frame_of(m));
	return 0;
}

static long op_settimeoffset(struct vcpu *v, struct domain *d,
			     struct xen_domctl *op)
{
	(void)v;
	d->time_offset_s = op->u.settimeoffset.time_offset_seconds;
	time_update_wallclock(d);
	return 0;
}

static long op_set_address_size(struct vcpu *v, struct domain *d,
				struct xen_domctl *op)
{
	(void)v;
	(void)d;
	return op->u.address_size.size == 64 ? 0 : -EINVAL;
}

static long op_get_address_size(struct vcpu *v, struct domain *d,
				struct xen_domctl *op)
{
	(void)v;
	(void)d;
	op->u.address_size.size = 64;
	return 0;
}

static long op_sendtrigger(struct vcpu *v, struct domain *d,
			   struct xen_domctl *op)
{
	uint32_t id = op->u.sendtrigger.vcpu;

	(void)v;
	if (op->u.sendtrigger.trigger != XEN_DOMCTL_SENDTRIGGER_NMI)
		return -ENOSYS;
	if (id >= d->max_vcpus || !d->vcpu[id])
		return -ESRCH;
	__atomic_store_n(&d->vcpu[id]->nmi_pending, true, __ATOMIC_SEQ_CST);
	vcpu_kick(d->vcpu[id]);
	return 0;
}

static long op_setvcpuaffinity(struct vcpu *v, struct domain *d,
			       struct xen_domctl *op)
{
	const struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;

	(void)v;
	if (a->vcpu >= d->max_vcpus || !d->vcpu[a->vcpu])
		return -EINVAL;
	return sched_affinity_op(d->vcpu[a->vcpu], true, a);
}

static long op_getvcpuaffinity(struct vcpu *v, struct domain *d,
			       struct xen_domctl *op)
{
	const struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;

	(void)v;
	if (a->vcpu >= d->max_vcpus || !d->vcpu[a->vcpu])
		return -EINVAL;
	return sched_affinity_op(d->vcpu[a->vcpu], false, a);
}

static long op_scheduler_op(struct vcpu *v, struct domain *d,
			    struct xen_domctl *op)
{
	(void)v;
	return sched_domain_op(d, &op->u.scheduler_op);
}

/* The kinds of frames, for dump and save. */
static uint64_t page_kind(struct domain *d, uint64_t m)
{
	static const uint64_t kind[] = {
		[FRAME_NONE] = XEN_DOMCTL_PFINFO_NOTAB,
		[FRAME_L1] = XEN_DOMCTL_PFINFO_L1TAB,
		[FRAME_L2] = XEN_DOMCTL_PFINFO_L2TAB,
		[FRAME_L3] = XEN_DOMCTL_PFINFO_L3TAB,
		[FRAME_L4] = XEN_DOMCTL_PFINFO_L4TAB,
		[FRAME_WRITABLE] = XEN_DOMCTL_PFINFO_NOTAB,
		[FRAME_SEGDESC] = XEN_DOMCTL_PFINFO_NOTAB,
	};
	struct frame *f = frame_get(mfn(m), d);
	uint64_t w, k;

	if (!f)
		return XEN_DOMCTL_PFINFO_XTAB;
	w = frame_load(f);
	k = frame_word_tcnt(w) ? kind[frame_word_type(w)]
			       : XEN_DOMCTL_PFINFO_NOTAB;
	if (w & FRAME_PINNED)
		k |= XEN_DOMCTL_PFINFO_LPINTAB;
	frame_put(f);
	return k;
}

static long op_getpageframeinfo3(struct vcpu *v, struct domain *d,
				 struct xen_domctl *op)
{
	struct xen_domctl_getpageframeinfo3 *p = &op->u.getpageframeinfo3;
	uint64_t i, e;

	(void)v;
	if (p->num > 1024)
		return -E2BIG;
	for (i = 0; i < p->num; i++) {
		if (guest_read_elem(&e, gptr(p->array), i))
			return -EFAULT;
		e = page_kind(d, e);
		if (guest_write_elem(gptr(p->array), i, &e))
			return -EFAULT;
	}
	return 0;
}

#define OP(nr, self, back, dying)                                              \
	[XEN_DOMCTL_##nr] = {op_##nr, #nr, self, back, dying}

static const struct domctl_op ops[] = {
	OP(destroydomain, false, false, true),
	OP(pausedomain, false, false, false),
	OP(unpausedomain, false, false, false),
	OP(getdomaininfo, true, true, true),
	OP(setvcpuaffinity, true, false, false),
	OP(max_mem, true, false, false),
	OP(setvcpucontext, false, false, false),
	OP(getvcpucontext, false, false, false),
	OP(getvcpuinfo, true, true, true),
	OP(max_vcpus, true, false, false),
	OP(scheduler_op, true, true, false),
	OP(setdomainhandle, true, false, false),
	OP(setdebugging, false, false, false),
	OP(hypercall_init, true, false, false),
	OP(settimeoffset, true, false, false),
	OP(getvcpuaffinity, true, false, false),
	OP(sendtrigger, true, false, false),
	OP(set_address_size, false, false, false),
	OP(get_address_size, true, true, false),
	OP(getpageframeinfo3, false, false, false),
};

static long domctl_on(struct vcpu *v, const struct domctl_op *o,
		      struct xen_domctl *op)
{
	struct domain *d;
	int rc = -ESRCH;
	long ret;

	d = domain_find_for(v, op->domain, &rc);
	if (!d && op->cmd == XEN_DOMCTL_getdomaininfo) {
		/* As the ABI has it: the next one, in *domain. */
		d = domain_next(op->domain);
		rc = -ESRCH;
	}
	if (!d)
		return rc;
	if (d == v->domain && !o->self_too) {
		domain_put(d);
		return -EINVAL;
	}
	/* What it gets now, nobody would take back from it. */
	if (d->life != DOMAIN_ALIVE && !o->dying_too) {
		domain_put(d);
		return -ESRCH;
	}
	ret = o->fn(v, d, op);
	domain_put(d);
	return ret;
}

/* What the toolstack does to domains, it does one thing at a time. */
static struct spinlock domctl_lock = SPINLOCK_INIT(LOCK_DOMCTL);

/* Nobody will learn its number: the domain that was just made goes again. */
static void createdomain_undo(domid_t id)
{
	struct domain *d = domain_find(id);
	int rc;

	if (!d)
		return;
	lock_acquire(&domctl_lock);
	/* It has nothing yet, so this is short. */
	do {
		rc = domain_kill(d);
	} while (rc == -ERESTART);
	lock_release(&domctl_lock);
	domain_put(d);
}

/* args: structure */
long hypercall_domctl(struct vcpu *v, uint64_t args[6])
{
	struct xen_domctl op;
	bool copy_back;
	long ret;

	if (!v->domain->privileged)
		return -EPERM;
	if (guest_read_obj(&op, gptr(args[0])))
		return -EFAULT;
	if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
		return -EACCES;
	lock_acquire(&domctl_lock);
	if (op.cmd == XEN_DOMCTL_createdomain) {
		ret = op_createdomain(v, &op);
		copy_back = true;
	} else if (op.cmd < ARRAY_SIZE(ops) && ops[op.cmd].fn) {
		ret = domctl_on(v, &ops[op.cmd], &op);
		copy_back = ops[op.cmd].copy_back;
	} else {
		ret = hypercall_lacking(v, "domctl", op.cmd);
		copy_back = false;
	}
	lock_release(&domctl_lock);
	if (ret && ret != -ERESTART)
		log_debug("domctl %u on domain %u: %ld\n", op.cmd, op.domain,
			  ret);
	if (!ret && copy_back && guest_write_obj(gptr(args[0]), &op)) {
		if (op.cmd == XEN_DOMCTL_createdomain)
			createdomain_undo(op.domain);
		return -EFAULT;
	}
	return ret;
}
