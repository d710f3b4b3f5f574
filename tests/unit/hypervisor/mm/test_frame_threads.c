/* SPDX-License-Identifier: MIT */
/*
 * Frames in the hands of several CPUs: threads that take and drop references,
 * types, holds and pins of the same few frames. While one has a type, the
 * frame must have it; when all have stopped, the counts must be as in the
 * beginning. The frames' contents make promotions collide: tables that map
 * each other, one of them writable, so that promotions are given up, too.
 *
 * Everything here changes words by compare-and-swap only; no lock is taken,
 * for no frame is freed.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include "hypervisor/pv/pv_fixture.h"

enum { THREADS = 4, TABLES = 3, FRAMES = 5, ROUNDS = 40, STEPS = 4000 };

static struct domain *d;
static mfn_t m[FRAMES]; /* the first TABLES may become tables */

/* What a thread saw that must not be; checked when all have stopped. */
static const char *wrong;
/* How often each kind of step succeeded. */
static unsigned long did[5];

static void setup(void)
{
	unsigned int i;

	world_init();
	d = world_domain(WORLD_ONE, 1, NULL);
	for (i = 0; i < FRAMES; i++)
		m[i] = world_page(d);
	for (i = 0; i < TABLES; i++) {
		*pv_slot(m[i], 0) = pv_entry(m[3], PV_RW);
		*pv_slot(m[i], 7) = pv_entry(m[(i + 1) % TABLES], PV_RO);
		*pv_slot(m[i], 400) = pv_entry(m[4], PV_RO);
	}
	/* As long as 1 is a table, 0 cannot be one, and the reverse. */
	*pv_slot(m[0], 100) = pv_entry(m[1], PV_RW);
}

TestSuite(frame_threads, .init = setup, .timeout = 120);

static void expect_type(struct frame *f, enum frame_type type)
{
	uint64_t w = frame_load(f);

	if (frame_word_type(w) != type || !frame_word_tcnt(w) ||
	    frame_word_tcnt(w) > frame_word_refs(w))
		__atomic_store_n(&wrong, "a type changed while it was held",
				 __ATOMIC_RELAXED);
	if (type == FRAME_L1 && !(w & FRAME_VALIDATED))
		__atomic_store_n(&wrong, "a table was not valid",
				 __ATOMIC_RELAXED);
}

static void note(unsigned int what)
{
	__atomic_fetch_add(&did[what], 1, __ATOMIC_RELAXED);
}

static void step_type(mfn_t at, enum frame_type type)
{
	struct frame *f;

	if (frame_get_type(at, d, type, &f))
		return;
	expect_type(f, type);
	sched_yield();
	expect_type(f, type);
	note(type == FRAME_L1);
	if (frame_put_type(f))
		__atomic_store_n(&wrong, "a level-1 table was not let go",
				 __ATOMIC_RELAXED);
}

static void step_hold(struct vcpu *v, struct frame *f)
{
	if (table_hold(f, d) != 1)
		return;
	expect_type(f, FRAME_L1);
	note(2);
	table_unhold(v, f);
}

static void step_unpin(mfn_t at)
{
	struct frame *f = frame_get(at, d);

	if (f && !table_unpin(f))
		note(3);
	if (f)
		frame_put(f);
}

static void *hammer(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg, i;
	struct vcpu *v = d->vcpu[0];

	for (i = 0; i < STEPS; i++) {
		unsigned int r = (unsigned int)rand_r(&seed) >> 8;
		mfn_t at = m[r / 8 % TABLES];

		switch (r % 8) {
		case 0:
		case 1:
			step_type(at, FRAME_WRITABLE);
			break;
		case 2:
		case 3:
			step_type(at, FRAME_L1);
			break;
		case 4:
			step_hold(v, frame_of(at));
			break;
		case 5:
			if (!table_pin(d->vcpu[0], d, at, FRAME_L1))
				note(4);
			break;
		default:
			step_unpin(at);
			break;
		}
	}
	return NULL;
}

/* All have stopped: what is left undone is done, and nothing is left. */
static void check_quiet(void)
{
	unsigned int i;

	cr_assert_null(wrong, "%s", wrong);
	for (i = 0; i < TABLES; i++) {
		struct frame *f = frame_of(m[i]);

		if (frame_load(f) & FRAME_PINNED)
			cr_assert_eq(table_unpin(f), 0);
		cr_assert_eq(frame_forget_type(f), 0);
	}
	for (i = 0; i < FRAMES; i++) {
		uint64_t w = frame_load(frame_of(m[i]));

		cr_assert_eq(frame_word_refs(w), 1, "frame %u: %#lx", i, w);
		cr_assert_eq(frame_word_tcnt(w), 0, "frame %u: %#lx", i, w);
		cr_assert_eq(w & (FRAME_LOCKED | FRAME_PINNED), 0);
		cr_assert_eq(frame_of(m[i])->progress, 0);
	}
}

Test(frame_threads, references_types_and_pins_are_kept_by_many)
{
	pthread_t t[THREADS];
	unsigned int round, i;

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < THREADS; i++)
			cr_assert_eq(
				pthread_create(&t[i], NULL, hammer,
					       (void *)(uintptr_t)(round * 97 +
								   i * 31 + 1)),
				0);
		for (i = 0; i < THREADS; i++)
			pthread_join(t[i], NULL);
		check_quiet();
	}
	for (i = 0; i < ARRAY_SIZE(did); i++)
		cr_assert_gt(did[i], 100, "kind %u: %lu times", i, did[i]);
}
