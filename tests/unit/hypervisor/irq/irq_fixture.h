/* SPDX-License-Identifier: MIT */
/* What the interrupt suites share: domain zero, a guest, and some devices. */
#ifndef IRQ_FIXTURE_H
#define IRQ_FIXTURE_H

#include "fake/bus.h"
#include "fake/clock.h"
#include "fake/neighbours.h"
#include "irq/irq.h"
#include "irq/pirq.h"

extern struct domain irq_dom0, irq_domu;
extern struct vcpu irq_vcpu0, irq_vcpuu;

/* 00:03.0 has MSI with 4 messages; 00:04.0 MSI-X with 5; 00:05.0 neither. */
#define MSI_DEV		  ((struct pci_address){0, 0, 3 << 3})
#define MSIX_DEV	  ((struct pci_address){0, 0, 4 << 3})
#define PLAIN_DEV	  ((struct pci_address){0, 0, 5 << 3})
#define MSI_CAP		  0x50
#define MSIX_CAP	  0x70
#define MSIX_TABLE_OFFSET 0x800u
extern uint8_t *irq_msi_config, *irq_msix_config;

/* ISA 9 is GSI 9 level, high; ISA 0 is GSI 2; GSIs from 16 are PCI's. */
void irq_fixture_init(void);

bool irq_line_open(unsigned int gsi);
uint8_t irq_line_vector(unsigned int gsi);
/* The MSI-X table's entry i, word 0..3. */
uint32_t irq_msix_word(unsigned int i, unsigned int word);

#endif
