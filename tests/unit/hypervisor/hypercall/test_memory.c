/* SPDX-License-Identifier: MIT */
/* memory_op: a domain grows and shrinks; maps; frames of ours. */
#include <criterion/criterion.h>
#include "boot/memory.h"
#include "fake/frames.h"
#include "hypervisor/domain/domain_fixture.h"
#include "hypervisor/event/event_fixture.h"
#include "mm/m2p.h"
#include "public/memory.h"
#include "pv/table.h"

static struct domain *zero, *d;
static struct vcpu *v;
static uint64_t list[200];
static struct xen_memory_reservation r;

static void setup(void)
{
	unsigned int i;

	world_init();
	zero = world_domain(WORLD_ZERO, 1, NULL);
	d = world_domain(WORLD_ONE, 1, NULL);
	v = d->vcpu[0];
	for (i = 0; i < 200; i++)
		list[i] = 0x1000 + i;
	r = (struct xen_memory_reservation){
		.extent_start = (uintptr_t)list,
		.nr_extents = 10,
		.domid = DOMID_SELF,
	};
}

TestSuite(memory_op, .init = setup);

static long op(struct vcpu *by, uint64_t cmd, void *arg)
{
	return dm_call(hypercall_memory_op, by, cmd, (uintptr_t)arg, 0);
}

/* Once; the operation that a restart would be called with, in *next. */
static long once(uint64_t cmd, uint64_t *next)
{
	uint64_t args[6] = {cmd, (uintptr_t)&r};
	long rc = hypercall_memory_op(v, args);

	*next = args[0];
	return rc;
}

Test(memory_op, populate_tells_frames_and_sets_the_machine_table)
{
	uint64_t pages = d->page_count, before = page_free_count();
	unsigned int i;

	r.extent_order = 2;
	cr_assert_eq(op(v, XENMEM_populate_physmap, &r), 10);
	cr_assert_eq(d->page_count, pages + 40);
	cr_assert_eq(page_free_count(), before - 40);
	for (i = 0; i < 10; i++) {
		uint64_t k, *page;

		cr_assert_eq(list[i] & 3, 0);
		for (k = 0; k < 4; k++) {
			cr_assert_eq(frame_of(mfn(list[i] + k))->owner, d);
			cr_assert_eq(m2p_get(mfn(list[i] + k)), 0x1000 + i + k);
			page = mfn_to_virt(mfn(list[i] + k));
			cr_assert_eq(page[511], 0, "not scrubbed");
		}
	}
	/* And back. */
	cr_assert_eq(op(v, XENMEM_decrease_reservation, &r), 10);
	cr_assert_eq(d->page_count, pages);
	cr_assert_eq(page_free_count(), before);
	cr_assert_eq(m2p_get(mfn(list[0])), M2P_INVALID);
}

Test(memory_op, increase_takes_no_list_or_fills_it)
{
	uint64_t pages = d->page_count;

	r.extent_start = 0;
	cr_assert_eq(op(v, XENMEM_increase_reservation, &r), 10);
	cr_assert_eq(d->page_count, pages + 10);
	r.extent_start = (uintptr_t)list;
	r.nr_extents = 1;
	cr_assert_eq(op(v, XENMEM_increase_reservation, &r), 1);
	cr_assert_eq(frame_of(mfn(list[0]))->owner, d);
	/* populate without a list knows no frame numbers. */
	r.extent_start = 0;
	cr_assert_eq(op(v, XENMEM_populate_physmap, &r), 0);
}

Test(memory_op, others_are_for_the_privileged)
{
	static const uint32_t cmds[] = {
		XENMEM_populate_physmap,
		XENMEM_increase_reservation,
		XENMEM_decrease_reservation,
	};
	uint64_t pages = zero->page_count;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		r.domid = 0;
		cr_assert_eq(op(v, cmds[i], &r), -EPERM);
		r.domid = 0x6000;
		cr_assert_eq(op(v, cmds[i], &r), -EPERM);
		cr_assert_eq(op(zero->vcpu[0], cmds[i], &r), -ESRCH);
		r.domid = DOMID_XEN;
		cr_assert_eq(op(zero->vcpu[0], cmds[i], &r), -ESRCH);
	}
	cr_assert_eq(zero->page_count, pages);
	r.domid = WORLD_ONE;
	pages = d->page_count;
	cr_assert_eq(op(zero->vcpu[0], XENMEM_populate_physmap, &r), 10);
	cr_assert_eq(d->page_count, pages + 10);
}

Test(memory_op, orders_have_limits)
{
	static const struct {
		bool privileged;
		uint32_t order;
		long rc;
	} rows[] = {
		{false, 9, 1},	     {false, 10, -EPERM}, {false, 31, -EPERM},
		{false, 63, -EPERM}, {false, 64, -EPERM}, {false, ~0u, -EPERM},
		{true, 9, 1},	     {true, 10, -EPERM},  {true, 18, -EPERM},
		{true, 63, -EPERM},  {true, ~0u, -EPERM},
	};
	unsigned int i;

	r.nr_extents = 1;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		r.extent_order = rows[i].order;
		cr_assert_eq(op(rows[i].privileged ? zero->vcpu[0] : v,
				XENMEM_populate_physmap, &r),
			     rows[i].rc, "row %u", i);
		if (rows[i].rc == 1)
			cr_assert_eq(list[0] & ((1u << rows[i].order) - 1), 0);
	}
}

Test(memory_op, counts_and_continuations_have_limits)
{
	r.nr_extents = ~0ull;
	cr_assert_eq(op(v, XENMEM_populate_physmap, &r), -EINVAL);
	r.nr_extents = 1ull << 58;
	cr_assert_eq(op(v, XENMEM_populate_physmap, &r), -EINVAL);
	r.nr_extents = 10;
	/* More is done than there is to do. */
	cr_assert_eq(
		op(v, XENMEM_populate_physmap | 11 << MEMOP_EXTENT_SHIFT, &r),
		-EINVAL);
	cr_assert_eq(op(v,
			XENMEM_populate_physmap | ~0ull << MEMOP_EXTENT_SHIFT,
			&r),
		     -EINVAL);
	/* All is done. */
	cr_assert_eq(
		op(v, XENMEM_populate_physmap | 10 << MEMOP_EXTENT_SHIFT, &r),
		10);
	cr_assert_eq(op(v, XENMEM_populate_physmap, (void *)0x10), -EFAULT);
	cr_assert_eq(op(v, XENMEM_populate_physmap, (void *)HV_VIRT_START),
		     -EFAULT);
}

Test(memory_op, the_limit_of_the_domain_ends_it)
{
	d->page_max = d->page_count + 7;
	cr_assert_eq(op(v, XENMEM_populate_physmap, &r), 7);
	r.extent_order = 1;
	d->page_max++;
	cr_assert_eq(op(v, XENMEM_populate_physmap, &r), 0);
	/* A limit below what it has: it just cannot grow. */
	d->page_max = 1;
	r.extent_order = 0;
	cr_assert_eq(op(v, XENMEM_populate_physmap, &r), 0);
	cr_assert_eq(op(v, XENMEM_decrease_reservation, &r), 7);
}

Test(memory_op, a_page_that_cannot_be_had_ends_it)
{
	uint64_t before = page_free_count();

	fake_heap_fail_in = 4;
	cr_assert_eq(op(v, XENMEM_populate_physmap, &r), 3);
	cr_assert_eq(page_free_count(), before - 3);
	/* Below an address that nothing is below. */
	r.mem_flags = XENMEMF_address_bits(12);
	cr_assert_eq(op(v, XENMEM_populate_physmap, &r), 0);
	r.mem_flags = XENMEMF_address_bits(24);
	cr_assert_eq(op(v, XENMEM_populate_physmap, &r), 0);
	r.mem_flags = XENMEMF_address_bits(25);
	cr_assert_eq(op(v, XENMEM_populate_physmap, &r), 10);
	cr_assert_lt(list[9], 0x2000);
	cr_assert_eq(page_free_count(), before - 13);
}

Test(memory_op, a_list_that_ends_unmapped)
{
	uint64_t before = page_free_count(), pages = d->page_count;

	fake_guest_hole(&list[4], 8, false);
	cr_assert_eq(op(v, XENMEM_populate_physmap, &r), 4);
	cr_assert_eq(d->page_count, pages + 4);
	/* It can be read, but what was done cannot be told. */
	fake_guest_hole(&list[2], 8, true);
	r.extent_order = 3;
	cr_assert_eq(op(v, XENMEM_populate_physmap, &r), 2);
	cr_assert_eq(d->page_count, pages + 4 + 16);
	cr_assert_eq(page_free_count(), before - 20);
	cr_assert_eq(op(v, XENMEM_increase_reservation, &r), 2);
	cr_assert_eq(d->page_count, pages + 4 + 32);
	fake_guest_hole(&list[1], 8, false);
	r.extent_order = 3;
	cr_assert_eq(op(v, XENMEM_decrease_reservation, &r), 1);
	r.extent_start = HV_VIRT_START - 8;
	cr_assert_eq(op(v, XENMEM_decrease_reservation, &r), 0);
	cr_assert_eq(op(v, XENMEM_populate_physmap, &r), 0);
	r.extent_start = ~0ull - 3;
	cr_assert_eq(op(v, XENMEM_populate_physmap, &r), 0);
}

Test(memory_op, is_resumed_where_it_was_and_each_time_gets_on)
{
	uint64_t pages = d->page_count, next, last = 0, cmd;
	long rc;

	r.nr_extents = 200;
	fake_preempt_every = 1;
	cmd = XENMEM_populate_physmap;
	while ((rc = once(cmd, &next)) == -ERESTART) {
		cr_assert_eq(next & MEMOP_CMD_MASK, XENMEM_populate_physmap);
		cr_assert_gt(next >> MEMOP_EXTENT_SHIFT, last);
		last = next >> MEMOP_EXTENT_SHIFT;
		cr_assert_eq(d->page_count, pages + last);
		cmd = next;
	}
	cr_assert_eq(rc, 200);
	cr_assert_eq(d->page_count, pages + 200);
	cmd = XENMEM_decrease_reservation;
	last = 0;
	while ((rc = once(cmd, &next)) == -ERESTART) {
		cr_assert_gt(next >> MEMOP_EXTENT_SHIFT, last);
		last = next >> MEMOP_EXTENT_SHIFT;
		cmd = next;
	}
	cr_assert_eq(rc, 200);
	cr_assert_eq(d->page_count, pages);
	/* Large extents are checked at each. */
	r.extent_order = 5;
	r.nr_extents = 3;
	cr_assert_eq(once(XENMEM_populate_physmap, &next), -ERESTART);
	cr_assert_eq(next >> MEMOP_EXTENT_SHIFT, 1);
}

Test(memory_op, decrease_refuses_what_is_not_its_own)
{
	uint64_t bad[] = {
		world_page(zero).n,	  0x100, ~0ull, FAKE_RAM_END,
		virt_to_mfn(d->shared).n,
	};
	unsigned int i;

	r.nr_extents = 1;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		list[0] = bad[i];
		cr_assert_eq(op(v, XENMEM_decrease_reservation, &r), 0, "%u",
			     i);
	}
	/* The same page twice is one page too many. */
	list[0] = list[1] = world_page(d).n;
	r.nr_extents = 2;
	cr_assert_eq(op(v, XENMEM_decrease_reservation, &r), 1);
}

Test(memory_op, an_extent_goes_as_a_whole_or_not_at_all)
{
	uint64_t pages, first;
	struct frame *f;

	r.nr_extents = 1;
	r.extent_order = 2;
	cr_assert_eq(op(v, XENMEM_populate_physmap, &r), 1);
	first = list[0];
	pages = d->page_count;
	/* Its third page is gone already. */
	r.extent_order = 0;
	list[0] = first + 2;
	cr_assert_eq(op(v, XENMEM_decrease_reservation, &r), 1);
	r.extent_order = 2;
	list[0] = first;
	cr_assert_eq(op(v, XENMEM_decrease_reservation, &r), 0);
	cr_assert_eq(d->page_count, pages - 1);
	f = frame_get(mfn(first), d);
	cr_assert_not_null(f, "the first page went");
	frame_put(f);
}

/* Order 2: tables that map others, so that letting them go takes long. */
Test(memory_op, an_extent_whose_release_is_interrupted_goes_later)
{
	uint64_t pages, before, next, first;
	unsigned int i, k;
	struct frame *f;
	long rc;

	r.nr_extents = 1;
	r.extent_order = 2;
	pages = d->page_count;
	before = page_free_count();
	list[0] = 0x1000;
	cr_assert_eq(op(v, XENMEM_populate_physmap, &r), 1);
	first = list[0];
	for (i = 0; i < 4; i++) {
		uint64_t *t = mfn_to_virt(mfn(first + i));
		mfn_t root = dm_tables(d, 5);

		for (k = 0; k < 512; k++)
			t[k] = ((uint64_t *)mfn_to_virt(root))[k];
		cr_assert_eq(table_pin(d->vcpu[0], d, mfn(first + i), FRAME_L4),
			     0);
		cr_assert_eq(frame_unassign(d, frame_of(root)), 0);
	}
	fake_preempt_every = 1;
	rc = once(XENMEM_decrease_reservation, &next);
	cr_assert_eq(rc, -ERESTART);
	cr_assert_eq(next, XENMEM_decrease_reservation);
	for (i = 0; rc == -ERESTART && i < 1000; i++)
		rc = once(next, &next);
	fake_preempt_every = 0;
	cr_assert_eq(rc, 1, "%ld", rc);
	for (i = 0; i < 4; i++) {
		f = frame_get(mfn(first + i), d);
		cr_assert_null(f);
		/* No pin is left that nobody could take off. */
		cr_assert_eq(frame_load(frame_of(mfn(first + i))), 0);
	}
	cr_assert_lt(d->page_count, pages + 100);
	dm_end(d);
	cr_assert_gt(page_free_count(), before);
}

Test(memory_op, a_pinned_page_that_was_given_back_leaves_no_trace)
{
	uint64_t before = page_free_count();
	struct domain *g = world_domain(WORLD_TWO, 1, NULL);
	mfn_t root = dm_tables(g, 4);

	cr_assert_eq(table_pin(g->vcpu[0], g, root, FRAME_L4), 0);
	list[0] = root.n;
	r.nr_extents = 1;
	cr_assert_eq(op(g->vcpu[0], XENMEM_decrease_reservation, &r), 1);
	dm_end(g);
	cr_assert_eq(page_free_count(), before);
}

Test(memory_op, a_page_that_is_used_goes_with_its_last_user)
{
	mfn_t m = world_page(d);
	uint64_t pages = d->page_count, before = page_free_count();

	cr_assert_eq(frame_get_writable(m, d), 0);
	list[0] = m.n;
	r.nr_extents = 1;
	cr_assert_eq(op(v, XENMEM_decrease_reservation, &r), 1);
	cr_assert_eq(d->page_count, pages - 1);
	cr_assert_eq(page_free_count(), before);
	/* Not twice. */
	cr_assert_eq(op(v, XENMEM_decrease_reservation, &r), 0);
	frame_put_writable(frame_of(m));
	cr_assert_eq(page_free_count(), before + 1);
}

Test(memory_op, a_dying_domain_does_not_change)
{
	r.domid = WORLD_ONE;
	d->life = DOMAIN_DYING;
	cr_assert_eq(op(zero->vcpu[0], XENMEM_populate_physmap, &r), -EINVAL);
	cr_assert_eq(op(zero->vcpu[0], XENMEM_decrease_reservation, &r),
		     -EINVAL);
}

Test(memory_op, questions)
{
	static const struct {
		uint64_t max_pfn;
		long told;
	} rows[] = {
		{0, 0},
		{1, 0},
		{0x1234, 0x1233},
		{(uint64_t)-84, (1l << 52) - 1}, /* -ERESTART plus one */
		{~0ull, (1l << 52) - 1},
	};
	domid_t id = DOMID_SELF;
	unsigned int i;

	cr_assert_eq(op(v, XENMEM_maximum_ram_page, NULL), FAKE_MAX_MFN - 1);
	cr_assert_eq(op(v, XENMEM_current_reservation, &id),
		     (long)d->page_count);
	d->page_max = 0x777;
	cr_assert_eq(op(v, XENMEM_maximum_reservation, &id), 0x777);
	d->page_max = ~0ull;
	cr_assert_eq(op(v, XENMEM_maximum_reservation, &id), 0x7fffffff);
	id = 0;
	cr_assert_eq(op(v, XENMEM_current_reservation, &id), -EPERM);
	cr_assert_eq(op(v, XENMEM_current_reservation, (void *)0x10), -EFAULT);
	id = WORLD_ONE;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t args[6] = {XENMEM_maximum_gpfn, (uintptr_t)&id};

		d->shared->arch.max_pfn = rows[i].max_pfn;
		/* What a guest writes must not look like an error of ours. */
		cr_assert_eq(hypercall_memory_op(zero->vcpu[0], args),
			     rows[i].told, "row %u", i);
	}
}

Test(memory_op, operations_that_lack)
{
	static const uint64_t ops[] = {
		XENMEM_add_to_physmap, 8,  XENMEM_remove_from_physmap,
		XENMEM_paging_op,      29, 63,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		cr_assert_eq(op(v, ops[i], list), -ENOSYS, "%lu", ops[i]);
}

Test(memory_op, where_the_machine_table_is)
{
	struct xen_machphys_mapping m;
	struct xen_machphys_mfn_list l = {0};

	cr_assert_eq(op(v, XENMEM_machphys_mapping, &m), 0);
	cr_assert_eq(m.v_start, M2P_RO_BASE);
	cr_assert_geq(m.v_end - m.v_start, FAKE_MAX_MFN * 8);
	cr_assert_eq(m.max_mfn, FAKE_MAX_MFN - 1);
	cr_assert_eq(op(v, XENMEM_machphys_mapping, (void *)0x10), -EFAULT);
	cr_assert_eq(op(v, XENMEM_machphys_mfn_list, &l), -EPERM);
}

Test(memory_op, the_map_that_the_toolstack_gave)
{
	struct xen_memory_map_entry in[DOMAIN_E820_MAX + 1], out[4];
	struct xen_foreign_memory_map set = {.domid = WORLD_ONE};
	struct xen_memory_map ask = {.nr_entries = 4, .buffer = (uintptr_t)out};
	unsigned int i;

	memset(in, 0, sizeof(in));
	for (i = 0; i < DOMAIN_E820_MAX; i++) {
		in[i].addr = i << 20;
		in[i].size = 1 << 20;
		in[i].type = XEN_E820_RAM;
	}
	cr_assert_eq(op(v, XENMEM_memory_map, &ask), -ENOSYS);
	set.map.buffer = (uintptr_t)in;
	set.map.nr_entries = 3;
	cr_assert_eq(op(v, XENMEM_set_memory_map, &set), -EPERM);
	cr_assert_eq(op(zero->vcpu[0], XENMEM_set_memory_map, &set), 0);
	memset(out, 0x5b, sizeof(out));
	cr_assert_eq(op(v, XENMEM_memory_map, &ask), 0);
	cr_assert_eq(ask.nr_entries, 3);
	cr_assert_arr_eq(out, in, 3 * sizeof(in[0]));
	cr_assert_eq(out[3].type, 0x5b5b5b5b);
	/* No more than fits. */
	ask.nr_entries = 2;
	memset(out, 0x5b, sizeof(out));
	cr_assert_eq(op(v, XENMEM_memory_map, &ask), 0);
	cr_assert_eq(ask.nr_entries, 2);
	cr_assert_eq(out[2].type, 0x5b5b5b5b);
	set.map.nr_entries = DOMAIN_E820_MAX + 1;
	cr_assert_eq(op(zero->vcpu[0], XENMEM_set_memory_map, &set), -E2BIG);
	set.map.nr_entries = ~0u;
	cr_assert_eq(op(zero->vcpu[0], XENMEM_set_memory_map, &set), -E2BIG);
	cr_assert_eq(d->e820_count, 3);
	/* Half of a map is none. */
	set.map.nr_entries = 2;
	set.map.buffer = HV_VIRT_START - 10;
	cr_assert_eq(op(zero->vcpu[0], XENMEM_set_memory_map, &set), -EFAULT);
	cr_assert_eq(d->e820_count, 0);
	set.domid = 0x6000;
	cr_assert_eq(op(zero->vcpu[0], XENMEM_set_memory_map, &set), -ESRCH);
}

Test(memory_op, the_machines_map_is_domain_zeros)
{
	struct xen_memory_map_entry out[5];
	struct xen_memory_map ask = {.buffer = (uintptr_t)out};

	e820_count = 0;
	e820_add(0, 0x9f000, E820_RAM);
	e820_add(0x100000, 0x100000, E820_RESERVED);
	ask.nr_entries = 4;
	cr_assert_eq(op(v, XENMEM_machine_memory_map, &ask), -EPERM);
	ask.nr_entries = 2;
	cr_assert_eq(op(zero->vcpu[0], XENMEM_machine_memory_map, &ask),
		     -EINVAL);
	ask.nr_entries = 4;
	memset(out, 0x5b, sizeof(out));
	cr_assert_eq(op(zero->vcpu[0], XENMEM_machine_memory_map, &ask), 0);
	cr_assert_eq(ask.nr_entries, 2);
	cr_assert_eq(out[1].addr, 0x100000);
	cr_assert_eq(out[1].type, E820_RESERVED);
	cr_assert_eq(out[2].type, 0x5b5b5b5b);
	ask.nr_entries = 4;
	ask.buffer = HV_VIRT_START;
	cr_assert_eq(op(zero->vcpu[0], XENMEM_machine_memory_map, &ask),
		     -EFAULT);
}

static struct xen_mem_acquire_resource resource(uint64_t frame, uint32_t n)
{
	return (struct xen_mem_acquire_resource){
		.domid = WORLD_ONE,
		.type = XENMEM_resource_grant_table,
		.id = XENMEM_resource_grant_table_id_shared,
		.nr_frames = n,
		.frame = frame,
		.frame_list = (uintptr_t)list,
	};
}

Test(memory_op, frames_of_a_grant_table)
{
	struct xen_mem_acquire_resource q;
	unsigned int i;

	q = resource(0, 3);
	cr_assert_eq(op(v, XENMEM_acquire_resource, &q), -EPERM);
	cr_assert_eq(op(zero->vcpu[0], XENMEM_acquire_resource, &q), 0);
	for (i = 0; i < 3; i++) {
		cr_assert_eq(frame_of(mfn(list[i]))->owner, d);
		cr_assert(frame_load(frame_of(mfn(list[i]))) & FRAME_SHARED);
	}
	cr_assert_eq(list[3], 0x1003);
	/* The last one, and those beyond. */
	q = resource(63, 1);
	cr_assert_eq(op(zero->vcpu[0], XENMEM_acquire_resource, &q), 0);
	q = resource(63, 2);
	cr_assert_eq(op(zero->vcpu[0], XENMEM_acquire_resource, &q), -EINVAL);
	q = resource(64, 1);
	cr_assert_eq(op(zero->vcpu[0], XENMEM_acquire_resource, &q), -EINVAL);
	q = resource(0, 65);
	cr_assert_eq(op(zero->vcpu[0], XENMEM_acquire_resource, &q), -E2BIG);
	q = resource(~0ull, 1);
	cr_assert_eq(op(zero->vcpu[0], XENMEM_acquire_resource, &q), -E2BIG);
	q = resource(1ull << 32, 1);
	cr_assert_eq(op(zero->vcpu[0], XENMEM_acquire_resource, &q), -E2BIG);
	q = resource(0, 1);
	q.pad = 1;
	cr_assert_eq(op(zero->vcpu[0], XENMEM_acquire_resource, &q), -EINVAL);
	q = resource(0, 1);
	q.type = XENMEM_resource_ioreq_server;
	cr_assert_eq(op(zero->vcpu[0], XENMEM_acquire_resource, &q),
		     -EOPNOTSUPP);
	q = resource(0, 1);
	q.domid = 0x6000;
	cr_assert_eq(op(zero->vcpu[0], XENMEM_acquire_resource, &q), -ESRCH);
	q = resource(0, 2);
	q.frame_list = HV_VIRT_START - 8;
	cr_assert_eq(op(zero->vcpu[0], XENMEM_acquire_resource, &q), -EFAULT);
	/* No list: how many there may be. */
	q = resource(0, 0);
	q.frame_list = 0;
	cr_assert_eq(op(zero->vcpu[0], XENMEM_acquire_resource, &q), 0);
	cr_assert_eq(q.nr_frames, 64);
}

static long claim(struct vcpu *by, domid_t id, uint64_t pages)
{
	r = (struct xen_memory_reservation){.nr_extents = pages, .domid = id};
	return op(by, XENMEM_claim_pages, &r);
}

Test(memory_op, a_claim_is_staked_by_the_privileged_and_spent_by_populate)
{
	uint64_t pages = d->page_count;

	cr_assert_eq(claim(zero->vcpu[0], WORLD_ONE, pages + 10), 0);
	cr_assert_eq(d->claim, 10);
	r = (struct xen_memory_reservation){
		.extent_start = (uintptr_t)list,
		.nr_extents = 7,
		.domid = WORLD_ONE,
	};
	cr_assert_eq(op(zero->vcpu[0], XENMEM_populate_physmap, &r), 7);
	cr_assert_eq(d->claim, 3);
	cr_assert_eq(claim_total(), 3);
	cr_assert_eq(claim(zero->vcpu[0], WORLD_ONE, 0), 0);
	cr_assert_eq(claim_total(), 0);
}

Test(memory_op, a_claim_stays_when_the_domains_limit_stops_populate)
{
	cr_assert_eq(claim(zero->vcpu[0], WORLD_ONE, d->page_count + 2), 0);
	d->page_max = d->page_count;
	r = (struct xen_memory_reservation){
		.extent_start = (uintptr_t)list,
		.nr_extents = 2,
		.domid = WORLD_ONE,
	};
	cr_assert_eq(op(zero->vcpu[0], XENMEM_populate_physmap, &r), 0);
	cr_assert_eq(d->claim, 2);
	cr_assert_eq(claim_total(), 2);
}

Test(memory_op, a_claim_is_not_for_guests)
{
	cr_assert_eq(claim(v, WORLD_ONE, d->page_count + 1), -EPERM);
	cr_assert_eq(claim(v, DOMID_SELF, d->page_count + 1), -EPERM);
	cr_assert_eq(claim(v, WORLD_ZERO, 0), -EPERM);
	cr_assert_eq(op(v, XENMEM_claim_pages, NULL), -EPERM);
	cr_assert_eq(claim_total(), 0);
}

Test(memory_op, a_claim_with_fields_that_mean_nothing_is_refused)
{
	struct vcpu *by = zero->vcpu[0];
	struct xen_memory_reservation good = {
		.nr_extents = d->page_count + 1,
		.domid = WORLD_ONE,
	};

	r = good;
	r.extent_order = 1;
	cr_assert_eq(op(by, XENMEM_claim_pages, &r), -EINVAL);
	r = good;
	r.mem_flags = XENMEMF_address_bits(32);
	cr_assert_eq(op(by, XENMEM_claim_pages, &r), -EINVAL);
	r = good;
	r.extent_start = (uintptr_t)list;
	cr_assert_eq(op(by, XENMEM_claim_pages, &r), -EINVAL);
	cr_assert_eq(claim(by, 999, 5), -ESRCH);
	cr_assert_eq(claim(by, DOMID_SELF, 5), -ESRCH);
	cr_assert_eq(op(by, XENMEM_claim_pages, NULL), -EFAULT);
	cr_assert_eq(claim(by, WORLD_ONE, ~0ull), -ENOMEM);
	cr_assert_eq(claim_total(), 0);
	r = good;
	cr_assert_eq(op(by, XENMEM_claim_pages, &r), 0);
}
