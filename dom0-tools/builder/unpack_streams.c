/* SPDX-License-Identifier: MIT */
/*
 * Payloads whose libraries know where they end: xz, lzma, gzip, bzip2, zstd;
 * see unpack_codecs.h. Also the sink that all of them fill.
 */
#define _GNU_SOURCE
#include <bzlib.h>
#include <errno.h>
#include <lzma.h>
#include <string.h>
#include <sys/mman.h>
#include <zlib.h>
#include <zstd.h>

#include "builder/unpack.h"
#include "builder/unpack_codecs.h"

int sink_grow(struct sink *s, size_t wanted)
{
	size_t capacity = s->capacity ? s->capacity : 1024 * 1024;
	void *p;

	while (capacity < wanted)
		capacity *= 2;
	if (capacity > s->limit)
		capacity = s->limit;
	if (capacity < wanted || capacity == s->capacity)
		return err_set(s->err, EFBIG,
			       "the kernel unpacks to more than %zu MiB, the "
			       "most that is accepted",
			       s->limit >> 20);
	if (s->data)
		p = mremap(s->data, s->capacity, capacity, MREMAP_MAYMOVE);
	else
		p = mmap(NULL, capacity, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return err_set(s->err, ENOMEM,
			       "no memory to unpack the kernel (%zu MiB)",
			       capacity >> 20);
	s->data = p;
	s->capacity = capacity;
	return 0;
}

int unpack_broken(struct sink *s, const char *format, const char *why)
{
	return err_set(s->err, EINVAL,
		       "the kernel's %s payload is broken after %zu bytes "
		       "(%s); copy the file again",
		       format, s->used, why);
}

static int unpack_lzma_run(lzma_stream *z, const uint8_t *in, size_t size,
			   struct sink *s, const char *format)
{
	int rc = 0;

	z->next_in = in;
	z->avail_in = size;
	while (rc == 0) {
		lzma_ret r;

		if (s->used == s->capacity)
			rc = sink_grow(s, s->used + 1);
		if (rc)
			break;
		z->next_out = s->data + s->used;
		z->avail_out = s->capacity - s->used;
		r = lzma_code(z, LZMA_FINISH);
		s->used = s->capacity - z->avail_out;
		if (r == LZMA_STREAM_END)
			break;
		if (r == LZMA_MEMLIMIT_ERROR)
			rc = err_set(s->err, EFBIG,
				     "the kernel's %s payload wants %llu MiB "
				     "for decoding, %lu are allowed",
				     format,
				     (unsigned long long)lzma_memusage(z) >> 20,
				     UNPACK_DECODER_BYTES >> 20);
		else if (r == LZMA_BUF_ERROR)
			rc = unpack_broken(s, format, "it ends too early");
		else if (r != LZMA_OK)
			rc = unpack_broken(s, format, "damaged data");
	}
	lzma_end(z);
	return rc;
}

int unpack_xz(const uint8_t *in, size_t size, struct sink *s)
{
	lzma_stream z = LZMA_STREAM_INIT;

	if (lzma_stream_decoder(&z, UNPACK_DECODER_BYTES, 0) != LZMA_OK)
		return err_set(s->err, ENOMEM, "no memory for the xz decoder");
	return unpack_lzma_run(&z, in, size, s, "xz");
}

int unpack_lzma(const uint8_t *in, size_t size, struct sink *s)
{
	lzma_stream z = LZMA_STREAM_INIT;

	if (lzma_alone_decoder(&z, UNPACK_DECODER_BYTES) != LZMA_OK)
		return err_set(s->err, ENOMEM,
			       "no memory for the lzma decoder");
	return unpack_lzma_run(&z, in, size, s, "lzma");
}

int unpack_gzip(const uint8_t *in, size_t size, struct sink *s)
{
	z_stream z;
	int rc = 0;

	memset(&z, 0, sizeof(z));
	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return err_set(s->err, ENOMEM,
			       "no memory for the gzip decoder");
	z.next_in = (Bytef *)in;
	z.avail_in = (uInt)size;
	while (rc == 0) {
		int r;

		if (s->used == s->capacity)
			rc = sink_grow(s, s->used + 1);
		if (rc)
			break;
		z.next_out = s->data + s->used;
		z.avail_out = (uInt)(s->capacity - s->used);
		r = inflate(&z, Z_NO_FLUSH);
		s->used = s->capacity - z.avail_out;
		if (r == Z_STREAM_END)
			break;
		if (r == Z_BUF_ERROR ||
		    (r == Z_OK && z.avail_in == 0 && z.avail_out != 0))
			rc = unpack_broken(s, "gzip", "it ends too early");
		else if (r != Z_OK)
			rc = unpack_broken(s, "gzip", "damaged data");
	}
	inflateEnd(&z);
	return rc;
}

int unpack_bzip2(const uint8_t *in, size_t size, struct sink *s)
{
	bz_stream z;
	int rc = 0;

	memset(&z, 0, sizeof(z));
	if (BZ2_bzDecompressInit(&z, 0, 0) != BZ_OK)
		return err_set(s->err, ENOMEM,
			       "no memory for the bzip2 decoder");
	z.next_in = (char *)in;
	z.avail_in = (unsigned int)size;
	while (rc == 0) {
		int r;

		if (s->used == s->capacity)
			rc = sink_grow(s, s->used + 1);
		if (rc)
			break;
		z.next_out = (char *)s->data + s->used;
		z.avail_out = (unsigned int)(s->capacity - s->used);
		r = BZ2_bzDecompress(&z);
		s->used = s->capacity - z.avail_out;
		if (r == BZ_STREAM_END)
			break;
		if (r == BZ_MEM_ERROR)
			rc = err_set(s->err, ENOMEM,
				     "no memory for the bzip2 decoder");
		else if (r != BZ_OK)
			rc = unpack_broken(s, "bzip2", "damaged data");
		else if (z.avail_in == 0 && z.avail_out != 0)
			rc = unpack_broken(s, "bzip2", "it ends too early");
	}
	BZ2_bzDecompressEnd(&z);
	return rc;
}

int unpack_zstd(const uint8_t *in, size_t size, struct sink *s)
{
	ZSTD_inBuffer input = {in, size, 0};
	ZSTD_DCtx *z = ZSTD_createDCtx();
	int rc = 0;

	if (z == NULL)
		return err_set(s->err, ENOMEM,
			       "no memory for the zstd decoder");
	/* 2^27: the kernel's own limit, and within UNPACK_DECODER_BYTES. */
	ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, 27);
	while (rc == 0) {
		ZSTD_outBuffer output;
		size_t r;

		if (s->used == s->capacity)
			rc = sink_grow(s, s->used + 1);
		if (rc)
			break;
		output = (ZSTD_outBuffer){s->data, s->capacity, s->used};
		r = ZSTD_decompressStream(z, &output, &input);
		s->used = output.pos;
		if (r == 0)
			break;
		if (ZSTD_isError(r))
			rc = unpack_broken(s, "zstd", ZSTD_getErrorName(r));
		else if (input.pos == input.size && output.pos < output.size)
			rc = unpack_broken(s, "zstd", "it ends too early");
	}
	ZSTD_freeDCtx(z);
	return rc;
}
