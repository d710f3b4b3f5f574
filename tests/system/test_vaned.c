/* SPDX-License-Identifier: MIT */
/*
 * What vaned does with a guest's life: the on_* actions, a storm of restarts,
 * devices that come and go while the guest runs, guests that start and stop
 * with domain zero; and all of it when vaned is killed in the middle.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/system/suite.h"

#define EVENTS "/var/log/vane/events.log"

static struct machine *m;

static void begin(void)
{
	m = suite_machine(&machine_default);
	suite_no_guests(m);
	suite_run(m, 20, "rm -f " EVENTS " /var/log/vane/micro.log");
}

static void end(void)
{
	suite_no_guests(m);
	suite_done(m);
}

TestSuite(vaned, .init = begin, .fini = end);

/* Waits for an event whose line has both texts. */
static void event(unsigned int seconds, const char *kind, const char *text)
{
	suite_run(m, seconds + 20,
		  "await %u sh -c 'grep \"\\\"event\\\": \\\"%s\\\"\" " EVENTS
		  " | grep -q \"%s\"' || { tail -n 20 " EVENTS "; false; }",
		  machine_scaled(seconds), kind, text);
}

static long count_events(const char *kind)
{
	return strtol(
		suite_run(m, 20,
			  "grep -c '\"event\": \"%s\"' " EVENTS "; :", kind),
		NULL, 10);
}

/* A command that has to fail, with `text` in what it says. */
static void refused(unsigned int seconds, const char *text, const char *command)
{
	const char *said =
		suite_run(m, seconds, "%s 2>&1 && echo SUCCEEDED; :", command);

	if (strstr(said, "SUCCEEDED") || !strstr(said, text))
		suite_fail(m, "'%s' was to be refused with '%s': %s", command,
			   text, said);
}

Test(vaned, on_poweroff_preserve_keeps_the_domain)
{
	suite_run(m, 30,
		  "vane create /etc/vane/micro.cfg 'on_poweroff=\"preserve\"'");
	event(20, "preserved", "micro");
	suite_run(m, 20, "vane list micro | grep -q -- '---s--'");
	suite_run(m, 20, "vane destroy micro");
	event(20, "destroyed", "micro");
}

Test(vaned, on_poweroff_destroy_removes_it)
{
	suite_run(m, 30,
		  "vane create /etc/vane/micro.cfg 'on_poweroff=\"destroy\"'");
	event(20, "shutdown", "poweroff");
	suite_guest_gone(m, "micro", 20);
	if (count_events("restarted"))
		suite_fail(m, "it was restarted");
}

/* And the name is nobody else's until a person says so. */
Test(vaned, a_restart_that_is_not_wanted_is_cancelled)
{
	suite_run(m, 30,
		  "vane create /etc/vane/micro.cfg 'on_poweroff=\"restart\"'");
	/* The fourth short life is followed by a wait of 4 s. */
	event(60, "restart-delayed", "\\\"short_lives\\\": 4");
	refused(20, "is being restarted", "vane create /etc/vane/micro.cfg");
	refused(20, "is being restarted", "vane destroy micro");
	suite_run(m, 20,
		  "vane list 2>&1 | grep -q 'micro.*is being restarted'");
	suite_run(m, 20, "vane store rm /tool/vane/restarting/micro");
	event(20, "restart-cancelled", "micro");
	event(20, "destroyed", "micro");
	suite_run(m, 30, "vane create /etc/vane/micro.cfg");
}

Test(vaned, a_storm_of_restarts_is_damped_and_given_up)
{
	char before[SUITE_TEXT];

	suite_run(m, 20,
		  "truncate -s 1M /data/disks/loop.img; "
		  "rm -f /var/log/vane/loop.log");
	snprintf(before, sizeof(before), "%s", suite_resources(m));
	suite_run(m, 60, "vane create /etc/vane/loop.cfg");
	event(90, "gave-up", "loop");
	event(30, "destroyed", "loop");
	suite_guest_gone(m, "loop", 30);
	if (count_events("restarted") != 5 ||
	    count_events("restart-delayed") != 4)
		suite_fail(m, "%ld restarts, %ld of them delayed",
			   count_events("restarted"),
			   count_events("restart-delayed"));
	if (strcmp(before, suite_resources(m)))
		suite_fail(m, "before:\n%s\nafter:\n%s", before,
			   suite_resources(m));
}

/* Both kept lives lost what they had, name and UUID too. */
Test(vaned, rename_restart_keeps_the_old_domain_under_another_name)
{
	suite_run(m, 20, "truncate -s 1M /data/disks/loop.img");
	suite_run(m, 60,
		  "vane create /etc/vane/loop.cfg "
		  "'on_poweroff=\"rename-restart\"'");
	event(60, "restart-delayed", "loop");
	suite_run(m, 20, "vane store rm /tool/vane/restarting/loop");
	event(20, "restart-cancelled", "loop");
	suite_run(m, 20,
		  "[ $(vane list | grep -c '^loop-20......T......Z') = 2 ]");
	suite_run(m, 20, "! vane domid loop");
	suite_run(m, 60,
		  "await 60 sh -c '[ -z \"$(losetup -a; "
		  "ls /sys/class/net/xenbr0/brif)\" ]'");
	suite_run(m, 20,
		  "for g in $(vane list | sed -n 's/^\\(loop-[^ ]*\\).*/\\1/p')"
		  "; do [ $(vane block-list $g | wc -l) = 1 ] && "
		  "[ $(vane network-list $g | wc -l) = 1 ] || exit; done");
	/* Each life had a disk and a card of its own. */
	suite_run(
		m, 20,
		"for d in vbd/51712 vif/0; do [ $(grep '\"device-attached\"' " EVENTS
		" | grep -c \"\\\"$d\\\"\") = 2 ] || exit; done");
	suite_run(m, 20,
		  "[ $(vane list -l | sed -n 's/.*\"uuid\": //p' | sort -u | "
		  "wc -l) = 3 ] && [ $(vane store ls /vm | wc -l) = 2 ]");
}

/* The memory of the old one, while the new one writes to the same disk. */
Test(vaned, what_rename_restart_keeps_can_be_looked_at)
{
	suite_run(m, 20,
		  "truncate -s 64M /data/disks/scratch.img; "
		  "rm -f /var/log/vane/writer*");
	suite_run(m, 60,
		  "vane create /etc/vane/writer.cfg "
		  "'on_reboot=\"rename-restart\"'");
	suite_guest_line(m, "writer", 180, "writer: round 1");
	suite_run(m, 30, "vane reboot writer");
	event(120, "restarted", "writer");
	suite_run(m, 20,
		  "rm /var/log/vane/writer.log; "
		  "kill -HUP $(pidof vane-consoled)");
	suite_guest_line(m, "writer", 180, "writer: round 1");
	suite_run(m, 60,
		  "g=$(vane list | sed -n 's/^\\(writer-20[^ ]*\\).*/\\1/p'); "
		  "vane dump-core $g /data/kept.core && "
		  "[ $(head -c 4 /data/kept.core | od -An -tx1 | tr -d ' ') = "
		  "7f454c46 ] && rm /data/kept.core && vane destroy $g");
	suite_run(m, 20, "vane destroy writer");
	suite_run(m, 60,
		  "await 60 sh -c '! losetup -a | grep scratch'; "
		  "[ -z \"$(vane store ls /vm)\" ]");
}

/* A guest whose kernel panics once it has booted, and what follows it. */
static void crash(const char *action)
{
	machine_tolerate(m, "crash");
	suite_run(m, 20, "rm -rf /var/log/vane/crasher.log /var/lib/vane/dump");
	suite_run(m, 60, "vane create /etc/vane/crasher.cfg 'on_crash=\"%s\"'",
		  action);
	suite_guest_line(m, "crasher", 180, "crash: now");
	event(60, "crashed", action);
}

static void all_cores_are_elf(void)
{
	suite_run(m, 20,
		  "cd /var/lib/vane/dump; for f in *; do case $f in "
		  "crasher-20*Z.core) ;; *) ls -l; exit 1;; esac; "
		  "[ $(head -c 4 $f | od -An -tx1 | tr -d ' ') = 7f454c46 ] "
		  "|| exit; done; cd /; rm -r /var/lib/vane/dump");
}

Test(vaned, a_crash_is_seen_and_its_action_done)
{
	crash("preserve");
	suite_run(m, 20, "vane list crasher | grep -q -- '---sc-\\|----c-'");
	suite_run(m, 20, "vane destroy crasher");
}

Test(vaned, a_crash_with_coredump_destroy_leaves_a_core)
{
	crash("coredump-destroy");
	event(60, "core-dumped", "crasher");
	event(60, "destroyed", "crasher");
	all_cores_are_elf();
	if (count_events("restarted"))
		suite_fail(m, "it was restarted");
}

Test(vaned, a_crash_with_coredump_restart_leaves_a_core_and_a_new_domain)
{
	long first, second;

	crash("coredump-restart");
	event(60, "core-dumped", "crasher");
	event(60, "restarted", "crasher");
	first = strtol(suite_run(m, 20,
				 "sed -n '/\"restarted\"/s/.*\"domid\": "
				 "\\([0-9]*\\).*/\\1/p' " EVENTS
				 " | head -n 1"),
		       NULL, 10);
	second = strtol(suite_run(m, 20,
				  "sed -n '/\"restarted\"/s/.*_domid\": "
				  "\\([0-9]*\\).*/\\1/p' " EVENTS
				  " | head -n 1"),
			NULL, 10);
	if (!first || second <= first)
		suite_fail(m, "domain %ld became domain %ld", first, second);
	/* It would crash again and again. */
	suite_run(m, 200,
		  "await 180 sh -c 'vane destroy crasher; "
		  "! vane list 2>&1 | grep -q crasher'");
	suite_run(m, 20,
		  "[ \"$(sed -n 's/.*\"event\": \"\\([^\"]*\\)\", \"domid\": "
		  "%ld,.*/\\1/p' " EVENTS " | tr '\\n' ' ')\" = 'created "
		  "started crashed core-dumped restarted destroyed ' ] || "
		  "{ cat " EVENTS "; false; }",
		  first);
	all_cores_are_elf();
}

Test(vaned, vaned_serves_others_while_it_restarts_a_guest)
{
	suite_guest_up(m, "stock-xz");
	suite_run(m, 20, "truncate -s 1M /data/disks/loop.img");
	suite_run(m, 30, "vane reboot stock-xz");
	event(60, "shutdown", "reboot");
	/* Its kernel is being unpacked; a disk and a card come meanwhile. */
	suite_run(m, 30,
		  "vane create /etc/vane/loop.cfg 'on_poweroff=\"destroy\"'");
	event(30, "started\\|shutdown", "loop");
	event(60, "restarted", "stock-xz");
}

Test(vaned, events_are_shown_as_they_come_and_afterwards)
{
	suite_run(m, 20,
		  "vane events --json >/run/events.out & echo $! >/run/pid");
	suite_run(m, 30, "vane create /etc/vane/micro.cfg");
	event(20, "preserved", "micro");
	suite_run(m, 30,
		  "vane rename micro tiny; vane destroy tiny; "
		  "await 60 grep -q destroyed /run/events.out; "
		  "kill $(cat /run/pid); cmp /run/events.out " EVENTS);
	suite_run(m, 20,
		  "for e in created device-x shutdown preserved renamed "
		  "destroyed; do grep -q \"\\\"event\\\": \\\"$e\\\"\" " EVENTS
		  " || echo $e; done | grep -x device-x");
	suite_run(m, 20,
		  "vane events -a --no-follow | grep 'micro. is called .tiny.'"
		  " || vane events -a --no-follow | grep \"called 'tiny'\"");
}

/* Its sum, as the guest says it. */
static void guest_sums(const char *file)
{
	char sum[80];

	snprintf(sum, sizeof(sum), "%.64s",
		 suite_run(m, 60, "sha256sum <%s", file));
	suite_guest_line(m, "hotplug", 60, sum);
}

Test(vaned, a_disk_comes_and_goes_with_its_data)
{
	suite_run(m, 20,
		  "head -c 1m /dev/urandom >/data/disks/h1.img; "
		  "head -c 2m /dev/urandom >/data/disks/h2.img");
	suite_guest_up(m, "hotplug");
	suite_run(m, 60,
		  "vane block-attach hotplug file:/data/disks/h1.img,xvdb,w");
	guest_sums("/data/disks/h1.img");
	suite_run(m, 20,
		  "vane block-list hotplug | "
		  "grep -q '^51728 0   .* 4     .*/vbd/.*/51728'");
	refused(20, "already",
		"vane block-attach hotplug "
		"file:/data/disks/h2.img,xvdb,w");
	refused(20, "in use by domain",
		"vane block-attach hotplug "
		"file:/data/disks/h1.img,xvdd,w");
	refused(20, "No such file",
		"vane block-attach hotplug "
		"file:/data/disks/none.img,xvdd,w");
	refused(20, "it has: xvdb", "vane block-detach hotplug xvdz");
	suite_run(m, 60, "vane block-detach hotplug xvdb");
	suite_guest_line(m, "hotplug", 60, "hotplug: xvdb went");
	suite_run(m, 30,
		  "vane block-attach hotplug file:/data/disks/h2.img xvdb w");
	guest_sums("/data/disks/h2.img");
	/* What came while it ran is there after a reboot. */
	suite_run(m, 20,
		  "rm /var/log/vane/hotplug.log; kill -HUP "
		  "$(pidof vane-consoled); vane reboot hotplug");
	event(60, "restarted", "hotplug");
	suite_guest_line(m, "hotplug", 120, "guest: ready");
	guest_sums("/data/disks/h2.img");
	suite_run(m, 20, "vane destroy hotplug; ! losetup -a | grep vane");
}

/* Linux lets even a mounted disk go; so one that cannot answer is asked. */
Test(vaned, a_disk_that_the_guest_keeps_stays_until_it_is_forced_away)
{
	suite_run(m, 20, "head -c 1m /dev/urandom >/data/disks/h1.img");
	suite_guest_up(m, "hotplug");
	suite_run(m, 60,
		  "vane block-attach hotplug file:/data/disks/h1.img,xvdb,r");
	guest_sums("/data/disks/h1.img");
	suite_run(m, 20, "vane pause hotplug");
	refused(60, "has not let go",
		"vane block-detach --timeout=2 hotplug xvdb");
	suite_run(m, 20, "losetup -a | grep -q vane");
	/* It was asked, and answers when it can. */
	suite_run(m, 20, "vane unpause hotplug");
	suite_guest_line(m, "hotplug", 60, "hotplug: xvdb went");
	suite_run(m, 30, "await 60 sh -c '! losetup -a | grep -q vane'");

	suite_run(m, 60,
		  "vane block-attach hotplug file:/data/disks/h1.img,xvdb,r; "
		  "vane pause hotplug");
	suite_run(m, 30, "vane block-detach --force hotplug xvdb");
	suite_run(m, 30,
		  "await 60 sh -c '! losetup -a | grep -q vane'; "
		  "[ $(vane block-list --json hotplug | grep -c devid) = 0 ]");
}

Test(vaned, a_card_comes_and_goes_with_its_traffic)
{
	suite_guest_up(m, "hotplug");
	refused(20, "no bridge", "vane network-attach hotplug bridge=nobr");
	suite_run(m, 60,
		  "vane network-attach hotplug mac=00:16:3e:00:00:77 "
		  "bridge=xenbr0");
	suite_guest_line(m, "hotplug", 60, "hotplug: eth1 00:16:3e:00:00:77");
	suite_run(m, 120,
		  "await 60 ping -c 1 -W 1 10.0.0.77; "
		  "wget -q -O - http://10.0.0.77/busybox | cmp - /bin/busybox");
	refused(20, "already",
		"vane network-attach hotplug "
		"mac=00:16:3e:00:00:77");
	/* The back end's driver dies and comes again. */
	suite_run(m, 60,
		  "cd /sys/bus/xen-backend/drivers/vif; "
		  "d=vif-$(vane domid hotplug)-1; echo $d >unbind; "
		  "await 60 sh -c '[ $(ls /sys/class/net/xenbr0/brif | wc -l) "
		  "= 1 ]' && echo $d >bind");
	suite_run(m, 80, "await 60 ping -c 1 -W 1 10.0.0.77");
	suite_run(m, 20,
		  "vane network-list hotplug | "
		  "grep -q '^1   0  00:16:3e:00:00:77      1     4 '");
	suite_run(m, 60, "vane network-detach hotplug 00:16:3e:00:00:77");
	suite_guest_line(m, "hotplug", 60, "hotplug: eth1 went");
	suite_run(m, 30,
		  "[ $(ls /sys/class/net/xenbr0/brif | wc -l) = 1 ]; "
		  "[ $(vane network-list hotplug | wc -l) = 2 ]");
	refused(20, "no network card", "vane network-detach hotplug 1");
}

/* Nor does it take the interface that has the name. */
Test(vaned, a_card_does_not_get_the_name_of_another_interface)
{
	char vif[64];

	suite_guest_up(m, "hotplug");
	snprintf(vif, sizeof(vif), "%.60s",
		 suite_run(m, 20, "ls /sys/class/net/xenbr0/brif"));
	for (int i = 0; i < 5; i++)
		refused(30, "is taken by another interface",
			"vane create /etc/vane/micro.cfg 'vif=[\"bridge="
			"xenbr0,mtu=1400,vifname='$(ls "
			"/sys/class/net/xenbr0/brif)'\"]'");
	suite_run(m, 20,
		  "[ \"$(ls /sys/class/net/xenbr0/brif)\" = %s ] && "
		  "grep -qx 1500 /sys/class/net/%s/mtu",
		  vif, vif);
}

/* A card whose back end names a script, as the configuration's script= does. */
static void card_with_script(const char *script)
{
	suite_run(m, 20,
		  "printf '%%s\\n' '#!/bin/sh' "
		  "'echo $1 $2 $XENBUS_TYPE $XENBUS_PATH $vif >>/run/hook.log' "
		  "'%s' >/run/hook; chmod +x /run/hook; rm -f /run/hook.log",
		  script);
	suite_run(m, 30,
		  "id=$(vane domid micro); "
		  "f=/local/domain/$id/device/vif/0; "
		  "b=/local/domain/0/backend/vif/$id/0; "
		  "set -- $f/backend $b $f/backend-id 0 $f/handle 0 "
		  "$f/mac 00:16:3e:00:00:55 $f/state 1 $b/frontend $f "
		  "$b/handle 0 $b/mac 00:16:3e:00:00:55 $b/bridge xenbr0 "
		  "$b/script /run/hook $b/online 1 $b/hotplug-status '' "
		  "$b/state 1 $b/frontend-id $id; "
		  "while [ $# != 0 ]; do vane store write $1 \"$2\" || exit; "
		  "shift 2; done");
}

/* The same by the configuration, and a script that is not there. */
Test(vaned, a_script_of_the_configuration_binds_a_card)
{
	refused(20, "vif 0: script /etc/xen/scripts/nohook: No such file",
		"vane create /etc/vane/micro.cfg "
		"'vif=[\"bridge=nobr,script=nohook\"]'");
	suite_run(m, 20,
		  "mkdir -p /etc/xen/scripts; printf '%%s\\n' '#!/bin/sh' "
		  "'echo $1 $XENBUS_PATH >>/run/hook.log' "
		  ">/etc/xen/scripts/hook; chmod +x /etc/xen/scripts/hook; "
		  "rm -f /run/hook.log");
	suite_run(m, 60,
		  "vane create /etc/vane/micro.cfg "
		  "'vif=[\"bridge=nobr,script=hook\"]'");
	event(30, "device-attached", "what /etc/xen/scripts/hook chose");
	suite_run(m, 20,
		  "grep -qx \"online backend/vif/$(vane domid micro)/0\" "
		  "/run/hook.log");
	suite_run(m, 30, "vane destroy micro");
	suite_run(m, 20,
		  "grep -q '^offline ' /run/hook.log; "
		  "s=$?; rm -r /etc/xen; [ $s = 0 ]");
}

/* What another toolstack writes. */
Test(vaned, a_script_of_the_user_binds_a_card)
{
	suite_run(m, 30, "vane create /etc/vane/micro.cfg");
	event(20, "preserved", "micro");
	card_with_script("exit 0");
	event(30, "device-attached", "what /run/hook chose");
	suite_run(m, 20,
		  "id=$(vane domid micro); grep -qx "
		  "\"online type_if=vif vif backend/vif/$id/0 vif$id.0\" "
		  "/run/hook.log; [ $(vane store read "
		  "/local/domain/0/backend/vif/$id/0/hotplug-status) = "
		  "connected ]");
	suite_run(m, 30, "vane destroy micro");
	suite_run(m, 20, "grep -q '^offline ' /run/hook.log");
}

Test(vaned, a_script_that_hangs_is_killed_and_said)
{
	suite_run(m, 30, "vane create /etc/vane/micro.cfg");
	event(20, "preserved", "micro");
	card_with_script("echo thinking; sleep 1000");
	event(60, "device-failed", "did not end within 10 s and was killed");
	suite_run(m, 20,
		  "vane store read /local/domain/0/backend/vif/"
		  "$(vane domid micro)/0/hotplug-error | grep thinking; "
		  "! ps | grep -q '[s]leep 1000'");
	/* vaned serves others meanwhile, and the end of it is not hindered. */
	suite_run(m, 60, "vane destroy micro");
	suite_guest_gone(m, "micro", 30);
}

static long log_lines(void)
{
	return strtol(suite_run(m, 20, "wc -l </var/log/vane/vaned.log"), NULL,
		      10);
}

Test(vaned, a_guest_that_rewrites_its_front_ends_hurts_nobody_else)
{
	long before;

	suite_run(m, 20,
		  "truncate -s 64M /data/disks/scratch.img; "
		  "truncate -s 1M /data/disks/loop.img; "
		  "rm -f /var/log/vane/storm.log");
	suite_guest_up(m, "hotplug");
	before = log_lines();
	suite_run(m, 60,
		  "vane create /etc/vane/storm.cfg "
		  "\"extra='other=$(vane domid hotplug)'\"");
	suite_guest_line(m, "storm", 60, "storm: begins");
	suite_run(m, 60,
		  "vane create /etc/vane/micro.cfg 'disk=[\"/data/disks/"
		  "loop.img,raw,xvda,w\"]' && vane destroy micro");
	suite_guest_line(m, "storm", 180, "VERDICT: SUCCESS");
	if (log_lines() - before > 20)
		suite_fail(
			m, "%ld lines: %s", log_lines() - before,
			suite_run(m, 20, "tail -n 40 /var/log/vane/vaned.log"));
	suite_run(m, 20,
		  "[ $(vane store read /local/domain/0/backend/vif/"
		  "$(vane domid hotplug)/0/state) = 4 ]");
	suite_run(m, 60,
		  "vane destroy storm && ! losetup -a | grep scratch && "
		  "[ $(ls /sys/class/net/xenbr0/brif | wc -l) = 1 ]");
}

/* The console's daemon, stopped, keeps the console's ring. */
Test(vaned, who_holds_a_dead_domain_is_named)
{
	suite_run(
		m, 60,
		"vane create -p /etc/vane/micro.cfg; p=$(pidof vane-consoled);"
		" await 60 grep -q xen/gntdev /proc/$p/maps; kill -STOP $p");
	suite_run(m, 60,
		  "vane destroy micro 2>/run/err; s=$?; cat /run/err; "
		  "[ $s = 1 ] && grep -q \"pages of 'micro' ([0-9]*) are still "
		  "used: 1 grant by 'Domain-0' (0)\" /run/err");
	event(60, "lingers", "1 grant by .Domain-0. (0)");
	suite_run(m, 20, "kill -CONT $(pidof vane-consoled)");
	event(30, "destroyed", "micro");
}

Test(vaned, a_daemon_that_dies_comes_back)
{
	suite_guest_up(m, "ticker");
	suite_run(m, 60,
		  "old=$(pidof vaned); kill -9 $old; "
		  "await 60 sh -c '[ -n \"$(pidof vaned)\" ] && "
		  "[ \"$(pidof vaned)\" != '$old' ]'; "
		  "grep -q 'vaned ended with status 137' "
		  "/var/log/vane/supervise.log");
	suite_run(m, 60, "start-daemons && vane shutdown -w ticker");
	suite_guest_gone(m, "ticker", 30);
}

/* Nobody's failure is counted meanwhile, and nobody waits longer for it. */
Test(vaned, a_daemon_started_by_hand_is_followed_by_the_supervised_one)
{
	suite_run(m, 60,
		  "kill $(cat /run/vane/vaned.supervisor); kill $(pidof vaned);"
		  " await 60 sh -c '! pidof vaned' && vaned && "
		  "cp /run/vane/vaned.lock /run/byhand && "
		  "rm -f /var/log/vane/supervise.log && start-daemons");
	suite_run(m, 30,
		  "await 60 grep -q \"process $(cat /run/byhand) .*waiting\" "
		  "/run/vane/vaned.out");
	/* To end the one that waits ends its supervisor. */
	suite_run(m, 60,
		  "s=$(cat /run/vane/vaned.supervisor); kill $(pidof vaned | "
		  "tr ' ' '\\n' | grep -vx $(cat /run/byhand)); "
		  "await 60 sh -c '! kill -0 '$s && rm /run/vane/vaned.out && "
		  "start-daemons && "
		  "await 60 grep -q waiting /run/vane/vaned.out");
	suite_run(m, 30, "kill -9 $(cat /run/byhand)");
	suite_run(m, 40,
		  "await 60 sh -c 'grep -q \"^PPid:.$(cat "
		  "/run/vane/vaned.supervisor)$\" "
		  "/proc/$(cat /run/vane/vaned.lock)/status'");
	suite_run(m, 20, "! cat /var/log/vane/supervise.log");
	suite_run(m, 30, "vane create /etc/vane/micro.cfg");
	event(20, "preserved", "micro");
}

/* Of the points to kill at, two of three: each takes ten seconds. */
#define LEFT_OUT(i) ((i) % 3 == 1)

/* vaned under the test's own hand: started again at once, by no supervisor. */
static void take_vaned(void)
{
	suite_run(
		m, 60,
		"kill $(cat /run/vane/vaned.supervisor); kill $(pidof vaned); "
		"await 60 sh -c '! pidof vaned' && vaned && touch /run/again;"
		" (while [ -e /run/again ]; do pidof vaned || vaned; "
		"usleep 100000; done) >/dev/null 2>&1 &");
}

static void give_vaned_back(void)
{
	suite_run(m, 60,
		  "rm -f /run/again; usleep 300000; kill $(pidof vaned); "
		  "await 60 sh -c '! pidof vaned'; start-daemons");
}

/* All that a guest may leave behind, and what vaned may. */
static const char *leftovers(void)
{
	return suite_run(
		m, 60,
		"vane list | awk '{ print $1, $2 }'; losetup -a; "
		"ls /sys/class/net/xenbr0/brif /run/vane/domains "
		"/run/vane/creating; for d in /local/domain /vm "
		"/local/domain/0/backend/vbd /local/domain/0/backend/vif "
		"/tool/vane/names /tool/vane/restarting /tool/vaned/domain; "
		"do echo $d: $(vane store ls $d 2>/dev/null); done");
}

/* Ends whatever there is, however often it comes back, and compares. */
static void converges(const char *before, const char *what, unsigned int at)
{
	char after[SUITE_TEXT] = "";

	suite_run(m, 180,
		  "await 90 sh -c 'vane store rm /tool/vane/restarting/loop; "
		  "vane destroy loop; ! vane list 2>&1 | grep -q loop'; "
		  "await 60 sh -c '[ -z \"$(ls /run/vane/creating)\" ]'; "
		  "kill $(pidof killat); :");
	/* What is taken back by vaned is gone when it says so. */
	for (int i = 0; i < 240; i++) {
		snprintf(after, sizeof(after), "%s", leftovers());
		if (!strcmp(before, after))
			return;
		suite_run(m, 20, "usleep 500000");
	}
	suite_fail(m, "killed at change %u of %s\nbefore:\n%s\nafter:\n%s\n%s",
		   at, what, before, after,
		   suite_run(m, 20, "tail -n 30 /var/log/vane/vaned.log"));
}

Test(vaned, killed_at_any_point_it_leaves_nothing_half_made)
{
	char before[SUITE_TEXT];
	unsigned int seed = 20251;

	suite_run(m, 20, "truncate -s 1M /data/disks/loop.img");
	take_vaned();
	snprintf(before, sizeof(before), "%s", leftovers());
	/* Create, restart, restart: about 250 changes each. */
	for (unsigned int i = 0; i < 14; i++) {
		unsigned int at;

		seed = seed * 1103515245 + 12345;
		at = 1 + i * 45 + (seed >> 16) % 45;
		if (LEFT_OUT(i))
			continue;
		suite_run(m, 60,
			  "await 60 pidof vaned; usleep 200000; "
			  "/data/tests/killat $(pidof vaned) %u "
			  ">/run/killat.out 2>&1 & :",
			  at);
		suite_run(m, 60,
			  "vane create /etc/vane/loop.cfg; "
			  "await 6 grep -q killed /run/killat.out; :");
		converges(before, "vaned", at);
	}
	give_vaned_back();
}

Test(vaned, a_creator_killed_at_any_point_leaves_nothing)
{
	char before[SUITE_TEXT];
	unsigned int seed = 4711;

	suite_run(m, 20, "truncate -s 1M /data/disks/loop.img");
	snprintf(before, sizeof(before), "%s", leftovers());
	for (unsigned int i = 0; i < 10; i++) {
		unsigned int at;

		seed = seed * 1103515245 + 12345;
		at = 1 + i * 30 + (seed >> 16) % 30;
		if (LEFT_OUT(i))
			continue;
		suite_run(m, 60,
			  "vane create /etc/vane/loop.cfg & "
			  "/data/tests/killat $! %u; wait; :",
			  at);
		converges(before, "vane create", at);
	}
}

Test(vaned, guests_start_in_order_and_stop_in_reverse)
{
	suite_run(m, 20,
		  "rm -rf /run/auto; mkdir /run/auto; "
		  "ln -s /etc/vane/ticker.cfg "
		  "/run/auto/20-ticker; ln -s /etc/vane/stock.cfg "
		  "/run/auto/10-stock; ln -s /etc/vane/micro.cfg "
		  "/run/auto/30-micro; printf "
		  "'AUTO_DIR=/run/auto\\nSTOP_TIMEOUT=%u\\n' >/run/guests.conf",
		  machine_scaled(60));
	suite_run(m, 120,
		  "VANE_GUESTS_CONF=/run/guests.conf vane-guests start");
	suite_run(
		m, 20,
		"[ \"$(vane list | awk 'NR > 2 { print $1 }' | tr '\\n' ' ')\""
		" = 'stock ticker micro ' ]");
	suite_guest_line(m, "ticker", 120, "tick 2");
	suite_run(m, 20, "VANE_GUESTS_CONF=/run/guests.conf vane-guests start");
	suite_run(m, 200, "VANE_GUESTS_CONF=/run/guests.conf vane-guests stop");
	suite_run(m, 20, "[ $(vane list | wc -l) = 2 ]");
	suite_run(
		m, 20,
		"[ \"$(sed -n 's/.*\"shutdown\".*\"name\": \"\\([a-z]*\\)\".*/\\1/p' " EVENTS
		" | tr '\\n' ' ')\" = 'micro ticker stock ' ] || "
		"{ cat " EVENTS "; false; }");
	suite_run(m, 20, "vane store rm /tool/vaned/stopping");
}

/* Two that cannot be, each in another way, between two that can. */
Test(vaned, a_broken_configuration_does_not_hinder_the_others_start)
{
	suite_run(m, 20,
		  "mkdir -p /run/auto; rm -f /run/auto/*; "
		  "ln -s /etc/vane/micro.cfg /run/auto/10-micro; "
		  "echo 'name = \"broken' >/run/auto/20-broken; "
		  "echo 'AUTO_DIR=/run/auto' >/run/guests.conf");
	suite_run(m, 20,
		  "printf 'name = \"huge\"\\nmemory = 9999999\\nkernel = "
		  "\"/data/tests/hello.elf\"\\n' >/run/auto/30-huge; "
		  "sed 's/\"micro\"/\"last\"/' /etc/vane/micro.cfg "
		  ">/run/auto/40-last");
	suite_run(m, 60,
		  "VANE_GUESTS_CONF=/run/guests.conf vane-guests start "
		  ">/run/said 2>&1; s=$?; cat /run/said; [ $s = 1 ]");
	suite_run(m, 20,
		  "grep -q '20-broken:1' /run/said && "
		  "grep -q '20-broken was not started' /run/said && "
		  "grep -q '30-huge was not started' /run/said");
	suite_run(
		m, 20,
		"[ \"$(vane list | awk 'NR > 2 { print $1 }' | tr '\\n' ' ')\""
		" = 'micro last ' ]");
}
