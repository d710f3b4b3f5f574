/* SPDX-License-Identifier: MIT */
/*
 * A CPU's own tables. The GDT page holds the descriptors above the guest's 14
 * pages (selectors 0xe000...); it is mapped as page 14 of whatever vCPU's GDT
 * is loaded.
 */
#include "x86/setup.h"
#include "domain/domain.h"
#include "lib/string.h"
#include "mm/alloc.h"
#include "pv/mmu.h"
#include "x86/asm.h"
#include "x86/msr.h"

#define SEL_INDEX(sel) (((sel)-0xe000) / 8)

extern char idt_stubs[], nmi_entry[], debug_entry[], mce_entry[],
	double_fault_entry[], sysenter_entry[];
extern const char syscall_stubs[];
extern const uint32_t syscall_stubs_bytes, syscall32_stub_offset,
	syscall_stub_jumps[3];

static struct {
	uint16_t offset_low, selector;
	uint8_t ist, type;
	uint16_t offset_mid;
	uint32_t offset_high, zero;
} __attribute__((aligned(16))) idt[256];

static void gate_set(unsigned int vector, const char *entry, unsigned int ist,
		     unsigned int dpl)
{
	uint64_t a = (uint64_t)entry;

	idt[vector].offset_low = a;
	idt[vector].selector = HV_CS;
	idt[vector].ist = ist;
	idt[vector].type = 0x8e | dpl << 5;
	idt[vector].offset_mid = a >> 16;
	idt[vector].offset_high = a >> 32;
}

static void system_descriptor(uint64_t *d, uint64_t base, uint32_t limit,
			      unsigned int type)
{
	d[0] = (limit & 0xffff) | (base & 0xffffff) << 16 |
	       (uint64_t)(0x80 | type) << 40 |
	       (uint64_t)(limit >> 16 & 0xf) << 48 | (base >> 24 & 0xff) << 56;
	d[1] = base >> 32;
}

void cpu_set_ldt(struct cpu *c, uint64_t base, uint32_t limit)
{
	system_descriptor(&c->gdt[SEL_INDEX(HV_LDT)], base, limit, 2);
}

void cpu_load_own_gdt(struct cpu *c)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) gdtr = {
		15 * 4096 - 1,
		/* Only our page of the 15 is ever looked at. */
		(uint64_t)c->gdt - FIRST_RESERVED_GDT_BYTE,
	};

	__asm__ volatile("lgdt %0" : : "m"(gdtr));
	__asm__ volatile("lldt %w0" : : "r"(0));
}

static void gdt_fill(uint64_t *g, const struct cpu *c)
{
	g[SEL_INDEX(HV_CS)] = 0x00af9b000000ffffull;
	g[SEL_INDEX(HV_DS)] = 0x00cf93000000ffffull;
	g[SEL_INDEX(FLAT_RING3_CS32)] = 0x00cffb000000ffffull;
	g[SEL_INDEX(FLAT_RING3_DS32)] = 0x00cff3000000ffffull;
	g[SEL_INDEX(FLAT_RING3_CS64)] = 0x00affb000000ffffull;
	system_descriptor(&g[SEL_INDEX(HV_TSS)], (uint64_t)&c->tss,
			  sizeof(c->tss) - 1, 9);
}

/* The copy at `page`, which will run at `at`: its jumps lead where they did. */
static void stubs_copy(char *page, uint64_t at)
{
	uint32_t moved = (uint32_t)((uint64_t)syscall_stubs - at);
	unsigned int i;

	memcpy(page, syscall_stubs, syscall_stubs_bytes);
	for (i = 0; i < ARRAY_SIZE(syscall_stub_jumps); i++) {
		uint32_t distance;

		memcpy(&distance, page + syscall_stub_jumps[i], 4);
		distance += moved;
		memcpy(page + syscall_stub_jumps[i], &distance, 4);
	}
}

void cpu_prepare(struct cpu *c, void *area, uint64_t paddr)
{
	struct cpu *w = area;

	gdt_fill((uint64_t *)((char *)area + CPU_GDT), c);
	stubs_copy((char *)area + CPU_STUBS, (uint64_t)c + CPU_STUBS);
	w->gdt = (uint64_t *)((char *)c + CPU_GDT);
	w->gdt_entry =
		(paddr + CPU_GDT) | PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX;
	w->tss.ist[0] = (uint64_t)c + CPU_IST_NMI;
	w->tss.ist[1] = (uint64_t)c + CPU_IST_DF;
	w->tss.ist[2] = (uint64_t)c + CPU_IST_DB;
	w->tss.rsp0 = (uint64_t)c + CPU_AREA_BYTES;
	w->tss.iobitmap = sizeof(w->tss);
}

void idt_init(void)
{
	unsigned int i;

	for (i = 0; i < 256; i++)
		gate_set(i, idt_stubs + i * 16, 0, i == 3 || i == 4 ? 3 : 0);
	gate_set(1, debug_entry, 3, 0);
	gate_set(2, nmi_entry, 1, 0);
	gate_set(8, double_fault_entry, 2, 0);
	gate_set(18, mce_entry, 3, 0);
}

void cpu_setup(struct cpu *c)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) idtr = {sizeof(idt) - 1, (uint64_t)idt};
	uint64_t stubs = (uint64_t)c + CPU_STUBS;

	cpu_load_own_gdt(c);
	__asm__ volatile("lidt %0" : : "m"(idtr));
	__asm__ volatile("ltr %w0" : : "r"(HV_TSS));
	__asm__ volatile("pushq %0; lea 1f(%%rip), %%rax; pushq %%rax;"
			 "lretq; 1: mov %1, %%ss"
			 :
			 : "i"(HV_CS), "r"((uint32_t)HV_DS)
			 : "rax", "memory");

	/* We never execute a guest's page. */
	if (cpuid(0, 0).eax >= 7 && (cpuid(7, 0).ebx & 1u << 7))
		write_cr4(read_cr4() | CR4_SMEP);
	wrmsr(MSR_STAR,
	      (uint64_t)FLAT_RING3_CS32 << 48 | (uint64_t)HV_CS << 32);
	wrmsr(MSR_LSTAR, stubs);
	wrmsr(MSR_CSTAR, stubs + syscall32_stub_offset);
	/* VM RF NT DF IF TF AC, IOPL: off on entry. */
	wrmsr(MSR_SFMASK, 0x77700);
	if (cpuid(1, 0).edx & (1u << 11)) {
		wrmsr(MSR_SYSENTER_CS, HV_CS);
		wrmsr(MSR_SYSENTER_ESP, (uint64_t)c + CPU_AREA_BYTES);
		wrmsr(MSR_SYSENTER_EIP, (uint64_t)sysenter_entry);
	}
	if (cpuid(1, 0).edx & (1u << 16))
		wrmsr(MSR_PAT, PAT_VALUE);
}
