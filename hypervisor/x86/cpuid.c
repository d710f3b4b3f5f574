/* SPDX-License-Identifier: MIT */
/*
 * What guests see of the CPU: CPUID behind the forced-emulation prefix, and
 * model-specific registers. Only what a guest can really use is shown
 * (facts: the interface hides all that needs ring 0 or that we do not save).
 */
#include "domain/domain.h"
#include "log/log.h"
#include "public/cpuid.h"
#include "public/paravane.h"
#include "x86/asm.h"
#include "x86/cpu.h"
#include "x86/hypercall_page.h"
#include "x86/machine.h"
#include "x86/msr.h"

int rdmsr_safe(uint32_t msr, uint64_t *value);

/* Leaf 1 ECX: SSE3 PCLMUL SSSE3 CX16 SSE4.1 SSE4.2 MOVBE POPCNT AES RDRAND */
#define L1_ECX 0x42d82203u
/* Leaf 1 EDX: FPU DE TSC MSR PAE CX8 APIC SEP CMOV PAT CLFLUSH ACPI MMX
 * FXSR SSE SSE2 SS HT */
#define L1_EDX 0x1fc98b75u
/* Leaf 7 EBX: BMI1 BMI2 ERMS RDSEED ADX CLFLUSHOPT CLWB SHA */
#define L7_EBX 0x218c0308u
/* 80000001 ECX: LAHF ABM SSE4A 3DNOWPREFETCH; EDX: SYSCALL NX LM */
#define L81_ECX 0x00000161u
#define L81_EDX 0x20100800u

static void xen_leaf(struct vcpu *v, uint32_t n, uint32_t sub,
		     struct cpuid_regs *r)
{
	*r = (struct cpuid_regs){0};
	switch (n) {
	case 0:
		r->eax = XEN_CPUID_FIRST_LEAF + 2;
		r->ebx = XEN_CPUID_SIGNATURE_EBX;
		r->ecx = XEN_CPUID_SIGNATURE_ECX;
		r->edx = XEN_CPUID_SIGNATURE_EDX;
		break;
	case 1:
		r->eax = 4 << 16 | 17;
		break;
	case 2:
		r->eax = 1; /* hypercall page registers; the number is fixed */
		r->ebx = XEN_MSR_HYPERCALL_PAGE;
		r->ecx = XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD;
		break;
	default:
		break;
	}
	(void)v;
	(void)sub;
}

static void paravane_leaf(uint32_t n, struct cpuid_regs *r)
{
	*r = (struct cpuid_regs){0};
	if (n == 0) {
		r->eax = PARAVANE_CPUID_BASE + 1;
		r->ebx = PARAVANE_CPUID_EBX;
		r->ecx = PARAVANE_CPUID_ECX;
		r->edx = PARAVANE_CPUID_EDX;
	} else if (n == 1) {
		r->eax = PARAVANE_VERSION;
	}
}

void guest_cpuid(struct vcpu *v, uint32_t leaf, uint32_t subleaf,
		 uint32_t out[4])
{
	struct cpuid_regs r = {0};

	if (leaf >> 16 == 0x4000) {
		if (leaf - XEN_CPUID_FIRST_LEAF < 0x100)
			xen_leaf(v, leaf - XEN_CPUID_FIRST_LEAF, subleaf, &r);
		else if (leaf - PARAVANE_CPUID_BASE < 0x100)
			paravane_leaf(leaf - PARAVANE_CPUID_BASE, &r);
		goto done;
	}
	if ((leaf < 0x80000000 && leaf > cpuid(0, 0).eax) ||
	    (leaf >= 0x80000000 && leaf > cpuid(0x80000000, 0).eax))
		goto done;
	r = cpuid(leaf, subleaf);
	switch (leaf) {
	case 0:
		r.eax = MIN(r.eax, 0xdu);
		break;
	case 1:
		r.ecx = (r.ecx & L1_ECX) | 1u << 31;
		r.edx &= L1_EDX;
		if (!v->domain->privileged)
			r.edx &= ~(1u << 22); /* ACPI */
		/* One logical processor a package; vCPU number as APIC id. */
		r.ebx = (r.ebx & 0x0000ffff) | v->id << 25 | 1 << 16;
		r.edx &= ~(1u << 28);
		break;
	case 2:
		break;
	case 4:
		r.eax &= 0x3fff; /* no sharing told */
		break;
	case 7:
		if (subleaf == 0) {
			r.eax = 0;
			r.ebx &= L7_EBX;
			r.ecx = 0;
			r.edx = 0;
		} else {
			r = (struct cpuid_regs){0};
		}
		break;
	case 0x80000000:
		r.eax = MIN(r.eax, 0x80000008u);
		break;
	case 0x80000001:
		r.ecx &= L81_ECX;
		r.edx &= L81_EDX | 0x0183f3ffu;
		r.edx &= ~(0x2u | 0x8u | 0x80u | 0x1000u | 0x2000u | 0x4000u |
			   0x20000u | 0x4000000u | 0x8000000u);
		break;
	case 0x80000002 ... 0x80000006:
		break;
	case 0x80000007:
		r = (struct cpuid_regs){.edx = r.edx & 1u << 8};
		break;
	case 0x80000008:
		r.ebx = r.ecx = r.edx = 0;
		break;
	default:
		/* XSAVE, performance counters, topology: not provided. */
		r = (struct cpuid_regs){0};
		break;
	}
done:
	out[0] = r.eax;
	out[1] = r.ebx;
	out[2] = r.ecx;
	out[3] = r.edx;
}

int guest_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *value)
{
	switch (msr) {
	case MSR_FS_BASE:
		*value = vcpu_get_fs_base(v);
		return 0;
	case MSR_GS_BASE:
		*value = vcpu_get_gs_base_kernel(v);
		return 0;
	case MSR_KERNEL_GS_BASE:
		*value = vcpu_get_gs_base_user(v);
		return 0;
	case MSR_EFER:
		*value = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE;
		return 0;
	case MSR_APIC_BASE:
		*value = 0xfee00800 | (v->id ? 0 : 0x100);
		return 0;
	case MSR_PAT:
		*value = PAT_VALUE;
		return 0;
	case MSR_MISC_ENABLE:
		if (rdmsr_safe(msr, value))
			return -1;
		*value &= ~((1ull << 7) | (1ull << 16) | (1ull << 18));
		*value |= 1ull << 11 | 1ull << 12; /* no BTS, no PEBS */
		return 0;
	case MSR_UCODE_REV:
		if (rdmsr_safe(msr, value))
			*value = 0;
		return 0;
	case MSR_MCG_CAP:
	case MSR_MCG_STATUS:
		*value = 0;
		return 0;
	case 0xc0010015: /* AMD: HWCR */
	case 0xc0010055:
	case 0xc0011029:
		*value = 0;
		return 0;
	default:
		return -1;
	}
}

int guest_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value)
{
	uint64_t now;

	switch (msr) {
	case MSR_FS_BASE:
	case MSR_GS_BASE:
	case MSR_KERNEL_GS_BASE:
		if (!va_is_canonical(value))
			return -1;
		if (msr == MSR_FS_BASE)
			vcpu_set_fs_base(v, value);
		else if (msr == MSR_GS_BASE)
			vcpu_set_gs_base_kernel(v, value);
		else
			vcpu_set_gs_base_user(v, value);
		return 0;
	case XEN_MSR_HYPERCALL_PAGE:
		/* A frame of the guest's, as number << 12. */
		if (frame_get_writable(mfn(value >> PAGE_SHIFT), v->domain))
			return -1;
		hypercall_page_fill(mfn_to_virt(mfn(value >> PAGE_SHIFT)));
		frame_put_writable(frame_of(mfn(value >> PAGE_SHIFT)));
		return 0;
	case MSR_UCODE_REV:
	case MSR_MCG_STATUS:
		return 0;
	case MSR_EFER:
	case MSR_MISC_ENABLE:
	case MSR_PAT:
	case 0xc0010015:
	case 0xc0010055:
	case 0xc0011029:
		/* Writing back what is there changes nothing. */
		return guest_rdmsr(v, msr, &now) || now != value ? -1 : 0;
	default:
		return -1;
	}
}

/* As `info` shows them: leaf 1 EDX and ECX, 80000001 EDX and ECX, ... */
void machine_cpu_caps(uint32_t caps[8])
{
	struct cpuid_regs one = cpuid(1, 0), ext = cpuid(0x80000001, 0);
	struct cpuid_regs seven = {0};

	if (cpuid(0, 0).eax >= 7)
		seven = cpuid(7, 0);
	caps[0] = one.edx;
	caps[1] = one.ecx;
	caps[2] = ext.edx;
	caps[3] = ext.ecx;
	caps[4] = 0;
	caps[5] = seven.ebx;
	caps[6] = seven.ecx;
	caps[7] = 0;
}
