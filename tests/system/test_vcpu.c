/* SPDX-License-Identifier: MIT */
/*
 * Virtual CPUs of guests that run, and of domain zero: brought online and taken
 * away, pinned, moved between pools of CPUs; and what is said when the guest
 * does not answer, or a daemon dies meanwhile.
 */
#include <stdio.h>
#include <string.h>

#include "tests/system/suite.h"

static const struct machine_config four = {
	.name = "vcpu",
	.cpus = 4,
	.memory_mib = 2048,
	.hypervisor_options = "dom0_mem=768M dom0_max_vcpus=2 maxcpus=4",
};

static struct machine *m;

static void begin(void)
{
	m = suite_machine(&four);
	suite_no_guests(m);
}

static void end(void)
{
	suite_no_guests(m);
	suite_done(m);
}

TestSuite(vcpu, .init = begin, .fini = end, .timeout = 3600);

static void prints(const char *expected, const char *command)
{
	const char *out = suite_run(m, 120, "%s 2>&1", command);

	if (strcmp(out, expected) != 0)
		suite_fail(m, "%s: wanted '%s': '%s'", command, expected, out);
}

static void fails(int status, const char *words, const char *command)
{
	char ending[32];
	const char *out = suite_run(m, 120, "%s 2>&1; echo status $?", command);

	snprintf(ending, sizeof(ending), "status %d", status);
	if (!strstr(out, ending) || !strstr(out, words))
		suite_fail(m, "%s: wanted status %d and '%s': '%s'", command,
			   status, words, out);
}

/* Waits until a program of awk's is content with `vane vcpu-list four`. */
static void await_list(const char *condition)
{
	suite_run(m, machine_scaled(60) + 20,
		  "await %u sh -c \"vane vcpu-list four | awk '%s'\" || "
		  "{ vane vcpu-list four; false; }",
		  machine_scaled(60), condition);
}

/* The last that the guest said of itself; its role is named cpus. */
static void await_inside(unsigned int count)
{
	suite_run(m, machine_scaled(60) + 20,
		  "await %u sh -c \"grep -a 'cpus: change' "
		  "/var/log/vane/four.log | tail -n 1 | "
		  "grep -q ', %u online'\" || "
		  "{ tail -n 5 /var/log/vane/four.log; false; }",
		  machine_scaled(60), count);
}

/* Its kernel starts all four, and then takes three down again. */
static void four_is_up(void)
{
	suite_guest_up(m, "four");
	await_inside(1);
}

Test(vcpu, a_guests_cpus_come_and_go)
{
	static const unsigned int counts[] = {4, 2, 4};
	char command[64], expected[64];

	four_is_up();
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		snprintf(command, sizeof(command), "vane vcpu-set -w four %u",
			 counts[i]);
		snprintf(expected, sizeof(expected),
			 "four: %u of 4 virtual CPUs online", counts[i]);
		prints(expected, command);
		await_inside(counts[i]);
		suite_run(
			m, 20,
			"test $(vane list four | awk 'END { print $4 }') = %u",
			counts[i]);
	}
	fails(1, "5 virtual CPUs are more than its maximum of 4",
	      "vane vcpu-set four 5");
	/* The number holds for its next life too. */
	suite_run(m, 60, "vane vcpu-set -w four 3");
	suite_run(m, 120,
		  "old=$(vane domid four); vane reboot -w four; "
		  "await 60 sh -c 'new=$(vane domid four 2>/dev/null) "
		  "&& [ $new != '$old' ]'");
	prints("online online online offline",
	       "d=/local/domain/$(vane domid four)/cpu; echo $(for i in 0 1 2 "
	       "3; do vane store read $d/$i/availability; done)");
}

Test(vcpu, a_pinned_cpu_runs_where_it_is_pinned)
{
	four_is_up();
	suite_run(m, 60, "vane vcpu-set -w four 4");
	suite_run(m, 20, "for v in 0 1 2 3; do vane vcpu-pin four $v $v; done");
	await_list("NR > 1 && \\$4 != \\$3 { bad = 1 } END { exit bad }");
	suite_run(m, 20,
		  "for v in 0 1 2 3; do "
		  "vane vcpu-pin four $v $((3 - v)); done");
	await_list("NR > 1 && \\$4 != 3 - \\$3 { bad = 1 } END { exit bad }");
	suite_run(m, 20, "vane vcpu-pin four all 1-2 2");
	await_list("NR > 1 && (\\$4 < 1 || \\$4 > 2) { bad = 1 } "
		   "END { exit bad }");
	prints("1-2 / 2", "vane vcpu-list four | awk 'END { print $7,$8,$9 }'");
	suite_run(m, 20, "vane vcpu-pin four 0 - all");
	prints("1-2 / all",
	       "vane vcpu-list four | awk 'NR == 2 { print $7,$8,$9 }'");
	/* What is refused changes nothing. */
	fails(1, "this machine has CPUs 0-3", "vane vcpu-pin four all 4");
	fails(1, "has no virtual CPU 4", "vane vcpu-pin four 4 0");
	prints("1-2 / all",
	       "vane vcpu-list four | awk 'NR == 2 { print $7,$8,$9 }'");
	suite_run(m, 20,
		  "grep -q '^cpus = \\[\"1-2\"\\]' "
		  "/run/vane/domains/$(vane domid four).cfg");
}

Test(vcpu, a_guest_moves_between_pools)
{
	four_is_up();
	suite_run(m, 20, "vane vcpu-set -w four 2");
	fails(1, "CPU 3 is in pool 'Pool-0'",
	      "vane cpupool-create fast cpus=3");
	suite_run(m, 20, "vane cpupool-cpu-remove Pool-0 2-3");
	suite_run(m, 20, "vane cpupool-create fast cpus=3 sched=credit");
	fails(1, "there is a pool 'fast' already",
	      "vane cpupool-create fast cpus=2");
	prints("0,1 fast 3",
	       "echo $(vane cpupool-list -c | awk 'NR == 2 { print $2 } "
	       "NR == 3 { print $1, $2 }')");
	suite_run(m, 20, "vane cpupool-migrate four fast");
	await_list("NR > 1 && \\$4 != 3 && \\$4 != \\\"-\\\" { bad = 1 } "
		   "END { exit bad }");
	/* It runs there: what it is asked for, it does. */
	suite_run(m, 120, "vane vcpu-set -w four 3");
	fails(1, "pool 'fast' has 1 domain", "vane cpupool-destroy fast");
	fails(1, "would have no CPU left for its 1 domain",
	      "vane cpupool-cpu-remove fast 3");
	fails(1, "runs in pool 'fast', which has CPUs 3",
	      "vane vcpu-pin four 0 0");
	suite_run(m, 20, "vane cpupool-rename fast quick");
	suite_run(m, 20,
		  "grep -q '^pool = \"quick\"' "
		  "/run/vane/domains/$(vane domid four).cfg");
	suite_run(m, 20, "vane cpupool-migrate four Pool-0");
	suite_run(m, 20, "vane cpupool-destroy quick");
	/* One that is made in a pool is there from its first instruction. */
	suite_run(m, 20, "vane cpupool-create slow cpus=2");
	suite_run(m, 60, "vane create -p /etc/vane/micro.cfg pool=slow");
	prints("slow", "vane list -c micro | awk 'END { print $NF }'");
	suite_run(m, 60, "vane destroy micro");
	suite_guest_gone(m, "micro", 60);
	suite_run(m, 20, "vane cpupool-destroy slow");
	suite_run(m, 20, "vane cpupool-cpu-add Pool-0 all");
	prints("0,1,2,3", "vane cpupool-list -c | awk 'END { print $NF }'");
}

Test(vcpu, daemons_may_die_meanwhile)
{
	four_is_up();
	suite_run(m, 120,
		  "vane vcpu-set -w four 4 & "
		  "kill -9 $(pidof vane-stored); wait $!");
	suite_run(m, 120,
		  "vane vcpu-set -w four 2 & kill -9 $(pidof vaned); wait $!");
	prints("2", "vane list four | awk 'END { print $4 }'");
}

Test(vcpu, who_is_paused_is_asked_and_not_waited_for)
{
	suite_run(m, 60, "vane create -p /etc/vane/micro.cfg maxvcpus=2");
	fails(0, "it is asked for 2 when it goes on",
	      "vane vcpu-set -w micro 2");
}

Test(vcpu_boot, domain_zero_is_pinned_when_the_command_line_says_so)
{
	struct machine_config c = four;
	const char *out;

	c.name = "vcpu-pin";
	c.hypervisor_options = "dom0_mem=512M dom0_max_vcpus=3 maxcpus=2 "
			       "dom0_vcpus_pin";
	c.cpus = 2;
	m = machine_boot(&c);
	if (!m)
		suite_fail(NULL, "%s", machine_error());
	out = suite_run(m, 30,
			"echo $(vane vcpu-list 0 | "
			"awk 'NR > 1 { print $7 }')");
	if (strcmp(out, "0 1 0") != 0)
		suite_fail(m, "pinned to %s", out);
	suite_power_off(m);
}

Test(vcpu, domain_zero_has_less_and_more)
{
	prints("Domain-0: 1 of 2 virtual CPUs online", "vane vcpu-set -w 0 1");
	prints("1", "nproc");
	prints("Domain-0: 2 of 2 virtual CPUs online", "vane vcpu-set -w 0 2");
	suite_run(m, 30, "await 60 sh -c 'test $(nproc) = 2'");
	fails(1, "the hypervisor's dom0_max_vcpus=", "vane vcpu-set 0 3");
}
