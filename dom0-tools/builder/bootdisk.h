/* SPDX-License-Identifier: MIT */
/*
 * The kernel and initramfs that a guest's own disk names (kernel="disk:").
 * root opens the disk and holds two memory files; everything in between is
 * done by vane-bootfs, sandboxed (bootfs/bootfs.h), whose answer is believed
 * no more than the disk itself.
 * Tests: tests/unit/dom0-tools/builder/test_bootdisk.c (the answer),
 * tests/system/test_bootdisk.c (all of it).
 */
#ifndef DOM0_TOOLS_BUILDER_BOOTDISK_H
#define DOM0_TOOLS_BUILDER_BOOTDISK_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>

#include "lib/arena.h"
#include "lib/config.h"
#include "lib/err.h"

struct bootdisk {
	int kernel;  /* memory files, sealed; -1: none */
	int ramdisk; /* -1: the entry names no initrd */
	uint64_t ramdisk_bytes;
	const char *title;	 /* the entry's, for people */
	const char *source;	 /* the configuration's path on the disk */
	const char *partition;	 /* its number, "0" for the whole disk */
	const char *kernel_path; /* on the disk */
	const char *options;	 /* the kernel's command line */
	struct arena arena;
};

struct bootdisk_request {
	const char *disk;  /* path of a file or a block device, not mounted */
	const char *entry; /* as in bootfs/grub.h; NULL: the default one */
	uint64_t memory_bytes; /* of the guest; what is larger cannot fit */
	const volatile sig_atomic_t *stop; /* as in create.h */
};

/* What a configuration with kernel="disk:" asks for. */
struct bootdisk_request bootdisk_request(const struct config *c);

/* 0, or -errno with the reason and nothing held; else bootdisk_close(). */
int bootdisk_load(const struct bootdisk_request *r, struct bootdisk *b,
		  struct err *e);
void bootdisk_close(struct bootdisk *b);

/*
 * Reads the disk and tells, in lines that begin with "#", what would be
 * booted; for `vane create -n`.
 */
int bootdisk_show(const struct config *c, FILE *out, struct err *e);

/*
 * The helper's answer, lines of "key value" up to "done"; pure. Fills the
 * texts of *b, in its arena. An "error" line becomes *e.
 */
int bootdisk_parse(struct bootdisk *b, const char *text, size_t length,
		   struct err *e);

#endif
