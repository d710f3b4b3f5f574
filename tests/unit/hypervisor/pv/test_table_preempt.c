/* SPDX-License-Identifier: MIT */
/*
 * Promotion and demotion stopped at every point where they may stop, gone on
 * with, given up, undone, begun again from the other side. After each stop
 * the frame table must be true, and in the end nothing may tell that there
 * was a stop.
 */
#include <criterion/criterion.h>
#include "mm/alloc.h"
#include "pv_fixture.h"

static struct domain *d;
static struct vcpu *v, *other;

/* A tree with tables that are used twice, at different depths of the walk. */
static mfn_t l4, l3a, l3b, l2a, l2b, l1a, l1b, l1c;
static mfn_t data[6];

/* Entries above level 1, each reached once: the points to stop at. */
#define STOPS 11u

static struct pv_snapshot bare, whole;

static void link(mfn_t table, unsigned int i, mfn_t to, uint64_t flags)
{
	*pv_slot(table, i) = pv_entry(to, flags);
}

static void tree_make(void)
{
	mfn_t *tables[] = {&l4, &l3a, &l3b, &l2a, &l2b, &l1a, &l1b, &l1c};
	unsigned int i;

	d = world_domain(WORLD_ONE, 2, NULL);
	v = d->vcpu[0];
	other = d->vcpu[1];
	for (i = 0; i < ARRAY_SIZE(tables); i++)
		*tables[i] = world_page(d);
	for (i = 0; i < ARRAY_SIZE(data); i++)
		data[i] = world_page(d);
	link(l4, 3, l3a, PV_RW);
	link(l4, 255, l3b, PV_RW);
	link(l4, 511, l3a, PV_RO);
	link(l3a, 0, l2a, PV_RW);
	link(l3a, 7, l2b, PV_RW);
	link(l3b, 511, l2b, PV_RW);
	link(l2a, 0, l1a, PV_RW);
	link(l2a, 1, l1b, PV_RW);
	link(l2a, 511, l1a, PV_RW);
	link(l2b, 5, l1b, PV_RW);
	link(l2b, 510, l1c, PV_RW);
	link(l1a, 0, data[0], PV_RW);
	link(l1a, 9, data[0], PV_RO);
	link(l1a, 10, l4, PV_RO);
	link(l1b, 511, data[1], PV_RW);
	link(l1b, 3, l1b, PV_RO);
	link(l1c, 0, data[2], PV_RO);
	link(l1c, 1, data[3], PV_RW);
}

static void setup(void)
{
	world_init();
	tree_make();
	pv_snapshot(&bare);
	pv_check("before anything");
}

TestSuite(table_preempt, .init = setup);

static void assert_same(const struct pv_snapshot *as, const char *what,
			unsigned int n, unsigned int m)
{
	uint64_t differs = pv_differs(as);

	cr_assert_eq(differs, 0, "%s (%u, %u): %#lx differs", what, n, m,
		     (long)differs);
}

static void whole_snapshot(void)
{
	cr_assert_eq(pv_pin(v, l4, 4), 0);
	pv_snapshot(&whole);
	pv_check("pinned");
	cr_assert_eq(pv_unpin(v, l4), 0);
	assert_same(&bare, "unpinned", 0, 0);
}

static void stop_at(unsigned int n)
{
	fake_preempt_in = n;
}

static void pin_and_stop(unsigned int n)
{
	stop_at(n);
	cr_assert_eq(pv_mmuext_once(v, MMUEXT_PIN_L4_TABLE, l4, 0), -ERESTART,
		     "stop %u", n);
	pv_check("promotion stopped at %u", n);
}

/*
 * False: there was nothing to stop, as a table's last entry is not followed
 * by anything; the demotion is done.
 */
static bool unpin_and_stop(unsigned int n)
{
	long rc;

	cr_assert_eq(pv_pin(v, l4, 4), 0);
	stop_at(n);
	rc = pv_mmuext_once(v, MMUEXT_UNPIN_TABLE, l4, 0);
	fake_preempt_in = 0;
	pv_check("demotion stopped at %u", n);
	if (rc == -ERESTART)
		return true;
	cr_assert_eq(rc, 0);
	assert_same(&bare, "unpinned at once", n, 0);
	return false;
}

Test(table_preempt, promotion_has_as_many_stops_as_entries_above_level_1)
{
	fake_preempt_checks = 0;
	cr_assert_eq(pv_pin(v, l4, 4), 0);
	cr_assert_eq(fake_preempt_checks, STOPS);
	cr_assert_eq(pv_unpin(v, l4), 0);
	assert_same(&bare, "unpinned", 0, 0);
}

Test(table_preempt, a_promotion_that_is_gone_on_with_ends_as_if_never_stopped)
{
	unsigned int n;

	whole_snapshot();
	for (n = 1; n <= STOPS; n++) {
		pin_and_stop(n);
		cr_assert_eq(pv_pin(v, l4, 4), 0);
		pv_check("gone on after %u", n);
		assert_same(&whole, "pinned", n, 0);
		cr_assert_eq(pv_unpin(v, l4), 0);
		assert_same(&bare, "unpinned", n, 0);
	}
}

Test(table_preempt, a_promotion_that_stops_at_every_point_ends)
{
	whole_snapshot();
	fake_preempt_every = 1;
	cr_assert_eq(pv_pin(v, l4, 4), 0);
	pv_check("pinned in steps");
	assert_same(&whole, "pinned", 0, 0);
	cr_assert_eq(pv_unpin(v, l4), 0);
	assert_same(&bare, "unpinned in steps", 0, 0);
}

Test(table_preempt, a_demotion_that_is_gone_on_with_ends_as_if_never_stopped)
{
	unsigned int n, stops = 0;

	for (n = 1; n <= STOPS; n++) {
		if (!unpin_and_stop(n))
			continue;
		stops++;
		cr_assert_eq(pv_unpin(v, l4), 0);
		pv_check("demoted after %u", n);
		assert_same(&bare, "unpinned", n, 0);
	}
	cr_assert_eq(stops, STOPS - 2);
}

static void forget_all(void)
{
	uint32_t n;

	for (n = d->page_head; n;) {
		int rc = frame_forget_type(frame_of(mfn(n)));

		cr_assert(rc == 0 || rc == -ERESTART);
		n = rc ? d->page_head : frame_of(mfn(n))->next;
	}
}

Test(table_preempt, a_promotion_that_is_given_up_can_be_undone)
{
	unsigned int n;

	for (n = 1; n <= STOPS; n++) {
		pin_and_stop(n);
		forget_all();
		pv_check("forgotten after %u", n);
		assert_same(&bare, "forgotten", n, 0);
	}
}

Test(table_preempt, undoing_may_stop_too_and_may_turn_into_promotion_again)
{
	unsigned int n, m;

	whole_snapshot();
	for (n = 1; n <= STOPS; n++) {
		for (m = 1; m <= n; m++) {
			pin_and_stop(n);
			stop_at(m);
			if (frame_forget_type(frame_of(l4)) == 0) {
				fake_preempt_in = 0;
				forget_all();
				assert_same(&bare, "forgotten", n, m);
				continue;
			}
			pv_check("undoing stopped at %u, %u", n, m);
			if ((n + m) & 1) {
				forget_all();
				assert_same(&bare, "forgotten", n, m);
			}
			cr_assert_eq(pv_pin(v, l4, 4), 0);
			pv_check("up again at %u, %u", n, m);
			assert_same(&whole, "pinned", n, m);
			cr_assert_eq(pv_unpin(v, l4), 0);
			assert_same(&bare, "unpinned", n, m);
		}
	}
}

/*
 * The classes of XSA-299 and 310: a table half let go becomes valid again by
 * another way. All that is below it must become valid again with it.
 */
Test(table_preempt, a_demotion_that_is_given_up_can_become_a_promotion)
{
	unsigned int n, m;

	whole_snapshot();
	for (n = 1; n < STOPS; n++) {
		for (m = 0; m <= STOPS; m++) {
			if (!unpin_and_stop(n))
				break;
			stop_at(m);
			/* The pin is still there: refused, but validated. */
			cr_assert_eq(pv_pin(other, l4, 4), -EINVAL);
			fake_preempt_in = 0;
			pv_check("up again at %u, %u", n, m);
			assert_same(&whole, "pinned", n, m);
			cr_assert_eq(pv_unpin(v, l4), 0);
			assert_same(&bare, "unpinned", n, m);
		}
	}
}

Test(table_preempt, every_part_of_a_half_demoted_tree_can_be_used_meanwhile)
{
	static const unsigned int level[] = {3, 3, 2, 2, 1, 1, 1};
	const mfn_t part[] = {l3a, l3b, l2a, l2b, l1a, l1b, l1c};
	unsigned int n, p;

	for (n = 1; n < STOPS; n++) {
		for (p = 0; p < ARRAY_SIZE(part); p++) {
			if (!unpin_and_stop(n))
				break;
			cr_assert_eq(pv_pin(other, part[p], level[p]), 0);
			pv_check("stop %u, part %u pinned", n, p);
			cr_assert_eq(pv_unpin(v, l4), 0);
			pv_check("stop %u, part %u left", n, p);
			cr_assert_eq(pv_unpin(other, part[p]), 0);
			assert_same(&bare, "unpinned", n, p);
		}
	}
}

Test(table_preempt, what_a_half_demoted_table_has_let_go_may_change_its_type)
{
	unsigned int n;

	for (n = 1; n < STOPS; n++) {
		uint64_t w;
		int rc;

		if (!unpin_and_stop(n))
			continue;
		/* Free already, or still a table; but never both. */
		rc = frame_get_writable(l1c, d);
		if (!rc) {
			long again;

			pv_hold(l1c, 1, 1);
			pv_check("stop %u, writable", n);
			again = pv_pin(other, l4, 4);
			cr_assert_eq(again, -EINVAL);
			pv_check("stop %u, refused", n);
			w = frame_load(frame_of(l2b));
			cr_assert(!(w & FRAME_VALIDATED));
			cr_assert_eq(pv_update(other, pv_slot_maddr(l2b, 0), 0),
				     frame_word_tcnt(w) ? -EINVAL : 0,
				     "a half table can be written");
			frame_put_writable(frame_of(l1c));
			pv_hold(l1c, -1, -1);
		} else {
			cr_assert_eq(rc, -EINVAL);
		}
		cr_assert_eq(pv_unpin(v, l4), 0);
		/* The refused promotion got somewhere, too. */
		forget_all();
		assert_same(&bare, "unpinned", n, 0);
	}
}

Test(table_preempt, a_replaced_entry_may_be_let_go_later)
{
	unsigned int n, later = 0;

	for (n = 1; n < STOPS; n++) {
		long rc;

		cr_assert_eq(pv_pin(v, l4, 4), 0);
		cr_assert_eq(pv_update(v, pv_slot_maddr(l4, 511), 0), 0);
		stop_at(n);
		rc = pv_update_once(v, pv_slot_maddr(l4, 3), 0);
		fake_preempt_in = 0;
		cr_assert_eq(rc, 0);
		cr_assert_eq(*pv_slot(l4, 3), 0);
		pv_check("replaced, stop %u", n);
		if (v->demote_pending) {
			later++;
			cr_assert_eq(
				pv_update_once(v, pv_slot_maddr(l4, 255), 0),
				-ERESTART, "two demotions for later");
			cr_assert_eq(
				pv_mmuext_once(v, MMUEXT_NEW_BASEPTR, l4, 0),
				-ERESTART);
			cr_assert_eq(pv_update_once(v, pv_slot_maddr(l1c, 7),
						    pv_entry(data[4], PV_RW)),
				     0, "level 1 must not wait");
			cr_assert_eq(
				pv_update_once(v, pv_slot_maddr(l1c, 7), 0), 0);
			pv_check("meanwhile, stop %u", n);
			/* Somebody else needs it again. */
			if (n & 1)
				cr_assert_eq(pv_update(other,
						       pv_slot_maddr(l4, 3),
						       pv_entry(l3a, PV_RW)),
					     0);
			pv_check("needed again, stop %u", n);
			pv_settle(v);
		}
		pv_check("settled, stop %u", n);
		cr_assert_eq(pv_update(v, pv_slot_maddr(l4, 3),
				       pv_entry(l3a, PV_RW)),
			     0);
		cr_assert_eq(pv_update(v, pv_slot_maddr(l4, 511),
				       pv_entry(l3a, PV_RO)),
			     0);
		cr_assert_eq(pv_unpin(v, l4), 0);
		assert_same(&bare, "unpinned", n, 0);
	}
	cr_assert_gt(later, 2);
}

Test(table_preempt, a_replaced_root_may_be_let_go_later)
{
	mfn_t first = mfn(v->arch.kernel_cr3 >> 12);
	unsigned int n, later = 0;

	cr_assert_eq(pv_pin(v, first, 4), 0);
	for (n = 1; n < STOPS; n++) {
		cr_assert_eq(pv_mmuext(v, MMUEXT_NEW_BASEPTR, l4, 0), 0);
		stop_at(n);
		cr_assert_eq(pv_mmuext_once(v, MMUEXT_NEW_BASEPTR, first, 0),
			     0);
		fake_preempt_in = 0;
		cr_assert_eq(v->arch.kernel_cr3, mfn_to_maddr(first).a);
		if (v->demote_pending) {
			cr_assert_eq(v->demote_pending, frame_of(l4));
			later++;
		}
		pv_check("root replaced, stop %u", n);
		pv_settle(v);
		pv_check("settled, stop %u", n);
	}
	cr_assert_gt(later, 5);
}

Test(table_preempt, a_domain_dies_with_promotions_and_demotions_under_way)
{
	uint64_t n, free_before = ~0ull;

	for (n = 1; n < STOPS; n++) {
		if (n & 1)
			pin_and_stop(n);
		else
			(void)unpin_and_stop(n);
		fake_preempt_every = 1;
		world_end(d);
		fake_preempt_every = 0;
		if (free_before != ~0ull)
			cr_assert_eq(page_free_count(), free_before,
				     "stop %lu: pages are lost", (long)n);
		free_before = page_free_count();
		tree_make();
	}
}
