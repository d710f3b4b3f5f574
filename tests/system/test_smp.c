/* SPDX-License-Identifier: MIT */
/*
 * Several processors: guests run on all of them at once, come and go, and leave
 * nothing behind; the ways that stop one machine stop all its processors;
 * pools of processors, and the policy that gives each vCPU one of its own.
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

/* The guest "ticker" gets further. */
static void ticks_on(struct machine *m)
{
	suite_run(
		m, 90,
		"log=/var/log/vane/ticker.log; n=$(grep -c tick $log); "
		"await 60 sh -c \"[ \\$(grep -c tick $log) -gt $((n + 3)) ]\"");
}

/* What `pool` (tests/system/programs) is asked, and says. */
static void pool(struct machine *m, const char *words, const char *answer)
{
	const char *said = suite_run(m, 20, "/data/tests/pool %s || :", words);

	if (strcmp(said, answer))
		suite_fail(m, "pool %s: \"%s\" instead of \"%s\"", words, said,
			   answer);
}

Test(smp, a_guest_moves_into_a_pool_of_processors_and_runs_on)
{
	struct machine *m = suite_machine(&four);

	suite_no_guests(m);
	suite_run(m, 120, "vane create /etc/vane/ticker.cfg");
	suite_guest_line(m, "ticker", 200, "tick 3");
	suite_run(m, 20, "vane domid ticker >/run/ticker");
	pool(m, "create share", "1");
	pool(m, "move 1 $(cat /run/ticker)", "ENODEV");
	pool(m, "add 1 3", "EBUSY");
	pool(m, "remove 0 3", "");
	pool(m, "add 1 9", "ENODEV");
	pool(m, "add 1 3", "");
	pool(m, "move 1 $(cat /run/ticker)", "");
	pool(m, "info 1", "domains 1 cpus 8");
	ticks_on(m);
	/* Nothing that would leave it, or domain zero, without a processor. */
	pool(m, "destroy 1", "EBUSY");
	pool(m, "remove 1 3", "EBUSY");
	pool(m, "move 1 0", "EPERM");
	pool(m, "remove 0 1", "");
	pool(m, "remove 0 2", "");
	pool(m, "remove 0 0", "EBUSY");
	pool(m, "destroy 0", "EBUSY");
	ticks_on(m);
	pool(m, "add 1 2", "");
	pool(m, "remove 1 3", "");
	ticks_on(m);
	pool(m, "add 0 1", "");
	pool(m, "move 0 $(cat /run/ticker)", "");
	ticks_on(m);
	pool(m, "destroy 1", "EBUSY");
	pool(m, "remove 1 2", "");
	pool(m, "destroy 1", "");
	pool(m, "info 1", "ENOENT");
	pool(m, "add 0 2", "");
	pool(m, "add 0 3", "");
	pool(m, "info 0", "domains 2 cpus 15");
	suite_run(m, 60, "vane destroy ticker");
	suite_guest_gone(m, "ticker", 60);
	suite_done(m);
}

Test(smp, with_the_policy_null_who_finds_no_processor_waits_for_one)
{
	struct machine_config c = four;
	struct machine *m;

	c.name = "smp-null";
	c.hypervisor_options =
		"dom0_mem=768M dom0_max_vcpus=2 maxcpus=4 sched=null";
	m = suite_machine(&c);
	suite_no_guests(m);
	suite_guest_up(m, "stock");
	suite_run(m, 120, "vane create /etc/vane/ticker.cfg");
	suite_guest_line(m, "ticker", 200, "tick 3");
	suite_run(m, 120, "vane create /etc/vane/clock.cfg");
	ticks_on(m);
	/* Four processors, four vCPUs: the fifth has not run at all. */
	suite_run(
		m, 20,
		"[ $(vane list | awk '$1 == \"clock\" { print $NF }') = 0.0 ]");
	suite_run(m, 60, "vane destroy ticker");
	suite_guest_line(m, "clock", 200, "guest: ready");
	suite_no_guests(m);
	machine_kill(m);
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
		.hypervisor_options = "dom0_mem=512M dom0_max_vcpus=2 "
				      "maxcpus=8 provoke nonsense=1",
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
