/* SPDX-License-Identifier: MIT */
/*
 * Spin locks with an order. The hypervisor runs with interrupts off, so no
 * lock needs an interrupt-safe kind; who waits for one serves other CPUs'
 * requests meanwhile (cpu_wait).
 *
 * Debug builds know which locks each CPU holds, and check that they are taken
 * in the order of enum lock_order, that a function that relies on a lock has it
 * (lock_assert_held), and that none is held on the way back to a guest
 * (lock_assert_none_held).
 *
 * Every build counts, by kind and CPU, how often a lock had to be waited for
 * and for how long; debug builds count each taking, too. Debug key l prints it.
 */
#ifndef LIB_LOCK_H
#define LIB_LOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Taken from top to bottom; the same kind twice only in address order. */
enum lock_order {
	LOCK_DOMCTL,
	LOCK_POOL,
	LOCK_DOMAIN,
	LOCK_IRQ,
	LOCK_GRANT,
	LOCK_EVENT,
	LOCK_RAISE,
	LOCK_PAGES,
	LOCK_DOMAIN_LIST,
	LOCK_DOMAIN_FIND,
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

struct lock_count {
	uint64_t taken;	 /* debug builds only */
	uint64_t waited; /* of those: not at once */
	uint64_t spins;	 /* rounds of waiting */
};

#define LOCKS_HELD_MAX (LOCK_COUNT + 4)

/* What a CPU knows of its locks; written by itself only. */
struct cpu_locks {
	struct lock_count count[LOCK_COUNT];
	/* Those that it holds, as they were taken (debug builds). */
	const struct spinlock *held[LOCKS_HELD_MAX];
	unsigned int held_count;
};

void lock_init(struct spinlock *l, enum lock_order order);
void lock_acquire(struct spinlock *l);
void lock_release(struct spinlock *l);

/* Debug builds: this CPU holds l; it holds no lock at all. */
void lock_assert_held(const struct spinlock *l);
void lock_assert_none_held(void);
/*
 * Debug builds: interrupts may come in now. Only domctl_lock may be held: no
 * handler takes it, and whoever waits for it serves requests.
 */
void lock_assert_interruptible(void);

/* The sums of all CPUs, to the log. */
void lock_counts_log(void);

#endif
