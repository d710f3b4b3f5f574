/* SPDX-License-Identifier: MIT */
/*
 * Stands for hypervisor/x86/asm.h in host tests: port and device-memory
 * accesses go to the fake machine of fake/bus.c. The rest of the processor is
 * not there; a source that needs it is not built on the host.
 */
#ifndef X86_ASM_H
#define X86_ASM_H

#include <stdint.h>
#include "fake/bus.h"

static inline uint8_t inb(uint16_t port)
{
	return (uint8_t)bus_in(port, 1);
}

static inline uint16_t inw(uint16_t port)
{
	return (uint16_t)bus_in(port, 2);
}

static inline uint32_t inl(uint16_t port)
{
	return bus_in(port, 4);
}

static inline void outb(uint16_t port, uint8_t v)
{
	bus_out(port, 1, v);
}

static inline void outw(uint16_t port, uint16_t v)
{
	bus_out(port, 2, v);
}

static inline void outl(uint16_t port, uint32_t v)
{
	bus_out(port, 4, v);
}

static inline uint32_t mmio_read32(const volatile void *p)
{
	return bus_load32((uintptr_t)p);
}

static inline void mmio_write32(volatile void *p, uint32_t v)
{
	bus_store32((uintptr_t)p, v);
}

struct cpuid_regs {
	uint32_t eax, ebx, ecx, edx;
};

static inline void cpu_pause(void)
{
}

#endif
