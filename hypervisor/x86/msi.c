/* SPDX-License-Identifier: MIT */
/*
 * Message-signalled interrupts. See the header for who writes what.
 *
 * Windows on MSI-X tables are kept for ever and shared by physical page, since
 * ioremap() has no inverse: their number is bounded by the table below.
 *
 * Message format: Intel SDM volume 3, section "Message Signalled Interrupts".
 */
#include "x86/msi.h"
#include "lib/errno.h"
#include "x86/asm.h"
#include "x86/ioremap.h"

/* MSI capability. */
#define MSI_CONTROL	   0x02
#define MSI_ADDRESS	   0x04
#define CONTROL_CAN_SHIFT  1
#define CONTROL_USES_SHIFT 4
#define CONTROL_USES_MASK  0x0070u
#define CONTROL_64	   0x0080u
#define CONTROL_MASKABLE   0x0100u

/* MSI-X capability and table entry. */
#define MSIX_CONTROL	   0x02
#define MSIX_TABLE	   0x04
#define MSIX_ENABLE	   0x8000u
#define MSIX_MASK_ALL	   0x4000u
#define MSIX_SIZE_MASK	   0x07ffu
#define MSIX_BAR_MASK	   0x7u
#define MSIX_ENTRY_BYTES   16
#define ENTRY_ADDRESS	   0
#define ENTRY_ADDRESS_HIGH 4
#define ENTRY_DATA	   8
#define ENTRY_CONTROL	   12
#define ENTRY_MASKED	   1u

#define MESSAGE_ADDRESS 0xfee00000u

#define WINDOWS_MAX 128

struct window {
	uint64_t paddr;
	char *va;
};

static struct window windows[WINDOWS_MAX];
static unsigned int window_count;

static char *window_of(uint64_t paddr)
{
	uint64_t page = paddr & ~(uint64_t)0xfff;
	unsigned int i;

	for (i = 0; i < window_count; i++) {
		if (windows[i].paddr == page)
			return windows[i].va + (paddr & 0xfff);
	}
	if (window_count == WINDOWS_MAX)
		return NULL;
	windows[i].va = ioremap(page, PAGE_SIZE);
	if (!windows[i].va)
		return NULL;
	windows[i].paddr = page;
	window_count++;
	return windows[i].va + (paddr & 0xfff);
}

int msi_find(struct pci_address dev, unsigned int count, unsigned int index,
	     struct msi *m)
{
	uint16_t control;
	uint8_t cap;

	if (!pci_exists(dev))
		return -ENODEV;
	cap = pci_find_capability(dev, PCI_CAP_MSI);
	if (!cap)
		return -ENODEV;
	control = pci_read16(dev, cap + MSI_CONTROL);
	if (count == 0 || (count & (count - 1)) || index >= count ||
	    count > 1u << (control >> CONTROL_CAN_SHIFT & 7) || count > 32)
		return -EINVAL;
	*m = (struct msi){
		.dev = dev,
		.cap = cap,
		.count = (uint8_t)count,
		.index = (uint16_t)index,
	};
	return 0;
}

int msix_find(struct pci_address dev, unsigned int index, uint64_t bar,
	      struct msi *m)
{
	uint32_t table;
	uint64_t base;
	uint16_t size;
	uint8_t cap;

	if (!pci_exists(dev))
		return -ENODEV;
	cap = pci_find_capability(dev, PCI_CAP_MSIX);
	if (!cap)
		return -ENODEV;
	size = (pci_read16(dev, cap + MSIX_CONTROL) & MSIX_SIZE_MASK) + 1;
	if (index >= size)
		return -EINVAL;
	if (!(pci_read16(dev, PCI_COMMAND) & PCI_COMMAND_MEMORY))
		return -ENXIO;
	table = pci_read32(dev, cap + MSIX_TABLE);
	base = pci_memory_bar(dev, table & MSIX_BAR_MASK);
	if (!base)
		return -ENXIO;
	if (bar && bar != base)
		return -EINVAL;
	*m = (struct msi){
		.dev = dev,
		.msix = true,
		.cap = cap,
		.count = 1,
		.index = (uint16_t)index,
		.entry = window_of(base + (table & ~MSIX_BAR_MASK) +
				   (uint64_t)index * MSIX_ENTRY_BYTES),
	};
	return m->entry ? 0 : -ENOMEM;
}

static void msix_write_mask(const struct msi *m, bool masked)
{
	volatile char *entry = m->entry;
	uint32_t control = mmio_read32(entry + ENTRY_CONTROL);

	control = masked ? control | ENTRY_MASKED : control & ~ENTRY_MASKED;
	mmio_write32(entry + ENTRY_CONTROL, control);
	/* The write has arrived when this read answers. */
	mmio_read32(entry + ENTRY_CONTROL);
}

void msi_set_mask(const struct msi *m, bool masked)
{
	uint8_t at;
	uint16_t control;
	uint32_t bits;

	if (m->msix) {
		msix_write_mask(m, masked);
		return;
	}
	control = pci_read16(m->dev, m->cap + MSI_CONTROL);
	if (!(control & CONTROL_MASKABLE))
		return;
	at = m->cap + (control & CONTROL_64 ? 0x10 : 0x0c);
	bits = pci_read32(m->dev, at);
	bits = masked ? bits | 1u << m->index : bits & ~(1u << m->index);
	pci_write32(m->dev, at, bits);
}

void msi_program(const struct msi *m, uint8_t vector, uint32_t dest)
{
	uint32_t address = MESSAGE_ADDRESS | dest << 12;
	uint16_t control;

	msi_set_mask(m, true);
	if (m->msix) {
		volatile char *entry = m->entry;

		mmio_write32(entry + ENTRY_ADDRESS, address);
		mmio_write32(entry + ENTRY_ADDRESS_HIGH, 0);
		mmio_write32(entry + ENTRY_DATA, vector);
		return;
	}
	if (m->index)
		return;
	control = pci_read16(m->dev, m->cap + MSI_CONTROL);
	control &= ~CONTROL_USES_MASK;
	control |= (uint16_t)(__builtin_ctz(m->count) << CONTROL_USES_SHIFT);
	pci_write16(m->dev, m->cap + MSI_CONTROL, control);
	pci_write32(m->dev, m->cap + MSI_ADDRESS, address);
	if (control & CONTROL_64) {
		pci_write32(m->dev, m->cap + MSI_ADDRESS + 4, 0);
		pci_write16(m->dev, m->cap + MSI_ADDRESS + 8, vector);
	} else {
		pci_write16(m->dev, m->cap + MSI_ADDRESS + 4, vector);
	}
}
