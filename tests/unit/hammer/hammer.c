/* SPDX-License-Identifier: MIT */
/*
 * Frame types under concurrency: the real mm/frame.c, pv/table.c, pv/mmu.c and
 * domain/lifecycle.c, and a thread for each CPU, under ThreadSanitizer. Four
 * vCPUs of a guest make hypercalls about the same few frames: pin, unpin, map,
 * unmap, write entries, use as a root, clear, exchange, give back and get anew.
 * Two vCPUs of domain zero map and pin the guest's frames meanwhile, and give
 * and take frames of their own, so that frames change hands. In some rounds
 * domain zero kills the guest in the middle of all this, and goes on with its
 * frames.
 *
 * At each quiet point pv_check() (tests/unit/hypervisor/pv/pv_fixture.h)
 * recomputes from page tables, pins and vCPUs what every frame's counts must
 * be, and the pages must be free or somebody's.
 *
 * What is written into a frame makes it a likely table of one level: frame i
 * has entries for frames of the level below, and a few at random.
 *
 * Bounded by steps; the seed is the first argument. Exit status 0: nothing was
 * found. It is not a Criterion suite: that cannot run under ThreadSanitizer.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include "domain/lifecycle.h"
#include "mm/alloc.h"
#include "mm/guest.h"
#include "mm/heap.h"
#include "public/memory.h"
#include "sched/policy.h"
#include "tests/unit/hypervisor/pv/pv_fixture.h"
#include "tests/unit/hammer/criterion/criterion.h"
#include "tests/unit/hammer/steps.h"
#include "x86/tlb.h"

enum {
	GUEST_CPUS = 4,
	ZERO_CPUS = 2,
	CPUS = GUEST_CPUS + ZERO_CPUS,
	FRAMES = 15, /* the guest's that everybody is after */
	OWN = 6,     /* domain zero's, which it gives back and gets anew */
	WINDOWS = 8, /* entries of each domain's level-1 table */
	ROUNDS = 48,
	STEPS = 400,
	KILL_EVERY = 4,
	SPARE_PAGES = 24,
};

enum kind {
	PIN,
	PIN_DEEP, /* a table of tables of tables */
	UNPIN,
	WRITE,
	MAP,
	CLEAR,
	ROOT,
	REPLACE,
	EXCHANGE,
	GRANT,
	FOREIGN,
	FOREIGN_PIN,
	KINDS,
};

static const char *const kind_names[KINDS] = {
	"pin",	"deep pin", "unpin",	"write", "map",	    "clear",
	"root", "replace",  "exchange", "grant", "foreign", "foreign pin",
};

static struct domain *guest, *zero;
/* Frame numbers; 0: there is none now. Others may use an old one. */
static _Atomic uint64_t frames[FRAMES], own[OWN];
static atomic_ulong did[KINDS];
static uint64_t pages_in_all;
static unsigned int seed;
static bool killing; /* in this round; changed at quiet points only */
static pthread_barrier_t quiet;

static _Thread_local uint64_t random_state;
static _Thread_local unsigned int cpu;

static unsigned int roll(unsigned int n)
{
	random_state =
		random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned int)(random_state >> 33) % n;
}

/* --- the machine, as far as several threads may use it at once --- */

static uint32_t tlb_now;

uint32_t tlb_stamp(void)
{
	return __atomic_fetch_add(&tlb_now, 1, __ATOMIC_SEQ_CST);
}

void tlb_flush_since(uint32_t stamp)
{
	(void)stamp;
}

void tlb_flush_local(void)
{
}

void tlb_flush_page(uint64_t va)
{
	(void)va;
}

void tlb_flush_vcpus(struct domain *d, uint32_t vcpus)
{
	(void)d;
	(void)vcpus;
}

void tlb_flush_domain(struct domain *d)
{
	(void)d;
}

void vcpu_load_cr3(struct vcpu *v)
{
	(void)v;
}

unsigned int this_cpu_id(void)
{
	return cpu;
}

unsigned int cpu_count(void)
{
	return CPUS;
}

void cpu_wait(void)
{
	sched_yield();
}

void cpu_look(unsigned int other)
{
	(void)other;
}

void sched_request_on(unsigned int other)
{
	(void)other;
}

void hammer_pause(void)
{
	if (!roll(12))
		sched_yield();
}

bool hypercall_preempt_check(void)
{
	return !roll(9);
}

int guest_read(void *dst, gptr_t src, size_t bytes)
{
	memcpy(dst, (const void *)(uintptr_t)src.va, bytes);
	return 0;
}

int guest_write(gptr_t dst, const void *src, size_t bytes)
{
	memcpy((void *)(uintptr_t)dst.va, src, bytes);
	return 0;
}

/*
 * Two races are meant to be. table_peek_l1e() walks tables that another vCPU
 * may be taking away: what it finds is used only if the last table can be held.
 * And a guest may clear a page while it writes there.
 */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
	return "race:table_peek_l1e\nrace:page_clear_or_copy\n";
}

/* --- what a vCPU does --- */

static void note(enum kind kind, long rc)
{
	if (!rc)
		atomic_fetch_add_explicit(&did[kind], 1, memory_order_relaxed);
}

static mfn_t any_frame(void)
{
	return mfn(frames[roll(FRAMES)]);
}

/* The level that frame i is likely to become a table of; 0: none. */
static unsigned int level_of(unsigned int i)
{
	return i % 5;
}

static mfn_t frame_of_level(unsigned int level, unsigned int *i)
{
	*i = roll(FRAMES / 5) * 5 + level;
	return mfn(frames[*i]);
}

static uint64_t any_flags(void)
{
	static const uint64_t flags[] = {PV_RW, PV_RO, PV_RW, 0};

	return flags[roll(4)];
}

/* An entry of frame i: mostly what makes it a table of its level. */
static uint64_t entry_for(unsigned int i)
{
	unsigned int level = level_of(i), to;
	mfn_t m = any_frame();

	if (level && roll(16))
		m = frame_of_level(level - 1, &to);
	return m.n && roll(4) ? pv_entry(m, any_flags()) : 0;
}

static void step_write(struct vcpu *v)
{
	static const unsigned int slots[] = {0, 1, 200, 511};
	unsigned int i = roll(FRAMES);
	mfn_t m = mfn(frames[i]);

	note(WRITE,
	     pv_update(v, pv_slot_maddr(m, slots[roll(4)]), entry_for(i)));
}

static void step_pin(struct vcpu *v)
{
	unsigned int level = 1 + roll(4), i;
	mfn_t m = frame_of_level(level, &i);

	note(level < 3 ? PIN : PIN_DEEP, pv_pin(v, m, level));
}

static void step_map(struct vcpu *v)
{
	uint64_t va = world_window(roll(WINDOWS));

	note(MAP, pv_va_mapping(v, va, pv_entry(any_frame(), any_flags()), 0));
}

static void step_root(struct vcpu *v)
{
	unsigned int i;
	mfn_t m = frame_of_level(4, &i);

	note(ROOT,
	     pv_mmuext(v, MMUEXT_NEW_USER_BASEPTR, roll(3) ? m : mfn(0), 0));
}

static long reservation(struct vcpu *v, unsigned int op, uint64_t *m)
{
	struct xen_memory_reservation r = {
		.extent_start = (uintptr_t)m,
		.nr_extents = 1,
		.domid = DOMID_SELF,
	};
	uint64_t args[6] = {op, (uintptr_t)&r};
	long rc;

	while ((rc = hypercall_memory_op(v, args)) == -ERESTART)
		pv_settle(v);
	pv_settle(v);
	return rc;
}

/* The frame goes, whatever else is done with it, and another comes. */
static void step_replace(struct vcpu *v, _Atomic uint64_t *at)
{
	uint64_t m = *at;

	if (m && reservation(v, XENMEM_decrease_reservation, &m) != 1)
		return;
	m = 0;
	if (reservation(v, XENMEM_increase_reservation, &m) != 1)
		m = 0;
	*at = m;
	note(REPLACE, m ? 0 : -1);
}

static void step_exchange(struct vcpu *v, _Atomic uint64_t *at)
{
	uint64_t in = *at, out = 0;
	struct xen_memory_exchange x = {
		.in = {.extent_start = (uintptr_t)&in,
		       .nr_extents = 1,
		       .domid = DOMID_SELF},
		.out = {.extent_start = (uintptr_t)&out,
			.nr_extents = 1,
			.domid = DOMID_SELF},
	};
	uint64_t args[6] = {XENMEM_exchange, (uintptr_t)&x};

	if (hypercall_memory_op(v, args))
		return;
	*at = out;
	note(EXCHANGE, 0);
}

static void guest_step(struct vcpu *v)
{
	switch (roll(16)) {
	case 0:
	case 1:
	case 2:
		step_pin(v);
		break;
	case 3:
	case 4:
		note(UNPIN, pv_unpin(v, any_frame()));
		break;
	case 5:
	case 6:
	case 7:
	case 8:
		step_write(v);
		break;
	case 9:
	case 10:
	case 11:
		step_map(v);
		break;
	case 12:
		note(CLEAR, pv_mmuext(v, MMUEXT_CLEAR_PAGE, any_frame(), 0));
		break;
	case 13:
		step_root(v);
		break;
	case 14:
		step_replace(v, &frames[roll(FRAMES)]);
		break;
	default:
		step_exchange(v, &frames[roll(FRAMES)]);
		break;
	}
}

/* As a grant's: the reference is taken first, the entry owns it then. */
static void step_grant(struct vcpu *v)
{
	mfn_t m = any_frame();
	unsigned int i = roll(WINDOWS);

	if (frame_get_writable(m, guest))
		return;
	if (grant_pte_set_va(v, world_window(i), pv_entry(m, PV_RW)))
		frame_put_writable(frame_of(m));
	else
		note(GRANT, 0);
	pv_settle(v);
}

static void step_foreign_pin(struct vcpu *v)
{
	struct mmuext_op op = {
		.cmd = roll(2) ? MMUEXT_UNPIN_TABLE : MMUEXT_PIN_L1_TABLE,
		.arg1.mfn = any_frame().n,
	};
	uint64_t args[6] = {(uintptr_t)&op, 1, 0, WORLD_ONE};
	long rc;

	while ((rc = hypercall_mmuext_op(v, args)) == -ERESTART)
		pv_settle(v);
	pv_settle(v);
	note(FOREIGN_PIN, rc);
}

static void zero_step(struct vcpu *v)
{
	uint64_t slot = world_pte_maddr(zero, roll(WINDOWS));

	switch (roll(8)) {
	case 0:
	case 1:
	case 2:
		note(FOREIGN,
		     pv_update_for(v, WORLD_ONE, slot,
				   pv_entry(any_frame(), any_flags())));
		break;
	case 3:
		note(FOREIGN, pv_update(v, slot, 0));
		break;
	case 4:
		step_grant(v);
		break;
	case 5:
		step_foreign_pin(v);
		break;
	case 6:
		(void)heap_scrub_some(1);
		break;
	default:
		step_replace(v, &own[roll(OWN)]);
		break;
	}
}

/* --- rounds --- */

static void guest_make(void)
{
	uint64_t root;
	struct frame *f;
	unsigned int i;

	guest = world_domain(WORLD_ONE, GUEST_CPUS, NULL);
	root = guest->vcpu[0]->arch.kernel_cr3;
	for (i = 1; i < GUEST_CPUS; i++) {
		cr_assert_eq(frame_get_type(mfn(root >> PAGE_SHIFT), guest,
					    FRAME_L4, &f),
			     0);
		guest->vcpu[i]->arch.kernel_cr3 = root;
	}
	for (i = 0; i < FRAMES; i++)
		frames[i] = world_page(guest).n;
}

/* Domain zero lets go of what it has mapped, so that nothing remains. */
static void guest_end(void)
{
	unsigned int i;

	for (i = 0; i < WINDOWS; i++)
		cr_assert_eq(
			pv_update(zero->vcpu[0], world_pte_maddr(zero, i), 0),
			0);
	pv_check("the guest is dead");
	cr_assert_eq(guest->frame_count, 0, "%lu frames stay",
		     (long)guest->frame_count);
	cr_assert_eq(guest->refs, 1, "%u references stay", guest->refs);
	domain_put(guest);
}

static void check(unsigned int round)
{
	pv_check("seed %u, round %u", seed, round);
	/* What the hypervisor has for itself is as much as in the beginning. */
	cr_assert_eq(page_free_count() + guest->frame_count + zero->frame_count,
		     pages_in_all, "seed %u, round %u: a page is lost", seed,
		     round);
}

static void on_cpu_set(struct vcpu *v, bool on)
{
	struct run_queue *q = vcpu_queue_lock(v);

	__atomic_store_n(&v->on_cpu, on, __ATOMIC_SEQ_CST);
	lock_release(&q->lock);
}

/* A step as on a real CPU: domain_kill() waits for its end. */
static void guest_step_or_stop(struct vcpu *v)
{
	on_cpu_set(v, true);
	if (!__atomic_load_n(&v->pause_count, __ATOMIC_SEQ_CST))
		guest_step(v);
	on_cpu_set(v, false);
}

static void guest_kill(void)
{
	while (domain_kill(guest) == -ERESTART)
		sched_yield();
}

static void round_run(void)
{
	unsigned int i;

	for (i = 0; i < STEPS; i++) {
		if (cpu < GUEST_CPUS)
			guest_step_or_stop(guest->vcpu[cpu]);
		else
			zero_step(zero->vcpu[cpu - GUEST_CPUS]);
		if (killing && cpu == CPUS - 1 && i == STEPS / 2)
			guest_kill();
	}
}

static void *run(void *arg)
{
	unsigned int round;

	cpu = (unsigned int)(uintptr_t)arg;
	for (round = 0; round < ROUNDS; round++) {
		random_state = seed * 1000003ull + round * 131ull + cpu;
		round_run();
		pthread_barrier_wait(&quiet);
		if (!cpu && killing) {
			guest_end();
			guest_make();
		} else if (!cpu) {
			check(round);
		}
		if (!cpu)
			killing = round % KILL_EVERY == KILL_EVERY - 2;
		pthread_barrier_wait(&quiet);
	}
	return NULL;
}

/* So few stay free that each is soon somebody else's. */
static void heap_narrow(void)
{
	while (page_free_count() > HEAP_KEEP_PAGES + SPARE_PAGES)
		cr_assert(!mfn_eq(page_alloc(0, ADDR_ANY), MFN_NONE));
}

int main(int argc, char **argv)
{
	pthread_t t[CPUS];
	unsigned int i;

	seed = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 1;
	world_init();
	zero = world_domain(WORLD_ZERO, ZERO_CPUS, NULL);
	for (i = 0; i < OWN; i++)
		own[i] = world_page(zero).n;
	guest_make();
	heap_narrow();
	pages_in_all =
		page_free_count() + guest->frame_count + zero->frame_count;
	pthread_barrier_init(&quiet, NULL, CPUS);
	for (i = 0; i < CPUS; i++)
		cr_assert_eq(
			pthread_create(&t[i], NULL, run, (void *)(uintptr_t)i),
			0);
	for (i = 0; i < CPUS; i++)
		pthread_join(t[i], NULL);
	for (i = 0; i < KINDS; i++)
		cr_assert(did[i] > ROUNDS, "only %lu of kind '%s' succeeded",
			  did[i], kind_names[i]);
	printf("hammer: %u CPUs, %u rounds of %u steps, seed %u:", CPUS, ROUNDS,
	       STEPS, seed);
	for (i = 0; i < KINDS; i++)
		printf(" %lu %s%s", did[i], kind_names[i],
		       i + 1 < KINDS ? "," : "\n");
	return 0;
}
