/* SPDX-License-Identifier: MIT */
/*
 * Spin locks with an order. The hypervisor runs with interrupts off, so no
 * lock needs an interrupt-safe kind; who waits for one serves other CPUs'
 * requests meanwhile (cpu_wait). Debug builds check that locks are taken
 * in the order of enum lock_order, and that none is held on the way back to a
 * guest (lock_assert_none_held).
 */
#ifndef LIB_LOCK_H
#define LIB_LOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Taken from top to bottom; the same kind twice only in address order. */
enum lock_order {
	LOCK_DOMCTL,
	LOCK_DOMAIN,
	LOCK_IRQ,
	LOCK_GRANT,
	LOCK_EVENT,
	LOCK_RAISE,
	LOCK_PAGES,
	LOCK_DOMAIN_LIST,
	LOCK_SCHED,
	LOCK_TIMER,
	LOCK_DEVICE,
	LOCK_HEAP,
	LOCK_CONSOLE,
	LOCK_COUNT,
};

struct spinlock {
	uint32_t held;
	uint8_t order; /* enum lock_order */
};

#define SPINLOCK_INIT(kind)                                                    \
	{                                                                      \
		.held = 0, .order = (kind)                                     \
	}

void lock_init(struct spinlock *l, enum lock_order order);
void lock_acquire(struct spinlock *l);
void lock_release(struct spinlock *l);
void lock_assert_none_held(void);

#endif
