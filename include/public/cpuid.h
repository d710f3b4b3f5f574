/* SPDX-License-Identifier: MIT */
/*
 * CPUID leaves by which a guest recognises the hypervisor, and the MSR
 * numbers that go with them. Leaf +0 carries the signature, +1 the version,
 * +2 features and the base of the hypercall-page MSR, +3 the clock, +4 HVM
 * details, +5 (PV only) the machine address width. A width above 44 bits in
 * leaf +5 makes Linux ask for version 2 grant tables.
 *
 * Tested by tests/abi.
 */
#ifndef PUBLIC_CPUID_H
#define PUBLIC_CPUID_H

#define XEN_CPUID_FIRST_LEAF 0x40000000
#define XEN_CPUID_LEAF(i)    (XEN_CPUID_FIRST_LEAF + (i))

/* "XenV" "MMXe" "nVMM" */
#define XEN_CPUID_SIGNATURE_EBX 0x566e6558
#define XEN_CPUID_SIGNATURE_ECX 0x65584d4d
#define XEN_CPUID_SIGNATURE_EDX 0x4d4d566e

/* Leaf +2, ECX. */
#define _XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD 0
#define XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD  (1 << 0)

/* Leaf +4, EAX; zero for a PV guest. */
#define XEN_HVM_CPUID_APIC_ACCESS_VIRT (1 << 0)
#define XEN_HVM_CPUID_X2APIC_VIRT      (1 << 1)
#define XEN_HVM_CPUID_IOMMU_MAPPINGS   (1 << 2)
#define XEN_HVM_CPUID_VCPU_ID_PRESENT  (1 << 3)
#define XEN_HVM_CPUID_DOMID_PRESENT    (1 << 4)
#define XEN_HVM_CPUID_EXT_DEST_ID      (1 << 5)
#define XEN_HVM_CPUID_UPCALL_VECTOR    (1 << 6)

/* Leaf +5, EBX. */
#define XEN_CPUID_MACHINE_ADDRESS_WIDTH_MASK 0xff

#define XEN_CPUID_MAX_NUM_LEAVES 5

/* The MSR that leaf +2 announces in EBX: writes fill a hypercall page. */
#define XEN_MSR_HYPERCALL_PAGE 0x40000000

#endif /* PUBLIC_CPUID_H */
