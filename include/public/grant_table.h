/* SPDX-License-Identifier: MIT */
/*
 * grant_table_op: pages that one domain lends to another. The lender writes
 * an entry (flags last), the borrower maps or copies by (domain, reference),
 * and the hypervisor marks the entry as in use with GTF_reading/GTF_writing
 * by a 32-bit compare-and-swap on flags and domid together.
 *
 * Tested by tests/abi.
 */
#ifndef PUBLIC_GRANT_TABLE_H
#define PUBLIC_GRANT_TABLE_H

#include "xen.h"

#define GNTTAB_NR_RESERVED_ENTRIES 8
#define GNTTAB_RESERVED_CONSOLE	   0
#define GNTTAB_RESERVED_XENSTORE   1

/* Entry flags: the type in the low two bits. */
#define GTF_invalid		0
#define GTF_permit_access	1
#define GTF_accept_transfer	2
#define GTF_transitive		3
#define GTF_type_mask		3
#define _GTF_readonly		2
#define GTF_readonly		(1 << _GTF_readonly)
#define _GTF_reading		3
#define GTF_reading		(1 << _GTF_reading)
#define _GTF_writing		4
#define GTF_writing		(1 << _GTF_writing)
#define _GTF_PWT		5
#define GTF_PWT			(1 << _GTF_PWT)
#define _GTF_PCD		6
#define GTF_PCD			(1 << _GTF_PCD)
#define _GTF_PAT		7
#define GTF_PAT			(1 << _GTF_PAT)
#define _GTF_sub_page		8
#define GTF_sub_page		(1 << _GTF_sub_page)
#define _GTF_transfer_committed 2
#define GTF_transfer_committed	(1 << _GTF_transfer_committed)
#define _GTF_transfer_completed 3
#define GTF_transfer_completed	(1 << _GTF_transfer_completed)

#define GNTTABOP_map_grant_ref	   0
#define GNTTABOP_unmap_grant_ref   1
#define GNTTABOP_setup_table	   2
#define GNTTABOP_dump_table	   3
#define GNTTABOP_transfer	   4
#define GNTTABOP_copy		   5
#define GNTTABOP_query_size	   6
#define GNTTABOP_unmap_and_replace 7
#define GNTTABOP_set_version	   8
#define GNTTABOP_get_status_frames 9
#define GNTTABOP_get_version	   10
#define GNTTABOP_swap_grant_ref	   11
#define GNTTABOP_cache_flush	   12

/* Map flags; guest_avail goes into bits 9..11 of the entry. */
#define _GNTMAP_device_map	0
#define GNTMAP_device_map	(1 << _GNTMAP_device_map)
#define _GNTMAP_host_map	1
#define GNTMAP_host_map		(1 << _GNTMAP_host_map)
#define _GNTMAP_readonly	2
#define GNTMAP_readonly		(1 << _GNTMAP_readonly)
#define _GNTMAP_application_map 3
#define GNTMAP_application_map	(1 << _GNTMAP_application_map)
#define _GNTMAP_contains_pte	4
#define GNTMAP_contains_pte	(1 << _GNTMAP_contains_pte)
#define _GNTMAP_guest_avail0	16
#define GNTMAP_guest_avail_mask xen_mk_uint(0xffff0000)

#define _GNTCOPY_source_gref 0
#define GNTCOPY_source_gref  (1 << _GNTCOPY_source_gref)
#define _GNTCOPY_dest_gref   1
#define GNTCOPY_dest_gref    (1 << _GNTCOPY_dest_gref)

#define GNTTAB_CACHE_CLEAN	 (xen_mk_uint(1) << 0)
#define GNTTAB_CACHE_INVAL	 (xen_mk_uint(1) << 1)
#define GNTTAB_CACHE_SOURCE_GREF (xen_mk_uint(1) << 31)

/* Per-operation status. */
#define GNTST_okay		0
#define GNTST_general_error	(-1)
#define GNTST_bad_domain	(-2)
#define GNTST_bad_gntref	(-3)
#define GNTST_bad_handle	(-4)
#define GNTST_bad_virt_addr	(-5)
#define GNTST_bad_dev_addr	(-6)
#define GNTST_no_device_space	(-7)
#define GNTST_permission_denied (-8)
#define GNTST_bad_page		(-9)
#define GNTST_bad_copy_arg	(-10)
#define GNTST_address_too_big	(-11)
#define GNTST_eagain		(-12)
#define GNTST_no_space		(-13)

#ifndef __ASSEMBLY__
typedef uint32_t grant_ref_t;
typedef uint32_t grant_handle_t;
typedef uint16_t grant_status_t;

struct grant_entry_v1 {
	uint16_t flags; /* GTF_* */
	domid_t domid;
	uint32_t frame;
};
_Static_assert(sizeof(struct grant_entry_v1) == 8, "ABI");

struct grant_entry_header {
	uint16_t flags;
	domid_t domid;
};
_Static_assert(sizeof(struct grant_entry_header) == 4, "ABI");

union grant_entry_v2 {
	struct grant_entry_header hdr;
	struct {
		struct grant_entry_header hdr;
		uint32_t pad0;
		uint64_t frame;
	} full_page;
	struct {
		struct grant_entry_header hdr;
		uint16_t page_off;
		uint16_t length;
		uint64_t frame;
	} sub_page;
	struct {
		struct grant_entry_header hdr;
		domid_t trans_domid;
		uint16_t pad0;
		grant_ref_t gref;
	} transitive;
	uint32_t __spacer[4];
};
_Static_assert(sizeof(union grant_entry_v2) == 16, "ABI");

struct gnttab_map_grant_ref {
	uint64_t host_addr; /* a VA, or under contains_pte a machine address */
	uint32_t flags;	    /* GNTMAP_* */
	grant_ref_t ref;
	domid_t dom;
	int16_t status;	       /* out */
	grant_handle_t handle; /* out */
	uint64_t dev_bus_addr; /* out */
};
_Static_assert(sizeof(struct gnttab_map_grant_ref) == 32, "ABI");

struct gnttab_unmap_grant_ref {
	uint64_t host_addr;
	uint64_t dev_bus_addr;
	grant_handle_t handle;
	int16_t status; /* out */
	uint16_t _pad0;
};
_Static_assert(sizeof(struct gnttab_unmap_grant_ref) == 24, "ABI");

struct gnttab_setup_table {
	domid_t dom;
	uint16_t _pad0;
	uint32_t nr_frames;
	int16_t status; /* out */
	uint16_t _pad1[3];
	xen_guest_ptr_t frame_list; /* out: xen_pfn_t[nr_frames] */
};
_Static_assert(sizeof(struct gnttab_setup_table) == 24, "ABI");

struct gnttab_dump_table {
	domid_t dom;
	int16_t status;
};
_Static_assert(sizeof(struct gnttab_dump_table) == 4, "ABI");

struct gnttab_transfer {
	xen_pfn_t mfn;
	domid_t domid;
	uint16_t _pad0;
	grant_ref_t ref;
	int16_t status;
	uint16_t _pad1[3];
};
_Static_assert(sizeof(struct gnttab_transfer) == 24, "ABI");

struct gnttab_copy_ptr {
	union {
		grant_ref_t ref;
		xen_pfn_t gmfn;
	} u;
	domid_t domid;
	uint16_t offset;
	uint32_t _pad0;
};
_Static_assert(sizeof(struct gnttab_copy_ptr) == 16, "ABI");

struct gnttab_copy {
	struct gnttab_copy_ptr source;
	struct gnttab_copy_ptr dest;
	uint16_t len;
	uint16_t flags; /* GNTCOPY_* */
	int16_t status; /* out */
	uint16_t _pad0;
};
_Static_assert(sizeof(struct gnttab_copy) == 40, "ABI");

struct gnttab_query_size {
	domid_t dom;
	uint16_t _pad0;
	uint32_t nr_frames;	/* out */
	uint32_t max_nr_frames; /* out */
	int16_t status;		/* out */
	uint16_t _pad1;
};
_Static_assert(sizeof(struct gnttab_query_size) == 16, "ABI");

struct gnttab_unmap_and_replace {
	uint64_t host_addr;
	uint64_t new_addr;
	grant_handle_t handle;
	int16_t status; /* out */
	uint16_t _pad0;
};
_Static_assert(sizeof(struct gnttab_unmap_and_replace) == 24, "ABI");

struct gnttab_set_version {
	uint32_t version; /* in and out */
};
_Static_assert(sizeof(struct gnttab_set_version) == 4, "ABI");

struct gnttab_get_status_frames {
	uint32_t nr_frames;
	domid_t dom;
	int16_t status; /* out */
	xen_guest_ptr_t frame_list;
};
_Static_assert(sizeof(struct gnttab_get_status_frames) == 16, "ABI");

struct gnttab_get_version {
	domid_t dom;
	uint16_t pad;
	uint32_t version; /* out */
};
_Static_assert(sizeof(struct gnttab_get_version) == 8, "ABI");

struct gnttab_swap_grant_ref {
	grant_ref_t ref_a;
	grant_ref_t ref_b;
	int16_t status; /* out */
	uint16_t _pad0;
};
_Static_assert(sizeof(struct gnttab_swap_grant_ref) == 12, "ABI");

struct gnttab_cache_flush {
	union {
		uint64_t dev_bus_addr;
		grant_ref_t ref;
	} a;
	uint16_t offset;
	uint16_t length;
	uint32_t op; /* GNTTAB_CACHE_* */
};
_Static_assert(sizeof(struct gnttab_cache_flush) == 16, "ABI");

typedef struct grant_entry_v1 grant_entry_v1_t;
typedef struct grant_entry_header grant_entry_header_t;
typedef union grant_entry_v2 grant_entry_v2_t;
typedef struct gnttab_map_grant_ref gnttab_map_grant_ref_t;
typedef struct gnttab_unmap_grant_ref gnttab_unmap_grant_ref_t;
typedef struct gnttab_setup_table gnttab_setup_table_t;
typedef struct gnttab_dump_table gnttab_dump_table_t;
typedef struct gnttab_transfer gnttab_transfer_t;
typedef struct gnttab_copy gnttab_copy_t;
typedef struct gnttab_query_size gnttab_query_size_t;
typedef struct gnttab_unmap_and_replace gnttab_unmap_and_replace_t;
typedef struct gnttab_set_version gnttab_set_version_t;
typedef struct gnttab_get_status_frames gnttab_get_status_frames_t;
typedef struct gnttab_get_version gnttab_get_version_t;
typedef struct gnttab_swap_grant_ref gnttab_swap_grant_ref_t;
typedef struct gnttab_cache_flush gnttab_cache_flush_t;
#endif /* !__ASSEMBLY__ */
#endif /* PUBLIC_GRANT_TABLE_H */
