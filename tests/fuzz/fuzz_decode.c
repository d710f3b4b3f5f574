/* SPDX-License-Identifier: MIT */
/*
 * The decoder and the evaluator on arbitrary bytes: no read beyond the bytes
 * given, lengths that stay inside them, the same answer with more bytes
 * behind, and operands that a caller may use without checking them again.
 */
#include <stdlib.h>
#include <string.h>
#include "lib/errno.h"
#include "pv/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition))                                              \
			abort();                                               \
	} while (0)

static void check_fields(const struct insn *in, size_t size)
{
	CHECK(in->length > 0 && in->length <= size);
	CHECK(in->length <= (in->forced ? INSN_FETCH_MAX : INSN_BYTES_MAX));
	CHECK(in->reg >= INSN_NO_REG && in->reg < 16);
	CHECK(!in->reg_high || (in->reg >= 0 && in->reg < 4));
	CHECK(in->mem.base >= INSN_NO_REG && in->mem.base < 16);
	CHECK(in->mem.index >= INSN_NO_REG && in->mem.index < 16);
	CHECK(in->mem.index != GPR_RSP);
	CHECK(in->mem.segment <= INSN_SEG_GS);
	CHECK(!in->lock || insn_is_write(in));
	CHECK(in->rep == INSN_REP_NONE || insn_is_string(in));
	if (insn_is_write(in) || insn_is_string(in)) {
		CHECK(in->has_mem);
		CHECK(in->op_bytes == 1 || in->op_bytes == 2 ||
		      in->op_bytes == 4 || in->op_bytes == 8);
	}
	if (in->op >= INSN_MOV_FROM_CR && in->op <= INSN_MOV_TO_DR)
		CHECK(in->reg >= 0 && in->sreg < 8);
}

static void check_evaluation(const struct insn *in, const uint8_t *seed,
			     size_t size)
{
	uint64_t gprs[16] = {0}, after[16], memory = 0, flags = 0x202;
	bool writes = true;
	int rc;

	memcpy(gprs, seed, size < sizeof(gprs) ? size : sizeof(gprs));
	(void)insn_effective_address(in, gprs, gprs[1], gprs[2], gprs[3]);
	(void)insn_source_address(in, gprs, gprs[2], gprs[3]);
	(void)insn_read_reg(in, gprs);
	rc = insn_compute_write(in, gprs[4], gprs, &memory, &writes, after,
				&flags);
	CHECK(rc == (insn_is_write(in) ? 0 : -EOPNOTSUPP));
	if (rc)
		return;
	if (in->op_bytes < 8)
		CHECK(memory >> (8 * in->op_bytes) == 0);
	CHECK((flags & ~UINT64_C(0x8d5)) == 0x202);
	CHECK(in->op != INSN_BT || !writes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	uint8_t more[INSN_FETCH_MAX];
	enum insn_mode mode;
	struct insn in, again;
	size_t len;
	int rc;

	if (size < 1)
		return 0;
	mode = bytes[0] & 1 ? INSN_MODE_COMPAT32 : INSN_MODE_64;
	bytes++;
	size--;
	len = size < INSN_FETCH_MAX ? size : INSN_FETCH_MAX;

	rc = decode_insn(bytes, len, mode, &in);
	CHECK(rc == 0 || rc == -ENODATA || rc == -EINVAL || rc == -EOPNOTSUPP);
	CHECK(rc != -ENODATA || len < INSN_FETCH_MAX);
	if (rc)
		return 0;
	check_fields(&in, len);
	check_evaluation(&in, bytes + len, size - len);

	/* What follows the instruction does not matter. */
	memset(more, 0xf0, sizeof(more));
	memcpy(more, bytes, in.length);
	CHECK(decode_insn(more, sizeof(more), mode, &again) == 0);
	CHECK(memcmp(&in, &again, sizeof(in)) == 0);
	/* One byte less is not enough. */
	CHECK(decode_insn(bytes, in.length - 1u, mode, &again) != 0);
	return 0;
}
