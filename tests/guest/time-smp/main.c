/* SPDX-License-Identifier: MIT */
/*
 * time-smp: system time never goes back, whoever reads it. Four vCPUs read
 * their clock pages, each while it looks at the latest time that any of them
 * has published, and publish what they read: no read may be before what was
 * published before it. Domain zero moves its vCPUs from CPU to CPU meanwhile.
 *
 * Beside that the wall clock is set again and again (by domain zero), to pairs
 * of numbers that belong together: a reader that follows the version must never
 * see halves of two pairs.
 *
 * run with: 4 CPUs
 */
#include "guest.h"
#include "public/platform.h"

enum { VCPUS = 4, READS = 300000, MOVES = 24 };

static uint64_t latest __attribute__((aligned(64)));
static volatile bool stop;
static unsigned int finished;
static unsigned int violations, halves;
static uint64_t worst_ns, reads, walls;

static void read_time(unsigned int self)
{
	uint64_t before = __atomic_load_n(&latest, __ATOMIC_SEQ_CST);
	uint64_t now = time_ns_of(&shared_info->vcpu_info[self].time);

	if (now < before) {
		__atomic_fetch_add(&violations, 1, __ATOMIC_RELAXED);
		worst_ns = before - now;
		return;
	}
	while (before < now &&
	       !__atomic_compare_exchange_n(&latest, &before, now, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

/* What belongs to a second. */
static uint32_t pair(uint64_t seconds)
{
	return (uint32_t)(seconds * 7919 % 1000000000);
}

static void set_wall(uint64_t seconds)
{
	struct xen_platform_op op = {
		.cmd = XENPF_settime64,
		.interface_version = XENPF_INTERFACE_VERSION,
		.u.settime64 = {.secs = seconds, .nsecs = pair(seconds)},
	};

	require_rc(hypercall1(__HYPERVISOR_platform_op, PTR(&op)), 0);
}

static void read_wall(void)
{
	const volatile struct shared_info *s = shared_info;
	uint32_t version, ns;
	uint64_t seconds;

	do {
		version = __atomic_load_n(&s->wc_version, __ATOMIC_ACQUIRE);
		seconds = s->wc_sec | (uint64_t)s->wc_sec_hi << 32;
		ns = s->wc_nsec;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((version & 1) ||
		 version != __atomic_load_n(&s->wc_version, __ATOMIC_RELAXED));
	if (ns != pair(seconds))
		__atomic_fetch_add(&halves, 1, __ATOMIC_RELAXED);
}

static void reader(unsigned int self)
{
	uint64_t n, w = 0;

	for (n = 0; n < READS || !stop; n++) {
		read_time(self);
		if (is_dom0() && n % 16 == 0) {
			read_wall();
			w++;
		}
	}
	__atomic_fetch_add(&reads, n, __ATOMIC_RELAXED);
	__atomic_fetch_add(&walls, w, __ATOMIC_RELAXED);
	__atomic_fetch_add(&finished, 1, __ATOMIC_SEQ_CST);
}

/* Each goes to each CPU; the next move waits until it is there. */
static unsigned int move(unsigned int n, unsigned int cpus)
{
	unsigned int id = n % VCPUS, cpu = (n / VCPUS + id) % cpus;
	bool elsewhere = smp_cpu(id) != cpu;

	expect_rc(smp_pin(id, cpu), 0);
	while (smp_cpu(id) != cpu)
		read_time(0);
	return elsewhere;
}

static unsigned int cpus_in_use(void)
{
	unsigned int n = 0;

	while (n < VCPUS && !smp_pin(0, n))
		n++;
	return n;
}

void guest_main(void)
{
	unsigned int i, cpus = 0, moved = 0;
	uint64_t n, seconds = 1700000000;

	if (smp_count() < VCPUS)
		skip("there are no %u vCPUs", VCPUS);
	shared_info_map();
	if (is_dom0()) {
		cpus = cpus_in_use();
		set_wall(seconds);
	}
	for (i = 1; i < VCPUS; i++)
		smp_start(i, reader);
	for (n = 0; n < READS; n++) {
		read_time(0);
		if (cpus && n % 64 == 0)
			set_wall(++seconds + (n % 128 ? 1ULL << 33 : 0));
		if (cpus && n % (READS / MOVES) == 0)
			moved +=
				move((unsigned int)(n / (READS / MOVES)), cpus);
	}
	stop = true;
	while (__atomic_load_n(&finished, __ATOMIC_SEQ_CST) < VCPUS - 1)
		do_sched_op(SCHEDOP_yield, NULL);
	n += reads;
	expect(!violations, "%u of %lu reads went back, one by %lu ns",
	       violations, n, worst_ns);
	expect(!halves, "%u of %lu looks at the wall clock saw halves", halves,
	       walls);
	if (cpus > 1)
		require(moved >= MOVES / 2, "only %u of %u moves were any",
			moved, MOVES);
	success("%lu reads on %u vCPUs, %u moves, none went back; %lu looks at "
		"the wall clock",
		n, VCPUS, moved, walls);
}
