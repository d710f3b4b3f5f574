/* SPDX-License-Identifier: MIT */
/*
 * The verbs of `vane`, each with what it does and what it says when it cannot:
 * one line, the right status, nothing left half-made.
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

TestSuite(cli, .init = begin, .fini = end);

/* A command gives this status, and one line that has these words in it. */
static void says(int status, const char *words, const char *command)
{
	char ending[32];
	const char *out =
		suite_run(m, 60,
			  "%s >/run/out 2>&1; s=$?; cat /run/out; "
			  "echo \"lines $(wc -l </run/out) status $s\"",
			  command);

	snprintf(ending, sizeof(ending), "lines 1 status %d", status);
	if (!strstr(out, ending) || !strstr(out, words))
		suite_fail(m, "%s: wanted status %d and '%s': %s", command,
			   status, words, out);
}

/* A command succeeds and prints exactly this. */
static void prints(const char *expected, const char *command)
{
	const char *out = suite_run(m, 60, "%s 2>&1", command);

	if (strcmp(out, expected) != 0)
		suite_fail(m, "%s: wanted '%s': '%s'", command, expected, out);
}

static long domid(const char *name)
{
	return strtol(suite_run(m, 20, "vane domid %s", name), NULL, 10);
}

Test(cli, mistakes_are_told_in_one_line)
{
	static const struct {
		int status;
		const char *words;
		const char *command;
	} rows[] = {
		{2, "there is no verb 'frobnicate'; 'vane help'",
		 "vane frobnicate"},
		{2, "did you mean 'shutdown'?", "vane shutdwon x"},
		{2, "'re' may be reboot rename", "vane re x"},
		{2, "there is no option '-z'; 'vane help list'",
		 "vane list -z"},
		{2, "usage: vane pause DOMAIN", "vane pause"},
		{2, "usage: vane rename DOMAIN NAME", "vane rename micro"},
		{2, "usage: vane shutdown", "vane shutdown"},
		{2, "usage: vane shutdown", "vane shutdown -a micro"},
		{2, "option '--defconfig' needs a value", "vane create -f"},
		{3, "there is no domain 'micor'; did you mean 'micro'?",
		 "vane pause micor"},
		{3, "there is no domain 'nobody'; 'vane list'",
		 "vane destroy nobody"},
		{3, "there is no domain '4711'", "vane list 4711"},
		{3, "there is no domain", "vane shutdown nobody"},
		{3, "there is no domain", "vane dump-core nobody /run/core"},
		{3, "there is no domain", "vane config-update nobody memory=1"},
		{3, "there is no domain", "vane domname 4711"},
		{3, "there is no domain", "vane uptime nobody"},
		{3, "there is no domain", "vane sched nobody"},
		{2, "it is a number from 1 to 65535", "vane sched 0 weight=0"},
		{2, "none of weight=N, cap=N", "vane sched 0 wieght=1"},
		{2, "usage: vane sched", "vane sched cap=10"},
		{1, "cap=101 is more than the 100 %", "vane sched 0 cap=101"},
		{1, "cannot be paused", "vane pause 0"},
		{1, "cannot be unpaused", "vane unpause Domain-0"},
		{1, "cannot be destroyed: use 'poweroff'", "vane destroy 0"},
		{1, "use 'poweroff' in it", "vane shutdown 0"},
		{1, "use 'reboot' in it", "vane reboot Domain-0"},
		{1, "cannot be renamed", "vane rename 0 zero"},
		{1, "cannot be dumped", "vane dump-core 0 /run/core"},
		{1, "cannot be triggered", "vane trigger 0 reset"},
		{1, "cannot be updated", "vane config-update 0 memory=1"},
		{1, "/proc/sysrq-trigger", "vane sysrq 0 b"},
		{2, "there is no trigger 'frob'", "vane trigger micro frob"},
		{1, "a PV guest has no such", "vane trigger micro sleep"},
		{1, "has no vCPU 7", "vane trigger micro nmi 7"},
		{2, "usage: vane trigger", "vane trigger micro nmi x"},
		{2, "usage: vane sysrq", "vane sysrq micro hh"},
		{1, "is no file", "vane dump-core micro /dev/null"},
		{1, "has not told where its memory is",
		 "vane dump-core micro /run/core"},
		{1, "cannot write the output", "vane info >/dev/full"},
		{1, "command not implemented", "xl frobnicate"},
		{1, "nobody is an invalid domain identifier (rc=-6)",
		 "xl pause nobody"},
	};

	suite_run(m, 60, "vane create -p /etc/vane/micro.cfg");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* The line goes beside what the command redirects. */
		if (strstr(rows[i].command, "/dev/full"))
			says(rows[i].status, rows[i].words,
			     "sh -c 'vane info 2>&1 >/dev/full'");
		else
			says(rows[i].status, rows[i].words, rows[i].command);
	}
	suite_run(m, 10, "! ls /run/core*");
}

Test(cli, what_is_done_twice_is_done)
{
	suite_run(m, 60, "vane create -p /etc/vane/micro.cfg");
	suite_run(m, 20, "vane pause micro && vane pause micro");
	suite_run(m, 20, "vane unpause micro && vane unpause micro");
	suite_run(m, 20, "vane rename micro micro");
	/* Two at once: each destroys it, or finds that it is gone. */
	suite_run(m, 60,
		  "vane destroy micro 2>/run/e1 & a=$!; "
		  "vane destroy micro 2>/run/e2; s=$?; wait $a; t=$?; "
		  "cat /run/e1 /run/e2; "
		  "case $s$t in 00|03|30) true;; *) echo $s $t; false;; esac");
	suite_guest_gone(m, "micro", 30);
}

Test(cli, one_name_is_won_by_one_of_two)
{
	suite_run(m, 60, "vane create -p /etc/vane/micro.cfg");
	suite_run(m, 60, "vane create -p /etc/vane/micro.cfg name=other");
	suite_run(m, 120,
		  "for i in $(seq 10); do "
		  "vane rename micro won 2>/run/e1 & a=$!; "
		  "vane rename other won 2>/run/e2; s=$?; wait $a; t=$?; "
		  "[ $((s + t)) = 1 ] || { echo $s $t; exit 1; }; "
		  "[ $(vane list | grep -c '^won ') = 1 ] || exit 1; "
		  "if [ $s = 0 ]; then vane rename won other; "
		  "else vane rename won micro; fi || exit 1; done");
}

Test(cli, names_and_numbers_are_told)
{
	char text[64];

	suite_run(m, 60, "vane create -p /etc/vane/micro.cfg name=named");
	snprintf(text, sizeof(text), "%ld", domid("named"));
	prints(text, "vane domid named");
	prints("named", "vane domname $(vane domid named)");
	prints("Domain-0", "vane domname 0");
	prints("named", "vane list named | awk 'NR == 2 { print $1 }'");
	prints("2", "vane uptime 0 named | awk 'NR > 1' | wc -l");
	prints("up", "vane uptime -s named | awk '{ print $2 }'");
	suite_run(m, 20, "vane rename named again");
	prints(text, "vane domid again");
	says(3, "there is no domain 'named'", "vane domid named");
	/* A restart would take the new name. */
	prints("name = \"again\"",
	       "grep name /run/vane/domains/$(vane domid again).cfg");
}

Test(cli, shares_are_set_shown_and_refused_whole)
{
	suite_run(m, 60,
		  "vane create -p /etc/vane/micro.cfg name=shared "
		  "cpu_weight=100 cap=50 'cpus_soft=\"0\"'");
	prints("100 50", "vane sched shared | awk 'NR == 2 { print $3, $4 }'");
	suite_run(m, 20, "vane sched shared weight=512");
	prints("512 50", "vane sched shared | awk 'NR == 2 { print $3, $4 }'");
	says(1, "cap=101 is more than", "vane sched shared weight=7 cap=101");
	prints("512 50", "vane sched shared | awk 'NR == 2 { print $3, $4 }'");
	says(1, "cpus_soft '7': this machine has CPUs 0",
	     "vane create /etc/vane/micro.cfg name=soft 'cpus_soft=\"7\"'");
}

Test(cli, create_checks_without_creating)
{
	char before[SUITE_TEXT];

	snprintf(before, sizeof(before), "%s", suite_resources(m));
	suite_run(m, 60,
		  "vane create -n /etc/vane/micro.cfg memory=48 'name=\"dry\"' "
		  ">/run/out && grep -q 'memory = 48' /run/out && "
		  "grep -q 'name = \"dry\"' /run/out");
	says(1, "memory", "vane create -n /etc/vane/micro.cfg memory=much");
	if (strcmp(before, suite_resources(m)))
		suite_fail(m, "something was created");
	suite_run(m, 60, "xl create -p /etc/vane/micro.cfg >/run/out 2>&1");
	prints("Parsing config from /etc/vane/micro.cfg", "cat /run/out");
	prints("--p---", "vane list micro | awk 'NR == 2 { print $5 }'");
}

Test(cli, as_xl_a_console_ends_without_a_word)
{
	suite_run(m, 60,
		  "xl create -c /etc/vane/micro.cfg 'on_poweroff=\"destroy\"' "
		  "</dev/null >/run/out 2>/run/err");
	prints("Parsing config from /etc/vane/micro.cfg", "cat /run/err");
	prints("1", "grep -c '^VERDICT: SUCCESS' /run/out");
}

Test(cli, an_updated_configuration_holds_after_a_reboot)
{
	suite_guest_up(m, "stock");
	suite_run(m, 20, "vane config-update stock memory=160");
	prints("128", "vane list stock | awk 'NR == 2 { print $3 }'");
	says(1, "the name stays 'stock'", "vane config-update stock name=x");
	says(1, "memory", "vane config-update stock memory=much");
	says(1, "/nowhere", "vane config-update stock /nowhere");
	suite_run(m, 60, "vane trigger stock reset");
	suite_run(m, 260,
		  "await 240 sh -c '[ $(grep -c \"guest: ready\" "
		  "/var/log/vane/stock.log) = 2 ]'");
	prints("160", "vane list stock | awk 'NR == 2 { print $3 }'");
	/* Another file: all of it is new but name and UUID. */
	suite_run(m, 20,
		  "vane config-update -n stock /etc/vane/ticker.cfg memory=200 "
		  ">/run/out; grep -q 'name = \"stock\"' /run/out && "
		  "grep -q vane.role=tick /run/out && "
		  "grep -q 'memory = 200' /run/out && "
		  "u=$(grep uuid /run/vane/domains/$(vane domid stock).cfg) && "
		  "grep -q \"$u\" /run/out");
}

Test(cli, keys_and_buttons_reach_the_guest)
{
	suite_guest_up(m, "stock");
	suite_run(m, 20, "vane sysrq stock h");
	suite_guest_line(m, "stock", 60, "sysrq: HELP");
	suite_run(m, 20, "vane trigger stock nmi");
	suite_guest_line(m, "stock", 60, "NMI");
	suite_run(m, 20, "vane trigger stock power");
	suite_guest_gone(m, "stock", 60);
}

Test(cli, a_shut_down_guest_that_is_kept_is_named)
{
	suite_run(m, 60, "vane create /etc/vane/micro.cfg");
	suite_run(m, 60,
		  "await 60 sh -c 'vane list micro | grep -q -- ---s--'");
	prints("warning", "vane shutdown -w micro 2>&1 | "
			  "grep -o warning");
	prints("warning", "vane reboot micro 2>&1 | grep -o warning");
}

Test(cli, a_core_is_whole_or_not_there)
{
	suite_guest_up(m, "ticker");
	suite_run(m, 20,
		  "mkdir -p /run/small && mount -t tmpfs -o size=8m "
		  "small /run/small && echo old >/run/small/core");
	says(1, "no room", "vane dump-core ticker /run/small/core");
	/* What stood there stays, and nothing else does. */
	prints("core old", "echo $(ls /run/small) $(cat /run/small/core)");
	says(1, "/nowhere/core.partial", "vane dump-core ticker /nowhere/core");
	suite_run(m, 20, "umount /run/small");
	/* Interrupted, wherever that lands: all or nothing. */
	for (unsigned int ms = 1; ms < 1000; ms *= 4)
		suite_run(m, 60,
			  "vane dump-core ticker /data/core 2>/run/err & "
			  "p=$!; usleep %u000; kill -INT $p; wait $p; s=$?; "
			  "[ ! -e /data/core.partial ] || exit; "
			  "if [ -e /data/core ]; then [ $s = 0 ]; "
			  "else [ $s != 0 ]; fi; r=$?; rm -f /data/core; "
			  "[ $r = 0 ]",
			  ms);
	/* It was paused meanwhile, and runs again. */
	suite_run(m, 20, "! vane list ticker | grep -q -- ' [r-][b-]p---'");
	suite_run(m, 60, "vane dump-core -L ticker /data/core");
	prints("600", "stat -c %a /data/core");
	suite_run(m, 10, "rm /data/core");
}

Test(cli, top_is_drawn_on_terminals_only)
{
	const char *out =
		suite_run(m, 60,
			  "TERM=vt100 vane top -i 2 -d 0.5 </dev/hvc0; "
			  "echo \"status $?\"");

	if (!strstr(out, "Domain-0") || !strstr(out, "status 0"))
		suite_fail(m, "the screen was:\n%s", out);
	says(1, "vane top -b", "vane top </dev/null");
	out = suite_run(m, 60, "! TERM=nonesuch vane top </dev/hvc0");
	if (!strstr(out, "called 'nonesuch'"))
		suite_fail(m, "of an unknown terminal it says:\n%s", out);
	says(2, "0.1 to 3600", "vane top -b -d 0");
	says(2, "1 to 1000000000", "vane top -b -i 0");
	prints("2", "vane top -b -i 2 -d 0.1 | grep -c Domain-0");
	/* It ends with who reads it. */
	prints("", "vane top -b -d 0.1 | head -n 1 >/dev/null");
}

Test(cli, nodes_of_the_store_are_listed)
{
	suite_run(m, 20, "vane store write /t/a/leaf v /t/b w");
	prints("a\nb", "vane store ls /t");
	prints("a = \"\"\n leaf = \"v\"\nb = \"w\"", "vane store ls -r /t");
	prints("a = \"\"  (n0)\nb = \"w\"  (n0)", "vane store ls -p /t");
	/* Nothing is below it, but it has permissions. */
	prints("leaf = \"v\"  (n0)", "vane store ls -p /t/a/leaf");
	prints("/t/a/leaf = \"v\"  (n0)", "vane store ls -fp /t/a/leaf");
	prints("", "vane store ls /t/a/leaf");
	prints("{ \"path\": \"/t/b\", \"value\": \"w\", "
	       "\"permissions\": [ \"n0\" ] }",
	       "vane store ls -jp /t/b | tr -s ' \\n' ' ' | "
	       "sed 's/^\\[ \\(.*\\) \\] *$/\\1/'");
	suite_run(m, 20, "vane store rm /t");
}

Test(cli, help_is_there_for_every_verb)
{
	suite_run(
		m, 120,
		"for v in $(vane help -n); do "
		"vane help $v >/run/a && vane $v --help >/run/b && "
		"cmp /run/a /run/b && grep -q \"^vane $v\" /run/a || "
		"{ echo $v; exit 1; }; done; [ $(vane help -n | wc -l) -gt 15 ]");
	says(2, "there is no verb", "vane help frobnicate");
	suite_run(m, 20, "xl help >/run/out && grep -q '  create ' /run/out");
}

/* A root with nothing in it: neither devices nor /sys/hypervisor. */
Test(cli, without_a_hypervisor_every_verb_says_so)
{
	suite_run(m, 20,
		  "mkdir -p /run/bare && cp /bin/vane /run/bare && "
		  "ln -sf vane /run/bare/xl");
	says(1, "no hypervisor runs under this kernel",
	     "chroot /run/bare /vane list");
	says(1, "no hypervisor runs under this kernel",
	     "chroot /run/bare /vane pause x");
	says(1, "no hypervisor runs under this kernel",
	     "chroot /run/bare /vane info --json");
	says(1, "no hypervisor runs under this kernel",
	     "chroot /run/bare /xl list");
	suite_run(m, 20,
		  "chroot /run/bare /vane help >/dev/null && "
		  "rm -r /run/bare");
}
