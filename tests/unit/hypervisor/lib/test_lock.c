/* SPDX-License-Identifier: MIT */
/* Locks: taken and given back; what debug builds check; what is counted. */
#include <criterion/criterion.h>
#include <signal.h>
#include "fake/machine.h"
#include "lib/lock.h"
#include "x86/machine.h"

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

Test(lock, two_of_one_kind_are_taken_by_address)
{
	struct spinlock l[2];

	lock_init(&l[0], LOCK_EVENT);
	lock_init(&l[1], LOCK_EVENT);
	lock_acquire(&l[0]);
	lock_acquire(&l[1]);
	lock_release(&l[0]);
	lock_release(&l[1]);
	lock_assert_none_held();
}

Test(lock, two_of_one_kind_against_their_addresses_are_found, .signal = SIGABRT)
{
	struct spinlock l[2];

	lock_init(&l[0], LOCK_EVENT);
	lock_init(&l[1], LOCK_EVENT);
	lock_acquire(&l[1]);
	lock_acquire(&l[0]);
}

Test(lock, one_that_is_taken_twice_is_found, .signal = SIGABRT)
{
	struct spinlock l;

	lock_init(&l, LOCK_CONSOLE);
	lock_acquire(&l);
	lock_acquire(&l);
}

Test(lock, the_order_counts_also_when_the_first_was_released_first)
{
	struct spinlock l[3];
	unsigned int i;

	for (i = 0; i < 3; i++)
		lock_init(&l[i], LOCK_PAGES + i);
	lock_acquire(&l[0]);
	lock_acquire(&l[1]);
	lock_release(&l[0]);
	lock_assert_held(&l[1]);
	lock_acquire(&l[2]);
	lock_release(&l[1]);
	lock_assert_held(&l[2]);
	lock_release(&l[2]);
	lock_assert_none_held();
}

Test(lock, under_the_consoles_any_may_be_taken)
{
	struct spinlock a, b;

	lock_init(&a, LOCK_CONSOLE);
	lock_init(&b, LOCK_EVENT);
	lock_acquire(&a);
	lock_acquire(&b);
	lock_release(&b);
	lock_release(&a);
	lock_assert_none_held();
}

Test(lock, one_that_is_needed_and_not_held_is_found, .signal = SIGABRT)
{
	struct spinlock a, b;

	lock_init(&a, LOCK_PAGES);
	lock_init(&b, LOCK_PAGES);
	lock_acquire(&a);
	lock_assert_held(&b);
}

Test(lock, one_that_is_released_and_not_held_is_found, .signal = SIGABRT)
{
	struct spinlock a;

	lock_init(&a, LOCK_PAGES);
	lock_release(&a);
}

Test(lock, interrupts_may_come_under_domctl)
{
	struct spinlock a;

	lock_assert_interruptible();
	lock_init(&a, LOCK_DOMCTL);
	lock_acquire(&a);
	lock_assert_interruptible();
	lock_release(&a);
}

Test(lock, interrupts_under_any_other_are_found, .signal = SIGABRT)
{
	struct spinlock a;

	lock_init(&a, LOCK_POOL);
	lock_acquire(&a);
	lock_assert_interruptible();
}

/* Stands for the CPU that has it. */
static struct spinlock *others;

static void other_releases(void)
{
	if (cpu_locks(0)->count[LOCK_HEAP].spins == 3)
		__atomic_store_n(&others->held, 0, __ATOMIC_RELEASE);
}

Test(lock, takings_and_waiting_are_counted_by_kind)
{
	const struct lock_count *c = &cpu_locks(0)->count[LOCK_HEAP];
	struct spinlock a;

	lock_init(&a, LOCK_HEAP);
	lock_acquire(&a);
	lock_release(&a);
	cr_assert_eq(c->taken, 1);
	cr_assert_eq(c->waited, 0);
	a.held = 1;
	others = &a;
	fake_wait_hook = other_releases;
	lock_acquire(&a);
	fake_wait_hook = NULL;
	lock_release(&a);
	cr_assert_eq(c->taken, 2);
	cr_assert_eq(c->waited, 1);
	cr_assert_eq(c->spins, 3);
	cr_assert_eq(cpu_locks(0)->count[LOCK_PAGES].taken, 0);
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
