/* SPDX-License-Identifier: MIT */
/*
 * All that can be known to fail, checked before a domain exists. Each check
 * leaves one line with cause, numbers and next step.
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
int check_memory(int privcmd, struct store *store, const struct config *c,
		 struct err *e);
int check_cpus(int privcmd, const struct config *c, struct err *e);
/* Fills is_device[] for each disk. */
int check_disks(const struct config *c, bool *is_device, struct err *e);
int check_vifs(const struct config *c, struct err *e);
/* Whether vaned runs and has said that it is ready. */
bool check_vaned(struct store *store);

/* Pure: the sentence for too little memory. */
void check_memory_text(uint64_t need_pages, uint64_t overhead_pages,
		       uint64_t free_pages, const char *holder,
		       uint64_t held_pages, char *text, size_t size);

#endif
