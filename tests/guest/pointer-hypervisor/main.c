/* SPDX-License-Identifier: MIT */
/*
 * pointer-hypervisor: every hypercall that takes a pointer is given one into
 * the hypervisor's range, in front of it so that the object reaches in, and
 * behind the sign gap. XSA-212 was exactly this: memory_exchange checked the
 * start of an output array, not where it would write. A result must be an
 * error, and the memory there must be as before as far as we can read it.
 */
#include "guest.h"

#include "public/nmi.h"
#include "public/physdev.h"
#include "public/platform.h"

static const uint64_t evil[] = {
	0xffff800000000000UL, 0xffff808000000000UL, 0xffff82c000000000UL,
	0xffff82d080200000UL, 0xffff83000009f000UL, 0xffff87fffffffff8UL,
	0x0000800000000000UL, 0x00007ffffffffff8UL,
};

static void all_with(uint64_t p)
{
	struct xen_machphys_mfn_list list = {.max_extents = 1,
					     .extent_start = p};
	struct xen_memory_reservation r = {
		.extent_start = p, .nr_extents = 1, .domid = DOMID_SELF};
	struct xen_memory_map map = {.nr_entries = 8, .buffer = p};
	struct sched_poll poll = {.ports = p, .nr_ports = 1, .timeout = 1};
	struct gnttab_setup_table setup = {
		.dom = DOMID_SELF, .nr_frames = 1, .frame_list = p};
	struct multicall_entry call = {.op = __HYPERVISOR_xen_version,
				       .args = {XENVER_get_features, p}};
	uint64_t junk = 0;

	for (unsigned int cmd = 1; cmd <= 10; cmd++)
		if (cmd != XENVER_pagesize && cmd != XENVER_version)
			expect(do_xen_version(cmd, (void *)p) < 0,
			       "xen_version %u wrote to %lx", cmd, p);
	expect_refused(hypercall2(__HYPERVISOR_multicall, p, 1));
	expect_rc(hypercall2(__HYPERVISOR_multicall, PTR(&call), 1), 0);
	expect((long)call.result < 0, "a multicall entry wrote to %lx", p);
	expect_refused(
		hypercall4(__HYPERVISOR_mmu_update, p, 1, 0, DOMID_SELF));
	expect_refused(hypercall4(__HYPERVISOR_mmuext_op, p, 1, 0, DOMID_SELF));
	/* The counter of finished requests. */
	hypercall4(__HYPERVISOR_mmu_update, PTR(&junk), 0, p, DOMID_SELF);
	expect_refused(hypercall1(__HYPERVISOR_set_trap_table, p));
	expect_refused(hypercall2(__HYPERVISOR_set_gdt, p, 16));
	for (unsigned int cmd = 0; cmd <= 13; cmd++)
		if (cmd != EVTCHNOP_reset)
			expect(do_event_op(cmd, (void *)p) < 0,
			       "event_channel_op %u took %lx", cmd, p);
	expect_refused(do_sched_op(SCHEDOP_poll, (void *)p));
	expect_refused(do_sched_op(SCHEDOP_poll, &poll));
	expect_refused(do_sched_op(SCHEDOP_shutdown, (void *)p));
	expect_refused(do_vcpu_op(VCPUOP_get_runstate_info, 0, (void *)p));
	expect_refused(do_vcpu_op(VCPUOP_set_singleshot_timer, 0, (void *)p));
	expect_refused(do_vcpu_op(VCPUOP_register_vcpu_info, 0, (void *)p));
	expect_refused(
		hypercall2(__HYPERVISOR_callback_op, CALLBACKOP_register, p));
	expect_refused(
		hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, p));
	expect_refused(hypercall1(__HYPERVISOR_platform_op, p));
	expect_refused(do_grant_op(GNTTABOP_setup_table, (void *)p, 1));
	expect_refused(do_grant_op(GNTTABOP_query_size, (void *)p, 1));
	if (do_grant_op(GNTTABOP_setup_table, &setup, 1) == 0)
		expect(setup.status < 0, "grant frames were written to %lx", p);
	/* Those that count extents may say "none" instead of an error. */
	for (unsigned int cmd = 0; cmd <= 28; cmd++)
		if (cmd != XENMEM_maximum_ram_page)
			expect(do_memory_op(cmd, (void *)p) <= 0,
			       "memory_op %u took %lx", cmd, p);
	expect_refused(do_memory_op(XENMEM_machphys_mfn_list, &list));
	expect(do_memory_op(XENMEM_populate_physmap, &r) <= 0,
	       "populate_physmap used %lx", p);
	expect(do_memory_op(XENMEM_decrease_reservation, &r) <= 0,
	       "decrease_reservation used %lx", p);
	if (do_memory_op(XENMEM_machine_memory_map, &map) == 0)
		expect(map.nr_entries == 0, "a memory map went to %lx", p);
}

static void exchange_with(uint64_t p)
{
	struct xen_memory_exchange x = {0};
	xen_pfn_t in[2];
	char *a = page_alloc(), *b = page_alloc();

	/* The XSA-212 form: an out array whose element N is in range. */
	in[0] = mfn_of(a);
	in[1] = mfn_of(b);
	x.in.extent_start = PTR(in);
	x.in.nr_extents = 2;
	x.in.domid = DOMID_SELF;
	x.out.extent_start = p;
	x.out.nr_extents = 2;
	x.out.domid = DOMID_SELF;
	require_rc(do_update_va(a, 0, UVMF_INVLPG), 0);
	require_rc(do_update_va(b, 0, UVMF_INVLPG), 0);
	expect(do_memory_op(XENMEM_exchange, &x) < 0,
	       "memory_exchange wrote its result to %lx", p);
	/* Half done already: the out array starts where we say. */
	x.out.extent_start = p - 8;
	x.nr_exchanged = 1;
	expect(do_memory_op(XENMEM_exchange, &x) < 0,
	       "memory_exchange continued into %lx", p);
	x.in.extent_start = p;
	x.out.extent_start = PTR(in);
	x.nr_exchanged = 0;
	expect(do_memory_op(XENMEM_exchange, &x) < 0,
	       "memory_exchange read its input from %lx", p);
}

void guest_main(void)
{
	uint64_t m2p0;
	struct trap_catch c;

	require(!load_traps((void *)MACH2PHYS_VIRT_START, &c),
		"the M2P cannot be read");
	m2p0 = *(volatile uint64_t *)MACH2PHYS_VIRT_START;
	for (size_t i = 0; i < ARRAY_SIZE(evil); i++) {
		all_with(evil[i]);
		/* Reaching in from below. */
		if (evil[i] != 0x00007ffffffffff8UL)
			exchange_with(evil[i]);
	}
	expect(*(volatile uint64_t *)MACH2PHYS_VIRT_START == m2p0,
	       "the M2P was written through a pointer");
	expect(do_xen_version(XENVER_version, NULL) > 0,
	       "hypercalls stopped working");
	success("no pointer reaches the hypervisor");
}
