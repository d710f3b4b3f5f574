/* SPDX-License-Identifier: MIT */
/*
 * The time stamp counter (TSC) as the machine's clock.
 *
 * Its frequency comes, in this order, from: CPUID leaf 0x15 with a crystal
 * frequency (Intel SDM volume 3, "Time-Stamp Counter"); CPUID leaf 0x40000010
 * of a hypervisor below us (kHz); else it is measured against the HPET, the
 * ACPI PM timer or channel 2 of the PIT, over 20 ms.
 *
 * A measurement is a pair (TSC, reference) taken as closely as possible: the
 * reference is read between two reads of the TSC, several times, and the
 * narrowest such bracket counts. An interruption of ours by whatever lies
 * below thus widens one bracket and not the result. The error is the bracket's
 * width over 20 ms: a microsecond makes 0.005 %.
 */
#include "x86/clock.h"
#include "firmware/acpi.h"
#include "log/log.h"
#include "time/time.h"
#include "x86/apic.h"
#include "x86/asm.h"
#include "x86/ioremap.h"
#include "x86/ports.h"

#define MEASURE_MS   20
#define SAMPLE_TRIES 16
#define PM_TIMER_HZ  3579545ull
#define PIT_HZ	     1193182ull
#define PIT_CHANNEL2 0x42
#define PIT_COMMAND  0x43
#define PIT_GATE     0x61
#define HPET_BYTES   0x400
#define HPET_PERIOD  0x04 /* femtoseconds a tick */
#define HPET_CONFIG  0x10
#define HPET_COUNTER 0xf0
#define HPET_ENABLE  0x1
#define HPET_LEGACY  0x2
/* The specification's limit, 100 ns a tick. */
#define HPET_PERIOD_MAX 100000000u

/* A counter of known rate that goes up and wraps at mask + 1. */
struct reference {
	const char *name;
	uint64_t hz;
	uint32_t mask;
	uint32_t (*read)(void);
};

struct sample {
	uint64_t tsc;
	uint32_t ref;
};

static struct tsc_scale scale;
static uint64_t tsc_hz;
static uint64_t base_tsc; /* at system time 0 */
static bool running;
static bool invariant;

static void *hpet;
static uint16_t pm_timer_port;

static uint32_t hpet_read(void)
{
	return mmio_read32((char *)hpet + HPET_COUNTER);
}

static bool hpet_start(const struct acpi_info *acpi, struct reference *r)
{
	uint32_t period, config, before;
	unsigned int tries;

	if (!acpi->has_hpet)
		return false;
	hpet = ioremap(acpi->hpet_address, HPET_BYTES);
	if (!hpet)
		return false;
	period = mmio_read32((char *)hpet + HPET_PERIOD);
	if (period == 0 || period > HPET_PERIOD_MAX)
		return false;

	/* Its own interrupt routing would take GSI 2 from the PIT: off. */
	config = mmio_read32((char *)hpet + HPET_CONFIG);
	config = (config | HPET_ENABLE) & ~(uint32_t)HPET_LEGACY;
	mmio_write32((char *)hpet + HPET_CONFIG, config);

	before = hpet_read();
	for (tries = 0; tries < 100000 && hpet_read() == before; tries++)
		cpu_pause();
	if (hpet_read() == before)
		return false;
	*r = (struct reference){.name = "HPET",
				.hz = 1000000000000000ull / period,
				.mask = 0xffffffff,
				.read = hpet_read};
	return true;
}

static uint32_t pm_timer_read(void)
{
	return inl(pm_timer_port);
}

static bool pm_timer_start(const struct acpi_info *acpi, struct reference *r)
{
	uint32_t before;
	unsigned int tries;

	if (!acpi->has_fadt || !acpi->pm_timer_bits || !acpi->pm_timer.io)
		return false;
	pm_timer_port = (uint16_t)acpi->pm_timer.address;
	before = pm_timer_read();
	for (tries = 0; tries < 100000 && pm_timer_read() == before; tries++)
		cpu_pause();
	if (pm_timer_read() == before)
		return false;
	*r = (struct reference){.name = "ACPI PM timer",
				.hz = PM_TIMER_HZ,
				.mask = acpi->pm_timer_bits == 32 ? 0xffffffff
								  : 0xffffff,
				.read = pm_timer_read};
	return true;
}

/* Channel 2 counts down from 0xffff; latched, low byte first. */
static uint32_t pit_read(void)
{
	uint8_t low, high;

	outb(PIT_COMMAND, 0x80);
	low = inb(PIT_CHANNEL2);
	high = inb(PIT_CHANNEL2);
	return 0xffffu - ((uint32_t)high << 8 | low);
}

static void pit_start(struct reference *r)
{
	/* Gate on, speaker off; mode 0, both bytes, binary. */
	outb(PIT_GATE, (inb(PIT_GATE) & (uint8_t)~2) | 1);
	outb(PIT_COMMAND, 0xb0);
	outb(PIT_CHANNEL2, 0xff);
	outb(PIT_CHANNEL2, 0xff);
	*r = (struct reference){
		.name = "PIT", .hz = PIT_HZ, .mask = 0xffff, .read = pit_read};
}

static struct sample sample_take(const struct reference *r)
{
	struct sample best = {0};
	uint64_t best_width = ~0ull;
	unsigned int i;

	for (i = 0; i < SAMPLE_TRIES; i++) {
		uint64_t t0 = rdtsc_ordered();
		uint32_t ref = r->read();
		uint64_t t1 = rdtsc_ordered();

		if (t1 - t0 < best_width) {
			best_width = t1 - t0;
			best.tsc = t0 + (t1 - t0) / 2;
			best.ref = ref;
		}
	}
	return best;
}

static uint64_t measure(const struct reference *r)
{
	uint32_t ticks = (uint32_t)(r->hz * MEASURE_MS / 1000);
	struct sample first = sample_take(r), last;

	while (((r->read() - first.ref) & r->mask) < ticks)
		cpu_pause();
	last = sample_take(r);
	return mul_div_u64(last.tsc - first.tsc, r->hz,
			   (last.ref - first.ref) & r->mask);
}

/* 0: the CPU does not say. */
static uint64_t cpuid_tsc_hz(const char **source)
{
	struct cpuid_regs r = cpuid(0, 0);

	if (r.eax >= 0x15) {
		r = cpuid(0x15, 0);
		if (r.eax && r.ebx && r.ecx) {
			*source = "CPUID 0x15";
			return mul_div_u64(r.ecx, r.ebx, r.eax);
		}
	}
	if (cpuid(1, 0).ecx >> 31) {
		r = cpuid(0x40000000, 0);
		if (r.eax >= 0x40000010 && r.eax < 0x40000100) {
			r = cpuid(0x40000010, 0);
			if (r.eax) {
				*source = "CPUID 0x40000010";
				return (uint64_t)r.eax * 1000;
			}
		}
	}
	return 0;
}

void clock_init(const struct acpi_info *acpi)
{
	struct reference r;
	const char *source;
	uint64_t hz = cpuid_tsc_hz(&source);

	if (!hz) {
		if (!hpet_start(acpi, &r) && !pm_timer_start(acpi, &r))
			pit_start(&r);
		hz = measure(&r);
		source = r.name;
	}
	if (hz < 1000000)
		panic("the time stamp counter runs at %lu Hz by %s\n",
		      (unsigned long)hz, source);

	/*
	 * The PM timer is kept from domain zero, where it would become the
	 * watchdog that judges the TSC twice a second, by trapped reads.
	 */
	if (acpi->has_fadt && acpi->pm_timer_bits && acpi->pm_timer.io)
		ports_protect((uint16_t)acpi->pm_timer.address, 4);

	if (cpuid(0x80000000, 0).eax >= 0x80000007)
		invariant = cpuid(0x80000007, 0).edx >> 8 & 1;
	tsc_hz = hz;
	scale = tsc_scale_from_hz(hz);
	base_tsc = rdtsc_ordered();
	running = true;
	log_info("clock: TSC at %lu.%03lu MHz by %s%s\n",
		 (unsigned long)(hz / 1000000),
		 (unsigned long)(hz / 1000 % 1000), source,
		 invariant ? ", invariant" : "");
}

uint64_t time_now_ns(void)
{
	/* The log asks before there is a clock. */
	if (!running)
		return 0;
	return tsc_scale_ticks(scale, rdtsc() - base_tsc);
}

void clock_read(uint64_t *tsc, uint64_t *system_ns)
{
	*tsc = rdtsc();
	*system_ns = tsc_scale_ticks(scale, *tsc - base_tsc);
}

uint64_t clock_tsc_at(uint64_t system_ns)
{
	return base_tsc + mul_div_u64(system_ns, tsc_hz, NS_PER_SECOND) + 1;
}

struct tsc_scale clock_scale(void)
{
	return scale;
}

uint64_t clock_tsc_hz(void)
{
	return tsc_hz;
}

bool clock_tsc_is_invariant(void)
{
	return invariant;
}

void clock_delay_ns(uint64_t ns)
{
	uint64_t end = time_now_ns() + ns;

	while (time_now_ns() < end)
		cpu_pause();
}

void clock_event_program(uint64_t deadline_ns)
{
	apic_timer_set(deadline_ns == ~0ull ? 0 : deadline_ns);
}
