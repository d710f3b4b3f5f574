/* SPDX-License-Identifier: MIT */
/*
 * Guests that build page tables, and the accountant who checks after each of
 * their deeds that the frame table says the truth.
 */
#ifndef PV_FIXTURE_H
#define PV_FIXTURE_H

#include <string.h>
#include "domain/domain.h"
#include "fake/frames.h"
#include "fake/guest.h"
#include "fake/machine.h"
#include "fake/world.h"
#include "hypercall/hypercall.h"
#include "pv/mmu.h"
#include "pv/table.h"

/* The flags of an ordinary entry. */
#define PV_RW (PTE_P | PTE_RW | PTE_U | PTE_A)
#define PV_RO (PTE_P | PTE_U | PTE_A)

static inline uint64_t pv_entry(mfn_t m, uint64_t flags)
{
	return mfn_to_maddr(m).a | flags;
}

/* Entry i of the page m. */
static inline uint64_t *pv_slot(mfn_t m, unsigned int i)
{
	return (uint64_t *)mfn_to_virt(m) + i;
}

static inline uint64_t pv_slot_maddr(mfn_t m, unsigned int i)
{
	return mfn_to_maddr(m).a + i * 8ull;
}

/*
 * Hypercalls, run as the guest would: -ERESTART goes on with what waits and
 * calls again. *_once: only once.
 */
long pv_mmuext_once(struct vcpu *v, unsigned int cmd, mfn_t m, uint64_t arg2);
long pv_mmuext(struct vcpu *v, unsigned int cmd, mfn_t m, uint64_t arg2);
long pv_update_once(struct vcpu *v, uint64_t ptr, uint64_t val);
long pv_update(struct vcpu *v, uint64_t ptr, uint64_t val);
long pv_update_for(struct vcpu *v, uint32_t foreign, uint64_t ptr,
		   uint64_t val);
long pv_pin(struct vcpu *v, mfn_t m, unsigned int level);
long pv_unpin(struct vcpu *v, mfn_t m);
long pv_va_mapping(struct vcpu *v, uint64_t va, uint64_t val, uint64_t flags);

/* Finishes what v left for later. */
void pv_settle(struct vcpu *v);

/*
 * Checks the whole frame table: each frame's references and type count are
 * exactly what allocations, pins, vCPUs, entries and given-up promotions
 * account for; what a validated table refers to is valid itself; no frame is
 * writable and a table. Fails the test with `when`.
 */
void pv_check(const char *when, ...) PRINTF_FMT(1, 2);

/* References (and type counts) on m that the test itself holds. */
void pv_hold(mfn_t m, int refs, int types);

/* Words and progress of all frames, to be compared. */
struct pv_snapshot {
	uint64_t word[FAKE_RAM_END - FAKE_RAM_FIRST];
	uint16_t progress[FAKE_RAM_END - FAKE_RAM_FIRST];
};
void pv_snapshot(struct pv_snapshot *s);
/* The number of a frame that differs now but for its stamp; 0: none. */
uint64_t pv_differs(const struct pv_snapshot *then);

#endif
