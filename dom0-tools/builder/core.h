/* SPDX-License-Identifier: MIT */
/*
 * Writes a domain's memory and registers to a file; what is in the file says
 * corefile.h. The domain is paused meanwhile and then goes on, unless it was
 * paused before. The file has its name only once it is whole: it is written
 * as PATH.partial, which no failure and no wish to stop leaves behind.
 * Tested on a machine (tests/system/test_peers.c).
 */
#ifndef DOM0_TOOLS_BUILDER_CORE_H
#define DOM0_TOOLS_BUILDER_CORE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

struct core_options {
	bool live; /* do not pause it: what it changes meanwhile is torn */
	/* When not NULL and non-zero: stop, undo, -EINTR. */
	const volatile sig_atomic_t *stop;
	/* When not NULL: told now and then how many bytes are done. */
	void (*progress)(uint64_t done, uint64_t total);
};

/* 0, or -errno with the reason in *e; an older file at `path` then stays. */
int core_dump(int privcmd_fd, uint16_t domid, const char *path, struct err *e);
int core_dump_with(int privcmd_fd, uint16_t domid, const char *path,
		   const struct core_options *o, struct err *e);

#endif
