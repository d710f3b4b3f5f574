/* SPDX-License-Identifier: MIT */
/*
 * What can be known to fail, checked before a domain exists (memory: room.h).
 * Each check leaves one line with cause, numbers and next step.
 */
#ifndef DOM0_TOOLS_BUILDER_CHECK_H
#define DOM0_TOOLS_BUILDER_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/config.h"
#include "lib/err.h"
#include "lib/store.h"

/* -EEXIST with the domain that has it. */
int check_name(int privcmd, struct store *store, const char *name,
	       struct err *e);
int check_cpus(int privcmd, const struct config *c, struct err *e);
/* Fills is_device[] for each disk. */
int check_disks(const struct config *c, bool *is_device, struct err *e);
int check_vifs(const struct config *c, struct err *e);
/* Whether vaned runs and has said that it is ready. */
bool check_vaned(struct store *store);

#endif
