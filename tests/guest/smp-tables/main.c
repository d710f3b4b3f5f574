/* SPDX-License-Identifier: MIT */
/*
 * smp-tables: four vCPUs on four CPUs do to the same three frames what makes
 * and unmakes page tables: pin, unpin, map writable and read-only at two
 * addresses, change their entries, flush. The frames map each other, so that
 * promotions collide. Whatever each call answers, a frame must never be a table
 * and writable at once: a vCPU that has pinned one must be refused a writable
 * mapping of it as long as its pin stands. When all have stopped, every frame
 * must still become either.
 *
 * Beside them are frames that nobody keeps apart: each is pinned and unpinned
 * as a table of level 1 or 2, written, mapped, given back and exchanged by all
 * four at once, also by an old number. Whatever comes of it, the hypervisor
 * must go on, and when all have been given back, have as many free pages as
 * before.
 *
 * run with: 4 CPUs
 */
#include "guest.h"
#include "public/sysctl.h"

enum { VCPUS = 4, TABLES = 3, LOOSE = 4, STEPS = 300 };

static uint64_t *table[TABLES];
static uint64_t *data;
static uint64_t table_mfn[TABLES], table_maddr[TABLES], data_mfn;
static char *window;

/*
 * Frames that all vCPUs pin, unpin and map. Only one at a time gives a frame
 * back or exchanges it, for its number may be another slot's at once; who has
 * it meanwhile leaves 0 in `owned`, and the others go on trying the last number
 * in `loose`.
 */
static uint64_t loose[LOOSE], owned[LOOSE];

static unsigned int finished;
static unsigned int succeeded[11];
static unsigned int refused_while_pinned;
/* Whose pin a frame has, plus one. Others may unpin it: then it is 0. */
static unsigned int pinned_by[TABLES];

static void count(unsigned int kind, long rc)
{
	if (!rc)
		__atomic_fetch_add(&succeeded[kind], 1, __ATOMIC_RELAXED);
}

/* At its own address, or at the vCPU's in the window. */
static long map(unsigned int self, unsigned int t, bool own, uint64_t flags)
{
	void *va = own ? (void *)table[t] : window + self * PAGE_SIZE;

	return do_update_va(va, pte_make(table_mfn[t], flags),
			    UVMF_TLB_FLUSH | UVMF_ALL);
}

static void try_pin(unsigned int self, unsigned int t)
{
	unsigned int me = self + 1, nobody = 0;

	/* From here to the pin's end nobody else unpins it. */
	if (!__atomic_compare_exchange_n(&pinned_by[t], &nobody, me, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	if (!do_mmuext(MMUEXT_PIN_L1_TABLE, table_mfn[t], 0)) {
		count(0, 0);
		if (map(self, t, false, PTE_RW) == 0)
			failure("vCPU %u maps a table writable that it has "
				"pinned",
				self);
		__atomic_fetch_add(&refused_while_pinned, 1, __ATOMIC_RELAXED);
		expect_rc(do_mmuext(MMUEXT_UNPIN_TABLE, table_mfn[t], 0), 0);
	}
	__atomic_store_n(&pinned_by[t], 0, __ATOMIC_SEQ_CST);
}

static long reservation(unsigned int op, uint64_t *mfn)
{
	struct xen_memory_reservation r = {
		.extent_start = PTR(mfn),
		.nr_extents = 1,
		.domid = DOMID_SELF,
	};

	return do_memory_op(op, &r);
}

static uint64_t loose_at(unsigned int i)
{
	return __atomic_load_n(&loose[i], __ATOMIC_RELAXED);
}

/* 0: another vCPU has it. */
static uint64_t loose_take(unsigned int i)
{
	return __atomic_exchange_n(&owned[i], 0, __ATOMIC_SEQ_CST);
}

static void loose_set(unsigned int i, uint64_t mfn)
{
	__atomic_store_n(&loose[i], mfn, __ATOMIC_RELAXED);
	__atomic_store_n(&owned[i], mfn, __ATOMIC_SEQ_CST);
}

static void loose_replace(unsigned int i)
{
	uint64_t mfn = loose_take(i);

	if (!mfn)
		return;
	/* Somebody may be using it as what it cannot be given back. */
	if (reservation(XENMEM_decrease_reservation, &mfn) != 1) {
		loose_set(i, mfn);
		return;
	}
	require_rc(reservation(XENMEM_increase_reservation, &mfn), 1);
	loose_set(i, mfn);
	count(6, 0);
}

static void loose_exchange(unsigned int i)
{
	uint64_t in = loose_take(i), out = 0;
	struct xen_memory_exchange x = {
		.in = {.extent_start = PTR(&in),
		       .nr_extents = 1,
		       .domid = DOMID_SELF},
		.out = {.extent_start = PTR(&out),
			.nr_extents = 1,
			.domid = DOMID_SELF},
	};

	if (!in)
		return;
	if (do_memory_op(XENMEM_exchange, &x)) {
		loose_set(i, in);
		return;
	}
	loose_set(i, out);
	count(7, 0);
}

/* The odd are made tables of level 2, of the even ones. */
static void loose_step(unsigned int self, uint64_t r)
{
	unsigned int i = r / 16 % LOOSE, below = i & 1 ? i - 1 : i;
	uint64_t mfn = loose_at(i), flags = i & 1 || r & 512 ? PTE_RW : PTE_RO;
	void *va = window + self * PAGE_SIZE;

	switch (r % 8) {
	case 0:
	case 1:
		count(8, do_mmuext(i & 1 ? MMUEXT_PIN_L2_TABLE
					 : MMUEXT_PIN_L1_TABLE,
				   mfn, 0));
		break;
	case 2:
	case 3:
		count(9, do_mmuext(MMUEXT_UNPIN_TABLE, mfn, 0));
		break;
	case 4:
		count(10,
		      do_mmu_update(
			      (mfn << 12) + r / 64 % 4 * 8,
			      r & 256 ? 0 : pte_make(loose_at(below), flags)));
		break;
	case 5:
		(void)do_update_va(va, pte_make(mfn, flags),
				   UVMF_TLB_FLUSH | UVMF_ALL);
		(void)do_update_va(va, 0, UVMF_INVLPG | UVMF_ALL);
		break;
	case 6:
		loose_replace(i);
		break;
	default:
		loose_exchange(i);
		break;
	}
}

static uint64_t pages_free(void)
{
	struct xen_sysctl op = {
		.cmd = XEN_SYSCTL_physinfo,
		.interface_version = XEN_SYSCTL_INTERFACE_VERSION,
	};

	require_rc(hypercall1(__HYPERVISOR_sysctl, PTR(&op)), 0);
	return op.u.physinfo.free_pages;
}

/* All are given back, also what is a table, or was to become one. */
static void loose_end(void)
{
	unsigned int i, tries;

	for (i = 0; i < LOOSE; i++) {
		uint64_t mfn = loose_at(i);

		/* A table that maps it lets it go first. */
		for (tries = 0; mfn && tries < 2; tries++)
			(void)do_mmuext(MMUEXT_UNPIN_TABLE, mfn, 0);
		if (mfn)
			expect_rc(
				reservation(XENMEM_decrease_reservation, &mfn),
				1);
	}
}

static void step(unsigned int self, uint64_t r)
{
	unsigned int t = r / 16 % TABLES;
	uint64_t slot = r / 64 % 512;

	if (r & 1 << 20) {
		loose_step(self, r);
		return;
	}
	switch (r % 8) {
	case 0:
	case 1:
		try_pin(self, t);
		break;
	case 2:
		count(1, map(self, t, true, PTE_RW));
		break;
	case 3:
	case 4:
		count(2, map(self, t, true, PTE_RO));
		break;
	case 5:
		count(3, map(self, t, false, r & 8 ? PTE_RW : PTE_RO));
		do_update_va(window + self * PAGE_SIZE, 0,
			     UVMF_INVLPG | UVMF_ALL);
		break;
	case 6:
		count(4, do_mmu_update(
				 table_maddr[t] + slot * 8,
				 pte_make(r & 8 ? data_mfn
						: table_mfn[(t + 1) % TABLES],
					  r & 1024 ? PTE_RO : 0)));
		break;
	default:
		count(5, do_mmuext(MMUEXT_TLB_FLUSH_ALL, 0, 0));
		break;
	}
}

static void hammer(unsigned int self)
{
	uint64_t random = 77 + self;
	unsigned int i;

	for (i = 0; i < STEPS; i++)
		step(self, random_next(&random) >> 8);
	__atomic_fetch_add(&finished, 1, __ATOMIC_SEQ_CST);
}

/* Nobody works on them any more: each is made a table, and writable. */
static void check_quiet(unsigned int t)
{
	expect_rc(map(0, t, true, PTE_RO), 0);
	expect_rc(do_mmuext(MMUEXT_PIN_L1_TABLE, table_mfn[t], 0), 0);
	expect_refused(map(0, t, true, PTE_RW));
	expect_rc(do_mmuext(MMUEXT_UNPIN_TABLE, table_mfn[t], 0), 0);
	expect_rc(map(0, t, true, PTE_RW), 0);
	memset(table[t], 0, PAGE_SIZE);
}

void guest_main(void)
{
	uint64_t free_before;
	unsigned int i;

	if (smp_count() < VCPUS)
		skip("there are no %u vCPUs", VCPUS);
	data = page_alloc();
	data_mfn = mfn_of(data);
	window = window_alloc();
	for (i = 0; i < TABLES; i++) {
		table[i] = page_alloc();
		table_mfn[i] = mfn_of(table[i]);
		table_maddr[i] = maddr_of(table[i]);
	}
	free_before = pages_free();
	for (i = 0; i < LOOSE; i++) {
		void *page = page_alloc();

		loose_set(i, mfn_of(page));
		require_rc(do_update_va(page, 0, UVMF_INVLPG | UVMF_ALL), 0);
	}
	for (i = 1; i < VCPUS; i++)
		smp_start(i, hammer);
	hammer(0);
	while (__atomic_load_n(&finished, __ATOMIC_SEQ_CST) < VCPUS)
		do_sched_op(SCHEDOP_yield, NULL);
	for (i = 0; i < TABLES; i++)
		check_quiet(i);
	loose_end();
	expect(pages_free() == free_before + LOOSE,
	       "%lu pages were free, now %lu are", free_before, pages_free());
	for (i = 0; i < ARRAY_SIZE(succeeded); i++)
		expect(succeeded[i] > 5, "only %u of kind %u succeeded",
		       succeeded[i], i);
	success("tables stay consistent under %u vCPUs (%u pins, %u writable "
		"mappings)",
		VCPUS, refused_while_pinned, succeeded[1]);
}
