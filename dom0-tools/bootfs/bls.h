/* SPDX-License-Identifier: MIT */
/*
 * Entries of the Boot Loader Specification (type 1): small files of "key
 * value" lines in loader/entries, one for each kernel. Facts: the UAPI
 * group's Boot Loader Specification and Version Format Specification.
 * Tests: tests/unit/dom0-tools/bootfs/test_bls.c, tests/fuzz/fuzz_boot.c.
 */
#ifndef DOM0_TOOLS_BOOTFS_BLS_H
#define DOM0_TOOLS_BOOTFS_BLS_H

#include "bootfs/bootfs.h"

struct bls_entry {
	const char *id; /* the file's name without ".conf" */
	const char *version;
	const char *machine_id;
	const char *sort_key; /* NULL: none */
	struct boot_entry boot;
};

struct bls_list {
	struct bls_entry *entries; /* in the order of a menu */
	size_t count;
};

/* One file; -ENOENT when it starts no Linux kernel (an EFI program, say). */
int bls_parse(struct arena *a, const char *name, const char *text,
	      size_t length, struct bls_entry *entry);

/* All entries of a directory, sorted. Files that cannot be read are skipped. */
int bls_read_directory(struct arena *a, const struct boot_files *files,
		       const char *path, struct bls_list *list, struct err *e);

/* By number, id or title; NULL: none is called so. */
const struct bls_entry *bls_find(const struct bls_list *list,
				 const char *wanted);

/* Negative when version a is older than b. */
int bls_compare_versions(const char *a, const char *b);

/*
 * GRUB's environment block: calls back for each variable. Pure, in place of a
 * parser of its own file since it is a dozen lines.
 */
void grubenv_parse(struct arena *a, const char *text, size_t length,
		   void (*set)(void *argument, const char *name,
			       const char *value),
		   void *argument);

#endif
