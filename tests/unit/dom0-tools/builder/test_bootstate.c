/* SPDX-License-Identifier: MIT */
/* What a new domain finds when it begins. */
#include <criterion/criterion.h>
#include <string.h>

#include "builder/bootstate.h"

TestSuite(bootstate);

static uint64_t p2m[64];
static struct layout layout = {
	.virt_base = 0xffffffff80000000ULL,
	.total_pages = 64,
	.tables = {20, 5},
	.stack = {25, 1},
	.ramdisk = {40, 2},
	.p2m = {42, 1},
	.p2m_tables = {43, 3},
	.start_info_pfn = 17,
	.store_pfn = 18,
	.console_pfn = 19,
	.p2m_vaddr = 0x8000000000ULL,
	.ramdisk_by_pfn = true,
};
static struct bootstate state = {
	.layout = &layout,
	.p2m = p2m,
	.entry = 0xffffffff81234567ULL,
	.shared_info_mfn = 0x7777,
	.store_port = 3,
	.console_port = 4,
	.ramdisk_bytes = 5000,
	.cmdline = "console=hvc0",
};

static void setup(void)
{
	for (unsigned int i = 0; i < 64; i++)
		p2m[i] = 1000 + 7 * i;
}

Test(bootstate, start_info_tells_the_guest_where_all_is, .init = setup)
{
	struct start_info info;

	memset(&info, 0xff, sizeof(info));
	bootstate_fill_start_info(&state, &info);
	cr_assert_str_eq(info.magic, "xen-3.0-x86_64");
	cr_assert_eq(info.nr_pages, 64);
	cr_assert_eq(info.shared_info, 0x7777000);
	cr_assert_eq(info.flags, SIF_MOD_START_PFN | SIF_VIRT_P2M_4TOOLS);
	cr_assert_eq(info.store_mfn, p2m[18]);
	cr_assert_eq(info.store_evtchn, 3);
	cr_assert_eq(info.console.domU.mfn, p2m[19]);
	cr_assert_eq(info.console.domU.evtchn, 4);
	cr_assert_eq(info.pt_base, 0xffffffff80014000ULL);
	cr_assert_eq(info.nr_pt_frames, 5);
	cr_assert_eq(info.mfn_list, 0x8000000000ULL);
	cr_assert_eq(info.mod_start, 40);
	cr_assert_eq(info.mod_len, 5000);
	cr_assert_str_eq((char *)info.cmd_line, "console=hvc0");
	cr_assert_eq(info.first_p2m_pfn, 42);
	cr_assert_eq(info.nr_p2m_frames, 4);
}

Test(bootstate, an_initramfs_may_be_told_by_its_address, .init = setup)
{
	struct layout l = layout;
	struct bootstate b = state;
	struct start_info info;

	b.layout = &l;
	l.ramdisk_by_pfn = false;
	l.p2m_is_linear = true;
	bootstate_fill_start_info(&b, &info);
	cr_assert_eq(info.flags, SIF_VIRT_P2M_4TOOLS);
	cr_assert_eq(info.mod_start, 0xffffffff80028000ULL);
	cr_assert_eq(info.first_p2m_pfn, 0);
	cr_assert_eq(info.nr_p2m_frames, 0);
}

Test(bootstate, without_an_initramfs_none_is_told, .init = setup)
{
	struct bootstate b = state;
	struct start_info info;

	b.ramdisk_bytes = 0;
	bootstate_fill_start_info(&b, &info);
	cr_assert_eq(info.flags, SIF_VIRT_P2M_4TOOLS);
	cr_assert_eq(info.mod_start, 0);
	cr_assert_eq(info.mod_len, 0);
}

Test(bootstate, a_command_line_is_always_ended, .init = setup)
{
	struct bootstate b = state;
	struct start_info info;
	char line[2 * MAX_GUEST_CMDLINE];

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	b.cmdline = line;
	bootstate_fill_start_info(&b, &info);
	cr_assert_eq(strlen((char *)info.cmd_line), MAX_GUEST_CMDLINE - 1);
	cr_assert_eq(info.first_p2m_pfn, 42);
}

Test(bootstate, the_first_vcpu_begins_in_the_kernel, .init = setup)
{
	struct vcpu_guest_context c;

	memset(&c, 0xff, sizeof(c));
	bootstate_fill_vcpu(&state, &c);
	cr_assert_eq(c.flags, VGCF_in_kernel | VGCF_online);
	cr_assert_eq(c.user_regs.rip, 0xffffffff81234567ULL);
	cr_assert_eq(c.user_regs.rsi, 0xffffffff80011000ULL);
	cr_assert_eq(c.user_regs.rsp, 0xffffffff8001a000ULL);
	cr_assert_eq(c.user_regs.rflags, 0x202);
	cr_assert_eq(c.user_regs.cs, 0xe033);
	cr_assert_eq(c.user_regs.ss, 0xe02b);
	cr_assert_eq(c.user_regs.ds, 0);
	cr_assert_eq(c.user_regs.rax, 0);
	cr_assert_eq(c.kernel_ss, 0xe02b);
	cr_assert_eq(c.kernel_sp, 0xffffffff8001a000ULL);
	cr_assert_eq(c.ctrlreg[3], p2m[20] << 12);
	cr_assert_eq(c.ctrlreg[1], 0);
	cr_assert_eq(c.debugreg[7], 0x400);
	cr_assert_eq(c.gdt_ents, 0);
	cr_assert_eq(c.event_callback_eip, 0);
}

Test(bootstate, every_vcpu_begins_with_events_masked)
{
	struct shared_info shared;

	memset(&shared, 0xff, sizeof(shared));
	bootstate_fill_shared_info(&shared);
	for (int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++) {
		cr_assert_eq(shared.vcpu_info[i].evtchn_upcall_mask, 1);
		cr_assert_eq(shared.vcpu_info[i].evtchn_upcall_pending, 0);
	}
	cr_assert_eq(shared.evtchn_pending[63], 0);
	cr_assert_eq(shared.arch.max_pfn, 0);
}
