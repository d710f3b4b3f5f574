/* SPDX-License-Identifier: MIT */
/*
 * Kernels unpacked: payloads are packed here, with the same libraries' other
 * half or with the tools that the kernel's build calls, wrapped into the
 * header of a bzImage, and then damaged in every way that a copy or an enemy
 * could.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "builder/unpack.h"

#define IMAGE_BYTES    300000
#define SETUP_SECTORS  2
#define HEADER_BYTES   ((SETUP_SECTORS + 1) * 512)
#define PAYLOAD_OFFSET 0x44
#define LIMIT	       (64UL << 20)

static uint8_t image[IMAGE_BYTES];
static struct err err;
static struct unpacked out;

static void setup(void)
{
	uint32_t x = 12345;

	err_clear(&err);
	/* Half noise, half zeroes: compressible, but not to nothing. */
	for (size_t i = 0; i < IMAGE_BYTES; i++) {
		x = x * 1103515245 + 12345;
		image[i] = i / 1000 % 2 ? (uint8_t)(x >> 24) : 0;
	}
	memcpy(image, "\177ELF", 4);
}

static void teardown(void)
{
	unpack_free(&out);
}

TestSuite(unpack, .init = setup, .fini = teardown);

typedef size_t pack_fn(uint8_t *to, size_t size, const uint8_t *data,
		       size_t length);

static size_t pack_gzip(uint8_t *to, size_t size, const uint8_t *data,
			size_t length)
{
	z_stream z;

	memset(&z, 0, sizeof(z));
	cr_assert_eq(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 9,
				  Z_DEFAULT_STRATEGY),
		     Z_OK);
	z.next_in = (Bytef *)data;
	z.avail_in = (uInt)length;
	z.next_out = to;
	z.avail_out = (uInt)size;
	cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	size -= z.avail_out;
	deflateEnd(&z);
	return size;
}

/* As the kernel's build does: x86 branch filter, then LZMA2, CRC32. */
static size_t pack_xz(uint8_t *to, size_t size, const uint8_t *data,
		      size_t length)
{
	lzma_options_lzma options;
	lzma_filter filters[] = {
		{LZMA_FILTER_X86, NULL},
		{LZMA_FILTER_LZMA2, &options},
		{LZMA_VLI_UNKNOWN, NULL},
	};
	size_t used = 0;

	cr_assert(!lzma_lzma_preset(&options, 6));
	cr_assert_eq(lzma_stream_buffer_encode(filters, LZMA_CHECK_CRC32, NULL,
					       data, length, to, &used, size),
		     LZMA_OK);
	return used;
}

static size_t pack_lzma(uint8_t *to, size_t size, const uint8_t *data,
			size_t length)
{
	lzma_stream z = LZMA_STREAM_INIT;
	lzma_options_lzma options;

	cr_assert(!lzma_lzma_preset(&options, 6));
	cr_assert_eq(lzma_alone_encoder(&z, &options), LZMA_OK);
	z.next_in = data;
	z.avail_in = length;
	z.next_out = to;
	z.avail_out = size;
	cr_assert_eq(lzma_code(&z, LZMA_FINISH), LZMA_STREAM_END);
	size -= z.avail_out;
	lzma_end(&z);
	return size;
}

static size_t pack_zstd(uint8_t *to, size_t size, const uint8_t *data,
			size_t length)
{
	size_t n = ZSTD_compress(to, size, data, length, 19);

	cr_assert(!ZSTD_isError(n));
	return n;
}

/* Through a program, from and to files of no name. */
static size_t pack_with(const char *program, uint8_t *to, size_t size,
			const uint8_t *data, size_t length)
{
	FILE *in = tmpfile(), *packed = tmpfile();
	char command[200];
	size_t n;

	cr_assert(in && packed);
	cr_assert_eq(fwrite(data, 1, length, in), length);
	cr_assert_eq(fflush(in), 0);
	rewind(in);
	snprintf(command, sizeof(command),
		 "%s </proc/self/fd/%d >/proc/self/fd/%d", program, fileno(in),
		 fileno(packed));
	cr_assert_eq(system(command), 0, "%s", command);
	rewind(packed);
	n = fread(to, 1, size, packed);
	cr_assert(n > 0 && n < size);
	fclose(in);
	fclose(packed);
	return n;
}

static size_t pack_bzip2(uint8_t *to, size_t size, const uint8_t *data,
			 size_t length)
{
	return pack_with("bzip2 -9", to, size, data, length);
}

static size_t pack_lzo(uint8_t *to, size_t size, const uint8_t *data,
		       size_t length)
{
	return pack_with("lzop -9", to, size, data, length);
}

static size_t pack_lz4(uint8_t *to, size_t size, const uint8_t *data,
		       size_t length)
{
	return pack_with("lz4 -l -9 -q - -", to, size, data, length);
}

static const struct {
	const char *name;
	pack_fn *pack;
	bool has_sum;  /* damage is noticed */
	bool has_size; /* gzip ends with it by itself */
} formats[] = {
	{"gzip", pack_gzip, true, true},    {"xz", pack_xz, true, false},
	{"lzma", pack_lzma, false, false},  {"zstd", pack_zstd, false, false},
	{"bzip2", pack_bzip2, true, false}, {"lzo", pack_lzo, true, false},
	{"lz4", pack_lz4, false, false},
};

#define FORMAT_COUNT (sizeof(formats) / sizeof(formats[0]))

static void put_le32(uint8_t *p, uint32_t n)
{
	p[0] = n & 0xff;
	p[1] = n >> 8 & 0xff;
	p[2] = n >> 16 & 0xff;
	p[3] = n >> 24;
}

/* A whole bzImage, malloc'd to its exact size so that overreads are seen. */
static uint8_t *wrap(size_t format, const uint8_t *data, size_t length,
		     size_t *size)
{
	size_t room = 2 * length + 100000;
	uint8_t *file = calloc(1, HEADER_BYTES + PAYLOAD_OFFSET + room);
	uint8_t *payload = file + HEADER_BYTES + PAYLOAD_OFFSET;
	size_t n = formats[format].pack(payload, room, data, length);
	uint8_t *exact;

	if (!formats[format].has_size) {
		put_le32(payload + n, (uint32_t)length);
		n += 4;
	}
	file[0x1f1] = SETUP_SECTORS;
	file[0x1fe] = 0x55;
	file[0x1ff] = 0xaa;
	memcpy(file + 0x202, "HdrS\x0f\x02", 6);
	put_le32(file + 0x248, PAYLOAD_OFFSET);
	put_le32(file + 0x24c, (uint32_t)n);
	*size = HEADER_BYTES + PAYLOAD_OFFSET + n;
	exact = malloc(*size);
	memcpy(exact, file, *size);
	free(file);
	return exact;
}

Test(unpack, every_format_of_a_bzimage_gives_the_elf_back)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++) {
		size_t size;
		uint8_t *file = wrap(i, image, IMAGE_BYTES, &size);

		cr_assert_eq(unpack_kernel(file, size, LIMIT, &out, &err), 0,
			     "%s: %s", formats[i].name, err.text);
		cr_assert_eq(out.size, IMAGE_BYTES);
		cr_assert_eq(memcmp(out.data, image, IMAGE_BYTES), 0);
		unpack_free(&out);
		free(file);
	}
}

Test(unpack, a_compressed_elf_needs_no_bzimage_around_it)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++) {
		uint8_t *file = malloc(2 * IMAGE_BYTES);
		size_t n = formats[i].pack(file, 2 * IMAGE_BYTES, image,
					   IMAGE_BYTES);

		cr_assert_eq(unpack_kernel(file, n, LIMIT, &out, &err), 0,
			     "%s: %s", formats[i].name, err.text);
		cr_assert_eq(out.size, IMAGE_BYTES);
		unpack_free(&out);
		free(file);
	}
}

Test(unpack, a_plain_elf_is_taken_as_it_is)
{
	cr_assert_eq(unpack_kernel(image, IMAGE_BYTES, LIMIT, &out, &err), 0);
	cr_assert_eq(out.data, image);
	cr_assert_eq(out.size, IMAGE_BYTES);
	cr_assert_null(out.owned);
}

/* lz4's blocks hold 8 MiB, lzop's 256 KiB, bzip2's 900 kB. */
Test(unpack, a_payload_of_many_blocks_comes_out_whole)
{
	size_t length = 20 << 20;
	uint8_t *large = malloc(length);

	for (size_t at = 0; at < length; at += IMAGE_BYTES)
		memcpy(large + at, image,
		       length - at < IMAGE_BYTES ? length - at : IMAGE_BYTES);
	for (size_t i = 4; i < FORMAT_COUNT; i++) {
		size_t size;
		uint8_t *file = wrap(i, large, length, &size);

		cr_assert_eq(unpack_kernel(file, size, LIMIT, &out, &err), 0,
			     "%s: %s", formats[i].name, err.text);
		cr_assert_eq(out.size, length);
		cr_assert_eq(memcmp(out.data, large, length), 0);
		unpack_free(&out);
		free(file);
	}
	free(large);
}

/*
 * Rows of blocks are read by hand: each row here is a frame whose lengths lie
 * about what follows or about what comes out.
 */
Test(unpack, blocks_that_lie_about_their_length_are_refused)
{
#define LZOP "\x89LZO\0\r\n\x1a\n\x10\x40\x20\xa0\x09\x40\x03\x09"
#define LZOP_REST                                                              \
	"\0\0\x81\xa4"                                                         \
	"\0\0\0\0"                                                             \
	"\0\0\0\0"                                                             \
	"\0"                                                                   \
	"\1\2\3\4"
	static const struct {
		const char *bytes;
		size_t length;
	} rows[] = {
		/* lz4: longer than the file, than a block; empty; noise */
		{"\x02\x21\x4c\x18\xff\xff\xff\xff"
		 "0123",
		 12},
		{"\x02\x21\x4c\x18\x10\0\0\0"
		 "0123",
		 12},
		{"\x02\x21\x4c\x18\0\0\0\0\0", 9},
		{"\x02\x21\x4c\x18", 4},
		{"\x02\x21\x4c\x18\4\0\0\0\xff\xff\xff\xff", 12},
		/* lzop: a name, an extra field, a block beyond the end */
		{LZOP "\0\0\0\0"
		      "\0\0\x81\xa4"
		      "\0\0\0\0"
		      "\0\0\0\0"
		      "\xff",
		 34},
		{LZOP "\0\0\0\x40" LZOP_REST "\xff\xff\xff\xff", 42},
		{LZOP "\0\0\0\0" LZOP_REST "\0\0\0\x10"
		      "\0\0\0\x09"
		      "12",
		 48},
		/* unpacks to 4 GiB, packed larger than unpacked, noise */
		{LZOP "\0\0\0\0" LZOP_REST "\xff\xff\xff\xff"
		      "\0\0\0\x02"
		      "12",
		 48},
		{LZOP "\0\0\0\0" LZOP_REST "\0\0\0\x01"
		      "\0\0\0\x02"
		      "12",
		 48},
		{LZOP "\0\0\0\0" LZOP_REST "\0\0\0\x10"
		      "\0\0\0\x02"
		      "\xff\xff",
		 48},
		/* a filter; no end of the row */
		{LZOP "\0\0\x08\0" LZOP_REST "\0\0\0\0", 42},
		{LZOP "\0\0\0\0" LZOP_REST "\0\0\0\2"
		      "\0\0\0\2"
		      "12",
		 48},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* At its exact size, so that an overread is seen. */
		uint8_t *file = malloc(rows[i].length);

		memcpy(file, rows[i].bytes, rows[i].length);
		err_clear(&err);
		cr_assert_eq(
			unpack_kernel(file, rows[i].length, LIMIT, &out, &err),
			-EINVAL, "row %zu", i);
		cr_assert(strstr(err.text, "is broken"), "row %zu: %s", i,
			  err.text);
		free(file);
	}
}

Test(unpack, a_wrong_promise_of_the_size_is_no_harm)
{
	static const uint32_t promises[] = {0, 1, 1000, 0x7fffffff, 0xffffffff};

	for (size_t i = 1; i < FORMAT_COUNT; i++) {
		for (size_t p = 0; p < 5; p++) {
			size_t size;
			uint8_t *file = wrap(i, image, IMAGE_BYTES, &size);

			put_le32(file + size - 4, promises[p]);
			cr_assert_eq(
				unpack_kernel(file, size, LIMIT, &out, &err), 0,
				"%s: %s", formats[i].name, err.text);
			cr_assert_eq(out.size, IMAGE_BYTES);
			unpack_free(&out);
			free(file);
		}
	}
}

Test(unpack, more_than_the_limit_is_refused)
{
	static uint8_t zeroes[8 << 20];

	memcpy(zeroes, "\177ELF", 4);
	for (size_t i = 0; i < FORMAT_COUNT; i++) {
		size_t size;
		uint8_t *file = wrap(i, zeroes, sizeof(zeroes), &size);

		err_clear(&err);
		cr_assert_eq(unpack_kernel(file, size, 1 << 20, &out, &err),
			     -EFBIG, "%s", formats[i].name);
		cr_assert(strstr(err.text, "more than 1 MiB"), "%s", err.text);
		cr_assert_null(out.owned);
		/* Exactly as large as allowed is allowed. */
		err_clear(&err);
		cr_assert_eq(unpack_kernel(file, size, sizeof(zeroes) + 1, &out,
					   &err),
			     0, "%s: %s", formats[i].name, err.text);
		unpack_free(&out);
		free(file);
	}
}

Test(unpack, a_file_cut_off_anywhere_is_refused)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++) {
		size_t size;
		uint8_t *file = wrap(i, image, 20000, &size);

		for (size_t cut = 0; cut < size; cut += cut < 700 ? 1 : 97) {
			uint8_t *part = malloc(cut + !cut);

			memcpy(part, file, cut);
			err_clear(&err);
			cr_assert_lt(
				unpack_kernel(part, cut, LIMIT, &out, &err), 0,
				"%s cut at %zu", formats[i].name, cut);
			cr_assert(err_is_set(&err));
			free(part);
		}
		free(file);
	}
}

/* The payload's own end missing, with a header that says so too. */
Test(unpack, a_payload_that_ends_too_early_is_told_as_such)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++) {
		size_t size;
		uint8_t *file = wrap(i, image, IMAGE_BYTES, &size);

		put_le32(file + 0x24c,
			 (uint32_t)(size - HEADER_BYTES - PAYLOAD_OFFSET) / 2);
		err_clear(&err);
		cr_assert_eq(unpack_kernel(file, size, LIMIT, &out, &err),
			     -EINVAL, "%s", formats[i].name);
		cr_assert(strstr(err.text, "is broken after"), "%s", err.text);
		free(file);
	}
}

Test(unpack, damaged_data_never_unpacks_to_something_else)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++) {
		size_t size;
		uint8_t *file = wrap(i, image, 20000, &size);
		size_t start = HEADER_BYTES + PAYLOAD_OFFSET;

		for (size_t at = start; at < size - 12; at += 61) {
			file[at] ^= 0x10;
			err_clear(&err);
			/* All are safe; those with a checksum are right. */
			if (unpack_kernel(file, size, LIMIT, &out, &err) == 0) {
				if (formats[i].has_sum) {
					cr_assert_eq(out.size, 20000);
					cr_assert_eq(
						memcmp(out.data, image, 20000),
						0);
				}
				unpack_free(&out);
			}
			file[at] ^= 0x10;
		}
		free(file);
	}
}

Test(unpack, a_header_may_leave_out_the_number_of_sectors)
{
	size_t size;
	uint8_t *file = wrap(0, image, 20000, &size);
	uint8_t *moved = calloc(1, size + 1024);

	/* 0 stands for 4: two more sectors than wrap() makes. */
	memcpy(moved, file, HEADER_BYTES);
	memcpy(moved + HEADER_BYTES + 1024, file + HEADER_BYTES,
	       size - HEADER_BYTES);
	moved[0x1f1] = 0;
	cr_assert_eq(unpack_kernel(moved, size + 1024, LIMIT, &out, &err), 0,
		     "%s", err.text);
	free(file);
	free(moved);
}

Test(unpack, what_is_no_kernel_says_so)
{
	static const struct {
		const char *bytes;
		size_t length;
		int rc;
		const char *part;
	} rows[] = {
		{"", 0, -ENOEXEC, "neither a bzImage"},
		{"#!/bin/sh\n", 10, -ENOEXEC, "neither a bzImage"},
		{"BZh91AY", 7, -EINVAL, "bzip2 payload is broken"},
		{"\x02\x21\x4c\x18xxxx", 8, -EINVAL, "lz4 payload is broken"},
		{"\x89LZO\0\r\n", 7, -ENOEXEC, "neither a bzImage"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err_clear(&err);
		cr_assert_eq(unpack_kernel((const uint8_t *)rows[i].bytes,
					   rows[i].length, LIMIT, &out, &err),
			     rows[i].rc, "row %zu", i);
		cr_assert(strstr(err.text, rows[i].part), "%s", err.text);
	}
}

Test(unpack, something_else_than_an_elf_inside_is_refused)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++) {
		size_t size;
		uint8_t *file =
			wrap(i, (const uint8_t *)"hello, world", 12, &size);

		err_clear(&err);
		cr_assert_eq(unpack_kernel(file, size, LIMIT, &out, &err),
			     -ENOEXEC);
		cr_assert_str_eq(err.text, "what is packed inside is no ELF");
		cr_assert_null(out.owned);
		free(file);
	}
}

Test(unpack, a_boot_protocol_without_the_payloads_place_is_refused)
{
	size_t size;
	uint8_t *file = wrap(0, image, 20000, &size);

	file[0x206] = 0x07;
	cr_assert_eq(unpack_kernel(file, size, LIMIT, &out, &err), -EINVAL);
	cr_assert(strstr(err.text, "boot protocol 2.07"), "%s", err.text);
	free(file);
}

Test(unpack, a_payload_place_that_wraps_around_is_refused)
{
	size_t size;
	uint8_t *file = wrap(0, image, 20000, &size);

	put_le32(file + 0x248, 0xffffff00);
	cr_assert_eq(unpack_kernel(file, size, LIMIT, &out, &err), -EINVAL);
	err_clear(&err);
	put_le32(file + 0x248, PAYLOAD_OFFSET);
	put_le32(file + 0x24c, 0xffffffff);
	cr_assert_eq(unpack_kernel(file, size, LIMIT, &out, &err), -EINVAL);
	cr_assert(strstr(err.text, "is cut off"), "%s", err.text);
	free(file);
}
