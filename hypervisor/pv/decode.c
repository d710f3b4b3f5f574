/* SPDX-License-Identifier: MIT */
/*
 * Bytes to struct insn. The bytes are the guest's: they may be anything, and
 * may change between the CPU's fault and our reading, so what comes out is
 * only trusted to be well-formed, never to be what the CPU saw.
 *
 * fetch() is the only reader of the bytes and keeps the first error, so that
 * decoding may go on with zeroes and be judged once, at the end.
 * Test: tests/unit/hypervisor/pv/test_decode.c.
 */
#include "pv/decode.h"
#include "lib/errno.h"
#include "lib/string.h"

#define REX_B 1u
#define REX_X 2u
#define REX_R 4u
#define REX_W 8u

#define SEG_NONE 0xff

struct decoder {
	const uint8_t *bytes;
	size_t len, at;
	size_t end; /* INSN_BYTES_MAX behind the instruction's start */
	int error;
	enum insn_mode mode;
	bool op16, addr_other, lock;
	uint8_t rep; /* 0, 0xf2 or 0xf3 */
	uint8_t rex, segment;
	uint8_t mod, reg, rm; /* reg and rm without REX */
	struct insn *in;
};

static uint8_t fetch(struct decoder *d)
{
	if (d->error)
		return 0;
	if (d->at >= d->end) {
		d->error = -EINVAL;
		return 0;
	}
	if (d->at >= d->len) {
		d->error = -ENODATA;
		return 0;
	}
	return d->bytes[d->at++];
}

static uint64_t fetch_unsigned(struct decoder *d, unsigned int bytes)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < bytes; i++)
		value |= (uint64_t)fetch(d) << (8 * i);
	return value;
}

static int64_t fetch_signed(struct decoder *d, unsigned int bytes)
{
	unsigned int shift = 64 - 8 * bytes;

	return (int64_t)(fetch_unsigned(d, bytes) << shift) >> shift;
}

/* Takes legacy prefixes and REX; returns the opcode's first byte. */
static uint8_t fetch_prefixes(struct decoder *d)
{
	bool wide = d->mode == INSN_MODE_64;

	for (;;) {
		uint8_t byte = fetch(d);

		switch (byte) {
		case 0x26:
		case 0x2e:
		case 0x36:
		case 0x3e:
			/* In 64-bit mode these have no meaning. */
			if (!wide)
				d->segment = byte >> 3 & 3;
			break;
		case 0x64:
			d->segment = INSN_SEG_FS;
			break;
		case 0x65:
			d->segment = INSN_SEG_GS;
			break;
		case 0x66:
			d->op16 = true;
			break;
		case 0x67:
			d->addr_other = true;
			break;
		case 0xf0:
			d->lock = true;
			break;
		case 0xf2:
		case 0xf3:
			d->rep = byte;
			break;
		default:
			if (!wide || (byte & 0xf0) != 0x40)
				return byte;
			d->rex = byte;
			continue;
		}
		/* A REX that does not come last counts for nothing. */
		d->rex = 0;
	}
}

static uint8_t operand_bytes(const struct decoder *d, bool byte_form)
{
	if (byte_form)
		return 1;
	if (d->rex & REX_W)
		return 8;
	return d->op16 ? 2 : 4;
}

static uint8_t address_bytes(const struct decoder *d)
{
	if (d->mode == INSN_MODE_64)
		return d->addr_other ? 4 : 8;
	return d->addr_other ? 2 : 4;
}

static void fetch_modrm(struct decoder *d)
{
	uint8_t byte = fetch(d);

	d->mod = byte >> 6;
	d->reg = byte >> 3 & 7;
	d->rm = byte & 7;
}

static int8_t extend_reg(const struct decoder *d, uint8_t reg, uint8_t rex_bit)
{
	return (int8_t)(reg | (d->rex & rex_bit ? 8 : 0));
}

/* 16-bit addressing: fixed pairs. */
static void fetch_mem16(struct decoder *d)
{
	static const int8_t base[8] = {GPR_RBX, GPR_RBX, GPR_RBP, GPR_RBP,
				       GPR_RSI, GPR_RDI, GPR_RBP, GPR_RBX};
	static const int8_t index[8] = {GPR_RSI,     GPR_RDI,	  GPR_RSI,
					GPR_RDI,     INSN_NO_REG, INSN_NO_REG,
					INSN_NO_REG, INSN_NO_REG};
	struct insn_mem *m = &d->in->mem;

	if (d->mod == 0 && d->rm == 6) {
		m->disp = fetch_signed(d, 2);
		return;
	}
	m->base = base[d->rm];
	m->index = index[d->rm];
	if (d->mod != 0)
		m->disp = fetch_signed(d, d->mod == 1 ? 1 : 2);
}

static void fetch_sib(struct decoder *d)
{
	struct insn_mem *m = &d->in->mem;
	uint8_t sib = fetch(d);

	m->scale = (uint8_t)(1 << (sib >> 6));
	m->index = extend_reg(d, sib >> 3 & 7, REX_X);
	if (m->index == GPR_RSP)
		m->index = INSN_NO_REG;
	m->base = extend_reg(d, sib & 7, REX_B);
	if (d->mod == 0 && (sib & 7) == 5) {
		m->base = INSN_NO_REG;
		m->disp = fetch_signed(d, 4);
	}
}

static void fetch_mem32(struct decoder *d)
{
	struct insn_mem *m = &d->in->mem;

	if (d->rm == 4) {
		fetch_sib(d);
	} else if (d->mod == 0 && d->rm == 5) {
		m->rip_relative = d->mode == INSN_MODE_64;
		m->disp = fetch_signed(d, 4);
	} else {
		m->base = extend_reg(d, d->rm, REX_B);
	}
	if (d->mod == 1)
		m->disp = fetch_signed(d, 1);
	else if (d->mod == 2)
		m->disp = fetch_signed(d, 4);
}

/* The memory operand that ModRM describes; mod is not 3. */
static void fetch_mem(struct decoder *d)
{
	struct insn_mem *m = &d->in->mem;

	d->in->has_mem = true;
	if (m->addr_bytes == 2)
		fetch_mem16(d);
	else
		fetch_mem32(d);
	if (d->segment != SEG_NONE)
		m->segment = d->segment;
	else if (m->base == GPR_RSP || m->base == GPR_RBP)
		m->segment = INSN_SEG_SS;
}

static int decoded(struct decoder *d, enum insn_op op)
{
	d->in->op = op;
	return 0;
}

/* An instruction without operands of its own. */
static int decode_plain(struct decoder *d, enum insn_op op)
{
	return d->lock ? -EINVAL : decoded(d, op);
}

static bool op_lockable(enum insn_op op)
{
	switch (op) {
	case INSN_XCHG:
	case INSN_CMPXCHG:
	case INSN_CMPXCHG8B:
	case INSN_XADD:
	case INSN_ADD:
	case INSN_OR:
	case INSN_ADC:
	case INSN_SBB:
	case INSN_AND:
	case INSN_SUB:
	case INSN_XOR:
	case INSN_NOT:
	case INSN_NEG:
	case INSN_INC:
	case INSN_DEC:
	case INSN_BTS:
	case INSN_BTR:
	case INSN_BTC:
		return true;
	default:
		return false;
	}
}

/* ModRM has been fetched: its memory operand is the destination of `op`. */
static int decode_write(struct decoder *d, enum insn_op op, uint8_t op_bytes)
{
	if (d->mod == 3)
		return -EOPNOTSUPP;
	if (d->lock && !op_lockable(op))
		return -EINVAL;
	d->in->op_bytes = op_bytes;
	d->in->lock = d->lock;
	fetch_mem(d);
	return decoded(d, op);
}

/* ... and its register operand is the source. */
static int decode_write_reg(struct decoder *d, enum insn_op op, bool byte_form)
{
	struct insn *in = d->in;

	fetch_modrm(d);
	in->reg = extend_reg(d, d->reg, REX_R);
	/* Without any REX, byte registers 4..7 are ah, ch, dh and bh. */
	if (byte_form && !d->rex && in->reg >= 4) {
		in->reg_high = true;
		in->reg = (int8_t)(in->reg - 4);
	}
	return decode_write(d, op, operand_bytes(d, byte_form));
}

/* ... or an immediate, which follows the memory operand. */
static int decode_write_imm(struct decoder *d, enum insn_op op,
			    uint8_t op_bytes, uint8_t imm_bytes)
{
	int rc = decode_write(d, op, op_bytes);

	if (rc)
		return rc;
	d->in->has_imm = true;
	d->in->imm = (uint64_t)fetch_signed(d, imm_bytes);
	return 0;
}

static const enum insn_op alu_ops[] = {
	INSN_ADD, INSN_OR, INSN_ADC, INSN_SBB, INSN_AND, INSN_SUB, INSN_XOR,
};

/* 80, 81, 83: the operation is in ModRM. */
static int decode_alu_imm(struct decoder *d, uint8_t opcode)
{
	uint8_t bytes = operand_bytes(d, opcode == 0x80);

	fetch_modrm(d);
	/* The last is cmp: it does not write. */
	if (d->reg >= ARRAY_SIZE(alu_ops))
		return -EOPNOTSUPP;
	return decode_write_imm(d, alu_ops[d->reg], bytes,
				opcode == 0x81 ? MIN(bytes, (uint8_t)4) : 1);
}

static int decode_mov_imm(struct decoder *d, bool byte_form)
{
	uint8_t bytes = operand_bytes(d, byte_form);

	fetch_modrm(d);
	if (d->reg != 0)
		return -EOPNOTSUPP;
	return decode_write_imm(d, INSN_MOV, bytes, MIN(bytes, (uint8_t)4));
}

/* mov al/ax/eax/rax to an address of full width in the instruction. */
static int decode_mov_offset(struct decoder *d, bool byte_form)
{
	struct insn *in = d->in;

	if (d->lock)
		return -EINVAL;
	in->op_bytes = operand_bytes(d, byte_form);
	in->reg = GPR_RAX;
	in->has_mem = true;
	in->mem.disp = (int64_t)fetch_unsigned(d, in->mem.addr_bytes);
	if (d->segment != SEG_NONE)
		in->mem.segment = d->segment;
	return decoded(d, INSN_MOV);
}

/* f6, f7, fe, ff: one operand. */
static int decode_unary(struct decoder *d, uint8_t opcode)
{
	uint8_t bytes = operand_bytes(d, !(opcode & 1));

	fetch_modrm(d);
	if ((opcode & 0xfe) == 0xfe && d->reg < 2)
		return decode_write(d, d->reg ? INSN_DEC : INSN_INC, bytes);
	if ((opcode & 0xfe) == 0xf6 && (d->reg == 2 || d->reg == 3))
		return decode_write(d, d->reg == 2 ? INSN_NOT : INSN_NEG,
				    bytes);
	return -EOPNOTSUPP;
}

static int decode_string(struct decoder *d, enum insn_op op, uint8_t op_bytes)
{
	struct insn *in = d->in;
	uint8_t source = d->segment == SEG_NONE ? INSN_SEG_DS : d->segment;

	if (d->lock)
		return -EINVAL;
	in->op_bytes = op_bytes;
	in->has_mem = true;
	in->mem.base = op == INSN_OUTS ? GPR_RSI : GPR_RDI;
	/* The destination's segment cannot be overridden. */
	in->mem.segment = op == INSN_OUTS ? source : INSN_SEG_ES;
	in->source_segment = source;
	in->port_dx = op == INSN_INS || op == INSN_OUTS;
	if (op == INSN_STOS)
		in->reg = GPR_RAX;
	if (d->rep)
		in->rep = d->rep == 0xf3 ? INSN_REP : INSN_REPNE;
	return decoded(d, op);
}

/* There is no 64-bit port access: REX.W is ignored. */
static uint8_t port_bytes(const struct decoder *d, uint8_t opcode)
{
	if (!(opcode & 1))
		return 1;
	return d->op16 && !(d->rex & REX_W) ? 2 : 4;
}

/* e4..e7: port in the instruction; ec..ef: in dx. */
static int decode_port(struct decoder *d, uint8_t opcode)
{
	struct insn *in = d->in;

	if (d->lock)
		return -EINVAL;
	in->op_bytes = port_bytes(d, opcode);
	in->reg = GPR_RAX;
	in->port_dx = opcode & 8;
	if (!in->port_dx) {
		in->has_imm = true;
		in->imm = fetch_unsigned(d, 1);
	}
	return decoded(d, opcode & 2 ? INSN_OUT : INSN_IN);
}

static int decode_int(struct decoder *d, enum insn_op op, uint64_t vector)
{
	d->in->has_imm = true;
	d->in->imm = vector;
	return decode_plain(d, op);
}

static int decode_one_byte(struct decoder *d, uint8_t opcode)
{
	if (opcode < 0x38 && (opcode & 7) < 2)
		return decode_write_reg(d, alu_ops[opcode >> 3], !(opcode & 1));

	switch (opcode) {
	case 0x6c:
	case 0x6d:
		return decode_string(d, INSN_INS, port_bytes(d, opcode));
	case 0x6e:
	case 0x6f:
		return decode_string(d, INSN_OUTS, port_bytes(d, opcode));
	case 0x80:
	case 0x81:
	case 0x83:
		return decode_alu_imm(d, opcode);
	case 0x86:
	case 0x87:
		return decode_write_reg(d, INSN_XCHG, opcode == 0x86);
	case 0x88:
	case 0x89:
		return decode_write_reg(d, INSN_MOV, opcode == 0x88);
	case 0xa2:
	case 0xa3:
		return decode_mov_offset(d, opcode == 0xa2);
	case 0xa4:
	case 0xa5:
		return decode_string(d, INSN_MOVS,
				     operand_bytes(d, opcode == 0xa4));
	case 0xaa:
	case 0xab:
		return decode_string(d, INSN_STOS,
				     operand_bytes(d, opcode == 0xaa));
	case 0xc6:
	case 0xc7:
		return decode_mov_imm(d, opcode == 0xc6);
	case 0xcc:
		return decode_int(d, INSN_INT3, 3);
	case 0xcd:
		return decode_int(d, INSN_INT, fetch_unsigned(d, 1));
	case 0xce:
		if (d->mode == INSN_MODE_64)
			return -EINVAL;
		return decode_int(d, INSN_INTO, 4);
	case 0xe4 ... 0xe7:
	case 0xec ... 0xef:
		return decode_port(d, opcode);
	case 0xf4:
		return decode_plain(d, INSN_HLT);
	case 0xf6:
	case 0xf7:
	case 0xfe:
	case 0xff:
		return decode_unary(d, opcode);
	case 0xfa:
		return decode_plain(d, INSN_CLI);
	case 0xfb:
		return decode_plain(d, INSN_STI);
	default:
		return -EOPNOTSUPP;
	}
}

/* 0f 20..23. The CPU takes mod as 3 whatever it says. */
static int decode_mov_special(struct decoder *d, uint8_t opcode)
{
	static const enum insn_op ops[] = {INSN_MOV_FROM_CR, INSN_MOV_FROM_DR,
					   INSN_MOV_TO_CR, INSN_MOV_TO_DR};
	struct insn *in = d->in;

	if (d->lock)
		return -EOPNOTSUPP; /* AMD's other name for cr8 */
	fetch_modrm(d);
	in->op_bytes = d->mode == INSN_MODE_64 ? 8 : 4;
	in->reg = extend_reg(d, d->rm, REX_B);
	in->sreg = (uint8_t)extend_reg(d, d->reg, REX_R);
	if (!(opcode & 1) && in->sreg != 0 && (in->sreg < 2 || in->sreg > 4))
		return -EOPNOTSUPP;
	if (opcode & 1 && in->sreg > 7)
		return -EINVAL;
	return decoded(d, ops[opcode & 3]);
}

/* 0f 01: memory forms, and many instructions that use ModRM as an opcode. */
static int decode_group7(struct decoder *d)
{
	struct insn *in = d->in;

	if (d->lock)
		return -EINVAL;
	fetch_modrm(d);
	if (d->mod == 3 && d->reg == 2 && d->rm == 1)
		return d->op16 || d->rep ? -EINVAL : decoded(d, INSN_XSETBV);
	if (d->mod == 3 && d->reg == 7 && d->rm == 1)
		return decoded(d, INSN_RDTSCP);
	if (d->mod != 3 && d->reg == 7) {
		in->op_bytes = 1;
		fetch_mem(d);
		return decoded(d, INSN_INVLPG);
	}
	if (d->reg != 4 && d->reg != 6)
		return -EOPNOTSUPP;
	in->op_bytes = 2;
	if (d->mod == 3) {
		in->reg = extend_reg(d, d->rm, REX_B);
		if (d->reg == 4)
			in->op_bytes = operand_bytes(d, false);
	} else {
		fetch_mem(d);
	}
	return decoded(d, d->reg == 4 ? INSN_SMSW : INSN_LMSW);
}

static int decode_cmpxchg8b(struct decoder *d)
{
	fetch_modrm(d);
	if (d->mod == 3 || d->reg != 1 || d->rex & REX_W)
		return -EOPNOTSUPP;
	return decode_write(d, INSN_CMPXCHG8B, 8);
}

static int decode_movnti(struct decoder *d)
{
	if (d->op16 || d->rep)
		return -EINVAL;
	return decode_write_reg(d, INSN_MOV, false);
}

static const enum insn_op bit_ops[] = {INSN_BT, INSN_BTS, INSN_BTR, INSN_BTC};

static int decode_bit_imm(struct decoder *d)
{
	fetch_modrm(d);
	if (d->reg < 4)
		return -EOPNOTSUPP;
	return decode_write_imm(d, bit_ops[d->reg - 4], operand_bytes(d, false),
				1);
}

static int decode_two_byte(struct decoder *d, uint8_t opcode)
{
	switch (opcode) {
	case 0x01:
		return decode_group7(d);
	case 0x06:
		return decode_plain(d, INSN_CLTS);
	case 0x08:
		return decode_plain(d, INSN_INVD);
	case 0x09:
		return decode_plain(d, INSN_WBINVD);
	case 0x20 ... 0x23:
		return decode_mov_special(d, opcode);
	case 0x30:
		return decode_plain(d, INSN_WRMSR);
	case 0x31:
		return decode_plain(d, INSN_RDTSC);
	case 0x32:
		return decode_plain(d, INSN_RDMSR);
	case 0x33:
		return decode_plain(d, INSN_RDPMC);
	case 0xa2:
		return decode_plain(d, INSN_CPUID);
	case 0xa3:
	case 0xab:
	case 0xb3:
	case 0xbb:
		return decode_write_reg(d, bit_ops[opcode >> 3 & 3], false);
	case 0xb0:
	case 0xb1:
		return decode_write_reg(d, INSN_CMPXCHG, opcode == 0xb0);
	case 0xba:
		return decode_bit_imm(d);
	case 0xc0:
	case 0xc1:
		return decode_write_reg(d, INSN_XADD, opcode == 0xc0);
	case 0xc3:
		return decode_movnti(d);
	case 0xc7:
		return decode_cmpxchg8b(d);
	default:
		return -EOPNOTSUPP;
	}
}

int decode_insn(const uint8_t *bytes, size_t len, enum insn_mode mode,
		struct insn *out)
{
	static const uint8_t forced[INSN_FORCED_BYTES] = {0x0f, 0x0b, 'x', 'e',
							  'n'};
	struct decoder d = {
		.bytes = bytes,
		.len = len,
		.mode = mode,
		.segment = SEG_NONE,
		.in = out,
	};
	uint8_t opcode;
	int rc;

	memset(out, 0, sizeof(*out));
	out->mode = mode;
	out->reg = INSN_NO_REG;
	out->mem.base = INSN_NO_REG;
	out->mem.index = INSN_NO_REG;
	out->mem.scale = 1;
	out->mem.segment = INSN_SEG_DS;
	out->source_segment = INSN_SEG_DS;

	/* The prefix is an instruction by itself and has its own length. */
	if (len >= sizeof(forced) &&
	    memcmp(bytes, forced, sizeof(forced)) == 0) {
		out->forced = true;
		d.at = sizeof(forced);
	}
	d.end = d.at + INSN_BYTES_MAX;

	opcode = fetch_prefixes(&d);
	out->addr_bytes = address_bytes(&d);
	out->mem.addr_bytes = out->addr_bytes;
	if (d.error)
		return d.error;
	if (opcode == 0x0f) {
		opcode = fetch(&d);
		if (d.error)
			return d.error;
		rc = decode_two_byte(&d, opcode);
	} else {
		rc = decode_one_byte(&d, opcode);
	}
	/* What ran out of bytes has not been judged by all of them. */
	if (d.error)
		return d.error;
	if (rc)
		return rc;
	if (out->forced && out->op != INSN_CPUID)
		return -EOPNOTSUPP;
	out->length = (uint8_t)d.at;
	return 0;
}
