/* SPDX-License-Identifier: MIT */
/*
 * The compressions that kernels' payloads come in, behind one signature: a
 * whole payload in, what it unpacks to into a sink that knows its limit. Bytes
 * behind the end of a stream (the kernel's build puts the size there) are
 * left alone. What the libraries frame is in unpack_streams.c, what is framed
 * by hand in unpack_blocks.c. Used by unpack.c only.
 */
#ifndef DOM0_TOOLS_BUILDER_UNPACK_CODECS_H
#define DOM0_TOOLS_BUILDER_UNPACK_CODECS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

/* Where decompressed bytes go: one mapping that grows up to a limit. */
struct sink {
	uint8_t *data;
	size_t used;
	size_t capacity;
	size_t limit;
	struct err *err;
};

/* Makes room for `wanted` bytes in all; -EFBIG beyond the limit. */
int sink_grow(struct sink *s, size_t wanted);
/* -EINVAL, with the line that tells where and why. */
int unpack_broken(struct sink *s, const char *format, const char *why);

typedef int unpack_fn(const uint8_t *in, size_t size, struct sink *s);

unpack_fn unpack_xz, unpack_lzma, unpack_gzip, unpack_bzip2, unpack_zstd;
unpack_fn unpack_lzo, unpack_lz4;

#endif
