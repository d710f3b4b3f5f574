/* SPDX-License-Identifier: MIT */
/* The page of call stubs that older kernels ask for (ELF note 2). */
#ifndef X86_HYPERCALL_PAGE_H
#define X86_HYPERCALL_PAGE_H

/* Fills a page: 128 stubs of 32 bytes, one a hypercall number. */
void hypercall_page_fill(void *page);

#endif
