/* SPDX-License-Identifier: MIT */
/*
 * domctl: how a toolstack makes, feeds, watches and destroys domains. The
 * caller states XEN_DOMCTL_INTERFACE_VERSION; another value is refused with
 * -EACCES. The argument is always the whole struct xen_domctl: the union is
 * padded to 128 bytes so that its size does not depend on the command.
 *
 * All command numbers are here. Layouts are here for the commands that mean
 * something for a PV domain; those for HVM, device passthrough, introspection
 * and cache allocation are left out on purpose.
 *
 * Tested by tests/abi.
 */
#ifndef PUBLIC_DOMCTL_H
#define PUBLIC_DOMCTL_H

#include "xen.h"
#include "event_channel.h"
#include "grant_table.h"
#include "memory.h"

#define XEN_DOMCTL_INTERFACE_VERSION 0x00000015

#define XEN_DOMCTL_createdomain		   1
#define XEN_DOMCTL_destroydomain	   2
#define XEN_DOMCTL_pausedomain		   3
#define XEN_DOMCTL_unpausedomain	   4
#define XEN_DOMCTL_getdomaininfo	   5
#define XEN_DOMCTL_setvcpuaffinity	   9
#define XEN_DOMCTL_shadow_op		   10
#define XEN_DOMCTL_max_mem		   11
#define XEN_DOMCTL_setvcpucontext	   12
#define XEN_DOMCTL_getvcpucontext	   13
#define XEN_DOMCTL_getvcpuinfo		   14
#define XEN_DOMCTL_max_vcpus		   15
#define XEN_DOMCTL_scheduler_op		   16
#define XEN_DOMCTL_setdomainhandle	   17
#define XEN_DOMCTL_setdebugging		   18
#define XEN_DOMCTL_irq_permission	   19
#define XEN_DOMCTL_iomem_permission	   20
#define XEN_DOMCTL_ioport_permission	   21
#define XEN_DOMCTL_hypercall_init	   22
#define XEN_DOMCTL_settimeoffset	   24
#define XEN_DOMCTL_getvcpuaffinity	   25
#define XEN_DOMCTL_real_mode_area	   26
#define XEN_DOMCTL_resumedomain		   27
#define XEN_DOMCTL_sendtrigger		   28
#define XEN_DOMCTL_subscribe		   29
#define XEN_DOMCTL_gethvmcontext	   33
#define XEN_DOMCTL_sethvmcontext	   34
#define XEN_DOMCTL_set_address_size	   35
#define XEN_DOMCTL_get_address_size	   36
#define XEN_DOMCTL_assign_device	   37
#define XEN_DOMCTL_bind_pt_irq		   38
#define XEN_DOMCTL_memory_mapping	   39
#define XEN_DOMCTL_ioport_mapping	   40
#define XEN_DOMCTL_set_ext_vcpucontext	   42
#define XEN_DOMCTL_get_ext_vcpucontext	   43
#define XEN_DOMCTL_set_opt_feature	   44
#define XEN_DOMCTL_test_assign_device	   45
#define XEN_DOMCTL_set_target		   46
#define XEN_DOMCTL_deassign_device	   47
#define XEN_DOMCTL_unbind_pt_irq	   48
#define XEN_DOMCTL_get_device_group	   50
#define XEN_DOMCTL_debug_op		   54
#define XEN_DOMCTL_gethvmcontext_partial   55
#define XEN_DOMCTL_vm_event_op		   56
#define XEN_DOMCTL_mem_sharing_op	   57
#define XEN_DOMCTL_gettscinfo		   59
#define XEN_DOMCTL_settscinfo		   60
#define XEN_DOMCTL_getpageframeinfo3	   61
#define XEN_DOMCTL_setvcpuextstate	   62
#define XEN_DOMCTL_getvcpuextstate	   63
#define XEN_DOMCTL_set_access_required	   64
#define XEN_DOMCTL_audit_p2m		   65
#define XEN_DOMCTL_set_virq_handler	   66
#define XEN_DOMCTL_set_broken_page_p2m	   67
#define XEN_DOMCTL_setnodeaffinity	   68
#define XEN_DOMCTL_getnodeaffinity	   69
#define XEN_DOMCTL_cacheflush		   71
#define XEN_DOMCTL_get_vcpu_msrs	   72
#define XEN_DOMCTL_set_vcpu_msrs	   73
#define XEN_DOMCTL_setvnumainfo		   74
#define XEN_DOMCTL_psr_cmt_op		   75
#define XEN_DOMCTL_monitor_op		   77
#define XEN_DOMCTL_psr_alloc		   78
#define XEN_DOMCTL_soft_reset		   79
#define XEN_DOMCTL_vuart_op		   81
#define XEN_DOMCTL_get_cpu_policy	   82
#define XEN_DOMCTL_set_cpu_policy	   83
#define XEN_DOMCTL_vmtrace_op		   84
#define XEN_DOMCTL_get_paging_mempool_size 85
#define XEN_DOMCTL_set_paging_mempool_size 86
#define XEN_DOMCTL_gdbsx_guestmemio	   1000
#define XEN_DOMCTL_gdbsx_pausevcpu	   1001
#define XEN_DOMCTL_gdbsx_unpausevcpu	   1002
#define XEN_DOMCTL_gdbsx_domstatus	   1003

/* createdomain flags: a PV domain has neither hvm nor hap. */
#define _XEN_DOMCTL_CDF_hvm	     0
#define XEN_DOMCTL_CDF_hvm	     (1U << _XEN_DOMCTL_CDF_hvm)
#define _XEN_DOMCTL_CDF_hap	     1
#define XEN_DOMCTL_CDF_hap	     (1U << _XEN_DOMCTL_CDF_hap)
#define _XEN_DOMCTL_CDF_s3_integrity 2
#define XEN_DOMCTL_CDF_s3_integrity  (1U << _XEN_DOMCTL_CDF_s3_integrity)
#define _XEN_DOMCTL_CDF_oos_off	     3
#define XEN_DOMCTL_CDF_oos_off	     (1U << _XEN_DOMCTL_CDF_oos_off)
#define _XEN_DOMCTL_CDF_xs_domain    4
#define XEN_DOMCTL_CDF_xs_domain     (1U << _XEN_DOMCTL_CDF_xs_domain)
#define _XEN_DOMCTL_CDF_iommu	     5
#define XEN_DOMCTL_CDF_iommu	     (1U << _XEN_DOMCTL_CDF_iommu)
#define _XEN_DOMCTL_CDF_nested_virt  6
#define XEN_DOMCTL_CDF_nested_virt   (1U << _XEN_DOMCTL_CDF_nested_virt)
#define XEN_DOMCTL_CDF_vpmu	     (1U << 7)
#define XEN_DOMCTL_CDF_MAX	     XEN_DOMCTL_CDF_vpmu

#define _XEN_DOMCTL_IOMMU_no_sharept 0
#define XEN_DOMCTL_IOMMU_no_sharept  (1U << _XEN_DOMCTL_IOMMU_no_sharept)
#define XEN_DOMCTL_IOMMU_MAX	     XEN_DOMCTL_IOMMU_no_sharept

#define XEN_DOMCTL_GRANT_version_mask 0xf
#define XEN_DOMCTL_GRANT_version(v)   ((v)&XEN_DOMCTL_GRANT_version_mask)

/* getdomaininfo flags; the shutdown reason is in the third byte. */
#define _XEN_DOMINF_dying	 0
#define XEN_DOMINF_dying	 (1U << _XEN_DOMINF_dying)
#define _XEN_DOMINF_hvm_guest	 1
#define XEN_DOMINF_hvm_guest	 (1U << _XEN_DOMINF_hvm_guest)
#define _XEN_DOMINF_shutdown	 2
#define XEN_DOMINF_shutdown	 (1U << _XEN_DOMINF_shutdown)
#define _XEN_DOMINF_paused	 3
#define XEN_DOMINF_paused	 (1U << _XEN_DOMINF_paused)
#define _XEN_DOMINF_blocked	 4
#define XEN_DOMINF_blocked	 (1U << _XEN_DOMINF_blocked)
#define _XEN_DOMINF_running	 5
#define XEN_DOMINF_running	 (1U << _XEN_DOMINF_running)
#define _XEN_DOMINF_debugged	 6
#define XEN_DOMINF_debugged	 (1U << _XEN_DOMINF_debugged)
#define _XEN_DOMINF_xs_domain	 7
#define XEN_DOMINF_xs_domain	 (1U << _XEN_DOMINF_xs_domain)
#define _XEN_DOMINF_hap		 8
#define XEN_DOMINF_hap		 (1U << _XEN_DOMINF_hap)
#define XEN_DOMINF_shutdownmask	 255
#define XEN_DOMINF_shutdownshift 16
#define XEN_INVALID_MAX_VCPU_ID	 (~0U)

/* getpageframeinfo3: the answer's top four bits. */
#define XEN_DOMCTL_PFINFO_LTAB_SHIFT	28
#define XEN_DOMCTL_PFINFO_NOTAB		(0x0U << 28)
#define XEN_DOMCTL_PFINFO_L1TAB		(0x1U << 28)
#define XEN_DOMCTL_PFINFO_L2TAB		(0x2U << 28)
#define XEN_DOMCTL_PFINFO_L3TAB		(0x3U << 28)
#define XEN_DOMCTL_PFINFO_L4TAB		(0x4U << 28)
#define XEN_DOMCTL_PFINFO_LTABTYPE_MASK (0x7U << 28)
#define XEN_DOMCTL_PFINFO_LPINTAB	(0x1U << 31)
#define XEN_DOMCTL_PFINFO_XTAB		(0xfU << 28)
#define XEN_DOMCTL_PFINFO_XALLOC	(0xeU << 28)
#define XEN_DOMCTL_PFINFO_BROKEN	(0xdU << 28)
#define XEN_DOMCTL_PFINFO_LTAB_MASK	(0xfU << 28)

#define XEN_DOMCTL_SHADOW_OP_OFF	     0
#define XEN_DOMCTL_SHADOW_OP_ENABLE_TEST     1
#define XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY 2
#define XEN_DOMCTL_SHADOW_OP_CLEAN	     11
#define XEN_DOMCTL_SHADOW_OP_PEEK	     12
#define XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION  30
#define XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION  31
#define XEN_DOMCTL_SHADOW_OP_ENABLE	     32
#define XEN_DOMCTL_SHADOW_ENABLE_REFCOUNT    (1 << 1)
#define XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY   (1 << 2)
#define XEN_DOMCTL_SHADOW_ENABLE_TRANSLATE   (1 << 3)
#define XEN_DOMCTL_SHADOW_ENABLE_EXTERNAL    (1 << 4)
#define XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL     (1 << 0)

#define _XEN_VCPUAFFINITY_HARD	0
#define XEN_VCPUAFFINITY_HARD	(1U << _XEN_VCPUAFFINITY_HARD)
#define _XEN_VCPUAFFINITY_SOFT	1
#define XEN_VCPUAFFINITY_SOFT	(1U << _XEN_VCPUAFFINITY_SOFT)
#define _XEN_VCPUAFFINITY_FORCE 2
#define XEN_VCPUAFFINITY_FORCE	(1U << _XEN_VCPUAFFINITY_FORCE)

#define XEN_SCHEDULER_CREDIT   5
#define XEN_SCHEDULER_CREDIT2  6
#define XEN_SCHEDULER_ARINC653 7
#define XEN_SCHEDULER_RTDS     8
#define XEN_SCHEDULER_NULL     9

#define XEN_DOMCTL_SCHEDOP_putinfo     0
#define XEN_DOMCTL_SCHEDOP_getinfo     1
#define XEN_DOMCTL_SCHEDOP_putvcpuinfo 2
#define XEN_DOMCTL_SCHEDOP_getvcpuinfo 3

#define _XEN_DOMCTL_SCHEDRT_extra 0
#define XEN_DOMCTL_SCHEDRT_extra  (1U << _XEN_DOMCTL_SCHEDRT_extra)

#define XEN_DOMCTL_SENDTRIGGER_NMI   0
#define XEN_DOMCTL_SENDTRIGGER_RESET 1
#define XEN_DOMCTL_SENDTRIGGER_INIT  2
#define XEN_DOMCTL_SENDTRIGGER_POWER 3
#define XEN_DOMCTL_SENDTRIGGER_SLEEP 4

#define DPCI_ADD_MAPPING    1
#define DPCI_REMOVE_MAPPING 0

#define XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_OFF 0
#define XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_ON  1

#define XEN_CPUID_INPUT_UNUSED 0xFFFFFFFFU

#ifndef __ASSEMBLY__
/* xen_domctl.domain is the wanted id, 0 to let the hypervisor choose. */
struct xen_domctl_createdomain {
	uint32_t ssidref;
	xen_domain_handle_t handle;
	uint32_t flags;	     /* XEN_DOMCTL_CDF_* */
	uint32_t iommu_opts; /* XEN_DOMCTL_IOMMU_* */
	uint32_t max_vcpus;
	uint32_t max_evtchn_port;
	int32_t max_grant_frames;    /* < 0: the default */
	int32_t max_maptrack_frames; /* < 0: the default */
	uint32_t grant_opts;	     /* the highest grant version */
	uint32_t vmtrace_size;
	uint32_t cpupool_id;
	struct xen_arch_domainconfig arch;
};
_Static_assert(sizeof(struct xen_domctl_createdomain) == 64, "ABI");

struct xen_domctl_getdomaininfo {
	domid_t domain; /* out: may be above the one asked for */
	uint16_t pad1;
	uint32_t flags; /* XEN_DOMINF_* */
	uint64_t tot_pages;
	uint64_t max_pages;
	uint64_t outstanding_pages;
	uint64_t shr_pages;
	uint64_t paged_pages;
	uint64_t shared_info_frame; /* GMFN of shared_info */
	uint64_t cpu_time;	    /* ns */
	uint32_t nr_online_vcpus;
	uint32_t max_vcpu_id;
	uint32_t ssidref;
	xen_domain_handle_t handle;
	uint32_t cpupool;
	uint8_t gpaddr_bits;
	uint8_t pad2[7];
	struct xen_arch_domainconfig arch_config;
};
_Static_assert(sizeof(struct xen_domctl_getdomaininfo) == 112, "ABI");

struct xen_domctl_getpageframeinfo3 {
	uint64_t num;
	xen_guest_ptr_t array; /* xen_pfn_t[num]: in GMFN, out type */
};
_Static_assert(sizeof(struct xen_domctl_getpageframeinfo3) == 16, "ABI");

struct xen_domctl_shadow_op_stats {
	uint32_t fault_count;
	uint32_t dirty_count;
};
_Static_assert(sizeof(struct xen_domctl_shadow_op_stats) == 8, "ABI");

struct xen_domctl_shadow_op {
	uint32_t op; /* XEN_DOMCTL_SHADOW_OP_* */
	uint32_t mode;
	uint32_t mb;
	uint32_t _pad0;
	xen_guest_ptr_t dirty_bitmap;
	uint64_t pages; /* in: size of the bitmap; out: what was filled */
	struct xen_domctl_shadow_op_stats stats;
};
_Static_assert(sizeof(struct xen_domctl_shadow_op) == 40, "ABI");

struct xen_domctl_max_mem {
	uint64_t max_memkb;
};
_Static_assert(sizeof(struct xen_domctl_max_mem) == 8, "ABI");

struct xen_domctl_vcpucontext {
	uint32_t vcpu;
	uint32_t _pad0;
	xen_guest_ptr_t ctxt; /* struct vcpu_guest_context; 0 resets */
};
_Static_assert(sizeof(struct xen_domctl_vcpucontext) == 16, "ABI");

struct xen_domctl_getvcpuinfo {
	uint32_t vcpu;
	uint8_t online;
	uint8_t blocked;
	uint8_t running;
	uint8_t _pad0;
	uint64_t cpu_time; /* ns */
	uint32_t cpu;
	uint32_t _pad1;
};
_Static_assert(sizeof(struct xen_domctl_getvcpuinfo) == 24, "ABI");

struct xen_domctl_nodeaffinity {
	struct xenctl_bitmap nodemap;
};
_Static_assert(sizeof(struct xen_domctl_nodeaffinity) == 16, "ABI");

struct xen_domctl_vcpuaffinity {
	uint32_t vcpu;
	uint32_t flags; /* XEN_VCPUAFFINITY_* */
	struct xenctl_bitmap cpumap_hard;
	struct xenctl_bitmap cpumap_soft;
};
_Static_assert(sizeof(struct xen_domctl_vcpuaffinity) == 40, "ABI");

struct xen_domctl_max_vcpus {
	uint32_t max;
};
_Static_assert(sizeof(struct xen_domctl_max_vcpus) == 4, "ABI");

struct xen_domctl_sched_credit {
	uint16_t weight;
	uint16_t cap; /* per cent of one CPU; 0: none */
};
_Static_assert(sizeof(struct xen_domctl_sched_credit) == 4, "ABI");

struct xen_domctl_sched_credit2 {
	uint16_t weight;
	uint16_t cap;
};
_Static_assert(sizeof(struct xen_domctl_sched_credit2) == 4, "ABI");

struct xen_domctl_sched_rtds {
	uint32_t period; /* us */
	uint32_t budget; /* us */
	uint32_t flags;
};
_Static_assert(sizeof(struct xen_domctl_sched_rtds) == 12, "ABI");

struct xen_domctl_schedparam_vcpu {
	union {
		struct xen_domctl_sched_credit credit;
		struct xen_domctl_sched_credit2 credit2;
		struct xen_domctl_sched_rtds rtds;
	} u;
	uint32_t vcpuid;
};
_Static_assert(sizeof(struct xen_domctl_schedparam_vcpu) == 16, "ABI");

struct xen_domctl_scheduler_op {
	uint32_t sched_id; /* XEN_SCHEDULER_* */
	uint32_t cmd;	   /* XEN_DOMCTL_SCHEDOP_* */
	union {
		struct xen_domctl_sched_credit credit;
		struct xen_domctl_sched_credit2 credit2;
		struct xen_domctl_sched_rtds rtds;
		struct {
			xen_guest_ptr_t vcpus;
			uint32_t nr_vcpus;
			uint32_t padding;
		} v;
	} u;
};
_Static_assert(sizeof(struct xen_domctl_scheduler_op) == 24, "ABI");

struct xen_domctl_setdomainhandle {
	xen_domain_handle_t handle;
};
_Static_assert(sizeof(struct xen_domctl_setdomainhandle) == 16, "ABI");

struct xen_domctl_setdebugging {
	uint8_t enable;
};
_Static_assert(sizeof(struct xen_domctl_setdebugging) == 1, "ABI");

struct xen_domctl_irq_permission {
	uint32_t pirq;
	uint8_t allow_access;
	uint8_t pad[3];
};
_Static_assert(sizeof(struct xen_domctl_irq_permission) == 8, "ABI");

struct xen_domctl_iomem_permission {
	uint64_t first_mfn;
	uint64_t nr_mfns;
	uint8_t allow_access;
	uint8_t _pad0[7];
};
_Static_assert(sizeof(struct xen_domctl_iomem_permission) == 24, "ABI");

struct xen_domctl_ioport_permission {
	uint32_t first_port;
	uint32_t nr_ports;
	uint8_t allow_access;
	uint8_t _pad0[3];
};
_Static_assert(sizeof(struct xen_domctl_ioport_permission) == 12, "ABI");

struct xen_domctl_hypercall_init {
	uint64_t gmfn;
};
_Static_assert(sizeof(struct xen_domctl_hypercall_init) == 8, "ABI");

struct xen_domctl_settimeoffset {
	int64_t time_offset_seconds;
};
_Static_assert(sizeof(struct xen_domctl_settimeoffset) == 8, "ABI");

struct xen_domctl_address_size {
	uint32_t size; /* 64 */
};
_Static_assert(sizeof(struct xen_domctl_address_size) == 4, "ABI");

struct xen_domctl_sendtrigger {
	uint32_t trigger; /* XEN_DOMCTL_SENDTRIGGER_* */
	uint32_t vcpu;
};
_Static_assert(sizeof(struct xen_domctl_sendtrigger) == 8, "ABI");

struct xen_domctl_memory_mapping {
	uint64_t first_gfn;
	uint64_t first_mfn;
	uint64_t nr_mfns;
	uint32_t add_mapping;
	uint32_t padding;
};
_Static_assert(sizeof(struct xen_domctl_memory_mapping) == 32, "ABI");

struct xen_domctl_ioport_mapping {
	uint32_t first_gport;
	uint32_t first_mport;
	uint32_t nr_ports;
	uint32_t add_mapping;
};
_Static_assert(sizeof(struct xen_domctl_ioport_mapping) == 16, "ABI");

struct hvm_vmce_vcpu {
	uint64_t caps;
	uint64_t mci_ctl2_bank0;
	uint64_t mci_ctl2_bank1;
	uint64_t mcg_ext_ctl;
};
_Static_assert(sizeof(struct hvm_vmce_vcpu) == 32, "ABI");

/* What vcpu_guest_context has no room for. */
struct xen_domctl_ext_vcpucontext {
	uint32_t vcpu;
	uint32_t size;
	uint64_t syscall32_callback_eip;
	uint64_t sysenter_callback_eip;
	uint16_t syscall32_callback_cs;
	uint16_t sysenter_callback_cs;
	uint8_t syscall32_disables_events;
	uint8_t sysenter_disables_events;
	uint16_t _pad0;
	union {
		uint64_t mcg_cap;
		struct hvm_vmce_vcpu vmce;
	};
};
_Static_assert(sizeof(struct xen_domctl_ext_vcpucontext) == 64, "ABI");

struct xen_domctl_set_target {
	domid_t target;
};
_Static_assert(sizeof(struct xen_domctl_set_target) == 2, "ABI");

struct xen_domctl_cpu_policy {
	uint32_t nr_leaves;
	uint32_t nr_msrs;
	xen_guest_ptr_t leaves; /* xen_cpuid_leaf_t[] */
	xen_guest_ptr_t msrs;	/* xen_msr_entry_t[] */
	uint32_t err_leaf;
	uint32_t err_subleaf;
	uint32_t err_msr;
	uint32_t _pad0;
};
_Static_assert(sizeof(struct xen_domctl_cpu_policy) == 40, "ABI");

struct xen_domctl_subscribe {
	uint32_t port;
};
_Static_assert(sizeof(struct xen_domctl_subscribe) == 4, "ABI");

struct xen_domctl_debug_op {
	uint32_t op;
	uint32_t vcpu;
};
_Static_assert(sizeof(struct xen_domctl_debug_op) == 8, "ABI");

struct xen_domctl_tsc_info {
	uint32_t tsc_mode;
	uint32_t gtsc_khz;
	uint32_t incarnation;
	uint32_t pad;
	uint64_t elapsed_nsec;
};
_Static_assert(sizeof(struct xen_domctl_tsc_info) == 24, "ABI");

struct xen_domctl_gdbsx_memio {
	uint64_t pgd3val;
	uint64_t gva;
	uint64_t uva;
	uint32_t len;
	uint8_t gwr; /* 1 writes */
	uint8_t _pad0[3];
	uint32_t remain; /* out */
	uint32_t _pad1;
};
_Static_assert(sizeof(struct xen_domctl_gdbsx_memio) == 40, "ABI");

struct xen_domctl_gdbsx_pauseunp_vcpu {
	uint32_t vcpu;
};
_Static_assert(sizeof(struct xen_domctl_gdbsx_pauseunp_vcpu) == 4, "ABI");

struct xen_domctl_gdbsx_domstatus {
	uint8_t paused;
	uint8_t _pad0[3];
	uint32_t vcpu_id;
	uint32_t vcpu_ev;
};
_Static_assert(sizeof(struct xen_domctl_gdbsx_domstatus) == 12, "ABI");

struct xen_domctl_set_virq_handler {
	uint32_t virq;
};
_Static_assert(sizeof(struct xen_domctl_set_virq_handler) == 4, "ABI");

struct xen_domctl_vcpuextstate {
	uint32_t vcpu;
	uint32_t _pad0;
	uint64_t xfeature_mask;
	uint64_t size;
	xen_guest_ptr_t buffer; /* 0 asks for the size */
};
_Static_assert(sizeof(struct xen_domctl_vcpuextstate) == 32, "ABI");

struct xen_domctl_set_access_required {
	uint8_t access_required;
};
_Static_assert(sizeof(struct xen_domctl_set_access_required) == 1, "ABI");

struct xen_domctl_cacheflush {
	xen_pfn_t start_pfn;
	xen_pfn_t nr_pfns;
};
_Static_assert(sizeof(struct xen_domctl_cacheflush) == 16, "ABI");

struct xen_domctl_paging_mempool {
	uint64_t size;
};
_Static_assert(sizeof(struct xen_domctl_paging_mempool) == 8, "ABI");

struct xen_domctl_vcpu_msr {
	uint32_t index;
	uint32_t reserved;
	uint64_t value;
};
_Static_assert(sizeof(struct xen_domctl_vcpu_msr) == 16, "ABI");

struct xen_domctl_vcpu_msrs {
	uint32_t vcpu;
	uint32_t msr_count;
	xen_guest_ptr_t msrs;
};
_Static_assert(sizeof(struct xen_domctl_vcpu_msrs) == 16, "ABI");

struct xen_domctl_vnuma {
	uint32_t nr_vnodes;
	uint32_t nr_vmemranges;
	uint32_t nr_vcpus;
	uint32_t pad;
	xen_guest_ptr_t vdistance;
	xen_guest_ptr_t vcpu_to_vnode;
	xen_guest_ptr_t vnode_to_pnode;
	xen_guest_ptr_t vmemrange;
};
_Static_assert(sizeof(struct xen_domctl_vnuma) == 48, "ABI");

struct xen_domctl {
	uint32_t cmd; /* XEN_DOMCTL_* */
	uint32_t interface_version;
	domid_t domain;
	uint16_t _pad[3];
	union {
		struct xen_domctl_createdomain createdomain;
		struct xen_domctl_getdomaininfo getdomaininfo;
		struct xen_domctl_getpageframeinfo3 getpageframeinfo3;
		struct xen_domctl_nodeaffinity nodeaffinity;
		struct xen_domctl_vcpuaffinity vcpuaffinity;
		struct xen_domctl_shadow_op shadow_op;
		struct xen_domctl_max_mem max_mem;
		struct xen_domctl_vcpucontext vcpucontext;
		struct xen_domctl_getvcpuinfo getvcpuinfo;
		struct xen_domctl_max_vcpus max_vcpus;
		struct xen_domctl_scheduler_op scheduler_op;
		struct xen_domctl_setdomainhandle setdomainhandle;
		struct xen_domctl_setdebugging setdebugging;
		struct xen_domctl_irq_permission irq_permission;
		struct xen_domctl_iomem_permission iomem_permission;
		struct xen_domctl_ioport_permission ioport_permission;
		struct xen_domctl_hypercall_init hypercall_init;
		struct xen_domctl_settimeoffset settimeoffset;
		struct xen_domctl_tsc_info tsc_info;
		struct xen_domctl_address_size address_size;
		struct xen_domctl_sendtrigger sendtrigger;
		struct xen_domctl_memory_mapping memory_mapping;
		struct xen_domctl_ioport_mapping ioport_mapping;
		struct xen_domctl_ext_vcpucontext ext_vcpucontext;
		struct xen_domctl_set_target set_target;
		struct xen_domctl_subscribe subscribe;
		struct xen_domctl_debug_op debug_op;
		struct xen_domctl_cpu_policy cpu_policy;
		struct xen_domctl_vcpuextstate vcpuextstate;
		struct xen_domctl_vcpu_msrs vcpu_msrs;
		struct xen_domctl_set_access_required access_required;
		struct xen_domctl_set_virq_handler set_virq_handler;
		struct xen_domctl_gdbsx_memio gdbsx_guest_memio;
		struct xen_domctl_cacheflush cacheflush;
		struct xen_domctl_gdbsx_pauseunp_vcpu gdbsx_pauseunp_vcpu;
		struct xen_domctl_gdbsx_domstatus gdbsx_domstatus;
		struct xen_domctl_vnuma vnuma;
		struct xen_domctl_paging_mempool paging_mempool;
		uint8_t pad[128];
	} u;
};
_Static_assert(sizeof(struct xen_domctl) == 144, "ABI");

typedef struct xen_domctl xen_domctl_t;
typedef struct xen_domctl_getdomaininfo xen_domctl_getdomaininfo_t;
typedef struct xen_domctl_schedparam_vcpu xen_domctl_schedparam_vcpu_t;
typedef struct xen_domctl_cpu_policy xen_domctl_cpu_policy_t;
typedef struct xen_domctl_vcpu_msr xen_domctl_vcpu_msr_t;
#endif /* !__ASSEMBLY__ */
#endif /* PUBLIC_DOMCTL_H */
