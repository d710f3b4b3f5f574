/* SPDX-License-Identifier: MIT */
/*
 * The machine for pure sources that are linked whole, under its real names:
 * no device, a clock that stands. The definitions are weak: a suite that needs
 * more defines its own.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "fake/clock.h"
#include "log/log.h"
#include "time/time.h"
#include "x86/apic.h"
#include "x86/clock.h"
#include "x86/ioapic.h"
#include "x86/msi.h"
#include "x86/reset.h"

#define WEAK __attribute__((weak))

WEAK uint64_t time_now_ns(void)
{
	return fake_time_ns;
}

WEAK void clock_origin(uint64_t *tsc, uint64_t *system_ns)
{
	*system_ns = fake_time_ns;
	*tsc = FAKE_TSC_BASE +
	       mul_div_u64(fake_time_ns, FAKE_TSC_HZ, NS_PER_SECOND);
}

WEAK struct tsc_scale clock_scale(void)
{
	return tsc_scale_from_hz(FAKE_TSC_HZ);
}

WEAK void clock_event_program(uint64_t deadline_ns)
{
	fake_event_ns = deadline_ns;
}

WEAK void apic_eoi(void)
{
}

WEAK uint32_t apic_destination(unsigned int cpu)
{
	return cpu;
}

WEAK unsigned int apic_cpu_count(void)
{
	return 1;
}

WEAK bool apic_cpu_ids(unsigned int cpu, uint32_t *apic_id, uint32_t *acpi_id)
{
	*apic_id = *acpi_id = cpu;
	return cpu == 0;
}

WEAK void ioapic_gsi_default(unsigned int gsi, bool *level, bool *active_low)
{
	*level = *active_low = gsi >= 16;
}

WEAK int ioapic_route(unsigned int gsi, uint8_t vector, uint32_t dest,
		      bool level, bool active_low)
{
	(void)gsi;
	(void)vector;
	(void)dest;
	(void)level;
	(void)active_low;
	return 0;
}

WEAK void ioapic_mask(unsigned int gsi)
{
	(void)gsi;
}

WEAK void ioapic_unmask(unsigned int gsi)
{
	(void)gsi;
}

WEAK int ioapic_read_register(uint64_t paddr, uint32_t reg, uint32_t *value)
{
	(void)paddr;
	(void)reg;
	(void)value;
	return -ENODEV;
}

WEAK bool pci_exists(struct pci_address a)
{
	(void)a;
	return false;
}

WEAK uint8_t pci_find_capability(struct pci_address a, uint8_t id)
{
	(void)a;
	(void)id;
	return 0;
}

WEAK int msi_find(struct pci_address dev, unsigned int count,
		  unsigned int index, struct msi *m)
{
	(void)dev;
	(void)count;
	(void)index;
	(void)m;
	return -ENODEV;
}

WEAK int msix_find(struct pci_address dev, unsigned int index, uint64_t bar,
		   struct msi *m)
{
	(void)dev;
	(void)index;
	(void)bar;
	(void)m;
	return -ENODEV;
}

WEAK void msi_program(const struct msi *m, uint8_t vector, uint32_t dest)
{
	(void)m;
	(void)vector;
	(void)dest;
}

WEAK void msi_set_mask(const struct msi *m, bool masked)
{
	(void)m;
	(void)masked;
}

WEAK int machine_power_off(uint16_t pm1a_value, uint16_t pm1b_value)
{
	(void)pm1a_value;
	(void)pm1b_value;
	return -ENODEV;
}

WEAK void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	abort();
}
