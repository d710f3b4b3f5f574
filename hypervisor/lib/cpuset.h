/* SPDX-License-Identifier: MIT */
/*
 * Sets of CPUs, MAX_CPUS of them. Plain values: whoever shares one guards it;
 * the two functions called atomic are for sets that everybody may look at.
 * Test: tests/unit/hypervisor/lib/test_cpuset.c.
 */
#ifndef LIB_CPUSET_H
#define LIB_CPUSET_H

#include "lib/bitmap.h"
#include "x86/machine.h"

#define CPUSET_WORDS BITMAP_WORDS(MAX_CPUS)

struct cpuset {
	uint64_t word[CPUSET_WORDS];
};

static inline bool cpuset_has(const struct cpuset *s, unsigned int cpu)
{
	return bitmap_test(s->word, cpu);
}

static inline void cpuset_add(struct cpuset *s, unsigned int cpu)
{
	bitmap_set(s->word, cpu);
}

static inline void cpuset_remove(struct cpuset *s, unsigned int cpu)
{
	bitmap_clear(s->word, cpu);
}

static inline void cpuset_fill(struct cpuset *s)
{
	unsigned int i;

	for (i = 0; i < CPUSET_WORDS; i++)
		s->word[i] = ~UINT64_C(0);
}

/* *s = *a and *b; false: nothing is left. */
static inline bool cpuset_and(struct cpuset *s, const struct cpuset *a,
			      const struct cpuset *b)
{
	uint64_t any = 0;
	unsigned int i;

	for (i = 0; i < CPUSET_WORDS; i++) {
		s->word[i] = a->word[i] & b->word[i];
		any |= s->word[i];
	}
	return any != 0;
}

/* Also of a set that others change. */
static inline bool cpuset_empty(const struct cpuset *s)
{
	uint64_t any = 0;
	unsigned int i;

	for (i = 0; i < CPUSET_WORDS; i++)
		any |= __atomic_load_n(&s->word[i], __ATOMIC_SEQ_CST);
	return !any;
}

/* The first CPU >= from; MAX_CPUS: none. */
static inline unsigned int cpuset_next(const struct cpuset *s,
				       unsigned int from)
{
	return (unsigned int)bitmap_find_next_set(s->word, MAX_CPUS, from);
}

/* The first CPU >= from, or else the first; MAX_CPUS: the set is empty. */
static inline unsigned int cpuset_around(const struct cpuset *s,
					 unsigned int from)
{
	unsigned int cpu = cpuset_next(s, from);

	return cpu < MAX_CPUS ? cpu : cpuset_next(s, 0);
}

#define cpuset_for_each(cpu, s)                                                \
	for (cpu = cpuset_next(s, 0); cpu < MAX_CPUS;                          \
	     cpu = cpuset_next(s, cpu + 1))

static inline void cpuset_add_atomic(struct cpuset *s, unsigned int cpu)
{
	__atomic_fetch_or(&s->word[cpu / 64], UINT64_C(1) << cpu % 64,
			  __ATOMIC_SEQ_CST);
}

static inline void cpuset_remove_atomic(struct cpuset *s, unsigned int cpu)
{
	__atomic_fetch_and(&s->word[cpu / 64], ~(UINT64_C(1) << cpu % 64),
			   __ATOMIC_SEQ_CST);
}

/* A look at a set that others change. */
static inline struct cpuset cpuset_read(const struct cpuset *s)
{
	struct cpuset copy;
	unsigned int i;

	for (i = 0; i < CPUSET_WORDS; i++)
		copy.word[i] = __atomic_load_n(&s->word[i], __ATOMIC_SEQ_CST);
	return copy;
}

#endif
