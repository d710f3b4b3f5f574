/* SPDX-License-Identifier: MIT */
/*
 * grants-self: a domain grants a page to itself, maps it, writes through the
 * mapping, unmaps it, and copies from and to it. While it is mapped the entry
 * says so (reading, writing); afterwards it can be ended. A read-only grant
 * cannot be mapped writable or copied into.
 */
#include "guest.h"

static struct gnttab_map_grant_ref map;
static struct gnttab_unmap_grant_ref unmap;

static int16_t do_map(grant_ref_t ref, void *va, uint32_t flags)
{
	memset(&map, 0, sizeof(map));
	map.host_addr = PTR(va);
	map.flags = GNTMAP_host_map | flags;
	map.ref = ref;
	map.dom = self_domid();
	expect_rc(do_grant_op(GNTTABOP_map_grant_ref, &map, 1), 0);
	return map.status;
}

static int16_t do_unmap(void *va)
{
	memset(&unmap, 0, sizeof(unmap));
	unmap.host_addr = PTR(va);
	unmap.handle = map.handle;
	expect_rc(do_grant_op(GNTTABOP_unmap_grant_ref, &unmap, 1), 0);
	return unmap.status;
}

static int16_t copy(struct gnttab_copy *op)
{
	op->status = 77;
	expect_rc(do_grant_op(GNTTABOP_copy, op, 1), 0);
	return op->status;
}

void guest_main(void)
{
	struct trap_catch c;
	struct gnttab_copy op = {.len = 100};
	volatile uint64_t *window = window_alloc();
	uint64_t *page = page_alloc();
	char *other = page_alloc();
	grant_ref_t rw, ro;

	grants_init();
	rw = grant_give(self_domid(), page, false);
	ro = grant_give(self_domid(), page, true);

	*page = 0x600d;
	expect(do_map(rw, (void *)window, 0) == GNTST_okay,
	       "mapping: status %d", map.status);
	expect(map.dev_bus_addr == mfn_of(page) << 12,
	       "dev_bus_addr is %lx, the frame is %lx", map.dev_bus_addr,
	       mfn_of(page));
	expect(*window == 0x600d, "the mapping shows %lx", *window);
	*window = 0xfeed;
	expect(*page == 0xfeed, "a write through the mapping is lost");
	expect((grant_table[rw].flags & (GTF_reading | GTF_writing)) ==
		       (GTF_reading | GTF_writing),
	       "mapped, but the entry's flags are %x", grant_table[rw].flags);
	expect(!grant_end(rw), "a mapped grant could be ended");
	expect(do_unmap((void *)window) == GNTST_okay, "unmapping: status %d",
	       unmap.status);
	expect(load_traps(window, &c), "still mapped after the unmapping");
	expect(!(grant_table[rw].flags & (GTF_reading | GTF_writing)),
	       "unmapped, but the entry's flags are %x", grant_table[rw].flags);

	expect(do_map(ro, (void *)window, 0) != GNTST_okay,
	       "a read-only grant was mapped writable");
	expect(do_map(ro, (void *)window, GNTMAP_readonly) == GNTST_okay,
	       "read-only mapping: status %d", map.status);
	expect(*window == 0xfeed, "the mapping shows %lx", *window);
	expect(store_traps(window, 1, &c), "a read-only mapping was written");
	expect(do_unmap((void *)window) == GNTST_okay, "unmapping: status %d",
	       unmap.status);

	memset(other, 0x33, 200);
	op.source.u.gmfn = mfn_of(other);
	op.source.domid = DOMID_SELF;
	op.source.offset = 10;
	op.dest.u.ref = rw;
	op.dest.domid = self_domid();
	op.dest.offset = 4000 - 8;
	op.flags = GNTCOPY_dest_gref;
	expect(copy(&op) == GNTST_okay, "copy to a grant: status %d",
	       op.status);
	expect(((char *)page)[4000 - 8] == 0x33 &&
		       ((char *)page)[4000 + 91] == 0x33 &&
		       ((char *)page)[4000 + 92] == 0,
	       "the copy is not where it should be");
	op.dest.u.ref = ro;
	expect(copy(&op) != GNTST_okay, "copied into a read-only grant");

	op.source.u.ref = ro;
	op.source.domid = self_domid();
	op.source.offset = 0;
	op.dest.u.gmfn = mfn_of(other);
	op.dest.domid = DOMID_SELF;
	op.dest.offset = 8;
	op.len = 8;
	op.flags = GNTCOPY_source_gref;
	expect(copy(&op) == GNTST_okay, "copy from a grant: status %d",
	       op.status);
	expect(((uint64_t *)(void *)other)[1] == 0xfeed, "the copy brought %lx",
	       ((uint64_t *)(void *)other)[1]);

	expect(grant_end(rw) && grant_end(ro), "grants cannot be ended");
	expect(do_map(rw, (void *)window, 0) != GNTST_okay,
	       "an ended grant was mapped");
	success("map, unmap and copy of own grants");
}
