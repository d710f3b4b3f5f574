/* SPDX-License-Identifier: MIT */
/*
 * Walks ACPI's root table and reads the five tables that a hypervisor needs:
 * APIC (processors, I/O APICs, interrupt overrides), FACP (power management
 * ports), HPET, MCFG, and the root itself.
 *
 * Every table is mapped twice: its header, to learn the length, and then the
 * whole of it; only mapped and summed bytes are read. A reader of one table
 * gets them as struct table and checks its own lengths.
 * Test: tests/unit/hypervisor/firmware/test_acpi.c.
 */
#include "firmware/acpi.h"
#include "lib/errno.h"
#include "lib/string.h"

#define HEADER_BYTES 36u
#define RSDP_BYTES_0 20u
#define RSDP_BYTES_2 36u
/* The tables that are read are a few KiB; a MiB is nonsense or an attack. */
#define TABLE_BYTES_MAX	 (1u << 20)
#define ROOT_ENTRIES_MAX 1024u

struct table {
	const uint8_t *bytes;
	size_t length; /* >= HEADER_BYTES */
};

struct walk {
	acpi_map_fn map;
	void *ctx;
	struct acpi_info *info;
};

static uint16_t read16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t read32(const uint8_t *p)
{
	return read16(p) | (uint32_t)read16(p + 2) << 16;
}

static uint64_t read64(const uint8_t *p)
{
	return read32(p) | (uint64_t)read32(p + 4) << 32;
}

static bool sum_is_zero(const uint8_t *p, size_t bytes)
{
	uint8_t sum = 0;

	while (bytes-- > 0)
		sum = (uint8_t)(sum + *p++);
	return sum == 0;
}

/* Is this a root pointer, given that len bytes can be read? */
static bool rsdp_valid(const uint8_t *p, size_t len)
{
	uint32_t length;

	if (len < RSDP_BYTES_0 || memcmp(p, "RSD PTR ", 8) != 0 ||
	    !sum_is_zero(p, RSDP_BYTES_0))
		return false;
	if (p[15] < 2)
		return true;
	if (len < RSDP_BYTES_2)
		return false;
	length = read32(p + 20);
	return length >= RSDP_BYTES_2 && length <= len &&
	       sum_is_zero(p, length);
}

const uint8_t *acpi_find_rsdp(const uint8_t *area, size_t len)
{
	for (size_t at = 0; at < len; at += 16) {
		if (rsdp_valid(area + at, len - at))
			return area + at;
	}
	return NULL;
}

enum table_state { TABLE_GOOD, TABLE_UNMAPPED, TABLE_BAD };

/* The header at paddr; its signature and length are not yet believed. */
static const uint8_t *header_map(struct walk *w, uint64_t paddr)
{
	if (paddr == 0 || paddr > UINT64_MAX - TABLE_BYTES_MAX)
		return NULL;
	return w->map(w->ctx, paddr, HEADER_BYTES);
}

static enum table_state table_map(struct walk *w, uint64_t paddr,
				  struct table *t)
{
	const uint8_t *header = header_map(w, paddr);
	uint32_t length;

	if (!header)
		return TABLE_UNMAPPED;
	length = read32(header + 4);
	if (length < HEADER_BYTES || length > TABLE_BYTES_MAX)
		return TABLE_BAD;
	t->length = length;
	t->bytes = w->map(w->ctx, paddr, length);
	if (!t->bytes)
		return TABLE_UNMAPPED;
	/* Memory that changes under us must not change the length. */
	if (read32(t->bytes + 4) != length || !sum_is_zero(t->bytes, length))
		return TABLE_BAD;
	return TABLE_GOOD;
}

/* Multiple APIC description table: one entry after the other. */

static void madt_add_cpu(struct acpi_info *info, uint32_t apic_id,
			 uint32_t acpi_id, uint32_t flags, bool x2apic)
{
	if (info->cpu_count == ACPI_CPU_MAX) {
		info->cpu_dropped++;
		return;
	}
	info->cpus[info->cpu_count++] = (struct acpi_cpu){
		.apic_id = apic_id,
		.acpi_id = acpi_id,
		.enabled = flags & 1,
		.online_capable = flags & 2,
		.x2apic = x2apic,
	};
}

static void madt_add_override(struct acpi_info *info, const uint8_t *e)
{
	/* Bus 0 is ISA; others were never defined. */
	if (e[2] != 0 || info->override_count == ACPI_OVERRIDE_MAX)
		return;
	info->overrides[info->override_count++] = (struct acpi_override){
		.bus_irq = e[3],
		.gsi = read32(e + 4),
		.flags = read16(e + 8),
	};
}

static void madt_entry(struct acpi_info *info, const uint8_t *e, size_t len)
{
	switch (e[0]) {
	case 0: /* local APIC */
		/* Id 255 is no processor's: the broadcast address. */
		if (len >= 8 && e[3] != 0xff)
			madt_add_cpu(info, e[3], e[2], read32(e + 4), false);
		break;
	case 1: /* I/O APIC */
		if (len >= 12 && info->ioapic_count < ACPI_IOAPIC_MAX)
			info->ioapics[info->ioapic_count++] =
				(struct acpi_ioapic){
					.id = e[2],
					.address = read32(e + 4),
					.gsi_base = read32(e + 8),
				};
		break;
	case 2: /* interrupt source override */
		if (len >= 10)
			madt_add_override(info, e);
		break;
	case 5: /* local APIC address, 64 bits */
		if (len >= 12)
			info->lapic_address = read64(e + 4);
		break;
	case 9: /* x2APIC */
		if (len >= 16 && read32(e + 4) != UINT32_MAX)
			madt_add_cpu(info, read32(e + 4), read32(e + 12),
				     read32(e + 8), true);
		break;
	default:
		break;
	}
}

static bool madt_read(struct acpi_info *info, const struct table *t)
{
	size_t at = 44;

	if (t->length < at)
		return false;
	/* A first pass proves the lengths, so that nothing is half taken. */
	while (at < t->length) {
		if (t->length - at < 2 || t->bytes[at + 1] < 2 ||
		    t->bytes[at + 1] > t->length - at)
			return false;
		at += t->bytes[at + 1];
	}
	info->has_madt = true;
	info->lapic_address = read32(t->bytes + 36);
	info->has_8259 = read32(t->bytes + 40) & 1;
	for (at = 44; at < t->length; at += t->bytes[at + 1])
		madt_entry(info, t->bytes + at, t->bytes[at + 1]);
	return true;
}

/* Fixed ACPI description table. Its length tells its revision. */

static struct acpi_address port_address(uint32_t port, unsigned int bytes)
{
	return (struct acpi_address){
		.address = port,
		.io = true,
		.bits = (uint8_t)(bytes <= 8 ? bytes * 8 : 0),
	};
}

/* The generic address at `at`, if the table has one there and it is used. */
static bool generic_address(const struct table *t, size_t at,
			    struct acpi_address *a)
{
	const uint8_t *p = t->bytes + at;

	if (t->length < at + 12 || read64(p + 4) == 0 || p[0] > 1)
		return false;
	*a = (struct acpi_address){
		.address = read64(p + 4),
		.io = p[0] == 1,
		.bits = p[1],
	};
	return true;
}

/* The 64-bit form wins over the port number of old. */
static void fadt_block(const struct table *t, size_t at_old, size_t at_length,
		       size_t at_new, struct acpi_address *a)
{
	*a = port_address(read32(t->bytes + at_old), t->bytes[at_length]);
	(void)generic_address(t, at_new, a);
}

static bool fadt_read(struct acpi_info *info, const struct table *t)
{
	const uint8_t *p = t->bytes;
	uint32_t flags;

	/* ACPI 1.0's length: up to the flags. */
	if (t->length < 116)
		return false;
	flags = read32(p + 112);
	info->has_fadt = true;
	info->hw_reduced = flags >> 20 & 1;
	info->sci_irq = read16(p + 46);
	info->smi_cmd = read32(p + 48);
	info->acpi_enable = p[52];
	info->acpi_disable = p[53];
	info->boot_flags = read16(p + 109);
	fadt_block(t, 56, 88, 148, &info->pm1a_event);
	fadt_block(t, 60, 88, 160, &info->pm1b_event);
	fadt_block(t, 64, 89, 172, &info->pm1a_control);
	fadt_block(t, 68, 89, 184, &info->pm1b_control);
	fadt_block(t, 76, 91, 208, &info->pm_timer);
	if (info->pm_timer.address != 0)
		info->pm_timer_bits = flags >> 8 & 1 ? 32 : 24;
	if (flags >> 10 & 1 && t->length >= 129 &&
	    generic_address(t, 116, &info->reset))
		info->reset_value = p[128];
	return true;
}

static bool hpet_read(struct acpi_info *info, const struct table *t)
{
	/* Address space 0: memory. There are no HPETs in port space. */
	if (t->length < 56 || t->bytes[40] != 0 || read64(t->bytes + 44) == 0)
		return false;
	/* Several tables are several HPETs: the first is the one. */
	if (!info->has_hpet)
		info->hpet_address = read64(t->bytes + 44);
	info->has_hpet = true;
	return true;
}

static bool mcfg_read(struct acpi_info *info, const struct table *t)
{
	if (t->length < 44)
		return false;
	for (size_t at = 44; t->length - at >= 16; at += 16) {
		const uint8_t *p = t->bytes + at;

		if (p[10] > p[11] || info->ecam_count == ACPI_ECAM_MAX)
			continue;
		info->ecams[info->ecam_count++] = (struct acpi_ecam){
			.base = read64(p),
			.segment = read16(p + 8),
			.bus_start = p[10],
			.bus_end = p[11],
		};
	}
	return true;
}

static const struct {
	char signature[5];
	bool (*read)(struct acpi_info *info, const struct table *t);
} table_readers[] = {
	{"APIC", madt_read},
	{"FACP", fadt_read},
	{"HPET", hpet_read},
	{"MCFG", mcfg_read},
};

static void table_reject(struct acpi_info *info, const uint8_t *signature)
{
	if (info->rejected_count++ == 0) {
		for (unsigned int i = 0; i < 4; i++) {
			bool plain = signature[i] >= ' ' && signature[i] < 127;

			info->rejected[i] = plain ? (char)signature[i] : '?';
		}
	}
}

static bool already_read(const struct acpi_info *info, const char *signature)
{
	return (strcmp(signature, "APIC") == 0 && info->has_madt) ||
	       (strcmp(signature, "FACP") == 0 && info->has_fadt);
}

static void table_read(struct walk *w, uint64_t paddr)
{
	const uint8_t *header = header_map(w, paddr);
	uint8_t signature[4];
	struct table t;

	w->info->table_count++;
	if (!header) {
		table_reject(w->info, (const uint8_t *)"????");
		return;
	}
	memcpy(signature, header, sizeof(signature));
	for (size_t i = 0; i < ARRAY_SIZE(table_readers); i++) {
		if (memcmp(signature, table_readers[i].signature, 4) != 0 ||
		    already_read(w->info, table_readers[i].signature))
			continue;
		if (table_map(w, paddr, &t) != TABLE_GOOD ||
		    !table_readers[i].read(w->info, &t))
			table_reject(w->info, signature);
	}
}

/* All tables that the root lists in entries of `entry_bytes`. */
static int root_walk(struct walk *w, uint64_t root, const char *signature,
		     size_t entry_bytes, const char **why)
{
	struct table t;
	size_t count;

	switch (table_map(w, root, &t)) {
	case TABLE_GOOD:
		break;
	case TABLE_UNMAPPED:
		*why = "the ACPI root table cannot be mapped";
		return -EFAULT;
	case TABLE_BAD:
		*why = "the ACPI root table has a bad length or checksum";
		return -EBADMSG;
	}
	if (memcmp(t.bytes, signature, 4) != 0) {
		*why = "the ACPI root table has a wrong signature";
		return -EBADMSG;
	}
	count = MIN((t.length - HEADER_BYTES) / entry_bytes,
		    (size_t)ROOT_ENTRIES_MAX);
	w->info->rsdt_paddr = root;
	for (size_t i = 0; i < count; i++) {
		/* The window on the root is gone after the first table. */
		const uint8_t *entry =
			w->map(w->ctx, root + HEADER_BYTES + i * entry_bytes,
			       entry_bytes);

		if (!entry)
			break;
		table_read(w, entry_bytes == 8 ? read64(entry) : read32(entry));
	}
	return 0;
}

/*
 * Trigger and polarity of an override: 1 and 3 say it, 0 means the bus's
 * usual way. ISA: edge and high; the SCI: level and low.
 */
static void override_finish(const struct acpi_info *info,
			    struct acpi_override *o)
{
	bool sci = info->has_fadt && o->bus_irq == info->sci_irq;
	unsigned int polarity = o->flags & 3, trigger = o->flags >> 2 & 3;

	o->active_low = polarity == 0 ? sci : polarity == 3;
	o->level = trigger == 0 ? sci : trigger == 3;
}

int acpi_parse(const uint8_t *rsdp, size_t rsdp_len, acpi_map_fn map, void *ctx,
	       struct acpi_info *info, const char **why)
{
	struct walk w = {.map = map, .ctx = ctx, .info = info};
	int rc = -EBADMSG;

	memset(info, 0, sizeof(*info));
	*why = NULL;
	if (!rsdp_valid(rsdp, rsdp_len)) {
		*why = "the ACPI root pointer has a bad length or checksum";
		return -EBADMSG;
	}
	if (rsdp[15] >= 2 && read64(rsdp + 24) != 0)
		rc = root_walk(&w, read64(rsdp + 24), "XSDT", 8, why);
	/* A broken XSDT has changed nothing in *info. */
	if (rc)
		rc = root_walk(&w, read32(rsdp + 16), "RSDT", 4, why);
	if (rc)
		return rc;
	*why = NULL;
	for (size_t i = 0; i < info->override_count; i++)
		override_finish(info, &info->overrides[i]);
	return 0;
}

struct acpi_override acpi_isa_irq(const struct acpi_info *info, uint8_t irq)
{
	struct acpi_override o = {.bus_irq = irq, .gsi = irq};

	for (size_t i = 0; i < info->override_count; i++) {
		if (info->overrides[i].bus_irq == irq)
			return info->overrides[i];
	}
	override_finish(info, &o);
	return o;
}
