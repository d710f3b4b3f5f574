/* SPDX-License-Identifier: MIT */
/*
 * Writes of a guest to its page tables by instruction. The common forms are
 * recognized by their bytes, all others go through the decoder; a prefix
 * without meaning sends a common form the long way, too, and both ways must
 * end alike in memory, registers, flags and counts.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include "pv/emulate.h"
#include "pv_fixture.h"

static struct domain *d, *two;
static struct vcpu *v;
static mfn_t table, page[3], theirs;
static uint8_t code[64];

/* The guest sees the table, read-only, in its window 4. */
#define TABLE_VA (WORLD_VA + 4 * PAGE_SIZE)

static void setup(void)
{
	unsigned int i;

	world_init();
	d = world_domain(WORLD_ONE, 1, NULL);
	two = world_domain(WORLD_TWO, 1, NULL);
	v = d->vcpu[0];
	table = world_page(d);
	theirs = world_page(two);
	for (i = 0; i < 3; i++)
		page[i] = world_page(d);
	cr_assert_eq(pv_pin(v, table, 1), 0);
	cr_assert_eq(
		pv_update(v, world_pte_maddr(d, 4), pv_entry(table, PV_RO)), 0);
}

TestSuite(emulate_table, .init = setup);

static unsigned int seed = 0x4711;

static uint64_t rnd(unsigned int below)
{
	return (unsigned int)rand_r(&seed) % below;
}

static const unsigned int reg_at[16] = {
	offsetof(struct cpu_regs, rax) / 8, offsetof(struct cpu_regs, rcx) / 8,
	offsetof(struct cpu_regs, rdx) / 8, offsetof(struct cpu_regs, rbx) / 8,
	offsetof(struct cpu_regs, rsp) / 8, offsetof(struct cpu_regs, rbp) / 8,
	offsetof(struct cpu_regs, rsi) / 8, offsetof(struct cpu_regs, rdi) / 8,
	offsetof(struct cpu_regs, r8) / 8,  offsetof(struct cpu_regs, r9) / 8,
	offsetof(struct cpu_regs, r10) / 8, offsetof(struct cpu_regs, r11) / 8,
	offsetof(struct cpu_regs, r12) / 8, offsetof(struct cpu_regs, r13) / 8,
	offsetof(struct cpu_regs, r14) / 8, offsetof(struct cpu_regs, r15) / 8,
};

static uint64_t *reg(struct cpu_regs *r, unsigned int n)
{
	return (uint64_t *)r + reg_at[n];
}

static void put_code(const uint8_t *bytes, size_t n)
{
	memset(code, 0x90, sizeof(code));
	memcpy(code, bytes, n);
	v->arch.regs.rip = (uintptr_t)code;
}

static void random_regs(void)
{
	unsigned int i;

	for (i = 0; i < 16; i++)
		*reg(&v->arch.regs, i) = rnd(1u << 31) << 33 ^ rnd(1u << 31);
	v->arch.regs.cs = 0xe033;
	v->arch.regs.rflags = 0x202 | (rnd(1u << 12) & 0x8d5) | rnd(2) << 16;
}

static uint64_t random_entry(void)
{
	switch (rnd(8)) {
	case 0:
		return 0;
	case 1:
		return rnd(1u << 30) << 12 | 0xbe;
	case 2:
		return pv_entry(theirs, PV_RW);
	case 3:
		return pv_entry(page[rnd(3)], PV_RW | PTE_PSE);
	case 4:
		return pv_entry(table, rnd(2) ? PV_RW : PV_RO);
	default:
		return pv_entry(page[rnd(3)],
				(PTE_P | rnd(2) << 1 | rnd(2) << 2 |
				 rnd(4) << 5 | rnd(8) << 9 | rnd(2) << 63));
	}
}

struct outcome {
	bool done;
	struct cpu_regs regs;
	uint64_t entries[512], page_words[3], theirs_word, table_word;
	unsigned int reads;
};

static void run(struct outcome *o, uint64_t va)
{
	unsigned int i, reads = fake_guest_reads;

	o->done = emulate_table_write(v, va);
	o->reads = fake_guest_reads - reads;
	o->regs = v->arch.regs;
	memcpy(o->entries, mfn_to_virt(table), PAGE_SIZE);
	for (i = 0; i < 3; i++)
		o->page_words[i] = frame_load(frame_of(page[i]));
	o->theirs_word = frame_load(frame_of(theirs));
	o->table_word = frame_load(frame_of(table));
}

/* An entry that is there for sure. */
static void set_entry(unsigned int slot, uint64_t e)
{
	if (pv_update(v, pv_slot_maddr(table, slot), e))
		cr_assert_eq(pv_update(v, pv_slot_maddr(table, slot), 0), 0);
}

/* One of the common forms with random registers. Its length. */
static size_t common_form(uint8_t *b, unsigned int base, unsigned int r)
{
	uint8_t rex = (uint8_t)(0x40 | (r >> 3) << 2 | base >> 3);
	uint8_t modrm = (uint8_t)((r & 7) << 3 | (base & 7));
	size_t n = 0;

	switch (rnd(4)) {
	case 0: /* xchg %r, (%base) */
		if (!rnd(3))
			b[n++] = 0xf0;
		b[n++] = rex | 8;
		b[n++] = 0x87;
		b[n++] = modrm;
		break;
	case 1: /* mov %r, (%base) */
		b[n++] = rex | 8;
		b[n++] = 0x89;
		b[n++] = modrm;
		break;
	default: /* lock andb $imm, (%base) */
		if (rnd(3))
			b[n++] = 0xf0;
		if (base > 7 || !rnd(2))
			b[n++] = (rex & 0x41) | (uint8_t)(rnd(4) << 2 & 0xc);
		b[n++] = 0x80;
		b[n++] = 4 << 3 | (base & 7);
		b[n++] = (uint8_t)rnd(256);
		break;
	}
	return n;
}

Test(emulate_table, a_single_step_ends_either_way_of_writing)
{
	/* mov %rax, (%rbx), and the same with a prefix without meaning */
	static const uint8_t b[] = {0x3e, 0x48, 0x89, 0x03};
	static uint64_t stack[64] __attribute__((aligned(64)));
	struct cpu_regs *r = &v->arch.regs;
	unsigned int long_way;

	v->arch.traps[1].address = 0x1234560;
	for (long_way = 0; long_way < 2; long_way++) {
		put_code(b + !long_way, 3 + long_way);
		r->rax = pv_entry(page[0], PV_RW);
		r->rbx = TABLE_VA;
		r->rflags = 0x302;
		r->rsp = (uintptr_t)&stack[60];
		v->arch.debugreg[6] = 0xffff0ff0;
		cr_assert(emulate_table_write(v, TABLE_VA));
		cr_assert_eq(*pv_slot(table, 0), pv_entry(page[0], PV_RW));
		cr_assert_eq(r->rip, 0x1234560);
		cr_assert_eq(v->arch.debugreg[6], 0xffff4ff0);
		cr_assert_eq(((uint64_t *)(uintptr_t)r->rsp)[2],
			     (uintptr_t)code + 3 + long_way);
	}
}

/* What a grant maps is another's; its flags are the mapper's. */
Test(emulate_table, flags_of_a_granted_mapping_change_as_by_mmu_update)
{
	/* mov %rax, (%rbx), and the same with a prefix without meaning */
	static const uint8_t b[] = {0x3e, 0x48, 0x89, 0x03};
	uint64_t granted = pv_entry(theirs, PV_RW | PTE_D), word;
	struct cpu_regs *r = &v->arch.regs;
	unsigned int way;

	cr_assert_eq(frame_get_writable(theirs, two), 0);
	cr_assert_eq(grant_pte_set_maddr(v, pv_slot_maddr(table, 3), granted),
		     0);
	word = frame_load(frame_of(theirs));
	for (way = 0; way < 3; way++) {
		uint64_t flags = 1ull << (9 + way), read_only;

		/* A bit of the guest's own comes, the dirty one goes. */
		if (way == 2) {
			cr_assert_eq(pv_update(v, pv_slot_maddr(table, 3),
					       (granted & ~PTE_D) | flags),
				     0);
		} else {
			put_code(b + !way, 3 + way);
			r->rax = (granted & ~PTE_D) | flags;
			r->rbx = TABLE_VA + 24;
			cr_assert(emulate_table_write(v, TABLE_VA + 24));
		}
		cr_assert_eq(*pv_slot(table, 3), (granted & ~PTE_D) | flags);
		cr_assert_eq(frame_load(frame_of(theirs)), word);
		/* Not the rights, and no forbidden flag. */
		read_only = *pv_slot(table, 3) & ~PTE_RW;
		put_code(b + 1, 3);
		r->rbx = TABLE_VA + 24;
		r->rax = read_only;
		cr_assert_not(emulate_table_write(v, TABLE_VA + 24));
		cr_assert_neq(pv_update(v, pv_slot_maddr(table, 3), read_only),
			      0);
		r->rax = *pv_slot(table, 3) | PTE_PCD;
		cr_assert_not(emulate_table_write(v, TABLE_VA + 24));
		cr_assert_eq(frame_load(frame_of(theirs)), word);
	}
}

Test(emulate_table, common_forms_end_as_the_decoder_says)
{
	static struct outcome fast, slow;
	unsigned int round, done = 0, refused = 0;

	for (round = 0; round < 20000; round++) {
		unsigned int slot = (unsigned int)rnd(512), base, r;
		uint64_t before = random_entry(), va;
		struct cpu_regs start;
		uint8_t b[16] = {0x3e}; /* ds: */
		size_t n;

		do
			base = (unsigned int)rnd(16);
		while ((base & 6) == 4);
		r = (unsigned int)rnd(16);
		set_entry(slot, before);
		before = *pv_slot(table, slot);
		n = common_form(b + 1, base, r);
		random_regs();
		/* Bytes are written anywhere, words at their place. */
		va = TABLE_VA + slot * 8ull;
		if (b[n - 2] == 0x80)
			va += rnd(8);
		*reg(&v->arch.regs, r) = random_entry();
		*reg(&v->arch.regs, base) = va;
		start = v->arch.regs;
		put_code(b + 1, n);
		start.rip = v->arch.regs.rip;
		run(&fast, va);
		/* The same again, the long way. */
		set_entry(slot, 0);
		*pv_slot(table, slot) = 0;
		set_entry(slot, before);
		cr_assert_eq(*pv_slot(table, slot), before);
		v->arch.regs = start;
		put_code(b, n + 1);
		run(&slow, va);
		cr_assert_eq(fast.done, slow.done, "round %u", round);
		if (fast.done) {
			cr_assert_eq(fast.reads, 1, "not the short way");
			cr_assert_eq(fast.regs.rip, start.rip + n);
			slow.regs.rip--;
			done++;
		} else {
			cr_assert_eq(memcmp(&fast.regs, &start, sizeof(start)),
				     0, "refused, but registers changed");
			refused++;
		}
		cr_assert_gt(slow.reads, 1, "not the long way");
		cr_assert_eq(memcmp(&fast.regs, &slow.regs, sizeof(start)), 0,
			     "round %u: registers", round);
		cr_assert_eq(memcmp(fast.entries, slow.entries, PAGE_SIZE), 0,
			     "round %u: entries", round);
		cr_assert_eq(memcmp(fast.page_words, slow.page_words,
				    sizeof(fast.page_words)),
			     0, "round %u: counts", round);
		cr_assert_eq(fast.theirs_word, slow.theirs_word);
		cr_assert_eq(fast.table_word, slow.table_word);
	}
	cr_assert_gt(done, 5000);
	cr_assert_gt(refused, 1000);
	pv_check("after all");
}

struct form {
	char what[24];
	uint8_t bytes[8];
	unsigned int n;
	bool done;
};

/* rbx is the entry's address, rcx a new entry, rax the one that is there. */
ParameterizedTestParameters(emulate_table, forms_that_look_like_common_ones)
{
	static struct form rows[] = {
		{"xchg %rcx, (%rbx)", {0x48, 0x87, 0x0b}, 3, true},
		{"mov %rcx, (%rbx)", {0x48, 0x89, 0x0b}, 3, true},
		{"mov %rcx, 0(%rbx)", {0x48, 0x89, 0x4b, 0}, 4, true},
		{"with SIB", {0x48, 0x89, 0x0c, 0x23}, 4, true},
		{"lock mov", {0xf0, 0x48, 0x89, 0x0b}, 4, false},
		{"mov (%rbx), %rcx", {0x48, 0x8b, 0x0b}, 3, false},
		{"mov to a register", {0x48, 0x89, 0xcb}, 3, false},
		{"cmpxchg", {0xf0, 0x48, 0x0f, 0xb1, 0x0b}, 5, true},
		{"lock nop", {0xf0, 0x90}, 2, false},
		{"rep movsq", {0xf3, 0x48, 0xa5}, 3, false},
		{"movntiq", {0x48, 0x0f, 0xc3, 0x0b}, 4, true},
		{"movq %xmm", {0x66, 0x0f, 0xd6, 0x0b}, 4, false},
		{"call *(%rbx)", {0xff, 0x13}, 2, false},
		{"push (%rbx)", {0xff, 0x33}, 2, false},
		{"fxsave", {0x0f, 0xae, 0x03}, 3, false},
		{"cmpxchg16b", {0x48, 0x0f, 0xc7, 0x0b}, 4, false},
	};

	return cr_make_param_array(struct form, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct form *row, emulate_table,
		  forms_that_look_like_common_ones)
{
	uint64_t old = pv_entry(page[0], PV_RW), new = pv_entry(page[1], PV_RW);
	struct cpu_regs start;

	set_entry(9, old);
	random_regs();
	v->arch.regs.rax = old;
	v->arch.regs.rbx = TABLE_VA + 72;
	v->arch.regs.rcx = new;
	put_code(row->bytes, row->n);
	start = v->arch.regs;
	cr_assert_eq(emulate_table_write(v, TABLE_VA + 72), row->done, "%s",
		     row->what);
	cr_assert_eq(*pv_slot(table, 9), row->done ? new : old, "%s",
		     row->what);
	if (row->done)
		cr_assert_eq(v->arch.regs.rip, start.rip + row->n);
	else
		cr_assert_eq(memcmp(&start, &v->arch.regs, sizeof(start)), 0);
	pv_check("%s", row->what);
}

Test(emulate_table, a_cmpxchg_that_fails_loads_what_is_there)
{
	static const uint8_t b[] = {0xf0, 0x48, 0x0f, 0xb1, 0x0b};
	uint64_t old = pv_entry(page[0], PV_RW);

	set_entry(9, old);
	random_regs();
	v->arch.regs.rax = old ^ PTE_D;
	v->arch.regs.rbx = TABLE_VA + 72;
	v->arch.regs.rcx = pv_entry(theirs, PV_RW); /* would be refused */
	v->arch.regs.rflags |= 0x40;
	put_code(b, sizeof(b));
	cr_assert(emulate_table_write(v, TABLE_VA + 72));
	cr_assert_eq(v->arch.regs.rax, old);
	cr_assert_not(v->arch.regs.rflags & 0x40, "ZF");
	cr_assert_eq(v->arch.regs.rip, (uintptr_t)code + sizeof(b));
	cr_assert_eq(*pv_slot(table, 9), old);
	pv_check("failed");
}

Test(emulate_table, parts_of_an_entry_are_checked_as_the_whole)
{
	static const uint8_t movl[] = {0x89, 0x0b}; /* mov %ecx, (%rbx) */
	static const uint8_t movb[] = {0x88, 0x0b};
	uint64_t old = pv_entry(page[0], PV_RO);

	set_entry(9, old);
	random_regs();
	v->arch.regs.rbx = TABLE_VA + 72;
	v->arch.regs.rcx = (uint32_t)pv_entry(page[1], PV_RW);
	put_code(movl, sizeof(movl));
	cr_assert(emulate_table_write(v, TABLE_VA + 72));
	cr_assert_eq(*pv_slot(table, 9), pv_entry(page[1], PV_RW));
	/* The upper half makes it an address that does not exist. */
	v->arch.regs.rbx = TABLE_VA + 76;
	v->arch.regs.rcx = 0x1000;
	put_code(movl, sizeof(movl));
	cr_assert_not(emulate_table_write(v, TABLE_VA + 76));
	/* One byte that clears P is the end of the mapping. */
	v->arch.regs.rbx = TABLE_VA + 72;
	v->arch.regs.rcx = 0;
	put_code(movb, sizeof(movb));
	cr_assert(emulate_table_write(v, TABLE_VA + 72));
	cr_assert_eq(world_refs(page[1]), 0);
	/* And one that sets it is a mapping. */
	v->arch.regs.rcx = 0x27;
	put_code(movb, sizeof(movb));
	cr_assert(emulate_table_write(v, TABLE_VA + 72));
	cr_assert_eq(world_types(page[1]), 1);
	pv_check("parts");
}

Test(emulate_table, a_write_across_entries_is_refused)
{
	static const uint8_t movl[] = {0x89, 0x0b};
	unsigned int off;

	random_regs();
	v->arch.regs.rcx = 0;
	for (off = 5; off < 8; off++) {
		v->arch.regs.rbx = TABLE_VA + off;
		put_code(movl, sizeof(movl));
		cr_assert_not(emulate_table_write(v, TABLE_VA + off));
	}
}

Test(emulate_table, the_instruction_must_be_the_one_that_faulted)
{
	static const uint8_t b[] = {0x48, 0x89, 0x4b, 0x08}; /* 8(%rbx) */
	static const uint8_t fast[] = {0x48, 0x89, 0x0b};

	random_regs();
	v->arch.regs.rbx = TABLE_VA;
	v->arch.regs.rcx = 0x1230;
	put_code(b, sizeof(b));
	cr_assert_not(emulate_table_write(v, TABLE_VA));
	cr_assert_eq(*pv_slot(table, 0), 0);
	cr_assert_eq(*pv_slot(table, 1), 0);
	put_code(fast, sizeof(fast));
	cr_assert_not(emulate_table_write(v, TABLE_VA + 16));
	cr_assert_eq(*pv_slot(table, 2), 0);
}

Test(emulate_table, only_level_1_tables_that_are_seen_read_only_are_written)
{
	static const uint8_t b[] = {0x48, 0x89, 0x0b};
	mfn_t l2 = world_page(d), plain = world_page(d);
	const uint64_t bad[] = {
		WORLD_VA + 5 * PAGE_SIZE, /* a level-2 table */
		WORLD_VA + 6 * PAGE_SIZE, /* no table */
		WORLD_VA + 7 * PAGE_SIZE, /* a writable page */
		WORLD_VA + 8 * PAGE_SIZE, /* not mapped */
		WORLD_VA + (1ull << 30),  /* no table of its own */
		HV_VIRT_START,
		1ull << 47,
	};
	unsigned int i;

	cr_assert_eq(pv_pin(v, l2, 2), 0);
	cr_assert_eq(pv_update(v, world_pte_maddr(d, 5), pv_entry(l2, PV_RO)),
		     0);
	cr_assert_eq(
		pv_update(v, world_pte_maddr(d, 6), pv_entry(plain, PV_RO)), 0);
	cr_assert_eq(
		pv_update(v, world_pte_maddr(d, 7), pv_entry(page[2], PV_RW)),
		0);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		random_regs();
		v->arch.regs.rbx = bad[i];
		v->arch.regs.rcx = 0x1230;
		put_code(b, sizeof(b));
		cr_assert_not(emulate_table_write(v, bad[i]), "row %u", i);
	}
	cr_assert_eq(
		*pv_slot(l2, 0) | *pv_slot(plain, 0) | *pv_slot(page[2], 0), 0);
	pv_check("refused");
}

/* What domain zero sees of another's tables it may not change this way. */
Test(emulate_table, anothers_table_is_not_written)
{
	static const uint8_t b[] = {0x48, 0x89, 0x0b};
	struct domain *zero = world_domain(WORLD_ZERO, 1, NULL);
	struct vcpu *z = zero->vcpu[0];

	cr_assert_eq(pv_update_for(z, WORLD_ONE, world_pte_maddr(zero, 3),
				   pv_entry(table, PV_RO)),
		     0);
	random_regs();
	put_code(b, sizeof(b));
	z->arch.regs = v->arch.regs;
	z->arch.regs.rbx = WORLD_VA + 3 * PAGE_SIZE;
	z->arch.regs.rcx = 0x1230;
	cr_assert_not(emulate_table_write(z, WORLD_VA + 3 * PAGE_SIZE));
	cr_assert_eq(*pv_slot(table, 0), 0);
}

Test(emulate_table, a_stop_on_the_way_has_the_instruction_executed_again)
{
	static const uint8_t b[] = {0x48, 0x89, 0x0b};
	mfn_t l3 = world_page(d);
	unsigned int i;

	/* A promotion that was given up holds four tables. */
	for (i = 0; i < 4; i++) {
		mfn_t l2 = world_page(d);

		*pv_slot(l3, i) = pv_entry(l2, PV_RW);
	}
	*pv_slot(l3, 4) = pv_entry(theirs, PV_RW);
	cr_assert_neq(pv_pin(v, l3, 3), 0);
	random_regs();
	v->arch.regs.rbx = TABLE_VA;
	v->arch.regs.rcx = pv_entry(l3, PV_RW);
	put_code(b, sizeof(b));
	fake_preempt_every = 1;
	cr_assert(emulate_table_write(v, TABLE_VA));
	cr_assert_eq(v->arch.regs.rip, (uintptr_t)code);
	cr_assert_eq(*pv_slot(table, 0), 0);
	pv_check("stopped");
	cr_assert(emulate_table_write(v, TABLE_VA));
	cr_assert_eq(v->arch.regs.rip, (uintptr_t)code + 3);
	cr_assert_eq(*pv_slot(table, 0), pv_entry(l3, PV_RW));
	pv_check("written");
}
