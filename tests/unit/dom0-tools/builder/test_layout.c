/* SPDX-License-Identifier: MIT */
/*
 * Where a new domain's pages lie, and its first page tables: the tables are
 * walked as a processor would, with frame numbers that are odd on purpose.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "builder/layout.h"

#define PAGE	     LAYOUT_PAGE_BYTES
#define MIB	     256ULL /* pages */
#define LINUX_BASE   0xffffffff80000000ULL
#define LINUX_START  0x1000000ULL
#define LINUX_END    0x4a00000ULL
#define LINUX_P2M    0x8000000000ULL
#define ADDRESS_BITS 0x000ffffffffff000ULL

/* Debian's 6.1, and a small kernel with the plainest notes. */
static const struct layout_kernel linux_kernel = {
	LINUX_BASE, LINUX_START, LINUX_END, true, LINUX_P2M, true};
static const struct layout_kernel plain_kernel = {
	LINUX_BASE, 0x100000, 0x103000, false, 0, false};
static const struct layout_kernel low_kernel = {0, 0, 0x9000, false, 0, false};

static struct err err;

static void setup(void)
{
	err_clear(&err);
}

TestSuite(layout, .init = setup);

/* A p2m with holes in it, not in order, and nowhere equal to the PFN. */
static uint64_t frame_of(uint64_t pfn)
{
	return 0x100000 + (pfn ^ 0x155) * 3;
}

struct built {
	struct layout l;
	uint64_t *p2m;
	uint64_t *tables;
	uint64_t *p2m_tables;
};

static void build(struct built *b, const struct layout_kernel *k,
		  uint64_t pages, uint64_t ramdisk)
{
	cr_assert_eq(layout_make(k, pages, ramdisk, &b->l, &err), 0, "%s",
		     err.text);
	b->p2m = malloc(pages * sizeof(uint64_t));
	for (uint64_t i = 0; i < pages; i++)
		b->p2m[i] = frame_of(i);
	b->tables = calloc(b->l.tables.pages + 1, PAGE);
	b->p2m_tables = calloc(b->l.p2m_tables.pages + 1, PAGE);
	layout_fill_tables(&b->l, b->p2m, b->tables, b->p2m_tables);
}

static void unbuild(struct built *b)
{
	free(b->p2m);
	free(b->tables);
	free(b->p2m_tables);
}

/* The view of a frame that a table entry names; it must be a table's. */
static uint64_t *view_of(const struct built *b, uint64_t mfn)
{
	for (uint64_t i = 0; i < b->l.tables.pages; i++) {
		if (b->p2m[b->l.tables.pfn + i] == mfn)
			return b->tables + i * 512;
	}
	for (uint64_t i = 0; i < b->l.p2m_tables.pages; i++) {
		if (b->p2m[b->l.p2m_tables.pfn + i] == mfn)
			return b->p2m_tables + i * 512;
	}
	cr_assert_fail("frame %#llx is no page table", (unsigned long long)mfn);
	return NULL;
}

/* The L1 entry that translates an address; 0 when there is none. */
static uint64_t walk(const struct built *b, uint64_t va)
{
	uint64_t *table = b->tables;

	for (int level = 4; level > 1; level--) {
		uint64_t entry = table[(va >> (3 + 9 * level)) & 511];

		if (!(entry & 1))
			return 0;
		cr_assert(entry & 2, "an upper entry forbids writing");
		table = view_of(b, (entry & ADDRESS_BITS) / PAGE);
	}
	return table[(va >> 12) & 511];
}

static void check_linear_range(const struct built *b)
{
	const struct layout *l = &b->l;

	for (uint64_t pfn = 0; pfn < l->mapped_pages; pfn++) {
		uint64_t entry = walk(b, layout_va(l, pfn));
		bool is_table = pfn >= l->tables.pfn &&
				pfn < l->tables.pfn + l->tables.pages;

		cr_assert(entry & 1, "PFN %#llx is not mapped",
			  (unsigned long long)pfn);
		cr_assert_eq((entry & ADDRESS_BITS) / PAGE, frame_of(pfn));
		cr_assert_eq(!(entry & 2), is_table,
			     "PFN %#llx: writable is wrong",
			     (unsigned long long)pfn);
	}
	if (l->v_end)
		cr_assert_eq(walk(b, l->v_end), 0);
	if (l->virt_base)
		cr_assert_eq(walk(b, l->virt_base - PAGE), 0);
}

/* Ranges in the order of the layout do not overlap and fit. */
static void check_ranges(const struct layout *l)
{
	const struct layout_range ranges[] = {
		l->kernel,	   {l->start_info_pfn, 1},
		{l->store_pfn, 1}, {l->console_pfn, 1},
		l->tables,	   l->stack,
		l->ramdisk,	   l->p2m,
		l->p2m_tables,
	};
	const size_t count = sizeof(ranges) / sizeof(ranges[0]);

	for (size_t i = 0; i < count; i++) {
		cr_assert_leq(ranges[i].pfn + ranges[i].pages, l->used_pages,
			      "range %zu", i);
		for (size_t j = 0; j < i; j++)
			cr_assert(
				ranges[i].pages == 0 || ranges[j].pages == 0 ||
					ranges[i].pfn >=
						ranges[j].pfn +
							ranges[j].pages ||
					ranges[j].pfn >=
						ranges[i].pfn + ranges[i].pages,
				"ranges %zu and %zu overlap", i, j);
	}
	cr_assert_leq(l->used_pages, l->total_pages);
	cr_assert_leq(l->stack.pfn + 1, l->mapped_pages);
}

Test(layout, debians_kernel_lies_as_the_contract_says)
{
	struct built b;

	build(&b, &linux_kernel, 256 * MIB, 20000001);
	cr_assert_eq(b.l.kernel.pfn, 0x1000);
	cr_assert_eq(b.l.kernel.pages, 0x3a00);
	cr_assert_eq(b.l.start_info_pfn, 0x4a00);
	cr_assert_eq(b.l.store_pfn, 0x4a01);
	cr_assert_eq(b.l.console_pfn, 0x4a02);
	cr_assert_eq(b.l.tables.pfn, 0x4a03);
	/* 74.6 MiB in L1s of 2 MiB, rounded to 76 MiB: 38, and L2, L3, L4. */
	cr_assert_eq(b.l.tables.pages, 41);
	cr_assert_eq(b.l.v_end, 0xffffffff84c00000ULL);
	cr_assert_eq(b.l.mapped_pages, 0x4c00);
	/* Behind what is mapped: the initramfs, then the p2m and its tables. */
	cr_assert_eq(b.l.ramdisk.pfn, 0x4c00);
	cr_assert_eq(b.l.ramdisk.pages, 4883);
	cr_assert_eq(b.l.p2m.pfn, 0x4c00 + 4883);
	cr_assert_eq(b.l.p2m.pages, 128);
	cr_assert_eq(b.l.p2m_tables.pfn, b.l.p2m.pfn + 128);
	cr_assert_eq(b.l.p2m_tables.pages, 3);
	cr_assert_eq(b.l.p2m_vaddr, LINUX_P2M);
	check_ranges(&b.l);
	check_linear_range(&b);
	unbuild(&b);
}

Test(layout, the_p2m_is_mapped_where_the_kernel_wants_it)
{
	struct built b;

	build(&b, &linux_kernel, 600 * MIB + 3, 0);
	/* Whole groups of 512 entries: 600 MiB and one more page. */
	cr_assert_eq(b.l.p2m.pages, 301);
	for (uint64_t i = 0; i < b.l.p2m.pages; i++) {
		uint64_t entry = walk(&b, LINUX_P2M + i * PAGE);

		cr_assert_eq(entry & 3, 3);
		cr_assert_eq((entry & ADDRESS_BITS) / PAGE,
			     frame_of(b.l.p2m.pfn + i));
	}
	cr_assert_eq(walk(&b, LINUX_P2M + b.l.p2m.pages * PAGE), 0);
	unbuild(&b);
}

Test(layout, a_kernel_without_wishes_has_all_in_the_linear_range)
{
	struct built b;

	build(&b, &plain_kernel, 16 * MIB, 5000);
	cr_assert_eq(b.l.ramdisk.pfn, 0x103);
	cr_assert_eq(b.l.ramdisk.pages, 2);
	cr_assert_eq(b.l.p2m.pfn, 0x105);
	cr_assert_eq(b.l.p2m.pages, 8);
	cr_assert_eq(b.l.p2m_vaddr, LINUX_BASE + 0x105000);
	cr_assert_eq(b.l.p2m_tables.pages, 0);
	check_ranges(&b.l);
	check_linear_range(&b);
	unbuild(&b);
}

Test(layout, a_kernel_linked_at_zero_is_mapped_at_zero)
{
	struct built b;

	build(&b, &low_kernel, 8 * MIB, 0);
	check_ranges(&b.l);
	check_linear_range(&b);
	unbuild(&b);
}

Test(layout, a_mapping_may_begin_in_the_middle_of_a_table)
{
	struct layout_kernel k = plain_kernel;
	struct built b;

	/* 3 pages before the end of an L1, of an L2 and of an L3. */
	k.virt_base = 0x7fffffd000ULL;
	build(&b, &k, 16 * MIB, 0);
	check_ranges(&b.l);
	check_linear_range(&b);
	unbuild(&b);
}

Test(layout, the_room_behind_the_stack_is_never_less_than_512_kib)
{
	struct layout l;

	for (uint64_t end = 0x101000; end < 0xa01000; end += PAGE) {
		struct layout_kernel k = plain_kernel;

		k.end = end;
		cr_assert_eq(layout_make(&k, 64 * MIB, 0, &l, &err), 0);
		cr_assert_eq(l.mapped_pages % 1024, 0);
		cr_assert_geq(l.mapped_pages - l.stack.pfn - 1, 128);
		cr_assert_eq(
			l.tables.pages,
			1 + layout_table_count(LINUX_BASE, l.mapped_pages));
		check_ranges(&l);
	}
}

Test(layout, a_small_domain_has_less_room_but_never_more_than_its_pages)
{
	struct built b;

	build(&b, &plain_kernel, 2 * MIB, 0);
	cr_assert_eq(b.l.mapped_pages, 2 * MIB);
	check_ranges(&b.l);
	check_linear_range(&b);
	unbuild(&b);
}

Test(layout, the_smallest_domain_that_works_is_found_exactly)
{
	uint64_t least = 0;
	struct layout l;

	for (uint64_t pages = 1; pages < 4 * MIB && !least; pages++) {
		err_clear(&err);
		if (layout_make(&plain_kernel, pages, 0, &l, &err) == 0)
			least = pages;
	}
	cr_assert_neq(least, 0);
	cr_assert_eq(l.used_pages, least);
	for (uint64_t pages = least; pages < least + 3000; pages++) {
		err_clear(&err);
		cr_assert_eq(layout_make(&plain_kernel, pages, 0, &l, &err), 0,
			     "%s", err.text);
		check_ranges(&l);
	}
}

Test(layout, what_does_not_fit_says_how_much_is_needed)
{
	struct layout l;

	cr_assert_eq(layout_make(&linux_kernel, 40 * MIB, 0, &l, &err),
		     -ENOMEM);
	cr_assert_str_eq(err.text, "the kernel ends at 75 MiB, the domain has "
				   "40 MiB: raise memory=");
	err_clear(&err);
	cr_assert_eq(layout_make(&linux_kernel, 80 * MIB, 30 << 20, &l, &err),
		     -ENOMEM);
	cr_assert_str_eq(err.text,
			 "kernel, initramfs and page tables take 107 MiB "
			 "(initramfs 30), the domain has 80 MiB: raise "
			 "memory=");
}

Test(layout, addresses_that_no_guest_has_are_refused)
{
	static const struct layout_kernel rows[] = {
		{LINUX_BASE + 1, 0x1000, 0x2000, false, 0, false},
		{LINUX_BASE, 0x2000, 0x2000, false, 0, false},
		{0xffff800000000000ULL, 0x1000, 0x2000, false, 0, false},
		{0xffff87ffffff0000ULL, 0x1000, 0x2000, false, 0, false},
		{0x0000800000000000ULL, 0x1000, 0x2000, false, 0, false},
		{0x00007fffffff0000ULL, 0x1000, 0x20000, false, 0, false},
		{0xfffffffffff00000ULL, 0x1000, 0x2000, false, 0, false},
		{LINUX_BASE, 0x1000, 0x2000, true, 0x8000001000ULL, false},
		{LINUX_BASE, 0x1000, 0x2000, true, 0xffffff8000000000ULL,
		 false},
		{LINUX_BASE, 0x1000, 0x2000, true, 0xffff810000000000ULL,
		 false},
	};
	struct layout l;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err_clear(&err);
		cr_assert_eq(layout_make(&rows[i], 64 * MIB, 0, &l, &err),
			     -ENOEXEC, "row %zu", i);
	}
}
