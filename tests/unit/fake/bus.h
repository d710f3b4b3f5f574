/* SPDX-License-Identifier: MIT */
/*
 * A machine for host tests: I/O ports, PCI configuration space behind
 * CF8/CFC, the CMOS memory behind 70/71, and device memory with an IO-APIC in
 * it. Constants are odd on purpose, so that code that assumes a usual one
 * fails. bus_reset() gives every test a fresh machine.
 */
#ifndef FAKE_BUS_H
#define FAKE_BUS_H

#include <stdbool.h>
#include <stdint.h>

void bus_reset(void);

uint32_t bus_in(uint16_t port, unsigned int size);
void bus_out(uint16_t port, unsigned int size, uint32_t v);
uint32_t bus_load32(uintptr_t at);
void bus_store32(uintptr_t at, uint32_t v);

/* Bytes that plain ports hold: what was written last. */
extern uint8_t bus_ports[0x10000];
/* Port writes since the reset, and the last one. */
extern unsigned int bus_out_count;
extern uint16_t bus_last_out_port;

extern uint8_t bus_cmos[128];

/* The configuration space of a function, made present; 256 bytes. */
uint8_t *bus_add_function(uint8_t bus, uint8_t devfn, uint16_t vendor);

/* A capability at `at`, linked in front of those there are. */
void bus_add_capability(uint8_t *config, uint8_t at, uint8_t id);

/* Device memory of 8 KiB, at this physical address. */
#define BUS_MEMORY_PADDR 0x3fd7a000ull
#define BUS_MEMORY_BYTES 8192
extern uint32_t bus_memory[BUS_MEMORY_BYTES / 4];

/* The one IO-APIC. */
#define BUS_IOAPIC_PADDR    0xfec07000ull
#define BUS_IOAPIC_PINS	    23
#define BUS_IOAPIC_GSI_BASE 0
/* Low and high word of each route; what the chip would see. */
extern uint32_t bus_ioapic_low[BUS_IOAPIC_PINS];
extern uint32_t bus_ioapic_high[BUS_IOAPIC_PINS];

/* Windows that were asked for. */
extern unsigned int bus_ioremap_count;

/* Ends of interrupt (the local APIC is a counter). */
extern unsigned int bus_eoi_count;
#define BUS_APIC_ID 5u

/* What machine_power_off() was given, and what it shall answer. */
extern uint16_t bus_pm1a, bus_pm1b;
extern int bus_power_off_answer;

#endif
