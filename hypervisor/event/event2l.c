/* SPDX-License-Identifier: MIT */
/*
 * The two-level ABI (public/event_channel.h, public/xen.h): a bit a port in
 * shared_info says pending, another masked; a vCPU's evtchn_pending_sel says
 * in which words of 64 to look. 4096 ports. The guest clears all of it by
 * itself, at any time; each bit is set by us with one atomic instruction.
 *
 * Tests: tests/unit/hypervisor/event/test_event2l.c.
 */
#include "event/state.h"

static uint64_t bit_of(uint32_t n)
{
	return 1ull << (n % 64);
}

/* The unmasked port n has become pending: v is to look at its word. */
static void word_select(struct domain *d, uint32_t n, const struct port *p)
{
	struct vcpu *v = d->vcpu[p->vcpu];
	struct vcpu_info *info;
	uint64_t old;

	if (unlikely(!v)) {
		d->events->missed_vcpu0 = true;
		return;
	}
	info = __atomic_load_n(&v->info, __ATOMIC_ACQUIRE);
	old = __atomic_fetch_or(&info->evtchn_pending_sel, bit_of(n / 64),
				__ATOMIC_SEQ_CST);
	if (!(old & bit_of(n / 64)))
		event_upcall(v);
}

/* Which ABI it is has to be looked at with the lock, as it may change. */
static enum event_marked mark_2l(struct domain *d, uint32_t n)
{
	(void)d;
	(void)n;
	return MARK_NOTHING;
}

static void raise_2l(struct domain *d, uint32_t n, struct port *p)
{
	struct shared_info *s = d->shared;

	if (__atomic_fetch_or(&s->evtchn_pending[n / 64], bit_of(n),
			      __ATOMIC_SEQ_CST) &
	    bit_of(n))
		return;
	if (__atomic_load_n(&s->evtchn_mask[n / 64], __ATOMIC_SEQ_CST) &
	    bit_of(n))
		return;
	word_select(d, n, p);
}

static void unmask_2l(struct domain *d, uint32_t n, struct port *p)
{
	struct shared_info *s = d->shared;

	if (!(__atomic_fetch_and(&s->evtchn_mask[n / 64], ~bit_of(n),
				 __ATOMIC_SEQ_CST) &
	      bit_of(n)))
		return;
	if (__atomic_load_n(&s->evtchn_pending[n / 64], __ATOMIC_SEQ_CST) &
	    bit_of(n))
		word_select(d, n, p);
}

static void clear_2l(struct domain *d, uint32_t n, struct port *p)
{
	(void)p;
	__atomic_fetch_and(&d->shared->evtchn_pending[n / 64], ~bit_of(n),
			   __ATOMIC_SEQ_CST);
}

static bool pending_2l(struct domain *d, uint32_t n, const struct port *p)
{
	(void)p;
	return __atomic_load_n(&d->shared->evtchn_pending[n / 64],
			       __ATOMIC_SEQ_CST) &
	       bit_of(n);
}

static bool masked_2l(struct domain *d, uint32_t n)
{
	return __atomic_load_n(&d->shared->evtchn_mask[n / 64],
			       __ATOMIC_SEQ_CST) &
	       bit_of(n);
}

static bool busy_2l(struct domain *d, uint32_t n)
{
	(void)d;
	(void)n;
	return false;
}

const struct event_abi event_abi_2l = {
	.name = "2-level",
	.ports = EVTCHN_2L_NR_CHANNELS,
	.mark = mark_2l,
	.tell = raise_2l,
	.raise = raise_2l,
	.unmask = unmask_2l,
	.clear = clear_2l,
	.pending = pending_2l,
	.masked = masked_2l,
	.busy = busy_2l,
};
