/* SPDX-License-Identifier: MIT */
/* What `vane sched` understands; see sched.c. */
#ifndef DOM0_TOOLS_CLI_SCHED_H
#define DOM0_TOOLS_CLI_SCHED_H

#include <stdint.h>

#include "lib/err.h"

#define SCHED_AS_IT_IS 0xffffu

struct sched_wish {
	uint16_t weight; /* 0: as it is */
	uint16_t cap;	 /* SCHED_AS_IT_IS */
};

/* "weight=N" or "cap=N" into *w; -EINVAL and the line in *e. */
int sched_parse(const char *word, struct sched_wish *w, struct err *e);

#endif
