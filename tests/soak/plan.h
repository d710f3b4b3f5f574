/* SPDX-License-Identifier: MIT */
/*
 * What a soak does: a sequence of commands for domain zero's shell that a seed
 * alone decides. The plan keeps a model of each guest, so it asks only for what
 * can be done: who is absent is created, who is paused is not asked to shut
 * down. Every command has to succeed.
 *
 * A step is up to three commands for different guests, which run at the same
 * time; or one that concerns them all; or a quiet point, which ends every guest
 * so that what is left can be counted.
 */
#ifndef TESTS_SOAK_PLAN_H
#define TESTS_SOAK_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#define PLAN_STOCK  2 /* Debian guests */
#define PLAN_HEART  4 /* micro-guests: events only */
#define PLAN_GUESTS (PLAN_STOCK + PLAN_HEART)
#define PLAN_OPS    3 /* in one step */
#define PLAN_NOBODY (-1)

struct plan_guest {
	char name[16];
	bool there;
	bool paused;
	bool disk, card; /* the second ones */
	bool plugs;	 /* it takes CPUs out and in by itself */
	unsigned int vcpus;
};

struct plan {
	uint64_t random;
	unsigned int step;
	unsigned int quiet_every;
	unsigned int stock; /* how many of the stock guests take part */
	bool zero_alone;    /* domain zero's vCPU 1 is offline */
	struct plan_guest guest[PLAN_GUESTS];
};

struct plan_op {
	int guest; /* PLAN_NOBODY: domain zero, or all */
	char what[64];
	char command[1024];
	bool quiet; /* nobody is left after it */
};

/* quiet_every: steps; 0: never. stock: at most PLAN_STOCK. */
void plan_init(struct plan *p, uint64_t seed, unsigned int quiet_every,
	       unsigned int stock);

/* Guests that do not take part have no place in warm-up and steps. */
bool plan_has(const struct plan *p, int guest);

/* The next step; how many commands it has. */
unsigned int plan_step(struct plan *p, struct plan_op ops[PLAN_OPS]);

/* Ends every guest; a step of its own, for the end of a soak. */
unsigned int plan_quiet(struct plan *p, struct plan_op ops[PLAN_OPS]);

/*
 * A guest with all that it will ever have, for all to run at once before the
 * first step: what comes and goes leaves caches.
 */
void plan_warm_up(const struct plan *p, int guest, struct plan_op *op);

#endif
