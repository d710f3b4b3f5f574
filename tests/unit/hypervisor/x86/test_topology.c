/* SPDX-License-Identifier: MIT */
/* How APIC IDs are divided: hypervisor/x86/topology.c. */
#include <criterion/criterion.h>
#include "x86/topology.h"

struct leaf {
	uint32_t leaf, subleaf;
	struct cpuid_regs r;
};

static const struct leaf *leaves;
static unsigned int leaf_count;

static struct cpuid_regs ask(uint32_t leaf, uint32_t subleaf)
{
	unsigned int i;

	for (i = 0; i < leaf_count; i++)
		if (leaves[i].leaf == leaf && leaves[i].subleaf == subleaf)
			return leaves[i].r;
	return (struct cpuid_regs){0};
}

#define EXPECT(table, t, c)                                                    \
	do {                                                                   \
		struct topology_bits b;                                        \
		leaves = (table);                                              \
		leaf_count = sizeof(table) / sizeof((table)[0]);               \
		b = topology_read(ask);                                        \
		cr_assert_eq(b.thread, t, "thread: %u", b.thread);             \
		cr_assert_eq(b.core, c, "core: %u", b.core);                   \
	} while (0)

Test(topology, leaf_0b_names_both_levels)
{
	static const struct leaf cpu[] = {
		{0, 0, {.eax = 0x0d}},
		{0x0b, 0, {.eax = 1, .ebx = 2, .ecx = 0x100}},
		{0x0b, 1, {.eax = 4, .ebx = 12, .ecx = 0x201}},
		{0x0b, 2, {.ecx = 2}},
	};

	EXPECT(cpu, 1, 3);
}

/* Modules, tiles and dies lie between cores and sockets. */
Test(topology, leaf_1f_wins_and_its_last_level_is_the_sockets)
{
	static const struct leaf cpu[] = {
		{0, 0, {.eax = 0x20}},
		{0x0b, 0, {.eax = 1, .ebx = 2, .ecx = 0x100}},
		{0x0b, 1, {.eax = 4, .ebx = 12, .ecx = 0x201}},
		{0x1f, 0, {.eax = 1, .ebx = 2, .ecx = 0x100}},
		{0x1f, 1, {.eax = 4, .ebx = 12, .ecx = 0x201}},
		{0x1f, 2, {.eax = 6, .ebx = 48, .ecx = 0x502}},
	};

	EXPECT(cpu, 1, 5);
}

Test(topology, an_empty_leaf_0b_is_as_none)
{
	static const struct leaf cpu[] = {
		{0, 0, {.eax = 0x0b}},
		{1, 0, {.ebx = 8 << 16, .edx = 1u << 28}},
		{4, 0, {.eax = 3u << 26}},
	};

	EXPECT(cpu, 1, 2);
}

Test(topology, counts_that_are_no_powers_of_two_are_rounded_up)
{
	static const struct leaf cpu[] = {
		{0, 0, {.eax = 4}},
		{1, 0, {.ebx = 12 << 16, .edx = 1u << 28}},
		{4, 0, {.eax = 5u << 26}},
	};

	EXPECT(cpu, 1, 3);
}

Test(topology, amd_of_old_counts_cores)
{
	static const struct leaf cpu[] = {
		{0, 0, {.eax = 5}},
		{1, 0, {.ebx = 4 << 16, .edx = 1u << 28}},
		{0x80000000, 0, {.eax = 0x80000008}},
		{0x80000001, 0, {.ecx = 2}},
	};

	EXPECT(cpu, 0, 2);
}

Test(topology, amd_tells_threads_and_the_width_of_ids)
{
	static const struct leaf cpu[] = {
		{0, 0, {.eax = 5}},
		{1, 0, {.ebx = 16 << 16, .edx = 1u << 28}},
		{0x80000000, 0, {.eax = 0x8000001e}},
		{0x80000001, 0, {.ecx = 1u << 22 | 2}},
		{0x80000008, 0, {.ecx = 6 << 12 | 15}},
		{0x8000001e, 0, {.ebx = 1 << 8}},
	};

	EXPECT(cpu, 1, 5);
}

Test(topology, one_without_any_of_it_is_a_socket)
{
	static const struct leaf cpu[] = {
		{0, 0, {.eax = 1}},
		{1, 0, {.ebx = 4 << 16}},
	};

	EXPECT(cpu, 0, 0);
}

/* What makes no sense must not shift by more than there is. */
Test(topology, nonsense_is_bounded)
{
	static const struct leaf odd[] = {
		{0, 0, {.eax = 0x0b}},
		{1, 0, {.ebx = 2 << 16, .edx = 1u << 28}},
		{4, 0, {.eax = 63u << 26}},
		{0x0b, 0, {.eax = 9, .ebx = 1, .ecx = 0x100}},
		{0x0b, 1, {.eax = 3, .ebx = 1, .ecx = 0x200}},
	};

	EXPECT(odd, 0, 1);
}
