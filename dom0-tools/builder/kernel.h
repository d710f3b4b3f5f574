/* SPDX-License-Identifier: MIT */
/*
 * A kernel's file, opened, unpacked and understood: what the builder needs to
 * place it. Holds the unpacked image until kernel_close(). What was unpacked
 * once is found again in the cache (kernel_cache.h).
 */
#ifndef DOM0_TOOLS_BUILDER_KERNEL_H
#define DOM0_TOOLS_BUILDER_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "builder/layout.h"
#include "builder/unpack.h"
#include "hypervisor/lib/elf.h"
#include "lib/err.h"

struct kernel {
	void *file;
	size_t file_bytes;
	struct unpacked image;
	struct elf_info elf;
	struct layout_kernel place;
};

int kernel_open(struct kernel *k, const char *path, struct err *e);

/*
 * The same of an open file, which stays the caller's; `name` is for errors.
 * For files that did not come from domain zero's own file systems.
 */
int kernel_open_fd(struct kernel *k, int fd, const char *name, struct err *e);

void kernel_close(struct kernel *k);

#endif
