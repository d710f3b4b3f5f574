/* SPDX-License-Identifier: MIT */
/*
 * Disks made with the tools that people make them with (mke2fs, mkfs.vfat,
 * mtools, sfdisk), in a directory of this test's own.
 */
#ifndef TESTS_UNIT_DOM0_TOOLS_BOOTFS_DISKS_H
#define TESTS_UNIT_DOM0_TOOLS_BOOTFS_DISKS_H

/* Makes the directory and goes there; the end removes it. */
void disks_begin(void);
void disks_end(void);

/* A shell command that has to succeed. */
void disks_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
