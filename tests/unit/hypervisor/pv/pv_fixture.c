/* SPDX-License-Identifier: MIT */
/* The guests and the accountant of pv_fixture.h. */
#include "pv_fixture.h"
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include "mm/frame.h"

#define RAM_FRAMES   (FAKE_RAM_END - FAKE_RAM_FIRST)
#define RESTARTS_MAX 100000u

void pv_settle(struct vcpu *v)
{
	unsigned int tries;

	for (tries = 0; !demote_pending_finish(v); tries++)
		cr_assert_lt(tries, RESTARTS_MAX, "a demotion does not end");
}

/* Calls fn until it has an answer. */
static long call(hypercall_fn *fn, struct vcpu *v, uint64_t args[6])
{
	unsigned int tries;
	long rc;

	for (tries = 0; (rc = fn(v, args)) == -ERESTART; tries++) {
		cr_assert_lt(tries, RESTARTS_MAX, "a hypercall does not end");
		pv_settle(v);
	}
	pv_settle(v);
	return rc;
}

static struct mmuext_op ext_op(unsigned int cmd, mfn_t m, uint64_t arg2)
{
	struct mmuext_op op = {.cmd = cmd};

	op.arg1.mfn = m.n;
	op.arg2.src_mfn = arg2;
	return op;
}

long pv_mmuext_once(struct vcpu *v, unsigned int cmd, mfn_t m, uint64_t arg2)
{
	struct mmuext_op op = ext_op(cmd, m, arg2);
	uint64_t args[6] = {(uintptr_t)&op, 1, 0, DOMID_SELF};

	return hypercall_mmuext_op(v, args);
}

long pv_mmuext(struct vcpu *v, unsigned int cmd, mfn_t m, uint64_t arg2)
{
	struct mmuext_op op = ext_op(cmd, m, arg2);
	uint64_t args[6] = {(uintptr_t)&op, 1, 0, DOMID_SELF};

	return call(hypercall_mmuext_op, v, args);
}

long pv_update_once(struct vcpu *v, uint64_t ptr, uint64_t val)
{
	struct mmu_update u = {ptr, val};
	uint64_t args[6] = {(uintptr_t)&u, 1, 0, DOMID_SELF};

	return hypercall_mmu_update(v, args);
}

long pv_update_for(struct vcpu *v, uint32_t foreign, uint64_t ptr, uint64_t val)
{
	struct mmu_update u = {ptr, val};
	uint64_t args[6] = {(uintptr_t)&u, 1, 0, foreign};

	return call(hypercall_mmu_update, v, args);
}

long pv_update(struct vcpu *v, uint64_t ptr, uint64_t val)
{
	return pv_update_for(v, DOMID_SELF, ptr, val);
}

long pv_pin(struct vcpu *v, mfn_t m, unsigned int level)
{
	return pv_mmuext(v, MMUEXT_PIN_L1_TABLE + level - 1, m, 0);
}

long pv_unpin(struct vcpu *v, mfn_t m)
{
	return pv_mmuext(v, MMUEXT_UNPIN_TABLE, m, 0);
}

long pv_va_mapping(struct vcpu *v, uint64_t va, uint64_t val, uint64_t flags)
{
	uint64_t args[6] = {va, val, flags};

	return call(hypercall_update_va_mapping, v, args);
}

/* What is expected of each frame. */
struct account {
	int64_t refs, types;
	int64_t held_refs, held_types; /* the test's */
	enum frame_type type;
};

static struct account accounts[RAM_FRAMES];

static struct account *account_of(mfn_t m)
{
	cr_assert(mfn_is_ram(m), "%#lx is not RAM", (long)m.n);
	return &accounts[m.n - FAKE_RAM_FIRST];
}

void pv_hold(mfn_t m, int refs, int types)
{
	account_of(m)->held_refs += refs;
	account_of(m)->held_types += types;
}

static char when_text[160];

static void count(mfn_t m, enum frame_type type, const char *who, mfn_t by)
{
	struct account *a = account_of(m);

	a->refs++;
	if (type == FRAME_NONE)
		return;
	cr_assert(!a->types || a->type == type,
		  "%s: %#lx is type %d, but %s of %#lx takes it as %d",
		  when_text, (long)m.n, a->type, who, (long)by.n, type);
	a->type = type;
	a->types++;
}

static bool is_table(enum frame_type t)
{
	return t >= FRAME_L1 && t <= FRAME_L4;
}

static void count_entries(mfn_t m, unsigned int level, unsigned int entries,
			  bool validated)
{
	unsigned int i;

	for (i = 0; i < entries; i++) {
		uint64_t e = *pv_slot(m, i);
		mfn_t to = mfn((e & PTE_ADDR) >> PAGE_SHIFT);
		uint64_t w;

		if (!(e & PTE_P) ||
		    (level == 4 && i >= HV_L4_FIRST && i <= HV_L4_LAST))
			continue;
		cr_assert(e & PTE_U, "%s: %#lx[%u] lacks U", when_text,
			  (long)m.n, i);
		if (!mfn_is_ram(to)) {
			cr_assert_eq(level, 1, "%s: %#lx[%u]", when_text,
				     (long)m.n, i);
			continue;
		}
		if (level == 1) {
			count(to, e & PTE_RW ? FRAME_WRITABLE : FRAME_NONE,
			      "an entry", m);
			continue;
		}
		cr_assert(!(e & PTE_PSE), "%s: %#lx[%u] is a large page",
			  when_text, (long)m.n, i);
		count(to, (enum frame_type)(level - 1), "an entry", m);
		w = frame_load(frame_of(to));
		cr_assert(!validated || (w & FRAME_VALIDATED),
			  "%s: %#lx[%u] is valid, its table %#lx is not",
			  when_text, (long)m.n, i, (long)to.n);
	}
}

static void count_frame(mfn_t m)
{
	const struct frame *f = frame_of(m);
	uint64_t w = frame_load(f);
	enum frame_type type = frame_word_type(w);
	struct account *a = account_of(m);

	cr_assert(!(w & FRAME_LOCKED), "%s: %#lx stays locked", when_text,
		  (long)m.n);
	cr_assert(!(w & FRAME_VALIDATED) || frame_word_tcnt(w),
		  "%s: %#lx is validated with count 0", when_text, (long)m.n);
	a->refs += a->held_refs + ((w & FRAME_ALLOCATED) != 0) +
		   ((w & FRAME_SHARED) != 0);
	a->types += a->held_types;
	if (a->held_types)
		a->type = type;
	if (w & FRAME_PINNED)
		count(m, type, "the pin", m);
	if (!is_table(type)) {
		cr_assert_eq(f->progress, 0, "%s: %#lx", when_text, (long)m.n);
		return;
	}
	if (!frame_word_tcnt(w) && f->progress)
		a->refs++;
	if (w & FRAME_VALIDATED)
		cr_assert_eq(f->progress, 512, "%s: %#lx", when_text,
			     (long)m.n);
	count_entries(m, type, f->progress, w & FRAME_VALIDATED);
}

static void count_vcpu(const struct vcpu *v)
{
	const struct arch_vcpu *a = &v->arch;
	unsigned int i;

	if (a->kernel_cr3)
		count(mfn(a->kernel_cr3 >> 12), FRAME_L4, "CR3", mfn(0));
	if (a->user_cr3)
		count(mfn(a->user_cr3 >> 12), FRAME_L4, "user CR3", mfn(0));
	for (i = 0; i < DIV_ROUND_UP(a->gdt_entries, 512); i++)
		count(mfn(a->gdt_frames[i]), FRAME_SEGDESC, "GDT", mfn(i));
	for (i = 0; i < LDT_FRAMES; i++)
		if (a->tables_l1[GDT_FRAMES + i] & PTE_P)
			count(mfn((a->tables_l1[GDT_FRAMES + i] & PTE_ADDR) >>
				  12),
			      FRAME_SEGDESC, "LDT", mfn(i));
	if (v->demote_pending)
		count(frame_mfn(v->demote_pending),
		      frame_word_type(frame_load(v->demote_pending)),
		      "the wait", mfn(0));
}

static void check_frame(mfn_t m)
{
	uint64_t w = frame_load(frame_of(m));
	const struct account *a = account_of(m);

	cr_assert_eq(frame_word_refs(w), a->refs,
		     "%s: %#lx (word %#lx) has %u references, should have %ld",
		     when_text, (long)m.n, (long)w, frame_word_refs(w),
		     (long)a->refs);
	cr_assert_eq(frame_word_tcnt(w), a->types,
		     "%s: %#lx (word %#lx) has type count %u, should have %ld",
		     when_text, (long)m.n, (long)w, frame_word_tcnt(w),
		     (long)a->types);
	cr_assert(!a->types || frame_word_type(w) == a->type,
		  "%s: %#lx (word %#lx) should be of type %d", when_text,
		  (long)m.n, (long)w, a->type);
}

void pv_check(const char *when, ...)
{
	static const struct account none;
	struct domain *d;
	domid_t id = 0;
	uint64_t n;
	va_list ap;

	va_start(ap, when);
	vsnprintf(when_text, sizeof(when_text), when, ap);
	va_end(ap);
	for (n = 0; n < RAM_FRAMES; n++) {
		struct account a = none;

		a.held_refs = accounts[n].held_refs;
		a.held_types = accounts[n].held_types;
		accounts[n] = a;
	}
	for (n = FAKE_RAM_FIRST; n < FAKE_RAM_END; n++)
		if (frame_load(frame_of(mfn(n))))
			count_frame(mfn(n));
	for (; (d = domain_next(id)); id = d->id + 1, domain_put(d))
		for (n = 0; n < d->max_vcpus; n++)
			count_vcpu(d->vcpu[n]);
	for (n = FAKE_RAM_FIRST; n < FAKE_RAM_END; n++)
		check_frame(mfn(n));
}

void pv_snapshot(struct pv_snapshot *s)
{
	uint64_t n;

	for (n = 0; n < RAM_FRAMES; n++) {
		s->word[n] = frame_load(frame_of(mfn(FAKE_RAM_FIRST + n)));
		s->progress[n] = frame_of(mfn(FAKE_RAM_FIRST + n))->progress;
		/* What a frame was last is of no account. */
		if (!frame_word_tcnt(s->word[n]) && !s->progress[n])
			s->word[n] &= ~FRAME_TYPE_MASK;
	}
}

uint64_t pv_differs(const struct pv_snapshot *then)
{
	static struct pv_snapshot now;
	uint64_t n;

	pv_snapshot(&now);
	for (n = 0; n < RAM_FRAMES; n++)
		if (then->word[n] != now.word[n] ||
		    then->progress[n] != now.progress[n])
			return FAKE_RAM_FIRST + n;
	return 0;
}
