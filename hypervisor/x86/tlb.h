/* SPDX-License-Identifier: MIT */
/*
 * TLB flushes. Global pages are not used, so a load of CR3 flushes all; each
 * CPU counts its flushes, and a frame remembers the count at which its last
 * writable reference went (struct frame .stamp): as long as the count has not
 * moved, a stale entry may survive.
 */
#ifndef X86_TLB_H
#define X86_TLB_H

#include <stdint.h>

struct domain;

void tlb_flush_local(void);
void tlb_flush_page(uint64_t va);
/* On every CPU that may hold d's entries. */
void tlb_flush_domain(struct domain *d);

/* The count now, and: flush unless one has happened since `stamp`. */
uint32_t tlb_stamp(void);
void tlb_flush_since(uint32_t stamp);

#endif
