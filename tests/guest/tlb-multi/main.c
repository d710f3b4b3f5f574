/* SPDX-License-Identifier: MIT */
/*
 * tlb-multi: three vCPUs read one address all the time; the fourth maps another
 * page there and asks for a flush, in each of the ways that name other vCPUs.
 * A read that begins after the call has returned must find the new page: an old
 * entry in any other CPU's TLB would show the old one.
 *
 * run with: 4 CPUs
 */
#include "guest.h"

enum { VCPUS = 4, ROUNDS = 60 };

enum way {
	FLUSH_ALL,
	FLUSH_MULTI,
	INVLPG_ALL,
	INVLPG_MULTI,
	UPDATE_FLUSH_ALL,
	UPDATE_FLUSH_MULTI,
	UPDATE_INVLPG_ALL,
	UPDATE_INVLPG_MULTI,
	WAYS,
};

static const char *const names[WAYS] = {
	"MMUEXT_TLB_FLUSH_ALL",	   "MMUEXT_TLB_FLUSH_MULTI",
	"MMUEXT_INVLPG_ALL",	   "MMUEXT_INVLPG_MULTI",
	"UVMF_TLB_FLUSH|UVMF_ALL", "UVMF_TLB_FLUSH|UVMF_MULTI",
	"UVMF_INVLPG|UVMF_ALL",	   "UVMF_INVLPG|UVMF_MULTI",
};

struct reader {
	uint64_t begun, ended; /* rounds */
	uint64_t value;	       /* what the last one found */
} __attribute__((aligned(64)));

static struct reader readers[VCPUS];
static volatile uint64_t *window;
static uint64_t *page[2];
static unsigned int stale; /* reads of the old page before the flush */

static uint64_t mask __attribute__((aligned(8))) = (1 << VCPUS) - 1;

static void reader(unsigned int self)
{
	struct reader *r = &readers[self];
	uint64_t round;

	for (round = 1;; round++) {
		__atomic_store_n(&r->begun, round, __ATOMIC_SEQ_CST);
		__atomic_store_n(&r->value, *window, __ATOMIC_SEQ_CST);
		__atomic_store_n(&r->ended, round, __ATOMIC_SEQ_CST);
	}
}

/* What the reader finds in a round that begins from now on. */
static uint64_t read_by(unsigned int id)
{
	struct reader *r = &readers[id];
	uint64_t now = __atomic_load_n(&r->begun, __ATOMIC_SEQ_CST);

	while (__atomic_load_n(&r->ended, __ATOMIC_SEQ_CST) <= now)
		do_sched_op(SCHEDOP_yield, NULL);
	return __atomic_load_n(&r->value, __ATOMIC_SEQ_CST);
}

static void change(enum way way, uint64_t pte)
{
	void *va = (void *)window;
	uint64_t flags = way == UPDATE_FLUSH_ALL || way == UPDATE_FLUSH_MULTI
				 ? UVMF_TLB_FLUSH
				 : UVMF_INVLPG;

	switch (way) {
	case UPDATE_FLUSH_ALL:
	case UPDATE_INVLPG_ALL:
		expect_rc(do_update_va(va, pte, flags | UVMF_ALL), 0);
		return;
	case UPDATE_FLUSH_MULTI:
	case UPDATE_INVLPG_MULTI:
		expect_rc(do_update_va(va, pte, flags | PTR(&mask)), 0);
		return;
	default:
		break;
	}
	expect_rc(do_mmu_update(pte_maddr(va, 1), pte), 0);
	/* Not yet flushed: either page may be read. */
	stale += read_by(VCPUS - 1) != page[(pte >> 12) == mfn_of(page[1])][0];
	switch (way) {
	case FLUSH_ALL:
		expect_rc(do_mmuext(MMUEXT_TLB_FLUSH_ALL, 0, 0), 0);
		return;
	case FLUSH_MULTI:
		expect_rc(do_mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, PTR(&mask)), 0);
		return;
	case INVLPG_ALL:
		expect_rc(do_mmuext(MMUEXT_INVLPG_ALL, PTR(va), 0), 0);
		return;
	default:
		expect_rc(do_mmuext(MMUEXT_INVLPG_MULTI, PTR(va), PTR(&mask)),
			  0);
		return;
	}
}

void guest_main(void)
{
	unsigned int i, round;

	if (do_vcpu_op(VCPUOP_is_up, VCPUS - 1, NULL) < 0)
		skip("there are no %u vCPUs", VCPUS);
	window = window_alloc();
	for (i = 0; i < 2; i++) {
		page[i] = page_alloc();
		page[i][0] = 1000 + i;
	}
	expect_rc(do_update_va((void *)window,
			       pte_make(mfn_of(page[0]), PTE_RO), UVMF_INVLPG),
		  0);
	for (i = 1; i < VCPUS; i++)
		smp_start(i, reader);
	for (round = 1; round <= ROUNDS; round++) {
		enum way way = round % WAYS;
		unsigned int now = round % 2;

		for (i = 1; i < VCPUS; i++)
			read_by(i);
		change(way, pte_make(mfn_of(page[now]), PTE_RO));
		for (i = 1; i < VCPUS; i++) {
			uint64_t found = read_by(i);

			expect(found == page[now][0],
			       "%s: vCPU %u still reads %lu in round %u",
			       names[way], i, (unsigned long)found, round);
		}
	}
	success("no vCPU reads by an old entry after %u flushes (%u did "
		"before)",
		ROUNDS, stale);
}
