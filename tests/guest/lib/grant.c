/* SPDX-License-Identifier: MIT */
/*
 * A micro-guest's grant table: one frame (512 entries of version 1), mapped
 * where page_alloc() had a page. References 0..7 are reserved by the ABI.
 */
#include "guest.h"

struct grant_entry_v1 *grant_table;
static grant_ref_t next_ref = GNTTAB_NR_RESERVED_ENTRIES;

void grants_init(void)
{
	struct gnttab_set_version version = {.version = 1};
	struct gnttab_setup_table setup = {.dom = DOMID_SELF};
	uint64_t frame = 0;
	void *va;

	if (grant_table)
		return;
	/* Version 1 is also what a hypervisor without this call has. */
	do_grant_op(GNTTABOP_set_version, &version, 1);
	setup.nr_frames = 1;
	setup.frame_list = PTR(&frame);
	require_rc(do_grant_op(GNTTABOP_setup_table, &setup, 1), 0);
	require(setup.status == GNTST_okay, "setup_table: status %d",
		setup.status);
	va = page_alloc();
	require_rc(do_update_va(va, pte_make(frame, PTE_RW), UVMF_INVLPG), 0);
	grant_table = va;
}

grant_ref_t grant_give(domid_t to, const void *page, bool readonly)
{
	grant_ref_t ref = next_ref++;
	struct grant_entry_v1 *e = &grant_table[ref];

	require(ref < 512, "the grant table is full");
	e->domid = to;
	e->frame = (uint32_t)mfn_of(page);
	__atomic_store_n(
		&e->flags,
		(uint16_t)(GTF_permit_access | (readonly ? GTF_readonly : 0)),
		__ATOMIC_RELEASE);
	return ref;
}

bool grant_end(grant_ref_t ref)
{
	uint16_t flags = grant_table[ref].flags;

	do {
		if (flags & (GTF_reading | GTF_writing))
			return false;
	} while (!__atomic_compare_exchange_n(&grant_table[ref].flags, &flags,
					      0, false, __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
	return true;
}

/* Nobody tells a domain its number, but its own unbound port does. */
domid_t self_domid(void)
{
	struct evtchn_alloc_unbound port = {.dom = DOMID_SELF,
					    .remote_dom = DOMID_SELF};
	struct evtchn_status status = {.dom = DOMID_SELF};
	struct evtchn_close end;

	require_rc(do_event_op(EVTCHNOP_alloc_unbound, &port), 0);
	status.port = port.port;
	require_rc(do_event_op(EVTCHNOP_status, &status), 0);
	end.port = port.port;
	do_event_op(EVTCHNOP_close, &end);
	return status.u.unbound.dom;
}
