/* SPDX-License-Identifier: MIT */
/* domctl: who may, on whom, with what bounds. */
#include <criterion/criterion.h>
#include "domain_fixture.h"
#include "public/sched.h"
#include "pv/table.h"
#include "sched/sched.h"

static struct domain *zero, *d;
static struct vcpu *v;
static struct xen_domctl op;

static void setup(void)
{
	world_init();
	zero = world_domain(WORLD_ZERO, 1, NULL);
	d = world_domain(WORLD_ONE, 2, NULL);
	v = zero->vcpu[0];
	memset(&op, 0, sizeof(op));
}

TestSuite(domctl, .init = setup);

static long call(struct vcpu *by, void *arg)
{
	return dm_call(hypercall_domctl, by, (uintptr_t)arg, 0, 0);
}

Test(domctl, is_for_the_privileged_of_this_version)
{
	cr_assert_eq(
		dm_domctl(d->vcpu[0], XEN_DOMCTL_getdomaininfo, WORLD_ONE, &op),
		-EPERM);
	/* Not even the structure is looked at. */
	cr_assert_eq(call(d->vcpu[0], (void *)0x10), -EPERM);
	cr_assert_eq(call(v, (void *)0x10), -EFAULT);
	cr_assert_eq(call(v, (void *)HV_VIRT_START), -EFAULT);
	op.cmd = XEN_DOMCTL_getdomaininfo;
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION + 1;
	cr_assert_eq(call(v, &op), -EACCES);
	op.interface_version = 0;
	cr_assert_eq(call(v, &op), -EACCES);
}

Test(domctl, unknown_operations)
{
	static const uint32_t cmds[] = {0, 19, 65, 1000, 0x7fffffff, ~0u};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++)
		cr_assert_eq(dm_domctl(v, cmds[i], WORLD_ONE, &op), -ENOSYS,
			     "%u", cmds[i]);
}

Test(domctl, domains_that_are_not_there)
{
	uint32_t cmd;

	for (cmd = 2; cmd < 90; cmd++) {
		long rc;

		if (cmd == XEN_DOMCTL_getdomaininfo)
			continue;
		rc = dm_domctl(v, cmd, 0x6000, &op);
		cr_assert(rc == -ESRCH || rc == -ENOSYS, "%u: %ld", cmd, rc);
	}
}

Test(domctl, what_would_stop_the_caller_itself_is_refused)
{
	static const uint32_t cmds[] = {
		XEN_DOMCTL_destroydomain,    XEN_DOMCTL_pausedomain,
		XEN_DOMCTL_unpausedomain,    XEN_DOMCTL_setvcpucontext,
		XEN_DOMCTL_getvcpucontext,   XEN_DOMCTL_setdebugging,
		XEN_DOMCTL_set_address_size, XEN_DOMCTL_getpageframeinfo3,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		cr_assert_eq(dm_domctl(v, cmds[i], 0, &op), -EINVAL, "%u",
			     cmds[i]);
		cr_assert_eq(dm_domctl(v, cmds[i], DOMID_SELF, &op), -EINVAL,
			     "%u", cmds[i]);
	}
	cr_assert_eq(v->pause_count, 0);
}

Test(domctl, getdomaininfo_of_a_missing_one_gives_the_next)
{
	static const struct {
		domid_t asked, given; /* 0x7fff: none */
	} rows[] = {
		{0, 0},
		{DOMID_SELF, 0},
		{1, WORLD_ONE},
		{WORLD_ONE, WORLD_ONE},
		{WORLD_ONE + 1, 0x7fff},
		{0xffff, 0x7fff},
		{DOMID_XEN, 0x7fff},
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		long rc = dm_domctl(v, XEN_DOMCTL_getdomaininfo, rows[i].asked,
				    &op);

		if (rows[i].given == 0x7fff) {
			cr_assert_eq(rc, -ESRCH, "row %u", i);
			continue;
		}
		cr_assert_eq(rc, 0, "row %u", i);
		cr_assert_eq(op.domain, rows[i].given, "row %u", i);
		cr_assert_eq(op.u.getdomaininfo.domain, rows[i].given);
	}
	/* No reference stays. */
	cr_assert_eq(d->refs, world_domain(WORLD_TWO, 2, NULL)->refs);
}

static long create(domid_t id)
{
	struct xen_domctl_createdomain *c = &op.u.createdomain;

	if (!c->max_vcpus)
		c->max_vcpus = 1;
	return dm_domctl(v, XEN_DOMCTL_createdomain, id, &op);
}

Test(domctl, createdomain_has_bounds)
{
	static const struct {
		uint32_t flags, max_vcpus;
		int32_t grants, maptrack;
		long rc;
	} rows[] = {
		{0, 1, -1, -1, 0},
		{0, MAX_VCPUS, 256, 4096, 0},
		{XEN_DOMCTL_CDF_xs_domain, 1, 1, 1, 0},
		{XEN_DOMCTL_CDF_hvm, 1, 1, 1, -EINVAL},
		{~0u, 1, 1, 1, -EINVAL},
		{0, MAX_VCPUS + 1, 1, 1, -EINVAL},
		{0, ~0u, 1, 1, -EINVAL},
		{0, 1, 257, 1, -EINVAL},
		{0, 1, 1, 4097, -EINVAL},
		{0, 1, INT32_MAX, INT32_MAX, -EINVAL},
		{0, 1, INT32_MIN, INT32_MIN, 0},
	};
	uint64_t before = page_free_count();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		op.u.createdomain = (struct xen_domctl_createdomain){
			.flags = rows[i].flags,
			.max_vcpus = rows[i].max_vcpus,
			.max_grant_frames = rows[i].grants,
			.max_maptrack_frames = rows[i].maptrack,
		};
		cr_assert_eq(create(0x111), rows[i].rc, "row %u", i);
		if (!rows[i].rc) {
			cr_assert_eq(op.domain, 0x111);
			cr_assert_eq(dm_domctl(v, XEN_DOMCTL_destroydomain,
					       0x111, &op),
				     0);
		}
		cr_assert_eq(page_free_count(), before, "row %u", i);
	}
	op.u.createdomain.max_vcpus = 0;
	op.cmd = XEN_DOMCTL_createdomain;
	op.domain = 0;
	cr_assert_eq(call(v, &op), -EINVAL);
}

Test(domctl, createdomain_finds_a_number)
{
	static const domid_t asked[] = {0, DOMID_FIRST_RESERVED, DOMID_SELF,
					0xffff};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		domid_t given;

		cr_assert_eq(create(asked[i]), 0);
		given = op.domain;
		cr_assert(given >= 1 && given < DOMID_FIRST_RESERVED);
		cr_assert_eq(create(given), -EEXIST);
		cr_assert_eq(dm_domctl(v, XEN_DOMCTL_destroydomain, given, &op),
			     0);
	}
}

Test(domctl, a_created_domain_is_not_privileged_and_has_no_memory)
{
	struct domain *n;

	cr_assert_eq(create(0x222), 0);
	n = domain_find(0x222);
	cr_assert_not(n->privileged);
	cr_assert_eq(n->page_max, 0);
	cr_assert(n->paused_by_tools);
}

Test(domctl, a_number_that_cannot_be_told_leaves_no_domain)
{
	uint64_t before = page_free_count();

	op.u.createdomain.max_vcpus = 1;
	fake_guest_hole(&op, sizeof(op), true);
	fake_preempt_every = 1;
	cr_assert_eq(create(0x333), -EFAULT);
	fake_preempt_every = 0;
	cr_assert_null(domain_find(0x333));
	cr_assert_eq(page_free_count(), before);
}

Test(domctl, max_vcpus_makes_what_creation_promised)
{
	unsigned int n;
	uint64_t before;
	struct domain *c;

	op.u.createdomain.max_vcpus = 3;
	cr_assert_eq(create(0x444), 0);
	c = domain_find(0x444);
	before = page_free_count();
	op.u.max_vcpus.max = 0;
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_max_vcpus, 0x444, &op), -EINVAL);
	op.u.max_vcpus.max = 4;
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_max_vcpus, 0x444, &op), -EINVAL);
	op.u.max_vcpus.max = 2;
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_max_vcpus, 0x444, &op), -EINVAL);
	cr_assert_eq(page_free_count(), before);
	/* No vCPU, no start. */
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_unpausedomain, 0x444, &op),
		     -EINVAL);
	op.u.max_vcpus.max = 3;
	for (n = 1;; n++) {
		long rc;

		fake_heap_fail_in = n;
		rc = dm_domctl(v, XEN_DOMCTL_max_vcpus, 0x444, &op);
		if (!rc)
			break;
		cr_assert_eq(rc, -ENOMEM);
	}
	fake_heap_fail_in = 0;
	cr_assert_not_null(c->vcpu[2]);
	cr_assert_eq(c->vcpu[2]->pause_count, 1);
	/* Again: they are there. */
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_max_vcpus, 0x444, &op), 0);
	domain_put(c);
}

Test(domctl, pausing_and_unpausing_is_not_counted)
{
	struct vcpu *w = d->vcpu[1];

	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_pausedomain, WORLD_ONE, &op), 0);
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_pausedomain, WORLD_ONE, &op), 0);
	cr_assert_eq(w->pause_count, 1);
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_unpausedomain, WORLD_ONE, &op), 0);
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_unpausedomain, WORLD_ONE, &op), 0);
	cr_assert_eq(w->pause_count, 0);
	/* What paused it for another reason still does. */
	domain_shutdown(d, SHUTDOWN_crash);
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_unpausedomain, WORLD_ONE, &op), 0);
	cr_assert_not(vcpu_runnable(w));
}

Test(domctl, vcpu_numbers_out_of_range)
{
	static const struct {
		uint32_t cmd;
		long rc;
	} rows[] = {
		{XEN_DOMCTL_setvcpucontext, -EINVAL},
		{XEN_DOMCTL_getvcpucontext, -EINVAL},
		{XEN_DOMCTL_getvcpuinfo, -ESRCH},
		{XEN_DOMCTL_setvcpuaffinity, -EINVAL},
		{XEN_DOMCTL_getvcpuaffinity, -EINVAL},
		{XEN_DOMCTL_sendtrigger, -ESRCH},
	};
	static const uint32_t ids[] = {2, MAX_VCPUS, ~0u};
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		for (k = 0; k < ARRAY_SIZE(ids); k++) {
			memset(&op.u, 0, sizeof(op.u));
			op.u.vcpucontext.vcpu = ids[k];
			if (rows[i].cmd == XEN_DOMCTL_sendtrigger) {
				op.u.sendtrigger.trigger =
					XEN_DOMCTL_SENDTRIGGER_NMI;
				op.u.sendtrigger.vcpu = ids[k];
			}
			cr_assert_eq(dm_domctl(v, rows[i].cmd, WORLD_ONE, &op),
				     rows[i].rc, "row %u, vCPU %u", i, ids[k]);
		}
	}
}

Test(domctl, contexts_go_in_and_come_out)
{
	struct vcpu_guest_context in, out;
	mfn_t root = dm_tables(d, 3);
	uint64_t before = page_free_count();

	dm_context(&in, root);
	op.u.vcpucontext.vcpu = 1;
	op.u.vcpucontext.ctxt = 0x10;
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_setvcpucontext, WORLD_ONE, &op),
		     -EFAULT);
	op.u.vcpucontext.ctxt = (uintptr_t)&in;
	fake_heap_fail_in = 1;
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_setvcpucontext, WORLD_ONE, &op),
		     -ENOMEM);
	fake_preempt_every = 1;
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_setvcpucontext, WORLD_ONE, &op),
		     0);
	cr_assert_eq(d->vcpu[1]->pause_count, 0);
	cr_assert_eq(d->vcpu[1]->state, VCPU_RUNNABLE);
	op.u.vcpucontext.ctxt = (uintptr_t)&out;
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_getvcpucontext, WORLD_ONE, &op),
		     0);
	cr_assert_eq(out.user_regs.rax, in.user_regs.rax);
	cr_assert_eq(out.ctrlreg[3], in.ctrlreg[3]);
	fake_guest_hole(&out, sizeof(out), false);
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_getvcpucontext, WORLD_ONE, &op),
		     -EFAULT);
	cr_assert_eq(page_free_count(), before);
	/* None: the vCPU is as it was made. */
	op.u.vcpucontext.ctxt = 0;
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_setvcpucontext, WORLD_ONE, &op),
		     0);
	cr_assert_not(d->vcpu[1]->initialised);
	cr_assert_eq(d->vcpu[1]->state, VCPU_OFFLINE);
	cr_assert_null(sched_pick(0, NULL, 0));
	cr_assert_eq(world_refs(root), 0);
	op.u.vcpucontext.ctxt = (uintptr_t)&out;
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_getvcpucontext, WORLD_ONE, &op),
		     -ENODATA);
	/* Both buffers are given back each time. */
	cr_assert_eq(page_free_count(), before);
}

Test(domctl, a_dying_domain_is_told_of_and_not_changed)
{
	static const struct {
		uint32_t cmd;
		long rc;
	} rows[] = {
		{XEN_DOMCTL_getdomaininfo, 0},
		{XEN_DOMCTL_getvcpuinfo, 0},
		{XEN_DOMCTL_unpausedomain, -ESRCH},
		{XEN_DOMCTL_max_vcpus, -ESRCH},
		{XEN_DOMCTL_setvcpucontext, -ESRCH},
		{XEN_DOMCTL_getvcpucontext, -ESRCH},
		{XEN_DOMCTL_hypercall_init, -ESRCH},
		{XEN_DOMCTL_getpageframeinfo3, -ESRCH},
	};
	struct vcpu_guest_context c;
	uint64_t before = page_free_count();
	unsigned int i;

	d = dm_create(WORLD_TWO, 1);
	d->max_vcpus = 2;
	dm_context(&c, dm_tables(d, 2));
	for (i = 0; i < 600; i++)
		world_page(d);
	fake_preempt_in = 1;
	op.domain = WORLD_TWO;
	cr_assert_eq(domain_kill(d), -ERESTART);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		memset(&op.u, 0, sizeof(op.u));
		if (rows[i].cmd == XEN_DOMCTL_setvcpucontext)
			op.u.vcpucontext.ctxt = (uintptr_t)&c;
		if (rows[i].cmd == XEN_DOMCTL_max_vcpus)
			op.u.max_vcpus.max = 2;
		cr_assert_eq(dm_domctl(v, rows[i].cmd, WORLD_TWO, &op),
			     rows[i].rc, "row %u", i);
	}
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_destroydomain, WORLD_TWO, &op), 0);
	domain_put(d);
	cr_assert_eq(page_free_count(), before);
}

Test(domctl, a_hypercall_page_is_the_domains_own)
{
	mfn_t m = world_page(d), table = dm_tables(d, 1);
	struct frame *f;

	cr_assert_eq(frame_get_type(table, d, FRAME_L4, &f), 0);
	op.u.hypercall_init.gmfn = m.n;
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_hypercall_init, WORLD_ONE, &op),
		     0);
	cr_assert_eq(*(uint8_t *)mfn_to_virt(m), 0xcc);
	cr_assert_eq(world_refs(m), 0);
	op.u.hypercall_init.gmfn = table.n;
	cr_assert_lt(dm_domctl(v, XEN_DOMCTL_hypercall_init, WORLD_ONE, &op),
		     0);
	op.u.hypercall_init.gmfn = world_page(zero).n;
	cr_assert_lt(dm_domctl(v, XEN_DOMCTL_hypercall_init, WORLD_ONE, &op),
		     0);
	op.u.hypercall_init.gmfn = ~0ull;
	cr_assert_lt(dm_domctl(v, XEN_DOMCTL_hypercall_init, WORLD_ONE, &op),
		     0);
}

Test(domctl, kinds_of_frames)
{
	mfn_t table = dm_tables(d, 1), data = world_page(d);
	uint64_t list[5] = {table.n, data.n, world_page(zero).n, ~0ull, 0};

	cr_assert_eq(table_pin(d->vcpu[0], d, table, FRAME_L4), 0);
	op.u.getpageframeinfo3.num = 5;
	op.u.getpageframeinfo3.array = (uintptr_t)list;
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_getpageframeinfo3, WORLD_ONE, &op),
		     0);
	cr_assert_eq(list[0],
		     XEN_DOMCTL_PFINFO_L4TAB | XEN_DOMCTL_PFINFO_LPINTAB);
	cr_assert_eq(list[1], XEN_DOMCTL_PFINFO_NOTAB);
	cr_assert_eq(list[2], XEN_DOMCTL_PFINFO_XTAB);
	cr_assert_eq(list[3], XEN_DOMCTL_PFINFO_XTAB);
	cr_assert_eq(list[4], XEN_DOMCTL_PFINFO_XTAB);
	cr_assert_eq(world_refs(data), 0);
	op.u.getpageframeinfo3.num = 1025;
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_getpageframeinfo3, WORLD_ONE, &op),
		     -E2BIG);
	op.u.getpageframeinfo3.num = 1;
	op.u.getpageframeinfo3.array = 0x10;
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_getpageframeinfo3, WORLD_ONE, &op),
		     -EFAULT);
}

Test(domctl, small_settings)
{
	uint8_t map[4] = {0xfe, 0xff, 0xff, 0xff};

	op.u.max_mem.max_memkb = 4099;
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_max_mem, WORLD_ONE, &op), 0);
	cr_assert_eq(d->page_max, 1024);
	memset(op.u.setdomainhandle.handle, 0x42, 16);
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_setdomainhandle, WORLD_ONE, &op),
		     0);
	cr_assert_eq(d->handle[15], 0x42);
	op.u.settimeoffset.time_offset_seconds = -77;
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_settimeoffset, WORLD_ONE, &op), 0);
	cr_assert_eq(d->time_offset_s, -77);
	op.u.address_size.size = 32;
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_set_address_size, WORLD_ONE, &op),
		     -EINVAL);
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_get_address_size, WORLD_ONE, &op),
		     0);
	cr_assert_eq(op.u.address_size.size, 64);
	/* CPU 0 is the only one. */
	memset(&op.u, 0, sizeof(op.u));
	op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
	op.u.vcpuaffinity.cpumap_hard.bitmap = (uintptr_t)map;
	op.u.vcpuaffinity.cpumap_hard.nr_bits = 32;
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_setvcpuaffinity, WORLD_ONE, &op),
		     -EINVAL);
	map[0] = 1;
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_setvcpuaffinity, WORLD_ONE, &op),
		     0);
	memset(map, 0xff, sizeof(map));
	op.u.vcpuaffinity.cpumap_hard.nr_bits = 20;
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_getvcpuaffinity, WORLD_ONE, &op),
		     0);
	cr_assert_eq(map[0], 1);
	cr_assert_eq(map[1], 0);
	cr_assert_eq(map[2], 0);
	cr_assert_eq(map[3], 0xff, "beyond the map");
}

Test(domctl, triggers)
{
	op.u.sendtrigger.trigger = XEN_DOMCTL_SENDTRIGGER_NMI;
	op.u.sendtrigger.vcpu = 1;
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_sendtrigger, WORLD_ONE, &op), 0);
	cr_assert(d->vcpu[1]->nmi_pending);
	op.u.sendtrigger.trigger = 77;
	cr_assert_eq(dm_domctl(v, XEN_DOMCTL_sendtrigger, WORLD_ONE, &op),
		     -ENOSYS);
}

Test(domctl, destruction_is_resumed_and_gives_all_back)
{
	uint64_t before, args[6] = {(uintptr_t)&op};
	unsigned int i, restarts = 0;
	struct domain *n;
	long rc;

	before = page_free_count();
	n = dm_create(0x555, 1);
	for (i = 0; i < 1000; i++)
		world_page(n);
	domain_put(n);
	op.cmd = XEN_DOMCTL_destroydomain;
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op.domain = 0x555;
	fake_preempt_every = 1;
	while ((rc = hypercall_domctl(v, args)) == -ERESTART)
		restarts++;
	fake_preempt_every = 0;
	cr_assert_eq(rc, 0);
	cr_assert_gt(restarts, 2);
	cr_assert_eq(page_free_count(), before);
	cr_assert_eq(hypercall_domctl(v, args), -ESRCH);
}
