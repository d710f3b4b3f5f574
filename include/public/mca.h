/* SPDX-License-Identifier: MIT */
/*
 * mca (hypercall 48): machine checks. Only what domain zero asks at boot is
 * here: which processors there are, and the fetch of a record (there is none:
 * a machine check that is no guest's stops the machine).
 *
 * Tested by tests/abi.
 */
#ifndef PUBLIC_MCA_H
#define PUBLIC_MCA_H

#include "xen.h"

#define XEN_MCA_INTERFACE_VERSION 0x01ecc003

#define XEN_MC_fetch	   1
#define XEN_MC_physcpuinfo 3

/* xen_mc_fetch.flags, out: no record of that kind. */
#define XEN_MC_NODATA 0x2

#define MC_NCAPS 7

#ifndef __ASSEMBLY__
struct mcinfo_msr {
	uint64_t reg;
	uint64_t value;
};
_Static_assert(sizeof(struct mcinfo_msr) == 16, "ABI");

struct mcinfo_logical_cpu {
	uint32_t mc_cpunr;
	uint32_t mc_chipid;
	uint16_t mc_coreid;
	uint16_t mc_threadid;
	uint32_t mc_apicid;
	uint32_t mc_clusterid;
	uint32_t mc_ncores;
	uint32_t mc_ncores_active;
	uint32_t mc_nthreads;
	int32_t mc_cpuid_level;
	uint32_t mc_family;
	uint32_t mc_vendor;
	uint32_t mc_model;
	uint32_t mc_step;
	char mc_vendorid[16];
	char mc_brandid[64];
	uint32_t mc_cpu_caps[MC_NCAPS];
	uint32_t mc_cache_size;
	uint32_t mc_cache_alignment;
	int32_t mc_nmsrvals;
	uint32_t _pad0;
	struct mcinfo_msr mc_msrvalues[8];
};
_Static_assert(sizeof(struct mcinfo_logical_cpu) == 304, "ABI");

struct xen_mc_fetch {
	uint32_t flags;
	uint32_t _pad0;
	uint64_t fetch_id;
	xen_guest_ptr_t data;
};
_Static_assert(sizeof(struct xen_mc_fetch) == 24, "ABI");

struct xen_mc_physcpuinfo {
	uint32_t ncpus; /* in: room; out: how many there are */
	uint32_t _pad0;
	xen_guest_ptr_t info; /* struct mcinfo_logical_cpu[]; 0: only count */
};
_Static_assert(sizeof(struct xen_mc_physcpuinfo) == 16, "ABI");

struct xen_mc {
	uint32_t cmd; /* XEN_MC_* */
	uint32_t interface_version;
	union {
		struct xen_mc_fetch mc_fetch;
		struct xen_mc_physcpuinfo mc_physcpuinfo;
		uint64_t _pad0[18];
	} u;
};
_Static_assert(sizeof(struct xen_mc) == 152, "ABI");
#endif /* !__ASSEMBLY__ */
#endif /* PUBLIC_MCA_H */
