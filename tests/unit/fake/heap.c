/* SPDX-License-Identifier: MIT */
/* The failing allocations of fake/heap.h. */
#include "fake/heap.h"
#include <stdbool.h>
#include "mm/alloc.h"
#include "mm/heap.h"

unsigned int fake_heap_fail_in;
unsigned int fake_heap_calls;

void *__real_hv_alloc(size_t bytes);
void *__wrap_hv_alloc(size_t bytes);
void *__real_hv_page_alloc(unsigned int order);
void *__wrap_hv_page_alloc(unsigned int order);
mfn_t __real_page_alloc(unsigned int order, unsigned int address_bits);
mfn_t __wrap_page_alloc(unsigned int order, unsigned int address_bits);
mfn_t __real_page_alloc_for(const uint64_t *claim, unsigned int order,
			    unsigned int address_bits);
mfn_t __wrap_page_alloc_for(const uint64_t *claim, unsigned int order,
			    unsigned int address_bits);
mfn_t __real_page_alloc_unscrubbed(unsigned int order,
				   unsigned int address_bits);
mfn_t __wrap_page_alloc_unscrubbed(unsigned int order,
				   unsigned int address_bits);

static bool fails(void)
{
	fake_heap_calls++;
	return fake_heap_fail_in && !--fake_heap_fail_in;
}

void *__wrap_hv_alloc(size_t bytes)
{
	return fails() ? NULL : __real_hv_alloc(bytes);
}

void *__wrap_hv_page_alloc(unsigned int order)
{
	return fails() ? NULL : __real_hv_page_alloc(order);
}

mfn_t __wrap_page_alloc(unsigned int order, unsigned int address_bits)
{
	return fails() ? MFN_NONE : __real_page_alloc(order, address_bits);
}

mfn_t __wrap_page_alloc_for(const uint64_t *claim, unsigned int order,
			    unsigned int address_bits)
{
	return fails() ? MFN_NONE
		       : __real_page_alloc_for(claim, order, address_bits);
}

mfn_t __wrap_page_alloc_unscrubbed(unsigned int order,
				   unsigned int address_bits)
{
	return fails() ? MFN_NONE
		       : __real_page_alloc_unscrubbed(order, address_bits);
}
