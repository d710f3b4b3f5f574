/* SPDX-License-Identifier: MIT */
/*
 * Where everything of a new domain lies in its memory, and its first page
 * tables. Pure arithmetic over page frame numbers: nothing is mapped here.
 *
 * From the virtual base on, every page up to v_end is mapped linearly,
 * VA = virt_base + pfn * 4096:
 *
 *	kernel · [initramfs] · [p2m] · start_info · store ring · console ring ·
 *	page tables (read-only) · boot stack · room up to a multiple of 4 MiB
 *
 * The initramfs lies behind that, unmapped, when the kernel can take a PFN
 * for it; and so does the p2m, with page tables of its own at p2m_vaddr, when
 * the kernel names an address for it.
 * Test: tests/unit/dom0-tools/builder/test_layout.c.
 */
#ifndef DOM0_TOOLS_BUILDER_LAYOUT_H
#define DOM0_TOOLS_BUILDER_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

#define LAYOUT_PAGE_BYTES 4096ULL
/* Entries of the p2m are mapped in whole groups, whose tail is ~0. */
#define LAYOUT_P2M_GROUP 512ULL

/* What the kernel's file asks for. */
struct layout_kernel {
	uint64_t virt_base; /* where PFN 0 is mapped */
	uint64_t start;	    /* bytes from virt_base */
	uint64_t end;
	bool has_p2m_vaddr;
	uint64_t p2m_vaddr;
	bool ramdisk_by_pfn;
};

struct layout_range {
	uint64_t pfn;
	uint64_t pages;
};

struct layout {
	uint64_t virt_base;
	uint64_t total_pages;
	struct layout_range kernel;
	struct layout_range ramdisk;
	struct layout_range p2m;
	struct layout_range p2m_tables; /* right behind the p2m; maybe none */
	struct layout_range tables;
	struct layout_range stack;
	uint64_t start_info_pfn;
	uint64_t store_pfn;
	uint64_t console_pfn;
	uint64_t mapped_pages; /* the linear range: PFN 0 up to here */
	uint64_t v_end;	       /* the address behind it */
	uint64_t p2m_vaddr;
	bool p2m_is_linear;
	bool ramdisk_by_pfn;
	uint64_t used_pages; /* everything above lies below this PFN */
};

int layout_make(const struct layout_kernel *kernel, uint64_t total_pages,
		uint64_t ramdisk_bytes, struct layout *l, struct err *e);

/* Page-table frames (L1 and up, without the L4) for a linear range. */
uint64_t layout_table_count(uint64_t va, uint64_t pages);

static inline uint64_t layout_va(const struct layout *l, uint64_t pfn)
{
	return l->virt_base + pfn * LAYOUT_PAGE_BYTES;
}

/*
 * Writes the page tables' contents. `tables` and `p2m_tables` are views of
 * those ranges (one after the other, zeroed), `p2m` has total_pages entries.
 * The first frame of `tables` is the L4.
 */
void layout_fill_tables(const struct layout *l, const uint64_t *p2m,
			uint64_t *tables, uint64_t *p2m_tables);

#endif
