/* SPDX-License-Identifier: MIT */
/*
 * Who has a disk already. vaned decides when it binds a disk; this looks
 * before anything is made, so that a guest that cannot have its disk costs
 * nothing, and no driver is given a device that is taken away at once.
 * Tests: the rows disk_of_another_guest and disk_attached_twice of
 * docs/mistakes.md.
 */
#ifndef DOM0_TOOLS_BUILDER_DISKUSE_H
#define DOM0_TOOLS_BUILDER_DISKUSE_H

#include "lib/config.h"
#include "lib/err.h"
#include "lib/store.h"

/*
 * 0, or -EBUSY with the guest that has one of c's disks in a way that forbids
 * it here. Guests that have shut down or are going do not count: their disks
 * come free, and vaned waits for that.
 */
int diskuse_check(int privcmd, struct store *store, const struct config *c,
		  struct err *e);

#endif
