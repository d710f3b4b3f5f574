/* SPDX-License-Identifier: MIT */
/* The fake gate of fake/guest.h. */
#include "fake/guest.h"
#include <errno.h>
#include <string.h>
#include "mm/guest.h"

unsigned int fake_guest_reads;

static uint64_t hole_start, hole_end;
static bool hole_readable;

void fake_guest_hole(const void *at, size_t bytes, bool readable)
{
	hole_start = (uintptr_t)at;
	hole_end = hole_start + bytes;
	hole_readable = readable;
}

static bool in_hole(uint64_t va, size_t bytes)
{
	return va < hole_end && va + bytes > hole_start;
}

/* The host has nothing above; what would wrap is above, too. */
#define HOST_END 0x7ffffffff000ull

static bool is_mapped(uint64_t va, size_t bytes)
{
	return va >= 0x10000 && va < HOST_END && bytes <= HOST_END - va;
}

__attribute__((weak)) int guest_read(void *dst, gptr_t src, size_t bytes)
{
	fake_guest_reads++;
	if (!is_mapped(src.va, bytes) ||
	    (in_hole(src.va, bytes) && !hole_readable))
		return -EFAULT;
	memcpy(dst, (const void *)(uintptr_t)src.va, bytes);
	return 0;
}

__attribute__((weak)) int guest_write(gptr_t dst, const void *src, size_t bytes)
{
	if (!is_mapped(dst.va, bytes) || in_hole(dst.va, bytes))
		return -EFAULT;
	memcpy((void *)(uintptr_t)dst.va, src, bytes);
	return 0;
}
