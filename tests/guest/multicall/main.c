/* SPDX-License-Identifier: MIT */
/*
 * multicall: a batch runs in order, each entry has a result of its own, a
 * failing entry does not stop the others, and an unknown number gives -ENOSYS
 * in its place. Nothing else in the entries changes.
 */
#include "guest.h"

void guest_main(void)
{
	static struct multicall_entry calls[6];
	volatile uint64_t *window = window_alloc();
	uint64_t *page = page_alloc();
	uint64_t junk = 0x5a5a5a5a;
	long version = do_xen_version(XENVER_version, NULL);

	require(version > 0, "xen_version gave %ld", version);
	*page = 0x1234;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		for (size_t k = 0; k < 6; k++)
			calls[i].args[k] = junk + k;

	calls[0].op = __HYPERVISOR_xen_version;
	calls[0].args[0] = XENVER_version;
	calls[0].args[1] = 0;

	calls[1].op = __HYPERVISOR_update_va_mapping;
	calls[1].args[0] = PTR(window);
	calls[1].args[1] = pte_make(mfn_of(page), PTE_RW);
	calls[1].args[2] = UVMF_INVLPG;

	calls[2].op = 63; /* no such hypercall */

	calls[3].op = __HYPERVISOR_update_va_mapping; /* of ours: refused */
	calls[3].args[0] = HYPERVISOR_VIRT_START;
	calls[3].args[1] = pte_make(mfn_of(page), PTE_RW);
	calls[3].args[2] = 0;

	calls[4].op = __HYPERVISOR_xen_version;
	calls[4].args[0] = XENVER_pagesize;
	calls[4].args[1] = 0;

	calls[5].op = __HYPERVISOR_fpu_taskswitch;
	calls[5].args[0] = 0;

	expect_rc(hypercall2(__HYPERVISOR_multicall, PTR(calls), 6), 0);
	expect((long)calls[0].result == version, "entry 0: %ld",
	       (long)calls[0].result);
	expect(calls[1].result == 0, "entry 1: %ld", (long)calls[1].result);
	expect((long)calls[2].result == -XEN_ENOSYS, "entry 2: %ld",
	       (long)calls[2].result);
	expect((long)calls[3].result < 0, "entry 3: %ld",
	       (long)calls[3].result);
	expect(calls[4].result == 4096, "entry 4: %ld", (long)calls[4].result);
	expect(calls[5].result == 0, "entry 5: %ld", (long)calls[5].result);
	expect(*window == 0x1234, "the mapping of entry 1 is not there");
	expect(calls[5].args[5] == junk + 5 && calls[5].op == 5,
	       "the batch was changed outside of its results");

	expect_rc(hypercall2(__HYPERVISOR_multicall, PTR(calls), 0), 0);
	success("six entries, six right results");
}
