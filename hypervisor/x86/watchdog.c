/* SPDX-License-Identifier: MIT */
/*
 * The watchdog (`watchdog=1`): a CPU that has not gone through its timer for
 * `watchdog_timeout=` seconds is stuck with interrupts off, and the machine
 * panics with that CPU's registers.
 *
 * Each CPU's timer notes the time once a second and looks at the next CPU's
 * note. If that is too old, it sends the CPU an NMI, in which the CPU itself
 * panics; if it does not, the one who asked does. So that it is also noticed
 * when all are stuck, or there is one CPU, the PIT interrupts CPU 0 18 times a
 * second, through the IO-APIC as an NMI that needs no end of interrupt.
 *
 * See docs/adr/0028-watchdog.md. Test: tests/system/test_panic.c.
 */
#include "x86/watchdog.h"
#include "irq/irq.h"
#include "log/log.h"
#include "time/time.h"
#include "x86/apic.h"
#include "x86/asm.h"
#include "x86/ioapic.h"
#include "x86/machine.h"
#include "x86/panic.h"

#define SECOND_NS   1000000000ull
#define TIMEOUT_MAX 3600

#define PIT_ISA_IRQ   0
#define PIT_CHANNEL0  0x40
#define PIT_COMMAND   0x43
#define PIT_PERIODIC  0x34 /* channel 0, both bytes, mode 2 */
#define PIT_COUNT_MAX 0	   /* 65536 */

struct dog {
	struct timer timer;
	uint64_t noted_ns; /* 0: it does not take part */
	bool asked;	   /* by NMI, whether it is stuck */
};

static struct dog dogs[MAX_CPUS];
static uint64_t timeout_ns;
static bool ticking;

/* For how long it has not noted the time, if that is too long; else 0. */
static uint64_t late_s(const struct dog *d)
{
	uint64_t noted = __atomic_load_n(&d->noted_ns, __ATOMIC_ACQUIRE);
	uint64_t now = time_now_ns();

	if (!noted || now < noted || now - noted <= timeout_ns)
		return 0;
	return (now - noted) / SECOND_NS;
}

static void look_at(unsigned int cpu)
{
	struct dog *d = &dogs[cpu];
	uint64_t late = late_s(d);

	if (!late)
		return;
	/* A second ago already. */
	if (__atomic_exchange_n(&d->asked, true, __ATOMIC_SEQ_CST))
		panic("watchdog: CPU %u has not gone through its timer for "
		      "%llu s and does not answer an NMI\n",
		      cpu, (unsigned long long)late);
	apic_send_nmi(cpu);
}

static void watchdog_beat(struct timer *t)
{
	unsigned int self = this_cpu_id(), next = (self + 1) % cpu_count();
	uint64_t now = time_now_ns();

	__atomic_store_n(&dogs[self].noted_ns, now, __ATOMIC_RELEASE);
	timer_set(t, now + SECOND_NS);
	if (next != self)
		look_at(next);
}

static void check_own(const struct cpu_regs *r)
{
	uint64_t late = late_s(&dogs[this_cpu_id()]);

	if (late)
		panic_at(r,
			 "watchdog: CPU %u has not gone through its timer for "
			 "%llu s\n",
			 this_cpu_id(), (unsigned long long)late);
}

bool watchdog_suspected(const struct cpu_regs *r)
{
	struct dog *d = &dogs[this_cpu_id()];

	if (!__atomic_load_n(&d->asked, __ATOMIC_SEQ_CST))
		return false;
	check_own(r);
	__atomic_store_n(&d->asked, false, __ATOMIC_SEQ_CST);
	return true;
}

bool watchdog_tick(const struct cpu_regs *r)
{
	if (!ticking || this_cpu_id() != 0)
		return false;
	check_own(r);
	return true;
}

static bool tick_start(void)
{
	unsigned int gsi = ioapic_isa_gsi(PIT_ISA_IRQ);
	bool level, active_low;

	ioapic_gsi_default(gsi, &level, &active_low);
	if (level || ioapic_route_nmi(gsi, apic_destination(0), active_low))
		return false;
	irq_reserve_gsi(gsi);
	ticking = true;
	outb(PIT_COMMAND, PIT_PERIODIC);
	outb(PIT_CHANNEL0, PIT_COUNT_MAX);
	outb(PIT_CHANNEL0, PIT_COUNT_MAX);
	ioapic_unmask(gsi);
	return true;
}

void watchdog_init(uint64_t timeout_s)
{
	if (!timeout_s)
		return;
	timeout_ns = MIN(timeout_s, (uint64_t)TIMEOUT_MAX) * SECOND_NS;
	log_info("watchdog: a CPU is stuck after %llu s%s\n",
		 (unsigned long long)(timeout_ns / SECOND_NS),
		 tick_start() ? ""
			      : "; the PIT has no edge-triggered GSI: others "
				"watch, nothing watches them all");
}

void watchdog_start(void)
{
	struct dog *d = &dogs[this_cpu_id()];

	if (!timeout_ns)
		return;
	timer_init(&d->timer, watchdog_beat);
	watchdog_beat(&d->timer);
}
