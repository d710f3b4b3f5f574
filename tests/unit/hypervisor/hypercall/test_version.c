/* SPDX-License-Identifier: MIT */
/* xen_version and paravane_op. */
#include <criterion/criterion.h>
#include "hypervisor/domain/domain_fixture.h"
#include "hypervisor/grant/grant_fixture.h"
#include "public/features.h"
#include "public/paravane.h"
#include "public/version.h"

extern const char *hv_command_line;

static struct domain *zero, *d, *two;

static void setup(void)
{
	world_init();
	zero = world_domain(WORLD_ZERO, 1, NULL);
	d = world_domain(WORLD_ONE, 1, NULL);
	two = world_domain(WORLD_TWO, 1, NULL);
}

TestSuite(xen_version, .init = setup);

static long ask(struct domain *by, uint64_t cmd, void *to)
{
	return dm_call(hypercall_xen_version, by->vcpu[0], cmd, (uintptr_t)to,
		       0);
}

Test(xen_version, numbers)
{
	cr_assert_eq(ask(d, XENVER_version, NULL), 4 << 16 | 17);
	cr_assert_eq(ask(d, XENVER_pagesize, NULL), 4096);
	cr_assert_eq(ask(d, XENVER_build_id, NULL), -ENODATA);
	cr_assert_eq(ask(d, 77, NULL), -ENOSYS);
	cr_assert_eq(ask(d, 1ull << 32, NULL), -ENOSYS);
}

/* Each text fills its room with zeroes and writes no byte more. */
Test(xen_version, texts_fill_their_room_exactly)
{
	static const struct {
		unsigned int cmd;
		size_t room;
		const char *starts;
	} rows[] = {
		{XENVER_extraversion, XEN_EXTRAVERSION_LEN, ".0"},
		{XENVER_capabilities, XEN_CAPABILITIES_INFO_LEN,
		 "xen-3.0-x86_64"},
		{XENVER_changeset, XEN_CHANGESET_INFO_LEN, "paravane"},
	};
	char buf[2048];
	unsigned int i;
	size_t k;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		memset(buf, 0x5b, sizeof(buf));
		cr_assert_eq(ask(d, rows[i].cmd, buf), 0);
		cr_assert_eq(
			strncmp(buf, rows[i].starts, strlen(rows[i].starts)),
			0);
		for (k = strlen(buf); k < rows[i].room; k++)
			cr_assert_eq(buf[k], 0, "row %u, byte %zu", i, k);
		cr_assert_eq(buf[k], 0x5b, "row %u", i);
		cr_assert_eq(ask(d, rows[i].cmd, (void *)0x10), -EFAULT);
		cr_assert_eq(ask(d, rows[i].cmd, (void *)HV_VIRT_START),
			     -EFAULT);
	}
}

Test(xen_version, nothing_of_our_stack_is_told)
{
	struct xen_compile_info c;
	size_t i;

	memset(&c, 0x5b, sizeof(c));
	cr_assert_eq(ask(d, XENVER_compile_info, &c), 0);
	for (i = strlen(c.compiler); i < sizeof(c.compiler); i++)
		cr_assert_eq(c.compiler[i], 0);
	for (i = strlen(c.compile_by); i < sizeof(c.compile_by); i++)
		cr_assert_eq(c.compile_by[i], 0);
}

Test(xen_version, features_are_those_that_are_true)
{
	struct xen_feature_info f = {.submap_idx = 0};

	cr_assert_eq(ask(d, XENVER_get_features, &f), 0);
	cr_assert_not(f.submap & 1u << XENFEAT_dom0);
	cr_assert_not(f.submap & 1u << XENFEAT_auto_translated_physmap);
	cr_assert_not(f.submap & 1u << XENFEAT_writable_page_tables);
	cr_assert(f.submap & 1u << XENFEAT_mmu_pt_update_preserve_ad);
	cr_assert_eq(ask(zero, XENVER_get_features, &f), 0);
	cr_assert(f.submap & 1u << XENFEAT_dom0);
	f.submap_idx = 1;
	cr_assert_eq(ask(d, XENVER_get_features, &f), -EINVAL);
	f.submap_idx = ~0u;
	cr_assert_eq(ask(d, XENVER_get_features, &f), -EINVAL);
	cr_assert_eq(ask(d, XENVER_get_features, (void *)0x10), -EFAULT);
}

Test(xen_version, the_handle_and_where_we_begin)
{
	struct xen_platform_parameters p;
	uint8_t handle[17] = {[16] = 0x5b};

	memset(d->handle, 0x3d, 16);
	cr_assert_eq(ask(d, XENVER_guest_handle, handle), 0);
	cr_assert_eq(handle[15], 0x3d);
	cr_assert_eq(handle[16], 0x5b);
	cr_assert_eq(ask(d, XENVER_platform_parameters, &p), 0);
	cr_assert_eq(p.virt_start, HV_VIRT_START);
}

Test(xen_version, the_command_line_is_domain_zeros)
{
	static char buf[2048], longer[1500];

	cr_assert_eq(ask(d, XENVER_commandline, buf), -EPERM);
	memset(longer, 'a', sizeof(longer) - 1);
	hv_command_line = longer;
	memset(buf, 0x5b, sizeof(buf));
	cr_assert_eq(ask(zero, XENVER_commandline, buf), 0);
	cr_assert_eq(strlen(buf), 1023);
	cr_assert_eq(buf[1024], 0x5b);
}

Test(xen_version, our_own_call)
{
	cr_assert_eq(dm_call(hypercall_paravane_op, d->vcpu[0],
			     PARAVANE_OP_version, 0, 0),
		     PARAVANE_VERSION);
	cr_assert_eq(dm_call(hypercall_paravane_op, d->vcpu[0], 9999, 0, 0),
		     -EOPNOTSUPP);
}

static long holder_next(struct domain *by, struct paravane_holder *h)
{
	return dm_call(hypercall_paravane_op, by->vcpu[0],
		       PARAVANE_OP_holder_next, (uintptr_t)h, 0);
}

Test(xen_version, who_uses_the_grants_of_a_domain)
{
	struct paravane_holder h = {.domain = WORLD_ONE};
	struct gnttab_map_grant_ref map;
	unsigned int i;
	mfn_t m = world_page(d);

	for (i = 0; i < 5; i++) {
		gt_give(d, 8 + i, i == 4 ? WORLD_TWO : WORLD_ZERO, m, 0);
		cr_assert_eq(gt_map((i == 4 ? two : zero)->vcpu[0], WORLD_ONE,
				    8 + i, i,
				    i == 0 ? GNTMAP_host_map | GNTMAP_device_map
					   : GNTMAP_host_map,
				    &map),
			     GNTST_okay);
	}
	cr_assert_eq(holder_next(d, &h), -EPERM);
	cr_assert_eq(holder_next(zero, (void *)HV_VIRT_START), -EFAULT);
	cr_assert_eq(holder_next(zero, &h), 0);
	cr_assert_eq(h.holder, WORLD_ZERO);
	cr_assert_eq(h.grants, 4);
	cr_assert_eq(h.uses, 5);
	cr_assert_eq(h.pages, d->frame_count);
	h.holder++;
	cr_assert_eq(holder_next(zero, &h), 0);
	cr_assert_eq(h.holder, WORLD_TWO);
	cr_assert_eq(h.grants, 1);
	h.holder++;
	h.pages = 0;
	cr_assert_eq(holder_next(zero, &h), -ENOENT);
	cr_assert_eq(h.grants, 0);
	cr_assert_eq(h.pages, d->frame_count);
	/* Also of the dead. */
	world_end(d);
	h.holder = 1;
	cr_assert_eq(holder_next(zero, &h), 0);
	cr_assert_eq(h.holder, WORLD_TWO);
	cr_assert_eq(h.pages, 1);
	h.domain = WORLD_ONE + 1;
	cr_assert_eq(holder_next(zero, &h), -ESRCH);
}
