/* SPDX-License-Identifier: MIT */
/*
 * Device pages that are the hypervisor's (local APICs) or that domain zero
 * may look at but not change (IO-APICs, HPET). Filled at boot, constant then.
 */
#include "pv/mmio.h"
#include "lib/errno.h"
#include "log/log.h"
#include "pv/mmu.h"

#define MMIO_RULES 64

static struct {
	uint64_t first, last; /* frames */
	bool readable;
} rules[MMIO_RULES];
static unsigned int rule_count;

static void rule_add(uint64_t paddr, uint64_t bytes, bool readable)
{
	BUG_ON(rule_count == MMIO_RULES);
	rules[rule_count].first = paddr >> PAGE_SHIFT;
	rules[rule_count].last = (paddr + bytes - 1) >> PAGE_SHIFT;
	rules[rule_count].readable = readable;
	rule_count++;
}

void mmio_deny(uint64_t paddr, uint64_t bytes)
{
	rule_add(paddr, bytes, false);
}

void mmio_read_only(uint64_t paddr, uint64_t bytes)
{
	rule_add(paddr, bytes, true);
}

int mmio_check(mfn_t m, uint64_t *pte)
{
	unsigned int i;

	for (i = 0; i < rule_count; i++) {
		if (m.n < rules[i].first || m.n > rules[i].last)
			continue;
		if (!rules[i].readable)
			return -EPERM;
		*pte &= ~PTE_RW;
	}
	return 0;
}
