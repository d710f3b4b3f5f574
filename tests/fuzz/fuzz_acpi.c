/* SPDX-License-Identifier: MIT */
/*
 * The ACPI reader on an arbitrary firmware: the input is cut into tables,
 * which get true checksums (or not), and a root table over all of them. Each
 * window is a heap block of its own that dies with the next one.
 */
#include <stdlib.h>
#include <string.h>
#include "firmware/acpi.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition))                                              \
			abort();                                               \
	} while (0)

#define BASE	   0x9f000u
#define BYTES	   0x4000u
#define TABLES_MAX 16u

static const char *const signatures[] = {"APIC", "FACP", "HPET", "MCFG",
					 "SSDT"};

static uint8_t memory[BYTES];
static void *window;

static const void *map(void *ctx, uint64_t paddr, size_t len)
{
	(void)ctx;
	free(window);
	window = NULL;
	if (paddr < BASE || paddr - BASE > BYTES ||
	    len > BYTES - (paddr - BASE))
		return NULL;
	window = malloc(len ? len : 1);
	CHECK(window);
	return memcpy(window, memory + (paddr - BASE), len);
}

static void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void seal(uint8_t *p, size_t bytes, size_t at)
{
	uint8_t sum = 0;

	p[at] = 0;
	for (size_t i = 0; i < bytes; i++)
		sum = (uint8_t)(sum + p[i]);
	p[at] = (uint8_t)-sum;
}

/*
 * Tables from {kind, length, bytes ...}. Bit 7 of kind: the checksum stays
 * wrong; bit 6: the length in the header is another one.
 */
static unsigned int build(const uint8_t *bytes, size_t size)
{
	unsigned int count = 0;
	size_t used = 0x400;

	while (size >= 2 && count < TABLES_MAX) {
		uint8_t kind = bytes[0];
		size_t body = bytes[1] < size - 2 ? bytes[1] : size - 2;
		size_t length = 36 + body;
		uint8_t *t = memory + used;

		memcpy(t, signatures[kind % 8 % 5], 4);
		put32(t + 4, (uint32_t)length);
		memcpy(t + 36, bytes + 2, body);
		if (kind & 0x40)
			put32(t + 4, bytes[1] * 0x1010u);
		if (!(kind & 0x80))
			seal(t, length, 9);
		put32(memory + 0x100 + 36 + 4 * count++,
		      (uint32_t)(BASE + used));
		used += length + 3;
		bytes += 2 + body;
		size -= 2 + body;
	}
	return count;
}

static void check_info(const struct acpi_info *info)
{
	CHECK(info->cpu_count <= ACPI_CPU_MAX);
	CHECK(info->ioapic_count <= ACPI_IOAPIC_MAX);
	CHECK(info->override_count <= ACPI_OVERRIDE_MAX);
	CHECK(info->ecam_count <= ACPI_ECAM_MAX);
	CHECK(info->has_madt || info->cpu_count == 0);
	CHECK(!info->has_hpet || info->hpet_address != 0);
	CHECK(memchr(info->rejected, 0, sizeof(info->rejected)));
	for (unsigned int irq = 0; irq < 256; irq++)
		(void)acpi_isa_irq(info, (uint8_t)irq);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct acpi_info info;
	uint8_t rsdp[20] = "RSD PTR ";
	const char *why = "unset";
	unsigned int count;
	int rc;

	(void)acpi_find_rsdp(bytes, size);
	memset(memory, 0, sizeof(memory));
	count = build(bytes, size);
	memcpy(memory + 0x100, "RSDT", 4);
	put32(memory + 0x104, 36 + 4 * count);
	seal(memory + 0x100, 36 + 4 * count, 9);
	put32(rsdp + 16, BASE + 0x100);
	seal(rsdp, sizeof(rsdp), 8);

	rc = acpi_parse(rsdp, sizeof(rsdp), map, NULL, &info, &why);
	free(window);
	window = NULL;
	CHECK(rc == 0 && why == NULL);
	CHECK(info.table_count == count);
	check_info(&info);
	return 0;
}
