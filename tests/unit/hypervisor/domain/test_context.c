/* SPDX-License-Identifier: MIT */
/*
 * Contexts of vCPUs: what is set is read back, what is hostile is refused or
 * made harmless, and whatever was taken before a refusal is given back.
 */
#include <criterion/criterion.h>
#include "domain_fixture.h"
#include "pv/table.h"
#include "sched/sched.h"
#include "x86/layout.h"

static struct domain *d, *two;
static struct vcpu *v;
static struct vcpu_guest_context c, out;
static mfn_t root, user, gdt;

static void setup(void)
{
	world_init();
	world_domain(WORLD_ZERO, 1, NULL);
	d = dm_create(WORLD_ONE, 2);
	two = world_domain(WORLD_TWO, 1, NULL);
	v = d->vcpu[0];
	root = dm_tables(d, 6);
	user = dm_tables(d, 3);
	gdt = world_page(d);
	dm_context(&c, root);
	c.ctrlreg[1] = xen_pfn_to_cr3(user.n);
	c.gdt_frames[0] = gdt.n;
	c.gdt_ents = 500;
}

TestSuite(context, .init = setup);

/* A segment that every guest may have. */
#define DESC_DATA 0x00cff3000000ffffull
/* A call gate, and an available 64-bit TSS. */
#define DESC_GATE 0x0000ec000000ffffull
#define DESC_TSS  0x0000890000000067ull

static void nothing_is_held(const char *when)
{
	unsigned int tries = 0;

	/* What was left for later is done when the vCPU is touched next. */
	while (!demote_pending_finish(v))
		cr_assert_lt(++tries, 10000);
	cr_assert_eq(world_refs(root), 0, "%s: %u on the root", when,
		     world_refs(root));
	cr_assert_eq(world_types(root), 0, "%s", when);
	cr_assert_eq(world_refs(user), 0, "%s: %u on the user root", when,
		     world_refs(user));
	cr_assert_eq(world_refs(gdt), 0, "%s: %u on the GDT", when,
		     world_refs(gdt));
	cr_assert_eq(v->arch.kernel_cr3, 0, "%s", when);
	cr_assert_eq(v->arch.user_cr3, 0, "%s", when);
	cr_assert_eq(v->arch.gdt_entries, 0, "%s", when);
	cr_assert_eq(v->arch.ldt_entries, 0, "%s", when);
	cr_assert_not(v->initialised, "%s", when);
}

Test(context, what_is_set_is_read_back)
{
	*(uint64_t *)mfn_to_virt(gdt) = DESC_DATA;
	c.ldt_base = 0xffffffff82100000;
	c.ldt_ents = 33;
	cr_assert_eq(vcpu_set_context(v, &c), 0);
	vcpu_get_context(v, &out);
	/* What a register may not be is not told as it was given. */
	c.user_regs.error_code = out.user_regs.error_code;
	c.ctrlreg[0] = out.ctrlreg[0];
	c.ctrlreg[4] = out.ctrlreg[4];
	cr_assert(out.ctrlreg[0] & 8, "TS is lost");
	cr_assert_arr_eq(&out.fpu_ctxt, &c.fpu_ctxt, 512);
	cr_assert_eq(out.flags, c.flags);
	cr_assert_arr_eq(&out.user_regs, &c.user_regs, sizeof(c.user_regs));
	cr_assert_arr_eq(out.trap_ctxt, c.trap_ctxt, sizeof(c.trap_ctxt));
	cr_assert_arr_eq(&out.ldt_base, &c.ldt_base,
			 sizeof(c) -
				 offsetof(struct vcpu_guest_context, ldt_base));
	/* And what was read can be set. */
	cr_assert_eq(vcpu_set_context(v, &out), 0);
	vcpu_get_context(v, &c);
	cr_assert_arr_eq(&out, &c, sizeof(c));
}

Test(context, user_mode_is_read_back_too)
{
	c.flags &= ~VGCF_in_kernel;
	c.user_regs.cs = 0xe033;
	cr_assert_eq(vcpu_set_context(v, &c), 0);
	cr_assert_eq(v->arch.kernel_mode, 0);
	cr_assert_eq(arch_vcpu_cr3(&v->arch), mfn_to_maddr(user).a);
	vcpu_get_context(v, &out);
	cr_assert_not(out.flags & VGCF_in_kernel);
	cr_assert_eq(out.user_regs.cs, 0xe033);
}

Test(context, user_mode_without_its_page_tables_is_refused)
{
	/* Nothing would be loaded into CR3. */
	c.flags &= ~VGCF_in_kernel;
	c.ctrlreg[1] = 0;
	cr_assert_eq(vcpu_set_context(v, &c), -EINVAL);
	nothing_is_held("user mode");
}

Test(context, addresses_that_are_not_the_guests_are_refused)
{
	static const uint64_t bad[] = {
		HV_VIRT_START,	    HV_VIRT_END - 1,	0x0000800000000000,
		0xffff7fffffffffff, 0x8000000000000000, 0xffff820000000000,
	};
	uint64_t *fields[] = {
		&c.event_callback_eip,
		&c.failsafe_callback_eip,
		&c.syscall_callback_eip,
		&c.trap_ctxt[0].address,
		&c.trap_ctxt[255].address,
		&c.debugreg[0],
		&c.debugreg[3],
	};
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		uint64_t good = *fields[i];

		for (k = 0; k < ARRAY_SIZE(bad); k++) {
			*fields[i] = bad[k];
			cr_assert_eq(vcpu_set_context(v, &c), -EINVAL,
				     "field %u, %#lx", i, bad[k]);
			nothing_is_held("address");
		}
		*fields[i] = good;
	}
}

Test(context, bases_must_be_canonical)
{
	uint64_t *fields[] = {&c.fs_base, &c.gs_base_kernel, &c.gs_base_user};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		uint64_t good = *fields[i];

		*fields[i] = 0x0000800000000000;
		cr_assert_eq(vcpu_set_context(v, &c), -EINVAL, "%u", i);
		*fields[i] = good;
	}
	/* A base may be in our range: the guest's accesses fault there. */
	c.fs_base = HV_VIRT_START;
	cr_assert_eq(vcpu_set_context(v, &c), 0);
}

Test(context, the_kernel_stack_is_the_guests_with_all_that_is_pushed)
{
	static const struct {
		uint64_t sp;
		int rc;
	} rows[] = {
		{HV_VIRT_END, -EINVAL},	       {HV_VIRT_END + 127, -EINVAL},
		{HV_VIRT_END + 128, 0},	       {HV_VIRT_START, -EINVAL},
		{0x0000800000000000, 0},       {0x0000800000000001, -EINVAL},
		{0x1234567890abcdef, -EINVAL},
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		c.kernel_sp = rows[i].sp;
		cr_assert_eq(dm_set_context(v, &c), rows[i].rc, "row %u", i);
		if (!rows[i].rc)
			cr_assert_eq(v->arch.kernel_sp & 15, 0);
	}
}

Test(context, numbers_out_of_range_are_refused)
{
	c.gdt_ents = FIRST_RESERVED_GDT_ENTRY + 1;
	cr_assert_eq(vcpu_set_context(v, &c), -EINVAL);
	c.gdt_ents = 1ull << 32 | 1;
	cr_assert_eq(vcpu_set_context(v, &c), -EINVAL);
	c.gdt_ents = 500;
	c.ldt_ents = 8193;
	cr_assert_eq(vcpu_set_context(v, &c), -EINVAL);
	c.ldt_ents = 1;
	c.ldt_base = 0xffffffff82100010;
	cr_assert_eq(vcpu_set_context(v, &c), -EINVAL);
	nothing_is_held("LDT not aligned");
	c.ldt_base = HV_VIRT_START;
	cr_assert_eq(vcpu_set_context(v, &c), -EINVAL);
	nothing_is_held("LDT is ours");
}

/* Frames that are no page tables of d's. */
static uint64_t bad_roots(unsigned int i)
{
	static mfn_t data;
	struct frame *f;

	switch (i) {
	case 0:
		return 0;
	case 1:
		return 0xfffffffffffffull;
	case 2: /* another's */
		return two->vcpu[0]->arch.kernel_cr3 >> PAGE_SHIFT;
	case 3: /* a device's */
		return 0x100;
	case 4: /* the hypervisor's own, though d may map it */
		return virt_to_mfn(d->shared).n;
	case 5: /* writable */
		data = world_page(d);
		cr_assert_eq(frame_get_writable(data, d), 0);
		return data.n;
	case 6: /* a level-1 table */
		data = world_page(d);
		cr_assert_eq(frame_get_type(data, d, FRAME_L1, &f), 0);
		return data.n;
	case 7: /* holds an entry that is not allowed */
		data = world_page(d);
		*(uint64_t *)mfn_to_virt(data) = 0xe7;
		return data.n;
	default:
		return ~0ull;
	}
}

Test(context, a_root_that_is_no_page_table_of_its_own_is_refused)
{
	unsigned int i;
	uint64_t m;
	int rc;

	for (i = 0; (m = bad_roots(i)) != ~0ull; i++) {
		c.ctrlreg[3] = xen_pfn_to_cr3(m);
		c.ctrlreg[1] = xen_pfn_to_cr3(user.n);
		rc = dm_set_context(v, &c);
		cr_assert(rc == -EINVAL || rc == -EPERM, "root %u: %d", i, rc);
		nothing_is_held("kernel root");
		if (!m)
			continue;
		c.ctrlreg[3] = xen_pfn_to_cr3(root.n);
		c.ctrlreg[1] = xen_pfn_to_cr3(m);
		rc = dm_set_context(v, &c);
		cr_assert(rc == -EINVAL || rc == -EPERM, "user %u: %d", i, rc);
		nothing_is_held("user root");
	}
	cr_assert_eq(i, 8);
}

Test(context, gdt_frames_must_be_its_own_and_their_descriptors_harmless)
{
	mfn_t second = world_page(d);
	uint64_t *desc = mfn_to_virt(second);
	unsigned int i;
	int rc;

	c.gdt_ents = 1024;
	for (i = 0; i < 5; i++) {
		c.gdt_frames[1] = second.n;
		switch (i) {
		case 0:
			c.gdt_frames[1] = world_page(two).n;
			break;
		case 1:
			c.gdt_frames[1] = ~0ull;
			break;
		case 2:
			desc[511] = DESC_GATE;
			break;
		case 3:
			desc[511] = DESC_TSS;
			break;
		default:
			c.gdt_frames[1] = virt_to_mfn(d->shared).n;
			break;
		}
		rc = dm_set_context(v, &c);
		cr_assert(rc == -EINVAL || rc == -EPERM, "GDT %u: %d", i, rc);
		nothing_is_held("GDT");
		cr_assert_eq(world_refs(second), 0);
		desc[511] = 0;
	}
	/* A page cannot be a page table and hold descriptors. */
	c.gdt_frames[1] = root.n;
	rc = dm_set_context(v, &c);
	cr_assert_lt(rc, 0);
	nothing_is_held("the root as GDT");
}

Test(context, debug_registers_are_made_harmless)
{
	static const struct {
		unsigned int reg;
		uint64_t given, kept;
	} rows[] = {
		{7, 0, 0x400},
		{7, 0x2401, 0x401},		/* general detect */
		{7, 0xffff0000ffff0000, 0x400}, /* high half */
		{7, 0x00020001, 0x400},		/* I/O breakpoint */
		{7, 0x20000040, 0x400},
		{7, 0x00030001, 0x00030401},
		{6, 0, 0xffff0ff0},
		{6, 0xffffffff, 0xffffeff0 | 0xf},
		{6, 1ull << 32, 0xffff0ff0},
		{4, 0x1234, 0},
		{5, 0x1234, 0},
		{2, 0x7ffffffffff8, 0x7ffffffffff8},
		{2, 0x7ffffffffffc, 0}, /* its end is not canonical */
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		dm_context(&c, root);
		c.debugreg[rows[i].reg] = rows[i].given;
		cr_assert_eq(dm_set_context(v, &c), 0, "row %u", i);
		cr_assert_eq(v->arch.debugreg[rows[i].reg], rows[i].kept,
			     "row %u: %#lx", i, v->arch.debugreg[rows[i].reg]);
	}
}

Test(context, flags_selectors_and_mxcsr_are_made_harmless)
{
	uint32_t mxcsr = ~0u;

	memcpy(&c.fpu_ctxt.x[24], &mxcsr, 4);
	c.user_regs.rflags = ~0ull;
	c.user_regs.cs = 0xe008; /* ring 0 */
	c.user_regs.ss = 0;
	c.kernel_ss = 0xe010;
	cr_assert_eq(vcpu_set_context(v, &c), 0);
	memcpy(&mxcsr, &v->arch.fpu[24], 4);
	cr_assert_eq(mxcsr & 0xffff0000, 0, "%#x", mxcsr);
	cr_assert_eq(v->arch.regs.cs & 3, 3);
	cr_assert_eq(v->arch.regs.ss & 3, 3);
	cr_assert_eq(v->arch.kernel_ss & 3, 3);
	/* IOPL 0, IF, no VM, no reserved bits. */
	cr_assert_eq(v->arch.regs.rflags & 0x3200, 0x200);
	cr_assert_eq(v->arch.regs.rflags >> 22, 0);
	cr_assert_eq(v->arch.regs.rflags & (1 << 17), 0);
	cr_assert_eq(v->arch.iopl, 3);
}

Test(context, without_an_fpu_image_it_is_as_after_reset)
{
	unsigned int i;

	memset(v->arch.fpu, 0x5c, 512);
	c.flags &= ~VGCF_i387_valid;
	cr_assert_eq(vcpu_set_context(v, &c), 0);
	cr_assert_eq(v->arch.fpu[0], 0x7f);
	cr_assert_eq(v->arch.fpu[1], 0x03);
	cr_assert_eq(v->arch.fpu[24], 0x80);
	cr_assert_eq(v->arch.fpu[25], 0x1f);
	for (i = 32; i < 512; i++)
		cr_assert_eq(v->arch.fpu[i], 0, "byte %u", i);
}

Test(context, the_first_vcpu_says_what_assists_the_domain_has)
{
	c.vm_assist = ~0ull;
	cr_assert_eq(vcpu_set_context(v, &c), 0);
	cr_assert_eq(d->vm_assist & 1u << VMASST_TYPE_writable_pagetables,
		     1u << VMASST_TYPE_writable_pagetables);
	/* Those that there are not. */
	cr_assert_eq(d->vm_assist & ~0x2fu, 0);
	c.vm_assist = 0;
	c.flags = VGCF_in_kernel;
	cr_assert_eq(vcpu_set_context(d->vcpu[1], &c), 0);
	cr_assert_neq(d->vm_assist, 0);
	cr_assert_not(d->vcpu[1]->up);
}

Test(context, a_new_one_lets_the_old_tables_go_and_keeps_what_is_registered)
{
	struct vcpu_register_vcpu_info info = {.mfn = world_page(d).n,
					       .offset = 8};
	mfn_t next = dm_tables(d, 2);

	cr_assert_eq(vcpu_set_context(v, &c), 0);
	cr_assert_eq(dm_call(hypercall_vcpu_op, v, VCPUOP_register_vcpu_info, 0,
			     (uintptr_t)&info),
		     0);
	v->runstate_va = WORLD_VA;
	dm_context(&c, next);
	cr_assert_eq(vcpu_set_context(v, &c), 0);
	cr_assert_eq(world_refs(root), 0);
	cr_assert_eq(world_refs(user), 0);
	cr_assert_eq(world_refs(gdt), 0);
	cr_assert_eq(world_types(next), 1);
	cr_assert_eq(v->arch.user_cr3, 0);
	cr_assert_eq(v->runstate_va, WORLD_VA);
	cr_assert_eq((char *)v->info, (char *)mfn_to_virt(mfn(info.mfn)) + 8);
}

Test(context, a_refusal_of_fields_leaves_the_context_there_is)
{
	cr_assert_eq(vcpu_set_context(v, &c), 0);
	c.event_callback_eip = HV_VIRT_START;
	cr_assert_eq(vcpu_set_context(v, &c), -EINVAL);
	cr_assert(v->initialised);
	cr_assert_eq(v->arch.kernel_cr3, mfn_to_maddr(root).a);
	cr_assert_eq(world_types(root), 1);
}

/* Each place where it can be interrupted, then all of them. */
static void interrupted(int expected)
{
	unsigned int k, checks;

	fake_preempt_checks = 0;
	cr_assert_eq(dm_set_context(v, &c), expected);
	checks = fake_preempt_checks;
	for (k = 1; k <= checks; k++) {
		cr_assert_eq(vcpu_reset(v), 0);
		fake_preempt_in = k;
		cr_assert_eq(dm_set_context(v, &c), expected, "check %u", k);
		fake_preempt_in = 0;
	}
	fake_preempt_every = 1;
	cr_assert_eq(dm_set_context(v, &c), expected);
	/* Twice: what the first left for later must not be in the way. */
	cr_assert_eq(dm_set_context(v, &c), expected);
	fake_preempt_every = 0;
}

Test(context, setting_can_be_interrupted_anywhere)
{
	interrupted(0);
	cr_assert_eq(world_types(root), 1);
	cr_assert_eq(world_types(user), 1);
	cr_assert_eq(world_types(gdt), 1);
	cr_assert_eq(vcpu_reset(v), 0);
	nothing_is_held("reset");
}

Test(context, so_can_a_refusal)
{
	uint64_t *l4 = mfn_to_virt(user);

	/* The last of all checks fails. */
	l4[511] = 0x123 << 12 | PTE_P;
	interrupted(-EINVAL);
	/* The promotion that was given up still holds the upper entries. */
	while (frame_forget_type(frame_of(user)) == -ERESTART)
		;
	nothing_is_held("refused");
}

Test(context, a_vcpu_without_its_whole_context_is_not_run)
{
	cr_assert_eq(vcpu_set_context(v, &c), 0);
	v->pause_count = 0;
	cr_assert(vcpu_runnable(v));
	fake_preempt_in = 1;
	cr_assert_eq(vcpu_set_context(v, &c), -ERESTART);
	cr_assert_not(vcpu_runnable(v));
	cr_assert_eq(vcpu_set_context(v, &c), 0);
	cr_assert(vcpu_runnable(v));
}

Test(context, of_a_domain_that_is_gone_leaves_nothing)
{
	uint64_t before;

	cr_assert_eq(vcpu_set_context(v, &c), 0);
	c.ctrlreg[1] = xen_pfn_to_cr3(0x123);
	cr_assert_lt(dm_set_context(v, &c), 0);
	before = page_free_count() + d->page_count;
	dm_end(d);
	cr_assert_gt(page_free_count(), before);
}
