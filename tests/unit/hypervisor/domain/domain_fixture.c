/* SPDX-License-Identifier: MIT */
/* See domain_fixture.h. */
#include "domain_fixture.h"
#include <criterion/criterion.h>

#define RESTARTS_MAX 100000

struct domain *dm_create(domid_t id, unsigned int vcpus)
{
	static const struct xen_domctl_createdomain config = {
		.max_grant_frames = -1,
		.max_maptrack_frames = -1,
	};
	struct domain *d;
	unsigned int i;

	cr_assert_eq(domain_create(id, &config, false, &d), 0);
	d->max_vcpus = vcpus;
	d->page_max = ~0ull;
	for (i = 0; i < vcpus; i++)
		cr_assert_eq(domain_make_vcpu(d, i), 0);
	return d;
}

unsigned int dm_kill(struct domain *d)
{
	unsigned int restarts = 0;
	int rc;

	while ((rc = domain_kill(d)) == -ERESTART)
		cr_assert_lt(++restarts, RESTARTS_MAX, "the kill never ends");
	cr_assert_eq(rc, 0);
	return restarts;
}

void dm_end(struct domain *d)
{
	dm_kill(d);
	domain_put(d);
}

static void link_table(mfn_t upper, unsigned int slot, mfn_t lower)
{
	uint64_t *t = mfn_to_virt(upper);

	t[slot] = mfn_to_maddr(lower).a | PTE_P | PTE_RW | PTE_U | PTE_A;
}

mfn_t dm_tables(struct domain *d, unsigned int l1s)
{
	mfn_t l4 = world_page(d), l3 = world_page(d), l2 = world_page(d);
	unsigned int i;

	link_table(l4, WORLD_VA >> 39 & 511, l3);
	link_table(l3, WORLD_VA >> 30 & 511, l2);
	for (i = 0; i < l1s; i++) {
		mfn_t l1 = world_page(d);
		uint64_t *t = mfn_to_virt(l1);

		link_table(l2, (WORLD_VA >> 21 & 511) + i, l1);
		t[3] = mfn_to_maddr(world_page(d)).a | PTE_P | PTE_RW | PTE_U;
		t[509] = mfn_to_maddr(world_page(d)).a | PTE_P | PTE_U;
	}
	return l4;
}

void dm_context(struct vcpu_guest_context *c, mfn_t root)
{
	unsigned int i;

	memset(c, 0, sizeof(*c));
	c->flags = VGCF_in_kernel | VGCF_online | VGCF_i387_valid |
		   VGCF_syscall_disables_events;
	for (i = 0; i < 24; i++)
		c->fpu_ctxt.x[i] = (char)(i + 1);
	memcpy(&c->fpu_ctxt.x[24], "\x80\x1f\0\0", 4);
	for (i = 32; i < 416; i++)
		c->fpu_ctxt.x[i] = (char)(i * 7);
	c->user_regs.r15 = 0x1501;
	c->user_regs.rax = 0xa0a1a2a3a4a5a6a7;
	c->user_regs.rsi = 0x5151;
	c->user_regs.rip = 0xffffffff81001230;
	c->user_regs.rsp = 0xffffffff82003ff0;
	c->user_regs.rflags = 0x246 | 1u << 12;
	c->user_regs.cs = 0xe030;
	c->user_regs.ss = 0xe02b;
	c->user_regs.ds = 0x2b;
	c->user_regs.gs = 0x63;
	for (i = 0; i < 256; i++) {
		c->trap_ctxt[i].vector = (uint8_t)i;
		c->trap_ctxt[i].cs = 0xe033;
		c->trap_ctxt[i].address = 0xffffffff81100000 + i * 0x10;
	}
	c->kernel_ss = 0xe02b;
	c->kernel_sp = 0xffffffff82004000;
	c->ctrlreg[3] = xen_pfn_to_cr3(root.n);
	c->ctrlreg[0] = 8;
	c->debugreg[0] = 0xffffffff81004560;
	c->debugreg[6] = 0xffff0ff0;
	c->debugreg[7] = 0x401;
	c->event_callback_eip = 0xffffffff81005671;
	c->failsafe_callback_eip = 0xffffffff81005782;
	c->syscall_callback_eip = 0xffffffff81005893;
	c->vm_assist = 1u << VMASST_TYPE_runstate_update_flag;
	c->fs_base = 0x7f0000001110;
	c->gs_base_kernel = 0xffff888000002220;
	c->gs_base_user = 0x7f0000003330;
}

int dm_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	unsigned int restarts = 0;
	int rc;

	while ((rc = vcpu_set_context(v, c)) == -ERESTART)
		cr_assert_lt(++restarts, RESTARTS_MAX, "this never ends");
	return rc;
}

long dm_call(hypercall_fn *fn, struct vcpu *v, uint64_t a0, uint64_t a1,
	     uint64_t a2)
{
	uint64_t args[6] = {a0, a1, a2};
	unsigned int restarts = 0;
	long rc;

	while ((rc = fn(v, args)) == -ERESTART)
		cr_assert_lt(++restarts, RESTARTS_MAX, "this never ends");
	return rc;
}

long dm_domctl(struct vcpu *v, uint32_t cmd, domid_t id, struct xen_domctl *op)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = id;
	return dm_call(hypercall_domctl, v, (uintptr_t)op, 0, 0);
}
