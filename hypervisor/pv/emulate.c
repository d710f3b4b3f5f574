/* SPDX-License-Identifier: MIT */
/*
 * Instructions that trap because the guest kernel runs in ring 3, done for
 * it: privileged ones (#GP) and CPUID behind the forced-emulation prefix
 * (#UD). Writes to page tables: pv/emulate_table.c.
 *
 * The decoder and evaluator are pv/decode.c. Tests:
 * tests/unit/hypervisor/pv/test_emulate.c.
 */
#include "pv/emulate_insn.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "log/log.h"
#include "mm/guest.h"
#include "pv/bounce.h"
#include "sched/sched.h"
#include "x86/machine.h"
#include "x86/ports.h"
#include "x86/tlb.h"

/* What a guest sees in CR0: PE MP ET NE WP AM PG. */
#define CR0_GUEST 0x80050033ull
#define CR0_TS	  8ull
/* CR4 bits that a guest may set without effect: all it asks for is there. */
#define CR4_GUEST_MASK 0x000007ffull

void emulate_gprs_load(const struct cpu_regs *r, uint64_t g[16])
{
	g[0] = r->rax;
	g[1] = r->rcx;
	g[2] = r->rdx;
	g[3] = r->rbx;
	g[4] = r->rsp;
	g[5] = r->rbp;
	g[6] = r->rsi;
	g[7] = r->rdi;
	g[8] = r->r8;
	g[9] = r->r9;
	g[10] = r->r10;
	g[11] = r->r11;
	g[12] = r->r12;
	g[13] = r->r13;
	g[14] = r->r14;
	g[15] = r->r15;
}

void emulate_gprs_store(struct cpu_regs *r, const uint64_t g[16])
{
	r->rax = g[0];
	r->rcx = g[1];
	r->rdx = g[2];
	r->rbx = g[3];
	r->rsp = g[4];
	r->rbp = g[5];
	r->rsi = g[6];
	r->rdi = g[7];
	r->r8 = g[8];
	r->r9 = g[9];
	r->r10 = g[10];
	r->r11 = g[11];
	r->r12 = g[12];
	r->r13 = g[13];
	r->r14 = g[14];
	r->r15 = g[15];
}

/* Bytes at the instruction pointer; fewer at the end of what is mapped. */
static size_t fetch(const struct vcpu *v, uint8_t bytes[INSN_FETCH_MAX])
{
	uint64_t rip = v->arch.regs.rip;
	size_t n = PAGE_SIZE - (rip & ~PAGE_MASK);

	if (!guest_read(bytes, gptr(rip), INSN_FETCH_MAX))
		return INSN_FETCH_MAX;
	if (n >= INSN_FETCH_MAX || guest_read(bytes, gptr(rip), n))
		return 0;
	return n;
}

bool emulate_decode(struct vcpu *v, struct insn *in)
{
	uint8_t bytes[INSN_FETCH_MAX];
	size_t n = fetch(v, bytes);
	/* 32-bit code exists only in user mode: the flat one or its own. */
	enum insn_mode mode = INSN_MODE_64;

	if (!v->arch.kernel_mode && (v->arch.regs.cs & 0xffff) != 0x33 &&
	    (v->arch.regs.cs & 0xffff) != FLAT_RING3_CS64)
		mode = INSN_MODE_COMPAT32;
	return n && !decode_insn(bytes, n, mode, in);
}

static void skip(struct vcpu *v, unsigned int bytes)
{
	v->arch.regs.rip += bytes;
	v->arch.regs.rflags &= ~(1ull << 16); /* RF */
}

static void single_step(struct vcpu *v)
{
	if (unlikely(v->arch.regs.rflags & RFLAGS_TF))
		bounce_single_step(v);
}

void emulate_advance(struct vcpu *v, unsigned int bytes)
{
	skip(v, bytes);
	single_step(v);
}

/* User mode: does the bitmap of set_iobitmap clear these ports? */
static bool user_port_allowed(struct vcpu *v, uint16_t port, unsigned int n)
{
	uint8_t bits[2];
	uint64_t at = v->arch.iobitmap_va + port / 8;
	int rc;

	if (!v->domain->privileged || port + n > v->arch.iobitmap_ports ||
	    !v->arch.iobitmap_va)
		return false;
	vcpu_enter_kernel(v);
	rc = guest_read(bits, gptr(at), sizeof(bits));
	vcpu_enter_user(v);
	if (rc)
		return false;
	return !((bits[0] | bits[1] << 8) >> (port & 7) & ((1u << n) - 1));
}

static bool port_allowed(struct vcpu *v, uint16_t port, unsigned int n)
{
	return v->arch.kernel_mode || user_port_allowed(v, port, n);
}

static bool do_in_out(struct vcpu *v, const struct insn *in, uint64_t g[16])
{
	uint16_t port = in->port_dx ? g[GPR_RDX] : in->imm;
	uint32_t val;

	if (!port_allowed(v, port, in->op_bytes))
		return false;
	if (in->op == INSN_OUT) {
		(void)!port_write(v->domain, port, in->op_bytes, g[GPR_RAX]);
		return true;
	}
	val = ~0u;
	(void)!port_read(v->domain, port, in->op_bytes, &val);
	insn_write_gpr(g, GPR_RAX, in->op_bytes, val);
	return true;
}

/* Reads or writes the memory of ins or outs; false: the guest has its #PF. */
static bool string_access(struct vcpu *v, uint64_t va, uint32_t *val,
			  unsigned int bytes, bool write)
{
	unsigned int first = PAGE_SIZE - (va & ~PAGE_MASK);
	uint32_t error = write ? 2 : 0;
	uint8_t byte;

	if (!(write ? guest_write(gptr(va), val, bytes)
		    : guest_read(val, gptr(va), bytes)))
		return true;
	/* The second page, if the part in the first is no trouble. */
	if (first < bytes && !(write ? guest_write(gptr(va), val, first)
				     : guest_read(val, gptr(va), first)))
		va += first;
	/* It is there, but not to be written. */
	if (write && !guest_read(&byte, gptr(va), 1))
		error |= 1;
	bounce_page_fault(v, va, error);
	return false;
}

/* One step of ins or outs; the guest executes the rest again. */
static bool do_string_io(struct vcpu *v, const struct insn *in, uint64_t g[16])
{
	struct cpu_regs *r = &v->arch.regs;
	uint16_t port = g[GPR_RDX];
	uint32_t val = ~0u;
	uint64_t va;

	if (!port_allowed(v, port, in->op_bytes))
		return false;
	if (!insn_rep_count(in, g)) {
		emulate_advance(v, in->length);
		return true;
	}
	va = insn_effective_address(in, g, r->rip + in->length,
				    vcpu_get_fs_base(v),
				    vcpu_get_gs_base_kernel(v));
	if (in->op == INSN_INS) {
		(void)!port_read(v->domain, port, in->op_bytes, &val);
		if (!string_access(v, va, &val, in->op_bytes, true))
			return true;
	} else {
		if (!string_access(v, va, &val, in->op_bytes, false))
			return true;
		(void)!port_write(v->domain, port, in->op_bytes, val);
	}
	insn_string_step(in, g, r->rflags);
	emulate_gprs_store(r, g);
	if (insn_rep_continues(in, g))
		single_step(v);
	else
		emulate_advance(v, in->length);
	return true;
}

static bool do_read_cr(struct vcpu *v, const struct insn *in, uint64_t g[16])
{
	uint64_t val;

	switch (in->sreg) {
	case 0:
		val = CR0_GUEST | (v->arch.ts ? CR0_TS : 0);
		break;
	case 2:
		val = v->info->arch.cr2;
		break;
	case 3:
		val = v->arch.kernel_cr3;
		break;
	case 4:
		val = v->arch.cr4;
		break;
	default:
		return false;
	}
	insn_write_gpr(g, in->reg, 8, val);
	return true;
}

static bool do_write_cr(struct vcpu *v, const struct insn *in, uint64_t val)
{
	switch (in->sreg) {
	case 0:
		if ((val ^ CR0_GUEST) & ~CR0_TS)
			return false;
		vcpu_set_ts(v, val & CR0_TS);
		return true;
	case 2:
		v->info->arch.cr2 = val;
		return true;
	case 4:
		v->arch.cr4 = val & CR4_GUEST_MASK;
		return true;
	default:
		return false;
	}
}

static bool do_msr(struct vcpu *v, const struct insn *in, uint64_t g[16])
{
	uint32_t msr = g[GPR_RCX];
	uint64_t val = (uint32_t)g[GPR_RAX] | g[GPR_RDX] << 32;

	if (in->op == INSN_WRMSR)
		return !guest_wrmsr(v, msr, val);
	if (guest_rdmsr(v, msr, &val))
		return false;
	g[GPR_RAX] = (uint32_t)val;
	g[GPR_RDX] = val >> 32;
	return true;
}

static void do_cpuid(struct vcpu *v, uint64_t g[16])
{
	uint32_t out[4];

	guest_cpuid(v, g[GPR_RAX], g[GPR_RCX], out);
	g[GPR_RAX] = out[0];
	g[GPR_RBX] = out[1];
	g[GPR_RCX] = out[2];
	g[GPR_RDX] = out[3];
}

/* `int n`: a guest's gate, open to callers of at least its ring. */
static bool do_int(struct vcpu *v, const struct insn *in)
{
	const struct trap_info *t = &v->arch.traps[in->imm & 0xff];

	/* The guest kernel counts as ring 1. */
	if (!t->address || TI_GET_DPL(t) < (v->arch.kernel_mode ? 1 : 3)) {
		bounce_trap(v, X86_TRAP_GP, (in->imm & 0xff) << 3 | 2);
		return true;
	}
	/* As on the CPU, no single step ends it: the gate clears TF. */
	skip(v, in->length);
	bounce_interrupt(v, in->imm & 0xff);
	return true;
}

static bool do_debugreg(struct vcpu *v, const struct insn *in, uint64_t g[16])
{
	uint64_t args[6] = {in->sreg};

	if (in->op == INSN_MOV_TO_DR) {
		args[1] = insn_read_reg(in, g);
		return !hypercall_set_debugreg(v, args);
	}
	if (in->sreg == 4 || in->sreg == 5)
		return false;
	insn_write_gpr(g, in->reg, 8, v->arch.debugreg[in->sreg & 7]);
	return true;
}

/* Kernel mode only. */
static bool do_kernel_only(struct vcpu *v, const struct insn *in,
			   uint64_t g[16])
{
	uint64_t va;

	switch (in->op) {
	case INSN_RDMSR:
	case INSN_WRMSR:
		return do_msr(v, in, g);
	case INSN_MOV_FROM_CR:
		return do_read_cr(v, in, g);
	case INSN_MOV_TO_CR:
		return do_write_cr(v, in, insn_read_reg(in, g));
	case INSN_MOV_FROM_DR:
	case INSN_MOV_TO_DR:
		return do_debugreg(v, in, g);
	case INSN_CLI:
	case INSN_STI:
		/* Events are masked elsewhere; IF itself stays on. */
		return v->arch.iopl >= 1;
	case INSN_CLTS:
		vcpu_set_ts(v, false);
		return true;
	case INSN_HLT:
		vcpu_block(v);
		return true;
	case INSN_INVLPG:
		va = insn_effective_address(
			in, g, v->arch.regs.rip + in->length,
			vcpu_get_fs_base(v), vcpu_get_gs_base_kernel(v));
		if (va_is_guest(va))
			tlb_flush_page(va);
		return true;
	case INSN_WBINVD:
		return true;
	default:
		return false;
	}
}

bool emulate_privileged(struct vcpu *v)
{
	struct insn in;
	uint64_t g[16];

	if (!emulate_decode(v, &in) || in.forced || insn_is_write(&in))
		return false;
	emulate_gprs_load(&v->arch.regs, g);
	switch (in.op) {
	case INSN_INT:
		return do_int(v, &in);
	case INSN_INS:
	case INSN_OUTS:
		return do_string_io(v, &in, g);
	case INSN_IN:
	case INSN_OUT:
		if (!do_in_out(v, &in, g))
			return false;
		break;
	default:
		if (!v->arch.kernel_mode || !do_kernel_only(v, &in, g))
			return false;
		break;
	}
	emulate_gprs_store(&v->arch.regs, g);
	emulate_advance(v, in.length);
	return true;
}

bool emulate_forced(struct vcpu *v)
{
	struct insn in;
	uint64_t g[16];

	if (!emulate_decode(v, &in) || !in.forced || in.op != INSN_CPUID)
		return false;
	emulate_gprs_load(&v->arch.regs, g);
	do_cpuid(v, g);
	emulate_gprs_store(&v->arch.regs, g);
	emulate_advance(v, in.length);
	return true;
}
