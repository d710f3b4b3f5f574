/* SPDX-License-Identifier: MIT */
/*
 * Running a script of the user: its own process group, a limited time, and
 * its last line for the message. Test: tests/unit/dom0-tools/lib/test_script.c.
 */
#ifndef DOM0_TOOLS_LIB_SCRIPT_H
#define DOM0_TOOLS_LIB_SCRIPT_H

#include "lib/err.h"

/*
 * Runs argv[0], an absolute path, with the environment `env` and nothing on
 * its standard input, and waits for it. 0 when it ends with status 0; else
 * -errno with cause and last line in *e: -ETIMEDOUT when it was killed with
 * its whole group after `timeout_ms`. Dies with its caller.
 */
int script_run(char *const argv[], char *const env[], unsigned int timeout_ms,
	       struct err *e);

#endif
