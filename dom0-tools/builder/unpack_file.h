/* SPDX-License-Identifier: MIT */
/* From a vmlinuz on disk to a vmlinux on disk. */
#ifndef DOM0_TOOLS_BUILDER_UNPACK_FILE_H
#define DOM0_TOOLS_BUILDER_UNPACK_FILE_H

#include "lib/err.h"

/* `out` appears whole or not at all, and only if it can boot as PV guest. */
int unpack_file(const char *in, const char *out, struct err *e);

#endif
