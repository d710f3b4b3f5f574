/* SPDX-License-Identifier: MIT */
/*
 * physdev_op: what a domain that drives hardware asks for: interrupt routes,
 * end-of-interrupt, I/O privilege, PCI devices it has found. set_iopl is open
 * to every domain.
 *
 * Tested by tests/abi.
 */
#ifndef PUBLIC_PHYSDEV_H
#define PUBLIC_PHYSDEV_H

#include "xen.h"

#define PHYSDEVOP_IRQ_UNMASK_NOTIFY  4
#define PHYSDEVOP_irq_status_query   5
#define PHYSDEVOP_set_iopl	     6
#define PHYSDEVOP_set_iobitmap	     7
#define PHYSDEVOP_apic_read	     8
#define PHYSDEVOP_apic_write	     9
#define PHYSDEVOP_alloc_irq_vector   10
#define PHYSDEVOP_free_irq_vector    11
#define PHYSDEVOP_eoi		     12
#define PHYSDEVOP_map_pirq	     13
#define PHYSDEVOP_unmap_pirq	     14
#define PHYSDEVOP_manage_pci_add     15
#define PHYSDEVOP_manage_pci_remove  16
#define PHYSDEVOP_pirq_eoi_gmfn_v1   17
#define PHYSDEVOP_restore_msi	     19
#define PHYSDEVOP_manage_pci_add_ext 20
#define PHYSDEVOP_setup_gsi	     21
#define PHYSDEVOP_get_free_pirq	     23
#define PHYSDEVOP_pci_mmcfg_reserved 24
#define PHYSDEVOP_pci_device_add     25
#define PHYSDEVOP_pci_device_remove  26
#define PHYSDEVOP_restore_msi_ext    27
#define PHYSDEVOP_pirq_eoi_gmfn_v2   28
#define PHYSDEVOP_dbgp_op	     29
#define PHYSDEVOP_prepare_msix	     30
#define PHYSDEVOP_release_msix	     31
#define PHYSDEVOP_pirq_eoi_gmfn	     PHYSDEVOP_pirq_eoi_gmfn_v2

#define _XENIRQSTAT_needs_eoi 0
#define XENIRQSTAT_needs_eoi  (1 << _XENIRQSTAT_needs_eoi)
#define _XENIRQSTAT_shared    1
#define XENIRQSTAT_shared     (1 << _XENIRQSTAT_shared)

#define MAP_PIRQ_TYPE_MSI	0x0
#define MAP_PIRQ_TYPE_GSI	0x1
#define MAP_PIRQ_TYPE_UNKNOWN	0x2
#define MAP_PIRQ_TYPE_MSI_SEG	0x3
#define MAP_PIRQ_TYPE_MULTI_MSI 0x4

#define XEN_PCI_MMCFG_RESERVED 0x1

#define XEN_PCI_DEV_EXTFN  0x1
#define XEN_PCI_DEV_VIRTFN 0x2
#define XEN_PCI_DEV_PXM	   0x4

#define PHYSDEVOP_DBGP_RESET_PREPARE 1
#define PHYSDEVOP_DBGP_RESET_DONE    2
#define PHYSDEVOP_DBGP_BUS_UNKNOWN   0
#define PHYSDEVOP_DBGP_BUS_PCI	     1

#ifndef __ASSEMBLY__
struct physdev_eoi {
	uint32_t irq;
};
_Static_assert(sizeof(struct physdev_eoi) == 4, "ABI");

struct physdev_pirq_eoi_gmfn {
	xen_pfn_t gmfn;
};
_Static_assert(sizeof(struct physdev_pirq_eoi_gmfn) == 8, "ABI");

struct physdev_irq_status_query {
	uint32_t irq;
	uint32_t flags; /* out: XENIRQSTAT_* */
};
_Static_assert(sizeof(struct physdev_irq_status_query) == 8, "ABI");

struct physdev_set_iopl {
	uint32_t iopl;
};
_Static_assert(sizeof(struct physdev_set_iopl) == 4, "ABI");

struct physdev_set_iobitmap {
	xen_guest_ptr_t bitmap;
	uint32_t nr_ports;
	uint32_t _pad0;
};
_Static_assert(sizeof(struct physdev_set_iobitmap) == 16, "ABI");

struct physdev_apic {
	uint64_t apic_physbase;
	uint32_t reg;
	uint32_t value;
};
_Static_assert(sizeof(struct physdev_apic) == 16, "ABI");

struct physdev_irq {
	uint32_t irq;
	uint32_t vector; /* out */
};
_Static_assert(sizeof(struct physdev_irq) == 8, "ABI");

struct physdev_map_pirq {
	domid_t domid;
	uint16_t _pad0;
	int32_t type; /* MAP_PIRQ_TYPE_* */
	int32_t index;
	int32_t pirq; /* in and out; -1 lets the hypervisor choose */
	int32_t bus;  /* segment << 16 | bus for MSI_SEG */
	int32_t devfn;
	int32_t entry_nr;
	uint32_t _pad1;
	uint64_t table_base;
};
_Static_assert(sizeof(struct physdev_map_pirq) == 40, "ABI");

struct physdev_unmap_pirq {
	domid_t domid;
	uint16_t _pad0;
	int32_t pirq;
};
_Static_assert(sizeof(struct physdev_unmap_pirq) == 8, "ABI");

struct physdev_manage_pci {
	uint8_t bus;
	uint8_t devfn;
};
_Static_assert(sizeof(struct physdev_manage_pci) == 2, "ABI");

struct physdev_restore_msi {
	uint8_t bus;
	uint8_t devfn;
};
_Static_assert(sizeof(struct physdev_restore_msi) == 2, "ABI");

struct physdev_manage_pci_ext {
	uint8_t bus;
	uint8_t devfn;
	uint16_t _pad0;
	uint32_t is_extfn;
	uint32_t is_virtfn;
	struct {
		uint8_t bus;
		uint8_t devfn;
	} physfn;
	uint16_t _pad1;
};
_Static_assert(sizeof(struct physdev_manage_pci_ext) == 16, "ABI");

/* The argument of the old hypercall 19. */
struct physdev_op {
	uint32_t cmd;
	uint32_t _pad0;
	union {
		struct physdev_irq_status_query irq_status_query;
		struct physdev_set_iopl set_iopl;
		struct physdev_set_iobitmap set_iobitmap;
		struct physdev_apic apic_op;
		struct physdev_irq irq_op;
	} u;
};
_Static_assert(sizeof(struct physdev_op) == 24, "ABI");

struct physdev_setup_gsi {
	int32_t gsi;
	uint8_t triggering; /* 0 edge, 1 level */
	uint8_t polarity;   /* 0 high, 1 low */
	uint16_t _pad0;
};
_Static_assert(sizeof(struct physdev_setup_gsi) == 8, "ABI");

struct physdev_get_free_pirq {
	int32_t type;
	uint32_t pirq; /* out */
};
_Static_assert(sizeof(struct physdev_get_free_pirq) == 8, "ABI");

struct physdev_pci_mmcfg_reserved {
	uint64_t address;
	uint16_t segment;
	uint8_t start_bus;
	uint8_t end_bus;
	uint32_t flags;
};
_Static_assert(sizeof(struct physdev_pci_mmcfg_reserved) == 16, "ABI");

struct physdev_pci_device_add {
	uint16_t seg;
	uint8_t bus;
	uint8_t devfn;
	uint32_t flags; /* XEN_PCI_DEV_* */
	struct {
		uint8_t bus;
		uint8_t devfn;
	} physfn;
	uint16_t _pad0;
	uint32_t optarr[]; /* the NUMA node under XEN_PCI_DEV_PXM */
};
_Static_assert(sizeof(struct physdev_pci_device_add) == 12, "ABI");

struct physdev_pci_device {
	uint16_t seg;
	uint8_t bus;
	uint8_t devfn;
};
_Static_assert(sizeof(struct physdev_pci_device) == 4, "ABI");

struct physdev_dbgp_op {
	uint8_t op;
	uint8_t bus;
	union {
		struct physdev_pci_device pci;
	} u;
};
_Static_assert(sizeof(struct physdev_dbgp_op) == 6, "ABI");

typedef struct physdev_eoi physdev_eoi_t;
typedef struct physdev_pirq_eoi_gmfn physdev_pirq_eoi_gmfn_t;
typedef struct physdev_irq_status_query physdev_irq_status_query_t;
typedef struct physdev_set_iopl physdev_set_iopl_t;
typedef struct physdev_set_iobitmap physdev_set_iobitmap_t;
typedef struct physdev_apic physdev_apic_t;
typedef struct physdev_irq physdev_irq_t;
typedef struct physdev_map_pirq physdev_map_pirq_t;
typedef struct physdev_unmap_pirq physdev_unmap_pirq_t;
typedef struct physdev_manage_pci physdev_manage_pci_t;
typedef struct physdev_restore_msi physdev_restore_msi_t;
typedef struct physdev_manage_pci_ext physdev_manage_pci_ext_t;
typedef struct physdev_op physdev_op_t;
typedef struct physdev_setup_gsi physdev_setup_gsi_t;
typedef struct physdev_get_free_pirq physdev_get_free_pirq_t;
typedef struct physdev_pci_mmcfg_reserved physdev_pci_mmcfg_reserved_t;
typedef struct physdev_pci_device_add physdev_pci_device_add_t;
typedef struct physdev_pci_device physdev_pci_device_t;
typedef struct physdev_dbgp_op physdev_dbgp_op_t;
#endif /* !__ASSEMBLY__ */
#endif /* PUBLIC_PHYSDEV_H */
