/* SPDX-License-Identifier: MIT */
/*
 * What goes on while one of the daemons is missing, and what is made good when
 * it comes back. (What the commands say then are rows of docs/mistakes.md.)
 */
#include <stdio.h>
#include <string.h>

#include "tests/system/suite.h"

static struct machine *m;

static void begin(void)
{
	m = suite_machine(&machine_default);
	suite_no_guests(m);
	suite_run(m, 20, "truncate -s 1M /data/disks/loop.img");
	/* The first domain makes directories that stay. */
	suite_run(m, 60, "vane create -q -p /etc/vane/loop.cfg");
	suite_run(m, 60, "vane destroy loop");
}

static void end(void)
{
	suite_run(m, 90, "start-daemons");
	suite_no_guests(m);
	suite_done(m);
}

TestSuite(missing, .init = begin, .fini = end);

/* Ends it for good; nobody starts it again but start-daemons. */
static void stop(const char *daemon)
{
	suite_run(m, 60, ". /data/tests/mistakes.sh; stopped %s", daemon);
}

static void come_back(const char *before)
{
	suite_run(m, 90, "start-daemons");
	for (int i = 0; i < 40 && strcmp(before, suite_resources(m)); i++)
		suite_run(m, 20, "usleep 500000");
	if (strcmp(before, suite_resources(m)))
		suite_fail(m, "before:\n%s\nafter:\n%s", before,
			   suite_resources(m));
}

Test(missing, a_shutdown_without_vaned_is_finished_when_it_comes_back)
{
	char before[SUITE_TEXT];

	snprintf(before, sizeof(before), "%s", suite_resources(m));
	suite_guest_up(m, "ticker");
	stop("vaned");
	suite_run(m, 30,
		  "vane shutdown ticker 2>/run/err; s=$?; cat /run/err; "
		  "[ $s = 0 ] && [ $(wc -l </run/err) = 1 ] && grep -q \"vaned "
		  "does not run: .* is not removed; start it: 'vaned'\" "
		  "/run/err");
	suite_run(m, 80, "await %u sh -c 'vane list ticker | grep -q -- --s'",
		  machine_scaled(60));
	come_back(before);
}

Test(missing, a_guest_destroyed_without_vaned_leaves_nothing_in_the_end)
{
	char before[SUITE_TEXT];

	snprintf(before, sizeof(before), "%s", suite_resources(m));
	suite_run(m, 60, "vane create -q -p /etc/vane/loop.cfg");
	stop("vaned");
	suite_run(m, 60, "vane destroy loop");
	suite_run(m, 20, "! vane list | grep -q '^loop '");
	come_back(before);
}

Test(missing, a_guest_destroyed_by_number_without_the_store_is_forgotten)
{
	char before[SUITE_TEXT];

	snprintf(before, sizeof(before), "%s", suite_resources(m));
	suite_run(m, 60,
		  "vane create -q -p /etc/vane/loop.cfg; "
		  "vane domid loop >/run/id");
	stop("vane-stored");
	suite_run(m, 20,
		  "vane list 2>/run/err | awk '{ print $2 }' | "
		  "grep -qx \"$(cat /run/id)\" && "
		  "grep -q 'names are unknown: vane-stored does not answer' "
		  "/run/err");
	suite_run(m, 60,
		  "vane destroy $(cat /run/id) 2>/run/err; s=$?; cat /run/err; "
		  "[ $s = 0 ] && [ $(wc -l </run/err) = 1 ] && grep -q "
		  "'is dead, but what others hold of it comes back only with "
		  "the store: vane-stored does not answer' /run/err");
	come_back(before);
}

Test(missing, a_store_that_is_killed_is_waited_for)
{
	suite_run(m, 60, "kill -9 $(pidof vane-stored); vane store read domid");
	suite_run(m, 60,
		  "kill -9 $(pidof vane-stored); "
		  "vane create -p -q /etc/vane/micro.cfg");
	suite_run(m, 60, "vane destroy micro");
}
