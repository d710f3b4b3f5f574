/* SPDX-License-Identifier: MIT */
/*
 * vcpu_op: life cycle, timers and memory areas of one virtual CPU. Runstate
 * and time areas are registered by guest virtual address, vcpu_info by frame
 * and offset; the latter happens once per vCPU and must not cross a page.
 *
 * Tested by tests/abi.
 */
#ifndef PUBLIC_VCPU_H
#define PUBLIC_VCPU_H

#include "xen.h"

#define VCPUOP_initialise		      0
#define VCPUOP_up			      1
#define VCPUOP_down			      2
#define VCPUOP_is_up			      3
#define VCPUOP_get_runstate_info	      4
#define VCPUOP_register_runstate_memory_area  5
#define VCPUOP_set_periodic_timer	      6
#define VCPUOP_stop_periodic_timer	      7
#define VCPUOP_set_singleshot_timer	      8
#define VCPUOP_stop_singleshot_timer	      9
#define VCPUOP_register_vcpu_info	      10
#define VCPUOP_send_nmi			      11
#define VCPUOP_get_physid		      12
#define VCPUOP_register_vcpu_time_memory_area 13

/* Set in state_entry_time while the hypervisor updates the area. */
#define XEN_RUNSTATE_UPDATE (xen_mk_ullong(1) << 63)

#define RUNSTATE_running  0
#define RUNSTATE_runnable 1
#define RUNSTATE_blocked  2
#define RUNSTATE_offline  3

/* A deadline that has passed gives -ETIME instead of an event at once. */
#define _VCPU_SSHOTTMR_future 0
#define VCPU_SSHOTTMR_future  (1 << _VCPU_SSHOTTMR_future)

#ifndef __ASSEMBLY__
struct vcpu_runstate_info {
	int32_t state; /* RUNSTATE_* */
	uint32_t _pad0;
	uint64_t state_entry_time;
	uint64_t time[4]; /* ns spent in each state */
};
_Static_assert(sizeof(struct vcpu_runstate_info) == 48, "ABI");

struct vcpu_register_runstate_memory_area {
	union {
		xen_guest_ptr_t h;
		xen_guest_ptr_t v;
		uint64_t p;
	} addr;
};
_Static_assert(sizeof(struct vcpu_register_runstate_memory_area) == 8, "ABI");

struct vcpu_register_time_memory_area {
	union {
		xen_guest_ptr_t h;
		xen_guest_ptr_t v;
		uint64_t p;
	} addr;
};
_Static_assert(sizeof(struct vcpu_register_time_memory_area) == 8, "ABI");

struct vcpu_set_periodic_timer {
	uint64_t period_ns;
};
_Static_assert(sizeof(struct vcpu_set_periodic_timer) == 8, "ABI");

struct vcpu_set_singleshot_timer {
	uint64_t timeout_abs_ns;
	uint32_t flags;
	uint32_t _pad0;
};
_Static_assert(sizeof(struct vcpu_set_singleshot_timer) == 16, "ABI");

struct vcpu_register_vcpu_info {
	uint64_t mfn;
	uint32_t offset;
	uint32_t rsvd;
};
_Static_assert(sizeof(struct vcpu_register_vcpu_info) == 16, "ABI");

struct vcpu_get_physid {
	uint64_t phys_id; /* APIC id low, ACPI id high */
};
_Static_assert(sizeof(struct vcpu_get_physid) == 8, "ABI");

typedef struct vcpu_runstate_info vcpu_runstate_info_t;
typedef struct vcpu_set_periodic_timer vcpu_set_periodic_timer_t;
typedef struct vcpu_set_singleshot_timer vcpu_set_singleshot_timer_t;
typedef struct vcpu_register_vcpu_info vcpu_register_vcpu_info_t;
typedef struct vcpu_get_physid vcpu_get_physid_t;
#endif /* !__ASSEMBLY__ */
#endif /* PUBLIC_VCPU_H */
