/* SPDX-License-Identifier: MIT */
/*
 * The hypercalls that change page tables, as a guest sees them: whose frames,
 * what is counted as done, what goes on after a stop, what is flushed.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include "mm/alloc.h"
#include "mm/m2p.h"
#include "pv_fixture.h"

static struct domain *d, *two, *zero;
static struct vcpu *v, *z;
static mfn_t page, theirs, l1;

static void setup(void)
{
	world_init();
	zero = world_domain(WORLD_ZERO, 1, NULL);
	d = world_domain(WORLD_ONE, 2, NULL);
	two = world_domain(WORLD_TWO, 1, NULL);
	v = d->vcpu[0];
	z = zero->vcpu[0];
	page = world_page(d);
	theirs = world_page(two);
	l1 = world_page(d);
	cr_assert_eq(pv_pin(v, l1, 1), 0);
}

TestSuite(mmu, .init = setup);

static long mmu_update(struct mmu_update *u, uint32_t count, uint32_t *done,
		       uint64_t args[6])
{
	args[0] = (uintptr_t)u;
	args[1] = count;
	args[2] = (uintptr_t)done;
	args[3] = DOMID_SELF;
	return hypercall_mmu_update(v, args);
}

struct bad_ptr {
	uint64_t ptr;
	long rc;
};

ParameterizedTestParameters(mmu, pointers_that_are_refused)
{
	static struct bad_ptr rows[] = {
		{0, -EINVAL},
		{0x1000, -EINVAL},
		{~7ull, -EINVAL},
		{FAKE_RAM_END << 12, -EINVAL},
		{FAKE_MAX_MFN << 12, -EINVAL},
		{1ull << 52, -EINVAL},
		{(FAKE_RAM_END << 12) | MMU_MACHPHYS_UPDATE, -EINVAL},
		{~0ull & ~2ull, -EINVAL},
	};

	return cr_make_param_array(struct bad_ptr, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct bad_ptr *row, mmu, pointers_that_are_refused)
{
	cr_assert_eq(pv_update(v, row->ptr, 0), row->rc);
}

/* XSA-227's class. */
Test(mmu, an_entry_that_is_not_aligned_is_refused)
{
	cr_assert_eq(pv_update(v, pv_slot_maddr(l1, 3) + 4, 0), -EINVAL);
}

Test(mmu, done_says_how_many_and_the_first_bad_one_ends_it)
{
	uint32_t done = 99;
	uint64_t args[6];
	struct mmu_update u[] = {
		{pv_slot_maddr(l1, 0), pv_entry(page, PV_RW)},
		{pv_slot_maddr(l1, 1), pv_entry(page, PV_RO)},
		{pv_slot_maddr(l1, 2), pv_entry(theirs, PV_RO)},
		{pv_slot_maddr(l1, 3), pv_entry(page, PV_RO)},
	};

	cr_assert_eq(mmu_update(u, 0, &done, args), 0);
	cr_assert_eq(done, 0);
	cr_assert_eq(mmu_update(u, 2, &done, args), 0);
	cr_assert_eq(done, 2);
	cr_assert_eq(mmu_update(u, 4, &done, args), -EINVAL);
	cr_assert_eq(done, 2);
	cr_assert_eq(*pv_slot(l1, 3), 0);
	cr_assert_eq(world_refs(page), 2);
	/* Nobody need ask for it. */
	cr_assert_eq(mmu_update(u, 2, NULL, args), 0);
}

Test(mmu, requests_that_cannot_be_read_and_a_count_that_cannot_be_written)
{
	uint32_t done = 99;
	uint64_t args[6];
	struct mmu_update u = {pv_slot_maddr(l1, 0), 0};

	cr_assert_eq(mmu_update((void *)FAKE_GUEST_BAD, 1, &done, args),
		     -EFAULT);
	cr_assert_eq(done, 0);
	cr_assert_eq(mmu_update((void *)HV_VIRT_START, 1, &done, args),
		     -EFAULT);
	cr_assert_eq(mmu_update(&u, 1, (void *)FAKE_GUEST_BAD, args), -EFAULT);
	cr_assert_eq(mmu_update(&u, 1, (void *)(HV_VIRT_END - 4), args),
		     -EFAULT);
}

Test(mmu, a_long_list_stops_and_goes_on_where_it_was)
{
	enum { COUNT = 100 };
	static struct mmu_update u[COUNT];
	unsigned int i, restarts = 0;
	uint32_t done = 0, total = COUNT;
	uint64_t args[6];
	long rc;

	for (i = 0; i < COUNT; i++)
		u[i] = (struct mmu_update){pv_slot_maddr(l1, i),
					   pv_entry(page, PV_RO)};
	fake_preempt_every = 1;
	rc = mmu_update(u, total, &done, args);
	while (rc == -ERESTART) {
		restarts++;
		cr_assert_eq(done, restarts * 16);
		cr_assert_eq(args[0], (uintptr_t)&u[done]);
		cr_assert_eq(args[1], (total - done) | 0x80000000u);
		rc = hypercall_mmu_update(v, args);
	}
	cr_assert_eq(rc, 0);
	cr_assert_eq(done, COUNT);
	cr_assert_eq(restarts, 6);
	cr_assert_eq(world_refs(page), COUNT);
}

Test(mmu, a_continuation_keeps_what_was_done_before_it_failed)
{
	static struct mmu_update u[20];
	unsigned int i;
	uint32_t done = 0;
	uint64_t args[6];

	for (i = 0; i < 20; i++)
		u[i] = (struct mmu_update){pv_slot_maddr(l1, i),
					   pv_entry(page, PV_RO)};
	u[18].ptr |= 4;
	fake_preempt_in = 1;
	cr_assert_eq(mmu_update(u, 20, &done, args), -ERESTART);
	cr_assert_eq(hypercall_mmu_update(v, args), -EINVAL);
	cr_assert_eq(done, 18);
}

Test(mmu, plain_pages_are_written_as_data_and_others_not)
{
	cr_assert_eq(pv_update(v, pv_slot_maddr(page, 511), 0x1234567), 0);
	cr_assert_eq(*pv_slot(page, 511), 0x1234567);
	cr_assert_eq(world_refs(page), 0);
	cr_assert_eq(pv_update(v, pv_slot_maddr(theirs, 0), 1), -EPERM);
	cr_assert_eq(*pv_slot(theirs, 0), 0);
	cr_assert_eq(frame_of(page)->word & FRAME_TCNT_MASK, 0);
}

Test(mmu, the_machine_to_physical_table_is_written_for_ones_own_frames)
{
	uint64_t own = mfn_to_maddr(page).a | MMU_MACHPHYS_UPDATE;
	uint64_t other = mfn_to_maddr(theirs).a | MMU_MACHPHYS_UPDATE;
	uint64_t before = frame_load(frame_of(page));

	cr_assert_eq(pv_update(v, own, 0x4711), 0);
	cr_assert_eq(m2p_get(page), 0x4711);
	cr_assert_eq(frame_load(frame_of(page)), before, "XSA-113");
	m2p_set(theirs, 0x99);
	cr_assert_eq(pv_update(v, other, 0x4711), -EINVAL);
	cr_assert_eq(m2p_get(theirs), 0x99);
	/* Domain zero, for the domain that it names. */
	cr_assert_eq(pv_update(z, other, 1), -EINVAL);
	cr_assert_eq(pv_update_for(z, WORLD_TWO, other, 0x4711), 0);
	cr_assert_eq(m2p_get(theirs), 0x4711);
}

struct foreign_row {
	char what[40];
	bool from_zero;
	uint32_t foreign;
	long rc;
};

#define PT(id) ((uint32_t)((id) + 1) << 16)

ParameterizedTestParameters(mmu, who_may_name_whom)
{
	static struct foreign_row rows[] = {
		{"self by name", false, WORLD_ONE, 0},
		{"self", false, DOMID_SELF, 0},
		{"own tables by name", false, PT(WORLD_ONE) | DOMID_SELF, 0},
		{"another's frames", false, WORLD_TWO, -EPERM},
		{"another's tables", false, PT(WORLD_TWO) | DOMID_SELF, -EPERM},
		{"nobody", false, 0x123, -EPERM},
		{"devices", false, DOMID_IO, -EPERM},
		{"the hypervisor", false, DOMID_XEN, -EPERM},
		{"zero: nobody", true, 0x123, -ESRCH},
		{"zero: nobody's tables", true, PT(0x123) | DOMID_SELF, -ESRCH},
		{"zero: devices", true, DOMID_IO, 0},
		{"zero: the hypervisor", true, DOMID_XEN, 0},
		{"zero: another", true, WORLD_TWO, 0},
		{"zero: another's tables", true, PT(WORLD_TWO) | WORLD_TWO, 0},
	};

	return cr_make_param_array(struct foreign_row, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct foreign_row *row, mmu, who_may_name_whom)
{
	struct vcpu *by = row->from_zero ? z : v;
	uint32_t refs[] = {zero->refs, d->refs, two->refs, domain_io.refs,
			   domain_xen.refs};
	uint32_t done = 99;
	uint64_t args[6] = {FAKE_GUEST_BAD, 0, (uintptr_t)&done, row->foreign};

	/* No request: only the names count. */
	cr_assert_eq(hypercall_mmu_update(by, args), row->rc, "%s", row->what);
	cr_assert_eq(done, 0, "%s", row->what);
	cr_assert_eq(refs[0], zero->refs);
	cr_assert_eq(refs[1], d->refs);
	cr_assert_eq(refs[2], two->refs);
	cr_assert_eq(refs[3], domain_io.refs);
	cr_assert_eq(refs[4], domain_xen.refs);
}

Test(mmu, domain_zero_maps_anothers_frames_in_its_own_tables_only)
{
	uint64_t at = world_pte_maddr(zero, 0);
	mfn_t their_l1 = world_page(two);

	cr_assert_neq(pv_update(z, at, pv_entry(theirs, PV_RW)), 0);
	cr_assert_eq(pv_update_for(z, WORLD_TWO, at, pv_entry(theirs, PV_RW)),
		     0);
	cr_assert_eq(world_types(theirs), 1);
	/* Not as it likes: what is theirs as a table is read-only. */
	cr_assert_eq(pv_pin(two->vcpu[0], their_l1, 1), 0);
	cr_assert_eq(pv_update_for(z, WORLD_TWO, world_pte_maddr(zero, 1),
				   pv_entry(their_l1, PV_RW)),
		     -EINVAL);
	cr_assert_eq(pv_update_for(z, WORLD_TWO, world_pte_maddr(zero, 1),
				   pv_entry(their_l1, PV_RO)),
		     0);
	/* And theirs may not become a table as long as it is written. */
	cr_assert_eq(pv_pin(two->vcpu[0], theirs, 1), -EINVAL);
	cr_assert_eq(pv_update(z, at, 0), 0);
	cr_assert_eq(pv_pin(two->vcpu[0], theirs, 1), 0);
	pv_check("mapped");
}

Test(mmu, domain_zero_writes_anothers_tables_by_that_ones_rights)
{
	uint32_t as_two = PT(WORLD_TWO) | WORLD_TWO;
	uint64_t at = world_pte_maddr(two, 0);

	cr_assert_eq(pv_update_for(z, as_two, at, pv_entry(theirs, PV_RW)), 0);
	cr_assert_eq(world_types(theirs), 1);
	cr_assert_neq(
		pv_update_for(z, as_two, at, pv_entry(world_page(zero), PV_RO)),
		0);
	/* No device page gets into a plain guest's table. */
	cr_assert_eq(pv_update_for(z, PT(WORLD_TWO) | DOMID_IO, at,
				   pv_entry(mfn(0x3b00), PV_RO)),
		     -EPERM);
	/* Named wrongly, it is not its table. */
	cr_assert_eq(pv_update_for(z, PT(WORLD_ONE) | WORLD_TWO, at, 0),
		     -EPERM);
	pv_check("written");
}

Test(mmu, a_mapping_of_another_outlives_what_its_owner_does)
{
	uint64_t free_before;

	cr_assert_eq(pv_update_for(z, WORLD_TWO, world_pte_maddr(zero, 0),
				   pv_entry(theirs, PV_RW)),
		     0);
	*pv_slot(theirs, 0) = 0x5a5a;
	cr_assert_eq(frame_unassign(two, frame_of(theirs)), 0);
	free_before = page_free_count();
	cr_assert_eq(*pv_slot(theirs, 0), 0x5a5a);
	/* No second mapping of what is on its way out. */
	cr_assert_neq(pv_update_for(z, WORLD_TWO, world_pte_maddr(zero, 1),
				    pv_entry(theirs, PV_RO)),
		      0);
	cr_assert_eq(pv_update(z, world_pte_maddr(zero, 0), 0), 0);
	cr_assert_eq(page_free_count(), free_before + 1);
}

Test(mmu, update_va_mapping_changes_the_entry_of_an_address)
{
	uint64_t va = world_window(7);

	cr_assert_eq(pv_va_mapping(v, va + 0x123, pv_entry(page, PV_RW), 0), 0);
	cr_assert_eq(*world_pte(d, 7), pv_entry(page, PV_RW));
	cr_assert_neq(pv_va_mapping(v, va, pv_entry(theirs, PV_RO), 0), 0);
	cr_assert_eq(*world_pte(d, 7), pv_entry(page, PV_RW));
	cr_assert_eq(pv_va_mapping(v, va, 0, 0), 0);
	cr_assert_eq(world_refs(page), 0);
	cr_assert_eq(pv_va_mapping(v, WORLD_VA + (1ull << 30), 0, 0), -EINVAL);
	cr_assert_eq(pv_va_mapping(v, HV_VIRT_START, 0, 0), -EINVAL);
	cr_assert_eq(pv_va_mapping(v, 1ull << 47, 0, 0), -EINVAL);
	pv_check("mapped");
}

struct flush_row {
	uint64_t flags;
	unsigned int whole, page;
};

ParameterizedTestParameters(mmu, update_va_mapping_flushes_as_asked)
{
	static struct flush_row rows[] = {
		{UVMF_NONE, 0, 0},
		{UVMF_TLB_FLUSH, 1, 0},
		{UVMF_TLB_FLUSH | UVMF_ALL, 1, 0},
		{UVMF_TLB_FLUSH | 0x1000, 1, 0},
		{UVMF_INVLPG, 0, 1},
		/* The domain has two vCPUs. */
		{UVMF_INVLPG | UVMF_ALL, 1, 0},
		{UVMF_INVLPG | 0x1000, 1, 0},
		{3, 0, 0},
	};

	return cr_make_param_array(struct flush_row, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct flush_row *row, mmu,
		  update_va_mapping_flushes_as_asked)
{
	unsigned int whole = fake_tlb_flushes, one = fake_page_flushes;

	cr_assert_eq(pv_va_mapping(v, world_window(1), pv_entry(page, PV_RO),
				   row->flags),
		     0);
	cr_assert_eq(fake_tlb_flushes - whole, row->whole);
	cr_assert_eq(fake_page_flushes - one, row->page);
	if (row->page)
		cr_assert_eq(fake_page_flushed, world_window(1));
}

/* XSA-279: an address that is not mapped, or not the guest's, is not flushed.
 */
Test(mmu, a_refused_update_flushes_nothing)
{
	unsigned int one = fake_page_flushes;

	cr_assert_neq(pv_va_mapping(v, 1ull << 47, 0, UVMF_INVLPG), 0);
	cr_assert_neq(pv_va_mapping(v, world_window(0), pv_entry(theirs, PV_RO),
				    UVMF_INVLPG),
		      0);
	cr_assert_eq(fake_page_flushes, one);
}

Test(mmu, update_va_mapping_of_another_is_for_domain_zero)
{
	uint64_t args[6] = {world_window(2), pv_entry(theirs, PV_RW), 0,
			    WORLD_TWO};

	cr_assert_eq(hypercall_update_va_mapping_otherdomain(v, args), -EPERM);
	cr_assert_eq(hypercall_update_va_mapping_otherdomain(z, args), 0);
	cr_assert_eq(world_types(theirs), 1);
	args[3] = 0x123;
	cr_assert_eq(hypercall_update_va_mapping_otherdomain(z, args), -ESRCH);
	pv_check("mapped");
}

Test(mmu, a_new_root_takes_its_reference_and_drops_the_old_one)
{
	mfn_t old = mfn(v->arch.kernel_cr3 >> 12), l4 = world_page(d);
	unsigned int flushes = fake_tlb_flushes;

	cr_assert_eq(pv_mmuext(v, MMUEXT_NEW_BASEPTR, l4, 0), 0);
	cr_assert_eq(v->arch.kernel_cr3, mfn_to_maddr(l4).a);
	cr_assert_gt(fake_tlb_flushes, flushes);
	cr_assert_eq(world_types(l4), 1);
	cr_assert_eq(world_types(old), 0);
	cr_assert_eq(pv_mmuext(v, MMUEXT_NEW_BASEPTR, l4, 0), 0, "the same");
	cr_assert_eq(world_types(l4), 1);
	cr_assert_eq(pv_mmuext(v, MMUEXT_NEW_USER_BASEPTR, l4, 0), 0);
	cr_assert_eq(world_types(l4), 2);
	cr_assert_eq(pv_mmuext(v, MMUEXT_NEW_USER_BASEPTR, mfn(0), 0), 0);
	cr_assert_eq(v->arch.user_cr3, 0);
	cr_assert_eq(world_types(l4), 1);
	pv_check("roots");
}

Test(mmu, a_bad_root_leaves_the_old_one)
{
	uint64_t cr3 = v->arch.kernel_cr3;
	const mfn_t bad[] = {mfn(0), mfn(1),	 l1,
			     theirs, mfn(~0ull), mfn(cr3 >> 12 | 1ull << 52)};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		cr_assert_neq(pv_mmuext(v, MMUEXT_NEW_BASEPTR, bad[i], 0), 0);
		if (i)
			cr_assert_neq(pv_mmuext(v, MMUEXT_NEW_USER_BASEPTR,
						bad[i], 0),
				      0);
		cr_assert_eq(v->arch.kernel_cr3, cr3);
		cr_assert_eq(v->arch.user_cr3, 0);
	}
	pv_check("refused");
}

Test(mmu, pages_are_cleared_and_copied_unless_they_are_tables)
{
	mfn_t to = world_page(d);

	memset(mfn_to_virt(page), 0x77, PAGE_SIZE);
	cr_assert_eq(pv_mmuext(v, MMUEXT_COPY_PAGE, to, page.n), 0);
	cr_assert_eq(memcmp(mfn_to_virt(to), mfn_to_virt(page), PAGE_SIZE), 0);
	cr_assert_eq(pv_mmuext(v, MMUEXT_CLEAR_PAGE, to, 0), 0);
	cr_assert_eq(*pv_slot(to, 511), 0);
	cr_assert_eq(pv_mmuext(v, MMUEXT_CLEAR_PAGE, l1, 0), -EINVAL);
	cr_assert_eq(pv_mmuext(v, MMUEXT_COPY_PAGE, l1, page.n), -EINVAL);
	cr_assert_eq(pv_mmuext(v, MMUEXT_COPY_PAGE, to, l1.n), 0);
	cr_assert_neq(pv_mmuext(v, MMUEXT_CLEAR_PAGE, theirs, 0), 0);
	cr_assert_neq(pv_mmuext(v, MMUEXT_COPY_PAGE, to, theirs.n), 0);
	cr_assert_neq(pv_mmuext(v, MMUEXT_CLEAR_PAGE, mfn(1), 0), 0);
	cr_assert_neq(pv_mmuext(v, MMUEXT_COPY_PAGE, to, ~0ull), 0);
	pv_check("copied");
}

Test(mmu, flushes_of_addresses_that_are_not_the_guests_do_nothing)
{
	static const unsigned int cmds[] = {
		MMUEXT_INVLPG_LOCAL, MMUEXT_INVLPG_ALL, MMUEXT_INVLPG_MULTI};
	static const uint64_t bad[] = {HV_VIRT_START, HV_VIRT_END - 1,
				       1ull << 47, 1ull << 63};
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		unsigned int before = fake_page_flushes + fake_tlb_flushes;

		for (k = 0; k < ARRAY_SIZE(bad); k++)
			cr_assert_eq(pv_mmuext(v, cmds[i], mfn(bad[k]), 0), 0);
		cr_assert_eq(fake_page_flushes + fake_tlb_flushes, before);
		cr_assert_eq(pv_mmuext(v, cmds[i], mfn(WORLD_VA), 0), 0);
		cr_assert_eq(fake_page_flushes + fake_tlb_flushes, before + 1);
	}
}

Test(mmu, operations_for_another_are_pins_by_domain_zero_only)
{
	struct mmuext_op op = {.cmd = MMUEXT_PIN_L1_TABLE};
	uint32_t done = 99;
	uint64_t args[6] = {(uintptr_t)&op, 1, 0, WORLD_TWO};

	op.arg1.mfn = theirs.n;
	cr_assert_eq(hypercall_mmuext_op(v, args), -EPERM);
	cr_assert_eq(hypercall_mmuext_op(z, args), 0);
	cr_assert_eq(world_types(theirs), 1);
	op.cmd = MMUEXT_UNPIN_TABLE;
	cr_assert_eq(hypercall_mmuext_op(z, args), 0);
	op.cmd = MMUEXT_NEW_BASEPTR;
	cr_assert_eq(hypercall_mmuext_op(z, args), -EPERM);
	op.cmd = MMUEXT_CLEAR_PAGE;
	cr_assert_eq(hypercall_mmuext_op(z, args), -EPERM);
	args[2] = (uintptr_t)&done;
	args[3] = 0x123;
	cr_assert_eq(hypercall_mmuext_op(z, args), -ESRCH);
	cr_assert_eq(done, 0);
}

Test(mmu, unknown_operations_are_refused)
{
	static const unsigned int cmds[] = {14, MMUEXT_MARK_SUPER,
					    MMUEXT_UNMARK_SUPER, 99, ~0u};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++)
		cr_assert_eq(pv_mmuext(v, cmds[i], page, 0), -ENOSYS);
}

Test(mmu, a_list_of_operations_stops_and_goes_on_where_it_was)
{
	struct mmuext_op ops[5];
	uint32_t done = 0;
	unsigned int i, restarts = 0;
	uint64_t args[6] = {(uintptr_t)ops, 5, (uintptr_t)&done, DOMID_SELF};
	long rc;

	memset(ops, 0, sizeof(ops));
	for (i = 0; i < 5; i++) {
		ops[i].cmd = MMUEXT_PIN_L1_TABLE;
		ops[i].arg1.mfn = world_page(d).n;
	}
	fake_preempt_every = 1;
	while ((rc = hypercall_mmuext_op(v, args)) == -ERESTART) {
		restarts++;
		cr_assert_eq(done, restarts);
		cr_assert_eq(args[0], (uintptr_t)&ops[done]);
		cr_assert_eq(args[1], (5 - done) | 0x80000000u);
	}
	cr_assert_eq(rc, 0);
	cr_assert_eq(done, 5);
	cr_assert_eq(restarts, 4);
	ops[2].cmd = 99;
	fake_preempt_every = 0;
	args[0] = (uintptr_t)ops;
	args[1] = 3;
	for (i = 0; i < 2; i++)
		ops[i].cmd = MMUEXT_UNPIN_TABLE;
	cr_assert_eq(hypercall_mmuext_op(v, args), -ENOSYS);
	cr_assert_eq(done, 2);
}

/* The grant code's way to an entry. */
Test(mmu, grant_entries_are_found_by_address_and_by_machine_address)
{
	uint64_t pte = pv_entry(theirs, PV_RO);
	mfn_t l2 = world_page(d);
	bool writable = true;
	uint64_t at = world_pte_maddr(d, 9);
	unsigned int i;
	struct {
		uint64_t maddr;
		int rc;
	} bad[] = {
		{at + 1, -EINVAL},
		{at + 4, -EINVAL},
		{mfn_to_maddr(page).a, -EINVAL},
		{mfn_to_maddr(l2).a, -EINVAL},
		{mfn_to_maddr(theirs).a, -EPERM},
		{0x1000, -EINVAL},
		{~7ull, -EINVAL},
	};

	cr_assert_eq(pv_pin(v, l2, 2), 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		cr_assert_eq(grant_pte_set_maddr(v, bad[i].maddr, pte),
			     bad[i].rc, "row %u", i);
		cr_assert_eq(grant_pte_clear_maddr(v, bad[i].maddr, theirs, 0,
						   &writable),
			     bad[i].rc, "row %u", i);
	}
	cr_assert_eq(grant_pte_set_va(v, WORLD_VA + (1ull << 30), pte),
		     -EINVAL);
	cr_assert_eq(grant_pte_set_va(v, HV_VIRT_START, pte), -EINVAL);
	/* The reference is ours, as the caller's would be. */
	cr_assert_not_null(frame_get(theirs, two));
	cr_assert_eq(grant_pte_set_va(v, world_window(9), pte & ~PTE_U), 0);
	cr_assert_eq(*world_pte(d, 9), pte);
	pv_check("mapped");
	cr_assert_eq(grant_pte_clear_va(v, world_window(9), page, 0, &writable),
		     -EINVAL, "another frame");
	cr_assert_eq(grant_pte_clear_maddr(v, at, theirs, 0, &writable), 0);
	cr_assert_not(writable);
	cr_assert_eq(*world_pte(d, 9), 0);
	cr_assert_eq(world_refs(theirs), 1, "the caller's now");
	frame_put(frame_of(theirs));
	cr_assert_eq(
		grant_pte_clear_va(v, world_window(9), theirs, 0, &writable),
		-EINVAL, "it is gone");
	/* What was there before is dropped. */
	cr_assert_eq(pv_update(v, at, pv_entry(page, PV_RW)), 0);
	cr_assert_not_null(frame_get(theirs, two));
	cr_assert_eq(grant_pte_set_maddr(v, at, pte), 0);
	cr_assert_eq(world_refs(page), 0);
	pv_check("replaced");
	/* The guest may drop it by itself. */
	cr_assert_eq(pv_update(v, at, 0), 0);
	cr_assert_eq(world_refs(theirs), 0);
}

Test(mmu, what_a_granted_entry_maps_cannot_be_had_again_by_another)
{
	uint64_t pte = pv_entry(theirs, PV_RO), at = world_pte_maddr(d, 9);

	cr_assert_not_null(frame_get(theirs, two));
	cr_assert_eq(grant_pte_set_maddr(v, at, pte), 0);
	/* The same entry elsewhere, or with more rights, is refused. */
	cr_assert_neq(pv_update(v, world_pte_maddr(d, 10), pte), 0);
	cr_assert_neq(pv_update(v, at, pte | PTE_RW), 0);
	/* Its software bits may change. */
	cr_assert_eq(pv_update(v, at, pte | 1ull << 9), 0);
	cr_assert_eq(world_refs(theirs), 1);
	pv_check("granted");
}
