/* SPDX-License-Identifier: MIT */
/*
 * Is another CPU's time stamp counter in step with ours? Guests read it
 * themselves, on whatever CPU they are, so there is one origin and one rate for
 * all: a counter that is off is set, and a CPU whose counter cannot be, or runs
 * at another rate, is not used.
 *
 * A round: we read our counter, ask the other CPU, it reads its own and
 * answers, we read ours again. Its offset lies then from theirs - after to
 * theirs - before. What all rounds leave of that is the window. A counter in
 * whose window 0 lies can be caught going back only by a message that travels
 * faster than all of ours did.
 *
 * Pure: the machine is behind struct tsc_other. x86/smp.c has the real one;
 * tests/unit/hypervisor/time/test_tsc_sync.c those that differ in offset and
 * rate.
 */
#ifndef TIME_TSC_SYNC_H
#define TIME_TSC_SYNC_H

#include <stdbool.h>
#include <stdint.h>

struct tsc_round {
	uint64_t before, theirs, after;
};

struct tsc_other {
	void (*ask)(struct tsc_round *r);
	/* Adds to the other's counter, as exactly as it can. */
	void (*add)(int64_t ticks);
	/* Lets some time pass, in which another rate shows. */
	void (*wait)(void);
};

/* The offsets from low to high are possible; low > high: none is. */
struct tsc_window {
	int64_t low, high;
};

#define TSC_WINDOW_ALL ((struct tsc_window){INT64_MIN, INT64_MAX})

void tsc_window_add(struct tsc_window *w, const struct tsc_round *r);

/* How far it is off for certain; negative: behind. 0: perhaps not at all. */
int64_t tsc_window_off(const struct tsc_window *w);

enum tsc_verdict {
	TSC_IN_STEP,
	TSC_OFF,	/* and stays so */
	TSC_OTHER_RATE, /* it does not keep the step */
};

/*
 * Brings the other counter in step. *off: by how far it was off for certain at
 * first; if it cannot be used, at last.
 */
enum tsc_verdict tsc_sync(const struct tsc_other *o, int64_t *off);

#endif
