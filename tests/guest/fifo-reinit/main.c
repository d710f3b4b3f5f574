/* SPDX-License-Identifier: MIT */
/*
 * fifo-reinit: the FIFO control block and event array are written by the
 * hypervisor at addresses that we gave. A second control block, offsets that
 * cross the page or are not aligned, frames of others, tables; array pages
 * before the control block and more of them than there are ports; links that
 * we corrupt, so that the hypervisor follows an index of ours out of the
 * array or round in a ring. It must refuse, or drop events of ours, and go on.
 */
#include "guest.h"

static long init(uint64_t gfn, uint32_t offset, uint32_t vcpu)
{
	struct evtchn_init_control op = {
		.control_gfn = gfn, .offset = offset, .vcpu = vcpu};

	return do_event_op(EVTCHNOP_init_control, &op);
}

static long expand(uint64_t gfn)
{
	struct evtchn_expand_array op = {.array_gfn = gfn};

	return do_event_op(EVTCHNOP_expand_array, &op);
}

void guest_main(void)
{
	struct evtchn_fifo_control_block *control = page_alloc();
	volatile event_word_t *words = page_alloc();
	void *second = page_alloc();
	struct evtchn_bind_ipi ipi = {.vcpu = 0};
	evtchn_port_t a, b;
	struct evtchn_send send;
	long rc;

	rc = init(0xfffffffffUL, 0, 0);
	if (rc == -XEN_ENOSYS)
		skip("no FIFO event channels here");
	expect(rc < 0, "a control block in nobody's frame: %ld", rc);
	expect_refused(expand(mfn_of((void *)words))); /* too early */
	expect_refused(init(mfn_of(control), 4096 - 8, 0));
	expect_refused(init(mfn_of(control), 4096, 0));
	expect_refused(init(mfn_of(control), 0xfffffff8, 0));
	expect_refused(init(mfn_of(control), 4, 0));
	expect_refused(init(mfn_of(control), 0, 1000));
	expect_refused(init(mfn_of(control), 0, ~0u));
	expect_refused(init(mfn_of((void *)start_info->pt_base), 0, 0));
	expect_refused(init(pte_maddr(control, 1) >> 12, 0, 0));

	require_rc(init(mfn_of(control), 0, 0), 0);
	expect_refused(init(mfn_of(second), 0, 0));
	expect_refused(init(mfn_of(control), 128, 0));
	expect_refused(expand(0xfffffffffUL));
	expect_refused(expand(mfn_of((void *)start_info->pt_base)));
	require_rc(expand(mfn_of((void *)words)), 0);
	/* 128 array pages hold all ports; the 129th is too much. */
	for (int i = 1; i < 128; i++) {
		rc = expand(mfn_of(second));
		if (rc < 0)
			break;
	}
	expect_refused(expand(mfn_of(second)));

	require_rc(do_event_op(EVTCHNOP_bind_ipi, &ipi), 0);
	a = ipi.port;
	require_rc(do_event_op(EVTCHNOP_bind_ipi, &ipi), 0);
	b = ipi.port;
	words[a] = 0;
	words[b] = 0;
	send.port = a;
	expect_rc(do_event_op(EVTCHNOP_send, &send), 0);
	expect(words[a] & (1u << EVTCHN_FIFO_PENDING), "no event: %x",
	       words[a]);

	/* Corrupt what the hypervisor believes to own, and let it work. */
	for (int round = 0; round < 64; round++) {
		uint64_t seed = 0x1234567 + (uint64_t)round;

		words[a] = (uint32_t)random_next(&seed);
		words[b] = (uint32_t)random_next(&seed);
		words[0] = ~0u;
		control->head[round % 16] = (uint32_t)random_next(&seed);
		control->ready = ~0u;
		send.port = a;
		do_event_op(EVTCHNOP_send, &send);
		send.port = b;
		do_event_op(EVTCHNOP_send, &send);
	}
	/* A ring of two, and every flag set. */
	words[a] = (1u << EVTCHN_FIFO_LINKED) | b;
	words[b] = (1u << EVTCHN_FIFO_LINKED) | a;
	do_event_op(EVTCHNOP_send, &send);
	words[a] = ~0u;
	words[b] = (1u << EVTCHN_FIFO_BUSY) | EVTCHN_FIFO_LINK_MASK;
	do_event_op(EVTCHNOP_send, &send);
	expect(do_xen_version(XENVER_version, NULL) > 0,
	       "hypercalls stopped working");
	success("the hypervisor does not follow our links");
}
