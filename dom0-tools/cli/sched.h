/* SPDX-License-Identifier: MIT */
/* What `vane sched` understands; see sched.c. */
#ifndef DOM0_TOOLS_CLI_SCHED_H
#define DOM0_TOOLS_CLI_SCHED_H

#include <stdint.h>

#include "cli/cli.h"
#include "lib/err.h"
#include "lib/schedctl.h"

#define SCHED_AS_IT_IS	     0xffffu	 /* of a cap */
#define SCHED_SLICE_AS_IT_IS 0xffffffffu /* of a slice, or a rate limit */

struct sched_wish {
	uint16_t weight; /* 0: as it is */
	uint16_t cap;	 /* SCHED_AS_IT_IS */
	uint32_t slice_ms, ratelimit_us;
};

/* Nothing is wished for. */
#define SCHED_WISH_NONE                                                        \
	{                                                                      \
		0, SCHED_AS_IT_IS, SCHED_SLICE_AS_IT_IS, SCHED_SLICE_AS_IT_IS  \
	}

/*
 * Pure. "weight=N", "cap=N", "slice=MS" or "ratelimit=US" into *w; -EINVAL and
 * the line in *e.
 */
int sched_parse(const char *word, struct sched_wish *w, struct err *e);
/* The same, with the key and its value apart. */
int sched_parse_value(const char *key, const char *text, struct sched_wish *w,
		      struct err *e);
/* Pure. The limit on switches is 0 (none), or shorter than the slice. */
int sched_check_slice(uint32_t slice_ms, uint32_t ratelimit_us, struct err *e);

/* What `sched` and `sched-credit` share: each gives a status. */

#define SCHED_HEADER "Name                                ID Weight  Cap"

/* One domain; a row, or an object in j. */
int sched_print(struct cli *c, uint16_t domid, struct json *j);
/* All domains of a pool; NULL: of all pools that have shares. */
int sched_print_pool(struct cli *c, const struct sched_pool_info *pool,
		     struct json *j);
/* Weight and cap, also for when it restarts. */
int sched_change(struct cli *c, const char *domain, uint16_t domid,
		 const struct sched_wish *w);
/* The slice and the rate limit of a pool. */
int sched_change_pool(struct cli *c, const struct sched_pool_info *pool,
		      const struct sched_wish *w);

#endif
