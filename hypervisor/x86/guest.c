/* SPDX-License-Identifier: MIT */
/* See mm/guest.h. The copy itself, with its fixups, is x86/entry.S. */
#include "mm/guest.h"
#include "lib/errno.h"
#include "x86/copy.h"

/* [va, va + bytes) lies on one side of our range, and does not wrap. */
static bool range_is_guest(uint64_t va, size_t bytes)
{
	uint64_t end = va + bytes;

	if (end < va)
		return false;
	return end <= HV_VIRT_START || va >= HV_VIRT_END;
}

int guest_read(void *dst, gptr_t src, size_t bytes)
{
	if (!range_is_guest(src.va, bytes))
		return -EFAULT;
	return copy_guest_asm(dst, (const void *)src.va, bytes) ? -EFAULT : 0;
}

int guest_write(gptr_t dst, const void *src, size_t bytes)
{
	if (!range_is_guest(dst.va, bytes))
		return -EFAULT;
	return copy_guest_asm((void *)dst.va, src, bytes) ? -EFAULT : 0;
}
