/* SPDX-License-Identifier: MIT */
/*
 * Creating the successor of a domain that is to be restarted, by the same
 * library function that `vane create` uses.
 */
#ifndef DOM0_TOOLS_VANED_RESTART_H
#define DOM0_TOOLS_VANED_RESTART_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/config.h"
#include "lib/err.h"

/*
 * 0 and the new number, or -errno with one line in *e and nothing left
 * behind. The domain waits, paused, when it has devices: they are bound by
 * this very daemon, once it is back in its loop.
 */
int restart_create(const struct config *c, uint16_t *domid, bool *is_paused,
		   struct err *e);

#endif
