/* SPDX-License-Identifier: MIT */
/*
 * Proportional share, the default policy. CPU time is accounted as virtual
 * time: a vCPU that runs for t gains t x 256 / weight, so that vCPUs which get
 * their shares keep level. Each CPU runs the one that is furthest behind.
 *
 * The order is by start tags: the virtual time at which a vCPU's slice of
 * 10 ms began. Who is preempted keeps the tag and, unless it is too little to
 * be worth it, the rest of its slice; who has used it up gets a new tag. A
 * queue's clock is the latest tag that was chosen there, and never goes back.
 *
 * Waking up: virtual time stands still while a vCPU waits for events, but it
 * falls behind the clock by one slice at most. Who wakes up not beyond the
 * clock, that is, uses no more than its share, goes ahead of all others and
 * preempts whoever runs; but whatever a vCPU does, it is never owed more than a
 * slice. Only an event earns that: who was paused or down starts at the clock.
 * It lasts for the slice: those who woke up take turns of 0.5 ms, as one of
 * them may spin until another has answered.
 *
 * The rate limit: wake-ups preempt on a CPU once in 0.5 ms on average, and 20
 * times in a row if there was calm before: somebody who answers a question
 * from another CPU waits for nobody, and no storm of events cuts a slice to
 * pieces. Who has woken up itself is not preempted in its first 0.5 ms.
 *
 * A domain's weight is one for all its vCPUs: each is charged as often as it
 * has runnable ones. vCPUs that take turns to sleep would evade that, so there
 * is a virtual time of the whole domain too, and who wakes is at most four
 * slices behind it.
 *
 * Caps: tokens, nanoseconds of CPU time that flow to a domain at its rate and
 * that its vCPUs take in portions before they run. Who gets none is parked in
 * its queue until there should be some.
 *
 * Several CPUs: a vCPU that wakes goes to its last CPU or to one that idles; a
 * CPU that would idle takes from others' queues. That alone would give a
 * vCPU the share that its queue happens to give. So at the end of each slice
 * a CPU compares itself with one other, and takes its first if that is owed
 * two slices more than whoever would run here. Queues of pinned vCPUs, or of
 * one that is owed more than a whole CPU, fall behind for ever; a queue that
 * is 100 ms behind moves its frame forward, all its vCPUs alike (`shift`), so
 * that nobody starves when such a vCPU or the rest meet again.
 *
 * Arithmetic: virtual time is in ns at weight 256 and wraps after a year at
 * weight 1 and centuries else; it is compared by difference. 256 / weight has
 * 20 binary digits after the point; what a charge leaves is carried on.
 *
 * Tests: tests/unit/hypervisor/sched/test_simulation.c, test_sched.c.
 */
#include "public/domctl.h"
#include "sched/policy.h"
#include "sched/sched.h"
#include "sched/slice.h"
#include "time/time.h"

#define POINT	      20
#define FRACTION_MASK ((1u << POINT) - 1)
#define CHARGE_MAX_NS (1ull << 30) /* x 2^28 x MAX_VCPUS fits */
#define LAG_MAX_NS    100000000ull
#define OVERDUE	      2 /* slices */
#define PREEMPT_BURST 20

/* Caps: who is parked gets at least so much; a domain saves at most that. */
#define PORTION_MIN_NS	 500000ll
#define TOKENS_PERIOD_NS 20000000ll
#define REFILL_NS	 20000ull /* not more often, for rounding's sake */
#define TOKENS_MIN_NS	 2000000ll

/* Virtual time per ns of v's. */
static uint64_t rate(const struct vcpu *v)
{
	const struct sched_domain *s = &v->domain->sched;
	uint32_t active = __atomic_load_n(&s->active, __ATOMIC_RELAXED);

	return s->inverse * (active ? active : 1);
}

/* ns: below CHARGE_MAX_NS */
static uint64_t virtual_time(const struct vcpu *v, uint64_t ns)
{
	return ns * rate(v) >> POINT;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return key_before(a, b) ? b : a;
}

/* What v, on its CPU, has used until now. */
static void charge(struct vcpu *v, uint64_t now_ns)
{
	struct sched_domain *s = &v->domain->sched;
	struct sched_unit *u = &v->unit;
	uint64_t ns, product;

	if (now_ns <= u->charged_ns)
		return;
	ns = now_ns - u->charged_ns;
	u->charged_ns = now_ns;
	if (s->cap)
		u->portion_ns -= (int64_t)ns;
	/* Alone on its CPU, it may have run for hours. */
	ns = MIN(ns, CHARGE_MAX_NS - 1);
	product = ns * rate(v) + u->fraction;
	u->vtime += product >> POINT;
	u->fraction = product & FRACTION_MASK;
	if (v->domain->max_vcpus > 1)
		__atomic_fetch_add(&s->vtime, ns * s->inverse >> POINT,
				   __ATOMIC_RELAXED);
}

/* --- caps --- */

/* Gives s the tokens of the time since it was last done. */
static void tokens_refill(struct sched_domain *s, uint64_t now_ns)
{
	uint64_t since = __atomic_load_n(&s->refilled_ns, __ATOMIC_RELAXED);
	int64_t limit = MAX(TOKENS_PERIOD_NS / 100 * s->cap, TOKENS_MIN_NS);
	int64_t have, sum;

	/* Whoever moves the date on gives for that time. */
	if (now_ns < since + REFILL_NS ||
	    !__atomic_compare_exchange_n(&s->refilled_ns, &since, now_ns, false,
					 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return;
	have = __atomic_load_n(&s->tokens_ns, __ATOMIC_RELAXED);
	do {
		sum = (int64_t)(MIN(now_ns - since, CHARGE_MAX_NS) * s->cap /
				100);
		sum = MIN(have + sum, limit);
	} while (!__atomic_compare_exchange_n(&s->tokens_ns, &have, sum, false,
					      __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
}

/*
 * A portion for v to run with; false: there is none, v->unit.unpark_ns set.
 * Those who are parked already come before one who is not.
 */
static NOINLINE bool portion_take_capped(struct vcpu *v, uint64_t now_ns)
{
	struct sched_domain *s = &v->domain->sched;
	struct sched_unit *u = &v->unit;
	int64_t have, want = PORTION_MIN_NS, before = 0;

	tokens_refill(s, now_ns);
	if (list_empty(&u->parked))
		before = __atomic_load_n(&s->parked, __ATOMIC_RELAXED);
	if (!__atomic_load_n(&s->parked, __ATOMIC_RELAXED))
		want = MAX(TOKENS_PERIOD_NS / 200 * s->cap /
				   v->domain->max_vcpus,
			   PORTION_MIN_NS);
	have = __atomic_load_n(&s->tokens_ns, __ATOMIC_RELAXED);
	do {
		if (have < PORTION_MIN_NS) {
			want = PORTION_MIN_NS * (before + 1) - have;
			u->unpark_ns = now_ns + REFILL_NS +
				       (uint64_t)want * 100 / s->cap;
			return false;
		}
		u->portion_ns = MIN(have, want);
	} while (!__atomic_compare_exchange_n(
		&s->tokens_ns, &have, have - u->portion_ns, false,
		__ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return true;
}

static bool portion_take(struct vcpu *v, uint64_t now_ns)
{
	return !v->domain->sched.cap || portion_take_capped(v, now_ns);
}

/* What v did not use goes back; what it used beyond it is owed. */
static void portion_return(struct vcpu *v)
{
	if (v->domain->sched.cap)
		__atomic_fetch_add(&v->domain->sched.tokens_ns,
				   v->unit.portion_ns, __ATOMIC_RELAXED);
	v->unit.portion_ns = 0;
}

static void wait_in(struct run_queue *q, struct vcpu *v, uint64_t tag,
		    bool ahead)
{
	v->unit.node.key = tag;
	v->unit.node.ahead = ahead;
	queue_link(q, v);
}

static void park(struct run_queue *q, struct vcpu *v)
{
	list_add_tail(&q->parked, &v->unit.parked);
	__atomic_fetch_add(&v->domain->sched.parked, 1, __ATOMIC_RELAXED);
	q->unpark_ns = MIN(q->unpark_ns, v->unit.unpark_ns);
}

static void unpark(struct vcpu *v)
{
	list_del(&v->unit.parked);
	__atomic_fetch_sub(&v->domain->sched.parked, 1, __ATOMIC_RELAXED);
}

static NOINLINE void unpark_due(struct run_queue *q, uint64_t now_ns)
{
	struct list_node *n, *next;

	q->unpark_ns = ~0ull;
	for (n = q->parked.next; n != &q->parked; n = next) {
		struct vcpu *v = list_entry(n, struct vcpu, unit.parked);

		next = n->next;
		if (v->unit.unpark_ns > now_ns) {
			q->unpark_ns = MIN(q->unpark_ns, v->unit.unpark_ns);
			continue;
		}
		/* Now, or those who need not wait for a CPU took it all. */
		if (!portion_take(v, now_ns)) {
			q->unpark_ns = MIN(q->unpark_ns, v->unit.unpark_ns);
			continue;
		}
		unpark(v);
		v->unit.vtime = later(v->unit.vtime, q->clock);
		wait_in(q, v, v->unit.vtime, false);
	}
}

void share_adjust(struct domain *d, uint32_t weight, uint32_t cap)
{
	struct sched_domain *s = &d->sched;
	uint64_t now_ns = time_now_ns();
	unsigned int i;

	/* The old weight holds until now. */
	for (i = 0; i < d->max_vcpus; i++) {
		struct run_queue *q;

		if (!d->vcpu[i])
			continue;
		q = vcpu_queue_lock(d->vcpu[i]);
		if (d->vcpu[i]->on_cpu && q->pool &&
		    q->pool->policy == &sched_share)
			charge(d->vcpu[i], now_ns);
		lock_release(&q->lock);
	}
	s->weight = weight;
	s->inverse = (256ull << POINT) / weight;
	if (cap == s->cap)
		return;
	s->cap = cap;
	__atomic_store_n(&s->tokens_ns, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&s->refilled_ns, now_ns, __ATOMIC_RELAXED);
	/* Who runs needs a portion now, who is parked may need none. */
	for (i = 0; i < d->max_vcpus; i++) {
		struct run_queue *q;

		if (!d->vcpu[i])
			continue;
		q = vcpu_queue_lock(d->vcpu[i]);
		if (!list_empty(&d->vcpu[i]->unit.parked))
			q->unpark_ns = d->vcpu[i]->unit.unpark_ns = now_ns;
		if (d->vcpu[i]->on_cpu)
			d->vcpu[i]->slice_end_ns = now_ns;
		lock_release(&q->lock);
		sched_request_on(q->cpu);
	}
}

/* --- one queue --- */

/* What other CPUs look at; nobody does on a CPU that is alone. */
static NOINLINE void show_to_others(struct run_queue *q)
{
	const struct tree_node *first = q->tree.first;
	uint64_t wait_ns = OVERDUE * q->pool->slice_ns;

	__atomic_store_n(&q->shown_clock, q->clock + q->shift,
			 __ATOMIC_RELAXED);
	if (first)
		__atomic_store_n(
			&q->shown_overdue,
			first->key + q->shift +
				virtual_time(node_vcpu(first), wait_ns),
			__ATOMIC_RELAXED);
}

static void show(struct run_queue *q)
{
	if (q->pool->cpu_count > 1)
		show_to_others(q);
}

/* v's virtual time comes near its domain's; neither is before `low`. */
static NOINLINE void settle_in_domain(const struct run_queue *q, struct vcpu *v,
				      uint64_t low)
{
	struct sched_domain *s = &v->domain->sched;
	uint64_t all = __atomic_load_n(&s->vtime, __ATOMIC_RELAXED) - q->shift;

	if (key_before(all, low)) {
		__atomic_fetch_add(&s->vtime, low - all, __ATOMIC_RELAXED);
		all = low;
	}
	/*
	 * A vCPU may be as far behind its domain as that of others; and `all`
	 * may come from a CPU whose clock is ahead by what balancing allows.
	 */
	all -= (OVERDUE + 2) * q->pool->slice_ns * s->inverse >> POINT;
	v->unit.vtime = later(v->unit.vtime, all);
}

/* v's virtual time comes near the clock: lag_ns of its time behind, at most. */
static void settle(struct run_queue *q, struct vcpu *v, uint64_t lag_ns)
{
	uint64_t limit;

	/* The usual case of who was the last to run. */
	if (v->domain->max_vcpus == 1 && v->unit.vtime == q->clock)
		return;
	limit = q->clock - virtual_time(v, lag_ns);
	if (v->domain->max_vcpus > 1)
		settle_in_domain(q, v, limit);
	if (!key_before(q->clock, v->unit.vtime)) {
		v->unit.vtime = later(v->unit.vtime, limit);
		return;
	}
	limit = q->clock + virtual_time(v, 2 * q->pool->slice_ns);
	if (key_before(limit, v->unit.vtime))
		v->unit.vtime = limit;
}

/* From when on who wakes up may take the CPU from cur. */
static uint64_t preempt_from(const struct run_queue *q, const struct vcpu *cur)
{
	uint64_t limit_ns = q->pool->ratelimit_ns;
	uint64_t burst_ns = (PREEMPT_BURST - 1) * limit_ns, from = 0;

	if (q->calm_ns > burst_ns)
		from = q->calm_ns - burst_ns;
	if (cur->unit.node.ahead)
		from = MAX(from, cur->state_since_ns + limit_ns);
	return from;
}

/* When to choose again while cur (NULL: nobody) has the CPU. */
static void due_set(struct run_queue *q, const struct vcpu *cur)
{
	uint64_t at = q->unpark_ns;

	/* Alone on the only CPU, it needs no interrupt. */
	if (cur && (q->tree.first || q->pool->cpu_count > 1 ||
		    cur->domain->sched.cap)) {
		at = MIN(at, cur->slice_end_ns);
		if (q->preempt)
			at = MIN(at, preempt_from(q, cur));
	}
	q->due_ns = at;
}

static void share_arrive(struct run_queue *q, struct vcpu *v,
			 enum sched_why why, uint64_t now_ns)
{
	struct vcpu *cur = q->current;
	uint64_t lag_ns = 0;
	bool ahead;

	if (cur) {
		charge(cur, now_ns);
		/* Alone until now, it may have begun long ago. */
		if (!q->tree.first && now_ns >= cur->slice_end_ns) {
			cur->unit.node.key = cur->unit.vtime;
			q->clock = later(q->clock, cur->unit.vtime);
		}
	} else if (!q->tree.first) {
		q->clock = later(q->clock, v->unit.vtime);
	}
	if (why == SCHED_WOKEN)
		lag_ns = q->pool->slice_ns;
	else if (why == SCHED_MOVED)
		lag_ns = LAG_MAX_NS;
	settle(q, v, lag_ns);
	v->slice_end_ns = 0;
	ahead = why == SCHED_WOKEN && !key_before(q->clock, v->unit.vtime);
	wait_in(q, v, v->unit.vtime, ahead);
	if (ahead)
		q->preempt = true;
	due_set(q, cur);
	show(q);
}

static void share_leave(struct run_queue *q, struct vcpu *v, bool for_good)
{
	(void)for_good;
	if (v->unit.node.linked)
		queue_unlink(q, v);
	if (!list_empty(&v->unit.parked))
		unpark(v);
	if (!v->on_cpu)
		portion_return(v);
	show(q);
}

/* v runs from now on, or goes on with a new slice. */
static void begin(struct run_queue *q, struct vcpu *v, uint64_t now_ns)
{
	uint64_t slice_ns = v->slice_end_ns;

	if (!slice_ns)
		slice_ns = q->pool->slice_ns;
	if (v->domain->sched.cap)
		slice_ns = MIN(slice_ns, (uint64_t)v->unit.portion_ns);
	v->slice_end_ns = now_ns + slice_ns;
	v->unit.charged_ns = now_ns;
	q->clock = later(q->clock, v->unit.node.key);
	/* Of several that woke, each gets the CPU soon. */
	q->preempt = q->tree.first && q->tree.first->ahead;
}

/* Its slice is over: a new tag. Who yields lets the first go first. */
static void renew(struct run_queue *q, struct vcpu *v)
{
	struct sched_unit *u = &v->unit;

	if (u->yielded && q->tree.first)
		u->vtime = later(u->vtime, q->tree.first->key);
	u->yielded = false;
	u->node.key = u->vtime;
	v->slice_end_ns = 0;
}

/* Would cur be the first of all that wait? */
static bool is_first(const struct run_queue *q, const struct vcpu *cur)
{
	const struct tree_node *first = q->tree.first;

	if (!first)
		return true;
	return !first->ahead && key_before(cur->unit.node.key, first->key);
}

/* cur goes on (true), waits in the queue, or cannot run here. */
static bool goes_on(struct run_queue *q, struct vcpu *cur, uint64_t now_ns)
{
	uint64_t left = 0;
	bool ahead = false;

	if (!vcpu_runnable(cur) || !vcpu_may(cur, q->cpu)) {
		cur->slice_end_ns = 0;
		cur->unit.yielded = false;
		portion_return(cur);
		if (!q->tree.first)
			q->clock = later(q->clock, cur->unit.vtime);
		return false;
	}
	if (cur->slice_end_ns > now_ns)
		left = cur->slice_end_ns - now_ns;
	if (left) {
		if (!q->preempt || now_ns < preempt_from(q, cur))
			return true;
		q->calm_ns = MAX(q->calm_ns, now_ns) + q->pool->ratelimit_ns;
	}
	portion_return(cur);
	if (left && left >= q->pool->ratelimit_ns) {
		cur->slice_end_ns = left;
		/* Who woke up keeps that for its slice, and they take turns. */
		ahead = cur->unit.node.ahead;
		if (ahead && q->tree.first && q->tree.first->ahead)
			cur->unit.node.key =
				later(cur->unit.node.key, q->tree.first->key);
	} else {
		renew(q, cur);
		/* Still the first: no need to go through the queue. */
		if (is_first(q, cur) && portion_take(cur, now_ns)) {
			begin(q, cur, now_ns);
			return true;
		}
	}
	wait_in(q, cur, cur->unit.node.key, ahead);
	return false;
}

/* The first that is runnable and gets a portion; it leaves the queue. */
static struct vcpu *take_first(struct run_queue *q, uint64_t now_ns)
{
	while (q->tree.first) {
		struct vcpu *v = node_vcpu(q->tree.first);

		queue_unlink(q, v);
		if (!vcpu_runnable(v))
			/* It was brought down while it waited. */
			vcpu_state_lapse(v, now_ns);
		else if (v->unit.portion_ns > 0 || portion_take(v, now_ns))
			return v;
		else
			park(q, v);
	}
	return NULL;
}

static struct vcpu *share_pick(struct run_queue *q, struct vcpu *cur,
			       uint64_t now_ns)
{
	struct vcpu *next = NULL;

	if (now_ns >= q->unpark_ns)
		unpark_due(q, now_ns);
	if (cur) {
		charge(cur, now_ns);
		if (goes_on(q, cur, now_ns))
			next = cur;
	}
	if (!next) {
		next = take_first(q, now_ns);
		if (next)
			begin(q, next, now_ns);
	}
	due_set(q, next);
	show(q);
	return next;
}

/* --- several queues --- */

static unsigned int share_place(const struct vcpu *v)
{
	const struct sched_unit *u = &v->unit;
	const struct cpuset *want[] = {&u->likes, &u->may};
	unsigned int home = v->cpu, i, cpu;
	struct cpuset idle;

	if (cpu_count() == 1 && vcpu_may(v, home))
		return home;
	idle = cpuset_read(&sched_idle_cpus);
	if (cpuset_has(&u->likes, home) && cpuset_has(&idle, home))
		return home;
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		struct cpuset s;

		if (!cpuset_and(&s, &idle, want[i]))
			continue;
		return cpuset_has(&s, home) ? home : cpuset_around(&s, home);
	}
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		if (cpuset_has(want[i], home))
			return home;
		cpu = cpuset_around(want[i], home);
		if (cpu < MAX_CPUS)
			return cpu;
	}
	return home;
}

static bool share_hungry(const struct run_queue *q)
{
	return !q->current && !q->tree.first;
}

/* Who would run here without help, and its tag; false: nobody. */
static const struct vcpu *candidate(const struct run_queue *q, uint64_t *tag)
{
	const struct vcpu *cur = q->current, *best = NULL;

	if (q->tree.first) {
		best = node_vcpu(q->tree.first);
		*tag = best->unit.node.key;
	}
	if (cur && vcpu_runnable(cur) &&
	    (!best || key_before(cur->unit.vtime, *tag))) {
		best = cur;
		*tag = cur->unit.vtime;
	}
	return best;
}

static unsigned int share_compare(struct run_queue *q, uint64_t now_ns)
{
	struct vcpu *cur = q->current;
	const struct vcpu *best;
	struct cpuset others;
	struct run_queue *o;
	uint64_t tag, behind, most;

	if (cur && now_ns < cur->slice_end_ns)
		return MAX_CPUS;
	if (cur)
		charge(cur, now_ns);
	best = candidate(q, &tag);
	if (!best)
		return MAX_CPUS;
	others = cpuset_read(&sched_waiting_cpus);
	cpuset_remove(&others, q->cpu);
	if (!cpuset_and(&others, &others, &q->pool->cpus)) {
		others = q->pool->cpus;
		cpuset_remove(&others, q->cpu);
	}
	q->peek = cpuset_around(&others, (q->peek + 1) % MAX_CPUS);
	if (q->peek >= MAX_CPUS || cpuset_has(&sched_idle_cpus, q->peek))
		return MAX_CPUS;
	o = &run_queues[q->peek];
	tag += q->shift;
	behind = __atomic_load_n(&o->shown_clock, __ATOMIC_RELAXED) - tag;
	most = virtual_time(best, LAG_MAX_NS);
	if (key_before(most, behind))
		q->shift += behind - most;
	if (!cpuset_has(&sched_waiting_cpus, q->peek) ||
	    !key_before(__atomic_load_n(&o->shown_overdue, __ATOMIC_RELAXED),
			tag))
		return MAX_CPUS;
	return q->peek;
}

static bool share_overdue(const struct run_queue *q,
			  const struct run_queue *from, const struct vcpu *v)
{
	uint64_t wait_ns = OVERDUE * q->pool->slice_ns, tag;

	if (!candidate(q, &tag))
		return true;
	return cpuset_has(&v->unit.likes, q->cpu) &&
	       key_before(v->unit.node.key + from->shift +
				  virtual_time(v, wait_ns),
			  tag + q->shift);
}

const struct sched_policy sched_share = {
	.name = "share",
	.id = XEN_SCHEDULER_CREDIT,
	.place = share_place,
	.arrive = share_arrive,
	.leave = share_leave,
	.pick = share_pick,
	.hungry = share_hungry,
	.compare = share_compare,
	.overdue = share_overdue,
};
