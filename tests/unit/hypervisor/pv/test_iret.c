/* SPDX-License-Identifier: MIT */
/* The iret hypercall: what of its frame becomes the vCPU's, and what never. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include "pv/iret.h"
#include "pv_fixture.h"

static struct domain *d;
static struct vcpu *v;
static struct iret_context c;

static void setup(void)
{
	world_init();
	d = world_domain(WORLD_ONE, 1, NULL);
	v = d->vcpu[0];
	v->arch.regs.rsp = (uintptr_t)&c;
	v->arch.regs.rbx = 0xb;
	c = (struct iret_context){
		.rax = 0xa,
		.r11 = 0x11,
		.rcx = 0xc,
		.rip = 0x400123,
		.cs = 0x33,
		.rflags = 0x246,
		.rsp = 0x7ffd1238,
		.ss = 0x2b,
	};
}

TestSuite(iret, .init = setup);

Test(iret, the_frames_registers_are_the_vcpus)
{
	struct cpu_regs *r = &v->arch.regs;

	v->arch.user_cr3 = v->arch.kernel_cr3;
	iret_hypercall(v);
	cr_assert_eq(r->rax, 0xa);
	cr_assert_eq(r->r11, 0x11);
	cr_assert_eq(r->rcx, 0xc);
	cr_assert_eq(r->rbx, 0xb);
	cr_assert_eq(r->rip, 0x400123);
	cr_assert_eq(r->rsp, 0x7ffd1238);
	cr_assert_eq(r->cs, 0x33);
	cr_assert_eq(r->ss, 0x2b);
	cr_assert_eq(r->rflags, 0x246);
	cr_assert_eq(v->arch.kernel_mode, 0);
	v->arch.user_cr3 = 0;
}

struct cs_row {
	uint64_t cs, becomes;
	bool user;
};

ParameterizedTestParameters(iret, rpl_3_is_user_mode_and_the_cpu_sees_ring_3)
{
	static struct cs_row rows[] = {
		{0xe033, 0xe033, true},
		{0xe030, 0xe033, false},
		{0xe031, 0xe033, false},
		{0xe032, 0xe033, false},
		{0x23, 0x23, true},
		{0x10, 0x13, false},
		{0, 3, false},
		/* The mask that bounce frames carry, and rubbish. */
		{0x10000e030, 0xe033, false},
		{0xffffffffffff0033, 0x33, true},
		/* Ours: it will fault, and come back by the failsafe. */
		{0xe008, 0xe00b, false},
	};

	return cr_make_param_array(struct cs_row, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct cs_row *row, iret,
		  rpl_3_is_user_mode_and_the_cpu_sees_ring_3)
{
	v->arch.user_cr3 = v->arch.kernel_cr3;
	c.cs = row->cs;
	c.ss = row->cs & ~3ull;
	iret_hypercall(v);
	cr_assert_eq(v->arch.regs.cs, row->becomes);
	cr_assert_eq(v->arch.regs.ss & 3, 3);
	cr_assert_eq(v->arch.regs.ss >> 16, 0);
	cr_assert_eq(v->arch.kernel_mode, !row->user);
	v->arch.user_cr3 = 0;
}

Test(iret, if_is_the_event_mask)
{
	c.cs = 0xe030;
	c.rflags = 0x046;
	iret_hypercall(v);
	cr_assert_eq(v->info->evtchn_upcall_mask, 1);
	cr_assert_eq(v->arch.regs.rflags, 0x246);
	v->arch.regs.rsp = (uintptr_t)&c;
	c.rflags = 0x246;
	iret_hypercall(v);
	cr_assert_eq(v->info->evtchn_upcall_mask, 0);
}

Test(iret, no_flag_gives_more_than_ring_3_has)
{
	unsigned int bit;

	for (bit = 0; bit < 64; bit++) {
		uint64_t f = rflags_for_guest(1ull << bit);
		/* IOPL, VM, VIF, VIP, and what does not exist. */
		bool never = bit == 12 || bit == 13 || bit == 17 || bit == 19 ||
			     bit == 20 || bit == 3 || bit == 5 || bit == 15 ||
			     bit > 21;

		cr_assert_eq(f & 0x202, 0x202, "bit %u", bit);
		if (never)
			cr_assert_eq(f, 0x202, "bit %u", bit);
		else
			cr_assert(f >> bit & 1, "bit %u", bit);
	}
	cr_assert_eq(rflags_for_guest(~0ull), 0x254dd5 | 0x202);
}

Test(iret, a_frame_that_cannot_be_read_ends_the_guest)
{
	v->arch.regs.rsp = FAKE_GUEST_BAD;
	iret_hypercall(v);
	cr_assert(d->shut_down);
	cr_assert_eq(d->shutdown_reason, 3);
}

Test(iret, a_frame_in_the_hypervisor_ends_the_guest)
{
	v->arch.regs.rsp = HV_VIRT_START + 0x1000;
	iret_hypercall(v);
	cr_assert(d->shut_down);
}

Test(iret, user_mode_without_page_tables_ends_the_guest)
{
	iret_hypercall(v);
	cr_assert(d->shut_down);
	cr_assert_eq(v->arch.kernel_mode, 1, "the mode has changed");
}
