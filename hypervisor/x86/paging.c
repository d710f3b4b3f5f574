/* SPDX-License-Identifier: MIT */
/*
 * L4 slots 256..271 (x86/layout.h), built once at boot and never changed but
 * for the device window. The L4 entries are copied into every guest's L4.
 * The image is mapped with the rights that its sections need; nothing is
 * writable and executable.
 */
#include "x86/paging.h"
#include "boot/memory.h"
#include "lib/lock.h"
#include "lib/string.h"
#include "log/log.h"
#include "mm/alloc.h"
#include "mm/extent.h"
#include "mm/frame.h"
#include "pv/mmu.h"
#include "x86/asm.h"
#include "x86/cpu.h"
#include "x86/ioremap.h"
#include "x86/machine.h"

extern char image_start[], text_end[], rodata_end[], image_end[];

uint64_t hv_cr3;
uint64_t hv_l4_entries[16];
unsigned int phys_bits;
uint64_t empty_page_maddr;

#define LARGE_BYTES    0x200000ull
#define TABLE_PTE      (PTE_P | PTE_RW | PTE_A | PTE_D)
#define SECTION_FRAMES (LARGE_BYTES / sizeof(struct frame))

static uint64_t *hv_l4;

/* Early memory is seen through the boot tables' direct map. */
static void *early_virt(uint64_t paddr)
{
	return (void *)(DIRECTMAP_BASE + paddr);
}

static uint64_t early_page(void)
{
	uint64_t p = memory_early_alloc(PAGE_SIZE, PAGE_SIZE);

	memset(early_virt(p), 0, PAGE_SIZE);
	return p;
}

static uint64_t *step(uint64_t *table, unsigned int slot, uint64_t flags)
{
	if (!(table[slot] & PTE_P))
		table[slot] = early_page() | TABLE_PTE | flags;
	return early_virt(table[slot] & PTE_ADDR);
}

static uint64_t *l2_of(uint64_t va, uint64_t flags)
{
	uint64_t *l3 = step(hv_l4, va >> 39 & 511, flags);

	return step(l3, va >> 30 & 511, flags);
}

/* One 2 MiB page. */
static void map_large(uint64_t va, uint64_t paddr, uint64_t flags)
{
	l2_of(va, flags & PTE_U)[va >> 21 & 511] =
		paddr | PTE_P | PTE_A | PTE_D | PTE_PSE | flags;
}

static void map_small(uint64_t va, uint64_t paddr, uint64_t flags)
{
	uint64_t *l1 = step(l2_of(va, 0), va >> 21 & 511, 0);

	l1[va >> 12 & 511] = paddr | PTE_P | PTE_A | PTE_D | flags;
}

/* The flags of one page of a CPU's area; false: it is not mapped. */
static bool cpu_area_flags(uint64_t offset, uint64_t *flags)
{
	static const uint64_t mapped[] = {
		0,
		CPU_STUBS,
		CPU_GDT,
		CPU_IST_NMI - PAGE_SIZE,
		CPU_IST_DF - PAGE_SIZE,
		CPU_IST_DB - PAGE_SIZE,
	};
	unsigned int i;

	*flags = offset == CPU_STUBS ? 0 : PTE_RW | PTE_NX;
	if (offset >= CPU_STACK_FIRST)
		return true;
	for (i = 0; i < ARRAY_SIZE(mapped); i++)
		if (mapped[i] == offset)
			return true;
	return false;
}

static void map_image(void)
{
	uint64_t va;

	for (va = (uint64_t)image_start; va < (uint64_t)image_end;
	     va += PAGE_SIZE) {
		uint64_t flags = PTE_RW | PTE_NX;

		if (va < (uint64_t)text_end)
			flags = 0;
		else if (va < (uint64_t)rodata_end)
			flags = PTE_NX;
		if (va - (uint64_t)cpu0_area < CPU_AREA_BYTES &&
		    !cpu_area_flags(va - (uint64_t)cpu0_area, &flags))
			continue;
		map_small(va, va - IMAGE_BASE, flags);
	}
}

static void map_direct(void)
{
	unsigned int i;

	for (i = 0; i < e820_count; i++) {
		uint64_t at = ALIGN_DOWN(e820[i].addr, LARGE_BYTES);
		uint64_t end = e820[i].addr + e820[i].size;

		if (e820[i].type != E820_RAM)
			continue;
		for (; at < end; at += LARGE_BYTES)
			map_large(DIRECTMAP_BASE + at, at, PTE_RW | PTE_NX);
	}
}

/* Does [start, end) of frames hold RAM? */
static bool range_has_ram(uint64_t start, uint64_t end)
{
	unsigned int i;

	for (i = 0; i < e820_count; i++)
		if (e820[i].type == E820_RAM &&
		    e820[i].addr >> PAGE_SHIFT < end &&
		    (e820[i].addr + e820[i].size) >> PAGE_SHIFT > start)
			return true;
	return false;
}

/*
 * 2 MiB of frame table describe 256 MiB of memory; where there is no RAM, all
 * such pieces are one page of zeroes.
 */
static void map_frame_table(void)
{
	uint64_t n, hole = 0, bytes = 0;

	for (n = 0; n < max_mfn; n += SECTION_FRAMES) {
		uint64_t va = FRAME_TABLE_BASE + n * sizeof(struct frame);
		uint64_t flags = PTE_RW | PTE_NX, p;

		if (range_has_ram(n, n + SECTION_FRAMES)) {
			p = memory_early_alloc(LARGE_BYTES, LARGE_BYTES);
			bytes += LARGE_BYTES;
			memset(early_virt(p), 0, LARGE_BYTES);
		} else {
			if (!hole) {
				hole = memory_early_alloc(LARGE_BYTES,
							  LARGE_BYTES);
				memset(early_virt(hole), 0, LARGE_BYTES);
			}
			p = hole;
			flags = PTE_NX;
		}
		map_large(va, p, flags);
	}
	log_info("frame table: %llu KiB\n", (unsigned long long)bytes >> 10);
}

static void map_m2p(void)
{
	uint64_t at, bytes = ALIGN_UP(max_mfn * 8, LARGE_BYTES);

	for (at = 0; at < bytes; at += LARGE_BYTES) {
		uint64_t p = memory_early_alloc(LARGE_BYTES, LARGE_BYTES);

		memset(early_virt(p), 0xff, LARGE_BYTES);
		map_large(M2P_BASE + at, p, PTE_RW | PTE_NX);
		map_large(M2P_RO_BASE + at, p, PTE_U | PTE_NX);
	}
}

static unsigned int phys_width(void)
{
	if (cpuid(0x80000000, 0).eax < 0x80000008)
		return 36;
	return cpuid(0x80000008, 0).eax & 0xff;
}

void paging_init(void)
{
	uint64_t l4 = early_page();

	phys_bits = phys_width();
	max_mfn = e820_ram_end() >> PAGE_SHIFT;
	/* What the direct map and the allocator's links can name. */
	max_mfn = MIN(max_mfn, DIRECTMAP_BYTES >> PAGE_SHIFT);
	max_mfn = MIN(max_mfn, 1ull << BUDDY_MFN_BITS);
	hv_l4 = early_virt(l4);
	map_image();
	map_direct();
	map_frame_table();
	map_m2p();
	/* The device window's L2 exists from the start. */
	(void)l2_of(IOREMAP_BASE, 0);
	empty_page_maddr = early_page();
	memcpy(hv_l4_entries, &hv_l4[HV_L4_FIRST], sizeof(hv_l4_entries));
	hv_cr3 = l4;
	write_cr3(l4);
}

/* The entry for va, one of our own addresses; NULL: no memory for a table. */
static uint64_t *own_l1e(uint64_t va)
{
	uint64_t *t = hv_l4;
	int shift;

	for (shift = 39; shift > 12; shift -= 9) {
		uint64_t *e = &t[va >> shift & 511];

		if (!(*e & PTE_P)) {
			void *next = hv_page_alloc(0);

			if (!next)
				return NULL;
			*e = mfn_to_maddr(virt_to_mfn(next)).a | TABLE_PTE;
		}
		t = mfn_to_virt(mfn((*e & PTE_ADDR) >> PAGE_SHIFT));
	}
	return &t[va >> 12 & 511];
}

bool cpu_area_map(uint64_t va, uint64_t paddr)
{
	uint64_t offset, flags;

	for (offset = 0; offset < CPU_AREA_BYTES; offset += PAGE_SIZE) {
		uint64_t *e = own_l1e(va + offset);

		if (!e)
			return false;
		if (cpu_area_flags(offset, &flags))
			*e = (paddr + offset) | PTE_P | PTE_A | PTE_D | flags;
	}
	return true;
}

static uint64_t ioremap_next = IOREMAP_BASE;
static struct spinlock ioremap_lock = SPINLOCK_INIT(LOCK_DEVICE);

static void *window_map(uint64_t paddr, size_t bytes)
{
	uint64_t first = ALIGN_DOWN(paddr, PAGE_SIZE), at;
	uint64_t va = ioremap_next, end = ALIGN_UP(paddr + bytes, PAGE_SIZE);

	if (end - first > IOREMAP_BASE + IOREMAP_BYTES - va)
		return NULL;
	for (at = first; at < end; at += PAGE_SIZE, va += PAGE_SIZE) {
		uint64_t *e = own_l1e(va);

		if (!e)
			return NULL;
		*e = at | PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX | PTE_PCD |
		     PTE_PWT;
	}
	va = ioremap_next + (paddr - first);
	ioremap_next += end - first;
	return (void *)va;
}

void *ioremap(uint64_t paddr, size_t bytes)
{
	void *p;

	lock_acquire(&ioremap_lock);
	p = window_map(paddr, bytes);
	lock_release(&ioremap_lock);
	return p;
}
