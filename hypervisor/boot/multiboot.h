/* SPDX-License-Identifier: MIT */
/* What a multiboot 1 loader hands over (Multiboot Specification 0.6.96). */
#ifndef BOOT_MULTIBOOT_H
#define BOOT_MULTIBOOT_H

#include <stddef.h>
#include <stdint.h>

#define MULTIBOOT_MODULES_MAX 4

struct multiboot_modules {
	unsigned int count;
	struct {
		uint64_t start, end; /* physical bytes */
		char cmdline[1024];  /* without the module's own name */
	} m[MULTIBOOT_MODULES_MAX];
};

/*
 * Fills the memory map (boot/memory.h), the command line and the modules.
 * `virt` gives a window on physical memory below 4 GiB. Stops the machine if
 * the loader is no multiboot loader or gave no memory map.
 */
void multiboot_read(uint32_t magic, const void *info,
		    void *(*virt)(uint64_t paddr), char *command_line,
		    size_t room, struct multiboot_modules *modules);

#endif
