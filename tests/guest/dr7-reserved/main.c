/* SPDX-License-Identifier: MIT */
/*
 * dr7-reserved: debug registers reach the processor. Reserved bits, I/O
 * breakpoints, general detect, addresses in the hypervisor and impossible
 * register numbers must be refused or cleaned, else the hypervisor itself
 * takes a #GP when it loads them or a #DB in its own code.
 */
#include "guest.h"

static long set_dr(uint64_t reg, uint64_t value)
{
	return hypercall2(__HYPERVISOR_set_debugreg, reg, value);
}

static uint64_t get_dr(uint64_t reg)
{
	return (uint64_t)hypercall1(__HYPERVISOR_get_debugreg, reg);
}

void guest_main(void)
{
	static const uint64_t addresses[] = {
		0xffff800000000000UL, 0xffff82d080200000UL,
		0xffff830000000000UL, 0xffff87fffffffff8UL,
		0x0000800000000000UL, 0x8000000000000000UL,
	};

	for (uint64_t r = 0; r < 4; r++)
		for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
			expect(set_dr(r, addresses[i]) < 0, "dr%lu took %lx", r,
			       addresses[i]);
			expect(get_dr(r) != addresses[i], "dr%lu holds %lx", r,
			       addresses[i]);
		}
	/* Bits 32..63 of DR7 and DR6 make the processor fault. */
	for (int bit = 32; bit < 64; bit++) {
		set_dr(7, 0x400 | (1UL << bit));
		expect(!((get_dr(7) >> 32) & 0xffffffffUL), "dr7 holds %lx",
		       get_dr(7));
		set_dr(6, 0xffff0ff0UL | (1UL << bit));
		expect(!((get_dr(6) >> 32) & 0xffffffffUL), "dr6 holds %lx",
		       get_dr(6));
	}
	/* General detect would trap the hypervisor's own accesses. */
	set_dr(7, 0x400 | (1 << 13));
	expect(!(get_dr(7) & (1 << 13)), "dr7 holds GD: %lx", get_dr(7));
	/* I/O breakpoints without DE raise #GP or watch data instead. */
	set_dr(7, 0x400 | 1 | (2UL << 16));
	for (uint64_t r = 8; r < 20; r++)
		expect(set_dr(r, 0) < 0, "dr%lu was written", r);
	expect(set_dr(~0UL, 0) < 0, "dr-1 was written");
	expect_rc(set_dr(7, 0x400), 0);
	expect_rc(set_dr(0, 0), 0);
	expect(do_xen_version(XENVER_version, NULL) > 0,
	       "hypercalls stopped working");
	success("debug registers are cleaned");
}
