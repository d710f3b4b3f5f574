/* SPDX-License-Identifier: MIT */
/*
 * A new domain's memory, filled; see image.h.
 *
 * Time goes into mapping foreign pages, not into copying: so what is zero in
 * the kernel's file (a third of it is .bss) is neither mapped nor written
 * when the hypervisor's frames are zero already. They are, because it scrubs
 * what it takes back; that is not believed but looked at.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "builder/image.h"
#include "lib/domctl.h"
#include "lib/privcmd.h"
#include "public/grant_table.h"
#include "public/memory.h"

#define IMAGE_EXTENTS 1024    /* in one hypercall */
#define IMAGE_CHUNK   16ULL   /* pages that are written or left as one */
#define IMAGE_WINDOW  2048ULL /* pages mapped at a time */
#define IMAGE_PAGE    LAYOUT_PAGE_BYTES

static bool image_is_stopped(const struct image *i)
{
	return i->stop && *i->stop;
}

static int image_stopped(struct err *e)
{
	return err_set(e, EINTR, "interrupted; everything was undone");
}

/* Takes as many extents of one order as there are; gives pages or -errno. */
static long image_populate_order(struct image *i, unsigned int order,
				 uint64_t pfn, uint64_t pages)
{
	uint64_t extents[IMAGE_EXTENTS];
	uint64_t count = pages >> order;
	long done;

	if (count > IMAGE_EXTENTS)
		count = IMAGE_EXTENTS;
	for (uint64_t n = 0; n < count; n++)
		extents[n] = pfn + (n << order);
	done = memory_populate(i->privcmd, i->domid, order, extents, count);
	if (done < 0)
		return done;
	for (long n = 0; n < done; n++) {
		for (uint64_t j = 0; j < 1ULL << order; j++)
			i->p2m[pfn + ((uint64_t)n << order) + j] =
				extents[n] + j;
	}
	return done << order;
}

int image_populate(struct image *i, struct err *e)
{
	static const unsigned int orders[] = {9, 4, 0};
	uint64_t total = i->layout->total_pages, pfn = 0;
	unsigned int at = 0;

	while (pfn < total) {
		uint64_t pages = total - pfn;
		long got = 0;

		if (image_is_stopped(i))
			return image_stopped(e);
		if (pages >> orders[at])
			got = image_populate_order(i, orders[at], pfn, pages);
		if (got > 0) {
			pfn += (uint64_t)got;
		} else if (orders[at] == 0) {
			return err_set(e, got ? (int)-got : ENOMEM,
				       "the hypervisor gave %" PRIu64
				       " of %" PRIu64 " MiB and then no more "
				       "(%s); lower memory= or end a guest",
				       pfn / 256, total / 256,
				       got ? err_name((int)got)
					   : "out of memory");
		} else {
			at++;
		}
	}
	return 0;
}

static int image_map(struct image *i, uint64_t pfn, uint64_t pages, void **va,
		     struct err *e)
{
	int rc;

	if (pfn > i->layout->total_pages ||
	    pages > i->layout->total_pages - pfn)
		return err_set(e, EINVAL,
			       "page %#" PRIx64 " lies outside of the domain",
			       pfn);
	rc = privcmd_map(i->privcmd, i->domid, PROT_READ | PROT_WRITE,
			 i->p2m + pfn, pages, va);
	if (rc)
		return err_set(e, rc,
			       "cannot map %" PRIu64 " pages of the new domain "
			       "(%s)",
			       pages, err_name(rc));
	return 0;
}

static bool image_all_zero(const uint8_t *p, uint64_t bytes)
{
	/* Equal to itself shifted by one, and beginning with 0. */
	return bytes == 0 || (p[0] == 0 && memcmp(p, p + 1, bytes - 1) == 0);
}

/* Writes bytes that begin anywhere; `data` NULL writes zeroes. */
static int image_copy(struct image *i, uint64_t paddr, const uint8_t *data,
		      uint64_t bytes, struct err *e)
{
	while (bytes) {
		uint64_t pfn = paddr / IMAGE_PAGE;
		uint64_t offset = paddr % IMAGE_PAGE;
		uint64_t part = IMAGE_WINDOW * IMAGE_PAGE - offset;
		uint64_t pages;
		void *va;
		int rc;

		if (image_is_stopped(i))
			return image_stopped(e);
		if (part > bytes)
			part = bytes;
		pages = (offset + part + IMAGE_PAGE - 1) / IMAGE_PAGE;
		rc = image_map(i, pfn, pages, &va, e);
		if (rc)
			return rc;
		if (data) {
			memcpy((uint8_t *)va + offset, data, part);
			data += part;
		} else {
			memset((uint8_t *)va + offset, 0, part);
		}
		privcmd_unmap(va, pages);
		paddr += part;
		bytes -= part;
	}
	return 0;
}

/* How many bytes from `p` on are in chunks of the same zero-ness. */
static uint64_t image_run(const uint8_t *p, uint64_t bytes, bool *is_zero)
{
	const uint64_t chunk = IMAGE_CHUNK * IMAGE_PAGE;
	uint64_t run = 0;

	while (run < bytes) {
		uint64_t part = bytes - run < chunk ? bytes - run : chunk;
		bool zero = image_all_zero(p + run, part);

		if (run == 0)
			*is_zero = zero;
		else if (zero != *is_zero)
			break;
		run += part;
	}
	return run;
}

static int image_write_segment(struct image *i, const struct elf_segment *s,
			       struct err *e)
{
	const uint8_t *data = i->kernel->image.data + s->offset;
	uint64_t done = 0;
	int rc = 0;

	if (!i->is_zeroed) {
		rc = image_copy(i, s->paddr, data, s->filesz, e);
		if (rc == 0)
			rc = image_copy(i, s->paddr + s->filesz, NULL,
					s->memsz - s->filesz, e);
		return rc;
	}
	while (done < s->filesz && rc == 0) {
		bool is_zero = false;
		uint64_t run =
			image_run(data + done, s->filesz - done, &is_zero);

		if (!is_zero)
			rc = image_copy(i, s->paddr + done, data + done, run,
					e);
		done += run;
	}
	return rc;
}

static int image_write_kernel(struct image *i, struct err *e)
{
	for (size_t n = 0; n < i->kernel->elf.segment_count; n++) {
		int rc = image_write_segment(i, &i->kernel->elf.segments[n], e);

		if (rc)
			return rc;
	}
	return 0;
}

/* Reads a part of the initramfs straight into the domain. */
static int image_read_ramdisk(struct image *i, uint8_t *va, uint64_t offset,
			      uint64_t bytes, struct err *e)
{
	while (bytes) {
		ssize_t n = pread(i->ramdisk, va, bytes, (off_t)offset);

		if (n < 0 && errno == EINTR && !image_is_stopped(i))
			continue;
		if (image_is_stopped(i))
			return image_stopped(e);
		if (n <= 0)
			return err_set(e, n ? errno : EIO,
				       "the initramfs ended after %" PRIu64
				       " of %" PRIu64 " bytes (%s)",
				       offset, i->ramdisk_bytes,
				       n ? strerror(errno) : "changed");
		va += n;
		offset += (uint64_t)n;
		bytes -= (uint64_t)n;
	}
	return 0;
}

static int image_write_ramdisk(struct image *i, struct err *e)
{
	uint64_t done = 0;
	int rc = 0;

	while (done < i->ramdisk_bytes && rc == 0) {
		uint64_t part = i->ramdisk_bytes - done;
		uint64_t pages;
		void *va;

		if (part > IMAGE_WINDOW * IMAGE_PAGE)
			part = IMAGE_WINDOW * IMAGE_PAGE;
		pages = (part + IMAGE_PAGE - 1) / IMAGE_PAGE;
		rc = image_map(i, i->layout->ramdisk.pfn + done / IMAGE_PAGE,
			       pages, &va, e);
		if (rc)
			return rc;
		rc = image_read_ramdisk(i, va, done, part, e);
		if (!i->is_zeroed)
			memset((uint8_t *)va + part, 0,
			       pages * IMAGE_PAGE - part);
		privcmd_unmap(va, pages);
		done += part;
	}
	return rc;
}

static int image_write_p2m(struct image *i, struct err *e)
{
	const struct layout *l = i->layout;
	uint64_t *va;
	int rc = image_map(i, l->p2m.pfn, l->p2m.pages, (void **)&va, e);

	if (rc)
		return rc;
	memcpy(va, i->p2m, l->total_pages * sizeof(*va));
	/* No frame behind the last one. */
	memset(va + l->total_pages, 0xff,
	       l->p2m.pages * IMAGE_PAGE - l->total_pages * sizeof(*va));
	privcmd_unmap(va, l->p2m.pages);
	return 0;
}

static int image_write_tables(struct image *i, struct err *e)
{
	const struct layout *l = i->layout;
	void *tables = NULL, *p2m_tables = NULL;
	int rc = image_map(i, l->tables.pfn, l->tables.pages, &tables, e);

	if (rc == 0 && l->p2m_tables.pages)
		rc = image_map(i, l->p2m_tables.pfn, l->p2m_tables.pages,
			       &p2m_tables, e);
	if (rc == 0) {
		if (!i->is_zeroed) {
			memset(tables, 0, l->tables.pages * IMAGE_PAGE);
			if (p2m_tables)
				memset(p2m_tables, 0,
				       l->p2m_tables.pages * IMAGE_PAGE);
		}
		layout_fill_tables(l, i->p2m, tables, p2m_tables);
	}
	/* Unmapped before they are pinned: they are read-only from then on. */
	privcmd_unmap(p2m_tables, l->p2m_tables.pages);
	privcmd_unmap(tables, l->tables.pages);
	return rc;
}

/* Start info and the two rings: three pages side by side. */
static int image_write_info(struct image *i, const struct bootstate *b,
			    struct err *e)
{
	const uint64_t pages = 3;
	uint8_t *va;
	int rc =
		image_map(i, i->layout->start_info_pfn, pages, (void **)&va, e);

	if (rc)
		return rc;
	i->is_zeroed = image_all_zero(va, pages * IMAGE_PAGE);
	if (!i->is_zeroed)
		memset(va, 0, pages * IMAGE_PAGE);
	bootstate_fill_start_info(b, (struct start_info *)va);
	privcmd_unmap(va, pages);
	return 0;
}

static int image_write_shared_info(struct image *i, const struct bootstate *b,
				   struct err *e)
{
	void *va;
	int rc = privcmd_map(i->privcmd, i->domid, PROT_READ | PROT_WRITE,
			     &b->shared_info_mfn, 1, &va);

	if (rc)
		return err_set(e, rc,
			       "cannot map the new domain's shared page "
			       "(%s)",
			       err_name(rc));
	bootstate_fill_shared_info(va);
	privcmd_unmap(va, 1);
	return 0;
}

static int image_write_hypercalls(struct image *i, struct err *e)
{
	const struct elf_info *elf = &i->kernel->elf;
	uint64_t pfn;
	int rc;

	if (!elf->has_hypercall_page)
		return 0;
	pfn = (elf->hypercall_page - elf->virt_base) / IMAGE_PAGE;
	if (pfn >= i->layout->total_pages)
		return err_set(e, ENOEXEC,
			       "the kernel's hypercall page is outside of it");
	rc = domctl_hypercall_init(i->privcmd, i->domid, i->p2m[pfn]);
	if (rc)
		return err_set(e, rc, "cannot fill the hypercall page (%s)",
			       err_name(rc));
	return 0;
}

int image_write(struct image *i, const struct bootstate *b, struct err *e)
{
	int rc = image_write_info(i, b, e);

	if (rc == 0)
		rc = image_write_shared_info(i, b, e);
	if (rc == 0)
		rc = image_write_kernel(i, e);
	if (rc == 0)
		rc = image_write_hypercalls(i, e);
	if (rc == 0)
		rc = image_write_ramdisk(i, e);
	if (rc == 0)
		rc = image_write_p2m(i, e);
	if (rc == 0)
		rc = image_write_tables(i, e);
	return rc;
}

int image_seed_grants(struct image *i, struct err *e)
{
	const struct layout *l = i->layout;
	volatile struct grant_entry_v1 *table;
	void *va;
	int rc = privcmd_map_resource(i->privcmd, i->domid,
				      XENMEM_resource_grant_table,
				      XENMEM_resource_grant_table_id_shared, 0,
				      1, PROT_READ | PROT_WRITE, &va);

	if (rc)
		return err_set(e, rc,
			       "cannot map the new domain's grant table "
			       "(%s)",
			       err_name(rc));
	table = va;
	table[GNTTAB_RESERVED_CONSOLE].frame = (uint32_t)i->p2m[l->console_pfn];
	table[GNTTAB_RESERVED_CONSOLE].domid = 0;
	table[GNTTAB_RESERVED_XENSTORE].frame = (uint32_t)i->p2m[l->store_pfn];
	table[GNTTAB_RESERVED_XENSTORE].domid = 0;
	/* Valid from here on. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	table[GNTTAB_RESERVED_CONSOLE].flags = GTF_permit_access;
	table[GNTTAB_RESERVED_XENSTORE].flags = GTF_permit_access;
	privcmd_unmap(va, 1);
	return 0;
}
