/* SPDX-License-Identifier: MIT */
/*
 * From domain_create() to the last reference: whatever fails on the way, and
 * wherever the end is interrupted, every page comes back.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include "domain_fixture.h"
#include "event/event.h"
#include "hypervisor/event/event_fixture.h"
#include "hypervisor/grant/grant_fixture.h"
#include "pv/table.h"
#include "sched/sched.h"
#include "public/sched.h"

static const struct xen_domctl_createdomain config = {
	.max_grant_frames = 300, /* its array is more than a page */
	.max_maptrack_frames = -1,
};

static struct domain *zero;

static void setup(void)
{
	world_init();
	zero = world_domain(WORLD_ZERO, 1, NULL);
}

TestSuite(lifecycle, .init = setup);

Test(lifecycle, creation_that_fails_at_any_allocation_leaves_nothing)
{
	uint64_t before = page_free_count();
	struct domain *d;
	unsigned int n;
	int rc;

	for (n = 1;; n++) {
		fake_heap_fail_in = n;
		rc = domain_create(WORLD_ONE, &config, false, &d);
		if (!rc)
			break;
		cr_assert_eq(rc, -ENOMEM, "allocation %u: %d", n, rc);
		cr_assert_eq(page_free_count(), before, "allocation %u", n);
		cr_assert_null(domain_find(WORLD_ONE));
	}
	cr_assert_gt(n, 8, "only %u allocations were tried", n);
	fake_heap_fail_in = 0;
	dm_end(d);
	cr_assert_eq(page_free_count(), before);
}

Test(lifecycle, a_vcpu_that_fails_at_any_allocation_leaves_nothing)
{
	uint64_t start = page_free_count(), before;
	struct domain *d = dm_create(WORLD_ONE, 0);
	unsigned int n;
	int rc;

	before = page_free_count();
	d->max_vcpus = 2;
	for (n = 1;; n++) {
		fake_heap_fail_in = n;
		rc = domain_make_vcpu(d, 1);
		if (!rc)
			break;
		cr_assert_eq(rc, -ENOMEM, "allocation %u: %d", n, rc);
		cr_assert_eq(page_free_count(), before, "allocation %u", n);
		cr_assert_null(d->vcpu[1]);
	}
	cr_assert_gt(n, 2);
	fake_heap_fail_in = 0;
	dm_end(d);
	cr_assert_eq(page_free_count(), start);
}

Test(lifecycle, numbers_are_given_once)
{
	struct domain *d = dm_create(WORLD_ONE, 1), *other;
	uint64_t before = page_free_count();

	cr_assert_eq(domain_create(WORLD_ONE, &config, false, &other), -EEXIST);
	cr_assert_eq(page_free_count(), before);
	other = domain_find(WORLD_ONE);
	cr_assert_eq(other, d);
	domain_put(other);
	dm_end(d);
}

Test(lifecycle, vcpus_are_made_once_and_below_the_limit)
{
	struct domain *d = dm_create(WORLD_ONE, 2);

	cr_assert_eq(domain_make_vcpu(d, 0), -EINVAL);
	cr_assert_eq(domain_make_vcpu(d, MAX_VCPUS), -EINVAL);
	cr_assert_eq(domain_make_vcpu(d, ~0u), -EINVAL);
	d->max_vcpus = MAX_VCPUS;
	cr_assert_eq(domain_make_vcpu(d, MAX_VCPUS - 1), 0);
	cr_assert_eq((void *)d->vcpu[MAX_VCPUS - 1]->info,
		     (void *)&d->shared->vcpu_info[MAX_VCPUS - 1]);
	dm_end(d);
}

Test(lifecycle, a_new_domain_is_paused_and_its_vcpus_are_down)
{
	struct domain *d = dm_create(WORLD_ONE, 2);
	struct vcpu *v = d->vcpu[1];

	cr_assert(d->paused_by_tools);
	cr_assert_eq(v->pause_count, 1);
	cr_assert_not(v->up);
	cr_assert_not(v->initialised);
	cr_assert_eq(v->info->evtchn_upcall_mask, 1);
	cr_assert_eq(v->arch.debugreg[7], 0x400);
	cr_assert_eq(v->arch.debugreg[6], 0xffff0ff0);
	cr_assert_not(vcpu_runnable(v));
	dm_end(d);
}

Test(lifecycle, a_domain_without_anything_can_be_killed)
{
	uint64_t before = page_free_count();

	dm_end(dm_create(WORLD_ONE, 0));
	cr_assert_eq(page_free_count(), before);
}

Test(lifecycle, free_numbers_skip_those_in_use_and_come_round)
{
	struct domain *a = dm_create(2, 0), *b = dm_create(3, 0);
	unsigned int i, seen = 0;

	for (i = 0; i < 2 * DOMID_FIRST_RESERVED; i++) {
		domid_t id = domain_free_id();

		cr_assert(id >= 1 && id < DOMID_FIRST_RESERVED, "%u", id);
		cr_assert_neq(id, 2);
		cr_assert_neq(id, 3);
		seen += id == 1;
	}
	cr_assert_geq(seen, 2);
	dm_end(a);
	dm_end(b);
}

static void map_others_page(struct domain *by, struct domain *d, mfn_t m,
			    unsigned int at)
{
	uint64_t args[6] = {
		world_window(at),
		mfn_to_maddr(m).a | PTE_P | PTE_RW | PTE_U | PTE_NX,
		0,
		d->id,
	};

	cr_assert_eq(hypercall_update_va_mapping_otherdomain(by->vcpu[0], args),
		     0);
}

static void unmap(struct domain *by, unsigned int at)
{
	uint64_t args[6] = {world_window(at)};

	cr_assert_eq(hypercall_update_va_mapping(by->vcpu[0], args), 0);
}

/* Everything that a domain can have, or have of others. */
static struct domain *domain_with_everything(void)
{
	struct domain *d = world_domain(WORLD_ONE, 3, &config);
	struct domain *two = domain_find(WORLD_TWO);
	struct vcpu_guest_context c;
	mfn_t root = dm_tables(d, 40), pinned = dm_tables(d, 25), m, given;
	struct vcpu *v = d->vcpu[0];
	struct vcpu_register_vcpu_info info = {0};
	struct gnttab_map_grant_ref map;
	struct frame *f;
	uint32_t port;
	unsigned int i;

	/* Page tables: of a vCPU, pinned, and a promotion given up. */
	dm_context(&c, root);
	c.gdt_frames[0] = world_page(d).n;
	c.gdt_ents = 500;
	cr_assert_eq(vcpu_set_context(d->vcpu[1], &c), 0);
	d->vcpu[0]->up = d->vcpu[1]->up = true;
	cr_assert_eq(table_pin(d->vcpu[0], d, pinned, FRAME_L4), 0);
	m = dm_tables(d, 9);
	fake_preempt_in = 4;
	cr_assert_eq(frame_get_type(m, d, FRAME_L4, &f), -ERESTART);
	/* Areas and pages that are ours to write. */
	info.mfn = world_page(d).n;
	info.offset = 0x88;
	d->vcpu[1]->up = false;
	cr_assert_eq(dm_call(hypercall_vcpu_op, v, VCPUOP_register_vcpu_info, 1,
			     (uintptr_t)&info),
		     0);
	d->vcpu[1]->up = true;
	cr_assert_eq(ev_init_control(v, 0, world_page(d), 0), 17);
	cr_assert_eq(ev_expand_array(v, world_page(d)), 0);
	/* Ports of all kinds, more than one batch. */
	for (i = 0; i < 80; i++)
		ev_connect(d, i & 1 ? zero : two, &port);
	cr_assert_gt(ev_bind_ipi(v, 1), 0);
	cr_assert_gt(ev_bind_virq(v, VIRQ_TIMER, 0), 0);
	/* Timers, a watchdog, a poll. */
	v->periodic_ns = 1000000;
	dm_call(hypercall_set_timer_op, v, 12345678, 0, 0);
	{
		struct sched_watchdog w = {.id = 0, .timeout = 77};

		cr_assert_eq(dm_call(hypercall_sched_op, v, SCHEDOP_watchdog,
				     (uintptr_t)&w, 0),
			     1);
	}
	/* Others' pages that it maps by grant. */
	for (i = 0; i < 70; i++) {
		given = world_page(two);
		gt_give(two, 10 + i, d->id, given, 0);
		cr_assert_eq(gt_map(v, WORLD_TWO, 10 + i, i,
				    GNTMAP_host_map |
					    (i & 1 ? GNTMAP_device_map : 0),
				    &map),
			     GNTST_okay);
	}
	/* Many pages of its own. */
	for (i = 0; i < 600; i++)
		world_page(d);
	domain_put(two);
	return d;
}

/*
 * What domain two lends is its own, new pages each time; its ports and domain
 * zero's wait for another peer.
 */
static void two_gives_back(struct domain *two, uint64_t pages)
{
	cr_assert_eq(ev_reset(two->vcpu[0], DOMID_SELF), 0);
	cr_assert_eq(ev_reset(zero->vcpu[0], DOMID_SELF), 0);
	while (two->page_count > pages) {
		struct frame *f = frame_of(mfn(two->page_head));

		cr_assert_eq(frame_unassign(two, f), 0);
	}
}

Test(lifecycle, a_domain_with_everything_leaves_no_page_behind)
{
	struct domain *two = world_domain(WORLD_TWO, 1, NULL);
	uint64_t pages, before;
	uint32_t refs;

	/* Once, so that tables of domain two have grown as they will. */
	pages = two->page_count;
	dm_end(domain_with_everything());
	two_gives_back(two, pages);
	before = page_free_count();
	refs = two->refs;
	dm_end(domain_with_everything());
	cr_assert_eq(two->page_count, pages + 70);
	two_gives_back(two, pages);
	cr_assert_eq(page_free_count(), before);
	cr_assert_eq(two->refs, refs);
	cr_assert_null(domain_find(WORLD_ONE));
}

Test(lifecycle, a_kill_can_be_interrupted_anywhere)
{
	struct domain *two = world_domain(WORLD_TWO, 1, NULL), *d;
	uint64_t pages = two->page_count, before;
	unsigned int k, checks, restarts;

	d = domain_with_everything();
	fake_preempt_checks = 0;
	dm_end(d);
	checks = fake_preempt_checks;
	cr_assert_gt(checks, 60, "only %u places", checks);
	two_gives_back(two, pages);
	before = page_free_count();
	for (k = 1; k <= checks; k++) {
		d = domain_with_everything();
		fake_preempt_in = k;
		restarts = dm_kill(d);
		cr_assert_eq(restarts, 1, "check %u of %u: %u", k, checks,
			     restarts);
		domain_put(d);
		two_gives_back(two, pages);
		cr_assert_eq(page_free_count(), before,
			     "check %u: %ld pages too few", k,
			     (long)(before - page_free_count()));
	}
}

Test(lifecycle, a_kill_ends_though_interrupted_everywhere)
{
	struct domain *two = world_domain(WORLD_TWO, 1, NULL), *d;
	uint64_t pages = two->page_count, before;

	dm_end(domain_with_everything());
	two_gives_back(two, pages);
	before = page_free_count();
	d = domain_with_everything();
	fake_preempt_every = 1;
	cr_assert_gt(dm_kill(d), 60);
	fake_preempt_every = 0;
	domain_put(d);
	two_gives_back(two, pages);
	cr_assert_eq(page_free_count(), before);
}

Test(lifecycle, a_dying_domain_gets_no_page_and_is_found_until_it_is_dead)
{
	struct domain *d = world_domain(WORLD_ONE, 1, NULL), *found;
	mfn_t m = page_alloc(0, ADDR_ANY);
	uint64_t before = page_free_count();
	unsigned int i;

	for (i = 0; i < 600; i++)
		world_page(d);
	fake_preempt_in = 2;
	cr_assert_eq(domain_kill(d), -ERESTART);
	cr_assert_eq(d->life, DOMAIN_DYING);
	cr_assert_eq(frame_assign(d, m, 0), -ENOMEM);
	found = domain_find(WORLD_ONE);
	cr_assert_eq(found, d);
	domain_put(found);
	dm_end(d);
	cr_assert_gt(page_free_count(), before);
	cr_assert_null(domain_find(WORLD_ONE));
}

static bool is_listed(struct domain *d)
{
	struct domain *next = domain_next(d->id);
	bool is = next == d;

	if (next)
		domain_put(next);
	return is;
}

Test(lifecycle, a_page_that_another_maps_keeps_the_structure)
{
	struct domain *d, *other;
	uint64_t before;
	mfn_t m;

	before = page_free_count();
	d = world_domain(WORLD_ONE, 2, NULL);
	m = world_page(d);
	map_others_page(zero, d, m, 5);
	map_others_page(zero, d, virt_to_mfn(d->shared), 6);
	dm_kill(d);
	cr_assert_eq(d->life, DOMAIN_DEAD);
	cr_assert_eq(d->page_count, 0);
	cr_assert_null(domain_find(WORLD_ONE));
	domain_put(d);
	/* The structure is there: two frames name it as their owner. */
	cr_assert_eq(frame_of(m)->owner, d);
	cr_assert_eq(d->refs, 2);
	cr_assert_eq(d->frame_count, 2);
	/* It is shown, and its number is taken. */
	cr_assert(is_listed(d));
	cr_assert_eq(domain_create(WORLD_ONE, &config, false, &other), -EEXIST);
	cr_assert_lt(page_free_count(), before);
	/* Nobody can take a new reference on them. */
	cr_assert_null(frame_get(m, d));
	unmap(zero, 5);
	cr_assert_eq(d->refs, 1);
	cr_assert(is_listed(d));
	unmap(zero, 6);
	cr_assert_eq(page_free_count(), before);
	cr_assert_null(domain_next(1));
	d = world_domain(WORLD_ONE, 1, NULL);
	dm_end(d);
}

static struct domain *stopping;

static void stops_elsewhere(void)
{
	cr_assert_eq(stopping->life, DOMAIN_ALIVE);
	stopping->vcpu[0]->on_cpu = false;
}

/* Else a kernel would see hypercalls refused that were good, and say so. */
Test(lifecycle, a_domain_stops_before_it_is_dying)
{
	struct domain *d = world_domain(WORLD_ONE, 1, NULL);

	stopping = d;
	d->vcpu[0]->cpu = 1;
	d->vcpu[0]->on_cpu = true;
	fake_wait_hook = stops_elsewhere;
	dm_kill(d);
	fake_wait_hook = NULL;
	cr_assert_not(d->vcpu[0]->on_cpu);
	domain_put(d);
}

Test(lifecycle, a_killed_domain_may_be_killed_again)
{
	struct domain *d = world_domain(WORLD_ONE, 1, NULL);
	uint32_t refs;

	dm_kill(d);
	refs = d->refs;
	cr_assert_eq(domain_kill(d), 0);
	cr_assert_eq(d->refs, refs);
	domain_put(d);
}

Test(lifecycle, domain_zero_is_not_killed, .signal = SIGABRT)
{
	(void)!domain_kill(zero);
}

Test(lifecycle, reset_lets_go_of_all_that_a_vcpu_has)
{
	struct domain *d = world_domain(WORLD_ONE, 2, NULL);
	struct vcpu *v = d->vcpu[0], *w = d->vcpu[1];
	struct vcpu_register_vcpu_info info = {.mfn = world_page(d).n};
	struct vcpu_guest_context c;
	mfn_t root = dm_tables(d, 3), user = dm_tables(d, 2);
	mfn_t gdt = world_page(d);
	int rc;

	dm_context(&c, root);
	c.ctrlreg[1] = xen_pfn_to_cr3(user.n);
	c.gdt_frames[0] = gdt.n;
	c.gdt_ents = 512;
	w->up = false;
	cr_assert_eq(dm_call(hypercall_vcpu_op, v, VCPUOP_register_vcpu_info, 1,
			     (uintptr_t)&info),
		     0);
	cr_assert_eq(vcpu_set_context(w, &c), 0);
	w->runstate_va = WORLD_VA;
	w->blocked = true;
	/* With nothing but the half of it there, it must not be run. */
	fake_preempt_in = 1;
	rc = vcpu_reset(w);
	cr_assert_eq(rc, -ERESTART);
	cr_assert_not(w->initialised);
	cr_assert_not(vcpu_runnable(w));
	cr_assert_eq(vcpu_reset(w), 0);
	cr_assert_eq(world_refs(root), 0);
	cr_assert_eq(world_refs(user), 0);
	cr_assert_eq(world_refs(gdt), 0);
	cr_assert_eq(world_refs(mfn(info.mfn)), 0);
	cr_assert_eq((void *)w->info, (void *)&d->shared->vcpu_info[1]);
	cr_assert_eq(w->runstate_va, 0);
	cr_assert_not(w->up);
	cr_assert_not(w->blocked);
	/* Once more changes nothing. */
	cr_assert_eq(vcpu_reset(w), 0);
	/* And it can have a life again. */
	cr_assert_eq(vcpu_set_context(w, &c), 0);
	cr_assert(w->initialised);
	dm_end(d);
}
