/* SPDX-License-Identifier: MIT */
/* Building domain zero from the boot modules. See domain/build_zero.c. */
#ifndef DOMAIN_BUILD_ZERO_H
#define DOMAIN_BUILD_ZERO_H

#include "domain/domain.h"

struct zero_modules {
	const void *kernel; /* an ELF image */
	size_t kernel_bytes;
	const char *cmdline;
	const void *initrd;
	size_t initrd_bytes; /* 0: none */
};

/*
 * Creates domain zero, which vcpu_wake() starts. Stops the machine with a
 * reason.
 */
void domain_build_zero(const struct zero_modules *m, uint64_t pages,
		       unsigned int vcpus);

#endif
