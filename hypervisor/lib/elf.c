/* SPDX-License-Identifier: MIT */
/*
 * Reading a guest kernel. The image is hostile: it may come from a guest's
 * own disk. Invariant: bytes are only reached through image_at(), which
 * checks the range against the file's size first.
 * Test: tests/unit/hypervisor/lib/test_elf.c.
 */
#include "elf.h"
#include "errno.h"
#include "string.h"

/* gABI 4: the parts that we look at, in file order. */
struct elf_header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_program_header {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct elf_section_header {
	uint32_t name, type;
	uint64_t flags, addr, offset, size;
	uint32_t link, info;
	uint64_t addralign, entsize;
};

struct elf_note_header {
	uint32_t namesz, descsz, type;
};

_Static_assert(sizeof(struct elf_header) == 64, "gABI");
_Static_assert(sizeof(struct elf_program_header) == 56, "gABI");
_Static_assert(sizeof(struct elf_section_header) == 64, "gABI");

#define ELF_CLASS_64	   2
#define ELF_DATA_LSB	   1
#define ELF_TYPE_EXEC	   2
#define ELF_TYPE_DYN	   3
#define ELF_MACHINE_X86_64 62
#define ELF_PT_LOAD	   1
#define ELF_PT_NOTE	   4
#define ELF_SHT_NOTE	   7
#define ELF_SHT_NOBITS	   8

/* Header tables longer than this are no kernel's. */
#define ELF_PROGRAM_HEADERS_MAX 128
#define ELF_SECTIONS_MAX	4096

/* public/elfnote.h; not included, so that this file stands alone. */
enum xen_note {
	NOTE_ENTRY = 1,
	NOTE_HYPERCALL_PAGE = 2,
	NOTE_VIRT_BASE = 3,
	NOTE_PADDR_OFFSET = 4,
	NOTE_XEN_VERSION = 5,
	NOTE_GUEST_OS = 6,
	NOTE_GUEST_VERSION = 7,
	NOTE_LOADER = 8,
	NOTE_PAE_MODE = 9,
	NOTE_FEATURES = 10,
	NOTE_BSD_SYMTAB = 11,
	NOTE_HV_START_LOW = 12,
	NOTE_L1_MFN_VALID = 13,
	NOTE_SUSPEND_CANCEL = 14,
	NOTE_INIT_P2M = 15,
	NOTE_MOD_START_PFN = 16,
	NOTE_SUPPORTED_FEATURES = 17,
};

struct image {
	const unsigned char *bytes;
	uint64_t size;
	struct elf_header header;
	const char **why;
};

/* What the notes said before the defaults are filled in. */
struct described {
	struct elf_info *info;
	bool has_entry, has_virt_base, has_paddr_offset;
	bool hypercall_page_is_frame; /* __xen_guest gives a frame number */
	size_t note_count;
};

static int refuse(const struct image *im, int error, const char *why)
{
	*im->why = why;
	return error;
}

static const unsigned char *image_at(const struct image *im, uint64_t offset,
				     uint64_t bytes)
{
	if (offset > im->size || bytes > im->size - offset)
		return NULL;
	return im->bytes + offset;
}

static bool image_read(const struct image *im, uint64_t offset, void *to,
		       size_t bytes)
{
	const unsigned char *from = image_at(im, offset, bytes);

	if (!from)
		return false;
	memcpy(to, from, bytes);
	return true;
}

static bool starts_with(const struct image *im, uint64_t offset,
			const char *magic, size_t bytes)
{
	const unsigned char *at = image_at(im, offset, bytes);

	return at && memcmp(at, magic, bytes) == 0;
}

/* Not an ELF: what is it, then? */
static const char *name_format(const struct image *im)
{
	if (starts_with(im, 0x202, "HdrS", 4))
		return "this is a bzImage, not an ELF kernel; open it with "
		       "vane-unpack-kernel first";
	if (starts_with(im, 0, "\x1f\x8b", 2) ||
	    starts_with(im, 0,
			"\xfd"
			"7zXZ",
			5) ||
	    starts_with(im, 0, "\x28\xb5\x2f\xfd", 4))
		return "this is compressed data, not an ELF kernel; open it "
		       "with vane-unpack-kernel first";
	return "this is not an ELF file";
}

static int header_check(struct image *im)
{
	const struct elf_header *h = &im->header;

	if (!starts_with(im, 0,
			 "\x7f"
			 "ELF",
			 4))
		return refuse(im, -ENOEXEC, name_format(im));
	if (!image_read(im, 0, &im->header, sizeof(im->header)))
		return refuse(im, -EINVAL, "the ELF header is cut off");
	if (h->ident[4] != ELF_CLASS_64 || h->ident[5] != ELF_DATA_LSB ||
	    h->machine != ELF_MACHINE_X86_64)
		return refuse(im, -ENOEXEC, "the ELF is not for x86-64");
	if (h->type != ELF_TYPE_EXEC && h->type != ELF_TYPE_DYN)
		return refuse(im, -ENOEXEC, "the ELF is not an executable");
	if (h->ident[6] != 1 || h->version != 1)
		return refuse(im, -EINVAL, "the ELF version is unknown");
	if (h->phnum == 0)
		return refuse(im, -EINVAL, "the ELF has no program headers");
	if (h->phentsize != sizeof(struct elf_program_header))
		return refuse(im, -EINVAL,
			      "the program headers have an odd size");
	if (h->phnum > ELF_PROGRAM_HEADERS_MAX)
		return refuse(im, -E2BIG, "too many program headers");
	if (!image_at(im, h->phoff, (uint64_t)h->phnum * h->phentsize))
		return refuse(im, -EINVAL,
			      "the program headers lie beyond the file's end");
	return 0;
}

/* i < phnum: header_check() has seen the whole table. */
static struct elf_program_header program_header(const struct image *im,
						unsigned int i)
{
	struct elf_program_header ph = {0};

	(void)image_read(im, im->header.phoff + i * sizeof(ph), &ph,
			 sizeof(ph));
	return ph;
}

static int segment_add(const struct image *im,
		       const struct elf_program_header *ph,
		       struct elf_info *info)
{
	struct elf_segment *s;
	uint64_t end;

	if (ph->filesz > ph->memsz)
		return refuse(im, -EINVAL,
			      "a segment is larger in the file than in memory");
	if (ph->memsz == 0)
		return 0;
	if (!image_at(im, ph->filesz ? ph->offset : 0, ph->filesz))
		return refuse(im, -EINVAL,
			      "a segment lies beyond the file's end; "
			      "is the file cut off?");
	if (__builtin_add_overflow(ph->paddr, ph->memsz, &end))
		return refuse(im, -EINVAL,
			      "a segment's physical address overflows");
	if (info->segment_count == ELF_SEGMENTS_MAX)
		return refuse(im, -E2BIG, "too many loadable segments");

	s = &info->segments[info->segment_count++];
	s->offset = ph->filesz ? ph->offset : 0;
	s->filesz = ph->filesz;
	s->memsz = ph->memsz;
	s->paddr = ph->paddr; /* the offset goes off in layout_finish() */
	s->flags = ph->flags & (ELF_SEGMENT_R | ELF_SEGMENT_W | ELF_SEGMENT_X);
	return 0;
}

static int segments_read(const struct image *im, struct elf_info *info)
{
	for (unsigned int i = 0; i < im->header.phnum; i++) {
		struct elf_program_header ph = program_header(im, i);
		int rc;

		if (ph.type != ELF_PT_LOAD)
			continue;
		rc = segment_add(im, &ph, info);
		if (rc)
			return rc;
	}
	if (info->segment_count == 0)
		return refuse(im, -EINVAL, "the ELF has nothing to load");
	return 0;
}

/* Cut to the destination; a descriptor need not be terminated. */
static void take_text(char *to, size_t size, const unsigned char *from,
		      uint64_t bytes)
{
	size_t n = 0;

	while (n < bytes && n < size - 1 && from[n] != '\0') {
		to[n] = (char)from[n];
		n++;
	}
	to[n] = '\0';
}

#define TAKE_TEXT(field, from, bytes)                                          \
	take_text(field, sizeof(field), from, bytes)

static bool note_text(struct elf_info *info, uint32_t type,
		      const unsigned char *desc, uint32_t bytes)
{
	char word[8];

	switch (type) {
	case NOTE_XEN_VERSION:
		TAKE_TEXT(info->xen_version, desc, bytes);
		return true;
	case NOTE_GUEST_OS:
		TAKE_TEXT(info->guest_os, desc, bytes);
		return true;
	case NOTE_GUEST_VERSION:
		TAKE_TEXT(info->guest_version, desc, bytes);
		return true;
	case NOTE_LOADER:
		TAKE_TEXT(info->loader, desc, bytes);
		return true;
	case NOTE_PAE_MODE:
		TAKE_TEXT(info->pae_mode, desc, bytes);
		return true;
	case NOTE_FEATURES:
		TAKE_TEXT(info->features, desc, bytes);
		return true;
	case NOTE_BSD_SYMTAB:
		TAKE_TEXT(word, desc, bytes);
		info->bsd_symtab = strcmp(word, "yes") == 0;
		return true;
	default:
		return false;
	}
}

static void note_number(struct described *d, uint32_t type, uint64_t value)
{
	struct elf_info *info = d->info;

	switch (type) {
	case NOTE_ENTRY:
		d->has_entry = true;
		info->entry = value;
		break;
	case NOTE_HYPERCALL_PAGE:
		info->has_hypercall_page = true;
		info->hypercall_page = value;
		break;
	case NOTE_VIRT_BASE:
		d->has_virt_base = true;
		info->virt_base = value;
		break;
	case NOTE_PADDR_OFFSET:
		d->has_paddr_offset = true;
		info->paddr_offset = value;
		break;
	case NOTE_HV_START_LOW:
		info->has_hv_start_low = true;
		info->hv_start_low = value;
		break;
	case NOTE_SUSPEND_CANCEL:
		info->suspend_cancel = value != 0;
		break;
	case NOTE_INIT_P2M:
		info->has_init_p2m = true;
		info->init_p2m = value;
		break;
	case NOTE_MOD_START_PFN:
		info->mod_start_pfn = value != 0;
		break;
	case NOTE_SUPPORTED_FEATURES:
		info->has_supported_features = true;
		info->supported_features = (uint32_t)value;
		break;
	default:
		/* A note that we need not know. */
		break;
	}
}

static uint64_t read_le(const unsigned char *from, unsigned int bytes)
{
	uint64_t value = 0;

	while (bytes-- > 0)
		value = value << 8 | from[bytes];
	return value;
}

static int note_take(const struct image *im, struct described *d, uint32_t type,
		     const unsigned char *desc, uint32_t bytes)
{
	d->note_count++;
	if (note_text(d->info, type, desc, bytes))
		return 0;
	if (type == NOTE_L1_MFN_VALID) {
		if (bytes >= 16) {
			d->info->has_l1_mfn_valid = true;
			d->info->l1_mfn_mask = read_le(desc, 8);
			d->info->l1_mfn_value = read_le(desc + 8, 8);
		}
		return 0;
	}
	if (type < NOTE_ENTRY || type > NOTE_SUPPORTED_FEATURES)
		return 0;
	if (bytes < 1 || bytes > 8)
		return refuse(im, -EINVAL,
			      "a numeric Xen note has no size of 1 to 8 bytes");
	note_number(d, type, read_le(desc, bytes));
	return 0;
}

/*
 * A run of notes: header, owner and descriptor, each padded to 4 bytes.
 * 32-bit lengths in 64-bit sums: nothing here can overflow.
 */
static int notes_read(const struct image *im, uint64_t offset, uint64_t size,
		      struct described *d)
{
	struct elf_note_header h;

	if (!image_at(im, offset, size))
		return refuse(im, -EINVAL, "notes lie beyond the file's end");
	while (size >= sizeof(h)) {
		uint64_t name, desc, bytes;
		int rc;

		(void)image_read(im, offset, &h, sizeof(h));
		name = sizeof(h);
		desc = name + ALIGN_UP((uint64_t)h.namesz, 4);
		bytes = desc + h.descsz;
		if (bytes > size)
			return refuse(
				im, -EINVAL,
				"a note runs over the end of its segment");
		if (h.namesz == 4 &&
		    starts_with(im, offset + name, "Xen\0", 4)) {
			rc = note_take(im, d, h.type,
				       image_at(im, offset + desc, h.descsz),
				       h.descsz);
			if (rc)
				return rc;
		}
		bytes = MIN(ALIGN_UP(bytes, 4), size);
		offset += bytes;
		size -= bytes;
	}
	return 0;
}

static int segment_notes_read(const struct image *im, struct described *d)
{
	for (unsigned int i = 0; i < im->header.phnum; i++) {
		struct elf_program_header ph = program_header(im, i);
		int rc;

		if (ph.type != ELF_PT_NOTE)
			continue;
		rc = notes_read(im, ph.offset, ph.filesz, d);
		if (rc)
			return rc;
	}
	return 0;
}

/* Sections are a second choice: an image without a usable table has none. */
static unsigned int section_count(const struct image *im)
{
	const struct elf_header *h = &im->header;

	if (h->shentsize != sizeof(struct elf_section_header) ||
	    h->shnum > ELF_SECTIONS_MAX ||
	    !image_at(im, h->shoff, (uint64_t)h->shnum * h->shentsize))
		return 0;
	return h->shnum;
}

static struct elf_section_header section(const struct image *im, unsigned int i)
{
	struct elf_section_header sh = {0};

	(void)image_read(im, im->header.shoff + i * sizeof(sh), &sh,
			 sizeof(sh));
	return sh;
}

static int section_notes_read(const struct image *im, struct described *d)
{
	for (unsigned int i = 0; i < section_count(im); i++) {
		struct elf_section_header sh = section(im, i);
		int rc;

		if (sh.type != ELF_SHT_NOTE)
			continue;
		rc = notes_read(im, sh.offset, sh.size, d);
		if (rc)
			return rc;
	}
	return 0;
}

static bool section_named(const struct image *im,
			  const struct elf_section_header *sh, const char *name)
{
	struct elf_section_header names;
	uint64_t at;

	if (im->header.shstrndx >= section_count(im))
		return false;
	names = section(im, im->header.shstrndx);
	/* The terminator is compared, too. */
	return sh->name < names.size &&
	       !__builtin_add_overflow(names.offset, sh->name, &at) &&
	       starts_with(im, at, name, strlen(name) + 1);
}

static int digit_of(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return 16;
}

/* "0x..." or decimal, and nothing else. */
static bool text_number(const char *text, uint64_t *value)
{
	uint64_t base = 10, sum = 0;

	if (text[0] == '0' && (text[1] | 0x20) == 'x') {
		base = 16;
		text += 2;
	}
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		uint64_t digit = (uint64_t)digit_of((unsigned char)*text);

		if (digit >= base || __builtin_mul_overflow(sum, base, &sum) ||
		    __builtin_add_overflow(sum, digit, &sum))
			return false;
	}
	*value = sum;
	return true;
}

/* The older keys and the notes that replaced them. */
static const struct {
	const char *key;
	uint32_t note;
	bool number;
} xen_guest_keys[] = {
	{"VIRT_ENTRY", NOTE_ENTRY, true},
	{"HYPERCALL_PAGE", NOTE_HYPERCALL_PAGE, true},
	{"VIRT_BASE", NOTE_VIRT_BASE, true},
	{"ELF_PADDR_OFFSET", NOTE_PADDR_OFFSET, true},
	{"HV_START_LOW", NOTE_HV_START_LOW, true},
	{"SUSPEND_CANCEL", NOTE_SUSPEND_CANCEL, true},
	{"XEN_VER", NOTE_XEN_VERSION, false},
	{"GUEST_OS", NOTE_GUEST_OS, false},
	{"GUEST_VER", NOTE_GUEST_VERSION, false},
	{"LOADER", NOTE_LOADER, false},
	{"PAE", NOTE_PAE_MODE, false},
	{"FEATURES", NOTE_FEATURES, false},
};

static int xen_guest_pair(const struct image *im, struct described *d,
			  const char *key, const char *value)
{
	if (strcmp(key, "BSD_SYMTAB") == 0)
		d->info->bsd_symtab = true;
	for (size_t i = 0; i < ARRAY_SIZE(xen_guest_keys); i++) {
		uint32_t note = xen_guest_keys[i].note;
		uint64_t n;

		if (strcmp(key, xen_guest_keys[i].key) != 0)
			continue;
		if (!xen_guest_keys[i].number) {
			(void)note_text(d->info, note,
					(const unsigned char *)value,
					strlen(value));
			continue;
		}
		if (!text_number(value, &n))
			return refuse(im, -EINVAL,
				      "__xen_guest has a value that is no "
				      "number");
		note_number(d, note, n);
	}
	return 0;
}

/* KEY=VALUE pairs, or single words, with commas between; up to a NUL. */
static int xen_guest_read(const struct image *im, const unsigned char *text,
			  uint64_t bytes, struct described *d)
{
	uint64_t at = 0;

	while (at < bytes && text[at] != '\0') {
		char key[32], value[ELF_TEXT_MAX];
		char *to = key;
		size_t room = sizeof(key) - 1, n = 0;
		int rc;

		key[0] = value[0] = '\0';
		for (; at < bytes && text[at] != '\0' && text[at] != ',';
		     at++) {
			if (text[at] == '=' && to == key) {
				to = value;
				room = sizeof(value) - 1;
				n = 0;
			} else if (n < room) {
				to[n++] = (char)text[at];
				to[n] = '\0';
			}
		}
		if (at < bytes && text[at] == ',')
			at++;
		rc = xen_guest_pair(im, d, key, value);
		if (rc)
			return rc;
	}
	return 0;
}

/* *found: there was such a section, with something in it. */
static int xen_guest_find(const struct image *im, struct described *d,
			  bool *found)
{
	*found = false;
	for (unsigned int i = 0; i < section_count(im); i++) {
		struct elf_section_header sh = section(im, i);
		const unsigned char *text;

		if (sh.type == ELF_SHT_NOBITS ||
		    !section_named(im, &sh, "__xen_guest"))
			continue;
		text = image_at(im, sh.offset, sh.size);
		if (!text)
			return refuse(im, -EINVAL,
				      "__xen_guest lies beyond the file's end");
		*found = sh.size > 0 && text[0] != '\0';
		return xen_guest_read(im, text, sh.size, d);
	}
	return 0;
}

static int description_read(const struct image *im, struct described *d)
{
	bool found;
	int rc = segment_notes_read(im, d);

	if (rc == 0 && d->note_count == 0)
		rc = section_notes_read(im, d);
	if (rc || d->note_count != 0)
		return rc;

	rc = xen_guest_find(im, d, &found);
	if (rc)
		return rc;
	if (!found)
		return refuse(im, -ENOEXEC,
			      "the kernel has no Xen notes and no __xen_guest "
			      "section: it was built without "
			      "paravirtualization (CONFIG_XEN_PV)");
	d->info->source = ELF_FROM_XEN_GUEST;
	/* Older kernels put virtual addresses into p_paddr. */
	if (!d->has_paddr_offset && d->has_virt_base) {
		d->has_paddr_offset = true;
		d->info->paddr_offset = d->info->virt_base;
	}
	if (d->info->has_hypercall_page)
		d->hypercall_page_is_frame = true;
	return 0;
}

/* Physical addresses become guest-physical; virtual ones are made of them. */
static int segments_place(const struct image *im, struct elf_info *info)
{
	uint64_t start = UINT64_MAX, end = 0;

	for (size_t i = 0; i < info->segment_count; i++) {
		struct elf_segment *s = &info->segments[i];
		uint64_t vend;

		if (s->paddr < info->paddr_offset)
			return refuse(im, -EINVAL,
				      "a segment lies below PADDR_OFFSET");
		s->paddr -= info->paddr_offset;
		s->vaddr = info->virt_base + s->paddr;
		if (s->vaddr < info->virt_base ||
		    __builtin_add_overflow(s->vaddr, s->memsz, &vend))
			return refuse(im, -EINVAL,
				      "a segment's virtual address overflows");
		start = MIN(start, s->paddr);
		end = MAX(end, s->paddr + s->memsz);
	}
	info->kernel_start_paddr = start;
	info->kernel_end_paddr = end;
	return 0;
}

static int layout_finish(const struct image *im, struct described *d)
{
	struct elf_info *info = d->info;
	uint64_t vstart, vend;
	int rc;

	if (d->has_paddr_offset && !d->has_virt_base)
		return refuse(im, -EINVAL,
			      "the kernel gives PADDR_OFFSET but no VIRT_BASE");
	if (info->virt_base & (PAGE_SIZE - 1))
		return refuse(im, -EINVAL, "VIRT_BASE is not page aligned");
	rc = segments_place(im, info);
	if (rc)
		return rc;
	vstart = info->virt_base + info->kernel_start_paddr;
	vend = info->virt_base + info->kernel_end_paddr;

	if (!d->has_entry)
		info->entry = im->header.entry;
	if (info->entry < vstart || info->entry >= vend)
		return refuse(im, -EINVAL,
			      "the entry point is outside the kernel");
	if (d->hypercall_page_is_frame &&
	    (info->hypercall_page >> 40 ||
	     __builtin_add_overflow(info->virt_base,
				    info->hypercall_page << PAGE_SHIFT,
				    &info->hypercall_page)))
		return refuse(im, -EINVAL, "HYPERCALL_PAGE overflows");
	if (info->has_hypercall_page &&
	    (info->hypercall_page & (PAGE_SIZE - 1) ||
	     info->hypercall_page < vstart || info->hypercall_page >= vend ||
	     vend - info->hypercall_page < PAGE_SIZE))
		return refuse(im, -EINVAL,
			      "HYPERCALL_PAGE is not a page of the kernel");
	if (info->has_init_p2m &&
	    (info->init_p2m & (PAGE_SIZE - 1) ||
	     (info->init_p2m >= vstart && info->init_p2m < vend)))
		return refuse(im, -EINVAL,
			      "INIT_P2M is unaligned or inside the kernel");
	return 0;
}

int elf_parse(const void *bytes, size_t size, struct elf_info *info,
	      const char **why)
{
	struct image im = {.bytes = bytes, .size = size, .why = why};
	struct described d = {.info = info};
	int rc;

	memset(info, 0, sizeof(*info));
	*why = NULL;
	rc = header_check(&im);
	if (rc)
		return rc;
	rc = segments_read(&im, info);
	if (rc)
		return rc;
	rc = description_read(&im, &d);
	if (rc)
		return rc;
	/* The ABI never changed its name after this version. */
	if (info->xen_version[0] != '\0' &&
	    strncmp(info->xen_version, "xen-3.0", 7) != 0)
		return refuse(&im, -ENOEXEC,
			      "the kernel asks for another ABI than xen-3.0");
	return layout_finish(&im, &d);
}

/* Is `name` a word of the list? `required`: only with '!' before it. */
static bool feature_listed(const char *list, const char *name, bool required)
{
	size_t length = strlen(name);

	while (*list != '\0') {
		bool marked = *list == '!';

		list += marked;
		if (strncmp(list, name, length) == 0 &&
		    (list[length] == '|' || list[length] == '\0') &&
		    (marked || !required))
			return true;
		while (*list != '\0' && *list != '|')
			list++;
		if (*list == '|')
			list++;
	}
	return false;
}

bool elf_feature_required(const struct elf_info *info, const char *name)
{
	return feature_listed(info->features, name, true);
}

bool elf_feature_supported(const struct elf_info *info, const char *name)
{
	return feature_listed(info->features, name, false);
}
