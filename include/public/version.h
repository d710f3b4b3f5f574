/* SPDX-License-Identifier: MIT */
/*
 * xen_version: what the hypervisor says about itself. Sub-op 0 takes no
 * argument and returns major << 16 | minor; kernels also use it as an empty
 * hypercall that lets pending events in.
 *
 * Tested by tests/abi.
 */
#ifndef PUBLIC_VERSION_H
#define PUBLIC_VERSION_H

#include "xen.h"
#include "features.h"

#define XENVER_version		   0
#define XENVER_extraversion	   1
#define XENVER_compile_info	   2
#define XENVER_capabilities	   3
#define XENVER_changeset	   4
#define XENVER_platform_parameters 5
#define XENVER_get_features	   6
#define XENVER_pagesize		   7
#define XENVER_guest_handle	   8
#define XENVER_commandline	   9
#define XENVER_build_id		   10

#define XEN_EXTRAVERSION_LEN	  16
#define XEN_CAPABILITIES_INFO_LEN 1024
#define XEN_CHANGESET_INFO_LEN	  64

#ifndef __ASSEMBLY__
typedef char xen_extraversion_t[XEN_EXTRAVERSION_LEN];
typedef char xen_capabilities_info_t[XEN_CAPABILITIES_INFO_LEN];
typedef char xen_changeset_info_t[XEN_CHANGESET_INFO_LEN];
typedef char xen_commandline_t[1024];

struct xen_compile_info {
	char compiler[64];
	char compile_by[16];
	char compile_domain[32];
	char compile_date[32];
};
_Static_assert(sizeof(struct xen_compile_info) == 144, "ABI");

struct xen_platform_parameters {
	xen_ulong_t virt_start;
};
_Static_assert(sizeof(struct xen_platform_parameters) == 8, "ABI");

struct xen_feature_info {
	uint32_t submap_idx; /* in */
	uint32_t submap;     /* out */
};
_Static_assert(sizeof(struct xen_feature_info) == 8, "ABI");

struct xen_build_id {
	uint32_t len; /* in: capacity; a NULL argument asks for the size */
	unsigned char buf[];
};
_Static_assert(sizeof(struct xen_build_id) == 4, "ABI");

typedef struct xen_compile_info xen_compile_info_t;
typedef struct xen_platform_parameters xen_platform_parameters_t;
typedef struct xen_feature_info xen_feature_info_t;
typedef struct xen_build_id xen_build_id_t;
#endif /* !__ASSEMBLY__ */
#endif /* PUBLIC_VERSION_H */
