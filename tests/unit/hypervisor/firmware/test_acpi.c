/* SPDX-License-Identifier: MIT */
/*
 * ACPI's tables, built in a fake physical memory that starts at an odd
 * address and maps each window into a heap block of exactly its length, which
 * is freed at the next call: ASan sees every byte too far or too late.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "firmware/acpi.h"
#include "lib/errno.h"

#define MEMORY_BASE  UINT64_C(0x7fe1000)
#define MEMORY_BYTES 0x4000

static uint8_t memory[MEMORY_BYTES];
static size_t used;
static void *window;
static uint8_t rsdp[36];
static uint64_t tables[16];
static size_t table_count;
static struct acpi_info info;
static const char *why;

static const void *map(void *ctx, uint64_t paddr, size_t len)
{
	cr_assert_eq(ctx, memory);
	free(window);
	window = NULL;
	if (paddr < MEMORY_BASE || paddr - MEMORY_BASE > MEMORY_BYTES ||
	    len > MEMORY_BYTES - (paddr - MEMORY_BASE))
		return NULL;
	window = malloc(len);
	cr_assert_not_null(window);
	return memcpy(window, memory + (paddr - MEMORY_BASE), len);
}

static void put(uint8_t *at, uint64_t value, unsigned int bytes)
{
	memcpy(at, &value, bytes); /* little-endian, like the tables */
}

static uint8_t *at_paddr(uint64_t paddr)
{
	return memory + (paddr - MEMORY_BASE);
}

static void checksum(uint8_t *p, size_t bytes, size_t at)
{
	uint8_t sum = 0;

	p[at] = 0;
	for (size_t i = 0; i < bytes; i++)
		sum = (uint8_t)(sum + p[i]);
	p[at] = (uint8_t)-sum;
}

/* Room for a table; the caller fills it and calls table_seal(). */
static uint8_t *table_new(const char *signature, uint32_t length)
{
	uint8_t *t = memory + used;

	cr_assert_leq(used + length, sizeof(memory));
	memcpy(t, signature, 4);
	put(t + 4, length, 4);
	tables[table_count++] = MEMORY_BASE + used;
	used += (length + 15u) & ~15u;
	return t;
}

static void table_seal(uint8_t *t)
{
	uint32_t length;

	memcpy(&length, t + 4, 4);
	checksum(t, length, 9);
}

/* The root table over all tables so far, and the pointer to it. */
static uint64_t root_seal(bool wide)
{
	size_t count = table_count, entry = wide ? 8 : 4;
	uint8_t *t = table_new(wide ? "XSDT" : "RSDT",
			       (uint32_t)(36 + count * entry));
	uint64_t root = tables[count];

	for (size_t i = 0; i < count; i++)
		put(t + 36 + i * entry, tables[i], (unsigned int)entry);
	table_seal(t);
	memcpy(rsdp, "RSD PTR ", 8);
	if (wide)
		put(rsdp + 24, root, 8);
	else
		put(rsdp + 16, root, 4);
	rsdp[15] = wide ? 2 : 0;
	put(rsdp + 20, 36, 4);
	checksum(rsdp, 20, 8);
	checksum(rsdp, 36, 32);
	table_count = count;
	return root;
}

static int parse(void)
{
	int rc;

	why = "unset";
	rc = acpi_parse(rsdp, sizeof(rsdp), map, memory, &info, &why);
	free(window);
	window = NULL;
	cr_assert_eq(rc == 0, why == NULL);
	return rc;
}

static int parse_all(bool wide)
{
	root_seal(wide);
	return parse();
}

static void setup(void)
{
	memset(memory, 0xcc, sizeof(memory));
	memset(rsdp, 0, sizeof(rsdp));
	used = 0x30; /* not page aligned */
	table_count = 0;
}

static void teardown(void)
{
	free(window);
	window = NULL;
}

TestSuite(firmware_acpi, .init = setup, .fini = teardown);

/* q35's MADT with two processors, plus what others have. */
static const uint8_t madt_entries[] =
	{
		0, 8,  0,    0,	   1,	 0,    0,    0, /* CPU 0 */
		0, 8,  1,    4,	   1,	 0,    0,    0, /* CPU 1, APIC id 4 */
		0, 8,  2,    6,	   2,	 0,    0,    0, /* could come online */
		0, 8,  3,    0xff, 0,	 0,    0,    0, /* a hole */
		1, 12, 7,    0,	   0,	 0,    0xc0, 0xfe, 0,
		0, 0,  0, /* I/O APIC 7 */
		1, 12, 8,    0,	   0,	 0x10, 0xc0, 0xfe, 24,
		0, 0,  0,    2,	   10,	 0,    0,    2,	   0,
		0, 0,  0,    0, /* IRQ 0 -> GSI 2 */
		2, 10, 0,    5,	   5,	 0,    0,    0,	   0x0d,
		0, /* level, high */
		2, 10, 0,    9,	   9,	 0,    0,    0,	   0,
		0, /* the SCI, as usual */
		2, 10, 0,    10,   20,	 0,    0,    0,	   0x0f,
		0, /* level, low */
		2, 10, 1,    11,   11,	 0,    0,    0,	   0x0f,
		0,			    /* not ISA */
		4, 6,  0xff, 0,	   0,	 1, /* NMI */
		9, 16, 0,    0,	   0x78, 0x56, 0x34, 0x12, 1,
		0, 0,  0,    9,	   0,	 0,    0,    9,	   16,
		0, 0,  0xff, 0xff, 0xff, 0xff, 1,    0,	   0,
		0, 9,  0,    0,	   0,	 0x80, 5,    1,	   2,
		3, /* not known */
};

static uint8_t *add_madt(void)
{
	uint8_t *t = table_new("APIC", 44 + sizeof(madt_entries));

	put(t + 36, 0xfee00000, 4);
	put(t + 40, 1, 4);
	memcpy(t + 44, madt_entries, sizeof(madt_entries));
	table_seal(t);
	return t;
}

static uint8_t *add_fadt(uint32_t length)
{
	uint8_t *t = table_new("FACP", length);

	memset(t + 36, 0, length - 36);
	put(t + 46, 9, 2);
	put(t + 48, 0xb2, 4);
	t[52] = 0xf1;
	t[53] = 0xf0;
	put(t + 56, 0x600, 4);
	put(t + 64, 0x604, 4);
	put(t + 76, 0x608, 4);
	t[88] = 4;
	t[89] = 2;
	t[91] = 4;
	put(t + 109, 0x0013, 2);
	put(t + 112, 1u << 8 | 1u << 10, 4);
	if (length >= 129) {
		t[116] = 1;
		t[117] = 8;
		put(t + 120, 0xcf9, 8);
		t[128] = 0x0f;
	}
	table_seal(t);
	return t;
}

Test(firmware_acpi, the_madt_gives_processors_and_interrupt_controllers)
{
	add_madt();
	add_fadt(244);
	cr_assert_eq(parse_all(false), 0, "%s", why);
	cr_assert_eq(info.rejected_count, 0);
	cr_assert(info.has_madt && info.has_8259);
	cr_assert_eq(info.lapic_address, 0xfee00000);

	cr_assert_eq(info.cpu_count, 4);
	cr_assert_eq(info.cpus[1].apic_id, 4);
	cr_assert_eq(info.cpus[1].acpi_id, 1);
	cr_assert(info.cpus[1].enabled && !info.cpus[1].x2apic);
	cr_assert(!info.cpus[2].enabled && info.cpus[2].online_capable);
	cr_assert_eq(info.cpus[3].apic_id, 0x12345678);
	cr_assert_eq(info.cpus[3].acpi_id, 9);
	cr_assert(info.cpus[3].enabled && info.cpus[3].x2apic);

	cr_assert_eq(info.ioapic_count, 2);
	cr_assert_eq(info.ioapics[0].id, 7);
	cr_assert_eq(info.ioapics[0].address, 0xfec00000);
	cr_assert_eq(info.ioapics[1].gsi_base, 24);
	cr_assert_eq(info.ioapics[1].address, 0xfec01000);
}

Test(firmware_acpi, overrides_and_defaults_tell_how_isa_interrupts_arrive)
{
	static const struct {
		uint8_t irq;
		uint32_t gsi;
		bool level, low;
	} rows[] = {
		{0, 2, false, false}, {1, 1, false, false},
		{5, 5, true, false},  {9, 9, true, true},
		{10, 20, true, true}, {11, 11, false, false},
	};

	add_madt();
	add_fadt(244);
	cr_assert_eq(parse_all(true), 0);
	cr_assert_eq(info.override_count, 4);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct acpi_override o = acpi_isa_irq(&info, rows[i].irq);

		cr_assert_eq(o.gsi, rows[i].gsi, "IRQ %u", rows[i].irq);
		cr_assert_eq(o.level, rows[i].level, "IRQ %u", rows[i].irq);
		cr_assert_eq(o.active_low, rows[i].low, "IRQ %u", rows[i].irq);
	}
}

Test(firmware_acpi, without_an_override_the_sci_is_level_and_low)
{
	struct acpi_override o;

	put(add_fadt(244) + 46, 11, 2);
	table_seal(at_paddr(tables[0]));
	cr_assert_eq(parse_all(true), 0);
	o = acpi_isa_irq(&info, 11);
	cr_assert(o.level && o.active_low && o.gsi == 11);
	o = acpi_isa_irq(&info, 9);
	cr_assert(!o.level && !o.active_low);
}

Test(firmware_acpi, the_fadt_gives_ports_of_its_first_revision)
{
	add_fadt(116);
	cr_assert_eq(parse_all(false), 0);
	cr_assert(info.has_fadt && !info.hw_reduced);
	cr_assert_eq(info.sci_irq, 9);
	cr_assert_eq(info.smi_cmd, 0xb2);
	cr_assert(info.acpi_enable == 0xf1 && info.acpi_disable == 0xf0);
	cr_assert_eq(info.pm1a_event.address, 0x600);
	cr_assert_eq(info.pm1a_event.bits, 32);
	cr_assert_eq(info.pm1a_control.address, 0x604);
	cr_assert_eq(info.pm1a_control.bits, 16);
	cr_assert(info.pm1a_control.io);
	cr_assert_eq(info.pm1b_control.address, 0);
	cr_assert_eq(info.pm_timer.address, 0x608);
	cr_assert_eq(info.pm_timer_bits, 32);
	cr_assert_eq(info.reset.address, 0, "too short for a reset register");
	cr_assert_eq(info.boot_flags, 0x13);
}

Test(firmware_acpi, the_fadts_64_bit_addresses_win)
{
	uint8_t *t = add_fadt(244);

	t[172] = 0; /* memory */
	t[173] = 16;
	put(t + 176, UINT64_C(0x1fed00000), 8);
	t[208] = 2; /* PCI configuration space: not for us */
	put(t + 212, 0x44, 8);
	put(t + 112, 1u << 10, 4);
	table_seal(t);
	cr_assert_eq(parse_all(true), 0);
	cr_assert(!info.pm1a_control.io);
	cr_assert_eq(info.pm1a_control.address, UINT64_C(0x1fed00000));
	cr_assert_eq(info.pm_timer.address, 0x608);
	cr_assert_eq(info.pm_timer_bits, 24);
	cr_assert(info.reset.io && info.reset.address == 0xcf9);
	cr_assert_eq(info.reset_value, 0x0f);
}

Test(firmware_acpi, no_timer_and_no_reset_register_are_told)
{
	uint8_t *t = add_fadt(244);

	put(t + 76, 0, 4);
	put(t + 112, 1u << 20, 4);
	table_seal(t);
	cr_assert_eq(parse_all(true), 0);
	cr_assert_eq(info.pm_timer_bits, 0);
	cr_assert_eq(info.reset.address, 0, "its flag is not set");
	cr_assert(info.hw_reduced);
}

Test(firmware_acpi, hpet_and_mcfg_are_read)
{
	uint8_t *t = table_new("HPET", 56);

	memset(t + 36, 0, 20);
	put(t + 44, 0xfed00000, 8);
	table_seal(t);
	t = table_new("MCFG", 44 + 3 * 16 + 7);
	memset(t + 36, 0, 8 + 3 * 16 + 7);
	put(t + 44, 0xb0000000, 8);
	t[44 + 11] = 0xff;
	put(t + 60, UINT64_C(0x1c0000000), 8);
	put(t + 68, 1, 2);
	t[60 + 10] = 8;
	t[60 + 11] = 3; /* ends before it starts */
	put(t + 76, UINT64_C(0x2c0000000), 8);
	put(t + 84, 2, 2);
	t[76 + 10] = t[76 + 11] = 5;
	table_seal(t);
	cr_assert_eq(parse_all(true), 0);
	cr_assert(info.has_hpet);
	cr_assert_eq(info.hpet_address, 0xfed00000);
	cr_assert_eq(info.ecam_count, 2);
	cr_assert_eq(info.ecams[0].base, 0xb0000000);
	cr_assert_eq(info.ecams[0].bus_end, 0xff);
	cr_assert_eq(info.ecams[1].segment, 2);
	cr_assert_eq(info.ecams[1].bus_start, 5);
}

Test(firmware_acpi, an_hpet_in_port_space_or_nowhere_is_rejected)
{
	uint8_t *t = table_new("HPET", 56);

	memset(t + 36, 0, 20);
	put(t + 44, 0xfed00000, 8);
	t[40] = 1;
	table_seal(t);
	cr_assert_eq(parse_all(true), 0);
	cr_assert(!info.has_hpet && info.rejected_count == 1);
	cr_assert_str_eq(info.rejected, "HPET");
}

Test(firmware_acpi, a_wrong_checksum_costs_one_table_only)
{
	add_madt();
	add_fadt(244);
	at_paddr(tables[0])[50] ^= 1;
	cr_assert_eq(parse_all(true), 0);
	cr_assert(!info.has_madt && info.has_fadt);
	cr_assert_eq(info.rejected_count, 1);
	cr_assert_str_eq(info.rejected, "APIC");
	cr_assert_eq(info.table_count, 2);
}

Test(firmware_acpi, hostile_table_lengths_are_rejected)
{
	static const uint32_t lengths[] = {
		0, 8, 35, 43, MEMORY_BYTES, 0x100001, 0x7fffffff, UINT32_MAX};

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		setup();
		put(add_madt() + 4, lengths[i], 4);
		if (lengths[i] >= 36 && lengths[i] < MEMORY_BYTES)
			table_seal(at_paddr(tables[0]));
		cr_assert_eq(parse_all(true), 0);
		cr_assert(!info.has_madt, "length %u", lengths[i]);
		cr_assert_eq(info.rejected_count, 1);
	}
}

Test(firmware_acpi, hostile_entry_lengths_reject_the_whole_madt)
{
	/* Of the last entry: none, one byte, beyond the table. */
	static const uint8_t lengths[] = {0, 1, 6, 0xff};

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		uint8_t *t;

		setup();
		t = add_madt();
		t[44 + sizeof(madt_entries) - 4] = lengths[i];
		table_seal(t);
		cr_assert_eq(parse_all(true), 0);
		cr_assert(!info.has_madt && info.cpu_count == 0, "length %u",
			  lengths[i]);
		cr_assert_eq(info.rejected_count, 1);
	}
}

Test(firmware_acpi, entries_too_short_for_their_kind_are_skipped)
{
	static const uint8_t entries[] = {
		0, 7, 1,  1, 1, 1, 1, 1, 4, 2, 0, 2, 9, 0, 0, 0, 0, 0, 0,
		0, 9, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 3, 0};
	uint8_t *t = table_new("APIC", 44 + sizeof(entries));

	memset(t + 36, 0, 8);
	memcpy(t + 44, entries, sizeof(entries));
	table_seal(t);
	cr_assert_eq(parse_all(true), 0);
	cr_assert(info.has_madt);
	cr_assert_eq(info.cpu_count + info.ioapic_count + info.override_count,
		     0);
}

Test(firmware_acpi, more_processors_than_there_is_room_for_are_counted)
{
	uint32_t count = ACPI_CPU_MAX + 3;
	uint8_t *t = table_new("APIC", 44 + count * 16);

	memset(t + 36, 0, 8 + count * 16);
	for (uint32_t i = 0; i < count; i++) {
		t[44 + i * 16] = 9;
		t[45 + i * 16] = 16;
		put(t + 48 + i * 16, i, 4);
	}
	table_seal(t);
	cr_assert_eq(parse_all(true), 0);
	cr_assert_eq(info.cpu_count, ACPI_CPU_MAX);
	cr_assert_eq(info.cpu_dropped, 3);
}

Test(firmware_acpi, the_first_madt_and_fadt_count)
{
	add_madt();
	add_fadt(244);
	put(add_fadt(244) + 46, 7, 2);
	table_seal(at_paddr(tables[2]));
	add_madt();
	cr_assert_eq(parse_all(true), 0);
	cr_assert_eq(info.sci_irq, 9);
	cr_assert_eq(info.cpu_count, 4);
}

Test(firmware_acpi, tables_that_cannot_be_mapped_are_counted)
{
	add_madt();
	tables[table_count++] = 0;
	tables[table_count++] = UINT64_C(0xfffffffffffffff0);
	tables[table_count++] = MEMORY_BASE - 8;
	cr_assert_eq(parse_all(true), 0);
	cr_assert(info.has_madt);
	cr_assert_eq(info.table_count, 4);
	cr_assert_eq(info.rejected_count, 3);
	cr_assert_str_eq(info.rejected, "????");
}

Test(firmware_acpi, a_broken_xsdt_gives_way_to_the_rsdt)
{
	uint64_t rsdt;

	add_madt();
	rsdt = root_seal(false);
	at_paddr(root_seal(true))[36] ^= 1;
	put(rsdp + 16, rsdt, 4);
	checksum(rsdp, 20, 8);
	checksum(rsdp, 36, 32);
	cr_assert_eq(parse(), 0, "%s", why);
	cr_assert(info.has_madt);
	cr_assert_eq(info.rsdt_paddr, rsdt);
}

Test(firmware_acpi, a_broken_root_is_an_error_with_its_reason)
{
	uint64_t root;

	add_madt();
	root = root_seal(false);
	at_paddr(root)[36] ^= 1;
	cr_assert_eq(parse(), -EBADMSG);
	at_paddr(root)[36] ^= 1;
	memcpy(at_paddr(root), "RSDQ", 4);
	table_seal(at_paddr(root));
	cr_assert_eq(parse(), -EBADMSG);
	put(rsdp + 16, MEMORY_BASE + MEMORY_BYTES, 4);
	checksum(rsdp, 20, 8);
	cr_assert_eq(parse(), -EFAULT);
	rsdp[10] ^= 1;
	cr_assert_eq(parse(), -EBADMSG);
	cr_assert(!info.has_madt);
}

Test(firmware_acpi, the_root_pointer_is_found_on_16_bytes_only)
{
	uint8_t area[256];

	root_seal(true);
	for (size_t at = 0; at < sizeof(area); at += 4) {
		size_t room = sizeof(area) - at;

		memset(area, 0, sizeof(area));
		memcpy(area + at, rsdp, MIN(room, sizeof(rsdp)));
		cr_assert_eq(acpi_find_rsdp(area, sizeof(area)),
			     at % 16 == 0 && room >= 36 ? area + at : NULL,
			     "at %zu", at);
	}
}

Test(firmware_acpi, a_root_pointer_needs_both_its_sums_and_its_length)
{
	uint8_t good[36], area[64] = {0};

	root_seal(true);
	memcpy(good, rsdp, sizeof(good));
	for (size_t i = 0; i < sizeof(good); i++) {
		memcpy(area, good, sizeof(good));
		area[i] ^= 0x40;
		cr_assert_null(acpi_find_rsdp(area, sizeof(area)), "byte %zu",
			       i);
	}
	/* A length beyond what can be read, or below the fields. */
	for (uint32_t length = 30; length < 80; length += 7) {
		memcpy(area, good, sizeof(good));
		put(area + 20, length, 4);
		checksum(area, 36, 32);
		cr_assert_eq(acpi_find_rsdp(area, sizeof(area)) != NULL,
			     length >= 36 && length <= sizeof(area),
			     "length %u", length);
	}
	/* Revision 0 ends after 20 bytes. */
	memset(rsdp, 0, sizeof(rsdp));
	root_seal(false);
	memcpy(area, rsdp, 20);
	memset(area + 20, 0xff, sizeof(area) - 20);
	cr_assert_eq(acpi_find_rsdp(area, 20), area);
	cr_assert_null(acpi_find_rsdp(area, 19));
	cr_assert_null(acpi_find_rsdp(area, 0));
}
