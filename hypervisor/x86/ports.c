/* SPDX-License-Identifier: MIT */
/*
 * Guests' port accesses. One table says which ports are kept from domain zero
 * and which are done for it; an access that touches a kept port with any of
 * its bytes is refused whole: ones are read, writes vanish.
 *
 * Why each is kept: the interrupt controllers and the timer are ours; port
 * 92h, CF9h and the coprocessor's F0h reset the CPU or its interrupts behind
 * our back. Of the PIT only channel 2, the speaker's, is domain zero's.
 */
#include "x86/ports.h"
#include "domain/domain.h"
#include "lib/errno.h"
#include "x86/asm.h"
#include "x86/cmos.h"
#include "x86/pci.h"

enum port_kind {
	PORT_FREE, /* domain zero's own */
	PORT_KEPT,
	PORT_PCI_ADDRESS,
	PORT_PCI_DATA,
	PORT_CMOS,
	PORT_PIT_COMMAND,
	PORT_PIT_GATE,
};

struct port_range {
	uint16_t first;
	uint16_t last;
	enum port_kind kind;
};

#define PROTECTED_MAX 8

static const struct port_range table[] = {
	{0x20, 0x21, PORT_KEPT}, /* first 8259 */
	{0x40, 0x41, PORT_KEPT}, /* PIT channels 0 and 1 */
	{0x43, 0x43, PORT_PIT_COMMAND},
	{0x61, 0x61, PORT_PIT_GATE},
	{0x70, 0x71, PORT_CMOS},
	{0x92, 0x92, PORT_KEPT},   /* fast reset, A20 */
	{0xa0, 0xa1, PORT_KEPT},   /* second 8259 */
	{0xf0, 0xf0, PORT_KEPT},   /* coprocessor busy */
	{0x4d0, 0x4d1, PORT_KEPT}, /* 8259 trigger modes */
	{0xcf8, 0xcfb, PORT_PCI_ADDRESS},
	{0xcfc, 0xcff, PORT_PCI_DATA},
};

static struct port_range protected[PROTECTED_MAX];
static unsigned int protected_count;

/* What domain zero has latched in the two-step devices. */
static uint32_t pci_latch;
static uint8_t cmos_latch;

void ports_protect(uint16_t first, unsigned int count)
{
	if (protected_count == PROTECTED_MAX || count == 0)
		return;
	protected[protected_count++] = (struct port_range){
		first, (uint16_t)(first + count - 1), PORT_KEPT};
}

static enum port_kind kind_of(uint32_t port)
{
	unsigned int i;

	for (i = 0; i < protected_count; i++) {
		if (port >= protected[i].first && port <= protected[i].last)
			return PORT_KEPT;
	}
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		if (port >= table[i].first && port <= table[i].last)
			return table[i].kind;
	}
	return PORT_FREE;
}

/*
 * The kind of a whole access. One that spans two kinds is kept, and so is one
 * of a width that the mediated device does not have: among CF8h-CFBh only a
 * full 32-bit access is PCI's, while a byte at CF9h resets the machine.
 */
static enum port_kind access_kind(uint16_t port, unsigned int size)
{
	enum port_kind kind = kind_of(port);
	unsigned int i;

	for (i = 1; i < size; i++) {
		if ((uint32_t)port + i > 0xffff || kind_of(port + i) != kind)
			return PORT_KEPT;
	}
	if (kind == PORT_PCI_ADDRESS && size != 4)
		return PORT_KEPT;
	if ((kind == PORT_CMOS || kind == PORT_PIT_COMMAND ||
	     kind == PORT_PIT_GATE) &&
	    size != 1)
		return PORT_KEPT;
	return kind;
}

static uint32_t ones(unsigned int size)
{
	return size == 4 ? 0xffffffff : (1u << size * 8) - 1;
}

static uint32_t machine_read(uint16_t port, unsigned int size)
{
	switch (size) {
	case 1:
		return inb(port);
	case 2:
		return inw(port);
	default:
		return inl(port);
	}
}

static void machine_write(uint16_t port, unsigned int size, uint32_t v)
{
	switch (size) {
	case 1:
		outb(port, (uint8_t)v);
		return;
	case 2:
		outw(port, (uint16_t)v);
		return;
	default:
		outl(port, v);
		return;
	}
}

int port_read(struct domain *d, uint16_t port, unsigned int size,
	      uint32_t *value)
{
	if (size != 1 && size != 2 && size != 4)
		return -EINVAL;
	*value = ones(size);
	if (!d->privileged)
		return 0;

	switch (access_kind(port, size)) {
	case PORT_FREE:
	case PORT_PIT_GATE:
		*value = machine_read(port, size);
		break;
	case PORT_PCI_ADDRESS:
		*value = pci_latch;
		break;
	case PORT_PCI_DATA:
		if (pci_latch >> 31)
			*value = pci_data_read(pci_latch, port & 3u, size);
		break;
	case PORT_CMOS:
		if (port & 1)
			*value = cmos_read(cmos_latch);
		break;
	case PORT_PIT_COMMAND:
	case PORT_KEPT:
		break;
	}
	return 0;
}

int port_write(struct domain *d, uint16_t port, unsigned int size,
	       uint32_t value)
{
	if (size != 1 && size != 2 && size != 4)
		return -EINVAL;
	if (!d->privileged)
		return 0;

	switch (access_kind(port, size)) {
	case PORT_FREE:
		machine_write(port, size, value);
		break;
	case PORT_PCI_ADDRESS:
		pci_latch = value;
		break;
	case PORT_PCI_DATA:
		if (pci_latch >> 31)
			pci_data_write(pci_latch, port & 3u, size, value);
		break;
	case PORT_CMOS:
		if (port & 1)
			cmos_write(cmos_latch, (uint8_t)value);
		else
			cmos_latch = value & 0x7f;
		break;
	case PORT_PIT_COMMAND:
		/* Bits 7-6 choose the channel. */
		if ((value >> 6 & 3) == 2)
			machine_write(port, size, value);
		break;
	case PORT_PIT_GATE:
		/* Speaker and its gate; the upper bits clear NMI sources. */
		machine_write(port, size,
			      (machine_read(port, size) & 0xcu) | (value & 3));
		break;
	case PORT_KEPT:
		break;
	}
	return 0;
}
