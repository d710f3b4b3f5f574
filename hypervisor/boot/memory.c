/* SPDX-License-Identifier: MIT */
/* See boot/memory.h. Test: tests/unit/hypervisor/boot/test_memory.c. */
#include "boot/memory.h"
#include "lib/macros.h"
#include "log/log.h"

struct e820_entry e820[E820_MAX];
unsigned int e820_count;

static struct {
	uint64_t start, end;
} reserved[RESERVED_MAX];
static unsigned int reserved_count;

/* Below 1 MiB is the firmware's and the devices'. */
#define LOW_END 0x100000ull

void e820_add(uint64_t addr, uint64_t size, uint32_t type)
{
	if (!size || e820_count == E820_MAX || addr + size < addr)
		return;
	e820[e820_count++] = (struct e820_entry){addr, size, type};
}

static void entry_remove(unsigned int i)
{
	for (e820_count--; i < e820_count; i++)
		e820[i] = e820[i + 1];
}

static void entries_sort(void)
{
	unsigned int i, k;

	for (i = 1; i < e820_count; i++) {
		struct e820_entry e = e820[i];

		for (k = i; k && e820[k - 1].addr > e.addr; k--)
			e820[k] = e820[k - 1];
		e820[k] = e;
	}
}

void e820_finish(void)
{
	unsigned int i;

	entries_sort();
	for (i = 0; i + 1 < e820_count;) {
		struct e820_entry *a = &e820[i], *b = &e820[i + 1];
		uint64_t a_end = a->addr + a->size;

		if (a_end <= b->addr) {
			i++;
		} else if (a->type == E820_RAM) {
			/* RAM ends where something else begins. */
			uint64_t b_end = b->addr + b->size;

			a->size = b->addr - a->addr;
			if (a_end > b_end)
				e820_add(b_end, a_end - b_end, E820_RAM);
			if (!a->size)
				entry_remove(i);
			entries_sort();
			i = 0;
		} else if (a_end >= b->addr + b->size) {
			entry_remove(i + 1);
		} else {
			/* b moves up, maybe past others. */
			b->size -= a_end - b->addr;
			b->addr = a_end;
			entries_sort();
		}
	}
}

uint64_t e820_ram_end(void)
{
	uint64_t end = 0;
	unsigned int i;

	for (i = 0; i < e820_count; i++)
		if (e820[i].type == E820_RAM)
			end = MAX(end, e820[i].addr + e820[i].size);
	return end;
}

uint64_t e820_ram_bytes(void)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < e820_count; i++)
		if (e820[i].type == E820_RAM)
			sum += e820[i].size;
	return sum;
}

void memory_reserve(uint64_t start, uint64_t end)
{
	BUG_ON(reserved_count == RESERVED_MAX);
	reserved[reserved_count].start = ALIGN_DOWN(start, PAGE_SIZE);
	reserved[reserved_count].end = ALIGN_UP(end, PAGE_SIZE);
	reserved_count++;
}

void memory_unreserve(uint64_t start, uint64_t end)
{
	unsigned int i;

	start = ALIGN_DOWN(start, PAGE_SIZE);
	end = ALIGN_UP(end, PAGE_SIZE);
	for (i = 0; i < reserved_count; i++)
		if (reserved[i].start == start && reserved[i].end == end) {
			reserved[i] = reserved[--reserved_count];
			return;
		}
}

/* The lowest reserved range that touches [start, end); or -1. */
static int reserved_first(uint64_t start, uint64_t end)
{
	int found = -1;
	unsigned int i;

	for (i = 0; i < reserved_count; i++)
		if (reserved[i].start < end && reserved[i].end > start &&
		    (found < 0 || reserved[i].start < reserved[found].start))
			found = (int)i;
	return found;
}

uint64_t memory_early_alloc(uint64_t bytes, uint64_t align)
{
	unsigned int i;
	int r;

	for (i = e820_count; i-- > 0;) {
		uint64_t start = MAX(e820[i].addr, LOW_END);
		uint64_t end = MIN(e820[i].addr + e820[i].size, 1ull << 32);
		uint64_t at;

		if (e820[i].type != E820_RAM || end <= start)
			continue;
		for (;;) {
			if (end < start + bytes)
				break;
			at = ALIGN_DOWN(end - bytes, align);
			if (at < start)
				break;
			r = reserved_first(at, at + bytes);
			if (r < 0) {
				memory_reserve(at, at + bytes);
				/* Neighbours become one, to save entries. */
				for (r = 0; r < (int)reserved_count - 1; r++)
					if (reserved[r].start == at + bytes) {
						reserved[r].start = at;
						reserved_count--;
						break;
					}
				return at;
			}
			end = reserved[r].start;
		}
	}
	panic("no room for %llu KiB of the hypervisor's own tables below 4 "
	      "GiB\n",
	      (unsigned long long)bytes >> 10);
}

void memory_for_each_free(void (*give)(uint64_t start, uint64_t end))
{
	unsigned int i;

	for (i = 0; i < e820_count; i++) {
		uint64_t at = ALIGN_UP(MAX(e820[i].addr, LOW_END), PAGE_SIZE);
		uint64_t end =
			ALIGN_DOWN(e820[i].addr + e820[i].size, PAGE_SIZE);

		if (e820[i].type != E820_RAM)
			continue;
		while (at < end) {
			int r = reserved_first(at, end);
			uint64_t stop =
				r < 0 ? end : MAX(reserved[r].start, at);

			if (stop > at)
				give(at >> PAGE_SHIFT, stop >> PAGE_SHIFT);
			at = r < 0 ? end : MAX(reserved[r].end, at);
		}
	}
}
