/* SPDX-License-Identifier: MIT */
/*
 * The instruction decoder: what a paravirtual kernel may execute at CPL 3
 * although it traps there, and nothing else.
 *
 *  (a) privileged instructions (#GP, #UD), also behind the forced-emulation
 *      prefix 0f 0b 'x' 'e' 'n';
 *  (b) instructions that write memory, for writes to read-only page tables.
 *
 * decode_insn() turns bytes into struct insn; insn_effective_address() says
 * where its memory operand is; insn_compute_write() says what it would do to
 * memory, registers and flags. None of them has a side effect or looks at
 * guest memory: fetching, checking and committing is the caller's.
 *
 * Registers are numbered as the hardware does: rax rcx rdx rbx rsp rbp rsi
 * rdi r8 .. r15. Encodings: Intel SDM volume 2, AMD APM volume 3.
 * Test: tests/unit/hypervisor/pv/test_decode.c (encodings) and
 * test_decode_native.c (each evaluation against the real CPU); fuzz:
 * tests/fuzz/fuzz_decode.c.
 */
#ifndef PV_DECODE_H
#define PV_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/macros.h"

#define INSN_BYTES_MAX	  15
#define INSN_FORCED_BYTES 5
#define INSN_FETCH_MAX	  (INSN_FORCED_BYTES + INSN_BYTES_MAX)
#define INSN_NO_REG	  (-1)

enum insn_gpr {
	GPR_RAX,
	GPR_RCX,
	GPR_RDX,
	GPR_RBX,
	GPR_RSP,
	GPR_RBP,
	GPR_RSI,
	GPR_RDI,
};

enum insn_mode { INSN_MODE_64, INSN_MODE_COMPAT32 };

enum insn_segment {
	INSN_SEG_ES,
	INSN_SEG_CS,
	INSN_SEG_SS,
	INSN_SEG_DS,
	INSN_SEG_FS,
	INSN_SEG_GS,
};

enum insn_op {
	/* (a) */
	INSN_RDMSR,
	INSN_WRMSR,
	INSN_MOV_FROM_CR, /* register `reg` from control register `sreg` */
	INSN_MOV_TO_CR,
	INSN_MOV_FROM_DR,
	INSN_MOV_TO_DR,
	INSN_CLI,
	INSN_STI,
	INSN_HLT,
	INSN_CLTS,
	INSN_INVLPG, /* address: the memory operand */
	INSN_WBINVD,
	INSN_INVD,
	INSN_XSETBV,
	INSN_LMSW, /* 2 bytes from `reg`, or from memory if has_mem */
	INSN_SMSW, /* op_bytes to `reg`, or 2 bytes to memory if has_mem */
	INSN_CPUID,
	INSN_IN, /* to al/ax/eax; port: imm, or dx if port_dx */
	INSN_OUT,
	INSN_INS,  /* to es:rdi, port dx */
	INSN_OUTS, /* from segment:rsi, port dx */
	INSN_INT,  /* vector: imm (3 for int3, 4 for into) */
	INSN_INT3,
	INSN_INTO,
	INSN_RDTSC,
	INSN_RDTSCP,
	INSN_RDPMC,
	/* (b): from here on the memory operand is written */
	INSN_MOV,
	INSN_XCHG,
	INSN_CMPXCHG,
	INSN_CMPXCHG8B,
	INSN_XADD,
	INSN_ADD,
	INSN_OR,
	INSN_ADC,
	INSN_SBB,
	INSN_AND,
	INSN_SUB,
	INSN_XOR,
	INSN_NOT,
	INSN_NEG,
	INSN_INC,
	INSN_DEC,
	INSN_BT, /* writes nothing */
	INSN_BTS,
	INSN_BTR,
	INSN_BTC,
	INSN_STOS,
	INSN_MOVS,
};

enum insn_rep { INSN_REP_NONE, INSN_REP, INSN_REPNE };

/* segment:[base + index * scale + disp], or next_rip + disp. */
struct insn_mem {
	int8_t base, index; /* INSN_NO_REG: none */
	uint8_t scale;
	uint8_t segment;    /* enum insn_segment, default or by prefix */
	uint8_t addr_bytes; /* the sum is cut to 2, 4 or 8 bytes */
	bool rip_relative;
	int64_t disp;
};

struct insn {
	enum insn_op op;
	enum insn_mode mode;
	uint8_t length;	    /* bytes, with the forced prefix */
	uint8_t op_bytes;   /* 1, 2, 4, 8 */
	uint8_t addr_bytes; /* of rsi, rdi and rcx in string instructions */
	bool forced;	    /* behind the forced-emulation prefix */
	bool lock;
	enum insn_rep rep; /* string instructions only */
	bool has_mem;
	bool has_imm;
	bool port_dx;
	bool reg_high;		/* `reg` 0..3 means ah, ch, dh, bh */
	int8_t reg;		/* register operand; INSN_NO_REG */
	uint8_t sreg;		/* control or debug register */
	uint8_t source_segment; /* INSN_MOVS: enum insn_segment of its source */
	uint64_t imm;		/* sign-extended where the CPU does so */
	struct insn_mem mem;
};

/*
 * Decodes the instruction at bytes[0, len). 0 and *out, or
 * -ENODATA:    it does not end inside len bytes (len < INSN_FETCH_MAX);
 * -EINVAL:     the CPU would refuse it (#UD, or longer than 15 bytes);
 * -EOPNOTSUPP: a form that is not emulated.
 * On errors *out is undefined.
 */
MUST_CHECK int decode_insn(const uint8_t *bytes, size_t len,
			   enum insn_mode mode, struct insn *out);

/* (b) as opposed to (a). */
static inline bool insn_is_write(const struct insn *in)
{
	return in->op >= INSN_MOV;
}

static inline bool insn_is_string(const struct insn *in)
{
	return in->op == INSN_INS || in->op == INSN_OUTS ||
	       in->op == INSN_STOS || in->op == INSN_MOVS;
}

/*
 * The linear address of the memory operand; for string instructions that
 * of the side that the instruction writes (OUTS: reads). Segments other than
 * fs and gs have base 0. next_rip: rip + length. A bit string's register
 * offset is already in it. Without a memory operand: 0.
 */
uint64_t insn_effective_address(const struct insn *in, const uint64_t gprs[16],
				uint64_t next_rip, uint64_t fs_base,
				uint64_t gs_base);

/* INSN_MOVS only: the linear address that it reads. */
uint64_t insn_source_address(const struct insn *in, const uint64_t gprs[16],
			     uint64_t fs_base, uint64_t gs_base);

/* How many bytes the memory operand has. */
static inline unsigned int insn_mem_bytes(const struct insn *in)
{
	return in->op_bytes;
}

/*
 * What a write instruction does. old_mem: the operand's present content in
 * the low op_bytes (MOVS: the content of its source); gprs and *rflags: the
 * present registers. Out: *new_mem (low op_bytes), *writes (false: memory
 * keeps its content, as after a failed cmpxchg), new_gprs (may be gprs),
 * *rflags. Flags that the manuals leave undefined: AF is 0 after and, or,
 * xor; bt, bts, btr and btc change CF only.
 *
 * A repeated string instruction does one step; rcx = 0 does none. The
 * caller leaves rip where it is while insn_rep_continues().
 * -EOPNOTSUPP: not a write instruction.
 */
MUST_CHECK int insn_compute_write(const struct insn *in, uint64_t old_mem,
				  const uint64_t gprs[16], uint64_t *new_mem,
				  bool *writes, uint64_t new_gprs[16],
				  uint64_t *rflags);

/* The steps that a string instruction still has: 1 without a rep prefix. */
uint64_t insn_rep_count(const struct insn *in, const uint64_t gprs[16]);

/*
 * One step of a string instruction done outside (ins, outs): moves rsi or
 * rdi on and counts rcx down.
 */
void insn_string_step(const struct insn *in, uint64_t gprs[16],
		      uint64_t rflags);

/* After a step: true if the instruction must run again. */
bool insn_rep_continues(const struct insn *in, const uint64_t gprs[16]);

/* The register operand as the instruction sees it: op_bytes, zero-extended. */
uint64_t insn_read_reg(const struct insn *in, const uint64_t gprs[16]);

/*
 * Writes `bytes` of a register as the CPU does: 4 bytes clear the upper half,
 * 1 and 2 leave the rest.
 */
void insn_write_gpr(uint64_t gprs[16], unsigned int reg, unsigned int bytes,
		    uint64_t value);

#endif
