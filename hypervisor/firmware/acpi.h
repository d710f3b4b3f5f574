/* SPDX-License-Identifier: MIT */
/*
 * ACPI's static tables: bytes in, one struct out. No AML, no writing.
 * Lengths, counts and addresses come from firmware and are not believed;
 * a table that is malformed or has a wrong checksum is left out and counted.
 * Layouts: ACPI specification 6.4 chapter 5.2, PCI firmware specification
 * (MCFG), IA-PC HPET specification.
 * Test: tests/unit/hypervisor/firmware/test_acpi.c; fuzz: tests/fuzz/
 * fuzz_acpi.c.
 */
#ifndef FIRMWARE_ACPI_H
#define FIRMWARE_ACPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/macros.h"

#define ACPI_CPU_MAX	  512
#define ACPI_IOAPIC_MAX	  32
#define ACPI_OVERRIDE_MAX 32
#define ACPI_ECAM_MAX	  16

/*
 * A window on [paddr, paddr + len); it need only last until the next call.
 * NULL: cannot be mapped.
 */
typedef const void *(*acpi_map_fn)(void *ctx, uint64_t paddr, size_t len);

struct acpi_cpu {
	uint32_t apic_id;
	uint32_t acpi_id;
	bool enabled;	     /* usable now */
	bool online_capable; /* may be enabled later */
	bool x2apic;	     /* from an x2APIC entry */
};

struct acpi_ioapic {
	uint8_t id;
	uint64_t address;
	uint32_t gsi_base;
};

/* How an ISA interrupt differs from "GSI of its number, edge, high". */
struct acpi_override {
	uint8_t bus_irq;
	uint32_t gsi;
	bool level;
	bool active_low;
	uint16_t flags; /* as in the table; the two above are made of it */
};

/* Generic address: a port (io) or a memory address; 0: there is none. */
struct acpi_address {
	uint64_t address;
	bool io;
	uint8_t bits;
};

/* One range of PCI buses with memory-mapped configuration space. */
struct acpi_ecam {
	uint64_t base; /* of bus 0, even where bus_start is not 0 */
	uint16_t segment;
	uint8_t bus_start, bus_end;
};

struct acpi_info {
	uint64_t rsdt_paddr; /* the RSDT's or XSDT's */
	unsigned int table_count;
	unsigned int rejected_count; /* malformed or wrong checksum */
	char rejected[5];	     /* signature of the first such */

	bool has_madt;
	uint64_t lapic_address;
	bool has_8259; /* the two legacy PICs must be masked */
	size_t cpu_count, ioapic_count, override_count;
	size_t cpu_dropped; /* beyond ACPI_CPU_MAX */
	struct acpi_cpu cpus[ACPI_CPU_MAX];
	struct acpi_ioapic ioapics[ACPI_IOAPIC_MAX];
	struct acpi_override overrides[ACPI_OVERRIDE_MAX];

	bool has_fadt;
	bool hw_reduced;
	uint16_t sci_irq;
	uint32_t smi_cmd; /* port; 0: ACPI mode is permanent */
	uint8_t acpi_enable, acpi_disable;
	struct acpi_address pm1a_event, pm1b_event;
	struct acpi_address pm1a_control, pm1b_control;
	struct acpi_address pm_timer;
	uint8_t pm_timer_bits; /* 24 or 32; 0: no timer */
	struct acpi_address reset;
	uint8_t reset_value;
	uint16_t boot_flags; /* IAPC_BOOT_ARCH */

	bool has_hpet;
	uint64_t hpet_address;

	size_t ecam_count;
	struct acpi_ecam ecams[ACPI_ECAM_MAX];
};

/*
 * Looks for the root pointer on 16-byte boundaries of `area` and checks its
 * sums. Returns where it is in `area`, or NULL. At least 20 (revision 0) or
 * 36 bytes from there are inside the area.
 */
const uint8_t *acpi_find_rsdp(const uint8_t *area, size_t len);

/*
 * Reads everything from the root pointer `rsdp` (rsdp_len bytes of it are
 * readable). 0, or with *why set: -EBADMSG: the root pointer or the root
 * table is malformed; -EFAULT: the root table cannot be mapped.
 * Missing tables are no error: see the has_ fields.
 */
MUST_CHECK int acpi_parse(const uint8_t *rsdp, size_t rsdp_len, acpi_map_fn map,
			  void *ctx, struct acpi_info *info, const char **why);

/*
 * Where ISA interrupt `irq` arrives, and how: its override, or the default
 * (the SCI's is level and low).
 */
struct acpi_override acpi_isa_irq(const struct acpi_info *info, uint8_t irq);

#endif
