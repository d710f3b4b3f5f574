/* SPDX-License-Identifier: MIT */
/* Copies that may fault on one side (x86/entry.S). */
#ifndef X86_COPY_H
#define X86_COPY_H

#include <stddef.h>

/* Returns the bytes that were not copied: 0 is success. */
size_t copy_guest_asm(void *dst, const void *src, size_t bytes);

#endif
