/* SPDX-License-Identifier: MIT */
/*
 * The IO-APICs. Each has two registers, an index and a data window, behind
 * which lie its id, its version with the number of pins, and two words a pin:
 *
 *   low:  0-7 vector, 8-10 delivery (0 fixed, 4 NMI), 11 logical destination,
 *         13 active low, 14 remote IRR, 15 level, 16 masked
 *   high: 24-31 the destination's APIC id
 *
 * Invariant: the shadow of a pin's low word is what the chip holds; only this
 * file writes routes, so masking needs no read.
 *
 * A level interrupt is ended (irq/irq.c) by masking its pin before the local
 * APIC's EOI, which makes the chip forget its remote IRR; unmasking raises it
 * again if the device still asserts the line. So no interrupt is lost and none
 * storms.
 *
 * Reference: Intel 82093AA datasheet.
 */
#include "x86/ioapic.h"
#include "firmware/acpi.h"
#include "lib/errno.h"
#include "lib/lock.h"
#include "log/log.h"
#include "x86/asm.h"
#include "x86/ioremap.h"

#define IOAPIC_INDEX   0x00
#define IOAPIC_DATA    0x10
#define REG_ID	       0
#define REG_VERSION    1
#define REG_LAST_PLAIN 3 /* 2: arbitration id, 3: boot configuration */
#define REG_ROUTES     0x10

#define ROUTE_DELIVERY_NMI (4u << 8)
#define ROUTE_ACTIVE_LOW   (1u << 13)
#define ROUTE_LEVEL	   (1u << 15)
#define ROUTE_MASKED	   (1u << 16)

#define ISA_IRQS 16
#define MAX_PINS 240 /* the version register's field allows it */

struct ioapic {
	volatile char *regs;
	uint64_t paddr;
	unsigned int gsi_base;
	unsigned int pin_count;
	uint32_t route_low[MAX_PINS];
};

static struct ioapic ioapics[ACPI_IOAPIC_MAX];
static unsigned int ioapic_count;
static unsigned int gsi_count;

static struct acpi_override isa_irqs[ISA_IRQS];

/* An access takes two steps. Routes are changed under irq_lock (irq/irq.c). */
static struct spinlock reg_lock = SPINLOCK_INIT(LOCK_DEVICE);

static uint32_t reg_read(struct ioapic *io, uint32_t reg)
{
	uint32_t v;

	lock_acquire(&reg_lock);
	mmio_write32(io->regs + IOAPIC_INDEX, reg);
	v = mmio_read32(io->regs + IOAPIC_DATA);
	lock_release(&reg_lock);
	return v;
}

static void reg_write(struct ioapic *io, uint32_t reg, uint32_t v)
{
	lock_acquire(&reg_lock);
	mmio_write32(io->regs + IOAPIC_INDEX, reg);
	mmio_write32(io->regs + IOAPIC_DATA, v);
	lock_release(&reg_lock);
}

static void route_write_low(struct ioapic *io, unsigned int pin, uint32_t low)
{
	io->route_low[pin] = low;
	reg_write(io, REG_ROUTES + 2 * pin, low);
}

static struct ioapic *ioapic_of(unsigned int gsi, unsigned int *pin)
{
	unsigned int i;

	for (i = 0; i < ioapic_count; i++) {
		struct ioapic *io = &ioapics[i];

		if (gsi >= io->gsi_base && gsi - io->gsi_base < io->pin_count) {
			*pin = gsi - io->gsi_base;
			return io;
		}
	}
	return NULL;
}

static void ioapic_add(const struct acpi_ioapic *entry)
{
	struct ioapic *io = &ioapics[ioapic_count];
	unsigned int pin;
	uint32_t version;

	io->regs = ioremap(entry->address, PAGE_SIZE);
	if (!io->regs) {
		log_err("IO-APIC %u at %#lx cannot be mapped: its devices "
			"have no interrupts\n",
			entry->id, (unsigned long)entry->address);
		return;
	}
	version = reg_read(io, REG_VERSION);
	if (version == 0xffffffff) {
		log_err("IO-APIC %u at %#lx does not answer\n", entry->id,
			(unsigned long)entry->address);
		return;
	}
	io->paddr = entry->address;
	io->gsi_base = entry->gsi_base;
	io->pin_count = (version >> 16 & 0xff) + 1;
	if (io->pin_count > MAX_PINS)
		io->pin_count = MAX_PINS;
	for (pin = 0; pin < io->pin_count; pin++)
		route_write_low(io, pin, ROUTE_MASKED);
	if (io->gsi_base + io->pin_count > gsi_count)
		gsi_count = io->gsi_base + io->pin_count;
	ioapic_count++;
	log_info("IO-APIC %u at %#lx: version %#x, GSIs %u-%u\n", entry->id,
		 (unsigned long)entry->address, version & 0xff, io->gsi_base,
		 io->gsi_base + io->pin_count - 1);
}

void ioapic_init(const struct acpi_info *acpi)
{
	unsigned int i;

	for (i = 0; i < acpi->ioapic_count; i++)
		ioapic_add(&acpi->ioapics[i]);
	for (i = 0; i < ISA_IRQS; i++)
		isa_irqs[i] = acpi_isa_irq(acpi, (uint8_t)i);
	if (!ioapic_count)
		log_err("the machine has no IO-APIC: no device interrupts\n");
}

unsigned int ioapic_gsi_count(void)
{
	return gsi_count;
}

unsigned int ioapic_isa_gsi(unsigned int isa_irq)
{
	return isa_irq < ISA_IRQS ? isa_irqs[isa_irq].gsi : isa_irq;
}

void ioapic_gsi_default(unsigned int gsi, bool *level, bool *active_low)
{
	unsigned int i;

	for (i = 0; i < ISA_IRQS; i++) {
		if (isa_irqs[i].gsi == gsi) {
			*level = isa_irqs[i].level;
			*active_low = isa_irqs[i].active_low;
			return;
		}
	}
	/* What PCI's INTx lines are. */
	*level = true;
	*active_low = true;
}

/* Programs a route, masked. */
static int route_set(unsigned int gsi, uint32_t dest, uint32_t low)
{
	unsigned int pin;
	struct ioapic *io = ioapic_of(gsi, &pin);

	if (!io)
		return -ENODEV;
	/* Masked before the destination changes, or half a route is live. */
	route_write_low(io, pin, io->route_low[pin] | ROUTE_MASKED);
	reg_write(io, REG_ROUTES + 2 * pin + 1, dest << 24);
	route_write_low(io, pin, low | ROUTE_MASKED);
	return 0;
}

int ioapic_route(unsigned int gsi, uint8_t vector, uint32_t dest, bool level,
		 bool active_low)
{
	return route_set(gsi, dest,
			 vector | (level ? ROUTE_LEVEL : 0) |
				 (active_low ? ROUTE_ACTIVE_LOW : 0));
}

int ioapic_route_nmi(unsigned int gsi, uint32_t dest, bool active_low)
{
	return route_set(gsi, dest,
			 ROUTE_DELIVERY_NMI |
				 (active_low ? ROUTE_ACTIVE_LOW : 0));
}

void ioapic_mask(unsigned int gsi)
{
	unsigned int pin;
	struct ioapic *io = ioapic_of(gsi, &pin);

	if (io)
		route_write_low(io, pin, io->route_low[pin] | ROUTE_MASKED);
}

void ioapic_unmask(unsigned int gsi)
{
	unsigned int pin;
	struct ioapic *io = ioapic_of(gsi, &pin);

	if (io)
		route_write_low(io, pin, io->route_low[pin] & ~ROUTE_MASKED);
}

int ioapic_read_register(uint64_t paddr, uint32_t reg, uint32_t *value)
{
	unsigned int i;

	for (i = 0; i < ioapic_count; i++) {
		struct ioapic *io = &ioapics[i];

		if (io->paddr != paddr)
			continue;
		if (reg > REG_LAST_PLAIN &&
		    (reg < REG_ROUTES || reg >= REG_ROUTES + 2 * io->pin_count))
			return -EINVAL;
		*value = reg_read(io, reg);
		return 0;
	}
	return -ENODEV;
}

uint64_t ioapic_paddr(unsigned int i)
{
	return i < ioapic_count ? ioapics[i].paddr : 0;
}
