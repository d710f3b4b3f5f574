/* SPDX-License-Identifier: MIT */
/*
 * The ELF reader: a kernel like Debian's, older and smaller kernels, and
 * images that lie. Each image is parsed from a heap block of exactly its
 * size, so that ASan sees a read beyond it.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "lib/elf.h"
#include "lib/errno.h"
#include "elf_image.h"

static struct elf_image im;
static struct elf_info info;
static const char *why;

static int parse_bytes(const void *bytes, size_t size)
{
	/* One byte off, so that nothing relies on alignment. */
	unsigned char *block = malloc(size + 1);
	int rc;

	cr_assert_not_null(block);
	memcpy(block + 1, bytes, size);
	why = "unset";
	rc = elf_parse(block + 1, size, &info, &why);
	free(block);
	cr_assert_eq(rc == 0, why == NULL, "an error has its reason");
	return rc;
}

static int parse(void)
{
	return parse_bytes(im.bytes, sizeof(im.bytes));
}

static void setup(void)
{
	image_init(&im);
	image_linux_notes(&im);
}

/* Only the notes that a kernel cannot do without. */
static void setup_small(void)
{
	image_init(&im);
	image_note_u64(&im, 3, IMAGE_VIRT_BASE);
	image_note_u64(&im, 1, IMAGE_VIRT_BASE + 0x1000000);
}

TestSuite(lib_elf, .init = setup);

Test(lib_elf, the_kernel_of_debian_is_described_whole)
{
	cr_assert_eq(parse(), 0, "%s", why);
	cr_assert_eq(info.source, ELF_FROM_NOTES);
	cr_assert_eq(info.virt_base, IMAGE_VIRT_BASE);
	cr_assert_eq(info.paddr_offset, 0);
	cr_assert_eq(info.entry, IMAGE_VIRT_BASE + 0x20001c0);
	cr_assert(info.has_init_p2m);
	cr_assert_eq(info.init_p2m, UINT64_C(0x8000000000));
	cr_assert(!info.has_hypercall_page);
	cr_assert(info.has_hv_start_low);
	cr_assert_eq(info.hv_start_low, UINT64_C(0xffff800000000000));
	cr_assert(info.mod_start_pfn && info.suspend_cancel);
	cr_assert(info.has_l1_mfn_valid);
	cr_assert(info.l1_mfn_mask == 1 && info.l1_mfn_value == 1);
	cr_assert(info.has_supported_features);
	cr_assert_eq(info.supported_features, 0x8801);
	cr_assert_str_eq(info.guest_os, "linux");
	cr_assert_str_eq(info.guest_version, "2.6");
	cr_assert_str_eq(info.xen_version, "xen-3.0");
	cr_assert_str_eq(info.loader, "generic");
	cr_assert_str_eq(info.pae_mode, "yes");
	cr_assert(!info.bsd_symtab);
}

Test(lib_elf, segments_are_placed_by_their_physical_address)
{
	cr_assert_eq(parse(), 0);
	cr_assert_eq(info.segment_count, 3);
	cr_assert_eq(info.segments[0].offset, IMAGE_TEXT);
	cr_assert_eq(info.segments[0].vaddr, IMAGE_VIRT_BASE + 0x1000000);
	cr_assert_eq(info.segments[0].flags, ELF_SEGMENT_R | ELF_SEGMENT_X);
	cr_assert_eq(info.segments[1].filesz, 0x800);
	cr_assert_eq(info.segments[1].memsz, 0x9000);
	cr_assert_eq(info.segments[2].paddr, 0x2009000);
	cr_assert_eq(info.segments[2].vaddr, IMAGE_VIRT_BASE + 0x2009000,
		     "and not at its p_vaddr of 0");
	cr_assert_eq(info.kernel_start_paddr, 0x1000000);
	cr_assert_eq(info.kernel_end_paddr, 0x200a000);
}

Test(lib_elf, features_are_looked_up_by_whole_words)
{
	cr_assert_eq(parse(), 0);
	cr_assert(elf_feature_required(&info, "writable_page_tables"));
	cr_assert(elf_feature_supported(&info, "writable_page_tables"));
	cr_assert(!elf_feature_required(&info, "pae_pgdir_above_4gb"));
	cr_assert(elf_feature_supported(&info, "pae_pgdir_above_4gb"));
	cr_assert(!elf_feature_supported(&info, "pae_pgdir_above_4g"));
	cr_assert(!elf_feature_supported(&info, "writable_page"));
	cr_assert(!elf_feature_supported(&info, "dom0"));
}

Test(lib_elf, notes_are_found_in_sections_if_no_segment_has_them)
{
	im.header.e_phnum = 3;
	cr_assert_eq(parse(), 0, "%s", why);
	cr_assert_eq(info.entry, IMAGE_VIRT_BASE + 0x20001c0);
}

Test(lib_elf, a_segment_of_foreign_notes_does_not_hide_the_section)
{
	image_init(&im);
	/* The section has one note more than the segment. */
	image_note(&im, "GNU", 3, "0123456789abcdefghij", 20);
	im.ph[3].p_filesz = 0;
	image_note_u64(&im, 3, IMAGE_VIRT_BASE);
	image_note_u64(&im, 1, IMAGE_VIRT_BASE + 0x1000000);
	im.ph[3].p_filesz = 36;
	cr_assert_eq(parse(), 0, "%s", why);
	cr_assert_eq(info.entry, IMAGE_VIRT_BASE + 0x1000000);
}

Test(lib_elf, numeric_notes_have_1_to_8_bytes)
{
	for (uint32_t bytes = 0; bytes <= 9; bytes++) {
		setup_small();
		image_note(&im, "Xen", 12, "\x88\x77\x66\x55\x44\x33\x22\x11\0",
			   bytes);
		if (bytes == 0 || bytes == 9) {
			cr_assert_eq(parse(), -EINVAL, "%u bytes", bytes);
			continue;
		}
		cr_assert_eq(parse(), 0, "%u bytes: %s", bytes, why);
		cr_assert_eq(info.hv_start_low,
			     UINT64_C(0x1122334455667788) &
				     (~UINT64_C(0) >> (64 - 8 * bytes)));
	}
}

Test(lib_elf, without_an_entry_note_the_headers_entry_is_taken)
{
	image_init(&im);
	image_note_u64(&im, 3, IMAGE_VIRT_BASE);
	im.header.e_entry = IMAGE_VIRT_BASE + 0x1000010;
	cr_assert_eq(parse(), 0, "%s", why);
	cr_assert_eq(info.entry, IMAGE_VIRT_BASE + 0x1000010);
}

Test(lib_elf, without_a_virt_base_frame_0_is_at_address_0)
{
	image_init(&im);
	image_note_text(&im, 8, "generic");
	cr_assert_eq(parse(), 0, "%s", why);
	cr_assert_eq(info.virt_base, 0);
	cr_assert_eq(info.paddr_offset, 0);
	cr_assert_eq(info.entry, 0x1000000);
	cr_assert_eq(info.segments[1].vaddr, 0x2000000);
}

Test(lib_elf, a_paddr_offset_is_taken_off_the_physical_addresses)
{
	setup_small();
	image_note_u64(&im, 4, 0x800000);
	image_note_u64(&im, 1, IMAGE_VIRT_BASE + 0x800000);
	cr_assert_eq(parse(), 0, "%s", why);
	cr_assert_eq(info.segments[0].paddr, 0x800000);
	cr_assert_eq(info.segments[0].vaddr, IMAGE_VIRT_BASE + 0x800000);
	cr_assert_eq(info.kernel_end_paddr, 0x200a000 - 0x800000);
}

Test(lib_elf, a_paddr_offset_needs_a_virt_base_and_lower_segments_none)
{
	image_init(&im);
	image_note_u64(&im, 4, 0);
	cr_assert_eq(parse(), -EINVAL);
	setup_small();
	image_note_u64(&im, 4, 0x1000001);
	cr_assert_eq(parse(), -EINVAL);
}

Test(lib_elf, the_older_section_describes_a_kernel_too)
{
	image_init(&im);
	image_xen_guest(&im, "GUEST_OS=mini,XEN_VER=xen-3.0,"
			     "VIRT_BASE=0xffffffff80000000,"
			     "ELF_PADDR_OFFSET=0x0,"
			     "VIRT_ENTRY=0xffffffff81000040,"
			     "HYPERCALL_PAGE=0x2001,PAE=yes[extended-cr3],"
			     "FEATURES=!auto_translated_physmap|dom0,"
			     "LOADER=generic,BSD_SYMTAB,ODD,=,X=");
	cr_assert_eq(parse(), 0, "%s", why);
	cr_assert_eq(info.source, ELF_FROM_XEN_GUEST);
	cr_assert_eq(info.entry, IMAGE_VIRT_BASE + 0x1000040);
	cr_assert(info.has_hypercall_page);
	cr_assert_eq(info.hypercall_page, IMAGE_VIRT_BASE + 0x2001000,
		     "a frame number there");
	cr_assert_str_eq(info.pae_mode, "yes[extended-cr3]");
	cr_assert_str_eq(info.guest_os, "mini");
	cr_assert(elf_feature_required(&info, "auto_translated_physmap"));
	cr_assert(info.bsd_symtab);
}

Test(lib_elf, in_the_older_section_the_paddr_offset_defaults_to_virt_base)
{
	image_init(&im);
	for (int i = 0; i < 3; i++)
		im.ph[i].p_paddr += IMAGE_VIRT_BASE;
	image_xen_guest(&im, "XEN_VER=xen-3.0,VIRT_BASE=0xffffffff80000000,"
			     "VIRT_ENTRY=18446744071578845184");
	cr_assert_eq(parse(), 0, "%s", why);
	cr_assert_eq(info.paddr_offset, IMAGE_VIRT_BASE);
	cr_assert_eq(info.segments[0].paddr, 0x1000000);
	cr_assert_eq(info.entry, IMAGE_VIRT_BASE + 0x1000000);
}

Test(lib_elf, notes_win_over_the_older_section)
{
	image_xen_guest(&im, "XEN_VER=xen-9,VIRT_BASE=zero");
	cr_assert_eq(parse(), 0, "%s", why);
}

Test(lib_elf, values_of_the_older_section_that_are_no_numbers_are_refused)
{
	static const char *const bad[] = {
		"VIRT_BASE=",
		"VIRT_BASE",
		"VIRT_BASE=0x",
		"VIRT_BASE=12q",
		"VIRT_BASE=0x10000000000000000",
		"VIRT_ENTRY=-1",
		"HYPERCALL_PAGE=18446744073709551616",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		image_init(&im);
		image_xen_guest(&im, bad[i]);
		cr_assert_eq(parse(), -EINVAL, "%s", bad[i]);
	}
}

Test(lib_elf, a_hypercall_page_is_a_whole_page_of_the_kernel)
{
	static const struct {
		uint64_t page;
		int rc;
	} rows[] = {
		{0x1000000, 0},	      {0x2009000, 0},
		{0x2009800, -EINVAL}, {0x200a000, -EINVAL},
		{0xfff000, -EINVAL},  {0x40000000000, -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		setup_small();
		image_note_u64(&im, 2, IMAGE_VIRT_BASE + rows[i].page);
		cr_assert_eq(parse(), rows[i].rc, "row %zu", i);
	}
}

/* One change to a good image each, and what must be said of it. */
#define REFUSED(name, error, change)                                           \
	Test(lib_elf, name)                                                    \
	{                                                                      \
		cr_assert_eq(parse(), 0);                                      \
		change;                                                        \
		cr_assert_eq(parse(), error, "%s", why);                       \
	}

REFUSED(a_32_bit_class_is_refused, -ENOEXEC, im.header.e_ident[4] = 1)
REFUSED(big_endian_is_refused, -ENOEXEC, im.header.e_ident[5] = 2)
REFUSED(another_machine_is_refused, -ENOEXEC, im.header.e_machine = 3)
REFUSED(an_object_file_is_refused, -ENOEXEC, im.header.e_type = ET_REL)
REFUSED(an_unknown_version_is_refused, -EINVAL, im.header.e_version = 2)
REFUSED(no_program_headers_are_refused, -EINVAL, im.header.e_phnum = 0)
REFUSED(too_many_program_headers_are_refused, -E2BIG,
	im.header.e_phnum = 0xffff)
REFUSED(odd_program_headers_are_refused, -EINVAL, im.header.e_phentsize = 55)
REFUSED(program_headers_behind_the_end_are_refused, -EINVAL,
	im.header.e_phoff = IMAGE_BYTES - 4 * 56 + 1)
REFUSED(program_headers_that_wrap_are_refused, -EINVAL,
	im.header.e_phoff = ~UINT64_C(0) - 10)
REFUSED(a_segment_behind_the_end_is_refused, -EINVAL,
	im.ph[0].p_offset = IMAGE_BYTES - 0xfff)
REFUSED(a_segment_whose_offset_wraps_is_refused, -EINVAL,
	im.ph[0].p_offset = ~UINT64_C(0xff))
REFUSED(more_file_than_memory_is_refused, -EINVAL, im.ph[0].p_memsz = 0xfff)
REFUSED(a_physical_address_that_wraps_is_refused, -EINVAL,
	im.ph[1].p_paddr = ~UINT64_C(0xff))
REFUSED(a_virtual_address_that_wraps_is_refused, -EINVAL,
	im.ph[1].p_paddr = 0x80000000)
REFUSED(memory_up_to_the_last_byte_of_the_address_space_is_refused, -EINVAL,
	im.ph[1].p_memsz = 0x80000000 - 0x2000000)
REFUSED(nothing_to_load_is_refused, -EINVAL,
	im.ph[0].p_type = im.ph[1].p_type = im.ph[2].p_type = PT_NULL)
REFUSED(notes_behind_the_end_are_refused, -EINVAL,
	im.ph[3].p_offset = IMAGE_BYTES - 10)
REFUSED(a_note_over_the_end_of_its_segment_is_refused, -EINVAL,
	im.ph[3].p_filesz -= 4)
REFUSED(a_note_with_an_endless_name_is_refused, -EINVAL,
	memset(im.bytes + IMAGE_NOTES, 0xff, 4))
REFUSED(a_note_with_an_endless_descriptor_is_refused, -EINVAL,
	memset(im.bytes + IMAGE_NOTES + 4, 0xff, 4))
REFUSED(an_entry_outside_the_kernel_is_refused, -EINVAL,
	image_note_u64(&im, 1, IMAGE_VIRT_BASE + 0x200a000))
REFUSED(an_unaligned_virt_base_is_refused, -EINVAL,
	image_note_u64(&im, 3, IMAGE_VIRT_BASE + 8))
REFUSED(a_p2m_inside_the_kernel_is_refused, -EINVAL,
	image_note_u64(&im, 15, IMAGE_VIRT_BASE + 0x1000000))
REFUSED(an_unaligned_p2m_is_refused, -EINVAL,
	image_note_u64(&im, 15, UINT64_C(0x8000000008)))
REFUSED(another_abi_is_refused, -ENOEXEC, image_note_text(&im, 5, "xen-4"))

Test(lib_elf, a_kernel_without_notes_is_no_paravirtual_kernel)
{
	image_init(&im);
	cr_assert_eq(parse(), -ENOEXEC);
	cr_assert(strstr(why, "CONFIG_XEN_PV"));
}

Test(lib_elf, a_broken_section_table_is_as_good_as_none)
{
	im.header.e_shoff = ~UINT64_C(0);
	cr_assert_eq(parse(), 0, "the segments have the notes: %s", why);
	im.header.e_phnum = 3;
	cr_assert_eq(parse(), -ENOEXEC);
	image_init(&im);
	im.header.e_shstrndx = 99;
	image_xen_guest(&im, "VIRT_BASE=0");
	cr_assert_eq(parse(), -ENOEXEC);
}

Test(lib_elf, empty_segments_are_left_out)
{
	im.ph[2].p_filesz = im.ph[2].p_memsz = 0;
	im.ph[2].p_offset = ~UINT64_C(0);
	im.ph[2].p_paddr = ~UINT64_C(0);
	cr_assert_eq(parse(), 0, "%s", why);
	cr_assert_eq(info.segment_count, 2);
	/* Nothing in the file, but room in memory: pure bss. */
	im.ph[2].p_memsz = 0x1000;
	im.ph[2].p_paddr = 0x2009000;
	cr_assert_eq(parse(), 0, "%s", why);
	cr_assert_eq(info.segment_count, 3);
	cr_assert_eq(info.segments[2].filesz, 0);
}

Test(lib_elf, more_segments_than_we_take_are_refused)
{
	static unsigned char big[0x8000];
	Elf64_Ehdr *h = (Elf64_Ehdr *)big;
	Elf64_Phdr *ph = (Elf64_Phdr *)(big + 0x4000);

	memcpy(big, im.bytes, sizeof(im.bytes));
	h->e_phoff = 0x4000;
	h->e_phnum = ELF_SEGMENTS_MAX + 2;
	memcpy(&ph[0], &im.ph[3], sizeof(*ph));
	for (unsigned int i = 0; i <= ELF_SEGMENTS_MAX; i++)
		image_load(&ph[1 + i], 0, 0, 0x1000000 + i * 0x1000000, 16, 16,
			   PF_R);
	cr_assert_eq(parse_bytes(big, sizeof(big)), -E2BIG);
	h->e_phnum--;
	cr_assert_eq(parse_bytes(big, sizeof(big)), 0, "%s", why);
	cr_assert_eq(info.segment_count, ELF_SEGMENTS_MAX);
}

Test(lib_elf, every_truncation_is_refused_or_harmless)
{
	for (size_t size = 0; size < sizeof(im.bytes); size += 7) {
		int rc = parse_bytes(im.bytes, size);

		/* The last segment's bytes end at 0x2900. */
		if (size < IMAGE_DATA + 0x900)
			cr_assert_neq(rc, 0, "%zu bytes", size);
		else
			cr_assert_eq(rc, 0, "%zu bytes: %s", size, why);
	}
}

Test(lib_elf, what_is_no_elf_is_named)
{
	char bz[0x300] = "MZ";

	memcpy(bz + 0x202, "HdrS", 4);
	cr_assert_eq(parse_bytes(bz, sizeof(bz)), -ENOEXEC);
	cr_assert(strstr(why, "bzImage") && strstr(why, "vane-unpack-kernel"));
	cr_assert_eq(parse_bytes("\x1f\x8b\x08", 3), -ENOEXEC);
	cr_assert(strstr(why, "compressed"));
	cr_assert_eq(parse_bytes("\xfd"
				 "7zXZ",
				 5),
		     -ENOEXEC);
	cr_assert(strstr(why, "compressed"));
	cr_assert_eq(parse_bytes("\x28\xb5\x2f\xfd", 4), -ENOEXEC);
	cr_assert(strstr(why, "compressed"));
	cr_assert_eq(parse_bytes("#!/bin/sh", 9), -ENOEXEC);
	cr_assert_str_eq(why, "this is not an ELF file");
	cr_assert_eq(parse_bytes("", 0), -ENOEXEC);
}

Test(lib_elf, long_texts_are_cut_and_terminated)
{
	char text[2 * ELF_TEXT_MAX];

	memset(text, 'f', sizeof(text));
	setup_small();
	image_note(&im, "Xen", 10, text, 400);
	image_note(&im, "Xen", 8, text, 40);
	cr_assert_eq(parse(), 0, "%s", why);
	cr_assert_eq(strlen(info.features), sizeof(info.features) - 1);
	cr_assert_eq(strlen(info.loader), sizeof(info.loader) - 1);
}
