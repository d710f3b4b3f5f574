/* SPDX-License-Identifier: MIT */
/* XENMEM_exchange: all or nothing, whatever is wrong. */
#include <criterion/criterion.h>
#include "fake/frames.h"
#include "hypervisor/domain/domain_fixture.h"
#include "mm/m2p.h"
#include "public/memory.h"
#include "pv/table.h"

#define PAGES 8

static struct domain *zero, *d;
static struct vcpu *v;
static uint64_t in[PAGES + 1], out[PAGES + 1], in_was[PAGES + 1];
static struct xen_memory_exchange x;
static uint64_t pages_before, free_before;

static void setup(void)
{
	unsigned int i;

	world_init();
	zero = world_domain(WORLD_ZERO, 1, NULL);
	d = world_domain(WORLD_ONE, 1, NULL);
	v = d->vcpu[0];
	for (i = 0; i < PAGES; i++) {
		in[i] = in_was[i] = world_page(d).n;
		out[i] = 0x500 + 8 * i;
	}
	x = (struct xen_memory_exchange){
		.in = {.extent_start = (uintptr_t)in,
		       .nr_extents = PAGES,
		       .domid = DOMID_SELF},
		.out = {.extent_start = (uintptr_t)out,
			.nr_extents = 1,
			.extent_order = 3,
			.domid = DOMID_SELF},
	};
	pages_before = d->page_count;
	free_before = page_free_count();
}

TestSuite(memory_exchange, .init = setup);

static long exchange(void)
{
	return dm_call(hypercall_memory_op, v, XENMEM_exchange, (uintptr_t)&x,
		       0);
}

static void refused(long rc, const char *what)
{
	unsigned int i;

	cr_assert_eq(exchange(), rc, "%s", what);
	fake_guest_hole(in, 0, false);
	cr_assert_eq(d->page_count, pages_before, "%s", what);
	cr_assert_eq(page_free_count(), free_before, "%s", what);
	for (i = 0; i < PAGES; i++) {
		cr_assert_eq(out[i], 0x500 + 8 * i, "%s: out %u", what, i);
		cr_assert_eq(frame_of(mfn(in_was[i]))->owner, d, "%s", what);
		cr_assert_eq(world_refs(mfn(in_was[i])), 0, "%s", what);
	}
	cr_assert_eq(x.nr_exchanged, 0, "%s", what);
}

Test(memory_exchange, many_small_become_one_large)
{
	unsigned int i;

	cr_assert_eq(exchange(), 0);
	cr_assert_eq(x.nr_exchanged, PAGES);
	cr_assert_eq(d->page_count, pages_before);
	cr_assert_eq(page_free_count(), free_before);
	cr_assert_eq(out[0] & 7, 0);
	for (i = 0; i < PAGES; i++) {
		cr_assert_eq(frame_of(mfn(out[0] + i))->owner, d);
		cr_assert_eq(m2p_get(mfn(out[0] + i)), 0x500 + i);
		cr_assert_neq(frame_of(mfn(in[i]))->owner, d);
		cr_assert_eq(m2p_get(mfn(in[i])), M2P_INVALID);
	}
}

Test(memory_exchange, one_large_becomes_many_small)
{
	unsigned int i;

	cr_assert_eq(exchange(), 0);
	in[0] = out[0];
	for (i = 0; i < PAGES; i++)
		out[i] = 0x700 + i;
	x.nr_exchanged = 0;
	x.in.nr_extents = 1;
	x.in.extent_order = 3;
	x.out.nr_extents = PAGES;
	x.out.extent_order = 0;
	cr_assert_eq(exchange(), 0);
	cr_assert_eq(x.nr_exchanged, 1);
	cr_assert_eq(d->page_count, pages_before);
	for (i = 0; i < PAGES; i++)
		cr_assert_eq(m2p_get(mfn(out[i])), 0x700 + i);
}

Test(memory_exchange, a_full_domain_may_exchange)
{
	d->page_max = d->page_count;
	cr_assert_eq(exchange(), 0);
	d->page_max = 1;
	x.nr_exchanged = 0;
	x.in.nr_extents = x.out.nr_extents = 1;
	x.in.extent_order = x.out.extent_order = 3;
	in[0] = out[0];
	cr_assert_eq(exchange(), 0);
}

Test(memory_exchange, nothing_for_nothing)
{
	x.in.nr_extents = x.out.nr_extents = 0;
	refused(0, "nothing");
}

Test(memory_exchange, numbers_that_do_not_fit)
{
	static const struct {
		uint64_t in_n, in_order, out_n, out_order;
	} rows[] = {
		{8, 0, 1, 2},
		{8, 0, 2, 3},
		{1, 11, 1, 11},
		{2, 10, 2, 10},
		{1025, 0, 1025, 0},
		{8, 0, 0, 3},
		{0, 0, 1, 3},
		{~0ull, 0, ~0ull, 0},
		{1ull << 32, 0, 1ull << 32, 0},
		{8, 64, 8, 64},
		{8, 0xffffffff, 8, 0xffffffff},
		{1ull << 61, 3, 1, 0},
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		x.in.nr_extents = rows[i].in_n;
		x.in.extent_order = (uint32_t)rows[i].in_order;
		x.out.nr_extents = rows[i].out_n;
		x.out.extent_order = (uint32_t)rows[i].out_order;
		refused(-EINVAL, "row");
	}
}

Test(memory_exchange, what_was_exchanged_already_is_not_ours_to_know)
{
	x.nr_exchanged = 1;
	cr_assert_eq(exchange(), -EINVAL);
	x.nr_exchanged = ~0ull;
	cr_assert_eq(exchange(), -EINVAL);
}

Test(memory_exchange, is_for_oneself)
{
	x.in.domid = 0;
	refused(-EPERM, "in");
	x.in.domid = DOMID_SELF;
	x.out.domid = 0;
	refused(-EPERM, "out");
	x.in.domid = x.out.domid = WORLD_ONE;
	cr_assert_eq(exchange(), 0);
}

Test(memory_exchange, lists_that_cannot_be_read_or_written)
{
	static const uint64_t bad[] = {
		0,
		0x10,
		HV_VIRT_START,
		HV_VIRT_START + 0x1000,
		HV_VIRT_END - 8,
		0x0000800000000000,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		x.in.extent_start = bad[i];
		refused(-EFAULT, "in");
		x.in.extent_start = (uintptr_t)in;
		x.out.extent_start = bad[i];
		refused(-EFAULT, "out");
		x.out.extent_start = (uintptr_t)out;
	}
	cr_assert_eq(dm_call(hypercall_memory_op, v, XENMEM_exchange, 0x10, 0),
		     -EFAULT);
	/* The end of the input. */
	fake_guest_hole(&in[PAGES - 1], 8, false);
	refused(-EFAULT, "the last one in");
	/* The output of the last of several, which can be read. */
	x.out.nr_extents = PAGES;
	x.out.extent_order = 0;
	fake_guest_hole(&out[PAGES - 1], 8, false);
	refused(-EFAULT, "the last one out");
	fake_guest_hole(&out[PAGES - 1], 8, true);
	refused(-EFAULT, "the last one out, readable");
	fake_guest_hole(&x.nr_exchanged, 8, true);
	refused(-EFAULT, "the count");
}

Test(memory_exchange, frames_that_are_not_its_own_or_in_use)
{
	uint64_t good = in[PAGES - 1];
	struct frame *f;
	mfn_t m;

	in[PAGES - 1] = world_page(zero).n;
	free_before = page_free_count();
	refused(-EINVAL, "another's");
	in[PAGES - 1] = 0x100;
	refused(-EINVAL, "a device");
	in[PAGES - 1] = ~0ull;
	refused(-EINVAL, "no frame");
	in[PAGES - 1] = virt_to_mfn(d->shared).n;
	refused(-EINVAL, "ours");
	in[PAGES - 1] = in[0];
	refused(-EINVAL, "twice");
	in[PAGES - 1] = in[PAGES - 2];
	refused(-EINVAL, "twice");
	in[PAGES - 1] = good;

	m = mfn(good);
	cr_assert_eq(frame_get_writable(m, d), 0);
	cr_assert_eq(exchange(), -EINVAL, "writable");
	frame_put_writable(frame_of(m));
	f = frame_get(m, d);
	cr_assert_eq(exchange(), -EINVAL, "used");
	frame_put(f);
	cr_assert_eq(table_pin(d->vcpu[0], d, m, FRAME_L1), 0);
	cr_assert_eq(exchange(), -EINVAL, "pinned");
	cr_assert_eq(table_unpin(frame_of(m)), 0);
	/* It was left as it was. */
	cr_assert_eq(world_refs(m), 0);
	cr_assert_eq(exchange(), 0);
}

Test(memory_exchange, no_memory_at_any_allocation)
{
	unsigned int n;
	long rc;

	x.out.nr_extents = PAGES;
	x.out.extent_order = 0;
	for (n = 1;; n++) {
		fake_heap_fail_in = n;
		rc = exchange();
		if (!rc)
			break;
		fake_heap_fail_in = n;
		refused(-ENOMEM, "allocation");
	}
	cr_assert_eq(n, 3 + PAGES + 1);
	cr_assert_eq(page_free_count(), free_before);
	/* None low enough. */
	fake_heap_fail_in = 0;
	memcpy(in, out, sizeof(in));
	x.nr_exchanged = 0;
	x.out.mem_flags = XENMEMF_address_bits(20);
	cr_assert_eq(exchange(), -ENOMEM);
	cr_assert_eq(d->page_count, pages_before);
}

Test(memory_exchange, one_list_for_both)
{
	unsigned int i;

	x.out.nr_extents = PAGES;
	x.out.extent_order = 0;
	x.out.extent_start = (uintptr_t)in;
	cr_assert_eq(exchange(), 0);
	for (i = 0; i < PAGES; i++) {
		cr_assert_eq(frame_of(mfn(in[i]))->owner, d);
		cr_assert_eq(m2p_get(mfn(in[i])), in_was[i]);
	}
	cr_assert_eq(page_free_count(), free_before);
}
