/* SPDX-License-Identifier: MIT */
/*
 * A new domain's memory, filled: frames from the hypervisor, then kernel,
 * initramfs, p2m, page tables and start info written through foreign
 * mappings, which are all gone again when a function returns.
 */
#ifndef DOM0_TOOLS_BUILDER_IMAGE_H
#define DOM0_TOOLS_BUILDER_IMAGE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "builder/bootstate.h"
#include "builder/kernel.h"
#include "builder/layout.h"
#include "lib/err.h"

struct image {
	int privcmd;
	uint16_t domid;
	const struct kernel *kernel;
	int ramdisk; /* a file, or -1 */
	uint64_t ramdisk_bytes;
	const struct layout *layout;
	uint64_t *p2m;			   /* layout->total_pages entries */
	const volatile sig_atomic_t *stop; /* or NULL */
	/*
	 * The hypervisor gave zeroed frames, so zeroes need not be written.
	 * Found out by looking at the first ones that are mapped.
	 */
	bool is_zeroed;
};

/* Frames in the largest extents that are to be had; fills the p2m. */
int image_populate(struct image *i, struct err *e);
/* Everything in memory; `b` gives what start_info says. */
int image_write(struct image *i, const struct bootstate *b, struct err *e);
/* Makes the grants by which the two rings' pages are mapped. */
int image_seed_grants(struct image *i, struct err *e);

#endif
