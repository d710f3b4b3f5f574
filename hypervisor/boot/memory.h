/* SPDX-License-Identifier: MIT */
/*
 * The machine's memory as the boot loader describes it: the map, what of it
 * is taken, and a bump allocator for the tables that must exist before the
 * page allocator does.
 */
#ifndef BOOT_MEMORY_H
#define BOOT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define E820_RAM      1
#define E820_RESERVED 2
#define E820_ACPI     3
#define E820_NVS      4
#define E820_UNUSABLE 5

#define E820_MAX     128
#define RESERVED_MAX 16

struct e820_entry {
	uint64_t addr, size; /* bytes */
	uint32_t type;
};

extern struct e820_entry e820[E820_MAX];
extern unsigned int e820_count;

/* Adds an entry; the list is sorted by e820_finish(). */
void e820_add(uint64_t addr, uint64_t size, uint32_t type);
/* Sorts, drops empty entries and overlaps (the later type wins over RAM). */
void e820_finish(void);
/* One past the last byte of RAM. */
uint64_t e820_ram_end(void);
/* Bytes of RAM. */
uint64_t e820_ram_bytes(void);

/* [start, end) is in use. */
void memory_reserve(uint64_t start, uint64_t end);
/* Forgets it; what it held may be freed by the caller. */
void memory_unreserve(uint64_t start, uint64_t end);

/*
 * `bytes` (a multiple of `align`, a power of two from 4096) of RAM below
 * 4 GiB, physical; from the top. Stops the machine if there is none.
 */
uint64_t memory_early_alloc(uint64_t bytes, uint64_t align);

/* Calls `give` for every run of RAM frames [start, end) that nobody has. */
void memory_for_each_free(void (*give)(uint64_t start, uint64_t end));

#endif
