/* SPDX-License-Identifier: MIT */
/*
 * From the file that a distribution ships to the ELF that a domain runs; see
 * unpack.h. The header of a bzImage is described in Linux's
 * Documentation/arch/x86/boot.rst; its payload is the compressed ELF, whose
 * last four bytes are its uncompressed size (also behind streams that do not
 * carry one).
 * Tests: tests/unit/dom0-tools/builder/test_unpack.c, tests/fuzz/fuzz_kernel.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "builder/unpack.h"
#include "builder/unpack_codecs.h"

#define BZ_SETUP_SECTS	  0x1f1
#define BZ_BOOT_FLAG	  0x1fe
#define BZ_MAGIC	  0x202
#define BZ_VERSION	  0x206
#define BZ_PAYLOAD_OFFSET 0x248
#define BZ_PAYLOAD_LENGTH 0x24c
#define BZ_HEADER_BYTES	  0x250
#define BZ_VERSION_MIN	  0x0208 /* the first with a payload's place */

static uint32_t unpack_le32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static const struct unpack_format {
	const char *name;
	const char *magic;
	size_t magic_bytes;
	unpack_fn *unpack;
} unpack_formats[] = {
	{"xz", "\xfd\x37zXZ\0", 6, unpack_xz},
	{"gzip", "\x1f\x8b", 2, unpack_gzip},
	{"zstd", "\x28\xb5\x2f\xfd", 4, unpack_zstd},
	{"lzma", "\x5d\0\0", 3, unpack_lzma},
	{"bzip2", "BZh", 3, unpack_bzip2},
	{"lzo", "\x89LZO\0\r\n\x1a\n", 9, unpack_lzo},
	{"lz4", "\x02\x21\x4c\x18", 4, unpack_lz4},
};

static const struct unpack_format *unpack_find(const uint8_t *p, size_t size)
{
	for (size_t i = 0;
	     i < sizeof(unpack_formats) / sizeof(unpack_formats[0]); i++) {
		const struct unpack_format *f = &unpack_formats[i];

		if (size >= f->magic_bytes &&
		    memcmp(p, f->magic, f->magic_bytes) == 0)
			return f;
	}
	return NULL;
}

static int unpack_payload(const uint8_t *p, size_t size, size_t limit,
			  struct unpacked *out, struct err *e)
{
	const struct unpack_format *f = unpack_find(p, size);
	struct sink s = {.limit = limit, .err = e};
	uint32_t promised;
	int rc = 0;

	if (f == NULL)
		return err_set(e, EINVAL,
			       "the kernel's payload is of no known format "
			       "(xz, gzip, zstd, lzma, bzip2, lzo, lz4)");
	if (size > UINT32_MAX)
		return err_set(e, EFBIG, "the kernel's payload is too large");
	/* A promise only: saves moving when true, costs nothing when not. */
	promised = size >= 4 ? unpack_le32(p + size - 4) : 0;
	if (promised > 0 && promised < limit)
		rc = sink_grow(&s, (size_t)promised + 1);
	if (rc == 0)
		rc = f->unpack(p, size, &s);
	if (rc) {
		if (s.data)
			munmap(s.data, s.capacity);
		return rc;
	}
	out->data = s.data;
	out->size = s.used;
	out->owned = s.data;
	out->owned_bytes = s.capacity;
	return 0;
}

static int unpack_bzimage(const uint8_t *file, size_t size, size_t limit,
			  struct unpacked *out, struct err *e)
{
	unsigned int version = file[BZ_VERSION] | file[BZ_VERSION + 1] << 8;
	unsigned int sectors = file[BZ_SETUP_SECTS];
	uint64_t offset = unpack_le32(file + BZ_PAYLOAD_OFFSET);
	uint64_t length = unpack_le32(file + BZ_PAYLOAD_LENGTH);

	if (version < BZ_VERSION_MIN)
		return err_set(e, EINVAL,
			       "boot protocol %u.%02u: kernels before 2.08 "
			       "(Linux 2.6.24) do not say where their payload "
			       "is",
			       version >> 8, version & 0xff);
	if (sectors == 0)
		sectors = 4;
	offset += (sectors + 1) * 512;
	if (offset > size || length > size - offset)
		return err_set(e, EINVAL,
			       "the kernel is cut off: its payload ends at "
			       "byte %llu, the file at %zu; copy it again",
			       (unsigned long long)(offset + length), size);
	return unpack_payload(file + offset, length, limit, out, e);
}

int unpack_kernel(const uint8_t *file, size_t size, size_t limit,
		  struct unpacked *out, struct err *e)
{
	static const uint8_t elf[4] = {0x7f, 'E', 'L', 'F'};
	int rc;

	memset(out, 0, sizeof(*out));
	if (limit > UNPACK_BYTES_MAX)
		limit = UNPACK_BYTES_MAX;
	if (size >= sizeof(elf) && memcmp(file, elf, sizeof(elf)) == 0) {
		out->data = file;
		out->size = size;
		return 0;
	}
	if (size >= BZ_HEADER_BYTES && file[BZ_BOOT_FLAG] == 0x55 &&
	    file[BZ_BOOT_FLAG + 1] == 0xaa &&
	    memcmp(file + BZ_MAGIC, "HdrS", 4) == 0)
		rc = unpack_bzimage(file, size, limit, out, e);
	else if (unpack_find(file, size))
		rc = unpack_payload(file, size, limit, out, e);
	else
		return err_set(e, ENOEXEC,
			       "neither a bzImage nor an ELF nor a compressed "
			       "ELF (%zu bytes)",
			       size);
	if (rc)
		return rc;
	if (out->size < sizeof(elf) ||
	    memcmp(out->data, elf, sizeof(elf)) != 0) {
		unpack_free(out);
		return err_set(e, ENOEXEC, "what is packed inside is no ELF");
	}
	return 0;
}

void unpack_free(struct unpacked *u)
{
	if (u->owned)
		munmap(u->owned, u->owned_bytes);
	memset(u, 0, sizeof(*u));
}
