/* SPDX-License-Identifier: MIT */
/*
 * The local APIC.
 *
 * In xAPIC mode its registers are 32 bits wide, 16 bytes apart, in the page
 * that MSR_APIC_BASE names; in x2APIC mode, which we keep if the firmware
 * left it on (it cannot be left without a reset), register r is MSR
 * 0x800 + r / 16.
 *
 * The timer runs in TSC-deadline mode where the CPU has it; else it counts
 * down at a rate that is measured against the clock.
 *
 * Reference: Intel SDM volume 3, chapter "APIC".
 */
#include "x86/apic.h"
#include "firmware/acpi.h"
#include "irq/irq.h"
#include "log/log.h"
#include "sched/sched.h"
#include "time/scale.h"
#include "time/time.h"
#include "x86/asm.h"
#include "x86/clock.h"
#include "x86/ioremap.h"
#include "x86/ipi.h"
#include "x86/machine.h"
#include "x86/msr.h"
#include "x86/nmi.h"
#include "x86/uart.h"
#include "x86/vectors.h"

#define MSR_TSC_DEADLINE 0x6e0
#define MSR_X2APIC_FIRST 0x800

#define APIC_BASE_ENABLE (1u << 11)
#define APIC_BASE_X2APIC (1u << 10)

#define APIC_ID		  0x020
#define APIC_VERSION	  0x030
#define APIC_TPR	  0x080
#define APIC_EOI	  0x0b0
#define APIC_SPURIOUS	  0x0f0
#define APIC_ISR	  0x100 /* eight words, 0x10 apart */
#define APIC_ERROR_STATUS 0x280
#define APIC_LVT_CMCI	  0x2f0
#define APIC_COMMAND	  0x300
#define APIC_COMMAND_TO	  0x310
#define APIC_LVT_TIMER	  0x320
#define APIC_LVT_THERMAL  0x330
#define APIC_LVT_PERF	  0x340
#define APIC_LVT_LINT0	  0x350
#define APIC_LVT_LINT1	  0x360
#define APIC_LVT_ERROR	  0x370
#define APIC_TIMER_COUNT  0x380
#define APIC_TIMER_NOW	  0x390
#define APIC_TIMER_DIVIDE 0x3e0

#define COMMAND_NMI	    (4u << 8)
#define COMMAND_INIT	    (5u << 8)
#define COMMAND_STARTUP	    (6u << 8)
#define COMMAND_SELF	    (1u << 18)
#define COMMAND_PENDING	    (1u << 12)
#define COMMAND_ASSERT	    (1u << 14)
#define SPURIOUS_ENABLE	    (1u << 8)
#define LVT_MASKED	    (1u << 16)
#define LVT_TSC_DEADLINE    (2u << 17)
#define LVT_DELIVERY_NMI    (4u << 8)
#define LVT_DELIVERY_EXTINT (7u << 8)
#define DIVIDE_BY_1	    0xbu

#define MEASURE_NS 10000000ull

static volatile char *regs; /* NULL: x2APIC mode */
static bool tsc_deadline;
static uint64_t timer_hz;

/* CPUs in use, by number. */
struct apic_cpu {
	uint32_t apic_id, acpi_id;
};

static struct apic_cpu cpus[MAX_CPUS];
static unsigned int used_count;

static uint32_t apic_read(uint32_t reg)
{
	if (!regs)
		return (uint32_t)rdmsr(MSR_X2APIC_FIRST + (reg >> 4));
	return mmio_read32(regs + reg);
}

static void apic_write(uint32_t reg, uint32_t v)
{
	if (!regs)
		wrmsr(MSR_X2APIC_FIRST + (reg >> 4), v);
	else
		mmio_write32(regs + reg, v);
}

uint32_t apic_own_id(void)
{
	uint32_t id = apic_read(APIC_ID);

	return regs ? id >> 24 : id;
}

void apic_eoi(void)
{
	apic_write(APIC_EOI, 0);
}

/*
 * Local vectors: our timer and errors, and NMI on LINT1 as PCs wire it, which
 * one CPU is to hear.
 */
static void lvt_init(bool first)
{
	unsigned int last_lvt = apic_read(APIC_VERSION) >> 16 & 0xff;

	apic_write(APIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	apic_write(APIC_LVT_LINT0, LVT_MASKED | LVT_DELIVERY_EXTINT);
	apic_write(APIC_LVT_LINT1, LVT_DELIVERY_NMI | (first ? 0 : LVT_MASKED));
	if (last_lvt >= 3)
		apic_write(APIC_LVT_ERROR, VECTOR_APIC_ERROR);
	if (last_lvt >= 4)
		apic_write(APIC_LVT_PERF, LVT_MASKED | VECTOR_SPURIOUS);
	if (last_lvt >= 5)
		apic_write(APIC_LVT_THERMAL, LVT_MASKED | VECTOR_SPURIOUS);
	if (last_lvt >= 6)
		apic_write(APIC_LVT_CMCI, LVT_MASKED | VECTOR_SPURIOUS);
}

/* Interrupts that the firmware took and never finished would block ours. */
static void finish_stale(void)
{
	unsigned int word, rounds;

	for (rounds = 0; rounds < 256; rounds++) {
		uint32_t in_service = 0;

		for (word = 0; word < 8; word++)
			in_service |= apic_read(APIC_ISR + word * 0x10);
		if (!in_service)
			return;
		apic_eoi();
	}
	log_warn("local APIC: interrupts of the firmware stay in service\n");
}

static void timer_init_rate(void)
{
	uint64_t start_ns, elapsed_ns;
	uint32_t left;

	tsc_deadline = cpuid(1, 0).ecx >> 24 & 1;
	apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
	if (tsc_deadline)
		return;

	/* Masked, so that running out in the middle does no harm. */
	apic_write(APIC_TIMER_COUNT, 0xffffffff);
	start_ns = time_now_ns();
	clock_delay_ns(MEASURE_NS);
	left = apic_read(APIC_TIMER_NOW);
	elapsed_ns = time_now_ns() - start_ns;
	apic_write(APIC_TIMER_COUNT, 0);
	timer_hz = mul_div_u64(0xffffffffu - left, NS_PER_SECOND, elapsed_ns);
	if (left == 0 || timer_hz < 10000)
		panic("the local APIC's timer runs at %lu Hz\n",
		      (unsigned long)timer_hz);
}

static void timer_open(void)
{
	apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
	if (!tsc_deadline) {
		apic_write(APIC_LVT_TIMER, VECTOR_TIMER);
		return;
	}
	apic_write(APIC_LVT_TIMER, LVT_TSC_DEADLINE | VECTOR_TIMER);
	/*
	 * In xAPIC mode the store above is a memory access that the MSR's
	 * write could overtake.
	 */
	__asm__ volatile("mfence" : : : "memory");
}

/* Everything of this CPU's but the timer. */
static void local_init(bool first)
{
	apic_write(APIC_TPR, 0);
	lvt_init(first);
	apic_write(APIC_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
	finish_stale();
	apic_write(APIC_ERROR_STATUS, 0);
}

/*
 * Only in x2APIC mode has a CPU with an APIC ID of 255 and more an address. It
 * is not gone into otherwise: devices could not reach such a CPU anyway.
 */
static bool needs_x2apic(const struct acpi_info *acpi)
{
	size_t i;

	for (i = 0; i < acpi->cpu_count; i++)
		if (acpi->cpus[i].enabled && acpi->cpus[i].apic_id >= 0xff)
			return cpuid(1, 0).ecx >> 21 & 1;
	return false;
}

void apic_init_bsp(const struct acpi_info *acpi)
{
	uint64_t base = rdmsr(MSR_APIC_BASE);
	uint64_t paddr = base & 0xffffffffff000ull;
	size_t i;

	if (!(cpuid(1, 0).edx >> 9 & 1))
		panic("this CPU has no local APIC\n");
	if (!(base & APIC_BASE_ENABLE))
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
	if (!(base & APIC_BASE_X2APIC) && needs_x2apic(acpi)) {
		base |= APIC_BASE_ENABLE | APIC_BASE_X2APIC;
		wrmsr(MSR_APIC_BASE, base);
	}
	if (!(base & APIC_BASE_X2APIC)) {
		regs = ioremap(paddr, PAGE_SIZE);
		if (!regs)
			panic("the local APIC at %#lx cannot be mapped\n",
			      (unsigned long)paddr);
	}

	local_init(true);
	cpus[0].apic_id = apic_own_id();
	for (i = 0; i < acpi->cpu_count; i++) {
		if (acpi->cpus[i].apic_id == cpus[0].apic_id)
			cpus[0].acpi_id = acpi->cpus[i].acpi_id;
	}
	used_count = 1;

	timer_init_rate();
	timer_open();
	log_info("local APIC %u: %s, %s timer at %lu.%03lu MHz\n",
		 cpus[0].apic_id, regs ? "xAPIC" : "x2APIC",
		 tsc_deadline ? "TSC-deadline" : "one-shot",
		 (unsigned long)((tsc_deadline ? clock_tsc_hz() : timer_hz) /
				 1000000),
		 (unsigned long)((tsc_deadline ? clock_tsc_hz() : timer_hz) /
				 1000 % 1000));
}

void apic_init_ap(void)
{
	uint64_t base = rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE;

	/*
	 * As the boot CPU: the firmware may have left them apart. From off to
	 * x2APIC there are two steps.
	 */
	wrmsr(MSR_APIC_BASE, base);
	if (!regs)
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2APIC);
	local_init(false);
	timer_open();
}

bool apic_can_reach(uint32_t apic_id)
{
	return !regs || apic_id < 0xff;
}

void apic_cpu_add(uint32_t apic_id, uint32_t acpi_id)
{
	cpus[used_count++] = (struct apic_cpu){apic_id, acpi_id};
}

static void command(uint32_t apic_id, uint32_t what)
{
	unsigned int tries;

	if (!regs) {
		/* Unlike other writes, this one waits for no store. */
		__asm__ volatile("mfence; lfence" : : : "memory");
		wrmsr(MSR_X2APIC_FIRST + (APIC_COMMAND >> 4),
		      (uint64_t)apic_id << 32 | what);
		return;
	}
	for (tries = 0; tries < 1000000; tries++) {
		if (!(apic_read(APIC_COMMAND) & COMMAND_PENDING))
			break;
		cpu_pause();
	}
	apic_write(APIC_COMMAND_TO, apic_id << 24);
	apic_write(APIC_COMMAND, what);
}

void apic_send(unsigned int cpu, uint8_t vector)
{
	command(cpus[cpu].apic_id, COMMAND_ASSERT | vector);
}

void apic_send_nmi(unsigned int cpu)
{
	command(cpus[cpu].apic_id, COMMAND_ASSERT | COMMAND_NMI);
}

void apic_send_self(uint8_t vector)
{
	uint32_t what = COMMAND_SELF | COMMAND_ASSERT | vector;

	if (regs)
		apic_write(APIC_COMMAND, what);
	else
		wrmsr(MSR_X2APIC_FIRST + (APIC_COMMAND >> 4), what);
}

void apic_send_init(uint32_t apic_id)
{
	command(apic_id, COMMAND_ASSERT | COMMAND_INIT);
}

void apic_send_startup(uint32_t apic_id, uint64_t page)
{
	command(apic_id,
		COMMAND_ASSERT | COMMAND_STARTUP | (uint32_t)(page >> 12));
}

void apic_timer_set(uint64_t deadline_ns)
{
	uint64_t now, ticks;

	if (tsc_deadline) {
		/* 0 disarms; a value in the past fires at once. */
		wrmsr(MSR_TSC_DEADLINE,
		      deadline_ns ? clock_tsc_at(deadline_ns) : 0);
		return;
	}
	if (!deadline_ns) {
		apic_write(APIC_TIMER_COUNT, 0);
		return;
	}
	now = time_now_ns();
	if (deadline_ns <= now) {
		ticks = 1;
	} else if (deadline_ns - now > NS_PER_SECOND) {
		/* Early is harmless, and bounds the product below. */
		ticks = timer_hz;
	} else {
		ticks = (deadline_ns - now) * timer_hz / NS_PER_SECOND + 1;
	}
	if (ticks > 0xffffffff)
		ticks = 0xffffffff;
	apic_write(APIC_TIMER_COUNT, (uint32_t)ticks);
}

unsigned int apic_cpu_count(void)
{
	return used_count;
}

bool apic_cpu_ids(unsigned int cpu, uint32_t *apic_id, uint32_t *acpi_id)
{
	if (cpu >= used_count)
		return false;
	*apic_id = cpus[cpu].apic_id;
	*acpi_id = cpus[cpu].acpi_id;
	return true;
}

uint32_t apic_destination(unsigned int cpu)
{
	return cpu < used_count ? cpus[cpu].apic_id : cpus[0].apic_id;
}

static void report_error(void)
{
	uint32_t status;

	/* A write latches what has gathered since the last one. */
	apic_write(APIC_ERROR_STATUS, 0);
	status = apic_read(APIC_ERROR_STATUS);
	log_print(LOG_WARN, "local APIC: error status %#x\n", status);
}

void interrupt_dispatch(uint8_t vector)
{
	this_cpu()->counts.interrupts++;
	switch (vector) {
	case VECTOR_TIMER:
		apic_eoi();
		timers_run(time_now_ns());
		return;
	case VECTOR_UART:
		/* Edge-triggered: ended first, so that a new edge counts. */
		apic_eoi();
		uart_interrupt();
		return;
	case VECTOR_IPI_LOOK:
		/* The way back to the guest does the rest. */
		this_cpu()->counts.ipis++;
		apic_eoi();
		return;
	case VECTOR_IPI_SCHED:
		this_cpu()->counts.ipis++;
		apic_eoi();
		sched_request();
		return;
	case VECTOR_IPI_NMI:
		apic_eoi();
		nmi_report();
		return;
	case VECTOR_IPI_SERVE:
		this_cpu()->counts.ipis++;
		apic_eoi();
		ipi_serve();
		return;
	case VECTOR_APIC_ERROR:
		apic_eoi();
		report_error();
		return;
	case VECTOR_SPURIOUS:
		/* Has no in-service bit: an EOI would end another's. */
		return;
	default:
		break;
	}
	/* A masked 8259's noise did not come through the local APIC. */
	if (vector >= VECTOR_PIC_FIRST && vector <= VECTOR_PIC_LAST)
		return;
	irq_handle(vector);
}
