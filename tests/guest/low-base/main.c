/* SPDX-License-Identifier: MIT */
/*
 * low-base: a kernel may be linked anywhere outside of the hypervisor's range,
 * also at virtual address 0, where unikernels like to be. All that a guest
 * needs must work there: the linear map, a read-only page, a new L1 table, a
 * trap and an event.
 */
#include "guest.h"

void guest_main(void)
{
	struct evtchn_bind_ipi ipi = {.vcpu = 0};
	struct evtchn_send send;
	struct trap_catch c;
	volatile uint64_t *page = page_alloc(), *window = window_alloc();

	expect(PTR(image_start) == 0x100000, "the image is at %p",
	       (void *)image_start);
	expect(PTR(start_info) < 0x40000000, "start_info is at %p",
	       (void *)start_info);
	page_set_ro((void *)page);
	expect(store_traps(page, 1, &c), "a read-only page was written");
	expect(c.cr2 == PTR(page), "cr2 is %lx", c.cr2);
	expect_rc(do_update_va((void *)window,
			       pte_make(mfn_of((void *)page), PTE_RO),
			       UVMF_INVLPG),
		  0);
	expect(*window == 0, "the window shows %lx", *window);

	events_init();
	expect_rc(do_event_op(EVTCHNOP_bind_ipi, &ipi), 0);
	event_unmask(ipi.port);
	events_on();
	send.port = ipi.port;
	expect_rc(do_event_op(EVTCHNOP_send, &send), 0);
	expect(event_count[ipi.port] == 1, "%u deliveries",
	       event_count[ipi.port]);
	success("a kernel at address 0 works");
}
