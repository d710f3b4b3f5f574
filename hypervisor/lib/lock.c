/* SPDX-License-Identifier: MIT */
/*
 * Spin locks. An uncontended taking is one exchange and nothing else, unless
 * this is a debug build. Test: tests/unit/hypervisor/lib/test_lock.c.
 */
#include "lib/lock.h"
#include "lib/macros.h"
#include "log/log.h"
#include "x86/machine.h"

static const char *const kind_names[LOCK_COUNT] = {
	[LOCK_DOMCTL] = "domctl",
	[LOCK_POOL] = "pool",
	[LOCK_DOMAIN] = "domain",
	[LOCK_IRQ] = "irq",
	[LOCK_GRANT] = "grant",
	[LOCK_EVENT] = "event",
	[LOCK_RAISE] = "raise",
	[LOCK_PAGES] = "pages",
	[LOCK_DOMAIN_LIST] = "domain-list",
	[LOCK_DOMAIN_FIND] = "domain-find",
	[LOCK_SCHED] = "sched",
	[LOCK_TIMER] = "timer",
	[LOCK_DEVICE] = "device",
	[LOCK_HEAP] = "heap",
	[LOCK_CONSOLE] = "console",
};

#ifdef NDEBUG

static void note_wanted(const struct spinlock *l)
{
	(void)l;
}

static void note_taken(const struct spinlock *l)
{
	(void)l;
}

static void note_released(const struct spinlock *l)
{
	(void)l;
}

void lock_assert_held(const struct spinlock *l)
{
	(void)l;
}

void lock_assert_none_held(void)
{
}

void lock_assert_interruptible(void)
{
}

#else

static struct cpu_locks *own_locks(void)
{
	return cpu_locks(this_cpu_id());
}

/*
 * May l be taken under h? The console's locks are the last, and are held while
 * domain zero is told of input: anything may be taken under them. But nothing
 * twice: that would wait for ever.
 */
static bool is_in_order(const struct spinlock *h, const struct spinlock *l)
{
	if (h == l)
		return false;
	if (h->order == LOCK_CONSOLE || h->order < l->order)
		return true;
	return h->order == l->order && h < l;
}

static void note_wanted(const struct spinlock *l)
{
	const struct cpu_locks *own = own_locks();
	unsigned int i;

	for (i = 0; i < own->held_count; i++)
		BUG_ON(!is_in_order(own->held[i], l));
}

static void note_taken(const struct spinlock *l)
{
	struct cpu_locks *own = own_locks();

	BUG_ON(own->held_count == LOCKS_HELD_MAX);
	own->held[own->held_count++] = l;
	own->count[l->order].taken++;
}

static void note_released(const struct spinlock *l)
{
	struct cpu_locks *own = own_locks();
	unsigned int i = own->held_count;

	/* Mostly the last that was taken. */
	do {
		BUG_ON(!i);
	} while (own->held[--i] != l);
	for (own->held_count--; i < own->held_count; i++)
		own->held[i] = own->held[i + 1];
}

void lock_assert_held(const struct spinlock *l)
{
	const struct cpu_locks *own = own_locks();
	unsigned int i;

	for (i = 0; i < own->held_count; i++)
		if (own->held[i] == l)
			return;
	panic("BUG: the %s lock is not held\n", kind_names[l->order]);
}

void lock_assert_none_held(void)
{
	const struct cpu_locks *own = own_locks();

	if (own->held_count)
		panic("BUG: the %s lock is held\n",
		      kind_names[own->held[0]->order]);
}

void lock_assert_interruptible(void)
{
	const struct cpu_locks *own = own_locks();

	BUG_ON(own->held_count > 1);
	BUG_ON(own->held_count && own->held[0]->order != LOCK_DOMCTL);
}

#endif

void lock_init(struct spinlock *l, enum lock_order order)
{
	l->held = 0;
	l->order = order;
}

static bool try_acquire(struct spinlock *l)
{
	return !__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE);
}

static void __attribute__((noinline)) acquire_slowly(struct spinlock *l)
{
	struct lock_count *count = &cpu_locks(this_cpu_id())->count[l->order];

	count->waited++;
	do {
		while (__atomic_load_n(&l->held, __ATOMIC_RELAXED)) {
			count->spins++;
			cpu_wait();
		}
	} while (!try_acquire(l));
}

void lock_acquire(struct spinlock *l)
{
	note_wanted(l);
	if (unlikely(!try_acquire(l)))
		acquire_slowly(l);
	note_taken(l);
}

void lock_release(struct spinlock *l)
{
	note_released(l);
	__atomic_store_n(&l->held, 0, __ATOMIC_RELEASE);
}

void lock_counts_log(void)
{
	unsigned int kind, cpu;

	for (kind = 0; kind < LOCK_COUNT; kind++) {
		struct lock_count sum = {0};

		for (cpu = 0; cpu < cpu_count(); cpu++) {
			const struct lock_count *c =
				&cpu_locks(cpu)->count[kind];

			sum.taken += c->taken;
			sum.waited += c->waited;
			sum.spins += c->spins;
		}
		log_info("locks: %s taken %llu waited %llu spins %llu\n",
			 kind_names[kind], (unsigned long long)sum.taken,
			 (unsigned long long)sum.waited,
			 (unsigned long long)sum.spins);
	}
}
