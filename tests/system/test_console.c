/* SPDX-License-Identifier: MIT */
/*
 * Consoles: what guests print is kept from the first byte to the last, people
 * look and type, and neither a guest nor a full disk nor the daemon's death
 * harms anybody else. Sessions of `vane console` are run by the script
 * tests/system/data/consoles.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/system/suite.h"

#define LOGS "/var/log/vane"

static struct machine *m;

static void begin(void)
{
	m = suite_machine(&machine_default);
	suite_no_guests(m);
}

static void end(void)
{
	suite_run(m, 120, "/data/tests/consoles end");
	suite_no_guests(m);
	suite_done(m);
}

TestSuite(console, .init = begin, .fini = end);

/* Begins a session; `arguments` are those of `vane console`. */
static void attach(const char *session, const char *arguments)
{
	suite_run(m, 30, "/data/tests/consoles attach %s %s", session,
		  arguments);
}

/* Types a line; what is in it is expanded by the guest's shell, not here. */
static void type(const char *session, const char *line)
{
	suite_run(m, 30, "/data/tests/consoles type %s '%s'", session, line);
}

static void seen(const char *session, const char *text)
{
	suite_run(m, 140, "/data/tests/consoles seen %s %u '%s'", session,
		  machine_scaled(120), text);
}

static void told(const char *session, const char *text)
{
	suite_run(m, 80, "/data/tests/consoles told %s %u '%s'", session,
		  machine_scaled(60), text);
}

static void ended(const char *session, int status)
{
	suite_run(m, 80,
		  "s=$(/data/tests/consoles status %s %u); "
		  "[ \"$s\" = %d ] || { echo \"%s: status $s\"; false; }",
		  session, machine_scaled(60), status, session);
}

static void log_has(const char *file, const char *text)
{
	suite_run(m, 140,
		  "await %u grep -q '%s' " LOGS "/%s.log || "
		  "{ tail -n 8 " LOGS "/%s.log; false; }",
		  machine_scaled(120), text, file, file);
}

/* The daemon, started again with other options. */
static void restart_daemon(const char *options)
{
	suite_run(m, 60,
		  "kill $(pidof vane-consoled); "
		  "await 60 sh -c '! pidof vane-consoled'; vane-consoled %s",
		  options);
}

Test(console, the_output_of_guests_that_die_at_once_is_complete)
{
	suite_run(m, 20, "rm -f " LOGS "/brief*.log");
	suite_run(m, 200,
		  "for i in $(seq 20); do vane create -q /etc/vane/micro.cfg "
		  "name='\"brief'$i'\"' on_poweroff='\"destroy\"' || exit; "
		  "done");
	suite_run(m, 80,
		  "await %u sh -c '! vane list | grep -q ^brief' || "
		  "{ vane list; false; }",
		  machine_scaled(60));
	for (int i = 1; i <= 20; i++) {
		suite_run(m, 20,
			  "vane console -l brief%d >/run/brief && "
			  "head -n 1 /run/brief | grep -q '^Hello from' && "
			  "tail -n 1 /run/brief | grep -q '^VERDICT: SUCCESS' "
			  "|| { cat /run/brief; false; }",
			  i);
	}
	suite_run(m, 20, "rm -f " LOGS "/brief*.log");
}

Test(console, a_guest_does_not_start_before_its_output_is_kept)
{
	const char *state = "vane list brief | awk 'NR == 2 { print $5 }'";

	suite_run(m, 20, "rm -f " LOGS "/brief.log");
	suite_run(m, 20, "kill -STOP $(pidof vane-consoled)");
	suite_run(m, 20,
		  "vane create -q /etc/vane/micro.cfg name='\"brief\"' "
		  "on_poweroff='\"destroy\"' >/run/brief.err 2>&1 &");
	/* The configuration is kept right before the start. */
	suite_run(m, 60, "await %u sh -c 'ls /run/vane/domains | grep -q cfg'",
		  machine_scaled(40));
	suite_run(m, 20,
		  "for i in 1 2 3; do s=$(%s); [ $s = --p--- ] || "
		  "{ echo $s; exit 1; }; done",
		  state);
	suite_run(m, 20, "kill -CONT $(pidof vane-consoled)");
	suite_guest_gone(m, "brief", 60);
	suite_run(m, 20,
		  "grep -q '^VERDICT: SUCCESS' " LOGS "/brief.log; "
		  "r=$?; cat /run/brief.err; rm -f " LOGS
		  "/brief.log; [ $r = 0 ]");
}

Test(console, one_who_waits_for_a_guest_sees_it_from_its_first_line)
{
	attach("early", "-w micro");
	told("early", "waiting for a domain .micro.");
	suite_run(m, 30, "vane create /etc/vane/micro.cfg");
	seen("early", "VERDICT: SUCCESS");
	suite_run(m, 20,
		  "head -n 1 /run/consoles/early.out | grep -q "
		  "'^Hello from a micro-guest'");
	suite_run(m, 20, "vane destroy micro");
	told("early", "(micro) has ended");
	ended("early", 0);
}

Test(console, several_read_one_types_and_another_may_take_over)
{
	suite_guest_up(m, "stock");
	attach("one", "stock");
	seen("one", "guest: ready");
	attach("two", "stock");
	told("two", "read-only: process [0-9]* of user 0 types here");
	attach("looker", "--read-only stock");
	seen("looker", "guest: ready");

	type("one", "echo typed-$((40+2))");
	seen("one", "typed-42");
	seen("two", "typed-42");
	seen("looker", "typed-42");
	type("two", "echo lost-$((1+1))");
	told("two", "what you type is lost");

	attach("three", "-f stock");
	told("one", "read-only from now on: process [0-9]* of user 0");
	type("three", "echo taken-$((1+2))");
	seen("one", "taken-3");
	suite_run(m, 20,
		  "leave() { /data/tests/consoles leave $1; }; "
		  "leave three; leave looker");
	ended("three", 0);
	ended("looker", 0);
	told("one", "now you can type");
	type("one", "echo back-$((2+2))");
	seen("two", "back-4");
	suite_run(m, 20, "! grep -q lost-2 " LOGS "/stock.log");

	suite_run(m, 30, "vane destroy stock");
	told("two",
	     "(stock) has ended; its output is kept in " LOGS "/stock.log");
	ended("one", 0);
	ended("two", 0);
}

Test(console, escape_sequences_reach_neither_a_terminal_nor_the_log)
{
	suite_guest_up(m, "stock");
	attach("safe", "stock");
	seen("safe", "guest: ready");
	attach("raw", "-r --raw stock");
	seen("raw", "guest: ready");
	/* A report, a title, a colour. The guest's echo has no real ESC. */
	type("safe",
	     "printf \"\\\\033[6n\\\\033]0;t\\\\007\\\\033[31mred\\\\033[0m "
	     "done-%d\\\\n\" 9");
	seen("safe", "done-9");
	seen("raw", "done-9");
	suite_run(m, 20,
		  "cd /run/consoles; e=$(printf '\\033'); "
		  "grep -q \"^$e\\[31mred$e\\[0m done-9\" safe.out && "
		  "! grep -q \"$e\\[6n\" safe.out && "
		  "! grep -q \"$e\\]0;t\" safe.out && "
		  "grep -q \"^$e\\[6n$e\\]0;t\" raw.out && "
		  "grep -q '^red done-9' " LOGS "/stock.log && "
		  "! grep -q \"$e\" " LOGS "/stock.log");
}

Test(console, logs_are_rotated_bounded_and_without_a_gap)
{
	suite_run(m, 20, "rm -f " LOGS "/stock.log*");
	restart_daemon("--log-bytes 4096 --log-files 3");
	suite_guest_up(m, "stock");
	attach("one", "stock");
	type("one", "stty -echo; seq 10001 14000; echo seq-$((1+1))");
	seen("one", "seq-2");
	log_has("stock", "seq-2");
	suite_run(m, 20,
		  "cd " LOGS "; ls stock.log stock.log.1 stock.log.2 && "
		  "[ ! -e stock.log.3 ] && "
		  "for f in stock.log*; do [ $(wc -c <$f) -le 4096 ]; done");
	/* Each line is the one before plus one, up to the last of them. */
	suite_run(m, 20,
		  "vane console -l stock | tr -d '\\r' | grep '^1[0-9]*$' | "
		  "awk 'NR > 1 && $1 != last + 1 { print last, $1; exit 1 } "
		  "{ last = $1 } END { exit last != 14000 || NR < 1000 }'");
	restart_daemon("");
	suite_run(m, 20, "rm -f " LOGS "/stock.log*");
}

Test(console, each_line_has_its_time_when_that_is_wanted)
{
	restart_daemon("--timestamps");
	suite_run(m, 20, "rm -f " LOGS "/micro.log");
	suite_run(m, 30, "vane create /etc/vane/micro.cfg");
	log_has("micro", "VERDICT");
	suite_run(m, 20,
		  "t='^[0-9-]*T[0-9:]*\\.[0-9]*Z '; "
		  "grep -q \"${t}Hello from\" " LOGS "/micro.log && "
		  "! grep -qv \"$t\" " LOGS "/micro.log");
	restart_daemon("");
	suite_run(m, 20, "rm -f " LOGS "/micro.log");
}

Test(console, one_guest_may_have_times_and_another_none)
{
	static const char *const guests[] = {"timed", "plain"};

	suite_run(m, 20, "rm -f " LOGS "/timed.log " LOGS "/plain.log");
	suite_run(m, 60,
		  "vane create /etc/vane/micro.cfg name='\"timed\"' "
		  "console_timestamps=1 && "
		  "vane create /etc/vane/micro.cfg name='\"plain\"'");
	for (size_t i = 0; i < 2; i++)
		log_has(guests[i], "VERDICT");
	suite_run(m, 20,
		  "t='^[0-9-]*T[0-9:]*\\.[0-9]*Z '; "
		  "grep -q \"${t}Hello from\" " LOGS "/timed.log && "
		  "! grep -qv \"$t\" " LOGS "/timed.log && "
		  "grep -q '^Hello from' " LOGS "/plain.log && "
		  "! grep -q \"$t\" " LOGS "/plain.log");
	/* Its next life asks for the same. */
	suite_run(m, 20,
		  "grep -q '^console_timestamps = 1' "
		  "/run/vane/domains/$(vane domid timed).cfg && "
		  "rm -f " LOGS "/timed.log " LOGS "/plain.log");
}

Test(console, a_full_disk_stops_no_guest_and_the_loss_is_counted)
{
	machine_tolerate(m, "No space left");
	suite_run(m, 20,
		  "mkdir -p /run/small && "
		  "mount -t tmpfs -o size=256k tmpfs /run/small");
	restart_daemon("--log-dir /run/small");
	suite_run(m, 60, "vane create /etc/vane/stock.cfg");
	attach("one", "stock");
	seen("one", "guest: ready");
	type("one", "seq 100000 160000; echo seq-$((1+1))");
	seen("one", "seq-2");
	suite_run(m, 20,
		  "grep -q '(stock): its log /run/small/stock.log takes "
		  "no more bytes: No space left' " LOGS "/vane-consoled.log");
	suite_run(m, 20, "mount -o remount,size=4m /run/small");
	type("one", "echo room-$((1+1))");
	suite_run(m, 80, "await %u grep -q room-2 /run/small/stock.log",
		  machine_scaled(60));
	suite_run(m, 20,
		  "n=$(sed -n 's/.*takes bytes again; \\([0-9]*\\) were lost/"
		  "\\1/p' " LOGS "/vane-consoled.log | tail -n 1); "
		  "[ \"$n\" -gt 100000 ] && grep -q \"\\[vane-consoled: $n "
		  "bytes are missing here: No space\" /run/small/stock.log");
	suite_run(m, 20, "vane destroy stock");
	restart_daemon("");
	suite_run(m, 20, "umount /run/small");
}

/* The daemon's memory at its highest, in KiB. */
static long peak(void)
{
	return strtol(suite_run(m, 20,
				"awk '/VmHWM/ { print $2 }' "
				"/proc/$(pidof vane-consoled)/status"),
		      NULL, 10);
}

Test(console, a_guest_that_floods_its_console_slows_only_itself)
{
	long kib;

	suite_run(m, 20, "rm -f " LOGS "/flood.log*");
	suite_guest_up(m, "stock");
	suite_run(m, 60, "vane create /etc/vane/stock.cfg name='\"flood\"'");
	suite_guest_line(m, "flood", 180, "guest: ready");
	attach("flood", "flood");
	seen("flood", "guest: ready");
	type("flood", "while :; do yes flooding-my-console; done");
	seen("flood", "^flooding-my-console");
	/* One who looks on and does not read. */
	suite_run(m, 20,
		  "(vane console -r flood | sleep 100000) "
		  ">/dev/null 2>&1 & echo $! >/run/sleeper");
	attach("one", "stock");
	seen("one", "guest: ready");
	for (int i = 1; i <= 5; i++) {
		char line[64], answer[64];

		snprintf(line, sizeof(line), "echo answer-$((%d*11))", i);
		snprintf(answer, sizeof(answer), "answer-%d", i * 11);
		type("one", line);
		seen("one", answer);
	}
	/* It really flooded: the log has been turned over. */
	suite_run(m, 200, "await %u test -e " LOGS "/flood.log.1",
		  machine_scaled(180));
	suite_run(m, 20,
		  "[ $(cat " LOGS "/flood.log* | wc -c) -le 2097152 ] "
		  "&& [ ! -e " LOGS "/flood.log.2 ]");
	kib = peak();
	if (kib <= 0 || kib > 8192)
		suite_fail(m, "vane-consoled has used %ld KiB", kib);
	suite_run(m, 30, "vane destroy flood");
	ended("flood", 0);
	suite_run(m, 30, "kill $(pidof sleep); rm -f " LOGS "/flood.log*");
}

Test(console, a_daemon_that_is_killed_and_comes_back_loses_nothing)
{
	suite_guest_up(m, "ticker");
	attach("one", "ticker");
	seen("one", "tick 3");
	suite_run(m, 20, "kill -9 $(pidof vane-consoled)");
	told("one", "vane-consoled went away; the guest runs on");
	ended("one", 1);
	/*
	 * The guest prints on, into its ring; however long this takes, the
	 * ring and the guest's patience hold it.
	 */
	suite_run(m, 30,
		  "n=$(vane uptime ticker | wc -l); [ $n = 2 ] && "
		  "sleep 2 && start-daemons");
	attach("two", "ticker");
	seen("two", "tick 30");
	suite_run(m, 20, "vane destroy ticker");
	ended("two", 0);
	suite_run(m, 20,
		  "grep -o 'tick [0-9]*' " LOGS "/ticker.log | "
		  "awk '$2 != NR { print NR, $0; exit 1 } "
		  "END { exit NR < 30 }'");
	/* What the machine itself said is there, and is there once. */
	suite_run(m, 20,
		  "[ $(grep -c 'Linux version' " LOGS "/Domain-0.log) = 1 ]");
}

Test(console, the_machine_has_logs_of_its_own)
{
	suite_run(m, 20,
		  "vane console -l Domain-0 | grep -q 'Linux version' && "
		  "vane dmesg | grep -q 'command line:' && "
		  "vane console -l hypervisor | grep -q 'command line:' && "
		  "[ $(grep -c 'command line:' " LOGS "/hypervisor.log) = 1 ]");
	/* And they go on. */
	suite_run(m, 20, "echo kmsg-$((6*7)) >/dev/kmsg; vane debug-keys h");
	log_has("Domain-0", "kmsg-42");
	log_has("hypervisor", "debug keys:");
}

Test(console, a_guest_that_is_renamed_goes_on_in_a_log_of_its_new_name)
{
	suite_run(m, 20, "rm -f " LOGS "/renamed.log");
	suite_guest_up(m, "ticker");
	suite_run(m, 20, "vane rename ticker renamed");
	log_has("ticker", "^.vane-consoled: renamed, goes on as renamed.$");
	log_has("renamed", "^.vane-consoled: renamed, was ticker.$");
	log_has("renamed", "^tick ");
	suite_run(m, 20, "vane destroy renamed");
	/* Nothing fell between the two. */
	suite_run(m, 20,
		  "cat " LOGS "/ticker.log " LOGS "/renamed.log | "
		  "tr -d '\\r\\n' | sed 's/.vane-consoled: [^]]*.//g; "
		  "s/tick /\\ntick /g' | sed -n 's/^tick \\([0-9]*\\).*/\\1/p' "
		  "| awk '$1 != NR { print NR, $1; exit 1 } "
		  "END { exit NR < 2 }'");
	suite_run(m, 20, "rm -f " LOGS "/renamed.log");
}

Test(console, a_kept_log_is_followed_when_it_is_begun_anew)
{
	suite_run(m, 20, "rm -f " LOGS "/ticker.log*");
	suite_guest_up(m, "ticker");
	suite_run(m, 20,
		  "vane console -l --follow ticker >/run/follow 2>&1 & "
		  "echo $! >/run/follow.pid");
	suite_run(m, 80, "await %u grep -q 'tick 5' /run/follow",
		  machine_scaled(60));
	suite_run(m, 20,
		  "cd " LOGS "; mv ticker.log ticker.log.1; "
		  "kill -HUP $(pidof vane-consoled)");
	suite_run(m, 80,
		  "await %u sh -c '[ $(grep -c tick " LOGS
		  "/ticker.log) -ge 3 ]'",
		  machine_scaled(60));
	suite_run(m, 80,
		  "n=$(sed -n '2s/.*\\(tick [0-9]*\\).*/\\1/p' " LOGS
		  "/ticker.log); [ -n \"$n\" ] && "
		  "await %u grep -q \"$n\" /run/follow",
		  machine_scaled(60));
	suite_run(m, 20, "kill $(cat /run/follow.pid)");
	/* The last line may be half a one. */
	suite_run(m, 20,
		  "sed '$d' /run/follow | grep -o 'tick [0-9]*' | "
		  "awk '$2 != NR { print NR, $0; exit 1 } "
		  "END { exit NR < 6 }'");
	suite_run(m, 20, "rm -f " LOGS "/ticker.log*");
}

Test(console, what_cannot_be_attached_to_is_said_with_a_status)
{
	suite_run(m, 20,
		  "vane console nobody 2>/run/err; [ $? = 3 ] && "
		  "grep -q \"no domain 'nobody'\" /run/err");
	suite_run(m, 20,
		  "vane console -l nobody 2>/run/err; [ $? = 3 ] && "
		  "grep -q 'no output of .nobody. is kept' /run/err");
	suite_run(m, 20,
		  "vane console 0 2>/run/err; [ $? = 1 ] && "
		  "grep -q 'vane console -l Domain-0' /run/err");
	suite_run(m, 20,
		  "vane console -n 3 stock 2>/run/err; [ $? = 2 ] && "
		  "grep -q usage: /run/err");
	suite_run(m, 30,
		  "kill $(pidof vane-consoled); "
		  "await 60 sh -c '! pidof vane-consoled'; "
		  "vane create -p -q /etc/vane/micro.cfg");
	suite_run(m, 20,
		  "vane console micro 2>/run/err; [ $? = 1 ] && "
		  "grep -q \"start it: 'vane-consoled'\" /run/err");
	suite_run(m, 20, "vane destroy micro; rm -f " LOGS "/micro.log");
	/* To be created and started, it is, and the rest is said. */
	suite_run(m, 30,
		  "vane create -q -c /etc/vane/micro.cfg 2>/run/err; "
		  "[ $? = 1 ] && grep -q 'runs, but not attached to: .*start "
		  "it: .vane-consoled' /run/err || { cat /run/err; false; }");
	suite_run(m, 30, "start-daemons");
	/* It was in the ring until somebody came. */
	log_has("micro", "VERDICT: SUCCESS");
	suite_run(m, 30, "vane destroy micro");
}
