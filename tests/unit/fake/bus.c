/* SPDX-License-Identifier: MIT */
/* The fake machine of fake/bus.h. */
#include "fake/rename.h"
#include "fake/bus.h"
#include <errno.h>
#include <string.h>
#include "x86/apic.h"
#include "x86/ioremap.h"
#include "x86/reset.h"

uint8_t bus_ports[0x10000];
unsigned int bus_out_count;
uint16_t bus_last_out_port;
uint8_t bus_cmos[128];
uint32_t bus_memory[BUS_MEMORY_BYTES / 4];
uint32_t bus_ioapic_low[BUS_IOAPIC_PINS];
uint32_t bus_ioapic_high[BUS_IOAPIC_PINS];
unsigned int bus_ioremap_count;
unsigned int bus_eoi_count;
uint16_t bus_pm1a, bus_pm1b;
int bus_power_off_answer;

#define FUNCTIONS 8

struct function {
	bool present;
	uint16_t bdf;
	uint8_t config[256];
};

static struct function functions[FUNCTIONS];
static uint32_t cf8;
static uint8_t cmos_index;
static uint32_t ioapic_index;
/* Only its address is used. */
static char ioapic_window[32];

void bus_reset(void)
{
	unsigned int pin;

	memset(bus_ports, 0, sizeof(bus_ports));
	memset(bus_cmos, 0, sizeof(bus_cmos));
	memset(bus_memory, 0, sizeof(bus_memory));
	memset(functions, 0, sizeof(functions));
	bus_out_count = 0;
	bus_last_out_port = 0;
	cf8 = 0;
	cmos_index = 0;
	bus_ioremap_count = 0;
	bus_eoi_count = 0;
	/* As firmware may leave it: open, to a vector of its own. */
	for (pin = 0; pin < BUS_IOAPIC_PINS; pin++) {
		bus_ioapic_low[pin] = 0x77;
		bus_ioapic_high[pin] = 0x99000000;
	}
}

static struct function *function_of(uint16_t bdf)
{
	unsigned int i;

	for (i = 0; i < FUNCTIONS; i++) {
		if (functions[i].present && functions[i].bdf == bdf)
			return &functions[i];
	}
	return NULL;
}

uint8_t *bus_add_function(uint8_t bus, uint8_t devfn, uint16_t vendor)
{
	unsigned int i;

	for (i = 0; i < FUNCTIONS && functions[i].present; i++)
		;
	functions[i].present = true;
	functions[i].bdf = (uint16_t)(bus << 8 | devfn);
	functions[i].config[0] = (uint8_t)vendor;
	functions[i].config[1] = (uint8_t)(vendor >> 8);
	return functions[i].config;
}

void bus_add_capability(uint8_t *config, uint8_t at, uint8_t id)
{
	config[6] |= 0x10;
	config[at] = id;
	config[at + 1] = config[0x34];
	config[0x34] = at;
}

/* The byte of configuration space that CFC + i stands for; NULL: nobody. */
static uint8_t *config_byte(unsigned int i)
{
	struct function *f = function_of((uint16_t)(cf8 >> 8));

	if (!(cf8 >> 31) || !f)
		return NULL;
	return &f->config[(cf8 & 0xfc) + i];
}

static uint8_t in_byte(uint16_t port)
{
	uint8_t *p;

	if (port >= 0xcfc && port <= 0xcff) {
		p = config_byte(port & 3u);
		return p ? *p : 0xff;
	}
	if (port == 0x71)
		return bus_cmos[cmos_index];
	return bus_ports[port];
}

uint32_t bus_in(uint16_t port, unsigned int size)
{
	uint32_t v = 0;
	unsigned int i;

	for (i = 0; i < size; i++)
		v |= (uint32_t)in_byte((uint16_t)(port + i)) << 8 * i;
	return v;
}

static void out_byte(uint16_t port, uint8_t v)
{
	uint8_t *p;

	if (port >= 0xcfc && port <= 0xcff) {
		p = config_byte(port & 3u);
		if (p)
			*p = v;
		return;
	}
	if (port == 0x70)
		cmos_index = v & 0x7f;
	if (port == 0x71)
		bus_cmos[cmos_index] = v;
	bus_ports[port] = v;
}

void bus_out(uint16_t port, unsigned int size, uint32_t v)
{
	unsigned int i;

	bus_out_count++;
	bus_last_out_port = port;
	if (port == 0xcf8 && size == 4) {
		cf8 = v;
		return;
	}
	for (i = 0; i < size; i++)
		out_byte((uint16_t)(port + i), (uint8_t)(v >> 8 * i));
}

void *ioremap(uint64_t paddr, size_t bytes)
{
	bus_ioremap_count++;
	if (paddr == BUS_IOAPIC_PADDR)
		return ioapic_window;
	if (paddr >= BUS_MEMORY_PADDR &&
	    paddr + bytes <= BUS_MEMORY_PADDR + BUS_MEMORY_BYTES)
		return (char *)bus_memory + (paddr - BUS_MEMORY_PADDR);
	return NULL;
}

static uint32_t *ioapic_register(void)
{
	static uint32_t id, version, none;

	id = 3u << 24;
	version = (BUS_IOAPIC_PINS - 1) << 16 | 0x20;
	none = 0;
	if (ioapic_index == 0)
		return &id;
	if (ioapic_index == 1)
		return &version;
	if (ioapic_index < 0x10 || ioapic_index >= 0x10 + 2 * BUS_IOAPIC_PINS)
		return &none;
	return ioapic_index & 1 ? &bus_ioapic_high[(ioapic_index - 0x10) / 2]
				: &bus_ioapic_low[(ioapic_index - 0x10) / 2];
}

uint32_t bus_load32(uintptr_t at)
{
	uintptr_t window = (uintptr_t)ioapic_window;

	if (at == window)
		return ioapic_index;
	if (at == window + 0x10)
		return *ioapic_register();
	return *(uint32_t *)at;
}

void bus_store32(uintptr_t at, uint32_t v)
{
	uintptr_t window = (uintptr_t)ioapic_window;

	if (at == window)
		ioapic_index = v;
	else if (at == window + 0x10)
		*ioapic_register() = v;
	else
		*(uint32_t *)at = v;
}

void apic_eoi(void)
{
	bus_eoi_count++;
}

uint32_t apic_destination(unsigned int cpu)
{
	return BUS_APIC_ID + cpu;
}

unsigned int apic_cpu_count(void)
{
	return 1;
}

bool apic_cpu_ids(unsigned int cpu, uint32_t *apic_id, uint32_t *acpi_id)
{
	if (cpu != 0)
		return false;
	*apic_id = BUS_APIC_ID;
	*acpi_id = 9;
	return true;
}

int machine_power_off(uint16_t pm1a_value, uint16_t pm1b_value)
{
	bus_pm1a = pm1a_value;
	bus_pm1b = pm1b_value;
	return bus_power_off_answer;
}
