/* SPDX-License-Identifier: MIT */
/* The table's frames, the small operations, the way into the call. */
#include <criterion/criterion.h>
#include "grant_fixture.h"

static struct domain *zero, *one;
static struct vcpu *v0, *v1;

static void setup(void)
{
	world_init();
	zero = world_domain(WORLD_ZERO, 1, NULL);
	one = world_domain(WORLD_ONE, 1, NULL);
	v0 = zero->vcpu[0];
	v1 = one->vcpu[0];
}

TestSuite(grant_table, .init = setup);

static int setup_table(struct vcpu *v, domid_t dom, uint32_t frames,
		       uint64_t *list)
{
	struct gnttab_setup_table op = {.dom = dom,
					.nr_frames = frames,
					.status = 77,
					.frame_list = (uintptr_t)list};
	long rc = gt_call(v, GNTTABOP_setup_table, &op, 1);

	return rc ? 1000 : op.status;
}

static int query(struct vcpu *v, domid_t dom, uint32_t *frames, uint32_t *max)
{
	struct gnttab_query_size op = {.dom = dom, .status = 77};
	long rc = gt_call(v, GNTTABOP_query_size, &op, 1);

	*frames = op.nr_frames;
	*max = op.max_nr_frames;
	return rc ? 1000 : op.status;
}

Test(grant_table, it_starts_with_one_frame_of_64_and_grows)
{
	uint64_t list[64] = {0}, again[64] = {0};
	uint32_t frames, max, i;

	cr_assert_eq(query(v1, DOMID_SELF, &frames, &max), GNTST_okay);
	cr_assert_eq(frames, 1);
	cr_assert_eq(max, 64);
	cr_assert_eq(setup_table(v1, DOMID_SELF, 2, list), GNTST_okay);
	cr_assert_eq(setup_table(v1, DOMID_SELF, 64, again), GNTST_okay);
	cr_assert_eq(list[0], again[0]);
	cr_assert_eq(list[1], again[1]);
	for (i = 1; i < 64; i++)
		cr_assert_neq(again[i], again[i - 1]);
	cr_assert_eq(query(v1, one->id, &frames, &max), GNTST_okay);
	cr_assert_eq(frames, 64);
	cr_assert_eq(setup_table(v1, DOMID_SELF, 65, list),
		     GNTST_general_error);
	cr_assert_eq(setup_table(v1, DOMID_SELF, 0xffffffff, list),
		     GNTST_general_error);
	cr_assert_eq(grant_table_frame(one, 63).n, again[63]);
	cr_assert(mfn_eq(grant_table_frame(one, 64), MFN_NONE));
	cr_assert(mfn_eq(grant_table_frame(one, ~0u), MFN_NONE));
}

Test(grant_table, the_guest_may_map_its_frames_and_nobody_elses)
{
	mfn_t m = grant_table_frame(one, 0);
	struct frame *f = frame_of(m);

	cr_assert_eq(frame_get_writable(m, one), 0);
	frame_put_writable(f);
	cr_assert_eq(frame_get_writable(m, zero), -EPERM);
	cr_assert_null(frame_get(m, zero));
}

Test(grant_table, limits_of_the_configuration_hold)
{
	struct xen_domctl_createdomain config = {.max_grant_frames = 3,
						 .max_maptrack_frames = 1};
	struct domain *d = world_domain(0x71, 1, &config);
	uint32_t frames, max;
	uint64_t list[4];

	cr_assert_eq(query(v0, 0x71, &frames, &max), GNTST_okay);
	cr_assert_eq(max, 3);
	cr_assert_eq(setup_table(d->vcpu[0], DOMID_SELF, 4, list),
		     GNTST_general_error);
	cr_assert_eq(setup_table(d->vcpu[0], DOMID_SELF, 3, list), GNTST_okay);
	world_end(d);
	config.max_grant_frames = 400;
	d = world_domain(0x72, 1, &config);
	cr_assert_eq(grant_table_max_frames(d), 400);
	world_end(d);
}

Test(grant_table, others_tables_are_for_the_privileged)
{
	uint32_t frames, max;
	uint64_t list[2];

	cr_assert_eq(query(v1, 0, &frames, &max), GNTST_permission_denied);
	cr_assert_eq(setup_table(v1, 0, 1, list), GNTST_permission_denied);
	cr_assert_eq(query(v0, one->id, &frames, &max), GNTST_okay);
	cr_assert_eq(setup_table(v0, one->id, 1, list), GNTST_okay);
	cr_assert_eq(list[0], grant_table_frame(one, 0).n);
	cr_assert_eq(query(v0, 0x123, &frames, &max), GNTST_bad_domain);
}

Test(grant_table, memory_runs_out_cleanly)
{
	uint64_t list[64];
	uint32_t frames, max;
	mfn_t eaten[16];
	unsigned int i = 0;

	/* Leave seven frames: two of the table's, with their pins. */
	while (page_free_count() > 7) {
		mfn_t m = page_alloc(0, ADDR_ANY);

		if (i < 16)
			eaten[i++] = m;
	}
	cr_assert_eq(setup_table(v1, DOMID_SELF, 64, list),
		     GNTST_general_error);
	cr_assert_eq(query(v1, DOMID_SELF, &frames, &max), GNTST_okay);
	cr_assert_leq(frames, 3);
	while (i)
		page_free(eaten[--i], 0);
	cr_assert_eq(setup_table(v1, DOMID_SELF, frames + 1, list), GNTST_okay);
}

Test(grant_table, version_1_is_what_there_is)
{
	struct gnttab_set_version set = {.version = 1};
	struct gnttab_get_version get = {.dom = DOMID_SELF};

	cr_assert_eq(gt_call(v1, GNTTABOP_set_version, &set, 1), 0);
	cr_assert_eq(set.version, 1);
	set.version = 2;
	cr_assert_eq(gt_call(v1, GNTTABOP_set_version, &set, 1), -ENOSYS);
	cr_assert_eq(set.version, 1);
	set.version = 3;
	cr_assert_eq(gt_call(v1, GNTTABOP_set_version, &set, 1), -EINVAL);
	cr_assert_eq(gt_call(v1, GNTTABOP_get_version, &get, 1), 0);
	cr_assert_eq(get.version, 1);
	get.dom = 0;
	cr_assert_eq(gt_call(v1, GNTTABOP_get_version, &get, 1), -EPERM);
	get.dom = 0x123;
	cr_assert_eq(gt_call(v0, GNTTABOP_get_version, &get, 1), -ESRCH);
}

static int swap(struct vcpu *v, grant_ref_t a, grant_ref_t b)
{
	struct gnttab_swap_grant_ref op = {a, b, 77, 0};
	long rc = gt_call(v, GNTTABOP_swap_grant_ref, &op, 1);

	return rc ? 1000 : op.status;
}

Test(grant_table, unused_entries_can_be_swapped)
{
	mfn_t m = world_page(one), n = world_page(one);
	struct gnttab_map_grant_ref map;

	gt_give(one, 9, 0, m, 0);
	gt_give(one, 10, 5, n, GTF_readonly);
	cr_assert_eq(swap(v1, 9, 10), GNTST_okay);
	cr_assert_eq(gt_entry(one, 10)->frame, m.n);
	cr_assert_eq(gt_entry(one, 9)->frame, n.n);
	cr_assert_eq(gt_entry(one, 9)->domid, 5);
	cr_assert_eq(gt_entry(one, 9)->flags, GTF_permit_access | GTF_readonly);
	cr_assert_eq(swap(v1, 9, 512), GNTST_bad_gntref);
	cr_assert_eq(swap(v1, 0xffffffff, 9), GNTST_bad_gntref);
	cr_assert_eq(swap(v1, 9, 9), GNTST_okay);
	cr_assert_eq(gt_map(v0, one->id, 10, 0, GNTMAP_host_map, &map),
		     GNTST_okay);
	cr_assert_eq(swap(v1, 9, 10), GNTST_eagain);
	cr_assert_eq(swap(v1, 10, 9), GNTST_eagain);
	cr_assert_eq(gt_unmap(v0, 0, &map), GNTST_okay);
	cr_assert_eq(swap(v1, 10, 9), GNTST_okay);
}

Test(grant_table, what_is_lacking_does_not_exist)
{
	static const uint32_t lacking[] = {
		GNTTABOP_dump_table,
		GNTTABOP_transfer,
		GNTTABOP_unmap_and_replace,
		GNTTABOP_get_status_frames,
		GNTTABOP_cache_flush,
		13,
		1u << 31,
	};
	uint64_t op[8] = {0};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lacking); i++)
		cr_assert_eq(gt_call(v1, lacking[i], op, 1), -ENOSYS);
}

Test(grant_table, counts_and_pointers_are_checked)
{
	uint64_t list[8] = {0};
	struct gnttab_setup_table op = {.dom = DOMID_SELF, .nr_frames = 1};
	uint32_t cmd;

	for (cmd = 0; cmd <= GNTTABOP_swap_grant_ref; cmd++) {
		if (cmd == GNTTABOP_dump_table || cmd == GNTTABOP_transfer ||
		    cmd == GNTTABOP_unmap_and_replace ||
		    cmd == GNTTABOP_get_status_frames)
			continue;
		cr_assert_eq(gt_call(v1, cmd, (void *)FAKE_GUEST_BAD, 1),
			     -EFAULT);
		cr_assert_eq(gt_call(v1, cmd, (void *)HV_VIRT_START, 1),
			     -EFAULT);
		cr_assert_eq(gt_call(v1, cmd, list, 0x80000000), -EINVAL);
	}
	cr_assert_eq(gt_call(v1, GNTTABOP_map_grant_ref, list, 0), 0);
	cr_assert_eq(gt_call(v1, GNTTABOP_setup_table, &op, 2), -EINVAL);
	cr_assert_eq(gt_call(v1, GNTTABOP_query_size, &op, 0), -EINVAL);
	op.frame_list = FAKE_GUEST_BAD;
	cr_assert_eq(gt_call(v1, GNTTABOP_setup_table, &op, 1), -EFAULT);
}

Test(grant_table, a_domain_ends_with_its_table)
{
	uint64_t before = page_free_count();
	struct domain *d = world_domain(0x33, 1, NULL);

	gt_entry(d, 20 * 512);
	world_end(d);
	cr_assert_eq(page_free_count(), before);
}
