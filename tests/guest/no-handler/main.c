/* SPDX-License-Identifier: MIT */
/*
 * no-handler: a fault for which the kernel has registered nothing. The
 * hypervisor cannot deliver it and must not retry for ever: the domain ends,
 * with a line in the log that says why.
 *
 * expect: crash "crashed"
 */
#include "guest.h"

void guest_main(void)
{
	static struct trap_info empty[1];

	/* An empty table takes back all handlers. */
	require_rc(hypercall1(__HYPERVISOR_set_trap_table, 0), 0);
	hypercall1(__HYPERVISOR_set_trap_table, PTR(empty));
	print("now a page fault without a handler\n");
	*(volatile uint64_t *)(va_base() + 0x38000000) = 1;
	failure("came back from a fault without a handler");
}
