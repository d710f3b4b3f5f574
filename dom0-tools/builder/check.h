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
#include "lib/schedctl.h"
#include "lib/store.h"

/* -EEXIST with the domain that has it. */
int check_name(int privcmd, struct store *store, const char *name,
	       struct err *e);
/* The pool of CPUs that it is to be in. */
int check_pool(int privcmd, struct store *store, const struct config *c,
	       struct sched_pool_info *pool, struct err *e);
/* cpus= and cpus_soft=, in that pool. */
int check_cpus(int privcmd, const struct config *c,
	       const struct sched_pool_info *pool, struct err *e);
/*
 * Pure: each of the sets has CPUs that are online only ("all" aside), and one
 * at least of the pool's. -ERANGE.
 */
int check_cpu_sets(const char *key, const char **sets, size_t count,
		   const struct cpumap *online, const char *pool,
		   const struct cpumap *pool_cpus, struct err *e);
/* Fills is_device[] for each disk. */
int check_disks(const struct config *c, bool *is_device, struct err *e);
int check_vifs(const struct config *c, struct err *e);
/* Whether vaned runs and has said that it is ready. */
bool check_vaned(struct store *store);

#endif
