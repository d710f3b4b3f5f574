/* SPDX-License-Identifier: MIT */
/*
 * Where everything of a new domain lies in its memory; see layout.h.
 * Test: tests/unit/dom0-tools/builder/test_layout.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "builder/layout.h"

#define LAYOUT_LEVELS	   4
#define LAYOUT_ROUND_PAGES 1024ULL /* 4 MiB: how far the mapping is rounded */
#define LAYOUT_SLACK_PAGES 128ULL  /* 512 KiB: what must stay free in it */

/* Entry bits; the hypervisor adds the user bit by itself. */
#define LAYOUT_PRESENT	0x001ULL
#define LAYOUT_WRITABLE 0x002ULL
#define LAYOUT_USER	0x004ULL
#define LAYOUT_ACCESSED 0x020ULL
#define LAYOUT_DIRTY	0x040ULL

#define LAYOUT_TABLE_BITS                                                      \
	(LAYOUT_PRESENT | LAYOUT_WRITABLE | LAYOUT_USER | LAYOUT_ACCESSED |    \
	 LAYOUT_DIRTY)
#define LAYOUT_PAGE_BITS (LAYOUT_PRESENT | LAYOUT_ACCESSED)

/* Addresses that no kernel may use: the hole, and the hypervisor's slots. */
#define LAYOUT_FORBIDDEN_START 0x0000800000000000ULL
#define LAYOUT_FORBIDDEN_END   0xffff880000000000ULL

/* The bytes that one entry of a level covers: 4 KiB, 2 MiB, 1 GiB, 512 GiB. */
static uint64_t layout_span(unsigned int level)
{
	return LAYOUT_PAGE_BYTES << (9 * (level - 1));
}

static unsigned int layout_index(uint64_t va, unsigned int level)
{
	return (va >> (12 + 9 * (level - 1))) & 511;
}

static uint64_t layout_pages(uint64_t bytes)
{
	return (bytes + LAYOUT_PAGE_BYTES - 1) / LAYOUT_PAGE_BYTES;
}

static uint64_t layout_round_up(uint64_t n, uint64_t unit)
{
	return (n + unit - 1) / unit * unit;
}

/* Tables of one level that the range touches; a table of L spans an entry. */
static uint64_t layout_tables_of(uint64_t va, uint64_t pages,
				 unsigned int level)
{
	uint64_t span = layout_span(level + 1);
	uint64_t last = va + (pages - 1) * LAYOUT_PAGE_BYTES;

	return last / span - va / span + 1;
}

uint64_t layout_table_count(uint64_t va, uint64_t pages)
{
	uint64_t count = 0;

	if (pages == 0)
		return 0;
	for (unsigned int level = 1; level < LAYOUT_LEVELS; level++)
		count += layout_tables_of(va, pages, level);
	return count;
}

static struct layout_range layout_take(uint64_t *next, uint64_t pages)
{
	struct layout_range r = {*next, pages};

	*next += pages;
	return r;
}

/*
 * The size of the linear range and of its page tables depend on each other:
 * more pages mapped may need one more table, which is itself mapped. Each
 * round only grows, and one more L1 covers 512 pages, so it ends.
 */
static int layout_place_tables(struct layout *l, uint64_t *next, struct err *e)
{
	uint64_t tables = 0, wanted, end;
	uint64_t room = (UINT64_MAX - l->virt_base) / LAYOUT_PAGE_BYTES;

	do {
		wanted = tables;
		end = *next + wanted + 1;
		l->mapped_pages = layout_round_up(end, LAYOUT_ROUND_PAGES);
		if (l->mapped_pages - end < LAYOUT_SLACK_PAGES)
			l->mapped_pages += LAYOUT_ROUND_PAGES;
		/* A small domain has no pages for all that room. */
		if (l->mapped_pages > l->total_pages && end <= l->total_pages)
			l->mapped_pages = l->total_pages;
		/* An address space that wraps would alias its first page. */
		if (l->mapped_pages > room)
			return err_set(e, ENOEXEC,
				       "the kernel at %#" PRIx64 " leaves room "
				       "for %" PRIu64 " MiB of mappings, "
				       "%" PRIu64 " are needed",
				       l->virt_base, room / 256,
				       l->mapped_pages / 256);
		tables = 1 + layout_table_count(l->virt_base, l->mapped_pages);
	} while (tables > wanted);
	l->tables = layout_take(next, wanted);
	l->stack = layout_take(next, 1);
	l->v_end = layout_va(l, l->mapped_pages);
	return 0;
}

static bool layout_is_forbidden(uint64_t va)
{
	return va >= LAYOUT_FORBIDDEN_START && va < LAYOUT_FORBIDDEN_END;
}

static int layout_check_addresses(const struct layout_kernel *k,
				  uint64_t total_pages, struct err *e)
{
	uint64_t bytes = total_pages * LAYOUT_PAGE_BYTES;

	if (k->virt_base % LAYOUT_PAGE_BYTES)
		return err_set(e, ENOEXEC,
			       "the kernel's virtual base %#" PRIx64
			       " is no page's address",
			       k->virt_base);
	if (k->start >= k->end || k->end > UINT64_MAX / 2)
		return err_set(e, ENOEXEC,
			       "the kernel has no place: bytes %#" PRIx64
			       "..%#" PRIx64,
			       k->start, k->end);
	if (k->end > bytes)
		return err_set(e, ENOMEM,
			       "the kernel ends at %" PRIu64
			       " MiB, the domain has %" PRIu64
			       " MiB: raise memory=",
			       (k->end >> 20) + 1, bytes >> 20);
	if (layout_is_forbidden(k->virt_base) ||
	    layout_is_forbidden(k->virt_base + k->end) ||
	    (k->has_p2m_vaddr && layout_is_forbidden(k->p2m_vaddr)))
		return err_set(e, ENOEXEC,
			       "the kernel wants addresses that no guest has: "
			       "base %#" PRIx64 ", p2m %#" PRIx64,
			       k->virt_base,
			       k->has_p2m_vaddr ? k->p2m_vaddr : 0);
	if (k->has_p2m_vaddr &&
	    (k->p2m_vaddr % layout_span(3) ||
	     k->p2m_vaddr / layout_span(4) == k->virt_base / layout_span(4)))
		return err_set(e, ENOEXEC,
			       "the kernel wants its p2m at %#" PRIx64
			       ", which is not at 1 GiB or beside itself",
			       k->p2m_vaddr);
	return 0;
}

int layout_make(const struct layout_kernel *k, uint64_t total_pages,
		uint64_t ramdisk_bytes, struct layout *l, struct err *e)
{
	uint64_t groups = layout_round_up(total_pages, LAYOUT_P2M_GROUP);
	uint64_t ramdisk_pages = layout_pages(ramdisk_bytes);
	uint64_t p2m_pages = layout_pages(groups * sizeof(uint64_t));
	uint64_t next;
	int rc = layout_check_addresses(k, total_pages, e);

	if (rc)
		return rc;
	memset(l, 0, sizeof(*l));
	l->virt_base = k->virt_base;
	l->total_pages = total_pages;
	l->ramdisk_by_pfn = k->ramdisk_by_pfn;
	l->p2m_is_linear = !k->has_p2m_vaddr;
	l->kernel.pfn = k->start / LAYOUT_PAGE_BYTES;
	l->kernel.pages = layout_pages(k->end) - l->kernel.pfn;
	next = l->kernel.pfn + l->kernel.pages;
	if (!l->ramdisk_by_pfn)
		l->ramdisk = layout_take(&next, ramdisk_pages);
	if (l->p2m_is_linear) {
		l->p2m = layout_take(&next, p2m_pages);
		l->p2m_vaddr = layout_va(l, l->p2m.pfn);
	}
	l->start_info_pfn = next++;
	l->store_pfn = next++;
	l->console_pfn = next++;
	rc = layout_place_tables(l, &next, e);
	if (rc)
		return rc;
	if (l->ramdisk_by_pfn || !l->p2m_is_linear)
		next = l->mapped_pages > next ? l->mapped_pages : next;
	if (l->ramdisk_by_pfn)
		l->ramdisk = layout_take(&next, ramdisk_pages);
	if (!l->p2m_is_linear) {
		l->p2m_vaddr = k->p2m_vaddr;
		l->p2m = layout_take(&next, p2m_pages);
		l->p2m_tables = layout_take(
			&next, layout_table_count(l->p2m_vaddr, p2m_pages));
	}
	l->used_pages = next;
	if (next > total_pages)
		return err_set(e, ENOMEM,
			       "kernel, initramfs and page tables take %" PRIu64
			       " MiB (initramfs %" PRIu64
			       "), the domain has %" PRIu64
			       " MiB: raise memory=",
			       (next + 255) / 256, (ramdisk_pages + 255) / 256,
			       total_pages / 256);
	return 0;
}

/* What filling page tables carries along. */
struct layout_filler {
	const struct layout *l;
	const uint64_t *p2m;
	struct layout_range range; /* of the table frames that may be used */
	uint64_t *tables;	   /* view of them */
	uint64_t used;
};

/* The next free table frame: its view, and an entry that points to it. */
static uint64_t *layout_new_table(struct layout_filler *f, uint64_t *entry)
{
	uint64_t *table = f->tables + f->used * 512;

	*entry = f->p2m[f->range.pfn + f->used] * LAYOUT_PAGE_BYTES |
		 LAYOUT_TABLE_BITS;
	f->used++;
	return table;
}

/* Page tables are mapped read-only, as their type demands. */
static uint64_t layout_page_entry(const struct layout_filler *f, uint64_t pfn)
{
	const struct layout_range *t = &f->l->tables;
	uint64_t entry = f->p2m[pfn] * LAYOUT_PAGE_BYTES | LAYOUT_PAGE_BITS |
			 LAYOUT_USER;

	if (pfn < t->pfn || pfn >= t->pfn + t->pages)
		entry |= LAYOUT_WRITABLE | LAYOUT_DIRTY;
	return entry;
}

/* Maps [va, va + pages) to the frames from pfn on, below an existing L4. */
static void layout_map(struct layout_filler *f, uint64_t *l4, uint64_t va,
		       uint64_t pfn, uint64_t pages)
{
	uint64_t *path[LAYOUT_LEVELS + 1] = {NULL};

	path[LAYOUT_LEVELS] = l4;
	for (uint64_t i = 0; i < pages; i++, va += LAYOUT_PAGE_BYTES) {
		for (unsigned int level = LAYOUT_LEVELS; level > 1; level--) {
			/* A new table begins where all indices below are 0. */
			if (path[level - 1] && va % layout_span(level))
				continue;
			path[level - 1] = layout_new_table(
				f, &path[level][layout_index(va, level)]);
		}
		path[1][layout_index(va, 1)] = layout_page_entry(f, pfn + i);
	}
}

void layout_fill_tables(const struct layout *l, const uint64_t *p2m,
			uint64_t *tables, uint64_t *p2m_tables)
{
	struct layout_filler f = {
		.l = l,
		.p2m = p2m,
		.range = l->tables,
		.tables = tables,
		.used = 1, /* the L4 */
	};

	layout_map(&f, tables, l->virt_base, 0, l->mapped_pages);
	if (l->p2m_is_linear)
		return;
	f.range = l->p2m_tables;
	f.tables = p2m_tables;
	f.used = 0;
	layout_map(&f, tables, l->p2m_vaddr, l->p2m.pfn, l->p2m.pages);
}
