/* SPDX-License-Identifier: MIT */
/*
 * Included first into mm/frame.c and pv/table.c for the hammer: before a
 * frame's word changes, another thread may come in. PLANT puts a mistake there,
 * which the hammer or ThreadSanitizer has to find:
 *
 *   1  the compare-and-swap is a comparison and then a store
 *   2  the same with plain accesses
 *   3  frames are not locked
 */
#ifndef HAMMER_STEPS_H
#define HAMMER_STEPS_H

#include "mm/frame.h"

#ifndef PLANT
#define PLANT 0
#endif

/* Now and then another thread goes on instead. */
void hammer_pause(void);

#if PLANT == 1
static inline bool step_cas(struct frame *f, uint64_t *old, uint64_t new)
{
	uint64_t now = frame_load(f);

	hammer_pause();
	if (now != *old) {
		*old = now;
		return false;
	}
	__atomic_store_n(&f->word, new, __ATOMIC_RELEASE);
	return true;
}
#elif PLANT == 2
static inline bool step_cas(struct frame *f, uint64_t *old, uint64_t new)
{
	uint64_t now = f->word;

	if (now != *old) {
		*old = now;
		return false;
	}
	f->word = new;
	return true;
}
#else
static inline bool step_cas(struct frame *f, uint64_t *old, uint64_t new)
{
	hammer_pause();
	return frame_cas(f, old, new);
}
#endif
#define frame_cas(f, old, new) step_cas((f), (old), (new))

#if PLANT == 3
#undef FRAME_LOCKED
#define FRAME_LOCKED 0ull
#endif

#endif
