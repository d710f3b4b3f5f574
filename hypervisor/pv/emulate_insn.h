/* SPDX-License-Identifier: MIT */
/* Shared by pv/emulate.c and pv/emulate_table.c. */
#ifndef PV_EMULATE_INSN_H
#define PV_EMULATE_INSN_H

#include "pv/decode.h"
#include "pv/emulate.h"

/* The general registers in the order that instructions number them. */
void emulate_gprs_load(const struct cpu_regs *r, uint64_t g[16]);
void emulate_gprs_store(struct cpu_regs *r, const uint64_t g[16]);

/* The instruction at v's instruction pointer; false: not one that we know. */
bool emulate_decode(struct vcpu *v, struct insn *in);
/*
 * The instruction of so many bytes is done, its registers are stored: on to
 * the next, or to the guest's single step.
 */
void emulate_advance(struct vcpu *v, unsigned int bytes);

#endif
