/* SPDX-License-Identifier: MIT */
/* Locks: taken and given back; the order that debug builds check. */
#include <criterion/criterion.h>
#include <signal.h>
#include "lib/lock.h"

Test(lock, is_held_from_acquire_to_release)
{
	struct spinlock l;

	lock_init(&l, LOCK_EVENT);
	cr_assert_eq(l.held, 0);
	lock_acquire(&l);
	cr_assert_eq(l.held, 1);
	lock_release(&l);
	cr_assert_eq(l.held, 0);
	lock_assert_none_held();
}

Test(lock, kinds_are_taken_from_top_to_bottom)
{
	struct spinlock l[LOCK_COUNT];
	unsigned int i;

	for (i = 0; i < LOCK_COUNT; i++)
		lock_init(&l[i], (enum lock_order)i);
	for (i = 0; i < LOCK_COUNT; i++)
		lock_acquire(&l[i]);
	for (i = 0; i < LOCK_COUNT; i++)
		lock_release(&l[i]);
	lock_assert_none_held();
}

Test(lock, two_of_one_kind_may_be_held)
{
	struct spinlock a, b;

	lock_init(&a, LOCK_EVENT);
	lock_init(&b, LOCK_EVENT);
	lock_acquire(&a);
	lock_acquire(&b);
	lock_release(&a);
	lock_release(&b);
	lock_assert_none_held();
}

Test(lock, the_consoles_may_be_taken_under_any_and_any_under_it)
{
	struct spinlock a, b;

	lock_init(&a, LOCK_HEAP);
	lock_init(&b, LOCK_CONSOLE);
	lock_acquire(&a);
	lock_acquire(&b);
	lock_release(&b);
	lock_release(&a);
	lock_assert_none_held();
}

Test(lock, the_wrong_order_is_found, .signal = SIGABRT)
{
	struct spinlock a, b;

	lock_init(&a, LOCK_SCHED);
	lock_init(&b, LOCK_PAGES);
	lock_acquire(&a);
	lock_acquire(&b);
}

Test(lock, one_that_is_still_held_is_found, .signal = SIGABRT)
{
	struct spinlock a;

	lock_init(&a, LOCK_DOMAIN);
	lock_acquire(&a);
	lock_assert_none_held();
}
