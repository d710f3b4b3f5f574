/* SPDX-License-Identifier: MIT */
/*
 * PCI configuration space.
 *
 * The address register at CF8 is written before every access at CFC, by us
 * and for domain zero alike: its own latched address lives in x86/ports.c and
 * never in the chip between two accesses. So nothing is to be saved or
 * restored. With several CPUs, the two steps want a lock.
 */
#include "x86/pci.h"
#include "lib/lock.h"
#include "x86/asm.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc
#define CONFIG_ENABLE  0x80000000u

#define HEADER_TYPE_MASK 0x7f
#define BAR_IO		 0x1
#define BAR_TYPE_MASK	 0x6
#define BAR_TYPE_64	 0x4

/* An access takes two steps. */
static struct spinlock config_lock = SPINLOCK_INIT(LOCK_DEVICE);

static uint32_t config_address(struct pci_address a, uint8_t offset)
{
	return CONFIG_ENABLE | (uint32_t)a.bus << 16 | (uint32_t)a.devfn << 8 |
	       (offset & 0xfcu);
}

uint32_t pci_read32(struct pci_address a, uint8_t offset)
{
	return pci_data_read(config_address(a, offset), 0, 4);
}

uint16_t pci_read16(struct pci_address a, uint8_t offset)
{
	return (uint16_t)pci_data_read(config_address(a, offset), offset & 2,
				       2);
}

void pci_write32(struct pci_address a, uint8_t offset, uint32_t v)
{
	pci_data_write(config_address(a, offset), 0, 4, v);
}

void pci_write16(struct pci_address a, uint8_t offset, uint16_t v)
{
	pci_data_write(config_address(a, offset), offset & 2, 2, v);
}

bool pci_exists(struct pci_address a)
{
	if (a.segment != 0)
		return false;
	return pci_read16(a, PCI_VENDOR_ID) != 0xffff;
}

uint8_t pci_find_capability(struct pci_address a, uint8_t id)
{
	unsigned int left = 48; /* as many as fit: a loop in the list ends */
	uint8_t at;

	if (!(pci_read16(a, PCI_STATUS) & PCI_STATUS_CAPABILITIES))
		return 0;
	at = pci_read16(a, PCI_CAPABILITIES) & 0xfc;
	while (at >= 0x40 && left--) {
		uint16_t head = pci_read16(a, at);

		if ((head & 0xff) == id)
			return at;
		at = head >> 8 & 0xfc;
	}
	return 0;
}

uint64_t pci_memory_bar(struct pci_address a, unsigned int bar)
{
	uint8_t type = pci_read16(a, PCI_HEADER_TYPE) & HEADER_TYPE_MASK;
	unsigned int bars = type == 0 ? 6 : type == 1 ? 2 : 0;
	uint8_t offset = (uint8_t)(PCI_BAR0 + 4 * bar);
	uint64_t address;
	uint32_t low;

	if (bar >= bars)
		return 0;
	low = pci_read32(a, offset);
	if (low & BAR_IO)
		return 0;
	address = low & ~0xfu;
	if ((low & BAR_TYPE_MASK) == BAR_TYPE_64) {
		if (bar + 1 >= bars)
			return 0;
		address |= (uint64_t)pci_read32(a, offset + 4) << 32;
	}
	return address;
}

uint32_t pci_data_read(uint32_t address, unsigned int offset, unsigned int size)
{
	uint32_t v;

	lock_acquire(&config_lock);
	outl(CONFIG_ADDRESS, address);
	switch (size) {
	case 1:
		v = inb((uint16_t)(CONFIG_DATA + offset));
		break;
	case 2:
		v = inw((uint16_t)(CONFIG_DATA + offset));
		break;
	default:
		v = inl((uint16_t)(CONFIG_DATA + offset));
		break;
	}
	lock_release(&config_lock);
	return v;
}

void pci_data_write(uint32_t address, unsigned int offset, unsigned int size,
		    uint32_t v)
{
	lock_acquire(&config_lock);
	outl(CONFIG_ADDRESS, address);
	switch (size) {
	case 1:
		outb((uint16_t)(CONFIG_DATA + offset), (uint8_t)v);
		break;
	case 2:
		outw((uint16_t)(CONFIG_DATA + offset), (uint16_t)v);
		break;
	default:
		outl((uint16_t)(CONFIG_DATA + offset), v);
		break;
	}
	lock_release(&config_lock);
}
