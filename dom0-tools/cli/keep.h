/* SPDX-License-Identifier: MIT */
/*
 * The configuration that is kept for each domain, from which vaned makes it
 * again: CREATE_CONFIG_DIR/ID.cfg.
 */
#ifndef DOM0_TOOLS_CLI_KEEP_H
#define DOM0_TOOLS_CLI_KEEP_H

#include <stddef.h>
#include <stdint.h>

#include "lib/config.h"
#include "lib/err.h"

/*
 * The kept configuration with settings changed; -ENOENT when none is kept.
 * Ends with config_free().
 */
int keep_read(uint16_t domid, const char *const *overrides, size_t count,
	      struct config *c, struct err *e);
/* Any file of at most CFG_BYTES_MAX, malloc'd. */
int keep_read_file(const char *path, char **text, size_t *length,
		   struct err *e);
/* Replaces what is kept, as a whole or not at all. */
int keep_write(uint16_t domid, const struct config *c, struct err *e);

#endif
