/* SPDX-License-Identifier: MIT */
/*
 * Kernels of arbitrary bytes: unpacked, read, placed. The first byte chooses
 * how the rest is used, so that headers need not be found by chance: as the
 * file itself, as a payload in a bzImage, or as changes to a good kernel.
 * What is accepted must lie within its domain.
 */
#include <stdlib.h>
#include <string.h>

#include "builder/layout.h"
#include "builder/unpack.h"
#include "hypervisor/lib/elf.h"
#include "public/elfnote.h"
#include "tests/unit/hypervisor/lib/elf_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define FUZZ_LIMIT     (4UL << 20)
#define FUZZ_HEADER    1024
#define FUZZ_PAGES_MAX 65536

#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition))                                              \
			abort();                                               \
	} while (0)

/* A bzImage around a payload, and in front of it one of the magics. */
static uint8_t *wrap(uint8_t how, const uint8_t *bytes, size_t size,
		     size_t *wrapped)
{
	static const struct {
		const char *magic;
		size_t length;
	} magics[] = {
		{"", 0},
		{"\xfd\x37zXZ\0", 6},
		{"\x1f\x8b", 2},
		{"\x28\xb5\x2f\xfd", 4},
		{"\x5d\0\0", 3},
		{"BZh9", 4},
		{"\x89LZO\0\r\n\x1a\n", 9},
		{"\x02\x21\x4c\x18", 4},
	};
	size_t n = magics[how % 8].length;
	uint8_t *file = calloc(1, FUZZ_HEADER + n + size);
	uint32_t payload = (uint32_t)(n + size);

	file[0x1f1] = 1;
	file[0x1fe] = 0x55;
	file[0x1ff] = 0xaa;
	memcpy(file + 0x202, "HdrS\x0f\x02", 6);
	memcpy(file + 0x24c, &payload, sizeof(payload));
	memcpy(file + FUZZ_HEADER, magics[how % 8].magic, n);
	memcpy(file + FUZZ_HEADER + n, bytes, size);
	*wrapped = FUZZ_HEADER + n + size;
	return file;
}

/* A kernel as Linux's, or a plain one, with bytes of its headers changed. */
static uint8_t *change(uint8_t how, const uint8_t *bytes, size_t size,
		       size_t *changed)
{
	struct elf_image *im = malloc(sizeof(*im));

	image_init(im);
	if (how & 1) {
		image_linux_notes(im);
	} else {
		image_note_u64(im, XEN_ELFNOTE_VIRT_BASE, IMAGE_VIRT_BASE);
		image_note_u64(im, XEN_ELFNOTE_ENTRY,
			       IMAGE_VIRT_BASE + 0x1000040);
		image_note_text(im, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
	}
	for (size_t i = 0; i + 3 <= size; i += 3)
		im->bytes[(bytes[i] | bytes[i + 1] << 8) % 0xd00] =
			bytes[i + 2];
	*changed = sizeof(im->bytes);
	return im->bytes;
}

static void place(const struct elf_info *elf, uint64_t pages)
{
	struct layout_kernel k = {
		.virt_base = elf->virt_base,
		.start = elf->kernel_start_paddr,
		.end = elf->kernel_end_paddr,
		.has_p2m_vaddr = elf->has_init_p2m,
		.p2m_vaddr = elf->init_p2m,
		.ramdisk_by_pfn = elf->mod_start_pfn,
	};
	struct err e = ERR_NONE;
	uint64_t *p2m, *tables, *p2m_tables;
	struct layout l;

	if (layout_make(&k, pages, 12345, &l, &e)) {
		CHECK(err_is_set(&e));
		return;
	}
	CHECK(l.used_pages <= pages && l.mapped_pages <= pages);
	CHECK(l.stack.pfn < l.mapped_pages);
	p2m = calloc(pages, sizeof(*p2m));
	tables = calloc(l.tables.pages, LAYOUT_PAGE_BYTES);
	p2m_tables = calloc(l.p2m_tables.pages + 1, LAYOUT_PAGE_BYTES);
	layout_fill_tables(&l, p2m, tables, p2m_tables);
	free(p2m);
	free(tables);
	free(p2m_tables);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct err e = ERR_NONE;
	struct unpacked u;
	struct elf_info elf;
	const char *why;
	uint8_t *wrapped = NULL;
	uint64_t pages;

	if (size < 3)
		return 0;
	pages = 1 + (uint64_t)(bytes[1] | bytes[2] << 8) % FUZZ_PAGES_MAX;
	if (bytes[0] & 0x40)
		wrapped = change(bytes[0], bytes + 3, size - 3, &size);
	else if (bytes[0] & 0x80)
		wrapped = wrap(bytes[0], bytes + 3, size - 3, &size);
	else
		size -= 3;
	if (unpack_kernel(wrapped ? wrapped : bytes + 3, size, FUZZ_LIMIT, &u,
			  &e) == 0) {
		CHECK(u.size <= FUZZ_LIMIT || !u.owned);
		if (elf_parse(u.data, u.size, &elf, &why) == 0)
			place(&elf, pages);
		unpack_free(&u);
	} else {
		CHECK(err_is_set(&e) && !u.owned);
	}
	free(wrapped);
	return 0;
}
