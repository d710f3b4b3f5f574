/* SPDX-License-Identifier: MIT */
/*
 * Restart and power-off.
 *
 * Restart tries the ACPI reset register, the chipset's reset control register
 * at CF9h, the keyboard controller's pulse on the reset line, and last a
 * triple fault, which no PC survives. Each is given time before the next.
 *
 * Power-off needs two numbers that only AML knows; domain zero's ACPI code
 * hands them to us (platform_op enter_acpi_sleep).
 *
 * Reference: ACPI specification 6.4, sections 4.8.3.2 and 4.8.3.6.
 */
#include "x86/reset.h"
#include "firmware/acpi.h"
#include "lib/errno.h"
#include "log/console.h"
#include "log/log.h"
#include "x86/asm.h"
#include "x86/ioremap.h"
#include "x86/panic.h"

#define PM1_SLEEP_ENABLE  0x2000u
#define POWER_OFF_MOMENTS 40

#define RESET_CONTROL	   0xcf9
#define RESET_HARD	   0x02
#define RESET_HARD_NOW	   0x06
#define KEYBOARD_COMMAND   0x64
#define KEYBOARD_BUSY	   0x02
#define KEYBOARD_PULSE_CPU 0xfe

static struct acpi_address pm1a, pm1b, reset_register;
static uint8_t reset_value;
static void *reset_window; /* a register in memory */

static void key_restart(void)
{
	log_info("restarting: debug key R\n");
	machine_restart();
}

void reset_init(const struct acpi_info *acpi)
{
	if (acpi->has_fadt) {
		pm1a = acpi->pm1a_control;
		pm1b = acpi->pm1b_control;
		reset_register = acpi->reset;
		reset_value = acpi->reset_value;
		/* Mapped now: at the end nothing may need memory. */
		if (reset_register.address && !reset_register.io)
			reset_window = ioremap(reset_register.address, 1);
	}
	debug_key_register('R', "restart the machine", key_restart);
}

/* The clock may be what broke: a port access takes about a microsecond. */
static void wait_a_moment(void)
{
	unsigned int i;

	for (i = 0; i < 50000; i++)
		inb(0x80);
}

void machine_restart(void)
{
	static const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) no_idt = {0, 0};
	unsigned int i;

	cli();
	cpus_stop();
	if (reset_register.address && reset_register.io) {
		outb((uint16_t)reset_register.address, reset_value);
		wait_a_moment();
	} else if (reset_window) {
		mmio_write8(reset_window, reset_value);
		wait_a_moment();
	}

	outb(RESET_CONTROL, RESET_HARD);
	outb(RESET_CONTROL, RESET_HARD_NOW);
	wait_a_moment();

	for (i = 0; i < 100000 && inb(KEYBOARD_COMMAND) & KEYBOARD_BUSY; i++)
		cpu_pause();
	outb(KEYBOARD_COMMAND, KEYBOARD_PULSE_CPU);
	wait_a_moment();

	__asm__ volatile("lidt %0; int3" : : "m"(no_idt));
	machine_halt();
}

void machine_halt(void)
{
	cpus_stop();
	for (;;) {
		cli();
		hlt();
	}
}

int machine_power_off(uint16_t pm1a_value, uint16_t pm1b_value)
{
	unsigned int i;

	if (!pm1a.address || !pm1a.io || (pm1b.address && !pm1b.io))
		return -ENODEV;
	/* First the kind of sleep, then the order to sleep. */
	outw((uint16_t)pm1a.address, pm1a_value & ~PM1_SLEEP_ENABLE);
	if (pm1b.address)
		outw((uint16_t)pm1b.address, pm1b_value & ~PM1_SLEEP_ENABLE);
	outw((uint16_t)pm1a.address, pm1a_value | PM1_SLEEP_ENABLE);
	if (pm1b.address)
		outw((uint16_t)pm1b.address, pm1b_value | PM1_SLEEP_ENABLE);
	/* The machine may be slow to obey. */
	for (i = 0; i < POWER_OFF_MOMENTS; i++)
		wait_a_moment();
	return -EIO;
}

/*
 * Domain zero shuts down without having told the values (a guest without
 * ACPI code). On the emulated machines of QEMU the type of S5 is 0; elsewhere
 * nothing is known, and nothing is written.
 */
void machine_power_off_unasked(void)
{
	struct cpuid_regs r = cpuid(0x40000000, 0);
	bool tcg = r.ebx == 0x54474354; /* "TCGT" */
	bool kvm = r.ebx == 0x4b4d564b; /* "KVMK" */

	if ((tcg || kvm) && machine_power_off(0, 0))
		log_warn("power-off did not work\n");
}
