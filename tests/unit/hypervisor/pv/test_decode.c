/* SPDX-License-Identifier: MIT */
/*
 * Encodings: each row is an instruction in hexadecimal and what the decoder
 * must make of it, as text. Also: what it must refuse, and that no prefix of
 * an instruction is taken for the whole.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/errno.h"
#include "pv/decode.h"

static const char *const op_names[] = {
	[INSN_RDMSR] = "rdmsr",
	[INSN_WRMSR] = "wrmsr",
	[INSN_MOV_FROM_CR] = "fromcr",
	[INSN_MOV_TO_CR] = "tocr",
	[INSN_MOV_FROM_DR] = "fromdr",
	[INSN_MOV_TO_DR] = "todr",
	[INSN_CLI] = "cli",
	[INSN_STI] = "sti",
	[INSN_HLT] = "hlt",
	[INSN_CLTS] = "clts",
	[INSN_INVLPG] = "invlpg",
	[INSN_WBINVD] = "wbinvd",
	[INSN_INVD] = "invd",
	[INSN_XSETBV] = "xsetbv",
	[INSN_LMSW] = "lmsw",
	[INSN_SMSW] = "smsw",
	[INSN_CPUID] = "cpuid",
	[INSN_IN] = "in",
	[INSN_OUT] = "out",
	[INSN_INS] = "ins",
	[INSN_OUTS] = "outs",
	[INSN_INT] = "int",
	[INSN_INT3] = "int3",
	[INSN_INTO] = "into",
	[INSN_RDTSC] = "rdtsc",
	[INSN_RDTSCP] = "rdtscp",
	[INSN_RDPMC] = "rdpmc",
	[INSN_MOV] = "mov",
	[INSN_XCHG] = "xchg",
	[INSN_CMPXCHG] = "cmpxchg",
	[INSN_CMPXCHG8B] = "cmpxchg8b",
	[INSN_XADD] = "xadd",
	[INSN_ADD] = "add",
	[INSN_OR] = "or",
	[INSN_ADC] = "adc",
	[INSN_SBB] = "sbb",
	[INSN_AND] = "and",
	[INSN_SUB] = "sub",
	[INSN_XOR] = "xor",
	[INSN_NOT] = "not",
	[INSN_NEG] = "neg",
	[INSN_INC] = "inc",
	[INSN_DEC] = "dec",
	[INSN_BT] = "bt",
	[INSN_BTS] = "bts",
	[INSN_BTR] = "btr",
	[INSN_BTC] = "btc",
	[INSN_STOS] = "stos",
	[INSN_MOVS] = "movs",
};

static const char *const gpr_names[] = {
	"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
	"r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
static const char *const seg_names[] = {"es", "cs", "ss", "ds", "fs", "gs"};

/* " seg:[base+index*scale+disp]a": a is the width of the sum. */
static int describe_mem(char *to, const struct insn_mem *m)
{
	char *start = to;

	to += sprintf(to, " %s:[", seg_names[m->segment]);
	if (m->rip_relative)
		to += sprintf(to, "rip");
	if (m->base != INSN_NO_REG)
		to += sprintf(to, "%s", gpr_names[m->base]);
	if (m->index != INSN_NO_REG)
		to += sprintf(to, "+%s*%u", gpr_names[m->index], m->scale);
	if (m->disp < 0)
		to += sprintf(to, "-%llx", -(long long)m->disp);
	else if (m->disp > 0)
		to += sprintf(to, "+%llx", (long long)m->disp);
	to += sprintf(to, "]%u", m->addr_bytes);
	return (int)(to - start);
}

/* "lock op<bytes> memory register cr imm dx" */
static void describe(char *to, const struct insn *in)
{
	to += sprintf(to, "%s%s%s%s", in->forced ? "forced " : "",
		      in->lock ? "lock " : "",
		      in->rep == INSN_REP     ? "rep "
		      : in->rep == INSN_REPNE ? "repne "
					      : "",
		      op_names[in->op]);
	if (in->op_bytes)
		to += sprintf(to, "%u", in->op_bytes);
	if (in->has_mem)
		to += describe_mem(to, &in->mem);
	if (in->op == INSN_MOVS)
		to += sprintf(to, " %s:", seg_names[in->source_segment]);
	if (in->reg != INSN_NO_REG)
		to += sprintf(to, " %s%s", gpr_names[in->reg],
			      in->reg_high ? ".h" : "");
	if (in->op >= INSN_MOV_FROM_CR && in->op <= INSN_MOV_TO_DR)
		to += sprintf(to, " %u", in->sreg);
	if (in->has_imm)
		to += sprintf(to, " $%llx", (unsigned long long)in->imm);
	if (in->port_dx)
		to += sprintf(to, " dx");
}

static size_t parse_hex(const char *hex, uint8_t *bytes)
{
	size_t n = 0;

	for (char *end; *hex; hex = end)
		bytes[n++] = (uint8_t)strtoul(hex, &end, 16);
	return n;
}

struct row {
	const char *hex, *text;
};

/*
 * The bytes are in a heap block of their own: ASan sees the first byte that
 * is read too far. Each shorter run of them must ask for more, or refuse.
 */
static void check_row(const struct row *row, enum insn_mode mode)
{
	uint8_t bytes[32];
	size_t n = parse_hex(row->hex, bytes);
	struct insn in;
	char text[128];

	for (size_t len = 0; len <= n; len++) {
		uint8_t *block = malloc(len ? len : 1);
		int rc;

		cr_assert_not_null(block);
		memcpy(block, bytes, len);
		rc = decode_insn(block, len, mode, &in);
		free(block);
		if (len == n)
			cr_assert_eq(rc, 0, "%s: %d", row->hex, rc);
		else if (len == 2 && bytes[0] == 0x0f && bytes[1] == 0x0b)
			cr_assert_eq(rc, -EOPNOTSUPP, "ud2 by itself");
		else if (n > 5 && bytes[0] == 0x0f && bytes[1] == 0x0b &&
			 len < 5)
			cr_assert_lt(rc, 0);
		else
			cr_assert_eq(rc, -ENODATA, "%s cut to %zu: %d",
				     row->hex, len, rc);
	}
	describe(text, &in);
	cr_assert_str_eq(text, row->text, "%s: '%s' for '%s'", row->hex, text,
			 row->text);
	cr_assert_eq(in.length, n, "%s", row->hex);
	cr_assert_eq(in.mode, mode);
}

#define CHECK_ROWS(rows, mode)                                                 \
	do {                                                                   \
		for (size_t i_ = 0; i_ < ARRAY_SIZE(rows); i_++)               \
			check_row(&rows[i_], mode);                            \
	} while (0)

TestSuite(pv_decode);

Test(pv_decode, privileged_instructions)
{
	static const struct row rows[] = {
		{"0f 32", "rdmsr"},
		{"0f 30", "wrmsr"},
		{"0f 31", "rdtsc"},
		{"0f 33", "rdpmc"},
		{"0f 01 f9", "rdtscp"},
		{"0f 06", "clts"},
		{"0f 08", "invd"},
		{"0f 09", "wbinvd"},
		{"f3 0f 09", "wbinvd"},
		{"0f a2", "cpuid"},
		{"fa", "cli"},
		{"fb", "sti"},
		{"f4", "hlt"},
		{"0f 01 d1", "xsetbv"},
		{"66 2e 0f 30", "wrmsr"},
	};
	static const struct row rows64[] = {
		{"48 0f 30", "wrmsr"},
		{"4f 0f a2", "cpuid"},
	};

	CHECK_ROWS(rows, INSN_MODE_64);
	CHECK_ROWS(rows64, INSN_MODE_64);
	CHECK_ROWS(rows, INSN_MODE_COMPAT32);
}

Test(pv_decode, control_and_debug_registers)
{
	static const struct row rows[] = {
		{"0f 20 c0", "fromcr8 rax 0"},
		{"0f 20 e0", "fromcr8 rax 4"},
		{"41 0f 20 d7", "fromcr8 r15 2"},
		{"0f 22 e0", "tocr8 rax 4"},
		{"0f 22 d9", "tocr8 rcx 3"},
		/* The mode bits of ModRM mean nothing here. */
		{"0f 20 04", "fromcr8 rsp 0"},
		{"0f 22 65", "tocr8 rbp 4"},
		{"66 0f 22 c0", "tocr8 rax 0"},
		{"0f 21 f8", "fromdr8 rax 7"},
		{"41 0f 23 c0", "todr8 r8 0"},
		{"0f 23 f1", "todr8 rcx 6"},
	};
	static const struct row rows32[] = {
		{"0f 20 c0", "fromcr4 rax 0"},
		{"0f 23 f9", "todr4 rcx 7"},
	};

	CHECK_ROWS(rows, INSN_MODE_64);
	CHECK_ROWS(rows32, INSN_MODE_COMPAT32);
}

Test(pv_decode, machine_status_word_and_invlpg)
{
	static const struct row rows[] = {
		{"0f 01 38", "invlpg1 ds:[rax]8"},
		{"41 0f 01 7c 24 10", "invlpg1 ds:[r12+10]8"},
		{"65 0f 01 3c 25 00 10 00 00", "invlpg1 gs:[+1000]8"},
		{"0f 01 e0", "smsw4 rax"},
		{"66 0f 01 e1", "smsw2 rcx"},
		{"49 0f 01 e4", "smsw8 r12"},
		{"0f 01 23", "smsw2 ds:[rbx]8"},
		{"48 0f 01 23", "smsw2 ds:[rbx]8"},
		{"0f 01 f2", "lmsw2 rdx"},
		{"0f 01 75 f8", "lmsw2 ss:[rbp-8]8"},
	};

	CHECK_ROWS(rows, INSN_MODE_64);
}

Test(pv_decode, ports)
{
	static const struct row rows[] = {
		{"e4 60", "in1 rax $60"},
		{"e5 ff", "in4 rax $ff"},
		{"66 e5 71", "in2 rax $71"},
		{"e6 80", "out1 rax $80"},
		{"e7 80", "out4 rax $80"},
		{"66 e7 80", "out2 rax $80"},
		{"ec", "in1 rax dx"},
		{"ed", "in4 rax dx"},
		{"66 ed", "in2 rax dx"},
		{"ee", "out1 rax dx"},
		{"ef", "out4 rax dx"},
		{"66 ef", "out2 rax dx"},
		{"48 ef", "out4 rax dx"},
		{"66 48 ef", "out4 rax dx"},
		{"6c", "ins1 es:[rdi]8 dx"},
		{"6d", "ins4 es:[rdi]8 dx"},
		{"f3 66 6d", "rep ins2 es:[rdi]8 dx"},
		{"f3 64 6d", "rep ins4 es:[rdi]8 dx"},
		{"6e", "outs1 ds:[rsi]8 dx"},
		{"f3 6f", "rep outs4 ds:[rsi]8 dx"},
		{"f2 67 65 66 6f", "repne outs2 gs:[rsi]4 dx"},
	};
	static const struct row rows32[] = {
		{"ed", "in4 rax dx"},
		{"f3 6d", "rep ins4 es:[rdi]4 dx"},
		{"67 2e 6e", "outs1 cs:[rsi]2 dx"},
	};

	CHECK_ROWS(rows, INSN_MODE_64);
	CHECK_ROWS(rows32, INSN_MODE_COMPAT32);
}

Test(pv_decode, software_interrupts)
{
	static const struct row rows[] = {
		{"cc", "int3 $3"},
		{"cd 80", "int $80"},
		{"cd ff", "int $ff"},
	};
	static const struct row rows32[] = {
		{"cd 80", "int $80"},
		{"ce", "into $4"},
	};

	CHECK_ROWS(rows, INSN_MODE_64);
	CHECK_ROWS(rows32, INSN_MODE_COMPAT32);
}

Test(pv_decode, forced_emulation)
{
	static const struct row rows[] = {
		{"0f 0b 78 65 6e 0f a2", "forced cpuid"},
	};

	CHECK_ROWS(rows, INSN_MODE_64);
	CHECK_ROWS(rows, INSN_MODE_COMPAT32);
}

Test(pv_decode, page_table_writes_seen_from_linux)
{
	static const struct row rows[] = {
		{"48 89 2b", "mov8 ds:[rbx]8 rbp"},
		{"48 87 10", "xchg8 ds:[rax]8 rdx"},
		{"48 87 33", "xchg8 ds:[rbx]8 rsi"},
		{"f0 41 80 27 fd", "lock and1 ds:[r15]8 $fffffffffffffffd"},
		{"f0 48 0f ba 33 05", "lock btr8 ds:[rbx]8 $5"},
		{"f0 48 0f b1 13", "lock cmpxchg8 ds:[rbx]8 rdx"},
	};

	CHECK_ROWS(rows, INSN_MODE_64);
}

Test(pv_decode, addressing_in_64_bit_mode)
{
	static const struct row rows[] = {
		{"89 08", "mov4 ds:[rax]8 rcx"},
		{"89 48 7f", "mov4 ds:[rax+7f]8 rcx"},
		{"89 48 80", "mov4 ds:[rax-80]8 rcx"},
		{"89 88 00 00 00 80", "mov4 ds:[rax-80000000]8 rcx"},
		{"89 0d 10 00 00 00", "mov4 ds:[rip+10]8 rcx"},
		{"67 89 0d f0 ff ff ff", "mov4 ds:[rip-10]4 rcx"},
		{"41 89 0d 10 00 00 00", "mov4 ds:[rip+10]8 rcx"},
		{"89 0c 25 78 56 34 12", "mov4 ds:[+12345678]8 rcx"},
		{"89 0c 25 00 00 00 ff", "mov4 ds:[-1000000]8 rcx"},
		{"89 0c 24", "mov4 ss:[rsp]8 rcx"},
		{"89 4c 24 08", "mov4 ss:[rsp+8]8 rcx"},
		{"89 4d 00", "mov4 ss:[rbp]8 rcx"},
		{"41 89 4d 00", "mov4 ds:[r13]8 rcx"},
		{"41 89 0c 24", "mov4 ds:[r12]8 rcx"},
		{"89 0c 98", "mov4 ds:[rax+rbx*4]8 rcx"},
		{"42 89 0c 20", "mov4 ds:[rax+r12*1]8 rcx"},
		{"42 89 4c e0 01", "mov4 ds:[rax+r12*8+1]8 rcx"},
		{"89 0c 6d 04 00 00 00", "mov4 ds:[+rbp*2+4]8 rcx"},
		{"41 89 0c 6d 04 00 00 00", "mov4 ds:[+rbp*2+4]8 rcx"},
		{"89 4c 65 04", "mov4 ss:[rbp+4]8 rcx"},
		{"41 89 4c 0d 04", "mov4 ds:[r13+rcx*1+4]8 rcx"},
		{"89 8c cb 00 01 00 00", "mov4 ds:[rbx+rcx*8+100]8 rcx"},
		{"64 89 08", "mov4 fs:[rax]8 rcx"},
		{"65 67 89 08", "mov4 gs:[rax]4 rcx"},
		{"2e 89 08", "mov4 ds:[rax]8 rcx"},
		{"64 2e 89 08", "mov4 fs:[rax]8 rcx"},
		{"64 65 89 08", "mov4 gs:[rax]8 rcx"},
		{"a2 88 77 66 55 44 33 22 11",
		 "mov1 ds:[+1122334455667788]8 rax"},
		{"48 a3 00 00 00 00 00 80 ff ff",
		 "mov8 ds:[-800000000000]8 rax"},
		{"67 a3 00 00 00 ff", "mov4 ds:[+ff000000]4 rax"},
		{"65 a3 01 00 00 00 00 00 00 00", "mov4 gs:[+1]8 rax"},
	};

	CHECK_ROWS(rows, INSN_MODE_64);
}

Test(pv_decode, addressing_in_compatibility_mode)
{
	static const struct row rows[] = {
		{"89 08", "mov4 ds:[rax]4 rcx"},
		{"89 0d 10 00 00 00", "mov4 ds:[+10]4 rcx"},
		{"2e 89 08", "mov4 cs:[rax]4 rcx"},
		{"36 89 08", "mov4 ss:[rax]4 rcx"},
		{"26 89 4d 00", "mov4 es:[rbp]4 rcx"},
		{"89 0c 24", "mov4 ss:[rsp]4 rcx"},
		{"66 a3 78 56 34 12", "mov2 ds:[+12345678]4 rax"},
		{"67 a3 34 12", "mov4 ds:[+1234]2 rax"},
		{"67 89 08", "mov4 ds:[rbx+rsi*1]2 rcx"},
		{"67 89 09", "mov4 ds:[rbx+rdi*1]2 rcx"},
		{"67 89 0a", "mov4 ss:[rbp+rsi*1]2 rcx"},
		{"67 89 0b", "mov4 ss:[rbp+rdi*1]2 rcx"},
		{"67 89 0c", "mov4 ds:[rsi]2 rcx"},
		{"67 89 0d", "mov4 ds:[rdi]2 rcx"},
		{"67 89 0e 00 80", "mov4 ds:[-8000]2 rcx"},
		{"67 89 4e 01", "mov4 ss:[rbp+1]2 rcx"},
		{"67 89 8f 00 01", "mov4 ds:[rbx+100]2 rcx"},
	};

	CHECK_ROWS(rows, INSN_MODE_COMPAT32);
}

Test(pv_decode, operand_sizes_and_registers)
{
	static const struct row rows[] = {
		{"88 20", "mov1 ds:[rax]8 rax.h"},
		{"88 38", "mov1 ds:[rax]8 rbx.h"},
		{"40 88 20", "mov1 ds:[rax]8 rsp"},
		{"40 88 38", "mov1 ds:[rax]8 rdi"},
		{"44 88 38", "mov1 ds:[rax]8 r15"},
		{"88 18", "mov1 ds:[rax]8 rbx"},
		{"66 89 08", "mov2 ds:[rax]8 rcx"},
		{"66 48 89 08", "mov8 ds:[rax]8 rcx"},
		{"48 66 89 08", "mov2 ds:[rax]8 rcx"}, /* REX too early */
		{"4d 89 38", "mov8 ds:[r8]8 r15"},
		{"41 44 89 38", "mov4 ds:[rax]8 r15"}, /* the last counts */
		{"0f c3 08", "mov4 ds:[rax]8 rcx"},
		{"48 0f c3 08", "mov8 ds:[rax]8 rcx"},
		{"f2 48 89 08", "mov8 ds:[rax]8 rcx"},
		{"f3 f0 48 87 08", "lock xchg8 ds:[rax]8 rcx"},
	};

	CHECK_ROWS(rows, INSN_MODE_64);
}

Test(pv_decode, immediates)
{
	static const struct row rows[] = {
		{"c6 00 80", "mov1 ds:[rax]8 $ffffffffffffff80"},
		{"c7 00 78 56 34 12", "mov4 ds:[rax]8 $12345678"},
		{"66 c7 00 34 12", "mov2 ds:[rax]8 $1234"},
		{"48 c7 00 00 00 00 80", "mov8 ds:[rax]8 $ffffffff80000000"},
		{"c7 05 01 00 00 00 02 00 00 00", "mov4 ds:[rip+1]8 $2"},
		{"80 08 01", "or1 ds:[rax]8 $1"},
		{"81 00 78 56 34 12", "add4 ds:[rax]8 $12345678"},
		{"66 81 10 34 12", "adc2 ds:[rax]8 $1234"},
		{"48 81 18 ff ff ff ff", "sbb8 ds:[rax]8 $ffffffffffffffff"},
		{"83 20 fe", "and4 ds:[rax]8 $fffffffffffffffe"},
		{"48 83 28 01", "sub8 ds:[rax]8 $1"},
		{"83 30 01", "xor4 ds:[rax]8 $1"},
	};

	CHECK_ROWS(rows, INSN_MODE_64);
}

Test(pv_decode, all_writing_operations)
{
	static const struct row rows[] = {
		{"00 0b", "add1 ds:[rbx]8 rcx"},
		{"01 0b", "add4 ds:[rbx]8 rcx"},
		{"08 0b", "or1 ds:[rbx]8 rcx"},
		{"48 09 0b", "or8 ds:[rbx]8 rcx"},
		{"10 0b", "adc1 ds:[rbx]8 rcx"},
		{"11 0b", "adc4 ds:[rbx]8 rcx"},
		{"18 0b", "sbb1 ds:[rbx]8 rcx"},
		{"19 0b", "sbb4 ds:[rbx]8 rcx"},
		{"20 0b", "and1 ds:[rbx]8 rcx"},
		{"f0 48 21 0b", "lock and8 ds:[rbx]8 rcx"},
		{"28 0b", "sub1 ds:[rbx]8 rcx"},
		{"29 0b", "sub4 ds:[rbx]8 rcx"},
		{"30 0b", "xor1 ds:[rbx]8 rcx"},
		{"31 0b", "xor4 ds:[rbx]8 rcx"},
		{"86 0b", "xchg1 ds:[rbx]8 rcx"},
		{"0f b0 0b", "cmpxchg1 ds:[rbx]8 rcx"},
		{"0f b1 0b", "cmpxchg4 ds:[rbx]8 rcx"},
		{"0f c0 0b", "xadd1 ds:[rbx]8 rcx"},
		{"48 0f c1 0b", "xadd8 ds:[rbx]8 rcx"},
		{"f0 0f c7 0b", "lock cmpxchg8b8 ds:[rbx]8"},
		{"f6 13", "not1 ds:[rbx]8"},
		{"f7 13", "not4 ds:[rbx]8"},
		{"48 f7 1b", "neg8 ds:[rbx]8"},
		{"f0 fe 03", "lock inc1 ds:[rbx]8"},
		{"66 ff 03", "inc2 ds:[rbx]8"},
		{"48 ff 0b", "dec8 ds:[rbx]8"},
		{"0f a3 0b", "bt4 ds:[rbx]8 rcx"},
		{"48 0f ab 0b", "bts8 ds:[rbx]8 rcx"},
		{"66 0f b3 0b", "btr2 ds:[rbx]8 rcx"},
		{"0f bb 0b", "btc4 ds:[rbx]8 rcx"},
		{"0f ba 23 07", "bt4 ds:[rbx]8 $7"},
		{"0f ba 2b 07", "bts4 ds:[rbx]8 $7"},
		{"48 0f ba 3b 3f", "btc8 ds:[rbx]8 $3f"},
		{"aa", "stos1 es:[rdi]8 rax"},
		{"48 ab", "stos8 es:[rdi]8 rax"},
		{"f3 48 ab", "rep stos8 es:[rdi]8 rax"},
		{"67 ab", "stos4 es:[rdi]4 rax"},
		{"a4", "movs1 es:[rdi]8 ds:"},
		{"f3 48 a5", "rep movs8 es:[rdi]8 ds:"},
		{"65 66 a5", "movs2 es:[rdi]8 gs:"},
	};

	CHECK_ROWS(rows, INSN_MODE_64);
}

struct refusal {
	const char *hex;
	int error;
};

static void check_refusals(const struct refusal *rows, size_t n,
			   enum insn_mode mode)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t bytes[32] = {0};
		size_t len = parse_hex(rows[i].hex, bytes);
		struct insn in;

		/* With zeroes behind it: the reason is not a lack of bytes. */
		cr_assert_eq(decode_insn(bytes, sizeof(bytes), mode, &in),
			     rows[i].error, "%s (%zu bytes)", rows[i].hex, len);
	}
}

Test(pv_decode, what_the_cpu_refuses_is_refused)
{
	static const struct refusal rows[] = {
		{"f0 48 89 08", -EINVAL}, /* lock mov */
		{"f0 0f a3 08", -EINVAL}, /* lock bt */
		{"f0 c6 00 00", -EINVAL},
		{"f0 fa", -EINVAL},
		{"f0 0f 30", -EINVAL},
		{"f0 0f 01 d1", -EINVAL},
		{"f0 ee", -EINVAL},
		{"f0 aa", -EINVAL},
		{"f0 a3", -EINVAL},
		{"66 0f c3 08", -EINVAL}, /* movnti */
		{"f3 0f 01 d1", -EINVAL},
		{"ce", -EINVAL},	  /* into */
		{"44 0f 21 c0", -EINVAL}, /* dr8 */
		/* 16 bytes */
		{"66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 fa", -EINVAL},
		{"66 66 66 66 66 66 66 66 c7 84 00 00 00 00 00 00", -EINVAL},
	};
	static const struct row longest[] = {
		{"66 66 66 66 66 66 66 66 66 66 66 66 66 66 fa", "cli"},
		{"2e 2e 2e 2e c7 84 18 04 03 02 01 08 07 06 05",
		 "mov4 ds:[rax+rbx*1+1020304]8 $5060708"},
	};

	check_refusals(rows, ARRAY_SIZE(rows), INSN_MODE_64);
	CHECK_ROWS(longest, INSN_MODE_64);
}

Test(pv_decode, what_is_not_emulated_is_refused)
{
	static const struct refusal rows[] = {
		{"48 89 c8", -EOPNOTSUPP}, /* register to register */
		{"48 8b 08", -EOPNOTSUPP}, /* a load */
		{"39 08", -EOPNOTSUPP},	   /* cmp */
		{"80 38 00", -EOPNOTSUPP}, /* cmp */
		{"84 08", -EOPNOTSUPP},	   /* test */
		{"f6 00 00", -EOPNOTSUPP}, /* test */
		{"f7 20", -EOPNOTSUPP},	   /* mul */
		{"ff 10", -EOPNOTSUPP},	   /* call */
		{"ff 30", -EOPNOTSUPP},	   /* push */
		{"c7 08", -EOPNOTSUPP},
		{"48 0f c7 08", -EOPNOTSUPP}, /* cmpxchg16b */
		{"0f c7 c8", -EOPNOTSUPP},
		{"0f c7 30", -EOPNOTSUPP}, /* rdrand's group */
		{"0f ba 18 00", -EOPNOTSUPP},
		{"0f 01 10", -EOPNOTSUPP},    /* lgdt */
		{"0f 01 18", -EOPNOTSUPP},    /* lidt */
		{"0f 01 f8", -EOPNOTSUPP},    /* swapgs */
		{"0f 01 d0", -EOPNOTSUPP},    /* xgetbv */
		{"0f 01 c1", -EOPNOTSUPP},    /* vmcall */
		{"0f 20 c8", -EOPNOTSUPP},    /* cr1 */
		{"0f 22 e8", -EOPNOTSUPP},    /* cr5 */
		{"44 0f 20 c0", -EOPNOTSUPP}, /* cr8 */
		{"48 cf", -EOPNOTSUPP},	      /* iret */
		{"0f 05", -EOPNOTSUPP},	      /* syscall */
		{"0f 0b", -EOPNOTSUPP},
		{"0f 0b 78 65 6e 0f 32", -EOPNOTSUPP},
		{"0f 0b 78 65 6e 0f 0b 78 65 6e 0f a2", -EOPNOTSUPP},
		{"c5 f8 29 00", -EOPNOTSUPP}, /* vmovaps */
		{"90", -EOPNOTSUPP},
		{"00 c0", -EOPNOTSUPP},
	};
	static const struct refusal rows32[] = {
		{"40", -EOPNOTSUPP}, /* inc eax, no REX here */
		{"c4 08", -EOPNOTSUPP},
	};

	check_refusals(rows, ARRAY_SIZE(rows), INSN_MODE_64);
	check_refusals(rows32, ARRAY_SIZE(rows32), INSN_MODE_COMPAT32);
}

static struct insn decode_hex(const char *hex, enum insn_mode mode)
{
	uint8_t bytes[32];
	size_t n = parse_hex(hex, bytes);
	struct insn in;

	cr_assert_eq(decode_insn(bytes, n, mode, &in), 0, "%s", hex);
	return in;
}

Test(pv_decode, effective_addresses)
{
	static const struct {
		const char *hex;
		enum insn_mode mode;
		uint64_t address;
	} rows[] = {
		{"89 08", INSN_MODE_64, 0x1000000000000100},
		{"67 89 08", INSN_MODE_64, 0x100},
		{"89 0c 98", INSN_MODE_64, 0x1000000000000d00},
		{"89 4c 98 f0", INSN_MODE_64, 0x1000000000000cf0},
		{"89 0d 10 00 00 00", INSN_MODE_64, 0xffffffff81000010},
		{"67 89 0d 10 00 00 00", INSN_MODE_64, 0x81000010},
		{"89 0c 25 00 f0 ff ff", INSN_MODE_64, 0xfffffffffffff000},
		{"64 89 0c 25 08 00 00 00", INSN_MODE_64, 0x7fff12340008},
		{"65 67 89 08", INSN_MODE_64, 0xffff888000000100},
		{"65 89 0c 25 f0 ff ff ff", INSN_MODE_64, 0xffff887ffffffff0},
		{"89 08", INSN_MODE_COMPAT32, 0x100},
		{"64 89 08", INSN_MODE_COMPAT32, 0x12340100},
		{"67 89 09", INSN_MODE_COMPAT32, 0x3300 & 0xffff},
		{"a4", INSN_MODE_64, 0x5555000000003000},
		{"67 a4", INSN_MODE_64, 0x3000},
		{"64 6e", INSN_MODE_64, 0x7fff12344000},
		{"0f 30", INSN_MODE_64, 0},
	};
	uint64_t gprs[16] = {0x1000000000000100, 0x20};

	gprs[GPR_RBX] = 0x300;
	gprs[GPR_RSI] = 0x4000;
	gprs[GPR_RDI] = 0x5555000000003000;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct insn in = decode_hex(rows[i].hex, rows[i].mode);
		uint64_t address = insn_effective_address(
			&in, gprs, 0xffffffff81000000, 0x7fff12340000,
			0xffff888000000000);

		cr_assert_eq(address, rows[i].address, "%s: %lx", rows[i].hex,
			     (unsigned long)address);
	}
}

Test(pv_decode, bit_offsets_in_registers_move_the_address)
{
	static const struct {
		const char *hex;
		uint64_t bit, address;
	} rows[] = {
		{"0f ab 08", 31, 0x10000},
		{"0f ab 08", 32, 0x10004},
		{"0f ab 08", (uint64_t)-1, 0xfffc},
		{"0f ab 08", UINT64_C(0xfff00000020), 0x10004},
		{"48 0f ab 08", 64, 0x10008},
		{"48 0f ab 08", (uint64_t)-65, 0xfff0},
		{"66 0f ab 08", 0xffff, 0xfffe},
		{"66 0f ab 08", 0x7fff, 0x10ffe},
		{"0f ba 28 ff", 0, 0x10000},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct insn in = decode_hex(rows[i].hex, INSN_MODE_64);
		uint64_t gprs[16] = {0x10000, rows[i].bit};

		cr_assert_eq(insn_effective_address(&in, gprs, 0, 0, 0),
			     rows[i].address, "row %zu", i);
	}
}

Test(pv_decode, the_source_of_movs_has_its_own_segment)
{
	struct insn in = decode_hex("65 67 a4", INSN_MODE_64);
	uint64_t gprs[16] = {0};

	gprs[GPR_RSI] = UINT64_C(0xabcd00001000);
	cr_assert_eq(insn_source_address(&in, gprs, 1, 0xf0000), 0xf1000);
}

Test(pv_decode, string_steps_count_down_and_move_on)
{
	struct insn in = decode_hex("f3 66 6d", INSN_MODE_64);
	uint64_t gprs[16] = {0};

	gprs[GPR_RCX] = 2;
	gprs[GPR_RDI] = 0x1000;
	gprs[GPR_RSI] = 7;
	cr_assert_eq(insn_rep_count(&in, gprs), 2);
	insn_string_step(&in, gprs, 0);
	cr_assert(gprs[GPR_RDI] == 0x1002 && gprs[GPR_RCX] == 1);
	cr_assert(insn_rep_continues(&in, gprs));
	insn_string_step(&in, gprs, 0x400);
	cr_assert(gprs[GPR_RDI] == 0x1000 && gprs[GPR_RCX] == 0);
	cr_assert(!insn_rep_continues(&in, gprs));
	insn_string_step(&in, gprs, 0);
	cr_assert(gprs[GPR_RDI] == 0x1000 && gprs[GPR_RCX] == 0, "done");
	cr_assert_eq(gprs[GPR_RSI], 7);

	/* 32-bit addresses: the upper halves go. */
	in = decode_hex("f3 67 6e", INSN_MODE_64);
	gprs[GPR_RCX] = UINT64_C(0x100000001);
	gprs[GPR_RSI] = UINT64_C(0x1ffffffff);
	insn_string_step(&in, gprs, 0);
	cr_assert(gprs[GPR_RSI] == 0 && gprs[GPR_RCX] == 0);

	/* Without rep there is one step, and rcx is not looked at. */
	in = decode_hex("6c", INSN_MODE_64);
	cr_assert_eq(insn_rep_count(&in, gprs), 1);
	insn_string_step(&in, gprs, 0);
	cr_assert(gprs[GPR_RDI] == 0x1001 && gprs[GPR_RCX] == 0);
	cr_assert(!insn_rep_continues(&in, gprs));
}

Test(pv_decode, partial_register_writes_follow_the_cpu)
{
	uint64_t gprs[16] = {0};

	gprs[3] = UINT64_C(0x1122334455667788);
	insn_write_gpr(gprs, 3, 1, 0xfff);
	cr_assert_eq(gprs[3], UINT64_C(0x11223344556677ff));
	insn_write_gpr(gprs, 3, 2, 0xabcd);
	cr_assert_eq(gprs[3], UINT64_C(0x112233445566abcd));
	insn_write_gpr(gprs, 3, 4, ~UINT64_C(0));
	cr_assert_eq(gprs[3], UINT64_C(0xffffffff));
	insn_write_gpr(gprs, 3, 8, 5);
	cr_assert_eq(gprs[3], 5);
}

Test(pv_decode, a_privileged_instruction_computes_no_write)
{
	struct insn in = decode_hex("0f 30", INSN_MODE_64);
	uint64_t gprs[16] = {0}, flags = 2, memory;
	bool writes;

	cr_assert(!insn_is_write(&in));
	cr_assert_eq(insn_compute_write(&in, 0, gprs, &memory, &writes, gprs,
					&flags),
		     -EOPNOTSUPP);
}

Test(pv_decode, a_failed_cmpxchg_writes_nothing_and_loads_the_accumulator)
{
	struct insn in = decode_hex("f0 48 0f b1 13", INSN_MODE_64);
	uint64_t gprs[16] = {5}, flags = 0x246, memory;
	bool writes;

	gprs[GPR_RDX] = 77;
	cr_assert_eq(insn_compute_write(&in, 6, gprs, &memory, &writes, gprs,
					&flags),
		     0);
	cr_assert(!writes);
	cr_assert_eq(memory, 6);
	cr_assert_eq(gprs[GPR_RAX], 6);
	cr_assert(!(flags & 0x40));
	cr_assert_eq(insn_compute_write(&in, 6, gprs, &memory, &writes, gprs,
					&flags),
		     0);
	cr_assert(writes);
	cr_assert_eq(memory, 77);
	cr_assert(flags & 0x40);
}
