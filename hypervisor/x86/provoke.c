/* SPDX-License-Identifier: MIT */
/*
 * Debug keys that break the machine on purpose, each on a CPU other than the
 * one where the key is pressed, if there is another: so that tests see what is
 * said then. Only with the boot option `provoke`.
 */
#include "x86/provoke.h"
#include "log/console.h"
#include "log/log.h"
#include "x86/asm.h"
#include "x86/ipi.h"
#include "x86/machine.h"

/* The last CPU but `nth`, this one left out. */
static unsigned int victim(unsigned int nth)
{
	unsigned int cpu = cpu_count() - 1;

	if (cpu_count() - 1 <= nth)
		return this_cpu_id();
	cpu -= nth;
	return cpu <= this_cpu_id() ? cpu - 1 : cpu;
}

/* Not waited for: fn does not return. */
static void run_on(unsigned int cpu, struct ipi_call *call)
{
	if (cpu == this_cpu_id())
		call->fn(call->arg);
	else
		ipi_call_begin(cpu, call);
}

static void fall(void *arg)
{
	panic("provoked: %s\n", (const char *)arg);
}

static void key_panic(void)
{
	static struct ipi_call call = {.fn = fall, .arg = "on another CPU"};

	run_on(victim(0), &call);
}

static void write_and_fall(const char *text, size_t bytes)
{
	(void)text;
	(void)bytes;
	fall("with the log's lock held");
}

/* What has been logged so far is written with the lock held. */
static void hold_and_fall(void *arg)
{
	(void)arg;
	log_attach_line(write_and_fall);
}

static void key_locked(void)
{
	static struct ipi_call call = {.fn = hold_and_fall};

	run_on(victim(0), &call);
}

static void damage_and_fall(void *arg)
{
	/* Telling whom this CPU runs will fault. */
	this_cpu()->vcpu = (struct vcpu *)(1ull << 63);
	this_cpu()->idle = false;
	fall(arg);
}

static void key_nested(void)
{
	static struct ipi_call call = {.fn = damage_and_fall,
				       .arg = "with a pointer damaged"};

	run_on(victim(0), &call);
}

static unsigned int falling;

static void fall_together(void *arg)
{
	__atomic_fetch_add(&falling, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&falling, __ATOMIC_SEQ_CST) < 2)
		cpu_pause();
	fall(arg);
}

static void key_two(void)
{
	static struct ipi_call calls[2] = {
		{.fn = fall_together, .arg = "one of two"},
		{.fn = fall_together, .arg = "one of two"},
	};
	unsigned int first = victim(0), second = victim(1);

	if (first == second) {
		log_warn("provoke: there are too few CPUs\n");
		return;
	}
	run_on(first, &calls[0]);
	run_on(second, &calls[1]);
}

/* Interrupts are off, and what others ask is not served. */
static void provoke_spin(void *spins)
{
	__atomic_store_n((bool *)spins, true, __ATOMIC_SEQ_CST);
	for (;;)
		cpu_pause();
}

static void key_spin(void)
{
	static bool spins;
	static struct ipi_call call = {.fn = provoke_spin, .arg = &spins};

	log_info("provoke: CPU %u spins with interrupts off\n", victim(0));
	run_on(victim(0), &call);
	while (!__atomic_load_n(&spins, __ATOMIC_SEQ_CST))
		cpu_wait();
}

void provoke_init(void)
{
	debug_key_register('P', "provoke: panic on another CPU", key_panic);
	debug_key_register('L', "provoke: panic with the log's lock held",
			   key_locked);
	debug_key_register('N', "provoke: panic inside a panic", key_nested);
	debug_key_register('T', "provoke: panic on two CPUs at once", key_two);
	debug_key_register('S', "provoke: a CPU spins, interrupts off",
			   key_spin);
}
