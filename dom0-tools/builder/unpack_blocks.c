/* SPDX-License-Identifier: MIT */
/*
 * Payloads that are rows of blocks, each by itself: lz4's old frame, which
 * the kernel's build uses (`lz4 -l`), and lzop's file format; see
 * unpack_codecs.h. The libraries decode a block, the rows are read here.
 */
#include <errno.h>
#include <lz4.h>
#include <lzo/lzo1x.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>

#include "builder/unpack_codecs.h"

/* Both formats' usual blocks are no larger: 8 MiB of lz4, 256 KiB of lzop. */
#define BLOCK_BYTES_MAX (8UL << 20)

/* What is left to read. A take gives NULL or 0 when too little is there. */
struct source {
	const uint8_t *p;
	size_t left;
	bool cut;
};

static const uint8_t *source_take(struct source *in, size_t bytes)
{
	const uint8_t *p = in->p;

	if (in->left < bytes) {
		in->cut = true;
		return NULL;
	}
	in->p += bytes;
	in->left -= bytes;
	return p;
}

static uint32_t source_be(struct source *in, unsigned int bytes)
{
	const uint8_t *p = source_take(in, bytes);
	uint32_t n = 0;

	for (unsigned int i = 0; p && i < bytes; i++)
		n = n << 8 | p[i];
	return n;
}

/*
 * Room for a block, which may reach past the limit so that a block that does
 * not fit is known from one that is damaged: sink_took() refuses it then.
 */
static int sink_room(struct sink *s, size_t bytes)
{
	size_t limit = s->limit;
	int rc = 0;

	if (s->capacity - s->used < bytes) {
		s->limit += BLOCK_BYTES_MAX;
		rc = sink_grow(s, s->used + bytes);
		s->limit = limit;
	}
	return rc;
}

static int sink_took(struct sink *s, size_t bytes)
{
	s->used += bytes;
	return s->used > s->limit ? sink_grow(s, s->used) : 0;
}

int unpack_lz4(const uint8_t *data, size_t size, struct sink *s)
{
	struct source in = {data + 4, size - 4, false};

	/* Four bytes at the end are the size that the kernel's build adds. */
	while (in.left > 4) {
		const uint8_t *n = source_take(&in, 4);
		uint32_t length =
			n[0] | n[1] << 8 | n[2] << 16 | (uint32_t)n[3] << 24;
		const uint8_t *block = source_take(&in, length);
		int rc, got;

		if (block == NULL)
			return unpack_broken(s, "lz4", "it ends too early");
		if (length > (uint32_t)LZ4_compressBound(BLOCK_BYTES_MAX))
			return unpack_broken(s, "lz4", "a block is too long");
		rc = sink_room(s, BLOCK_BYTES_MAX);
		if (rc)
			return rc;
		got = LZ4_decompress_safe((const char *)block,
					  (char *)s->data + s->used,
					  (int)length, BLOCK_BYTES_MAX);
		if (got <= 0)
			return unpack_broken(s, "lz4", "damaged data");
		rc = sink_took(s, (size_t)got);
		if (rc)
			return rc;
	}
	return s->used ? 0 : unpack_broken(s, "lz4", "it ends too early");
}

/* Of the flags in a header of lzop's, those that change what follows. */
#define LZOP_ADLER32_OUT 0x0001
#define LZOP_ADLER32_IN	 0x0002
#define LZOP_EXTRA	 0x0040
#define LZOP_CRC32_OUT	 0x0100
#define LZOP_CRC32_IN	 0x0200
#define LZOP_FILTER	 0x0800

#define LZOP_MAGIC_BYTES 9
#define LZOP_VERSION_NEW 0x0940 /* has more fields */
#define LZOP_METHOD_LAST 3	/* 1 to 3 are LZO1X's */

/* Reads up to the first block; the flags say how blocks look. */
static int lzo_take_header(struct source *in, struct sink *s, uint32_t *flags)
{
	uint32_t version, method;

	source_take(in, LZOP_MAGIC_BYTES);
	version = source_be(in, 2);
	source_be(in, version >= LZOP_VERSION_NEW ? 4 : 2);
	method = source_be(in, 1);
	if (version >= LZOP_VERSION_NEW)
		source_be(in, 1);
	*flags = source_be(in, 4);
	if (*flags & LZOP_FILTER)
		return unpack_broken(s, "lzo", "it uses a filter");
	source_take(in, version >= LZOP_VERSION_NEW ? 12 : 8);
	source_take(in, source_be(in, 1)); /* the file's name */
	source_take(in, 4);		   /* the header's checksum */
	if (*flags & LZOP_EXTRA)
		source_take(in, (size_t)source_be(in, 4) + 4);
	if (in->cut)
		return unpack_broken(s, "lzo", "it ends too early");
	if (method < 1 || method > LZOP_METHOD_LAST)
		return unpack_broken(s, "lzo", "unknown method");
	return 0;
}

static int lzo_take_block(struct source *in, struct sink *s, uint32_t flags,
			  uint32_t length)
{
	uint32_t packed = source_be(in, 4), adler = 0, crc = 0;
	const uint8_t *block;
	lzo_uint got = length;
	uint8_t *out;
	int rc;

	if (flags & LZOP_ADLER32_OUT)
		adler = source_be(in, 4);
	if (flags & LZOP_CRC32_OUT)
		crc = source_be(in, 4);
	if (packed < length && (flags & LZOP_ADLER32_IN))
		source_be(in, 4);
	if (packed < length && (flags & LZOP_CRC32_IN))
		source_be(in, 4);
	block = source_take(in, packed);
	if (in->cut || block == NULL)
		return unpack_broken(s, "lzo", "it ends too early");
	if (length > BLOCK_BYTES_MAX || packed > length)
		return unpack_broken(s, "lzo", "a block is too long");
	rc = sink_room(s, length);
	if (rc)
		return rc;
	out = s->data + s->used;
	if (packed == length)
		memcpy(out, block, length);
	else if (lzo1x_decompress_safe(block, packed, out, &got, NULL) !=
			 LZO_E_OK ||
		 got != length)
		return unpack_broken(s, "lzo", "damaged data");
	if (((flags & LZOP_ADLER32_OUT) && adler32(1, out, length) != adler) ||
	    ((flags & LZOP_CRC32_OUT) && crc32(0, out, length) != crc))
		return unpack_broken(s, "lzo", "damaged data");
	return sink_took(s, length);
}

int unpack_lzo(const uint8_t *data, size_t size, struct sink *s)
{
	struct source in = {data, size, false};
	uint32_t flags;
	int rc = lzo_take_header(&in, s, &flags);

	while (rc == 0) {
		uint32_t length = source_be(&in, 4);

		if (in.cut)
			return unpack_broken(s, "lzo", "it ends too early");
		if (length == 0)
			break;
		rc = lzo_take_block(&in, s, flags, length);
	}
	return rc;
}
