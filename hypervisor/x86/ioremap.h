/* SPDX-License-Identifier: MIT */
/* Windows on device memory. */
#ifndef X86_IOREMAP_H
#define X86_IOREMAP_H

#include <stddef.h>
#include <stdint.h>

/* Uncached; lasts for ever. NULL: the window is full. */
void *ioremap(uint64_t paddr, size_t bytes);

#endif
