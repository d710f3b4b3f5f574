/* SPDX-License-Identifier: MIT */
/*
 * The machine as far as the scheduler looks at it, for the benchmarks that run
 * the hypervisor's own scheduler as a host program: see fake/machine.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/event.h"
#include "fake/clock.h"
#include "fake/machine.h"
#include "log/log.h"
#include "sched/sched.h"
#include "sched/slice.h"
#include "time/time.h"
#include "x86/clock.h"
#include "x86/machine.h"

uint64_t fake_time_ns;
_Thread_local unsigned int fake_cpu;
unsigned int fake_cpus = 1;
bool fake_sched_asked[MAX_CPUS];

void fake_clock_reset(void)
{
	fake_time_ns = FAKE_TIME_BASE;
}

uint64_t time_now_ns(void)
{
	return fake_time_ns;
}

void clock_event_program(uint64_t deadline_ns)
{
	(void)deadline_ns;
}

void sched_request_on(unsigned int cpu)
{
	fake_sched_asked[cpu] = true;
}

void sched_request(void)
{
	sched_request_on(fake_cpu);
}

unsigned int this_cpu_id(void)
{
	return fake_cpu;
}

unsigned int cpu_count(void)
{
	return fake_cpus;
}

struct cpu_locks *cpu_locks(unsigned int cpu)
{
	static struct cpu_locks locks[MAX_CPUS];

	return &locks[cpu];
}

void cpu_wait(void)
{
}

void cpu_look(unsigned int cpu)
{
	(void)cpu;
}

void event_poll_begin(struct vcpu *v)
{
	(void)v;
}

void event_poll_end(struct vcpu *v)
{
	(void)v;
}

void watchdog_kill(struct domain *d)
{
	(void)d;
}

void log_print(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	abort();
}
