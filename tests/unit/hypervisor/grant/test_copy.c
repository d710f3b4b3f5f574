/* SPDX-License-Identifier: MIT */
/* GNTTABOP_copy: both directions, bounds, rights; nothing stays pinned. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include "grant_fixture.h"

static struct domain *one, *two; /* one lends, two copies */
static struct vcpu *v2;
static mfn_t lent, own;

static void setup(void)
{
	unsigned int i;

	world_init();
	world_domain(WORLD_ZERO, 1, NULL);
	one = world_domain(WORLD_ONE, 1, NULL);
	two = world_domain(WORLD_TWO, 1, NULL);
	v2 = two->vcpu[0];
	lent = world_page(one);
	own = world_page(two);
	for (i = 0; i < 4096; i++) {
		((uint8_t *)mfn_to_virt(lent))[i] = (uint8_t)(i * 7 + 1);
		((uint8_t *)mfn_to_virt(own))[i] = (uint8_t)(i * 5 + 3);
	}
	gt_give(one, 8, two->id, lent, 0);
	gt_give(one, 9, two->id, lent, GTF_readonly);
}

TestSuite(grant_copy, .init = setup);

static void assert_unused(void)
{
	cr_assert_eq(world_refs(lent), 0);
	cr_assert_eq(world_types(lent), 0);
	cr_assert_eq(world_refs(own), 0);
	cr_assert_eq(gt_entry(one, 8)->flags, GTF_permit_access);
	cr_assert_eq(gt_entry(one, 9)->flags, GTF_permit_access | GTF_readonly);
}

/* From entry 9 to the page `own`. */
static struct gnttab_copy in(uint16_t from, uint16_t to, uint16_t len)
{
	struct gnttab_copy op = {
		.len = len, .flags = GNTCOPY_source_gref, .status = 77};

	op.source.u.ref = 9;
	op.source.domid = one->id;
	op.source.offset = from;
	op.dest.u.gmfn = own.n;
	op.dest.domid = DOMID_SELF;
	op.dest.offset = to;
	return op;
}

/* From the page `own` to entry 8. */
static struct gnttab_copy out(uint16_t from, uint16_t to, uint16_t len)
{
	struct gnttab_copy op = {
		.len = len, .flags = GNTCOPY_dest_gref, .status = 77};

	op.source.u.gmfn = own.n;
	op.source.domid = DOMID_SELF;
	op.source.offset = from;
	op.dest.u.ref = 8;
	op.dest.domid = one->id;
	op.dest.offset = to;
	return op;
}

static int copy(struct gnttab_copy *op)
{
	long rc = gt_call(v2, GNTTABOP_copy, op, 1);

	return rc ? 1000 : op->status;
}

Test(grant_copy, bytes_come_from_a_grant_and_go_to_one)
{
	struct gnttab_copy op = in(100, 4000, 96);

	cr_assert_eq(copy(&op), GNTST_okay);
	cr_assert_eq(memcmp((char *)mfn_to_virt(own) + 4000,
			    (char *)mfn_to_virt(lent) + 100, 96),
		     0);
	op = out(0, 0, 4096);
	cr_assert_eq(copy(&op), GNTST_okay);
	cr_assert_eq(memcmp(mfn_to_virt(own), mfn_to_virt(lent), 4096), 0);
	assert_unused();
}

Test(grant_copy, own_pages_and_overlapping_ranges)
{
	struct gnttab_copy op = in(0, 10, 2000);
	uint8_t before[4096];

	memcpy(before, mfn_to_virt(own), 4096);
	op.flags = 0;
	op.source.u.gmfn = own.n;
	op.source.domid = DOMID_SELF;
	cr_assert_eq(copy(&op), GNTST_okay);
	cr_assert_eq(memcmp((char *)mfn_to_virt(own) + 10, before, 2000), 0);
	op = in(5, 4095, 0);
	cr_assert_eq(copy(&op), GNTST_okay);
	assert_unused();
}

Test(grant_copy, between_two_grants)
{
	struct gnttab_copy op = in(8, 80, 24);
	mfn_t other = world_page(one);

	gt_give(one, 20, two->id, other, 0);
	op.flags = GNTCOPY_source_gref | GNTCOPY_dest_gref;
	op.dest.u.ref = 20;
	op.dest.domid = one->id;
	cr_assert_eq(copy(&op), GNTST_okay);
	cr_assert_eq(memcmp((char *)mfn_to_virt(other) + 80,
			    (char *)mfn_to_virt(lent) + 8, 24),
		     0);
	cr_assert_eq(gt_entry(one, 20)->flags, GTF_permit_access);
	assert_unused();
}

struct bounds {
	uint16_t from, to, len;
	int status;
};

static struct bounds bounds[] = {
	{0, 0, 4096, GNTST_okay},
	{4095, 4095, 1, GNTST_okay},
	{4096, 4096, 0, GNTST_okay},
	{1, 0, 4096, GNTST_bad_copy_arg},
	{0, 1, 4096, GNTST_bad_copy_arg},
	{4096, 0, 1, GNTST_bad_copy_arg},
	{0, 0, 4097, GNTST_bad_copy_arg},
	{0xffff, 0, 1, GNTST_bad_copy_arg},
	{0, 0xffff, 0xffff, GNTST_bad_copy_arg},
	{0xfff, 0, 0xffff, GNTST_bad_copy_arg},
};

ParameterizedTestParameters(grant_copy, page_bounds)
{
	return cr_make_param_array(struct bounds, bounds, ARRAY_SIZE(bounds));
}

ParameterizedTest(struct bounds *b, grant_copy, page_bounds)
{
	struct gnttab_copy op = in(b->from, b->to, b->len);

	cr_assert_eq(copy(&op), b->status);
	assert_unused();
}

Test(grant_copy, rights_are_checked)
{
	struct gnttab_copy op = out(0, 0, 8);
	mfn_t table = world_page(one);
	struct frame *f;

	op.dest.u.ref = 9;
	cr_assert_eq(copy(&op), GNTST_general_error);
	op.dest.u.ref = 30;
	cr_assert_eq(copy(&op), GNTST_general_error);
	op.dest.u.ref = 512;
	cr_assert_eq(copy(&op), GNTST_bad_gntref);
	op = out(0, 0, 8);
	op.dest.domid = 0x123;
	cr_assert_eq(copy(&op), GNTST_bad_domain);
	op = in(0, 0, 8);
	op.dest.domid = one->id;
	op.dest.u.gmfn = lent.n;
	cr_assert_eq(copy(&op), GNTST_permission_denied);
	op = in(0, 0, 8);
	op.dest.u.gmfn = lent.n;
	cr_assert_eq(copy(&op), GNTST_bad_page);
	op.dest.u.gmfn = 5;
	cr_assert_eq(copy(&op), GNTST_bad_page);
	op.dest.u.gmfn = ~0ull;
	cr_assert_eq(copy(&op), GNTST_bad_page);
	op = out(0, 0, 8);
	op.source.u.gmfn = lent.n;
	cr_assert_eq(copy(&op), GNTST_bad_page);
	/* Nobody's page tables are written by a copy. */
	cr_assert_eq(frame_get_type(table, one, FRAME_L1, &f), 0);
	gt_give(one, 21, two->id, table, 0);
	op = out(0, 0, 8);
	op.dest.u.ref = 21;
	cr_assert_eq(copy(&op), GNTST_general_error);
	cr_assert_eq(gt_entry(one, 21)->flags, GTF_permit_access);
	op = in(0, 0, 8);
	op.dest.u.gmfn = v2->arch.kernel_cr3 >> 12;
	cr_assert_eq(copy(&op), GNTST_bad_page);
	assert_unused();
}

Test(grant_copy, one_of_another_domain_is_not_for_us)
{
	struct gnttab_copy op = in(0, 0, 8);

	gt_entry(one, 9)->domid = 0;
	cr_assert_eq(copy(&op), GNTST_general_error);
	gt_entry(one, 9)->domid = two->id;
	assert_unused();
}

Test(grant_copy, a_batch_goes_on_after_an_error_and_after_a_stop)
{
	static struct gnttab_copy op[200];
	uint64_t args[6] = {GNTTABOP_copy, (uintptr_t)op, 200};
	unsigned int i, restarts = 0;
	long rc;

	for (i = 0; i < 200; i++) {
		op[i] = i & 1 ? in(i, 2 * i, 3) : out(i, 3 * i, 5);
		if (i == 77)
			op[i].len = 5000;
		if (i == 78)
			op[i].dest.u.ref = 40;
	}
	fake_preempt_every = 1;
	while ((rc = hypercall_grant_table_op(v2, args)) == -ERESTART) {
		restarts++;
		assert_unused();
	}
	cr_assert_eq(rc, 0);
	cr_assert_eq(restarts, 3);
	for (i = 0; i < 200; i++)
		cr_assert_eq(op[i].status, i == 77   ? GNTST_bad_copy_arg
					   : i == 78 ? GNTST_general_error
						     : GNTST_okay);
	assert_unused();
}

Test(grant_copy, consecutive_pieces_keep_the_frame_and_see_one_meaning)
{
	struct gnttab_copy op[3] = {in(0, 0, 8), in(8, 8, 8), in(16, 16, 8)};

	cr_assert_eq(gt_call(v2, GNTTABOP_copy, op, 3), 0);
	cr_assert_eq(memcmp(mfn_to_virt(own), mfn_to_virt(lent), 24), 0);
	assert_unused();
}

Test(grant_copy, a_call_that_cannot_be_answered_holds_nothing)
{
	struct gnttab_copy op[2] = {in(0, 0, 8), in(8, 8, 8)};

	fake_guest_hole(&op[1], sizeof(op[1]), true);
	cr_assert_eq(gt_call(v2, GNTTABOP_copy, op, 2), -EFAULT);
	fake_guest_hole(NULL, 0, false);
	cr_assert_eq(op[0].status, GNTST_okay);
	assert_unused();
}
