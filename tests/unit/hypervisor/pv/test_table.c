/* SPDX-License-Identifier: MIT */
/*
 * What an entry may be and what it holds; what makes a page a table and what
 * keeps it from being one; holding, finding, writing entries. Stops on the
 * way: test_table_preempt.c; anything in any order: test_table_model.c.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <signal.h>
#include "mm/alloc.h"
#include "pv/mmio.h"
#include "pv_fixture.h"
#include "x86/machine.h"

static struct domain *d, *two, *zero;
static struct vcpu *v;
static mfn_t table, page;

static void setup(void)
{
	unsigned int i;

	world_init();
	for (i = 0; i < ARRAY_SIZE(hv_l4_entries); i++)
		hv_l4_entries[i] = 0x7000063 + i * 0x5000;
	zero = world_domain(WORLD_ZERO, 1, NULL);
	d = world_domain(WORLD_ONE, 2, NULL);
	two = world_domain(WORLD_TWO, 1, NULL);
	v = d->vcpu[0];
	table = world_page(d);
	page = world_page(d);
}

TestSuite(table, .init = setup);

/* Device pages are beyond RAM. */
#define DEVICE_MFN 0x3b00ull

struct entry_row {
	char what[40];
	uint64_t flags;
	unsigned int levels; /* bit n: level n takes it */
	bool zero_levels;    /* domain zero's L1, too */
};

ParameterizedTestParameters(table, bits_that_no_guest_may_set)
{
	static struct entry_row rows[] = {
		{"plain", PV_RW, 0x1e, true},
		{"accessed, dirty", PV_RW | PTE_A | PTE_D, 0x1e, true},
		{"large page, PAT", PV_RW | PTE_PSE, 0, true},
		{"uncached", PV_RW | PTE_PCD, 0x1c, true},
		{"write-through", PV_RW | PTE_PWT, 0x1c, true},
		{"not executable", PV_RW | PTE_NX, 0x1e, true},
		{"software bits", PV_RW | 0xe00 | 3ull << 57, 0x1e, true},
		{"address bit 51", PV_RW | 1ull << 51, 0, false},
		{"first bit too many", PV_RW | 1ull << 39, 0, false},
	};

	return cr_make_param_array(struct entry_row, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct entry_row *row, table, bits_that_no_guest_may_set)
{
	unsigned int level;

	for (level = 1; level <= 4; level++) {
		mfn_t to = world_page(d);
		uint64_t e = pv_entry(to, row->flags);
		int rc = pte_get(&e, level, d, d);

		cr_assert_eq(rc == 0, row->levels >> level & 1,
			     "%s at level %u: %d", row->what, level, rc);
		if (rc) {
			cr_assert_eq(world_refs(to), 0);
			continue;
		}
		cr_assert_eq(world_refs(to), 1);
		cr_assert_eq(pte_put(e, level), 0);
		cr_assert_eq(world_refs(to), 0);
	}
	{
		mfn_t to = world_page(zero);
		uint64_t e = pv_entry(to, row->flags);

		cr_assert_eq(pte_get(&e, 1, zero, zero) == 0, row->zero_levels);
	}
}

Test(table, an_entry_that_is_not_present_holds_nothing_whatever_its_bits)
{
	uint64_t e = ~1ull;
	unsigned int level;

	for (level = 1; level <= 4; level++) {
		cr_assert_eq(pte_get(&e, level, d, d), 0);
		cr_assert_eq(e, ~1ull);
		cr_assert_eq(pte_put(e, level), 0);
	}
}

Test(table, every_present_entry_gets_the_user_bit)
{
	uint64_t e = pv_entry(page, PTE_P | PTE_RW);

	cr_assert_eq(pte_get(&e, 1, d, d), 0);
	cr_assert_eq(e, pv_entry(page, PTE_P | PTE_RW | PTE_U));
}

Test(table, frames_of_others_cannot_be_mapped)
{
	mfn_t theirs = world_page(two);
	unsigned int level, rw;

	for (level = 1; level <= 4; level++) {
		for (rw = 0; rw < 2; rw++) {
			uint64_t e = pv_entry(theirs, rw ? PV_RW : PV_RO);

			cr_assert_neq(pte_get(&e, level, d, d), 0);
		}
	}
	cr_assert_eq(world_refs(theirs), 0);
	/* Level 1 with the right owner named: mmu_update asks who may. */
	{
		uint64_t e = pv_entry(theirs, PV_RW);

		cr_assert_eq(pte_get(&e, 1, zero, two), 0);
		cr_assert_eq(world_types(theirs), 1);
		cr_assert_eq(pte_put(e, 1), 0);
		cr_assert_neq(pte_get(&e, 2, zero, two), 0,
			      "another's page as a table");
	}
}

Test(table, pages_of_the_hypervisor_cannot_be_mapped)
{
	uint64_t e = pv_entry(page_alloc(0, ADDR_ANY), PV_RO);

	cr_assert_neq(pte_get(&e, 1, d, d), 0);
	cr_assert_neq(pte_get(&e, 1, zero, zero), 0);
	cr_assert_neq(pte_get(&e, 1, zero, &domain_io), 0);
	cr_assert_neq(pte_get(&e, 1, zero, &domain_xen), 0);
}

Test(table, device_pages_are_for_domain_zero_alone)
{
	uint64_t e = pv_entry(mfn(DEVICE_MFN), PV_RW | PTE_PCD);

	cr_assert_neq(pte_get(&e, 1, d, d), 0);
	e = pv_entry(mfn(DEVICE_MFN), PV_RW);
	cr_assert_eq(pte_get(&e, 1, d, d), -EPERM);
	cr_assert_eq(pte_get(&e, 1, zero, zero), 0);
	cr_assert_eq(pte_get(&e, 1, zero, &domain_io), 0);
	cr_assert_eq(pte_get(&e, 1, zero, two), -EPERM);
	cr_assert_neq(pte_get(&e, 2, zero, zero), 0, "a device as a table");
}

Test(table, a_shared_page_may_be_written_but_never_be_a_table)
{
	mfn_t shared = virt_to_mfn(d->shared);
	unsigned int level;
	struct frame *f;
	uint64_t e = pv_entry(shared, PV_RW);

	for (level = 1; level <= 4; level++)
		cr_assert_eq(
			frame_get_type(shared, d, (enum frame_type)level, &f),
			-EINVAL);
	cr_assert_eq(frame_get_type(shared, d, FRAME_SEGDESC, &f), -EINVAL);
	cr_assert_eq(pte_get(&e, 1, d, d), 0);
	cr_assert_eq(pte_get(&e, 1, two, two), -EPERM);
	cr_assert_eq(pte_put(e, 1), 0);
}

Test(table, what_is_mapped_writable_cannot_become_a_table)
{
	unsigned int level;

	cr_assert_eq(frame_get_writable(table, d), 0);
	for (level = 1; level <= 4; level++)
		cr_assert_eq(pv_pin(v, table, level), -EINVAL);
	frame_put_writable(frame_of(table));
	cr_assert_eq(pv_pin(v, table, 1), 0);
}

Test(table, what_is_a_table_cannot_be_mapped_writable)
{
	unsigned int level;

	for (level = 1; level <= 4; level++) {
		mfn_t t = world_page(d);
		uint64_t e = pv_entry(t, PV_RW);

		cr_assert_eq(pv_pin(v, t, level), 0);
		cr_assert_eq(pte_get(&e, 1, d, d), -EINVAL);
		cr_assert_eq(frame_get_writable(t, d), -EINVAL);
		e = pv_entry(t, PV_RO);
		cr_assert_eq(pte_get(&e, 1, d, d), 0);
		cr_assert_eq(pte_put(e, 1), 0);
	}
}

Test(table, a_table_has_one_level_at_a_time)
{
	unsigned int as, level;

	for (as = 1; as <= 4; as++) {
		mfn_t t = world_page(d);

		cr_assert_eq(pv_pin(v, t, as), 0);
		for (level = 1; level <= 4; level++) {
			struct frame *f;
			int rc = frame_get_type(t, d, (enum frame_type)level,
						&f);

			cr_assert_eq(rc, level == as ? 0 : -EINVAL);
			if (!rc)
				cr_assert_eq(frame_put_type(f), 0);
		}
		cr_assert_eq(pv_unpin(v, t), 0);
		memset(mfn_to_virt(t), 0, PAGE_SIZE); /* a root has ours */
		cr_assert_eq(pv_pin(v, t, as % 4 + 1), 0, "then another");
		cr_assert_eq(pv_unpin(v, t), 0);
	}
}

/* XSA-185, 240: there are no linear page tables at all. */
Test(table, a_table_that_refers_to_itself_is_refused_at_every_level)
{
	unsigned int level, rw;

	for (level = 1; level <= 4; level++) {
		for (rw = 0; rw < 2; rw++) {
			mfn_t t = world_page(d);

			*pv_slot(t, 17) = pv_entry(t, rw ? PV_RW : PV_RO);
			if (level == 1 && !rw) /* reading oneself is fine */
				cr_assert_eq(pv_pin(v, t, level), 0);
			else
				cr_assert_eq(pv_pin(v, t, level), -EINVAL,
					     "level %u", level);
			pv_check("level %u, rw %u", level, rw);
		}
	}
}

Test(table, loops_of_tables_are_refused)
{
	mfn_t a = world_page(d), b = world_page(d), c = world_page(d);
	unsigned int level;

	*pv_slot(a, 1) = pv_entry(b, PV_RW);
	*pv_slot(b, 2) = pv_entry(c, PV_RW);
	*pv_slot(c, 3) = pv_entry(a, PV_RW);
	for (level = 1; level <= 4; level++) {
		/* Below level 3 the walk ends before it is back at a. */
		cr_assert_eq(pv_pin(v, a, level), level < 3 ? 0 : -EINVAL,
			     "level %u", level);
		pv_check("level %u", level);
		if (level < 3)
			cr_assert_eq(pv_unpin(v, a), 0);
	}
}

Test(table, a_loop_cannot_be_made_by_writing_entries)
{
	mfn_t l4 = world_page(d), l3 = world_page(d), l2 = world_page(d);

	*pv_slot(l4, 0) = pv_entry(l3, PV_RW);
	*pv_slot(l3, 0) = pv_entry(l2, PV_RW);
	cr_assert_eq(pv_pin(v, l4, 4), 0);
	cr_assert_eq(pv_update(v, pv_slot_maddr(l4, 9), pv_entry(l4, PV_RO)),
		     -EINVAL);
	cr_assert_eq(pv_update(v, pv_slot_maddr(l3, 9), pv_entry(l3, PV_RO)),
		     -EINVAL);
	cr_assert_eq(pv_update(v, pv_slot_maddr(l3, 9), pv_entry(l4, PV_RO)),
		     -EINVAL);
	cr_assert_eq(pv_update(v, pv_slot_maddr(l2, 9), pv_entry(l2, PV_RO)),
		     -EINVAL);
	cr_assert_eq(pv_update(v, pv_slot_maddr(l2, 9), pv_entry(l4, PV_RO)),
		     -EINVAL);
	pv_check("loops refused");
}

Test(table, a_promotion_that_fails_can_be_undone_and_leaves_nothing)
{
	unsigned int bad;

	for (bad = 0; bad < 512; bad += 73) {
		mfn_t t = world_page(d), theirs = world_page(two);
		unsigned int i;

		for (i = 0; i < 512; i += 3)
			*pv_slot(t, i) = pv_entry(page, i & 1 ? PV_RW : PV_RO);
		*pv_slot(t, bad) = pv_entry(theirs, PV_RO);
		cr_assert_neq(pv_pin(v, t, 1), 0);
		pv_check("entry %u is bad", bad);
		cr_assert_eq(world_types(t), 0);
		cr_assert_eq(frame_forget_type(frame_of(t)), 0);
		pv_check("undone %u", bad);
		cr_assert_eq(world_refs(page), 0);
		cr_assert_eq(world_types(page), 0);
		cr_assert_eq(world_refs(t), 0);
		/* Or put right and tried again. */
		cr_assert_neq(pv_pin(v, t, 1), 0);
		cr_assert_eq(pv_update(v, pv_slot_maddr(t, bad), 0), 0);
		cr_assert_eq(pv_pin(v, t, 1), 0);
		cr_assert_eq(pv_unpin(v, t), 0);
		cr_assert_eq(world_refs(page), 0);
	}
}

Test(table, a_page_of_a_failed_promotion_can_be_written_by_a_new_mapping)
{
	uint64_t e = pv_entry(table, PV_RW);

	*pv_slot(table, 0) = pv_entry(page, PV_RW);
	*pv_slot(table, 1) = pv_entry(world_page(two), PV_RW);
	cr_assert_neq(pv_pin(v, table, 1), 0);
	cr_assert_eq(world_types(page), 1);
	cr_assert_eq(pte_get(&e, 1, d, d), 0);
	cr_assert_eq(world_types(page), 0, "its entries hold no more");
	cr_assert_eq(world_types(table), 1);
	cr_assert_eq(pte_put(e, 1), 0);
}

Test(table, a_root_gets_the_hypervisors_entries_and_keeps_them)
{
	mfn_t l4 = world_page(d);
	unsigned int i;

	/* What the guest had there counts for nothing. */
	for (i = HV_L4_FIRST; i <= HV_L4_LAST; i++)
		*pv_slot(l4, i) = pv_entry(page, PV_RW | PTE_PSE);
	cr_assert_eq(pv_pin(v, l4, 4), 0);
	for (i = HV_L4_FIRST; i <= HV_L4_LAST; i++) {
		uint64_t should = hv_l4_entries[i - HV_L4_FIRST];

		if (i == (PERDOMAIN_BASE >> 39 & 511))
			should = d->perdomain_l3 | PTE_P | PTE_RW | PTE_A |
				 PTE_D;
		cr_assert_eq(*pv_slot(l4, i), should, "slot %u", i);
		cr_assert_eq(pv_update(v, pv_slot_maddr(l4, i), 0), -EPERM);
		cr_assert_eq(pv_update(v,
				       pv_slot_maddr(l4, i) |
					       MMU_PT_UPDATE_PRESERVE_AD,
				       should),
			     -EPERM);
		cr_assert_eq(*pv_slot(l4, i), should);
	}
	pv_check("pinned");
	/* The same slots are nothing special below. */
	cr_assert_eq(pv_unpin(v, l4), 0);
	cr_assert_neq(pv_pin(v, l4, 3), 0, "ours as a guest's tables");
	pv_check("refused");
}

/* XSA-148 and 182: no change of an entry goes without a check. */
Test(table, an_entry_that_maps_the_same_frame_is_checked_nevertheless)
{
	static const uint64_t bad[] = {PTE_PSE, 1ull << 39, 1ull << 51};
	mfn_t l2 = world_page(d);
	unsigned int i;

	*pv_slot(l2, 4) = pv_entry(table, PV_RW);
	*pv_slot(table, 4) = pv_entry(page, PV_RO);
	cr_assert_eq(pv_pin(v, l2, 2), 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		cr_assert_eq(pv_update(v, pv_slot_maddr(l2, 4),
				       pv_entry(table, PV_RW | bad[i])),
			     -EINVAL);
		cr_assert_neq(pv_update(v, pv_slot_maddr(table, 4),
					pv_entry(page, PV_RO | bad[i])),
			      0);
	}
	cr_assert_eq(pv_update(v, pv_slot_maddr(table, 4),
			       pv_entry(page, PV_RO | PTE_PCD)),
		     -EINVAL);
	/* Becoming writable is more than a change of flags. */
	cr_assert_eq(pv_pin(v, page, 1), 0);
	cr_assert_eq(
		pv_update(v, pv_slot_maddr(table, 4), pv_entry(page, PV_RW)),
		-EINVAL);
	cr_assert_eq(*pv_slot(table, 4), pv_entry(page, PV_RO));
	/* Harmless ones go. */
	cr_assert_eq(pv_update(v, pv_slot_maddr(table, 4),
			       pv_entry(page, PTE_P | PTE_NX)),
		     0);
	cr_assert_eq(*pv_slot(table, 4),
		     pv_entry(page, PTE_P | PTE_U | PTE_NX));
	pv_check("changed");
}

Test(table, an_entry_moves_its_references_from_old_to_new)
{
	mfn_t other = world_page(d);
	uint64_t at = pv_slot_maddr(table, 100);

	cr_assert_eq(pv_pin(v, table, 1), 0);
	cr_assert_eq(pv_update(v, at, pv_entry(page, PV_RW)), 0);
	cr_assert_eq(world_types(page), 1);
	cr_assert_eq(pv_update(v, at, pv_entry(page, PV_RO)), 0);
	cr_assert_eq(world_types(page), 0);
	cr_assert_eq(world_refs(page), 1);
	cr_assert_eq(pv_update(v, at, pv_entry(other, PV_RW)), 0);
	cr_assert_eq(world_refs(page), 0);
	cr_assert_eq(world_types(other), 1);
	cr_assert_eq(pv_update(v, at, 0x1230), 0);
	cr_assert_eq(world_refs(other), 0);
	cr_assert_eq(*pv_slot(table, 100), 0x1230);
}

Test(table, a_refused_entry_leaves_the_old_one_and_all_counts)
{
	mfn_t theirs = world_page(two);
	uint64_t at = pv_slot_maddr(table, 100), old = pv_entry(page, PV_RW);

	cr_assert_eq(pv_pin(v, table, 1), 0);
	cr_assert_eq(pv_update(v, at, old), 0);
	cr_assert_neq(pv_update(v, at, pv_entry(theirs, PV_RO)), 0);
	cr_assert_neq(pv_update(v, at, pv_entry(table, PV_RW)), 0);
	cr_assert_neq(pv_update(v, at, pv_entry(mfn(5), PV_RO)), 0);
	cr_assert_neq(pv_update(v, at, ~0ull), 0);
	cr_assert_eq(*pv_slot(table, 100), old);
	cr_assert_eq(world_refs(page), 1);
	cr_assert_eq(world_refs(theirs), 0);
	pv_check("refused");
}

Test(table, accessed_and_dirty_bits_stay_if_asked)
{
	uint64_t at = pv_slot_maddr(table, 0);
	mfn_t other = world_page(d);

	cr_assert_eq(pv_pin(v, table, 1), 0);
	cr_assert_eq(pv_update(v, at, pv_entry(page, PTE_P | PTE_U)), 0);
	*pv_slot(table, 0) |= PTE_A | PTE_D; /* the CPU */
	cr_assert_eq(pv_update(v, at | MMU_PT_UPDATE_PRESERVE_AD,
			       pv_entry(page, PTE_P | PTE_U)),
		     0);
	cr_assert_eq(*pv_slot(table, 0),
		     pv_entry(page, PTE_P | PTE_U | PTE_A | PTE_D));
	cr_assert_eq(pv_update(v, at | MMU_PT_UPDATE_PRESERVE_AD,
			       pv_entry(other, PTE_P | PTE_RW)),
		     0);
	cr_assert_eq(*pv_slot(table, 0),
		     pv_entry(other, PTE_P | PTE_RW | PTE_U | PTE_A | PTE_D));
	cr_assert_eq(pv_update(v, at, pv_entry(other, PTE_P | PTE_U)), 0);
	cr_assert_eq(*pv_slot(table, 0), pv_entry(other, PTE_P | PTE_U));
}

Test(table, only_a_valid_table_can_be_held)
{
	unsigned int level;

	cr_assert_eq(table_hold(frame_of(page), d), 0);
	for (level = 1; level <= 4; level++) {
		mfn_t t = world_page(d);
		struct frame *f = frame_of(t);

		cr_assert_eq(pv_pin(v, t, level), 0);
		cr_assert_eq(table_hold(f, d), level);
		cr_assert_eq(world_types(t), 2);
		table_unhold(v, f);
		cr_assert_eq(world_types(t), 1);
		/* Not as another's: a CPU that is late gives it back. */
		cr_assert_eq(table_hold(f, two), 0);
		cr_assert_eq(world_types(t), 1);
		cr_assert_eq(world_refs(t), 1);
		f->word &= ~FRAME_VALIDATED;
		cr_assert_eq(table_hold(f, d), 0);
		f->word |= FRAME_VALIDATED | FRAME_LOCKED;
		cr_assert_eq(table_hold(f, d), 0);
		f->word &= ~FRAME_LOCKED;
		/* The hold may be what keeps it last. */
		cr_assert_eq(table_hold(f, d), level);
		cr_assert_eq(pv_unpin(v, t), 0);
		table_unhold(v, f);
		cr_assert_eq(world_types(t), 0);
	}
}

Test(table, a_full_count_is_refused)
{
	struct frame *f = frame_of(table), *out;

	cr_assert_eq(pv_pin(v, table, 1), 0);
	f->word += FRAME_REF_MAX - frame_word_refs(f->word);
	cr_assert_eq(table_hold(f, d), 0);
	cr_assert_eq(frame_get_type(table, d, FRAME_L1, &out), -EBUSY);
	f = frame_of(page);
	f->word += FRAME_REF_MAX - frame_word_refs(f->word);
	cr_assert_eq(frame_get_type(page, d, FRAME_L1, &out), -EBUSY);
	cr_assert_eq(frame_get_type(page, d, FRAME_SEGDESC, &out), -EBUSY);
}

Test(table, a_frame_given_back_gets_no_type)
{
	struct frame *f, *out;

	f = frame_get(page, d);
	cr_assert_eq(frame_unassign(d, f), 0);
	cr_assert_eq(frame_get_type(page, d, FRAME_L1, &out), -EPERM);
	cr_assert_eq(frame_get_type(page, d, FRAME_WRITABLE, &out), -EPERM);
	frame_put(f);
	cr_assert_neq(frame_get_type(page, d, FRAME_L1, &out), 0);
}

Test(table, addresses_are_walked_to_their_entry)
{
	struct frame *l1;

	cr_assert_eq(table_peek_l1e(v, world_window(5)), world_pte(d, 5));
	cr_assert_eq(table_peek_l1e(v, world_window(5) + 0xfff),
		     world_pte(d, 5));
	cr_assert_eq(table_find_l1e(v, world_window(5), &l1), world_pte(d, 5));
	table_unhold(v, l1);
	cr_assert_null(table_peek_l1e(v, WORLD_VA + (1ull << 21)));
	cr_assert_null(table_peek_l1e(v, WORLD_VA + (1ull << 30)));
	cr_assert_null(table_peek_l1e(v, WORLD_VA ^ (1ull << 46)));
	cr_assert_null(table_peek_l1e(v, HV_VIRT_START));
	cr_assert_null(table_peek_l1e(v, HV_VIRT_END - 1));
	cr_assert_null(table_peek_l1e(v, WORLD_VA | 1ull << 47));
	cr_assert_null(table_peek_l1e(v, WORLD_VA | 1ull << 63));
}

Test(table, pinning_counts_once)
{
	mfn_t theirs = world_page(two);

	cr_assert_eq(pv_unpin(v, table), -EINVAL);
	cr_assert_eq(pv_pin(v, table, 1), 0);
	cr_assert_eq(pv_pin(v, table, 1), -EINVAL);
	cr_assert_eq(world_types(table), 1);
	cr_assert_eq(pv_unpin(v, table), 0);
	cr_assert_eq(pv_unpin(v, table), -EINVAL);
	cr_assert_eq(world_refs(table), 0);
	cr_assert_eq(pv_pin(v, theirs, 1), -EPERM);
	cr_assert_eq(pv_unpin(v, theirs), -EINVAL);
	cr_assert_eq(pv_pin(v, mfn(1), 1), -EINVAL);
	cr_assert_eq(pv_pin(v, mfn(~0ull), 4), -EINVAL);
	d->life = DOMAIN_DYING;
	cr_assert_eq(pv_pin(v, table, 1), -EINVAL, "nobody would unpin it");
	d->life = DOMAIN_ALIVE;
}

Test(table, a_table_that_was_writable_is_flushed_before_it_is_trusted)
{
	unsigned int flushes;

	cr_assert_eq(frame_get_writable(table, d), 0);
	frame_put_writable(frame_of(table));
	flushes = fake_tlb_flushes;
	cr_assert_eq(pv_pin(v, table, 1), 0);
	cr_assert_eq(fake_tlb_flushes, flushes + 1);
}

/* XSA-286: the CPU may still walk a table that was one. */
Test(table, a_page_that_was_a_table_is_flushed_before_it_is_anything_else)
{
	unsigned int flushes;

	cr_assert_eq(pv_pin(v, table, 2), 0);
	cr_assert_eq(pv_unpin(v, table), 0);
	frame_of(table)->stamp = fake_tlb_flushes;
	flushes = fake_tlb_flushes;
	cr_assert_eq(pv_pin(v, table, 1), 0);
	cr_assert_eq(fake_tlb_flushes, flushes + 1);
	fake_tlb_flushes = 1000;
	cr_assert_eq(pv_unpin(v, table), 0);
	cr_assert_eq(frame_of(table)->stamp, 1000);
}

Test(table, mmio_rules_deny_and_take_write_access)
{
	uint64_t e;

	mmio_deny(DEVICE_MFN << 12, 1);
	mmio_deny((DEVICE_MFN + 3) << 12, 0x1001);
	mmio_read_only((DEVICE_MFN + 1) << 12, 4096);
	e = PV_RW;
	cr_assert_eq(mmio_check(mfn(DEVICE_MFN), &e), -EPERM);
	cr_assert_eq(mmio_check(mfn(DEVICE_MFN + 3), &e), -EPERM);
	cr_assert_eq(mmio_check(mfn(DEVICE_MFN + 4), &e), -EPERM);
	cr_assert_eq(mmio_check(mfn(DEVICE_MFN + 5), &e), 0);
	cr_assert_eq(mmio_check(mfn(DEVICE_MFN + 2), &e), 0);
	cr_assert_eq(e, PV_RW);
	cr_assert_eq(mmio_check(mfn(DEVICE_MFN + 1), &e), 0);
	cr_assert_eq(e, PV_RO);
	/* Through an entry, and as a change of one that is there already. */
	{
		struct vcpu *z = zero->vcpu[0];
		uint64_t at = world_pte_maddr(zero, 3);

		e = pv_entry(mfn(DEVICE_MFN + 1), PV_RW);
		cr_assert_eq(pv_update(z, at, e), 0);
		cr_assert_eq(*world_pte(zero, 3), e & ~PTE_RW);
		cr_assert_eq(pv_update(z, at, e | PTE_PCD), 0);
		cr_assert_eq(*world_pte(zero, 3), (e | PTE_PCD) & ~PTE_RW);
		cr_assert_eq(pv_update(z, at, pv_entry(mfn(DEVICE_MFN), PV_RO)),
			     -EPERM);
		cr_assert_eq(pv_update(z, at, 0), 0);
	}
}

Test(table, a_mmio_rule_too_many_stops_the_machine, .signal = SIGABRT)
{
	unsigned int i;

	for (i = 0; i < 65; i++)
		mmio_deny(0xfee00000, 4096);
}
