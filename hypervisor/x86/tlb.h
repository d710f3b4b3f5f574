/* SPDX-License-Identifier: MIT */
/*
 * TLB flushes. A frame remembers the time at which its last writable or
 * page-table reference went (struct frame .stamp); who wants it for something
 * else makes sure that every CPU has flushed since then. See x86/tlb.c.
 */
#ifndef X86_TLB_H
#define X86_TLB_H

#include <stdint.h>

struct domain;

void tlb_flush_local(void);
void tlb_flush_page(uint64_t va);
/* On every CPU that may hold d's entries; those of the named vCPUs (bits). */
void tlb_flush_domain(struct domain *d);
void tlb_flush_vcpus(struct domain *d, uint32_t vcpus);

/*
 * The time now, on a clock that wraps; and: flush wherever no flush has
 * happened since `stamp`.
 */
uint32_t tlb_stamp(void);
void tlb_flush_since(uint32_t stamp);

/* Boot: its debug key. */
void tlb_init(void);

/* Inside x86/: this CPU's page tables. */
void cr3_load(uint64_t cr3);

#endif
