/* SPDX-License-Identifier: MIT */
/*
 * xenpmu_op numbers and argument. We answer XENPMU_init with -EOPNOTSUPP, so
 * the layout of the shared counter page is not described here.
 *
 * Tested by tests/abi.
 */
#ifndef PUBLIC_PMU_H
#define PUBLIC_PMU_H

#include "xen.h"

#define XENPMU_VER_MAJ 0
#define XENPMU_VER_MIN 1

#define XENPMU_mode_get	   0
#define XENPMU_mode_set	   1
#define XENPMU_feature_get 2
#define XENPMU_feature_set 3
#define XENPMU_init	   4
#define XENPMU_finish	   5
#define XENPMU_lvtpc_set   6
#define XENPMU_flush	   7

#define XENPMU_MODE_OFF	 0
#define XENPMU_MODE_SELF (1 << 0)
#define XENPMU_MODE_HV	 (1 << 1)
#define XENPMU_MODE_ALL	 (1 << 2)

#ifndef __ASSEMBLY__
struct xen_pmu_params {
	struct {
		uint32_t maj;
		uint32_t min;
	} version;
	uint64_t val;
	uint32_t vcpu;
	uint32_t pad;
};
_Static_assert(sizeof(struct xen_pmu_params) == 24, "ABI");
typedef struct xen_pmu_params xen_pmu_params_t;
#endif /* !__ASSEMBLY__ */
#endif /* PUBLIC_PMU_H */
