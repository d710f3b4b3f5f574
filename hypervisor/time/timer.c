/* SPDX-License-Identifier: MIT */
/*
 * Timers: a list in the order of their deadlines. There are three a vCPU and
 * few of them are armed at once; the usual new deadline is near the front, so
 * that arming walks a few entries and no memory is ever needed.
 *
 * Invariant: the machine's one-shot timer is programmed for the first
 * deadline, or earlier. It is written only when the first deadline comes
 * nearer; an interrupt that comes too early costs less than writing it on
 * every stop.
 *
 * The queue belongs to the boot CPU, the only one that runs guests. A timer
 * may arm or stop any timer, also itself, from its fire function.
 *
 * Tested by tests/unit/hypervisor/time/test_timer.c.
 */
#include "time/time.h"
#include "lib/list.h"
#include "x86/clock.h"

static struct list_node queue = {&queue, &queue};
static uint64_t programmed_ns = ~0ull; /* what the machine was told; ~0: off */
static bool running;		       /* inside timers_run() */

static struct timer *timer_of(struct list_node *n)
{
	return container_of(n, struct timer, node);
}

static void program_first(void)
{
	uint64_t first = timers_next();

	/* timers_run() does it once for all that its timers arm. */
	if (running || first >= programmed_ns)
		return;
	programmed_ns = first;
	clock_event_program(first);
}

void timer_init(struct timer *t, void (*fire)(struct timer *))
{
	t->node.next = t->node.prev = &t->node;
	t->expires_ns = 0;
	t->fire = fire;
}

void timer_set(struct timer *t, uint64_t expires_ns)
{
	struct list_node *n;

	timer_stop(t);
	/* 0 says "not armed"; a deadline at 0 has passed anyway. */
	t->expires_ns = expires_ns ? expires_ns : 1;
	for (n = queue.next; n != &queue; n = n->next) {
		if (timer_of(n)->expires_ns > t->expires_ns)
			break;
	}
	/* Before n: equal deadlines fire in the order of arming. */
	t->node.next = n;
	t->node.prev = n->prev;
	n->prev->next = &t->node;
	n->prev = &t->node;
	program_first();
}

void timer_stop(struct timer *t)
{
	if (!t->expires_ns)
		return;
	t->node.prev->next = t->node.next;
	t->node.next->prev = t->node.prev;
	t->node.next = t->node.prev = &t->node;
	t->expires_ns = 0;
}

/* Moves all that is due from the front of the queue to `due`. */
static void take_due(struct list_node *due, uint64_t now_ns)
{
	struct list_node *n = queue.next;

	while (n != &queue && timer_of(n)->expires_ns <= now_ns)
		n = n->next;
	due->next = due->prev = due;
	if (n == queue.next)
		return;
	due->next = queue.next;
	due->prev = n->prev;
	due->next->prev = due;
	due->prev->next = due;
	queue.next = n;
	n->prev = &queue;
}

void timers_run(uint64_t now_ns)
{
	struct list_node due;

	/*
	 * What is due is set apart first: a timer that arms itself again for
	 * a time that has passed waits for the next interrupt and cannot keep
	 * us here. One that a fire function stops leaves either list alike.
	 */
	take_due(&due, now_ns);
	running = true;
	while (due.next != &due) {
		struct timer *t = timer_of(due.next);

		timer_stop(t);
		t->fire(t);
	}
	running = false;

	programmed_ns = timers_next();
	clock_event_program(programmed_ns);
}

uint64_t timers_next(void)
{
	return queue.next == &queue ? ~0ull : timer_of(queue.next)->expires_ns;
}
