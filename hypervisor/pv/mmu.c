/* SPDX-License-Identifier: MIT */
/*
 * The hypercalls that change page tables: mmu_update, update_va_mapping,
 * mmuext_op; and the grant code's way to an L1 entry. All changes go through
 * pv/table.c. Tests: tests/unit/hypervisor/pv/test_mmu.c.
 */
#include "pv/mmu.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "log/log.h"
#include "mm/guest.h"
#include "mm/m2p.h"
#include "pv/descriptor.h"
#include "pv/table.h"
#include "x86/machine.h"
#include "x86/tlb.h"

/* Bit 31 of a count: this is the continuation of a preempted call. */
#define PREEMPTED 0x80000000u

/*
 * The two domains that an update names: whose tables (pt), and who owns what
 * they map. Each with a reference.
 */
struct update_domains {
	struct domain *pt, *owner;
};

static struct domain *owner_find(struct vcpu *v, domid_t id, int *rc)
{
	if (id == DOMID_IO || id == DOMID_XEN) {
		struct domain *d = id == DOMID_IO ? &domain_io : &domain_xen;

		if (!v->domain->privileged) {
			*rc = -EPERM;
			return NULL;
		}
		domain_get(d);
		return d;
	}
	return domain_find_for(v, id, rc);
}

static int domains_find(struct vcpu *v, uint32_t foreign,
			struct update_domains *u)
{
	uint32_t pt = foreign >> 16;
	int rc = -ESRCH;

	/* The common case: the caller is running, it needs no reference. */
	if (foreign == DOMID_SELF) {
		u->pt = u->owner = v->domain;
		return 0;
	}
	u->pt = domain_find_for(v, pt ? (domid_t)(pt - 1) : DOMID_SELF, &rc);
	if (!u->pt)
		return rc;
	u->owner = owner_find(v, (domid_t)foreign, &rc);
	if (!u->owner) {
		domain_put(u->pt);
		return rc;
	}
	return 0;
}

static void domains_put(uint32_t foreign, struct update_domains *u)
{
	if (foreign == DOMID_SELF)
		return;
	domain_put(u->pt);
	domain_put(u->owner);
}

/* Writes to a page that is no table: allowed like any guest write. */
static int data_write(struct domain *d, mfn_t m, unsigned int slot,
		      uint64_t val)
{
	struct frame *f;
	int rc = frame_get_type(m, d, FRAME_WRITABLE, &f);

	if (rc)
		return rc;
	__atomic_store_n((uint64_t *)mfn_to_virt(m) + slot, val,
			 __ATOMIC_RELAXED);
	frame_put_writable(f);
	return 0;
}

static int entry_update(struct vcpu *v, const struct update_domains *u,
			uint64_t ptr, uint64_t val, bool keep_ad)
{
	mfn_t m = mfn(ptr >> PAGE_SHIFT);
	unsigned int slot = (ptr & ~PAGE_MASK) / 8, level;
	struct frame *f;
	int rc;

	if (ptr & 7)
		return -EINVAL;
	if (!mfn_is_ram(m))
		return -EINVAL;
	f = frame_of(m);
	if (frame_owner(f) != u->pt)
		return -EPERM;
	level = table_hold(f, u->pt);
	if (!level)
		return data_write(u->pt, m, slot, val);
	rc = table_write(v, u->pt, u->owner, (uint64_t *)mfn_to_virt(m) + slot,
			 level, val, keep_ad);
	table_unhold(v, f);
	return rc;
}

static int machphys_update(const struct update_domains *u, uint64_t ptr,
			   uint64_t pfn)
{
	mfn_t m = mfn(ptr >> PAGE_SHIFT);
	struct frame *f = frame_get(m, u->owner);

	if (!f)
		return -EINVAL;
	m2p_set(m, pfn);
	frame_put(f);
	return 0;
}

static int update_one(struct vcpu *v, const struct update_domains *u,
		      const struct mmu_update *req)
{
	uint64_t ptr = req->ptr & ~3ull;

	switch (req->ptr & 3) {
	case MMU_MACHPHYS_UPDATE:
		return machphys_update(u, ptr, req->val);
	case MMU_PT_UPDATE_PRESERVE_AD:
		return entry_update(v, u, ptr, req->val, true);
	default: /* NORMAL; NO_TRANSLATE is the same for PV */
		return entry_update(v, u, ptr, req->val, false);
	}
}

/*
 * How many were done, however it ended: callers that go on behind the one that
 * failed, as Linux does to map frames of another domain, count on it.
 */
static long done_tell(gptr_t out, uint32_t done, long rc)
{
	if (!gptr_is_null(out) && guest_write_obj(out, &done))
		return -EFAULT;
	return rc;
}

/* args: requests, count, done, domains */
long hypercall_mmu_update(struct vcpu *v, uint64_t args[6])
{
	gptr_t reqs = gptr(args[0]), done_out = gptr(args[2]);
	uint32_t count = args[1], done_before = 0, i;
	struct update_domains u;
	int rc;

	if (count & PREEMPTED) {
		count &= ~PREEMPTED;
		if (!gptr_is_null(done_out) &&
		    guest_read_obj(&done_before, done_out))
			return -EFAULT;
	}
	rc = domains_find(v, args[3], &u);
	if (rc)
		return done_tell(done_out, done_before, rc);
	for (i = 0; i < count; i++) {
		struct mmu_update req;

		if (i && !(i & 15) && hypercall_preempt_check()) {
			rc = -ERESTART;
			break;
		}
		if (guest_read_elem(&req, reqs, i)) {
			rc = -EFAULT;
			break;
		}
		rc = update_one(v, &u, &req);
		if (rc)
			break;
	}
	domains_put(args[3], &u);
	if (rc == -ERESTART) {
		args[0] += (uint64_t)i * sizeof(struct mmu_update);
		args[1] = (count - i) | PREEMPTED;
	}
	return done_tell(done_out, done_before + i, rc);
}

/* The vCPUs of a bitmap of the guest's; all, if it cannot be read. */
static uint32_t vcpus_named(const struct domain *d, uint64_t bitmap)
{
	uint32_t mask = 0;

	if (guest_read(&mask, gptr(bitmap), DIV_ROUND_UP(d->max_vcpus, 8u)))
		return ~0u;
	return mask;
}

/* flags: UVMF; beside the kind, nobody else, UVMF_ALL, or a bitmap. */
static void flush_as_asked(struct vcpu *v, uint64_t va, uint64_t flags)
{
	uint64_t kind = flags & UVMF_FLUSHTYPE_MASK, whom = flags & ~kind;
	struct domain *d = v->domain;

	if (kind != UVMF_TLB_FLUSH && kind != UVMF_INVLPG)
		return;
	if (!whom || (kind == UVMF_INVLPG && d->max_vcpus == 1)) {
		if (kind == UVMF_INVLPG)
			tlb_flush_page(va);
		else
			tlb_flush_local();
	} else if (whom == UVMF_ALL) {
		tlb_flush_domain(d);
	} else {
		tlb_flush_vcpus(d, vcpus_named(d, whom));
	}
}

static long va_mapping(struct vcpu *v, struct domain *owner, uint64_t va,
		       uint64_t val, uint64_t flags)
{
	struct frame *l1;
	uint64_t *slot;
	int rc;

	slot = table_find_l1e(v, va, &l1);
	if (!slot)
		return -EINVAL;
	rc = table_write(v, v->domain, owner, slot, 1, val, false);
	table_unhold(v, l1);
	if (!rc)
		flush_as_asked(v, va, flags);
	return rc;
}

/* args: va, entry, flags */
long hypercall_update_va_mapping(struct vcpu *v, uint64_t args[6])
{
	return va_mapping(v, v->domain, args[0], args[1], args[2]);
}

/* args: va, entry, flags, owner */
long hypercall_update_va_mapping_otherdomain(struct vcpu *v, uint64_t args[6])
{
	struct domain *owner;
	int rc = -ESRCH;
	long ret;

	owner = owner_find(v, (domid_t)args[3], &rc);
	if (!owner)
		return rc;
	ret = va_mapping(v, owner, args[0], args[1], args[2]);
	domain_put(owner);
	return ret;
}

static int new_baseptr(struct vcpu *v, uint64_t m, bool user)
{
	uint64_t *root = user ? &v->arch.user_cr3 : &v->arch.kernel_cr3;
	uint64_t old = *root;
	struct frame *f = NULL;
	int rc;

	if (v->demote_pending)
		return -ERESTART;
	if (m || !user) {
		rc = frame_get_type(mfn(m), v->domain, FRAME_L4, &f);
		if (rc)
			return rc;
	}
	*root = m << PAGE_SHIFT;
	if (!user)
		vcpu_load_cr3(v);
	if (old)
		frame_put_type_later(v, frame_of(maddr_to_mfn((maddr_t){old})));
	return 0;
}

static int page_clear_or_copy(struct domain *d, uint64_t dst, uint64_t src,
			      bool copy)
{
	struct frame *s = NULL, *f;
	int rc;

	if (copy) {
		s = frame_get(mfn(src), d);
		if (!s)
			return -EINVAL;
	}
	rc = frame_get_type(mfn(dst), d, FRAME_WRITABLE, &f);
	if (!rc) {
		if (copy)
			memcpy(mfn_to_virt(mfn(dst)), mfn_to_virt(mfn(src)),
			       PAGE_SIZE);
		else
			memset(mfn_to_virt(mfn(dst)), 0, PAGE_SIZE);
		frame_put_writable(f);
	}
	if (s)
		frame_put(s);
	return rc;
}

static int unpin(struct domain *d, uint64_t m)
{
	struct frame *f = frame_get(mfn(m), d);
	int rc;

	if (!f)
		return -EINVAL;
	rc = table_unpin(f);
	frame_put(f);
	return rc;
}

static int ext_one(struct vcpu *v, struct domain *owner,
		   const struct mmuext_op *op)
{
	struct domain *d = v->domain;
	uint64_t m = op->arg1.mfn, va = op->arg1.linear_addr;

	switch (op->cmd) {
	case MMUEXT_PIN_L1_TABLE:
	case MMUEXT_PIN_L2_TABLE:
	case MMUEXT_PIN_L3_TABLE:
	case MMUEXT_PIN_L4_TABLE:
		return table_pin(v, owner, mfn(m),
				 FRAME_L1 + (op->cmd - MMUEXT_PIN_L1_TABLE));
	case MMUEXT_UNPIN_TABLE:
		return unpin(owner, m);
	default:
		break;
	}
	/* The rest concerns the caller itself. */
	if (owner != d)
		return -EPERM;
	switch (op->cmd) {
	case MMUEXT_NEW_BASEPTR:
		return new_baseptr(v, m, false);
	case MMUEXT_NEW_USER_BASEPTR:
		return new_baseptr(v, m, true);
	case MMUEXT_TLB_FLUSH_LOCAL:
		tlb_flush_local();
		return 0;
	case MMUEXT_INVLPG_LOCAL:
		if (va_is_guest(va))
			tlb_flush_page(va);
		return 0;
	case MMUEXT_TLB_FLUSH_MULTI:
		tlb_flush_vcpus(d, vcpus_named(d, op->arg2.vcpumask));
		return 0;
	case MMUEXT_TLB_FLUSH_ALL:
		tlb_flush_domain(d);
		return 0;
	case MMUEXT_INVLPG_MULTI:
	case MMUEXT_INVLPG_ALL:
		if (!va_is_guest(va))
			return 0;
		if (d->max_vcpus == 1)
			tlb_flush_page(va);
		else if (op->cmd == MMUEXT_INVLPG_MULTI)
			tlb_flush_vcpus(d, vcpus_named(d, op->arg2.vcpumask));
		else
			tlb_flush_domain(d);
		return 0;
	case MMUEXT_FLUSH_CACHE:
	case MMUEXT_FLUSH_CACHE_GLOBAL:
		return 0; /* memory types are coherent for all but dom0 */
	case MMUEXT_SET_LDT:
		return ldt_set(v, va, op->arg2.nr_ents);
	case MMUEXT_CLEAR_PAGE:
		return page_clear_or_copy(d, m, 0, false);
	case MMUEXT_COPY_PAGE:
		return page_clear_or_copy(d, m, op->arg2.src_mfn, true);
	default:
		return hypercall_lacking(v, "mmuext_op", op->cmd);
	}
}

/* args: ops, count, done, domain */
long hypercall_mmuext_op(struct vcpu *v, uint64_t args[6])
{
	gptr_t ops = gptr(args[0]), done_out = gptr(args[2]);
	uint32_t count = args[1], done_before = 0, i;
	struct domain *owner;
	int rc = -ESRCH;

	if (count & PREEMPTED) {
		count &= ~PREEMPTED;
		if (!gptr_is_null(done_out) &&
		    guest_read_obj(&done_before, done_out))
			return -EFAULT;
	}
	owner = domain_find_for(v, (domid_t)args[3], &rc);
	if (!owner)
		return done_tell(done_out, done_before, rc);
	rc = 0;
	for (i = 0; i < count; i++) {
		struct mmuext_op op;

		if (i && hypercall_preempt_check()) {
			rc = -ERESTART;
			break;
		}
		if (guest_read_elem(&op, ops, i)) {
			rc = -EFAULT;
			break;
		}
		rc = ext_one(v, owner, &op);
		if (rc)
			break;
	}
	domain_put(owner);
	if (rc == -ERESTART) {
		args[0] += (uint64_t)i * sizeof(struct mmuext_op);
		args[1] = (count - i) | PREEMPTED;
	}
	return done_tell(done_out, done_before + i, rc);
}

/* An L1 entry by machine address, its table held. */
static int l1e_by_maddr(struct vcpu *v, uint64_t maddr, uint64_t **slot,
			struct frame **l1)
{
	mfn_t m = mfn(maddr >> PAGE_SHIFT);

	if ((maddr & 7) || !mfn_is_ram(m))
		return -EINVAL;
	*l1 = frame_of(m);
	if (frame_owner(*l1) != v->domain)
		return -EPERM;
	switch (table_hold(*l1, v->domain)) {
	case 1:
		*slot = (uint64_t *)mfn_to_virt(m) + (maddr & ~PAGE_MASK) / 8;
		return 0;
	case 0:
		return -EINVAL;
	default:
		table_unhold(v, *l1);
		return -EINVAL;
	}
}

static int l1e_by_va(struct vcpu *v, uint64_t va, uint64_t **slot,
		     struct frame **l1)
{
	*slot = table_find_l1e(v, va, l1);
	return *slot ? 0 : -EINVAL;
}

static void l1e_replace(struct vcpu *v, uint64_t *slot, struct frame *l1,
			uint64_t pte)
{
	uint64_t old = __atomic_exchange_n(
		slot, pte | (pte & PTE_P ? PTE_U : 0), __ATOMIC_ACQ_REL);
	int rc = pte_put(old, 1);

	BUG_ON(rc);
	table_unhold(v, l1);
}

/* The entry must map m; it becomes `new`, its references are the caller's. */
static int l1e_take(struct vcpu *v, uint64_t *slot, struct frame *l1, mfn_t m,
		    uint64_t new, bool *writable)
{
	uint64_t old = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
	int rc = 0;

	do {
		if (!(old & PTE_P) || (old & PTE_ADDR) >> PAGE_SHIFT != m.n) {
			rc = -EINVAL;
			break;
		}
	} while (!__atomic_compare_exchange_n(
		slot, &old, new, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	table_unhold(v, l1);
	*writable = old & PTE_RW;
	return rc;
}

int grant_pte_set_va(struct vcpu *v, uint64_t va, uint64_t pte)
{
	struct frame *l1;
	uint64_t *slot;
	int rc = l1e_by_va(v, va, &slot, &l1);

	if (rc)
		return rc;
	l1e_replace(v, slot, l1, pte);
	return 0;
}

int grant_pte_set_maddr(struct vcpu *v, uint64_t pte_maddr, uint64_t pte)
{
	struct frame *l1;
	uint64_t *slot;
	int rc = l1e_by_maddr(v, pte_maddr, &slot, &l1);

	if (rc)
		return rc;
	l1e_replace(v, slot, l1, pte);
	return 0;
}

int grant_pte_clear_va(struct vcpu *v, uint64_t va, mfn_t m, uint64_t new,
		       bool *writable)
{
	struct frame *l1;
	uint64_t *slot;
	int rc = l1e_by_va(v, va, &slot, &l1);

	return rc ? rc : l1e_take(v, slot, l1, m, new, writable);
}

int grant_pte_clear_maddr(struct vcpu *v, uint64_t pte_maddr, mfn_t m,
			  uint64_t new, bool *writable)
{
	struct frame *l1;
	uint64_t *slot;
	int rc = l1e_by_maddr(v, pte_maddr, &slot, &l1);

	return rc ? rc : l1e_take(v, slot, l1, m, new, writable);
}
