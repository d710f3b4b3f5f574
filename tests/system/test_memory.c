/* SPDX-License-Identifier: MIT */
/*
 * Memory that changes hands: a stock guest that is told to have less and more,
 * creations that need the last frames, domain zero that makes room; and what
 * is refused, with the numbers. Afterwards as much is free as before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/system/suite.h"

#define DOM0_MIB 768 /* what the default machine gives it */
#define ROUNDS	 4

static struct machine *m;
static char before[SUITE_TEXT];

static void begin(void)
{
	m = suite_machine(&machine_default);
	suite_no_guests(m);
	suite_run(m, 20, "rm -f /etc/vane/vane.conf; rm -f /run/*.cfg");
	snprintf(before, sizeof(before), "%s", suite_resources(m));
}

static void end(void)
{
	suite_no_guests(m);
	if (strcmp(before, suite_resources(m)))
		suite_fail(m, "before:\n%s\nafter:\n%s", before,
			   suite_resources(m));
	suite_done(m);
}

TestSuite(memory, .init = begin, .fini = end);

static long number(const char *command)
{
	return strtol(suite_run(m, 20, "%s", command), NULL, 10);
}

static long free_kib(void)
{
	return number("vane info | awk '$1 == \"free_memory_kib\" "
		      "{ print $3 }'");
}

/* The Mem column. */
static long listed(const char *name)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "vane list | awk '$1 == \"%s\" { print $3 }'", name);
	return number(command);
}

/* A configuration of the smallest guest with another name and memory. */
static void micro(const char *name, long mib)
{
	suite_run(m, 20,
		  "sed 's/\"micro\"/\"%s\"/;s/memory = .*/memory = %ld/' "
		  "/etc/vane/micro.cfg >/run/%s.cfg",
		  name, mib, name);
}

/* The first "MemTotal" that the guest told. */
static long guest_total(void)
{
	return strtol(strstr(suite_guest_line(m, "balloon", 60, "^memory: "),
			     "memory: ") +
			      8,
		      NULL, 10);
}

/* Runs mem-set, and waits until `free` in the guest has moved as much. */
static void guest_becomes(long mib, long total)
{
	char wanted[64];

	suite_run(m, 60, "vane mem-set balloon %ld", mib);
	if (listed("balloon") != mib)
		suite_fail(m, "listed with %ld MiB, not %ld", listed("balloon"),
			   mib);
	/* It rounds: one MiB to either side. */
	snprintf(wanted, sizeof(wanted), "^memory: \\(%ld\\|%ld\\|%ld\\) MiB",
		 total - 1, total, total + 1);
	suite_guest_line(m, "balloon", 60, wanted);
}

Test(memory, a_stock_guest_gives_memory_and_takes_it_again)
{
	long total, kib;

	suite_guest_up(m, "balloon");
	total = guest_total();
	kib = free_kib();
	if (listed("balloon") != 192)
		suite_fail(m, "created with %ld MiB", listed("balloon"));
	guest_becomes(128, total - 64);
	if (free_kib() != kib + 64 * 1024)
		suite_fail(m, "%ld KiB were free, now %ld", kib, free_kib());
	guest_becomes(320, total + 128);
	if (free_kib() != kib - 128 * 1024)
		suite_fail(m, "%ld KiB were free, now %ld", kib, free_kib());
	guest_becomes(192, total);
	suite_run(m, 20, "vane destroy balloon");
	suite_guest_gone(m, "balloon", 30);
}

/* Only what it was told to have, whatever its own kernel would like. */
Test(memory, a_guest_takes_no_more_than_it_was_told_to)
{
	long domid;

	suite_guest_up(m, "balloon");
	domid = number("vane domid balloon");
	suite_run(m, 20,
		  "vane store write /local/domain/%ld/memory/target 327680",
		  domid);
	/* A MiB above what it has is its limit; it stops there. */
	suite_run(m, 60,
		  "await 60 sh -c \"vane list | grep -q '^balloon .* 193 '\"");
	suite_run(m, 60, "vane mem-set balloon 256");
	if (listed("balloon") != 256)
		suite_fail(m, "%ld MiB instead of 256", listed("balloon"));
	suite_run(m, 20, "vane destroy balloon");
	suite_guest_gone(m, "balloon", 30);
}

Test(memory, a_paused_guest_is_told_and_not_waited_for)
{
	suite_run(m, 60, "vane create -p /etc/vane/balloon.cfg");
	suite_run(m, 20, "vane mem-set balloon 128 2>&1 | grep -q 'is paused'");
	suite_run(m, 20, "vane unpause balloon");
	suite_run(m, 120,
		  "await 100 sh -c \"vane list | grep -q '^balloon .* 128 '\"");
	suite_run(m, 20, "vane destroy balloon");
	suite_guest_gone(m, "balloon", 30);
}

/* The micro-guest, which waits for a line, has no balloon driver. */
Test(memory, a_guest_that_does_not_answer_is_told_of)
{
	suite_run(m, 20,
		  "sed 's/\"devices\"/\"deaf\"/;s/memory = .*/memory = 100/;"
		  "s/^extra = .*/extra = \"echo\"/;/^disk\\|^vif/d' "
		  "/etc/vane/devices.cfg >/run/deaf.cfg; "
		  "rm -f /var/log/vane/deaf.log");
	suite_run(m, 60, "vane create /run/deaf.cfg");
	suite_guest_line(m, "deaf", 60, "say something");
	suite_run(m, 60,
		  "vane mem-set --timeout 1 deaf 90 >/run/out 2>&1; [ $? = 1 ]"
		  " && grep -q 'deaf: has 100 MiB, not yet on its way to 90; "
		  "time is up' /run/out && [ $(wc -l </run/out) = 1 ] || "
		  "{ cat /run/out; false; }");
	suite_run(m, 60,
		  "vane mem-set deaf 90 >/run/out 2>&1; [ $? = 1 ] && "
		  "grep -q 'deaf: has 100 MiB, not 90: its kernel does not "
		  "answer' /run/out || { cat /run/out; false; }");
	suite_run(m, 20, "vane destroy deaf");
	suite_guest_gone(m, "deaf", 30);
}

struct refusal {
	char command[80];
	int status;
	char word[64];
};

ParameterizedTestParameters(memory, sizes_are_refused_with_the_numbers)
{
	static struct refusal rows[] = {
		{"mem-set m", 2, "usage"},
		{"mem-set m 1x", 2, "'1x' is no amount"},
		{"mem-set m --20", 2, "there is no option '--20'"},
		{"mem-set --timeout x m 20", 2, "usage"},
		{"mem-set m 99999999999999999999t", 2, "no amount"},
		{"mem-set nobody 20", 3, "nobody"},
		{"mem-set m 101", 1,
		 "101 MiB are more than its maximum of 100"},
		{"mem-set m 1", 1, "1 MiB are too few to run in"},
		{"mem-set 0 769", 1, "more than its maximum of 768"},
		{"mem-set 0 255", 1, "at least 256 (dom0_floor="},
		{"mem-max m 99", 1, "below the 100 that it has"},
		{"mem-max m 0", 1, "below the 100 that it has"},
		{"mem-max m", 2, "usage"},
		{"mem-max nobody 20", 3, "nobody"},
	};

	return cr_make_param_array(struct refusal, rows,
				   sizeof(rows) / sizeof(rows[0]), NULL);
}

ParameterizedTest(struct refusal *r, memory, sizes_are_refused_with_the_numbers)
{
	const char *out;

	micro("m", 100);
	suite_run(m, 60, "vane create -p /run/m.cfg");
	out = suite_run(m, 60,
			"vane %s >/run/out 2>&1; echo \"status $?\" >>/run/out;"
			" cat /run/out",
			r->command);
	if (!strstr(out, r->word) || strchr(strchr(out, '\n') + 1, '\n') ||
	    atoi(strstr(out, "status ") + 7) != r->status)
		suite_fail(m, "%s: %s", r->command, out);
	if (listed("m") != 100)
		suite_fail(m, "%s: it has %ld MiB", r->command, listed("m"));
	suite_run(m, 20, "vane destroy m");
	suite_guest_gone(m, "m", 30);
}

Test(memory, more_than_is_free_is_refused_to_a_guest_that_runs)
{
	long mib;

	micro("m", 100);
	suite_run(m, 60, "vane create -p /run/m.cfg");
	mib = free_kib() / 1024;
	suite_run(m, 20, "vane mem-max m %ld", mib + 200);
	suite_run(m, 20,
		  "vane mem-set m %ld 2>&1 | grep -q 'needs %ld MiB more than "
		  "its 100: %ld free, missing'",
		  mib + 150, mib + 50, mib - 1);
	suite_run(m, 20, "vane destroy m");
	suite_guest_gone(m, "m", 30);
}

/* What the hypervisor takes is no more than the arithmetic says. */
Test(memory, a_domain_costs_what_was_counted)
{
	static const int vcpus[] = {1, 32};

	for (int i = 0; i < 2; i++) {
		long kib = free_kib(), cost;

		micro("cost", 16);
		suite_run(m, 20,
			  "sed -i 's/vcpus = 1/vcpus = %d/' "
			  "/run/cost.cfg",
			  vcpus[i]);
		suite_run(m, 60, "vane create -p /run/cost.cfg");
		cost = (kib - free_kib()) / 4 - 16 * 256;
		if (cost <= 0 || cost > 32 + 4 * vcpus[i])
			suite_fail(m, "%d vCPUs cost %ld pages", vcpus[i],
				   cost);
		suite_run(m, 20, "vane destroy cost");
		suite_guest_gone(m, "cost", 30);
	}
}

/* The largest guest that is let in runs, and one MiB more is refused. */
Test(memory, a_guest_of_all_that_is_free_boots)
{
	/* One MiB is the hypervisor's, and less than one its structures. */
	long mib = free_kib() / 1024 - 2;

	suite_run(m, 20,
		  "sed 's/memory = .*/memory = %ld/;s/maxmem = .*//' "
		  "/etc/vane/balloon.cfg >/run/balloon.cfg && "
		  "echo 'vif = [ \"bridge=xenbr0\" ]' >>/run/balloon.cfg",
		  mib);
	suite_run(m, 20, "rm -f /var/log/vane/balloon.log");
	suite_run(m, 120, "vane create /run/balloon.cfg");
	suite_guest_line(m, "balloon", 180, "guest: ready");
	if (listed("balloon") != mib)
		suite_fail(m, "%ld MiB instead of %ld", listed("balloon"), mib);
	suite_run(m, 30, "vane destroy balloon");
	suite_guest_gone(m, "balloon", 60);
	micro("more", mib + 2);
	suite_run(m, 30,
		  "vane create /run/more.cfg 2>&1 | grep -q 'needs %ld MiB (2 "
		  "of it for the hypervisor): %ld free, domain 0 keeps its "
		  "%d (dom0_mem= was given), missing 2; '",
		  mib + 4, mib + 2, DOM0_MIB);
}

/*
 * Each alone would fit. Whoever comes second, and wherever it is by then, it
 * is told why, and leaves nothing.
 */
Test(memory, of_two_creations_that_need_the_last_frames_one_wins)
{
	long mib = free_kib() / 1024 * 2 / 3;

	micro("left", mib);
	micro("right", mib);
	for (int i = 0; i < ROUNDS; i++) {
		suite_run(
			m, 120,
			"for g in left right; do (vane create /run/$g.cfg "
			">/run/$g.out 2>&1; echo status $? >>/run/$g.out) & "
			"done; wait; cat /run/left.out /run/right.out "
			">/run/out; "
			"[ $(grep -c 'status 0' /run/out) = 1 ] && "
			"[ $(grep -c 'status 1' /run/out) = 1 ] && "
			"[ $(grep -c 'needs [0-9]* MiB .*, missing ' /run/out) = "
			"1 ] && [ $(vane list | grep -c '^left\\|^right') = 1 "
			"] || { cat /run/out; vane list; false; }");
		suite_run(m, 60,
			  "vane info | grep -q '^outstanding_claims *: 0$' && "
			  "for g in left right; do vane destroy $g 2>/dev/null;"
			  " done; await 60 sh -c '! vane list | "
			  "grep -q \"^left\\|^right\"'");
		if (strcmp(before, suite_resources(m)))
			suite_fail(m, "before:\n%s\nafter:\n%s", before,
				   suite_resources(m));
	}
}

/* As it was given: 768 MiB. */
static void zero_takes_back(void)
{
	suite_run(m, 60, "rm -f /etc/vane/vane.conf; vane mem-set 0 %d",
		  DOM0_MIB);
}

Test(memory, domain_zero_makes_room_where_it_is_allowed_to)
{
	long mib = free_kib() / 1024 + 200;

	micro("big", mib);
	suite_run(m, 20,
		  "vane create /run/big.cfg 2>&1 | grep -q 'autoballoon=\"on\""
		  " in /etc/vane/vane.conf'");
	suite_run(m, 20, "echo 'autoballoon = \"on\"' >/etc/vane/vane.conf");
	suite_run(m, 120, "vane create /run/big.cfg");
	if (listed("big") != mib || listed("Domain-0") > DOM0_MIB - 200)
		suite_fail(m, "%ld MiB, domain zero %ld", listed("big"),
			   listed("Domain-0"));
	/* What it keeps is not to be had. */
	micro("bigger", 400);
	suite_run(m, 20,
		  "vane create /run/bigger.cfg 2>&1 | grep -q 'domain 0 can "
		  "give [0-9]*, missing [0-9]*; %ld held by .big.'",
		  mib);
	suite_run(m, 20, "vane destroy big");
	suite_guest_gone(m, "big", 30);
	zero_takes_back();
}

Test(memory, an_interrupted_creation_gives_domain_zero_its_memory_back)
{
	micro("big", free_kib() / 1024 + 300);
	suite_run(m, 20, "echo 'autoballoon = \"on\"' >/etc/vane/vane.conf");
	for (unsigned int ms = 20; ms < 2000; ms *= 3) {
		suite_run(m, 90,
			  "vane create /run/big.cfg >/run/out 2>&1 & "
			  "p=$!; usleep %u000; kill -INT $p; wait $p; s=$?; "
			  "if [ $s = 0 ]; then vane destroy big && "
			  "vane mem-set 0 %d; "
			  "else ! vane list | grep -q '^big '; fi || "
			  "{ echo status $s; cat /run/out; vane list; false; }",
			  ms, DOM0_MIB);
		suite_run(m, 60,
			  "await 60 sh -c \"vane list | grep -q '^Domain-0 .* "
			  "%d '\" || { vane list; false; }",
			  DOM0_MIB);
	}
	zero_takes_back();
}

Test(memory, an_ordinary_guest_cannot_stake_claims)
{
	suite_run(m, 10, "rm -f /var/log/vane/claim-bad.log");
	suite_run(m, 60, "vane create /etc/vane/claim-bad.cfg");
	suite_guest_line(m, "claim-bad", 60, "VERDICT: SUCCESS");
	suite_run(m, 20, "vane destroy claim-bad");
	suite_guest_gone(m, "claim-bad", 30);
}
