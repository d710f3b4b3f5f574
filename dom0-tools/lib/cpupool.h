/* SPDX-License-Identifier: MIT */
/*
 * Pools of CPUs by name. The hypervisor knows their numbers; their names stand
 * in the store where xl keeps them, CPUPOOL_DIR/ID/name. A pool without a name
 * there (somebody's who made it without the store) is known by its number.
 * Pure: cpupool_check_name(), cpupool_policy_*().
 * Test: tests/unit/dom0-tools/lib/test_cpupool.c.
 */
#ifndef DOM0_TOOLS_LIB_CPUPOOL_H
#define DOM0_TOOLS_LIB_CPUPOOL_H

#include <stdint.h>

#include "lib/err.h"
#include "lib/schedctl.h"
#include "lib/store.h"

#define CPUPOOL_DIR	 "/local/pool"
#define CPUPOOL_NAME_MAX 63

/* Malloc'd: its name, or where it has none its number; NULL: no memory. */
char *cpupool_name(struct store *store, uint32_t txn, uint32_t id);

/*
 * A user's word for a pool: its name, or its number. -ENOENT, and a line that
 * names those that there are, in *e.
 */
int cpupool_resolve(int privcmd, struct store *store, const char *word,
		    struct sched_pool_info *pool, struct err *e);

/* The pool that has a CPU; -ENOENT: none. */
int cpupool_of_cpu(int privcmd, uint32_t cpu, struct sched_pool_info *pool);
/* All CPUs that are online: those of the pools, and the free. */
int cpupool_online_cpus(int privcmd, struct cpumap *cpus);

/* Whether a pool may be called so; *e says why not. */
int cpupool_check_name(const char *name, struct err *e);

/* "credit" and "null", as programs know them; "unknown". */
const char *cpupool_policy_name(uint32_t policy);
/* Those, and what the hypervisor's sched= calls them; -EINVAL. */
int cpupool_policy_parse(const char *word, uint32_t *policy);

#endif
