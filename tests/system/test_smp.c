/* SPDX-License-Identifier: MIT */
/*
 * Several processors: guests run on all of them at once, come and go, and leave
 * nothing behind; the ways that stop one machine stop all its processors.
 */
#include <stdio.h>
#include <string.h>

#include "tests/system/suite.h"

static const struct machine_config four = {
	.name = "smp",
	.cpus = 4,
	.memory_mib = 2048,
	.hypervisor_options = "dom0_mem=768M dom0_max_vcpus=2 maxcpus=4",
};

static const char *const names[] = {"stock", "ticker", "clock"};

#define NAMES (sizeof(names) / sizeof(names[0]))

Test(smp, guests_run_on_all_processors_and_leave_nothing)
{
	struct machine *m = suite_machine(&four);
	char before[SUITE_TEXT];
	unsigned int i, round;

	suite_run(m, 20, "test $(nproc) = 2");
	suite_no_guests(m);
	/* The first of its kind leaves caches. */
	suite_guest_up(m, names[0]);
	suite_run(m, 60, "vane destroy %s", names[0]);
	suite_guest_gone(m, names[0], 60);
	snprintf(before, sizeof(before), "%s", suite_resources(m));
	for (round = 0; round < 2; round++) {
		for (i = 0; i < NAMES; i++)
			suite_run(m, 120, "vane create /etc/vane/%s.cfg",
				  names[i]);
		for (i = 0; i < NAMES; i++)
			suite_run(m, 60, "vane pause %s && vane unpause %s",
				  names[i], names[i]);
		for (i = 0; i < NAMES; i++) {
			suite_run(m, 60, "vane destroy %s", names[i]);
			suite_guest_gone(m, names[i], 60);
		}
	}
	if (strcmp(before, suite_resources(m)))
		suite_fail(m, "was:\n%s\nis:\n%s", before, suite_resources(m));
	suite_done(m);
}

/* A restart stops the other processors first. */
Test(smp, four_processors_start_again)
{
	struct machine_config c = four;
	struct machine *m;

	c.name = "smp-restart";
	c.reboots = true;
	m = machine_boot(&c);
	if (!m)
		suite_fail(NULL, "%s", machine_error());
	machine_leave_prompt(m);
	machine_send(m, "reboot\n");
	if (machine_expect(m, "dom0: ready", 300) || machine_check_log(m))
		suite_fail(m, "%s", machine_error());
	machine_kill(m);
}

/*
 * The firmware promises a fifth CPU (the option `provoke` adds it to the
 * table), which never answers. What there is, is told with its kinship.
 */
Test(smp, a_processor_that_does_not_come_is_left_out)
{
	static const struct machine_config c = {
		.name = "smp-missing",
		.machine = "q35",
		.cpus = 4,
		.hypervisor_options =
			"dom0_mem=512M maxcpus=8 provoke nonsense=1",
		.args = {"-smp", "sockets=1,cores=2,threads=2"},
	};
	struct machine *m = machine_boot(&c);

	if (!m)
		suite_fail(NULL, "%s", machine_error());
	suite_run(m, 20,
		  "vane dmesg | grep 'CPU with APIC ID 253: left out: no "
		  "answer'");
	suite_run(m, 20,
		  "vane dmesg | grep '\"nonsense=1\" is not understood'");
	suite_run(m, 20, "vane info | grep '^nr_cpus  *: 4$'");
	suite_run(m, 20, "vane info | grep '^cores_per_socket  *: 2$'");
	suite_run(m, 20, "vane info | grep '^threads_per_core  *: 2$'");
	suite_power_off(m);
}
