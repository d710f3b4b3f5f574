/* SPDX-License-Identifier: MIT */
/*
 * What a new domain finds when it begins: the start info page and the
 * registers of its first vCPU. Pure: structures are filled, nothing is
 * mapped. Test: tests/unit/dom0-tools/builder/test_bootstate.c.
 */
#ifndef DOM0_TOOLS_BUILDER_BOOTSTATE_H
#define DOM0_TOOLS_BUILDER_BOOTSTATE_H

#include <stdint.h>

#include "builder/layout.h"
#include "public/xen.h"

struct bootstate {
	const struct layout *layout;
	const uint64_t *p2m;
	uint64_t entry; /* the kernel's first instruction */
	uint64_t shared_info_mfn;
	uint32_t store_port;
	uint32_t console_port;
	uint64_t ramdisk_bytes;
	const char *cmdline;
};

/* `info` is zeroed first. */
void bootstate_fill_start_info(const struct bootstate *b,
			       struct start_info *info);
void bootstate_fill_vcpu(const struct bootstate *b,
			 struct vcpu_guest_context *context);
/* Every vCPU begins with its events masked. */
void bootstate_fill_shared_info(struct shared_info *shared);

#endif
