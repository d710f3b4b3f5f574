/* SPDX-License-Identifier: MIT */
/* The CPUs of threads.h, and a machine that counts nothing. */
#include "threads.h"
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "fake/clock.h"
#include "fake/machine.h"
#include "fake/world.h"
#include "hypercall/hypercall.h"
#include "mm/guest.h"
#include "sched/policy.h"
#include "sched/pool.h"
#include "sched/sched.h"
#include "x86/clock.h"

/*
 * The page allocator looks at the words of a neighbour that is in use, and
 * whose owner changes them, only to find that it is not free.
 */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
	return "race_top:block_free\nrace_top:frames_clean\n";
}

/* In vain, by each, until they all count as stuck. */
#define LOOKS 500

static uint64_t seed;
static _Thread_local uint64_t state;
/*
 * Who is in cpu_return() and has found nobody to run, how often each of those
 * has looked in vain, and how often one of them has found somebody.
 */
static unsigned int idle, alive;
static unsigned int looks[THREADS], founds;

unsigned int cpu_count(void)
{
	return THREADS;
}

void cpu_wait(void)
{
	sched_yield();
}

void __real_lock_acquire(struct spinlock *l);
void __wrap_lock_acquire(struct spinlock *l);

/* On few processors, races need some help: others run here now and then. */
void __wrap_lock_acquire(struct spinlock *l)
{
	if (state && chance(16) == 0)
		sched_yield();
	__real_lock_acquire(l);
}

void sched_request_on(unsigned int cpu)
{
	(void)cpu;
}

void cpu_look(unsigned int cpu)
{
	(void)cpu;
}

bool hypercall_preempt_check(void)
{
	return chance(4) == 0;
}

void clock_event_program(uint64_t deadline_ns)
{
	(void)deadline_ns;
}

int guest_read(void *dst, gptr_t src, size_t bytes)
{
	memcpy(dst, (const void *)(uintptr_t)src.va, bytes);
	return 0;
}

int guest_write(gptr_t dst, const void *src, size_t bytes)
{
	memcpy((void *)(uintptr_t)dst.va, src, bytes);
	return 0;
}

void wrong(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	va_start(args, fmt);
	fprintf(stderr, "seed %llu, CPU %u: ", (unsigned long long)seed,
		fake_cpu);
	vfprintf(stderr, fmt, args);
	fprintf(stderr, "\n");
	va_end(args);
	_exit(1);
}

void chance_seed(uint64_t s)
{
	seed = s;
	state = s * 0x9e3779b97f4a7c15ull | 1;
}

unsigned int chance(unsigned int below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned int)(state >> 33) % below;
}

void threads_init(void)
{
	unsigned int cpu;

	fake_cpus = THREADS;
	world_init();
	for (cpu = 1; cpu < THREADS; cpu++)
		sched_cpu_up(cpu);
}

struct start {
	void (*fn)(unsigned int self);
	unsigned int self;
};

static void *thread_main(void *arg)
{
	const struct start *s = arg;

	fake_cpu = s->self;
	state = (seed + s->self + 1) * 0x9e3779b97f4a7c15ull | 1;
	s->fn(s->self);
	__atomic_fetch_sub(&alive, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

void threads_run(void (*fn)(unsigned int self))
{
	pthread_t t[THREADS];
	struct start s[THREADS];
	unsigned int i;

	alive = THREADS;
	for (i = 0; i < THREADS; i++) {
		s[i] = (struct start){fn, i};
		if (pthread_create(&t[i], NULL, thread_main, &s[i]))
			wrong("no thread");
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
}

void cpu_take(unsigned int cpu, struct vcpu *v)
{
	struct cpuset only = {{0}};
	unsigned int was = fake_cpu;

	cpuset_add(&only, cpu);
	if (sched_affinity_set(v, &only, NULL))
		wrong("CPU %u cannot be had", cpu);
	vcpu_wake(v);
	fake_cpu = cpu;
	if (sched_pick(cpu, NULL, fake_time_ns) != v)
		wrong("the vCPU does not run");
	fake_cpu = was;
}

static unsigned int load(const unsigned int *n)
{
	return __atomic_load_n(n, __ATOMIC_SEQ_CST);
}

/* What one saw when everybody had begun to wait. */
struct stillness {
	bool begun;
	unsigned int alive, founds, looks[THREADS];
};

/* Has everybody looked again, often, since, and nobody found anything? */
static bool is_stuck(struct stillness *s)
{
	unsigned int i, unchanged = 0;

	if (load(&idle) != load(&alive) ||
	    (s->begun &&
	     (s->founds != load(&founds) || s->alive != load(&alive)))) {
		s->begun = false;
		return false;
	}
	if (!s->begun) {
		s->begun = true;
		s->alive = load(&alive);
		s->founds = load(&founds);
		for (i = 0; i < THREADS; i++)
			s->looks[i] = load(&looks[i]);
		return false;
	}
	/* Those that have ended look no more. */
	for (i = 0; i < THREADS; i++)
		unchanged += load(&looks[i]) - s->looks[i] < LOOKS;
	return unchanged <= THREADS - s->alive;
}

void cpu_return(struct vcpu *v)
{
	struct vcpu *running = sched_pick(fake_cpu, v, fake_time_ns);
	struct stillness still = {false};

	if (running == v)
		return;
	__atomic_fetch_add(&idle, 1, __ATOMIC_SEQ_CST);
	while (running != v) {
		sched_yield();
		if (is_stuck(&still))
			wrong("all CPUs wait: a wake-up was lost (blocked %d, "
			      "polls %d port %u, queued %d, state %d)",
			      v->blocked, v->polling, v->poll_port,
			      vcpu_queued(v), v->state);
		running = sched_pick(fake_cpu, running, fake_time_ns);
		if (running != v)
			__atomic_fetch_add(&looks[fake_cpu], 1,
					   __ATOMIC_SEQ_CST);
	}
	__atomic_fetch_add(&founds, 1, __ATOMIC_SEQ_CST);
	__atomic_fetch_sub(&idle, 1, __ATOMIC_SEQ_CST);
}

void cpu_leave(struct vcpu *v)
{
	vcpu_pause(v);
	if (sched_pick(v->cpu, v, fake_time_ns))
		wrong("somebody else runs");
	vcpu_unpause(v);
}
