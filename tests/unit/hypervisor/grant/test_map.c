/* SPDX-License-Identifier: MIT */
/*
 * Mapping and unmapping: what is allowed, what is counted, what the lender
 * sees, and that a failure leaves nothing behind.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include "domain/lifecycle.h"
#include "grant_fixture.h"

static struct domain *one, *two; /* one lends, two borrows */
static struct vcpu *v1, *v2;
static mfn_t page;

static void setup(void)
{
	world_init();
	world_domain(WORLD_ZERO, 1, NULL);
	one = world_domain(WORLD_ONE, 1, NULL);
	two = world_domain(WORLD_TWO, 1, NULL);
	v1 = one->vcpu[0];
	v2 = two->vcpu[0];
	page = world_page(one);
}

TestSuite(grant_map, .init = setup);

static uint16_t flags_of(grant_ref_t ref)
{
	return gt_entry(one, ref)->flags;
}

/* Nothing of the page is in use, and its entry says so. */
static void assert_unused(grant_ref_t ref)
{
	cr_assert_eq(world_refs(page), 0);
	cr_assert_eq(world_types(page), 0);
	cr_assert_eq(flags_of(ref) & (GTF_reading | GTF_writing), 0);
}

struct mode {
	uint32_t flags;
	uint16_t give;
	uint64_t pte; /* beside the address */
	uint32_t refs, types;
	uint16_t marks;
};

#define ALWAYS	 (PTE_P | PTE_U | PTE_A | PTE_NX)
#define RW	 (PTE_RW | PTE_D)
#define AVAIL(n) ((uint32_t)(n) << _GNTMAP_guest_avail0)

static struct mode modes[] = {
	{GNTMAP_host_map, 0, ALWAYS | RW, 1, 1, GTF_reading | GTF_writing},
	{GNTMAP_host_map | GNTMAP_readonly, 0, ALWAYS, 1, 0, GTF_reading},
	{GNTMAP_host_map | GNTMAP_readonly, GTF_readonly, ALWAYS, 1, 0,
	 GTF_reading},
	{GNTMAP_host_map | GNTMAP_contains_pte, 0, ALWAYS | RW, 1, 1,
	 GTF_reading | GTF_writing},
	{GNTMAP_host_map | GNTMAP_contains_pte | GNTMAP_application_map |
		 AVAIL(1),
	 0, ALWAYS | RW | 1 << 9, 1, 1, GTF_reading | GTF_writing},
	{GNTMAP_host_map | AVAIL(0xffff), 0, ALWAYS | RW | 7 << 9, 1, 1,
	 GTF_reading | GTF_writing},
	{GNTMAP_device_map, 0, 0, 1, 1, GTF_reading | GTF_writing},
	{GNTMAP_device_map | GNTMAP_readonly, 0, 0, 1, 0, GTF_reading},
	{GNTMAP_device_map | GNTMAP_host_map, 0, ALWAYS | RW, 2, 2,
	 GTF_reading | GTF_writing},
	{GNTMAP_device_map | GNTMAP_host_map | GNTMAP_readonly, 0, ALWAYS, 2, 0,
	 GTF_reading},
};

ParameterizedTestParameters(grant_map, every_mode_and_back)
{
	return cr_make_param_array(struct mode, modes, ARRAY_SIZE(modes));
}

ParameterizedTest(struct mode *m, grant_map, every_mode_and_back)
{
	struct gnttab_map_grant_ref map;
	unsigned int flushes;

	gt_give(one, 8, two->id, page, m->give);
	cr_assert_eq(gt_map(v2, one->id, 8, 5, m->flags, &map), GNTST_okay);
	cr_assert_eq(map.dev_bus_addr, page.n << 12);
	if (m->pte)
		cr_assert_eq(*world_pte(two, 5), (page.n << 12 | m->pte));
	else
		cr_assert_eq(*world_pte(two, 5), 0);
	cr_assert_eq(world_refs(page), m->refs);
	cr_assert_eq(world_types(page), m->types);
	cr_assert_eq(flags_of(8) & (GTF_reading | GTF_writing), m->marks);
	flushes = fake_tlb_flushes;
	if (m->flags & GNTMAP_host_map) {
		cr_assert_eq(gt_unmap(v2, 5, &map), GNTST_okay);
		cr_assert_eq(*world_pte(two, 5), 0);
	}
	if (m->flags & GNTMAP_device_map) {
		if (m->flags & GNTMAP_host_map)
			cr_assert_eq(flags_of(8) & GTF_reading, GTF_reading);
		cr_assert_eq(gt_unmap_device(v2, &map), GNTST_okay);
	}
	cr_assert_gt(fake_tlb_flushes, flushes);
	assert_unused(8);
	cr_assert_eq(gt_unmap(v2, 5, &map), GNTST_bad_handle);
	cr_assert_eq(gt_unmap_device(v2, &map), GNTST_bad_handle);
}

Test(grant_map, both_parts_end_in_one_operation)
{
	struct gnttab_map_grant_ref map;
	struct gnttab_unmap_grant_ref op = {0};

	gt_give(one, 8, two->id, page, 0);
	cr_assert_eq(gt_map(v2, one->id, 8, 5,
			    GNTMAP_host_map | GNTMAP_device_map, &map),
		     GNTST_okay);
	op.host_addr = world_window(5);
	op.dev_bus_addr = map.dev_bus_addr + 4096;
	op.handle = map.handle;
	cr_assert_eq(gt_call(v2, GNTTABOP_unmap_grant_ref, &op, 1), 0);
	cr_assert_eq(op.status, GNTST_bad_dev_addr);
	cr_assert_eq(world_refs(page), 2);
	op.dev_bus_addr = map.dev_bus_addr;
	cr_assert_eq(gt_call(v2, GNTTABOP_unmap_grant_ref, &op, 1), 0);
	cr_assert_eq(op.status, GNTST_okay);
	assert_unused(8);
}

Test(grant_map, zero_addresses_end_nothing)
{
	struct gnttab_map_grant_ref map;
	struct gnttab_unmap_grant_ref op = {.status = 77};

	gt_give(one, 8, two->id, page, 0);
	gt_map(v2, one->id, 8, 5, GNTMAP_host_map, &map);
	op.handle = map.handle;
	cr_assert_eq(gt_call(v2, GNTTABOP_unmap_grant_ref, &op, 1), 0);
	cr_assert_eq(op.status, GNTST_okay);
	/* It has no part for devices: that is left alone. */
	op.dev_bus_addr = map.dev_bus_addr;
	cr_assert_eq(gt_call(v2, GNTTABOP_unmap_grant_ref, &op, 1), 0);
	cr_assert_eq(op.status, GNTST_okay);
	cr_assert_eq(world_refs(page), 1);
	cr_assert_eq(gt_unmap(v2, 5, &map), GNTST_okay);
	assert_unused(8);
}

/* What must not be mapped, and the reason given. */
struct refusal {
	const char *name;
	uint32_t entry_flags, flags;
	int entry_domid; /* -1: the borrower's */
	int dom;	 /* -1: the lender's */
	uint32_t ref;
	int status;
};

static struct refusal refusals[] = {
	{"invalid entry", GTF_invalid, GNTMAP_host_map, -1, -1, 8,
	 GNTST_general_error},
	{"transfer entry", GTF_accept_transfer, GNTMAP_host_map, -1, -1, 8,
	 GNTST_general_error},
	{"transitive entry", GTF_transitive, GNTMAP_host_map, -1, -1, 8,
	 GNTST_general_error},
	{"part of a page", GTF_permit_access | GTF_sub_page, GNTMAP_host_map,
	 -1, -1, 8, GNTST_general_error},
	{"read-only", GTF_permit_access | GTF_readonly, GNTMAP_host_map, -1, -1,
	 8, GNTST_general_error},
	{"read-only to a device", GTF_permit_access | GTF_readonly,
	 GNTMAP_device_map, -1, -1, 8, GNTST_general_error},
	{"lent to another", GTF_permit_access, GNTMAP_host_map, 0, -1, 8,
	 GNTST_general_error},
	{"lent to SELF", GTF_permit_access, GNTMAP_host_map, 0x7ff0, -1, 8,
	 GNTST_general_error},
	{"beyond the table", GTF_permit_access, GNTMAP_host_map, -1, -1, 512,
	 GNTST_bad_gntref},
	{"far beyond", GTF_permit_access, GNTMAP_host_map, -1, -1, ~0u,
	 GNTST_bad_gntref},
	{"no such domain", GTF_permit_access, GNTMAP_host_map, -1, 0x123, 8,
	 GNTST_bad_domain},
	{"domain SELF", GTF_permit_access, GNTMAP_host_map, -1, 0x7ff0, 8,
	 GNTST_bad_domain},
	{"domain XEN", GTF_permit_access, GNTMAP_host_map, -1, 0x7ff2, 8,
	 GNTST_bad_domain},
	{"no kind of map", GTF_permit_access, GNTMAP_readonly, -1, -1, 8,
	 GNTST_bad_gntref},
};

ParameterizedTestParameters(grant_map, refused)
{
	return cr_make_param_array(struct refusal, refusals,
				   ARRAY_SIZE(refusals));
}

ParameterizedTest(struct refusal *r, grant_map, refused)
{
	struct grant_entry_v1 *e = gt_entry(one, 8);

	e->domid = r->entry_domid < 0 ? two->id : (domid_t)r->entry_domid;
	e->frame = (uint32_t)page.n;
	e->flags = (uint16_t)r->entry_flags;
	cr_assert_eq(gt_map(v2, r->dom < 0 ? one->id : (domid_t)r->dom, r->ref,
			    0, r->flags, NULL),
		     r->status, "%s", r->name);
	cr_assert_eq(*world_pte(two, 0), 0);
	cr_assert_eq(e->flags, r->entry_flags, "%s: marks remain", r->name);
	cr_assert_eq(world_refs(page), 0);
	/* The handle was given back: the next is the first. */
	gt_give(one, 8, two->id, page, 0);
	{
		struct gnttab_map_grant_ref map;

		cr_assert_eq(gt_map(v2, one->id, 8, 0, GNTMAP_host_map, &map),
			     GNTST_okay);
		cr_assert_eq(map.handle, 0);
	}
}

Test(grant_map, a_frame_that_is_not_the_lenders_is_refused)
{
	mfn_t foreign = world_page(two), table = world_page(one);
	static const uint32_t modes_[] = {
		GNTMAP_host_map,
		GNTMAP_host_map | GNTMAP_readonly,
		GNTMAP_device_map,
		GNTMAP_host_map | GNTMAP_device_map,
	};
	struct frame *f;
	unsigned int i;

	cr_assert_eq(frame_get_type(table, one, FRAME_L1, &f), 0);
	for (i = 0; i < ARRAY_SIZE(modes_); i++) {
		gt_give(one, 8, two->id, foreign, 0);
		cr_assert_eq(gt_map(v2, one->id, 8, 0, modes_[i], NULL),
			     GNTST_general_error);
		gt_give(one, 8, two->id, mfn(3), 0);
		cr_assert_eq(gt_map(v2, one->id, 8, 0, modes_[i], NULL),
			     GNTST_general_error);
		gt_give(one, 8, two->id, mfn(0xffffffff), 0);
		cr_assert_eq(gt_map(v2, one->id, 8, 0, modes_[i], NULL),
			     GNTST_general_error);
		cr_assert_eq(flags_of(8), GTF_permit_access);
		/* A page table can be read, not written. */
		gt_give(one, 8, two->id, table, 0);
		if (modes_[i] & GNTMAP_readonly)
			continue;
		cr_assert_eq(gt_map(v2, one->id, 8, 0, modes_[i], NULL),
			     GNTST_general_error);
		cr_assert_eq(flags_of(8), GTF_permit_access);
	}
	cr_assert_eq(world_refs(foreign), 0);
	cr_assert_eq(world_refs(table), 1);
}

Test(grant_map, an_address_without_a_page_table_is_refused)
{
	struct gnttab_map_grant_ref op = {
		.flags = GNTMAP_host_map, .dom = one->id, .ref = 8};
	static const uint64_t addresses[] = {
		0,
		0x1000,
		WORLD_VA + 0x200000,
		0x0000800000000000ull,
		HV_VIRT_START,
		HV_VIRT_END - 4096,
		~0ull,
	};
	unsigned int i;

	gt_give(one, 8, two->id, page, 0);
	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		op.host_addr = addresses[i];
		op.status = 77;
		cr_assert_eq(gt_call(v2, GNTTABOP_map_grant_ref, &op, 1), 0);
		cr_assert_eq(op.status, GNTST_general_error);
		assert_unused(8);
	}
}

Test(grant_map, a_pte_address_must_be_aligned_and_in_ones_own_l1)
{
	uint64_t good = world_pte_maddr(two, 3);
	uint64_t addresses[] = {
		good + 1,
		good + 4,
		good + 7,
		good - 1,
		world_pte_maddr(one, 3),
		v2->arch.kernel_cr3,
		page.n << 12,
		0x5000,
		~0ull - 7,
		~0ull,
	};
	struct gnttab_map_grant_ref op =
					    {
						    .flags =
							    GNTMAP_host_map |
							    GNTMAP_contains_pte,
						    .dom = one->id,
						    .ref = 8,
					    },
				    map;
	struct gnttab_unmap_grant_ref un = {0};
	unsigned int i;

	gt_give(one, 8, two->id, page, 0);
	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		op.host_addr = addresses[i];
		op.status = 77;
		cr_assert_eq(gt_call(v2, GNTTABOP_map_grant_ref, &op, 1), 0);
		cr_assert_eq(op.status, GNTST_general_error, "%u", i);
		assert_unused(8);
	}
	cr_assert_eq(gt_map(v2, one->id, 8, 3, op.flags, &map), GNTST_okay);
	un.handle = map.handle;
	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		un.host_addr = addresses[i];
		un.status = 77;
		cr_assert_eq(gt_call(v2, GNTTABOP_unmap_grant_ref, &un, 1), 0);
		cr_assert_eq(un.status, GNTST_general_error, "%u", i);
		cr_assert_eq(world_refs(page), 1);
	}
	cr_assert_eq(gt_unmap(v2, 3, &map), GNTST_okay);
	assert_unused(8);
}

Test(grant_map, unmapping_at_the_wrong_place_changes_nothing)
{
	struct gnttab_map_grant_ref map;
	mfn_t own = world_page(two);

	cr_assert_eq(frame_get_writable(own, two), 0);
	*world_pte(two, 6) = own.n << 12 | PTE_P | PTE_RW | PTE_U;
	gt_give(one, 8, two->id, page, 0);
	cr_assert_eq(gt_map(v2, one->id, 8, 5, GNTMAP_host_map, &map),
		     GNTST_okay);
	cr_assert_eq(gt_unmap(v2, 6, &map), GNTST_general_error);
	cr_assert_eq(gt_unmap(v2, 7, &map), GNTST_general_error);
	cr_assert_eq(world_refs(own), 1);
	cr_assert_neq(*world_pte(two, 6), 0);
	cr_assert_eq(gt_unmap(v2, 5, &map), GNTST_okay);
	assert_unused(8);
}

Test(grant_map, handles_that_never_were_are_refused)
{
	struct gnttab_map_grant_ref map = {.dev_bus_addr = page.n << 12};
	static const uint32_t handles[] = {
		0, 1, 255, 256, 524287, 524288, 0x7fffffff, 0xffffffff};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(handles); i++) {
		map.handle = handles[i];
		cr_assert_eq(gt_unmap(v2, 0, &map), GNTST_bad_handle);
		cr_assert_eq(gt_unmap_device(v2, &map), GNTST_bad_handle);
	}
}

Test(grant_map, anothers_handle_is_worth_nothing)
{
	struct gnttab_map_grant_ref map;

	gt_give(one, 8, two->id, page, 0);
	cr_assert_eq(gt_map(v2, one->id, 8, 5, GNTMAP_host_map, &map),
		     GNTST_okay);
	cr_assert_eq(gt_unmap(v1, 5, &map), GNTST_bad_handle);
	cr_assert_eq(world_refs(page), 1);
}

Test(grant_map, a_freed_handle_is_used_again)
{
	struct gnttab_map_grant_ref a, b, c;

	gt_give(one, 8, two->id, page, 0);
	gt_map(v2, one->id, 8, 1, GNTMAP_host_map, &a);
	gt_map(v2, one->id, 8, 2, GNTMAP_host_map, &b);
	cr_assert_neq(a.handle, b.handle);
	cr_assert_eq(gt_unmap(v2, 1, &a), GNTST_okay);
	cr_assert_eq(gt_map(v2, one->id, 8, 3, GNTMAP_host_map, &c),
		     GNTST_okay);
	cr_assert_eq(c.handle, a.handle);
	/* The stale handle does not undo what it did not make. */
	cr_assert_eq(gt_unmap(v2, 1, &a), GNTST_general_error);
	cr_assert_eq(world_refs(page), 2);
}

Test(grant_map, handles_run_out_at_their_limit)
{
	struct xen_domctl_createdomain config = {.max_grant_frames = -1,
						 .max_maptrack_frames = 1};
	struct domain *d = world_domain(0x41, 1, &config);
	struct vcpu *v = d->vcpu[0];
	struct gnttab_map_grant_ref map = {0};
	unsigned int i;

	gt_give(one, 8, d->id, page, 0);
	for (i = 0; i < 512; i++) {
		cr_assert_eq(gt_map(v, one->id, 8, i,
				    GNTMAP_host_map | GNTMAP_readonly, &map),
			     GNTST_okay);
		cr_assert_eq(map.handle, i);
	}
	cr_assert_eq(gt_map(v, one->id, 8, 0, GNTMAP_host_map, NULL),
		     GNTST_no_space);
	cr_assert_eq(world_refs(page), 512);
	cr_assert_eq(gt_unmap(v, 511, &map), GNTST_okay);
	cr_assert_eq(gt_map(v, one->id, 8, 511, GNTMAP_host_map, &map),
		     GNTST_okay);
	cr_assert_eq(world_types(page), 1);
	fake_preempt_every = 2;
	world_end(d);
	assert_unused(8);
}

Test(grant_map, marks_stay_until_the_last_of_their_kind_ends)
{
	struct gnttab_map_grant_ref r, w1, w2;

	gt_give(one, 8, two->id, page, 0);
	gt_map(v2, one->id, 8, 1, GNTMAP_host_map | GNTMAP_readonly, &r);
	cr_assert_eq(flags_of(8), GTF_permit_access | GTF_reading);
	gt_map(v2, one->id, 8, 2, GNTMAP_host_map, &w1);
	gt_map(v2, one->id, 8, 3, GNTMAP_device_map, &w2);
	cr_assert_eq(flags_of(8),
		     GTF_permit_access | GTF_reading | GTF_writing);
	cr_assert_eq(gt_unmap(v2, 2, &w1), GNTST_okay);
	cr_assert_eq(flags_of(8),
		     GTF_permit_access | GTF_reading | GTF_writing);
	cr_assert_eq(gt_unmap_device(v2, &w2), GNTST_okay);
	cr_assert_eq(flags_of(8), GTF_permit_access | GTF_reading);
	cr_assert_eq(gt_unmap(v2, 1, &r), GNTST_okay);
	cr_assert_eq(flags_of(8), GTF_permit_access);
}

Test(grant_map, an_entry_changed_while_in_use_keeps_its_first_meaning)
{
	struct gnttab_map_grant_ref a, b;
	mfn_t other = world_page(one);
	struct grant_entry_v1 *e = gt_entry(one, 8);

	gt_give(one, 8, two->id, page, 0);
	gt_map(v2, one->id, 8, 1, GNTMAP_host_map | GNTMAP_readonly, &a);
	e->frame = (uint32_t)other.n;
	cr_assert_eq(gt_map(v2, one->id, 8, 2,
			    GNTMAP_host_map | GNTMAP_readonly, &b),
		     GNTST_okay);
	cr_assert_eq(b.dev_bus_addr, page.n << 12);
	/* The right to write is asked for anew, of the entry as it is. */
	e->flags = GTF_permit_access | GTF_readonly | GTF_reading;
	cr_assert_eq(gt_map(v2, one->id, 8, 3, GNTMAP_host_map, NULL),
		     GNTST_general_error);
	/* Handed to somebody else, who cannot join while it is in use. */
	e->flags = GTF_permit_access;
	e->domid = one->id;
	cr_assert_eq(gt_map(v1, one->id, 8, 3, GNTMAP_host_map, NULL),
		     GNTST_general_error);
	cr_assert_eq(gt_unmap(v2, 1, &a), GNTST_okay);
	cr_assert_eq(gt_unmap(v2, 2, &b), GNTST_okay);
	cr_assert_eq(world_refs(page), 0);
	cr_assert_eq(gt_map(v1, one->id, 8, 3, GNTMAP_host_map, &a),
		     GNTST_okay);
	cr_assert_eq(a.dev_bus_addr, other.n << 12);
}

Test(grant_map, ones_own_grant_can_be_mapped)
{
	struct gnttab_map_grant_ref map;

	gt_give(one, 8, one->id, page, 0);
	cr_assert_eq(gt_map(v1, one->id, 8, 1, GNTMAP_host_map, &map),
		     GNTST_okay);
	cr_assert_eq(world_types(page), 1);
	cr_assert_eq(gt_unmap(v1, 1, &map), GNTST_okay);
	assert_unused(8);
}

Test(grant_map, what_was_mapped_there_before_lets_its_reference_go)
{
	mfn_t own = world_page(two);
	struct gnttab_map_grant_ref map;

	cr_assert_eq(frame_get_writable(own, two), 0);
	*world_pte(two, 1) = own.n << 12 | PTE_P | PTE_RW | PTE_U;
	gt_give(one, 8, two->id, page, 0);
	cr_assert_eq(gt_map(v2, one->id, 8, 1, GNTMAP_host_map, &map),
		     GNTST_okay);
	cr_assert_eq(world_refs(own), 0);
	cr_assert_eq(world_types(own), 0);
}

/* The guest removes, or changes, a granted PTE behind the grant's back. */
static void pte_update(struct vcpu *v, unsigned int at, uint64_t pte)
{
	struct {
		uint64_t ptr, val;
	} u = {world_pte_maddr(v->domain, at), pte};
	uint64_t args[6] = {(uintptr_t)&u, 1, 0, DOMID_SELF};

	cr_assert_eq(hypercall_mmu_update(v, args), 0);
}

Test(grant_map, a_pte_removed_by_other_means_leaves_the_pin_only)
{
	struct gnttab_map_grant_ref map;

	gt_give(one, 8, two->id, page, 0);
	gt_map(v2, one->id, 8, 1, GNTMAP_host_map, &map);
	pte_update(v2, 1, 0);
	cr_assert_eq(world_refs(page), 0);
	cr_assert_eq(flags_of(8) & GTF_reading, GTF_reading);
	cr_assert_eq(gt_unmap(v2, 1, &map), GNTST_general_error);
	cr_assert_eq(world_refs(page), 0);
	world_end(two);
	assert_unused(8);
}

Test(grant_map, the_pte_says_which_reference_an_unmap_drops)
{
	struct gnttab_map_grant_ref ro, rw;

	gt_give(one, 8, two->id, page, 0);
	gt_map(v2, one->id, 8, 1, GNTMAP_host_map | GNTMAP_readonly, &ro);
	gt_map(v2, one->id, 8, 2, GNTMAP_host_map, &rw);
	cr_assert_eq(world_refs(page), 2);
	cr_assert_eq(world_types(page), 1);
	/* Each handle ends the other's mapping. */
	cr_assert_eq(gt_unmap(v2, 2, &ro), GNTST_okay);
	cr_assert_eq(world_refs(page), 1);
	cr_assert_eq(world_types(page), 0);
	cr_assert_eq(flags_of(8),
		     GTF_permit_access | GTF_reading | GTF_writing);
	cr_assert_eq(gt_unmap(v2, 1, &rw), GNTST_okay);
	assert_unused(8);
}

Test(grant_map, failing_to_tell_the_handle_undoes_the_mapping)
{
	struct gnttab_map_grant_ref op[3];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		gt_give(one, 8 + i, two->id, page, 0);
		memset(&op[i], 0, sizeof(op[i]));
		op[i].host_addr = world_window(i);
		op[i].flags = GNTMAP_host_map | GNTMAP_device_map;
		op[i].dom = one->id;
		op[i].ref = 8 + i;
	}
	fake_guest_hole(&op[1], sizeof(op[1]), true);
	cr_assert_eq(gt_call(v2, GNTTABOP_map_grant_ref, op, 3), -EFAULT);
	fake_guest_hole(NULL, 0, false);
	cr_assert_eq(op[0].status, GNTST_okay);
	cr_assert_eq(world_refs(page), 2);
	cr_assert_eq(*world_pte(two, 1), 0);
	cr_assert_eq(flags_of(9), GTF_permit_access);
	cr_assert_eq(flags_of(10), GTF_permit_access);
	cr_assert_eq(gt_unmap(v2, 0, &op[0]), GNTST_okay);
	cr_assert_eq(gt_unmap_device(v2, &op[0]), GNTST_okay);
	assert_unused(8);
}

Test(grant_map, long_batches_stop_and_go_on)
{
	static struct gnttab_map_grant_ref op[300];
	static struct gnttab_unmap_grant_ref un[300];
	uint64_t args[6] = {GNTTABOP_map_grant_ref, (uintptr_t)op, 300};
	unsigned int i, restarts = 0, flushes;
	long rc;

	gt_give(one, 8, two->id, page, 0);
	for (i = 0; i < 300; i++) {
		op[i].host_addr = world_window(i);
		op[i].flags = GNTMAP_host_map;
		op[i].dom = one->id;
		op[i].ref = i == 123 ? 100 : 8;
		op[i].status = 77;
	}
	fake_preempt_every = 1;
	while ((rc = hypercall_grant_table_op(v2, args)) == -ERESTART)
		restarts++;
	cr_assert_eq(rc, 0);
	cr_assert_eq(restarts, 4);
	cr_assert_eq(world_refs(page), 299);
	for (i = 0; i < 300; i++) {
		cr_assert_eq(op[i].status,
			     i == 123 ? GNTST_general_error : GNTST_okay);
		un[i].host_addr = world_window(i);
		un[i].handle = op[i].handle;
		un[i].status = 77;
	}
	args[0] = GNTTABOP_unmap_grant_ref;
	args[1] = (uintptr_t)un;
	args[2] = 300;
	un[123].handle = 9999;
	flushes = fake_tlb_flushes;
	while ((rc = hypercall_grant_table_op(v2, args)) == -ERESTART)
		restarts++;
	cr_assert_eq(rc, 0);
	cr_assert_eq(restarts, 4 + 9);
	cr_assert_eq(fake_tlb_flushes - flushes, 10);
	for (i = 0; i < 300; i++)
		cr_assert_eq(un[i].status,
			     i == 123 ? GNTST_bad_handle : GNTST_okay);
	assert_unused(8);
}

Test(grant_map, one_handle_twice_in_a_batch_ends_once)
{
	struct gnttab_unmap_grant_ref un[2] = {{0}};
	struct gnttab_map_grant_ref map;

	gt_give(one, 8, two->id, page, 0);
	gt_map(v2, one->id, 8, 1, GNTMAP_host_map, &map);
	un[0].host_addr = un[1].host_addr = world_window(1);
	un[0].handle = un[1].handle = map.handle;
	cr_assert_eq(gt_call(v2, GNTTABOP_unmap_grant_ref, un, 2), 0);
	cr_assert_eq(un[0].status, GNTST_okay);
	cr_assert_eq(un[1].status, GNTST_bad_handle);
	assert_unused(8);
}

Test(grant_map, the_lender_may_die_first)
{
	uint64_t before = page_free_count();
	struct domain *d = world_domain(0x4d, 1, NULL), *other;
	struct xen_domctl_createdomain config = d->config;
	struct gnttab_map_grant_ref map, dev;
	struct grant_holder h;
	mfn_t m = world_page(d);

	gt_give(d, 8, two->id, m, 0);
	cr_assert_eq(gt_map(v2, d->id, 8, 1, GNTMAP_host_map, &map),
		     GNTST_okay);
	cr_assert_eq(gt_map(v2, d->id, 8, 2, GNTMAP_device_map, &dev),
		     GNTST_okay);
	world_end(d);
	cr_assert_null(domain_find(0x4d));
	/* The page is still there, and it is still d's. */
	cr_assert_eq(frame_of(m)->owner, d);
	cr_assert_eq(gt_map(v2, 0x4d, 8, 3, GNTMAP_host_map, NULL),
		     GNTST_bad_domain);
	cr_assert(grant_holder_next(d, 0, &h));
	cr_assert_eq(h.domid, two->id);
	cr_assert_eq(h.entries, 1);
	cr_assert_eq(h.pins, 2);
	cr_assert_not(grant_holder_next(d, (domid_t)(two->id + 1), &h));
	/* Its number is nobody else's until then. */
	cr_assert_eq(domain_create(0x4d, &config, false, &other), -EEXIST);
	cr_assert_eq(gt_unmap(v2, 1, &map), GNTST_okay);
	cr_assert_eq(gt_unmap_device(v2, &dev), GNTST_okay);
	world_end(world_domain(0x4d, 1, NULL));
	/* Domain two's maptrack stays: two pages of it and its index. */
	cr_assert_geq(page_free_count() + 5, before);
}

Test(grant_map, the_borrower_may_die_first)
{
	uint64_t before = page_free_count();
	struct domain *d = world_domain(0x4d, 1, NULL);
	unsigned int i;

	for (i = 0; i < 200; i++) {
		gt_give(one, 8, d->id, page, 0);
		cr_assert_eq(gt_map(d->vcpu[0], one->id, 8, i,
				    i & 1 ? GNTMAP_host_map
					  : GNTMAP_host_map | GNTMAP_device_map,
				    NULL),
			     GNTST_okay);
	}
	fake_preempt_every = 1;
	world_end(d);
	assert_unused(8);
	cr_assert_eq(page_free_count(), before);
}

Test(grant_map, two_that_borrow_from_each_other_both_end)
{
	uint64_t before = page_free_count();
	struct domain *a = world_domain(0x4d, 1, NULL);
	struct domain *b = world_domain(0x4e, 1, NULL);

	gt_give(a, 8, b->id, world_page(a), 0);
	gt_give(b, 8, a->id, world_page(b), 0);
	gt_give(a, 9, a->id, world_page(a), 0);
	cr_assert_eq(gt_map(b->vcpu[0], a->id, 8, 1, GNTMAP_host_map, NULL),
		     GNTST_okay);
	cr_assert_eq(gt_map(a->vcpu[0], b->id, 8, 1, GNTMAP_host_map, NULL),
		     GNTST_okay);
	cr_assert_eq(gt_map(a->vcpu[0], a->id, 9, 2, GNTMAP_host_map, NULL),
		     GNTST_okay);
	world_end(a);
	world_end(b);
	cr_assert_eq(page_free_count(), before);
}
