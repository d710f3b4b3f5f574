/* SPDX-License-Identifier: MIT */
/*
 * From the file that a distribution ships to the ELF that a domain runs: the
 * payload of a bzImage (xz, gzip, zstd, lzma, bzip2, lzo, lz4), such a payload
 * by itself, or a plain ELF. Bytes in, bytes out; every length is checked
 * against what is there, and no file makes it hold more than UNPACK_BYTES_MAX
 * plus the decoder's UNPACK_DECODER_BYTES.
 * Tests: tests/unit/dom0-tools/builder/test_unpack.c, tests/fuzz/fuzz_kernel.c.
 */
#ifndef DOM0_TOOLS_BUILDER_UNPACK_H
#define DOM0_TOOLS_BUILDER_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

#define UNPACK_BYTES_MAX     (512UL * 1024 * 1024)
#define UNPACK_DECODER_BYTES (160UL * 1024 * 1024)

struct unpacked {
	const uint8_t *data;
	size_t size;
	void *owned; /* what unpack_free() gives back; NULL: data is borrowed */
	size_t owned_bytes;
};

/*
 * `file` must stay as long as the result, which may point into it. `limit`
 * bounds the result (at most UNPACK_BYTES_MAX).
 */
int unpack_kernel(const uint8_t *file, size_t size, size_t limit,
		  struct unpacked *out, struct err *e);
void unpack_free(struct unpacked *u);

#endif
