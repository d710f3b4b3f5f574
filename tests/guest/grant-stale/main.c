/* SPDX-License-Identifier: MIT */
/*
 * grant-stale: use grants after their end. A handle that was unmapped, a
 * handle that never was, an unmapping at another address than the mapping, an
 * ended reference, an entry that changes between map and unmap. What is
 * mapped must stay accounted until it is unmapped, and not longer.
 */
#include "guest.h"

static domid_t me;

static struct gnttab_map_grant_ref map(grant_ref_t ref, void *va)
{
	struct gnttab_map_grant_ref op = {.host_addr = PTR(va),
					  .flags = GNTMAP_host_map,
					  .ref = ref,
					  .dom = me};

	expect_rc(do_grant_op(GNTTABOP_map_grant_ref, &op, 1), 0);
	return op;
}

static int16_t unmap(grant_handle_t handle, void *va)
{
	struct gnttab_unmap_grant_ref op = {.host_addr = PTR(va),
					    .handle = handle};

	expect_rc(do_grant_op(GNTTABOP_unmap_grant_ref, &op, 1), 0);
	return op.status;
}

void guest_main(void)
{
	volatile uint64_t *w = window_alloc();
	volatile uint64_t *w2 = w + 512;
	void *page = page_alloc(), *second = page_alloc();
	struct gnttab_map_grant_ref m, m2;
	struct trap_catch c;
	grant_ref_t ref;
	uint16_t flags;

	me = self_domid();
	grants_init();
	ref = grant_give(me, page, false);

	expect(unmap(0x7fff, (void *)w) == GNTST_bad_handle,
	       "a handle that never was could be unmapped");
	expect(unmap(~0u, (void *)w) == GNTST_bad_handle,
	       "handle ~0 could be unmapped");

	m = map(ref, (void *)w);
	require(m.status == GNTST_okay, "mapping: status %d", m.status);
	expect(unmap(m.handle, (void *)w2) != GNTST_okay,
	       "unmapped at an address where it was not mapped");
	*w = 5; /* still there */

	/* The granter takes its entry back while it is mapped. */
	flags = grant_table[ref].flags;
	expect(flags & GTF_writing, "the entry's flags are %x", flags);
	grant_table[ref].flags = 0;
	grant_table[ref].frame = (uint32_t)mfn_of(second);
	*w = 6;
	expect(*(volatile uint64_t *)page == 6,
	       "a changed entry moved a live mapping");
	expect(unmap(m.handle, (void *)w) == GNTST_okay,
	       "cannot unmap after the entry changed");
	expect(load_traps(w, &c), "still mapped after the unmapping");
	expect(unmap(m.handle, (void *)w) != GNTST_okay,
	       "the same handle was unmapped twice");

	m = map(ref, (void *)w);
	expect(m.status != GNTST_okay, "an ended grant was mapped");
	expect(load_traps(w, &c), "a refused mapping is there");

	/* Two mappings of one grant; the count goes down one by one. */
	grant_table[ref].frame = (uint32_t)mfn_of(page);
	grant_table[ref].domid = me;
	grant_table[ref].flags = GTF_permit_access;
	m = map(ref, (void *)w);
	m2 = map(ref, (void *)w2);
	expect(m.status == GNTST_okay && m2.status == GNTST_okay,
	       "mapping twice: %d and %d", m.status, m2.status);
	expect(m.handle != m2.handle, "two mappings share handle %u", m.handle);
	expect(unmap(m.handle, (void *)w) == GNTST_okay, "unmapping one");
	expect(grant_table[ref].flags & GTF_writing,
	       "half unmapped, and the entry says unused");
	expect(unmap(m2.handle, (void *)w2) == GNTST_okay, "unmapping two");
	expect(!(grant_table[ref].flags & (GTF_reading | GTF_writing)),
	       "unmapped, and the entry says %x", grant_table[ref].flags);
	success("no grant outlives its unmapping");
}
