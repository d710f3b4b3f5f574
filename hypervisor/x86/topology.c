/* SPDX-License-Identifier: MIT */
/*
 * How CPUs are placed: an APIC ID is made of a thread's, a core's and a
 * socket's number, and CPUID tells how many bits each takes. Leaf 1Fh or 0Bh
 * says so, level by level; without them, AMD's leaf 80000008h or Intel's leaves
 * 1 and 4 give the greatest counts, which are rounded up to powers of two.
 *
 * Reference: Intel SDM volume 2 (CPUID) and volume 3, "Detecting topology";
 * AMD APM volume 3, appendix E.
 * Test: tests/unit/hypervisor/x86/test_topology.c.
 */
#include "x86/topology.h"
#include <stdbool.h>
#include "lib/macros.h"

#define LEVELS_MAX     8
#define LEVEL_THREAD   1
#define EDX1_HTT       (1u << 28)
#define ECX81_TOPOLOGY (1u << 22) /* AMD: leaf 8000001Eh */
#define ECX81_LEGACY   (1u << 1)  /* AMD: the count of leaf 1 is of cores */

/* Bits that `count` different numbers take. */
static uint8_t bits_for(uint32_t count)
{
	uint8_t bits = 0;

	while (bits < 31 && 1u << bits < count)
		bits++;
	return bits;
}

/* By the levels of one of the two leaves; false: it is not there. */
static bool read_levels(topology_ask ask, uint32_t leaf,
			struct topology_bits *t)
{
	unsigned int thread = 0, all = 0, i;

	for (i = 0; i < LEVELS_MAX; i++) {
		struct cpuid_regs r = ask(leaf, i);
		unsigned int kind = r.ecx >> 8 & 0xff, shift = r.eax & 0x1f;

		if (kind == 0 || (r.ebx & 0xffff) == 0)
			break;
		if (kind == LEVEL_THREAD)
			thread = shift;
		/* The last one's is the socket's. */
		all = shift;
	}
	if (i == 0 || all < thread)
		return false;
	*t = (struct topology_bits){(uint8_t)thread, (uint8_t)(all - thread)};
	return true;
}

static struct topology_bits read_counts(topology_ask ask, uint32_t highest)
{
	struct cpuid_regs one = ask(1, 0), amd = {0};
	uint32_t extended = ask(0x80000000, 0).eax;
	uint8_t all = bits_for(one.ebx >> 16 & 0xff), core = 0;

	if (!(one.edx & EDX1_HTT))
		return (struct topology_bits){0, 0};
	if (extended >= 0x80000008)
		amd = ask(0x80000001, 0);
	if (extended >= 0x8000001e && (amd.ecx & ECX81_TOPOLOGY)) {
		uint32_t threads = (ask(0x8000001e, 0).ebx >> 8 & 0xff) + 1;
		uint32_t ids = ask(0x80000008, 0).ecx;

		all = ids >> 12 & 0xf ? ids >> 12 & 0xf
				      : bits_for((ids & 0xff) + 1);
		core = (uint8_t)(all - MIN(all, bits_for(threads)));
	} else if (amd.ecx & ECX81_LEGACY) {
		core = all;
	} else if (highest >= 4) {
		core = bits_for((ask(4, 0).eax >> 26) + 1);
	}
	core = MIN(core, all);
	return (struct topology_bits){(uint8_t)(all - core), core};
}

struct topology_bits topology_read(topology_ask ask)
{
	uint32_t highest = ask(0, 0).eax;
	struct topology_bits t;

	if (highest >= 0x1f && read_levels(ask, 0x1f, &t))
		return t;
	if (highest >= 0x0b && read_levels(ask, 0x0b, &t))
		return t;
	return read_counts(ask, highest);
}
