/* SPDX-License-Identifier: MIT */
/*
 * What a new domain finds when it begins; see bootstate.h. The contract is
 * that of include/public/xen.h (struct start_info) and of the ELF notes.
 * Test: tests/unit/dom0-tools/builder/test_bootstate.c.
 */
#include <string.h>

#include "builder/bootstate.h"

#define BOOTSTATE_MAGIC	 "xen-3.0-x86_64"
#define BOOTSTATE_RFLAGS 0x202ULL /* interrupts on, and the bit that is 1 */
#define BOOTSTATE_DR6	 0xffff0ff0ULL
#define BOOTSTATE_DR7	 0x400ULL

void bootstate_fill_start_info(const struct bootstate *b,
			       struct start_info *info)
{
	const struct layout *l = b->layout;

	memset(info, 0, sizeof(*info));
	memcpy(info->magic, BOOTSTATE_MAGIC, sizeof(BOOTSTATE_MAGIC));
	info->nr_pages = l->total_pages;
	info->shared_info = b->shared_info_mfn * LAYOUT_PAGE_BYTES;
	info->flags = SIF_VIRT_P2M_4TOOLS;
	info->store_mfn = b->p2m[l->store_pfn];
	info->store_evtchn = b->store_port;
	info->console.domU.mfn = b->p2m[l->console_pfn];
	info->console.domU.evtchn = b->console_port;
	info->pt_base = layout_va(l, l->tables.pfn);
	info->nr_pt_frames = l->tables.pages;
	info->mfn_list = l->p2m_vaddr;
	if (b->ramdisk_bytes) {
		info->mod_len = b->ramdisk_bytes;
		info->mod_start = layout_va(l, l->ramdisk.pfn);
		if (l->ramdisk_by_pfn) {
			info->mod_start = l->ramdisk.pfn;
			info->flags |= SIF_MOD_START_PFN;
		}
	}
	strncpy((char *)info->cmd_line, b->cmdline, MAX_GUEST_CMDLINE - 1);
	if (!l->p2m_is_linear) {
		info->first_p2m_pfn = l->p2m.pfn;
		info->nr_p2m_frames = l->p2m.pages + l->p2m_tables.pages;
	}
}

void bootstate_fill_vcpu(const struct bootstate *b,
			 struct vcpu_guest_context *context)
{
	const struct layout *l = b->layout;
	struct cpu_user_regs *r = &context->user_regs;
	uint64_t stack_top = layout_va(l, l->stack.pfn + 1);

	memset(context, 0, sizeof(*context));
	context->flags = VGCF_in_kernel | VGCF_online;
	r->rip = b->entry;
	r->rsp = stack_top;
	r->rsi = layout_va(l, l->start_info_pfn);
	r->rflags = BOOTSTATE_RFLAGS;
	r->cs = FLAT_KERNEL_CS;
	r->ss = FLAT_KERNEL_SS;
	context->kernel_ss = FLAT_KERNEL_SS;
	context->kernel_sp = stack_top;
	context->ctrlreg[3] = b->p2m[l->tables.pfn] * LAYOUT_PAGE_BYTES;
	context->debugreg[6] = BOOTSTATE_DR6;
	context->debugreg[7] = BOOTSTATE_DR7;
}

void bootstate_fill_shared_info(struct shared_info *shared)
{
	memset(shared, 0, sizeof(*shared));
	for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		shared->vcpu_info[i].evtchn_upcall_mask = 1;
}
