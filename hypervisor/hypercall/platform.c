/* SPDX-License-Identifier: MIT */
/*
 * platform_op: what only domain zero may ask of the machine as a whole: the
 * wall clock, what the firmware left behind, the physical CPUs, and the sleep
 * states. One table row an operation; the structure is written back where the
 * row says so.
 *
 * Layouts: public/platform.h. Tested by
 * tests/unit/hypervisor/hypercall/test_platform.c.
 */
#include "hypercall/hypercall.h"
#include "log/log.h"
#include "mm/guest.h"
#include "public/platform.h"
#include "time/time.h"
#include "x86/apic.h"
#include "x86/reset.h"

static long set_time(uint64_t seconds, uint32_t ns, uint64_t system_ns)
{
	int rc = time_check_wallclock(seconds, ns, system_ns);

	if (rc)
		return rc;
	time_set_wallclock(seconds, ns, system_ns);
	return 0;
}

static long op_settime32(struct vcpu *v, struct xen_platform_op *op)
{
	(void)v;
	return set_time(op->u.settime32.secs, op->u.settime32.nsecs,
			op->u.settime32.system_time);
}

static long op_settime64(struct vcpu *v, struct xen_platform_op *op)
{
	(void)v;
	if (op->u.settime64.mbz)
		return -EINVAL;
	return set_time(op->u.settime64.secs, op->u.settime64.nsecs,
			op->u.settime64.system_time);
}

/*
 * We do not call the BIOS, so that of its disks and displays nothing is known
 * (-ESRCH ends the caller's enumeration), and EFI is not how we are booted.
 */
static long op_firmware_info(struct vcpu *v, struct xen_platform_op *op)
{
	struct xenpf_firmware_info *info = &op->u.firmware_info;

	(void)v;
	switch (info->type) {
	case XEN_FW_DISK_INFO:
	case XEN_FW_DISK_MBR_SIGNATURE:
	case XEN_FW_VBEDDC_INFO:
		return -ESRCH;
	case XEN_FW_EFI_INFO:
		return -ENOSYS;
	case XEN_FW_KBD_SHIFT_FLAGS:
		if (info->index != 0)
			return -ESRCH;
		info->u.kbd_shift_flags = 0;
		return 0;
	default:
		return -EINVAL;
	}
}

static long op_enter_acpi_sleep(struct vcpu *v, struct xen_platform_op *op)
{
	const struct xenpf_enter_acpi_sleep *sleep = &op->u.enter_acpi_sleep;
	int rc;

	(void)v;
	if (sleep->sleep_state == 0 || sleep->sleep_state > 5)
		return -EINVAL;
	/* The registers of hardware-reduced machines are others. */
	if (sleep->sleep_state != 5 || sleep->flags)
		return -EOPNOTSUPP;
	log_info("powering off: domain zero asks for S5\n");
	rc = machine_power_off(sleep->val_a, sleep->val_b);
	log_err("power-off with PM1 values %#x, %#x failed: error %d\n",
		sleep->val_a, sleep->val_b, rc);
	return rc;
}

static long op_get_cpuinfo(struct vcpu *v, struct xen_platform_op *op)
{
	struct xenpf_pcpuinfo *info = &op->u.pcpu_info;

	(void)v;
	info->max_present = apic_cpu_count() - 1;
	if (apic_cpu_ids(info->xen_cpuid, &info->apic_id, &info->acpi_id)) {
		info->flags = XEN_PCPU_FLAGS_ONLINE;
	} else {
		info->flags = XEN_PCPU_FLAGS_INVALID;
		info->apic_id = ~0u;
		info->acpi_id = ~0u;
	}
	return 0;
}

/* CPUs are taken into use at boot, and stay. */
static long op_cpu_online(struct vcpu *v, struct xen_platform_op *op)
{
	(void)v;
	return op->u.cpu_ol.cpuid < apic_cpu_count() ? -EOPNOTSUPP : -EINVAL;
}

/* An idle CPU halts by itself; none is parked on demand. */
static long op_core_parking(struct vcpu *v, struct xen_platform_op *op)
{
	(void)v;
	switch (op->u.core_parking.type) {
	case XEN_CORE_PARKING_SET:
		return -EOPNOTSUPP;
	case XEN_CORE_PARKING_GET:
		op->u.core_parking.idle_nums = 0;
		return 0;
	default:
		return -EINVAL;
	}
}

struct platform_row {
	const char *name;
	long (*run)(struct vcpu *v, struct xen_platform_op *op);
	bool writes_back;
};

static const struct platform_row rows[] = {
	[XENPF_settime32] = {"settime32", op_settime32, false},
	[XENPF_firmware_info] = {"firmware_info", op_firmware_info, true},
	[XENPF_enter_acpi_sleep] = {"enter_acpi_sleep", op_enter_acpi_sleep,
				    false},
	[XENPF_get_cpuinfo] = {"get_cpuinfo", op_get_cpuinfo, true},
	[XENPF_cpu_online] = {"cpu_online", op_cpu_online, false},
	[XENPF_cpu_offline] = {"cpu_offline", op_cpu_online, false},
	[XENPF_core_parking] = {"core_parking", op_core_parking, true},
	[XENPF_settime64] = {"settime64", op_settime64, false},
};

/* args: the operation */
long hypercall_platform_op(struct vcpu *v, uint64_t args[6])
{
	gptr_t at = gptr(args[0]);
	const struct platform_row *row;
	struct xen_platform_op op;
	long rc;

	if (!v->domain->privileged)
		return -EPERM;
	rc = guest_read_obj(&op, at);
	if (rc)
		return rc;
	if (op.interface_version != XENPF_INTERFACE_VERSION) {
		log_debug("platform_op of interface version %#x; ours is %#x\n",
			  op.interface_version, XENPF_INTERFACE_VERSION);
		return -EACCES;
	}
	if (op.cmd >= ARRAY_SIZE(rows) || !rows[op.cmd].run)
		return hypercall_lacking(v, "platform_op", op.cmd);
	row = &rows[op.cmd];
	rc = row->run(v, &op);
	if (rc < 0 || !row->writes_back)
		return rc;
	return guest_write_obj(at, &op) ? -EFAULT : rc;
}
