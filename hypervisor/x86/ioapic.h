/* SPDX-License-Identifier: MIT */
/*
 * The IO-APICs: one line per global system interrupt (GSI), each with a route
 * (vector, CPU, trigger mode, polarity) and a mask.
 *
 * Reference: Intel 82093AA datasheet; the GSI numbering and the ISA overrides
 * are ACPI's (MADT).
 */
#ifndef X86_IOAPIC_H
#define X86_IOAPIC_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/macros.h"

struct acpi_info;

/* Finds them all and masks every pin. */
void ioapic_init(const struct acpi_info *acpi);

/* One past the highest GSI; 0: the machine has no IO-APIC. */
unsigned int ioapic_gsi_count(void);

/* The GSI that ISA interrupt 0..15 arrives on. */
unsigned int ioapic_isa_gsi(unsigned int isa_irq);

/* Trigger and polarity that the firmware tables give a GSI. */
void ioapic_gsi_default(unsigned int gsi, bool *level, bool *active_low);

/* Programs the route of gsi, masked. -ENODEV: no pin has that number. */
MUST_CHECK int ioapic_route(unsigned int gsi, uint8_t vector, uint32_t dest,
			    bool level, bool active_low);
/* The same for an edge that becomes an NMI there. */
MUST_CHECK int ioapic_route_nmi(unsigned int gsi, uint32_t dest,
				bool active_low);
void ioapic_mask(unsigned int gsi);
void ioapic_unmask(unsigned int gsi);

/*
 * Domain zero reads the id and version registers itself, by the physical
 * address of the chip. -ENODEV: no such chip, -EINVAL: no such register.
 */
MUST_CHECK int ioapic_read_register(uint64_t paddr, uint32_t reg,
				    uint32_t *value);

/* The pages that a guest must not map writable: chip i's address, or 0. */
uint64_t ioapic_paddr(unsigned int i);

#endif
