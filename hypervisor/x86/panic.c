/* SPDX-License-Identifier: MIT */
/*
 * A panic: stop all, then tell all, then restart or halt.
 *
 * The first CPU that comes here claims the machine (`stopper`). It stops the
 * others by NMI, which reaches them whatever they hold or wait for; each leaves
 * in its structure where its registers are, and halts. From then on one CPU
 * runs and one writes, so nothing needs a lock and nothing is interleaved.
 * Stacks are mapped on every CPU, hence the one can tell of all.
 *
 * One that panics second leaves its reason and halts likewise. A panic
 * inside the report, from a stack or a table that is broken, goes on behind
 * what it was telling: each CPU is told of once, so that it comes to an end.
 *
 * Test: tests/system/test_panic.c.
 */
#include "x86/panic.h"
#include <stdarg.h>
#include "log/fmt.h"
#include "log/log.h"
#include "x86/apic.h"
#include "x86/asm.h"
#include "x86/clock.h"
#include "x86/cpu.h"
#include "x86/dump.h"
#include "x86/machine.h"
#include "x86/reset.h"

/* Long enough for a CPU that a host has put aside. */
#define STOP_SECONDS 1
/* Each takes up to a kilobyte of stack. */
#define NESTED_MAX 4

bool option_noreboot;

static int32_t stopper = -1; /* the CPU that stops all others */

static void halt_here(void) __attribute__((noreturn));
static void halt_here(void)
{
	for (;;) {
		cli();
		hlt();
	}
}

/* This CPU is the one that goes on, now or already. */
static bool claim(void)
{
	int32_t self = (int32_t)this_cpu_id(), by = -1;

	return __atomic_compare_exchange_n(&stopper, &by, self, false,
					   __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST) ||
	       by == self;
}

bool cpus_are_stopping(void)
{
	return __atomic_load_n(&stopper, __ATOMIC_ACQUIRE) >= 0;
}

static void stand(struct cpu *c, const struct cpu_regs *r)
{
	c->stop.cr2 = read_cr2();
	c->stop.cr3 = read_cr3();
	__atomic_store_n(&c->stop.regs, r, __ATOMIC_RELEASE);
}

static bool stands(const struct cpu *c)
{
	return __atomic_load_n(&c->stop.regs, __ATOMIC_ACQUIRE);
}

void cpus_stop_check(const struct cpu_regs *r)
{
	int32_t by = __atomic_load_n(&stopper, __ATOMIC_ACQUIRE);

	if (by < 0 || by == (int32_t)this_cpu_id())
		return;
	/* One that panicked second stands already. */
	if (!stands(this_cpu()))
		stand(this_cpu(), r);
	halt_here();
}

/* All are asked first: those that do not answer cost one wait together. */
static void others_stop(void)
{
	uint64_t start = rdtsc(), limit = STOP_SECONDS * clock_tsc_hz();
	unsigned int i, self = this_cpu_id();

	for (i = 0; i < cpu_count(); i++)
		if (i != self)
			apic_send_nmi(i);
	for (i = 0; i < cpu_count(); i++)
		while (i != self && !stands(cpu_by_id(i)) &&
		       rdtsc() - start < limit)
			cpu_pause();
}

void cpus_stop(void)
{
	static bool done;

	/* Another was first: its NMI finds us here. */
	if (!claim())
		halt_here();
	if (done)
		return;
	done = true;
	others_stop();
}

static void tell(const struct cpu *c)
{
	if (!stands(c)) {
		log_err("CPU %u: does not answer an NMI\n", c->id);
		return;
	}
	if (c->stop.reason[0])
		log_err("CPU %u panics, too: %s", c->id, c->stop.reason);
	dump_cpu(c, c->stop.regs, c->stop.cr2, c->stop.cr3);
}

/* This CPU, then the others; called again, it goes on with the next. */
static void tell_all(void)
{
	static unsigned int told;
	unsigned int self = this_cpu_id();

	if (told == 0) {
		told = 1;
		tell(this_cpu());
	}
	while (told <= cpu_count()) {
		unsigned int i = told++ - 1;

		if (i != self)
			tell(cpu_by_id(i));
	}
}

static void the_end(void) __attribute__((noreturn));
static void the_end(void)
{
	if (option_noreboot) {
		log_err("*** halted (noreboot)\n");
		machine_halt();
	}
	log_err("*** rebooting\n");
	machine_restart();
}

static void panic_va(const struct cpu_regs *r, const char *fmt, va_list ap)
	PRINTF_FMT(2, 0) __attribute__((noreturn));

static void panic_va(const struct cpu_regs *r, const char *fmt, va_list ap)
{
	static unsigned int nested;
	struct cpu *c = this_cpu();
	char line[sizeof(c->stop.reason)];

	cli();
	if (!claim()) {
		fmt_vsnprintf(c->stop.reason, sizeof(c->stop.reason), fmt, ap);
		/* In an NMI the other's would not come. */
		stand(c, r);
		halt_here();
	}
	fmt_vsnprintf(line, sizeof(line), fmt, ap);
	if (nested++ == 0) {
		stand(c, r);
		cpus_stop();
		log_flush_sync();
		log_err("*** PANIC: %s", line);
		log_err("on CPU %u of %u\n", c->id, cpu_count());
	} else {
		log_err("*** PANIC inside the panic: %s", line);
	}
	if (nested <= NESTED_MAX)
		tell_all();
	the_end();
}

void panic_at(const struct cpu_regs *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	panic_va(r, fmt, ap);
	va_end(ap);
}

/* What a call preserves is the caller's still. */
static inline __attribute__((always_inline)) void
registers_here(struct cpu_regs *r)
{
	__asm__ volatile("mov %%rbx, %0; mov %%rbp, %1; mov %%rsp, %2"
			 : "=m"(r->rbx), "=m"(r->rbp), "=m"(r->rsp));
	__asm__ volatile("mov %%r12, %0; mov %%r13, %1; mov %%r14, %2;"
			 "mov %%r15, %3"
			 : "=m"(r->r12), "=m"(r->r13), "=m"(r->r14),
			   "=m"(r->r15));
	r->rflags = read_flags();
	r->cs = HV_CS;
	r->ss = HV_DS;
}

void panic(const char *fmt, ...)
{
	struct cpu_regs r = {0};
	va_list ap;

	registers_here(&r);
	r.rip = (uint64_t)__builtin_return_address(0);
	va_start(ap, fmt);
	panic_va(&r, fmt, ap);
	va_end(ap);
}
