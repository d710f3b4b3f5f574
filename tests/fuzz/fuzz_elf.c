/* SPDX-License-Identifier: MIT */
/*
 * The ELF reader on arbitrary images, and on good ones with some bytes
 * changed. What it accepts must be safe to load without further checks.
 */
#include <stdlib.h>
#include <string.h>
#include "lib/elf.h"
#include "tests/unit/hypervisor/lib/elf_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition))                                              \
			abort();                                               \
	} while (0)

static void check_info(const struct elf_info *info, size_t size)
{
	uint64_t vstart = info->virt_base + info->kernel_start_paddr;
	uint64_t vend = info->virt_base + info->kernel_end_paddr;

	CHECK(info->segment_count > 0 &&
	      info->segment_count <= ELF_SEGMENTS_MAX);
	CHECK(vstart >= info->virt_base && vend > vstart);
	CHECK(info->entry >= vstart && info->entry < vend);
	for (size_t i = 0; i < info->segment_count; i++) {
		const struct elf_segment *s = &info->segments[i];

		CHECK(s->offset <= size && s->filesz <= size - s->offset);
		CHECK(s->filesz <= s->memsz && s->memsz > 0);
		CHECK(s->paddr >= info->kernel_start_paddr);
		CHECK(s->memsz <= info->kernel_end_paddr - s->paddr);
		CHECK(s->vaddr == info->virt_base + s->paddr);
		CHECK(s->vaddr + s->memsz > s->vaddr);
	}
	if (info->has_hypercall_page)
		CHECK(info->hypercall_page >= vstart &&
		      vend - info->hypercall_page >= PAGE_SIZE);
	CHECK(memchr(info->features, 0, sizeof(info->features)));
	CHECK(memchr(info->loader, 0, sizeof(info->loader)));
	(void)elf_feature_required(info, "dom0");
}

static void check(const void *image, size_t size)
{
	static struct elf_info info;
	const char *why = "unset";
	int rc = elf_parse(image, size, &info, &why);

	CHECK(rc <= 0 && (rc == 0) == (why == NULL));
	if (rc == 0)
		check_info(&info, size);
}

/* A good image, changed by {offset, byte} triples; then cut. */
static void check_changed(const uint8_t *bytes, size_t size)
{
	static struct elf_image im;
	size_t keep = sizeof(im.bytes);
	uint8_t *block;

	image_init(&im);
	if (bytes[0] & 2)
		image_linux_notes(&im);
	else
		image_xen_guest(&im, "XEN_VER=xen-3.0,"
				     "VIRT_BASE=0xffffffff80000000,"
				     "ELF_PADDR_OFFSET=0x0,"
				     "VIRT_ENTRY=0xffffffff81000040,"
				     "HYPERCALL_PAGE=0x2001,FEATURES=!a|b");
	if (bytes[0] & 4)
		im.header.e_phnum = 3;
	if (bytes[0] & 8)
		keep -= (size_t)bytes[1] * 32;
	for (size_t i = 2; i + 3 <= size; i += 3)
		im.bytes[(bytes[i] | bytes[i + 1] << 8) % 0xd00] = bytes[i + 2];
	block = malloc(keep);
	CHECK(block);
	memcpy(block, im.bytes, keep);
	check(block, keep);
	free(block);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	if (size < 2)
		return 0;
	if (bytes[0] & 1)
		check_changed(bytes, size);
	else
		check(bytes + 1, size - 1);
	return 0;
}
