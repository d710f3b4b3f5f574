/* SPDX-License-Identifier: MIT */
/*
 * Other vCPUs. Each runs one function on a stack of its own, with events
 * masked, and goes down when that returns. What the rest of the library keeps
 * (the catcher of traps, events, the console) is vCPU 0's.
 */
#include "guest.h"
#include "public/domctl.h"

#define STACK_BYTES 8192

static char stacks[SMP_MAX][STACK_BYTES] __attribute__((aligned(4096)));
static void (*functions[SMP_MAX])(unsigned int id);

static void vcpu_main(uint64_t id)
{
	functions[id]((unsigned int)id);
	for (;;)
		do_vcpu_op(VCPUOP_down, (unsigned int)id, NULL);
}

unsigned int smp_count(void)
{
	unsigned int n = 1;

	while (n < SMP_MAX && do_vcpu_op(VCPUOP_is_up, n, NULL) >= 0)
		n++;
	return n;
}

void smp_start(unsigned int id, void (*function)(unsigned int id))
{
	static struct vcpu_guest_context context;
	uint64_t top = PTR(stacks[id]) + STACK_BYTES;

	functions[id] = function;
	memset(&context, 0, sizeof(context));
	context.flags = VGCF_in_kernel;
	context.user_regs.rip = PTR(vcpu_main);
	context.user_regs.rsp = top - 8;
	context.user_regs.rdi = id;
	context.user_regs.cs = FLAT_KERNEL_CS;
	context.user_regs.ss = FLAT_KERNEL_SS;
	context.kernel_ss = FLAT_KERNEL_SS;
	context.kernel_sp = top;
	context.ctrlreg[3] = mfn_of((void *)start_info->pt_base) << 12;
	require_rc(do_vcpu_op(VCPUOP_initialise, id, &context), 0);
	require_rc(do_vcpu_op(VCPUOP_up, id, NULL), 0);
}

static long domctl(uint32_t cmd, struct xen_domctl *op)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = 0;
	return hypercall1(__HYPERVISOR_domctl, PTR(op));
}

long smp_pin(unsigned int id, unsigned int cpu)
{
	uint64_t bits[4] = {0};
	struct xen_domctl op = {0};

	bits[cpu / 64] = 1UL << (cpu % 64);
	op.u.vcpuaffinity.vcpu = id;
	op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
	op.u.vcpuaffinity.cpumap_hard.bitmap = PTR(bits);
	op.u.vcpuaffinity.cpumap_hard.nr_bits = 256;
	return domctl(XEN_DOMCTL_setvcpuaffinity, &op);
}

unsigned int smp_cpu(unsigned int id)
{
	struct xen_domctl op = {0};

	op.u.getvcpuinfo.vcpu = id;
	require_rc(domctl(XEN_DOMCTL_getvcpuinfo, &op), 0);
	return op.u.getvcpuinfo.cpu;
}
