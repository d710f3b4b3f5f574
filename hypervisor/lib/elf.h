/* SPDX-License-Identifier: MIT */
/*
 * Reads a paravirtual x86-64 kernel: ELF headers, the notes of owner "Xen",
 * the older __xen_guest section. Bytes in, one struct out; nothing is
 * copied and nothing is loaded. The image is believed nowhere: each range is
 * checked against the file's size before it is looked at.
 *
 * Both the hypervisor (domain zero) and the domain builder in dom0-tools use
 * this file, so it includes its neighbours only. Formats: System V gABI
 * chapters 4 and 5, public/elfnote.h.
 * Test: tests/unit/hypervisor/lib/test_elf.c; fuzz: tests/fuzz/fuzz_elf.c.
 */
#ifndef LIB_ELF_H
#define LIB_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "macros.h"

#define ELF_SEGMENTS_MAX 32
#define ELF_TEXT_MAX	 256

/* Segment flags, as in p_flags. */
#define ELF_SEGMENT_X 1u
#define ELF_SEGMENT_W 2u
#define ELF_SEGMENT_R 4u

/* A loadable segment: file[offset, +filesz) to paddr, zeroes up to memsz. */
struct elf_segment {
	uint64_t offset, filesz, memsz;
	uint64_t paddr; /* p_paddr - paddr_offset: from the guest's frame 0 */
	uint64_t vaddr; /* virt_base + paddr: where the guest sees it */
	uint32_t flags;
};

/* Where the description of the guest was found. */
enum elf_source { ELF_FROM_NOTES, ELF_FROM_XEN_GUEST };

struct elf_info {
	enum elf_source source;

	uint64_t virt_base; /* VA of the guest's frame 0 */
	uint64_t paddr_offset;
	uint64_t entry; /* VA */

	bool has_init_p2m, has_hypercall_page, has_hv_start_low;
	uint64_t init_p2m;	 /* VA that the p2m wants */
	uint64_t hypercall_page; /* VA, page aligned, inside the kernel */
	uint64_t hv_start_low;

	bool mod_start_pfn;  /* takes its initrd unmapped, by frame number */
	bool suspend_cancel; /* understands a cancelled suspend */
	bool bsd_symtab;     /* wants its symbol table loaded */
	bool has_l1_mfn_valid;
	uint64_t l1_mfn_mask, l1_mfn_value;

	bool has_supported_features;
	uint32_t supported_features; /* bit n: feature n */
	char features[ELF_TEXT_MAX]; /* names, '|' between, '!' required */
	char xen_version[32], guest_os[32], guest_version[32], loader[32];
	char pae_mode[32];

	/* The image in guest-physical space, [start, end) in bytes. */
	uint64_t kernel_start_paddr, kernel_end_paddr;

	size_t segment_count;
	struct elf_segment segments[ELF_SEGMENTS_MAX];
};

/*
 * 0, or with *why set to half a sentence without a newline:
 * -ENOEXEC: not an ELF for x86-64, or not a paravirtual kernel;
 * -EINVAL:  an ELF that contradicts itself;
 * -E2BIG:   more of something than we take.
 */
MUST_CHECK int elf_parse(const void *image, size_t size, struct elf_info *info,
			 const char **why);

/*
 * Is `name` among the features that the kernel requires ('!' before it)?
 * `supports` also takes those it merely names.
 */
bool elf_feature_required(const struct elf_info *info, const char *name);
bool elf_feature_supported(const struct elf_info *info, const char *name);

#endif
