/* SPDX-License-Identifier: MIT */
/*
 * The time stamp counter (TSC) as the machine's clock.
 *
 * Its frequency comes, in this order, from: CPUID leaf 0x15 with a crystal
 * frequency (Intel SDM volume 3, "Time-Stamp Counter"); CPUID leaf 0x40000010
 * of a hypervisor below us (kHz); else it is measured against the HPET, the
 * ACPI PM timer or channel 2 of the PIT, over 20 ms.
 *
 * 20 ms are good to a few parts in 10^5, which is some milliseconds a minute.
 * So the reference is looked at again at the end of the boot (clock_settle),
 * when the error is less than ERROR_PPB; from then on, that is, before any
 * guest runs, the rate stays as it is (docs/adr/0030). The samples' arithmetic
 * is in time/calibrate.c.
 */
#include "x86/clock.h"
#include "firmware/acpi.h"
#include "log/console.h"
#include "log/log.h"
#include "time/calibrate.h"
#include "time/time.h"
#include "x86/apic.h"
#include "x86/asm.h"
#include "x86/ioremap.h"
#include "x86/ports.h"

#define MEASURE_MS 20
/* Half a millisecond in a minute; and how long to wait for that. */
#define ERROR_PPB    8000
#define SETTLE_NS    NS_PER_SECOND
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

/* System time is ns + what has passed since the counter was at tsc. */
struct timebase {
	uint64_t tsc, ns, hz;
	struct tsc_scale scale;
};

/*
 * The first is measured briefly, for the boot; the second is what guests see.
 * Other CPUs may read the time while it is put in place.
 */
static struct timebase bases[2];
static const struct timebase *base; /* NULL: there is no clock yet */
static bool invariant;

/* What the clock is measured by and was measured by first; name NULL: none. */
static struct reference reference;
static struct clock_sample first_sample;
static bool told; /* the CPU knows its rate */

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

static struct clock_sample sample_take(const struct reference *r)
{
	struct clock_sample best = {.width = ~0ull};
	unsigned int i;

	for (i = 0; i < SAMPLE_TRIES; i++) {
		uint64_t t0 = rdtsc_ordered();
		uint32_t ref = r->read();
		uint64_t t1 = rdtsc_ordered();

		if (t1 - t0 < best.width) {
			best.width = t1 - t0;
			best.tsc = t0 + (t1 - t0) / 2;
			best.ref = ref;
		}
	}
	return best;
}

/* The rate since `first`, which is just past. */
static uint64_t measure(const struct reference *r,
			const struct clock_sample *first)
{
	uint32_t ticks = (uint32_t)(r->hz * MEASURE_MS / 1000);
	struct clock_sample last;

	while (((r->read() - first->ref) & r->mask) < ticks)
		cpu_pause();
	last = sample_take(r);
	return mul_div_u64(last.tsc - first->tsc, r->hz,
			   (last.ref - first->ref) & r->mask);
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

static void base_set(struct timebase *b, uint64_t tsc, uint64_t ns, uint64_t hz)
{
	*b = (struct timebase){
		.tsc = tsc, .ns = ns, .hz = hz, .scale = tsc_scale_from_hz(hz)};
	__atomic_store_n(&base, b, __ATOMIC_RELEASE);
}

void clock_init(const struct acpi_info *acpi)
{
	const char *source = "";
	uint64_t hz = cpuid_tsc_hz(&source);
	struct reference r = {0};

	if (!hpet_start(acpi, &r) && !pm_timer_start(acpi, &r) && !hz)
		pit_start(&r);
	if (r.name)
		first_sample = sample_take(&r);
	told = hz;
	if (!hz) {
		hz = measure(&r, &first_sample);
		source = r.name;
	}
	if (hz < 1000000)
		panic("the time stamp counter runs at %lu Hz by %s\n",
		      (unsigned long)hz, source);
	/* The PIT wraps too soon for anything but that. */
	if (r.name && r.mask > 0xffff)
		reference = r;

	/*
	 * The PM timer is kept from domain zero, where it would become the
	 * watchdog that judges the TSC twice a second, by trapped reads.
	 */
	if (acpi->has_fadt && acpi->pm_timer_bits && acpi->pm_timer.io)
		ports_protect((uint16_t)acpi->pm_timer.address, 4);

	if (cpuid(0x80000000, 0).eax >= 0x80000007)
		invariant = cpuid(0x80000007, 0).edx >> 8 & 1;
	base_set(&bases[0], rdtsc_ordered(), 0, hz);
	log_info("clock: TSC at %lu.%03lu MHz by %s%s\n",
		 (unsigned long)(hz / 1000000),
		 (unsigned long)(hz / 1000 % 1000), source,
		 invariant ? ", invariant" : "");
}

static void key_clock(void)
{
	struct clock_drift d;
	uint64_t off;

	if (!clock_drift(&d)) {
		log_info("clock: no timer to compare it with\n");
		return;
	}
	off = (uint64_t)(d.ahead_ns < 0 ? -d.ahead_ns : d.ahead_ns);
	log_info(
		"clock: after %lu ms by %s system time is %lu ns %s, to within "
		"%lu ns: %lu ns a minute\n",
		(unsigned long)(d.elapsed_ns / NS_PER_MS), d.by,
		(unsigned long)off, d.ahead_ns < 0 ? "behind" : "ahead",
		(unsigned long)d.error_ns,
		(unsigned long)mul_div_u64(off, 60 * NS_PER_SECOND,
					   d.elapsed_ns + 1));
}

static inline uint64_t base_ns(const struct timebase *b, uint64_t tsc)
{
	return b->ns + tsc_scale_ticks(b->scale, tsc - b->tsc);
}

void clock_settle(void)
{
	uint64_t hz = base->hz, end = time_now_ns() + SETTLE_NS;
	uint64_t measured, error_ppb, tsc, ns;
	struct clock_sample last;

	debug_key_register('t', "compare system time with the platform's timer",
			   key_clock);
	if (!reference.name)
		return;
	do {
		last = sample_take(&reference);
		error_ppb = reference_error_ppb(&reference, &first_sample,
						&last, hz);
	} while (error_ppb > ERROR_PPB && time_now_ns() < end);
	measured = reference_tsc_hz(&reference, &first_sample, &last, hz);
	/* What the CPU says is exact, unless it is wrong. */
	if (told && reference_agrees(hz, measured, error_ppb))
		return;
	tsc = rdtsc();
	ns = base_ns(base, tsc);
	base_set(&bases[1], tsc, ns, measured);
	log_info("clock: TSC at %lu.%06lu MHz by %s, to within %lu ppb\n",
		 (unsigned long)(measured / 1000000),
		 (unsigned long)(measured % 1000000), reference.name,
		 (unsigned long)error_ppb);
}

bool clock_drift(struct clock_drift *d)
{
	struct clock_sample now;
	uint64_t ticks, tsc_ns;

	if (!reference.name)
		return false;
	now = sample_take(&reference);
	ticks = reference_ticks(&reference, &first_sample, &now, base->hz);
	tsc_ns = tsc_scale_ticks(base->scale, now.tsc - first_sample.tsc);
	d->by = reference.name;
	d->elapsed_ns = mul_div_u64(ticks, NS_PER_SECOND, reference.hz);
	d->ahead_ns = (int64_t)(tsc_ns - d->elapsed_ns);
	d->error_ns = tsc_scale_ticks(base->scale,
				      (first_sample.width + now.width) / 2) +
		      NS_PER_SECOND / reference.hz + 1;
	return true;
}

uint64_t time_now_ns(void)
{
	const struct timebase *b = __atomic_load_n(&base, __ATOMIC_RELAXED);

	/* The log asks before there is a clock. */
	return b ? base_ns(b, rdtsc()) : 0;
}

void clock_origin(uint64_t *tsc, uint64_t *system_ns)
{
	const struct timebase *b = __atomic_load_n(&base, __ATOMIC_RELAXED);

	*tsc = b->tsc;
	*system_ns = b->ns;
}

uint64_t clock_tsc_at(uint64_t system_ns)
{
	const struct timebase *b = base;

	if (system_ns <= b->ns)
		return b->tsc;
	return b->tsc + mul_div_u64(system_ns - b->ns, b->hz, NS_PER_SECOND) +
	       1;
}

struct tsc_scale clock_scale(void)
{
	return base->scale;
}

uint64_t clock_tsc_hz(void)
{
	return base->hz;
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
