/* SPDX-License-Identifier: MIT */
/*
 * Memory of a micro-guest. The domain builder mapped everything linearly; the
 * pages below the image are free and make up the pool. Page tables are walked
 * through that same linear map: the p2m gives machine frames, and a scan of it
 * gives the way back, so that nothing here relies on the hypervisor's M2P.
 */
#include "guest.h"

extern char guest_base[]; /* an absolute symbol from the linker command */

struct shared_info *shared_info;

/* PFN 0 stays unused so that no pool page has a NULL address at base 0. */
static uint64_t pool_next = 1;

uint64_t va_base(void)
{
	return PTR(guest_base);
}

uint64_t *p2m(void)
{
	return (uint64_t *)start_info->mfn_list;
}

uint64_t pfn_of(const void *va)
{
	return (PTR(va) - va_base()) >> 12;
}

uint64_t mfn_of(const void *va)
{
	return p2m()[pfn_of(va)];
}

uint64_t maddr_of(const void *va)
{
	return (mfn_of(va) << 12) | (PTR(va) & ~PAGE_MASK);
}

/* PFNs that the builder mapped: all up to the end of the last L1 table. */
static uint64_t mapped_pages(void)
{
	static uint64_t end;

	if (!end) {
		end = (start_info->pt_base - va_base()) / PAGE_SIZE +
		      start_info->nr_pt_frames + 1;
		if (end > start_info->nr_pages)
			end = start_info->nr_pages;
	}
	return end;
}

void *va_of_mfn(uint64_t mfn)
{
	for (uint64_t pfn = 0; pfn < mapped_pages(); pfn++)
		if (p2m()[pfn] == mfn)
			return (void *)(va_base() + pfn * PAGE_SIZE);
	return NULL;
}

void *page_alloc(void)
{
	void *page = (void *)(va_base() + pool_next * PAGE_SIZE);

	require(page < (void *)image_start, "the page pool is empty");
	pool_next++;
	return memset(page, 0, PAGE_SIZE);
}

uint64_t *pte_of(const void *va, int level)
{
	uint64_t *table = (uint64_t *)start_info->pt_base;

	for (int l = 4;; l--) {
		uint64_t *entry = &table[(PTR(va) >> (12 + 9 * (l - 1))) & 511];

		if (l == level)
			return entry;
		if (!(*entry & PTE_P) || (*entry & PTE_PS))
			return NULL;
		table = va_of_mfn((*entry & PTE_ADDR) >> 12);
		if (!table)
			return NULL;
	}
}

uint64_t pte_maddr(const void *va, int level)
{
	uint64_t *entry = pte_of(va, level);

	require(entry, "no level %d entry for %p", level, va);
	return maddr_of(entry);
}

void page_set_ro(void *va)
{
	require_rc(do_update_va(va, pte_make(mfn_of(va), PTE_RO), UVMF_INVLPG),
		   0);
}

void page_set_rw(void *va)
{
	require_rc(do_update_va(va, pte_make(mfn_of(va), PTE_RW), UVMF_INVLPG),
		   0);
}

void *window_alloc(void)
{
	/* Far above anything a small guest maps, in the same 1 GiB. */
	static uint64_t next = 0x20000000;
	void *va = (void *)(va_base() + next);
	uint64_t *l1 = page_alloc();

	next += 0x200000;
	page_set_ro(l1);
	require_rc(
		do_mmu_update(pte_maddr(va, 2), pte_make(mfn_of(l1), PTE_RW)),
		0);
	return va;
}

void shared_info_map(void)
{
	void *va;

	if (shared_info)
		return;
	va = page_alloc();
	require_rc(
		do_update_va(va, start_info->shared_info | PTE_RW, UVMF_INVLPG),
		0);
	shared_info = va;
}
