/* SPDX-License-Identifier: MIT */
/*
 * memory_op: the memory of a domain, its machine-to-physical table and its
 * memory map. populate_physmap, increase_ and decrease_reservation return the
 * number of extents done; the upper bits of the operation number carry where
 * to continue when the hypervisor restarts one (see MEMOP_EXTENT_SHIFT).
 *
 * Tested by tests/abi.
 */
#ifndef PUBLIC_MEMORY_H
#define PUBLIC_MEMORY_H

#include "xen.h"
#include "physdev.h"

#define XENMEM_increase_reservation	  0
#define XENMEM_decrease_reservation	  1
#define XENMEM_maximum_ram_page		  2
#define XENMEM_current_reservation	  3
#define XENMEM_maximum_reservation	  4
#define XENMEM_machphys_mfn_list	  5
#define XENMEM_populate_physmap		  6
#define XENMEM_add_to_physmap		  7
#define XENMEM_memory_map		  9
#define XENMEM_machine_memory_map	  10
#define XENMEM_exchange			  11
#define XENMEM_machphys_mapping		  12
#define XENMEM_set_memory_map		  13
#define XENMEM_maximum_gpfn		  14
#define XENMEM_remove_from_physmap	  15
#define XENMEM_set_pod_target		  16
#define XENMEM_get_pod_target		  17
#define XENMEM_get_sharing_freed_pages	  18
#define XENMEM_get_sharing_shared_pages	  19
#define XENMEM_paging_op		  20
#define XENMEM_access_op		  21
#define XENMEM_sharing_op		  22
#define XENMEM_add_to_physmap_batch	  23
#define XENMEM_claim_pages		  24
#define XENMEM_machphys_compat_mfn_list	  25
#define XENMEM_get_vnumainfo		  26
#define XENMEM_reserved_device_memory_map 27
#define XENMEM_acquire_resource		  28

/* Operation in the low six bits, first extent to do above them. */
#define MEMOP_EXTENT_SHIFT 6
#define MEMOP_CMD_MASK	   ((1 << MEMOP_EXTENT_SHIFT) - 1)

/* mem_flags: highest allowed address bit, NUMA node + 1, and wishes. */
#define XENMEMF_address_bits(x)	    (x)
#define XENMEMF_get_address_bits(x) ((x)&0xff)
#define XENMEMF_node(x)		    (((x) + 1) << 8)
#define XENMEMF_get_node(x)	    ((((x) >> 8) - 1) & 0xff)
#define XENMEMF_populate_on_demand  (1 << 16)
#define XENMEMF_exact_node_request  (1 << 17)
#define XENMEMF_exact_node(n)	    (XENMEMF_node(n) | XENMEMF_exact_node_request)
#define XENMEMF_vnode		    (1 << 18)

#define XENMAPSPACE_shared_info	 0
#define XENMAPSPACE_grant_table	 1
#define XENMAPSPACE_gmfn	 2
#define XENMAPSPACE_gmfn_range	 3
#define XENMAPSPACE_gmfn_foreign 4
#define XENMAPSPACE_dev_mmio	 5

#define XENMAPIDX_grant_table_status 0x80000000

#define XENMEM_RDM_ALL 1

#define XENMEM_resource_ioreq_server	      0
#define XENMEM_resource_grant_table	      1
#define XENMEM_resource_vmtrace_buf	      2
#define XENMEM_resource_grant_table_id_shared 0
#define XENMEM_resource_grant_table_id_status 1

/* Types in a memory map, as firmware numbers them. */
#define XEN_E820_RAM	  1
#define XEN_E820_RESERVED 2
#define XEN_E820_ACPI	  3
#define XEN_E820_NVS	  4
#define XEN_E820_UNUSABLE 5

#ifndef __ASSEMBLY__
struct xen_memory_reservation {
	xen_guest_ptr_t extent_start; /* xen_pfn_t[nr_extents] */
	xen_ulong_t nr_extents;
	uint32_t extent_order;
	uint32_t mem_flags; /* XENMEMF_* */
	domid_t domid;
	uint16_t _pad0[3];
};
_Static_assert(sizeof(struct xen_memory_reservation) == 32, "ABI");

/* out.extent_start holds PFNs on entry and MFNs on success. */
struct xen_memory_exchange {
	struct xen_memory_reservation in;
	struct xen_memory_reservation out;
	xen_ulong_t nr_exchanged; /* in: 0; out: input extents done */
};
_Static_assert(sizeof(struct xen_memory_exchange) == 72, "ABI");

struct xen_memory_domain {
	domid_t domid;
};
_Static_assert(sizeof(struct xen_memory_domain) == 2, "ABI");

struct xen_machphys_mfn_list {
	uint32_t max_extents;
	uint32_t _pad0;
	xen_guest_ptr_t extent_start;
	uint32_t nr_extents; /* out */
	uint32_t _pad1;
};
_Static_assert(sizeof(struct xen_machphys_mfn_list) == 24, "ABI");

struct xen_machphys_mapping {
	xen_ulong_t v_start;
	xen_ulong_t v_end;
	xen_ulong_t max_mfn;
};
_Static_assert(sizeof(struct xen_machphys_mapping) == 24, "ABI");

struct xen_add_to_physmap {
	domid_t domid;
	uint16_t size;
	uint32_t space; /* XENMAPSPACE_* */
	xen_ulong_t idx;
	xen_pfn_t gpfn;
};
_Static_assert(sizeof(struct xen_add_to_physmap) == 24, "ABI");

struct xen_add_to_physmap_batch {
	domid_t domid;
	uint16_t space;
	uint16_t size;
	union xen_add_to_physmap_batch_extra {
		domid_t foreign_domid;
		uint16_t res0;
	} u;
	xen_guest_ptr_t idxs;
	xen_guest_ptr_t gpfns;
	xen_guest_ptr_t errs;
};
_Static_assert(sizeof(struct xen_add_to_physmap_batch) == 32, "ABI");

struct xen_remove_from_physmap {
	domid_t domid;
	uint16_t _pad0[3];
	xen_pfn_t gpfn;
};
_Static_assert(sizeof(struct xen_remove_from_physmap) == 16, "ABI");

struct xen_memory_map {
	uint32_t nr_entries; /* in: capacity; out: entries written */
	uint32_t _pad0;
	xen_guest_ptr_t buffer; /* struct xen_memory_map_entry[] */
};
_Static_assert(sizeof(struct xen_memory_map) == 16, "ABI");

/* Packed: 20 bytes, so the second entry is not aligned. */
struct xen_memory_map_entry {
	uint64_t addr;
	uint64_t size;
	uint32_t type; /* XEN_E820_* */
} __attribute__((packed));
_Static_assert(sizeof(struct xen_memory_map_entry) == 20, "ABI");

struct xen_foreign_memory_map {
	domid_t domid;
	uint16_t _pad0[3];
	struct xen_memory_map map;
};
_Static_assert(sizeof(struct xen_foreign_memory_map) == 24, "ABI");

struct xen_pod_target {
	uint64_t target_pages;
	uint64_t tot_pages;
	uint64_t pod_cache_pages;
	uint64_t pod_entries;
	domid_t domid;
	uint16_t _pad0[3];
};
_Static_assert(sizeof(struct xen_pod_target) == 40, "ABI");

struct xen_reserved_device_memory {
	xen_pfn_t start_pfn;
	xen_ulong_t nr_pages;
};
_Static_assert(sizeof(struct xen_reserved_device_memory) == 16, "ABI");

struct xen_reserved_device_memory_map {
	uint32_t flags;
	uint32_t nr_entries;
	xen_guest_ptr_t buffer;
	union {
		struct physdev_pci_device pci;
	} dev;
	uint32_t _pad0;
};
_Static_assert(sizeof(struct xen_reserved_device_memory_map) == 24, "ABI");

struct xen_mem_acquire_resource {
	domid_t domid;
	uint16_t type; /* XENMEM_resource_* */
	uint32_t id;
	uint32_t nr_frames;
	uint32_t pad;
	uint64_t frame;
	xen_guest_ptr_t frame_list; /* 0 asks for the size */
};
_Static_assert(sizeof(struct xen_mem_acquire_resource) == 32, "ABI");

struct xen_vmemrange {
	uint64_t start;
	uint64_t end;
	uint32_t flags;
	uint32_t nid;
};
_Static_assert(sizeof(struct xen_vmemrange) == 24, "ABI");

struct xen_vnuma_topology_info {
	domid_t domid;
	uint16_t pad;
	uint32_t nr_vnodes;
	uint32_t nr_vcpus;
	uint32_t nr_vmemranges;
	union {
		xen_guest_ptr_t h;
		uint64_t pad;
	} vdistance;
	union {
		xen_guest_ptr_t h;
		uint64_t pad;
	} vcpu_to_vnode;
	union {
		xen_guest_ptr_t h;
		uint64_t pad;
	} vmemrange;
};
_Static_assert(sizeof(struct xen_vnuma_topology_info) == 40, "ABI");

typedef struct xen_memory_reservation xen_memory_reservation_t;
typedef struct xen_memory_exchange xen_memory_exchange_t;
typedef struct xen_machphys_mfn_list xen_machphys_mfn_list_t;
typedef struct xen_machphys_mapping xen_machphys_mapping_t;
typedef struct xen_add_to_physmap xen_add_to_physmap_t;
typedef struct xen_add_to_physmap_batch xen_add_to_physmap_batch_t;
typedef struct xen_remove_from_physmap xen_remove_from_physmap_t;
typedef struct xen_memory_map xen_memory_map_t;
typedef struct xen_foreign_memory_map xen_foreign_memory_map_t;
typedef struct xen_pod_target xen_pod_target_t;
typedef struct xen_mem_acquire_resource xen_mem_acquire_resource_t;
typedef struct xen_vmemrange xen_vmemrange_t;
#endif /* !__ASSEMBLY__ */
#endif /* PUBLIC_MEMORY_H */
