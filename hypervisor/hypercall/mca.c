/* SPDX-License-Identifier: MIT */
/*
 * mca: domain zero's machine-check driver asks for the processors and then
 * waits for records. There are none: guests do not see machine checks, and
 * one that hits the hypervisor stops the machine.
 */
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "mm/guest.h"
#include "public/mca.h"

static long physcpuinfo(struct xen_mc_physcpuinfo *p)
{
	struct mcinfo_logical_cpu cpu;

	if (p->info && p->ncpus) {
		memset(&cpu, 0, sizeof(cpu));
		cpu.mc_ncores = cpu.mc_ncores_active = cpu.mc_nthreads = 1;
		if (guest_write_obj(gptr(p->info), &cpu))
			return -EFAULT;
	}
	p->ncpus = 1;
	return 0;
}

/* args: structure */
long hypercall_mca(struct vcpu *v, uint64_t args[6])
{
	struct xen_mc op;
	long rc;

	if (!v->domain->privileged)
		return -EPERM;
	if (guest_read_obj(&op, gptr(args[0])))
		return -EFAULT;
	if (op.interface_version != XEN_MCA_INTERFACE_VERSION)
		return -EACCES;
	switch (op.cmd) {
	case XEN_MC_fetch:
		op.u.mc_fetch.flags = XEN_MC_NODATA;
		rc = 0;
		break;
	case XEN_MC_physcpuinfo:
		rc = physcpuinfo(&op.u.mc_physcpuinfo);
		break;
	default:
		return hypercall_lacking(v, "mca", op.cmd);
	}
	if (!rc && guest_write_obj(gptr(args[0]), &op))
		return -EFAULT;
	return rc;
}
