/* SPDX-License-Identifier: MIT */
/*
 * vcpu-info-bad: register_vcpu_info gives the hypervisor a place in our memory
 * that it will write on every event. Over the end of a page it would write
 * into whatever comes next; in a page table it would write entries. Offsets
 * that cross, that are not aligned or huge, frames of others, tables, vCPUs
 * that do not exist, and a second registration: refused. A good one moves the
 * state and is used from then on. Runstate areas at bad addresses do no harm.
 */
#include "guest.h"

static long reg(unsigned int vcpu, uint64_t mfn, uint32_t offset)
{
	struct vcpu_register_vcpu_info op = {.mfn = mfn, .offset = offset};

	return do_vcpu_op(VCPUOP_register_vcpu_info, vcpu, &op);
}

void guest_main(void)
{
	static const uint32_t offsets[] = {4096 - 63, 4096 - 8,	  4096,
					   4097,      0x7fffffff, ~0u};
	static const uint64_t areas[] = {
		0xffff800000000000UL,
		0xffff82d080200000UL,
		0x0000800000000000UL,
		0xffffffffffffffffUL,
		0x10,
	};
	char *page = page_alloc();
	uint64_t mfn = mfn_of(page);
	struct vcpu_info *moved = (struct vcpu_info *)(void *)(page + 128);
	struct evtchn_bind_ipi ipi = {.vcpu = 0};
	struct evtchn_send send;

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++)
		expect(reg(0, mfn, offsets[i]) < 0, "offset %x was accepted",
		       offsets[i]);
	expect_refused(reg(0, mfn, 33));
	expect_refused(reg(0, mfn, 1));
	expect_refused(reg(0, 0xfffffffffUL, 0));
	expect_refused(reg(0, mfn_of((void *)start_info->pt_base), 0));
	expect_refused(reg(0, pte_maddr(page, 1) >> 12, 0));
	for (unsigned int v = 1024; v; v *= 2)
		expect(reg(v, mfn, 0) < 0, "vCPU %u was accepted", v);

	for (size_t i = 0; i < ARRAY_SIZE(areas); i++) {
		struct vcpu_register_runstate_memory_area area = {0};
		uint64_t m2p = *(volatile uint64_t *)MACH2PHYS_VIRT_START;

		area.addr.v = areas[i];
		do_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &area);
		do_sched_op(SCHEDOP_yield, NULL);
		time_spin(1000000);
		expect(*(volatile uint64_t *)MACH2PHYS_VIRT_START == m2p,
		       "the runstate was written to %lx", areas[i]);
	}

	events_init();
	require_rc(do_event_op(EVTCHNOP_bind_ipi, &ipi), 0);
	events_on();
	events_off();
	expect_rc(reg(0, mfn, 128), 0);
	expect(moved->evtchn_upcall_mask == 1, "the mask did not move along");
	expect_refused(reg(0, mfn, 256));
	__atomic_and_fetch(&shared_info->evtchn_mask[ipi.port / 64],
			   ~(1UL << (ipi.port % 64)), __ATOMIC_SEQ_CST);
	/* Everything was marked pending, so that nothing is lost: clear it. */
	shared_info->evtchn_pending[ipi.port / 64] = 0;
	moved->evtchn_pending_sel = 0;
	__atomic_store_n(&moved->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	send.port = ipi.port;
	expect_rc(do_event_op(EVTCHNOP_send, &send), 0);
	expect(__atomic_load_n(&moved->evtchn_upcall_pending,
			       __ATOMIC_SEQ_CST) == 1,
	       "an event is not shown in the new place");
	expect(moved->time.tsc_to_system_mul != 0,
	       "the clock did not move along");
	success("vcpu_info stays within our pages");
}
