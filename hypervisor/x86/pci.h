/* SPDX-License-Identifier: MIT */
/*
 * PCI configuration space through ports CF8/CFC (configuration mechanism 1,
 * PCI local bus specification 3.0, section 3.2.2.3): segment 0, the first 256
 * bytes of each function, which hold all that MSI needs.
 */
#ifndef X86_PCI_H
#define X86_PCI_H

#include <stdbool.h>
#include <stdint.h>

struct pci_address {
	uint16_t segment;
	uint8_t bus;
	uint8_t devfn; /* device << 3 | function */
};

#define PCI_VENDOR_ID	 0x00
#define PCI_COMMAND	 0x04
#define PCI_STATUS	 0x06
#define PCI_HEADER_TYPE	 0x0e
#define PCI_BAR0	 0x10
#define PCI_CAPABILITIES 0x34

#define PCI_COMMAND_MEMORY	0x0002
#define PCI_STATUS_CAPABILITIES 0x0010

#define PCI_CAP_MSI  0x05
#define PCI_CAP_MSIX 0x11

/* offset: a multiple of the width. */
uint32_t pci_read32(struct pci_address a, uint8_t offset);
uint16_t pci_read16(struct pci_address a, uint8_t offset);
void pci_write32(struct pci_address a, uint8_t offset, uint32_t v);
void pci_write16(struct pci_address a, uint8_t offset, uint16_t v);

bool pci_exists(struct pci_address a);

/* Offset of the capability, 0: the function has none such. */
uint8_t pci_find_capability(struct pci_address a, uint8_t id);

/* Physical address of a memory BAR 0..5; 0: none, or not assigned. */
uint64_t pci_memory_bar(struct pci_address a, unsigned int bar);

/* A step of domain zero's: the address that it has latched, and its data. */
uint32_t pci_data_read(uint32_t address, unsigned int offset,
		       unsigned int size);
void pci_data_write(uint32_t address, unsigned int offset, unsigned int size,
		    uint32_t v);

#endif
