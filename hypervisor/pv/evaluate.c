/* SPDX-License-Identifier: MIT */
/*
 * What a decoded instruction does: addresses, and the writes of group (b) on
 * copies of the registers. Nothing is read or written behind the caller's
 * back. Each case is compared with the real CPU in
 * tests/unit/hypervisor/pv/test_decode_native.c.
 */
#include "pv/decode.h"
#include "lib/errno.h"
#include "lib/string.h"

#define FLAG_CF (UINT64_C(1) << 0)
#define FLAG_PF (UINT64_C(1) << 2)
#define FLAG_AF (UINT64_C(1) << 4)
#define FLAG_ZF (UINT64_C(1) << 6)
#define FLAG_SF (UINT64_C(1) << 7)
#define FLAG_DF (UINT64_C(1) << 10)
#define FLAG_OF (UINT64_C(1) << 11)
#define FLAGS_ARITHMETIC                                                       \
	(FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)

static uint64_t mask_of(unsigned int bytes)
{
	return bytes >= 8 ? UINT64_MAX : (UINT64_C(1) << (8 * bytes)) - 1;
}

static uint64_t sign_of(unsigned int bytes)
{
	return UINT64_C(1) << (8 * bytes - 1);
}

static int64_t sign_extend(uint64_t value, unsigned int bytes)
{
	unsigned int shift = 64 - 8 * bytes;

	return (int64_t)(value << shift) >> shift;
}

void insn_write_gpr(uint64_t gprs[16], unsigned int reg, unsigned int bytes,
		    uint64_t value)
{
	uint64_t mask = mask_of(bytes);

	if (bytes == 4)
		gprs[reg & 15] = value & mask;
	else
		gprs[reg & 15] = (gprs[reg & 15] & ~mask) | (value & mask);
}

uint64_t insn_read_reg(const struct insn *in, const uint64_t gprs[16])
{
	if (in->reg == INSN_NO_REG)
		return 0;
	return gprs[in->reg & 15] >> (in->reg_high ? 8 : 0) &
	       mask_of(in->op_bytes);
}

static void write_reg(const struct insn *in, uint64_t gprs[16], uint64_t value)
{
	if (in->reg_high) {
		uint64_t *r = &gprs[in->reg & 15];

		*r = (*r & ~UINT64_C(0xff00)) | (value & 0xff) << 8;
	} else {
		insn_write_gpr(gprs, (unsigned int)in->reg, in->op_bytes,
			       value);
	}
}

/* The offset inside a segment becomes a linear address. */
static uint64_t linear_address(const struct insn *in, uint64_t offset,
			       uint8_t segment, uint64_t fs_base,
			       uint64_t gs_base)
{
	offset &= mask_of(in->addr_bytes);
	if (segment == INSN_SEG_FS)
		offset += fs_base;
	else if (segment == INSN_SEG_GS)
		offset += gs_base;
	return in->mode == INSN_MODE_64 ? offset : offset & mask_of(4);
}

static bool is_bit_op(enum insn_op op)
{
	return op == INSN_BT || op == INSN_BTS || op == INSN_BTR ||
	       op == INSN_BTC;
}

/*
 * A bit offset in a register reaches beyond the operand, in both directions,
 * by whole operands.
 */
static uint64_t bit_displacement(const struct insn *in, const uint64_t gprs[16])
{
	int64_t bit = sign_extend(insn_read_reg(in, gprs), in->op_bytes);
	unsigned int bits = in->op_bytes * 8u;

	return (uint64_t)((bit >> __builtin_ctz(bits)) * in->op_bytes);
}

uint64_t insn_effective_address(const struct insn *in, const uint64_t gprs[16],
				uint64_t next_rip, uint64_t fs_base,
				uint64_t gs_base)
{
	const struct insn_mem *m = &in->mem;
	uint64_t offset = (uint64_t)m->disp;

	if (!in->has_mem)
		return 0;
	if (m->rip_relative)
		offset += next_rip;
	if (m->base != INSN_NO_REG)
		offset += gprs[m->base & 15];
	if (m->index != INSN_NO_REG)
		offset += gprs[m->index & 15] * m->scale;
	if (is_bit_op(in->op) && !in->has_imm)
		offset += bit_displacement(in, gprs);
	return linear_address(in, offset, m->segment, fs_base, gs_base);
}

uint64_t insn_source_address(const struct insn *in, const uint64_t gprs[16],
			     uint64_t fs_base, uint64_t gs_base)
{
	return linear_address(in, gprs[GPR_RSI], in->source_segment, fs_base,
			      gs_base);
}

uint64_t insn_rep_count(const struct insn *in, const uint64_t gprs[16])
{
	if (in->rep == INSN_REP_NONE)
		return 1;
	return gprs[GPR_RCX] & mask_of(in->addr_bytes);
}

bool insn_rep_continues(const struct insn *in, const uint64_t gprs[16])
{
	return in->rep != INSN_REP_NONE && insn_rep_count(in, gprs) != 0;
}

void insn_string_step(const struct insn *in, uint64_t gprs[16], uint64_t rflags)
{
	uint64_t step =
		rflags & FLAG_DF ? -(uint64_t)in->op_bytes : in->op_bytes;

	if (insn_rep_count(in, gprs) == 0)
		return;
	if (in->op == INSN_OUTS || in->op == INSN_MOVS)
		insn_write_gpr(gprs, GPR_RSI, in->addr_bytes,
			       gprs[GPR_RSI] + step);
	if (in->op != INSN_OUTS)
		insn_write_gpr(gprs, GPR_RDI, in->addr_bytes,
			       gprs[GPR_RDI] + step);
	if (in->rep != INSN_REP_NONE)
		insn_write_gpr(gprs, GPR_RCX, in->addr_bytes,
			       gprs[GPR_RCX] - 1);
}

/* ZF, SF and PF say the same after every operation that sets them. */
static uint64_t result_flags(uint64_t result, unsigned int bytes)
{
	uint64_t flags = 0;

	if ((result & mask_of(bytes)) == 0)
		flags |= FLAG_ZF;
	if (result & sign_of(bytes))
		flags |= FLAG_SF;
	if (__builtin_popcountll(result & 0xff) % 2 == 0)
		flags |= FLAG_PF;
	return flags;
}

static void flags_set(uint64_t *rflags, uint64_t which, uint64_t to)
{
	*rflags = (*rflags & ~which) | (to & which);
}

/* a + b + carry on `bytes`; all six flags. */
static uint64_t add_flags(uint64_t a, uint64_t b, uint64_t carry,
			  unsigned int bytes, uint64_t *flags)
{
	uint64_t mask = mask_of(bytes), sum;

	a &= mask;
	b &= mask;
	sum = (a + b + carry) & mask;
	*flags = result_flags(sum, bytes);
	if (sum < a || (carry && sum == a))
		*flags |= FLAG_CF;
	if ((a ^ b ^ sum) & 0x10)
		*flags |= FLAG_AF;
	if (~(a ^ b) & (a ^ sum) & sign_of(bytes))
		*flags |= FLAG_OF;
	return sum;
}

/* a - b - borrow on `bytes`; all six flags. */
static uint64_t sub_flags(uint64_t a, uint64_t b, uint64_t borrow,
			  unsigned int bytes, uint64_t *flags)
{
	uint64_t mask = mask_of(bytes), difference;

	a &= mask;
	b &= mask;
	difference = (a - b - borrow) & mask;
	*flags = result_flags(difference, bytes);
	if (a < b || (borrow && a == b))
		*flags |= FLAG_CF;
	if ((a ^ b ^ difference) & 0x10)
		*flags |= FLAG_AF;
	if ((a ^ b) & (a ^ difference) & sign_of(bytes))
		*flags |= FLAG_OF;
	return difference;
}

static uint64_t compute_bits(const struct insn *in, uint64_t old,
			     uint64_t offset, uint64_t *rflags)
{
	uint64_t bit = UINT64_C(1) << (offset & (in->op_bytes * 8u - 1));

	flags_set(rflags, FLAG_CF, old & bit ? FLAG_CF : 0);
	if (in->op == INSN_BTS)
		return old | bit;
	if (in->op == INSN_BTR)
		return old & ~bit;
	if (in->op == INSN_BTC)
		return old ^ bit;
	return old;
}

/* Two operands: add, or, adc, sbb, and, sub, xor; and xadd's sum. */
static uint64_t compute_alu(const struct insn *in, uint64_t old,
			    uint64_t operand, uint64_t *rflags)
{
	uint64_t carry = *rflags & FLAG_CF, flags, result;

	switch (in->op) {
	case INSN_OR:
		result = old | operand;
		flags = result_flags(result, in->op_bytes);
		break;
	case INSN_AND:
		result = old & operand;
		flags = result_flags(result, in->op_bytes);
		break;
	case INSN_XOR:
		result = old ^ operand;
		flags = result_flags(result, in->op_bytes);
		break;
	case INSN_SUB:
	case INSN_SBB:
		result = sub_flags(old, operand, in->op == INSN_SBB ? carry : 0,
				   in->op_bytes, &flags);
		break;
	default: /* INSN_ADD, INSN_ADC, INSN_XADD */
		result = add_flags(old, operand, in->op == INSN_ADC ? carry : 0,
				   in->op_bytes, &flags);
		break;
	}
	flags_set(rflags, FLAGS_ARITHMETIC, flags);
	return result;
}

static uint64_t compute_unary(const struct insn *in, uint64_t old,
			      uint64_t *rflags)
{
	uint64_t flags, result, which = FLAGS_ARITHMETIC;

	switch (in->op) {
	case INSN_NOT:
		return ~old;
	case INSN_NEG:
		result = sub_flags(0, old, 0, in->op_bytes, &flags);
		break;
	case INSN_INC:
		result = add_flags(old, 1, 0, in->op_bytes, &flags);
		which &= ~FLAG_CF;
		break;
	default: /* INSN_DEC */
		result = sub_flags(old, 1, 0, in->op_bytes, &flags);
		which &= ~FLAG_CF;
		break;
	}
	flags_set(rflags, which, flags);
	return result;
}

/* Returns whether memory is written. A failure loads the accumulator. */
static bool compute_cmpxchg(const struct insn *in, uint64_t old,
			    uint64_t *new_mem, uint64_t gprs[16],
			    uint64_t *rflags)
{
	uint64_t accumulator = gprs[GPR_RAX] & mask_of(in->op_bytes), flags;

	*new_mem = insn_read_reg(in, gprs);
	(void)sub_flags(accumulator, old, 0, in->op_bytes, &flags);
	flags_set(rflags, FLAGS_ARITHMETIC, flags);
	if (flags & FLAG_ZF)
		return true;
	insn_write_gpr(gprs, GPR_RAX, in->op_bytes, old);
	return false;
}

static bool compute_cmpxchg8b(uint64_t old, uint64_t *new_mem,
			      uint64_t gprs[16], uint64_t *rflags)
{
	uint64_t low = mask_of(4);

	if (old == ((gprs[GPR_RDX] & low) << 32 | (gprs[GPR_RAX] & low))) {
		*new_mem = (gprs[GPR_RCX] & low) << 32 | (gprs[GPR_RBX] & low);
		*rflags |= FLAG_ZF;
		return true;
	}
	insn_write_gpr(gprs, GPR_RDX, 4, old >> 32);
	insn_write_gpr(gprs, GPR_RAX, 4, old);
	*rflags &= ~FLAG_ZF;
	return false;
}

/* Returns whether memory is written. */
static bool compute(const struct insn *in, uint64_t old, uint64_t *new_mem,
		    uint64_t gprs[16], uint64_t *rflags)
{
	uint64_t operand = in->has_imm ? in->imm : insn_read_reg(in, gprs);

	switch (in->op) {
	case INSN_MOV:
		*new_mem = operand;
		return true;
	case INSN_XCHG:
		*new_mem = operand;
		write_reg(in, gprs, old);
		return true;
	case INSN_CMPXCHG:
		return compute_cmpxchg(in, old, new_mem, gprs, rflags);
	case INSN_CMPXCHG8B:
		return compute_cmpxchg8b(old, new_mem, gprs, rflags);
	case INSN_XADD:
		*new_mem = compute_alu(in, old, operand, rflags);
		write_reg(in, gprs, old);
		return true;
	case INSN_ADD:
	case INSN_OR:
	case INSN_ADC:
	case INSN_SBB:
	case INSN_AND:
	case INSN_SUB:
	case INSN_XOR:
		*new_mem = compute_alu(in, old, operand, rflags);
		return true;
	case INSN_NOT:
	case INSN_NEG:
	case INSN_INC:
	case INSN_DEC:
		*new_mem = compute_unary(in, old, rflags);
		return true;
	case INSN_BT:
	case INSN_BTS:
	case INSN_BTR:
	case INSN_BTC:
		*new_mem = compute_bits(in, old, operand, rflags);
		return in->op != INSN_BT;
	case INSN_STOS:
	case INSN_MOVS:
		if (insn_rep_count(in, gprs) == 0)
			return false;
		*new_mem = in->op == INSN_STOS ? operand : old;
		insn_string_step(in, gprs, *rflags);
		return true;
	default:
		return false;
	}
}

int insn_compute_write(const struct insn *in, uint64_t old_mem,
		       const uint64_t gprs[16], uint64_t *new_mem, bool *writes,
		       uint64_t new_gprs[16], uint64_t *rflags)
{
	uint64_t mask = mask_of(in->op_bytes);

	if (!insn_is_write(in))
		return -EOPNOTSUPP;
	memmove(new_gprs, gprs, 16 * sizeof(gprs[0]));
	old_mem &= mask;
	*new_mem = old_mem;
	*writes = compute(in, old_mem, new_mem, new_gprs, rflags);
	*new_mem = *writes ? *new_mem & mask : old_mem;
	return 0;
}
