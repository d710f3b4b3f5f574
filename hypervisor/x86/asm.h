/* SPDX-License-Identifier: MIT */
/*
 * The machine's instructions that C has no word for, one inline each: ports,
 * model-specific registers, time stamp, CPUID, control registers, interrupt
 * flag, device memory. Only hypervisor/x86 and hypervisor/boot include it.
 *
 * Names and operands are the processor manuals' (Intel SDM volume 2). What
 * may fault is said at the inline; nothing here recovers from it.
 */
#ifndef X86_ASM_H
#define X86_ASM_H

#include <stdint.h>

/* Ports. */

static inline uint8_t inb(uint16_t port)
{
	uint8_t v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline uint16_t inw(uint16_t port)
{
	uint16_t v;

	__asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline uint32_t inl(uint16_t port)
{
	uint32_t v;

	__asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline void outb(uint16_t port, uint8_t v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static inline void outw(uint16_t port, uint16_t v)
{
	__asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port));
}

static inline void outl(uint16_t port, uint32_t v)
{
	__asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port));
}

/* Device memory (uncached windows of ioremap()): one access, that width. */

static inline uint8_t mmio_read8(const volatile void *p)
{
	uint8_t v;

	__asm__ volatile("movb %1, %0"
			 : "=q"(v)
			 : "m"(*(const volatile uint8_t *)p)
			 : "memory");
	return v;
}

static inline uint16_t mmio_read16(const volatile void *p)
{
	uint16_t v;

	__asm__ volatile("movw %1, %0"
			 : "=r"(v)
			 : "m"(*(const volatile uint16_t *)p)
			 : "memory");
	return v;
}

static inline uint32_t mmio_read32(const volatile void *p)
{
	uint32_t v;

	__asm__ volatile("movl %1, %0"
			 : "=r"(v)
			 : "m"(*(const volatile uint32_t *)p)
			 : "memory");
	return v;
}

static inline void mmio_write8(volatile void *p, uint8_t v)
{
	__asm__ volatile("movb %1, %0"
			 : "=m"(*(volatile uint8_t *)p)
			 : "q"(v)
			 : "memory");
}

static inline void mmio_write16(volatile void *p, uint16_t v)
{
	__asm__ volatile("movw %1, %0"
			 : "=m"(*(volatile uint16_t *)p)
			 : "r"(v)
			 : "memory");
}

static inline void mmio_write32(volatile void *p, uint32_t v)
{
	__asm__ volatile("movl %1, %0"
			 : "=m"(*(volatile uint32_t *)p)
			 : "r"(v)
			 : "memory");
}

/* Model-specific registers: a number that the CPU lacks raises #GP. */

static inline uint64_t rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (uint64_t)hi << 32 | lo;
}

static inline void wrmsr(uint32_t msr, uint64_t v)
{
	__asm__ volatile("wrmsr"
			 :
			 : "c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32))
			 : "memory");
}

/* The time stamp counter; may run ahead of earlier loads. */
static inline uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

/* The same after every earlier load has its value. */
static inline uint64_t rdtsc_ordered(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

struct cpuid_regs {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid_regs cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_regs r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(subleaf));
	return r;
}

/* Control registers. */

static inline uint64_t read_cr0(void)
{
	uint64_t v;

	__asm__ volatile("mov %%cr0, %0" : "=r"(v));
	return v;
}

static inline void write_cr0(uint64_t v)
{
	__asm__ volatile("mov %0, %%cr0" : : "r"(v) : "memory");
}

static inline uint64_t read_cr2(void)
{
	uint64_t v;

	__asm__ volatile("mov %%cr2, %0" : "=r"(v));
	return v;
}

static inline uint64_t read_cr3(void)
{
	uint64_t v;

	__asm__ volatile("mov %%cr3, %0" : "=r"(v) : : "memory");
	return v;
}

static inline void write_cr3(uint64_t v)
{
	__asm__ volatile("mov %0, %%cr3" : : "r"(v) : "memory");
}

static inline uint64_t read_cr4(void)
{
	uint64_t v;

	__asm__ volatile("mov %%cr4, %0" : "=r"(v));
	return v;
}

static inline void write_cr4(uint64_t v)
{
	__asm__ volatile("mov %0, %%cr4" : : "r"(v) : "memory");
}

static inline void invlpg(uint64_t va)
{
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

/* Interrupt flag and waiting. */

static inline void cli(void)
{
	__asm__ volatile("cli" : : : "memory");
}

static inline void sti(void)
{
	__asm__ volatile("sti" : : : "memory");
}

static inline void hlt(void)
{
	__asm__ volatile("hlt" : : : "memory");
}

/*
 * Sleeps until an interrupt, with interrupts off again afterwards. The one
 * instruction after sti still runs with interrupts held back, so one that
 * came just before cannot be slept over.
 */
static inline void sti_hlt_cli(void)
{
	__asm__ volatile("sti; hlt; cli" : : : "memory");
}

static inline uint64_t read_flags(void)
{
	uint64_t v;

	__asm__ volatile("pushfq; popq %0" : "=r"(v) : : "memory");
	return v;
}

static inline void cpu_pause(void)
{
	__asm__ volatile("pause" : : : "memory");
}

static inline void wbinvd(void)
{
	__asm__ volatile("wbinvd" : : : "memory");
}

#endif
