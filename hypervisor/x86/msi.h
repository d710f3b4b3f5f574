/* SPDX-License-Identifier: MIT */
/*
 * Message-signalled interrupts: a device's MSI block or one entry of its MSI-X
 * table (PCI local bus specification 3.0, section 6.8). Domain zero enables
 * and disables the capability itself; address, data and mask bits are written
 * here only.
 */
#ifndef X86_MSI_H
#define X86_MSI_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/macros.h"
#include "x86/pci.h"

/* One message that a device may send. */
struct msi {
	struct pci_address dev;
	bool msix;
	uint8_t cap;	      /* offset of the capability */
	uint8_t count;	      /* messages of the MSI block: 1, 2, 4 .. 32 */
	uint16_t index;	      /* in the block, or in the MSI-X table */
	volatile void *entry; /* MSI-X: its 16 bytes */
};

/*
 * Finds where message `index` of an MSI block of `count` lives, and fills *m.
 * -ENODEV: no such device or capability; -EINVAL: it has fewer messages, or
 * count is no power of two.
 */
MUST_CHECK int msi_find(struct pci_address dev, unsigned int count,
			unsigned int index, struct msi *m);

/*
 * The same for entry `index` of the MSI-X table, which lies in the BAR that
 * starts at `bar` (0: not checked). -EINVAL also: another BAR; -ENXIO: the
 * device's memory is off or not assigned; -ENOMEM: no window on the table.
 */
MUST_CHECK int msix_find(struct pci_address dev, unsigned int index,
			 uint64_t bar, struct msi *m);

/*
 * Writes address and data, with the message masked where the device can. Of a
 * block, message 0 is written and the device adds the index to the vector, so
 * that `vector` is aligned to the block's size.
 */
void msi_program(const struct msi *m, uint8_t vector, uint32_t dest);

void msi_set_mask(const struct msi *m, bool masked);

#endif
