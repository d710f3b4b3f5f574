/* SPDX-License-Identifier: MIT */
/*
 * Who runs. Round robin with slices of 10 ms, and what wakes up from waiting
 * goes first as long as it has something left of its slice:
 *
 *   woken: vCPUs that an event has woken, with a part of their slice left.
 *          They preempt, and run for that part only;
 *   begun: vCPUs that were preempted, likewise with a part left;
 *   fresh: vCPUs that have used up a slice, or come anew; they get a whole
 *          one when their turn comes.
 *
 * A vCPU that waits for events all the time thus runs at once when one comes;
 * but a whole slice is only to be had from the queue of the fresh, so between
 * two slices of one vCPU every other one runs for a slice at most, however
 * cleverly it blocks and wakes. Whoever has just begun to run is let alone
 * for half a millisecond, so that two that wake each other do not trade the
 * CPU at every message.
 *
 * vcpu.slice_end_ns: on the CPU, when its slice ends (system time); off it,
 * how much of it was left.
 *
 * The timer interrupt is asked for only while somebody waits.
 *
 * LOCK_SCHED guards the queues and the scheduler's part of struct vcpu; no
 * lock is held when timers or event channels are called. One CPU, one pair of
 * queues, today.
 *
 * Tests: tests/unit/hypervisor/sched/test_sched.c.
 */
#include "sched/sched.h"
#include "event/event.h"
#include "log/log.h"
#include "sched/slice.h"
#include "time/time.h"

static struct {
	struct spinlock lock;
	struct list_node woken, begun, fresh; /* in this order */
	struct vcpu *current;		      /* NULL: idle */
	uint64_t idle_ns, idle_since_ns;      /* before it; this time */
	struct timer slice;
} rq;

static void slice_over(struct timer *t)
{
	(void)t;
	sched_request();
}

void sched_init(void)
{
	lock_init(&rq.lock, LOCK_SCHED);
	list_init(&rq.woken);
	list_init(&rq.begun);
	list_init(&rq.fresh);
	rq.current = NULL;
	rq.idle_ns = 0;
	rq.idle_since_ns = time_now_ns();
	timer_init(&rq.slice, slice_over);
}

/* SCHEDOP_poll's deadline is no different from an event. */
static void poll_over(struct timer *t)
{
	vcpu_kick(container_of(t, struct vcpu, poll_timer));
}

int sched_vcpu_init(struct vcpu *v)
{
	list_init(&v->run_node);
	v->state = VCPU_OFFLINE;
	v->state_since_ns = time_now_ns();
	timer_init(&v->poll_timer, poll_over);
	return 0;
}

bool vcpu_runnable(const struct vcpu *v)
{
	return v->initialised && v->up && !v->pause_count &&
	       !__atomic_load_n(&v->blocked, __ATOMIC_SEQ_CST);
}

static void state_set(struct vcpu *v, enum vcpu_run state, uint64_t now_ns)
{
	if (v->state == state)
		return;
	if (now_ns > v->state_since_ns)
		v->state_time_ns[v->state] += now_ns - v->state_since_ns;
	v->state = state;
	v->state_since_ns = now_ns;
}

/* What it is while it has no CPU. */
static enum vcpu_run state_off_cpu(const struct vcpu *v)
{
	if (vcpu_runnable(v))
		return VCPU_RUNNABLE;
	return v->blocked ? VCPU_BLOCKED : VCPU_OFFLINE;
}

/*
 * v, which is runnable and not on the CPU, waits for it: in `begun` (a queue)
 * if enough of its slice is left to be worth it.
 */
static void enqueue(struct vcpu *v, struct list_node *begun, uint64_t now_ns)
{
	if (v->slice_end_ns < SCHED_LET_ALONE_NS)
		v->slice_end_ns = 0;
	list_add_tail(v->slice_end_ns ? begun : &rq.fresh, &v->run_node);
	state_set(v, VCPU_RUNNABLE, now_ns);
}

static bool anybody_waits(void)
{
	return !list_empty(&rq.woken) || !list_empty(&rq.begun) ||
	       !list_empty(&rq.fresh);
}

/* When the CPU has to be looked at again; ~0: nobody waits. */
static uint64_t deadline(void)
{
	uint64_t at = ~0ull;

	if (rq.current && anybody_waits())
		at = rq.current->slice_end_ns;
	if (rq.current && !list_empty(&rq.woken))
		at = MIN(at, rq.current->state_since_ns + SCHED_LET_ALONE_NS);
	return at;
}

static void timer_follow(uint64_t at)
{
	if (at == ~0ull)
		timer_stop(&rq.slice);
	else if (rq.slice.expires_ns != at)
		timer_set(&rq.slice, at);
}

/* v's pause count, up, blocked or initialised has changed. */
static void reassess(struct vcpu *v)
{
	uint64_t now_ns = time_now_ns(), at;
	bool was_blocked, idle, queued;

	lock_acquire(&rq.lock);
	if (v->on_cpu) {
		lock_release(&rq.lock);
		if (!vcpu_runnable(v))
			sched_request();
		return;
	}
	was_blocked = v->state == VCPU_BLOCKED;
	queued = !list_empty(&v->run_node);
	if (vcpu_runnable(v)) {
		if (!queued) {
			/* Only an event is a reason to go first. */
			if (!was_blocked)
				v->slice_end_ns = 0;
			enqueue(v, &rq.woken, now_ns);
		}
	} else {
		list_del(&v->run_node);
		state_set(v, state_off_cpu(v), now_ns);
	}
	at = deadline();
	idle = !rq.current;
	lock_release(&rq.lock);
	if (idle || at <= now_ns)
		sched_request();
	else
		timer_follow(at);
}

void vcpu_wake(struct vcpu *v)
{
	reassess(v);
}

void vcpu_sleep(struct vcpu *v)
{
	reassess(v);
}

void vcpu_pause(struct vcpu *v)
{
	lock_acquire(&rq.lock);
	v->pause_count++;
	lock_release(&rq.lock);
	reassess(v);
}

void vcpu_unpause(struct vcpu *v)
{
	lock_acquire(&rq.lock);
	BUG_ON(!v->pause_count);
	v->pause_count--;
	lock_release(&rq.lock);
	reassess(v);
}

/* No longer waits; true: it did. */
static bool unblock(struct vcpu *v)
{
	bool was, polled;

	lock_acquire(&rq.lock);
	was = v->blocked;
	polled = v->polling;
	__atomic_store_n(&v->blocked, false, __ATOMIC_SEQ_CST);
	v->polling = false;
	lock_release(&rq.lock);
	if (polled) {
		event_poll_end(v);
		timer_stop(&v->poll_timer);
	}
	return was;
}

void vcpu_kick(struct vcpu *v)
{
	if (__atomic_load_n(&v->blocked, __ATOMIC_SEQ_CST) && unblock(v))
		reassess(v);
}

static bool wants_attention(const struct vcpu *v)
{
	if (v->nmi_pending)
		return true;
	return __atomic_load_n(&v->info->evtchn_upcall_pending,
			       __ATOMIC_SEQ_CST) &&
	       !__atomic_load_n(&v->info->evtchn_upcall_mask, __ATOMIC_SEQ_CST);
}

void vcpu_block(struct vcpu *v)
{
	/* First this, then the look: an event sender does it reversed. */
	__atomic_store_n(&v->blocked, true, __ATOMIC_SEQ_CST);
	if (wants_attention(v))
		unblock(v);
	else
		sched_request();
}

bool vcpu_poll_begin(struct vcpu *v, uint32_t port, uint64_t until_ns)
{
	v->polling = true;
	__atomic_store_n(&v->poll_port, port, __ATOMIC_SEQ_CST);
	__atomic_store_n(&v->blocked, true, __ATOMIC_SEQ_CST);
	event_poll_begin(v);
	if (until_ns)
		timer_set(&v->poll_timer, until_ns);
	if (wants_attention(v))
		unblock(v);
	return v->blocked;
}

void vcpu_poll_cancel(struct vcpu *v)
{
	unblock(v);
}

void vcpu_yield(struct vcpu *v)
{
	lock_acquire(&rq.lock);
	v->slice_end_ns = 0;
	lock_release(&rq.lock);
	sched_request();
}

/* cur leaves the CPU, or goes on (true). */
static bool current_goes_on(struct vcpu *cur, uint64_t now_ns)
{
	uint64_t left = 0;

	if (cur->slice_end_ns > now_ns)
		left = cur->slice_end_ns - now_ns;
	if (vcpu_runnable(cur)) {
		if (left && (list_empty(&rq.woken) ||
			     now_ns < cur->state_since_ns + SCHED_LET_ALONE_NS))
			return true;
		if (!anybody_waits()) {
			cur->slice_end_ns = now_ns + SCHED_SLICE_NS;
			return true;
		}
	}
	cur->on_cpu = false;
	cur->slice_end_ns = left;
	if (vcpu_runnable(cur))
		enqueue(cur, &rq.begun, now_ns);
	else
		state_set(cur, state_off_cpu(cur), now_ns);
	return false;
}

/* The first that is still runnable leaves the queues. */
static struct vcpu *dequeue(uint64_t now_ns)
{
	while (anybody_waits()) {
		struct list_node *queue = &rq.woken;
		struct vcpu *v;

		if (list_empty(queue))
			queue = &rq.begun;
		if (list_empty(queue))
			queue = &rq.fresh;
		v = list_first_entry(queue, struct vcpu, run_node);
		list_del(&v->run_node);
		if (vcpu_runnable(v))
			return v;
		/* It was brought down while it waited. */
		state_set(v, state_off_cpu(v), now_ns);
	}
	return NULL;
}

static uint64_t idle_until(uint64_t now_ns)
{
	uint64_t since = rq.idle_since_ns;

	return rq.idle_ns + (now_ns > since ? now_ns - since : 0);
}

static void current_set(struct vcpu *next, uint64_t now_ns)
{
	if (!rq.current && next)
		rq.idle_ns = idle_until(now_ns);
	else if (rq.current && !next)
		rq.idle_since_ns = now_ns;
	rq.current = next;
}

uint64_t sched_idle_ns(void)
{
	uint64_t ns;

	lock_acquire(&rq.lock);
	ns = rq.current ? rq.idle_ns : idle_until(time_now_ns());
	lock_release(&rq.lock);
	return ns;
}

struct vcpu *sched_pick(struct vcpu *cur, uint64_t now_ns)
{
	struct vcpu *next = cur;
	uint64_t at;

	lock_acquire(&rq.lock);
	if (!cur || !cur->on_cpu || !current_goes_on(cur, now_ns)) {
		next = dequeue(now_ns);
		if (next) {
			uint64_t slice = next->slice_end_ns;

			next->on_cpu = true;
			next->slice_end_ns =
				now_ns + (slice ? slice : SCHED_SLICE_NS);
			state_set(next, VCPU_RUNNING, now_ns);
		}
	}
	current_set(next, now_ns);
	at = deadline();
	lock_release(&rq.lock);
	timer_follow(at);
	return next;
}

uint64_t vcpu_state_time(const struct vcpu *v, enum vcpu_run s)
{
	uint64_t total = v->state_time_ns[s], now_ns;

	if (v->state == s) {
		now_ns = time_now_ns();
		if (now_ns > v->state_since_ns)
			total += now_ns - v->state_since_ns;
	}
	return total;
}
