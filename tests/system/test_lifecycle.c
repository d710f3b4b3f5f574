/* SPDX-License-Identifier: MIT */
/*
 * A guest's life by `vane`: created, listed, paused, rebooted, shut down,
 * crashed, destroyed; and what it leaves behind, which is nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/system/suite.h"

static struct machine *m;

static void begin(void)
{
	m = suite_machine(&machine_default);
	suite_no_guests(m);
}

static void end(void)
{
	suite_no_guests(m);
	suite_done(m);
}

TestSuite(lifecycle, .init = begin, .fini = end);

/* The state column of `vane list`. */
static const char *state(const char *name)
{
	return suite_run(m, 20, "vane list | awk '$1 == \"%s\" { print $5 }'",
			 name);
}

static long domid(const char *name)
{
	return strtol(suite_run(m, 20,
				"vane list | awk '$1 == \"%s\" { print $2 }'",
				name),
		      NULL, 10);
}

Test(lifecycle, a_stock_guest_from_a_compressed_kernel_boots_and_shuts_down)
{
	suite_guest_up(m, "stock-xz");
	suite_run(m, 30, "vane shutdown stock-xz");
	suite_guest_gone(m, "stock-xz", 60);
}

Test(lifecycle, a_guest_is_paused_and_goes_on)
{
	long before, after;

	suite_guest_up(m, "ticker");
	suite_guest_line(m, "ticker", 60, "tick 2");
	suite_run(m, 20, "vane pause ticker");
	if (!strchr(state("ticker"), 'p'))
		suite_fail(m, "paused, but its state is '%s'", state("ticker"));
	/* What it printed before is drained first; then nothing may come. */
	before = strtol(suite_run(m, 20,
				  "usleep 500000; "
				  "wc -c </var/log/vane/ticker.log"),
			NULL, 10);
	after = strtol(
		suite_run(m, 20, "sleep 2; wc -c </var/log/vane/ticker.log"),
		NULL, 10);
	if (before != after)
		suite_fail(m, "a paused guest printed %ld bytes",
			   after - before);
	suite_run(m, 20, "vane unpause ticker");
	suite_run(m, 60,
		  "await 60 sh -c '[ $(wc -c </var/log/vane/ticker.log) -gt "
		  "%ld ]'",
		  after);
	suite_run(m, 20, "vane destroy ticker");
	suite_guest_gone(m, "ticker", 30);
}

Test(lifecycle, a_guest_reboots_as_a_new_domain)
{
	long first, second;

	suite_guest_up(m, "stock");
	first = domid("stock");
	suite_run(m, 30, "vane reboot stock");
	suite_run(
		m, 260,
		"await 240 sh -c "
		"'[ $(grep -c \"guest: ready\" /var/log/vane/stock.log) = 2 ]'"
		" || { vane list; tail -n 5 /var/log/vane/stock.log; false; }");
	second = domid("stock");
	if (second <= first)
		suite_fail(m, "domain %ld became domain %ld", first, second);
	suite_run(m, 20, "vane destroy stock");
	suite_guest_gone(m, "stock", 30);
}

Test(lifecycle, who_waits_for_a_shutdown_may_create_it_again_at_once)
{
	suite_run(m, 240,
		  "for i in 1 2 3; do vane create /etc/vane/ticker.cfg && "
		  "await %u grep -q 'tick 1' /var/log/vane/ticker.log && "
		  "rm /var/log/vane/ticker.log && "
		  "vane shutdown -w ticker && ! vane list ticker 2>/dev/null "
		  "|| exit 1; done",
		  machine_scaled(60));
	/* Of one that is kept, the end is that it has shut down. */
	suite_run(m, 120,
		  "vane create /etc/vane/ticker.cfg "
		  "'on_poweroff=\"preserve\"' && "
		  "await %u grep -q 'tick 1' /var/log/vane/ticker.log && "
		  "vane shutdown -w ticker",
		  machine_scaled(60));
	if (!strchr(state("ticker"), 's'))
		suite_fail(m, "kept, but its state is '%s'", state("ticker"));
	suite_run(m, 20, "vane destroy ticker");
	suite_guest_gone(m, "ticker", 30);
}

Test(lifecycle, who_waits_for_a_reboot_finds_the_new_domain)
{
	long before;

	suite_guest_up(m, "ticker");
	suite_guest_line(m, "ticker", 60, "tick 1");
	before = domid("ticker");
	suite_run(m, 120, "vane reboot -w ticker");
	if (domid("ticker") <= before)
		suite_fail(m,
			   "'vane reboot -w' came back, and domain %ld is "
			   "not followed by one: %ld",
			   before, domid("ticker"));
	suite_run(m, 20, "vane destroy ticker");
	suite_guest_gone(m, "ticker", 30);
}

Test(lifecycle, a_guest_that_crashes_is_seen_and_removed)
{
	machine_tolerate(m, "crash");
	suite_guest_up(m, "crasher");
	suite_guest_gone(m, "crasher", 60);
	suite_run(m, 20, "grep -q 'Kernel panic' /var/log/vane/crasher.log");
}

Test(lifecycle, destroy_leaves_nothing)
{
	char before[SUITE_TEXT];

	snprintf(before, sizeof(before), "%s", suite_resources(m));
	suite_guest_up(m, "stock");
	suite_run(m, 20, "vane destroy stock");
	suite_guest_gone(m, "stock", 30);
	if (strcmp(before, suite_resources(m)))
		suite_fail(m, "before:\n%s\nafter:\n%s", before,
			   suite_resources(m));
}

Test(lifecycle, destroy_in_the_middle_of_io_leaves_nothing)
{
	char before[SUITE_TEXT];

	suite_run(m, 20, "truncate -s 64M /data/disks/scratch.img");
	snprintf(before, sizeof(before), "%s", suite_resources(m));
	suite_guest_up(m, "writer");
	suite_guest_line(m, "writer", 60, "writer: round 1");
	suite_run(m, 20, "vane destroy writer");
	suite_guest_gone(m, "writer", 60);
	/* The backends let go of the disk when their last request is done. */
	suite_run(m, 60, "await 60 sh -c '! losetup -a | grep -q scratch'");
	if (strcmp(before, suite_resources(m)))
		suite_fail(m, "before:\n%s\nafter:\n%s", before,
			   suite_resources(m));
}

Test(lifecycle, a_hundred_micro_guests_leave_free_memory_as_it_was)
{
	char before[SUITE_TEXT];

	/* The first one may let the daemons and kernel allocate for good. */
	suite_run(m, 60, "vane create /etc/vane/micro.cfg");
	suite_run(m, 20, "vane destroy micro");
	suite_guest_gone(m, "micro", 30);
	snprintf(before, sizeof(before), "%s", suite_resources(m));
	suite_run(m, 400,
		  "for i in $(seq 100); do "
		  "vane create /etc/vane/micro.cfg || exit; "
		  "vane destroy micro || exit; done");
	suite_guest_gone(m, "micro", 30);
	if (strcmp(before, suite_resources(m)))
		suite_fail(m, "before:\n%s\nafter:\n%s", before,
			   suite_resources(m));
}
