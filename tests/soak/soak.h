/* SPDX-License-Identifier: MIT */
/*
 * Runs a plan (plan.h) on a machine of four CPUs and looks, after each step,
 * for what should not be: a command that failed, a complaint in any log, a
 * guest that is silent; and after each quiet point for what is left behind.
 */
#ifndef TESTS_SOAK_SOAK_H
#define TESTS_SOAK_SOAK_H

#include <stdint.h>

struct machine;

struct soak {
	uint64_t seed;
	unsigned int minutes;	     /* 0: no limit */
	unsigned int steps;	     /* 0: no limit */
	unsigned int quiet_every;    /* steps; 0: at the end only */
	unsigned int stock;	     /* Debian guests: at most PLAN_STOCK */
	unsigned int silent_seconds; /* a guest may be; any wait may last */
	/* What is planted, once its guest is there, or NULL: soak_plants. */
	const char *plant;
	int quiet_output; /* no line for each step */

	/* What came out. */
	unsigned int step, ops;
	char finding[4096]; /* empty: none */
};

/* The names that `plant` may have; the last is NULL. */
extern const char *const soak_plants[];

/*
 * 0: it ended without a finding; 1: with one; -1: the machine did not come up.
 * The machine has ended then; its log stays. A finding is printed with what
 * the hypervisor and domain zero know, unless it was planted.
 */
int soak_run(struct soak *s);

#endif
