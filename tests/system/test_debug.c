/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor with its checks (build/debug/paravane): a lock taken out of
 * order, needed and not held, or held on the way back to a guest is a panic.
 * Four processors, and what takes most kinds of locks: a guest with a disk and
 * a card comes and goes, devices' interrupts, a pool's parameters, a vCPU that
 * is moved about.
 */
#include <string.h>

#include "tests/system/suite.h"

static const struct machine_config checked = {
	.name = "debug",
	.cpus = 4,
	.memory_mib = 2048,
	.hypervisor = "build/debug/paravane",
	.hypervisor_options = "dom0_mem=768M dom0_max_vcpus=2 maxcpus=4",
};

/* Only a build with checks counts how often a lock was taken. */
static void expect_taken(struct machine *m, const char *kind)
{
	suite_run(m, 30,
		  "vane dmesg | grep -q 'locks: %s taken [1-9]' || "
		  "{ vane dmesg | grep locks:; false; }",
		  kind);
}

Test(debug, locks_are_taken_in_order_while_a_guest_comes_and_goes)
{
	static const char *const kinds[] = {
		"domctl", "pool",  "domain",  "irq",   "grant",
		"event",  "raise", "pages",   "sched", "timer",
		"device", "heap",  "console",
	};
	struct machine *m = suite_machine(&checked);
	unsigned int i;

	suite_no_guests(m);
	suite_run(m, 20, "truncate -s 64M /data/disks/scratch.img");
	suite_run(m, 10, "rm -f /var/log/vane/tcp.log");
	suite_run(m, 120,
		  "vane create /etc/vane/tcp.cfg vcpus=2 "
		  "'disk=[\"/data/disks/scratch.img,raw,xvda,w\"]'");
	suite_guest_line(m, "tcp", 180, "tcp: listening");
	suite_run(m, 120, "/data/tests/tcp-both-ways 10.0.0.13 5");
	suite_run(m, 60, "vane sched tcp weight=300 cap=100");
	suite_run(m, 60, "vane pause tcp && vane unpause tcp");
	suite_run(m, 60, "vane block-detach tcp xvda");
	suite_run(m, 60, "vane destroy tcp");
	suite_guest_gone(m, "tcp", 60);
	suite_run(m, 30, "vane debug-keys l");
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		expect_taken(m, kinds[i]);
	suite_done(m);
}
