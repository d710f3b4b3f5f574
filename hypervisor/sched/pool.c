/* SPDX-License-Identifier: MIT */
/*
 * CPU pools: each CPU belongs to one pool or to none, each domain to one, and
 * its vCPUs run on the pool's CPUs only, by the pool's policy. Pool 0 is there
 * from the start, has all CPUs and domain zero.
 *
 * Affinity: a vCPU may run on the CPUs of its hard set that its pool has; if
 * there are none any more, on all of the pool's. Of those it likes the ones of
 * its soft set.
 *
 * Invariant: a pool with domains has a CPU, so unit.may is never empty.
 *
 * LOCK_POOL guards pools and what the toolstack sets; a queue's pool changes
 * under the queue's lock as well.
 *
 * Tests: tests/unit/hypervisor/sched/test_pool.c.
 */
#include "sched/pool.h"
#include "lib/string.h"
#include "log/log.h"
#include "sched/policy.h"
#include "sched/sched.h"
#include "sched/slice.h"
#include "time/time.h"

#define POOLS 32

static struct spinlock lock = SPINLOCK_INIT(LOCK_POOL);
static struct sched_pool pools[POOLS];
static struct cpuset online;
static const struct sched_policy *first_policy = &sched_share;

static const struct {
	const char *name;
	const struct sched_policy *policy;
} names[] = {
	{"share", &sched_share},
	{"null", &sched_null},
	{"credit", &sched_share},
	{"credit2", &sched_share},
};

bool sched_choose(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(name, names[i].name))
			continue;
		first_policy = names[i].policy;
		if (strcmp(name, first_policy->name))
			log_info("sched=%s: the policy is called \"%s\" here\n",
				 name, first_policy->name);
		return true;
	}
	return false;
}

static const struct sched_policy *policy_by_id(uint32_t id)
{
	if (id == XEN_SCHEDULER_CREDIT || id == XEN_SCHEDULER_CREDIT2)
		return &sched_share;
	return id == XEN_SCHEDULER_NULL ? &sched_null : NULL;
}

static struct sched_pool *pool_find(uint32_t id)
{
	return id < POOLS && pools[id].in_use ? &pools[id] : NULL;
}

static void pool_setup(struct sched_pool *p, const struct sched_policy *policy)
{
	*p = (struct sched_pool){
		.in_use = true,
		.id = (uint32_t)(p - pools),
		.policy = policy,
		.slice_ns = SCHED_SLICE_NS,
		.ratelimit_ns = SCHED_RATELIMIT_NS,
	};
	list_init(&p->domains);
}

void sched_init(void)
{
	unsigned int cpu;

	for (cpu = 0; cpu < MAX_CPUS; cpu++)
		queue_init(&run_queues[cpu], cpu);
	memset(pools, 0, sizeof(pools));
	memset(&online, 0, sizeof(online));
	memset(&sched_idle_cpus, 0, sizeof(sched_idle_cpus));
	memset(&sched_waiting_cpus, 0, sizeof(sched_waiting_cpus));
	pool_setup(&pools[0], first_policy);
	sched_cpu_up(0);
}

/* --- affinity --- */

/* What v's sets come to in its pool; guarded by its queue's lock. */
static void affinity_resolve(struct vcpu *v)
{
	const struct sched_pool *p = v->domain->sched.pool;
	struct sched_unit *u = &v->unit;

	if (!cpuset_and(&u->may, &u->hard, &p->cpus))
		u->may = p->cpus;
	if (!cpuset_and(&u->likes, &u->soft, &u->may))
		u->likes = u->may;
}

/* v's sets, its pool or the pool's CPUs have changed. */
static void affinity_apply(struct vcpu *v)
{
	struct run_queue *q;

	lock_assert_held(&lock);
	q = vcpu_queue_lock(v);
	affinity_resolve(v);
	if (!v->on_cpu && !vcpu_may(v, q->cpu) && q->pool)
		q->pool->policy->leave(q, v, true);
	lock_release(&q->lock);
	sched_request_on(q->cpu);
	vcpu_reassess(v);
}

static void affinity_apply_domain(struct domain *d)
{
	unsigned int i;

	for (i = 0; i < d->max_vcpus; i++)
		if (d->vcpu[i])
			affinity_apply(d->vcpu[i]);
}

static void affinity_apply_pool(struct sched_pool *p)
{
	struct domain *d;

	list_for_each_entry (d, &p->domains, sched.node)
		affinity_apply_domain(d);
}

int sched_affinity_set(struct vcpu *v, const struct cpuset *hard,
		       const struct cpuset *soft)
{
	const struct sched_pool *p;
	struct run_queue *q;
	struct cpuset some;
	int rc = 0;

	lock_acquire(&lock);
	p = v->domain->sched.pool;
	if (hard && !cpuset_and(&some, hard, &p->cpus))
		rc = -EINVAL;
	if (soft && !cpuset_and(&some, soft, &online))
		rc = -EINVAL;
	if (!rc) {
		q = vcpu_queue_lock(v);
		if (hard)
			v->unit.hard = *hard;
		if (soft)
			v->unit.soft = *soft;
		lock_release(&q->lock);
		affinity_apply(v);
	}
	lock_release(&lock);
	return rc;
}

void sched_affinity_get(struct vcpu *v, struct cpuset *hard,
			struct cpuset *soft)
{
	lock_acquire(&lock);
	cpuset_and(hard, &v->unit.hard, &online);
	cpuset_and(soft, &v->unit.soft, &online);
	lock_release(&lock);
}

void sched_affinity_resolved(struct vcpu *v, struct cpuset *hard,
			     struct cpuset *soft)
{
	lock_acquire(&lock);
	*hard = v->unit.may;
	*soft = v->unit.likes;
	lock_release(&lock);
}

void pool_place_first(struct vcpu *v)
{
	lock_acquire(&lock);
	affinity_resolve(v);
	/* Spread: domain by domain, vCPU by vCPU. */
	v->cpu = cpuset_around(&v->unit.may,
			       (v->domain->id + v->id) % cpu_count());
	lock_release(&lock);
}

/* --- domains --- */

int sched_domain_init(struct domain *d)
{
	struct sched_pool *p;
	int rc = -EINVAL;

	lock_acquire(&lock);
	p = pool_find(d->config.cpupool_id);
	if (p && p->cpu_count) {
		d->sched.pool = p;
		list_add_tail(&p->domains, &d->sched.node);
		p->domain_count++;
		share_adjust(d, SCHED_WEIGHT_DEFAULT, 0);
		rc = 0;
	}
	lock_release(&lock);
	return rc;
}

int sched_kill(struct domain *d)
{
	unsigned int i;

	watchdog_kill(d);
	if (!d->sched.pool)
		return 0;
	for (i = 0; i < d->max_vcpus; i++) {
		struct run_queue *q;

		if (!d->vcpu[i])
			continue;
		q = vcpu_queue_lock(d->vcpu[i]);
		if (q->pool)
			q->pool->policy->leave(q, d->vcpu[i], true);
		lock_release(&q->lock);
		sched_request_on(q->cpu);
	}
	lock_acquire(&lock);
	if (!list_empty(&d->sched.node)) {
		list_del(&d->sched.node);
		d->sched.pool->domain_count--;
		/* Nobody runs any more; pool 0 is always there. */
		d->sched.pool = &pools[0];
	}
	lock_release(&lock);
	return 0;
}

int sched_params_set(struct domain *d, uint32_t weight, uint32_t cap)
{
	if (!weight || weight > SCHED_WEIGHT_MAX || cap > 100 * d->max_vcpus)
		return -EINVAL;
	lock_acquire(&lock);
	share_adjust(d, weight, cap);
	lock_release(&lock);
	return 0;
}

uint32_t sched_domain_pool(const struct domain *d)
{
	return d->sched.pool->id;
}

uint32_t sched_domain_policy(const struct domain *d)
{
	return d->sched.pool->policy->id;
}

/* --- CPUs --- */

static void cpu_join(struct sched_pool *p, unsigned int cpu)
{
	struct run_queue *q = &run_queues[cpu];

	lock_assert_held(&lock);
	lock_acquire(&q->lock);
	q->pool = p;
	if (!q->current)
		cpuset_add_atomic(&sched_idle_cpus, cpu);
	lock_release(&q->lock);
	cpuset_add(&p->cpus, cpu);
	p->cpu_count++;
	affinity_apply_pool(p);
	sched_request_on(cpu);
}

/* -EBUSY: it is the last one, and somebody needs it. */
static int cpu_part(struct sched_pool *p, unsigned int cpu)
{
	struct run_queue *q = &run_queues[cpu];

	lock_assert_held(&lock);
	if (p->cpu_count == 1 && p->domain_count)
		return -EBUSY;
	cpuset_remove(&p->cpus, cpu);
	p->cpu_count--;
	/* Who waits there goes; who runs there, when the CPU next chooses. */
	affinity_apply_pool(p);
	lock_acquire(&q->lock);
	BUG_ON(q->tree.count || !list_empty(&q->parked));
	q->pool = NULL;
	q->owner = NULL;
	q->unpark_ns = q->due_ns = ~0ull;
	cpuset_remove_atomic(&sched_idle_cpus, cpu);
	lock_release(&q->lock);
	sched_request_on(cpu);
	return 0;
}

void sched_cpu_up(unsigned int cpu)
{
	lock_acquire(&lock);
	if (!cpuset_has(&online, cpu)) {
		cpuset_add(&online, cpu);
		cpu_join(&pools[0], cpu);
	}
	lock_release(&lock);
}

int sched_cpu_down(unsigned int cpu)
{
	int rc = 0;

	lock_acquire(&lock);
	if (cpuset_has(&online, cpu)) {
		if (run_queues[cpu].pool)
			rc = cpu_part(run_queues[cpu].pool, cpu);
		if (!rc)
			cpuset_remove(&online, cpu);
	}
	lock_release(&lock);
	return rc;
}

/* --- pools --- */

int pool_create(uint32_t policy_id, uint32_t *id)
{
	const struct sched_policy *policy = policy_by_id(policy_id);
	struct sched_pool *p;
	unsigned int i;
	int rc = -ENOSPC;

	if (!policy)
		return -EINVAL;
	lock_acquire(&lock);
	for (i = 0; i < POOLS && rc; i++) {
		p = &pools[i];
		if (p->in_use || (*id != POOL_ANY && i != *id))
			continue;
		pool_setup(p, policy);
		rc = 0;
	}
	if (!rc)
		*id = p->id;
	else if (*id != POOL_ANY && pool_find(*id))
		rc = -EEXIST;
	lock_release(&lock);
	return rc;
}

int pool_destroy(uint32_t id)
{
	struct sched_pool *p;
	int rc = 0;

	lock_acquire(&lock);
	p = pool_find(id);
	if (!p)
		rc = -ENOENT;
	else if (!id || p->cpu_count || p->domain_count)
		rc = -EBUSY;
	else
		p->in_use = false;
	lock_release(&lock);
	return rc;
}

static void unused_cpus(struct cpuset *out)
{
	unsigned int cpu;

	memset(out, 0, sizeof(*out));
	cpuset_for_each (cpu, &online)
		if (!run_queues[cpu].pool)
			cpuset_add(out, cpu);
}

int pool_add_cpu(uint32_t id, uint32_t cpu)
{
	struct sched_pool *p;
	struct cpuset unused;
	int rc = 0;

	lock_acquire(&lock);
	p = pool_find(id);
	unused_cpus(&unused);
	if (cpu == POOL_ANY)
		cpu = cpuset_next(&unused, 0);
	if (!p)
		rc = -ENOENT;
	else if (cpu >= MAX_CPUS || !cpuset_has(&online, cpu))
		rc = -ENODEV;
	else if (!cpuset_has(&unused, cpu))
		rc = -EBUSY;
	else
		cpu_join(p, cpu);
	lock_release(&lock);
	return rc;
}

int pool_remove_cpu(uint32_t id, uint32_t cpu)
{
	struct sched_pool *p;
	int rc;

	lock_acquire(&lock);
	p = pool_find(id);
	if (p && cpu == POOL_ANY)
		cpu = cpuset_next(&p->cpus, 0);
	if (!p)
		rc = -ENOENT;
	else if (cpu >= MAX_CPUS || !cpuset_has(&p->cpus, cpu))
		rc = -ENODEV;
	else
		rc = cpu_part(p, cpu);
	lock_release(&lock);
	return rc;
}

int pool_move_domain(uint32_t id, struct domain *d)
{
	struct sched_pool *p, *from;
	int rc = 0;

	lock_acquire(&lock);
	p = pool_find(id);
	from = d->sched.pool;
	if (!p) {
		rc = -ENOENT;
	} else if (list_empty(&d->sched.node)) {
		rc = -ESRCH;
	} else if (!p->cpu_count) {
		rc = -ENODEV;
	} else if (p != from) {
		list_del(&d->sched.node);
		from->domain_count--;
		d->sched.pool = p;
		list_add_tail(&p->domains, &d->sched.node);
		p->domain_count++;
		affinity_apply_domain(d);
	}
	lock_release(&lock);
	return rc;
}

/* The pool `id`, or the next one after it. */
static const struct sched_pool *pool_from(uint32_t id)
{
	for (; id < POOLS; id++)
		if (pools[id].in_use)
			return &pools[id];
	return NULL;
}

int pool_info(uint32_t id, struct pool_info *out)
{
	const struct sched_pool *p;

	lock_acquire(&lock);
	p = pool_from(id);
	if (p)
		*out = (struct pool_info){
			.id = p->id,
			.policy_id = p->policy->id,
			.domain_count = p->domain_count,
			.cpus = p->cpus,
			.slice_ns = p->slice_ns,
			.ratelimit_ns = p->ratelimit_ns,
		};
	lock_release(&lock);
	return p ? 0 : -ENOENT;
}

void pool_unused(struct cpuset *out)
{
	lock_acquire(&lock);
	unused_cpus(out);
	lock_release(&lock);
}

int pool_tune(uint32_t id, uint64_t slice_ns, uint64_t ratelimit_ns)
{
	struct sched_pool *p;

	lock_acquire(&lock);
	p = pool_find(id);
	if (p) {
		p->slice_ns = slice_ns;
		p->ratelimit_ns = ratelimit_ns;
	}
	lock_release(&lock);
	return p ? 0 : -ENOENT;
}
