/* SPDX-License-Identifier: MIT */
/*
 * Giving everything up before a guest's bytes are looked at. Afterwards the
 * process has the file descriptors that it was started with and can read,
 * write, seek, get memory and end: nothing else. In this order:
 *
 * 1. all descriptors but the agreed ones are closed;
 * 2. as root: own mount, network, IPC and host name spaces, an empty
 *    read-only root directory, user and group "nobody", no capabilities;
 * 3. limits on processor time, memory, written files;
 * 4. no new privileges, and a seccomp filter: a system call on neither list
 *    ends the process, those that libraries try in vain get EPERM.
 *
 * Test: tests/unit/dom0-tools/bootfs/test_sandbox.c.
 */
#ifndef DOM0_TOOLS_BOOTFS_SANDBOX_H
#define DOM0_TOOLS_BOOTFS_SANDBOX_H

#include <stdint.h>

#include "lib/err.h"

struct sandbox_limits {
	unsigned int first_closed_fd; /* it and all above are closed */
	uint64_t memory_bytes;	      /* address space; 0: as it is */
	uint64_t file_bytes;	      /* a file cannot be written larger */
	unsigned int cpu_seconds;
};

int sandbox_enter(const struct sandbox_limits *l, struct err *e);

#endif
