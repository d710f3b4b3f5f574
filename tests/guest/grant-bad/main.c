/* SPDX-License-Identifier: MIT */
/*
 * grant-bad: senseless arguments to every grant operation: addresses in the
 * hypervisor, PTE addresses that are not aligned or not in a page table,
 * references past the table, domains that do not exist, copies over the end of
 * a page, huge counts, frames of others in one's own entries. Each must give
 * an error for the operation or the call; none may map, copy or crash.
 */
#include "guest.h"

static domid_t me;

static int16_t map_at(uint64_t host_addr, uint32_t flags, grant_ref_t ref,
		      domid_t dom)
{
	struct gnttab_map_grant_ref op = {
		.host_addr = host_addr, .flags = flags, .ref = ref, .dom = dom};

	/* A failing call is as good as a failing operation. */
	if (do_grant_op(GNTTABOP_map_grant_ref, &op, 1) < 0)
		return GNTST_general_error;
	return op.status;
}

#define expect_bad_map(...)                                                    \
	do {                                                                   \
		int16_t status_ = map_at(__VA_ARGS__);                         \
		expect(status_ < 0, "map_at(%s) gave status %d", #__VA_ARGS__, \
		       status_);                                               \
	} while (0)

static int16_t copy(uint64_t src, domid_t src_dom, uint16_t src_off,
		    uint64_t dst, domid_t dst_dom, uint16_t dst_off,
		    uint16_t len, uint16_t flags)
{
	struct gnttab_copy op = {.len = len, .flags = flags};

	op.source.u.gmfn = src;
	op.source.domid = src_dom;
	op.source.offset = src_off;
	op.dest.u.gmfn = dst;
	op.dest.domid = dst_dom;
	op.dest.offset = dst_off;
	if (do_grant_op(GNTTABOP_copy, &op, 1) < 0)
		return GNTST_general_error;
	return op.status;
}

#define expect_bad_copy(...)                                                   \
	do {                                                                   \
		int16_t status_ = copy(__VA_ARGS__);                           \
		expect(status_ < 0, "copy(%s) gave status %d", #__VA_ARGS__,   \
		       status_);                                               \
	} while (0)

void guest_main(void)
{
	char *window = window_alloc(), *page = page_alloc();
	char *other = page_alloc();
	struct gnttab_setup_table setup = {.dom = DOMID_SELF,
					   .nr_frames = 0x7fffffff};
	struct gnttab_query_size size = {.dom = 0x1234};
	grant_ref_t ref, evil;
	uint32_t host = GNTMAP_host_map;
	uint32_t by_pte = GNTMAP_host_map | GNTMAP_contains_pte;

	me = self_domid();
	grants_init();
	ref = grant_give(me, page, false);

	expect_bad_map(HYPERVISOR_VIRT_START, host, ref, me);
	expect_bad_map(HYPERVISOR_VIRT_END - 4096, host, ref, me);
	expect_bad_map(0x800000000000UL, host, ref, me);
	expect_bad_map(PTR(window) + 0x10000000, host, ref, me);
	expect_bad_map(PTR(window), host, 512 * 1024, me);
	expect_bad_map(PTR(window), host, ~0u, me);
	expect_bad_map(PTR(window), host, ref + 1, me);
	expect_bad_map(PTR(window), host, ref, 0x1234);
	expect_bad_map(PTR(window), host, ref, DOMID_IO);
	expect_bad_map(PTR(window), host, ref, DOMID_XEN);
	expect_bad_map(PTR(window), host, ref, DOMID_INVALID);
	/* No kind of mapping asked for. */
	expect_bad_map(PTR(window), 0, ref, me);
	/* A PTE address that is not aligned, not a table, not there. */
	expect_bad_map(pte_maddr(window, 1) + 1, by_pte, ref, me);
	expect_bad_map(pte_maddr(window, 1) + 4, by_pte, ref, me);
	expect_bad_map(maddr_of(page), by_pte, ref, me);
	expect_bad_map(pte_maddr(window, 2), by_pte, ref, me);
	expect_bad_map(0xfffffffff000UL, by_pte, ref, me);
	/* Entries that name frames of others. */
	evil = grant_give(me, page, false);
	grant_table[evil].frame = 0xfffffff;
	expect_bad_map(PTR(window), host, evil, me);
	grant_table[evil].frame =
		(uint32_t)((*(uint64_t *)(start_info->pt_base + 8 * 256) &
			    PTE_ADDR) >>
			   12);
	expect_bad_map(PTR(window), host, evil, me);
	/* One's own page table, lent for writing. */
	grant_table[evil].frame = (uint32_t)(pte_maddr(window, 1) >> 12);
	expect_bad_map(PTR(window), host, evil, me);
	expect_bad_copy(mfn_of(other), DOMID_SELF, 0, evil, me, 0, 8,
			GNTCOPY_dest_gref);

	expect_bad_copy(mfn_of(other), DOMID_SELF, 4090, mfn_of(page),
			DOMID_SELF, 0, 100, 0);
	expect_bad_copy(mfn_of(other), DOMID_SELF, 0, mfn_of(page), DOMID_SELF,
			4000, 100, 0);
	expect_bad_copy(mfn_of(other), DOMID_SELF, 65535, mfn_of(page),
			DOMID_SELF, 0, 1, 0);
	expect_bad_copy(0xfffffffffUL, DOMID_SELF, 0, mfn_of(page), DOMID_SELF,
			0, 8, 0);
	expect_bad_copy(mfn_of(other), DOMID_SELF, 0,
			pte_maddr(window, 1) >> 12, DOMID_SELF, 0, 8, 0);
	expect_bad_copy(ref, me, 0, ~0u, me, 0, 8,
			GNTCOPY_source_gref | GNTCOPY_dest_gref);

	/* Arrays and counts. */
	expect_refused(do_grant_op(GNTTABOP_map_grant_ref,
				   (void *)HYPERVISOR_VIRT_START, 1));
	expect_refused(
		do_grant_op(GNTTABOP_copy, (void *)HYPERVISOR_VIRT_START, 1));
	expect_refused(do_grant_op(GNTTABOP_unmap_grant_ref,
				   (void *)0x800000000000UL, 1));
	expect_refused(do_grant_op(GNTTABOP_map_grant_ref, window, 1));
	expect_refused(do_grant_op(1000, page, 1));
	do_grant_op(GNTTABOP_map_grant_ref, page, 0);

	setup.frame_list = PTR(other);
	if (do_grant_op(GNTTABOP_setup_table, &setup, 1) == 0)
		expect(setup.status < 0, "2^31 grant frames were given");
	if (do_grant_op(GNTTABOP_query_size, &size, 1) == 0)
		expect(size.status < 0,
		       "a domain that is not there has grants");
	expect(grant_end(ref), "a refused operation left the grant in use");
	success("senseless grant operations are refused");
}
