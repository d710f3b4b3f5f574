/* SPDX-License-Identifier: MIT */
/* The hypervisor's own page tables. See x86/paging.c. */
#ifndef X86_PAGING_H
#define X86_PAGING_H

#include <stdint.h>

/* Builds them from the memory map and loads them. Early allocator only. */
void paging_init(void);

#endif
