/* SPDX-License-Identifier: MIT */
/*
 * What the verbs `vane cpupool-*` can say before anything is done, and the
 * columns of cpupool-list: pure.
 * Test: tests/unit/dom0-tools/cli/test_pool.c.
 */
#ifndef DOM0_TOOLS_CLI_POOL_H
#define DOM0_TOOLS_CLI_POOL_H

#include "lib/arena.h"
#include "lib/cpumap.h"
#include "lib/err.h"
#include "lib/schedctl.h"

#define POOL_LIST_HEADER                                                       \
	"Name               CPUs   Sched     Active   Domain count"
#define POOL_CPUS_HEADER "Name               CPU list"

/* Rows without their newline, as xl has them. */
void pool_format_row(const char *name, const struct sched_pool_info *p,
		     char *row, size_t size);
/* The CPUs one by one, "0,1,2". */
void pool_format_cpus(const char *name, const struct cpumap *cpus, char *row,
		      size_t size);

/* What a pool shall be. */
struct pool_wish {
	const char *name;
	uint32_t policy; /* XEN_SCHEDULER_* */
	bool has_cpus;	 /* else the first that is free */
	struct cpumap cpus;
};

/*
 * A configuration as xlcpupool.cfg(5) describes, and settings that come after
 * it; `name` as if it were the first of them, or NULL. What *w points to is in
 * the arena. -EINVAL and the line in *e.
 */
int pool_parse(struct arena *a, const char *file, const char *text,
	       size_t length, const char *name, char *const *settings,
	       size_t count, struct pool_wish *w, struct err *e);

/*
 * Whether a pool can do without those CPUs: they are its own, and with domains
 * it keeps one. `name` is its name.
 */
int pool_check_remove(const char *name, const struct sched_pool_info *p,
		      const struct cpumap *cpus, struct err *e);

#endif
