/* SPDX-License-Identifier: MIT */
/*
 * GRUB's configuration as update-grub, grub2-mkconfig and people write it:
 * which entry is the default, and what does it start? Interpreted as far as
 * that takes: set, if with [ ] and test, menuentry, submenu, linux, initrd,
 * load_env, source, configfile, blscfg. Functions and loops are passed over,
 * any other command does nothing and succeeds. Without loops the work is
 * linear in the length of the text.
 * Facts: the GRUB manual, chapters "Writing full configuration files
 * directly" and "Commands".
 * Tests: tests/unit/dom0-tools/bootfs/test_grub.c, tests/fuzz/fuzz_boot.c.
 */
#ifndef DOM0_TOOLS_BOOTFS_GRUB_H
#define DOM0_TOOLS_BOOTFS_GRUB_H

#include "bootfs/bootfs.h"

/*
 * `path` is the configuration's own place, from which $prefix comes. `wanted`
 * chooses as "set default=" does: a number from 0, an id or a title, with '>'
 * between a submenu and what is in it; NULL: what the file says. 0, -ENOENT
 * when there is no entry at all (no error is set then), or -errno with *e set.
 * Everything lives in the arena.
 */
int grub_choose(struct arena *a, const struct boot_files *files,
		const char *path, const char *text, size_t length,
		const char *wanted, struct boot_entry *entry, struct err *e);

#endif
