/* SPDX-License-Identifier: MIT */
/*
 * The store's daemon, killed while guests live and others wait for events:
 * they go on as if nothing had happened.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/system/suite.h"

#define LOCK "/run/xenstored/socket.lock"

static struct machine *m;

static void begin(void)
{
	m = suite_machine(&machine_default);
	suite_no_guests(m);
	/* The tests start the daemon themselves, at once. */
	suite_run(m, 20, "kill $(cat /run/vane/vane-stored.supervisor); :");
}

static void end(void)
{
	suite_no_guests(m);
	suite_run(m, 90,
		  "old=$(cat " LOCK "); kill $old; "
		  "await 60 sh -c '! kill -0 '$old && start-daemons");
	suite_done(m);
}

TestSuite(store, .init = begin, .fini = end);

static void kill_and_restart(void)
{
	suite_run(m, 60,
		  "old=$(cat " LOCK "); kill -9 $old; "
		  "await 60 sh -c '! kill -0 '$old && vane-stored && "
		  "vane store read domid");
}

Test(store, guests_live_through_the_daemons_death)
{
	const char *names;

	suite_run(m, 20, "truncate -s 64M /data/disks/scratch.img");
	suite_guest_up(m, "writer");
	suite_guest_line(m, "writer", 60, "writer: round 1");
	suite_guest_up(m, "stock");
	for (int i = 0; i < 5; i++)
		kill_and_restart();
	names = suite_run(m, 20, "vane list | awk 'NR > 1 { print $1 }'");
	if (!strstr(names, "Domain-0") || !strstr(names, "writer") ||
	    !strstr(names, "stock"))
		suite_fail(m, "after five restarts there are: %s", names);
	/* Its kernel hears of the node, and answers by removing it. */
	suite_run(m, 30, "vane shutdown stock");
	suite_guest_gone(m, "stock", 60);
	/* A new one needs everybody: vaned, consoled, the kernel, the guest. */
	suite_guest_up(m, "stock");
	suite_run(m, 30, "vane shutdown stock");
	suite_guest_gone(m, "stock", 60);
	suite_run(m, 20, "vane destroy writer");
	suite_guest_gone(m, "writer", 60);
}

Test(store, a_guest_boots_while_the_daemon_dies)
{
	suite_run(m, 30, "vane create /etc/vane/stock.cfg");
	for (int i = 0; i < 5; i++)
		kill_and_restart();
	suite_guest_line(m, "stock", 180, "guest: ready");
	suite_run(m, 30, "vane shutdown stock");
	suite_guest_gone(m, "stock", 60);
}

/* vaned is stopped while the store dies and the disk's nodes are written. */
Test(store, vaned_finds_a_disk_that_came_while_it_had_no_store)
{
	suite_run(m, 20,
		  "truncate -s 1M /data/disks/loop.img; "
		  "kill -STOP $(cat /run/vane/vaned.lock)");
	kill_and_restart();
	suite_run(m, 60,
		  "vane create /etc/vane/micro.cfg "
		  "'disk=[\"/data/disks/loop.img,raw,xvda,w\"]' "
		  ">/run/create.out 2>&1 & echo $! >/run/pid; "
		  "await 60 sh -c 'vane store read /local/domain/0/backend/vbd/"
		  "$(vane domid micro)/51712/params'; s=$?; "
		  "kill -CONT $(cat /run/vane/vaned.lock); exit $s");
	suite_run(
		m, 60,
		"await 60 sh -c '! kill -0 $(cat /run/pid)'; "
		"cat /run/create.out; grep -q '^micro: domain' /run/create.out");
	suite_run(m, 20, "losetup -a | grep loop.img; vane destroy micro");
}

Test(store, watchers_are_told_once_and_go_on)
{
	suite_run(m, 20,
		  "vane store write /w/x 1; "
		  "vane store watch -n 3 /w >/tmp/watch.out & "
		  "await 60 grep -q /w /tmp/watch.out");
	kill_and_restart();
	suite_run(m, 30, "await 60 sh -c '[ $(wc -l </tmp/watch.out) = 2 ]'");
	suite_run(m, 20, "vane store write /w/x 2");
	suite_run(m, 30, "await 60 sh -c '[ $(wc -l </tmp/watch.out) = 3 ]'");
	if (strcmp(suite_run(m, 20, "cat /tmp/watch.out"), "/w\n/w\n/w/x"))
		suite_fail(m, "events: %s",
			   suite_run(m, 20, "cat /tmp/watch.out"));
	suite_run(m, 20, "vane store rm /w");
}

Test(store, quotas_are_shown_and_changed)
{
	suite_guest_up(m, "stock");
	suite_run(m, 20, "vane store quota stock nodes=4000");
	suite_run(m, 20, "vane store quota stock | grep -q 'nodes *4000 own'");
	kill_and_restart();
	suite_run(m, 20, "vane store quota stock | grep -q 'nodes *4000 own'");
	suite_run(m, 20, "vane destroy stock");
	suite_guest_gone(m, "stock", 30);
}
