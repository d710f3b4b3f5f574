/* SPDX-License-Identifier: MIT */
/*
 * hello: the smallest guest. It prints a line and stops; it needs console
 * output, one trap table and a shutdown, and fits into 16 MiB or less. When
 * this fails, nothing else is worth looking at.
 */
#include "guest.h"

void guest_main(void)
{
	print("Hello from a micro-guest: %s, %lu pages, flags %x\n",
	      start_info->magic, start_info->nr_pages, start_info->flags);
	expect(!memcmp(start_info->magic, "xen-3.0-x86_64", 14),
	       "start_info says '%s'", start_info->magic);
	success("printed a line in %lu KiB", start_info->nr_pages * 4);
}
