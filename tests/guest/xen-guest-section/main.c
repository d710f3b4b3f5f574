/* SPDX-License-Identifier: MIT */
/*
 * xen-guest-section: the form of before ELF notes, a section `__xen_guest`
 * with a list of KEY=VALUE. The builder must find base and entry in it; that
 * this guest runs at all, at the right address, is the proof.
 */
#include "guest.h"

void guest_main(void)
{
	void *page = page_alloc();

	expect(va_base() == (PTR(image_start) & ~0xffffffUL),
	       "the image is at %p", (void *)image_start);
	expect(pfn_of(image_start) == 0x100, "the image is at pfn %lx",
	       pfn_of(image_start));
	expect(mfn_of(page) == (*pte_of(page, 1) & PTE_ADDR) >> 12,
	       "the p2m and the page tables disagree");
	success("booted from a __xen_guest section");
}
