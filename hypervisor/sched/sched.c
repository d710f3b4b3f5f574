/* SPDX-License-Identifier: MIT */
/*
 * Who runs: what holds for every policy. A vCPU is runnable when it is
 * initialised, up, not paused and not blocked. One that becomes runnable is
 * given to the queue of a CPU, and each CPU asks its queue's policy whenever
 * something was asked of it (sched_request_on): see sched/policy.h, and
 * sched/share.c for the policy that is used unless `sched=` says otherwise.
 *
 * No CPU idles while a vCPU that may run there waits. Who queues a vCPU looks
 * for an idle CPU after that; who is about to idle says so first and looks for
 * a waiting vCPU after that; so one of the two sees the other.
 *
 * vcpu.slice_end_ns: on the CPU, when its slice ends (system time); off it,
 * how much of it was left.
 *
 * Locks: sched/policy.h. No lock is held when timers or event channels are
 * called, but to end a poll.
 *
 * On one CPU there is nothing to balance and nobody to tell: the functions
 * with a parameter `alone` are compiled once for that, and once for several.
 *
 * Tests: tests/unit/hypervisor/sched/test_sched.c, test_simulation.c.
 */
#include "sched/sched.h"
#include "event/event.h"
#include "lib/string.h"
#include "log/log.h"
#include "sched/policy.h"
#include "sched/slice.h"
#include "time/time.h"
#include "x86/machine.h"

struct run_queue run_queues[MAX_CPUS];
struct cpuset sched_idle_cpus, sched_waiting_cpus;

static void slice_over(struct timer *t)
{
	sched_request_on(container_of(t, struct run_queue, slice)->cpu);
}

void queue_init(struct run_queue *q, unsigned int cpu)
{
	*q = (struct run_queue){
		.cpu = cpu,
		.unpark_ns = ~0ull,
		.due_ns = ~0ull,
	};
	lock_init(&q->lock, LOCK_SCHED);
	tree_init(&q->tree);
	list_init(&q->parked);
	timer_init(&q->slice, slice_over);
}

void queue_link(struct run_queue *q, struct vcpu *v)
{
	lock_assert_held(&q->lock);
	tree_add(&q->tree, &v->unit.node);
	if (cpu_count() > 1 && q->tree.count == 1)
		cpuset_add_atomic(&sched_waiting_cpus, q->cpu);
}

void queue_unlink(struct run_queue *q, struct vcpu *v)
{
	lock_assert_held(&q->lock);
	tree_remove(&q->tree, &v->unit.node);
	if (cpu_count() > 1 && !q->tree.count)
		cpuset_remove_atomic(&sched_waiting_cpus, q->cpu);
}

/* Two queues, which may be one. */
static void queues_lock(struct run_queue *a, struct run_queue *b)
{
	if (a != b)
		lock_acquire(a < b ? &a->lock : &b->lock);
	lock_acquire(a < b ? &b->lock : &a->lock);
}

static void queues_unlock(struct run_queue *a, struct run_queue *b)
{
	if (a != b)
		lock_release(&b->lock);
	lock_release(&a->lock);
}

static unsigned int vcpu_cpu(const struct vcpu *v)
{
	return __atomic_load_n(&v->cpu, __ATOMIC_RELAXED);
}

struct run_queue *vcpu_queue_lock(const struct vcpu *v)
{
	for (;;) {
		struct run_queue *q = &run_queues[vcpu_cpu(v)];

		lock_acquire(&q->lock);
		if (q->cpu == vcpu_cpu(v))
			return q;
		lock_release(&q->lock);
	}
}

static bool is_on_cpu(const struct vcpu *v)
{
	return __atomic_load_n(&v->on_cpu, __ATOMIC_SEQ_CST);
}

/* SCHEDOP_poll's deadline is no different from an event. */
static void poll_over(struct timer *t)
{
	vcpu_kick(container_of(t, struct vcpu, poll_timer));
}

int sched_vcpu_init(struct vcpu *v)
{
	list_init(&v->unit.parked);
	cpuset_fill(&v->unit.hard);
	cpuset_fill(&v->unit.soft);
	v->state = VCPU_OFFLINE;
	v->state_since_ns = time_now_ns();
	timer_init(&v->poll_timer, poll_over);
	pool_place_first(v);
	return 0;
}

/* initialised and up, and neither blocked nor paused */
#define READY UINT64_C(0x0101)
_Static_assert(offsetof(struct vcpu, initialised) ==
			       offsetof(struct vcpu, readiness) &&
		       offsetof(struct vcpu, up) ==
			       offsetof(struct vcpu, readiness) + 1,
	       "READY");

bool vcpu_runnable(const struct vcpu *v)
{
	return __atomic_load_n(&v->readiness, __ATOMIC_SEQ_CST) == READY;
}

/* Does it count for its domain's share? */
static bool is_active(enum vcpu_run state)
{
	return state <= VCPU_RUNNABLE;
}

static void state_set(struct vcpu *v, enum vcpu_run state, uint64_t now_ns)
{
	if (v->state == state)
		return;
	/*
	 * The caller looked at the clock before it got the lock, another CPU
	 * perhaps after that: no time counts twice.
	 */
	now_ns = MAX(now_ns, v->state_since_ns);
	v->state_time_ns[v->state] += now_ns - v->state_since_ns;
	/* One vCPU pays for itself alone. */
	if (v->domain->max_vcpus > 1 && is_active(state) != is_active(v->state))
		__atomic_fetch_add(&v->domain->sched.active,
				   is_active(state) ? 1 : -1, __ATOMIC_RELAXED);
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

void vcpu_state_lapse(struct vcpu *v, uint64_t now_ns)
{
	state_set(v, state_off_cpu(v), now_ns);
}

/*
 * One that comes too early costs a look, which is less than to set it anew
 * whenever somebody blocks or wakes up.
 */
static void timer_follow(struct run_queue *q, uint64_t at)
{
	uint64_t armed =
		__atomic_load_n(&q->slice.expires_ns, __ATOMIC_RELAXED);

	if (at < (armed ? armed : ~0ull))
		timer_set(&q->slice, at);
}

/* q's CPU has to choose again by `at`. */
static void queue_poke(struct run_queue *q, bool idle, uint64_t at,
		       uint64_t now_ns)
{
	uint64_t armed;

	if (idle || at <= now_ns) {
		sched_request_on(q->cpu);
	} else if (q->cpu == this_cpu_id()) {
		timer_follow(q, at);
	} else if (at != ~0ull) {
		/* Its timer is its own; a look costs it little. */
		armed = __atomic_load_n(&q->slice.expires_ns, __ATOMIC_RELAXED);
		if (!armed || at < armed)
			sched_request_on(q->cpu);
	}
}

/* Both locked: v, which neither runs nor waits, becomes q's. */
static void vcpu_move(struct vcpu *v, struct run_queue *q)
{
	lock_assert_held(&run_queues[v->cpu].lock);
	lock_assert_held(&q->lock);
	v->unit.vtime += run_queues[v->cpu].shift - q->shift;
	v->meter.migrations++;
	__atomic_store_n(&v->cpu, q->cpu, __ATOMIC_RELAXED);
}

/*
 * home and q are locked. v, which does not run, waits in q from now on, if it
 * can. False: q is no place for it any more.
 */
static ALWAYS_INLINE bool vcpu_arrive(struct vcpu *v, struct run_queue *home,
				      struct run_queue *q, uint64_t now_ns,
				      bool alone)
{
	enum sched_why why = SCHED_NEW;

	/* On the only CPU all may run. */
	if (!alone && (!q->pool || !vcpu_may(v, q->cpu)))
		return false;
	if (v->state == VCPU_BLOCKED)
		why = SCHED_WOKEN;
	else if (v->state == VCPU_RUNNABLE)
		why = SCHED_MOVED;
	if (!alone && home != q) {
		if (home->pool)
			home->pool->policy->leave(home, v, true);
		vcpu_move(v, q);
	}
	q->pool->policy->arrive(q, v, why, now_ns);
	state_set(v, VCPU_RUNNABLE, now_ns);
	return true;
}

/* A CPU that idles and may run v, claimed: it is going to look around. */
static unsigned int idle_cpu_for(const struct vcpu *v, unsigned int near)
{
	struct cpuset idle = cpuset_read(&sched_idle_cpus);
	unsigned int cpu;

	(void)cpuset_and(&idle, &idle, &v->unit.may);
	cpu = cpuset_around(&idle, near);
	if (cpu < MAX_CPUS)
		cpuset_remove_atomic(&sched_idle_cpus, cpu);
	return cpu;
}

static NOINLINE void hand_over(struct run_queue *q, uint64_t now_ns);

/* v's queue is locked: it no longer waits for an event. */
static void unblock(struct vcpu *v)
{
	/* Last of all that: v may go on, and begin the next wait, at once. */
	if (v->polling) {
		__atomic_store_n(&v->polling, false, __ATOMIC_RELAXED);
		event_poll_end(v);
		timer_stop(&v->poll_timer);
	}
	__atomic_store_n(&v->blocked, false, __ATOMIC_SEQ_CST);
}

/*
 * v goes where it belongs. event: one has come, which ends a block. alone:
 * there is one CPU, and the compiler leaves out all that has to do with others.
 */
static ALWAYS_INLINE void reassess_in(struct vcpu *v, struct run_queue *home,
				      bool event, bool alone)
{
	uint64_t now_ns = time_now_ns(), at = ~0ull;
	struct run_queue *q;
	bool idle = false, waits = false, done;

	do {
		if (!alone)
			home = &run_queues[vcpu_cpu(v)];
		q = home;
		if (!alone && !is_on_cpu(v) && !vcpu_queued(v) &&
		    (event || vcpu_runnable(v)))
			q = &run_queues[v->domain->sched.pool->policy->place(
				v)];
		queues_lock(home, q);
		done = alone || home->cpu == v->cpu;
		if (!done) {
			queues_unlock(home, q);
			continue;
		}
		if (event)
			unblock(v);
		if (v->on_cpu) {
			idle = !vcpu_runnable(v) || !vcpu_may(v, v->cpu);
		} else if (!vcpu_runnable(v)) {
			if (home->pool)
				home->pool->policy->leave(home, v, false);
			state_set(v, state_off_cpu(v), now_ns);
			/* It may have left its CPU to one who waits. */
			idle = !q->current && q->tree.count;
		} else if (!vcpu_queued(v)) {
			done = vcpu_arrive(v, home, q, now_ns, alone);
			idle = !q->current;
			waits = !idle || q->tree.count > 1;
			if (idle && !alone)
				cpuset_remove_atomic(&sched_idle_cpus, q->cpu);
		} else {
			/* It may have learnt of other CPUs. */
			waits = true;
		}
		at = q->due_ns;
		queues_unlock(home, q);
	} while (!done);
	queue_poke(q, idle, at, now_ns);
	if (waits && !alone && cpu_count() > 1)
		hand_over(q, now_ns);
}

static NOINLINE void reassess(struct vcpu *v, bool event)
{
	reassess_in(v, NULL, event, false);
}

/* The same on the only CPU, which has q, for an event. */
static NOINLINE void wake_alone(struct vcpu *v, struct run_queue *q)
{
	reassess_in(v, q, true, true);
}

void vcpu_reassess(struct vcpu *v)
{
	reassess(v, false);
}

void vcpu_wake(struct vcpu *v)
{
	vcpu_reassess(v);
}

void vcpu_sleep(struct vcpu *v)
{
	vcpu_reassess(v);
}

void vcpu_pause(struct vcpu *v)
{
	__atomic_fetch_add(&v->pause_count, 1, __ATOMIC_SEQ_CST);
	vcpu_reassess(v);
}

void vcpu_pause_wait(struct vcpu *v)
{
	vcpu_pause(v);
	if (is_on_cpu(v) && vcpu_cpu(v) == this_cpu_id())
		return;
	while (is_on_cpu(v))
		cpu_wait();
}

void vcpu_unpause(struct vcpu *v)
{
	uint32_t count =
		__atomic_fetch_sub(&v->pause_count, 1, __ATOMIC_SEQ_CST);

	BUG_ON(!count);
	vcpu_reassess(v);
}

void vcpu_kick(struct vcpu *v)
{
	if (__atomic_load_n(&v->blocked, __ATOMIC_SEQ_CST)) {
		if (cpu_count() == 1)
			wake_alone(v, &run_queues[vcpu_cpu(v)]);
		else
			reassess(v, true);
		return;
	}
	/* It runs elsewhere: it is to look now. */
	if (cpu_count() > 1 && is_on_cpu(v)) {
		unsigned int cpu = vcpu_cpu(v);

		if (cpu != this_cpu_id())
			cpu_look(cpu);
	}
}

/* v, which runs here, does not wait after all. */
static void unblock_self(struct vcpu *v)
{
	struct run_queue *q = vcpu_queue_lock(v);

	unblock(v);
	lock_release(&q->lock);
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
		unblock_self(v);
	else
		sched_request();
}

bool vcpu_poll_begin(struct vcpu *v, uint32_t port, uint64_t until_ns)
{
	__atomic_store_n(&v->polling, true, __ATOMIC_RELAXED);
	__atomic_store_n(&v->poll_port, port, __ATOMIC_SEQ_CST);
	__atomic_store_n(&v->blocked, true, __ATOMIC_SEQ_CST);
	event_poll_begin(v);
	if (until_ns)
		timer_set(&v->poll_timer, until_ns);
	if (wants_attention(v))
		unblock_self(v);
	return v->blocked;
}

void vcpu_poll_cancel(struct vcpu *v)
{
	unblock_self(v);
}

void vcpu_yield(struct vcpu *v)
{
	struct run_queue *q = vcpu_queue_lock(v);

	v->slice_end_ns = 0;
	v->unit.yielded = true;
	lock_release(&q->lock);
	sched_request();
}

static uint64_t idle_until(const struct run_queue *q, uint64_t now_ns)
{
	uint64_t since = q->idle_since_ns;

	return q->idle_ns + (now_ns > since ? now_ns - since : 0);
}

/* Who has q's CPU from now on. */
static ALWAYS_INLINE void current_set(struct run_queue *q, struct vcpu *next,
				      uint64_t now_ns, bool alone)
{
	if (!q->current && next)
		q->idle_ns = idle_until(q, now_ns);
	else if (q->current && !next)
		q->idle_since_ns = now_ns;
	q->current = next;
	if (alone)
		return;
	/* Others only take it out of the set. */
	if (next && cpuset_has(&sched_idle_cpus, q->cpu))
		cpuset_remove_atomic(&sched_idle_cpus, q->cpu);
	else if (!next && q->pool && q->pool->policy->hungry(q))
		cpuset_add_atomic(&sched_idle_cpus, q->cpu);
}

uint64_t sched_idle_ns(unsigned int cpu)
{
	struct run_queue *q = &run_queues[cpu];
	uint64_t ns;

	lock_acquire(&q->lock);
	ns = q->current ? q->idle_ns : idle_until(q, time_now_ns());
	lock_release(&q->lock);
	return ns;
}

static bool fits(const struct tree_node *n, const void *queue)
{
	const struct run_queue *q = queue;

	return vcpu_may(node_vcpu(n), q->cpu) && vcpu_runnable(node_vcpu(n));
}

static bool fits_idle(const struct tree_node *n, const void *idle)
{
	struct cpuset s;

	return cpuset_and(&s, &node_vcpu(n)->unit.may, idle) &&
	       vcpu_runnable(node_vcpu(n));
}

/* q is locked: a CPU that idles and may run one who waits there, claimed. */
static unsigned int idle_cpu_for_any(const struct run_queue *q)
{
	struct cpuset idle = cpuset_read(&sched_idle_cpus);
	struct tree_node *n = NULL;

	if (q->tree.count && cpuset_and(&idle, &idle, &q->pool->cpus))
		n = tree_find(&q->tree, fits_idle, &idle);
	return n ? idle_cpu_for(node_vcpu(n), q->cpu) : MAX_CPUS;
}

/*
 * One that waits in `from` comes into q: any, if q's CPU has nobody; or one
 * that has waited for too long. True: it did.
 */
static bool steal_from(struct run_queue *q, struct run_queue *from,
		       bool overdue, uint64_t now_ns)
{
	const struct sched_policy *policy;
	struct tree_node *n = NULL;
	struct vcpu *v;

	queues_lock(q, from);
	policy = q->pool ? q->pool->policy : NULL;
	if (policy && q->pool == from->pool && (overdue || policy->hungry(q)))
		n = tree_find(&from->tree, fits, q);
	if (n && overdue && !policy->overdue(q, from, node_vcpu(n)))
		n = NULL;
	if (n) {
		v = node_vcpu(n);
		policy->leave(from, v, true);
		vcpu_move(v, q);
		policy->arrive(q, v, SCHED_MOVED, now_ns);
		cpuset_remove_atomic(&sched_idle_cpus, q->cpu);
	}
	queues_unlock(q, from);
	return n;
}

/* Some wait in q, and not for a moment only: CPUs that idle get them. */
static NOINLINE void hand_over(struct run_queue *q, uint64_t now_ns)
{
	while (!cpuset_empty(&sched_idle_cpus)) {
		unsigned int cpu;

		lock_acquire(&q->lock);
		cpu = q->pool ? idle_cpu_for_any(q) : MAX_CPUS;
		lock_release(&q->lock);
		if (cpu >= MAX_CPUS)
			return;
		(void)steal_from(&run_queues[cpu], q, false, now_ns);
		/* Also if it got nothing: it does not count as idle now. */
		sched_request_on(cpu);
	}
}

/* q's CPU would idle. */
static NOINLINE bool steal(struct run_queue *q, uint64_t now_ns)
{
	struct cpuset waiting = cpuset_read(&sched_waiting_cpus);
	unsigned int cpu;

	cpuset_for_each (cpu, &waiting)
		if (cpu != q->cpu &&
		    steal_from(q, &run_queues[cpu], false, now_ns))
			return true;
	return false;
}

/*
 * Before a CPU chooses: does somebody wait too long elsewhere? q is locked, and
 * for a moment it is not.
 */
static NOINLINE void balance(struct run_queue *q, uint64_t now_ns)
{
	unsigned int from = MAX_CPUS;

	if (q->pool && q->pool->policy->compare)
		from = q->pool->policy->compare(q, now_ns);
	if (from >= MAX_CPUS)
		return;
	lock_release(&q->lock);
	steal_from(q, &run_queues[from], true, now_ns);
	lock_acquire(&q->lock);
}

/*
 * q is locked: the CPU goes from cur (or NULL) to the one that is returned (or
 * NULL: idle).
 */
static ALWAYS_INLINE struct vcpu *choose(struct run_queue *q, struct vcpu *cur,
					 uint64_t now_ns, bool alone)
{
	struct vcpu *next = NULL;

	lock_assert_held(&q->lock);
	if (q->pool)
		next = q->pool->policy->pick(q, cur, now_ns);
	if (cur && next == cur)
		return cur;
	if (cur) {
		__atomic_store_n(&cur->on_cpu, false, __ATOMIC_SEQ_CST);
		state_set(cur, state_off_cpu(cur), now_ns);
	}
	if (next) {
		__atomic_store_n(&next->on_cpu, true, __ATOMIC_SEQ_CST);
		state_set(next, VCPU_RUNNING, now_ns);
		next->meter.switches++;
	}
	if (next != q->current)
		q->switches++;
	current_set(q, next, now_ns, alone);
	return next;
}

static ALWAYS_INLINE struct vcpu *pick_in(struct run_queue *q, struct vcpu *cur,
					  uint64_t now_ns, bool alone)
{
	struct vcpu *next, *out = NULL;
	uint64_t at;

	if (cur && !cur->on_cpu)
		cur = NULL;
	lock_acquire(&q->lock);
	if (!alone)
		balance(q, now_ns);
	for (;;) {
		next = choose(q, cur, now_ns, alone);
		/* It could run on, but here it may not. */
		if (!alone && cur && cur->state == VCPU_RUNNABLE &&
		    !vcpu_queued(cur))
			out = cur;
		at = q->due_ns;
		lock_release(&q->lock);
		if (alone || next)
			break;
		/* It is known to be idle now. */
		cur = NULL;
		if (!steal(q, now_ns))
			break;
		lock_acquire(&q->lock);
	}
	timer_follow(q, at);
	if (out)
		vcpu_reassess(out);
	if (!alone && q->tree.count)
		hand_over(q, now_ns);
	return next;
}

static NOINLINE struct vcpu *pick_alone(struct run_queue *q, struct vcpu *cur,
					uint64_t now_ns)
{
	return pick_in(q, cur, now_ns, true);
}

static NOINLINE struct vcpu *pick_among(struct run_queue *q, struct vcpu *cur,
					uint64_t now_ns)
{
	return pick_in(q, cur, now_ns, false);
}

struct vcpu *sched_pick(unsigned int cpu, struct vcpu *cur, uint64_t now_ns)
{
	struct run_queue *q = &run_queues[cpu];

	return cpu_count() == 1 ? pick_alone(q, cur, now_ns)
				: pick_among(q, cur, now_ns);
}

void sched_cpu_usage(unsigned int cpu, struct cpu_usage *u)
{
	struct run_queue *q = &run_queues[cpu];

	lock_acquire(&q->lock);
	u->at_ns = time_now_ns();
	u->is_idle = !q->current;
	u->idle_ns = u->is_idle ? idle_until(q, u->at_ns) : q->idle_ns;
	u->switches = q->switches;
	lock_release(&q->lock);
}

void vcpu_usage(const struct vcpu *v, struct vcpu_usage *u)
{
	struct run_queue *q = vcpu_queue_lock(v);
	unsigned int s;

	u->at_ns = time_now_ns();
	u->state = v->state;
	u->cpu = v->cpu;
	for (s = 0; s < ARRAY_SIZE(u->state_ns); s++)
		u->state_ns[s] = v->state_time_ns[s];
	if (u->at_ns > v->state_since_ns)
		u->state_ns[v->state] += u->at_ns - v->state_since_ns;
	u->switches = v->meter.switches;
	u->migrations = v->meter.migrations;
	lock_release(&q->lock);
}

void vcpu_times(const struct vcpu *v, struct vcpu_times *t)
{
	struct run_queue *q = vcpu_queue_lock(v);

	t->state = v->state;
	t->since_ns = v->state_since_ns;
	memcpy(t->ns, v->state_time_ns, sizeof(t->ns));
	lock_release(&q->lock);
}

uint64_t vcpu_state_time(const struct vcpu *v, enum vcpu_run s)
{
	struct vcpu_times t;
	uint64_t now_ns;

	vcpu_times(v, &t);
	now_ns = time_now_ns();
	if (t.state == s && now_ns > t.since_ns)
		t.ns[s] += now_ns - t.since_ns;
	return t.ns[s];
}
