/* SPDX-License-Identifier: MIT */
/*
 * Spin locks. Debug builds keep a count of held locks by kind and check the
 * order. Test: tests/unit/hypervisor/lib/test_lock.c.
 */
#include "lib/lock.h"
#include "log/log.h"
#include "x86/machine.h"

void lock_init(struct spinlock *l, enum lock_order order)
{
	l->held = 0;
	l->order = order;
}

void lock_acquire(struct spinlock *l)
{
#ifndef NDEBUG
	uint8_t *held = cpu_locks_held();
	unsigned int i;

	for (i = l->order + 1; i < LOCK_CONSOLE && l->order != LOCK_CONSOLE;
	     i++)
		BUG_ON(held[i]);
#endif
	while (__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE))
		while (__atomic_load_n(&l->held, __ATOMIC_RELAXED))
			cpu_wait();
#ifndef NDEBUG
	held[l->order]++;
#endif
}

void lock_release(struct spinlock *l)
{
#ifndef NDEBUG
	cpu_locks_held()[l->order]--;
#endif
	__atomic_store_n(&l->held, 0, __ATOMIC_RELEASE);
}

void lock_assert_none_held(void)
{
#ifndef NDEBUG
	const uint8_t *held = cpu_locks_held();
	unsigned int i;

	for (i = 0; i < LOCK_COUNT; i++)
		BUG_ON(held[i]);
#endif
}
