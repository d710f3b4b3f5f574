/* SPDX-License-Identifier: MIT */
/* Guests' port accesses: hypervisor/x86/ports.c. */
#include "fake/rename.h"
#include <criterion/criterion.h>
#include <errno.h>
#include "domain/domain.h"
#include "fake/bus.h"
#include "x86/ports.h"

static struct domain dom0 = {.privileged = true};
static struct domain domu = {.id = 4};

TestSuite(x86_ports, .init = bus_reset);

static uint32_t in(struct domain *d, uint16_t port, unsigned int size)
{
	uint32_t v = 0x5a5a5a5a;

	cr_assert_eq(port_read(d, port, size, &v), 0);
	return v;
}

static void out(struct domain *d, uint16_t port, unsigned int size, uint32_t v)
{
	cr_assert_eq(port_write(d, port, size, v), 0);
}

Test(x86_ports, a_guest_reads_ones_and_writes_into_the_void)
{
	bus_ports[0x1f0] = 0x12;
	cr_assert_eq(in(&domu, 0x1f0, 1), 0xff);
	cr_assert_eq(in(&domu, 0x1f0, 2), 0xffff);
	cr_assert_eq(in(&domu, 0xcfc, 4), 0xffffffff);
	out(&domu, 0x1f0, 1, 0x34);
	out(&domu, 0xcf8, 4, 0x80000000);
	cr_assert_eq(bus_out_count, 0);
}

Test(x86_ports, domain_zero_reaches_the_machine)
{
	bus_ports[0x1f0] = 0x12;
	bus_ports[0x1f1] = 0x34;
	cr_assert_eq(in(&dom0, 0x1f0, 2), 0x3412);
	out(&dom0, 0x1f0, 4, 0x11223344);
	cr_assert_eq(bus_ports[0x1f3], 0x11);
}

Test(x86_ports, an_odd_width_is_refused)
{
	uint32_t v;

	cr_assert_eq(port_read(&dom0, 0x80, 3, &v), -EINVAL);
	cr_assert_eq(port_read(&domu, 0x80, 0, &v), -EINVAL);
	cr_assert_eq(port_write(&dom0, 0x80, 8, 0), -EINVAL);
}

static const struct {
	uint16_t port;
	unsigned int size;
} kept[] = {
	{0x20, 1},  {0x21, 1},	{0xa0, 1},  {0xa1, 1},	 {0x40, 1},
	{0x41, 1},  {0x92, 1},	{0xf0, 1},  {0x4d0, 1},	 {0x4d1, 1},
	{0xcf9, 1}, {0xcf8, 1}, {0xcf8, 2}, {0xcfa, 2},	 {0x1e, 4},
	{0x1f, 2},  {0x3e, 4},	{0xcf5, 4}, {0xcfd, 4},	 {0x70, 2},
	{0x6f, 2},  {0x42, 2},	{0xcf9, 4}, {0xffff, 2}, {0x91, 2},
};

Test(x86_ports, kept_ports_are_ones_and_untouched_also_from_the_side)
{
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		uint32_t ones =
			kept[i].size == 4 ? ~0u : (1u << 8 * kept[i].size) - 1;

		cr_assert_eq(in(&dom0, kept[i].port, kept[i].size), ones,
			     "port %#x", kept[i].port);
		out(&dom0, kept[i].port, kept[i].size, 0);
		cr_assert_eq(bus_out_count, 0, "port %#x", kept[i].port);
	}
}

Test(x86_ports, more_ports_can_be_kept)
{
	out(&dom0, 0x3f8, 1, 'x');
	cr_assert_eq(bus_out_count, 1);
	ports_protect(0x3f8, 8);
	out(&dom0, 0x3f8, 1, 'x');
	out(&dom0, 0x3ff, 1, 'x');
	out(&dom0, 0x3f6, 4, 0);
	cr_assert_eq(bus_out_count, 1);
	cr_assert_eq(in(&dom0, 0x3fd, 1), 0xff);
	out(&dom0, 0x3f7, 1, 'x');
	out(&dom0, 0x400, 1, 'x');
	cr_assert_eq(bus_out_count, 3);
}

Test(x86_ports, pci_s_two_steps_are_done_together)
{
	uint8_t *config = bus_add_function(0, 0x10, 0x1af4);

	config[0x3c] = 11;
	out(&dom0, 0xcf8, 4, 0x80001000);
	/* The chip hears of the address with the data only. */
	cr_assert_eq(bus_out_count, 0);
	cr_assert_eq(in(&dom0, 0xcf8, 4), 0x80001000);
	cr_assert_eq(in(&dom0, 0xcfc, 2), 0x1af4);
	out(&dom0, 0xcf8, 4, 0x8000103c);
	/* Ours in between does not disturb. */
	bus_out(0xcf8, 4, 0x80ffff00);
	cr_assert_eq(in(&dom0, 0xcfc, 1), 11);
	out(&dom0, 0xcfd, 1, 0x77);
	cr_assert_eq(config[0x3d], 0x77);
	out(&dom0, 0xcfc, 4, 0x01020304);
	cr_assert_eq(config[0x3f], 1);
}

Test(x86_ports, pci_s_data_needs_an_enabled_address)
{
	bus_add_function(0, 0, 0x1af4);
	out(&dom0, 0xcf8, 4, 0);
	cr_assert_eq(in(&dom0, 0xcfc, 4), 0xffffffff);
	out(&dom0, 0xcfc, 4, 0);
	cr_assert_eq(bus_out_count, 0);
}

Test(x86_ports, the_cmos_s_two_steps_are_done_together)
{
	bus_cmos[0x32] = 0x20;
	bus_cmos[0x09] = 0x24;
	out(&dom0, 0x70, 1, 0x80 | 0x32);
	cr_assert_eq(bus_out_count, 0);
	bus_out(0x70, 1, 0x09);
	cr_assert_eq(in(&dom0, 0x71, 1), 0x20);
	out(&dom0, 0x71, 1, 0x19);
	cr_assert_eq(bus_cmos[0x32], 0x19);
	cr_assert_eq(in(&dom0, 0x70, 1), 0xff);
}

Test(x86_ports, of_the_pit_only_the_speaker_s_channel)
{
	out(&dom0, 0x43, 1, 0x34);
	out(&dom0, 0x43, 1, 0x74);
	/* Read-back of every channel. */
	out(&dom0, 0x43, 1, 0xc2);
	cr_assert_eq(bus_out_count, 0);
	out(&dom0, 0x43, 1, 0xb6);
	cr_assert_eq(bus_ports[0x43], 0xb6);
	out(&dom0, 0x42, 1, 0x11);
	cr_assert_eq(bus_ports[0x42], 0x11);
	bus_ports[0x61] = 0x3c;
	out(&dom0, 0x61, 1, 0xf3);
	cr_assert_eq(bus_ports[0x61], 0x0f);
	cr_assert_eq(in(&dom0, 0x61, 1), 0x0f);
}
