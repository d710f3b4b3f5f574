/* SPDX-License-Identifier: MIT */
/*
 * Paravirtual page tables: typed frames, entry checks, and the hypercalls
 * that change them.
 */
#ifndef PV_MMU_H
#define PV_MMU_H

#include "domain/domain.h"

/* Page-table entry bits. */
#define PTE_P	 (1ull << 0)
#define PTE_RW	 (1ull << 1)
#define PTE_U	 (1ull << 2)
#define PTE_PWT	 (1ull << 3)
#define PTE_PCD	 (1ull << 4)
#define PTE_A	 (1ull << 5)
#define PTE_D	 (1ull << 6)
#define PTE_PSE	 (1ull << 7) /* L2/L3: large page; L1: PAT */
#define PTE_PAT	 (1ull << 7)
#define PTE_G	 (1ull << 8)
#define PTE_NX	 (1ull << 63)
#define PTE_ADDR 0x000ffffffffff000ull

#define PT_ENTRIES 512

/*
 * A reference with a type on frame m for domain d: page tables are validated
 * (resumable), descriptor pages checked. *out is set on 0. Errors: -EINVAL
 * (type conflict or bad content), -EPERM (not d's), -EBUSY, -ERESTART.
 */
MUST_CHECK int frame_get_type(mfn_t m, struct domain *d, enum frame_type type,
			      struct frame **out);
/*
 * Drops one. With the last of a page table its entries are let go:
 * -ERESTART: not finished, call again (the reference is still held).
 */
MUST_CHECK int frame_put_type(struct frame *f);

/* As above, but an unfinished demotion is left to v's next hypercall exit. */
void frame_put_type_later(struct vcpu *v, struct frame *f);
/* Goes on with it; true: nothing is left. */
bool demote_pending_finish(struct vcpu *v);

/*
 * Installs one L1 entry through the grant path: at guest virtual address va
 * of v's current tables, or (pte_maddr != 0) at that machine address. The
 * entry is written as given; the caller holds the reference that it stands
 * for. Old entries that hold references are dropped. -EINVAL, -EPERM.
 */
MUST_CHECK int grant_pte_set_va(struct vcpu *v, uint64_t va, uint64_t pte);
MUST_CHECK int grant_pte_set_maddr(struct vcpu *v, uint64_t pte_maddr,
				   uint64_t pte);
/*
 * The reverse: the entry must map frame m (else -EINVAL); it becomes `new`
 * (0: not present) and the old entry's references are NOT dropped: they are
 * the caller's: a writable one if *writable. The caller flushes.
 */
MUST_CHECK int grant_pte_clear_va(struct vcpu *v, uint64_t va, mfn_t m,
				  uint64_t new, bool *writable);
MUST_CHECK int grant_pte_clear_maddr(struct vcpu *v, uint64_t pte_maddr,
				     mfn_t m, uint64_t new, bool *writable);

long hypercall_mmu_update(struct vcpu *v, uint64_t args[6]);
long hypercall_mmuext_op(struct vcpu *v, uint64_t args[6]);
long hypercall_update_va_mapping(struct vcpu *v, uint64_t args[6]);
long hypercall_update_va_mapping_otherdomain(struct vcpu *v, uint64_t args[6]);
long hypercall_set_gdt(struct vcpu *v, uint64_t args[6]);
long hypercall_update_descriptor(struct vcpu *v, uint64_t args[6]);

#endif
