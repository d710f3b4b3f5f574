/* SPDX-License-Identifier: MIT */
/*
 * Whose TLB may hold what, and flushing it.
 *
 * There are no global pages and no PCIDs, so a load of CR3 flushes all, and
 * what a CPU holds of guests' mappings is that of the one vCPU that is loaded.
 *
 * tlb_clock goes up with each stamp that is given. At each flush the loaded
 * vCPU notes the clock as it was before the flush (arch.flush_seen). A stamp is
 * taken after the last entry that maps a page has gone, so a CPU whose vCPU has
 * noted a later time cannot hold the page any more.
 *
 * The stamp that a frame keeps is 32 bits of the clock. Its upper half is taken
 * to be such that it is the latest that fits: at worst a flush too many.
 */
#include "x86/tlb.h"
#include "domain/domain.h"
#include "x86/asm.h"
#include "x86/cpu.h"

/* The entry paths read it, too. */
uint64_t tlb_clock __attribute__((aligned(64))) = 1;

static void flush_note(const struct cpu *c)
{
	uint64_t now = __atomic_load_n(&tlb_clock, __ATOMIC_SEQ_CST);

	if (c->vcpu)
		__atomic_store_n(&c->vcpu->arch.flush_seen, now,
				 __ATOMIC_SEQ_CST);
}

void cr3_load(uint64_t cr3)
{
	flush_note(this_cpu());
	write_cr3(cr3);
}

void tlb_flush_local(void)
{
	cr3_load(read_cr3());
}

void tlb_flush_page(uint64_t va)
{
	invlpg(va);
}

void tlb_flush_domain(struct domain *d)
{
	struct cpu *c = this_cpu();

	if (c->vcpu && c->vcpu->domain == d)
		tlb_flush_local();
}

uint32_t tlb_stamp(void)
{
	return (uint32_t)__atomic_fetch_add(&tlb_clock, 1, __ATOMIC_SEQ_CST);
}

/* May c hold something that was mapped at `time`? */
static bool may_hold(const struct cpu *c, uint64_t time)
{
	const struct vcpu *v = __atomic_load_n(&c->vcpu, __ATOMIC_SEQ_CST);

	/*
	 * If v goes away while we look, c flushes for that, and whatever is
	 * read here will do.
	 */
	return v && __atomic_load_n(&v->arch.flush_seen, __ATOMIC_SEQ_CST) <=
			    time;
}

void tlb_flush_since(uint32_t stamp)
{
	uint64_t now = __atomic_load_n(&tlb_clock, __ATOMIC_SEQ_CST);

	if (may_hold(this_cpu(), now - (uint32_t)((uint32_t)now - stamp)))
		tlb_flush_local();
}
