/* SPDX-License-Identifier: MIT */
/* Files from a table, as boot_files gives them. */
#ifndef TESTS_UNIT_DOM0_TOOLS_BOOTFS_FAKE_FILES_H
#define TESTS_UNIT_DOM0_TOOLS_BOOTFS_FAKE_FILES_H

#include "bootfs/bootfs.h"

struct fake_file {
	const char *path; /* NULL ends the table */
	const char *text;
};

/* The context is the table; a path's directory is whatever is before it. */
struct boot_files fake_files(const struct fake_file *table);

#endif
