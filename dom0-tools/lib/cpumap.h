/* SPDX-License-Identifier: MIT */
/*
 * Sets of physical CPUs, as people write them ("0-3,^1", "all") and as the
 * hypervisor takes them: bit N % 8 of byte N / 8 is CPU N. Pure.
 * Test: tests/unit/dom0-tools/lib/test_cpumap.c.
 */
#ifndef DOM0_TOOLS_LIB_CPUMAP_H
#define DOM0_TOOLS_LIB_CPUMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CPUMAP_CPUS	  4096 /* more than any hypervisor that we drive has */
#define CPUMAP_TEXT_BYTES 256  /* longer sets end in "..." */

struct cpumap {
	uint8_t bits[CPUMAP_CPUS / 8];
};

static inline bool cpumap_has(const struct cpumap *m, uint32_t cpu)
{
	return cpu < CPUMAP_CPUS && m->bits[cpu / 8] >> (cpu % 8) & 1;
}

static inline void cpumap_add(struct cpumap *m, uint32_t cpu)
{
	if (cpu < CPUMAP_CPUS)
		m->bits[cpu / 8] |= (uint8_t)(1u << (cpu % 8));
}

static inline void cpumap_remove(struct cpumap *m, uint32_t cpu)
{
	if (cpu < CPUMAP_CPUS)
		m->bits[cpu / 8] &= (uint8_t) ~(1u << (cpu % 8));
}

uint32_t cpumap_count(const struct cpumap *m);
/* The first CPU from `cpu` on; CPUMAP_CPUS: none. */
uint32_t cpumap_next(const struct cpumap *m, uint32_t cpu);
/* What is in a and in b, or in a and not in b; *out may be one of them. */
void cpumap_and(struct cpumap *out, const struct cpumap *a,
		const struct cpumap *b);
void cpumap_without(struct cpumap *out, const struct cpumap *a,
		    const struct cpumap *b);
bool cpumap_is_empty(const struct cpumap *m);

/* "0-2,5"; "none". */
void cpumap_format(const struct cpumap *m, char text[CPUMAP_TEXT_BYTES]);
/* The same, but "all" when it has every CPU of `all`. */
void cpumap_format_of(const struct cpumap *m, const struct cpumap *all,
		      char text[CPUMAP_TEXT_BYTES]);

#endif
