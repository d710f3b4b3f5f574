/* SPDX-License-Identifier: MIT */
/* Setting another CPU's counter; see the header. */
#include "time/tsc_sync.h"
#include "lib/macros.h"

#define ROUNDS 64
/* A counter that can be set is in step after one; noise may take another. */
#define TRIES 3

void tsc_window_add(struct tsc_window *w, const struct tsc_round *r)
{
	w->low = MAX(w->low, (int64_t)(r->theirs - r->after));
	w->high = MIN(w->high, (int64_t)(r->theirs - r->before));
}

int64_t tsc_window_off(const struct tsc_window *w)
{
	if (w->low > 0)
		return w->low;
	return w->high < 0 ? w->high : 0;
}

static void look(const struct tsc_other *o, struct tsc_window *w)
{
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		struct tsc_round r;

		o->ask(&r);
		tsc_window_add(w, &r);
	}
}

static bool is_contradictory(const struct tsc_window *w)
{
	return w->low > w->high;
}

enum tsc_verdict tsc_sync(const struct tsc_other *o, int64_t *off)
{
	struct tsc_window w = TSC_WINDOW_ALL;
	unsigned int tries;
	int64_t now;

	look(o, &w);
	*off = now = tsc_window_off(&w);
	for (tries = 0; now && tries < TRIES; tries++) {
		if (is_contradictory(&w))
			return TSC_OTHER_RATE;
		o->add(-(w.low + (w.high - w.low) / 2));
		w = TSC_WINDOW_ALL;
		look(o, &w);
		now = tsc_window_off(&w);
	}
	if (now) {
		*off = now;
		return TSC_OFF;
	}
	/* The same window holds later, unless the counters drift apart. */
	o->wait();
	look(o, &w);
	now = tsc_window_off(&w);
	if (now || is_contradictory(&w)) {
		*off = now;
		return TSC_OTHER_RATE;
	}
	return TSC_IN_STEP;
}
