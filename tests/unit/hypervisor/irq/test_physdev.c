/* SPDX-License-Identifier: MIT */
/* physdev_op as guests call it: hypervisor/irq/physdev.c. */
#include "fake/rename.h"
#include <criterion/criterion.h>
#include "irq_fixture.h"
#include "public/physdev.h"

TestSuite(irq_physdev, .init = irq_fixture_init);

static long call(struct vcpu *v, uint64_t cmd, void *arg)
{
	uint64_t args[6] = {cmd, (uintptr_t)arg};

	return hypercall_physdev_op(v, args);
}

Test(irq_physdev, a_device_s_line_from_map_to_eoi_as_linux_does_it)
{
	struct physdev_map_pirq map = {.domid = DOMID_SELF,
				       .type = MAP_PIRQ_TYPE_GSI,
				       .index = 17,
				       .pirq = 17};
	struct physdev_setup_gsi setup = {17, 1, 1, 0};
	struct physdev_irq_status_query status = {17, 0x55};
	struct physdev_irq vector = {17, 0};
	struct physdev_eoi eoi = {17};

	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_map_pirq, &map), 0);
	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_alloc_irq_vector, &vector), 0);
	cr_assert_eq(vector.vector, 17);
	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_setup_gsi, &setup), 0);
	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_setup_gsi, &setup), -EEXIST);
	cr_assert_eq(irq_bind_guest(&irq_dom0, 17, true), 0);
	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_irq_status_query, &status), 0);
	cr_assert_eq(status.flags, XENIRQSTAT_needs_eoi);
	irq_handle(irq_line_vector(17));
	cr_assert_not(irq_line_open(17));
	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_eoi, &eoi), 0);
	cr_assert(irq_line_open(17));
	cr_assert_eq(irq_dom0.refs, 1);
}

Test(irq_physdev, an_msix_entry_in_the_form_with_a_segment)
{
	struct physdev_map_pirq map = {.domid = DOMID_SELF,
				       .type = MAP_PIRQ_TYPE_MSI_SEG,
				       .index = -1,
				       .pirq = -1,
				       .devfn = MSIX_DEV.devfn,
				       .entry_nr = 3,
				       .table_base = BUS_MEMORY_PADDR};
	struct physdev_unmap_pirq unmap = {.domid = DOMID_SELF};

	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_map_pirq, &map), 0);
	cr_assert_geq(map.pirq, BUS_IOAPIC_PINS);
	cr_assert_neq(irq_msix_word(3, 0), 0);
	unmap.pirq = map.pirq;
	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_unmap_pirq, &unmap), 0);
	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_unmap_pirq, &unmap), -EINVAL);
	map.bus = 1 << 16;
	map.pirq = -1;
	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_map_pirq, &map), -ENODEV);
}

Test(irq_physdev, several_msi_messages)
{
	struct physdev_map_pirq map = {.domid = DOMID_SELF,
				       .type = MAP_PIRQ_TYPE_MULTI_MSI,
				       .index = -1,
				       .pirq = -1,
				       .devfn = MSI_DEV.devfn,
				       .entry_nr = 2};

	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_map_pirq, &map), 0);
	cr_assert_eq(map.entry_nr, 2);
	cr_assert_eq(pirq_check(&irq_dom0, (uint32_t)map.pirq + 1), 0);
}

Test(irq_physdev, map_arguments_out_of_range_are_refused)
{
	static const struct physdev_map_pirq rows[] = {
		{.type = MAP_PIRQ_TYPE_UNKNOWN, .index = 17, .pirq = -1},
		{.type = -1, .index = 17, .pirq = -1},
		{.type = MAP_PIRQ_TYPE_GSI, .index = 1000, .pirq = -1},
		{.type = MAP_PIRQ_TYPE_GSI, .index = 17, .pirq = 4096},
		{.type = MAP_PIRQ_TYPE_MULTI_MSI,
		 .pirq = -1,
		 .devfn = 24,
		 .entry_nr = 0},
		{.type = MAP_PIRQ_TYPE_MULTI_MSI,
		 .pirq = -1,
		 .devfn = 24,
		 .entry_nr = INT32_MIN},
		{.type = MAP_PIRQ_TYPE_MULTI_MSI,
		 .pirq = -1,
		 .devfn = 24,
		 .entry_nr = 1 << 30},
		{.type = MAP_PIRQ_TYPE_MSI, .pirq = INT32_MAX, .devfn = 24},
		{.type = MAP_PIRQ_TYPE_MSI,
		 .pirq = -1,
		 .devfn = 32,
		 .entry_nr = -1,
		 .table_base = BUS_MEMORY_PADDR},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct physdev_map_pirq map = rows[i];

		map.domid = DOMID_SELF;
		cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_map_pirq, &map),
			     -EINVAL, "row %zu", i);
	}
	cr_assert_eq(irq_dom0.refs, 1);
}

Test(irq_physdev, a_guest_without_hardware_gets_no_device)
{
	struct physdev_map_pirq map = {
		.domid = 6, .type = MAP_PIRQ_TYPE_GSI, .index = 17, .pirq = -1};

	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_map_pirq, &map), -EOPNOTSUPP);
	map.domid = 77;
	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_map_pirq, &map), -ESRCH);
	cr_assert_eq(irq_domu.refs, 1);
}

Test(irq_physdev, the_unprivileged_get_only_what_is_for_all)
{
	char arg[64] = {0};
	unsigned int refused = 0;

	for (uint64_t cmd = 0; cmd < 40; cmd++) {
		long rc = call(&irq_vcpuu, cmd, arg);

		switch (cmd) {
		case PHYSDEVOP_set_iopl:
		case PHYSDEVOP_set_iobitmap:
		case PHYSDEVOP_irq_status_query:
			cr_assert_eq(rc, 0, "op %lu", (unsigned long)cmd);
			break;
		case PHYSDEVOP_eoi:
			cr_assert_eq(rc, -EINVAL);
			break;
		default:
			cr_assert(rc == -EPERM || rc == -ENOSYS, "op %lu",
				  (unsigned long)cmd);
			refused += rc == -EPERM;
		}
	}
	cr_assert_eq(refused, 16);
}

Test(irq_physdev, unknown_operations_and_bad_pointers)
{
	struct physdev_eoi eoi = {17};

	cr_assert_eq(call(&irq_vcpu0, 0, &eoi), -ENOSYS);
	cr_assert_eq(call(&irq_vcpu0, 9999, &eoi), -ENOSYS);
	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_pirq_eoi_gmfn_v2, &eoi),
		     -ENOSYS);
	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_eoi, NULL), -EFAULT);
	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_map_pirq, NULL), -EFAULT);
}

Test(irq_physdev, iopl_is_checked_and_kept)
{
	struct physdev_set_iopl iopl = {1};

	cr_assert_eq(call(&irq_vcpuu, PHYSDEVOP_set_iopl, &iopl), 0);
	cr_assert_eq(irq_vcpuu.arch.iopl, 1);
	iopl.iopl = 4;
	cr_assert_eq(call(&irq_vcpuu, PHYSDEVOP_set_iopl, &iopl), -EINVAL);
	iopl.iopl = 0x100;
	cr_assert_eq(call(&irq_vcpuu, PHYSDEVOP_set_iopl, &iopl), -EINVAL);
	cr_assert_eq(irq_vcpuu.arch.iopl, 1);
}

Test(irq_physdev, an_io_bitmap_must_lie_in_the_guest)
{
	struct physdev_set_iobitmap m = {0x7fff12345678, 65536, 0};

	cr_assert_eq(call(&irq_vcpuu, PHYSDEVOP_set_iobitmap, &m), 0);
	cr_assert_eq(irq_vcpuu.arch.iobitmap_va, 0x7fff12345678);
	cr_assert_eq(irq_vcpuu.arch.iobitmap_ports, 65536);
	m.nr_ports = 65537;
	cr_assert_eq(call(&irq_vcpuu, PHYSDEVOP_set_iobitmap, &m), -EINVAL);
	m.nr_ports = 65536;
	m.bitmap = HV_VIRT_START - 100;
	cr_assert_eq(call(&irq_vcpuu, PHYSDEVOP_set_iobitmap, &m), -EINVAL);
	m.bitmap = HV_VIRT_START + 100;
	cr_assert_eq(call(&irq_vcpuu, PHYSDEVOP_set_iobitmap, &m), -EINVAL);
	cr_assert_eq(irq_vcpuu.arch.iobitmap_va, 0x7fff12345678);
	m.bitmap = 0;
	cr_assert_eq(call(&irq_vcpuu, PHYSDEVOP_set_iobitmap, &m), 0);
	cr_assert_eq(irq_vcpuu.arch.iobitmap_ports, 0);
}

Test(irq_physdev, the_io_apic_s_registers_are_readable)
{
	struct physdev_apic apic = {.apic_physbase = BUS_IOAPIC_PADDR,
				    .reg = 1};

	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_apic_read, &apic), 0);
	cr_assert_eq(apic.value, (BUS_IOAPIC_PINS - 1) << 16 | 0x20);
	apic.reg = 0x10 + 2 * BUS_IOAPIC_PINS;
	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_apic_read, &apic), -EINVAL);
	apic.apic_physbase++;
	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_apic_read, &apic), -ENODEV);
}

Test(irq_physdev, devices_that_answer_may_be_announced)
{
	struct physdev_pci_device_add add = {.devfn = MSI_DEV.devfn};
	struct physdev_pci_device dev = {.devfn = MSIX_DEV.devfn};
	struct physdev_manage_pci old = {0, MSI_DEV.devfn};

	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_pci_device_add, &add), 0);
	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_manage_pci_add, &old), 0);
	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_prepare_msix, &dev), 0);
	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_restore_msi_ext, &dev), 0);
	dev.devfn = MSI_DEV.devfn;
	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_prepare_msix, &dev), -ENODEV);
	add.devfn = 0xf8;
	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_pci_device_add, &add), -ENODEV);
	add.devfn = MSI_DEV.devfn;
	add.seg = 1;
	cr_assert_eq(call(&irq_vcpu0, PHYSDEVOP_pci_device_add, &add), -ENODEV);
}
