/* SPDX-License-Identifier: MIT */
/*
 * hypercall-fuzz: every number from 0 to 127 with a seeded mixture of small
 * numbers, addresses of ours, of the hypervisor and of nobody, and plain
 * garbage. What would be a legitimate end is left out: iret, shutdown, vcpu
 * down, sleep states, and anything that could unmap what we stand on. The
 * seed is printed; no answer is right or wrong, but there must be one, and the
 * machine must still work afterwards.
 */
#include "guest.h"

static uint64_t seed = 0x70617261;

static uint64_t argument(char *scratch)
{
	uint64_t r = random_next(&seed);

	switch (random_next(&seed) % 8) {
	case 0:
		return r % 16;
	case 1:
		return r % 512;
	case 2:
		return PTR(scratch) + (r % PAGE_SIZE);
	case 3:
		return PTR(scratch) + 8 * (r % 256);
	case 4:
		return HYPERVISOR_VIRT_START + (r & 0x7ffffffffffUL);
	case 5:
		return 0;
	case 6:
		return ~(r % 32);
	default:
		return r;
	}
}

static bool forbidden(unsigned int nr, const uint64_t a[5])
{
	switch (nr) {
	case __HYPERVISOR_iret:
	case __HYPERVISOR_platform_op: /* S5, CPU offline */
	case __HYPERVISOR_sysctl:
	case __HYPERVISOR_domctl:
	case __HYPERVISOR_kexec_op:
	case __HYPERVISOR_mca: /* injects machine checks */
	case __HYPERVISOR_multicall:
	case __HYPERVISOR_dm_op:
	case __HYPERVISOR_xsm_op:
	case __HYPERVISOR_console_io: /* the verdict must stay readable */
		return true;
	case __HYPERVISOR_sched_op:
	case __HYPERVISOR_sched_op_compat:
		return (uint32_t)a[0] <= SCHEDOP_watchdog;
	case __HYPERVISOR_vcpu_op:
		/* A moved vcpu_info would unmask events at random. */
		return (uint32_t)a[0] == VCPUOP_down ||
		       (uint32_t)a[0] == VCPUOP_send_nmi ||
		       (uint32_t)a[0] == VCPUOP_register_vcpu_info;
	case __HYPERVISOR_memory_op:
		/* These give memory back or replace it, as asked. */
		return ((uint32_t)a[0] & MEMOP_CMD_MASK) ==
			       XENMEM_decrease_reservation ||
		       ((uint32_t)a[0] & MEMOP_CMD_MASK) == XENMEM_exchange;
	default:
		return false;
	}
}

void guest_main(void)
{
	char *scratch = page_alloc();
	uint64_t answered = 0;
	struct trap_catch c;

	print("seed %lx\n", seed);
	for (int round = 0; round < 60; round++) {
		for (unsigned int nr = 0; nr < 128; nr++) {
			uint64_t a[5];

			/* It may have become a table, or lost its mapping. */
			if (do_update_va(scratch,
					 pte_make(mfn_of(scratch), PTE_RW),
					 UVMF_INVLPG))
				scratch = page_alloc();
			for (size_t i = 0; i < PAGE_SIZE; i += 8)
				*(uint64_t *)(void *)(scratch + i) =
					random_next(&seed) % 3
						? 0
						: argument(scratch);
			for (int i = 0; i < 5; i++)
				a[i] = argument(scratch);
			if (forbidden(nr, a))
				continue;
			hypercall5((long)nr, a[0], a[1], a[2], a[3], a[4]);
			answered++;
			if (nr == __HYPERVISOR_fpu_taskswitch)
				hypercall1(nr, 0);
			if (nr == __HYPERVISOR_set_trap_table)
				require_rc(traps_init(), 0);
			if (nr == __HYPERVISOR_set_debugreg)
				hypercall2(nr, 7, 0x400);
		}
		expect(do_xen_version(XENVER_version, NULL) > 0,
		       "round %d: xen_version stopped working", round);
	}
	/* And unknown ones say so. */
	for (unsigned int nr = 64; nr < 128; nr++)
		expect_rc(hypercall5((long)nr, 1, 2, 3, 4, 5), -XEN_ENOSYS);
	expect_rc(hypercall1(0x7fffffff, 0), -XEN_ENOSYS);
	expect_rc(hypercall1(0xffffffff, 0), -XEN_ENOSYS);

	/* The machine still works. */
	expect(load_traps((void *)(va_base() + 0x38000000), &c),
	       "no page faults any more");
	expect(c.frame.vector == TRAP_PF, "trap %lu instead of #PF",
	       c.frame.vector);
	success("%lu senseless hypercalls were answered", answered);
}
