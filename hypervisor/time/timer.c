/* SPDX-License-Identifier: MIT */
/*
 * Timers: for each CPU a list in the order of deadlines. There are three a
 * vCPU and few of them are armed at once; the usual new deadline is near the
 * front, so that arming walks a few entries and no memory is ever needed.
 *
 * Invariant: a CPU's one-shot timer is programmed for its first deadline, or
 * earlier. It is written only when the first deadline comes nearer; an
 * interrupt that comes too early costs less than writing it on every stop.
 *
 * A timer is on the list of the CPU that armed it last, and fires there. Any
 * CPU may arm or stop it, also its own fire function. timer.cpu names the list
 * whose lock guards the timer, and changes with that lock and the new list's
 * held. No lock is held while a timer fires.
 *
 * Tested by tests/unit/hypervisor/time/test_timer.c.
 */
#include "time/time.h"
#include "lib/list.h"
#include "x86/clock.h"
#include "x86/machine.h"

struct queue {
	struct spinlock lock;
	struct list_node timers; /* all zero: empty, never used */
	uint64_t programmed_ns;	 /* what the machine was told; ~0: off */
	struct timer *firing;
	bool running; /* inside timers_run() */
} __attribute__((aligned(64)));

static struct queue queues[MAX_CPUS] = {
	[0 ... MAX_CPUS - 1] = {.lock = SPINLOCK_INIT(LOCK_TIMER),
				.programmed_ns = ~0ull},
};

static struct timer *timer_of(struct list_node *n)
{
	return container_of(n, struct timer, node);
}

static struct queue *queue_acquire(unsigned int cpu)
{
	struct queue *q = &queues[cpu];

	lock_acquire(&q->lock);
	if (unlikely(!q->timers.next))
		list_init(&q->timers);
	return q;
}

static uint64_t first_deadline(const struct queue *q)
{
	return list_empty(&q->timers) ? ~0ull
				      : timer_of(q->timers.next)->expires_ns;
}

void timer_init(struct timer *t, void (*fire)(struct timer *))
{
	list_init(&t->node);
	t->expires_ns = 0;
	t->cpu = 0;
	t->fire = fire;
}

/* Locks the list that the timer is on, or was on last. */
static struct queue *timer_acquire(struct timer *t)
{
	for (;;) {
		unsigned int cpu = __atomic_load_n(&t->cpu, __ATOMIC_RELAXED);
		struct queue *q = queue_acquire(cpu);

		if (likely(__atomic_load_n(&t->cpu, __ATOMIC_RELAXED) == cpu))
			return q;
		lock_release(&q->lock);
	}
}

/* As above, and this CPU's list, in the order of CPUs. Returns the latter. */
static struct queue *timer_acquire_both(struct timer *t, struct queue **old)
{
	unsigned int own = this_cpu_id();

	for (;;) {
		unsigned int cpu = __atomic_load_n(&t->cpu, __ATOMIC_RELAXED);
		struct queue *low = queue_acquire(MIN(cpu, own)), *high = low;

		if (cpu != own)
			high = queue_acquire(MAX(cpu, own));
		if (likely(__atomic_load_n(&t->cpu, __ATOMIC_RELAXED) == cpu)) {
			*old = cpu < own ? low : high;
			return cpu < own ? high : low;
		}
		if (high != low)
			lock_release(&high->lock);
		lock_release(&low->lock);
	}
}

static void disarm(struct timer *t)
{
	list_del(&t->node);
	__atomic_store_n(&t->expires_ns, 0, __ATOMIC_RELAXED);
}

void timer_set(struct timer *t, uint64_t expires_ns)
{
	struct queue *old, *q = timer_acquire_both(t, &old);
	struct list_node *n;

	if (t->expires_ns)
		disarm(t);
	if (old != q) {
		__atomic_store_n(&t->cpu, this_cpu_id(), __ATOMIC_RELAXED);
		lock_release(&old->lock);
	}
	/* 0 says "not armed"; a deadline at 0 has passed anyway. */
	__atomic_store_n(&t->expires_ns, expires_ns ? expires_ns : 1,
			 __ATOMIC_RELAXED);
	for (n = q->timers.next; n != &q->timers; n = n->next) {
		if (timer_of(n)->expires_ns > t->expires_ns)
			break;
	}
	/* Before n: equal deadlines fire in the order of arming. */
	list_add_tail(n, &t->node);
	/* timers_run() does it once for all that its timers arm. */
	if (!q->running && first_deadline(q) < q->programmed_ns) {
		q->programmed_ns = first_deadline(q);
		clock_event_program(q->programmed_ns);
	}
	lock_release(&q->lock);
}

void timer_stop(struct timer *t)
{
	struct queue *q;

	/* Whoever arms it this moment comes before or after us, as it likes. */
	if (!__atomic_load_n(&t->expires_ns, __ATOMIC_RELAXED))
		return;
	q = timer_acquire(t);
	if (t->expires_ns)
		disarm(t);
	lock_release(&q->lock);
}

void timer_end(struct timer *t)
{
	do {
		unsigned int cpu;

		timer_stop(t);
		cpu = __atomic_load_n(&t->cpu, __ATOMIC_RELAXED);
		if (cpu == this_cpu_id())
			continue;
		while (__atomic_load_n(&queues[cpu].firing, __ATOMIC_ACQUIRE) ==
		       t)
			cpu_wait();
	} while (__atomic_load_n(&t->expires_ns, __ATOMIC_RELAXED));
}

/* Moves all that is due from the front of the list to `due`. */
static void take_due(struct queue *q, struct list_node *due, uint64_t now_ns)
{
	struct list_node *n = q->timers.next;

	lock_assert_held(&q->lock);
	while (n != &q->timers && timer_of(n)->expires_ns <= now_ns)
		n = n->next;
	list_init(due);
	if (n == q->timers.next)
		return;
	due->next = q->timers.next;
	due->prev = n->prev;
	due->next->prev = due;
	due->prev->next = due;
	q->timers.next = n;
	n->prev = &q->timers;
}

void timers_run(uint64_t now_ns)
{
	struct queue *q = queue_acquire(this_cpu_id());
	struct list_node due;

	/*
	 * What is due is set apart first: a timer that arms itself again for
	 * a time that has passed waits for the next interrupt and cannot keep
	 * us here. One that is stopped meanwhile leaves either list alike.
	 */
	take_due(q, &due, now_ns);
	q->running = true;
	while (!list_empty(&due)) {
		struct timer *t = timer_of(due.next);

		disarm(t);
		__atomic_store_n(&q->firing, t, __ATOMIC_RELAXED);
		lock_release(&q->lock);
		t->fire(t);
		lock_acquire(&q->lock);
		__atomic_store_n(&q->firing, NULL, __ATOMIC_RELEASE);
	}
	q->running = false;
	q->programmed_ns = first_deadline(q);
	clock_event_program(q->programmed_ns);
	lock_release(&q->lock);
}

uint64_t timers_next(void)
{
	struct queue *q = queue_acquire(this_cpu_id());
	uint64_t first = first_deadline(q);

	lock_release(&q->lock);
	return first;
}
