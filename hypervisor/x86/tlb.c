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
#include "log/console.h"
#include "log/log.h"
#include "x86/asm.h"
#include "x86/cpu.h"
#include "x86/ipi.h"
#include "x86/machine.h"

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
	this_cpu()->counts.tlb_flushes++;
	cr3_load(read_cr3());
}

void tlb_flush_page(uint64_t va)
{
	invlpg(va);
}

struct vcpus {
	const struct domain *domain;
	uint32_t ids;
};

static bool runs_one_of(const struct cpu *c, const void *which)
{
	const struct vcpus *of = which;
	const struct vcpu *v = __atomic_load_n(&c->vcpu, __ATOMIC_SEQ_CST);

	return v && v->domain == of->domain && (of->ids >> (v->id & 31) & 1) &&
	       !__atomic_load_n(&c->away, __ATOMIC_SEQ_CST);
}

void tlb_flush_vcpus(struct domain *d, uint32_t vcpus)
{
	struct tlb_counts *n = &this_cpu()->tlb;
	struct vcpus which = {d, vcpus};

	n->guest++;
	if (runs_one_of(this_cpu(), &which))
		tlb_flush_local();
	if (cpu_count() > 1)
		n->guest_ipis += ipi_flush(runs_one_of, &which);
}

void tlb_flush_domain(struct domain *d)
{
	tlb_flush_vcpus(d, ~0u);
}

uint32_t tlb_stamp(void)
{
	return (uint32_t)__atomic_fetch_add(&tlb_clock, 1, __ATOMIC_SEQ_CST);
}

/* May c hold something that was mapped at *time? */
static bool may_hold(const struct cpu *c, const void *time)
{
	const struct vcpu *v = __atomic_load_n(&c->vcpu, __ATOMIC_SEQ_CST);

	/*
	 * If v goes away while we look, c flushes for that, and whatever is
	 * read here will do.
	 */
	return v && !__atomic_load_n(&c->away, __ATOMIC_SEQ_CST) &&
	       __atomic_load_n(&v->arch.flush_seen, __ATOMIC_SEQ_CST) <=
		       *(const uint64_t *)time;
}

void tlb_flush_since(uint32_t stamp)
{
	uint64_t now = __atomic_load_n(&tlb_clock, __ATOMIC_SEQ_CST);
	uint64_t time = now - (uint32_t)((uint32_t)now - stamp);
	struct tlb_counts *n = &this_cpu()->tlb;
	unsigned int others;

	n->reuses++;
	if (may_hold(this_cpu(), &time)) {
		tlb_flush_local();
		n->reuses_own++;
	}
	if (cpu_count() > 1) {
		others = ipi_flush(may_hold, &time);
		n->reuses_any += others != 0;
		n->reuse_ipis += others;
	}
}

static void key_flushes(void)
{
	unsigned int i;

	for (i = 0; i < cpu_count(); i++) {
		const struct tlb_counts *n = &cpu_by_id(i)->tlb;

		log_info("CPU %u: %llu frames used again: %llu flushes here, "
			 "%llu elsewhere (%llu IPIs); %llu for guests (%llu "
			 "IPIs)\n",
			 i, (unsigned long long)n->reuses,
			 (unsigned long long)n->reuses_own,
			 (unsigned long long)n->reuses_any,
			 (unsigned long long)n->reuse_ipis,
			 (unsigned long long)n->guest,
			 (unsigned long long)n->guest_ipis);
	}
}

void tlb_init(void)
{
	debug_key_register('F', "count TLB flushes", key_flushes);
}
