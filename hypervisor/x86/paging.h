/* SPDX-License-Identifier: MIT */
/* The hypervisor's own page tables. See x86/paging.c. */
#ifndef X86_PAGING_H
#define X86_PAGING_H

#include <stdbool.h>
#include <stdint.h>

/* Builds them from the memory map and loads them. Early allocator only. */
void paging_init(void);

/*
 * Maps the area of a CPU at va (x86/cpu.h), each page with its rights and
 * guards between. false: no memory for a table.
 */
bool cpu_area_map(uint64_t va, uint64_t paddr);

#endif
