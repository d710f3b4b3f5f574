/* SPDX-License-Identifier: MIT */
/*
 * Domains that are being made. A creator that is killed half-way leaves a
 * paused domain that is in no store and in no list of anybody; so before it
 * asks the hypervisor for one it makes CREATING_DIR/UUID and holds its lock,
 * and removes it when the domain is whole or was undone.
 *
 * A file there that nobody locks means: its creator is dead, and a domain
 * with that UUID that has no kept configuration is nobody's. The kernel drops
 * a lock with its holder and reports the closing by inotify (IN_CLOSE_WRITE),
 * a moment before the lock is free. Test:
 * tests/unit/dom0-tools/builder/test_creating.c.
 */
#ifndef DOM0_TOOLS_BUILDER_CREATING_H
#define DOM0_TOOLS_BUILDER_CREATING_H

#include <stdint.h>

#include "lib/err.h"

#define CREATING_DIR "/run/vane/creating"

/*
 * A descriptor that holds the lock, or -errno with the reason: -EBUSY when
 * somebody else is making a domain with that UUID.
 */
int creating_begin(const char *dir, const uint8_t uuid[16], struct err *e);
/* The domain is whole, or was never there. */
void creating_end(const char *dir, const uint8_t uuid[16], int fd);

/* Has vaned look at all domains: one was started after it was whole. */
void creating_wake(const char *dir);

/*
 * Calls `fn` for each UUID whose creator died, while holding its lock; when
 * `fn` gives 0 the file is removed. Gives how many files stay, because their
 * creator lives or `fn` failed: look again.
 */
int creating_each_dead(const char *dir,
		       int (*fn)(const uint8_t uuid[16], void *arg), void *arg);

#endif
