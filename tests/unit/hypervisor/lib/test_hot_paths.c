/* SPDX-License-Identifier: MIT */
/*
 * Which locks the hot paths take: none for a domain's own page tables; for an
 * event and a grant only those of the two domains, and of the lender's number.
 * Nothing here takes a lock that all domains share.
 */
#include <criterion/criterion.h>
#include "hypervisor/event/event_fixture.h"
#include "hypervisor/grant/grant_fixture.h"
#include "hypervisor/pv/pv_fixture.h"
#include "lib/lock.h"
#include "x86/machine.h"

#define KIND(k) (1u << (k))

static struct domain *zero, *one;
static struct lock_count before[LOCK_COUNT];

static void setup(void)
{
	world_init();
	zero = world_domain(WORLD_ZERO, 1, NULL);
	one = world_domain(WORLD_ONE, 1, NULL);
}

TestSuite(hot_paths, .init = setup);

static void begin(void)
{
	memcpy(before, cpu_locks(0)->count, sizeof(before));
}

/* The kinds that were taken since begin(), one bit each. */
static unsigned int taken(void)
{
	unsigned int kind, kinds = 0;

	for (kind = 0; kind < LOCK_COUNT; kind++)
		if (cpu_locks(0)->count[kind].taken != before[kind].taken)
			kinds |= KIND(kind);
	return kinds;
}

Test(hot_paths, page_tables_take_no_lock)
{
	struct vcpu *v = one->vcpu[0];
	mfn_t m = world_page(one), table = world_page(one);

	begin();
	cr_assert_eq(pv_update(v, world_pte_maddr(one, 3), pv_entry(m, PV_RW)),
		     0);
	cr_assert_eq(pv_va_mapping(v, world_window(3), pv_entry(m, PV_RO), 0),
		     0);
	cr_assert_eq(pv_va_mapping(v, world_window(3), 0, 0), 0);
	cr_assert_eq(pv_pin(v, table, 1), 0);
	cr_assert_eq(pv_unpin(v, table), 0);
	cr_assert_eq(taken(), 0, "%#x", taken());
}

Test(hot_paths, an_event_takes_the_locks_of_the_two_domains)
{
	uint32_t far, port = ev_connect(zero, one, &far);

	begin();
	cr_assert_eq(ev_send(zero->vcpu[0], port), 0);
	cr_assert(ev_pending(one, far));
	cr_assert_eq(taken() & ~(KIND(LOCK_EVENT) | KIND(LOCK_RAISE)), 0, "%#x",
		     taken());
	cr_assert_neq(taken(), 0, "nothing is counted");
}

Test(hot_paths, a_grant_takes_the_locks_of_the_two_domains)
{
	struct gnttab_map_grant_ref first, op;

	gt_give(one, 9, WORLD_ZERO, world_page(one), 0);
	gt_give(one, 10, WORLD_ZERO, world_page(one), 0);
	/* The first mapping makes the pages of the handles. */
	cr_assert_eq(
		gt_map(zero->vcpu[0], WORLD_ONE, 9, 4, GNTMAP_host_map, &first),
		GNTST_okay);
	begin();
	cr_assert_eq(
		gt_map(zero->vcpu[0], WORLD_ONE, 10, 5, GNTMAP_host_map, &op),
		GNTST_okay);
	cr_assert_eq(gt_unmap(zero->vcpu[0], 5, &op), GNTST_okay);
	cr_assert_eq(taken() & ~(KIND(LOCK_GRANT) | KIND(LOCK_DOMAIN_FIND)), 0,
		     "%#x", taken());
	cr_assert_neq(taken(), 0, "nothing is counted");
}
