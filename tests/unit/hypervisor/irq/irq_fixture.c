/* SPDX-License-Identifier: MIT */
/* The interrupt suites' machine: irq_fixture.h. */
#include "fake/rename.h"
#include "irq_fixture.h"
#include <string.h>
#include "firmware/acpi.h"
#include "x86/ioapic.h"

struct domain irq_dom0, irq_domu;
struct vcpu irq_vcpu0, irq_vcpuu;
uint8_t *irq_msi_config, *irq_msix_config;

static void put32(uint8_t *at, uint32_t v)
{
	memcpy(at, &v, 4);
}

void irq_fixture_init(void)
{
	static struct acpi_info acpi;

	bus_reset();
	fake_clock_reset();
	fake_neighbours_reset();
	irq_dom0 = (struct domain){.id = 0, .privileged = true, .refs = 1};
	irq_domu = (struct domain){.id = 6, .refs = 1};
	irq_vcpu0 = (struct vcpu){.domain = &irq_dom0};
	irq_vcpuu = (struct vcpu){.domain = &irq_domu};
	fake_domains[0] = &irq_dom0;
	fake_domains[1] = &irq_domu;

	memset(&acpi, 0, sizeof(acpi));
	acpi.ioapic_count = 1;
	acpi.ioapics[0].id = 3;
	acpi.ioapics[0].address = BUS_IOAPIC_PADDR;
	acpi.override_count = 2;
	acpi.overrides[0] = (struct acpi_override){.bus_irq = 0, .gsi = 2};
	acpi.overrides[1] =
		(struct acpi_override){.bus_irq = 9, .gsi = 9, .level = true};
	ioapic_init(&acpi);
	irq_init(ioapic_gsi_count());

	irq_msi_config = bus_add_function(0, MSI_DEV.devfn, 0x1af4);
	bus_add_capability(irq_msi_config, MSI_CAP, PCI_CAP_MSI);
	/* 64-bit, maskable, 4 messages. */
	irq_msi_config[MSI_CAP + 2] = 0x80 | 2 << 1;
	irq_msi_config[MSI_CAP + 3] = 0x01;
	put32(irq_msi_config + MSI_CAP + 0x10, 0xffffffff);

	irq_msix_config = bus_add_function(0, MSIX_DEV.devfn, 0x8086);
	bus_add_capability(irq_msix_config, 0x40, 0x01);
	bus_add_capability(irq_msix_config, MSIX_CAP, PCI_CAP_MSIX);
	irq_msix_config[MSIX_CAP + 2] = 5 - 1;
	put32(irq_msix_config + MSIX_CAP + 4, MSIX_TABLE_OFFSET | 2);
	irq_msix_config[PCI_COMMAND] = PCI_COMMAND_MEMORY;
	/* BAR 2 is 64 bits wide. */
	put32(irq_msix_config + PCI_BAR0 + 8, (uint32_t)BUS_MEMORY_PADDR | 0xc);

	bus_add_function(0, PLAIN_DEV.devfn, 0x1234);
}

bool irq_line_open(unsigned int gsi)
{
	return !(bus_ioapic_low[gsi] >> 16 & 1);
}

uint8_t irq_line_vector(unsigned int gsi)
{
	return (uint8_t)bus_ioapic_low[gsi];
}

uint32_t irq_msix_word(unsigned int i, unsigned int word)
{
	return bus_memory[(MSIX_TABLE_OFFSET + 16 * i) / 4 + word];
}
