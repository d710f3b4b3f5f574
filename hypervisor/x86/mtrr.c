/* SPDX-License-Identifier: MIT */
/*
 * The memory-type range registers of all CPUs must say the same (Intel SDM
 * volume 3, "Memory Cache Control", MTRRs in MP systems). The firmware usually
 * has seen to that; where it has not, the boot CPU's are loaded.
 */
#include "x86/mtrr.h"
#include <stdbool.h>
#include "lib/macros.h"
#include "x86/asm.h"
#include "x86/msr.h"

#define MSR_MTRR_DEFAULT 0x2ff
#define DEFAULT_ENABLE	 (1u << 11)
#define VARIABLE_MAX	 16

#define CR0_CD (1ull << 30)
#define CR0_NW (1ull << 29)

static const uint32_t fixed_msrs[] = {
	0x250, 0x258, 0x259, 0x268, 0x269, 0x26a,
	0x26b, 0x26c, 0x26d, 0x26e, 0x26f,
};

#define FIXED_COUNT ARRAY_SIZE(fixed_msrs)

static uint64_t saved[FIXED_COUNT + 2 * VARIABLE_MAX];
static uint64_t saved_default;
static unsigned int fixed_count, variable_count;

static uint32_t msr_of(unsigned int i)
{
	if (i < fixed_count)
		return fixed_msrs[i];
	return 0x200 + (i - fixed_count);
}

static unsigned int msr_count(void)
{
	return fixed_count + 2 * variable_count;
}

void mtrr_save(void)
{
	uint64_t cap;
	unsigned int i;

	if (!(cpuid(1, 0).edx & 1u << 12))
		return;
	cap = rdmsr(MSR_MTRRCAP);
	variable_count =
		MIN((unsigned int)cap & 0xff, (unsigned int)VARIABLE_MAX);
	fixed_count = cap >> 8 & 1 ? FIXED_COUNT : 0;
	for (i = 0; i < msr_count(); i++)
		saved[i] = rdmsr(msr_of(i));
	saved_default = rdmsr(MSR_MTRR_DEFAULT);
}

static bool differ(void)
{
	unsigned int i;

	for (i = 0; i < msr_count(); i++)
		if (rdmsr(msr_of(i)) != saved[i])
			return true;
	return rdmsr(MSR_MTRR_DEFAULT) != saved_default;
}

void mtrr_load(void)
{
	uint64_t cr0 = read_cr0();
	unsigned int i;

	if (!msr_count() || !differ())
		return;
	write_cr0((cr0 | CR0_CD) & ~CR0_NW);
	wbinvd();
	write_cr3(read_cr3());
	wrmsr(MSR_MTRR_DEFAULT, saved_default & ~(uint64_t)DEFAULT_ENABLE);
	for (i = 0; i < msr_count(); i++)
		wrmsr(msr_of(i), saved[i]);
	wrmsr(MSR_MTRR_DEFAULT, saved_default);
	wbinvd();
	write_cr3(read_cr3());
	write_cr0(cr0);
}
