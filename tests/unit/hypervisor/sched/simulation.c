/* SPDX-License-Identifier: MIT */
/* See simulation.h. */
#include "simulation.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fake/clock.h"
#include "fake/machine.h"
#include "sched/policy.h"
#include "sched/pool.h"
#include "sched/sched.h"
#include "time/time.h"

uint64_t sim_random(struct sim *s, uint64_t below)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return below ? (s->random >> 11) % below : 0;
}

struct sim_vcpu *sim_of(const struct vcpu *v)
{
	return container_of((struct vcpu *)v, struct sim_vcpu, v);
}

void sim_init(struct sim *s, unsigned int cpus, const char *policy,
	      uint64_t seed)
{
	unsigned int cpu;

	*s = (struct sim){
		.cpu_count = cpus,
		.random = seed * 0x9e3779b97f4a7c15ull | 1,
		.exact_work = !strcmp(policy, "share"),
	};
	fake_clock_reset();
	fake_cpu = 0;
	fake_cpus = cpus;
	memset(fake_sched_asked, 0, sizeof(fake_sched_asked));
	if (!sched_choose(policy))
		abort();
	sched_init();
	for (cpu = 1; cpu < cpus; cpu++)
		sched_cpu_up(cpu);
	(void)sim_settle(s);
}

/* The next stretch of computing, or of waiting. */
static uint64_t stretch(struct sim *s, const struct sim_habit *h, uint64_t ns)
{
	return h->random ? 1 + sim_random(s, 2 * ns) : ns;
}

static void compute(struct sim *s, struct sim_vcpu *x)
{
	x->left_ns = ~0ull;
	if (x->habit.run_ns)
		x->left_ns = stretch(s, &x->habit, x->habit.run_ns);
}

struct domain *sim_domain(struct sim *s, unsigned int vcpus,
			  struct sim_habit habit)
{
	struct domain *d = calloc(1, sizeof(*d));
	unsigned int i;

	if (!d || s->vcpu_count + vcpus > SIM_VCPUS ||
	    s->domain_count == SIM_DOMAINS)
		abort();
	d->id = (domid_t)(s->domain_count + 1);
	d->max_vcpus = vcpus;
	d->refs = 1;
	list_init(&d->sched.node);
	if (sched_domain_init(d))
		abort();
	s->domain[s->domain_count++] = d;
	for (i = 0; i < vcpus; i++) {
		struct sim_vcpu *x = aligned_alloc(64, sizeof(*x));

		if (!x)
			abort();
		memset(x, 0, sizeof(*x));
		x->v.id = i;
		x->v.domain = d;
		x->v.info = &x->info;
		x->v.info->evtchn_upcall_mask = 1;
		x->v.initialised = x->v.up = true;
		x->habit = habit;
		if (sched_vcpu_init(&x->v))
			abort();
		d->vcpu[i] = &x->v;
		s->vcpu[s->vcpu_count++] = x;
		compute(s, x);
	}
	for (i = 0; i < vcpus; i++)
		vcpu_wake(d->vcpu[i]);
	(void)sim_settle(s);
	return d;
}

static void vcpu_drop(struct sim *s, struct sim_vcpu *x)
{
	unsigned int i;

	for (i = 0; i < s->vcpu_count; i++)
		if (s->vcpu[i] == x)
			s->vcpu[i] = s->vcpu[--s->vcpu_count];
	free(x);
}

void sim_domain_end(struct sim *s, struct domain *d)
{
	unsigned int i;

	for (i = 0; i < d->max_vcpus; i++)
		vcpu_pause(d->vcpu[i]);
	(void)sim_settle(s);
	if (sched_kill(d))
		abort();
	for (i = 0; i < d->max_vcpus; i++)
		vcpu_drop(s, sim_of(d->vcpu[i]));
	for (i = 0; i < s->domain_count; i++)
		if (s->domain[i] == d)
			s->domain[i] = s->domain[--s->domain_count];
	free(d);
	(void)sim_settle(s);
}

void sim_end(struct sim *s)
{
	while (s->domain_count)
		sim_domain_end(s, s->domain[0]);
	for (fake_cpu = 0; fake_cpu < SIM_CPUS; fake_cpu++)
		timer_stop(&run_queues[fake_cpu].slice);
	fake_cpu = 0;
	fake_cpus = 1;
	(void)sched_choose("share");
}

static void broken(struct sim *s, const char *what, const struct vcpu *v,
		   unsigned int cpu)
{
	if (s->broken)
		return;
	s->broken = what;
	snprintf(s->detail, sizeof(s->detail),
		 "at %llu us: domain %u vCPU %u, CPU %u, state %d, its CPU %u",
		 (unsigned long long)fake_time_ns / 1000, v ? v->domain->id : 0,
		 v ? v->id : 0, cpu, v ? (int)v->state : -1, v ? v->cpu : 0);
}

/* The hard set, resolved anew from what was asked for. */
static bool allowed(const struct vcpu *v, unsigned int cpu)
{
	const struct sched_pool *p = v->domain->sched.pool;
	struct cpuset s;

	return cpuset_and(&s, &v->unit.hard, &p->cpus)
		       ? cpuset_has(&s, cpu)
		       : cpuset_has(&p->cpus, cpu);
}

static void check_running(struct sim *s)
{
	unsigned int cpu, i;

	for (cpu = 0; cpu < SIM_CPUS; cpu++) {
		struct vcpu *v = s->cur[cpu];

		if (!v)
			continue;
		if (!v->on_cpu || v->cpu != cpu || v->state != VCPU_RUNNING)
			broken(s, "who runs is not marked so", v, cpu);
		if (!vcpu_runnable(v))
			broken(s, "runs and is not runnable", v, cpu);
		if (!allowed(v, cpu))
			broken(s, "runs where it may not", v, cpu);
		if (vcpu_queued(v))
			broken(s, "runs and waits", v, cpu);
	}
	for (i = 0; i < s->vcpu_count; i++) {
		struct vcpu *v = &s->vcpu[i]->v;

		if (v->on_cpu && s->cur[v->cpu] != v)
			broken(s, "is marked and does not run", v, v->cpu);
		if (!v->on_cpu && vcpu_runnable(v) && !vcpu_queued(v) &&
		    s->exact_work)
			broken(s, "is runnable and lost", v, v->cpu);
		if (v->unit.node.linked && !allowed(v, v->cpu))
			broken(s, "waits where it may not run", v, v->cpu);
	}
}

static void check_work(struct sim *s)
{
	unsigned int cpu, i;

	for (cpu = 0; cpu < SIM_CPUS && s->exact_work; cpu++) {
		if (!run_queues[cpu].pool || s->cur[cpu])
			continue;
		for (i = 0; i < s->vcpu_count; i++) {
			struct vcpu *v = &s->vcpu[i]->v;

			if (v->unit.node.linked && vcpu_runnable(v) &&
			    allowed(v, cpu))
				broken(s, "waits while a CPU idles", v, cpu);
		}
	}
}

static void waits_note(struct sim *s)
{
	unsigned int i;

	for (i = 0; i < s->vcpu_count; i++) {
		struct sim_vcpu *x = s->vcpu[i];
		uint64_t ns;

		if (!x->v.unit.node.linked) {
			x->waiting_since = 0;
			continue;
		}
		if (!x->waiting_since)
			x->waiting_since = fake_time_ns;
		ns = fake_time_ns - x->waiting_since;
		x->wait_max_ns = MAX(x->wait_max_ns, ns);
		if (x->woken)
			x->wake_max_ns = MAX(x->wake_max_ns, ns);
	}
}

bool sim_settle(struct sim *s)
{
	unsigned int cpu, rounds = 0, asked;

	do {
		asked = 0;
		for (cpu = 0; cpu < SIM_CPUS; cpu++) {
			struct vcpu *before = s->cur[cpu];

			if (!fake_sched_asked[cpu])
				continue;
			asked++;
			fake_sched_asked[cpu] = false;
			fake_cpu = cpu;
			s->cur[cpu] = sched_pick(cpu, before, fake_time_ns);
			s->picks++;
			if (s->cur[cpu])
				sim_of(s->cur[cpu])->woken = false;
		}
		if (++rounds > 1000) {
			broken(s, "CPUs ask each other for ever", NULL, 0);
			break;
		}
	} while (asked);
	check_running(s);
	check_work(s);
	waits_note(s);
	return !s->broken;
}

/* The next time at which something happens. */
static uint64_t next_event(const struct sim *s, uint64_t end)
{
	unsigned int i;

	for (fake_cpu = 0; fake_cpu < SIM_CPUS; fake_cpu++)
		end = MIN(end, timers_next());
	for (i = 0; i < s->vcpu_count; i++) {
		const struct sim_vcpu *x = s->vcpu[i];

		if (x->v.blocked)
			end = MIN(end, x->wake_ns);
		else if (x->v.on_cpu && x->left_ns != ~0ull)
			end = MIN(end, fake_time_ns + x->left_ns);
	}
	return MAX(end, fake_time_ns);
}

static void advance(struct sim *s, uint64_t to)
{
	unsigned int cpu;

	for (cpu = 0; cpu < SIM_CPUS; cpu++) {
		struct vcpu *v = s->cur[cpu];

		if (v && sim_of(v)->left_ns != ~0ull)
			sim_of(v)->left_ns -= to - fake_time_ns;
	}
	fake_time_ns = to;
}

static void happen(struct sim *s)
{
	unsigned int i;

	for (fake_cpu = 0; fake_cpu < SIM_CPUS; fake_cpu++)
		if (timers_next() <= fake_time_ns)
			timers_run(fake_time_ns);
	for (i = 0; i < s->vcpu_count; i++) {
		struct sim_vcpu *x = s->vcpu[i];

		if (x->v.blocked && x->wake_ns <= fake_time_ns) {
			/* The event comes on any CPU. */
			fake_cpu = (unsigned int)sim_random(s, s->cpu_count);
			compute(s, x);
			x->woken = true;
			vcpu_kick(&x->v);
		} else if (x->v.on_cpu && !x->left_ns && x->yields) {
			fake_cpu = x->v.cpu;
			compute(s, x);
			vcpu_yield(&x->v);
		} else if (x->v.on_cpu && !x->left_ns) {
			fake_cpu = x->v.cpu;
			x->wake_ns = fake_time_ns +
				     stretch(s, &x->habit, x->habit.wait_ns);
			vcpu_block(&x->v);
		}
	}
}

bool sim_run(struct sim *s, uint64_t ns)
{
	uint64_t end = fake_time_ns + ns;

	(void)sim_settle(s);
	while (fake_time_ns < end && !s->broken) {
		advance(s, next_event(s, end));
		happen(s);
		(void)sim_settle(s);
	}
	fake_cpu = 0;
	return !s->broken;
}

uint64_t sim_used(const struct domain *d)
{
	uint64_t ns = 0;
	unsigned int i;

	for (i = 0; i < d->max_vcpus; i++)
		ns += vcpu_state_time(d->vcpu[i], VCPU_RUNNING);
	return ns;
}
