/* SPDX-License-Identifier: MIT */
/*
 * Writes of a guest kernel to its level-1 page tables, which it sees
 * read-only: made as the CPU would make them, atomically against the accessed
 * and dirty bits, with the checks of mmu_update.
 *
 * Three forms make up nearly all of them in practice (Linux: xchg to clear an
 * entry, lock and to write-protect one, mov to set one); they are recognized
 * by their bytes. Everything else goes through the decoder.
 *
 * Tests: tests/unit/hypervisor/pv/test_emulate_table.c.
 */
#include "mm/guest.h"
#include "pv/emulate_insn.h"
#include "pv/table.h"
#include "x86/machine.h"

/* A level-1 table's entry that the guest sees read-only at va. */
static uint64_t *find_table_entry(struct vcpu *v, uint64_t va,
				  struct frame **table)
{
	const uint64_t *l1e = table_peek_l1e(v, va);
	struct frame *f;
	uint64_t pte;
	mfn_t m;

	if (!l1e)
		return NULL;
	pte = __atomic_load_n(l1e, __ATOMIC_ACQUIRE);
	m = mfn((pte & PTE_ADDR) >> PAGE_SHIFT);
	if ((pte & (PTE_P | PTE_RW)) != PTE_P || !mfn_is_ram(m))
		return NULL;
	f = frame_of(m);
	if (frame_owner(f) != v->domain ||
	    frame_word_type(frame_load(f)) != FRAME_L1 ||
	    table_hold(f, v->domain) != 1)
		return NULL;
	*table = f;
	return (uint64_t *)mfn_to_virt(m) + (va & ~PAGE_MASK) / 8;
}

/* Replaces `old` by `new` if it still stands there. 1: it does not. */
static int entry_compare_exchange(struct vcpu *v, uint64_t *slot, uint64_t old,
				  uint64_t new)
{
	struct domain *d = v->domain;
	int rc;

	if (pte_same_mapping(old, new)) {
		if (new &pte_forbidden(d, 1))
			return -EINVAL;
		return !__atomic_compare_exchange_n(slot, &old, new | PTE_U,
						    false, __ATOMIC_ACQ_REL,
						    __ATOMIC_ACQUIRE);
	}
	rc = pte_get(&new, 1, d, d);
	if (rc)
		return rc;
	if (__atomic_compare_exchange_n(slot, &old, new, false,
					__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		rc = pte_put(old, 1);
		return rc;
	}
	rc = pte_put(new, 1);
	return rc ? rc : 1;
}

#define FLAG_CF (1ull << 0)
#define FLAG_PF (1ull << 2)
#define FLAG_AF (1ull << 4)
#define FLAG_ZF (1ull << 6)
#define FLAG_SF (1ull << 7)
#define FLAG_OF (1ull << 11)

/* The flags that AND leaves for a byte result. */
static uint64_t and_flags(uint64_t rflags, uint8_t result)
{
	rflags &= ~(FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF);
	if (!__builtin_parity(result))
		rflags |= FLAG_PF;
	if (!result)
		rflags |= FLAG_ZF;
	if (result & 0x80)
		rflags |= FLAG_SF;
	return rflags;
}

static uint64_t *gpr(struct cpu_regs *r, unsigned int n)
{
#define AT(name) (offsetof(struct cpu_regs, name) / 8)
	static const uint8_t at[16] = {
		AT(rax), AT(rcx), AT(rdx), AT(rbx), AT(rsp), AT(rbp),
		AT(rsi), AT(rdi), AT(r8),  AT(r9),  AT(r10), AT(r11),
		AT(r12), AT(r13), AT(r14), AT(r15),
	};
#undef AT

	return (uint64_t *)r + at[n];
}

/*
 * xchg %r, (%b); mov %r, (%b); lock andb $imm, (%b). false: not one of them,
 * or its entry is refused, and nothing has happened.
 */
static bool write_fast(struct vcpu *v, uint64_t va, uint64_t *slot)
{
	struct cpu_regs *r = &v->arch.regs;
	unsigned int at = 0, reg, shift = (va & 7) * 8;
	uint8_t b[8], rex = 0, op, modrm;
	uint64_t old, new;
	bool lock;
	int rc;

	if (guest_read(b, gptr(r->rip), sizeof(b)))
		return false;
	lock = b[at] == 0xf0;
	at += lock;
	if ((b[at] & 0xf0) == 0x40)
		rex = b[at++];
	op = b[at++];
	modrm = b[at++];
	/* Only (%base): no displacement, SIB or rip. */
	if (modrm >> 6 || (modrm & 6) == 4 ||
	    *gpr(r, (modrm & 7) | (rex & 1) << 3) != va)
		return false;
	reg = (modrm >> 3 & 7) | (rex & 4) << 1;
	if (op == 0x87 || (op == 0x89 && !lock)) {
		if (!(rex & 8) || shift)
			return false;
	} else if (op != 0x80 || (reg & 7) != 4) {
		return false;
	}
	do {
		old = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
		new = *gpr(r, reg);
		if (op == 0x80)
			new = old & ~((uint64_t)(uint8_t)~b[at] << shift);
		rc = entry_compare_exchange(v, slot, old, new);
	} while (rc == 1);
	if (rc)
		return false;
	if (op == 0x87)
		*gpr(r, reg) = old;
	if (op == 0x80) {
		r->rflags = and_flags(r->rflags, new >> shift);
		at++;
	}
	emulate_advance(v, at);
	return true;
}

bool emulate_table_write(struct vcpu *v, uint64_t va)
{
	struct cpu_regs *r = &v->arch.regs;
	unsigned int shift, bytes;
	uint64_t g[16], ea, rflags, *slot;
	struct frame *table;
	struct insn in;
	int rc;

	slot = find_table_entry(v, va, &table);
	if (!slot)
		return false;
	rc = 0;
	if (write_fast(v, va, slot))
		goto done;
	rc = -EINVAL;
	if (!emulate_decode(v, &in) || !insn_is_write(&in) ||
	    insn_is_string(&in) || !in.has_mem)
		goto done;
	emulate_gprs_load(r, g);
	ea = insn_effective_address(&in, g, r->rip + in.length,
				    vcpu_get_fs_base(v),
				    vcpu_get_gs_base_kernel(v));
	bytes = insn_mem_bytes(&in);
	if ((ea & ~7ull) != (va & ~7ull) || (ea & 7) + bytes > 8)
		goto done;
	shift = (ea & 7) * 8;
	do {
		uint64_t old = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
		uint64_t mask = bytes == 8 ? ~0ull : (1ull << bytes * 8) - 1;
		uint64_t new = 0;
		bool writes;

		rflags = r->rflags;
		rc = insn_compute_write(&in, old >> shift & mask, g, &new,
					&writes, g, &rflags);
		if (rc)
			break;
		if (writes) {
			new = (old & ~(mask << shift)) | (new &mask) << shift;
			rc = entry_compare_exchange(v, slot, old, new);
			if (rc == 1)
				emulate_gprs_load(r,
						  g); /* again from the start */
		}
	} while (rc == 1);
	if (!rc) {
		emulate_gprs_store(r, g);
		r->rflags = rflags;
		emulate_advance(v, in.length);
	}
done:
	table_unhold(v, table);
	/* Not finished: the guest executes the instruction again. */
	return !rc || rc == -ERESTART;
}
