/* SPDX-License-Identifier: MIT */
/*
 * noncanonical: addresses whose upper bits are no sign extension raise #GP in
 * the hypervisor's own code when it loads them carelessly: into a segment
 * base, on the way back to the guest, in INVLPG, as a callback. Each place
 * takes one; each must be refused, ignored or turned into a fault of ours, and
 * the hypervisor must be alive afterwards.
 */
#include "guest.h"

static const uint64_t bad[] = {
	0x0000800000000000UL, 0x0000800000000010UL, 0x7fffffffffffffffUL,
	0x8000000000000000UL, 0xffff7ffffffffff0UL,
};

static void alive(void)
{
	expect(do_xen_version(XENVER_version, NULL) > 0,
	       "hypercalls stopped working");
}

static struct trap_catch c;

static void iret_to(uint64_t rip, uint64_t rsp)
{
	/* Static: the stack that we come back on is another one. */
	static struct iret_context frame;

	memset(&frame, 0, sizeof(frame));
	frame.rip = rip;
	frame.cs = FLAT_KERNEL_CS & ~3UL;
	frame.ss = FLAT_KERNEL_SS;
	frame.rsp = rsp;
	if (!trap_try(&c))
		iret_raw(&frame);
}

void guest_main(void)
{
	static struct trap_info table[2];
	struct callback_register reg = {.flags = CALLBACKF_mask_events};
	struct evtchn_bind_ipi ipi = {.vcpu = 0};
	struct evtchn_send send;
	uint64_t good_stack = PTR(page_alloc()) + PAGE_SIZE;
	uint16_t types[] = {CALLBACKTYPE_event,	   CALLBACKTYPE_failsafe,
			    CALLBACKTYPE_syscall,  CALLBACKTYPE_nmi,
			    CALLBACKTYPE_sysenter, CALLBACKTYPE_syscall32};

	events_init();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		expect_refused(hypercall2(__HYPERVISOR_set_segment_base,
					  SEGBASE_FS, bad[i]));
		expect_refused(hypercall2(__HYPERVISOR_set_segment_base,
					  SEGBASE_GS_USER, bad[i]));
		expect_refused(hypercall2(__HYPERVISOR_set_segment_base,
					  SEGBASE_GS_KERNEL, bad[i]));
		for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
			reg.type = types[t];
			reg.address = bad[i];
			expect(hypercall2(__HYPERVISOR_callback_op,
					  CALLBACKOP_register, PTR(&reg)) < 0,
			       "callback %u took %lx", types[t], bad[i]);
		}
		do_mmuext(MMUEXT_INVLPG_LOCAL, bad[i], 0);
		do_mmuext(MMUEXT_INVLPG_ALL, bad[i], 0);
		expect_refused(do_update_va((void *)bad[i], 0, UVMF_INVLPG));
		expect_refused(
			do_xen_version(XENVER_extraversion, (void *)bad[i]));
		alive();
		table[0].vector = 3;
		table[0].cs = FLAT_KERNEL_CS;
		table[0].address = bad[i];
		hypercall1(__HYPERVISOR_set_trap_table, PTR(table));
		require_rc(traps_init(), 0);
		alive();

		iret_to(bad[i], good_stack);
		expect(c.frame.vector == TRAP_FAILSAFE ||
			       c.frame.vector == TRAP_GP,
		       "iret to %lx came back by %lu", bad[i], c.frame.vector);
		alive();
	}
	/* WRMSR of GS_BASE by the emulator. */
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (!trap_try(&c)) {
			__asm__ volatile("wrmsr"
					 :
					 : "c"(0xc0000101), "a"(bad[i]),
					   "d"(bad[i] >> 32));
			failure("wrmsr put %lx into GS_BASE", bad[i]);
		}
		expect(c.frame.vector == TRAP_GP, "wrmsr of %lx: trap %lu",
		       bad[i], c.frame.vector);
	}
	/* A refused callback must not have replaced the good one. */
	expect_rc(do_event_op(EVTCHNOP_bind_ipi, &ipi), 0);
	event_unmask(ipi.port);
	events_on();
	send.port = ipi.port;
	expect_rc(do_event_op(EVTCHNOP_send, &send), 0);
	expect(event_count[ipi.port] == 1, "events do not arrive any more");
	success("impossible addresses do no harm");
}
