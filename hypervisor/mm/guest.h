/* SPDX-License-Identifier: MIT */
/*
 * The one gate to guest memory. Addresses are the guest kernel's virtual
 * addresses in the page tables that are loaded now (a hypercall comes from
 * guest-kernel mode, so those are its kernel's). An address in the
 * hypervisor's range, non-canonical, or not mapped for the access: -EFAULT.
 * What was read is used from the local copy only.
 */
#ifndef MM_GUEST_H
#define MM_GUEST_H

#include "mm/addr.h"

MUST_CHECK int guest_read(void *dst, gptr_t src, size_t bytes);
MUST_CHECK int guest_write(gptr_t dst, const void *src, size_t bytes);

#define guest_read_obj(obj, src)  guest_read((obj), (src), sizeof(*(obj)))
#define guest_write_obj(dst, obj) guest_write((dst), (obj), sizeof(*(obj)))

/* Element i of an array in guest memory. */
#define guest_read_elem(obj, src, i)                                           \
	guest_read((obj), gptr_add((src), (uint64_t)(i) * sizeof(*(obj))),     \
		   sizeof(*(obj)))
#define guest_write_elem(dst, i, obj)                                          \
	guest_write(gptr_add((dst), (uint64_t)(i) * sizeof(*(obj))), (obj),    \
		    sizeof(*(obj)))

#endif
