/* SPDX-License-Identifier: MIT */
/*
 * The kept configuration of a domain that runs (CREATE_CONFIG_DIR/ID.cfg),
 * from which vaned restarts it: changed when a device comes or goes, so that
 * the next life has what this one had.
 */
#ifndef DOM0_TOOLS_BUILDER_KEPT_H
#define DOM0_TOOLS_BUILDER_KEPT_H

#include "lib/config.h"
#include "lib/err.h"

/* 0 or -errno, with its reason in *e. */
typedef int kept_edit_fn(struct config *c, void *arg, struct err *e);

/*
 * Reads it, calls `edit`, and puts what that made of it in its place, as one
 * step, and one such call at a time. A domain without one is restarted by
 * nobody: 0.
 */
int kept_edit(uint16_t domid, kept_edit_fn *edit, void *arg, struct err *e);

#endif
