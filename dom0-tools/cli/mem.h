/* SPDX-License-Identifier: MIT */
/* The rules of `vane mem-set` and `vane mem-max`; see mem.c. */
#ifndef DOM0_TOOLS_CLI_MEM_H
#define DOM0_TOOLS_CLI_MEM_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

/* What is known of a domain before its memory changes. */
struct mem_facts {
	const char *name;
	bool is_zero;
	uint64_t has_kib;
	uint64_t target_kib;	 /* what it is told to have */
	uint64_t static_max_kib; /* 0: not known */
	uint64_t min_kib;
	uint64_t free_kib; /* of the machine, for anybody */
};

/* 0, or -ERANGE, -ENOMEM with the line. */
int mem_check_set(const struct mem_facts *f, uint64_t kib, struct err *e);
int mem_check_max(const struct mem_facts *f, uint64_t kib, struct err *e);

/* A line on the terminal that replaces itself. */
void mem_show_progress(const char *name, uint64_t mib, uint64_t goal_mib);
void mem_end_progress(void);

#endif
