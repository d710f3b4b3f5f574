/* SPDX-License-Identifier: MIT */
/* What a boot loader hands over, well and badly. */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include "boot/memory.h"
#include "boot/multiboot.h"

#define MAGIC 0x2badb002u

/* The physical memory: address 0 is its first byte. */
static _Alignas(16) char memory[65536];
static char command_line[32];
static struct multiboot_modules modules;

static void *window(uint64_t paddr)
{
	cr_assert_lt(paddr, sizeof(memory));
	return memory + paddr;
}

static void put32(unsigned int at, uint32_t v)
{
	memcpy(memory + at, &v, 4);
}

#define INFO	0x100
#define MMAP	0x1000
#define MODULES 0x2000
#define TEXT	0x3000

static unsigned int mmap_bytes;

static void mmap_put(uint32_t size, uint64_t addr, uint64_t len, uint32_t type)
{
	char *at = memory + MMAP + mmap_bytes;

	memcpy(at, &size, 4);
	memcpy(at + 4, &addr, 8);
	memcpy(at + 12, &len, 8);
	memcpy(at + 20, &type, 4);
	mmap_bytes += size + 4;
}

static void info(uint32_t flags)
{
	put32(INFO, flags);
	put32(INFO + 16, TEXT);
	put32(INFO + 24, MODULES);
	put32(INFO + 44, mmap_bytes);
	put32(INFO + 48, MMAP);
}

static void modules_put(unsigned int i, uint32_t start, uint32_t end,
			uint32_t cmdline)
{
	put32(MODULES + 16 * i, start);
	put32(MODULES + 16 * i + 4, end);
	put32(MODULES + 16 * i + 8, cmdline);
	put32(INFO + 20, i + 1);
}

static void read_it(void)
{
	multiboot_read(MAGIC, memory + INFO, window, command_line,
		       sizeof(command_line), &modules);
}

static void setup(void)
{
	e820_count = 0;
	mmap_put(20, 0x100000, 0x700000, E820_RAM);
}

TestSuite(multiboot, .init = setup);

Test(multiboot, another_magic_stops, .signal = SIGABRT)
{
	info(1 << 6);
	multiboot_read(MAGIC + 1, memory + INFO, window, command_line,
		       sizeof(command_line), &modules);
}

Test(multiboot, no_memory_map_stops, .signal = SIGABRT)
{
	info(1 << 2 | 1 << 3);
	read_it();
}

Test(multiboot, only_a_map)
{
	info(1 << 6);
	put32(INFO + 20, 3);
	strcpy(memory + TEXT, "not looked at");
	read_it();
	cr_assert_eq(e820_count, 1);
	cr_assert_eq(e820[0].addr, 0x100000);
	cr_assert_eq(e820[0].size, 0x700000);
	cr_assert_eq(modules.count, 0);
	cr_assert_eq(command_line[0], 0);
}

Test(multiboot, entries_may_be_longer_than_we_know)
{
	mmap_put(28, 0x900000, 0x1000, E820_ACPI);
	mmap_put(20, 0xa00000, 0x1000, E820_NVS);
	info(1 << 6);
	read_it();
	cr_assert_eq(e820_count, 3);
	cr_assert_eq(e820[2].addr, 0xa00000);
	cr_assert_eq(e820[2].type, E820_NVS);
}

Test(multiboot, sizes_that_cannot_be_end_the_map)
{
	static const uint32_t sizes[] = {0,	     1,		 19,
					 0xffffffff, 0xfffffffc, 0x7fffffff};
	unsigned int i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		e820_count = 0;
		mmap_bytes = 0;
		mmap_put(20, 0x100000, 0x700000, E820_RAM);
		mmap_put(20, 0x900000, 0x1000, E820_ACPI);
		mmap_put(20, 0xb00000, 0x1000, E820_ACPI);
		put32(MMAP + 24, sizes[i]);
		info(1 << 6);
		read_it();
		cr_assert_geq(e820_count, 1);
		cr_assert_leq(e820_count, 2, "size %#x", sizes[i]);
		cr_assert_eq(e820[0].size, 0x700000);
	}
}

Test(multiboot, a_map_that_ends_within_an_entry)
{
	unsigned int whole;

	mmap_put(20, 0x900000, 0x1000, E820_ACPI);
	whole = mmap_bytes;
	for (mmap_bytes = 0; mmap_bytes <= whole; mmap_bytes++) {
		e820_count = 0;
		info(1 << 6);
		read_it();
		cr_assert_eq(e820_count, mmap_bytes / 24, "%u bytes",
			     mmap_bytes);
	}
}

Test(multiboot, the_command_line_is_cut)
{
	info(1 << 6 | 1 << 2);
	memset(memory + TEXT, 'a', sizeof(memory) - TEXT - 1);
	read_it();
	cr_assert_eq(strlen(command_line), sizeof(command_line) - 1);
}

Test(multiboot, modules_have_their_options)
{
	static const struct {
		const char *given, *options;
	} rows[] = {
		{"vmlinux console=hvc0 quiet", "console=hvc0 quiet"},
		{"  vmlinux   a  b", "a  b"},
		{"vmlinux", ""},
		{"vmlinux ", ""},
		{"", ""},
		{"   ", ""},
	};
	unsigned int i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&modules, 0, sizeof(modules));
		strcpy(memory + TEXT + 0x100, rows[i].given);
		info(1 << 6 | 1 << 3);
		modules_put(0, 0x5000, 0x6789, TEXT + 0x100);
		modules_put(1, 0x7000, 0x7000, 0);
		read_it();
		cr_assert_eq(modules.count, 2);
		cr_assert_eq(modules.m[0].start, 0x5000);
		cr_assert_eq(modules.m[0].end, 0x6789);
		cr_assert_str_eq(modules.m[0].cmdline, rows[i].options);
		cr_assert_str_eq(modules.m[1].cmdline, "");
	}
}

Test(multiboot, long_options_are_cut_and_modules_are_four_at_most)
{
	unsigned int i;

	info(1 << 6 | 1 << 3);
	memset(memory + TEXT, 'x', 5000);
	memory[TEXT + 3] = ' ';
	for (i = 0; i < 9; i++)
		modules_put(i, 0x5000, 0x6000, TEXT);
	put32(INFO + 20, 0xffffffff);
	read_it();
	cr_assert_eq(modules.count, MULTIBOOT_MODULES_MAX);
	cr_assert_eq(strlen(modules.m[3].cmdline),
		     sizeof(modules.m[3].cmdline) - 1);
}

Test(multiboot, a_module_that_ends_before_it_starts_stops, .signal = SIGABRT)
{
	info(1 << 6 | 1 << 3);
	modules_put(0, 0x6000, 0x5fff, 0);
	read_it();
}
