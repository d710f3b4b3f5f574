/* SPDX-License-Identifier: MIT */
/*
 * Why the hypervisor or a daemon cannot be reached, and what to do about it:
 * one line, the same whoever asks. It tells apart a missing hypervisor, a
 * guest in which there is nothing to drive, missing rights and a daemon that
 * does not run.
 * Pure: reach_explain_*(). Test: tests/unit/dom0-tools/lib/test_reach.c.
 */
#ifndef DOM0_TOOLS_LIB_REACH_H
#define DOM0_TOOLS_LIB_REACH_H

#include <stdbool.h>

#include "lib/err.h"

/* What this kernel says of itself. */
struct reach_facts {
	bool has_hypervisor;
	bool is_guest;
	bool has_systemd;
};

/* Pure: `error` is what opening the device or the socket gave; -errno. */
int reach_explain_hypervisor(const struct reach_facts *f, int error,
			     struct err *e);
int reach_explain_daemon(const struct reach_facts *f, const char *daemon,
			 const char *socket, int error, struct err *e);

/* A descriptor as privcmd_open() gives it, or -errno with the line. */
int reach_hypervisor(struct err *e);
/* store_open() gave NULL and `error`; -errno with the line. */
int reach_store_failed(int error, struct err *e);
/* Another daemon's socket gave `error`; -errno with the line. */
int reach_daemon_failed(const char *daemon, const char *socket, int error,
			struct err *e);
/*
 * What stands before a daemon's name in the command that starts it:
 * "systemctl start ", or nothing, for a daemon can be started by its name.
 */
const char *reach_starter(void);

#endif
