/* SPDX-License-Identifier: MIT */
/*
 * Builds small kernel images for the ELF reader's tests and its fuzzer: a
 * header, three segments, notes, sections, all at fixed places, so that a
 * test changes one field and looks what happens.
 */
#ifndef TEST_ELF_IMAGE_H
#define TEST_ELF_IMAGE_H

#include <elf.h>
#include <stdint.h>
#include <string.h>

#define IMAGE_VIRT_BASE UINT64_C(0xffffffff80000000)
#define IMAGE_BYTES	0x3000
#define IMAGE_NOTES	0x400
#define IMAGE_NOTES_MAX 0x300
#define IMAGE_XEN_GUEST 0x800
#define IMAGE_NAMES	0xa00
#define IMAGE_SECTIONS	0xb00
#define IMAGE_TEXT	0x1000
#define IMAGE_DATA	0x2000

struct elf_image {
	union {
		unsigned char bytes[IMAGE_BYTES];
		struct {
			Elf64_Ehdr header;
			Elf64_Phdr ph[4]; /* text, data, per-CPU, notes */
		};
	};
	uint32_t note_bytes;
};

static inline Elf64_Shdr *image_section(struct elf_image *im, int i)
{
	return (Elf64_Shdr *)(im->bytes + IMAGE_SECTIONS) + i;
}

static inline void image_note(struct elf_image *im, const char *owner,
			      uint32_t type, const void *desc, uint32_t bytes)
{
	uint32_t name_bytes = (uint32_t)strlen(owner) + 1;
	uint32_t header[3] = {name_bytes, bytes, type};
	unsigned char *at = im->bytes + IMAGE_NOTES + im->note_bytes;

	memcpy(at, header, sizeof(header));
	memcpy(at + 12, owner, name_bytes);
	memcpy(at + 12 + ((name_bytes + 3) & ~3u), desc, bytes);
	im->note_bytes += 12 + ((name_bytes + 3) & ~3u) + ((bytes + 3) & ~3u);
	im->ph[3].p_filesz = im->ph[3].p_memsz = im->note_bytes;
	image_section(im, 1)->sh_size = im->note_bytes;
}

static inline void image_note_u64(struct elf_image *im, uint32_t type,
				  uint64_t value)
{
	image_note(im, "Xen", type, &value, sizeof(value));
}

static inline void image_note_text(struct elf_image *im, uint32_t type,
				   const char *text)
{
	image_note(im, "Xen", type, text, (uint32_t)strlen(text) + 1);
}

static inline void image_load(Elf64_Phdr *ph, uint64_t offset, uint64_t vaddr,
			      uint64_t paddr, uint64_t filesz, uint64_t memsz,
			      uint32_t flags)
{
	*ph = (Elf64_Phdr){.p_type = PT_LOAD,
			   .p_flags = flags,
			   .p_offset = offset,
			   .p_vaddr = vaddr,
			   .p_paddr = paddr,
			   .p_filesz = filesz,
			   .p_memsz = memsz,
			   .p_align = 0x1000};
}

/* Headers, segments and sections as a 64-bit Linux has them; no notes yet. */
static inline void image_init(struct elf_image *im)
{
	memset(im, 0, sizeof(*im));
	memcpy(im->header.e_ident,
	       "\x7f"
	       "ELF\2\1\1",
	       7);
	im->header.e_type = ET_EXEC;
	im->header.e_machine = EM_X86_64;
	im->header.e_version = 1;
	im->header.e_entry = 0x1000000;
	im->header.e_phoff = sizeof(Elf64_Ehdr);
	im->header.e_ehsize = sizeof(Elf64_Ehdr);
	im->header.e_phentsize = sizeof(Elf64_Phdr);
	im->header.e_phnum = 4;
	im->header.e_shoff = IMAGE_SECTIONS;
	im->header.e_shentsize = sizeof(Elf64_Shdr);
	im->header.e_shnum = 4;
	im->header.e_shstrndx = 3;
	image_load(&im->ph[0], IMAGE_TEXT, IMAGE_VIRT_BASE + 0x1000000,
		   0x1000000, 0x1000, 0x1000, PF_R | PF_X);
	image_load(&im->ph[1], IMAGE_DATA, IMAGE_VIRT_BASE + 0x2000000,
		   0x2000000, 0x800, 0x9000, PF_R | PF_W);
	/* Linux's per-CPU data: its virtual address is 0. */
	image_load(&im->ph[2], IMAGE_DATA + 0x800, 0, 0x2009000, 0x100, 0x1000,
		   PF_R | PF_W);
	im->ph[3].p_type = PT_NOTE;
	im->ph[3].p_offset = IMAGE_NOTES;
	im->ph[3].p_align = 4;

	memcpy(im->bytes + IMAGE_NAMES, "\0.notes\0__xen_guest\0.shstrtab\0",
	       31);
	*image_section(im, 1) = (Elf64_Shdr){
		.sh_name = 1, .sh_type = SHT_NOTE, .sh_offset = IMAGE_NOTES};
	*image_section(im, 2) = (Elf64_Shdr){.sh_name = 8,
					     .sh_type = SHT_PROGBITS,
					     .sh_offset = IMAGE_XEN_GUEST};
	*image_section(im, 3) = (Elf64_Shdr){.sh_name = 20,
					     .sh_type = SHT_STRTAB,
					     .sh_offset = IMAGE_NAMES,
					     .sh_size = 31};
}

static inline void image_xen_guest(struct elf_image *im, const char *text)
{
	strcpy((char *)im->bytes + IMAGE_XEN_GUEST, text);
	image_section(im, 2)->sh_size = strlen(text) + 1;
}

/* The notes of Debian's kernel, in its order. */
static inline void image_linux_notes(struct elf_image *im)
{
	static const uint64_t valid[2] = {1, 1};

	image_note_text(im, 6, "linux");
	image_note_text(im, 7, "2.6");
	image_note_text(im, 5, "xen-3.0");
	image_note_u64(im, 3, IMAGE_VIRT_BASE);
	image_note_u64(im, 15, UINT64_C(0x8000000000));
	image_note_u64(im, 1, IMAGE_VIRT_BASE + 0x20001c0);
	image_note_text(im, 10, "!writable_page_tables|pae_pgdir_above_4gb");
	image_note(im, "Xen", 17, "\x01\x88\0\0", 4);
	image_note_text(im, 9, "yes");
	image_note_text(im, 8, "generic");
	image_note(im, "Xen", 13, valid, sizeof(valid));
	image_note(im, "Xen", 14, "\1\0\0\0", 4);
	image_note(im, "Xen", 16, "\1\0\0\0", 4);
	image_note_u64(im, 12, UINT64_C(0xffff800000000000));
	image_note_u64(im, 4, 0);
	image_note(im, "GNU", 3, "0123456789abcdefghij", 20);
	image_note_u64(im, 18, 0x1000850);
}

#endif
