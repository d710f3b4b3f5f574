/* SPDX-License-Identifier: MIT */
/* platform_op: hypervisor/hypercall/platform.c. */
#include "fake/rename.h"
#include <criterion/criterion.h>
#include "fake/bus.h"
#include "fake/clock.h"
#include "fake/neighbours.h"
#include "hypercall/hypercall.h"
#include "public/platform.h"

static struct domain dom0, domu;
static struct shared_info shared;
static struct vcpu v0, vu;
static struct xen_platform_op op;

static void setup(void)
{
	bus_reset();
	fake_clock_reset();
	fake_neighbours_reset();
	dom0 = (struct domain){
		.privileged = true, .shared = &shared, .refs = 1};
	domu = (struct domain){.id = 3, .refs = 1};
	v0 = (struct vcpu){.domain = &dom0};
	vu = (struct vcpu){.domain = &domu};
	fake_domains[0] = &dom0;
	op = (struct xen_platform_op){.interface_version =
					      XENPF_INTERFACE_VERSION};
}

TestSuite(hypercall_platform, .init = setup);

static long call(struct vcpu *v, uint32_t cmd)
{
	uint64_t args[6] = {(uintptr_t)&op};

	op.cmd = cmd;
	return hypercall_platform_op(v, args);
}

Test(hypercall_platform, only_domain_zero_may)
{
	for (uint32_t cmd = 0; cmd < 70; cmd++)
		cr_assert_eq(call(&vu, cmd), -EPERM);
}

Test(hypercall_platform, another_interface_version_is_refused)
{
	op.interface_version++;
	cr_assert_eq(call(&v0, XENPF_get_cpuinfo), -EACCES);
}

Test(hypercall_platform, unknown_operations_and_bad_pointers)
{
	uint64_t args[6] = {0};

	cr_assert_eq(call(&v0, 0), -ENOSYS);
	cr_assert_eq(call(&v0, XENPF_set_processor_pminfo), -ENOSYS);
	cr_assert_eq(call(&v0, XENPF_get_symbol), -ENOSYS);
	cr_assert_eq(call(&v0, 0xffffffff), -ENOSYS);
	cr_assert_eq(hypercall_platform_op(&v0, args), -EFAULT);
}

Test(hypercall_platform, both_settimes_set_the_wall_clock)
{
	op.u.settime64.secs = 1700000001;
	op.u.settime64.nsecs = 30;
	op.u.settime64.system_time = 1000000000;
	cr_assert_eq(call(&v0, XENPF_settime64), 0);
	cr_assert_eq(shared.wc_sec, 1700000000);
	cr_assert_eq(shared.wc_nsec, 30);
	op.u.settime32.secs = 1600000000;
	op.u.settime32.nsecs = 7;
	op.u.settime32.system_time = 0;
	cr_assert_eq(call(&v0, XENPF_settime32), 0);
	cr_assert_eq(shared.wc_sec, 1600000000);
}

Test(hypercall_platform, impossible_times_leave_the_clock_alone)
{
	op.u.settime64.secs = 5;
	op.u.settime64.mbz = 1;
	cr_assert_eq(call(&v0, XENPF_settime64), -EINVAL);
	op.u.settime64.mbz = 0;
	op.u.settime64.nsecs = 1000000000;
	cr_assert_eq(call(&v0, XENPF_settime64), -EINVAL);
	op.u.settime64.nsecs = 0;
	op.u.settime64.system_time = 6000000000;
	cr_assert_eq(call(&v0, XENPF_settime64), -EINVAL);
	cr_assert_eq(shared.wc_version, 0);
}

static const struct {
	uint32_t type, index;
	long answer;
} firmware[] = {
	{XEN_FW_DISK_INFO, 0, -ESRCH},
	{XEN_FW_DISK_MBR_SIGNATURE, 0x80, -ESRCH},
	{XEN_FW_VBEDDC_INFO, 0, -ESRCH},
	{XEN_FW_EFI_INFO, XEN_FW_EFI_CONFIG_TABLE, -ENOSYS},
	{XEN_FW_KBD_SHIFT_FLAGS, 0, 0},
	{XEN_FW_KBD_SHIFT_FLAGS, 1, -ESRCH},
	{0, 0, -EINVAL},
	{99, 0, -EINVAL},
};

Test(hypercall_platform, firmware_questions_have_the_answers_that_end_them)
{
	for (size_t i = 0; i < sizeof(firmware) / sizeof(firmware[0]); i++) {
		op.u.firmware_info.type = firmware[i].type;
		op.u.firmware_info.index = firmware[i].index;
		op.u.firmware_info.u.kbd_shift_flags = 0x77;
		cr_assert_eq(call(&v0, XENPF_firmware_info), firmware[i].answer,
			     "row %zu", i);
		if (firmware[i].answer == 0)
			cr_assert_eq(op.u.firmware_info.u.kbd_shift_flags, 0);
	}
}

Test(hypercall_platform, s5_powers_off_with_the_values_given)
{
	op.u.enter_acpi_sleep.val_a = 0x3c01;
	op.u.enter_acpi_sleep.val_b = 0x2001;
	op.u.enter_acpi_sleep.sleep_state = 5;
	bus_power_off_answer = -EIO;
	cr_assert_eq(call(&v0, XENPF_enter_acpi_sleep), -EIO);
	cr_assert_eq(bus_pm1a, 0x3c01);
	cr_assert_eq(bus_pm1b, 0x2001);
}

Test(hypercall_platform, other_sleep_states_are_not_entered)
{
	op.u.enter_acpi_sleep.val_a = 0x3c01;
	for (uint32_t s = 1; s < 5; s++) {
		op.u.enter_acpi_sleep.sleep_state = s;
		cr_assert_eq(call(&v0, XENPF_enter_acpi_sleep), -EOPNOTSUPP);
	}
	op.u.enter_acpi_sleep.sleep_state = 0;
	cr_assert_eq(call(&v0, XENPF_enter_acpi_sleep), -EINVAL);
	op.u.enter_acpi_sleep.sleep_state = 6;
	cr_assert_eq(call(&v0, XENPF_enter_acpi_sleep), -EINVAL);
	op.u.enter_acpi_sleep.sleep_state = 5;
	op.u.enter_acpi_sleep.flags = XENPF_ACPI_SLEEP_EXTENDED;
	cr_assert_eq(call(&v0, XENPF_enter_acpi_sleep), -EOPNOTSUPP);
	cr_assert_eq(bus_pm1a, 0);
}

Test(hypercall_platform, cpus_in_use_are_described_and_others_invalid)
{
	cr_assert_eq(call(&v0, XENPF_get_cpuinfo), 0);
	cr_assert_eq(op.u.pcpu_info.max_present, 0);
	cr_assert_eq(op.u.pcpu_info.flags, XEN_PCPU_FLAGS_ONLINE);
	cr_assert_eq(op.u.pcpu_info.apic_id, BUS_APIC_ID);
	cr_assert_eq(op.u.pcpu_info.acpi_id, 9);
	op.u.pcpu_info.xen_cpuid = 1;
	cr_assert_eq(call(&v0, XENPF_get_cpuinfo), 0);
	cr_assert_eq(op.u.pcpu_info.flags, XEN_PCPU_FLAGS_INVALID);
	cr_assert_eq(op.u.pcpu_info.apic_id, ~0u);
}

Test(hypercall_platform, cpus_neither_come_nor_go)
{
	cr_assert_eq(call(&v0, XENPF_cpu_offline), -EOPNOTSUPP);
	cr_assert_eq(call(&v0, XENPF_cpu_online), -EOPNOTSUPP);
	op.u.cpu_ol.cpuid = 1;
	cr_assert_eq(call(&v0, XENPF_cpu_online), -EINVAL);
}

Test(hypercall_platform, no_core_is_parked)
{
	op.u.core_parking.type = XEN_CORE_PARKING_GET;
	op.u.core_parking.idle_nums = 44;
	cr_assert_eq(call(&v0, XENPF_core_parking), 0);
	cr_assert_eq(op.u.core_parking.idle_nums, 0);
	op.u.core_parking.type = XEN_CORE_PARKING_SET;
	cr_assert_eq(call(&v0, XENPF_core_parking), -EOPNOTSUPP);
	op.u.core_parking.type = 7;
	cr_assert_eq(call(&v0, XENPF_core_parking), -EINVAL);
}
