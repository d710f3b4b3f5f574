/* SPDX-License-Identifier: MIT */
/*
 * What a guest may set of how it is entered: an address that we would fault
 * on, or that is ours, never gets as far as the entry paths.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include "public/callback.h"
#include "public/nmi.h"
#include "pv/bounce.h"
#include "pv_fixture.h"

#define HANDLER 0xffffffff81234560ull

static struct domain *d;
static struct vcpu *v;

static void setup(void)
{
	world_init();
	d = world_domain(WORLD_ONE, 1, NULL);
	v = d->vcpu[0];
}

TestSuite(callbacks, .init = setup);

struct address_row {
	uint64_t va;
	bool ok;
};

static struct address_row addresses[] = {
	{0x1000, true},
	{HANDLER, true},
	{0x00007fffffffffffull, true},
	{0x0000800000000000ull, false},
	{0x8000000000000000ull, false},
	{0xffff7fffffffffffull, false},
	{HV_VIRT_START, false},
	{0xffff830000000000ull, false},
	{HV_VIRT_END - 1, false},
	{HV_VIRT_END, true},
	{~0ull, true},
};

static long register_callback(unsigned int type, unsigned int flags,
			      uint64_t va)
{
	struct callback_register reg = {.type = (uint16_t)type,
					.flags = (uint16_t)flags,
					.address = va};
	uint64_t args[6] = {CALLBACKOP_register, (uintptr_t)&reg};

	return hypercall_callback_op(v, args);
}

static long unregister_callback(unsigned int type)
{
	struct callback_unregister unreg = {.type = (uint16_t)type};
	uint64_t args[6] = {CALLBACKOP_unregister, (uintptr_t)&unreg};

	return hypercall_callback_op(v, args);
}

ParameterizedTestParameters(callbacks, addresses_are_the_guests_or_refused)
{
	return cr_make_param_array(struct address_row, addresses,
				   ARRAY_SIZE(addresses));
}

ParameterizedTest(struct address_row *row, callbacks,
		  addresses_are_the_guests_or_refused)
{
	static const unsigned int types[] = {
		CALLBACKTYPE_event,    CALLBACKTYPE_failsafe,
		CALLBACKTYPE_syscall,  CALLBACKTYPE_syscall32,
		CALLBACKTYPE_sysenter, CALLBACKTYPE_nmi,
	};
	struct trap_info traps[2] = {{.vector = 6, .address = row->va}};
	struct xennmi_callback nmi = {.handler_address = row->va};
	struct arch_vcpu before;
	unsigned int i, k;
	uint64_t args[6] = {(uintptr_t)traps};
	long rc = row->ok ? 0 : -EINVAL;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		before = v->arch;
		cr_assert_eq(register_callback(types[i], 0, row->va), rc);
		if (rc)
			cr_assert_eq(memcmp(&before, &v->arch, sizeof(before)),
				     0);
	}
	for (i = 0; i < 3; i++) {
		uint64_t three[6] = {HANDLER, HANDLER, HANDLER};

		three[i] = row->va;
		v->arch.event_eip = v->arch.failsafe_eip = v->arch.syscall_eip =
			7;
		cr_assert_eq(hypercall_set_callbacks(v, three), rc);
		for (k = 0; rc && k < 3; k++)
			cr_assert_eq(v->arch.event_eip + v->arch.failsafe_eip +
					     v->arch.syscall_eip,
				     21, "set in part");
	}
	v->arch.traps[6].address = 0;
	cr_assert_eq(hypercall_set_trap_table(v, args), rc);
	cr_assert_eq(v->arch.traps[6].address, row->ok ? row->va : 0);
	args[0] = XENNMI_register_callback;
	args[1] = (uintptr_t)&nmi;
	cr_assert_eq(hypercall_nmi_op(v, args), rc);
}

Test(callbacks, each_type_sets_its_own_and_its_mask)
{
	struct arch_vcpu *a = &v->arch;

	cr_assert_eq(register_callback(CALLBACKTYPE_event, 1, HANDLER + 1), 0);
	cr_assert_eq(register_callback(CALLBACKTYPE_failsafe, 1, HANDLER + 2),
		     0);
	cr_assert_eq(register_callback(CALLBACKTYPE_syscall, 0, HANDLER + 3),
		     0);
	cr_assert_eq(register_callback(CALLBACKTYPE_syscall32, 1, HANDLER + 4),
		     0);
	cr_assert_eq(register_callback(CALLBACKTYPE_sysenter, 0, HANDLER + 5),
		     0);
	cr_assert_eq(register_callback(CALLBACKTYPE_nmi, 0, HANDLER + 6), 0);
	cr_assert_eq(a->event_eip, HANDLER + 1);
	cr_assert_eq(a->failsafe_eip, HANDLER + 2);
	cr_assert_eq(a->failsafe_masks, 1);
	cr_assert_eq(a->syscall_eip, HANDLER + 3);
	cr_assert_eq(a->syscall_masks, 0);
	cr_assert_eq(a->syscall32_eip, HANDLER + 4);
	cr_assert_eq(a->syscall32_masks, 1);
	cr_assert_eq(a->sysenter_eip, HANDLER + 5);
	cr_assert_eq(a->sysenter_masks, 0);
	cr_assert_eq(a->traps[2].address, HANDLER + 6);
	cr_assert(TI_GET_IF(&a->traps[2]));
	cr_assert_eq(unregister_callback(CALLBACKTYPE_syscall32), 0);
	cr_assert_eq(a->syscall32_eip, 0);
	cr_assert_eq(unregister_callback(CALLBACKTYPE_sysenter), 0);
	cr_assert_eq(a->sysenter_eip, 0);
	cr_assert_eq(unregister_callback(CALLBACKTYPE_nmi), 0);
	cr_assert_eq(a->traps[2].address, 0);
	cr_assert_eq(unregister_callback(CALLBACKTYPE_event), -EINVAL);
	cr_assert_eq(unregister_callback(CALLBACKTYPE_failsafe), -EINVAL);
	cr_assert_eq(unregister_callback(CALLBACKTYPE_syscall), -EINVAL);
	cr_assert_neq(unregister_callback(99), 0);
	cr_assert_neq(register_callback(99, 0, HANDLER), 0);
	cr_assert_eq(a->event_eip, HANDLER + 1);
}

Test(callbacks, what_cannot_be_read_is_refused)
{
	uint64_t args[6] = {CALLBACKOP_register, FAKE_GUEST_BAD};

	cr_assert_eq(hypercall_callback_op(v, args), -EFAULT);
	args[0] = CALLBACKOP_unregister;
	cr_assert_eq(hypercall_callback_op(v, args), -EFAULT);
	args[0] = 77;
	cr_assert_eq(hypercall_callback_op(v, args), -ENOSYS);
	args[0] = XENNMI_register_callback;
	cr_assert_eq(hypercall_nmi_op(v, args), -EFAULT);
	args[0] = 77;
	cr_assert_eq(hypercall_nmi_op(v, args), -ENOSYS);
	args[0] = FAKE_GUEST_BAD;
	cr_assert_eq(hypercall_set_trap_table(v, args), -EFAULT);
	args[0] = HV_VIRT_START;
	cr_assert_eq(hypercall_set_trap_table(v, args), -EFAULT);
}

Test(callbacks, a_trap_table_ends_with_its_first_empty_row)
{
	struct trap_info t[] = {
		{.vector = 3, .flags = 3, .cs = 0x10, .address = HANDLER},
		{.vector = 14, .flags = 4, .cs = 0x10, .address = HANDLER + 1},
		{.vector = 5},
		{.vector = 6, .address = HANDLER + 2},
	};
	uint64_t args[6] = {(uintptr_t)t};
	unsigned int i;

	cr_assert_eq(hypercall_set_trap_table(v, args), 0);
	cr_assert_eq(v->arch.traps[3].address, HANDLER);
	cr_assert_eq(TI_GET_DPL(&v->arch.traps[3]), 3);
	cr_assert_eq(v->arch.traps[14].address, HANDLER + 1);
	cr_assert_eq(v->arch.traps[6].address, 0);
	/* No table at all takes all handlers away. */
	args[0] = 0;
	cr_assert_eq(hypercall_set_trap_table(v, args), 0);
	for (i = 0; i < 256; i++)
		cr_assert_eq(v->arch.traps[i].address, 0);
}

Test(callbacks, a_trap_table_without_end_is_not_read_for_ever)
{
	static struct trap_info t[2000];
	uint64_t args[6] = {(uintptr_t)t};
	unsigned int i, reads;

	for (i = 0; i < 2000; i++)
		t[i] = (struct trap_info){.vector = (uint8_t)i,
					  .address = HANDLER};
	reads = fake_guest_reads;
	cr_assert_eq(hypercall_set_trap_table(v, args), -EINVAL);
	cr_assert_leq(fake_guest_reads - reads, 1024);
}

struct stack_row {
	uint64_t sp;
	bool ok;
};

ParameterizedTestParameters(callbacks, kernel_stacks_end_where_the_guest_may)
{
	static struct stack_row rows[] = {
		{0xffff888000010000ull, true},
		{0x7fffffffe000, true},
		{1ull << 47, true},
		{(1ull << 47) + 16, false},
		{HV_VIRT_START, false},
		{HV_VIRT_START + 64, false},
		{HV_VIRT_END, false},
		{HV_VIRT_END + 64, false},
		{HV_VIRT_END + 112, false},
		{HV_VIRT_END + 128, true},
		{1ull << 63, false},
		{~0ull, true},
		{0x1000007, true},
	};

	return cr_make_param_array(struct stack_row, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct stack_row *row, callbacks,
		  kernel_stacks_end_where_the_guest_may)
{
	uint64_t args[6] = {0xe028, row->sp};

	v->arch.kernel_sp = 0x1230;
	cr_assert_eq(hypercall_stack_switch(v, args), row->ok ? 0 : -EINVAL,
		     "%#lx", (long)row->sp);
	cr_assert_eq(v->arch.kernel_sp, row->ok ? row->sp & ~15ull : 0x1230);
	if (row->ok)
		cr_assert_eq(v->arch.kernel_ss, 0xe02b);
}

struct dr_row {
	uint64_t reg, value;
	long rc;
	uint64_t kept;
};

ParameterizedTestParameters(callbacks, debug_registers_watch_the_guest_only)
{
	static struct dr_row rows[] = {
		{0, 0x1000, 0, 0x1000},
		{3, 0xffffffff81000000ull, 0, 0xffffffff81000000ull},
		{1, 0, 0, 0},
		{0, HV_VIRT_START, -EPERM, 0},
		{1, HV_VIRT_END - 1, -EPERM, 0},
		{2, HV_VIRT_END, 0, HV_VIRT_END},
		{3, 1ull << 47, -EPERM, 0},
		{0, (1ull << 47) - 4, -EPERM, 0},
		{0, ~0ull, 0, ~0ull},
		{4, 0, -EINVAL, 0},
		{5, 0, -EINVAL, 0},
		{8, 0, -EINVAL, 0},
		{~0ull, 0, -EINVAL, 0},
		{6, 0, 0, 0xffff0ff0},
		{6, 0xffffffff, 0, 0xffffefff},
		{6, 1ull << 32, -EPERM, 0xffff0ff0},
		{7, 0, 0, 0x400},
		{7, 0xff, 0, 0x4ff},
		{7, 0xaa, 0, 0x4aa}, /* Linux uses the global enables */
		{7, 0xfc00 | 1, 0, 0x401},
		{7, 0x000d0001, 0, 0x000d0401},
		{7, 0xffff0000 & ~0xffff0000u, 0, 0x400},
		{7, 2ull << 16, -EPERM, 0x400},
		{7, 2ull << 28, -EPERM, 0x400},
		{7, 1ull << 32, -EPERM, 0x400},
		{7, 1ull << 63, -EPERM, 0x400},
	};

	return cr_make_param_array(struct dr_row, rows, ARRAY_SIZE(rows));
}

ParameterizedTest(struct dr_row *row, callbacks,
		  debug_registers_watch_the_guest_only)
{
	uint64_t args[6] = {row->reg, row->value};

	cr_assert_eq(hypercall_set_debugreg(v, args), row->rc, "%lu %#lx",
		     (long)row->reg, (long)row->value);
	if (row->reg > 7)
		return;
	cr_assert_eq(v->arch.debugreg[row->reg], row->kept, "%lu %#lx: %#lx",
		     (long)row->reg, (long)row->value,
		     (long)v->arch.debugreg[row->reg]);
	cr_assert_eq(fake_debugreg_loads[row->reg], row->rc == 0);
	if (row->reg != 4 && row->reg != 5)
		cr_assert_eq(hypercall_get_debugreg(v, args), (long)row->kept);
}

Test(callbacks, debug_registers_that_there_are_not_cannot_be_read)
{
	static const uint64_t regs[] = {4, 5, 8, 1ull << 32, ~0ull};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		uint64_t args[6] = {regs[i]};

		cr_assert_eq(hypercall_get_debugreg(v, args), -EINVAL);
	}
}

/* XSA-193. */
Test(callbacks, segment_bases_are_canonical)
{
	static const uint64_t which[] = {SEGBASE_FS, SEGBASE_GS_USER,
					 SEGBASE_GS_KERNEL};
	const uint64_t *at[] = {&v->arch.fs_base, &v->arch.gs_base_user,
				&v->arch.gs_base_kernel};
	unsigned int i;

	for (i = 0; i < 3; i++) {
		uint64_t args[6] = {which[i], HANDLER};

		cr_assert_eq(hypercall_set_segment_base(v, args), 0);
		cr_assert_eq(*at[i], HANDLER);
		args[1] = 1ull << 47;
		cr_assert_eq(hypercall_set_segment_base(v, args), -EINVAL);
		args[1] = 1ull << 63;
		cr_assert_eq(hypercall_set_segment_base(v, args), -EINVAL);
		cr_assert_eq(*at[i], HANDLER);
	}
	{
		uint64_t args[6] = {SEGBASE_GS_USER_SEL, 0x33};

		cr_assert_eq(hypercall_set_segment_base(v, args), 0);
		cr_assert_eq(fake_gs_selector, 0x33);
		fake_gs_selector_answer = -1;
		cr_assert_eq(hypercall_set_segment_base(v, args), -EINVAL);
		args[0] = 99;
		cr_assert_eq(hypercall_set_segment_base(v, args), -EINVAL);
	}
}

Test(callbacks, ts_and_vm_assist_are_kept)
{
	uint64_t args[6] = {1};

	cr_assert_eq(hypercall_fpu_taskswitch(v, args), 0);
	cr_assert_eq(v->arch.ts, 1);
	args[0] = 0;
	cr_assert_eq(hypercall_fpu_taskswitch(v, args), 0);
	cr_assert_eq(v->arch.ts, 0);
	args[0] = VMASST_CMD_enable;
	args[1] = VMASST_TYPE_pae_extended_cr3;
	cr_assert_eq(hypercall_vm_assist(v, args), 0);
	cr_assert_eq(d->vm_assist, 1u << VMASST_TYPE_pae_extended_cr3);
	args[0] = VMASST_CMD_disable;
	cr_assert_eq(hypercall_vm_assist(v, args), 0);
	cr_assert_eq(d->vm_assist, 0);
	args[0] = 9;
	cr_assert_eq(hypercall_vm_assist(v, args), -ENOSYS);
	args[1] = 31;
	cr_assert_eq(hypercall_vm_assist(v, args), -EINVAL);
	args[1] = 1ull << 32;
	cr_assert_eq(hypercall_vm_assist(v, args), -EINVAL);
}
