/* SPDX-License-Identifier: MIT */
/*
 * The evaluator against the CPU that runs the test. Random encodings of every
 * writing instruction, with random prefixes, addressing forms, operands,
 * registers and flags, are decoded and evaluated, and also really executed,
 * from a page of our own; then memory, all registers and all defined flags
 * must agree. That proves lengths and addresses, too: a wrong length runs
 * into the bytes behind, a wrong address changes the wrong memory.
 *
 * Code and data lie below 2 GiB, so that absolute and 32-bit addresses reach
 * them. rsp stays the host's: test_decode.c has the encodings with rsp.
 */
#include <asm/prctl.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "pv/decode.h"

#define DATA_BYTES  1024
#define CODE_BYTES  4096
#define SLOT_BYTES  16
#define FLAGS_ARITH UINT64_C(0x8d5)
#define FLAG_AF	    UINT64_C(0x10)
#define FLAG_DF	    UINT64_C(0x400)

/* What the thunk loads before the instruction and stores after it. */
struct state {
	uint64_t gprs[16];
	uint64_t rflags;
};

/*
 * The thunk, to be copied to where it runs: position independent. Loading
 * and storing registers by mov leaves the flags alone. The slot's
 * instruction keeps its own length; nops follow it.
 */
__asm__(".pushsection .rodata\n"
	"native_thunk:\n"
	"	push %rbx; push %rbp\n"
	"	push %r12; push %r13; push %r14; push %r15\n"
	"	mov %rdi, native_state(%rip)\n"
	"	push 128(%rdi); popfq\n"
	"	mov 0(%rdi), %rax; mov 8(%rdi), %rcx\n"
	"	mov 16(%rdi), %rdx; mov 24(%rdi), %rbx\n"
	"	mov 40(%rdi), %rbp; mov 48(%rdi), %rsi\n"
	"	mov 64(%rdi), %r8; mov 72(%rdi), %r9\n"
	"	mov 80(%rdi), %r10; mov 88(%rdi), %r11\n"
	"	mov 96(%rdi), %r12; mov 104(%rdi), %r13\n"
	"	mov 112(%rdi), %r14; mov 120(%rdi), %r15\n"
	"	mov 56(%rdi), %rdi\n"
	"native_slot:\n"
	"	.skip 16, 0x90\n"
	"	mov %rdi, native_rdi(%rip)\n"
	"	mov native_state(%rip), %rdi\n"
	"	mov %rax, 0(%rdi); mov %rcx, 8(%rdi)\n"
	"	mov %rdx, 16(%rdi); mov %rbx, 24(%rdi)\n"
	"	mov %rbp, 40(%rdi); mov %rsi, 48(%rdi)\n"
	"	mov %r8, 64(%rdi); mov %r9, 72(%rdi)\n"
	"	mov %r10, 80(%rdi); mov %r11, 88(%rdi)\n"
	"	mov %r12, 96(%rdi); mov %r13, 104(%rdi)\n"
	"	mov %r14, 112(%rdi); mov %r15, 120(%rdi)\n"
	"	mov native_rdi(%rip), %rax; mov %rax, 56(%rdi)\n"
	"	pushfq; pop 128(%rdi); cld\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12\n"
	"	pop %rbp; pop %rbx\n"
	"	ret\n"
	"	.balign 8\n"
	"native_state: .quad 0\n"
	"native_rdi: .quad 0\n"
	"native_thunk_end:\n"
	"	.popsection\n");

extern const uint8_t native_thunk[], native_slot[], native_thunk_end[];

static uint8_t *code, *slot, *data;
static uint64_t fs_base;
static unsigned int op_count[INSN_MOVS + 1];

static uint64_t random64(void)
{
	/* random() has 31 bits. */
	return (uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^
	       (uint64_t)random();
}

/* Often an edge, where carries and signs change. */
static uint64_t random_value(void)
{
	static const uint64_t edges[] = {
		0,
		1,
		0x7f,
		0x80,
		0xff,
		0x7fff,
		0x8000,
		0xffff,
		0x7fffffff,
		0x80000000,
		0xffffffff,
		INT64_MAX,
		(uint64_t)INT64_MIN,
		UINT64_MAX,
	};

	if (random() % 3 == 0)
		return edges[(size_t)random() % ARRAY_SIZE(edges)];
	return random64();
}

static void machine_init(void)
{
	uint8_t *area = mmap(NULL, CODE_BYTES + DATA_BYTES,
			     PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	cr_assert_neq(area, MAP_FAILED);
	cr_assert_lt((uintptr_t)area, UINT64_C(1) << 31);
	code = area;
	data = area + CODE_BYTES;
	memcpy(code, native_thunk, (size_t)(native_thunk_end - native_thunk));
	slot = code + (native_slot - native_thunk);
	cr_assert_eq(syscall(SYS_arch_prctl, ARCH_GET_FS, &fs_base), 0);
}

/* An encoding under construction. */
struct bytes {
	uint8_t b[32];
	size_t n;
};

static void emit(struct bytes *s, uint8_t byte)
{
	s->b[s->n++] = byte;
}

static void emit_le(struct bytes *s, uint64_t value, unsigned int count)
{
	while (count-- > 0) {
		emit(s, (uint8_t)value);
		value >>= 8;
	}
}

/* How an opcode goes on. */
enum form {
	FORM_REG,    /* ModRM, a register in it */
	FORM_GROUP,  /* ModRM, `group` in it */
	FORM_IMM8,   /* FORM_GROUP and one immediate byte */
	FORM_IMMZ,   /* FORM_GROUP and 1, 2 or 4 bytes as the operand is */
	FORM_OFFSET, /* an address */
	FORM_STRING,
};

struct template
{
	enum insn_op op;
	bool two_byte;
	uint8_t opcode;
	enum form form;
	uint8_t group;
	bool lockable;
};

#define ALU(op, n)                                                             \
	{op, false, n * 8, FORM_REG, 0, true},                                 \
		{op, false, n * 8 + 1, FORM_REG, 0, true},                     \
		{op, false, 0x80, FORM_IMM8, n, true},                         \
		{op, false, 0x81, FORM_IMMZ, n, true},                         \
	{                                                                      \
		op, false, 0x83, FORM_IMM8, n, true                            \
	}
#define UNARY(op, opcode, group)                                               \
	{op, false, opcode, FORM_GROUP, group, true},                          \
	{                                                                      \
		op, false, opcode + 1, FORM_GROUP, group, true                 \
	}
#define BIT(op, opcode, group, lock)                                           \
	{op, true, opcode, FORM_REG, 0, lock},                                 \
	{                                                                      \
		op, true, 0xba, FORM_IMM8, group, lock                         \
	}

static const struct template templates[] = {
	ALU(INSN_ADD, 0),
	ALU(INSN_OR, 1),
	ALU(INSN_ADC, 2),
	ALU(INSN_SBB, 3),
	ALU(INSN_AND, 4),
	ALU(INSN_SUB, 5),
	ALU(INSN_XOR, 6),
	UNARY(INSN_NOT, 0xf6, 2),
	UNARY(INSN_NEG, 0xf6, 3),
	UNARY(INSN_INC, 0xfe, 0),
	UNARY(INSN_DEC, 0xfe, 1),
	BIT(INSN_BT, 0xa3, 4, false),
	BIT(INSN_BTS, 0xab, 5, true),
	BIT(INSN_BTR, 0xb3, 6, true),
	BIT(INSN_BTC, 0xbb, 7, true),
	{INSN_MOV, false, 0x88, FORM_REG, 0, false},
	{INSN_MOV, false, 0x89, FORM_REG, 0, false},
	{INSN_MOV, false, 0xc6, FORM_IMM8, 0, false},
	{INSN_MOV, false, 0xc7, FORM_IMMZ, 0, false},
	{INSN_MOV, false, 0xa2, FORM_OFFSET, 0, false},
	{INSN_MOV, false, 0xa3, FORM_OFFSET, 0, false},
	{INSN_MOV, true, 0xc3, FORM_REG, 0, false},
	{INSN_XCHG, false, 0x86, FORM_REG, 0, true},
	{INSN_XCHG, false, 0x87, FORM_REG, 0, true},
	{INSN_CMPXCHG, true, 0xb0, FORM_REG, 0, true},
	{INSN_CMPXCHG, true, 0xb1, FORM_REG, 0, true},
	{INSN_XADD, true, 0xc0, FORM_REG, 0, true},
	{INSN_XADD, true, 0xc1, FORM_REG, 0, true},
	{INSN_CMPXCHG8B, true, 0xc7, FORM_GROUP, 1, true},
	{INSN_STOS, false, 0xaa, FORM_STRING, 0, false},
	{INSN_STOS, false, 0xab, FORM_STRING, 0, false},
	{INSN_MOVS, false, 0xa4, FORM_STRING, 0, false},
	{INSN_MOVS, false, 0xa5, FORM_STRING, 0, false},
};

static bool one_in(int n)
{
	return random() % n == 0;
}

/* ModRM and what it calls for. Displacements are patched later. */
static void emit_modrm(struct bytes *s, uint8_t reg, size_t *disp32_at)
{
	uint8_t mod = (uint8_t)(random() % 3), rm = (uint8_t)(random() % 8);
	uint8_t sib = (uint8_t)random();
	bool no_base = mod == 0 && (rm == 5 || (rm == 4 && (sib & 7) == 5));

	emit(s, (uint8_t)(mod << 6 | (reg & 7) << 3 | rm));
	if (rm == 4)
		emit(s, sib);
	if (mod == 1)
		emit(s, (uint8_t)random());
	if (mod == 2 || no_base) {
		if (no_base)
			*disp32_at = s->n;
		emit_le(s, random64(), 4);
	}
}

/* A REX that more prefixes follow; if none does, it counts. Never wide. */
static void emit_stray_rex(struct bytes *s)
{
	if (one_in(24))
		emit(s, (uint8_t)(0x40 | random() % 8));
}

/*
 * A random encoding of t. *disp32_at: where its address has nothing but 32
 * bits of displacement (0: it has a base).
 */
static void emit_instruction(struct bytes *s, const struct template *t,
			     size_t *disp32_at)
{
	bool op16 = false, addr32 = false, wide = false;
	uint8_t rex = one_in(2) ? (uint8_t)(0x40 | random() % 16) : 0;

	*disp32_at = 0;
	s->n = 0;
	if (t->op != INSN_CMPXCHG8B || !(rex & 8))
		wide = rex & 8;
	else
		rex &= (uint8_t)~8;
	emit_stray_rex(s);
	if (one_in(8))
		emit(s, one_in(2) ? 0x64 : 0x65);
	emit_stray_rex(s);
	if (one_in(8))
		emit(s, (uint8_t)(0x26 + 8 * (random() % 4)));
	emit_stray_rex(s);
	if (one_in(4) && !(t->two_byte && t->opcode == 0xc3)) {
		emit(s, 0x66);
		op16 = true;
	}
	emit_stray_rex(s);
	if (one_in(8)) {
		emit(s, 0x67);
		addr32 = true;
	}
	emit_stray_rex(s);
	if (t->lockable && one_in(4))
		emit(s, 0xf0);
	emit_stray_rex(s);
	if (t->form == FORM_STRING && one_in(2))
		emit(s, one_in(4) ? 0xf2 : 0xf3);
	if (rex)
		emit(s, rex);
	if (t->two_byte)
		emit(s, 0x0f);
	emit(s, t->opcode);

	switch (t->form) {
	case FORM_REG:
		emit_modrm(s, (uint8_t)(random() % 8), disp32_at);
		break;
	case FORM_GROUP:
		emit_modrm(s, t->group, disp32_at);
		break;
	case FORM_IMM8:
		emit_modrm(s, t->group, disp32_at);
		emit(s, (uint8_t)random_value());
		break;
	case FORM_IMMZ:
		emit_modrm(s, t->group, disp32_at);
		emit_le(s, random_value(), op16 && !wide ? 2 : 4);
		break;
	case FORM_OFFSET:
		*disp32_at = s->n;
		emit_le(s, 0, addr32 ? 4 : 8);
		break;
	case FORM_STRING:
		break;
	}
}

static bool uses_rsp(const struct insn *in)
{
	return in->mem.base == GPR_RSP || (in->reg == GPR_RSP && !in->reg_high);
}

/*
 * Makes the operand's address `target`: through the base register, or the
 * displacement if there is no base. False: this encoding cannot.
 */
static bool aim(struct insn *in, struct bytes *s, size_t disp32_at,
		struct state *st, uint64_t target)
{
	uint64_t next_rip = (uintptr_t)slot + s->n, off;
	uint64_t now;

	now = insn_effective_address(in, st->gprs, next_rip, fs_base, 0);
	off = target - now;
	if (in->mem.base != INSN_NO_REG) {
		st->gprs[in->mem.base] += off;
	} else {
		uint32_t disp;

		memcpy(&disp, s->b + disp32_at, 4);
		disp += (uint32_t)off;
		memcpy(s->b + disp32_at, &disp, 4);
		if (decode_insn(s->b, s->n, INSN_MODE_64, in))
			return false;
	}
	/* The base may be the index or the operand as well. */
	return insn_effective_address(in, st->gprs, next_rip, fs_base, 0) ==
	       target;
}

static bool aim_string(struct insn *in, struct state *st)
{
	uint64_t middle = (uintptr_t)data + DATA_BYTES / 2;
	uint64_t source = middle - (uint64_t)(random() % 64);

	/* Segment bases are 0, but for fs. */
	if (in->source_segment == INSN_SEG_FS) {
		if (in->addr_bytes != 8)
			return false;
		source -= fs_base;
	}
	st->gprs[GPR_RDI] = middle + (uint64_t)(random() % 64);
	st->gprs[GPR_RSI] = source;
	if (in->addr_bytes == 4) {
		/* The upper halves do not count. */
		st->gprs[GPR_RDI] |= random64() << 32;
		st->gprs[GPR_RSI] |= random64() << 32;
	}
	st->gprs[GPR_RCX] = (uint64_t)(random() % 9);
	if (in->rep != INSN_REP_NONE && in->addr_bytes == 4)
		st->gprs[GPR_RCX] |= random64() << 32;
	return true;
}

static uint64_t load(uint64_t at, unsigned int bytes)
{
	uint64_t value = 0;

	cr_assert(at >= (uintptr_t)data &&
		  at + bytes <= (uintptr_t)data + DATA_BYTES);
	memcpy(&value, (void *)at, bytes);
	return value;
}

/* Runs the instruction through the evaluator, on st and the data page. */
static void evaluate(const struct insn *in, struct state *st)
{
	uint64_t next_rip = (uintptr_t)slot + in->length;

	do {
		uint64_t at, old = 0, new = 0;
		bool writes;

		at = insn_effective_address(in, st->gprs, next_rip, fs_base, 0);
		if (in->op == INSN_MOVS && insn_rep_count(in, st->gprs))
			old = load(
				insn_source_address(in, st->gprs, fs_base, 0),
				in->op_bytes);
		else if (in->op != INSN_MOVS)
			old = load(at, in->op_bytes);
		cr_assert_eq(insn_compute_write(in, old, st->gprs, &new,
						&writes, st->gprs, &st->rflags),
			     0);
		if (writes)
			memcpy((void *)at, &new, in->op_bytes);
	} while (insn_rep_continues(in, st->gprs));
}

static void execute(const struct bytes *s, struct state *st)
{
	void (*thunk)(struct state *);

	memset(slot, 0x90, SLOT_BYTES);
	memcpy(slot, s->b, s->n);
	__builtin___clear_cache((char *)slot, (char *)slot + SLOT_BYTES);
	memcpy(&thunk, &code, sizeof(thunk));
	thunk(st);
}

static bool is_logic(enum insn_op op)
{
	return op == INSN_AND || op == INSN_OR || op == INSN_XOR;
}

/* Only the manuals' defined flags count. */
static uint64_t defined_flags(const struct insn *in)
{
	if (is_logic(in->op))
		return FLAGS_ARITH & ~FLAG_AF;
	if (in->op >= INSN_BT && in->op <= INSN_BTC)
		return 1 | 0x40;
	return FLAGS_ARITH;
}

static void fail(const struct bytes *s, const char *what, uint64_t own,
		 uint64_t cpu)
{
	char hex[80] = "";

	for (size_t i = 0; i < s->n; i++)
		snprintf(hex + 3 * i, 4, "%02x ", s->b[i]);
	cr_assert_fail("%s: %s is %#lx, the CPU says %#lx", hex, what,
		       (unsigned long)own, (unsigned long)cpu);
}

static void compare(const struct insn *in, const struct bytes *s,
		    const struct state *own, const struct state *cpu,
		    const uint8_t *own_data, const uint8_t *cpu_data)
{
	uint64_t differ =
		(own->rflags ^ cpu->rflags) & (defined_flags(in) | FLAG_DF);

	for (unsigned int i = 0; i < 16; i++) {
		if (i != GPR_RSP && own->gprs[i] != cpu->gprs[i])
			fail(s, "a register", own->gprs[i], cpu->gprs[i]);
	}
	if (differ)
		fail(s, "rflags", own->rflags, cpu->rflags);
	for (size_t i = 0; i < DATA_BYTES; i++) {
		if (own_data[i] != cpu_data[i])
			fail(s, "a byte of memory", own_data[i], cpu_data[i]);
	}
}

/* One random instruction. False: the encoding was of no use. */
static bool try_one(const struct template *t)
{
	uint8_t before[DATA_BYTES], own_data[DATA_BYTES];
	struct state start, own, cpu;
	struct bytes s;
	struct insn in;
	size_t disp32_at;

	emit_instruction(&s, t, &disp32_at);
	if (s.n > INSN_BYTES_MAX)
		return false;
	if (decode_insn(s.b, s.n, INSN_MODE_64, &in))
		fail(&s, "the refusal", 0, 0);
	cr_assert_eq(in.op, t->op);
	cr_assert_eq(in.length, s.n);
	if (uses_rsp(&in))
		return false;

	for (unsigned int i = 0; i < 16; i++)
		start.gprs[i] = random_value();
	start.gprs[GPR_RSP] = 0;
	start.rflags =
		0x202 | (random64() & FLAGS_ARITH) | (one_in(2) ? FLAG_DF : 0);
	for (size_t i = 0; i < DATA_BYTES; i++)
		data[i] = (uint8_t)random();
	if (insn_is_string(&in)) {
		if (!aim_string(&in, &start))
			return false;
	} else if (!aim(&in, &s, disp32_at, &start,
			(uintptr_t)data + 512 + (uint64_t)(random() % 64))) {
		return false;
	} else if (one_in(2)) {
		/* A chance for cmpxchg to succeed, and for edges. */
		uint64_t value = in.op == INSN_CMPXCHG8B
					 ? start.gprs[GPR_RDX] << 32 |
						   (uint32_t)start.gprs[GPR_RAX]
				 : one_in(2) ? start.gprs[GPR_RAX]
					     : random_value();
		uint64_t at = insn_effective_address(
			&in, start.gprs, (uintptr_t)slot + s.n, fs_base, 0);

		memcpy((void *)at, &value, in.op_bytes);
	}
	memcpy(before, data, sizeof(before));

	own = start;
	evaluate(&in, &own);
	memcpy(own_data, data, sizeof(own_data));

	memcpy(data, before, sizeof(before));
	cpu = start;
	execute(&s, &cpu);
	compare(&in, &s, &own, &cpu, own_data, data);
	op_count[in.op]++;
	return true;
}

TestSuite(pv_decode_native, .init = machine_init);

Test(pv_decode_native, every_write_agrees_with_this_cpu)
{
	const unsigned int rounds = 2000;

	srandom(20);
	for (size_t i = 0; i < ARRAY_SIZE(templates); i++) {
		unsigned int done = 0;

		for (unsigned int n = 0; n < rounds; n++)
			done += try_one(&templates[i]);
		/* Most encodings must be of use, or this proves little. */
		cr_assert_gt(done, rounds / 4, "template %zu", i);
	}
	for (unsigned int op = INSN_MOV; op <= INSN_MOVS; op++)
		cr_assert_gt(op_count[op], 500, "operation %u", op);
}
