/* SPDX-License-Identifier: MIT */
/*
 * sysctl: questions and orders about the whole machine: its memory, its
 * CPUs, the hypervisor's log, all domains at once. The caller states
 * XEN_SYSCTL_INTERFACE_VERSION; another value is refused with -EACCES. The
 * argument is always the whole struct xen_sysctl.
 *
 * All command numbers are here; cache allocation, coverage and live patching
 * have no layouts because we do not offer them.
 *
 * Tested by tests/abi.
 */
#ifndef PUBLIC_SYSCTL_H
#define PUBLIC_SYSCTL_H

#include "xen.h"
#include "domctl.h"
#include "physdev.h"

#define XEN_SYSCTL_INTERFACE_VERSION 0x00000015

#define XEN_SYSCTL_readconsole		  1
#define XEN_SYSCTL_tbuf_op		  2
#define XEN_SYSCTL_physinfo		  3
#define XEN_SYSCTL_sched_id		  4
#define XEN_SYSCTL_perfc_op		  5
#define XEN_SYSCTL_getdomaininfolist	  6
#define XEN_SYSCTL_debug_keys		  7
#define XEN_SYSCTL_getcpuinfo		  8
#define XEN_SYSCTL_availheap		  9
#define XEN_SYSCTL_get_pmstat		  10
#define XEN_SYSCTL_cpu_hotplug		  11
#define XEN_SYSCTL_pm_op		  12
#define XEN_SYSCTL_page_offline_op	  14
#define XEN_SYSCTL_lockprof_op		  15
#define XEN_SYSCTL_cputopoinfo		  16
#define XEN_SYSCTL_numainfo		  17
#define XEN_SYSCTL_cpupool_op		  18
#define XEN_SYSCTL_scheduler_op		  19
#define XEN_SYSCTL_coverage_op		  20
#define XEN_SYSCTL_psr_cmt_op		  21
#define XEN_SYSCTL_pcitopoinfo		  22
#define XEN_SYSCTL_psr_alloc		  23
#define XEN_SYSCTL_get_cpu_levelling_caps 25
#define XEN_SYSCTL_get_cpu_featureset	  26
#define XEN_SYSCTL_livepatch_op		  27
#define XEN_SYSCTL_get_cpu_policy	  29

#define XEN_SYSCTL_TBUFOP_get_info     0
#define XEN_SYSCTL_TBUFOP_set_cpu_mask 1
#define XEN_SYSCTL_TBUFOP_set_evt_mask 2
#define XEN_SYSCTL_TBUFOP_set_size     3
#define XEN_SYSCTL_TBUFOP_enable       4
#define XEN_SYSCTL_TBUFOP_disable      5

/* physinfo capabilities. */
#define _XEN_SYSCTL_PHYSCAP_hvm		       0
#define XEN_SYSCTL_PHYSCAP_hvm		       (1U << 0)
#define _XEN_SYSCTL_PHYSCAP_pv		       1
#define XEN_SYSCTL_PHYSCAP_pv		       (1U << 1)
#define _XEN_SYSCTL_PHYSCAP_directio	       2
#define XEN_SYSCTL_PHYSCAP_directio	       (1U << 2)
#define _XEN_SYSCTL_PHYSCAP_hap		       3
#define XEN_SYSCTL_PHYSCAP_hap		       (1U << 3)
#define _XEN_SYSCTL_PHYSCAP_shadow	       4
#define XEN_SYSCTL_PHYSCAP_shadow	       (1U << 4)
#define _XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share 5
#define XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share  (1U << 5)
#define XEN_SYSCTL_PHYSCAP_vmtrace	       (1U << 6)
#define XEN_SYSCTL_PHYSCAP_vpmu		       (1U << 7)
#define XEN_SYSCTL_PHYSCAP_gnttab_v1	       (1U << 8)
#define XEN_SYSCTL_PHYSCAP_gnttab_v2	       (1U << 9)
#define XEN_SYSCTL_PHYSCAP_MAX		       XEN_SYSCTL_PHYSCAP_gnttab_v2

#define XEN_SYSCTL_PERFCOP_reset 1
#define XEN_SYSCTL_PERFCOP_query 2

#define PMSTAT_CATEGORY_MASK 0xf0
#define PMSTAT_PX	     0x10
#define PMSTAT_CX	     0x20
#define PMSTAT_get_max_px    (PMSTAT_PX | 0x1)
#define PMSTAT_get_pxstat    (PMSTAT_PX | 0x2)
#define PMSTAT_reset_pxstat  (PMSTAT_PX | 0x3)
#define PMSTAT_get_max_cx    (PMSTAT_CX | 0x1)
#define PMSTAT_get_cxstat    (PMSTAT_CX | 0x2)
#define PMSTAT_reset_cxstat  (PMSTAT_CX | 0x3)

#define XEN_SYSCTL_CPU_HOTPLUG_ONLINE	   0
#define XEN_SYSCTL_CPU_HOTPLUG_OFFLINE	   1
#define XEN_SYSCTL_CPU_HOTPLUG_SMT_ENABLE  2
#define XEN_SYSCTL_CPU_HOTPLUG_SMT_DISABLE 3

#define CPUFREQ_NAME_LEN 16

#define SCALING_MAX_FREQ 1
#define SCALING_MIN_FREQ 2
#define SCALING_SETSPEED 3
#define SAMPLING_RATE	 4
#define UP_THRESHOLD	 5

#define PM_PARA_CATEGORY_MASK			  0xf0
#define CPUFREQ_PARA				  0x10
#define GET_CPUFREQ_PARA			  (CPUFREQ_PARA | 0x01)
#define SET_CPUFREQ_GOV				  (CPUFREQ_PARA | 0x02)
#define SET_CPUFREQ_PARA			  (CPUFREQ_PARA | 0x03)
#define GET_CPUFREQ_AVGFREQ			  (CPUFREQ_PARA | 0x04)
#define XEN_SYSCTL_pm_op_set_sched_opt_smt	  0x21
#define XEN_SYSCTL_pm_op_get_max_cstate		  0x22
#define XEN_SYSCTL_pm_op_set_max_cstate		  0x23
#define XEN_SYSCTL_pm_op_set_vcpu_migration_delay 0x24
#define XEN_SYSCTL_pm_op_get_vcpu_migration_delay 0x25
#define XEN_SYSCTL_pm_op_enable_turbo		  0x26
#define XEN_SYSCTL_pm_op_disable_turbo		  0x27
#define XEN_SYSCTL_CX_UNLIMITED			  0xffffffffU

#define sysctl_page_offline	  1
#define sysctl_page_online	  2
#define sysctl_query_page_offline 3

#define PG_OFFLINE_STATUS_MASK		  (0xFFUL)
#define PG_OFFLINE_INVALID		  (0x1UL << 0)
#define PG_OFFLINE_OFFLINED		  (0x1UL << 1)
#define PG_OFFLINE_PENDING		  (0x1UL << 2)
#define PG_OFFLINE_FAILED		  (0x1UL << 3)
#define PG_OFFLINE_AGAIN		  (0x1UL << 4)
#define PG_ONLINE_FAILED		  PG_OFFLINE_FAILED
#define PG_ONLINE_ONLINED		  PG_OFFLINE_OFFLINED
#define PG_OFFLINE_STATUS_OFFLINED	  (0x1UL << 1)
#define PG_OFFLINE_STATUS_ONLINE	  (0x1UL << 2)
#define PG_OFFLINE_STATUS_OFFLINE_PENDING (0x1UL << 3)
#define PG_OFFLINE_STATUS_BROKEN	  (0x1UL << 4)

#define XEN_SYSCTL_LOCKPROF_reset 1
#define XEN_SYSCTL_LOCKPROF_query 2
#define LOCKPROF_TYPE_GLOBAL	  0
#define LOCKPROF_TYPE_PERDOM	  1
#define LOCKPROF_TYPE_N		  2

#define XEN_INVALID_CORE_ID   (~0U)
#define XEN_INVALID_SOCKET_ID (~0U)
#define XEN_INVALID_NODE_ID   (~0U)
#define XEN_INVALID_MEM_SZ    (~0U)
#define XEN_INVALID_NODE_DIST (~0U)
#define XEN_INVALID_DEV	      (XEN_INVALID_NODE_ID - 1)

#define XEN_SYSCTL_CPUPOOL_OP_CREATE	 1
#define XEN_SYSCTL_CPUPOOL_OP_DESTROY	 2
#define XEN_SYSCTL_CPUPOOL_OP_INFO	 3
#define XEN_SYSCTL_CPUPOOL_OP_ADDCPU	 4
#define XEN_SYSCTL_CPUPOOL_OP_RMCPU	 5
#define XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN 6
#define XEN_SYSCTL_CPUPOOL_OP_FREEINFO	 7
#define XEN_SYSCTL_CPUPOOL_PAR_ANY	 0xFFFFFFFFU

#define ARINC653_MAX_DOMAINS_PER_SCHEDULE 64

#define XEN_SYSCTL_SCHED_RATELIMIT_MAX	 500000
#define XEN_SYSCTL_SCHED_RATELIMIT_MIN	 100
#define XEN_SYSCTL_CSCHED_TSLICE_MAX	 1000
#define XEN_SYSCTL_CSCHED_TSLICE_MIN	 1
#define XEN_SYSCTL_CSCHED_MGR_DLY_MAX_US (100 * 1000)
#define XEN_SYSCTL_SCHEDOP_putinfo	 0
#define XEN_SYSCTL_SCHEDOP_getinfo	 1

#define XEN_SYSCTL_CPU_LEVELCAP_faulting    (1UL << 0)
#define XEN_SYSCTL_CPU_LEVELCAP_ecx	    (1UL << 1)
#define XEN_SYSCTL_CPU_LEVELCAP_edx	    (1UL << 2)
#define XEN_SYSCTL_CPU_LEVELCAP_extd_ecx    (1UL << 3)
#define XEN_SYSCTL_CPU_LEVELCAP_extd_edx    (1UL << 4)
#define XEN_SYSCTL_CPU_LEVELCAP_xsave_eax   (1UL << 5)
#define XEN_SYSCTL_CPU_LEVELCAP_thermal_ecx (1UL << 6)
#define XEN_SYSCTL_CPU_LEVELCAP_l7s0_eax    (1UL << 7)
#define XEN_SYSCTL_CPU_LEVELCAP_l7s0_ebx    (1UL << 8)

#define XEN_SYSCTL_cpu_featureset_raw	  0
#define XEN_SYSCTL_cpu_featureset_host	  1
#define XEN_SYSCTL_cpu_featureset_pv	  2
#define XEN_SYSCTL_cpu_featureset_hvm	  3
#define XEN_SYSCTL_cpu_featureset_pv_max  4
#define XEN_SYSCTL_cpu_featureset_hvm_max 5

#define XEN_SYSCTL_cpu_policy_raw	  0
#define XEN_SYSCTL_cpu_policy_host	  1
#define XEN_SYSCTL_cpu_policy_pv_max	  2
#define XEN_SYSCTL_cpu_policy_hvm_max	  3
#define XEN_SYSCTL_cpu_policy_pv_default  4
#define XEN_SYSCTL_cpu_policy_hvm_default 5

#ifndef __ASSEMBLY__
struct xen_sysctl_readconsole {
	uint8_t clear;
	uint8_t incremental;
	uint8_t pad0;
	uint8_t pad1;
	uint32_t index; /* in: from where; out: the next */
	xen_guest_ptr_t buffer;
	uint32_t count; /* in: room; out: bytes */
	uint32_t _pad2;
};
_Static_assert(sizeof(struct xen_sysctl_readconsole) == 24, "ABI");

struct xen_sysctl_tbuf_op {
	uint32_t cmd;
	uint32_t _pad0;
	struct xenctl_bitmap cpu_mask;
	uint32_t evt_mask;
	uint32_t _pad1;
	uint64_t buffer_mfn;
	uint32_t size;
	uint32_t _pad2;
};
_Static_assert(sizeof(struct xen_sysctl_tbuf_op) == 48, "ABI");

struct xen_sysctl_physinfo {
	uint32_t threads_per_core;
	uint32_t cores_per_socket;
	uint32_t nr_cpus;
	uint32_t max_cpu_id;
	uint32_t nr_nodes;
	uint32_t max_node_id;
	uint32_t cpu_khz;
	uint32_t capabilities;	    /* XEN_SYSCTL_PHYSCAP_* */
	uint32_t arch_capabilities; /* 0 */
	uint32_t pad;
	uint64_t total_pages;
	uint64_t free_pages;
	uint64_t scrub_pages;
	uint64_t outstanding_pages;
	uint64_t max_mfn;
	uint32_t hw_cap[8];
};
_Static_assert(sizeof(struct xen_sysctl_physinfo) == 112, "ABI");

struct xen_sysctl_sched_id {
	uint32_t sched_id; /* XEN_SCHEDULER_* */
};
_Static_assert(sizeof(struct xen_sysctl_sched_id) == 4, "ABI");

struct xen_sysctl_perfc_desc {
	char name[80];
	uint32_t nr_vals;
};
_Static_assert(sizeof(struct xen_sysctl_perfc_desc) == 84, "ABI");
typedef uint32_t xen_sysctl_perfc_val_t;

struct xen_sysctl_perfc_op {
	uint32_t cmd; /* XEN_SYSCTL_PERFCOP_* */
	uint32_t nr_counters;
	uint32_t nr_vals;
	uint32_t _pad0;
	xen_guest_ptr_t desc;
	xen_guest_ptr_t val;
};
_Static_assert(sizeof(struct xen_sysctl_perfc_op) == 32, "ABI");

struct xen_sysctl_getdomaininfolist {
	domid_t first_domain;
	uint16_t _pad0;
	uint32_t max_domains;
	xen_guest_ptr_t buffer; /* struct xen_domctl_getdomaininfo[] */
	uint32_t num_domains;	/* out */
	uint32_t _pad1;
};
_Static_assert(sizeof(struct xen_sysctl_getdomaininfolist) == 24, "ABI");

struct xen_sysctl_debug_keys {
	xen_guest_ptr_t keys;
	uint32_t nr_keys;
	uint32_t _pad0;
};
_Static_assert(sizeof(struct xen_sysctl_debug_keys) == 16, "ABI");

struct xen_sysctl_cpuinfo {
	uint64_t idletime; /* ns */
};
_Static_assert(sizeof(struct xen_sysctl_cpuinfo) == 8, "ABI");

struct xen_sysctl_getcpuinfo {
	uint32_t max_cpus;
	uint32_t _pad0;
	xen_guest_ptr_t info; /* struct xen_sysctl_cpuinfo[] */
	uint32_t nr_cpus;     /* out */
	uint32_t _pad1;
};
_Static_assert(sizeof(struct xen_sysctl_getcpuinfo) == 24, "ABI");

struct xen_sysctl_availheap {
	uint32_t min_bitwidth;
	uint32_t max_bitwidth;
	int32_t node; /* -1: all */
	uint32_t _pad0;
	uint64_t avail_bytes; /* out */
};
_Static_assert(sizeof(struct xen_sysctl_availheap) == 24, "ABI");

struct pm_px_val {
	uint64_t freq;
	uint64_t residency;
	uint64_t count;
};
_Static_assert(sizeof(struct pm_px_val) == 24, "ABI");

struct pm_px_stat {
	uint8_t total;
	uint8_t usable;
	uint8_t last;
	uint8_t cur;
	uint32_t _pad0;
	xen_guest_ptr_t trans_pt;
	xen_guest_ptr_t pt;
};
_Static_assert(sizeof(struct pm_px_stat) == 24, "ABI");

struct pm_cx_stat {
	uint32_t nr;
	uint32_t last;
	uint64_t idle_time;
	xen_guest_ptr_t triggers;
	xen_guest_ptr_t residencies;
	uint32_t nr_pc;
	uint32_t nr_cc;
	xen_guest_ptr_t pc;
	xen_guest_ptr_t cc;
};
_Static_assert(sizeof(struct pm_cx_stat) == 56, "ABI");

struct xen_sysctl_get_pmstat {
	uint32_t type; /* PMSTAT_* */
	uint32_t cpuid;
	union {
		struct pm_px_stat getpx;
		struct pm_cx_stat getcx;
	} u;
};
_Static_assert(sizeof(struct xen_sysctl_get_pmstat) == 64, "ABI");

struct xen_sysctl_cpu_hotplug {
	uint32_t cpu;
	uint32_t op; /* XEN_SYSCTL_CPU_HOTPLUG_* */
};
_Static_assert(sizeof(struct xen_sysctl_cpu_hotplug) == 8, "ABI");

struct xen_userspace {
	uint32_t scaling_setspeed;
};
_Static_assert(sizeof(struct xen_userspace) == 4, "ABI");

struct xen_ondemand {
	uint32_t sampling_rate_max;
	uint32_t sampling_rate_min;
	uint32_t sampling_rate;
	uint32_t up_threshold;
};
_Static_assert(sizeof(struct xen_ondemand) == 16, "ABI");

struct xen_get_cpufreq_para {
	uint32_t cpu_num;
	uint32_t freq_num;
	uint32_t gov_num;
	uint32_t _pad0;
	xen_guest_ptr_t affected_cpus;
	xen_guest_ptr_t scaling_available_frequencies;
	xen_guest_ptr_t scaling_available_governors;
	char scaling_driver[CPUFREQ_NAME_LEN];
	uint32_t cpuinfo_cur_freq;
	uint32_t cpuinfo_max_freq;
	uint32_t cpuinfo_min_freq;
	uint32_t scaling_cur_freq;
	char scaling_governor[CPUFREQ_NAME_LEN];
	uint32_t scaling_max_freq;
	uint32_t scaling_min_freq;
	union {
		struct xen_userspace userspace;
		struct xen_ondemand ondemand;
	} u;
	int32_t turbo_enabled;
	uint32_t _pad1;
};
_Static_assert(sizeof(struct xen_get_cpufreq_para) == 120, "ABI");

struct xen_set_cpufreq_gov {
	char scaling_governor[CPUFREQ_NAME_LEN];
};
_Static_assert(sizeof(struct xen_set_cpufreq_gov) == 16, "ABI");

struct xen_set_cpufreq_para {
	uint32_t ctrl_type;
	uint32_t ctrl_value;
};
_Static_assert(sizeof(struct xen_set_cpufreq_para) == 8, "ABI");

struct xen_sysctl_pm_op {
	uint32_t cmd;
	uint32_t cpuid;
	union {
		struct xen_get_cpufreq_para get_para;
		struct xen_set_cpufreq_gov set_gov;
		struct xen_set_cpufreq_para set_para;
		uint64_t get_avgfreq;
		uint32_t set_sched_opt_smt;
		uint32_t get_max_cstate;
		uint32_t set_max_cstate;
	} u;
};
_Static_assert(sizeof(struct xen_sysctl_pm_op) == 128, "ABI");

struct xen_sysctl_page_offline_op {
	uint32_t cmd;
	uint32_t start;
	uint32_t end;
	uint32_t _pad0;
	xen_guest_ptr_t status;
};
_Static_assert(sizeof(struct xen_sysctl_page_offline_op) == 24, "ABI");

struct xen_sysctl_lockprof_data {
	char name[40];
	int32_t type;
	int32_t idx;
	uint64_t lock_cnt;
	uint64_t block_cnt;
	uint64_t lock_time;
	uint64_t block_time;
};
_Static_assert(sizeof(struct xen_sysctl_lockprof_data) == 80, "ABI");

struct xen_sysctl_lockprof_op {
	uint32_t cmd;
	uint32_t max_elem;
	uint32_t nr_elem;
	uint32_t _pad0;
	uint64_t time;
	xen_guest_ptr_t data;
};
_Static_assert(sizeof(struct xen_sysctl_lockprof_op) == 32, "ABI");

struct xen_sysctl_cputopo {
	uint32_t core;
	uint32_t socket;
	uint32_t node;
};
_Static_assert(sizeof(struct xen_sysctl_cputopo) == 12, "ABI");

struct xen_sysctl_cputopoinfo {
	uint32_t num_cpus;
	uint32_t _pad0;
	xen_guest_ptr_t cputopo; /* 0 asks for the number */
};
_Static_assert(sizeof(struct xen_sysctl_cputopoinfo) == 16, "ABI");

struct xen_sysctl_meminfo {
	uint64_t memsize;
	uint64_t memfree;
};
_Static_assert(sizeof(struct xen_sysctl_meminfo) == 16, "ABI");

struct xen_sysctl_numainfo {
	uint32_t num_nodes;
	uint32_t _pad0;
	xen_guest_ptr_t meminfo;
	xen_guest_ptr_t distance;
};
_Static_assert(sizeof(struct xen_sysctl_numainfo) == 24, "ABI");

struct xen_sysctl_cpupool_op {
	uint32_t op; /* XEN_SYSCTL_CPUPOOL_OP_* */
	uint32_t cpupool_id;
	uint32_t sched_id;
	uint32_t domid;
	uint32_t cpu;
	uint32_t n_dom;
	struct xenctl_bitmap cpumap;
};
_Static_assert(sizeof(struct xen_sysctl_cpupool_op) == 40, "ABI");

struct xen_sysctl_credit_schedule {
	uint32_t tslice_ms;
	uint32_t ratelimit_us;
	uint32_t vcpu_migr_delay_us;
};
_Static_assert(sizeof(struct xen_sysctl_credit_schedule) == 12, "ABI");

struct xen_sysctl_credit2_schedule {
	uint32_t ratelimit_us;
};
_Static_assert(sizeof(struct xen_sysctl_credit2_schedule) == 4, "ABI");

struct xen_sysctl_scheduler_op {
	uint32_t cpupool_id;
	uint32_t sched_id;
	uint32_t cmd; /* XEN_SYSCTL_SCHEDOP_* */
	uint32_t _pad0;
	union {
		struct xen_sysctl_sched_arinc653 {
			xen_guest_ptr_t schedule;
		} sched_arinc653;
		struct xen_sysctl_credit_schedule sched_credit;
		struct xen_sysctl_credit2_schedule sched_credit2;
		uint64_t _pad1[2];
	} u;
};
_Static_assert(sizeof(struct xen_sysctl_scheduler_op) == 32, "ABI");

struct xen_sysctl_pcitopoinfo {
	uint32_t num_devs;
	uint32_t _pad0;
	xen_guest_ptr_t devs;
	xen_guest_ptr_t nodes;
};
_Static_assert(sizeof(struct xen_sysctl_pcitopoinfo) == 24, "ABI");

struct xen_sysctl_cpu_levelling_caps {
	uint32_t caps;
};
_Static_assert(sizeof(struct xen_sysctl_cpu_levelling_caps) == 4, "ABI");

struct xen_sysctl_cpu_featureset {
	uint32_t index;
	uint32_t nr_features;
	xen_guest_ptr_t features;
};
_Static_assert(sizeof(struct xen_sysctl_cpu_featureset) == 16, "ABI");

struct xen_sysctl_cpu_policy {
	uint32_t index;
	uint32_t nr_leaves;
	uint32_t nr_msrs;
	uint32_t _rsvd;
	xen_guest_ptr_t leaves;
	xen_guest_ptr_t msrs;
};
_Static_assert(sizeof(struct xen_sysctl_cpu_policy) == 32, "ABI");

struct xen_sysctl {
	uint32_t cmd; /* XEN_SYSCTL_* */
	uint32_t interface_version;
	union {
		struct xen_sysctl_readconsole readconsole;
		struct xen_sysctl_tbuf_op tbuf_op;
		struct xen_sysctl_physinfo physinfo;
		struct xen_sysctl_cputopoinfo cputopoinfo;
		struct xen_sysctl_pcitopoinfo pcitopoinfo;
		struct xen_sysctl_numainfo numainfo;
		struct xen_sysctl_sched_id sched_id;
		struct xen_sysctl_perfc_op perfc_op;
		struct xen_sysctl_getdomaininfolist getdomaininfolist;
		struct xen_sysctl_debug_keys debug_keys;
		struct xen_sysctl_getcpuinfo getcpuinfo;
		struct xen_sysctl_availheap availheap;
		struct xen_sysctl_get_pmstat get_pmstat;
		struct xen_sysctl_cpu_hotplug cpu_hotplug;
		struct xen_sysctl_pm_op pm_op;
		struct xen_sysctl_page_offline_op page_offline;
		struct xen_sysctl_lockprof_op lockprof_op;
		struct xen_sysctl_cpupool_op cpupool_op;
		struct xen_sysctl_scheduler_op scheduler_op;
		struct xen_sysctl_cpu_levelling_caps cpu_levelling_caps;
		struct xen_sysctl_cpu_featureset cpu_featureset;
		struct xen_sysctl_cpu_policy cpu_policy;
		uint8_t pad[128];
	} u;
};
_Static_assert(sizeof(struct xen_sysctl) == 136, "ABI");

typedef struct xen_sysctl xen_sysctl_t;
typedef struct xen_sysctl_cpuinfo xen_sysctl_cpuinfo_t;
typedef struct xen_sysctl_cputopo xen_sysctl_cputopo_t;
typedef struct xen_sysctl_meminfo xen_sysctl_meminfo_t;
typedef struct xen_sysctl_perfc_desc xen_sysctl_perfc_desc_t;
typedef struct xen_sysctl_lockprof_data xen_sysctl_lockprof_data_t;
#endif /* !__ASSEMBLY__ */
#endif /* PUBLIC_SYSCTL_H */
