/* SPDX-License-Identifier: MIT */
/*
 * The other CPUs, one after the other: INIT, SIPI, SIPI (Intel SDM volume 3,
 * "Multiple-Processor Management"), through a trampoline in a page below 1 MiB
 * that keeps what it held. boot/head.S brings a CPU to ap_main() on the stack
 * of the area that is on offer; each then sets itself up as the boot CPU did,
 * has its time stamp counter compared, and waits for work.
 *
 * A CPU has a number, and counts, only once it has come that far. One that does
 * not come is sent back to wait; should it come all the same, the trampoline is
 * still there, and it finds no stack and halts. A CPU whose TSC is off would
 * show guests a time that goes back: it is set, or the CPU is left out, too
 * (time/tsc_sync.h).
 */
#include "x86/smp.h"
#include "boot/memory.h"
#include "firmware/acpi.h"
#include "lib/string.h"
#include "log/log.h"
#include "mm/alloc.h"
#include "pv/mmio.h"
#include "sched/sched.h"
#include "time/time.h"
#include "time/tsc_sync.h"
#include "x86/apic.h"
#include "x86/asm.h"
#include "x86/clock.h"
#include "x86/cpu.h"
#include "x86/machine.h"
#include "x86/msr.h"
#include "x86/mtrr.h"
#include "x86/paging.h"
#include "x86/setup.h"
#include "x86/topology.h"
#include "x86/watchdog.h"

#define AREA_ORDER 4

#define INIT_NS	   10000000ull
#define STARTUP_NS 200000ull
/* An emulated CPU may have to wait for a host CPU first. */
#define ALIVE_NS 2000000000ull

#define LOW_MEMORY_END 0x9f000ull

/* Long enough that counters a few parts in 10^5 apart show it. */
#define TSC_WAIT_NS 5000000ull

enum ap_step {
	AP_STARTED,
	AP_ALIVE, /* it is set up, and answers questions for the time */
	AP_GO,
	AP_LEFT_OUT,
};

extern char ap_trampoline[], ap_trampoline_end[];
void resume_first(void) __attribute__((noreturn));
void ap_main(void) __attribute__((noreturn));

/* The stack for the next CPU that comes; 0: none. boot/head.S takes it. */
uint64_t ap_stack;

static struct cpu *cpus[MAX_CPUS] = {(struct cpu *)cpu0_area};
static unsigned int count = 1;
static enum ap_step step;
static volatile uint64_t tsc_question, tsc_answer;
static volatile int64_t tsc_add_ticks; /* before it answers; then 0 */
static bool missing;		       /* one that is there did not come */
static struct topology_bits topology;

unsigned int cpu_count(void)
{
	return __atomic_load_n(&count, __ATOMIC_ACQUIRE);
}

struct cpu *cpu_by_id(unsigned int id)
{
	return cpus[id];
}

void cpu_counts_read(unsigned int cpu, struct cpu_counts *counts)
{
	*counts = cpus[cpu]->counts;
}

unsigned int this_cpu_id(void)
{
	return this_cpu()->id;
}

struct cpu_locks *cpu_locks(unsigned int cpu)
{
	return &cpus[cpu]->locks;
}

struct cpu_place cpu_place(unsigned int cpu)
{
	uint32_t id = cpus[cpu]->apic_id;
	unsigned int low = topology.thread + topology.core;

	return (struct cpu_place){
		.socket = (uint32_t)((uint64_t)id >> low),
		.core = (id & ((1u << low) - 1)) >> topology.thread,
		.thread = id & ((1u << topology.thread) - 1),
	};
}

static void step_set(enum ap_step s)
{
	__atomic_store_n(&step, s, __ATOMIC_SEQ_CST);
}

static enum ap_step step_get(void)
{
	return __atomic_load_n(&step, __ATOMIC_SEQ_CST);
}

/* This CPU's counter goes on from so many ticks later. */
static void tsc_set(int64_t ticks)
{
	if (cpuid(0, 0).eax >= 7 && (cpuid(7, 0).ebx & 1u << 1))
		wrmsr(MSR_TSC_ADJUST, rdmsr(MSR_TSC_ADJUST) + (uint64_t)ticks);
	else
		wrmsr(MSR_TSC, rdtsc() + (uint64_t)ticks);
}

/* The new CPU's first C. */
void ap_main(void)
{
	struct cpu *c = this_cpu();
	uint64_t answered = tsc_question;

	cpu_setup(c);
	mtrr_load();
	apic_init_ap();
	if (apic_own_id() != c->apic_id) {
		/* One that was given up came after all, in another's place. */
		step_set(AP_LEFT_OUT);
		for (;;)
			hlt();
	}
	step_set(AP_ALIVE);
	while (step_get() < AP_GO) {
		if (tsc_question != answered) {
			answered = tsc_question;
			if (tsc_add_ticks) {
				tsc_set(tsc_add_ticks);
				tsc_add_ticks = 0;
			}
			tsc_answer = rdtsc_ordered();
		}
		cpu_pause();
	}
	if (step_get() == AP_LEFT_OUT)
		for (;;)
			hlt();
	sched_cpu_up(c->id);
	watchdog_start();
	sched_request();
	resume_first();
}

/* false: it did not in time. */
static bool wait_step(enum ap_step s, uint64_t ns)
{
	uint64_t end = time_now_ns() + ns;

	while (step_get() != s) {
		if (time_now_ns() > end || step_get() == AP_LEFT_OUT)
			return false;
		cpu_pause();
	}
	return true;
}

static void tsc_ask(struct tsc_round *r)
{
	r->before = rdtsc_ordered();
	tsc_answer = 0;
	tsc_question++;
	while (!tsc_answer)
		cpu_pause();
	r->after = rdtsc_ordered();
	r->theirs = tsc_answer;
}

static void tsc_add(int64_t ticks)
{
	struct tsc_round r;

	tsc_add_ticks = ticks;
	tsc_ask(&r);
}

static void tsc_wait(void)
{
	clock_delay_ns(TSC_WAIT_NS);
}

static const struct tsc_other tsc_other = {tsc_ask, tsc_add, tsc_wait};

/* NULL, or why it cannot be used. */
static const char *tsc_check(const struct cpu *c)
{
	int64_t off;
	enum tsc_verdict verdict = tsc_sync(&tsc_other, &off);
	uint64_t ticks = (uint64_t)(off < 0 ? -off : off);

	if (off)
		log_print(verdict == TSC_IN_STEP ? LOG_INFO : LOG_WARN,
			  "CPU with APIC ID %u: its TSC was %llu ns %s%s\n",
			  c->apic_id,
			  (unsigned long long)(ticks * 1000000 /
					       (clock_tsc_hz() / 1000)),
			  off < 0 ? "behind" : "ahead",
			  verdict == TSC_IN_STEP ? ", set" : "");
	switch (verdict) {
	case TSC_IN_STEP:
		return NULL;
	case TSC_OFF:
		return "its time stamp counter differs and cannot be set";
	case TSC_OTHER_RATE:
		return "its time stamp counter runs at another rate";
	}
	return NULL;
}

/* A page of RAM below 1 MiB; 0: there is none. */
static uint64_t low_page(void)
{
	uint64_t best = 0;
	unsigned int i;

	for (i = 0; i < e820_count; i++) {
		uint64_t end = MIN(e820[i].addr + e820[i].size, LOW_MEMORY_END);

		end = ALIGN_DOWN(end, PAGE_SIZE);
		if (e820[i].type == E820_RAM && end >= e820[i].addr + PAGE_SIZE)
			best = MAX(best, end - PAGE_SIZE);
	}
	return best;
}

static struct cpu *area_make(unsigned int id, uint32_t apic_id)
{
	struct cpu *c = (struct cpu *)(CPU_AREAS + id * CPU_AREA_BYTES), *w;
	uint64_t paddr;

	w = hv_page_alloc(AREA_ORDER);
	if (!w)
		return NULL;
	paddr = mfn_to_maddr(virt_to_mfn(w)).a;
	cpu_prepare(c, w, paddr);
	w->id = id;
	w->apic_id = apic_id;
	if (!cpu_area_map((uint64_t)c, paddr)) {
		hv_page_free(w, AREA_ORDER);
		return NULL;
	}
	return c;
}

/* NULL, or why it does not come. */
static const char *cpu_start(struct cpu *c, uint64_t page)
{
	unsigned int tries;
	const char *why;

	step_set(AP_STARTED);
	__atomic_store_n(&ap_stack, (uint64_t)c + CPU_AREA_BYTES,
			 __ATOMIC_SEQ_CST);
	apic_send_init(c->apic_id);
	clock_delay_ns(INIT_NS);
	for (tries = 0; tries < 2; tries++) {
		apic_send_startup(c->apic_id, page);
		if (wait_step(AP_ALIVE, tries ? ALIVE_NS : STARTUP_NS))
			break;
	}
	if (step_get() != AP_ALIVE) {
		/* Taken back, or it has just come. */
		if (__atomic_exchange_n(&ap_stack, 0, __ATOMIC_SEQ_CST)) {
			apic_send_init(c->apic_id);
			return "no answer";
		}
		if (!wait_step(AP_ALIVE, ALIVE_NS))
			return "it did not finish its set-up";
	}
	why = tsc_check(c);
	if (why)
		step_set(AP_LEFT_OUT);
	return why;
}

/* The area of one that did not come may be in use still, and is kept. */
static void cpu_bring_up(const struct acpi_cpu *a, uint64_t page)
{
	struct cpu *c;
	const char *why = "no memory";

	if (!apic_can_reach(a->apic_id)) {
		log_warn("CPU with APIC ID %u: left out: the APICs are not in "
			 "x2APIC mode\n",
			 a->apic_id);
		return;
	}
	c = area_make(count, a->apic_id);
	if (c)
		why = cpu_start(c, page);
	if (why) {
		missing = true;
		log_warn("CPU with APIC ID %u: left out: %s\n", a->apic_id,
			 why);
		return;
	}
	cpus[count] = c;
	apic_cpu_add(a->apic_id, a->acpi_id);
	__atomic_store_n(&count, count + 1, __ATOMIC_SEQ_CST);
	step_set(AP_GO);
}

static void others_start(const struct acpi_info *acpi, uint64_t max)
{
	static char kept[PAGE_SIZE];
	size_t i, bytes = (uint64_t)ap_trampoline_end - (uint64_t)ap_trampoline;
	uint64_t page = low_page();
	void *low = mfn_to_virt(mfn(page >> PAGE_SHIFT));

	if (!page) {
		log_warn("CPUs: no memory below 1 MiB to start others\n");
		return;
	}
	mtrr_save();
	memcpy(kept, low, bytes);
	memcpy(low, ap_trampoline, bytes);
	for (i = 0; i < acpi->cpu_count && count < max; i++) {
		const struct acpi_cpu *a = &acpi->cpus[i];

		if (a->enabled && a->apic_id != this_cpu()->apic_id)
			cpu_bring_up(a, page);
	}
	if (missing)
		mmio_deny(page, PAGE_SIZE);
	else
		memcpy(low, kept, bytes);
}

/* How much free memory each of the other CPUs has taken. */
static void memory_report(uint64_t free_before)
{
	if (count > 1)
		log_info("CPUs: %llu KiB of memory for each but the first\n",
			 (unsigned long long)(free_before - page_free_count()) *
				 (PAGE_SIZE / 1024) / (count - 1));
}

void smp_init(const struct acpi_info *acpi, uint64_t max)
{
	uint64_t free_before = page_free_count();
	unsigned int present = 0;
	size_t i;

	this_cpu()->apic_id = apic_own_id();
	topology = topology_read(cpuid);
	for (i = 0; i < acpi->cpu_count; i++)
		present += acpi->cpus[i].enabled;
	max = max ? MIN(max, (uint64_t)MAX_CPUS) : MAX_CPUS;
	if (max > 1)
		others_start(acpi, max);
	log_info("CPUs: %u present, %u in use%s\n", MAX(present, 1u), count,
		 present > count && count >= max ? " (maxcpus=)" : "");
	memory_report(free_before);
}
