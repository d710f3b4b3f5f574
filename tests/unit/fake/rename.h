/* SPDX-License-Identifier: MIT */
/*
 * Included first, this gives a subject under test, its neighbours and the
 * machine names of their own (ut_...). All pure sources link into one binary,
 * where a subject would meet its real neighbours; its suite instead compiles
 * a copy of it that meets simple fakes (fake/neighbours.c, fake/bus.c,
 * fake/clock.c), whose answers a test can choose. The copies are made by the
 * under_test.c of each folder.
 */
#ifndef FAKE_RENAME_H
#define FAKE_RENAME_H

/* What the subjects ask of other subsystems. */
#define event_send_pirq	       ut_event_send_pirq
#define event_send_global_virq ut_event_send_global_virq
#define hv_alloc	       ut_hv_alloc
#define hv_free		       ut_hv_free
#define guest_read	       ut_guest_read
#define guest_write	       ut_guest_write
#define domain_put	       ut_domain_put
#define domain_find_for	       ut_domain_find_for
#define domain_next	       ut_domain_next
#define hypercall_lacking      ut_hypercall_lacking

/* What they ask of the machine. */
#define time_now_ns	    ut_time_now_ns
#define clock_origin	    ut_clock_origin
#define clock_scale	    ut_clock_scale
#define clock_event_program ut_clock_event_program
#define apic_eoi	    ut_apic_eoi
#define apic_destination    ut_apic_destination
#define apic_cpu_count	    ut_apic_cpu_count
#define apic_cpu_ids	    ut_apic_cpu_ids
#define ioremap		    ut_ioremap
#define machine_power_off   ut_machine_power_off

/* The subjects. */
#define irq_init	      ut_irq_init
#define irq_reserve_gsi	      ut_irq_reserve_gsi
#define irq_domain_init	      ut_irq_domain_init
#define irq_kill	      ut_irq_kill
#define irq_free	      ut_irq_free
#define irq_handle	      ut_irq_handle
#define irq_bind_guest	      ut_irq_bind_guest
#define irq_unbind_guest      ut_irq_unbind_guest
#define irq_guest_eoi	      ut_irq_guest_eoi
#define irq_needs_eoi	      ut_irq_needs_eoi
#define irq_dump	      ut_irq_dump
#define hypercall_physdev_op  ut_hypercall_physdev_op
#define pirq_map_gsi	      ut_pirq_map_gsi
#define pirq_map_msi	      ut_pirq_map_msi
#define pirq_unmap	      ut_pirq_unmap
#define pirq_restore_device   ut_pirq_restore_device
#define pirq_setup_gsi	      ut_pirq_setup_gsi
#define pirq_find_free	      ut_pirq_find_free
#define pirq_check	      ut_pirq_check
#define ioapic_init	      ut_ioapic_init
#define ioapic_gsi_count      ut_ioapic_gsi_count
#define ioapic_isa_gsi	      ut_ioapic_isa_gsi
#define ioapic_gsi_default    ut_ioapic_gsi_default
#define ioapic_route	      ut_ioapic_route
#define ioapic_route_nmi      ut_ioapic_route_nmi
#define ioapic_mask	      ut_ioapic_mask
#define ioapic_unmask	      ut_ioapic_unmask
#define ioapic_read_register  ut_ioapic_read_register
#define ioapic_paddr	      ut_ioapic_paddr
#define msi_find	      ut_msi_find
#define msix_find	      ut_msix_find
#define msi_program	      ut_msi_program
#define msi_set_mask	      ut_msi_set_mask
#define pci_read32	      ut_pci_read32
#define pci_read16	      ut_pci_read16
#define pci_write32	      ut_pci_write32
#define pci_write16	      ut_pci_write16
#define pci_exists	      ut_pci_exists
#define pci_find_capability   ut_pci_find_capability
#define pci_memory_bar	      ut_pci_memory_bar
#define pci_data_read	      ut_pci_data_read
#define pci_data_write	      ut_pci_data_write
#define port_read	      ut_port_read
#define port_write	      ut_port_write
#define ports_protect	      ut_ports_protect
#define cmos_read	      ut_cmos_read
#define cmos_write	      ut_cmos_write
#define cmos_read_clock	      ut_cmos_read_clock
#define cmos_init_wallclock   ut_cmos_init_wallclock
#define timer_init	      ut_timer_init
#define timer_set	      ut_timer_set
#define timer_stop	      ut_timer_stop
#define timer_end	      ut_timer_end
#define timers_run	      ut_timers_run
#define timers_next	      ut_timers_next
#define time_stamp_vcpu	      ut_time_stamp_vcpu
#define time_stamp_area	      ut_time_stamp_area
#define time_update_wallclock ut_time_update_wallclock
#define time_end_wallclock    ut_time_end_wallclock
#define time_init_wallclock   ut_time_init_wallclock
#define time_check_wallclock  ut_time_check_wallclock
#define time_set_wallclock    ut_time_set_wallclock
#define time_wallclock_boot_s ut_time_wallclock_boot_s
#define hypercall_platform_op ut_hypercall_platform_op
#define log_print	      ut_log_print
#define log_print_guest	      ut_log_print_guest
#define log_guest	      ut_log_guest
#define log_set_levels	      ut_log_set_levels
#define log_attach_line	      ut_log_attach_line
#define log_flush_sync	      ut_log_flush_sync
#define log_ring_read	      ut_log_ring_read
#define log_ring_forget	      ut_log_ring_forget
#define log_dom0_to_ring      ut_log_dom0_to_ring
#define console_receive	      ut_console_receive
#define console_input_read    ut_console_input_read
#define debug_key_register    ut_debug_key_register
#define debug_key_press	      ut_debug_key_press

#endif
