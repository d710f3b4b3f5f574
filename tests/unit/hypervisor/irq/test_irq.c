/* SPDX-License-Identifier: MIT */
/* The way of an interrupt to a domain: hypervisor/irq/irq.c. */
#include "fake/rename.h"
#include <criterion/criterion.h>
#include <errno.h>
#include "irq_fixture.h"
#include "x86/ioapic.h"
#include "x86/vectors.h"

TestSuite(irq_pirq, .init = irq_fixture_init);

static uint32_t mapped(int32_t gsi)
{
	int32_t pirq = -1;

	cr_assert_eq(pirq_map_gsi(&irq_dom0, gsi, &pirq), 0);
	return (uint32_t)pirq;
}

static uint32_t bound(int32_t gsi)
{
	uint32_t pirq = mapped(gsi);

	cr_assert_eq(irq_bind_guest(&irq_dom0, pirq, true), 0);
	return pirq;
}

Test(irq_pirq, every_line_is_closed_at_first)
{
	for (unsigned int gsi = 0; gsi < BUS_IOAPIC_PINS; gsi++)
		cr_assert_not(irq_line_open(gsi));
}

Test(irq_pirq, mapping_opens_nothing_and_binding_does)
{
	uint32_t pirq = mapped(17);

	cr_assert_eq(pirq, 17);
	cr_assert_not(irq_line_open(17));
	cr_assert_eq(irq_bind_guest(&irq_dom0, pirq, true), 0);
	cr_assert(irq_line_open(17));
	cr_assert_geq(irq_line_vector(17), VECTOR_DEVICE_FIRST);
	cr_assert_eq(bus_ioapic_high[17] >> 24, BUS_APIC_ID);
	irq_unbind_guest(&irq_dom0, pirq);
	cr_assert_not(irq_line_open(17));
}

Test(irq_pirq, pci_lines_are_level_low_and_isa_s_edge_high_by_default)
{
	bound(18);
	bound(5);
	bound(9);
	cr_assert_eq(bus_ioapic_low[18] & 0xa000, 0xa000);
	cr_assert_eq(bus_ioapic_low[5] & 0xa000, 0);
	cr_assert_eq(bus_ioapic_low[9] & 0xa000, 0x8000);
}

Test(irq_pirq, a_line_can_become_an_nmi)
{
	cr_assert_eq(ioapic_route_nmi(2, BUS_APIC_ID, true), 0);
	cr_assert_eq(bus_ioapic_low[2], 0x12400);
	cr_assert_eq(bus_ioapic_high[2] >> 24, BUS_APIC_ID);
	ioapic_unmask(2);
	cr_assert_eq(bus_ioapic_low[2], 0x2400);
	cr_assert_eq(ioapic_route_nmi(1000, BUS_APIC_ID, true), -ENODEV);
}

Test(irq_pirq, setup_decides_and_holds)
{
	cr_assert_eq(pirq_setup_gsi(18, false, false), 0);
	cr_assert_eq(pirq_setup_gsi(18, true, true), -EEXIST);
	bound(18);
	cr_assert_eq(bus_ioapic_low[18] & 0xa000, 0);
	cr_assert_eq(pirq_setup_gsi(BUS_IOAPIC_PINS, true, true), -EINVAL);
	cr_assert_eq(pirq_setup_gsi(-1, true, true), -EINVAL);
}

Test(irq_pirq, a_level_line_stays_closed_until_the_guest_has_done)
{
	uint32_t pirq = bound(17);

	irq_handle(irq_line_vector(17));
	cr_assert_not(irq_line_open(17));
	cr_assert_eq(bus_eoi_count, 1);
	cr_assert_eq(fake_pirq_events, 1);
	cr_assert_eq(fake_pirq, pirq);
	cr_assert_eq(fake_pirq_domain, &irq_dom0);
	irq_guest_eoi(&irq_dom0, pirq);
	cr_assert(irq_line_open(17));
}

Test(irq_pirq, an_edge_stays_open)
{
	uint32_t pirq = bound(5);

	irq_handle(irq_line_vector(5));
	irq_handle(irq_line_vector(5));
	cr_assert(irq_line_open(5));
	cr_assert_eq(bus_eoi_count, 2);
	cr_assert_eq(fake_pirq_events, 2);
	irq_guest_eoi(&irq_dom0, pirq);
	cr_assert(irq_line_open(5));
}

Test(irq_pirq, only_level_needs_the_guest_s_word)
{
	cr_assert(irq_needs_eoi(&irq_dom0, bound(17)));
	cr_assert_not(irq_needs_eoi(&irq_dom0, bound(5)));
	cr_assert_not(irq_needs_eoi(&irq_dom0, 200));
	cr_assert_not(irq_needs_eoi(&irq_dom0, ~0u));
	cr_assert_not(irq_needs_eoi(&irq_domu, 17));
}

Test(irq_pirq, a_level_interrupt_on_its_way_while_closed_is_ended_only)
{
	bound(17);
	irq_handle(irq_line_vector(17));
	irq_handle(irq_line_vector(17));
	cr_assert_eq(bus_eoi_count, 2);
	cr_assert_eq(fake_pirq_events, 1);
	cr_assert_not(irq_line_open(17));
}

Test(irq_pirq, a_vector_of_nobody_is_ended)
{
	irq_handle(0x9d);
	cr_assert_eq(bus_eoi_count, 1);
	cr_assert_eq(fake_pirq_events, 0);
}

Test(irq_pirq, eoi_without_an_interrupt_opens_nothing)
{
	uint32_t pirq = mapped(17);

	irq_guest_eoi(&irq_dom0, pirq);
	cr_assert_not(irq_line_open(17));
	irq_guest_eoi(&irq_dom0, 255);
	irq_guest_eoi(&irq_dom0, 0xffffffff);
	irq_guest_eoi(&irq_domu, pirq);
}

Test(irq_pirq, unbinding_in_service_leaves_it_closed_and_eoi_too_late)
{
	uint32_t pirq = bound(17);

	irq_handle(irq_line_vector(17));
	irq_unbind_guest(&irq_dom0, pirq);
	irq_guest_eoi(&irq_dom0, pirq);
	cr_assert_not(irq_line_open(17));
	cr_assert_eq(irq_bind_guest(&irq_dom0, pirq, false), 0);
	cr_assert(irq_line_open(17));
}

Test(irq_pirq, binding_twice_is_busy_and_an_unknown_one_invalid)
{
	uint32_t pirq = bound(17);

	cr_assert_eq(irq_bind_guest(&irq_dom0, pirq, true), -EBUSY);
	cr_assert_eq(irq_bind_guest(&irq_dom0, 44, true), -EINVAL);
	cr_assert_eq(irq_bind_guest(&irq_dom0, ~0u, true), -EINVAL);
	cr_assert_eq(irq_bind_guest(&irq_domu, pirq, true), -EINVAL);
}

Test(irq_pirq, the_hypervisor_s_line_may_be_mapped_but_not_bound)
{
	irq_reserve_gsi(4);
	cr_assert_eq(irq_bind_guest(&irq_dom0, mapped(4), true), -EBUSY);
	cr_assert_not(irq_line_open(4));
	cr_assert_eq(pirq_setup_gsi(4, false, false), -EEXIST);
}

Test(irq_pirq, mapping_again_is_the_same_or_refused)
{
	int32_t pirq = -1, other = 30;

	cr_assert_eq(mapped(17), 17);
	cr_assert_eq(pirq_map_gsi(&irq_dom0, 17, &pirq), 0);
	cr_assert_eq(pirq, 17);
	cr_assert_eq(pirq_map_gsi(&irq_dom0, 17, &other), -EEXIST);
	cr_assert_eq(pirq_map_gsi(&irq_dom0, 18, &pirq), -EEXIST);
	pirq = -1;
	cr_assert_eq(pirq_map_gsi(&irq_domu, 17, &pirq), -EBUSY);
}

Test(irq_pirq, numbers_out_of_range_are_refused)
{
	int32_t pirq = -1;

	cr_assert_eq(pirq_map_gsi(&irq_dom0, -1, &pirq), -EINVAL);
	cr_assert_eq(pirq_map_gsi(&irq_dom0, BUS_IOAPIC_PINS, &pirq), -EINVAL);
	cr_assert_eq(pirq_map_gsi(&irq_dom0, INT32_MIN, &pirq), -EINVAL);
	pirq = IRQ_NR_PIRQS;
	cr_assert_eq(pirq_map_gsi(&irq_dom0, 17, &pirq), -EINVAL);
	cr_assert_eq(pirq_unmap(&irq_dom0, -1), -EINVAL);
	cr_assert_eq(pirq_unmap(&irq_dom0, IRQ_NR_PIRQS), -EINVAL);
	cr_assert_eq(pirq_unmap(&irq_dom0, 17), -EINVAL);
}

Test(irq_pirq, no_memory_maps_nothing)
{
	int32_t pirq = -1;

	fake_alloc_left = 1;
	cr_assert_eq(pirq_map_gsi(&irq_dom0, 17, &pirq), -ENOMEM);
	fake_alloc_left = ~0u;
	cr_assert_eq(mapped(17), 17);
}

Test(irq_pirq, unmapping_a_live_one_closes_it_and_frees_its_vector)
{
	uint32_t pirq = bound(17);
	uint8_t vector = irq_line_vector(17);

	cr_assert_eq(pirq_unmap(&irq_dom0, (int32_t)pirq), 0);
	cr_assert_not(irq_line_open(17));
	irq_handle(vector);
	cr_assert_eq(fake_pirq_events, 0);
	bound(18);
	cr_assert_eq(irq_line_vector(18), vector);
}

static struct msi_request msix_request(unsigned int entry)
{
	return (struct msi_request){.dev = MSIX_DEV,
				    .msix = true,
				    .count = 1,
				    .entry = entry,
				    .table_base = BUS_MEMORY_PADDR};
}

static struct msi_request msi_request(unsigned int count)
{
	return (struct msi_request){.dev = MSI_DEV, .count = count};
}

Test(irq_pirq, an_msix_entry_is_programmed_masked_and_opened_by_binding)
{
	struct msi_request r = msix_request(2);
	int32_t pirq = -1;

	cr_assert_eq(pirq_map_msi(&irq_dom0, &r, &pirq), 0);
	cr_assert_geq(pirq, BUS_IOAPIC_PINS);
	cr_assert_eq(irq_msix_word(2, 0), 0xfee00000 | BUS_APIC_ID << 12);
	cr_assert_eq(irq_msix_word(2, 1), 0);
	cr_assert_eq(irq_msix_word(2, 3) & 1, 1);
	cr_assert_eq(irq_bind_guest(&irq_dom0, (uint32_t)pirq, false), 0);
	cr_assert_eq(irq_msix_word(2, 3) & 1, 0);

	irq_handle((uint8_t)irq_msix_word(2, 2));
	cr_assert_eq(fake_pirq, (uint32_t)pirq);
	cr_assert_eq(bus_eoi_count, 1);
	cr_assert_eq(irq_msix_word(2, 3) & 1, 0);
	cr_assert_not(irq_needs_eoi(&irq_dom0, (uint32_t)pirq));

	cr_assert_eq(pirq_unmap(&irq_dom0, pirq), 0);
	cr_assert_eq(irq_msix_word(2, 3) & 1, 1);
}

Test(irq_pirq, an_msix_message_is_mapped_once)
{
	struct msi_request r = msix_request(1);
	int32_t a = -1, b = -1;

	cr_assert_eq(pirq_map_msi(&irq_dom0, &r, &a), 0);
	cr_assert_eq(pirq_map_msi(&irq_dom0, &r, &b), -EEXIST);
	r = msix_request(3);
	cr_assert_eq(pirq_map_msi(&irq_dom0, &r, &b), 0);
	cr_assert_neq(a, b);
	/* Both entries lie in one page, which is mapped once. */
	cr_assert_eq(bus_ioremap_count, 2);
}

Test(irq_pirq, msix_requests_that_do_not_fit_the_device_are_refused)
{
	struct msi_request r = msix_request(5);
	int32_t pirq = -1;

	cr_assert_eq(pirq_map_msi(&irq_dom0, &r, &pirq), -EINVAL);
	r = msix_request(1);
	r.table_base += 0x1000;
	cr_assert_eq(pirq_map_msi(&irq_dom0, &r, &pirq), -EINVAL);
	r = msix_request(1);
	irq_msix_config[PCI_COMMAND] = 0;
	cr_assert_eq(pirq_map_msi(&irq_dom0, &r, &pirq), -ENXIO);
	r.dev = PLAIN_DEV;
	cr_assert_eq(pirq_map_msi(&irq_dom0, &r, &pirq), -ENODEV);
	r.dev.devfn = 0xff;
	cr_assert_eq(pirq_map_msi(&irq_dom0, &r, &pirq), -ENODEV);
	r.dev = MSIX_DEV;
	r.dev.segment = 1;
	cr_assert_eq(pirq_map_msi(&irq_dom0, &r, &pirq), -ENODEV);
	cr_assert_eq(pirq, -1);
	cr_assert_eq(fake_alloc_live, 0);
}

Test(irq_pirq, one_msi_is_programmed_in_configuration_space)
{
	struct msi_request r = msi_request(1);
	int32_t pirq = -1;
	uint8_t *c = irq_msi_config + MSI_CAP;

	cr_assert_eq(pirq_map_msi(&irq_dom0, &r, &pirq), 0);
	cr_assert_eq(*(uint32_t *)(c + 4), 0xfee00000 | BUS_APIC_ID << 12);
	cr_assert_eq(*(uint32_t *)(c + 8), 0);
	cr_assert_geq(*(uint16_t *)(c + 12), VECTOR_DEVICE_FIRST);
	cr_assert_eq(c[2] >> 4 & 7, 0);
	cr_assert_eq(c[0x10] & 1, 1);
	cr_assert_eq(irq_bind_guest(&irq_dom0, (uint32_t)pirq, false), 0);
	cr_assert_eq(c[0x10], 0xfe);
	irq_unbind_guest(&irq_dom0, (uint32_t)pirq);
	cr_assert_eq(c[0x10], 0xff);
}

Test(irq_pirq, an_msi_block_has_pirqs_and_aligned_vectors_in_a_row)
{
	struct msi_request r = msi_request(4);
	int32_t pirq = -1;
	uint8_t *c = irq_msi_config + MSI_CAP;
	uint8_t vector;

	bound(17);
	cr_assert_eq(pirq_map_msi(&irq_dom0, &r, &pirq), 0);
	vector = c[12];
	cr_assert_eq(vector % 4, 0);
	cr_assert_eq(c[2] >> 4 & 7, 2);
	for (uint32_t i = 0; i < 4; i++) {
		cr_assert_eq(irq_bind_guest(&irq_dom0, (uint32_t)pirq + i, 0),
			     0);
		irq_handle((uint8_t)(vector + i));
		cr_assert_eq(fake_pirq, (uint32_t)pirq + i);
	}
	cr_assert_eq(c[0x10], 0xf0);
	cr_assert_eq(pirq_unmap(&irq_dom0, pirq + 1), -EINVAL);
	cr_assert_eq(pirq_unmap(&irq_dom0, pirq), 0);
	for (uint32_t i = 0; i < 4; i++)
		cr_assert_eq(pirq_check(&irq_dom0, (uint32_t)pirq + i),
			     -EINVAL);
	cr_assert_eq(pirq_map_msi(&irq_dom0, &r, &pirq), 0);
	cr_assert_eq(c[12], vector);
}

Test(irq_pirq, msi_counts_that_the_device_lacks_are_refused)
{
	static const unsigned int counts[] = {0, 3, 8, 32, 64};
	int32_t pirq = -1;

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct msi_request r = msi_request(counts[i]);

		cr_assert_eq(pirq_map_msi(&irq_dom0, &r, &pirq), -EINVAL, "%u",
			     counts[i]);
	}
}

Test(irq_pirq, a_block_for_which_memory_ends_in_the_middle_leaves_nothing)
{
	struct msi_request r = msi_request(4);
	int32_t pirq = -1;

	for (unsigned int left = 0; left < 5; left++) {
		unsigned int live = fake_alloc_live;

		fake_alloc_left = left;
		cr_assert_eq(pirq_map_msi(&irq_dom0, &r, &pirq), -ENOMEM);
		/* The table of pirqs itself may stay. */
		cr_assert_leq(fake_alloc_live, live + 1);
		cr_assert_eq(pirq, -1);
		if (left > 1) {
			/* The table is there now. */
			fake_alloc_left = 4;
			break;
		}
	}
	cr_assert_eq(pirq_map_msi(&irq_dom0, &r, &pirq), 0);
	/* Its vectors were given back: the lowest block again. */
	cr_assert_eq(irq_msi_config[MSI_CAP + 12], VECTOR_DEVICE_FIRST);
}

Test(irq_pirq, vectors_may_run_out_without_harm)
{
	unsigned int got = 0;
	int32_t pirq;

	/* 176 vectors; a GSI takes its own when it is bound. */
	for (unsigned int fn = 0; fn < 5; fn++) {
		uint8_t *c = bus_add_function(1, (uint8_t)fn, 0x1001);
		int rc;

		bus_add_capability(c, MSI_CAP, PCI_CAP_MSI);
		c[MSI_CAP + 2] = 0x80 | 5 << 1;
		pirq = -1;
		rc = pirq_map_msi(
			&irq_dom0,
			&(struct msi_request){.dev = {0, 1, (uint8_t)fn},
					      .count = 32},
			&pirq);
		if (rc) {
			cr_assert_eq(rc, -ENOSPC);
			cr_assert_eq(pirq, -1);
			break;
		}
		got++;
	}
	/* 0x40..0xdf holds five aligned blocks of 32. */
	cr_assert_eq(got, 5);
	for (int32_t gsi = 0; gsi < 16; gsi++)
		bound(gsi);
	cr_assert_eq(irq_bind_guest(&irq_dom0, mapped(16), false), -ENOSPC);
	cr_assert_not(irq_line_open(16));
}

Test(irq_pirq, a_reset_device_gets_its_messages_again)
{
	struct msi_request r = msix_request(0);
	int32_t live = -1, idle = -1;
	uint32_t data;

	cr_assert_eq(pirq_map_msi(&irq_dom0, &r, &live), 0);
	cr_assert_eq(irq_bind_guest(&irq_dom0, (uint32_t)live, false), 0);
	r = msix_request(1);
	cr_assert_eq(pirq_map_msi(&irq_dom0, &r, &idle), 0);
	data = irq_msix_word(0, 2);
	for (unsigned int i = 0; i < BUS_MEMORY_BYTES / 4; i++)
		bus_memory[i] = 0;
	pirq_restore_device(MSIX_DEV);
	cr_assert_eq(irq_msix_word(0, 2), data);
	cr_assert_eq(irq_msix_word(0, 3) & 1, 0);
	cr_assert_eq(irq_msix_word(1, 3) & 1, 1);
	cr_assert_eq(irq_msix_word(2, 2), 0);
}

Test(irq_pirq, a_dying_domain_leaves_nothing_open)
{
	struct msi_request r = msix_request(0);
	int32_t pirq = -1;

	bound(17);
	bound(5);
	cr_assert_eq(pirq_map_msi(&irq_dom0, &r, &pirq), 0);
	cr_assert_eq(irq_bind_guest(&irq_dom0, (uint32_t)pirq, false), 0);
	cr_assert_eq(irq_kill(&irq_dom0), 0);
	irq_free(&irq_dom0);
	cr_assert_not(irq_line_open(17));
	cr_assert_not(irq_line_open(5));
	cr_assert_eq(irq_msix_word(0, 3) & 1, 1);
	cr_assert_eq(fake_alloc_live, 0);
	cr_assert_eq(irq_kill(&irq_domu), 0);
	irq_free(&irq_domu);
}

Test(irq_pirq, free_numbers_are_found_where_they_belong)
{
	mapped(16);
	cr_assert_eq(pirq_find_free(&irq_dom0, false), 17);
	cr_assert_eq(pirq_find_free(&irq_dom0, true), IRQ_NR_PIRQS - 1);
}
